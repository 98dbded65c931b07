/*
 * tally.h - the results of one scenario added up, and what is expected of them as a set.
 */
#ifndef SIM_TALLY_H
#define SIM_TALLY_H

#include "sim/run/result.h"

struct sim_tally {
    uint64_t runs;
    uint64_t held, broke, failed;
    uint64_t cycles;
    uint64_t steps;
    uint64_t refused;
    uint64_t faults[SIM_FAULT_COUNT];
    uint64_t marks[HF_MARK_COUNT];
    uint64_t rules_fired[SIM_FAULT_RULES_MAX];
    uint64_t orders_fired[SIM_STEP_ORDERS_MAX];
    uint64_t judged[SIM_PROPERTY_COUNT];
    uint64_t knobs_read;
};

void sim_tally_add(struct sim_tally *tally, const struct sim_result *result);

/*
 * Calls `line` for each expectation that does not hold, each directive that never had an
 * effect, and each pinned knob that nobody read. Returns how many. Whether that counts as a
 * failure is for the caller to say: it does if the full range of seeds ran.
 */
unsigned sim_tally_judge(const struct sim_tally *tally, const struct sim_scenario *scenario,
                         hf_line_fn *line, void *context);
bool sim_tally_is_full(const struct sim_tally *tally, const struct sim_scenario *scenario);

#endif
