/*
 * verb_explore.c - `holdfast-sim explore`: every crash and every failing call of short
 * workloads, counted.
 *
 * Each seed of each scenario is explored by a process of its own, so many at a time as there
 * are jobs; it counts in memory that it shares with the parent. If it dies, the way that it was
 * on is there. What is printed has the order of scenarios and seeds.
 */
#define _GNU_SOURCE /* mmap, fork, open_memstream */
#include "sim/campaign/result_print.h"
#include "sim/grow.h"
#include "sim/scenario/scenario_print.h"
#include "sim/search/explore.h"
#include "sim/search/freeze.h"
#include "sim/verbs_sim.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* One seed of a scenario; in shared memory. */
struct expedition {
    const struct sim_scenario *scenario;
    uint64_t seed;
    pid_t pid;
    bool has_ended, has_held;
    uint64_t ns; /* began, then took */
    struct sim_explore_counts counts;
    struct sim_explore_way way;
    struct sim_result result;
};

struct atlas {
    const struct sim_args *args;
    struct sim_set set;
    struct expedition *all;
    size_t count;
    bool is_written; /* the first failure went where -o says */
};

/* ---- processes --------------------------------------------------------------------------- */

static void
set_out(struct expedition *trip, uint64_t outcomes)
{
    trip->ns = sim_wall_ns();
    fflush(NULL);
    pid_t pid = fork();
    if (pid != 0) {
        trip->pid = pid; /* never by the child: the memory is shared */
        return;
    }
    trip->has_held = sim_explore(trip->scenario, trip->seed, outcomes, &trip->counts,
                                 &trip->way, &trip->result);
    _exit(0);
}

static void
come_back(struct expedition *trip, int status)
{
    struct sim_result *result = &trip->result;

    trip->has_ended = true;
    trip->ns = sim_wall_ns() - trip->ns;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return;
    trip->has_held = false;
    result->verdict = SIM_BROKE;
    result->property = SIM_HOLDS_ALIVE;
    snprintf(result->expected, sizeof result->expected, "the process lives on");
    snprintf(result->found, sizeof result->found, "it ended by signal %d",
             WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

static struct expedition *
find(struct atlas *atlas, pid_t pid)
{
    for (size_t i = 0; i < atlas->count; i++) {
        if (atlas->all[i].pid == pid && !atlas->all[i].has_ended)
            return &atlas->all[i];
    }
    return NULL;
}

static bool
explore_all(struct atlas *atlas)
{
    size_t next = 0, under_way = 0;

    while (next < atlas->count || under_way > 0) {
        while (next < atlas->count && under_way < atlas->args->jobs) {
            set_out(&atlas->all[next], atlas->args->outcomes);
            if (atlas->all[next++].pid < 0)
                return false;
            under_way++;
        }
        int status;
        struct expedition *trip = find(atlas, wait(&status));
        if (trip == NULL)
            continue;
        come_back(trip, status);
        under_way--;
    }
    return true;
}

/* ---- a failure --------------------------------------------------------------------------- */

/* The failing run as a scenario of its own; the caller's. */
static char *
text_of(const struct atlas *atlas, const struct expedition *trip)
{
    struct sim_scenario scenario;
    char why[400], *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);

    if (to == NULL)
        abort();
    sim_explore_apply(&scenario, trip->scenario, trip->seed, &trip->way);
    scenario.expect_count = scenario.catch_count = 0;
    if (atlas->args->plant != NULL) {
        scenario.catch_count = 1;
        scenario.catches[0] = (struct sim_catch){
            .plant = (unsigned)sim_args_plant(atlas->args->plant),
            .properties = UINT32_C(1) << trip->result.property,
        };
    }
    snprintf(why, sizeof why, "Found by exploring %s, seed %" PRIu64 ": it breaks %s.\n%.80s",
             trip->scenario->name, trip->seed, sim_property_name(trip->result.property),
             trip->result.found);
    sim_scenario_print(&scenario, why, to);
    sim_frozen_drop(&scenario);
    fclose(to);
    return text;
}

static bool
is_stream(const char *path)
{
    return path != NULL && strcmp(path, "-") == 0;
}

/* The first failure goes where -o says. Whether this one did. */
static bool
write_scenario(struct atlas *atlas, const struct expedition *trip)
{
    const char *path = atlas->args->scenario_out;

    if (path == NULL || atlas->is_written)
        return false;
    FILE *file = is_stream(path) ? atlas->args->out : fopen(path, "w");
    char *text = text_of(atlas, trip);
    bool good = file != NULL && fputs(text, file) >= 0;
    if (file != NULL && !is_stream(path) && fclose(file) != 0)
        good = false;
    free(text);
    if (!good)
        fprintf(stderr, "holdfast-sim: %s: cannot be written: %s\n", path, strerror(errno));
    atlas->is_written = good;
    return good;
}

static void
print_failure(struct atlas *atlas, const struct expedition *trip)
{
    FILE *out = atlas->args->out;
    const char *path = atlas->args->scenario_out;

    fprintf(out, "\nbroke %s: %s, seed %" PRIu64 "\n  expected   %s\n  found      %s\n",
            sim_property_name(trip->result.property), trip->scenario->name, trip->seed,
            trip->result.expected, trip->result.found);
    for (unsigned i = 0; i < trip->way.rule_count; i++) {
        fprintf(out, "  ");
        sim_rule_print(&trip->way.rules[i], out);
        putc('\n', out);
    }
    if (!is_stream(path) && write_scenario(atlas, trip))
        fprintf(out, "  reproduce: holdfast-sim replay %s", path);
    else
        fprintf(out,
                "  reproduce: holdfast-sim explore %s --seeds %" PRIu64 "..%" PRIu64
                " -o FILE.scn",
                trip->scenario->text.path, trip->seed, trip->seed);
    if (atlas->args->plant != NULL)
        fprintf(out, " --plant %s", atlas->args->plant);
    putc('\n', out);
    if (is_stream(path) && !atlas->is_written) {
        putc('\n', out);
        (void)write_scenario(atlas, trip);
    }
}

/* ---- what comes out ---------------------------------------------------------------------- */

static void
print_head(FILE *out)
{
    fprintf(out, "%-20s %6s %8s %9s %8s %8s %9s %8s %8s %7s\n", "scenario", "points",
            "outcomes", "states", "nested", "states", "failures", "versions", "runs", "ms");
}

static void
print_counts(FILE *out, const char *name, const struct sim_explore_counts *counts, uint64_t ns)
{
    fprintf(out,
            "%-20s %6" PRIu64 " %8" PRIu64 " %9" PRIu64 " %8" PRIu64 " %8" PRIu64 " %9" PRIu64
            " %8" PRIu64 " %8" PRIu64 " %7" PRIu64 "%s\n",
            name, counts->calls, counts->outcomes, counts->states, counts->nested_outcomes,
            counts->nested_states, counts->failures, counts->recovered, counts->runs,
            ns / 1000000, counts->sampled > 0 ? "  sampled" : "");
}

static void
print_failure_json(const struct atlas *atlas, const struct expedition *trip)
{
    FILE *out = atlas->args->out;
    char *text = text_of(atlas, trip);

    fprintf(out,
            ",\"property\":\"%s\",\"expected\":", sim_property_name(trip->result.property));
    sim_print_json_string(out, trip->result.expected);
    fprintf(out, ",\"found\":");
    sim_print_json_string(out, trip->result.found);
    fprintf(out, ",\"text\":");
    sim_print_json_string(out, text);
    free(text);
}

static void
print_json(const struct atlas *atlas, const struct expedition *trip)
{
    const struct sim_explore_counts *counts = &trip->counts;
    FILE *out = atlas->args->out;

    fprintf(out,
            "{\"scenario\":\"%s\",\"seed\":\"%" PRIu64
            "\",\"verdict\":\"%s\",\"points\":%" PRIu64 ",\"outcomes\":%" PRIu64
            ",\"states\":%" PRIu64 ",\"sampled\":%" PRIu64 ",\"nested\":{\"points\":%" PRIu64
            ",\"outcomes\":%" PRIu64 ",\"states\":%" PRIu64 "},\"failures\":%" PRIu64
            ",\"versions\":%" PRIu64 ",\"runs\":%" PRIu64 ",\"seconds\":%" PRIu64 ".%03" PRIu64,
            trip->scenario->name, trip->seed, trip->has_held ? "held" : "broke", counts->calls,
            counts->outcomes, counts->states, counts->sampled, counts->nested_points,
            counts->nested_outcomes, counts->nested_states, counts->failures, counts->recovered,
            counts->runs, trip->ns / 1000000000, trip->ns / 1000000 % 1000);
    if (!trip->has_held)
        print_failure_json(atlas, trip);
    fprintf(out, "}\n");
}

static void
add_up(struct sim_explore_counts *sum, const struct sim_explore_counts *counts)
{
    sum->calls += counts->calls;
    sum->outcomes += counts->outcomes;
    sum->states += counts->states;
    sum->sampled += counts->sampled;
    sum->nested_points += counts->nested_points;
    sum->nested_outcomes += counts->nested_outcomes;
    sum->nested_states += counts->nested_states;
    sum->failures += counts->failures;
    sum->recovered += counts->recovered;
    sum->runs += counts->runs;
}

static int
conclude(struct atlas *atlas, uint64_t ns)
{
    FILE *out = atlas->args->out;
    struct sim_explore_counts sum = { 0 };
    size_t broke = 0;

    if (!atlas->args->json)
        print_head(out);
    for (size_t i = 0; i < atlas->count; i++) {
        const struct expedition *trip = &atlas->all[i];
        add_up(&sum, &trip->counts);
        broke += !trip->has_held;
        if (atlas->args->json)
            print_json(atlas, trip);
        else
            print_counts(out, trip->scenario->name, &trip->counts, trip->ns);
    }
    for (size_t i = 0; i < atlas->count; i++) {
        if (atlas->all[i].has_held)
            continue;
        if (!atlas->args->json)
            print_failure(atlas, &atlas->all[i]);
        else if (!is_stream(atlas->args->scenario_out)) /* JSON has it already */
            (void)write_scenario(atlas, &atlas->all[i]);
    }
    if (atlas->args->json)
        fprintf(out,
                "{\"summary\":{\"scenarios\":%zu,\"broke\":%zu,\"runs\":%" PRIu64
                ",\"seconds\":%" PRIu64 ".%03" PRIu64 "}}\n",
                atlas->count, broke, sum.runs, ns / 1000000000, ns / 1000000 % 1000);
    else
        fprintf(out,
                "\n%s: %" PRIu64 " outcomes of %" PRIu64 " crash points, %" PRIu64
                " inside recoveries, %" PRIu64 " failing calls; %" PRIu64 " runs in %" PRIu64
                ".%" PRIu64 " s\n",
                broke == 0 ? "HELD" : "BROKE", sum.outcomes, sum.calls, sum.nested_outcomes,
                sum.failures, sum.runs, ns / 1000000000, ns / 100000000 % 10);
    return broke == 0 ? SIM_EXIT_HELD : SIM_EXIT_BROKE;
}

/* ---- the verb ---------------------------------------------------------------------------- */

static struct sim_range
seeds_of(const struct atlas *atlas, size_t i)
{
    return atlas->args->seeds.hi != 0 ? atlas->args->seeds : atlas->set.list[i]->seeds;
}

/* Makes the list of what there is to explore. False: there is no shared memory for it. */
static bool
plan(struct atlas *atlas)
{
    size_t size = 0;

    for (size_t i = 0; i < atlas->set.count; i++)
        size += seeds_of(atlas, i).hi - seeds_of(atlas, i).lo + 1;
    atlas->all = mmap(NULL, (size + 1) * sizeof *atlas->all, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (atlas->all == MAP_FAILED)
        return false;
    for (size_t i = 0; i < atlas->set.count; i++) {
        struct sim_range seeds = seeds_of(atlas, i);
        for (uint64_t seed = seeds.lo; seed <= seeds.hi; seed++) {
            struct expedition *trip = &atlas->all[atlas->count++];
            trip->scenario = atlas->set.list[i];
            trip->seed = seed;
        }
    }
    return true;
}

int
sim_verb_explore(const struct sim_args *args)
{
    struct atlas atlas = { .args = args };
    struct sim_args standing = *args;
    uint64_t began = sim_wall_ns();
    int status = SIM_EXIT_USAGE;

    if (args->line.word_count == 0)
        standing.scenarios = "scenarios/explore";
    if (sim_args_load(&standing, &atlas.set)) {
        if (plan(&atlas) && explore_all(&atlas)) {
            status = conclude(&atlas, sim_wall_ns() - began);
        } else {
            fprintf(stderr, "holdfast-sim: no processes could be started\n");
            status = SIM_EXIT_SIMULATOR;
        }
    }
    sim_set_fini(&atlas.set);
    return status;
}
