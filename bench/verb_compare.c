/*
 * verb_compare.c - `holdfast-bench compare BASELINE [RESULTS]`: measures what the baseline has,
 * or reads it, and judges; with --accept, what was measured becomes the baseline.
 *
 * Times are those of shared machines: a row that seems slow is measured twice more, and is slow
 * if the median of the three is. Counts are exact, and taken once.
 */
#define _POSIX_C_SOURCE 200809L
#include "bench/gate.h"
#include "bench/place.h"
#include "bench/verbs_bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRIES 3u
#define ACCEPTED_SIZE 1024u

/* ---- what there is to say ---------------------------------------------------------------- */

struct report {
    struct hf_output *output;
    bool is_json;
    bool has_line;                               /* a comma is needed */
    const char *names[BENCH_COUNT_ROWS_MAX * 4]; /* of broken rows */
    unsigned broken;
};

static void
print_compared(void *context, const struct bench_compared *c)
{
    struct report *report = context;

    if (!c->holds && report->broken < sizeof report->names / sizeof *report->names)
        report->names[report->broken++] = c->row;
    if (report->output == NULL)
        return;
    if (report->is_json) {
        hf_output_print(report->output,
                        "%s\n{\"name\": \"%s\", \"measure\": \"%s\", \"before\": %.6g, "
                        "\"now\": %.6g, \"limit\": %.6g, \"holds\": %s}",
                        report->has_line ? "," : "", c->row, c->measure, c->before,
                        c->now < 1e300 ? c->now : -1, c->limit, c->holds ? "true" : "false");
    } else if (!c->holds) {
        hf_output_print(report->output, "WORSE %-34s %-20s %.6g, was %.6g, limit %.6g\n",
                        c->row, c->measure, c->now, c->before, c->limit);
    }
    report->has_line = true;
}

static void
begin_report(struct report *report, struct hf_output *output)
{
    *report = (struct report){ .output = output, .is_json = output->json };
    if (output->json)
        hf_output_print(output, "{\"schema\": 1, \"kind\": \"comparison\", \"compared\": [");
}

static int
end_report(const struct report *report, const struct bench_gate *gate, const char *path)
{
    if (report->is_json)
        hf_output_print(report->output, "\n], \"broken\": %u}\n", gate->broken);
    else
        hf_output_print(report->output, "%s: %u compared, %u worse than allowed%s\n", path,
                        gate->compared, gate->broken,
                        gate->other_compiler ? "; another compiler, so instructions have the "
                                               "wide bound"
                                             : "");
    if (gate->compared == 0) {
        (void)fprintf(stderr, "holdfast-bench: %s: nothing was compared\n", path);
        return BENCH_STATUS_USAGE;
    }
    return gate->broken > 0 ? BENCH_STATUS_BROKEN : BENCH_STATUS_DONE;
}

/* ---- measuring --------------------------------------------------------------------------- */

/* What a run prints as JSON, read again: so that files and runs are compared alike. */
static bool
through_json(struct bench_saved *saved, void (*print)(struct hf_output *, const void *),
             const void *context)
{
    struct hf_output output = { .name = "memory", .json = true };
    struct hf_error error;
    char *text = NULL;
    size_t size = 0;

    output.to = open_memstream(&text, &size);
    if (output.to == NULL)
        bench_stop("no memory for results");
    print(&output, context);
    if (!hf_output_close(&output))
        bench_stop("no memory for results");
    bool good = bench_saved_parse(saved, (struct hf_span){ text, size }, "results", &error);
    free(text);
    if (!good)
        (void)fprintf(stderr, "holdfast-bench: %s\n", error.text);
    return good;
}

static void
print_suite(struct hf_output *output, const void *context)
{
    bench_suite_json(output, context, "");
}

struct counted {
    const struct bench_count_list *list;
    const char *directory;
};

static void
print_counted(struct hf_output *output, const void *context)
{
    const struct counted *counted = context;

    bench_counts_json(output, counted->list, counted->directory, "");
}

static void
measure(struct bench_suite *suite, const char *filter)
{
    suite->filter = filter;
    for (const struct bench_category *c = bench_categories; c->name != NULL; c++)
        c->run(suite);
}

/* The row, measured again: the median of what it has and of two more. */
static void
try_again(struct bench_saved *now, struct bench_suite *suite, const char *name)
{
    struct bench_saved_row *row = (struct bench_saved_row *)bench_saved_find(now, name);
    double ratios[TRIES];
    struct bench_saved more;

    if (row == NULL)
        return;
    ratios[0] = row->ratio;
    for (unsigned i = 1; i < TRIES; i++) {
        bench_suite_end(suite);
        measure(suite, name);
        if (!through_json(&more, print_suite, suite))
            return;
        const struct bench_saved_row *found = bench_saved_find(&more, name);
        ratios[i] = found == NULL ? ratios[0] : found->ratio;
        bench_saved_free(&more);
    }
    row->ratio = bench_median(ratios, TRIES);
}

static bool
measure_times(struct bench_saved *now, const struct bench_saved *before,
              const struct bench_args *args, struct bench_suite *suite)
{
    struct report quiet = { .output = NULL };
    struct bench_gate gate;

    const char **names = bench_alloc(before->count * sizeof *names);
    for (unsigned i = 0; i < before->count; i++)
        names[i] = before->rows[i].name;
    suite->names = names;
    suite->name_count = before->count;
    measure(suite, args->filter);
    suite->names = NULL; /* what is measured again is named by the filter */
    suite->name_count = 0;
    free(names);
    if (!through_json(now, print_suite, suite))
        return false;
    bench_gate_times(&gate, before, now, args->tier, args->filter, print_compared, &quiet);
    for (unsigned i = 0; i < quiet.broken; i++)
        try_again(now, suite, quiet.names[i]);
    return true;
}

/* ---- comparing --------------------------------------------------------------------------- */

/* The size at which a baseline was measured is that at which it is compared. */
static enum bench_size
size_of(const struct bench_saved *before, enum bench_size otherwise)
{
    for (unsigned i = 0; i < BENCH_SIZE_COUNT; i++)
        if (strcmp(bench_size_names[i], before->size) == 0)
            return (enum bench_size)i;
    return otherwise;
}

static int
judge(const struct bench_args *args, struct hf_output *output, const struct bench_saved *before,
      const struct bench_saved *now)
{
    struct report report;
    struct bench_gate gate;

    begin_report(&report, output);
    if (before->is_counts)
        bench_gate_counts(&gate, before, now, print_compared, &report);
    else
        bench_gate_times(&gate, before, now, args->tier, args->filter, print_compared, &report);
    return end_report(&report, &gate, args->line.words[0]);
}

static int
compare(const struct bench_args *args, struct hf_output *output,
        const struct bench_saved *before)
{
    struct bench_args sized = *args;
    struct bench_saved now;
    struct hf_error error;
    bool good;

    sized.size = size_of(before, args->size);
    if (args->line.word_count > 1) {
        good = bench_saved_read(&now, args->line.words[1], &error);
        if (!good)
            (void)fprintf(stderr, "holdfast-bench: %s\n", error.text);
        if (!good)
            return BENCH_STATUS_USAGE;
    } else if (before->is_counts) {
        struct bench_count_list list;
        struct counted counted = { &list, bench_place_open(args->directory) };
        good = bench_counts_take(&list, args, counted.directory) &&
               through_json(&now, print_counted, &counted);
    } else {
        struct bench_suite suite;
        bench_suite_open(&suite, &sized);
        good = measure_times(&now, before, &sized, &suite);
        bench_suite_end(&suite);
    }
    if (!good)
        return BENCH_STATUS_FAILED;
    int status = judge(args, output, before, &now);
    bench_saved_free(&now);
    return status;
}

/* ---- accepting --------------------------------------------------------------------------- */

/* The commit that the working tree stands on, with a + if it was changed since. */
static void
find_commit(char commit[BENCH_FACT_SIZE])
{
    FILE *git = popen("git describe --always --dirty=+ --abbrev=12 2>/dev/null", "r");
    size_t got = git == NULL ? 0 : fread(commit, 1, BENCH_FACT_SIZE - 1, git);

    commit[got] = 0;
    commit[strcspn(commit, "\n")] = 0;
    if (git != NULL)
        (void)pclose(git);
    if (commit[0] == 0)
        (void)snprintf(commit, BENCH_FACT_SIZE, "unknown");
}

static void
print_member(struct hf_output *output, const char *name, const char *text)
{
    hf_output_print(output, "\"%s\": ", name);
    hf_output_json_string(output, (struct hf_span){ text, strlen(text) });
}

/* The member "accepted" of the file, a comma before it. */
static void
acceptance(char accepted[ACCEPTED_SIZE], const char *why, const char *directory)
{
    struct bench_environment here;
    char commit[BENCH_FACT_SIZE], machine[2 * BENCH_FACT_SIZE];
    struct hf_output output = { .name = "memory", .json = true };

    output.to = fmemopen(accepted, ACCEPTED_SIZE, "w");
    if (output.to == NULL)
        bench_stop("no memory for a baseline");
    bench_environment_look(&here, directory);
    find_commit(commit);
    (void)snprintf(machine, sizeof machine, "%s, %u cores, %s", here.cpu, here.cores,
                   here.kernel);
    hf_output_print(&output, ",\n\"accepted\": {");
    print_member(&output, "why", why);
    hf_output_print(&output, ", ");
    print_member(&output, "when", here.time);
    hf_output_print(&output, ", ");
    print_member(&output, "commit", commit);
    hf_output_print(&output, ", ");
    print_member(&output, "machine", machine);
    hf_output_print(&output, "}\n");
    if (!hf_output_close(&output) || strlen(accepted) >= ACCEPTED_SIZE - 1)
        bench_stop("--why is too long");
}

/* Measures, and replaces the file whole or not at all. */
static int
accept_baseline(const struct bench_args *args, bool is_counts)
{
    char accepted[ACCEPTED_SIZE] = "", part[BENCH_PATH_SIZE + 8];
    struct bench_suite suite = { .count = 0 };
    struct bench_count_list list;
    struct hf_output output;
    const char *directory;

    if (is_counts) {
        directory = bench_place_open(args->directory);
        if (!bench_counts_take(&list, args, directory))
            return BENCH_STATUS_FAILED;
    } else {
        bench_suite_open(&suite, args);
        directory = suite.directory;
        measure(&suite, args->filter);
    }
    acceptance(accepted, args->why, directory);
    (void)snprintf(part, sizeof part, "%s.part", args->line.words[0]);
    if (!hf_output_open(&output, part, true))
        bench_stop_system("write", part);
    if (is_counts)
        bench_counts_json(&output, &list, directory, accepted);
    else
        bench_suite_json(&output, &suite, accepted);
    bench_suite_end(&suite);
    if (!hf_output_close(&output) || rename(part, args->line.words[0]) != 0)
        bench_stop_system("write", args->line.words[0]);
    return BENCH_STATUS_DONE;
}

/* Counts, if the file has counts; where there is none yet, if its name says so. */
static bool
wants_counts(const char *path, const struct bench_saved *before)
{
    const char *name = strrchr(path, '/');

    if (before->count > 0)
        return before->is_counts;
    return strncmp(name == NULL ? path : name + 1, "counts", 6) == 0;
}

int
bench_verb_compare(const struct bench_args *args, struct hf_output *output)
{
    struct bench_saved before;
    struct hf_error error;
    int status;

    if (((args->line.given & BENCH_OPT_ACCEPT) != 0) !=
        (args->why != NULL && args->why[0] != 0)) {
        (void)fprintf(stderr, "holdfast-bench: compare: --accept and --why \"TEXT\" go "
                              "together\n");
        return BENCH_STATUS_USAGE;
    }
    bool found = bench_saved_read(&before, args->line.words[0], &error);
    if ((args->line.given & BENCH_OPT_ACCEPT) != 0) {
        bool is_counts = wants_counts(args->line.words[0], &before);
        bench_saved_free(&before);
        return accept_baseline(args, is_counts);
    }
    if (!found) {
        (void)fprintf(stderr, "holdfast-bench: %s\n", error.text);
        return BENCH_STATUS_USAGE;
    }
    status = compare(args, output, &before);
    bench_saved_free(&before);
    return status;
}
