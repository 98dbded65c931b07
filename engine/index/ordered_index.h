/*
 * ordered_index.h - keys in byte order, for ranges in both directions.
 *
 * A B+tree. An entry is the first eight bytes of a key, as a big-endian number,
 * and a ref from which the owner can fetch the whole key; most comparisons end at the number.
 * Leaves are linked both ways. A key appears once; putting it again replaces its ref, and the
 * index keeps no ref but those that were put last.
 *
 * Invariants (hf_ordered_check quotes the number):
 *   1. keys ascend strictly within a node and over the chain of leaves
 *   2. the separator before a child is its first key; every key before is below
 *   3. an entry's prefix is its key's
 *   4. all leaves have one depth; count is the sum over the leaves
 */
#ifndef HF_INDEX_ORDERED_INDEX_H
#define HF_INDEX_ORDERED_INDEX_H

#include "holdfast.h"
#include "memory/budget.h"

/* The key that `ref` stands for; it stays valid and the same as long as the index holds it. */
typedef struct hf_span hf_ordered_key_fn(const void *context, uint64_t ref);

struct hf_ordered;
struct hf_ordered_leaf;

#define HF_ORDERED_FANOUT 32u

/* `fanout` 4..64 entries a node. Starts empty. NO_MEMORY. */
enum hf_err hf_ordered_open(struct hf_ordered **out, struct hf_budget *budget, unsigned fanout,
                            hf_ordered_key_fn *key_of, const void *context) HF_MUST_CHECK;
void hf_ordered_close(struct hf_ordered *index); /* accepts NULL */

/* Inserts the key, or replaces its ref. NO_MEMORY: nothing has changed. */
enum hf_err hf_ordered_put(struct hf_ordered *index, struct hf_span key,
                           uint64_t ref) HF_MUST_CHECK;

/* Removes the key; false: it is not there. */
bool hf_ordered_remove(struct hf_ordered *index, struct hf_span key);

/* A place in the index. A put or remove that changes hf_ordered_changes makes it stale. */
struct hf_ordered_place {
    struct hf_ordered_leaf *leaf; /* NULL: off the end */
    unsigned slot;
};

/* The first entry whose key is >= `key`; the first of all if key.len is 0. */
struct hf_ordered_place hf_ordered_seek(const struct hf_ordered *index, struct hf_span key);
/* The last entry whose key is < `key`; the last of all if key.len is 0. */
struct hf_ordered_place hf_ordered_seek_before(const struct hf_ordered *index,
                                               struct hf_span key);
bool hf_ordered_at_end(struct hf_ordered_place place);
uint64_t hf_ordered_ref(struct hf_ordered_place place); /* not at the end */
struct hf_ordered_place hf_ordered_next(struct hf_ordered_place place);
struct hf_ordered_place hf_ordered_prev(struct hf_ordered_place place);

/*
 * The ref of the entry `distance` places ahead, or with `forward` false as many back, if it is
 * in the same leaf or in the one beside it; 0: it is not. For asking ahead for what it refers
 * to.
 */
uint64_t hf_ordered_ref_ahead(struct hf_ordered_place place, unsigned distance, bool forward);

uint64_t hf_ordered_count(const struct hf_ordered *index);
uint64_t hf_ordered_bytes(const struct hf_ordered *index);
/* Grows with every insert and removal (not with a replaced ref): a place from before is stale
 * if it differs. */
uint64_t hf_ordered_changes(const struct hf_ordered *index);

const char *hf_ordered_check(const struct hf_ordered *index);

#endif
