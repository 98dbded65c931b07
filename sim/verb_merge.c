/*
 * verb_merge.c - `holdfast-sim merge`: the results of many jobs, as if one had run them all.
 *
 * The lines of all files are put into the order of scenario and seed and printed as they are;
 * what is expected of sets is judged over all of them. A run that stands twice is printed once,
 * and its hashes must agree: a campaign over many machines is a test of determinism, too.
 */
#include "sim/campaign/outcome.h"
#include "sim/campaign/result_file.h"
#include "sim/grow.h"
#include "sim/verbs_sim.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A run, and where its line is. */
struct place {
    uint32_t scenario;
    uint32_t file;
    uint64_t seed;
    uint64_t hash;
    struct hf_span text;
};

struct merge {
    const struct sim_args *args;
    struct sim_set set;
    struct sim_result_file *files;
    struct sim_outcome outcome;
    struct sim_record record;
    struct place *places;
    size_t count, capacity;
};

/* ---- reading ----------------------------------------------------------------------------- */

static bool
find_scenario(const struct merge *merge, const char *name, uint32_t *index)
{
    for (size_t i = 0; i < merge->set.count; i++) {
        *index = (uint32_t)i;
        if (strcmp(merge->set.list[i]->name, name) == 0)
            return true;
    }
    return false;
}

static bool
add_run(struct merge *merge, uint32_t file, struct hf_span text)
{
    const struct sim_result_file *from = &merge->files[file];
    struct sim_record *record = &merge->record;
    struct place place = { .file = file, .seed = record->result.seed, .text = text };

    if (!find_scenario(merge, record->scenario, &place.scenario)) {
        fprintf(stderr,
                "holdfast-sim: %s:%" PRIu64 ": there is no scenario '%s'; --scenarios says "
                "where they are\n",
                from->path, from->line, record->scenario);
        return false;
    }
    place.hash = record->result.hash;
    sim_grow(&merge->places, &merge->capacity, merge->count + 1, sizeof *merge->places);
    merge->places[merge->count++] = place;
    return true;
}

/* Jobs worked side by side: what took longest is what all of it took. */
static void
add_summary(struct merge *merge)
{
    if (merge->record.milliseconds > merge->outcome.milliseconds)
        merge->outcome.milliseconds = merge->record.milliseconds;
    sim_pace_merge(&merge->outcome.pace, &merge->record.pace);
    merge->outcome.jobs += merge->record.jobs;
}

static bool
read_file(struct merge *merge, uint32_t index)
{
    struct sim_result_file *file = &merge->files[index];
    bool has_summary = false, has_lines = false;
    struct hf_span text;

    for (;;) {
        switch (sim_result_file_next(file, &merge->record, &text)) {
        case SIM_LINE_RUN:
            has_lines = true;
            if (!add_run(merge, index, text))
                return false;
            break;
        case SIM_LINE_SUMMARY:
            has_lines = has_summary = true;
            add_summary(merge);
            break;
        case SIM_LINE_PLANT:
            fprintf(stderr, "holdfast-sim: %s:%" PRIu64 ": plants are not merged\n", file->path,
                    file->line);
            return false;
        case SIM_LINE_TORN:
        case SIM_LINE_END:
            if (!has_lines) {
                fprintf(stderr, "holdfast-sim: %s: there is no result in it\n", file->path);
                return false;
            }
            if (!has_summary)
                fprintf(stderr,
                        "holdfast-sim: %s: has no summary, its job was stopped; what it had "
                        "done counts\n",
                        file->path);
            return true;
        case SIM_LINE_BAD:
            return false;
        }
    }
}

/* ---- putting together -------------------------------------------------------------------- */

static int
by_place(const void *left, const void *right)
{
    const struct place *a = left, *b = right;

    if (a->scenario != b->scenario)
        return a->scenario < b->scenario ? -1 : 1;
    if (a->seed != b->seed)
        return a->seed < b->seed ? -1 : 1;
    return (a->file > b->file) - (a->file < b->file);
}

static bool
is_same_run(const struct place *a, const struct place *b)
{
    return a->scenario == b->scenario && a->seed == b->seed;
}

/* The same run gave two traces. */
static void
tell_difference(const struct merge *merge, const struct place *a, const struct place *b)
{
    fprintf(stderr,
            "holdfast-sim: %s, seed %" PRIu64 ": %s has the hash %016" PRIx64
            ", %s has %016" PRIx64 ": other builds, or nondeterminism\n",
            merge->set.list[a->scenario]->name, a->seed, merge->files[a->file].path, a->hash,
            merge->files[b->file].path, b->hash);
}

/* Counts and prints one line; it was read before, so it is good. */
static void
take_run(struct merge *merge, const struct place *place)
{
    struct sim_record *record = &merge->record;
    char wrong[SIM_WRONG_SIZE];
    struct hf_span line = { place->text.at, place->text.len - 1 };

    if (!sim_record_read(record, line, wrong))
        return;
    sim_record_place(record, merge->set.list[place->scenario], place->scenario);
    sim_tally_add(&merge->outcome.tallies[place->scenario], &record->result);
    fwrite(place->text.at, 1, place->text.len, merge->args->out);
}

static bool
put_together(struct merge *merge)
{
    const struct place *last = NULL;
    bool agrees = true;

    if (merge->count > 0)
        qsort(merge->places, merge->count, sizeof *merge->places, by_place);
    for (size_t i = 0; i < merge->count; i++) {
        const struct place *place = &merge->places[i];
        if (last == NULL || !is_same_run(last, place)) {
            take_run(merge, place);
        } else if (last->hash != place->hash) {
            tell_difference(merge, last, place);
            agrees = false;
        }
        last = place;
    }
    return agrees;
}

/* Scenarios of which there is no run were no part of the campaign. */
static void
drop_idle(struct merge *merge)
{
    size_t kept = 0;

    for (size_t i = 0; i < merge->set.count; i++) {
        if (merge->outcome.tallies[i].runs == 0) {
            sim_scenario_fini(merge->set.list[i]);
            free(merge->set.list[i]);
            continue;
        }
        merge->set.list[kept] = merge->set.list[i];
        merge->outcome.tallies[kept++] = merge->outcome.tallies[i];
    }
    merge->set.count = kept;
}

static int
conclude(struct merge *merge)
{
    struct sim_outcome *outcome = &merge->outcome;

    outcome->set = &merge->set;
    outcome->tallies = sim_new((merge->set.count + 1) * sizeof *outcome->tallies);
    bool agrees = put_together(merge);
    drop_idle(merge);
    outcome->milliseconds += outcome->milliseconds == 0;
    sim_outcome_add_up(outcome);
    sim_outcome_summary(merge->args->out, outcome);
    if (!merge->args->json)
        sim_outcome_verdict(stderr, outcome);
    int status = sim_outcome_status(outcome);
    free(outcome->tallies);
    return agrees ? status : SIM_EXIT_SIMULATOR;
}

int
sim_verb_merge(const struct sim_args *args)
{
    struct merge merge = { .args = args };
    struct sim_args standing = *args;
    unsigned count = args->line.word_count;
    int status = SIM_EXIT_USAGE;

    if (count == 0) {
        fprintf(stderr, "holdfast-sim: merge wants files of results\n");
        return status;
    }
    /* The words are results: the scenarios are the standing ones. */
    standing.line.word_count = 0;
    merge.files = sim_new(count * sizeof *merge.files);
    bool good = sim_args_load(&standing, &merge.set);
    for (uint32_t i = 0; good && i < count; i++)
        good =
            sim_result_file_open(&merge.files[i], args->line.words[i]) && read_file(&merge, i);
    if (good)
        status = conclude(&merge);
    for (uint32_t i = 0; i < count; i++)
        sim_result_file_close(&merge.files[i]);
    free(merge.files);
    free(merge.places);
    sim_set_fini(&merge.set);
    return status;
}
