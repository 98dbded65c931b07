/*
 * machine_state.h - the inside of a simulated machine, shared by the modules that make it up.
 */
#ifndef SIM_MACHINE_STATE_H
#define SIM_MACHINE_STATE_H

#include "format/manifest_format.h"
#include "sim/machine/disk.h"
#include "sim/machine/fault.h"
#include "sim/machine/heap.h"
#include "sim/machine/late.h"
#include "sim/machine/late_names.h"
#include "sim/machine/ledger.h"
#include "sim/machine/log_copy.h"
#include "sim/machine/machine.h"
#include "sim/machine/trace.h"

#include <setjmp.h>

/* A file as it was at some time between two lives. */
struct sim_shelved {
    unsigned folder;
    char name[HF_NAME_SIZE_MAX];
    uint8_t *bytes;
    size_t size, capacity;
};

struct sim_shelf {
    struct sim_shelved *at; /* beyond `count` are buffers to be used again */
    size_t count, capacity;
};

/* What damage took of the log since recovery last wrote its own. */
struct sim_toll {
    bool is_told;   /* something vouches for a part of it: an open must refuse */
    uint64_t least; /* commits up to here are there all the same; UINT64_MAX: nothing is missing
                       that nobody vouches for */
};

/* Who holds the lock of a folder. */
struct sim_folder_lock {
    bool is_exclusive;
    unsigned shared;
};

/* The manifest that the order rules read last; as good as the inode's bytes, for one life. */
struct sim_manifest_read {
    const struct sim_inode *inode; /* NULL: none */
    uint64_t serial, changed;      /* of the inode then */
    bool is_good;
    struct hf_manifest manifest;
};

struct sim_machine {
    struct sim_machine_config config;
    struct sim_tape *tape;
    struct sim_disk disk;
    struct sim_heap heap;
    struct sim_book book;
    struct sim_toll toll;
    struct sim_log_copy *log_before; /* what the toll was taken of; NULL: nothing is missing */
    struct sim_late late;
    struct sim_late_names late_names;
    struct sim_shelf shelf; /* filled where a rule brings files back */
    struct sim_history history;
    struct sim_faults faults;

    uint64_t arrivals;  /* of what an earlier cut lost: pieces and names that came late */
    uint64_t lies_told; /* of a liar: what it said to be durable, and a cut took */
    uint64_t now_ns;
    uint64_t wall_offset_us; /* of the wall clock, which steps; modulo 2^64 */
    uint64_t wall_frozen_us; /* where it stands, until step `wall_frozen_until` */
    uint64_t wall_frozen_until;
    uint64_t steps;
    uint64_t entropy; /* numbers handed out */
    enum sim_phase phase;
    bool calm;
    const char *order_breach; /* the first one, NULL: none */

    /* one life */
    bool is_alive;
    jmp_buf end;
    const struct sim_rule *end_rule; /* the crash that ended it */
    struct hf_dir *dirs;             /* open ones, and the files under them */
    struct hf_file *files;
    struct sim_folder_lock locks_on[SIM_FOLDERS_MAX];
    unsigned locks; /* mutexes held: others can run only while there is none */
    struct sim_manifest_read manifest_read;
    struct sim_toll misread_toll;  /* the same with what reads showed wrong */
    struct sim_log_copy *log_seen; /* the log as they showed it; NULL: as it is */
    bool in_sync;                  /* `during` runs, and is not called again */
    bool in_other;                 /* another thread acts, and may leave through `other` */
    jmp_buf other;
    void (*during)(void *);
    void *during_context;
    const char *stuck;
    uint64_t leaks;
};

/* The machine that the VFS acts on; NULL before the first reset. */
extern struct sim_machine *sim_machine_current;

/* Ends the life where it stands; what the crash leaves is done by sim_machine_life. */
_Noreturn void sim_machine_crash(struct sim_machine *machine, const struct sim_rule *rule);
_Noreturn void sim_machine_stop(struct sim_machine *machine, const char *why);

/* Gives up what is open: the end of a life. vfs_sim_dir.c */
void sim_vfs_forget(struct sim_machine *machine);

/* Faults at rest; returns how many. media.c */
unsigned sim_media_strike(struct sim_machine *machine);

/* The order rules, asked before the call has its effect. order.c */
void sim_order_rename(struct sim_machine *machine, unsigned folder,
                      const struct sim_inode *inode, const char *to);
void sim_order_write(struct sim_machine *machine, unsigned folder,
                     const struct sim_inode *inode, uint64_t off, struct hf_span from);
void sim_order_remove(struct sim_machine *machine, unsigned folder, const char *name);
/* Whether it is the newest manifest that can be seen in the folder. */
bool sim_order_is_newest(const struct sim_machine *machine, unsigned folder,
                         const char *manifest);
/* Whether the newest manifest that can be seen in the folder names the table. */
bool sim_order_is_current(struct sim_machine *machine, unsigned folder, const char *table);

#endif
