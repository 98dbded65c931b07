/*
 * states.h - a set of hashes: which states were seen before.
 *
 * Two states with the same hash count as one. With 64 bits and a million states that is one
 * pair in forty million such sets.
 */
#ifndef SIM_STATES_H
#define SIM_STATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zeros at the start. */
struct sim_states {
    uint64_t *slots; /* open-addressed; 0 is empty */
    size_t slot_count, count;
};

void sim_states_fini(struct sim_states *states);
/* True: it was not in the set, and is now. */
bool sim_states_add(struct sim_states *states, uint64_t state);

#endif
