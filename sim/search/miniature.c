/*
 * miniature.c - see miniature.h. What counts calls, crashes or chances stays as it is: a short
 * run has fewer of them by itself.
 */
#include "sim/search/miniature.h"

#include "sim/search/freeze.h"

struct ratio {
    uint64_t from, to;
};

/* At least 1, since the first step is 1 and nothing happens every 0 steps; 0 stays 0. */
static uint64_t
scale(const struct ratio *ratio, uint64_t number)
{
    uint64_t part =
        number / ratio->from * ratio->to + number % ratio->from * ratio->to / ratio->from;

    return part == 0 && number > 0 ? 1 : part;
}

static void
scale_rule(struct sim_rule *rule, const struct ratio *ratio)
{
    if (rule->when == SIM_WHEN_EVERY || rule->when == SIM_WHEN_STEP) {
        rule->lo = scale(ratio, rule->lo);
        rule->hi = scale(ratio, rule->hi);
    }
    if (rule->fault != SIM_SYNC_SLOW) /* which lasts for a time, not for steps */
        rule->duration = scale(ratio, rule->duration);
}

void
sim_miniature_make(struct sim_scenario *to, const struct sim_scenario *from,
                   uint64_t steps_from, uint64_t steps)
{
    struct ratio ratio = { steps_from, steps };

    sim_frozen_copy(to, from);
    to->knobs[SIM_KNOB_STEPS] =
        (struct sim_setting){ .pinned = true,
                              .choice = { .count = 1, .of = { { steps, steps } } } };
    for (unsigned i = 0; i < to->rule_count; i++)
        scale_rule(&to->rules[i], &ratio);
    for (unsigned i = 0; i < to->order_count; i++)
        to->orders[i].step = scale(&ratio, to->orders[i].step);
    to->expect_count = to->catch_count = 0;
}
