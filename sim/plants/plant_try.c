/*
 * plant_try.c - a child a trial: seed by seed in rounds over the scenarios that name the plant.
 *
 * Chances and everything else are as in `run`. The child leaves what it finds in shared memory,
 * so that a plant which brings the process down, or never ends, is found too.
 */
#define _GNU_SOURCE
#include "sim/plants/plant_try.h"

#include "sim/campaign/campaign.h"
#include "sim/machine/sim_probe.h"
#include "sim/run/run.h"
#include "sim/verbs_sim.h"

#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEATHS_MAX 3u /* and one run without an end, which takes long to stop */
#define TWICE (UINT32_C(1) << SIM_HOLDS_DETERMINISTIC)
#define OFF_SECONDS_MAX 3 /* of CPU time, where nobody judges whether a run ends */

struct sim_try *
sim_tries_new(size_t count)
{
    void *trials = mmap(NULL, (count + 1) * sizeof(struct sim_try), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return trials == MAP_FAILED ? NULL : trials;
}

void
sim_tries_free(struct sim_try *trials, size_t count)
{
    if (trials != NULL)
        munmap(trials, (count + 1) * sizeof *trials);
}

const struct sim_catch *
sim_catch_find(const struct sim_scenario *scenario, unsigned plant)
{
    for (unsigned i = 0; i < scenario->catch_count; i++) {
        if (scenario->catches[i].plant == plant)
            return &scenario->catches[i];
    }
    return NULL;
}

/* ---- in the child ------------------------------------------------------------------------ */

/* The property that broke is one that the scenario expects, and that is judged. */
static bool
is_expected(const struct sim_try *trial)
{
    return trial->result.verdict == SIM_BROKE &&
           ((trial->expected & ~trial->off) >> trial->result.property & 1) != 0;
}

/* Once; or twice, where the plant is one that makes two runs differ. */
static bool
run_seed(struct sim_runner *runner, struct sim_try *trial, const struct sim_order *order)
{
    struct hf_error error;

    if ((trial->expected & ~trial->off & TWICE) == 0)
        return sim_runner_run(runner, order, &trial->result, &error);
    sim_runner_run_twice(runner, order, &trial->result);
    if (trial->result.verdict == SIM_SIMULATOR_FAILED)
        trial->result.verdict = SIM_BROKE;
    return true;
}

/* Whether the trial is over. */
static bool
try_seed(struct sim_runner *runner, struct sim_try *trial, const struct sim_order *order)
{
    trial->runs++;
    trial->expected = sim_catch_find(order->scenario, trial->plant)->properties;
    /* As it would be if this were the end of the process. */
    trial->result.scenario = order->index;
    trial->result.seed = order->seed;
    trial->result.verdict = SIM_BROKE;
    trial->result.property = SIM_HOLDS_ALIVE;
    sim_watchdog(trial->off == 0 ? SIM_RUN_SECONDS_MAX : OFF_SECONDS_MAX);
    if (!run_seed(runner, trial, order))
        return false;
    return trial->off == 0 ? trial->result.verdict == SIM_BROKE : is_expected(trial);
}

/* A round is one seed of each scenario that names the plant. True: the trial is over. */
static bool
try_round(const struct sim_set *set, struct sim_runner *runner, struct sim_try *trial,
          bool *any_left)
{
    *any_left = false;
    while (trial->scenario < set->count) {
        size_t index = trial->scenario++;
        const struct sim_scenario *scenario = set->list[index];
        struct sim_order order = { .scenario = scenario,
                                   .index = (uint32_t)index,
                                   .seed =
                                       scenario->seeds.lo + trial->seed_skip + trial->round };
        if (sim_catch_find(scenario, trial->plant) == NULL ||
            (trial->limit == 0 ? order.seed > scenario->seeds.hi : trial->runs >= trial->limit))
            continue;
        *any_left = true;
        if (try_seed(runner, trial, &order))
            return true;
    }
    return false;
}

static void
set_contract(const struct sim_set *set, int contract)
{
    struct sim_range one = { (uint64_t)contract, (uint64_t)contract };

    for (size_t i = 0; contract != SIM_CONTRACT_AS_IS && i < set->count; i++)
        set->list[i]->knobs[SIM_KNOB_PERSONALITY].choice =
            (struct sim_choice){ .count = 1, .of = { one } };
}

static _Noreturn void
work(const struct sim_set *set, struct sim_try *trial)
{
    struct sim_runner *runner = sim_runner_open();
    bool any_left = true;

    /* What a planted bug says while it dies is no news. */
    if (freopen("/dev/null", "w", stderr) == NULL)
        _exit(SIM_EXIT_SIMULATOR);
    set_contract(set, trial->contract); /* the child's own copy */
    sim_plant_set(trial->plant, true);
    sim_run_without(trial->off);
    while (any_left && !try_round(set, runner, trial, &any_left)) {
        trial->round++;
        trial->scenario = 0;
    }
    if (!any_left)
        trial->result.verdict = SIM_HELD;
    _exit(0);
}

/* ---- in the parent ----------------------------------------------------------------------- */

static bool
start(const struct sim_set *set, struct sim_try *trial)
{
    trial->ns = sim_wall_ns() - trial->ns; /* what it took before it died, if it did */
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        work(set, trial);
    trial->pid = pid; /* never by the child: the memory is shared */
    return pid > 0;
}

/* False: the trial goes on in another child, behind the run that this one died in. */
static bool
end(struct sim_try *trial, int status)
{
    struct sim_result *result = &trial->result;

    trial->ns = sim_wall_ns() - trial->ns;
    if (WIFSIGNALED(status)) {
        result->verdict = SIM_BROKE;
        result->property = SIM_HOLDS_ALIVE;
        snprintf(result->found, sizeof result->found,
                 WTERMSIG(status) == SIGPROF ? "no end" : "signal %d", WTERMSIG(status));
    }
    trial->is_caught = is_expected(trial);
    trial->deaths += WIFSIGNALED(status);
    trial->has_ended = trial->off == 0 || trial->is_caught || !WIFSIGNALED(status) ||
                       WTERMSIG(status) == SIGPROF || trial->deaths == DEATHS_MAX;
    return trial->has_ended;
}

static struct sim_try *
find(struct sim_try *trials, size_t count, pid_t pid)
{
    for (size_t i = 0; i < count; i++) {
        if (trials[i].pid == pid && !trials[i].has_ended)
            return &trials[i];
    }
    return NULL;
}

static void
look_who_is_named(struct sim_try *trials, size_t count, const struct sim_set *set)
{
    for (size_t t = 0; t < count; t++) {
        trials[t].is_named = false;
        for (size_t i = 0; i < set->count; i++)
            trials[t].is_named |= sim_catch_find(set->list[i], trials[t].plant) != NULL;
    }
}

bool
sim_tries_run(struct sim_try *trials, size_t count, const struct sim_set *set, unsigned jobs)
{
    size_t next = 0, running = 0;
    bool good = true;

    look_who_is_named(trials, count, set);
    while (good && (next < count || running > 0)) {
        while (good && next < count && running < jobs) {
            struct sim_try *trial = &trials[next++];
            if (!trial->is_named)
                continue;
            good = start(set, trial);
            running += good;
        }
        int status;
        pid_t pid = running > 0 ? wait(&status) : -1;
        struct sim_try *trial = pid > 0 ? find(trials, count, pid) : NULL;
        if (trial == NULL)
            continue;
        if (end(trial, status))
            running--;
        else
            good = start(set, trial);
    }
    return good;
}
