/*
 * scenario_set.h - the scenarios of a campaign, from files and folders, in the order of paths.
 */
#ifndef SIM_SCENARIO_SET_H
#define SIM_SCENARIO_SET_H

#include "sim/scenario/scenario.h"

struct sim_set {
    struct sim_scenario **list;
    size_t count, capacity;
};

/* Adds a file, or every *.scn under a folder. False: *complaint says what is wrong. */
bool sim_set_add(struct sim_set *set, const char *path, struct sim_complaint *complaint);
void sim_set_fini(struct sim_set *set);

#endif
