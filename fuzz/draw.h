/*
 * draw.h - the choices of a mutator: numbers that follow from a seed and from nothing else.
 *
 * Marsaglia's xorshift64*, whose state is one number that is never 0. A fuzzing engine draws
 * the seed, so what it found can be made again.
 */
#ifndef HF_FUZZ_DRAW_H
#define HF_FUZZ_DRAW_H

#include <stdint.h>

/* A number in [0, bound); bound 0 counts as 1. */
static inline uint64_t
fuzz_draw(uint64_t *state, uint64_t bound)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return bound < 2 ? 0 : (*state * UINT64_C(0x2545F4914F6CDD1D) >> 16) % bound;
}

/* The state to begin with: seeds that are neighbours lead far apart. */
static inline uint64_t
fuzz_draw_begin(uint64_t seed)
{
    uint64_t state = (seed + 1) * UINT64_C(0x9E3779B97F4A7C15);

    state |= state == 0;
    (void)fuzz_draw(&state, 2);
    return state;
}

/* What to put in the place of a number: one near to it, near to `size`, or near to a limit. */
static inline uint64_t
fuzz_draw_instead(uint64_t *state, uint64_t old, uint64_t size)
{
    switch (fuzz_draw(state, 8)) {
    case 0:
        return old + 1;
    case 1:
        return old - 1;
    case 2:
        return old + fuzz_draw(state, 64);
    case 3:
        return fuzz_draw(state, 4);
    case 4:
        return UINT64_MAX - fuzz_draw(state, 2);
    case 5:
        return size + fuzz_draw(state, 32) - 16;
    case 6:
        return old ^ UINT64_C(1) << fuzz_draw(state, 64);
    default:
        return fuzz_draw(state, UINT64_MAX);
    }
}

#endif
