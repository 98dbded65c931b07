/*
 * links_test.c - the ring of links against a plain list.
 *
 * Method: random adds and drops, with gaps between the refs as commits leave them, are done to
 * the ring and to an array that never forgets; after each of them some lookups are compared,
 * of refs that are there, that were dropped and that never were. Some links are led elsewhere.
 * Small counts are exhausted.
 */
#include "index/links.h"

#include "base/tap.h"

#include <stdlib.h>

#define ADDS 3000u

/* All links ever made; those in [first, limit) are still there. */
struct model {
    struct hf_link all[ADDS];
    uint64_t first, limit;
};

static struct model model;

static bool
add(struct hf_links *links, uint64_t newer, uint64_t older)
{
    if (hf_links_reserve(links, 1) != HF_OK)
        return false;
    hf_links_add(links, newer, older);
    model.all[model.limit++] = (struct hf_link){ newer, older };
    return true;
}

static uint64_t
model_older(uint64_t newer)
{
    for (uint64_t i = model.first; i < model.limit; i++) {
        if (model.all[i].newer == newer)
            return model.all[i].older;
    }
    return 0;
}

static bool
agrees(const struct hf_links *links)
{
    if (hf_links_is_empty(links) != (model.first == model.limit))
        return false;
    if (!hf_links_is_empty(links) &&
        (hf_links_front(links) != model.all[model.first].newer ||
         hf_links_front_older(links) != model.all[model.first].older))
        return false;
    for (uint64_t i = 0; i < 8 && model.limit > 0; i++) {
        uint64_t newer = model.all[(uint64_t)rand() % model.limit].newer + i % 3;
        if (hf_links_older(links, newer) != model_older(newer))
            return false;
    }
    return true;
}

static void
test_against_model(unsigned seed)
{
    struct hf_budget budget;
    struct hf_links links;
    uint64_t newer = 10;
    bool held = true;

    printf("# seed %u\n", seed);
    srand(seed);
    model.first = model.limit = 0;
    hf_budget_init(&budget, 0);
    hf_links_init(&links, &budget);
    while (held && model.limit < ADDS) {
        newer += 1 + (uint64_t)rand() % 5;
        held = add(&links, newer, newer - 1 - (uint64_t)rand() % 9);
        /* Sometimes the ring runs almost empty, and so goes round. */
        while (held && !hf_links_is_empty(&links) && rand() % 1000 < 480) {
            hf_links_drop_front(&links);
            model.first++;
        }
        if (held && model.limit > model.first && rand() % 4 == 0) {
            uint64_t i = model.first + (uint64_t)rand() % (model.limit - model.first);
            model.all[i].older = (uint64_t)rand() % 3 * 1000000;
            hf_links_relink(&links, model.all[i].newer, model.all[i].older);
        }
        held = held && agrees(&links);
    }
    TAP_OK(held, "%u random adds and drops find the same links as a list does", ADDS);
    TAP_OK(links.capacity < ADDS, "the ring goes round instead of growing (%llu places)",
           (unsigned long long)links.capacity);
    hf_links_fini(&links);
    TAP_OK(budget.used == 0, "and gives back all that it took");
}

/* Every count up to a few growths of the ring, every link of each looked up. */
static void
test_growth(void)
{
    struct hf_budget budget;
    struct hf_links links;
    unsigned wrong = 0;

    model.first = model.limit = 0;
    hf_budget_init(&budget, 0);
    hf_links_init(&links, &budget);
    for (uint64_t count = 1; count <= 300; count++) {
        wrong += !add(&links, count * 2, count);
        for (uint64_t i = 1; i <= count; i++)
            wrong +=
                hf_links_older(&links, i * 2) != i || hf_links_older(&links, i * 2 + 1) != 0;
        wrong += hf_links_older(&links, 0) != 0;
    }
    TAP_OK(wrong == 0, "each of up to 300 links is found while the ring grows");
    for (uint64_t i = 1; i <= 300; i++) {
        wrong += hf_links_front(&links) != i * 2;
        hf_links_drop_front(&links);
        wrong += hf_links_older(&links, i * 2) != 0;
    }
    TAP_OK(wrong == 0 && hf_links_is_empty(&links),
           "they are dropped from the front in their order, and found no more");
    hf_links_fini(&links);
}

/* The ring has gone half round when it grows: the links keep their order. */
static void
test_growth_around(void)
{
    struct hf_budget budget;
    struct hf_links links;
    unsigned wrong = 0;

    for (uint64_t dropped = 0; dropped <= 130; dropped++) {
        hf_budget_init(&budget, 0);
        hf_links_init(&links, &budget);
        model.first = model.limit = 0;
        for (uint64_t i = 1; i <= dropped; i++) {
            wrong += !add(&links, i, i - 1);
            hf_links_drop_front(&links);
        }
        for (uint64_t i = dropped + 1; i <= dropped + 200; i++)
            wrong += !add(&links, i, i - 1);
        for (uint64_t i = dropped + 2; i <= dropped + 200; i++)
            wrong += hf_links_older(&links, i) != i - 1;
        hf_links_fini(&links);
    }
    TAP_OK(wrong == 0, "a ring that grows keeps its links, wherever in it they begin");
}

static void
test_refusal(void)
{
    struct hf_budget budget;
    struct hf_links links;
    uint64_t reserved = 0;

    hf_budget_init(&budget, 5000);
    hf_links_init(&links, &budget);
    while (hf_links_reserve(&links, 1) == HF_OK) {
        reserved++;
        hf_links_add(&links, reserved, reserved - 1);
    }
    uint64_t used = budget.used;
    TAP_OK(reserved >= 64 && hf_links_reserve(&links, 1) == HF_ERR_NO_MEMORY &&
               budget.used == used && hf_links_older(&links, reserved) == reserved - 1,
           "a refused reservation leaves %llu links and the budget as they were",
           (unsigned long long)reserved);
    hf_links_drop_front(&links);
    TAP_OK(hf_links_reserve(&links, 1) == HF_OK, "a dropped link makes room for one more");
    TAP_OK(hf_links_reserve(&links, 2) == HF_ERR_NO_MEMORY, "and for no two");
    hf_links_fini(&links);
    hf_links_fini(&links);
    TAP_OK(budget.used == 0, "it is given back once, however often");
}

int
main(int argc, char **argv)
{
    test_against_model(argc > 1 ? (unsigned)atoi(argv[1]) : 20201);
    test_growth();
    test_growth_around();
    test_refusal();
    return tap_done();
}
