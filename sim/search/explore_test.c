/*
 * explore_test.c - every outcome is counted, the same each time, and planted bugs are found
 * without a seed.
 *
 * Method: a workload of three steps is explored; its crash points are the calls of a run, and
 * the outcomes of one point are compared with what a power cut with each digit by itself gives.
 */
#include "sim/search/explore.h"

#include "base/tap.h"
#include "sim/machine/sim_probe.h"
#include "sim/search/freeze.h"
#include "sim/search/states.h"

#include <stdlib.h>
#include <string.h>

#define OUTCOMES 256u

static const char source[] = "# For the test of exploring.\n"
                             "scenario   t\nseeds      1..1\n"
                             "engine     mode=strict sector=512 segment=4KiB threads=one\n"
                             "workload   keys=4 steps=2 value=16..64\n"
                             "at         step 1 put\nat         step 2 reopen\n"
                             "tape       zero\n";

static struct sim_explore_way *way;

static bool
explore(const struct sim_scenario *scenario, struct sim_explore_counts *counts,
        struct sim_result *result)
{
    return sim_explore(scenario, 1, OUTCOMES, counts, way, result);
}

static void
check_counts(const struct sim_scenario *scenario)
{
    struct sim_explore_counts first, second;
    struct sim_result result;
    struct sim_runner *runner = sim_runner_open();
    struct sim_order order = { .scenario = scenario, .seed = 1 };
    struct hf_error error;

    TAP_OK(explore(scenario, &first, &result),
           "every crash and every failing call is survived");
    TAP_OK(explore(scenario, &second, &result) && memcmp(&first, &second, sizeof first) == 0,
           "what is counted is the same each time");
    sim_runner_run(runner, &order, &result, &error);
    TAP_OK(first.calls == result.calls && first.calls > 10,
           "there is a crash point before each call of the workload");
    TAP_OK(first.outcomes > first.calls && first.states > 1 && first.states <= first.outcomes &&
               first.nested_states <= first.nested_outcomes,
           "a point has several outcomes, and some leave the same disk");
    TAP_OK(first.recovered >= 2, "recoveries showed the database with the commit and without");
    TAP_OK(first.failures > first.calls, "calls fail in several ways, allocations too");
    TAP_OK(first.runs >= first.outcomes + first.nested_outcomes + first.failures,
           "each of them is a run");
    sim_runner_close(runner);
}

/* The bug is found, by one of the properties, and the way to it is a scenario that fails. */
static void
check_plant(const struct sim_scenario *scenario, unsigned plant, uint32_t properties)
{
    const char *name = sim_plant_name(plant);
    struct sim_runner *runner = sim_runner_open();
    struct sim_scenario copy;
    struct sim_order order = { .scenario = &copy, .seed = 1 };
    struct sim_explore_counts counts;
    struct sim_result result, again;
    struct hf_error error;

    sim_plant_set(plant, true);
    TAP_OK(!explore(scenario, &counts, &result) && (properties >> result.property & 1) != 0,
           "%s is found", name);
    sim_explore_apply(&copy, scenario, 1, way);
    TAP_OK(sim_runner_run(runner, &order, &again, &error) && again.verdict == SIM_BROKE &&
               again.property == result.property,
           "%s: its way is a scenario that fails", name);
    sim_plants_clear();
    TAP_OK(sim_runner_run(runner, &order, &again, &error) && again.verdict == SIM_HELD,
           "%s: and holds without the bug", name);
    sim_frozen_drop(&copy);
    sim_runner_close(runner);
}

static void
check_states(void)
{
    struct sim_states states = { 0 };
    bool fresh = true, known = true;

    for (uint64_t i = 0; i < 5000; i++)
        fresh = sim_states_add(&states, i) && fresh;
    for (uint64_t i = 0; i < 5000; i++)
        known = !sim_states_add(&states, i) && known;
    TAP_OK(fresh && states.count == 5000, "a set takes each state once, 0 among them");
    TAP_OK(known && states.count == 5000, "and knows it again, however much it has grown");
    sim_states_fini(&states);
}

int
main(void)
{
    struct sim_scenario scenario;
    struct sim_complaint complaint;

    check_states();
    if (!sim_scenario_parse(&scenario, "t.scn", source, sizeof source - 1, &complaint)) {
        TAP_OK(false, "%s", complaint.text);
        return tap_done();
    }
    way = calloc(1, sizeof *way);
    check_counts(&scenario);
    check_plant(&scenario, HF_PROBE_recovery_refuse_torn, 1u << SIM_HOLDS_OPENS);
    check_plant(&scenario, HF_PROBE_wal_ignore_sync_error,
                1u << SIM_HOLDS_ACK | 1u << SIM_HOLDS_DURABLE);
    check_plant(&scenario, HF_PROBE_io_short_write_is_full,
                1u << SIM_HOLDS_OPENS | 1u << SIM_HOLDS_ORDER | 1u << SIM_HOLDS_ACK);
    free(way);
    sim_scenario_fini(&scenario);
    return tap_done();
}
