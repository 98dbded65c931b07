/*
 * bench_main.c - `holdfast-bench`: measures the engine through its public header, and judges.
 *
 * Results go to standard output, diagnostics to standard error, one line each. The exit
 * statuses are those of enum bench_status. A verb is a row of the table below and a function.
 */
#include "bench/planted.h"
#include "bench/verbs_bench.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CATEGORY(name, about)                                                                  \
    {                                                                                          \
        { name, "", about, 0, 0, BENCH_OPT_MEASURE }, bench_verb_category                      \
    }

static const struct bench_verb {
    struct hf_verb verb;
    bench_verb_fn *run;
} verbs[] = {
    { { "all", "", "every category, each row beside its target", 0, 0, BENCH_OPT_MEASURE },
      bench_verb_all },
    CATEGORY("storage", "one operation at a time, in the three modes"),
    { { "peers", "", "other engines, the same work in the same run", 0, 0, BENCH_OPT_MEASURE },
      bench_verb_peers },
    { { "profile", "", "where an operation's time goes; also: --profile", 0, 0,
        BENCH_OPT_MEASURE },
      bench_verb_profile },
    { { "report", "RESULTS.json ...", "one page of them; several: over time, oldest first", 1,
        UINT_MAX, HF_OPTION_FILES },
      bench_verb_report },
    CATEGORY("query", "scans, and reads as of an earlier version"),
    CATEGORY("compaction", "what writers feel while tables are merged, and what it writes"),
    CATEGORY("durability", "what a promise costs: syncs, groups, a stream"),
    CATEGORY("recovery", "until a database can be used again"),
    CATEGORY("memory", "what the engine holds, beside its data and at its limit"),
    CATEGORY("concurrency", "several threads at one database"),
    CATEGORY("scenarios", "an agent's run, bursts, a long run, hot and cold reads"),
    { { "ycsb", "[a..f]", "the core workloads of YCSB", 0, BENCH_YCSB_MAX, BENCH_OPT_MEASURE },
      bench_verb_ycsb },
    { { "counts", "", "instructions, allocations, calls and bytes of an operation", 0, 0,
        BENCH_OPT_DIR | HF_OPTION_JSON | BENCH_OPT_PLANT | BENCH_OPT_NO_INSTRUCTIONS },
      bench_verb_counts },
    { { "compare", "BASELINE [RESULTS]", "the gate: status 1 if something has become worse", 1,
        2,
        BENCH_OPT_MEASURE | BENCH_OPT_NO_INSTRUCTIONS | BENCH_OPT_ACCEPT | BENCH_OPT_WHY |
            HF_OPTION_FILES },
      bench_verb_compare },
    { { "targets", "", "the table of targets, and who says so", 0, 0, HF_OPTION_JSON },
      bench_verb_targets },
};
#define VERB_COUNT (sizeof verbs / sizeof verbs[0])

static const struct hf_verb *
verb_at(unsigned index)
{
    return index < VERB_COUNT ? &verbs[index].verb : NULL;
}

static int
run(struct hf_command_line *line, struct hf_output *output)
{
    const struct bench_args *args = (const struct bench_args *)line;

    if (args->plant != NULL && !bench_plant_set(args->plant)) {
        (void)fprintf(stderr, "holdfast-bench: --plant: this program has no plant '%s'\n",
                      args->plant);
        return BENCH_STATUS_USAGE;
    }
    return verbs[line->verb_index].run(args, output);
}

static const struct hf_program program = {
    .name = "holdfast-bench",
    .options = bench_options,
    .option_count = BENCH_OPTION_COUNT,
    .verb_at = verb_at,
    .help_end = "Status: 0 within limits, 1 a limit, baseline or count was broken, 2 usage, "
                "3 it could not measure.",
    .status_usage = BENCH_STATUS_USAGE,
    .status_unwritable = BENCH_STATUS_FAILED,
    .status_lost_output = BENCH_STATUS_FAILED,
    .run = run,
};

static const char *
read_variable(const char *name)
{
    return getenv(name);
}

int
main(int argc, char **argv)
{
    struct bench_args args = { .argv = argv,
                               .size = BENCH_QUICK,
                               .tier = bench_tier_find(read_variable),
                               .directory = "." };

    /* A verb that people know as an option. */
    if (argc > 1 && strcmp(argv[1], "--profile") == 0)
        argv[1] += strlen("--");
    return hf_program_main(&program, &args.line, argc, argv);
}
