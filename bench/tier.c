/*
 * tier.c - see tier.h.
 */
#include "bench/tier.h"

#include <stddef.h>
#include <string.h>

const struct bench_tier bench_tiers[BENCH_TIER_COUNT] = {
    [BENCH_TIER_PRODUCTION] = { "production", 1, 1, 1 },
    [BENCH_TIER_PARALLEL] = { "parallel", 4, 0.5, 3 },
    [BENCH_TIER_LOCAL] = { "local", 5, 0.8, 2 },
    [BENCH_TIER_CI] = { "ci", 20, 0.2, 5 },
};

static bool
says(const char *(*lookup)(const char *), const char *name, const char *value)
{
    const char *found = lookup(name);

    return found != NULL && strcmp(found, value) == 0;
}

static bool
is_set(const char *(*lookup)(const char *), const char *name)
{
    const char *found = lookup(name);

    return found != NULL && found[0] != 0;
}

enum bench_tier_id
bench_tier_find(const char *(*lookup)(const char *name))
{
    if (says(lookup, "HOLDFAST_BENCHMARK_MODE", "production"))
        return BENCH_TIER_PRODUCTION;
    if (says(lookup, "CI", "true") || is_set(lookup, "GITHUB_ACTIONS") ||
        is_set(lookup, "GITLAB_CI"))
        return BENCH_TIER_CI;
    if (says(lookup, "HOLDFAST_PARALLEL_TESTS", "true"))
        return BENCH_TIER_PARALLEL;
    return BENCH_TIER_LOCAL;
}

bool
bench_tier_parse(enum bench_tier_id *tier, const char *name)
{
    for (unsigned i = 0; i < BENCH_TIER_COUNT; i++) {
        if (strcmp(bench_tiers[i].name, name) == 0) {
            *tier = (enum bench_tier_id)i;
            return true;
        }
    }
    return false;
}
