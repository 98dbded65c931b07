/*
 * cache.h - blocks of tables, loaded and checked, kept in memory while there is room.
 *
 * A block is found by (table, offset). Whoever uses one pins it: a pinned block stays where it
 * is, unchanged. The others may go, those not used lately first (CLOCK, Corbato 1968), when the
 * cache passes its size or the budget needs room for something else. Guarded by the database's
 * mutex.
 *
 * Invariants (hf_cache_check quotes the number):
 *   1. a block that is not forgotten stands in the chain of its (table, offset), and no second
 *      one of the same; a forgotten one stands in no chain
 *   2. size is the sum over the blocks; the budget was charged for each
 *   3. a forgotten block is pinned, and so is one too large to keep
 *   4. what is not pinned is no more than the cache's size
 */
#ifndef HF_STORE_CACHE_H
#define HF_STORE_CACHE_H

#include "format/table_format.h"
#include "memory/budget.h"

struct hf_cached {
    struct hf_cached *chain;       /* the next with the same hash */
    struct hf_cached *next, *prev; /* in the ring that the hand goes round */
    uint64_t off;
    uint64_t size; /* of this area, as charged */
    uint32_t table;
    uint32_t pins;
    uint64_t led_off;        /* the index entry that it was held against and that leads here: */
    uint32_t led_index;      /* its block and place in there; led_off 0: not yet */
    enum hf_block_kind kind; /* what it was read as; whoever fills it says so */
    bool was_used;           /* since the hand last passed */
    bool forgotten;
    uint64_t words[]; /* a struct hf_block; or, of a filter, HF_FILTER_PAYLOAD bytes */
};

static inline struct hf_block *
hf_cached_block(struct hf_cached *cached)
{
    return (struct hf_block *)cached->words;
}

struct hf_cache;

/* `size_max`: what the cache holds at most, pinned blocks aside. NO_MEMORY. */
enum hf_err hf_cache_open(struct hf_cache **out, struct hf_budget *budget,
                          uint64_t size_max) HF_MUST_CHECK;
void hf_cache_close(struct hf_cache *cache); /* nothing is pinned; accepts NULL */

/* The block, pinned, or NULL. */
struct hf_cached *hf_cache_find(struct hf_cache *cache, uint32_t table, uint64_t off);
/*
 * Memory for a block of `loaded_size`, making room for it; it is the caller's until it is added
 * or freed. Where nothing is left to make room with it passes the budget's limit: a limit must
 * not lock anyone out of the data. NULL: the system has no memory.
 */
struct hf_cached *hf_cache_alloc(struct hf_cache *cache, uint64_t loaded_size);
void hf_cache_free(struct hf_cache *cache, struct hf_cached *fresh); /* accepts NULL */
/* Takes a filled one over and returns it pinned; or, if another came first, that one. */
struct hf_cached *hf_cache_add(struct hf_cache *cache, struct hf_cached *fresh, uint32_t table,
                               uint64_t off);
void hf_cache_pin(struct hf_cached *cached);                           /* once more */
void hf_cache_unpin(struct hf_cache *cache, struct hf_cached *cached); /* accepts NULL */

/* Gives back at least `bytes` if unpinned blocks suffice; returns what it gave back. */
uint64_t hf_cache_shrink(struct hf_cache *cache, uint64_t bytes);
/* The table is gone: so are its blocks, those that are pinned as soon as they no longer are. */
void hf_cache_forget(struct hf_cache *cache, uint32_t table);

uint64_t hf_cache_size(const struct hf_cache *cache);
const char *hf_cache_check(const struct hf_cache *cache);

#endif
