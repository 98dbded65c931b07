/*
 * sim_probe.h - the judge's side of marks, chances and plants: names, counts and switches.
 *
 * engine/base/probe.h is what the engine sees of them. All of it is one process's state, like
 * the engine's own: counts add up over runs until they are reset.
 */
#ifndef SIM_PROBE_H
#define SIM_PROBE_H

#include <stdbool.h>
#include <stdint.h>

/* Static strings: the name, and the sentence that `describe` prints; NULL past the last. */
const char *sim_mark_name(unsigned mark);
const char *sim_mark_text(unsigned mark);
const char *sim_chance_name(unsigned chance);
const char *sim_chance_text(unsigned chance);
const char *sim_plant_name(unsigned plant);
const char *sim_plant_text(unsigned plant);

/* How often the mark was reached since the last reset. */
uint64_t sim_mark_count(unsigned mark);
/* All counts to 0; switches stay as they are. */
void sim_probe_reset(void);

/* Whether chances are drawn at all; off, every one is "no" without a draw. On at the start. */
void sim_probe_chances(bool on);
/* All off at the start. */
void sim_plant_set(unsigned plant, bool on);
void sim_plants_clear(void);

#endif
