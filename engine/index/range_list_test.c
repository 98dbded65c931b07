/*
 * range_list_test.c - gathered ranges in their orders, and none of what they delete lost.
 *
 * Method: random ranges, several of one version, are put into a list; what they cover of a few
 * keys as of each version is counted by hand, and must be what the set that is made of the list
 * says. Orders are looked at pair by pair. Each allocation is refused once. The seeds are
 * printed.
 */
#include "index/range_list.h"

#include "base/tap.h"
#include "memory/test_memory.h"

#include <stdlib.h>

#define KEYS 12u
#define RANGES 60u
#define VERSIONS 20u

static struct hf_budget budget;
static bool covers[VERSIONS + 1][KEYS]; /* whether a range of just that version does */

static struct hf_span
key_of(unsigned key)
{
    static char letters[KEYS];

    letters[key] = (char)('a' + key);
    return hf_span(&letters[key], 1);
}

static enum hf_err
fill(struct hf_range_list *list)
{
    enum hf_err err = HF_OK;

    memset(covers, 0, sizeof covers);
    for (unsigned i = 0; err == HF_OK && i < RANGES; i++) {
        unsigned from = (unsigned)rand() % KEYS;
        unsigned to = from + 1 + (unsigned)rand() % (KEYS - from);
        struct hf_range_delete range = {
            .from = key_of(from),
            .to = to == KEYS ? hf_span(NULL, 0) : key_of(to),
            .version = 1 + (unsigned)rand() % VERSIONS,
        };
        for (unsigned key = from; key < to; key++)
            covers[range.version][key] = true;
        err = hf_range_list_add(list, &range);
    }
    return err;
}

static bool
set_is_right(const struct hf_range_set *set)
{
    for (unsigned key = 0; key < KEYS; key++) {
        uint64_t newest = 0;
        for (uint64_t version = 1; version <= VERSIONS; version++) {
            newest = covers[version][key] ? version : newest;
            if (hf_range_set_cover(set, key_of(key), version) != newest)
                return false;
        }
    }
    return true;
}

static bool
is_sorted_by_key(const struct hf_range_list *list)
{
    for (uint32_t i = 1; i < list->count; i++) {
        const struct hf_range_delete *a = &list->at[i - 1], *b = &list->at[i];
        int order = hf_span_compare(a->from, b->from);
        if (order > 0 || (order == 0 && a->version <= b->version))
            return false;
    }
    return true;
}

/* Whether ranges of one version neither touch nor overlap. */
static bool
is_settled(const struct hf_range_list *list)
{
    for (uint32_t i = 1; i < list->count; i++) {
        const struct hf_range_delete *a = &list->at[i - 1], *b = &list->at[i];
        if (a->version > b->version)
            return false;
        if (a->version == b->version &&
            (a->to.len == 0 || hf_span_compare(a->to, b->from) >= 0))
            return false;
    }
    return true;
}

static void
test_orders(unsigned seed)
{
    struct hf_range_list list, again;
    struct hf_range_set *set = NULL, *same = NULL;
    bool held;

    printf("# seed %u\n", seed);
    srand(seed);
    hf_budget_init(&budget, 0);
    hf_range_list_init(&list, &budget);
    hf_range_list_init(&again, &budget);
    held = fill(&list) == HF_OK && hf_range_list_index(&list, &set) == HF_OK &&
           is_settled(&list) && set_is_right(set);
    hf_range_list_sort_by_key(&list);
    held = held && is_sorted_by_key(&list) && hf_range_list_add_set(&again, set) == HF_OK &&
           again.count == list.count && hf_range_list_index(&again, &same) == HF_OK &&
           set_is_right(same);
    hf_range_list_fini(&list);
    hf_range_list_fini(&again);
    hf_range_set_close(set);
    hf_range_set_close(same);
    TAP_OK(held && budget.used == 0, "a list in any order deletes what its ranges do");
}

static void
test_refused(void)
{
    bool held = true, is_whole = false;
    unsigned refused = 0;

    hf_budget_init(&budget, 0);
    while (held && !is_whole) {
        struct hf_range_list list;
        struct hf_range_set *set = NULL;
        enum hf_err err;
        srand(3);
        hf_range_list_init(&list, &budget);
        test_memory.fail_at = test_memory.allocs + ++refused;
        err = fill(&list);
        if (err == HF_OK)
            err = hf_range_list_index(&list, &set);
        is_whole = err == HF_OK;
        held = is_whole || (err == HF_ERR_NO_MEMORY && set == NULL);
        test_memory.fail_at = 0;
        hf_range_set_close(set);
        hf_range_list_fini(&list);
        held = held && budget.used == 0;
    }
    TAP_OK(held && refused > RANGES, "each refused allocation is told, and nothing is kept");
}

static void
test_empty(void)
{
    struct hf_range_list list;
    struct hf_range_set *set;

    hf_budget_init(&budget, 0);
    hf_range_list_init(&list, &budget);
    TAP_OK(hf_range_list_add_set(&list, NULL) == HF_OK && list.count == 0 &&
               hf_range_list_index(&list, &set) == HF_OK && set == NULL,
           "no ranges make no set");
    hf_range_list_fini(&list);
}

int
main(void)
{
    for (unsigned seed = 1; seed <= 30; seed++)
        test_orders(seed);
    test_refused();
    test_empty();
    return tap_done();
}
