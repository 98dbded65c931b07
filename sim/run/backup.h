/*
 * backup.h - what a run knows of its backups: snapshot files beside the database, and databases
 * made of it.
 *
 *    db/       the database under test
 *    0.snap    ... slots: a save replaces what a slot has
 *    copy/     restored from snapshots, or a checkpoint
 *    saved/    what salvage made
 *
 * A call that a crash or an error struck may have had its effect or not, so a slot or a copy
 * is *unsure* until it is made anew: either what it was, or something whole and right. Nothing
 * between is admitted, and what was acknowledged before a crash is there after it.
 */
#ifndef SIM_BACKUP_H
#define SIM_BACKUP_H

#include "holdfast.h"

#define SIM_SLOTS 4u

/* A snapshot file. */
struct sim_slot {
    bool is_made;            /* a save into it succeeded: `made` is there, or something newer */
    bool is_unsure;          /* a later one may have: of a version from `unsure_from` on */
    bool is_lost;            /* damaged, or of a history that is gone: not looked at again */
    struct hf_snapshot made; /* its size and entries, too */
    uint64_t unsure_from;
};

enum sim_copy_stage {
    SIM_COPY_NONE,
    SIM_COPY_BEGUN, /* there whole, or no database at all */
    SIM_COPY_MADE   /* there, for good */
};

/* A database made of the one under test. */
struct sim_copy {
    enum sim_copy_stage stage;
    uint64_t least, most; /* the versions that it may have */
};

struct sim_backups {
    struct sim_slot slots[SIM_SLOTS];
    struct sim_copy copy, saved;
};

struct sim_run;

/* ---- steps of the workload --------------------------------------------------------------- */

/* A full or an incremental snapshot into a slot. work_backup.c */
void sim_backup_snapshot(struct sim_run *run);
/* Looks at the copy that there is; else makes one of a chain of snapshots. work_backup.c */
void sim_backup_restore(struct sim_run *run);
/* Looks at the copy that there is; else makes one. work_copy.c */
void sim_backup_checkpoint(struct sim_run *run);
/* Salvages the copy, and looks at the result. work_salvage.c */
void sim_backup_salvage(struct sim_run *run);
/* Tries to open the database a second time. work_copy.c */
void sim_backup_second(struct sim_run *run);

/* ---- between them ------------------------------------------------------------------------ */

/* There is nothing: the start of a run. */
void sim_backup_reset(struct sim_run *run);
/* The history of the database begins anew, so nothing follows from its backups. */
void sim_backup_forget(struct sim_run *run);
/* The database goes on from `version`: what backups hold beyond that was excused by damage. */
void sim_backup_recovered(struct sim_run *run, uint64_t version);
/* Before an open: what salvage makes of what a crash left; calm. */
void sim_backup_salvage_crashed(struct sim_run *run);
/* An open was refused for damage: what salvage makes of it; calm. */
void sim_backup_salvage_refused(struct sim_run *run);

/* ---- copies: work_copy.c ----------------------------------------------------------------- */

#define SIM_COPY_PATH "copy"
#define SIM_SAVED_PATH "saved"

/* Opens the copy, looks at all of it, writes to it, and removes it; calm. */
void sim_copy_look(struct sim_run *run, struct sim_copy *copy, const char *path);
/* The call that was to make it has returned. */
void sim_copy_made(struct sim_run *run, struct sim_copy *copy, const char *call,
                   enum hf_err err);

#endif
