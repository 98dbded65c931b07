/*
 * frames.c - from commit to commit in a segment's memory.
 */
#include "store/log/frames.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/span.h"
#include "format/wal_format.h"

bool
hf_frame_next(struct hf_frame *frame, const struct hf_segment *segment, uint64_t off)
{
    while (off < segment->used) {
        const uint8_t *at = segment->base + off;
        uint32_t len = hf_load_u32(at);
        if (len == HF_WAL_GROUP_KIND) {
            off += HF_WAL_GROUP_SIZE;
            continue;
        }
        HF_ASSERT(len != 0 && len <= segment->used - off - HF_WAL_FRAME_OVERHEAD);
        if (at[4] == HF_WAL_COMMIT) {
            struct hf_wal_commit commit =
                hf_wal_commit_decode(hf_span(at + HF_WAL_FRAME_HEAD, len));
            *frame = (struct hf_frame){ off, HF_WAL_FRAME_OVERHEAD + len, commit.version,
                                        commit.time_us, commit.count };
            return true;
        }
        off += HF_WAL_FRAME_OVERHEAD + len;
    }
    return false;
}
