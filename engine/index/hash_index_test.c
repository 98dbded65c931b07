/*
 * hash_index_test.c - the hash index against a plain list of what was put in.
 *
 * Method: pages of 4 to 64 slots, so that splits and growth are common; kinds of hashes from
 * evenly spread to all alike; all invariants after every step. Slots are removed again, at
 * random, among inserts. Memory is refused at every size that a step could still want, until it
 * succeeds. The seed is printed first.
 *
 * Catches, among others: a split or a removal that breaks a chain of probes, reservations
 * forgotten in a split, an entry of the directory left behind, a directory that explodes under
 * hostile hashes.
 */
#include "base/tap.h"
#include "index/hash_index.h"

#include <stdlib.h>

#define SEED UINT64_C(20240607)
#define STEPS 600u

/* What the hashes have in common. */
enum kind { EVEN, SAME_TOP, SAME_LOW, FEW, ALL_SAME, KIND_COUNT };

static const char *const kind_names[] = { "even", "equal in the top bits",
                                          "equal in the low bits", "few", "all the same" };

static uint64_t random_state = SEED;

static uint64_t
random_u64(void)
{
    uint64_t x = random_state += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static uint64_t
random_hash(enum kind kind)
{
    uint64_t x = random_u64();

    switch (kind) {
    case EVEN:
        return x;
    case SAME_TOP:
        return x >> 40;
    case SAME_LOW:
        return x << 24;
    case FEW:
        return (x & 7) << 61 | (x & 3);
    case ALL_SAME:
    case KIND_COUNT:
        break;
    }
    return 42;
}

/* The model: entry i has ref i + 1. */
struct model {
    struct hf_budget budget;
    struct hf_hash *index;
    uint64_t hashes[STEPS];
    uint32_t count;
};

static void
model_open(struct model *model, unsigned page_bits)
{
    model->count = 0;
    hf_budget_init(&model->budget, 0);
    if (hf_hash_open(&model->index, &model->budget, page_bits) != HF_OK)
        abort();
}

/* Closes; whether all memory came back. */
static bool
model_close(struct model *model)
{
    hf_hash_close(model->index);
    return model->budget.used == 0;
}

static void
model_insert(struct model *model, uint64_t hash)
{
    model->hashes[model->count++] = hash;
    hf_hash_insert(model->index, hash, model->count);
}

static bool
is_sound(const struct model *model)
{
    const char *broken = hf_hash_check(model->index);

    if (broken != NULL)
        printf("# %s\n", broken);
    return broken == NULL && hf_hash_count(model->index) == model->count &&
           hf_hash_bytes(model->index) == model->budget.used;
}

/* Whether a walk over the slots of the hash meets each of its refs, in order, and no other. */
static bool
is_walk_right(const struct model *model, uint64_t hash)
{
    struct hf_hash_slot *slot = NULL;

    for (uint32_t i = 0; i < model->count; i++) {
        if (model->hashes[i] != hash)
            continue;
        slot = hf_hash_find(model->index, hash, slot);
        if (slot == NULL || slot->hash != hash || slot->ref != i + 1)
            return false;
    }
    if (slot == NULL)
        return hf_hash_find(model->index, hash, NULL) == NULL;
    return hf_hash_find(model->index, hash, slot) == NULL;
}

static bool
is_whole(const struct model *model)
{
    for (uint32_t i = 0; i < model->count; i++)
        if (!is_walk_right(model, model->hashes[i]))
            return false;
    return is_walk_right(model, random_u64());
}

/* ---- properties -------------------------------------------------------------------------- */

static bool
is_kept_one_by_one(enum kind kind, unsigned page_bits)
{
    struct model model;
    bool good = true;

    model_open(&model, page_bits);
    for (unsigned step = 0; step < STEPS && good; step++) {
        uint64_t hash = random_hash(kind);

        hf_hash_prefetch(model.index, hash);
        good = hf_hash_reserve(model.index, hash) == HF_OK && is_sound(&model);
        model_insert(&model, hash);
        hf_hash_settle(model.index);
        good = good && is_sound(&model) && (step % 50 != 0 || is_whole(&model));
    }
    good = good && is_whole(&model);
    return model_close(&model) && good;
}

/* Removes the model's entry: its ref is 0 from now on, and nobody looks for it. */
static bool
model_remove(struct model *model, uint64_t *refs, uint32_t which)
{
    struct hf_hash_slot *slot = hf_hash_find(model->index, model->hashes[which], NULL);

    while (slot != NULL && slot->ref != refs[which])
        slot = hf_hash_find(model->index, model->hashes[which], slot);
    if (slot == NULL)
        return false;
    hf_hash_remove(model->index, model->hashes[which], slot);
    model->hashes[which] = model->hashes[--model->count];
    refs[which] = refs[model->count];
    return is_sound(model);
}

/* Whether just those entries are found that are there. */
static bool
are_found(const struct model *model, const uint64_t *refs)
{
    for (uint32_t i = 0; i < model->count; i++) {
        struct hf_hash_slot *slot = hf_hash_find(model->index, model->hashes[i], NULL);
        while (slot != NULL && slot->ref != refs[i])
            slot = hf_hash_find(model->index, model->hashes[i], slot);
        if (slot == NULL)
            return false;
    }
    return true;
}

static bool
is_removal_kept(enum kind kind, unsigned page_bits)
{
    uint64_t refs[STEPS];
    struct model model;
    bool good = true;

    model_open(&model, page_bits);
    for (unsigned step = 0; step < 3 * STEPS && good; step++) {
        bool shrinks = step / 300 % 2 == 1;
        if (model.count < STEPS && random_u64() % 4 >= (shrinks ? 3 : 1)) {
            uint64_t hash = random_hash(kind);
            good = hf_hash_reserve(model.index, hash) == HF_OK;
            refs[model.count] = step + 1;
            model.hashes[model.count++] = hash;
            hf_hash_insert(model.index, hash, step + 1);
            hf_hash_settle(model.index);
        } else if (model.count > 0) {
            good = model_remove(&model, refs, (uint32_t)(random_u64() % model.count));
        }
        good = good && are_found(&model, refs);
    }
    while (model.count > 0 && good)
        good = model_remove(&model, refs, 0);
    return model_close(&model) && good;
}

/* One round: up to `most` reservations, of which some are used, last ones first. */
static bool
is_round_good(struct model *model, enum kind kind, uint32_t most)
{
    uint64_t hashes[STEPS];
    uint32_t reserved = 0;

    for (; reserved < most; reserved++) {
        hashes[reserved] = random_hash(kind);
        if (hf_hash_reserve(model->index, hashes[reserved]) != HF_OK || !is_sound(model))
            return false;
    }
    while (reserved-- > 0)
        if (random_u64() % 4 != 0)
            model_insert(model, hashes[reserved]);
    if (!is_sound(model))
        return false;
    hf_hash_settle(model->index);
    return is_sound(model);
}

static bool
are_rounds_kept(enum kind kind, unsigned page_bits)
{
    struct model model;
    bool good = true;

    model_open(&model, page_bits);
    while (model.count < STEPS && good) {
        uint32_t most = 1 + (uint32_t)(random_u64() % (STEPS - model.count));
        good = is_round_good(&model, kind, most < 200 ? most : 200);
    }
    good = good && is_whole(&model);
    return model_close(&model) && good;
}

/* Reservations, inserts and further reservations of one round in any order. */
static bool
is_mixed_round_kept(enum kind kind, unsigned page_bits)
{
    struct model model;
    uint64_t open[STEPS];
    uint32_t open_count = 0, reserved = 0;
    bool good = true;

    model_open(&model, page_bits);
    while ((reserved < STEPS || open_count > 0) && good) {
        if (reserved < STEPS && (open_count == 0 || random_u64() % 2 == 0)) {
            open[open_count] = random_hash(kind);
            good = hf_hash_reserve(model.index, open[open_count++]) == HF_OK;
            reserved++;
        } else {
            uint32_t which = (uint32_t)(random_u64() % open_count);

            model_insert(&model, open[which]);
            open[which] = open[--open_count];
        }
        good = good && is_sound(&model);
    }
    hf_hash_settle(model.index);
    good = good && is_whole(&model);
    return model_close(&model) && good;
}

/* Memory is refused from the first byte on, then granted a little more each time. */
static bool
is_refusal_harmless(enum kind kind, unsigned page_bits, unsigned *refused)
{
    struct model model;
    bool good = true;

    model_open(&model, page_bits);
    for (unsigned step = 0; step < 200 && good; step++) {
        uint64_t hash = random_hash(kind);
        enum hf_err err;

        model.budget.limit = model.budget.used;
        while ((err = hf_hash_reserve(model.index, hash)) == HF_ERR_NO_MEMORY && good) {
            ++*refused;
            good = is_sound(&model);
            model.budget.limit += sizeof(struct hf_hash_slot);
        }
        model.budget.limit = UINT64_MAX;
        good = good && err == HF_OK;
        model_insert(&model, hash);
        if (step % 3 == 0)
            hf_hash_settle(model.index);
        good = good && is_sound(&model);
    }
    good = good && is_whole(&model);
    return model_close(&model) && good;
}

static void
test_kinds(void)
{
    for (int kind = 0; kind < KIND_COUNT; kind++) {
        bool single = true, rounds = true, mixed = true, refusals = true, removals = true;
        unsigned refused = 0;

        for (unsigned bits = 2; bits <= 6; bits++) {
            single = single && is_kept_one_by_one((enum kind)kind, bits);
            rounds = rounds && are_rounds_kept((enum kind)kind, bits);
            removals = removals && is_removal_kept((enum kind)kind, bits);
            mixed = mixed && is_mixed_round_kept((enum kind)kind, bits);
            refusals = refusals && is_refusal_harmless((enum kind)kind, bits, &refused);
        }
        TAP_OK(single, "%s: each insert keeps every slot findable", kind_names[kind]);
        TAP_OK(rounds, "%s: what is reserved has room, used or not", kind_names[kind]);
        TAP_OK(mixed, "%s: also when reserved and inserted by turns", kind_names[kind]);
        TAP_OK(removals, "%s: slots are removed, and all others found", kind_names[kind]);
        TAP_OK(refusals && refused > 0, "%s: %u refusals of memory change nothing",
               kind_names[kind], refused);
    }
}

static void
test_open_refused(void)
{
    struct hf_budget budget;
    struct hf_hash *index;
    bool clean = true;
    uint64_t limit = 1;

    for (;; limit += sizeof(struct hf_hash_slot)) {
        hf_budget_init(&budget, limit);
        if (hf_hash_open(&index, &budget, 2) == HF_OK)
            break;
        clean = clean && index == NULL && budget.used == 0;
    }
    hf_hash_close(index);
    hf_hash_close(NULL);
    TAP_OK(clean && limit > 1, "an open that is refused memory leaves none behind");
}

static void
test_ref_changes(void)
{
    struct model model;
    struct hf_hash_slot *slot;

    model_open(&model, 2);
    if (hf_hash_reserve(model.index, 7) != HF_OK)
        abort();
    model_insert(&model, 7);
    hf_hash_settle(model.index);
    slot = hf_hash_find(model.index, 7, NULL);
    slot->ref = 99;
    slot = hf_hash_find(model.index, 7, NULL);
    TAP_OK(slot != NULL && slot->ref == 99 && is_sound(&model), "a ref is changed in place");
    model_close(&model);
}

/* Reservations that are never used must not add up over the rounds. */
static void
test_lapse(void)
{
    struct model model;
    uint64_t bytes = 0;
    bool good = true;

    model_open(&model, 4);
    for (unsigned round = 0; round < 1000; round++) {
        for (uint64_t i = 0; i < 100; i++)
            good =
                good && hf_hash_reserve(model.index, i * UINT64_C(0x9e3779b97f4a7c15)) == HF_OK;
        hf_hash_settle(model.index);
        if (round == 0)
            bytes = hf_hash_bytes(model.index);
    }
    TAP_OK(good && hf_hash_bytes(model.index) == bytes && hf_hash_count(model.index) == 0,
           "reservations not used lapse, and need no further memory");
    model_close(&model);
}

static void
test_proportion(void)
{
    for (int kind = 0; kind < ALL_SAME; kind++) {
        struct model model;
        const uint64_t count = 20000;
        bool good = true;

        model_open(&model, 4);
        for (uint64_t i = 0; i < count && good; i++) {
            uint64_t hash = kind == FEW ? i >> 2 : random_hash((enum kind)kind);

            good = hf_hash_reserve(model.index, hash) == HF_OK;
            hf_hash_insert(model.index, hash, i + 1);
            hf_hash_settle(model.index);
        }
        TAP_OK(good && hf_hash_bytes(model.index) < 160 * count,
               "%s: memory stays in proportion, %.0f bytes an entry", kind_names[kind],
               (double)hf_hash_bytes(model.index) / (double)count);
        model_close(&model);
    }
}

/* One round far larger than a page: its reservations must be divided as its inserts will be. */
static void
test_large_round(void)
{
    struct hf_budget budget;
    struct hf_hash *index;
    const uint64_t count = 20000, step = UINT64_C(0x9e3779b97f4a7c15);
    bool good = true;

    hf_budget_init(&budget, 256 * count);
    if (hf_hash_open(&index, &budget, 4) != HF_OK)
        abort();
    for (uint64_t i = 0; i < count && good; i++)
        good = hf_hash_reserve(index, i * step) == HF_OK;
    for (uint64_t i = 0; i < count && good; i++)
        hf_hash_insert(index, i * step, i + 1);
    TAP_OK(good && hf_hash_check(index) == NULL && hf_hash_count(index) == count,
           "a large round needs memory in proportion");
    hf_hash_settle(index);
    TAP_OK(hf_hash_bytes(index) < 100 * count, "and less once it is settled");
    hf_hash_close(index);
}

/* The page size that is shipped, with pages from mapped memory. */
static void
test_full_size(void)
{
    struct hf_budget budget;
    struct hf_hash *index;
    const uint64_t count = 50000;
    bool good = true;

    hf_budget_init(&budget, 0);
    if (hf_hash_open(&index, &budget, HF_HASH_PAGE_BITS) != HF_OK)
        abort();
    random_state = SEED;
    for (uint64_t i = 0; i < count && good; i++) {
        uint64_t hash = random_u64();

        good = hf_hash_reserve(index, hash) == HF_OK;
        hf_hash_insert(index, hash, i + 1);
        hf_hash_settle(index);
    }
    random_state = SEED;
    for (uint64_t i = 0; i < count && good; i++) {
        struct hf_hash_slot *slot = hf_hash_find(index, random_u64(), NULL);
        good = slot != NULL && slot->ref == i + 1;
    }
    TAP_OK(good && hf_hash_check(index) == NULL && hf_hash_count(index) == count &&
               hf_hash_bytes(index) == budget.used,
           "pages of the shipped size keep all entries");
    hf_hash_close(index);
    TAP_OK(budget.used == 0, "and give their memory back");
}

int
main(void)
{
    printf("# seed %llu\n", (unsigned long long)SEED);
    test_kinds();
    test_open_refused();
    test_ref_changes();
    test_lapse();
    test_proportion();
    test_large_round();
    test_full_size();
    return tap_done();
}
