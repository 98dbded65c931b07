/*
 * states.c - see states.h. At most half of the slots are used; 0 goes under another name.
 */
#include "sim/search/states.h"

#include "sim/grow.h"
#include "sim/mix.h"

#include <stdlib.h>

#define SLOTS_MIN 1024u

void
sim_states_fini(struct sim_states *states)
{
    free(states->slots);
    *states = (struct sim_states){ 0 };
}

/* The slot of the state: its own, or the empty one where it belongs. */
static uint64_t *
slot_of(const struct sim_states *states, uint64_t state)
{
    size_t i = (size_t)sim_mix(state) & (states->slot_count - 1);

    while (states->slots[i] != 0 && states->slots[i] != state)
        i = (i + 1) & (states->slot_count - 1);
    return &states->slots[i];
}

static void
make_room(struct sim_states *states)
{
    struct sim_states old = *states;

    if (states->count < states->slot_count / 2)
        return;
    states->slot_count = old.slot_count == 0 ? SLOTS_MIN : old.slot_count * 2;
    states->slots = sim_new(states->slot_count * sizeof *states->slots);
    for (size_t i = 0; i < old.slot_count; i++) {
        if (old.slots[i] != 0)
            *slot_of(states, old.slots[i]) = old.slots[i];
    }
    free(old.slots);
}

bool
sim_states_add(struct sim_states *states, uint64_t state)
{
    uint64_t *slot;

    if (state == 0)
        state = UINT64_MAX;
    make_room(states);
    slot = slot_of(states, state);
    if (*slot != 0)
        return false;
    *slot = state;
    states->count++;
    return true;
}
