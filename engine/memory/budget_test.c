/*
 * budget_test.c - the account is exact, and the limit holds.
 *
 * Method: the sum is compared after each call; the limit is set one byte on each side of what
 * is asked. This program is its own side of the memory in vfs_env.h, which can refuse.
 */
#include "base/tap.h"
#include "memory/budget.h"
#include "memory/test_memory.h"

#include <stdlib.h>

static void
test_heap(void)
{
    struct hf_budget budget;
    void *a, *b;

    hf_budget_init(&budget, 100);
    a = hf_budget_alloc(&budget, 60);
    TAP_OK(a != NULL && budget.used == 60, "an allocation is charged with its size");
    b = hf_budget_alloc(&budget, 41);
    TAP_OK(b == NULL && budget.used == 60,
           "one byte past the limit is refused, and not charged");
    b = hf_budget_alloc(&budget, 40);
    TAP_OK(b != NULL && budget.used == 100, "the limit itself is reached");
    hf_budget_free(&budget, a, 60);
    hf_budget_free(&budget, NULL, 60);
    hf_budget_free(&budget, b, 40);
    TAP_OK(budget.used == 0, "what is freed is credited, and nothing for NULL");
    TAP_OK(hf_budget_alloc(&budget, SIZE_MAX) == NULL && budget.used == 0,
           "the greatest size is refused");
}

static void
test_map(void)
{
    struct hf_budget budget;
    unsigned char *at;

    hf_budget_init(&budget, 4 * HF_ENV_PAGE);
    at = hf_budget_map(&budget, 3 * HF_ENV_PAGE + 1);
    TAP_OK(at != NULL && budget.used == 4 * HF_ENV_PAGE, "a mapping is charged in whole pages");
    TAP_OK(hf_budget_map(&budget, 1) == NULL, "a mapping past the limit is refused");
    at[0] = 1;
    hf_budget_trim(&budget, at, 3 * HF_ENV_PAGE + 1, HF_ENV_PAGE - 1);
    TAP_OK(at[0] == 1 && budget.used == HF_ENV_PAGE, "a trim credits the pages it gives back");
    hf_budget_unmap(&budget, at, HF_ENV_PAGE - 1);
    hf_budget_unmap(&budget, NULL, HF_ENV_PAGE);
    TAP_OK(budget.used == 0, "what is unmapped is credited");
    TAP_OK(hf_budget_map(&budget, SIZE_MAX) == NULL && budget.used == 0,
           "the greatest mapping is refused");
}

static void
test_no_limit(void)
{
    struct hf_budget budget;
    void *at;

    hf_budget_init(&budget, 0);
    at = hf_budget_alloc(&budget, 1000);
    TAP_OK(at != NULL && budget.used == 1000 && budget.limit == UINT64_MAX,
           "limit 0 is none, and still counts");
    hf_budget_free(&budget, at, 1000);
}

static void
test_refusal(void)
{
    struct hf_budget budget;

    hf_budget_init(&budget, 0);
    test_memory.refuses_all = true;
    TAP_OK(hf_budget_alloc(&budget, 10) == NULL && budget.used == 0,
           "what the allocator refuses is not charged");
    TAP_OK(hf_budget_map(&budget, 10) == NULL && budget.used == 0,
           "nor is a mapping that the system refuses");
    test_memory.refuses_all = false;
}

int
main(void)
{
    test_heap();
    test_map();
    test_no_limit();
    test_refusal();
    return tap_done();
}
