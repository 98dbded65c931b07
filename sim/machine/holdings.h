/*
 * holdings.h - what each file holds, beside the timeline: in the cache, on the disk, between.
 */
#ifndef SIM_HOLDINGS_H
#define SIM_HOLDINGS_H

#include "sim/machine/machine.h"

/*
 * A line of the timeline for each file that has something pending, and for each name that is
 * not what the disk would show; `head` comes first, as a line of its own. Nothing where no
 * timeline is kept.
 */
void sim_holdings_note(struct sim_machine *machine, const char *head);

#endif
