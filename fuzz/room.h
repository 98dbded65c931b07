/*
 * room.h - a simulated machine for targets that run the whole engine: nothing of the system is
 * touched, each input meets an empty disk, and what was made goes with it.
 */
#ifndef HF_FUZZ_ROOM_H
#define HF_FUZZ_ROOM_H

#include "sim/machine/machine.h"

/* A machine with an empty disk whose every draw follows from `seed`. The rules, if there are
 * any, are borrowed until the next one. */
struct sim_machine *fuzz_room(uint64_t seed, struct sim_rule *rules, unsigned rule_count);

/* Switches on the planted bug that FUZZ_PLANT in the environment names, if it does; ends the
 * process if there is none of that name. fuzz_room does it for the first machine. */
void fuzz_room_plant(void);

/* A life of it, which must come to its end and give back all it took. */
void fuzz_room_live(void (*run)(void *), void *context);

/* The smallest options: sectors and segments of a few hundred bytes, one thread, no clock. */
struct hf_options fuzz_room_options(unsigned flags);

#endif
