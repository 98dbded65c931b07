/*
 * lie.h - syncs that returned OK and did nothing: what they had promised, held against what a
 * power cut left.
 *
 * A device that lies leaves what a sync covered among what is pending, and notes how far it
 * claimed to be done. After a cut each byte and name that was claimed and is not there goes
 * into the ledger, as damage does; so an engine is excused only where a lie cost something.
 */
#ifndef SIM_LIE_H
#define SIM_LIE_H

#include "sim/machine/machine_state.h"

struct sim_promises;

/* What is claimed and not durable, before a cut; NULL: nothing. */
struct sim_promises *sim_promises_take(const struct sim_disk *disk);
/* Behind it: enters what was broken of them in the ledger, and frees them. */
void sim_promises_judge(struct sim_promises *promises, struct sim_machine *machine);

#endif
