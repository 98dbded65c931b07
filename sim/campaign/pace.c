/*
 * pace.c - points thin out as time goes on, so that their number stays.
 */
#include "sim/campaign/pace.h"

#include <string.h>

#define STEP_FIRST 50u /* milliseconds */

static void
thin_out(struct sim_pace *pace)
{
    pace->step *= 2;
    for (unsigned i = 0; i < SIM_PACE_MAX / 2; i++)
        pace->at[i] = pace->at[2 * i + 1];
    pace->count = SIM_PACE_MAX / 2;
}

void
sim_pace_add(struct sim_pace *pace, uint64_t ms, uint64_t runs)
{
    if (pace->step == 0)
        pace->step = STEP_FIRST;
    if (pace->count > 0 && ms < pace->at[pace->count - 1].ms + pace->step)
        return;
    if (pace->count == SIM_PACE_MAX)
        thin_out(pace);
    pace->at[pace->count].ms = ms;
    pace->at[pace->count++].runs = runs;
}

void
sim_pace_end(struct sim_pace *pace, uint64_t ms, uint64_t runs)
{
    pace->step = 0;
    if (pace->count > 0 && ms <= pace->at[pace->count - 1].ms)
        pace->count--;
    if (pace->count == SIM_PACE_MAX)
        pace->count--;
    pace->at[pace->count].ms = ms;
    pace->at[pace->count++].runs = runs;
}

uint64_t
sim_pace_runs(const struct sim_pace *pace, uint64_t ms)
{
    uint64_t before_ms = 0, before_runs = 0;

    for (unsigned i = 0; i < pace->count; i++) {
        uint64_t at_ms = pace->at[i].ms, at_runs = pace->at[i].runs;
        if (ms < at_ms) {
            double share = (double)(ms - before_ms) / (double)(at_ms - before_ms);
            return before_runs + (uint64_t)((double)(at_runs - before_runs) * share);
        }
        before_ms = at_ms;
        before_runs = at_runs;
    }
    return before_runs;
}

static uint64_t
end_of(const struct sim_pace *pace)
{
    return pace->count == 0 ? 0 : pace->at[pace->count - 1].ms;
}

void
sim_pace_merge(struct sim_pace *pace, const struct sim_pace *other)
{
    uint64_t end = end_of(pace) > end_of(other) ? end_of(pace) : end_of(other);
    struct sim_pace both;

    memset(&both, 0, sizeof both);
    both.step = pace->step > other->step ? pace->step : other->step;
    for (unsigned i = 1; i <= SIM_PACE_MAX && end > 0; i++) {
        uint64_t ms = end * i / SIM_PACE_MAX;
        if (both.count > 0 && ms == both.at[both.count - 1].ms)
            continue;
        both.at[both.count].ms = ms;
        both.at[both.count++].runs = sim_pace_runs(pace, ms) + sim_pace_runs(other, ms);
    }
    *pace = both;
}
