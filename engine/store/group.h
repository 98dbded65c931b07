/*
 * group.h - whether the leader of a sync waits for others to join it.
 *
 * Callers that need a sync share one: what is written when it begins is covered. Of eight that
 * each write again as soon as they may, seven come while the first one's sync runs, then wait
 * for the next, which leaves the first one out: groups of seven and of one, by turns, and half
 * of the syncs are for one commit. So who comes first *holds* the group for those that the one
 * before let go, for a part of what a sync takes; whoever makes it complete leads.
 *
 *      joins          last expected one joins
 *     ------> held --------------------------> sync --> all of the group let go
 *              |                                ^
 *              '---- patience ends: gives up ---'
 *
 * A lone caller never waits: it is expected alone. Those who wait in vain expect fewer from
 * then on, and leave it for 1, 3, 7 ... syncs.
 *
 * Only counts, no clock and no lock: the database's lock guards it.
 *
 * Invariants:
 *   1. who joined before a sync begins is covered by it, so `joined` needs no one to leave
 *   2. is_held only while joined < expected
 */
#ifndef HF_STORE_GROUP_H
#define HF_STORE_GROUP_H

#include <stdbool.h>
#include <stdint.h>

struct hf_group {
    uint64_t round;    /* syncs begun so far */
    uint64_t sync_ns;  /* that the last one took */
    uint32_t joined;   /* callers that the next sync lets go */
    uint32_t size;     /* those of the sync under way, or of the last one */
    uint32_t expected; /* to join before the next sync begins */
    uint32_t rests;    /* syncs that begin at once, whoever is expected */
    uint32_t vain;     /* how many these were after the last wait in vain; 0: it was not */
    bool is_held;      /* somebody waits for the rest to join */
};

/* One more caller needs the sync that begins next. */
void hf_group_join(struct hf_group *group);
/* Nanoseconds for which the next sync is worth being held from now on; 0: it begins at once. */
uint64_t hf_group_patience_ns(const struct hf_group *group);
/* Those who are missing did not come in time: the next sync begins without them. */
void hf_group_give_up(struct hf_group *group);
/* A sync begins, and has ended after `sync_ns`. */
void hf_group_begin(struct hf_group *group);
void hf_group_end(struct hf_group *group, uint64_t sync_ns);

#endif
