/*
 * late.h - what one power cut lost of a file, and the next one brings: a queue somewhere below
 * that outlived the first.
 *
 * A device writes what it was given for one place in the order in which it was given. So a late
 * piece reaches its place only if nothing else was written there since.
 */
#ifndef SIM_LATE_H
#define SIM_LATE_H

#include "sim/machine/disk.h"

struct sim_late_piece {
    struct sim_inode *inode;
    uint64_t serial; /* of the inode, which may be used again */
    uint64_t off;
    uint32_t len;
    uint8_t bytes[SIM_SECTOR]; /* what was to be written, */
    uint8_t was[SIM_SECTOR];   /* and what the cut left there instead */
};

struct sim_late {
    struct sim_late_piece *at;
    size_t count, capacity;
};

void sim_late_fini(struct sim_late *late);
/* Brings what earlier cuts lost; behind a cut. Returns how many pieces found their place. */
unsigned sim_late_arrive(struct sim_late *late);
/* Before a cut: remembers what is pending of files of that class. */
void sim_late_remember(struct sim_late *late, const struct sim_disk *disk,
                       enum sim_file_class class);
/* Behind it: keeps of that what was lost. */
void sim_late_keep_lost(struct sim_late *late);

#endif
