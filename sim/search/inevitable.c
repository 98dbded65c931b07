/*
 * inevitable.c - looks for the step by halves: where all futures of a step break the property,
 * so do those of later steps, since they know more of the same past.
 */
#include "sim/search/inevitable.h"

#include "sim/campaign/campaign.h"

#define FUTURES 24u
#define CPU_MS 2000u

struct search {
    struct sim_trial *trial;
    const struct sim_order *order;
    const struct sim_result *result;
    uint64_t deadline;
};

/* How many futures from `step` on break the same property. */
static unsigned
broken_futures(const struct search *search, uint64_t step)
{
    struct sim_order order = *search->order;
    struct sim_result result;
    unsigned broke = 0;

    order.diverge_from = step;
    for (unsigned i = 1; i <= FUTURES; i++) {
        order.diverge_seed = i;
        if (sim_wall_ns() < search->deadline &&
            sim_trial_run(search->trial, &order, CPU_MS, &result))
            broke += result.verdict == SIM_BROKE && result.property == search->result->property;
    }
    return broke;
}

void
sim_inevitable_find(struct sim_trial *trial, const struct sim_order *order,
                    const struct sim_result *result, uint64_t budget_ns,
                    struct sim_inevitable *out)
{
    struct search search = { trial, order, result, sim_wall_ns() + budget_ns };
    uint64_t first = 1, limit = result->steps + 1; /* all futures of the end are the run */

    *out = (struct sim_inevitable){ .steps = result->steps, .tried = FUTURES };
    while (first < limit) {
        uint64_t middle = first + (limit - first) / 2;
        unsigned broke = broken_futures(&search, middle);
        if (broke == FUTURES) {
            limit = middle;
        } else {
            first = middle + 1;
            out->broke_before = broke;
        }
    }
    out->step = limit;
}
