/*
 * target.h - the targets, in one table: what is wanted of which row, and who says so.
 *
 * A target is about one measure of a row. Durations and sizes are to stay below it, rates and
 * ratios to reach it. Where the source names a better figure and an acceptable one, both are
 * here, and the limit is made of the acceptable one.
 */
#ifndef BENCH_TARGET_H
#define BENCH_TARGET_H

#include "bench/tier.h"

#include <stddef.h>

enum bench_measure {
    BENCH_MEDIAN, /* ns */
    BENCH_P50,
    BENCH_P99,
    BENCH_P999,
    BENCH_MAX,
    BENCH_RATE, /* operations a second of the best round: what it can do; more is better */
    BENCH_SIZE, /* the row's value: bytes, or what else is to stay small */
    BENCH_RATIO /* the row's value; more is better */
};

struct bench_target {
    const char *row; /* its name, or a pattern with * and ? */
    enum bench_measure measure;
    double wanted;
    double acceptable; /* 0: the same */
    const char *source;
};

/*
 * The next target of the row `name`, behind `from` (NULL: the first); NULL if there is none.
 * Rows of the table that apply stand in its order.
 */
const struct bench_target *bench_target_next(const struct bench_target *from, const char *name);
/* The table, for those who print it. Its last row has a NULL `row`. */
extern const struct bench_target bench_targets[];

const char *bench_measure_name(enum bench_measure measure);
/* Whether a larger figure is the better one. */
bool bench_measure_grows(enum bench_measure measure);
/* The limit in a tier: acceptable, or else wanted, times the tier's factor for the measure. */
double bench_target_limit(const struct bench_target *target, const struct bench_tier *tier);
/* Whether `figure` is within `limit`. */
bool bench_measure_holds(enum bench_measure measure, double figure, double limit);

/* Whether `name` matches `pattern`, * being any bytes, / included, and ? any one byte. */
bool bench_glob(const char *pattern, const char *name);
/* Whether there can be a name that matches both. For patterns of tens of bytes. */
bool bench_globs_meet(const char *a, const char *b);

#endif
