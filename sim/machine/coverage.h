/*
 * coverage.h - where faults struck in one run: which fault, in which class of file, in which
 * phase, in which field of its format.
 *
 * It goes with the result through a pipe, so it is plain and small: a cell for each combination
 * that occurred.
 */
#ifndef SIM_COVERAGE_H
#define SIM_COVERAGE_H

#include "sim/machine/machine.h"

/* Cells of one run; strikes beyond are counted together. */
#define SIM_CELLS_MAX 64u

/* Whether the engine was running, recovering, or not there at all. */
enum sim_moment { SIM_MOMENT_RUN, SIM_MOMENT_RECOVERY, SIM_MOMENT_REST, SIM_MOMENT_COUNT };

struct sim_cell {
    uint8_t fault, file, moment;
    uint8_t field; /* 0: none was aimed at or met, else its index in sim_locate_field, + 1 */
    uint32_t strikes;
};

struct sim_coverage {
    uint32_t count;
    uint32_t beyond; /* strikes for which there was no cell left */
    struct sim_cell cells[SIM_CELLS_MAX];
};

void sim_coverage_add(struct sim_coverage *coverage, struct sim_cell where);
/* The index of a field's name + 1; 0: "" or none of that name. */
uint8_t sim_coverage_field(const char *name);

/* FAULT/FILE/MOMENT or FAULT/FILE/MOMENT/FIELD, into `to`. */
#define SIM_CELL_NAME_SIZE 96u
void sim_cell_name(const struct sim_cell *cell, char to[SIM_CELL_NAME_SIZE]);
/* The cell of such a name; false: there is none. */
bool sim_cell_read(struct sim_cell *cell, const char *name);

#endif
