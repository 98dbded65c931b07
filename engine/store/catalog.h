/*
 * catalog.h - what the database consists of at one moment: memtables and tables, immutable.
 *
 *     memtables    [0] takes the commits; then the frozen ones, newest first
 *     level 0      tables as they were flushed, newest first; their keys overlap
 *     level 1..    tables in the order of their keys, which overlap on no level
 *
 * A table may change its level without changing itself: its level is where the catalog has it.
 * The newest answer for a key is the first one found on the way down. A view holds the catalog
 * of its moment, and so everything that it could read. Each change makes a new catalog; what
 * only the old one referred to goes with its last reader. Guarded by the database's mutex.
 *
 * Invariants (hf_catalog_check quotes the number):
 *   1. memtables follow each other without a gap of versions
 *   2. the versions of level 0 descend from table to table
 *   3. the keys of each further level ascend from table to table
 *   4. every version in a table is below those of the memtables
 */
#ifndef HF_STORE_CATALOG_H
#define HF_STORE_CATALOG_H

#include "store/memtable/memtable.h"
#include "store/table/table.h"

struct hf_catalog {
    uint32_t refs;
    uint32_t memtable_count;
    uint32_t table_count;
    uint32_t level_first[HF_LEVELS + 1]; /* level l is tables[level_first[l], [l + 1]) */
    struct hf_memtable **memtables;
    struct hf_table **tables;
    struct hf_table **ranged; /* those of them that delete ranges */
    uint32_t ranged_count;
    size_t size; /* of this area */
};

/* From one catalog to the next. */
struct hf_catalog_edit {
    struct hf_memtable *active;  /* the new memtables[0]; NULL: as before */
    struct hf_memtable *flushed; /* goes; NULL: none */
    struct hf_table *const *added;
    uint32_t added_count;
    struct hf_table *const *removed;
    uint32_t removed_count;
    struct hf_table *const *moved; /* these stand on another level from now on: */
    uint32_t moved_count;
    uint32_t moved_to;
};

/* Makes `before` (NULL: empty), changed; it holds refs on all its parts. NO_MEMORY. */
enum hf_err hf_catalog_make(struct hf_catalog **out, struct hf_table_env *env,
                            const struct hf_catalog *before,
                            const struct hf_catalog_edit *edit) HF_MUST_CHECK;
void hf_catalog_ref(struct hf_catalog *catalog);
void hf_catalog_unref(struct hf_table_env *env, struct hf_catalog *catalog); /* accepts NULL */

/* The tables of a level. */
static inline struct hf_table *const *
hf_catalog_level(const struct hf_catalog *catalog, uint32_t level, uint32_t *count)
{
    *count = catalog->level_first[level + 1] - catalog->level_first[level];
    return catalog->tables + catalog->level_first[level];
}

/* The level on which tables[index] stands. */
uint32_t hf_catalog_level_of(const struct hf_catalog *catalog, uint32_t index);
/* What a manifest says of it. */
struct hf_table_info hf_catalog_info(const struct hf_catalog *catalog, uint32_t index);

/* The first table of a level above 0 that says something of `key`, or of one behind it; *count:
 * none. */
uint32_t hf_catalog_seek(struct hf_table *const *tables, uint32_t count, struct hf_span key);

uint64_t hf_catalog_level_bytes(const struct hf_catalog *catalog, uint32_t level);

const char *hf_catalog_check(const struct hf_catalog *catalog);

#endif
