/*
 * garbage.h - what an unwritten sector may hold: remains of the same disk.
 *
 * A file system that made a size durable before the data shows what was in those blocks before.
 * The worst of that is what looks right: sectors of deleted or overwritten files of the same
 * database. They are kept in a ring, in the order in which they were given up.
 */
#ifndef SIM_GARBAGE_H
#define SIM_GARBAGE_H

#include "sim/tape.h"

#define SIM_GARBAGE_SECTOR 512u
#define SIM_GARBAGE_COUNT 96u /* sectors in the ring */

struct sim_garbage {
    uint8_t sectors[SIM_GARBAGE_COUNT][SIM_GARBAGE_SECTOR];
    unsigned next;  /* where the next one goes */
    unsigned count; /* that are filled */
};

void sim_garbage_reset(struct sim_garbage *garbage);
/* Gives up [off, off + len) of a file; whole sectors that do not begin with zeros are kept. */
void sim_garbage_add(struct sim_garbage *garbage, const uint8_t *at, uint64_t off,
                     uint64_t len);

/* Fills with what the tape chooses: zeros (draw 0), remains, ones, or noise. */
void sim_garbage_fill(const struct sim_garbage *garbage, struct sim_tape *tape, uint64_t entity,
                      uint8_t *to, size_t len);

#endif
