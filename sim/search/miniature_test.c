/*
 * miniature_test.c - a scenario in miniature: one of each kind of rule, made shorter by ratios
 * that divide and that do not.
 */
#include "sim/search/miniature.h"

#include "base/tap.h"
#include "sim/search/freeze.h"

static const char source[] = "# For the test of miniatures.\n"
                             "scenario   t\n"
                             "seeds      1..9\n"
                             "workload   steps=100..200\n"
                             "fault      power_cut every=20..70\n"
                             "fault      disk_full every=40 for=25\n"
                             "fault      torn_write chance=1/3\n"
                             "at step 61 flush\n"
                             "at step 90 process_kill\n"
                             "at wal.write 17 power_cut\n"
                             "expect     prefix durable\n"
                             "plant      wal_skip_sync property=durable\n";

static void
test_ratio(const struct sim_scenario *scenario)
{
    struct sim_scenario small;

    sim_miniature_make(&small, scenario, 200, 20);
    const struct sim_rule *rules = small.rules;
    TAP_OK(small.knobs[SIM_KNOB_STEPS].pinned &&
               small.knobs[SIM_KNOB_STEPS].choice.of[0].lo == 20 &&
               small.knobs[SIM_KNOB_STEPS].choice.of[0].hi == 20,
           "it has as many steps as are wanted");
    TAP_OK(rules[0].lo == 2 && rules[0].hi == 7,
           "what strikes every so many steps does sooner");
    TAP_OK(rules[1].lo == 4 && rules[1].duration == 2, "and lasts for fewer of them");
    TAP_OK(rules[2].lo == 1 && rules[2].hi == 3, "a chance stays what it is");
    TAP_OK(rules[3].lo == 9, "a fault at a step strikes at an earlier one");
    TAP_OK(rules[4].lo == 17, "the call that is counted stays the same");
    TAP_OK(small.order_count == 1 && small.orders[0].step == 6, "an operation comes earlier");
    TAP_OK(small.expect_count == 0 && small.catch_count == 0, "nothing is expected of the set");
    sim_frozen_drop(&small);
}

static void
test_least(const struct sim_scenario *scenario)
{
    struct sim_scenario small;

    sim_miniature_make(&small, scenario, 200, 1);
    TAP_OK(small.rules[0].lo == 1 && small.rules[0].hi == 1 && small.rules[1].duration == 1 &&
               small.orders[0].step == 1,
           "nothing comes before the first step, or lasts for none");
    sim_frozen_drop(&small);
}

int
main(void)
{
    struct sim_scenario scenario;
    struct sim_complaint complaint;

    if (!sim_scenario_parse(&scenario, "t.scn", source, sizeof source - 1, &complaint)) {
        TAP_OK(false, "%s", complaint.text);
        return tap_done();
    }
    test_ratio(&scenario);
    test_least(&scenario);
    sim_scenario_fini(&scenario);
    return tap_done();
}
