/*
 * read.h - the newest entry of a key, over memtables and tables.
 */
#ifndef HF_STORE_READ_H
#define HF_STORE_READ_H

#include "base/timing.h"
#include "store/store.h"

/* The newest operation on `key` up to `version` in any memtable, a delete too; or NULL. */
static inline const uint8_t *
hf_read_memtables(const struct hf_catalog *catalog, struct hf_span key, uint64_t hash,
                  uint64_t version)
{
    HF_TIMED(memtables);
    const uint8_t *op = hf_memtable_find(catalog->memtables[0], key, hash, version);

    for (uint32_t i = 1; op == NULL && i < catalog->memtable_count; i++)
        op = hf_memtable_find(catalog->memtables[i], key, hash, version);
    return op;
}

/* The same for readers who have entered, without the mutex; tables are not looked at. */
static inline enum hf_peek
hf_read_peek(const struct hf_catalog *catalog, struct hf_span key, uint64_t hash,
             uint64_t version, struct hf_entry *entry)
{
    HF_TIMED(memtables);
    enum hf_peek peek = HF_PEEK_NONE;

    for (uint32_t i = 0; peek == HF_PEEK_NONE && i < catalog->memtable_count; i++)
        peek = hf_memtable_peek(catalog->memtables[i], key, hash, version, entry);
    return peek == HF_PEEK_NONE && catalog->table_count > 0 ? HF_PEEK_UNSURE : peek;
}

/*
 * The newest entry of `key` up to `version` in any table, a delete too. What it points to is
 * pinned: found->pin is the caller's. The caller holds the catalog; the mutex is given up while
 * files are read. NOT_FOUND; CORRUPT, IO, NO_MEMORY.
 */
enum hf_err hf_read_tables(struct hf_db *db, const struct hf_catalog *catalog,
                           struct hf_span key, uint64_t version, struct hf_table_found *found,
                           struct hf_detail *detail) HF_MUST_CHECK;

/* Whether there is a range anywhere in the catalog. */
bool hf_read_has_ranges(const struct hf_catalog *catalog);
/* The version of the newest range over `key`, up to `version`, anywhere; 0: none. CORRUPT:
 * those of a table cannot be read; IO, NO_MEMORY. */
enum hf_err hf_read_cover(struct hf_db *db, const struct hf_catalog *catalog,
                          struct hf_span key, uint64_t version, uint64_t *cover,
                          struct hf_detail *detail) HF_MUST_CHECK;

/*
 * The version of the newest entry of `key`, published or not; 0 if there is none or it is a
 * delete. May give up the mutex; if db->last has moved meanwhile, the answer may be old.
 */
enum hf_err hf_read_version(struct hf_db *db, struct hf_span key, uint64_t *version,
                            struct hf_detail *detail) HF_MUST_CHECK;

static inline void
hf_item_fill(struct hf_item *item, const struct hf_entry *entry)
{
    item->key = entry->key;
    item->value = entry->value;
    item->version = entry->version;
    item->time_us = entry->time_us;
}

/*
 * A view of `version`, published or not, with the mutex held. HISTORY_GONE, NO_MEMORY.
 */
enum hf_err hf_view_take(struct hf_view **out, struct hf_db *db, uint64_t version,
                         struct hf_detail *detail) HF_MUST_CHECK;

/*
 * An iterator for what has changed: over all keys that may have an entry with a version above
 * `since`, those of which only older ones were found included or not. 0: over all keys.
 */
enum hf_err hf_iter_open_since(struct hf_iter **out, struct hf_view *view,
                               uint64_t since) HF_MUST_CHECK;
/* As hf_iter_next, but deletes are shown too; not what ranges cover. */
enum hf_err hf_iter_next_entry(struct hf_iter *iter, struct hf_entry *entry) HF_MUST_CHECK;

#endif
