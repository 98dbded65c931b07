/*
 * late_names.h - what one power cut lost of the names, and the next one brings: late.h for
 * directories.
 *
 * A place is a name in a folder. What was done to it comes in the order in which it was done,
 * so a late operation arrives only if its places are as the first cut left them: a name that is
 * to appear is free, a name that is to go stands for the same file, and what a rename replaces
 * is still what it was. The file that it brings has the bytes that the first cut left of it.
 */
#ifndef SIM_LATE_NAMES_H
#define SIM_LATE_NAMES_H

#include "sim/machine/disk.h"

struct sim_late_name {
    struct sim_name_op op;     /* its inode is pinned */
    enum sim_file_class class; /* of the file, before the cut */
    uint64_t was;              /* RENAME: the serial of what the cut left at `to`; 0: nothing */
};

/* Between remember and keep_lost these are all pending operations, in their order. */
struct sim_late_names {
    struct sim_late_name *at;
    size_t count, capacity;
};

/* Gives back memory; the disk is gone or knows nothing of what was pinned. */
void sim_late_names_fini(struct sim_late_names *late);
/* Lets go of all that would still arrive in `folder`, or in SIM_FOLDER_ANY. */
void sim_late_names_drop(struct sim_late_names *late, struct sim_disk *disk, unsigned folder);
/* Brings what an earlier cut lost; behind a cut. Returns how many operations found their place;
 * none is left to come. */
unsigned sim_late_names_arrive(struct sim_late_names *late, struct sim_disk *disk);
/* Before a cut: remembers what is pending. */
void sim_late_names_remember(struct sim_late_names *late, const struct sim_disk *disk);
/* Behind it: keeps of that what was lost of files of that class. `survived` says it of each. */
void sim_late_names_keep_lost(struct sim_late_names *late, struct sim_disk *disk,
                              enum sim_file_class class, const bool *survived);

#endif
