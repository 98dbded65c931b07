/*
 * sync_sim.h - what a sync does to a simulated disk: all of it, some of it, or a lie.
 */
#ifndef SIM_SYNC_SIM_H
#define SIM_SYNC_SIM_H

#include "sim/machine/machine_state.h"

/* A slow one moves the clock. */
void sim_sync_take_time(struct sim_machine *machine, const struct sim_strike *strike);
/* Runs what the judge has other threads do meanwhile; not from inside itself. */
void sim_sync_let_others_run(struct sim_machine *machine);
/* Everything up to order number `order` becomes durable. */
void sim_sync_all(struct sim_machine *machine, struct sim_inode *inode, uint64_t order);
/* A beginning of it, drawn: a crash strikes half way through. */
void sim_sync_some(struct sim_machine *machine, struct sim_inode *inode, uint64_t order);
void sim_sync_some_names(struct sim_machine *machine, unsigned folder);
/*
 * A sync that fails; returns its code. DURABLE: all of it is on the disk. CLEAN: sizes are, and
 * some pages; the others are clean from now on, and no later sync writes them. EVICT: as CLEAN,
 * and the cache forgets them, at once or at the end of this life. REVERT: nothing is, sizes
 * neither, and the cache shows the disk.
 */
enum hf_err sim_sync_fail(struct sim_machine *machine, struct sim_inode *inode,
                          enum sim_flavour flavour);

#endif
