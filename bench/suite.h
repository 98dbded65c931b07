/*
 * suite.h - what is measured in one run of holdfast-bench, and how much of it.
 */
#ifndef BENCH_SUITE_H
#define BENCH_SUITE_H

#include "bench/bench_result.h"
#include "bench/measure.h"

enum bench_size {
    BENCH_SMOKE, /* a few milliseconds a row: it runs, and what it reads is right */
    BENCH_QUICK, /* all of it in less than three minutes */
    BENCH_FULL,  /* and in less than thirty */
    BENCH_SIZE_COUNT
};

extern const char *const bench_size_names[BENCH_SIZE_COUNT];

struct bench_suite {
    enum bench_size size;
    enum bench_tier_id tier;
    const char *filter;       /* a pattern of row names; NULL: all */
    const char *const *names; /* of the rows that are wanted, if not NULL: a baseline's */
    unsigned name_count;
    const char *words;     /* letters of the YCSB workloads that are wanted; "": all */
    const char *directory; /* for files; exists */
    bool shows_progress;   /* a repainted line on standard error */
    struct bench_effort effort;
    uint64_t pairs; /* keys that a benchmark of many keys has */

    struct bench_result *results; /* owned */
    unsigned count, capacity;
    /* Prints further members of the JSON, a comma before each; NULL: there are none. */
    void (*more_json)(struct hf_output *output, const void *context);
    const void *more_context;
};

/* What a category does; the name is also that of the verb that runs it alone. */
struct bench_category {
    const char *name;
    void (*run)(struct bench_suite *suite);
};

/* In the order in which `all` runs them. The last one has a NULL name. */
extern const struct bench_category bench_categories[];

/* Sets effort and pairs by size. The directory must be set. */
void bench_suite_begin(struct bench_suite *suite);
void bench_suite_end(struct bench_suite *suite); /* frees the rows, and the calibration */

/* Whether the row is wanted; a category leaves out the work of those that are not. */
bool bench_wants(const struct bench_suite *suite, const char *name);
/* Whether a row whose name matches `pattern` may be wanted: else its setup is left out, too. */
bool bench_may_want(const struct bench_suite *suite, const char *pattern);

/*
 * A new row, judged: figures are copied, and so is the tally's histogram if it is not NULL.
 * Borrowed until the next row is added.
 */
struct bench_result *bench_add(struct bench_suite *suite, const char *name,
                               const struct bench_figures *figures,
                               const struct bench_tally *tally);
/* A new row with a value as well. */
struct bench_result *bench_add_value(struct bench_suite *suite, const char *name,
                                     const struct bench_figures *figures,
                                     const struct bench_tally *tally, double value,
                                     const char *unit);
/* Measures one work and adds it as a row, if it is wanted. */
void bench_row(struct bench_suite *suite, const char *name, const struct bench_work *work);

/* A work among those that take turns. */
struct bench_turn {
    const char *name;
    const char *ratio; /* name of a row that says how many times as fast as the first one it
                          is; NULL: none */
    struct bench_work work;
};

/* Measures works by turns and adds their rows, if any of them is wanted. */
void bench_rows(struct bench_suite *suite, const struct bench_turn *turns, unsigned count);

/* Tells a person at a terminal what is being done. */
void bench_progress(const struct bench_suite *suite, const char *what);
void bench_progress_end(const struct bench_suite *suite);

#endif
