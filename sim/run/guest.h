/*
 * guest.h - the small interface through which the judge drives an engine.
 *
 * The workload, the oracle and the machine do not know which engine they storm. An adapter
 * fills a struct sim_guest; errors, options and spans are Holdfast's own types. A handle lives
 * at most as long as the life of the machine that it was opened in.
 */
#ifndef SIM_GUEST_H
#define SIM_GUEST_H

#include "holdfast.h"

enum sim_write_kind {
    SIM_WRITE_PUT,
    SIM_WRITE_DELETE,
    SIM_WRITE_DELETE_RANGE, /* from `key` up to `value`; either may be empty */
    SIM_WRITE_CHECK,
    SIM_WRITE_CAS
};

/* One operation of a commit. A SIM_WRITE_CAS stands alone. */
struct sim_write {
    enum sim_write_kind kind;
    struct hf_span key;
    struct hf_span value;
    uint64_t expected; /* of CHECK and CAS: the version, 0 for none */
};

/* What an iteration calls for each item; false ends it. */
typedef bool sim_item_fn(void *context, const struct hf_item *item);

struct sim_guest {
    const char *name;
    enum hf_err (*open)(void **handle, const char *path, const struct hf_options *options,
                        struct hf_recovery *report, struct hf_error *error);
    enum hf_err (*close)(void *handle);
    /* One commit, through the narrowest door that fits. *version: the commit's, or after a
     * CONFLICT of a CAS the version found. */
    enum hf_err (*commit)(void *handle, const struct sim_write *writes, unsigned count,
                          unsigned flags, uint64_t *version);
    enum hf_err (*sync)(void *handle);
    enum hf_err (*wait_durable)(void *handle, uint64_t version);
    enum hf_err (*work)(void *handle, bool *more);
    /* Whether a writer may now have to do background work itself. */
    bool (*is_pressed)(void *handle);
    /* All that is committed into tables; then all tables merged. */
    enum hf_err (*flush)(void *handle);
    enum hf_err (*compact)(void *handle);
    enum hf_err (*verify)(void *handle, hf_line_fn *line, void *context);
    /* A second database, or a snapshot, of what is committed; as the public calls of these
     * names. */
    enum hf_err (*checkpoint)(void *handle, const char *path, uint64_t *version);
    enum hf_err (*snapshot_save)(void *handle, uint64_t base, const char *path,
                                 struct hf_snapshot *snapshot);
    enum hf_err (*snapshot_check)(const char *path, struct hf_snapshot *snapshot,
                                  struct hf_error *error);
    enum hf_err (*restore)(const char *path, const struct hf_options *options,
                           const struct hf_snapshot_input *inputs, size_t count,
                           struct hf_snapshot *restored, struct hf_error *error);
    enum hf_err (*salvage)(const char *damaged, const char *path,
                           const struct hf_options *options, hf_line_fn *line, void *context,
                           struct hf_salvaged *salvaged, struct hf_error *error);
    uint64_t (*last_version)(void *handle);
    uint64_t (*durable_version)(void *handle);
    void (*error)(void *handle, struct hf_error *error);
    enum hf_err (*get)(void *handle, struct hf_span key, void *buffer, size_t capacity,
                       size_t *size, uint64_t *version);

    /* The newest version at a time. */
    enum hf_err (*version_at)(void *handle, uint64_t time_us, uint64_t *version);
    enum hf_err (*view_open)(void **view, void *handle, uint64_t version);
    void (*view_close)(void *view);
    uint64_t (*view_version)(void *view);
    enum hf_err (*view_get)(void *view, struct hf_span key, struct hf_item *item);
    enum hf_err (*view_get_many)(void *view, const struct hf_span *keys, size_t count,
                                 struct hf_item *items);
    /* NOT_FOUND is the proper end. */
    enum hf_err (*view_scan)(void *view, const struct hf_range *range, sim_item_fn *visit,
                             void *context);
};

extern const struct sim_guest sim_guest_holdfast;

#endif
