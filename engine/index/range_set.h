/*
 * range_set.h - which keys were deleted as ranges, as of any version: an index of few records
 * over many keys.
 *
 *     version 12      [------------- b .. p -------------)
 *     version 7   [---- a .. f ----)
 *
 *     as of 12    a 7   b 12                              p none
 *     as of 7     a 7              f none
 *
 * Ranges come in the order of their versions. Each leaves a new root of a tree of boundaries; a
 * boundary says which range is the newest for the keys from it on, up to the next one. Old
 * roots stay, and share with the new one what has not changed: so one descent finds the newest
 * range over a key as of any version, whatever was deleted before or since. Keys are copied.
 *
 * A range is added as a draft, which nobody sees, and then published, which cannot fail, or
 * abandoned. What is published never moves or changes as long as the set is open. Guarded by
 * whoever owns it; a set that nothing is added to may be read by any thread.
 *
 * Invariants (hf_range_set_check quotes the number):
 *   1. in the newest tree the keys of the boundaries ascend from left to right
 *   2. the priority of a node is not below that of its children
 *   3. versions never fall from one range to the next
 */
#ifndef HF_INDEX_RANGE_SET_H
#define HF_INDEX_RANGE_SET_H

#include "base/span.h"
#include "memory/budget.h"

/* Everything that a key in [from, to) had before `version` is deleted by it. */
struct hf_range_delete {
    struct hf_span from; /* 1 byte at least */
    struct hf_span to;   /* empty: to the end of all keys; else above `from` */
    uint64_t version;    /* of the commit, not 0 */
    uint64_t time_us;    /* of the commit */
};

struct hf_range_set;

/* NO_MEMORY. */
enum hf_err hf_range_set_open(struct hf_range_set **out,
                              struct hf_budget *budget) HF_MUST_CHECK;
void hf_range_set_close(struct hf_range_set *set); /* accepts NULL */

/* Adds to the draft; its version is not below that of any range before. NO_MEMORY: the draft is
 * to be abandoned. */
enum hf_err hf_range_set_add(struct hf_range_set *set,
                             const struct hf_range_delete *range) HF_MUST_CHECK;
void hf_range_set_publish(struct hf_range_set *set);
void hf_range_set_abandon(struct hf_range_set *set);

/* The highest version up to `version` of a published range over `key`; 0: there is none. Of
 * NULL it is 0: without ranges a reader has nothing to ask. */
uint64_t hf_range_set_cover(const struct hf_range_set *set, struct hf_span key,
                            uint64_t version);

/* Keys that the same range covers, or that none does: those in [from, to), and more may follow
 * of the same kind. An empty `from` is the first key of all, an empty `to` the end. */
struct hf_fragment {
    struct hf_span from;
    struct hf_span to;
    uint64_t version; /* 0: no range covers them */
    uint64_t time_us;
};

/* The fragment with `key`, as of `version`; an empty key is before all others. */
struct hf_fragment hf_range_set_fragment(const struct hf_range_set *set, struct hf_span key,
                                         uint64_t version);

/* The published ranges, as they were added: index 0 .. count - 1. */
uint32_t hf_range_set_count(const struct hf_range_set *set);
const struct hf_range_delete *hf_range_set_at(const struct hf_range_set *set, uint32_t index);

/* Bytes that it holds. */
uint64_t hf_range_set_bytes(const struct hf_range_set *set);

/* NULL, or the first broken invariant. */
const char *hf_range_set_check(const struct hf_range_set *set);

#endif
