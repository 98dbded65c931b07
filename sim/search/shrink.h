/*
 * shrink.h - the smallest scenario that still fails, and in the same way.
 *
 * A run that failed is frozen (freeze.h), then operations, faults, explicit draws and pinned
 * knobs are left out as long as what is left breaks the same property with the same signature.
 * The search is the delta debugging of Zeller and Hildebrandt ("Simplifying and Isolating
 * Failure-Inducing Input", 2002), without its search for a second half: whatever of a window
 * can go, goes, from windows of everything down to single things, again until nothing goes.
 */
#ifndef SIM_SHRINK_H
#define SIM_SHRINK_H

#include "sim/search/signature.h"
#include "sim/search/trial.h"

struct sim_size {
    uint64_t steps;  /* that do something */
    uint64_t faults; /* strikes */
    uint64_t draws;  /* that are not 0 */
    uint64_t pins;   /* knobs that are not left to the ordinary value, `steps` aside */
};

struct sim_shrunk {
    struct sim_scenario scenario; /* a copy (freeze.h), dropped by sim_shrunk_fini */
    struct sim_result first;      /* of the run that is shrunk */
    struct sim_result result;     /* of the scenario above */
    char signature[SIM_SIGNATURE_SIZE];
    struct sim_size before, after;
    uint64_t tries;
    bool is_cut_short; /* the time was used up */
};

enum sim_shrink_end {
    SIM_SHRUNK,
    SIM_SHRINK_HELD,      /* the run breaks nothing */
    SIM_SHRINK_UNSTEADY,  /* its own tape does not break it again: the simulator is wrong */
    SIM_SHRINK_IMPOSSIBLE /* no process could be made, or the tape is malformed */
};

/* Shrinks the run of `order` in at most about `budget_ns` of wall time. `out` borrows from the
 * order's scenario. On any end but SIM_SHRUNK there is nothing to give back. */
enum sim_shrink_end sim_shrink(struct sim_trial *trial, const struct sim_order *order,
                               uint64_t budget_ns, struct sim_shrunk *out);
void sim_shrunk_fini(struct sim_shrunk *shrunk);

#endif
