/*
 * verb_measure.c - the verbs that measure: one category, or all of them.
 */
#define _POSIX_C_SOURCE 200809L

#include "bench/categories.h"
#include "bench/place.h"
#include "bench/verbs_bench.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

const struct bench_category bench_categories[] = {
    { "storage", bench_storage },
    { "query", bench_query },
    { "compaction", bench_compaction },
    { "durability", bench_durability },
    { "recovery", bench_recovery },
    { "memory", bench_memory },
    { "concurrency", bench_concurrency },
    { "scenarios", bench_scenario },
    { "ycsb", bench_ycsb },
    { NULL, NULL },
};

void
bench_suite_open(struct bench_suite *suite, const struct bench_args *args)
{
    *suite = (struct bench_suite){ .size = args->size,
                                   .tier = args->tier,
                                   .filter = args->filter,
                                   .words = "",
                                   .directory = bench_place_open(args->directory),
                                   .shows_progress = isatty(STDERR_FILENO) == 1 };
    bench_suite_begin(suite);
}

/* Nothing measured is nothing proven: a filter that matches no row is a mistake. */
static int
finish(struct bench_suite *suite, struct hf_output *output)
{
    int status = BENCH_STATUS_USAGE;

    if (suite->count > 0)
        status = bench_print(output, suite);
    else
        (void)fprintf(stderr, "holdfast-bench: no row has a name like '%s'\n",
                      suite->filter == NULL ? "" : suite->filter);
    bench_suite_end(suite);
    return status;
}

int
bench_verb_category(const struct bench_args *args, struct hf_output *output)
{
    struct bench_suite suite;

    bench_suite_open(&suite, args);
    for (const struct bench_category *c = bench_categories; c->name != NULL; c++)
        if (strcmp(c->name, args->line.verb->name) == 0)
            c->run(&suite);
    return finish(&suite, output);
}

int
bench_verb_ycsb(const struct bench_args *args, struct hf_output *output)
{
    char letters[BENCH_YCSB_MAX + 1] = "";
    struct bench_suite suite;

    for (unsigned i = 0; i < args->line.word_count; i++) {
        if (strlen(args->line.words[i]) != 1 ||
            strchr("abcdef", args->line.words[i][0]) == NULL) {
            (void)fprintf(stderr, "holdfast-bench: ycsb: no workload '%s': a to f\n",
                          args->line.words[i]);
            return BENCH_STATUS_USAGE;
        }
        letters[i] = args->line.words[i][0];
        letters[i + 1] = 0;
    }
    bench_suite_open(&suite, args);
    suite.words = letters;
    bench_ycsb(&suite);
    return finish(&suite, output);
}

int
bench_verb_all(const struct bench_args *args, struct hf_output *output)
{
    struct bench_suite suite;

    bench_suite_open(&suite, args);
    for (const struct bench_category *c = bench_categories; c->name != NULL; c++)
        c->run(&suite);
    return finish(&suite, output);
}

static double
acceptable(const struct bench_target *target)
{
    return target->acceptable > 0 ? target->acceptable : target->wanted;
}

static void
print_targets_json(struct hf_output *output)
{
    for (const struct bench_target *t = bench_targets; t->row != NULL; t++) {
        hf_output_print(output,
                        "%s{\"row\": \"%s\", \"measure\": \"%s\", \"wanted\": %.6g, "
                        "\"acceptable\": %.6g, ",
                        t == bench_targets ? "{\"schema\": 1, \"targets\": [\n" : ",\n", t->row,
                        bench_measure_name(t->measure), t->wanted, acceptable(t));
        hf_output_json_bytes(output, "source",
                             (struct hf_span){ t->source, strlen(t->source) });
        hf_output_print(output, "}");
    }
    hf_output_print(output, "\n]}\n");
}

int
bench_verb_targets(const struct bench_args *args, struct hf_output *output)
{
    (void)args;
    if (output->json) {
        print_targets_json(output);
        return BENCH_STATUS_DONE;
    }
    hf_output_print(output, "%-34s %-10s %12s %12s  %s\n", "row", "measure", "wanted",
                    "acceptable", "source");
    for (const struct bench_target *t = bench_targets; t->row != NULL; t++)
        hf_output_print(output, "%-34s %-10s %12.6g %12.6g  %s\n", t->row,
                        bench_measure_name(t->measure), t->wanted, acceptable(t), t->source);
    return BENCH_STATUS_DONE;
}
