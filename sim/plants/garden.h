/*
 * garden.h - the ways to look at planted bugs, for the verb `plants`.
 *
 *    verb_plants.c   each plant once: is it caught, and by the right property?
 *    matrix.c        each plant many times under each contract: after how many runs?
 *    baseline.c      what a matrix was once, and whether it has become worse
 *    ablation.c      each oracle switched off: does any plant escape then?
 */
#ifndef SIM_GARDEN_H
#define SIM_GARDEN_H

#include "sim/campaign/matrix_file.h"
#include "sim/plants/plant_try.h"
#include "sim/verbs_sim.h"

/* The plants that are wanted, in the order of describe. */
struct sim_garden {
    const struct sim_args *args;
    struct sim_set set;
    unsigned *plants;
    unsigned count;
};

/* Names with bars between, as scenarios write them. */
void sim_print_properties(FILE *to, uint32_t properties);

/* Each returns the exit status. */
int sim_garden_matrix(struct sim_garden *garden);
int sim_garden_without(struct sim_garden *garden);

/* ---- the matrix -------------------------------------------------------------------------- */

#define SIM_TRIES_MAX 1000u

/* [plant of the garden][contract] */
struct sim_matrix {
    unsigned contracts[SIM_PERSONALITY_COUNT];
    unsigned contract_count;
    unsigned tries;
    uint64_t limit;
    struct sim_square *squares;
};

struct sim_square *sim_matrix_at(const struct sim_matrix *matrix, unsigned plant,
                                 unsigned contract);

/*
 * Holds a matrix against the one in the file, square by square: counts those that became worse,
 * each a line on `to`. False: the file is none; a line is on stderr.
 */
bool sim_baseline_compare(const struct sim_garden *garden, const struct sim_matrix *matrix,
                          const char *path, FILE *to, unsigned *worse);

#endif
