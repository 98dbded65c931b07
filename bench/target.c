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
#define MB 1e6 /* bytes */

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

    /* history, and many keys at once */
    { "query/as-of-*-to-get/memory", BENCH_RATIO, 0.5, 0, TABLE },
    { "query/scan-as-of-10-to-scan/memory", BENCH_RATIO, 0.5, 0, TABLE },
    { "query/scan/tables", BENCH_RATE, 15e6, 0, ENGINES },
    { "query/scan-10/tables", BENCH_P50, 3 * US, 0, ENGINES },

    /* tables */
    { "kv/get/buffered/tables", BENCH_RATE, 750e3, 0, ENGINES },
    { "kv/get/buffered/tables-miss", BENCH_RATE, 1.5e6, 0, ENGINES },
    { "compaction/put/buffered", BENCH_P999, 60 * US, 0, ENGINES },
    { "compaction/put/buffered", BENCH_MAX, 10 * MS, 0, ENGINES },
    { "compaction/disk-per-pair/buffered", BENCH_SIZE, 122, 0, TABLE },
    { "scenario/get-cold-256/buffered", BENCH_P99, 60 * US, 0, TABLE },

    /* durability */
    { "durability/sustained/buffered", BENCH_RATIO, 1, 0, TABLE },

    /* recovery, an entry where the name says no more */
    { "recovery/replay/buffered", BENCH_MEDIAN, 300, 1000, TABLE },
    { "recovery/replay-1k/buffered", BENCH_MEDIAN, 1 * US, 0, TABLE },
    { "recovery/index-rebuild/buffered", BENCH_MEDIAN, 100, 500, TABLE },
    { "recovery/log-cut/buffered", BENCH_MEDIAN, 10 * MS, 100 * MS, TABLE },
    { "recovery/killed-reopen/buffered", BENCH_MEDIAN, 1000 * MS, 0, TABLE },
    { "recovery/clean-reopen/buffered", BENCH_MEDIAN, 10 * MS, 0, TABLE },
    { "recovery/snapshot-write/memory", BENCH_MEDIAN, 100, 500, TABLE },
    { "recovery/snapshot-load/buffered", BENCH_MEDIAN, 200, 1000, TABLE },
    { "recovery/tables-and-log/buffered", BENCH_MEDIAN, 500, 2000, TABLE },

    /* memory */
    { "memory/start/buffered", BENCH_SIZE, 5 * MB, 0, TABLE },
    { "memory/peak-of-10k-puts/buffered", BENCH_SIZE, 100 * MB, 0, TABLE },
    { "memory/per-pair/memory", BENCH_SIZE, 70, 0, TABLE },
    { "memory/per-pair-of-1000/memory", BENCH_SIZE, 30, 0, TABLE },
    { "memory/limit-512m/buffered", BENCH_SIZE, 1000 * MB, 0, TABLE },
    { "memory/linear-*", BENCH_RATIO, 0.99, 0, TABLE },

    /* threads */
    { "concurrency/put-2-to-1/memory", BENCH_RATIO, 1.8, 0, TABLE },
    { "concurrency/put-2-to-1/buffered", BENCH_RATIO, 1.8, 0, TABLE },
    { "concurrency/put-4-to-1/memory", BENCH_RATIO, 3.2, 0, TABLE },
    { "concurrency/put-4-to-1/buffered", BENCH_RATIO, 3.2, 0, TABLE },
    { "concurrency/put-8-to-1/memory", BENCH_RATIO, 6, 0, TABLE },
    { "concurrency/put-8-to-1/buffered", BENCH_RATIO, 6, 0, TABLE },
    { "concurrency/put-8-to-1/strict", BENCH_RATIO, 5, 0, TABLE },
    { "concurrency/get-2-to-1/memory", BENCH_RATIO, 1.85, 0, ENGINES },
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
