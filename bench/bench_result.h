/*
 * bench_result.h - one row: a name that says the guarantee, its figures, and what is judged by
 * them.
 */
#ifndef BENCH_RESULT_H
#define BENCH_RESULT_H

#include "bench/figures.h"
#include "bench/target.h"
#include "cli/output.h"

#define BENCH_NAME_SIZE 64u
#define BENCH_JUDGED_MAX 4u

enum bench_verdict {
    BENCH_VERDICT_NONE, /* there is no target */
    BENCH_VERDICT_OK,   /* within the limit of every one */
    BENCH_VERDICT_SLOW  /* over the limit of one */
};

/* One measure of a row, held against its target. */
struct bench_judged {
    const struct bench_target *target;
    double figure;
    double limit;
    bool holds;     /* within the limit of the tier */
    bool is_wanted; /* as good as is wanted, whatever the tier */
};

struct bench_result {
    char name[BENCH_NAME_SIZE];
    struct bench_figures figures;
    /* What is not a duration: a size or a ratio, in `unit`. NULL: there is none. */
    const char *unit;
    double value;
    struct bench_judged judged[BENCH_JUDGED_MAX];
    unsigned judged_count;
    enum bench_verdict verdict;
    struct bench_histogram *histogram; /* of durations; owned; NULL: none is kept */
};

/* Holds the row against all its targets. */
void bench_result_judge(struct bench_result *result, const struct bench_tier *tier);

/* The row as a JSON object, without a newline. */
void bench_result_json(struct hf_output *output, const struct bench_result *result);

#endif
