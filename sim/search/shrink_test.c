/*
 * shrink_test.c - a failure becomes a few events, and stays the same failure.
 *
 * Planted bugs of four kinds are shrunk: one that breaks a property without any fault, one that
 * first takes a full log segment, one that takes a power cut and what it leaves, and one that
 * brings the process down. What comes out is frozen again by hand where the tests say so, and
 * run.
 */
#include "sim/search/shrink.h"

#include "base/tap.h"
#include "sim/machine/sim_probe.h"
#include "sim/search/inevitable.h"

#include <string.h>

#define EVENTS_MAX 10u
#define BUDGET_NS (UINT64_C(600) * 1000000000) /* more than any load makes of seconds */

static const char source[] = "# For the test of shrinking.\n"
                             "scenario   t\n"
                             "seeds      1..40\n"
                             "engine     mode=strict segment=8KiB sector=512\n"
                             "workload   keys=16 steps=60 value=1..300\n"
                             "workload   put=50 delete=10 txn=20 get=5 flush=3 delete_range=5\n"
                             "fault      power_cut every=5..20\n"
                             "fault      torn_write chance=1/2\n";

static struct sim_trial *trial;

/* The first seed that breaks, with the plant on; 0: none does. */
static uint64_t
first_seed(const struct sim_scenario *scenario)
{
    struct sim_order order = { .scenario = scenario };
    struct sim_result result;

    for (order.seed = 1; order.seed <= scenario->seeds.hi; order.seed++) {
        if (sim_trial_run(trial, &order, 5000, &result) && result.verdict == SIM_BROKE)
            return order.seed;
    }
    return 0;
}

/* Whether a weight is pinned although no step is a batch, which may delete ranges. */
static bool
has_idle_weight(const struct sim_scenario *scenario)
{
    bool is_idle = scenario->order_count > 0 && scenario->knobs[SIM_KNOB_DELETE_RANGE].pinned;

    for (unsigned i = 0; i < scenario->order_count; i++)
        is_idle = is_idle && scenario->orders[i].verb != SIM_KNOB_TXN;
    return is_idle;
}

static void
check_shrunk(const char *name, const struct sim_shrunk *shrunk)
{
    struct sim_order order = { .scenario = &shrunk->scenario, .seed = 1 };
    struct sim_result result;
    char signature[SIM_SIGNATURE_SIZE] = "";
    uint64_t events = shrunk->after.steps + shrunk->after.faults;

    if (!TAP_OK(events <= EVENTS_MAX && events < shrunk->before.steps + shrunk->before.faults,
                "%s: few events are left", name))
        printf("# %u events, %u draws\n", (unsigned)events, (unsigned)shrunk->after.draws);
    if (sim_trial_run(trial, &order, 5000, &result) && result.verdict == SIM_BROKE)
        sim_signature(signature, &result);
    TAP_OK(strcmp(signature, shrunk->signature) == 0, "%s: they fail in the same way", name);
    TAP_OK(shrunk->scenario.tape_zero && result.unread == 0,
           "%s: the tape is fixed, and each of its draws is asked for", name);
    TAP_OK(!has_idle_weight(&shrunk->scenario), "%s: no weight is left that says nothing",
           name);
}

static void
check_plant(const struct sim_scenario *scenario, unsigned plant)
{
    const char *name = sim_plant_name(plant);
    struct sim_order order = { .scenario = scenario };
    struct sim_inevitable inevitable;
    struct sim_shrunk shrunk;
    struct sim_result result;

    sim_plant_set(plant, true);
    order.seed = first_seed(scenario);
    if (!TAP_OK(order.seed != 0 && sim_shrink(trial, &order, BUDGET_NS, &shrunk) == SIM_SHRUNK,
                "%s: the run is shrunk", name)) {
        sim_plants_clear();
        return;
    }
    check_shrunk(name, &shrunk);
    sim_inevitable_find(trial, &order, &shrunk.first, BUDGET_NS, &inevitable);
    TAP_OK(inevitable.step >= 1 && inevitable.step <= inevitable.steps + 1 &&
               (inevitable.step == 1 || inevitable.broke_before < inevitable.tried),
           "%s: from step %u of %u on it cannot be escaped", name, (unsigned)inevitable.step,
           (unsigned)inevitable.steps);
    sim_plants_clear();
    order.scenario = &shrunk.scenario;
    order.seed = 1;
    TAP_OK(sim_trial_run(trial, &order, 5000, &result) && result.verdict == SIM_HELD,
           "%s: without the bug the shrunk scenario holds", name);
    sim_shrunk_fini(&shrunk);
}

static void
check_held(const struct sim_scenario *scenario)
{
    struct sim_order order = { .scenario = scenario, .seed = 1 };
    struct sim_shrunk shrunk;

    TAP_OK(sim_shrink(trial, &order, BUDGET_NS, &shrunk) == SIM_SHRINK_HELD,
           "a run that holds is not shrunk");
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
    trial = sim_trial_open();
    check_held(&scenario);
    check_plant(&scenario, HF_PROBE_wal_skip_sync);
    check_plant(&scenario, HF_PROBE_wal_skip_dir_sync);
    check_plant(&scenario, HF_PROBE_recovery_refuse_torn);
    check_plant(&scenario, HF_PROBE_install_ahead_of_log);
    sim_trial_close(trial);
    sim_scenario_fini(&scenario);
    return tap_done();
}
