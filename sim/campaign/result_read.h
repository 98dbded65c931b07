/*
 * result_read.h - a line of results back into numbers: what `merge` and `report` live on.
 */
#ifndef SIM_RESULT_READ_H
#define SIM_RESULT_READ_H

#include "sim/campaign/pace.h"
#include "sim/run/result.h"

#define SIM_DIRECTIVES_MAX (SIM_FAULT_RULES_MAX + SIM_STEP_ORDERS_MAX)

/* PLANT: a line of `plants --json`. */
enum sim_record_kind { SIM_RECORD_RUN, SIM_RECORD_SUMMARY, SIM_RECORD_PLANT };

/* One line. Spans point into it and hold JSON as it stands there; empty: there was none. */
struct sim_record {
    enum sim_record_kind kind;

    /* a run; result.scenario, rules_fired and orders_fired wait for sim_record_place */
    char scenario[SIM_NAME_SIZE];
    struct sim_result result;
    struct {
        uint64_t line, count;
    } directives[SIM_DIRECTIVES_MAX];
    unsigned directive_count;
    struct hf_span knobs;  /* the items of the array */
    struct hf_span events; /* likewise: the last ones before a failure */
    char signature[SIM_ACCOUNT_SIZE];
    char reproduce[SIM_ACCOUNT_SIZE];

    /* a summary */
    uint64_t milliseconds, jobs;
    struct sim_pace pace;
    struct hf_span failed; /* expectations over full sets: the items of the array */

    /* a plant; with scenario, seed, property and expected as above, and milliseconds */
    char plant[SIM_NAME_SIZE];
    bool is_caught;
    uint64_t runs;
};

/*
 * False: the line is no result; wrong[] says why and at which column. Members that are not
 * known are passed over; so are names of faults, marks and the like that this build does not
 * have.
 */
#define SIM_WRONG_SIZE 160u
bool sim_record_read(struct sim_record *record, struct hf_span line,
                     char wrong[SIM_WRONG_SIZE]);

/* The run is one of `scenario`: its directives, told by their lines, find their places. */
void sim_record_place(struct sim_record *record, const struct sim_scenario *scenario,
                      uint32_t index);

#endif
