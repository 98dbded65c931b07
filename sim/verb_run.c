/*
 * verb_run.c - `holdfast-sim run`: a campaign, its table and its verdict.
 */
#define _GNU_SOURCE /* open_memstream */
#include "sim/campaign/outcome.h"
#include "sim/campaign/progress.h"
#include "sim/campaign/result_print.h"
#include "sim/grow.h"
#include "sim/verbs_sim.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LAST_EVENTS 12u
#define FAILURES_MAX 5u /* that are shown of one scenario; the table counts them all */

/* A line of JSON that waits for its place: with --time, runs are not dealt in order. */
struct held_line {
    uint32_t scenario;
    uint64_t seed;
    char *text;
};

struct show {
    const struct sim_args *args;
    const struct sim_set *set;
    struct sim_tally *tallies;
    uint64_t done, size;
    uint64_t cycles, failures;
    uint64_t began_ns;
    struct sim_pace pace;
    struct sim_progress progress;
    struct held_line *lines;
    size_t line_count, line_capacity;
};

/* ---- a failure, with what led to it ------------------------------------------------------ */

static void
show_last_events(FILE *out, const struct sim_last_events *events)
{
    uint32_t at = 0, count = 0;

    while (sim_last_events_next(events, &at).len > 0)
        count++;
    at = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct hf_span line = sim_last_events_next(events, &at);
        if (i + LAST_EVENTS >= count)
            fprintf(out, "  %.*s\n", (int)line.len, (const char *)line.at);
    }
}

static void
show_failure(struct show *show, const struct sim_result *result,
             const struct sim_last_events *events)
{
    const struct sim_tally *tally = &show->tallies[result->scenario];
    const struct sim_scenario *scenario = show->set->list[result->scenario];
    uint64_t count = tally->broke + tally->failed;

    sim_progress_clear(&show->progress);
    if (count <= FAILURES_MAX)
        sim_print_failure(show->args->out, scenario, result, show->args->plant);
    else if (count == FAILURES_MAX + 1)
        fprintf(show->args->out, "\n%s: more runs failed; --json shows each\n", scenario->name);
    if (count == 1)
        show_last_events(show->args->out, events);
}

/* ---- results as they come ---------------------------------------------------------------- */

static void
hold_line(struct show *show, const struct sim_result *result,
          const struct sim_last_events *events)
{
    struct held_line line = { .scenario = result->scenario, .seed = result->seed };
    size_t size;
    FILE *text = open_memstream(&line.text, &size);

    if (text == NULL)
        return;
    sim_print_json(text, show->set->list[result->scenario], result, show->args->plant, events);
    fclose(text);
    sim_grow(&show->lines, &show->line_capacity, show->line_count + 1, sizeof *show->lines);
    show->lines[show->line_count++] = line;
}

static int
by_place(const void *left, const void *right)
{
    const struct held_line *a = left, *b = right;

    if (a->scenario != b->scenario)
        return a->scenario < b->scenario ? -1 : 1;
    return (a->seed > b->seed) - (a->seed < b->seed);
}

static void
release_lines(struct show *show)
{
    if (show->line_count > 0)
        qsort(show->lines, show->line_count, sizeof *show->lines, by_place);
    for (size_t i = 0; i < show->line_count; i++) {
        fputs(show->lines[i].text, show->args->out);
        free(show->lines[i].text);
    }
    free(show->lines);
}

/* Scenarios come one after the other; with a budget all of them are under way at once. */
static void
show_progress(struct show *show, const struct sim_result *result)
{
    uint64_t now_ns = sim_wall_ns();
    struct sim_progress_now now = {
        .scenario_done = show->args->time_ns != 0 ? 0 : result->scenario,
        .scenario_count = show->set->count,
        .run_done = show->done,
        .run_count = show->size,
        .cycles = show->cycles,
        .failures = show->failures,
        .elapsed_ns = now_ns - show->began_ns,
        .budget_ns = show->args->time_ns,
    };

    show->cycles = now.cycles += result->cycles;
    show->failures = now.failures += result->verdict != SIM_HELD;
    sim_progress_show(&show->progress, &now, now_ns);
}

static void
each_result(void *context, const struct sim_result *result,
            const struct sim_last_events *events)
{
    struct show *show = context;

    show->done++;
    sim_pace_add(&show->pace, (sim_wall_ns() - show->began_ns) / 1000000, show->done);
    sim_tally_add(&show->tallies[result->scenario], result);
    if (show->args->json && show->args->time_ns != 0)
        hold_line(show, result, events);
    else if (show->args->json)
        sim_print_json(show->args->out, show->set->list[result->scenario], result,
                       show->args->plant, events);
    else if (result->verdict != SIM_HELD)
        show_failure(show, result, events);
    show_progress(show, result);
}

/* ---- the end ----------------------------------------------------------------------------- */

static int
conclude(struct show *show)
{
    struct sim_outcome outcome = {
        .set = show->set,
        .tallies = show->tallies,
        .milliseconds = (sim_wall_ns() - show->began_ns) / 1000000 + 1,
        .jobs = show->args->jobs,
        .pace = show->pace,
    };

    sim_pace_end(&outcome.pace, outcome.milliseconds, show->done);
    sim_outcome_add_up(&outcome);
    sim_progress_clear(&show->progress);
    if (show->args->json) {
        release_lines(show);
        sim_outcome_summary(show->args->out, &outcome);
    } else {
        sim_outcome_table(show->args->out, &outcome);
    }
    return sim_outcome_status(&outcome);
}

int
sim_verb_run(const struct sim_args *args)
{
    struct sim_set set = { 0 };
    struct show show = { .args = args, .set = &set, .began_ns = sim_wall_ns() };
    struct sim_campaign campaign = {
        .set = &set,
        .seeds = args->seeds,
        .jobs = args->jobs,
        .shard = args->shard,
        .shard_count = args->shard_count,
        .time_ns = args->time_ns,
        .doubled = args->doubled,
        .doubled_of = args->doubled_of,
    };
    int status = SIM_EXIT_USAGE;

    if (sim_args_load(args, &set)) {
        show.tallies = sim_new((set.count + 1) * sizeof *show.tallies);
        show.size = sim_campaign_size(&campaign);
        show.progress = sim_progress_begin(args->progress);
        if (sim_campaign_run(&campaign, each_result, &show)) {
            status = conclude(&show);
        } else {
            fprintf(stderr, "holdfast-sim: no processes could be started\n");
            status = SIM_EXIT_SIMULATOR;
        }
        free(show.tallies);
    }
    sim_set_fini(&set);
    return status;
}
