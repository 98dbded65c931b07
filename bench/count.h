/*
 * count.h - what operations cost in what can be counted: the same in every run, on a busy
 * machine and on an idle one.
 *
 * Databases are opened for one thread, with fixed entropy and a fixed clock; operations are a
 * fixed number of a fixed sequence.
 */
#ifndef BENCH_COUNT_H
#define BENCH_COUNT_H

#include "bench/suite.h"

enum bench_count_kind {
    BENCH_INSTRUCTIONS, /* executed, as callgrind counts them */
    BENCH_ALLOCATIONS,
    BENCH_CALLS, /* of the system */
    BENCH_WRITTEN,
    BENCH_SYNCS,
    BENCH_SYNCED,
    BENCH_COUNT_KINDS
};

/* As in "NAME_per_op" of the JSON. */
extern const char *const bench_count_names[BENCH_COUNT_KINDS];

#define BENCH_COUNT_ROWS_MAX 64u

struct bench_count_row {
    const char *name;
    uint64_t ops;
    uint64_t total[BENCH_COUNT_KINDS];
};

struct bench_count_list {
    struct bench_count_row rows[BENCH_COUNT_ROWS_MAX];
    unsigned count;
    bool has_instructions;
};

/* Counts everything but instructions. `directory` exists. */
void bench_count(struct bench_count_list *list, const char *directory);
/*
 * Adds the instructions: runs the rows once more, this program under valgrind. False: `error`
 * says why there are none.
 */
bool bench_count_instructions(struct bench_count_list *list, const char *directory,
                              const char *plant, struct hf_error *error);

#endif
