/*
 * merge.h - from sorted sources to new tables: what a flush and a compaction have in common.
 *
 * A merge runs in bounded steps. It takes its memory ahead, reads its inputs past the cache,
 * and writes tables that nobody knows of until they are installed (install.h): left at
 * any point, by an error or a crash, it has changed nothing. Each table that it made is read
 * again, whole, before the merge calls itself done.
 *
 * What it keeps: of each key every version that a view at `floor` or above could see. A delete
 * at or below the floor goes as well, once no table further down could hold something older of
 * its key; likewise a range (merge_ranges.h).
 */
#ifndef HF_STORE_MERGE_H
#define HF_STORE_MERGE_H

#include "store/catalog.h"
#include "store/merge/source.h"

struct hf_merge;

struct hf_merge_plan {
    struct hf_catalog *catalog;   /* of the moment; the merge holds a ref */
    struct hf_memtable *memtable; /* what to flush, frozen and its ordered index complete; or */
    struct hf_sample before;      /* the last commit that tables hold already */
    struct hf_table *const *newer; /* the tables of a level that go down, */
    uint32_t newer_count;
    struct hf_table *const *older; /* and those below that they meet */
    uint32_t older_count;
    uint32_t level; /* of the tables to make */
    uint64_t floor;
    uint64_t table_size; /* bytes at which a table is complete; a flush makes one */
    uint64_t keys_max;   /* the same in keys: each takes memory, for the filter */
    uint32_t block_size;
    uint32_t *number_next; /* where file numbers come from */
};

/* With the mutex held, as all of these. NO_MEMORY, IO; CORRUPT: ranges of an input cannot be
 * read. */
enum hf_err hf_merge_open(struct hf_merge **out, struct hf_table_env *env,
                          const struct hf_merge_plan *plan,
                          struct hf_detail *detail) HF_MUST_CHECK;
/*
 * Moves on by about `bytes` of entries, the mutex given up meanwhile. *done: all tables are
 * made, read again and synced, under their names. CORRUPT, IO: an input could not be read, or
 * an output reads differently than it was written. FULL, NO_MEMORY. After an error only close
 * is left.
 */
enum hf_err hf_merge_step(struct hf_merge *merge, uint64_t bytes, bool *done,
                          struct hf_detail *detail) HF_MUST_CHECK;
/* The tables of a merge that is done. */
struct hf_table *const *hf_merge_outputs(const struct hf_merge *merge, uint32_t *count);
/* Bytes handed to the kernel so far. */
uint64_t hf_merge_written(const struct hf_merge *merge);
/* Releases it. What it made is removed, unless `keep`: then the tables are a manifest's, or may
 * be. Accepts NULL. */
void hf_merge_close(struct hf_merge *merge, bool keep);

#endif
