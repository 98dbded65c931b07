/*
 * environment.h - where figures come from: a figure without it is not one.
 */
#ifndef BENCH_ENVIRONMENT_H
#define BENCH_ENVIRONMENT_H

#include "cli/output.h"

#define BENCH_FACT_SIZE 128u

struct bench_environment {
    char holdfast[BENCH_FACT_SIZE]; /* version */
    char compiler[BENCH_FACT_SIZE];
    char libc[BENCH_FACT_SIZE];
    char kernel[BENCH_FACT_SIZE];
    char cpu[BENCH_FACT_SIZE];
    char file_system[BENCH_FACT_SIZE]; /* of the folder with the databases */
    char time[BENCH_FACT_SIZE];        /* UTC, RFC 3339 */
    unsigned cores;
    unsigned long long memory_bytes;
    double clock_cost_ns;
};

/* Looks. `directory` is the one whose file system counts. */
void bench_environment_look(struct bench_environment *environment, const char *directory);
/* As a JSON object, without a newline. */
void bench_environment_json(struct hf_output *output,
                            const struct bench_environment *environment);

#endif
