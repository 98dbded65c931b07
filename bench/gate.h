/*
 * gate.h - a run held against a baseline: what has become worse, and by how much.
 */
#ifndef BENCH_GATE_H
#define BENCH_GATE_H

#include "bench/saved.h"
#include "bench/tier.h"

/* Counts may grow by this, everywhere. */
#define BENCH_COUNT_SLACK 0.02
/*
 * Instructions, where the baseline was made by another compiler: what gcc 12 and clang 14 make
 * of the same code differs by less than this in every row.
 */
#define BENCH_COMPILER_SLACK 0.35
/* A duration's ratio to its calibration may grow to this, in production and elsewhere. */
#define BENCH_TIME_PRODUCTION 1.15
#define BENCH_TIME_ELSEWHERE 2.0

/* One measure of one row that was compared. */
struct bench_compared {
    const char *row;
    const char *measure;
    double before, now;
    double limit; /* of `now` */
    bool holds;
};

/* Called for everything that was compared, in the order of the baseline. */
typedef void bench_compared_fn(void *context, const struct bench_compared *compared);

struct bench_gate {
    unsigned compared, broken;
    bool other_compiler; /* than the baseline's, so that instructions have the wide bound */
};

/*
 * Compares each row of `before` with that of `now`. A row that is gone is broken: `now` is
 * infinite. Rows that `before` does not have are left alone. Where `now` has no instructions
 * none are compared.
 */
void bench_gate_counts(struct bench_gate *gate, const struct bench_saved *before,
                       const struct bench_saved *now, bench_compared_fn *each, void *context);
/*
 * The same for times; rows without a calibration, which are values, are left alone. `pattern`
 * restricts it, NULL: all rows.
 */
void bench_gate_times(struct bench_gate *gate, const struct bench_saved *before,
                      const struct bench_saved *now, enum bench_tier_id tier,
                      const char *pattern, bench_compared_fn *each, void *context);

#endif
