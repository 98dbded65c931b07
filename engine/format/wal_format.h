/*
 * wal_format.h - the bytes of a log segment, to structs and back.
 *
 * A codec: bytes in, structs out; no I/O, no allocation, no clock. Recovery, verify, dump, the
 * simulator and the fuzzer all read a log through it. The drawings are in wal_format.c and, for
 * people, in docs/formats.md.
 */
#ifndef HF_FORMAT_WAL_FORMAT_H
#define HF_FORMAT_WAL_FORMAT_H

#include "base/bytes.h"
#include "format/entry.h"

#define HF_WAL_FORMAT 1u
#define HF_WAL_SECTOR_MIN 512u
#define HF_WAL_SECTOR_MAX 65536u

/* ---- the segment header ------------------------------------------------------------------ */

#define HF_WAL_HEADER_SIZE 60u

struct hf_wal_header {
    uint32_t format; /* HF_WAL_FORMAT */
    uint32_t sector; /* bytes; the header takes one, groups start on multiples of it */
    uint8_t uuid[16];
    uint32_t number;
    uint32_t salt;     /* drawn anew for each segment */
    uint64_t synced;   /* the witness when the segment was made: a position */
    uint64_t prepared; /* bytes written ahead with zeros; 0: the file grows as it is written */
};

enum hf_wal_verdict {
    HF_WAL_GOOD,
    HF_WAL_BAD,  /* these bytes are not what is expected here */
    HF_WAL_NEWER /* the checksum holds, the format or type is unknown: a newer Holdfast */
};

/* Fills HF_WAL_HEADER_SIZE bytes; the rest of the sector is zeros. */
void hf_wal_header_encode(void *to, const struct hf_wal_header *header);
enum hf_wal_verdict hf_wal_header_decode(struct hf_wal_header *header, struct hf_span in);

/* ---- positions and masks ----------------------------------------------------------------- */

/* A place in the whole log: positions ascend across segments. */
static inline uint64_t
hf_wal_position(uint32_t segment, uint64_t off)
{
    return (uint64_t)segment << 32 | off;
}

/* What ties checksums to one segment of one database. */
uint32_t hf_wal_mask_base(const struct hf_wal_header *header);
/* XORed onto a crc stored at file offset `off`: injective in off, below 4 GiB. */
static inline uint32_t
hf_wal_mask(uint32_t base, uint64_t off)
{
    return base ^ (uint32_t)off * UINT32_C(0x9E3779B1);
}

/* ---- groups ------------------------------------------------------------------------------ */

#define HF_WAL_GROUP_SIZE 32u
#define HF_WAL_GROUP_KIND                                                                      \
    UINT32_C(0x50555247) /* "GRUP": no byte below 0x40, see wal_format.c */

struct hf_wal_group {
    uint32_t number; /* from 0 in each segment */
    uint64_t synced; /* the witness: how far the log was known durable when the group began */
    uint64_t first;  /* the version of the next commit */
    uint32_t segment;
};

/* `base` and `off`: the mask of the segment and the file offset of the group. */
void hf_wal_group_encode(void *to, const struct hf_wal_group *group, uint32_t base,
                         uint64_t off);
enum hf_wal_verdict hf_wal_group_decode(struct hf_wal_group *group, struct hf_span in,
                                        uint32_t base, uint64_t off);

/* ---- frames ------------------------------------------------------------------------------ */

#define HF_WAL_FRAME_HEAD 6u
#define HF_WAL_FRAME_OVERHEAD 10u
#define HF_WAL_PAYLOAD_MAX UINT32_C(0x3FFFFFFF)

enum hf_wal_type { HF_WAL_COMMIT = 1, HF_WAL_LINK = 2, HF_WAL_SEAL = 3 };

struct hf_wal_frame {
    enum hf_wal_type type;
    uint32_t size;          /* of the whole frame */
    struct hf_span payload; /* inside the input */
};

/* Starts a frame of `payload_size` at `to`; the payload goes behind HF_WAL_FRAME_HEAD. */
void hf_wal_frame_begin(void *to, enum hf_wal_type type, uint32_t payload_size);
/* Ends it with its checksum, once the payload is in place. */
void hf_wal_frame_end(void *to, uint32_t payload_size, uint32_t base, uint64_t off);
/* Moves a frame's checksum from one mask to another, without computing it anew. */
void hf_wal_frame_remask(void *frame, uint32_t size, uint32_t mask_from, uint32_t mask_to);
/* A frame that runs past `in` is BAD, as is one whose inner structure does not add up. */
enum hf_wal_verdict hf_wal_frame_decode(struct hf_wal_frame *frame, struct hf_span in,
                                        uint32_t base, uint64_t off);

/* ---- the payloads ------------------------------------------------------------------------ */

#define HF_WAL_COMMIT_HEAD 20u /* version, time, count */
#define HF_WAL_OP_HEAD 11u

/*
 * A range is deleted from `key`, 1 byte at least, up to `value`; that is empty for all keys
 * from there on. It deletes what commits before its own have written, and nothing of its own.
 */
enum hf_wal_op_type { HF_WAL_PUT = 1, HF_WAL_DELETE = 2, HF_WAL_DELETE_RANGE = 3 };

struct hf_wal_commit {
    uint64_t version;
    uint64_t time_us;
    uint32_t count;
    struct hf_span ops;
};

struct hf_wal_op {
    enum hf_wal_op_type type;
    struct hf_span key;
    struct hf_span value;
    uint32_t size; /* of the whole operation */
};

void hf_wal_commit_encode(void *frame, uint64_t version, uint64_t time_us, uint32_t count);
/* Of a frame that decoded GOOD. */
static inline struct hf_wal_commit
hf_wal_commit_decode(struct hf_span payload)
{
    const uint8_t *at = payload.at;

    return (struct hf_wal_commit){
        .version = hf_load_u64(at),
        .time_us = hf_load_u64(at + 8),
        .count = hf_load_u32(at + 16),
        .ops = { at + HF_WAL_COMMIT_HEAD, payload.len - HF_WAL_COMMIT_HEAD },
    };
}

/* Head, key and value; `back` is the distance from the frame's first byte to `to`. */
void hf_wal_op_encode(void *to, enum hf_wal_op_type type, uint32_t back, struct hf_span key,
                      struct hf_span value);
static inline uint64_t
hf_wal_op_size(size_t key_size, size_t value_size)
{
    return (uint64_t)HF_WAL_OP_HEAD + key_size + value_size;
}
/* Parts of the operation at `op`, in a frame that decoded GOOD; and all of it. */
static inline struct hf_span
hf_wal_op_key(const void *op)
{
    const uint8_t *at = op;
    return hf_span(at + HF_WAL_OP_HEAD, hf_load_u16(at + 1));
}

static inline struct hf_span
hf_wal_op_value(const void *op)
{
    const uint8_t *at = op;
    return hf_span(at + HF_WAL_OP_HEAD + hf_load_u16(at + 1), hf_load_u32(at + 3));
}

static inline struct hf_wal_op
hf_wal_op_decode(const void *op)
{
    struct hf_span key = hf_wal_op_key(op), value = hf_wal_op_value(op);

    return (struct hf_wal_op){
        .type = (enum hf_wal_op_type)((const uint8_t *)op)[0],
        .key = key,
        .value = value,
        .size = (uint32_t)hf_wal_op_size(key.len, value.len),
    };
}

/* The payload of the commit that it belongs to. */
static inline const uint8_t *
hf_wal_op_commit(const void *op)
{
    const uint8_t *at = op;
    return at - hf_load_u32(at + 7) + HF_WAL_FRAME_HEAD;
}

static inline uint64_t
hf_wal_op_version(const void *op)
{
    return hf_load_u64(hf_wal_op_commit(op));
}

static inline uint64_t
hf_wal_op_time(const void *op)
{
    return hf_load_u64(hf_wal_op_commit(op) + 8);
}

/* Operations of that commit. */
static inline uint32_t
hf_wal_op_count(const void *op)
{
    return hf_load_u32(hf_wal_op_commit(op) + 16);
}

/* A range in the shape of an entry has its end for a value. */
static inline struct hf_entry
hf_wal_op_entry(const void *at)
{
    struct hf_wal_op op = hf_wal_op_decode(at);

    return (struct hf_entry){
        .key = op.key,
        .value = op.value,
        .version = hf_wal_op_version(at),
        .time_us = hf_wal_op_time(at),
        .is_delete = op.type == HF_WAL_DELETE,
    };
}

#define HF_WAL_LINK_SIZE 28u

/* The first frame of every segment: where the log before it ends. */
struct hf_wal_link {
    uint32_t prev;     /* the segment before it; 0: none */
    uint64_t prev_end; /* where its valid part ends, a file offset */
    uint64_t last;     /* the version of the last commit before this segment */
    uint64_t synced;   /* position up to which this segment was durable under its final name */
};

void hf_wal_link_encode(void *frame, const struct hf_wal_link *link);
struct hf_wal_link hf_wal_link_decode(struct hf_span payload);

#define HF_WAL_SEAL_SIZE 12u

/* The last frame of a segment that was closed in order. */
struct hf_wal_seal {
    uint64_t last; /* the version of the last commit before it */
    uint32_t next; /* the segment that follows and exists; 0: the database was closed */
};

void hf_wal_seal_encode(void *frame, const struct hf_wal_seal *seal);
struct hf_wal_seal hf_wal_seal_decode(struct hf_span payload);

#endif
