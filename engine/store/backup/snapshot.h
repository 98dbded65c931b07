/*
 * snapshot.h - the database as of one version, handed out piece by piece.
 */
#ifndef HF_STORE_SNAPSHOT_H
#define HF_STORE_SNAPSHOT_H

#include "store/store.h"

/* Where the pieces go. */
struct hf_snapshot_sink {
    hf_write_fn *write;
    void *context;
};

/* As hf_snapshot_write says; the sentence is in *detail, or where iterators left theirs. */
enum hf_err hf_snapshot_stream(struct hf_db *db, const struct hf_snapshot_sink *sink,
                               uint64_t base, struct hf_snapshot *snapshot,
                               struct hf_detail *detail) HF_MUST_CHECK;

#endif
