/*
 * frames.h - from commit to commit in a segment's memory.
 *
 * These bytes were checked on their way in, so reading them is arithmetic. A segment in memory
 * is its file without header and padding: group headers and frames in any order that was
 * written.
 */
#ifndef HF_STORE_FRAMES_H
#define HF_STORE_FRAMES_H

#include "memory/segments.h"

struct hf_frame {
    uint64_t off;  /* in the segment's memory */
    uint32_t size; /* of the whole frame */
    uint64_t version;
    uint64_t time_us;
    uint32_t count; /* of operations */
};

/* The first commit at or behind `off`, which is a boundary; false: there is none. */
bool hf_frame_next(struct hf_frame *frame, const struct hf_segment *segment, uint64_t off);

#endif
