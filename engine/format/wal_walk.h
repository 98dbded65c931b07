/*
 * wal_walk.h - reading the bytes of one segment from group to group, frame to frame.
 *
 * The one place that knows where a log stops being readable. It decides nothing about it:
 * whether the stop is a torn tail or damage is recovery's business (recovery_table.h). No
 * I/O, no allocation; linear in the bytes, whatever they say.
 */
#ifndef HF_FORMAT_WAL_WALK_H
#define HF_FORMAT_WAL_WALK_H

#include "format/wal_format.h"

enum hf_wal_step {
    HF_WAL_STEP_GROUP,
    HF_WAL_STEP_COMMIT,
    HF_WAL_STEP_LINK,
    HF_WAL_STEP_SEAL,
    HF_WAL_STEP_END,   /* nothing but zeros behind, or the limit: stops */
    HF_WAL_STEP_TORN,  /* unreadable at `off`: stops */
    HF_WAL_STEP_NEWER, /* a valid frame of an unknown type: stops */
};

struct hf_wal_walk {
    struct hf_span in; /* the segment from its first byte */
    struct hf_wal_header header;
    uint32_t base;
    uint64_t off;     /* of the next thing to read */
    uint64_t end;     /* end of the last valid frame */
    uint64_t witness; /* the highest `synced` of any group header read; 0: none */
    uint64_t next_version;
    uint32_t next_group;
    bool in_group;

    /* what the last step found */
    uint64_t frame_off;
    struct hf_wal_group group;
    struct hf_wal_frame frame;
    struct hf_wal_commit commit;
};

/*
 * `header` is the segment's, decoded GOOD. `next_version` is that of the first commit; 0:
 * whatever the first group says.
 */
void hf_wal_walk_init(struct hf_wal_walk *walk, struct hf_span in,
                      const struct hf_wal_header *header, uint64_t next_version);

/* After a stop every further call returns the same. */
enum hf_wal_step hf_wal_walk_next(struct hf_wal_walk *walk);

/* What stands on the sector boundaries behind a stop. */
struct hf_wal_probe {
    uint32_t groups;  /* valid group headers */
    uint64_t witness; /* the highest `synced` among them */
    uint64_t data;    /* bytes up to the last one that is not zero */
};

/* Looks at every boundary at or behind `from`, at group headers only. */
struct hf_wal_probe hf_wal_walk_probe(const struct hf_wal_walk *walk, uint64_t from);

#endif
