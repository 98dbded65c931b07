/*
 * guest_holdfast.c - Holdfast as a guest: each call of the interface on the public header.
 */
#include "sim/run/guest.h"

static enum hf_err
guest_open(void **handle, const char *path, const struct hf_options *options,
           struct hf_recovery *report, struct hf_error *error)
{
    struct hf_db *db;
    enum hf_err err = hf_open(&db, path, options, error);

    *handle = db;
    if (err == HF_OK)
        hf_recovery_report(db, report);
    return err;
}

static enum hf_err
guest_close(void *handle)
{
    return hf_close(handle);
}

static enum hf_err
fill_batch(struct hf_batch *batch, const struct sim_write *writes, unsigned count)
{
    enum hf_err err = HF_OK;

    for (unsigned i = 0; err == HF_OK && i < count; i++) {
        switch (writes[i].kind) {
        case SIM_WRITE_PUT:
            err = hf_batch_put(batch, writes[i].key, writes[i].value);
            break;
        case SIM_WRITE_DELETE:
            err = hf_batch_delete(batch, writes[i].key);
            break;
        case SIM_WRITE_DELETE_RANGE:
            err = hf_batch_delete_range(batch, writes[i].key, writes[i].value);
            break;
        case SIM_WRITE_CHECK:
            err = hf_batch_check(batch, writes[i].key, writes[i].expected);
            break;
        case SIM_WRITE_CAS:
            err = HF_ERR_INVALID;
            break;
        }
    }
    return err;
}

static enum hf_err
commit_batch(struct hf_db *db, const struct sim_write *writes, unsigned count, unsigned flags,
             uint64_t *version)
{
    struct hf_batch *batch;
    enum hf_err err = hf_batch_open(&batch, db);

    if (err == HF_OK)
        err = fill_batch(batch, writes, count);
    if (err == HF_OK)
        err = hf_batch_commit(batch, flags, version);
    hf_batch_close(batch);
    return err;
}

static enum hf_err
guest_commit(void *handle, const struct sim_write *writes, unsigned count, unsigned flags,
             uint64_t *version)
{
    if (count == 1 && writes->kind == SIM_WRITE_PUT)
        return hf_put(handle, writes->key, writes->value, flags, version);
    if (count == 1 && writes->kind == SIM_WRITE_DELETE)
        return hf_delete(handle, writes->key, flags, version);
    if (count == 1 && writes->kind == SIM_WRITE_DELETE_RANGE)
        return hf_delete_range(handle, writes->key, writes->value, flags, version);
    if (count == 1 && writes->kind == SIM_WRITE_CAS)
        return hf_cas(handle, writes->key, writes->expected, writes->value, flags, version);
    return commit_batch(handle, writes, count, flags, version);
}

static enum hf_err
guest_sync(void *handle)
{
    return hf_sync(handle);
}

static enum hf_err
guest_wait_durable(void *handle, uint64_t version)
{
    return hf_wait_durable(handle, version);
}

static enum hf_err
guest_work(void *handle, bool *more)
{
    return hf_work(handle, more);
}

/* Below this a commit never takes a step of a flush or a compaction: store/merge/pressure.c. */
#define MEMTABLES_FREE 2u
#define LEVEL_0_FREE 8u

static bool
guest_is_pressed(void *handle)
{
    struct hf_stats stats = HF_STATS_INIT;

    hf_stats_get(handle, &stats);
    return stats.memtables > MEMTABLES_FREE || stats.level_tables[0] > LEVEL_0_FREE;
}

static enum hf_err
guest_flush(void *handle)
{
    return hf_flush(handle);
}

static enum hf_err
guest_compact(void *handle)
{
    return hf_compact(handle);
}

static enum hf_err
guest_verify(void *handle, hf_line_fn *line, void *context)
{
    return hf_verify(handle, line, context);
}

static enum hf_err
guest_checkpoint(void *handle, const char *path, uint64_t *version)
{
    return hf_checkpoint(handle, path, version);
}

static enum hf_err
guest_snapshot_save(void *handle, uint64_t base, const char *path, struct hf_snapshot *snapshot)
{
    return hf_snapshot_save(handle, base, path, snapshot);
}

static uint64_t
guest_last_version(void *handle)
{
    return hf_last_version(handle);
}

static uint64_t
guest_durable_version(void *handle)
{
    return hf_durable_version(handle);
}

static void
guest_error(void *handle, struct hf_error *error)
{
    hf_error_get(handle, error);
}

static enum hf_err
guest_get(void *handle, struct hf_span key, void *buffer, size_t capacity, size_t *size,
          uint64_t *version)
{
    return hf_get(handle, key, buffer, capacity, size, version);
}

static enum hf_err
guest_version_at(void *handle, uint64_t time_us, uint64_t *version)
{
    return hf_version_at(handle, time_us, version);
}

static enum hf_err
guest_view_open(void **view, void *handle, uint64_t version)
{
    struct hf_view *opened;
    enum hf_err err = hf_view_open(&opened, handle, version);

    *view = opened;
    return err;
}

static void
guest_view_close(void *view)
{
    hf_view_close(view);
}

static uint64_t
guest_view_version(void *view)
{
    return hf_view_version(view);
}

static enum hf_err
guest_view_get(void *view, struct hf_span key, struct hf_item *item)
{
    return hf_view_get(view, key, item);
}

static enum hf_err
guest_view_get_many(void *view, const struct hf_span *keys, size_t count, struct hf_item *items)
{
    return hf_view_get_many(view, keys, count, items);
}

static enum hf_err
guest_view_scan(void *view, const struct hf_range *range, sim_item_fn *visit, void *context)
{
    struct hf_iter *iter;
    struct hf_item item;
    enum hf_err err = hf_iter_open(&iter, view, range);

    while (err == HF_OK) {
        err = hf_iter_next(iter, &item);
        if (err == HF_OK && !visit(context, &item))
            break;
    }
    hf_iter_close(iter);
    return err;
}

const struct sim_guest sim_guest_holdfast = {
    .name = "holdfast",
    .open = guest_open,
    .close = guest_close,
    .commit = guest_commit,
    .sync = guest_sync,
    .wait_durable = guest_wait_durable,
    .work = guest_work,
    .is_pressed = guest_is_pressed,
    .flush = guest_flush,
    .compact = guest_compact,
    .verify = guest_verify,
    .checkpoint = guest_checkpoint,
    .snapshot_save = guest_snapshot_save,
    .snapshot_check = hf_snapshot_check,
    .restore = hf_restore,
    .salvage = hf_salvage,
    .last_version = guest_last_version,
    .durable_version = guest_durable_version,
    .error = guest_error,
    .get = guest_get,
    .version_at = guest_version_at,
    .view_open = guest_view_open,
    .view_close = guest_view_close,
    .view_version = guest_view_version,
    .view_get = guest_view_get,
    .view_get_many = guest_view_get_many,
    .view_scan = guest_view_scan,
};
