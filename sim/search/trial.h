/*
 * trial.h - one run in a process of its own, with what it drew and what struck.
 *
 * Whoever looks for a smaller failure makes runs that may end their process or never end. A
 * trial gives a verdict whatever the engine does, and tells a failed assertion by its place.
 */
#ifndef SIM_TRIAL_H
#define SIM_TRIAL_H

#include "sim/run/run.h"

struct sim_trial;

/* Aborts without memory. */
struct sim_trial *sim_trial_open(void);
void sim_trial_close(struct sim_trial *trial);

/*
 * Carries out `order`; an end of the process, or no end within `cpu_ms`, is the property
 * `alive` broken. False: no process could be made, or the tape was malformed.
 */
bool sim_trial_run(struct sim_trial *trial, const struct sim_order *order, uint64_t cpu_ms,
                   struct sim_result *result);
/* What the last trial with order->record drew and where faults struck, until the next one. */
struct sim_recording sim_trial_recording(const struct sim_trial *trial);

#endif
