/*
 * result_print.h - results for programs (a JSON object a line) and for people.
 */
#ifndef SIM_RESULT_PRINT_H
#define SIM_RESULT_PRINT_H

#include "sim/campaign/tally.h"
#include "sim/run/last_events.h"

#include <stdio.h>

/* The one line that reproduces a run that did not hold. `plant` NULL: none is on. */
void sim_print_reproduce(FILE *to, const struct sim_scenario *scenario,
                         const struct sim_result *result, const char *plant);
/* `text` as a JSON string, quotes included. */
void sim_print_json_string(FILE *to, const char *text);
/* One run as one line of JSON. `plant` as above; `events` NULL: none are known. */
void sim_print_json(FILE *to, const struct sim_scenario *scenario,
                    const struct sim_result *result, const char *plant,
                    const struct sim_last_events *events);
/* What a run broke: property, expected, found and how to see it again. */
void sim_print_failure(FILE *to, const struct sim_scenario *scenario,
                       const struct sim_result *result, const char *plant);
/* The knobs of a run, as lines that a scenario could have. */
void sim_print_knobs(FILE *to, const struct sim_result *result);

void sim_print_table_head(FILE *to);
void sim_print_table_row(FILE *to, const struct sim_scenario *scenario,
                         const struct sim_tally *tally, unsigned unmet);

#endif
