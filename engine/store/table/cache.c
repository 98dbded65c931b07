/*
 * cache.c - chains to find a block by, and a ring with a hand to choose which one goes.
 *
 *    chains    hash(table, off) -> block -> block
 *    ring      block <-> block <-> block <-> (the first again)
 *                          ^ hand
 *
 * The hand stands on the block that is looked at next. A block used since the last look is let
 * pass once, any other that nobody has pinned goes. A new block comes in behind the hand, the
 * last to be looked at, as not used: what is read only once, by a long scan, does not outlive
 * what is read again and again.
 *
 * A block that would take more than half of the cache is not kept beyond its last pin: one
 * large value must not drive out everything else.
 *
 * There is memory for as many chains as a full cache wants, and nobody clears it: a few chains
 * are there at first, and with each block that finds as many blocks as chains one of them is
 * split in two (linear hashing, Litwin 1980). So a database that is opened and read little
 * touches little, and no caller waits for all blocks to move at once.
 */
#include "store/table/cache.h"

#include "base/assert.h"
#include "base/hash.h"
#include "base/probe.h"

#define CHAIN_BYTES 4096u /* one chain for so many bytes of cache, */
#define CHAINS_MIN 16u    /* so many at least and at first, a power of two, */
#define CHAINS_MAX (1u << 18)
#define FETCH_SIZE 512u /* of a block, ahead of its use, */
#define FETCH_STEP 64u  /* in lines of the processor's cache */

struct hf_cache {
    struct hf_budget *budget;
    uint64_t size_max;
    uint64_t size;   /* of all blocks in the ring */
    uint64_t pinned; /* of those that are pinned */
    uint64_t count;
    struct hf_cached *hand; /* NULL: the ring is empty */
    uint32_t chain_max;     /* how many there is memory for */
    uint32_t chain_count;   /* how many are there, */
    uint32_t chain_mask;    /* and the next power of two that holds them all, less one */
    struct hf_cached *chains[];
};

/* ---- beginning and end ------------------------------------------------------------------- */

static size_t
cache_struct_size(uint32_t chain_max)
{
    return sizeof(struct hf_cache) + chain_max * sizeof(struct hf_cached *);
}

enum hf_err
hf_cache_open(struct hf_cache **out, struct hf_budget *budget, uint64_t size_max)
{
    uint32_t chains = CHAINS_MIN;
    struct hf_cache *cache;

    while (chains < CHAINS_MAX && chains < size_max / CHAIN_BYTES)
        chains *= 2;
    *out = NULL;
    cache = hf_budget_alloc(budget, cache_struct_size(chains));
    if (cache == NULL)
        return HF_ERR_NO_MEMORY;
    *cache = (struct hf_cache){
        .budget = budget,
        .size_max = size_max,
        .chain_max = chains,
        .chain_count = CHAINS_MIN,
        .chain_mask = CHAINS_MIN - 1,
    };
    for (uint32_t i = 0; i < CHAINS_MIN; i++)
        cache->chains[i] = NULL;
    *out = cache;
    return HF_OK;
}

void
hf_cache_close(struct hf_cache *cache)
{
    if (cache == NULL)
        return;
    hf_cache_shrink(cache, UINT64_MAX);
    HF_ASSERT(cache->count == 0 && cache->size == 0);
    hf_budget_free(cache->budget, cache, cache_struct_size(cache->chain_max));
}

/* ---- chains and ring --------------------------------------------------------------------- */

/* A chain that is still to come has its blocks in the one that it will be split from. */
static uint32_t
chain_index(const struct hf_cache *cache, uint32_t table, uint64_t off)
{
    uint32_t index = hf_hash_fold(off ^ HF_HASH_K1, table ^ HF_HASH_K2) & cache->chain_mask;

    return index < cache->chain_count ? index : index & (cache->chain_mask >> 1);
}

static struct hf_cached *
look_up(const struct hf_cache *cache, uint32_t table, uint64_t off)
{
    struct hf_cached *cached = cache->chains[chain_index(cache, table, off)];

    while (cached != NULL && (cached->off != off || cached->table != table))
        cached = cached->chain;
    return cached;
}

static void
chain_remove(struct hf_cache *cache, struct hf_cached *cached)
{
    struct hf_cached **from = &cache->chains[chain_index(cache, cached->table, cached->off)];

    while (*from != cached)
        from = &(*from)->chain;
    *from = cached->chain;
}

/* One more chain, with the blocks that belong there and were in another until now. */
static void
chain_split(struct hf_cache *cache)
{
    uint32_t fresh = cache->chain_count++;
    struct hf_cached **to = &cache->chains[fresh], **from;

    cache->chain_mask |= fresh;
    from = &cache->chains[fresh & (cache->chain_mask >> 1)];
    *to = NULL;
    while (*from != NULL) {
        struct hf_cached *cached = *from;
        if (chain_index(cache, cached->table, cached->off) != fresh) {
            from = &cached->chain;
            continue;
        }
        *from = cached->chain;
        cached->chain = *to;
        *to = cached;
    }
}

static void
chain_insert(struct hf_cache *cache, struct hf_cached *fresh)
{
    struct hf_cached **chain;

    if (cache->count >= cache->chain_count && cache->chain_count < cache->chain_max)
        chain_split(cache);
    chain = &cache->chains[chain_index(cache, fresh->table, fresh->off)];
    fresh->chain = *chain;
    *chain = fresh;
}

/* Behind the hand: the last to be looked at. */
static void
ring_insert(struct hf_cache *cache, struct hf_cached *cached)
{
    if (cache->hand == NULL) {
        cached->next = cached->prev = cached;
        cache->hand = cached;
    } else {
        cached->next = cache->hand;
        cached->prev = cache->hand->prev;
        cached->prev->next = cached;
        cached->next->prev = cached;
    }
    cache->count++;
    cache->size += cached->size;
}

static void
ring_remove(struct hf_cache *cache, struct hf_cached *cached)
{
    if (cache->hand == cached)
        cache->hand = cached->next == cached ? NULL : cached->next;
    cached->prev->next = cached->next;
    cached->next->prev = cached->prev;
    cache->count--;
    cache->size -= cached->size;
}

/* Nobody has it pinned. */
static void
release(struct hf_cache *cache, struct hf_cached *cached)
{
    HF_ASSERT(cached->pins == 0);
    if (!cached->forgotten)
        chain_remove(cache, cached);
    ring_remove(cache, cached);
    hf_budget_free(cache->budget, cached, cached->size);
}

/* ---- making room ------------------------------------------------------------------------- */

static bool
is_too_large(const struct hf_cache *cache, uint64_t size)
{
    return size > cache->size_max / 2;
}

uint64_t
hf_cache_shrink(struct hf_cache *cache, uint64_t bytes)
{
    uint64_t freed = 0;

    /* Twice round the ring: once to take the marks of use away, once to find them gone. Where
     * views have pinned all that is there, nothing is looked for. */
    for (uint64_t looks = 2 * cache->count; looks > 0 && freed < bytes; looks--) {
        struct hf_cached *cached = cache->hand;
        if (cache->size == cache->pinned)
            break;
        cache->hand = cached->next;
        if (cached->pins == 0 && !cached->was_used) {
            HF_MARK(cache_evicted);
            freed += cached->size;
            release(cache, cached);
        } else {
            cached->was_used = false;
        }
    }
    return freed;
}

/* Brings what is not pinned, with `more` to come, within the cache's size. */
static void
make_room(struct hf_cache *cache, uint64_t more)
{
    uint64_t wanted = cache->size - cache->pinned + more;

    if (wanted > cache->size_max)
        hf_cache_shrink(cache, wanted - cache->size_max);
}

struct hf_cached *
hf_cache_alloc(struct hf_cache *cache, uint64_t loaded_size)
{
    uint64_t size = sizeof(struct hf_cached) + loaded_size;
    struct hf_cached *fresh;

    HF_ASSERT(loaded_size <= UINT32_MAX);
    if (!is_too_large(cache, size))
        make_room(cache, size);
    fresh = hf_budget_alloc(cache->budget, size);
    while (fresh == NULL && hf_cache_shrink(cache, size) > 0)
        fresh = hf_budget_alloc(cache->budget, size);
    if (fresh == NULL) {
        HF_MARK(cache_past_limit);
        fresh = hf_budget_alloc_past_limit(cache->budget, size);
    }
    if (fresh != NULL)
        *fresh = (struct hf_cached){ .size = size };
    return fresh;
}

void
hf_cache_free(struct hf_cache *cache, struct hf_cached *fresh)
{
    if (fresh != NULL)
        hf_budget_free(cache->budget, fresh, fresh->size);
}

/* ---- blocks in use ----------------------------------------------------------------------- */

static void
pin(struct hf_cache *cache, struct hf_cached *cached)
{
    if (cached->pins++ == 0)
        cache->pinned += cached->size;
}

/* Asks for the beginning of the first block of a chain, most often the only one, before its
 * place has been compared: a search reads it next, and it comes from far away. */
static void
fetch_ahead(const struct hf_cached *cached)
{
    for (unsigned off = FETCH_STEP; cached != NULL && off < FETCH_SIZE; off += FETCH_STEP)
        __builtin_prefetch((const char *)cached + off);
}

struct hf_cached *
hf_cache_find(struct hf_cache *cache, uint32_t table, uint64_t off)
{
    struct hf_cached *cached;

    fetch_ahead(cache->chains[chain_index(cache, table, off)]);
    cached = look_up(cache, table, off);
    if (cached != NULL) {
        cached->was_used = true;
        pin(cache, cached);
    }
    return cached;
}

struct hf_cached *
hf_cache_add(struct hf_cache *cache, struct hf_cached *fresh, uint32_t table, uint64_t off)
{
    struct hf_cached *first = hf_cache_find(cache, table, off);

    if (first != NULL) {
        hf_cache_free(cache, fresh);
        return first;
    }
    fresh->table = table;
    fresh->off = off;
    chain_insert(cache, fresh);
    ring_insert(cache, fresh);
    pin(cache, fresh);
    return fresh;
}

void
hf_cache_pin(struct hf_cached *cached)
{
    HF_ASSERT(cached->pins > 0);
    cached->pins++;
}

void
hf_cache_unpin(struct hf_cache *cache, struct hf_cached *cached)
{
    if (cached == NULL)
        return;
    HF_ASSERT(cached->pins > 0);
    if (--cached->pins > 0)
        return;
    cache->pinned -= cached->size;
    if (cached->forgotten || is_too_large(cache, cached->size))
        release(cache, cached);
    else
        make_room(cache, 0); /* it counts again */
}

void
hf_cache_forget(struct hf_cache *cache, uint32_t table)
{
    struct hf_cached *cached = cache->hand;

    for (uint64_t left = cache->count; left > 0; left--) {
        struct hf_cached *next = cached->next;
        if (cached->table == table && !cached->forgotten) {
            if (cached->pins == 0) {
                release(cache, cached);
            } else {
                chain_remove(cache, cached);
                cached->forgotten = true;
            }
        }
        cached = next;
    }
}

uint64_t
hf_cache_size(const struct hf_cache *cache)
{
    return cache->size;
}

/* ---- checking ---------------------------------------------------------------------------- */

static const char *
check_chain(const struct hf_cache *cache, uint32_t index, uint64_t *chained)
{
    for (const struct hf_cached *cached = cache->chains[index]; cached != NULL;
         cached = cached->chain) {
        if (chain_index(cache, cached->table, cached->off) != index ||
            look_up(cache, cached->table, cached->off) != cached || cached->forgotten)
            return "cache invariant 1: a block does not stand where it is looked for";
        if (++*chained > cache->count)
            return "cache invariant 1: chains hold more blocks than the ring";
    }
    return NULL;
}

static const char *
check_ring(const struct hf_cache *cache, uint64_t *forgotten)
{
    const struct hf_cached *cached = cache->hand;
    uint64_t size = 0, pinned = 0;

    for (uint64_t i = 0; i < cache->count; i++, cached = cached->next) {
        if (cached->next->prev != cached)
            return "cache invariant 2: the ring is broken";
        size += cached->size;
        pinned += cached->pins > 0 ? cached->size : 0;
        *forgotten += cached->forgotten;
        if (cached->pins == 0 && (cached->forgotten || is_too_large(cache, cached->size)))
            return "cache invariant 3: a block that nobody has pinned should have gone";
    }
    if (cached != cache->hand || size != cache->size || pinned != cache->pinned ||
        size > cache->budget->used)
        return "cache invariant 2: sizes do not add up";
    if (size - pinned > cache->size_max)
        return "cache invariant 4: more is kept than there is room for";
    return NULL;
}

const char *
hf_cache_check(const struct hf_cache *cache)
{
    uint64_t chained = 0, forgotten = 0;
    const char *broken = check_ring(cache, &forgotten);

    for (uint32_t i = 0; broken == NULL && i < cache->chain_count; i++)
        broken = check_chain(cache, i, &chained);
    if (broken == NULL && chained + forgotten != cache->count)
        broken = "cache invariant 1: a block stands in no chain";
    return broken;
}
