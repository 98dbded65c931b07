/*
 * report.h - what files of results tell, added up for a page.
 *
 *    report.c            reads the files and adds up
 *    report_page.c       the page: verdicts, failures, plants
 *    report_matrix.c     contract by plant by oracle
 *    report_coverage.c   where faults struck, and the marks
 *    report_chart.c      lines over time and over seeds
 */
#ifndef SIM_REPORT_H
#define SIM_REPORT_H

#include "sim/campaign/matrix_file.h"
#include "sim/campaign/result_file.h"
#include "sim/campaign/tally.h"

/* A scenario, as far as results tell. */
struct sim_report_scenario {
    char name[SIM_NAME_SIZE];
    uint64_t seed_first, seed_last;
    struct sim_tally tally;
};

/* Faults of one kind in one place, over all runs. */
struct sim_report_cell {
    struct sim_cell where;
    uint64_t strikes;
    uint64_t seed_first; /* the lowest seed that got there */
};

/* Runs that failed alike. Spans are borrowed from the files. */
struct sim_report_failure {
    char signature[SIM_ACCOUNT_SIZE];
    uint64_t count;
    struct sim_record first; /* the one with the lowest seed of its first scenario */
};

struct sim_report_plant {
    char name[SIM_NAME_SIZE];
    char scenario[SIM_NAME_SIZE];
    char expected[SIM_NAME_SIZE * 2];
    enum sim_property property;
    bool is_caught;
    uint64_t runs, milliseconds;
};

struct sim_report {
    struct sim_result_file *files;
    unsigned file_count;
    uint64_t torn; /* files that end too early */

    struct sim_report_scenario *scenarios;
    size_t scenario_count, scenario_capacity;
    struct sim_report_cell *cells;
    size_t cell_count, cell_capacity;
    struct sim_report_failure *failures;
    size_t failure_count, failure_capacity;
    struct sim_report_plant *plants;
    size_t plant_count, plant_capacity;
    struct sim_matrix_file matrix; /* no rows: no file is one */
    struct hf_span *unkept;        /* expectations that failed: the items of an array each */
    size_t unkept_count, unkept_capacity;

    uint64_t runs, held, broke, failed, cycles;
    uint64_t marks[HF_MARK_COUNT];
    uint64_t mark_runs[HF_MARK_COUNT];  /* runs that reached it */
    uint64_t mark_seeds[HF_MARK_COUNT]; /* the lowest seed that did */
    uint64_t milliseconds, jobs;
    struct sim_pace pace;
};

/* Reads files of results and matrices of plants, of which the last one counts; "-" is standard
 * input. False: one line is on stderr. Close it in every case. */
bool sim_report_open(struct sim_report *report, const char *const *paths, unsigned count);
void sim_report_close(struct sim_report *report);

/* The page as a whole. */
void sim_report_print(FILE *to, const struct sim_report *report);

/* ---- its parts --------------------------------------------------------------------------- */

void sim_report_coverage(FILE *to, const struct sim_report *report);
void sim_report_marks(FILE *to, const struct sim_report *report);
void sim_report_charts(FILE *to, const struct sim_report *report);
void sim_report_matrix(FILE *to, const struct sim_report *report);

#endif
