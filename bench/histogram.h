/*
 * histogram.h - how often which duration occurred, kept so that every percentile is at most one
 * per cent off, whatever the durations are.
 *
 * Durations are picoseconds: an operation of a few nanoseconds is known by its batch, and a
 * whole nanosecond would be ten per cent of it.
 *
 *   below 128 ps    a bucket a picosecond
 *   above           128 buckets for each doubling, so a bucket is at most 1/128 wide, and its
 *                   middle at most 0.4 % from any value in it
 */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

#define BENCH_HISTOGRAM_SUB_BITS 7u
#define BENCH_HISTOGRAM_SUB (1u << BENCH_HISTOGRAM_SUB_BITS) /* buckets of one doubling */
#define BENCH_HISTOGRAM_BITS 52u /* of the largest duration: more than an hour */
#define BENCH_HISTOGRAM_BUCKETS                                                                \
    ((BENCH_HISTOGRAM_BITS - BENCH_HISTOGRAM_SUB_BITS + 1) * BENCH_HISTOGRAM_SUB)

/* Zeroed: empty. */
struct bench_histogram {
    uint64_t count;
    uint64_t buckets[BENCH_HISTOGRAM_BUCKETS];
};

/* Adds `count` occurrences. What is longer than the largest duration counts as that. */
void bench_histogram_add(struct bench_histogram *h, uint64_t ps, uint64_t count);
void bench_histogram_merge(struct bench_histogram *into, const struct bench_histogram *from);
/*
 * The duration, in picoseconds, that a share `q` (0..1) of all occurrences do not exceed: the
 * middle of its bucket. 0 if there are none.
 */
double bench_histogram_at(const struct bench_histogram *h, double q);

/* The bounds [from, limit) of a bucket, in picoseconds. */
uint64_t bench_histogram_from(unsigned bucket);
uint64_t bench_histogram_limit(unsigned bucket);

#endif
