/*
 * saved.h - results that were written as JSON, read again: a baseline, or another run.
 */
#ifndef BENCH_SAVED_H
#define BENCH_SAVED_H

#include "bench/bench_result.h"
#include "bench/count.h"
#include "bench/environment.h"

#include <stdbool.h>

/* A row: of times, or of counts. What is not there is 0. */
struct bench_saved_row {
    char name[BENCH_NAME_SIZE];
    double median_ns, mean_ns, ops_per_s;
    double ratio; /* of the mean to the calibration beside it */
    double per_op[BENCH_COUNT_KINDS];
    bool has_instructions;
};

struct bench_saved {
    bool is_counts;
    char size[BENCH_FACT_SIZE];
    char tier[BENCH_FACT_SIZE];
    char compiler[BENCH_FACT_SIZE];
    char libc[BENCH_FACT_SIZE];
    char cpu[BENCH_FACT_SIZE];
    char commit[BENCH_FACT_SIZE]; /* "" where nobody has accepted it as a baseline */
    struct bench_saved_row *rows; /* owned */
    unsigned count, capacity;
};

/*
 * Reads the file. False: `error` is one line that says why; there is nothing to free. A file
 * without any row is refused: it would let everything pass.
 */
bool bench_saved_read(struct bench_saved *saved, const char *path, struct hf_error *error);
/* The same from bytes; `path` is for the error alone. */
bool bench_saved_parse(struct bench_saved *saved, struct hf_span text, const char *path,
                       struct hf_error *error);
void bench_saved_free(struct bench_saved *saved);

/* The row of that name, NULL if there is none. */
const struct bench_saved_row *bench_saved_find(const struct bench_saved *saved,
                                               const char *name);

#endif
