/*
 * grow.h - arrays of the simulator that only grow, and are kept from run to run.
 */
#ifndef SIM_GROW_H
#define SIM_GROW_H

#include <stddef.h>

/* See sim_grow, for a `count` above `*capacity`. */
void sim_grow_to(void *at, size_t *capacity, size_t count, size_t size);

/*
 * Makes `*at`, an array of `*capacity` elements of `size` bytes, hold at least `count`; what is
 * in it stays. Aborts without memory: the simulator cannot go on, and its memory is no part of
 * what it simulates.
 */
static inline void
sim_grow(void *at, size_t *capacity, size_t count, size_t size)
{
    if (count > *capacity)
        sim_grow_to(at, capacity, count, size);
}

/* Zeroed memory, never NULL; free() gives it back. */
void *sim_new(size_t size);

#endif
