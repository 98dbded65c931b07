/*
 * outcome.h - what a set of runs amounts to, whoever made them: `run` itself, or `merge` out of
 * the results of others.
 */
#ifndef SIM_OUTCOME_H
#define SIM_OUTCOME_H

#include "sim/campaign/pace.h"
#include "sim/campaign/tally.h"
#include "sim/scenario/scenario_set.h"

#include <stdio.h>

struct sim_outcome {
    const struct sim_set *set;
    struct sim_tally *tallies; /* one for each scenario of the set */
    uint64_t milliseconds;     /* of wall time; above 0 */
    uint64_t jobs;
    struct sim_pace pace;

    /* sim_outcome_add_up */
    uint64_t runs, held, broke, failed, cycles;
    unsigned unmet;  /* expectations of sets that were cut short */
    unsigned unkept; /* of full ones: failures */
};

/* Adds up what the tallies have, and judges them as sets. */
void sim_outcome_add_up(struct sim_outcome *outcome);

/* All below: after that. One line of JSON. */
void sim_outcome_summary(FILE *to, const struct sim_outcome *outcome);
/* A row a scenario that ran, what failed of each, and one line of verdict. */
void sim_outcome_table(FILE *to, const struct sim_outcome *outcome);
/* Just the line of verdict. */
void sim_outcome_verdict(FILE *to, const struct sim_outcome *outcome);
/* The exit status, as verbs_sim.h has them. */
int sim_outcome_status(const struct sim_outcome *outcome);

#endif
