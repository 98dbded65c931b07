/*
 * bench_timing.h - the sums of HF_TIMED (base/timing.h), of the thread that asks.
 */
#ifndef BENCH_TIMING_H
#define BENCH_TIMING_H

#include "base/timing.h"

/* All times that one layer was gone through. */
struct bench_layer {
    uint64_t count;
    uint64_t ticks;
    uint64_t inner_count; /* layers that were timed within it */
};

/* What timing itself takes, in ticks. */
struct bench_timing_cost {
    double own;   /* of a timed layer, and counted as its time */
    double whole; /* of a layer timed within another: what the outer one sees */
};

void bench_timing_reset(void);
/* HF_LAYER_COUNT of them. */
const struct bench_layer *bench_timing_layers(void);
double bench_timing_tick_ns(void);
/* Nothing, where there are no timers. */
struct bench_timing_cost bench_timing_cost(void);

#endif
