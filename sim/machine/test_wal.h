/*
 * test_wal.h - frames of a log segment for the tests of the machine, by the engine's own codec.
 *
 * Each is put at `off` of the segment, masked with `base`; what comes back is where it ends.
 */
#ifndef SIM_TEST_WAL_H
#define SIM_TEST_WAL_H

#include "base/span.h"
#include "format/wal_format.h"

static inline uint64_t
test_add_link(uint8_t *segment, uint64_t off, uint32_t base, const struct hf_wal_link *link)
{
    hf_wal_frame_begin(segment + off, HF_WAL_LINK, HF_WAL_LINK_SIZE);
    hf_wal_link_encode(segment + off, link);
    hf_wal_frame_end(segment + off, HF_WAL_LINK_SIZE, base, off);
    return off + HF_WAL_FRAME_OVERHEAD + HF_WAL_LINK_SIZE;
}

/* A commit of one put. */
static inline uint64_t
test_add_commit(uint8_t *segment, uint64_t off, uint32_t base, uint64_t version)
{
    uint32_t size = HF_WAL_COMMIT_HEAD + (uint32_t)hf_wal_op_size(3, 5);
    uint8_t *frame = segment + off;

    hf_wal_frame_begin(frame, HF_WAL_COMMIT, size);
    hf_wal_commit_encode(frame, version, 1000 + version, 1);
    hf_wal_op_encode(frame + HF_WAL_FRAME_HEAD + HF_WAL_COMMIT_HEAD, HF_WAL_PUT,
                     HF_WAL_FRAME_HEAD + HF_WAL_COMMIT_HEAD, hf_span("key", 3),
                     hf_span("value", 5));
    hf_wal_frame_end(frame, size, base, off);
    return off + size + HF_WAL_FRAME_OVERHEAD;
}

#endif
