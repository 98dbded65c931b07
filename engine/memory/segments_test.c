/*
 * segments_test.c - the memory of the log: refs, growth, trimming, and what a refusal leaves.
 *
 * Method: segments are added, filled with bytes that tell their place, and read through refs;
 * the budget is compared with what should be charged. For refusals the limit is raised a page
 * at a time, so that each allocation is the one refused, once. Segments are dropped in random
 * order while others come; a list beside them says which must be there. The seed is printed.
 */
#include "memory/segments.h"

#include "base/tap.h"
#include "vfs/vfs_env.h"

#include <stdlib.h>
#include <string.h>

#define PAGE ((uint64_t)HF_ENV_PAGE)

/* Fills the newest segment up to `used` with its index. */
static void
fill(struct hf_segments *segments, uint64_t used)
{
    struct hf_segment *newest = hf_segments_newest(segments);

    memset(newest->base, (int)segments->count, used);
    newest->used = used;
}

static void
test_refs(void)
{
    struct hf_budget budget;
    struct hf_segments segments;
    unsigned wrong = 0;

    hf_budget_init(&budget, 0);
    hf_segments_init(&segments, &budget);
    for (uint32_t i = 0; i < 100; i++) {
        wrong += hf_segments_add(&segments, PAGE) != HF_OK;
        const struct hf_segment *newest = hf_segments_newest(&segments);
        wrong += newest->used != 0 || newest->size != PAGE || newest->base[0] != 0 ||
                 newest->base[PAGE - 1] != 0;
        fill(&segments, i + 1);
    }
    TAP_OK(wrong == 0 && segments.count == 100, "100 segments come empty and zeroed");
    for (uint32_t i = 0; i < 100; i++) {
        wrong += *hf_segments_at(&segments, hf_ref(i, 0)) != i + 1;
        wrong += *hf_segments_at(&segments, hf_ref(i, i)) != i + 1;
        wrong += hf_segments_at(&segments, hf_ref(i, 7)) - segments.list[i].base != 7;
        wrong += i > 0 && hf_ref(i, 0) <= hf_ref(i - 1, UINT32_MAX);
    }
    TAP_OK(wrong == 0, "a ref leads to its byte, and refs ascend across segments");
    for (uint32_t i = 100; i > 0; i--) {
        wrong += segments.count != i || *hf_segments_newest(&segments)->base != i;
        hf_segments_drop_newest(&segments);
    }
    TAP_OK(wrong == 0 && segments.count == 0, "the newest is dropped first");
    hf_segments_fini(&segments);
    TAP_OK(budget.used == 0, "all is given back");
}

/* Whether each number's segment is there or not, as the model says, with its own bytes. */
static bool
are_as(const struct hf_segments *segments, const bool *there, uint32_t count)
{
    uint32_t dropped = 0;

    if (segments->first + segments->count != count)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        if (i < segments->first) {
            if (there[i])
                return false;
            continue;
        }
        const struct hf_segment *segment = hf_segments_of(segments, hf_ref(i, 0));
        dropped += !there[i];
        if ((segment->base != NULL) != there[i] ||
            (there[i] && *hf_segments_at(segments, hf_ref(i, 1)) != (uint8_t)i))
            return false;
    }
    return dropped == segments->dropped;
}

static void
test_drops(void)
{
    struct hf_budget budget;
    struct hf_segments segments;
    bool there[1000] = { false }, held = true;
    uint32_t longest = 0;

    printf("# seed 7\n");
    srand(7);
    hf_budget_init(&budget, 0);
    hf_segments_init(&segments, &budget);
    for (uint32_t i = 0; i < 1000 && held; i++) {
        held = hf_segments_add(&segments, PAGE) == HF_OK;
        hf_segments_newest(&segments)->base[1] = (uint8_t)i;
        there[i] = true;
        /* All but every fiftieth go after a while, those when they have been there long. */
        for (uint32_t j = i > 400 ? i - 400 : 0; j < i && held; j++) {
            bool is_due = j % 50 == 0 ? j + 400 == i : rand() % 10 == 0;
            if (!there[j] || !is_due)
                continue;
            hf_segments_drop(&segments, j);
            there[j] = false;
            held = are_as(&segments, there, i + 1);
        }
        if (segments.count > longest)
            longest = segments.count;
    }
    TAP_OK(held, "any segment but the newest can be dropped; the others keep number and bytes");
    TAP_OK(longest < 900, "and the list forgets those in front (%u places at most)", longest);
    hf_segments_fini(&segments);
    TAP_OK(budget.used == 0, "all is given back");
}

/* Whether a segment of `size` pages with `used` bytes keeps them when it is trimmed, and is
 * charged `pages` then. */
static bool
trims_to(uint64_t size, uint64_t used, uint64_t pages)
{
    struct hf_budget budget;
    struct hf_segments segments;
    bool held;

    hf_budget_init(&budget, 0);
    hf_segments_init(&segments, &budget);
    held = hf_segments_add(&segments, size * PAGE) == HF_OK;
    uint64_t charged = budget.used - size * PAGE;
    fill(&segments, used);
    hf_segments_trim(&segments, 0);
    const struct hf_segment *trimmed = hf_segments_newest(&segments);
    held = held && trimmed->used == used && trimmed->size == pages * PAGE;
    held = held && (used == 0 || (trimmed->base[0] == 1 && trimmed->base[used - 1] == 1));
    held = held && budget.used == charged + pages * PAGE;
    hf_segments_fini(&segments);
    return held && budget.used == 0;
}

static void
test_trim(void)
{
    unsigned wrong = 0;

    for (uint64_t used = 1; used <= 8 * PAGE; used += 511)
        wrong += !trims_to(8, used, (used + PAGE - 1) / PAGE);
    TAP_OK(wrong == 0, "a trimmed segment keeps its bytes, and is charged the pages they need");
    TAP_OK(trims_to(8, PAGE, 1) && trims_to(8, PAGE + 1, 2) && trims_to(8, 8 * PAGE, 8),
           "on the boundary of a page as well");
    TAP_OK(trims_to(3, 0, 1), "an empty one keeps a page: what is mapped stays mapped");
}

static void
test_adopt(void)
{
    struct hf_budget budget;
    struct hf_segments segments;
    uint64_t size = 3 * PAGE;

    hf_budget_init(&budget, 0);
    hf_segments_init(&segments, &budget);
    uint8_t *base = hf_budget_map(&budget, size);
    if (!TAP_OK(base != NULL, "memory is mapped by the caller"))
        return;
    base[99] = 42;
    TAP_OK(hf_segments_adopt(&segments, base, size, 100) == HF_OK && segments.count == 1 &&
               hf_segments_newest(&segments)->used == 100 &&
               *hf_segments_at(&segments, hf_ref(0, 99)) == 42,
           "adopted memory is a segment with its bytes in place");
    TAP_OK(hf_segments_add(&segments, PAGE) == HF_OK &&
               *hf_segments_at(&segments, hf_ref(0, 99)) == 42,
           "another one behind it leaves it where it is");
    hf_segments_fini(&segments);
    TAP_OK(budget.used == 0, "and it is given back with the others");
}

/* Adds segments until the budget refuses; what was there stays as it was. */
static bool
refuses_cleanly(uint64_t limit, uint32_t *count)
{
    struct hf_budget budget;
    struct hf_segments segments;
    bool clean;

    hf_budget_init(&budget, limit);
    hf_segments_init(&segments, &budget);
    uint64_t before = 0;
    while (hf_segments_add(&segments, 2 * PAGE) == HF_OK) {
        fill(&segments, 2 * PAGE);
        before = budget.used;
    }
    *count = segments.count;
    clean = budget.used == before;
    for (uint32_t i = 0; i < segments.count; i++)
        clean = clean && *hf_segments_at(&segments, hf_ref(i, 2 * PAGE - 1)) == i + 1;
    hf_segments_fini(&segments);
    return clean && budget.used == 0;
}

static void
test_refusal(void)
{
    unsigned wrong = 0, fell = 0, grew = 0;
    uint32_t count, last = 0;

    for (uint64_t limit = 1; limit <= 120 * PAGE; limit += PAGE / 8) {
        wrong += !refuses_cleanly(limit, &count);
        fell += count < last;
        grew += count > last;
        last = count;
    }
    TAP_OK(wrong == 0, "a refused segment leaves the others and the budget as they were");
    TAP_OK(fell == 0 && grew > 50, "a higher limit holds more of them, up to %u", last);
}

/* The list of segments cannot grow: the memory stays the caller's. */
static void
test_adopt_refusal(void)
{
    struct hf_budget budget;
    struct hf_segments segments;
    enum hf_err err = HF_OK;
    uint8_t *base = NULL;

    hf_budget_init(&budget, 0);
    hf_segments_init(&segments, &budget);
    while (err == HF_OK && (base = hf_budget_map(&budget, PAGE)) != NULL) {
        budget.limit = budget.used; /* not a byte more */
        if (segments.count < segments.capacity || segments.count == 0)
            budget.limit = UINT64_MAX;
        err = hf_segments_adopt(&segments, base, PAGE, 1);
        budget.limit = UINT64_MAX;
    }
    uint32_t count = segments.count;
    TAP_OK(err == HF_ERR_NO_MEMORY && count > 0 && count == segments.capacity,
           "the %u. segment finds no room in the list", count + 1);
    base[PAGE - 1] = 1;
    hf_budget_unmap(&budget, base, PAGE);
    TAP_OK(hf_segments_add(&segments, PAGE) == HF_OK && segments.count == count + 1,
           "its memory is still the caller's, and the next one is taken");
    TAP_OK(hf_segments_reserve(&segments) == HF_OK, "room can be reserved ahead");
    uint64_t used = budget.used;
    base = hf_budget_map(&budget, PAGE);
    budget.limit = budget.used;
    TAP_OK(base != NULL && hf_segments_adopt(&segments, base, PAGE, 1) == HF_OK &&
               budget.used == used + PAGE,
           "and then adopting needs no more memory");
    budget.limit = UINT64_MAX;
    hf_segments_fini(&segments);
    TAP_OK(budget.used == 0, "all is given back");
}

int
main(void)
{
    test_refs();
    test_drops();
    test_trim();
    test_adopt();
    test_refusal();
    test_adopt_refusal();
    return tap_done();
}
