/*
 * plant_try.h - planted bugs, each switched on in a process of its own, against the scenarios
 * that name it: how many runs until one breaks, and by which property?
 */
#ifndef SIM_PLANT_TRY_H
#define SIM_PLANT_TRY_H

#include "sim/run/result.h"
#include "sim/scenario/scenario_set.h"

#include <sys/types.h>

#define SIM_CONTRACT_AS_IS (-1)

/* Shared with the child that makes it: what it was at is known when it has died. */
struct sim_try {
    /* what to try: the caller's */
    unsigned plant;
    int contract;       /* a personality for every scenario; or SIM_CONTRACT_AS_IS */
    uint32_t off;       /* properties that nobody judges, a bit each */
    uint64_t seed_skip; /* seeds begin so far behind a scenario's first one */
    uint64_t limit;     /* runs; 0: until the seeds of the scenarios are used up */

    /* what came of it */
    bool is_named;     /* by at least one scenario */
    bool is_caught;    /* by a property that its scenario expects */
    uint64_t runs;     /* until then */
    uint64_t ns;       /* wall time until then */
    uint32_t expected; /* properties, of the scenario that ran last */
    struct sim_result result;

    /* the trial's own */
    pid_t pid;
    bool has_ended;
    unsigned deaths;
    uint64_t round;
    size_t scenario; /* the next one of the round */
};

/* Trials in shared memory, zeroed; NULL: there is none. */
struct sim_try *sim_tries_new(size_t count);
void sim_tries_free(struct sim_try *trials, size_t count);

/*
 * Makes all trials, `jobs` at a time. With some properties off a run that breaks otherwise than
 * expected, or dies (a few times), does not end its trial: what else would find the bug is
 * looked for. False: processes could not be made.
 */
bool sim_tries_run(struct sim_try *trials, size_t count, const struct sim_set *set,
                   unsigned jobs);

/* What the scenario says about the plant; NULL: nothing. */
const struct sim_catch *sim_catch_find(const struct sim_scenario *scenario, unsigned plant);

#endif
