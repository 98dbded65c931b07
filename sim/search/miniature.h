/*
 * miniature.h - a scenario with few steps, in which all happens as often in proportion.
 *
 * Leaving out gets stuck where everything that is left holds everything else in its place: a
 * cut that must tear just this sector needs all the writes before it. The same bug may be met
 * anew in a run that is short from the start.
 */
#ifndef SIM_MINIATURE_H
#define SIM_MINIATURE_H

#include "sim/scenario/scenario.h"

/*
 * Makes `to` a copy of `from`, whose runs have `steps_from` steps, with `steps` of them: what
 * strikes every so many steps, at one of them or for some of them does so sooner by the ratio.
 * The copy is to be dropped (freeze.h), and borrows from `from`.
 */
void sim_miniature_make(struct sim_scenario *to, const struct sim_scenario *from,
                        uint64_t steps_from, uint64_t steps);

#endif
