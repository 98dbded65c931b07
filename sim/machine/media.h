/*
 * media.h - what the modules of faults at rest share.
 *
 *    media.c         which file, bits, sectors, files that go
 *    media_vouch.c   what of that anybody needs, and who vouches for it
 *    media_stale.c   contents that are valid and in the wrong place, or of another time
 *    media_newer.c   files of a format to come
 *
 * Each strike returns whether it found something to strike.
 */
#ifndef SIM_MEDIA_H
#define SIM_MEDIA_H

#include "base/span.h"
#include "sim/machine/log_copy.h"
#include "sim/machine/machine_state.h"

static inline struct hf_span
sim_media_bytes(const struct sim_inode *inode)
{
    return hf_span(inode->mem.at, inode->mem.size);
}

/* Everything that was pending about the file is on the disk. */
void sim_media_settle(struct sim_machine *machine, struct sim_inode *inode);
/* Enters a damaged range into the ledger. */
struct sim_entry *sim_media_enter(struct sim_machine *machine, enum sim_damage damage,
                                  const struct sim_inode *inode, uint64_t from, uint64_t to);
/* Whether the rule may strike the file. */
bool sim_media_is_meant(const struct sim_rule *rule, const struct sim_name *name);
/* A sector of the file with something in it, drawn; false: all is zeros. */
bool sim_media_choose_sector(struct sim_machine *machine, const struct sim_rule *rule,
                             const struct sim_inode *inode, uint64_t *sector);

/* ---- media_vouch.c ----------------------------------------------------------------------- */

/* Before anything is done to files: the log as it is now, or as `log`, given away, says. It is
 * remembered if no other one is, or if it goes on behind that one. */
void sim_media_remember_log(struct sim_machine *machine);
void sim_media_remember(struct sim_machine *machine, struct sim_log_copy *log);
/* Behind it: what is missing of the log that is remembered is the machine's toll. */
void sim_media_vouch(struct sim_machine *machine);
/* The bytes that a read of the file gave were wrong, this once; `name` in the database's
 * folder, "" elsewhere. */
void sim_media_misread(struct sim_machine *machine, const char *name,
                       const struct sim_inode *inode, uint64_t from, uint64_t to);

/* ---- media_stale.c ----------------------------------------------------------------------- */

/* The contents that files have now may come back later, where a rule brings files back. */
void sim_media_shelve(struct sim_machine *machine);
void sim_shelf_fini(struct sim_shelf *shelf);
bool sim_media_lose_write(struct sim_machine *machine, const struct sim_rule *rule,
                          const struct sim_name *name);
bool sim_media_misdirect(struct sim_machine *machine, const struct sim_rule *rule,
                         const struct sim_name *name);
bool sim_media_go_back(struct sim_machine *machine, const struct sim_rule *rule);
bool sim_media_append(struct sim_machine *machine, const struct sim_rule *rule,
                      const struct sim_name *name);

/* ---- media_newer.c ----------------------------------------------------------------------- */

bool sim_media_make_newer(struct sim_machine *machine, const struct sim_name *name);

#endif
