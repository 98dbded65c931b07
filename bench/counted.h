/*
 * counted.h - what the engine asks of libc: allocations, system calls, bytes written and
 * synced, counted exactly and without the help of a tracer.
 *
 * holdfast-bench is linked with --wrap for each function of libc through which the engine
 * allocates or enters the kernel (ci/build/flags.sh has the list, and the step counts sees to
 * it that the engine uses no other). Each counts and calls the real one.
 *
 * For counts to be the same in every run, two functions can be made to give what never
 * changes: the clock, which then goes on by a microsecond a look, and the system's entropy.
 */
#ifndef BENCH_COUNTED_H
#define BENCH_COUNTED_H

#include <stdbool.h>
#include <stdint.h>

struct bench_counts {
    uint64_t allocations;
    uint64_t calls;   /* of the system */
    uint64_t written; /* bytes */
    uint64_t syncs;
    uint64_t synced; /* bytes that were written when a sync of their file began */
};

/* All since the program began, of all threads. */
struct bench_counts bench_counts_now(void);
struct bench_counts bench_counts_between(struct bench_counts from, struct bench_counts to);

/* Fixes clock and entropy, or frees them again. No other thread may run. */
void bench_counts_fix(bool fixed);

#endif
