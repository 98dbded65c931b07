/*
 * late_names.h - what one power cut lost of the names, and a later one brings: late.h for
 * directories.
 *
 * A place is a name in a folder. What was done to it comes in the order in which it was done;
 * to different places, in any. So a lost operation comes at some later cut or never, all that
 * wait at once or each by itself, as the tape draws, unless
 *
 *   - something that was done later to one of its places is durable: then it is void for good;
 *   - its places are not as the cut left them that lost it: a name that is to appear is free, a
 *     name that is to go stands for the same file, and what a rename replaces is still what it
 *     was. Then it waits, for a creation before it may come late as well.
 *
 * The file that it brings has the bytes that the cut left of it.
 */
#ifndef SIM_LATE_NAMES_H
#define SIM_LATE_NAMES_H

#include "sim/machine/disk.h"

struct sim_late_name {
    struct sim_name_op op;     /* its inode is pinned */
    enum sim_file_class class; /* of the file, before the cut */
    uint64_t was;              /* RENAME: the serial of what the cut left at `to`; 0: nothing */
};

/* In the order in which they were done. */
struct sim_late_names {
    struct sim_late_name *at;
    size_t count, capacity;
};

/* Gives back memory; the disk is gone or knows nothing of what was pinned. */
void sim_late_names_fini(struct sim_late_names *late);
/* Lets go of all that would still arrive in `folder`, or in SIM_FOLDER_ANY. */
void sim_late_names_drop(struct sim_late_names *late, struct sim_disk *disk, unsigned folder);
/* Behind a cut: brings some of what earlier ones lost, and lets go of what is void by what the
 * disk has settled. Returns how many came. */
unsigned sim_late_names_arrive(struct sim_late_names *late, struct sim_disk *disk,
                               struct sim_tape *tape);
/* Before a cut: remembers what is pending. */
void sim_late_names_remember(struct sim_late_names *pending, const struct sim_disk *disk);
/* Behind it: adds to `late` what was lost of that, of files of that class, and lets go of the
 * rest. `survived` says it of each. */
void sim_late_names_keep_lost(struct sim_late_names *late, struct sim_late_names *pending,
                              struct sim_disk *disk, enum sim_file_class class,
                              const bool *survived);

#endif
