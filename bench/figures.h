/*
 * figures.h - from single durations to the figures of a row.
 *
 * A sample is what lies between two looks at the clock: a batch of one or more operations. The
 * percentiles, the smallest and the largest are those of samples, each divided by the
 * operations in it; so where batch is above 1 they are smoothed, and the row says so.
 */
#ifndef BENCH_FIGURES_H
#define BENCH_FIGURES_H

#include "bench/counted.h"
#include "bench/histogram.h"

#define BENCH_ROUNDS_MAX 32u

/* Zeroed: nothing yet. One thread at a time; merge those of several. */
struct bench_tally {
    struct bench_histogram histogram; /* of durations for one operation */
    uint64_t samples;
    uint64_t ops;
    double ns_total;
    double mean_ns, squares; /* of the samples' durations for one operation (Welford) */
    double min_ns, max_ns;
};

/* A sample: `ops` operations took `ns`, the clock's cost already taken off. */
void bench_tally_add(struct bench_tally *tally, double ns, uint64_t ops);
void bench_tally_merge(struct bench_tally *into, const struct bench_tally *from);

struct bench_figures {
    double min_ns, mean_ns, median_ns, stddev_ns;
    double p50_ns, p95_ns, p99_ns, p999_ns, max_ns;
    double ops_per_s;      /* for each second spent in them: of the median round */
    double best_ops_per_s; /* and of the best one; of all threads */
    uint64_t samples, ops, warm_up_ops;
    uint32_t batch, threads;
    double clock_cost_ns; /* taken off each sample */
    struct bench_counts counts;
    uint64_t counted_ops; /* operations that `counts` are of; 0: they were not taken */
    unsigned round_count;
    double round_mean_ns[BENCH_ROUNDS_MAX];
    /* What an operation of each round took, and the calibration next to it, by the clock that
     * strangers do not move, where there is one (bench_spent_ns). */
    double round_spent_ns[BENCH_ROUNDS_MAX];
    double round_beside_ns[BENCH_ROUNDS_MAX];
    const char *beside; /* which calibration; NULL: none */
};

/* Fills what follows from samples; ops_per_s as if one thread had made them all. */
void bench_figures_fill(struct bench_figures *figures, const struct bench_tally *tally);

/* The median of `count` numbers, at least one; of an even count the mean of both in the middle.
 * Sorts them. */
double bench_median(double *numbers, unsigned count);
/* The median over rounds of spent / calibration; 0 where there is no calibration. */
double bench_figures_ratio(const struct bench_figures *figures);
/* How many times as fast as `base` it is: the median over rounds that took turns. */
double bench_figures_against(const struct bench_figures *base,
                             const struct bench_figures *figures);

#endif
