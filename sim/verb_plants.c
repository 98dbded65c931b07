/*
 * verb_plants.c - `holdfast-sim plants`: is every planted bug caught, and by the right
 * property?
 *
 * Each plant is switched on in a process of its own and meets the scenarios that name it, seed
 * by seed in rounds, until one breaks. Chances and everything else are as in `run`. The child
 * leaves what it found in shared memory, so that a plant which brings the process down, or
 * never ends, is found too.
 */
#define _GNU_SOURCE
#include "sim/probe.h"
#include "sim/result_print.h"
#include "sim/run.h"
#include "sim/verbs_sim.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* A plant before, while and after it is tried. */
struct trial {
    unsigned plant;
    pid_t pid;
    bool is_wanted; /* asked for, or all are */
    bool is_named;  /* by at least one scenario */
    bool has_ended;
    bool is_caught;    /* by a property that its scenario expects */
    uint64_t seeds;    /* runs until then */
    uint64_t ns;       /* wall time until then */
    uint32_t expected; /* properties, of the scenario that is being run */
    struct sim_result result;
};

struct garden {
    const struct sim_args *args;
    struct sim_set set;
    struct trial *trials; /* shared with the children */
    unsigned count;
};

/* ---- one plant, in a child --------------------------------------------------------------- */

static const struct sim_catch *
find_catch(const struct sim_scenario *scenario, unsigned plant)
{
    for (unsigned i = 0; i < scenario->catch_count; i++) {
        if (scenario->catches[i].plant == plant)
            return &scenario->catches[i];
    }
    return NULL;
}

static bool
try_seed(struct sim_runner *runner, struct trial *trial, const struct sim_order *order)
{
    struct hf_error error;

    trial->seeds++;
    trial->expected = find_catch(order->scenario, trial->plant)->properties;
    /* As it would be if this were the end of the process. */
    trial->result.scenario = order->index;
    trial->result.seed = order->seed;
    trial->result.verdict = SIM_BROKE;
    trial->result.property = SIM_HOLDS_ALIVE;
    sim_watchdog();
    return sim_runner_run(runner, order, &trial->result, &error) &&
           trial->result.verdict == SIM_BROKE;
}

/* A round is one seed of each scenario that names the plant. */
static bool
try_round(const struct garden *garden, struct sim_runner *runner, struct trial *trial,
          uint64_t round, bool *any_left)
{
    *any_left = false;
    for (size_t i = 0; i < garden->set.count; i++) {
        const struct sim_scenario *scenario = garden->set.list[i];
        struct sim_order order = { .scenario = scenario,
                                   .index = (uint32_t)i,
                                   .seed = scenario->seeds.lo + round };
        if (find_catch(scenario, trial->plant) == NULL || order.seed > scenario->seeds.hi)
            continue;
        *any_left = true;
        if (try_seed(runner, trial, &order))
            return true;
    }
    return false;
}

static _Noreturn void
try_plant(const struct garden *garden, struct trial *trial)
{
    struct sim_runner *runner = sim_runner_open();
    bool any_left = true;
    uint64_t round = 0;

    sim_plant_set(trial->plant, true);
    while (any_left && !try_round(garden, runner, trial, round++, &any_left))
        continue;
    if (!any_left)
        trial->result.verdict = SIM_HELD;
    _exit(0);
}

/* ---- the parent -------------------------------------------------------------------------- */

static void
end_trial(struct trial *trial, int status)
{
    struct sim_result *result = &trial->result;

    trial->has_ended = true;
    trial->ns = sim_wall_ns() - trial->ns;
    if (WIFSIGNALED(status)) {
        result->verdict = SIM_BROKE;
        result->property = SIM_HOLDS_ALIVE;
        snprintf(result->found, sizeof result->found,
                 WTERMSIG(status) == SIGPROF ? "no end" : "signal %d", WTERMSIG(status));
    }
    trial->is_caught =
        result->verdict == SIM_BROKE && (trial->expected >> result->property & 1) != 0;
}

static bool
start_trial(const struct garden *garden, struct trial *trial)
{
    trial->ns = sim_wall_ns();
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        try_plant(garden, trial);
    trial->pid = pid; /* never by the child: the memory is shared */
    return pid > 0;
}

static struct trial *
find_trial(struct garden *garden, pid_t pid)
{
    for (unsigned i = 0; i < garden->count; i++) {
        if (garden->trials[i].pid == pid && !garden->trials[i].has_ended)
            return &garden->trials[i];
    }
    return NULL;
}

static bool
try_all(struct garden *garden)
{
    unsigned next = 0, running = 0;
    bool good = true;

    while (next < garden->count || running > 0) {
        while (next < garden->count && running < garden->args->jobs) {
            struct trial *trial = &garden->trials[next++];
            if (!trial->is_wanted || !trial->is_named)
                continue;
            good = start_trial(garden, trial);
            running += good;
        }
        int status;
        pid_t pid = running > 0 ? wait(&status) : -1;
        struct trial *trial = pid > 0 ? find_trial(garden, pid) : NULL;
        if (trial != NULL) {
            end_trial(trial, status);
            running--;
        }
    }
    return good;
}

/* ---- what comes out ---------------------------------------------------------------------- */

static void
print_properties(FILE *out, uint32_t properties)
{
    const char *bar = "";

    for (unsigned i = 0; i < SIM_PROPERTY_COUNT; i++) {
        if ((properties >> i & 1) == 0)
            continue;
        fprintf(out, "%s%s", bar, sim_property_name(i));
        bar = "|";
    }
}

static void
print_trial(const struct garden *garden, const struct trial *trial)
{
    FILE *out = garden->args->out;
    const struct sim_scenario *scenario = garden->set.list[trial->result.scenario];
    const char *name = sim_plant_name(trial->plant);

    fprintf(out, "%-28s ", name);
    if (!trial->is_named) {
        fprintf(out, "NOT NAMED by any scenario\n");
        return;
    }
    if (trial->result.verdict != SIM_BROKE) {
        fprintf(out, "SURVIVED %" PRIu64 " runs\n", trial->seeds);
        return;
    }
    fprintf(out, "%-10s %-28s %6" PRIu64 " runs %7" PRIu64 " ms",
            sim_property_name(trial->result.property), scenario->name, trial->seeds,
            trial->ns / 1000000);
    if (!trial->is_caught) {
        fprintf(out, "  WRONG PROPERTY, expected ");
        print_properties(out, trial->expected);
        fprintf(out, "\n%30s", "");
        sim_print_reproduce(out, scenario, trial->result.seed, name);
    }
    putc('\n', out);
}

static void
print_trial_json(const struct garden *garden, const struct trial *trial)
{
    FILE *out = garden->args->out;
    const struct sim_scenario *scenario = garden->set.list[trial->result.scenario];
    const char *name = sim_plant_name(trial->plant);

    fprintf(out,
            "{\"plant\":\"%s\",\"caught\":%s,\"named\":%s,\"runs\":%" PRIu64 ",\"ms\":%" PRIu64,
            name, trial->is_caught ? "true" : "false", trial->is_named ? "true" : "false",
            trial->seeds, trial->ns / 1000000);
    if (trial->result.verdict == SIM_BROKE) {
        fprintf(out, ",\"property\":\"%s\",\"expected\":\"",
                sim_property_name(trial->result.property));
        print_properties(out, trial->expected);
        fprintf(out, "\",\"scenario\":\"%s\",\"seed\":\"%" PRIu64 "\",\"reproduce\":\"",
                scenario->name, trial->result.seed);
        sim_print_reproduce(out, scenario, trial->result.seed, name);
        putc('"', out);
    }
    fprintf(out, "}\n");
}

static int
conclude(const struct garden *garden)
{
    FILE *out = garden->args->out;
    unsigned wanted = 0, caught = 0;

    for (unsigned i = 0; i < garden->count; i++) {
        const struct trial *trial = &garden->trials[i];
        if (!trial->is_wanted)
            continue;
        wanted++;
        caught += trial->is_caught;
        if (garden->args->json)
            print_trial_json(garden, trial);
        else
            print_trial(garden, trial);
    }
    if (garden->args->json)
        fprintf(out, "{\"summary\":{\"plants\":%u,\"caught\":%u}}\n", wanted, caught);
    else
        fprintf(out, "%u plants, %u caught\n", wanted, caught);
    return caught == wanted ? SIM_EXIT_HELD : SIM_EXIT_BROKE;
}

/* ---- the start --------------------------------------------------------------------------- */

static bool
choose(struct garden *garden)
{
    const struct sim_args *args = garden->args;

    for (unsigned i = 0; i < args->word_count; i++) {
        int plant = sim_args_plant(args->words[i]);
        if (plant < 0)
            return false;
        garden->trials[plant].is_wanted = true;
    }
    for (unsigned plant = 0; plant < garden->count; plant++) {
        struct trial *trial = &garden->trials[plant];
        trial->plant = plant;
        trial->is_wanted = trial->is_wanted || args->word_count == 0;
        for (size_t i = 0; i < garden->set.count; i++)
            trial->is_named |= find_catch(garden->set.list[i], plant) != NULL;
    }
    return true;
}

int
sim_verb_plants(const struct sim_args *args)
{
    struct garden garden = { .args = args, .count = sim_plant_total() };
    struct sim_args standing = *args;
    size_t size = (garden.count + 1) * sizeof *garden.trials;
    int status = SIM_EXIT_USAGE;

    standing.word_count = 0; /* the words are plants: the scenarios are the standing ones */
    garden.trials = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (garden.trials == MAP_FAILED) {
        fprintf(stderr, "holdfast-sim: no shared memory\n");
        return SIM_EXIT_SIMULATOR;
    }
    if (sim_args_load(&standing, &garden.set) && choose(&garden))
        status = try_all(&garden) ? conclude(&garden) : SIM_EXIT_SIMULATOR;
    sim_set_fini(&garden.set);
    munmap(garden.trials, size);
    return status;
}
