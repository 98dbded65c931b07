/*
 * bench_timing.c - what stands behind HF_TIMED: sums for each layer, a set for each thread.
 *
 * Time is read from the processor's own counter where there is one, which costs a few
 * nanoseconds; even so a layer of a fast operation is mostly the timers in it. So what a pair
 * of looks costs is found once, and taken off as often as a layer, or one within it, was timed.
 */
#include "bench/profile/bench_timing.h"

#include "bench/clock.h"

#include <string.h>

#define PAIRS 100u /* of looks, whose cost is found together */
#define TRIES 200u /* of which the cheapest counts: that one nobody interrupted */

static _Thread_local struct bench_layer layers[HF_LAYER_COUNT];
static _Thread_local uint64_t timed_count; /* of all layers, also of those not yet left */

static uint64_t
look(void)
{
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
    uint64_t now;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(now));
    return now;
#else
    return bench_now_ns();
#endif
}

#ifdef HF_TIMING
struct hf_timed
hf_timed_begin(enum hf_layer layer)
{
    struct hf_timed timed = { layer, 0 };

    timed_count++;
    layers[layer].inner_count -= timed_count;
    timed.began = look();
    return timed;
}

void
hf_timed_end(struct hf_timed *timed)
{
    struct bench_layer *layer = &layers[timed->layer];

    layer->ticks += look() - timed->began;
    layer->inner_count += timed_count;
    layer->count++;
}
#endif

void
bench_timing_reset(void)
{
    memset(layers, 0, sizeof layers);
    timed_count = 0;
}

const struct bench_layer *
bench_timing_layers(void)
{
    return layers;
}

double
bench_timing_tick_ns(void)
{
    uint64_t ns = bench_now_ns(), ticks = look();

    while (bench_now_ns() - ns < 20000000) {
    }
    ticks = look() - ticks;
    return (double)(bench_now_ns() - ns) / (double)ticks;
}

#ifdef HF_TIMING
static struct bench_timing_cost
cost_of_pairs(void)
{
    uint64_t began = look(), within = layers[HF_LAYER_commit].ticks;

    for (unsigned i = 0; i < PAIRS; i++) {
        HF_TIMED(commit);
    }
    return (struct bench_timing_cost){
        .whole = (double)(look() - began) / PAIRS,
        .own = (double)(layers[HF_LAYER_commit].ticks - within) / PAIRS,
    };
}
#endif

struct bench_timing_cost
bench_timing_cost(void)
{
    struct bench_timing_cost least = { 0, 0 };

#ifdef HF_TIMING
    struct bench_layer was = layers[HF_LAYER_commit];
    least = cost_of_pairs();
    for (unsigned i = 1; i < TRIES; i++) {
        struct bench_timing_cost cost = cost_of_pairs();
        if (cost.whole < least.whole)
            least = cost;
    }
    layers[HF_LAYER_commit] = was;
#endif
    return least;
}
