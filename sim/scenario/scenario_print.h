/*
 * scenario_print.h - a scenario in memory, as text in the language's normal form.
 *
 * What is printed and read again is the same scenario, and printed once more the same text. It
 * is how the programs that make scenarios (shrink, explore) write them; a file that a person
 * wrote is printed by sim_text_print, which keeps his lines.
 */
#ifndef SIM_SCENARIO_PRINT_H
#define SIM_SCENARIO_PRINT_H

#include "sim/scenario/scenario.h"

/* `why` becomes the comment at the top; its lines end with a newline, the last one may. */
void sim_scenario_print(const struct sim_scenario *scenario, const char *why, FILE *to);
/* One fault, as its directive: "at step 3 power_cut on=wal call=sync", without a newline. */
void sim_rule_print(const struct sim_rule *rule, FILE *to);

#endif
