/*
 * range_set_test.c - the index of deleted ranges against a table of every version of every key.
 *
 * Method: random ranges over a small set of keys, some of which begin others, are added to the
 * set and to a table that says for each key and version what covers it. After each one some
 * versions of all keys are compared, and the fragments are walked from the first key to the
 * last. Drafts are abandoned, and each allocation is refused once. Ranges of three boundaries
 * are exhausted. The seeds are printed.
 */
#include "index/range_set.h"

#include "base/tap.h"
#include "memory/test_memory.h"

#include <stdlib.h>

#define KEYS 40u
#define VERSIONS 300u

static struct hf_budget budget;
static uint64_t model[VERSIONS + 1][KEYS]; /* what covers a key as of a version */
static uint64_t last;

/* Ascending with the number; every third key is the beginning of the next. */
static struct hf_span
key_of(unsigned key)
{
    static char text[4][16];
    static int turn;
    char *at = text[turn++ % 4];
    int len = snprintf(at, 16, "%02u%s", key - key % 3,
                       key % 3 == 0   ? ""
                       : key % 3 == 1 ? "a"
                                      : "ab");

    return hf_span(at, (size_t)len);
}

/* [from, to) as a range of the next version; `to` == KEYS: to the end. */
static struct hf_range_delete
range_of(unsigned from, unsigned to)
{
    return (struct hf_range_delete){
        .from = key_of(from),
        .to = to == KEYS ? hf_span(NULL, 0) : key_of(to),
        .version = last + 1,
        .time_us = 1000 * (last + 1),
    };
}

static enum hf_err
add(struct hf_range_set *set, unsigned from, unsigned to)
{
    struct hf_range_delete range = range_of(from, to);
    enum hf_err err = hf_range_set_add(set, &range);

    if (err != HF_OK)
        return err;
    hf_range_set_publish(set);
    last++;
    for (unsigned key = 0; key < KEYS; key++)
        model[last][key] = key >= from && key < to ? last : model[last - 1][key];
    return HF_OK;
}

static bool
agrees_as_of(const struct hf_range_set *set, uint64_t version)
{
    for (unsigned key = 0; key < KEYS; key++) {
        uint64_t at = version < last ? version : last;
        if (hf_range_set_cover(set, key_of(key), version) != model[at][key])
            return false;
    }
    return true;
}

/* Whether the fragments follow each other and say what the model says of every key. */
static bool
fragments_agree(const struct hf_range_set *set, uint64_t version)
{
    struct hf_span at = hf_span(NULL, 0);
    unsigned key = 0;

    do {
        struct hf_fragment fragment = hf_range_set_fragment(set, at, version);
        if (!hf_span_equal(fragment.from, at) || fragment.time_us != 1000 * fragment.version)
            return false;
        for (; key < KEYS &&
               (fragment.to.len == 0 || hf_span_compare(key_of(key), fragment.to) < 0);
             key++) {
            if (model[version][key] != fragment.version)
                return false;
        }
        at = fragment.to;
    } while (at.len > 0);
    return key == KEYS;
}

static void
begin(struct hf_range_set **set)
{
    hf_budget_init(&budget, 0);
    memset(model, 0, sizeof model);
    last = 0;
    if (hf_range_set_open(set, &budget) != HF_OK)
        abort();
}

static unsigned
below(unsigned bound)
{
    return (unsigned)rand() % bound;
}

static void
test_against_model(unsigned seed)
{
    struct hf_range_set *set;
    bool held = true;

    printf("# seed %u\n", seed);
    srand(seed);
    begin(&set);
    while (held && last < VERSIONS) {
        unsigned from = below(KEYS), to = from + 1 + below(KEYS - from);
        if (below(4) == 0) { /* a draft that comes to nothing */
            struct hf_range_delete range = range_of(from, to);
            held = hf_range_set_add(set, &range) == HF_OK;
            hf_range_set_abandon(set);
        }
        held = held && add(set, from, to) == HF_OK && agrees_as_of(set, UINT64_MAX) &&
               agrees_as_of(set, below((unsigned)last + 1)) &&
               fragments_agree(set, below((unsigned)last + 1)) &&
               hf_range_set_check(set) == NULL;
    }
    for (uint64_t version = 0; held && version <= last; version++)
        held = agrees_as_of(set, version) && fragments_agree(set, version);
    held = held && hf_range_set_count(set) == VERSIONS &&
           hf_range_set_at(set, VERSIONS - 1)->version == VERSIONS &&
           hf_range_set_bytes(set) == budget.used;
    hf_range_set_close(set);
    TAP_OK(held && budget.used == 0, "every key as of every version is covered as it should");
}

static void
test_small_ones(void)
{
    struct hf_range_set *set;
    bool held = true;
    unsigned cases = 0;

    /* Three ranges over four keys and the end: 10 * 10 * 10 of them. */
    for (unsigned i = 0; held && i < 5 * 5 * 5 * 5 * 5 * 5; i++) {
        unsigned ends[6], rest = i;
        for (unsigned j = 0; j < 6; j++, rest /= 5)
            ends[j] = rest % 5;
        if (ends[0] >= ends[1] || ends[2] >= ends[3] || ends[4] >= ends[5])
            continue;
        begin(&set);
        for (unsigned j = 0; held && j < 6; j += 2)
            held = add(set, ends[j], ends[j + 1] == 4 ? KEYS : ends[j + 1]) == HF_OK;
        for (uint64_t version = 0; held && version <= last; version++)
            held = agrees_as_of(set, version) && fragments_agree(set, version);
        held = held && hf_range_set_check(set) == NULL;
        hf_range_set_close(set);
        cases++;
    }
    TAP_OK(held && cases == 1000, "all sets of three ranges over four keys are right");
}

static void
test_one_version(void)
{
    struct hf_range_set *set;
    struct hf_range_delete a, b;

    begin(&set);
    a = range_of(3, 6);
    b = range_of(10, KEYS);
    TAP_OK(hf_range_set_add(set, &a) == HF_OK && hf_range_set_add(set, &b) == HF_OK &&
               hf_range_set_cover(set, key_of(4), 1) == 0,
           "a draft is seen by nobody");
    hf_range_set_publish(set);
    TAP_OK(hf_range_set_cover(set, key_of(4), 1) == 1 &&
               hf_range_set_cover(set, key_of(7), 1) == 0 &&
               hf_range_set_cover(set, key_of(KEYS - 1), 9) == 1 &&
               hf_range_set_cover(set, key_of(4), 0) == 0,
           "two ranges of one commit appear together");
    TAP_OK(hf_range_set_cover(NULL, key_of(4), 1) == 0 && hf_range_set_count(NULL) == 0,
           "no set covers nothing");
    hf_range_set_close(set);
}

/* Growing ranges, each over all before it, as retention deletes them. */
static void
test_refusals(void)
{
    struct hf_range_set *set;
    char text[16];
    bool held = true;

    begin(&set);
    for (uint64_t version = 1; held && version <= 20000; version++) {
        struct hf_range_delete range = { .from = hf_span("a", 1), .version = version };
        range.to =
            hf_span(text, (size_t)snprintf(text, sizeof text, "b%08u", (unsigned)version));
        held = hf_range_set_add(set, &range) == HF_OK;
        hf_range_set_publish(set);
    }
    TAP_OK(held && hf_range_set_bytes(set) < 20000 * 600,
           "ranges that grow take memory in proportion to their number: %u bytes each",
           (unsigned)(hf_range_set_bytes(set) / 20000));
    hf_range_set_close(set);
}

static void
test_refused(void)
{
    struct hf_range_set *set;
    bool held = true;
    unsigned refused = 0;

    srand(7);
    begin(&set);
    while (held && last < 200) {
        unsigned from = below(KEYS), to = from + 1 + below(KEYS - from);
        uint64_t bytes = hf_range_set_bytes(set);
        test_memory.fail_at = test_memory.allocs + 1;
        enum hf_err err = add(set, from, to);
        test_memory.fail_at = 0;
        if (err == HF_OK)
            continue;
        refused++;
        hf_range_set_abandon(set);
        /* What the list has grown by stays. */
        held = err == HF_ERR_NO_MEMORY && agrees_as_of(set, UINT64_MAX) &&
               hf_range_set_bytes(set) >= bytes && add(set, from, to) == HF_OK &&
               agrees_as_of(set, UINT64_MAX) && hf_range_set_check(set) == NULL;
    }
    hf_range_set_close(set);
    TAP_OK(held && refused > 5 && budget.used == 0,
           "a refused allocation leaves what was published, %u times", refused);
}

int
main(void)
{
    for (unsigned seed = 1; seed <= 20; seed++)
        test_against_model(seed);
    test_small_ones();
    test_one_version();
    test_refusals();
    test_refused();
    return tap_done();
}
