/*
 * tier_test.c - which tier the environment means: every combination of the variables is tried
 * against the order in which they are documented.
 */
#include "base/tap.h"
#include "bench/tier.h"

#include <string.h>

static unsigned set; /* bits: production, CI, GITHUB_ACTIONS, GITLAB_CI, parallel */

static const char *
lookup(const char *name)
{
    static const struct {
        const char *name, *value;
    } variables[] = { { "HOLDFAST_BENCHMARK_MODE", "production" },
                      { "CI", "true" },
                      { "GITHUB_ACTIONS", "1" },
                      { "GITLAB_CI", "yes" },
                      { "HOLDFAST_PARALLEL_TESTS", "true" } };

    for (unsigned i = 0; i < 5; i++)
        if ((set & 1u << i) != 0 && strcmp(name, variables[i].name) == 0)
            return variables[i].value;
    return NULL;
}

static const char *
lookup_others(const char *name)
{
    return strcmp(name, "CI") == 0 ? "false" : "";
}

int
main(void)
{
    enum bench_tier_id tier;
    bool right = true, round = true;

    for (set = 0; set < 32; set++) {
        enum bench_tier_id want = (set & 1) != 0    ? BENCH_TIER_PRODUCTION
                                  : (set & 14) != 0 ? BENCH_TIER_CI
                                  : (set & 16) != 0 ? BENCH_TIER_PARALLEL
                                                    : BENCH_TIER_LOCAL;
        right = right && bench_tier_find(lookup) == want;
    }
    TAP_OK(right, "production before CI before parallel before local, in all 32 environments");
    TAP_OK(bench_tier_find(lookup_others) == BENCH_TIER_LOCAL,
           "a variable with another value, or an empty one, says nothing");
    for (unsigned i = 0; i < BENCH_TIER_COUNT; i++)
        round = round && bench_tier_parse(&tier, bench_tiers[i].name) && tier == i;
    TAP_OK(round, "each tier is found by its name");
    TAP_OK(!bench_tier_parse(&tier, "Local"), "and by no other");
    return tap_done();
}
