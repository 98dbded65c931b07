/*
 * memtable.h - the indexes over the log's memory: one answer a key, as of any version kept.
 *
 *     hash index ----> newest record of a key          (every write, every point read)
 *     links      ----> the record that one replaced    (every overwrite, reads of the past)
 *     ordered    ----> keys in order                   (made by the first scan, then caught up)
 *
 * The ordered index costs writers nothing: it remembers how far into the log it has read, and
 * reads on from there when a scan needs it. The log is its queue.
 *
 * One memtable covers all segments of the log. Guarded by the database's lock.
 *
 * Invariants (hf_memtable_check quotes the number):
 *   1. each slot of the hash index refers to an operation whose key has that hash
 *   2. a link leads to an operation on the same key with a lower version
 *   3. each key of the ordered index is in the hash index; after a full catch-up, also the
 *      other way round
 */
#ifndef HF_STORE_MEMTABLE_H
#define HF_STORE_MEMTABLE_H

#include "holdfast.h"
#include "index/hash_index.h"
#include "index/links.h"
#include "index/ordered_index.h"
#include "memory/segments.h"

struct hf_memtable {
    struct hf_budget *budget;
    struct hf_segments segments;
    struct hf_hash *hash;
    struct hf_links links;
    struct hf_ordered *ordered; /* NULL until the first scan */
    uint32_t ordered_segment;   /* how far the ordered index has read the log: */
    uint64_t ordered_off;       /* the next frame */
    unsigned fanout;            /* of the ordered index */
    uint64_t seed;
};

/* `segment_size` scales the indexes: small segments get small pages and nodes. NO_MEMORY. */
enum hf_err hf_memtable_open(struct hf_memtable *table, struct hf_budget *budget, uint64_t seed,
                             uint64_t segment_size) HF_MUST_CHECK;
void hf_memtable_close(struct hf_memtable *table); /* accepts a zeroed one */

uint64_t hf_memtable_hash(const struct hf_memtable *table, struct hf_span key);

/*
 * Writing: reserve for each operation of a commit, then insert each (which cannot fail), then
 * settle, also when nothing was inserted. `ref` is above all refs before it.
 */
enum hf_err hf_memtable_reserve(struct hf_memtable *table, uint64_t hash) HF_MUST_CHECK;
enum hf_err hf_memtable_reserve_links(struct hf_memtable *table, uint64_t count) HF_MUST_CHECK;
void hf_memtable_insert(struct hf_memtable *table, uint64_t hash, uint64_t ref);
void hf_memtable_settle(struct hf_memtable *table);

/* The newest operation on `key` with a version of at most `version`, a delete too; or NULL. */
const uint8_t *hf_memtable_find(const struct hf_memtable *table, struct hf_span key,
                                uint64_t hash, uint64_t version);
/* From the operation at `ref` back to the newest with a version of at most `version`, or
 * NULL. */
const uint8_t *hf_memtable_as_of(const struct hf_memtable *table, uint64_t ref,
                                 uint64_t version);

/* Forgets how to reach records whose successor has a version of at most `floor`. */
void hf_memtable_forget(struct hf_memtable *table, uint64_t floor);

/*
 * Lets the ordered index read at most `frames` more frames, making it first if need be. *behind
 * says whether there are more. NO_MEMORY: it stays at a frame's boundary and can go on later.
 */
enum hf_err hf_memtable_catch_up(struct hf_memtable *table, uint64_t frames,
                                 bool *behind) HF_MUST_CHECK;

/* NULL, or the first broken invariant of the table and its indexes. Walks everything. */
const char *hf_memtable_check(const struct hf_memtable *table);

#endif
