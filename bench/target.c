/*
 * target.c - see target.h.
 *
 * The sources: "table" is the table of targets that the project was given, "engines" the
 * figures that embedded engines of today reach. Times of whole works (a million entries) stand
 * here for one entry, so that they judge a quick run too.
 */
#include "bench/target.h"

#include <string.h>

#define US 1e3 /* ns */
#define MS 1e6

#define TABLE "table"
#define ENGINES "engines"

const struct bench_target bench_targets[] = {
    /* memory mode */
    { "kv/get/memory/*", BENCH_MEDIAN, 1 * US, 0, TABLE },
    { "kv/get/memory/hot", BENCH_MEDIAN, 80, 0, TABLE },
    { "kv/get/memory/*", BENCH_RATE, 250e3, 0, TABLE },
    { "kv/put/memory", BENCH_MEDIAN, 3 * US, 0, TABLE },
    { "kv/put/memory", BENCH_RATE, 250e3, 0, TABLE },
    { "kv/update/memory", BENCH_MEDIAN, 3 * US, 0, TABLE },
    { "kv/cas/memory", BENCH_MEDIAN, 5 * US, 0, TABLE },
    { "kv/delete/memory", BENCH_MEDIAN, 3 * US, 0, TABLE },
    { "kv/mix/memory", BENCH_P50, 5 * US, 0, TABLE },
    { "kv/mix/memory", BENCH_P99, 50 * US, 0, TABLE },
    { "kv/mix/memory", BENCH_RATE, 200e3, 0, TABLE },

    /* buffered mode */
    { "kv/get/buffered/*", BENCH_MEDIAN, 2 * US, 0, TABLE },
    { "kv/get/buffered/uniform", BENCH_RATE, 200e3, 0, TABLE },
    { "kv/put/buffered", BENCH_MEDIAN, 20 * US, 0, TABLE },
    { "kv/put/buffered", BENCH_RATE, 50e3, 0, TABLE },
    { "kv/update/buffered", BENCH_MEDIAN, 30 * US, 0, TABLE },
    { "kv/cas/buffered", BENCH_MEDIAN, 50 * US, 0, TABLE },
    { "kv/delete/buffered", BENCH_MEDIAN, 30 * US, 0, TABLE },
    { "kv/mix/buffered", BENCH_RATE, 100e3, 0, TABLE },
    { "kv/put-to-append/buffered", BENCH_RATIO, 0.7, 0, TABLE },

    /* strict mode; its writes are held against the device's own sync, as ratios */
    { "kv/get/strict/*", BENCH_MEDIAN, 2 * US, 0, TABLE },
    { "kv/get/strict/uniform", BENCH_RATE, 200e3, 0, TABLE },
    { "kv/mix/strict", BENCH_RATE, 5e3, 0, TABLE },
    { "device/sync", BENCH_MEDIAN, 1 * MS, 0, TABLE },
    { "kv/put-to-sync/strict", BENCH_RATIO, 0.95, 0, TABLE },
    { NULL, BENCH_MEDIAN, 0, 0, NULL },
};

const struct bench_target *
bench_target_next(const struct bench_target *from, const char *name)
{
    for (from = from == NULL ? bench_targets : from + 1; from->row != NULL; from++) {
        if (bench_glob(from->row, name))
            return from;
    }
    return NULL;
}

const char *
bench_measure_name(enum bench_measure measure)
{
    static const char *const names[] = { "median_ns", "p50_ns",    "p99_ns", "p999_ns",
                                         "max_ns",    "ops_per_s", "value",  "value" };
    return names[measure];
}

bool
bench_measure_grows(enum bench_measure measure)
{
    return measure == BENCH_RATE || measure == BENCH_RATIO;
}

double
bench_target_limit(const struct bench_target *target, const struct bench_tier *tier)
{
    double base = target->acceptable > 0 ? target->acceptable : target->wanted;

    if (bench_measure_grows(target->measure))
        return base * tier->throughput;
    return base * (target->measure == BENCH_SIZE ? tier->memory : tier->latency);
}

bool
bench_measure_holds(enum bench_measure measure, double figure, double limit)
{
    return bench_measure_grows(measure) ? figure >= limit : figure <= limit;
}
