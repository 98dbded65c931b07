/*
 * cache_test.c - blocks found, pinned, let go and forgotten.
 *
 * Method: single rules are set up one by one; then random operations run against a model of
 * CLOCK that is a queue with second chances, which predicts every hit, every miss and the size,
 * while the cache checks itself. Every block holds its own place, so that one that was moved,
 * freed or mixed up shows. Catches a block that goes while it is pinned, one that stays though
 * it is not used, a size that drifts, and a charge that is not given back.
 */
#include "store/table/cache.h"

#include "base/hash.h"
#include "base/tap.h"

#include <stdlib.h>
#include <string.h>

#define PAYLOAD 100u
#define BLOCK (sizeof(struct hf_cached) + PAYLOAD)

static struct hf_budget budget;
static struct hf_cache *cache;

static bool
begin(uint64_t limit, uint64_t size_max)
{
    hf_budget_init(&budget, limit);
    return hf_cache_open(&cache, &budget, size_max) == HF_OK;
}

/* True if everything was given back. */
static bool
end(void)
{
    hf_cache_close(cache);
    return budget.used == 0;
}

/* Adds a block that says where it belongs; it comes back pinned. */
static struct hf_cached *
add_sized(uint32_t table, uint64_t off, uint64_t size)
{
    struct hf_cached *fresh = hf_cache_alloc(cache, size);

    if (fresh == NULL)
        return NULL;
    fresh->kind = HF_BLOCK_DATA;
    memset(fresh->words, (int)(table * 31 + off), size);
    return hf_cache_add(cache, fresh, table, off);
}

static void
add(uint32_t table, uint64_t off)
{
    hf_cache_unpin(cache, add_sized(table, off, PAYLOAD));
}

static bool
is_intact(const struct hf_cached *cached, uint32_t table, uint64_t off)
{
    const uint8_t *at = (const uint8_t *)cached->words;

    for (size_t i = 0; i < PAYLOAD; i++) {
        if (at[i] != (uint8_t)(table * 31 + off))
            return false;
    }
    return cached->table == table && cached->off == off;
}

static bool
has(uint32_t table, uint64_t off)
{
    struct hf_cached *cached = hf_cache_find(cache, table, off);
    bool found = cached != NULL && is_intact(cached, table, off);

    hf_cache_unpin(cache, cached);
    return found;
}

/* ---- single rules ------------------------------------------------------------------------ */

static void
test_find(void)
{
    struct hf_cached *first, *second;

    begin(0, 10 * BLOCK);
    TAP_OK(hf_cache_find(cache, 1, 144) == NULL, "what was not added is not found");
    first = add_sized(1, 144, PAYLOAD);
    second = add_sized(1, 144, PAYLOAD);
    TAP_OK(first != NULL && first == second && first->pins == 2 &&
               hf_cache_size(cache) == BLOCK,
           "of two with one place the first stays, and is handed to both");
    hf_cache_unpin(cache, first);
    hf_cache_unpin(cache, second);
    TAP_OK(has(1, 144) && !has(2, 144) && !has(1, 145), "a block is found by table and offset");
    hf_cache_unpin(cache, NULL);
    hf_cache_free(cache, NULL);
    TAP_OK(hf_cache_check(cache) == NULL && end(), "NULL is accepted, and all is given back");
}

static void
test_clock(void)
{
    begin(0, 4 * BLOCK);
    for (uint64_t off = 0; off < 4; off++)
        add(1, off);
    TAP_OK(has(1, 0) && has(1, 2), "four blocks have room");
    add(1, 4);
    add(1, 5);
    TAP_OK(hf_cache_size(cache) == 4 * BLOCK && has(1, 0) && !has(1, 1) && has(1, 2) &&
               !has(1, 3),
           "those go first that nobody has used again");
    TAP_OK(hf_cache_shrink(cache, 1) == BLOCK &&
               hf_cache_shrink(cache, UINT64_MAX) == 3 * BLOCK && hf_cache_size(cache) == 0,
           "shrinking takes as many as it needs, used ones too in the end");
    TAP_OK(hf_cache_shrink(cache, 1) == 0, "an empty cache gives nothing");
    TAP_OK(end(), "all memory is given back");
}

static void
test_pins(void)
{
    struct hf_cached *pinned[6];

    begin(0, 4 * BLOCK);
    add(2, 0);
    for (uint64_t off = 0; off < 6; off++)
        pinned[off] = add_sized(1, off, PAYLOAD);
    TAP_OK(hf_cache_size(cache) == 7 * BLOCK && has(2, 0),
           "pinned blocks do not count: they take no room from others");
    TAP_OK(hf_cache_shrink(cache, UINT64_MAX) == BLOCK && hf_cache_shrink(cache, 1) == 0,
           "and stay where they are when room is made");
    TAP_OK(hf_cache_find(cache, 1, 0) == pinned[0] && hf_cache_shrink(cache, 1) == 0 &&
               pinned[0]->was_used,
           "where all is pinned, nobody looks at any");
    hf_cache_unpin(cache, pinned[0]);
    hf_cache_pin(pinned[0]);
    hf_cache_unpin(cache, pinned[0]);
    TAP_OK(hf_cache_size(cache) == 6 * BLOCK, "a block stays until its last pin is gone");
    for (uint64_t off = 0; off < 6; off++)
        hf_cache_unpin(cache, pinned[off]);
    TAP_OK(hf_cache_size(cache) == 4 * BLOCK && hf_cache_check(cache) == NULL,
           "without them the cache is within its size again");
    TAP_OK(end(), "all memory is given back");
}

static void
test_forget(void)
{
    struct hf_cached *pinned;

    begin(0, 10 * BLOCK);
    add(1, 1);
    add(2, 1);
    add(2, 2);
    pinned = add_sized(1, 2, PAYLOAD);
    hf_cache_forget(cache, 1);
    TAP_OK(!has(1, 1) && !has(1, 2) && has(2, 1) && has(2, 2),
           "blocks of a forgotten table are not found, others are");
    TAP_OK(is_intact(pinned, 1, 2) && hf_cache_check(cache) == NULL,
           "one that is pinned stays in place");
    add(1, 2);
    TAP_OK(has(1, 2) && hf_cache_check(cache) == NULL, "and does not stand in for a new one");
    hf_cache_unpin(cache, pinned);
    TAP_OK(hf_cache_size(cache) == 3 * BLOCK && has(1, 2), "it goes with its last pin");
    TAP_OK(hf_cache_check(cache) == NULL && end(), "all memory is given back");
}

static void
test_large(void)
{
    struct hf_cached *large;

    begin(0, 4 * BLOCK);
    for (uint64_t off = 0; off < 4; off++)
        add(1, off);
    large = add_sized(2, 0, 2 * BLOCK);
    TAP_OK(large != NULL && has(1, 0) && has(1, 1) && has(1, 2) && has(1, 3),
           "a block of more than half the size drives nothing out");
    hf_cache_unpin(cache, large);
    TAP_OK(!has(2, 0) && hf_cache_size(cache) == 4 * BLOCK, "and is not kept");
    TAP_OK(end(), "all memory is given back");
}

static void
test_limit(void)
{
    uint64_t base;
    struct hf_cached *pinned[3];

    begin(0, 100 * BLOCK);
    base = budget.used;
    budget.limit = base + 2 * BLOCK;
    add(1, 0);
    add(1, 1);
    add(1, 2);
    TAP_OK(!has(1, 0) && has(1, 1) && has(1, 2) && budget.used == budget.limit,
           "at the memory limit blocks go for others");
    for (uint64_t off = 0; off < 3; off++)
        pinned[off] = add_sized(2, off, PAYLOAD);
    TAP_OK(pinned[2] != NULL && budget.used == base + 3 * BLOCK && budget.over == 0,
           "with nothing left to go a read passes the limit, and nobody else may");
    for (uint64_t off = 0; off < 3; off++)
        hf_cache_unpin(cache, pinned[off]);
    hf_cache_shrink(cache, BLOCK);
    TAP_OK(budget.used == budget.limit && hf_cache_check(cache) == NULL,
           "what passed it can be given back");
    TAP_OK(end(), "all memory is given back");
    hf_budget_init(&budget, 10);
    TAP_OK(hf_cache_open(&cache, &budget, 1000) == HF_ERR_NO_MEMORY && cache == NULL &&
               budget.used == 0,
           "a cache that the budget refuses is not there");
}

#define CROWD 3000u /* blocks: more than there are chains for */

/* Between the blocks that come, the chains are split one by one; at every stage each block is
 * where it is looked for, and those that have gone are not. */
static void
test_chains(void)
{
    bool sound = true, all = true;

    begin(0, 1 << 20);
    for (uint64_t off = 0; off < CROWD; off++) {
        add(1, off);
        sound = sound && (off % 7 != 0 || hf_cache_check(cache) == NULL);
    }
    for (uint64_t off = 0; off < CROWD; off++)
        all = all && has(1, off);
    TAP_OK(sound && all, "however many blocks have come, each is found");
    TAP_OK(hf_cache_shrink(cache, UINT64_MAX) == CROWD * BLOCK && !has(1, 0) &&
               hf_cache_check(cache) == NULL,
           "with all of them gone none is");
    for (uint64_t off = 0; off < CROWD; off++)
        add(2, off);
    for (uint64_t off = 0; off < CROWD; off++)
        all = all && has(2, off) && !has(1, off);
    TAP_OK(all && hf_cache_check(cache) == NULL && end(), "and others take their places");
}

/* ---- a model ----------------------------------------------------------------------------- */

#define PLACES 24u /* that blocks can have: four tables, six offsets */
#define MODEL_MAX 10u

struct model_block {
    uint32_t place;
    uint32_t pins;
    bool was_used, forgotten;
    struct hf_cached *cached;
};

/* Whoever comes to the front and was used goes to the back. */
static struct model_block queue[2 * PLACES + MODEL_MAX];
static uint32_t queue_count;

static struct model_block *
model_find(uint32_t place)
{
    for (uint32_t i = 0; i < queue_count; i++) {
        if (queue[i].place == place && !queue[i].forgotten)
            return &queue[i];
    }
    return NULL;
}

static void
model_remove(uint32_t index)
{
    queue_count--;
    memmove(queue + index, queue + index + 1, (queue_count - index) * sizeof *queue);
}

static uint32_t
model_unpinned(void)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < queue_count; i++)
        count += queue[i].pins == 0;
    return count;
}

/* Lets `goal` blocks go, if that many can; everyone is at the front twice at most. */
static uint32_t
model_shrink(uint32_t goal)
{
    uint32_t gone = 0;

    for (uint32_t looks = 2 * queue_count; looks > 0 && gone < goal; looks--) {
        struct model_block front = queue[0];
        if (model_unpinned() == 0)
            break;
        model_remove(0);
        if (front.pins > 0 || front.was_used) {
            front.was_used = false;
            queue[queue_count++] = front;
        } else {
            gone++;
        }
    }
    return gone;
}

static void
model_make_room(uint32_t more)
{
    uint32_t wanted = model_unpinned() + more;

    if (wanted > MODEL_MAX)
        model_shrink(wanted - MODEL_MAX);
}

static void
model_unpin(struct model_block *block)
{
    if (--block->pins > 0)
        return;
    if (block->forgotten)
        model_remove((uint32_t)(block - queue));
    else
        model_make_room(0);
}

static void
model_forget(uint32_t table)
{
    for (uint32_t i = 0; i < queue_count;) {
        if (queue[i].place / 6 == table && queue[i].pins == 0) {
            model_remove(i);
            continue;
        }
        if (queue[i].place / 6 == table)
            queue[i].forgotten = true;
        i++;
    }
}

/* Finds a place, or else adds it; the block is pinned then. */
static bool
use_place(uint32_t place)
{
    struct model_block *block = model_find(place);
    struct hf_cached *cached = hf_cache_find(cache, place / 6, place % 6);

    if ((block == NULL) != (cached == NULL))
        return false;
    if (block != NULL) {
        block->was_used = true;
        block->pins++;
        return block->cached == cached && is_intact(cached, place / 6, place % 6);
    }
    model_make_room(1);
    cached = add_sized(place / 6, place % 6, PAYLOAD);
    queue[queue_count++] = (struct model_block){ place, 1, false, false, cached };
    return cached != NULL;
}

/* Drops one pin of some block that has any. */
static bool
drop_some_pin(uint64_t random)
{
    for (uint32_t i = 0; i < queue_count; i++) {
        struct model_block *block = &queue[(random + i) % queue_count];
        if (block->pins == 0)
            continue;
        if (!is_intact(block->cached, block->place / 6, block->place % 6))
            return false;
        hf_cache_unpin(cache, block->cached);
        model_unpin(block);
        return true;
    }
    return true;
}

static bool
operate(uint64_t random)
{
    uint32_t pinned = 0;

    for (uint32_t i = 0; i < queue_count; i++)
        pinned += queue[i].pins;
    if (random % 64 == 0) {
        hf_cache_forget(cache, (uint32_t)(random >> 8) % 4);
        model_forget((uint32_t)(random >> 8) % 4);
        return true;
    }
    if (random % 64 == 1)
        return hf_cache_shrink(cache, BLOCK) == model_shrink(1) * BLOCK;
    if (pinned >= 12 || random % 2 == 0)
        return drop_some_pin(random >> 8);
    return use_place((uint32_t)(random >> 8) % PLACES);
}

static void
test_model(uint64_t seed)
{
    uint64_t state = seed;
    uint32_t step = 0;
    bool held = begin(0, MODEL_MAX * BLOCK);

    printf("# seed %llu\n", (unsigned long long)seed);
    for (; held && step < 20000; step++) {
        state += HF_HASH_K2;
        held = operate(hf_hash_fold(state, HF_HASH_K1)) &&
               hf_cache_size(cache) == queue_count * BLOCK && hf_cache_check(cache) == NULL;
    }
    TAP_OK(held, "hits, misses and size are those of the model, for %u operations", step);
    for (uint32_t i = 0; i < queue_count; i++) {
        for (; queue[i].pins > 0; queue[i].pins--)
            hf_cache_unpin(cache, queue[i].cached);
    }
    TAP_OK(end(), "all memory is given back");
}

int
main(void)
{
    test_find();
    test_clock();
    test_pins();
    test_forget();
    test_large();
    test_limit();
    test_chains();
    test_model(20260101);
    return tap_done();
}
