/*
 * clock.h - the time, what looking at it costs, and how fast the machine is just now.
 */
#ifndef BENCH_CLOCK_H
#define BENCH_CLOCK_H

#include <stdint.h>

/* Nanoseconds that never step back; only differences mean anything. Any thread. */
uint64_t bench_now_ns(void);
/*
 * What one pair of looks adds to what lies between them: the smallest difference of many, found
 * once. Any thread after the first call.
 */
uint64_t bench_clock_cost_ns(void);

/*
 * What a benchmark is compared with on a machine whose speed changes: a piece of fixed work of
 * the same kind, done beside it.
 */
enum bench_beside {
    BENCH_BESIDE_MEMORY, /* loads that wait for each other, and multiplications */
    BENCH_BESIDE_WRITE,  /* checksums, and writes into a file that has its blocks */
    BENCH_BESIDE_SYNC    /* one sector written and synced at a time */
};

const char *bench_beside_name(enum bench_beside beside);
/*
 * The clock by which such work is compared with its calibration, in nanoseconds. For memory
 * and writes it is the time that this thread had a processor: strangers on the machine do not
 * count. For syncs, which wait for the device, it is that of the wall.
 */
uint64_t bench_spent_ns(enum bench_beside beside);
/*
 * Does the piece of work once and returns its nanoseconds by that clock. Files are made in
 * `directory` when first needed, and go with bench_calibrate_end. One thread.
 */
double bench_calibrate(enum bench_beside beside, const char *directory);
void bench_calibrate_end(void);

#endif
