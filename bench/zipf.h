/*
 * zipf.h - numbers below a limit, a few of them much more often than the others, as keys are
 * asked for in practice.
 *
 * The method is that of Gray and others, "Quickly Generating Billion-Record Synthetic
 * Databases" (SIGMOD 1994), with the skew 0.99 that YCSB takes. Rank 0 is the most frequent;
 * YCSB scatters ranks over the keys by a hash, and so does bench_zipf_scattered.
 */
#ifndef BENCH_ZIPF_H
#define BENCH_ZIPF_H

#include <stdint.h>

struct bench_zipf {
    uint64_t limit;
    double alpha, eta, zeta, half;
};

void bench_zipf_init(struct bench_zipf *zipf, uint64_t limit);
/* The next rank, 0 .. limit-1; `state` as for bench_random. */
uint64_t bench_zipf_next(const struct bench_zipf *zipf, uint64_t *state);
/* The next number, 0 .. limit-1, with the frequent ones anywhere. */
uint64_t bench_zipf_scattered(const struct bench_zipf *zipf, uint64_t *state);

#endif
