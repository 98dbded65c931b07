/*
 * tier.h - how far from its target a figure may be, by the kind of machine it is measured on.
 *
 * A production machine has to itself what it measures with, a CI machine shares it with
 * strangers: the same limit for both would be blind on one or cry wolf on the other.
 */
#ifndef BENCH_TIER_H
#define BENCH_TIER_H

#include <stdbool.h>

enum bench_tier_id {
    BENCH_TIER_PRODUCTION,
    BENCH_TIER_PARALLEL,
    BENCH_TIER_LOCAL,
    BENCH_TIER_CI,
    BENCH_TIER_COUNT
};

struct bench_tier {
    const char *name;
    double latency;    /* times the target: the limit of a duration */
    double throughput; /* times the target: the floor of a rate, or of a ratio to be reached */
    double memory;     /* times the target: the limit of a size */
};

extern const struct bench_tier bench_tiers[BENCH_TIER_COUNT];

/* The environment's variables, read by `lookup` as by getenv: which tier they say. */
enum bench_tier_id bench_tier_find(const char *(*lookup)(const char *name));
/* Its number by name; false: there is none of that name. */
bool bench_tier_parse(enum bench_tier_id *tier, const char *name);

#endif
