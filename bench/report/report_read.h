/*
 * report_read.h - results of holdfast-bench, read again from their JSON.
 *
 * What a member is called and means is in bench/result.c, bench/print.c and
 * bench/peers/verb_peers.c. Members that are unknown are passed over, those that are missing
 * are NaN or empty, so that results of older and newer programs can be read.
 */
#ifndef BENCH_REPORT_READ_H
#define BENCH_REPORT_READ_H

#include "bench/figures.h"
#include "holdfast.h"

#define BENCH_REPORT_NAME_SIZE 64u
#define BENCH_REPORT_WORD_SIZE 24u
#define BENCH_REPORT_TEXT_SIZE 128u
#define BENCH_REPORT_JUDGED_MAX 4u
#define BENCH_REPORT_FACTS_MAX 16u
#define BENCH_REPORT_ENGINES_MAX 16u
#define BENCH_REPORT_TASKS_MAX 64u
#define BENCH_REPORT_STANDINGS_MAX 4u
#define BENCH_REPORT_ROWS_MAX 4096u

/* One measure of a row beside its target. */
struct bench_report_judged {
    char measure[BENCH_REPORT_WORD_SIZE];
    double figure, target, limit;
    bool holds, is_wanted;
};

/* So many durations from `from_ns` up to where the next bucket begins. */
struct bench_report_bucket {
    double from_ns;
    double count;
};

struct bench_report_row {
    char name[BENCH_REPORT_NAME_SIZE];
    double median_ns, mean_ns, p50_ns, p95_ns, p99_ns, p999_ns, max_ns, ops_per_s;
    double value; /* in `unit`, where that is not empty */
    char unit[BENCH_REPORT_WORD_SIZE];
    char verdict[BENCH_REPORT_WORD_SIZE];
    struct bench_report_judged judged[BENCH_REPORT_JUDGED_MAX];
    unsigned judged_count;
    struct bench_report_bucket *buckets; /* owned by the report */
    unsigned bucket_count;
};

struct bench_report_fact {
    char name[BENCH_REPORT_WORD_SIZE];
    char text[BENCH_REPORT_TEXT_SIZE];
};

struct bench_report_engine {
    char name[BENCH_REPORT_WORD_SIZE];
    char version[BENCH_REPORT_TEXT_SIZE];
    char missing[BENCH_REPORT_WORD_SIZE]; /* the package that it needs; empty: it was there */
};

struct bench_report_standing {
    char against[BENCH_REPORT_WORD_SIZE];
    char peer[BENCH_REPORT_WORD_SIZE];
    double figure, wanted; /* wanted NaN: nothing is */
    bool met;
};

struct bench_report_task {
    char about[BENCH_REPORT_NAME_SIZE];
    char unit[BENCH_REPORT_WORD_SIZE];
    char engines[BENCH_REPORT_ENGINES_MAX][BENCH_REPORT_WORD_SIZE];
    double figures[BENCH_REPORT_ENGINES_MAX];
    unsigned figure_count;
    struct bench_report_standing standings[BENCH_REPORT_STANDINGS_MAX];
    unsigned standing_count;
};

struct bench_report {
    char tier[BENCH_REPORT_WORD_SIZE];
    char size[BENCH_REPORT_WORD_SIZE];
    struct bench_report_fact facts[BENCH_REPORT_FACTS_MAX]; /* of the environment */
    unsigned fact_count;
    struct bench_report_row *rows; /* owned */
    unsigned row_count;
    double pairs, rounds; /* of the comparison with peers */
    struct bench_report_engine engines[BENCH_REPORT_ENGINES_MAX];
    unsigned engine_count;
    struct bench_report_task tasks[BENCH_REPORT_TASKS_MAX];
    unsigned task_count;
};

/*
 * Fills a zeroed report. False: the text is no JSON, or no results; `error` says which, and
 * where. What was read so far is to be freed all the same.
 */
bool bench_report_read(struct bench_report *report, struct hf_span text,
                       struct hf_error *error);
void bench_report_free(struct bench_report *report);

/* The fact of that name; "" if there is none. */
const char *bench_report_fact(const struct bench_report *report, const char *name);
/* The row of that name; NULL if there is none. */
const struct bench_report_row *bench_report_row(const struct bench_report *report,
                                                const char *name);

#endif
