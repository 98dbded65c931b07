/*
 * inevitable.h - the earliest step from which a failure could not be escaped any more.
 *
 * A run has one past and many futures: from some step on, every choice is drawn anew, by
 * another seed. Where all futures break the same property, the harm was done before that step,
 * and that is where to look; the step at which it was noticed may be a hundred later.
 */
#ifndef SIM_INEVITABLE_H
#define SIM_INEVITABLE_H

#include "sim/search/trial.h"

struct sim_inevitable {
    uint64_t step;         /* from this one on nothing matters any more; 1: nothing ever did */
    uint64_t steps;        /* of the run, 0: it was not found out */
    unsigned tried;        /* futures of each step */
    unsigned broke_before; /* of the futures from `step` - 1 on; 0 if `step` is 1 */
};

/* `result` is that of `order`, which broke. Takes about `budget_ns` of wall time at most. */
void sim_inevitable_find(struct sim_trial *trial, const struct sim_order *order,
                         const struct sim_result *result, uint64_t budget_ns,
                         struct sim_inevitable *out);

#endif
