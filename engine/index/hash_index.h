/*
 * hash_index.h - from the hash of a key to the place of its newest record.
 *
 * Extendible hashing: a directory of 2^depth entries, by the top bits of the hash, leads to
 * pages of open-addressed slots. A page that fills is split in two, and nothing else moves, so
 * no insert ever pauses for the whole index. Slots keep the full hash: a split touches no key,
 * and a probe compares keys only when all 64 bits agree. A lookup costs one cache miss here.
 *
 * The index knows hashes and refs, never keys; two keys of one hash are two slots, told apart
 * by the caller. A ref is any non-zero number. A removed slot's room is used again; pages never
 * merge.
 *
 * One thread changes it; others may look meanwhile, without a lock, if the index knows of them
 * (hf_hash_share): a slot appears, and its ref changes, by one store. What moves slots stops
 * the readers first.
 *
 * Source: Fagin et al., "Extendible Hashing", ACM TODS 4(3), 1979.
 *
 * Invariants (hf_hash_check quotes the number):
 *   1. every directory entry leads to a page whose prefix it has
 *   2. a slot is in the page of its hash, reachable from its home without crossing an empty
 *      slot
 *   3. a page holds at most its limit of used slots; used + reserved never passes it
 *   4. count is the sum over the pages
 */
#ifndef HF_INDEX_HASH_INDEX_H
#define HF_INDEX_HASH_INDEX_H

#include "holdfast.h"
#include "memory/budget.h"
#include "memory/readers.h"

struct hf_hash_slot {
    uint64_t hash;
    uint64_t ref; /* 0: empty */
};

struct hf_hash;

/* Of slots in a page, unless a test or the simulator wants less. */
#define HF_HASH_PAGE_BITS 12u

/* `page_bits` 2..16. Starts with one page. NO_MEMORY. */
enum hf_err hf_hash_open(struct hf_hash **out, struct hf_budget *budget,
                         unsigned page_bits) HF_MUST_CHECK;
void hf_hash_close(struct hf_hash *index); /* accepts NULL */
/* From now on these may be looking. Reserve and remove stop them where they move slots, so they
 * are not stopped when those are called. */
void hf_hash_share(struct hf_hash *index, struct hf_readers *readers);

/* What a lookup needs, in sight so that it can be inlined: the beginning of a struct
 * hf_hash. */
struct hf_hash_entry {
    struct hf_hash_slot *slots;
    uint32_t mask; /* of a slot's number */
    uint32_t page_index;
};

struct hf_hash_lookup {
    struct hf_hash_entry *directory;
    unsigned depth; /* of the directory: its size is 2^depth */
};

/* What is read of a slot without a lock, and how such a slot is led on. Whoever finds the ref
 * sees all that was written before it. */
static inline uint64_t
hf_hash_ref(const struct hf_hash_slot *slot)
{
    return __atomic_load_n(&slot->ref, __ATOMIC_ACQUIRE);
}

static inline void
hf_hash_lead(struct hf_hash_slot *slot, uint64_t ref)
{
    __atomic_store_n(&slot->ref, ref, __ATOMIC_RELEASE);
}

static inline const struct hf_hash_entry *
hf_hash_entry_of(const struct hf_hash *index, uint64_t hash)
{
    const struct hf_hash_lookup *lookup = (const struct hf_hash_lookup *)index;
    return &lookup->directory[hash >> 1 >> (63 - lookup->depth)];
}

/*
 * The first slot with this hash, or the next one after `after`; NULL when there is none. Slots
 * of one hash come in the order of their inserts. The caller may change the slot's ref, to
 * another non-zero one (hf_hash_lead). Valid until the next insert or reserve; among readers,
 * until they leave.
 */
static inline struct hf_hash_slot *
hf_hash_find(const struct hf_hash *index, uint64_t hash, struct hf_hash_slot *after)
{
    struct hf_hash_entry entry = *hf_hash_entry_of(index, hash);
    size_t at = after == NULL ? (size_t)hash : (size_t)(after - entry.slots) + 1;

    for (;; at++) {
        struct hf_hash_slot *slot = &entry.slots[at & entry.mask];

        if (hf_hash_ref(slot) == 0)
            return NULL;
        if (slot->hash == hash)
            return slot;
    }
}

/*
 * Asks the processor to load what hf_hash_find(hash) will touch. To gcc a function that only
 * prefetches has no effect, and calls of it are dropped; the empty instruction is one.
 */
static inline void
hf_hash_prefetch(const struct hf_hash *index, uint64_t hash)
{
    const struct hf_hash_entry *entry = hf_hash_entry_of(index, hash);

    __builtin_prefetch(&entry->slots[hash & entry->mask], 1);
    __asm__ volatile("");
}

/*
 * Makes room for one more insert of this hash, on top of what is reserved already, so that
 * inserts cannot fail. Reservations last until hf_hash_settle. NO_MEMORY: as before, whole.
 */
enum hf_err hf_hash_reserve(struct hf_hash *index, uint64_t hash) HF_MUST_CHECK;
/* Adds a slot; room was reserved. */
void hf_hash_insert(struct hf_hash *index, uint64_t hash, uint64_t ref);
/* Removes the slot that hf_hash_find gave for this hash. Slots found before are stale. */
void hf_hash_remove(struct hf_hash *index, uint64_t hash, struct hf_hash_slot *slot);
/* Ends a round: reservations not used lapse. O(1). */
void hf_hash_settle(struct hf_hash *index);

uint64_t hf_hash_count(const struct hf_hash *index); /* slots in use */
uint64_t hf_hash_bytes(const struct hf_hash *index); /* memory held */

/* Walks everything; NULL when all invariants hold, else a sentence that quotes the broken
 * one. */
const char *hf_hash_check(const struct hf_hash *index);

#endif
