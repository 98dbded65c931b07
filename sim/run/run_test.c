/*
 * run_test.c - whole runs of the real engine: they hold, they repeat, and a planted bug breaks
 * them.
 *
 * One scenario with faults of many kinds, over some seeds. Each run is done again on the same
 * runner, after others, and on a new one: the hashes must be equal. A run is saved as a tape
 * and played from it.
 */
#include "sim/run/run.h"

#include "base/tap.h"
#include "sim/campaign/campaign.h"
#include "sim/campaign/tally.h"
#include "sim/machine/sim_probe.h"

#include <string.h>

#define SEEDS 12u

static const char source[] = "# For the test of runs.\n"
                             "scenario   t\n"
                             "seeds      1..12\n"
                             "engine     segment=8KiB sector=512\n"
                             "workload   keys=16 steps=60 value=1..300 durable=10\n"
                             "fault      power_cut every=5..20\n"
                             "fault      process_kill chance=1/200\n"
                             "fault      short_write chance=1/10\n"
                             "fault      torn_write chance=1/2\n"
                             "fault      disk_full chance=1/100 for=4\n";

static struct sim_result
run_seed(struct sim_runner *runner, const struct sim_scenario *scenario, uint64_t seed)
{
    struct sim_order order = { .scenario = scenario, .seed = seed };
    struct sim_result result;
    struct hf_error error;

    if (!sim_runner_run(runner, &order, &result, &error))
        result.verdict = SIM_SIMULATOR_FAILED;
    return result;
}

static void
check_repeats(const struct sim_scenario *scenario)
{
    struct sim_runner *runner = sim_runner_open();
    struct sim_runner *other = sim_runner_open();
    uint64_t hashes[SEEDS + 1], cycles = 0;
    bool held = true, same = true, differ = true;

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct sim_result result = run_seed(runner, scenario, seed);
        hashes[seed] = result.hash;
        cycles += result.cycles;
        held = held && result.verdict == SIM_HELD;
        differ = differ && (seed == 1 || hashes[seed] != hashes[seed - 1]);
    }
    for (uint64_t seed = SEEDS; seed >= 1; seed--) {
        same = same && run_seed(runner, scenario, seed).hash == hashes[seed];
        same = same && run_seed(other, scenario, seed).hash == hashes[seed];
    }
    TAP_OK(held, "every property holds");
    TAP_OK(cycles >= SEEDS, "crashes were recovered from, with commits between them");
    TAP_OK(same, "a run is the same again, whatever ran before it");
    TAP_OK(differ, "another seed is another run");
    sim_runner_close(runner);
    sim_runner_close(other);
}

static void
check_plant(const struct sim_scenario *scenario)
{
    struct sim_runner *runner = sim_runner_open();
    bool broke = false, held = true;
    struct sim_result result = { 0 };

    sim_plant_set(HF_PROBE_wal_skip_sync, true);
    for (uint64_t seed = 1; !broke && seed <= SEEDS; seed++) {
        result = run_seed(runner, scenario, seed);
        broke = result.verdict == SIM_BROKE;
    }
    sim_plants_clear();
    TAP_OK(broke && (result.property == SIM_HOLDS_ACK || result.property == SIM_HOLDS_DURABLE),
           "a sync left out breaks what was promised to be durable");
    TAP_OK(result.expected[0] != 0 && result.found[0] != 0,
           "what broke is told as expected and found");
    held = run_seed(runner, scenario, result.seed).verdict == SIM_HELD;
    TAP_OK(held, "with the plant off the same seed holds");
    sim_runner_close(runner);
}

static void
check_tape(const struct sim_scenario *scenario)
{
    struct sim_runner *runner = sim_runner_open();
    struct sim_order order = { .scenario = scenario, .seed = 3, .save_tape = tmpfile() };
    struct sim_result first, second;
    struct hf_error error;

    sim_runner_run(runner, &order, &first, &error);
    order.tape = order.save_tape;
    order.save_tape = NULL;
    order.seed = 99; /* the tape says everything */
    bool played = sim_runner_run(runner, &order, &second, &error);
    TAP_OK(played && second.hash == first.hash && second.steps == first.steps,
           "a saved tape plays the run that it was saved from");
    fclose(order.tape);
    order.tape = tmpfile();
    fputs("holdfast-tape 1\ndefault seed\n", order.tape);
    TAP_OK(!sim_runner_run(runner, &order, &second, &error) &&
               strncmp(error.text, "2:", 2) == 0,
           "a malformed tape is refused, with its line");
    fclose(order.tape);
    sim_runner_close(runner);
}

/* ---- campaigns --------------------------------------------------------------------------- */

struct seen {
    uint64_t seeds[4 * SEEDS];
    uint64_t hashes[4 * SEEDS];
    unsigned count;
};

static void
see(void *context, const struct sim_result *result, const struct sim_last_events *events)
{
    (void)events;
    struct seen *seen = context;

    if (seen->count < 4 * SEEDS) {
        seen->seeds[seen->count] = result->seed;
        seen->hashes[seen->count] = result->hash;
    }
    seen->count++;
}

static bool
is_equal(const struct seen *a, const struct seen *b)
{
    return a->count == b->count &&
           memcmp(a->seeds, b->seeds, a->count * sizeof *a->seeds) == 0 &&
           memcmp(a->hashes, b->hashes, a->count * sizeof *a->hashes) == 0;
}

static void
check_campaigns(struct sim_scenario *scenario)
{
    struct sim_scenario *list[] = { scenario };
    struct sim_set set = { .list = list, .count = 1 };
    struct sim_campaign campaign = {
        .set = &set, .jobs = 1, .shard_count = 1, .doubled = 1, .doubled_of = 4
    };
    struct seen alone = { .count = 0 }, together = { .count = 0 }, shards = { .count = 0 };
    bool ordered = true;

    sim_campaign_run(&campaign, see, &alone);
    campaign.jobs = 3;
    sim_campaign_run(&campaign, see, &together);
    for (unsigned i = 0; i < alone.count; i++)
        ordered = ordered && alone.seeds[i] == i + 1;
    TAP_OK(alone.count == SEEDS && ordered, "each seed of the range once, in order");
    TAP_OK(is_equal(&alone, &together), "three jobs give what one gives, in the same order");
    campaign.shard_count = 3;
    for (campaign.shard = 0; campaign.shard < 3; campaign.shard++)
        sim_campaign_run(&campaign, see, &shards);
    bool whole = shards.count == SEEDS;
    for (unsigned i = 0; whole && i < SEEDS; i++)
        whole = shards.hashes[i] == alone.hashes[shards.seeds[i] - 1];
    TAP_OK(whole, "shards are parts of the whole, each run in one of them");
}

/* ---- sets -------------------------------------------------------------------------------- */

static void
count_line(void *context, const char *line)
{
    unsigned *count = context;

    printf("# %s\n", line);
    ++*count;
}

static void
check_tally(void)
{
    static const char text[] = "# For the test of sets.\nscenario   t\nseeds      1..2\n"
                               "engine     mode=strict sync_batch=7\n"
                               "workload   steps=5 put=1\n"
                               "fault      power_cut every=900\n"
                               "at         step 800 sync\n"
                               "expect     ack\n"
                               "expect     mark log_oversized >= 1\n"
                               "expect     cycles <= 3\n";
    struct sim_runner *runner = sim_runner_open();
    struct sim_scenario scenario;
    struct sim_complaint complaint;
    struct sim_tally tally = { 0 };
    struct sim_result result;
    unsigned lines = 0;

    sim_scenario_parse(&scenario, "t.scn", text, sizeof text - 1, &complaint);
    result = run_seed(runner, &scenario, 1);
    sim_tally_add(&tally, &result);
    TAP_OK(!sim_tally_is_full(&tally, &scenario), "one of two seeds is not the full set");
    result = run_seed(runner, &scenario, 2);
    sim_tally_add(&tally, &result);
    TAP_OK(sim_tally_is_full(&tally, &scenario) && tally.held == 2, "two of two are");
    /* The mark, the fault, the step, and the knob that strict mode has no use for. */
    TAP_OK(sim_tally_judge(&tally, &scenario, count_line, &lines) == 4 && lines == 4,
           "what never happened fails the set: a mark, a fault, a step, a knob");
    sim_scenario_fini(&scenario);
    sim_runner_close(runner);
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
    check_repeats(&scenario);
    check_plant(&scenario);
    check_tape(&scenario);
    check_campaigns(&scenario);
    check_tally();
    sim_scenario_fini(&scenario);
    return tap_done();
}
