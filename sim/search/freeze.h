/*
 * freeze.h - from a run that chance made to a scenario that says the same outright.
 *
 * What a seed drew becomes explicit draws over a tape of zeros; what it drew for knobs becomes
 * pins; faults that chance placed become strikes at their step and call; steps that the mix
 * chose become operations by name. Each of these may change the run a little (a strike is
 * counted otherwise, a step has another number), so whoever freezes runs the result and looks.
 *
 * The scenarios here are copies: their texts, names of sites and comments are borrowed, their
 * lists of draws are their own.
 */
#ifndef SIM_FREEZE_H
#define SIM_FREEZE_H

#include "sim/run/run.h"

/* `to` becomes a copy, to be dropped; it borrows from `from` and lives no longer. */
void sim_frozen_copy(struct sim_scenario *to, const struct sim_scenario *from);
void sim_frozen_drop(struct sim_scenario *copy);
/* The explicit draw of that place has this value from now on. `site` is a static string. */
void sim_frozen_draw(struct sim_scenario *copy, const char *site, uint64_t entity,
                     uint64_t occurrence, uint64_t value);

/* The knob is no pin any more: it takes its ordinary value. */
void sim_frozen_free(struct sim_scenario *copy, enum sim_knob knob);

/* A tape of zeros, with every other draw of the run explicit. */
void sim_freeze_tape(struct sim_scenario *copy, const struct sim_recording *record);
/* Every knob is pinned to what the run had. */
void sim_freeze_knobs(struct sim_scenario *copy, const struct sim_result *result);
/* Each strike is placed by `at`. False: there are more than a scenario may have. */
bool sim_freeze_faults(struct sim_scenario *copy, const struct sim_recording *record);

/* The weights of a frozen mix, and the value of the draw "verb" that chooses to idle. */
uint64_t sim_frozen_idle(const struct sim_scenario *copy);
/* How many steps of the run did something. */
uint64_t sim_frozen_steps(const struct sim_scenario *copy, const struct sim_recording *record);
/*
 * The steps that did something are numbered from 1 and named one by one; the others are gone.
 * False: there are more than a scenario may name.
 */
bool sim_freeze_steps(struct sim_scenario *copy, const struct sim_recording *record);

#endif
