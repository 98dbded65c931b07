/*
 * explore.h - every crash of a short workload, and every failing call, without any seed.
 *
 * A crash point stands before each call of the workload to files and directories. At a point
 * the power goes, and each admissible outcome of what was pending is tried: for each unit of
 * data its newest version, each older one, or a torn one; for each file each size; each name
 * kept or lost. That is 2^k or 3^k outcomes for k pending things: all of them up to a limit,
 * above that so many of them by chance. What leaves a disk that another
 * outcome left before is counted and not looked at again. Each new one is recovered, judged by
 * the whole oracle, and written to. From some of each point, crashes inside the recovery are
 * explored in the same way.
 *
 * Then calls fail one by one, by the loop that SQLite's tests made known (anomaly testing): the
 * first that can, the second, until there is none; for each kind of failure, once by itself and
 * once with a power cut at the end that keeps nothing.
 *
 * The workload is the scenario's; faults of its own are left in place.
 */
#ifndef SIM_EXPLORE_H
#define SIM_EXPLORE_H

#include "sim/run/run.h"

#define SIM_EXPLORE_OUTCOMES (UINT64_C(1) << 16) /* of one point, unless told otherwise */
#define SIM_EXPLORE_DRAWS_MAX 4096u              /* that one outcome takes */

struct sim_explore_counts {
    uint64_t calls;    /* of the workload, and so many crash points */
    uint64_t outcomes; /* admissible ones that were carried out */
    uint64_t states;   /* disks that they left, the same ones counted once */
    uint64_t sampled;  /* points with more outcomes than were carried out */
    /* the same in recoveries */
    uint64_t nested_points, nested_outcomes, nested_states;
    uint64_t failures;  /* calls that failed, each in a run of its own */
    uint64_t recovered; /* databases that recoveries showed, as versions */
    uint64_t runs;
};

/* The way into the run under way, or that failed: what is added to the scenario. It holds no
 * memory, so that it can be shared between processes. */
struct sim_explore_way {
    struct sim_rule rules[2];
    unsigned rule_count;
    struct sim_drawn draws[SIM_EXPLORE_DRAWS_MAX]; /* sites are static strings */
    size_t draw_count;
};

/*
 * Explores one seed of the scenario, at most `outcomes` of each point. False: *result is of the
 * first run that broke, and *way is its way; true: all held. `counts` and `way` are up to date
 * at any time, for a reader in another process when this one dies.
 */
bool sim_explore(const struct sim_scenario *scenario, uint64_t seed, uint64_t outcomes,
                 struct sim_explore_counts *counts, struct sim_explore_way *way,
                 struct sim_result *result);

/* The scenario with `way` in it, a copy (freeze.h), with this seed only. */
void sim_explore_apply(struct sim_scenario *to, const struct sim_scenario *scenario,
                       uint64_t seed, const struct sim_explore_way *way);

#endif
