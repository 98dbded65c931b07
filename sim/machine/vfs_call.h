/*
 * vfs_call.h - how every call of the simulated VFS goes, and what is open.
 *
 *   begin    the clock moves, the rules are asked, a crash may strike before the effect
 *   effect   on the disk (disk.h), in whole, in part, or not at all where a rule says so
 *   end      the outcome is traced, a crash may strike after the effect
 *
 * A crash half way leaves a part of a write, some of what a sync covers, or, of a call that has
 * no halves, nothing. Shared by the calls on files (vfs_sim.c) and on folders (vfs_sim_dir.c).
 */
#ifndef SIM_VFS_CALL_H
#define SIM_VFS_CALL_H

#include "sim/machine/machine_state.h"
#include "vfs/vfs_file.h"

struct hf_dir {
    struct hf_dir *next, **here; /* in the machine's list */
    unsigned folder;
    bool locks_shared, locks_exclusive;
    bool made_lock; /* the file */
};

struct hf_file {
    struct hf_file *next, **here; /* in the machine's list */
    struct sim_inode *inode;
    unsigned folder;
    bool is_writable;
    uint32_t tag; /* of its name: sim_vfs_tag */
    char name[HF_NAME_SIZE_MAX];
};

/* One call under way. */
struct sim_vfs_call {
    struct sim_machine *machine;
    struct sim_strike strike;
    struct sim_event event;
    struct hf_detail *detail;
    const char *cause; /* of a failure, for people */
};

/* What stands for a name in traces, and what draws about its file are keyed by. */
uint32_t sim_vfs_tag(unsigned folder, const char *name);
/* `name` stands in `folder`. May not return. */
struct sim_vfs_call sim_vfs_begin(enum sim_call kind, unsigned folder, const char *name,
                                  enum sim_file_class file, struct hf_detail *detail);
/* The same for a file that is open. */
struct sim_vfs_call sim_vfs_begin_file(enum sim_call kind, const struct hf_file *file,
                                       struct hf_detail *detail);
/* May not return. */
enum hf_err sim_vfs_end(struct sim_vfs_call *call, enum hf_err err);
/* The same with an error, and its cause for people. */
enum hf_err sim_vfs_fail(struct sim_vfs_call *call, enum hf_err err, const char *cause);
_Noreturn void sim_vfs_crash(struct sim_vfs_call *call);
/* The rule that fails the call or makes it short has its way. */
bool sim_vfs_is_struck(struct sim_vfs_call *call, enum sim_fault fault);
bool sim_vfs_strikes_half_way(const struct sim_vfs_call *call);
uint64_t sim_vfs_draw(struct sim_vfs_call *call, const char *site, uint64_t bound);
/* Whether the call, which changes something, meets a disk that cannot be changed. */
bool sim_vfs_is_read_only(struct sim_vfs_call *call);
/* Whether the device says that a sync was done, and does nothing. */
bool sim_vfs_is_lied_to(struct sim_vfs_call *call);
/* Whether nothing new can be made. */
bool sim_vfs_has_no_space(const struct sim_machine *machine);

#endif
