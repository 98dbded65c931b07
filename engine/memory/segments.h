/*
 * segments.h - the memory that the log's bytes live in.
 *
 * The log is the memory: a change is encoded once, into the newest segment here, and the
 * indexes point at it. A *ref* is that place: the segment's number in the upper 32 bits, the
 * offset in the lower. Numbers ascend from 0 and are never used twice, so refs ascend in the
 * order of commits. Bytes, once committed, never move or change as long as a reader could reach
 * them.
 *
 * Readers without a lock (readers.h) may follow a ref that an index led them to. They are
 * stopped while the list moves, and before a segment goes.
 *
 * Any segment but the newest can be dropped. What it leaves is an empty place in the list; such
 * places go when they are at the front, and many.
 *
 * Invariants:
 *   1. used <= size, of every segment; only the newest grows
 *   2. no committed operation has ref 0 (a segment starts with a frame head)
 *   3. list[i] is segment number first + i; dropped ones have neither base nor size
 */
#ifndef HF_MEMORY_SEGMENTS_H
#define HF_MEMORY_SEGMENTS_H

#include "holdfast.h"
#include "memory/budget.h"
#include "memory/readers.h"

struct hf_segment {
    uint8_t *base;
    uint64_t used;
    uint64_t size;
    uint64_t touched; /* pages up to here were written ahead of use: the system gave them */

    /* What a memtable that tells the living from the dead keeps; else all is 0. */
    uint64_t last;   /* the highest version of its commits */
    uint64_t dead;   /* bytes of it that are worth nothing any more */
    uint64_t living; /* operations that the indexes lead to */
    uint64_t left;   /* counts when the last of the living was moved out; 0: not yet */
    uint64_t stuck;  /* the floor at which one of the living could not be moved; 0: never */
};

struct hf_segments {
    struct hf_budget *budget;
    struct hf_readers *readers; /* who look without a lock; NULL: nobody */
    struct hf_segment *list;
    uint32_t first; /* the number of list[0] */
    uint32_t count; /* dropped ones included */
    uint32_t dropped;
    uint32_t capacity;
};

void hf_segments_init(struct hf_segments *segments, struct hf_budget *budget);
void hf_segments_fini(struct hf_segments *segments);

/* Makes room in the list for one more, so that the next adoption cannot fail. NO_MEMORY. */
enum hf_err hf_segments_reserve(struct hf_segments *segments) HF_MUST_CHECK;
/* A new, empty newest segment of `size` bytes. NO_MEMORY. */
enum hf_err hf_segments_add(struct hf_segments *segments, uint64_t size) HF_MUST_CHECK;
/* The same over memory that was mapped through the same budget and is filled already.
 * NO_MEMORY: the memory stays the caller's. */
enum hf_err hf_segments_adopt(struct hf_segments *segments, uint8_t *base, uint64_t size,
                              uint64_t used) HF_MUST_CHECK;
/* Takes the newest one away again; nothing refers to it. */
void hf_segments_drop_newest(struct hf_segments *segments);
/* Gives the memory of one back, not the newest; no ref into it is left. The list may move. */
void hf_segments_drop(struct hf_segments *segments, uint32_t number);
/* Gives back what list[index] does not use: it will not grow any more. */
void hf_segments_trim(struct hf_segments *segments, uint32_t index);

static inline struct hf_segment *
hf_segments_newest(struct hf_segments *segments)
{
    return &segments->list[segments->count - 1];
}

static inline uint32_t
hf_segments_newest_number(const struct hf_segments *segments)
{
    return segments->first + segments->count - 1;
}

static inline uint64_t
hf_ref(uint32_t segment_number, uint64_t off)
{
    return (uint64_t)segment_number << 32 | off;
}

/* The segment that a ref leads into. */
static inline struct hf_segment *
hf_segments_of(const struct hf_segments *segments, uint64_t ref)
{
    return &segments->list[(uint32_t)(ref >> 32) - segments->first];
}

static inline const uint8_t *
hf_segments_at(const struct hf_segments *segments, uint64_t ref)
{
    return hf_segments_of(segments, ref)->base + (uint32_t)ref;
}

#endif
