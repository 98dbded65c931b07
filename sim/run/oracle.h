/*
 * oracle.h - the list of commits, and what of it a crash may take.
 *
 *    version   1    2    3    4    5    6    7
 *            +----+----+----+----+----+----+----+
 *            |    |    |    |    |    |    | ?  |     ?: the outcome is not known
 *            +----+----+----+----+----+----+----+
 *                    ^         ^             ^
 *                 durable     kept         last
 *
 *   durable   a power cut takes nothing up to here: acknowledged strictly, or claimed
 *   kept      a process kill takes nothing up to here: acknowledged
 *   last      the newest that there may be
 *
 * What is recovered must be the fold of versions 1..p with durable <= p <= last (kept <= p
 * after a kill). Once observed, p is last: what was beyond never happened. But where recovery
 * could not write, nothing on the disk says so yet: what it gave up is kept aside as an *end*,
 * until something is written behind p.
 *
 * The oracle knows no engine, no machine and no tape: it is told what was called and returned.
 * It keeps every write of every commit, newest first for each key, so any version can be read.
 *
 * Invariants:
 *   1. durable <= kept <= last
 *   2. the writes of a key, from newest to oldest, have falling versions, all <= last
 */
#ifndef SIM_ORACLE_H
#define SIM_ORACLE_H

#include "holdfast.h"

/* One write of a commit. */
struct sim_change {
    uint32_t key;
    uint32_t limit; /* of a deleted range: the key behind its last; 0: just the one */
    bool put;       /* else a delete */
    uint32_t size;
    uint64_t stamp;
};

/* The state of a key as of a version. */
struct sim_state {
    bool present;
    uint32_t size;
    uint64_t stamp;
    uint64_t version; /* of the commit that wrote it; 0: none did */
};

struct sim_oracle;

struct sim_oracle *sim_oracle_open(void);
void sim_oracle_close(struct sim_oracle *oracle);
/* No commit at all. */
void sim_oracle_reset(struct sim_oracle *oracle, uint32_t key_count);

uint64_t sim_oracle_last(const struct sim_oracle *oracle);
uint64_t sim_oracle_durable(const struct sim_oracle *oracle);
uint64_t sim_oracle_kept(const struct sim_oracle *oracle);
/* Whether it is not known if the newest commit happened. */
bool sim_oracle_is_in_doubt(const struct sim_oracle *oracle);

/* The state of `key` after versions 1..version. */
struct sim_state sim_oracle_state(const struct sim_oracle *oracle, uint32_t key,
                                  uint64_t version);

/*
 * A read says that commit `version` was made at `time_us`. False: another read said otherwise,
 * or the commit before it was later, or the one behind it earlier.
 */
bool sim_oracle_time(struct sim_oracle *oracle, uint64_t version, uint64_t time_us);

/* When a commit was made, as reads said; 0: none has yet. */
uint64_t sim_oracle_time_of(const struct sim_oracle *oracle, uint64_t version);

/* A range of versions, both ends in it. */
struct sim_span {
    uint64_t least, most;
};

/*
 * Of versions 1..last, what is known of the newest commit up to `time_us`: it is `most` at the
 * highest, and `least` at the lowest, if commits in the same span of `grain_us` as the time do
 * not count.
 */
struct sim_span sim_oracle_newest_at(const struct sim_oracle *oracle, uint64_t last,
                                     uint64_t time_us, uint64_t grain_us);

/* ---- the commit that is under way -------------------------------------------------------- */

/*
 * A commit is called. Until it returns, others may be placed before or behind it: its version
 * is known once one of them, or it itself, comes back with a number.
 */
void sim_oracle_call(struct sim_oracle *oracle, const struct sim_change *changes,
                     unsigned count);
/*
 * It returned HF_OK with `version`. False: the number is not the next one, nor the one that is
 * kept free for it.
 */
bool sim_oracle_return(struct sim_oracle *oracle, uint64_t version);
/* It failed and nothing of it remains. False: its place was seen to be taken. */
bool sim_oracle_refuse(struct sim_oracle *oracle);
/* It failed and may have happened, or a crash struck inside it. */
void sim_oracle_doubt(struct sim_oracle *oracle);
/* A whole commit that came while the other was under way. False: an impossible version. */
bool sim_oracle_nested(struct sim_oracle *oracle, const struct sim_change *changes,
                       unsigned count, uint64_t version);
/* A read saw `version`: the commit under way has its place, if that is the only way. */
void sim_oracle_seen(struct sim_oracle *oracle, uint64_t version);

/* ---- durability -------------------------------------------------------------------------- */

/* Everything up to `version` was promised to survive a power cut. Never lowers. */
void sim_oracle_promise(struct sim_oracle *oracle, uint64_t version);
/* The life ended: only what is durable is promised further (power cut), or all acknowledged. */
void sim_oracle_crash(struct sim_oracle *oracle, bool power_cut);
/* Recovery showed the prefix up to `version`; `writable`: and made it durable. */
void sim_oracle_recover(struct sim_oracle *oracle, uint64_t version, bool writable);

/* ---- ends: commits that were given up, and are still on the disk ------------------------- */

/* How many there are; none as soon as a commit is acknowledged or recovery could write. */
unsigned sim_oracle_ends(const struct sim_oracle *oracle);
/* The versions behind which end `index` stands, not counting that one, up to its own last. */
struct sim_span sim_oracle_end(const struct sim_oracle *oracle, unsigned index);
/* End `index` and what stands behind the same version now change places. Doing it again puts
 * all back. */
void sim_oracle_swap_end(struct sim_oracle *oracle, unsigned index);

/* ---- for the account of a failure -------------------------------------------------------- */

/* Which commit wrote a value with this content for the key; 0: none. */
uint64_t sim_oracle_origin(const struct sim_oracle *oracle, uint32_t key, struct hf_span value);
/* How many changes commit `version` has, one for each key of a range, and the index of its
 * first. */
unsigned sim_oracle_changes(const struct sim_oracle *oracle, uint64_t version, uint32_t *first);
struct sim_change sim_oracle_change(const struct sim_oracle *oracle, uint32_t index);

#endif
