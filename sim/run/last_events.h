/*
 * last_events.h - what led to a failure: the last lines of its timeline.
 */
#ifndef SIM_LAST_EVENTS_H
#define SIM_LAST_EVENTS_H

#include "sim/run/run.h"

#define SIM_LAST_EVENTS_MAX 40u
#define SIM_LAST_EVENTS_SIZE (SIM_LAST_EVENTS_MAX * 160u)

/* Plain, so that it can go through a pipe: lines, oldest first, each ended by a newline. */
struct sim_last_events {
    uint32_t size;
    char text[SIM_LAST_EVENTS_SIZE];
};

/* Makes the run once more, which must not end the process, and keeps its last events. */
void sim_last_events_find(struct sim_last_events *events, struct sim_runner *runner,
                          const struct sim_order *order);

/* The next line at *at, 0 at first; empty behind the last. */
struct hf_span sim_last_events_next(const struct sim_last_events *events, uint32_t *at);

#endif
