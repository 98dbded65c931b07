/*
 * verbs_bench.h - the command line of holdfast-bench, read, and the verbs it is for.
 */
#ifndef BENCH_VERBS_BENCH_H
#define BENCH_VERBS_BENCH_H

#include "bench/count.h"
#include "bench/stop.h"
#include "bench/suite.h"
#include "cli/program.h"

/* Options; a verb names those that it takes by these bits. */
#define BENCH_OPT_SIZE 1u /* --quick, --full, --smoke */
#define BENCH_OPT_FILTER 2u
#define BENCH_OPT_TIER 4u
#define BENCH_OPT_DIR 8u
#define BENCH_OPT_PLANT 16u
#define BENCH_OPT_NO_INSTRUCTIONS 32u
#define BENCH_OPT_ACCEPT 64u
#define BENCH_OPT_WHY 128u
#define BENCH_OPT_MEASURE                                                                      \
    (BENCH_OPT_SIZE | BENCH_OPT_FILTER | BENCH_OPT_TIER | BENCH_OPT_DIR | BENCH_OPT_PLANT |    \
     HF_OPTION_JSON)

#define BENCH_YCSB_MAX 6u /* workloads on one line */

struct bench_args {
    struct hf_command_line line;
    char **argv; /* all of it, as main got it */
    enum bench_size size;
    enum bench_tier_id tier; /* as the environment says, if no option does */
    const char *filter;
    const char *directory; /* where the folder for files is made */
    const char *plant;
    const char *why; /* a baseline is accepted */
};

/* Carries out a verb; returns the exit status. Results go to `output`. */
typedef int bench_verb_fn(const struct bench_args *args, struct hf_output *output);

#define BENCH_OPTION_COUNT 11u
extern const struct hf_option bench_options[BENCH_OPTION_COUNT];

/* One category, named like the verb. */
bench_verb_fn bench_verb_category;
/* The workloads that are named, or all. */
bench_verb_fn bench_verb_ycsb;
/* Every category. */
bench_verb_fn bench_verb_all;
/* Other engines, beside this one. */
bench_verb_fn bench_verb_peers;
/* Where the time of an operation goes, layer by layer. */
bench_verb_fn bench_verb_profile;
/* One page of results: the words are their files, oldest first. */
bench_verb_fn bench_verb_report;
/* What operations cost in what can be counted. */
bench_verb_fn bench_verb_counts;
/* A run against a baseline, or a new baseline. */
bench_verb_fn bench_verb_compare;
/* What is measured: the categories, and the table of targets. */
bench_verb_fn bench_verb_targets;

/* Begins a suite as the options say, with a folder of its own. */
void bench_suite_open(struct bench_suite *suite, const struct bench_args *args);
/* Prints all rows, as the output wants them; returns the exit status that they mean. */
int bench_print(struct hf_output *output, const struct bench_suite *suite);

/* All rows as JSON; `accepted` is "", or what a baseline has as well, a comma before it. */
void bench_suite_json(struct hf_output *output, const struct bench_suite *suite,
                      const char *accepted);
void bench_counts_json(struct hf_output *output, const struct bench_count_list *list,
                       const char *directory, const char *accepted);
/* Counts, instructions too unless the options say no. False: a line on stderr says why. */
bool bench_counts_take(struct bench_count_list *list, const struct bench_args *args,
                       const char *directory);

#endif
