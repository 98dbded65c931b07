/*
 * cut.h - a power cut: which of the pending operations reach the disk, and how much of each.
 */
#ifndef SIM_CUT_H
#define SIM_CUT_H

#include "sim/machine/disk.h"

/* The sites of `each`: what they draw, and nothing else, says what a cut leaves. */
#define SIM_CUT_EACH_UNIT "cut.each_unit"
#define SIM_CUT_EACH_SIZE "cut.each_size"
#define SIM_CUT_EACH_NAME "cut.each_name"
#define SIM_CUT_NAMES "cut.names"           /* where the file system orders names */
#define SIM_CUT_SEQUENTIAL "cut.sequential" /* where it orders everything */

struct sim_cut {
    enum sim_personality personality;
    uint32_t unit;                /* bytes that the device writes at once */
    bool is_atomic;               /* and never tears */
    uint64_t survive, survive_of; /* the share of pending units and names kept; 0/0: drawn */
    bool each; /* every unit, size and name by itself, each outcome as likely as the other */
    const struct sim_rule *torn;  /* NULL, or a torn_write that has its way */
    const struct sim_rule *names; /* NULL, or a lost_name that has its way */
    bool *names_survive; /* NULL, or is told of each pending name operation whether it did */
};

/* Whether a sync that is broken off never leaves a size without the data that grew it: so it is
 * where nobody may see what other files had there. */
bool sim_cut_grows_with_data(enum sim_personality personality);
/* Whether a name that one cut lost may be there after the next. */
bool sim_cut_admits_late_names(enum sim_personality personality);

/*
 * Leaves `disk` as it is when the power is back: the cache is the disk, nothing is pending.
 * What is possible is in cut.c; which of it happens, the tape says.
 */
void sim_cut_power(struct sim_disk *disk, struct sim_tape *tape, const struct sim_cut *cut);

#endif
