/*
 * table_read.h - one block of a table at a time: from its file, judged, and loaded.
 *
 * What the rest of the table's modules stand on. Private to them.
 *
 * A block that is not what it should be is read once more before it is called CORRUPT: some
 * faults lie on the way from the disk and not on it.
 */
#ifndef HF_STORE_TABLE_READ_H
#define HF_STORE_TABLE_READ_H

#include "store/table/table.h"

struct hf_block_want {
    enum hf_block_kind kind;
    struct hf_block_place place;
};

/* "table-N at OFF: WHAT", and CORRUPT. */
enum hf_err hf_table_corrupt(const struct hf_table *table, uint64_t off, const char *what,
                             struct hf_detail *detail);

/*
 * Reads the meta that stands at `off` and holds it against what the manifest says: GOOD means
 * it is this table's. CORRUPT, VERSION, IO. No lock, no memory.
 */
enum hf_err hf_table_read_meta(const struct hf_table_env *env, const struct hf_table *table,
                               uint64_t off, struct hf_table_meta *meta,
                               struct hf_detail *detail) HF_MUST_CHECK;

/* Reads a block into `raw`, place.size bytes, and opens it. CORRUPT, IO. No lock, no memory. */
enum hf_err hf_table_read(const struct hf_table *table, const struct hf_block_want *want,
                          uint8_t *raw, struct hf_span *payload,
                          struct hf_detail *detail) HF_MUST_CHECK;
/* Reads a data or index block and loads it: `raw` has meta.block_size_max bytes, `block`
 * meta.loaded_size_max; what needs more is CORRUPT. IO. No lock, no memory. */
enum hf_err hf_table_load(const struct hf_table *table, const struct hf_block_want *want,
                          uint8_t *raw, struct hf_block *block,
                          struct hf_detail *detail) HF_MUST_CHECK;

/* The same of bytes that were read already. False: they are not that block. */
bool hf_table_load_from(const struct hf_table *table, const struct hf_block_want *want,
                        struct hf_span in, struct hf_block *block);

/* Where a table's first range block is, if it has any; the last ends at the second meta. */
uint64_t hf_table_ranges_off(const struct hf_table *table);
/* Loads the range block at *off as hf_table_load does, and moves *off behind it. */
enum hf_err hf_table_load_ranges(const struct hf_table *table, uint64_t *off, uint8_t *raw,
                                 struct hf_block *block,
                                 struct hf_detail *detail) HF_MUST_CHECK;
/* Adds all ranges of a table to a list. CORRUPT, IO, NO_MEMORY: some may be in it. */
enum hf_err hf_table_read_ranges(const struct hf_table_env *env, const struct hf_table *table,
                                 struct hf_range_list *list,
                                 struct hf_detail *detail) HF_MUST_CHECK;

/* The data or index block by way of the cache, pinned; *out is NULL after an error. Called with
 * the mutex, which a miss gives up meanwhile. CORRUPT, IO, NO_MEMORY. */
enum hf_err hf_table_cached(struct hf_cached **out, struct hf_table_env *env,
                            const struct hf_table *table, const struct hf_block_want *want,
                            struct hf_detail *detail) HF_MUST_CHECK;
/* Filter block `index` likewise. A damaged one is counted, and is one that has every key. */
enum hf_err hf_table_cached_filter(struct hf_cached **out, struct hf_table_env *env,
                                   const struct hf_table *table, uint32_t index,
                                   struct hf_detail *detail) HF_MUST_CHECK;

#endif
