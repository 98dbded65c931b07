/*
 * measure.h - measures operations: warmed up, in rounds, the clock's own cost taken off, with
 * the calibration run beside each round.
 *
 * Works that are to be compared are given together: they take turns, a round each, so that a
 * machine that slows down slows all of them.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include "bench/clock.h"
#include "bench/figures.h"

#include <stdbool.h>

/* How much of it: a round ends when it has lasted round_ns or made ops_max operations. */
struct bench_effort {
    unsigned rounds;
    uint64_t round_ns;
    uint64_t warm_up_ns;
    const char *directory; /* of the calibration's files */
};

/* One kind of operation. The functions get `context`; those that are NULL are not called. */
struct bench_work {
    void *context;
    /* Performs operations first, first + 1, ..., `count` of them. */
    void (*run)(void *context, uint64_t first, uint32_t count);
    /* Before and after each round, not timed; `limit` is above every operation it may make. */
    void (*begin)(void *context, uint64_t first, uint64_t limit);
    void (*end)(void *context, uint64_t limit);
    uint32_t batch;   /* operations between two looks at the clock; 1: each is seen alone */
    uint64_t ops_max; /* a round, the warm-up counting as one; 0: any number */
    enum bench_beside beside;
};

#define BENCH_WORKS_MAX 8u

/*
 * Measures `count` works, taking turns; figures[i] is that of works[i], tallies[i], if tallies
 * is not NULL, its samples, to be zeroed by the caller. Operations are numbered from 0, the
 * warm-up first, without a gap. One thread.
 */
void bench_measure(struct bench_figures *figures, struct bench_tally *tallies,
                   const struct bench_work *works, unsigned count,
                   const struct bench_effort *effort);

/*
 * Open loop: operation i is due at i * period_ns, and its duration counts from then, however
 * late it begins. So a stall is felt by all operations that would have come meanwhile
 * (coordinated omission). One round of ops_max operations; batch is taken as 1.
 */
void bench_measure_open(struct bench_figures *figures, struct bench_tally *tally,
                        const struct bench_work *work, uint64_t period_ns,
                        const struct bench_effort *effort);

#endif
