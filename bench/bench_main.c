/*
 * bench_main.c - `holdfast-bench`: measures the engine through its public header, and judges.
 *
 * Results go to standard output, diagnostics to standard error, one line each. The exit
 * statuses are those of enum bench_status. A verb is a row of the table below and a function.
 */
#define _POSIX_C_SOURCE 200809L

#include "bench/planted.h"
#include "bench/verbs_bench.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define CATEGORY(name, about)                                                                  \
    {                                                                                          \
        name, "", about, 0, 0, BENCH_OPT_MEASURE, bench_verb_category                          \
    }

static const struct bench_verb verbs[] = {
    { "all", "", "every category, each row beside its target", 0, 0, BENCH_OPT_MEASURE,
      bench_verb_all },
    CATEGORY("storage", "one operation at a time, in the three modes"),
    { "peers", "", "other engines, the same work in the same run", 0, 0, BENCH_OPT_MEASURE,
      bench_verb_peers },
    { "profile", "", "where an operation's time goes; also: --profile", 0, 0, BENCH_OPT_MEASURE,
      bench_verb_profile },
    { "report", "RESULTS.json ...", "one page of them; several: over time, oldest first", 1,
      BENCH_WORDS_MAX, 0, bench_verb_report },
    CATEGORY("query", "scans, and reads as of an earlier version"),
    CATEGORY("compaction", "what writers feel while tables are merged, and what it writes"),
    CATEGORY("durability", "what a promise costs: syncs, groups, a stream"),
    CATEGORY("recovery", "until a database can be used again"),
    CATEGORY("memory", "what the engine holds, beside its data and at its limit"),
    CATEGORY("concurrency", "several threads at one database"),
    CATEGORY("scenarios", "an agent's run, bursts, a long run, hot and cold reads"),
    { "ycsb", "[a..f]", "the core workloads of YCSB", 0, 6, BENCH_OPT_MEASURE,
      bench_verb_ycsb },
    { "counts", "", "instructions, allocations, calls and bytes of an operation", 0, 0,
      BENCH_OPT_DIR | BENCH_OPT_JSON | BENCH_OPT_PLANT | BENCH_OPT_NO_INSTRUCTIONS,
      bench_verb_counts },
    { "compare", "BASELINE [RESULTS]", "the gate: status 1 if something has become worse", 1, 2,
      BENCH_OPT_MEASURE | BENCH_OPT_NO_INSTRUCTIONS | BENCH_OPT_ACCEPT | BENCH_OPT_WHY,
      bench_verb_compare },
    { "targets", "", "the table of targets, and who says so", 0, 0, 0, bench_verb_targets },
    { 0 },
};

static int
run(const struct bench_args *args, struct hf_output *output)
{
    if (args->version) {
        hf_output_print(output, "holdfast-bench %s\n", hf_version_string());
        return BENCH_STATUS_DONE;
    }
    if ((args->given & BENCH_OPT_HELP) != 0) {
        bench_args_help(verbs, args->verb, output);
        return BENCH_STATUS_DONE;
    }
    return args->verb->run(args, output);
}

static int
output_failed(const struct hf_output *output)
{
    (void)fprintf(stderr, "holdfast-bench: cannot write %s: %s\n", output->name,
                  strerror(output->error));
    return BENCH_STATUS_FAILED;
}

int
main(int argc, char **argv)
{
    struct bench_args args;
    struct hf_output output;
    struct hf_error error;

    /* A reader that goes away is a failed write, reported like any other. */
    (void)signal(SIGPIPE, SIG_IGN);
    if (!hf_output_hold_streams())
        return BENCH_STATUS_FAILED;
    /* A verb that people know as an option. */
    if (argc > 1 && strcmp(argv[1], "--profile") == 0)
        argv[1] += strlen("--");
    if (!bench_args_parse(&args, verbs, argc, argv, &error)) {
        (void)fprintf(stderr, "holdfast-bench: %s\n", error.text);
        return BENCH_STATUS_USAGE;
    }
    if (args.plant != NULL && !bench_plant_set(args.plant)) {
        (void)fprintf(stderr, "holdfast-bench: --plant: this program has no plant '%s'\n",
                      args.plant);
        return BENCH_STATUS_USAGE;
    }
    if (!hf_output_open(&output, args.out, (args.given & BENCH_OPT_JSON) != 0))
        return output_failed(&output);
    int status = run(&args, &output);
    if (!hf_output_close(&output))
        return output_failed(&output);
    return status;
}
