/*
 * mirror.h - a real folder that is to be, at every moment, what the simulated disk shows.
 */
#ifndef SIM_PARITY_MIRROR_H
#define SIM_PARITY_MIRROR_H

#include "sim/machine/machine_state.h"

/* The path below the mirror that stands for `path` on the machine, until the next call. */
const char *mirror_path(const char *path);
/* Empties the mirror. Each process makes its own below $TMPDIR, and leaves it there. */
void mirror_reset(void);
/* Removes a folder with all that is in it, if it is there. */
void mirror_clear(const char *path);
/* Compares every file of the machine with the real one, and ends the process if one differs. */
void mirror_compare(const struct sim_disk *disk);
/* Says what differs, and ends the process with the status of a failed simulator. */
_Noreturn void mirror_differs(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
