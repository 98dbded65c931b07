/*
 * wal_format.c - the bytes of a log segment, to structs and back.
 *
 * All numbers are little-endian, nothing is padded, every crc is crc32c of the bytes before it
 * in its structure. A segment starts with its header, alone in the first sector; zeros fill the
 * rest:
 *
 *    0        8      12     16         32     36     40       48        56    60
 *    +--------+------+------+----------+------+------+--------+---------+-----+
 *    | magic  |format|sector|   uuid   |number| salt | synced |prepared | crc |
 *    +--------+------+------+----------+------+------+--------+---------+-----+
 *     HOLDWAL\n  u32   u32    16 bytes    u32    u32     u64       u64     u32
 *
 * Groups follow, each on a sector boundary, each what one sync covers:
 *
 *    0      4      8          16         24       28       32
 *    +------+------+----------+----------+--------+--------+
 *    | kind |number| synced   | first    |segment |  crc   |
 *    +------+------+----------+----------+--------+--------+
 *      u32    u32     u64        u64        u32      u32
 *
 * and a group is followed by its frames, without a gap between them:
 *
 *    0      4      5      6               6+len
 *    +------+------+------+----------------+------+
 *    |  len | type | vers |   payload ...  |  crc |
 *    +------+------+------+----------------+------+
 *      u32     u8     u8     len bytes       u32
 *
 *    commit   version u64 · time u64 µs · count u32 · operations
 *    operation   type u8 · key size u16 · value size u32 · back u32 · key · value
 *                of a deleted range the first key, and in place of the value its end
 *    link     prev u32 · prev_end u64 · last u64 · synced u64
 *    seal     last u64 · next u32
 *
 * Behind the last frame of a group there are zeros up to the next boundary. `len` of a frame is
 * 1 to HF_WAL_PAYLOAD_MAX; every byte of the group's kind is 0x40 or more; so where a frame
 * could start, four bytes tell a frame from padding and from padding that runs into a group
 * header, wherever the boundary falls among them.
 *
 * The crc of a group and of a frame is stored XORed with a mask of (uuid, segment, salt,
 * offset), injective in the offset: a frame moved within its segment never validates, a foreign
 * one does with chance 2^-32. An all-zero range is neither a group nor a frame, its kind and
 * len being 0.
 *
 * `back` leads from an operation to its frame, and so to its version: an index needs to keep
 * one number for each operation. It is redundant, and checked.
 *
 * Promises, kept for any input at all: no byte outside the span is read; a length is compared
 * with its limit before anything is added to it; a commit is GOOD only if its operations fill
 * it exactly.
 */
#include "format/wal_format.h"

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/probe.h"
#include "base/span.h"

#define FRAME_VERS 1u

static const char header_magic[8] = { 'H', 'O', 'L', 'D', 'W', 'A', 'L', '\n' };

_Static_assert(HF_WAL_FRAME_OVERHEAD == HF_WAL_FRAME_HEAD + 4, "a frame is head, payload, crc");

/* ---- the segment header ------------------------------------------------------------------ */

void
hf_wal_header_encode(void *to, const struct hf_wal_header *header)
{
    uint8_t *at = to;

    memcpy(at, header_magic, sizeof header_magic);
    hf_store_u32(at + 8, header->format);
    hf_store_u32(at + 12, header->sector);
    memcpy(at + 16, header->uuid, sizeof header->uuid);
    hf_store_u32(at + 32, header->number);
    hf_store_u32(at + 36, header->salt);
    hf_store_u64(at + 40, header->synced);
    hf_store_u64(at + 48, header->prepared);
    hf_store_u32(at + 56, hf_crc32c(0, at, HF_WAL_HEADER_SIZE - 4));
}

enum hf_wal_verdict
hf_wal_header_decode(struct hf_wal_header *header, struct hf_span in)
{
    const uint8_t *at = in.at;

    if (in.len < HF_WAL_HEADER_SIZE || memcmp(at, header_magic, sizeof header_magic) != 0)
        return HF_WAL_BAD;
    if (hf_load_u32(at + 56) != hf_crc32c(0, at, HF_WAL_HEADER_SIZE - 4))
        return HF_WAL_BAD;
    header->format = hf_load_u32(at + 8);
    header->sector = hf_load_u32(at + 12);
    memcpy(header->uuid, at + 16, sizeof header->uuid);
    header->number = hf_load_u32(at + 32);
    header->salt = hf_load_u32(at + 36);
    header->synced = hf_load_u64(at + 40);
    header->prepared = hf_load_u64(at + 48);
    if (header->format > HF_WAL_FORMAT)
        return HF_PLANTED(format_newer_is_damage) ? HF_WAL_BAD : HF_WAL_NEWER;
    if (header->format == 0 || header->number == 0)
        return HF_WAL_BAD;
    if (header->sector < HF_WAL_SECTOR_MIN || header->sector > HF_WAL_SECTOR_MAX ||
        (header->sector & (header->sector - 1)) != 0)
        return HF_WAL_BAD;
    return HF_WAL_GOOD;
}

uint32_t
hf_wal_mask_base(const struct hf_wal_header *header)
{
    uint8_t place[8];

    hf_store_u32(place, header->number);
    hf_store_u32(place + 4, header->salt);
    return hf_crc32c(hf_crc32c(0, header->uuid, sizeof header->uuid), place, sizeof place);
}

/* ---- groups ------------------------------------------------------------------------------ */

/* What is stored as the checksum of a group or a frame whose crc is `crc`. */
static uint32_t
masked(uint32_t crc, uint32_t mask)
{
    return HF_PLANTED(wal_crc_unmasked) ? crc : crc ^ mask;
}

void
hf_wal_group_encode(void *to, const struct hf_wal_group *group, uint32_t base, uint64_t off)
{
    uint8_t *at = to;

    hf_store_u32(at, HF_WAL_GROUP_KIND);
    hf_store_u32(at + 4, group->number);
    hf_store_u64(at + 8, group->synced);
    hf_store_u64(at + 16, group->first);
    hf_store_u32(at + 24, group->segment);
    hf_store_u32(at + 28,
                 masked(hf_crc32c(0, at, HF_WAL_GROUP_SIZE - 4), hf_wal_mask(base, off)));
}

enum hf_wal_verdict
hf_wal_group_decode(struct hf_wal_group *group, struct hf_span in, uint32_t base, uint64_t off)
{
    const uint8_t *at = in.at;

    if (in.len < HF_WAL_GROUP_SIZE || hf_load_u32(at) != HF_WAL_GROUP_KIND)
        return HF_WAL_BAD;
    if (hf_load_u32(at + 28) !=
        masked(hf_crc32c(0, at, HF_WAL_GROUP_SIZE - 4), hf_wal_mask(base, off)))
        return HF_WAL_BAD;
    group->number = hf_load_u32(at + 4);
    group->synced = hf_load_u64(at + 8);
    group->first = hf_load_u64(at + 16);
    group->segment = hf_load_u32(at + 24);
    return HF_WAL_GOOD;
}

/* ---- frames ------------------------------------------------------------------------------ */

void
hf_wal_frame_begin(void *to, enum hf_wal_type type, uint32_t payload_size)
{
    uint8_t *at = to;

    hf_store_u32(at, payload_size);
    at[4] = (uint8_t)type;
    at[5] = FRAME_VERS;
}

static uint32_t
frame_crc(const uint8_t *at, uint32_t payload_size)
{
    uint32_t covered = HF_WAL_FRAME_HEAD + payload_size;
    uint32_t skipped = HF_PLANTED(wal_crc_without_len) ? 4 : 0;

    return hf_crc32c(0, at + skipped, covered - skipped);
}

void
hf_wal_frame_end(void *to, uint32_t payload_size, uint32_t base, uint64_t off)
{
    uint8_t *at = to;

    hf_store_u32(at + HF_WAL_FRAME_HEAD + payload_size,
                 masked(frame_crc(at, payload_size), hf_wal_mask(base, off)));
}

void
hf_wal_frame_remask(void *frame, uint32_t size, uint32_t mask_from, uint32_t mask_to)
{
    uint8_t *crc = (uint8_t *)frame + size - 4;

    hf_store_u32(crc, masked(hf_load_u32(crc), mask_from ^ mask_to));
}

/* 0 says "none", HF_LATEST "the newest": neither is the version of a commit. */
static bool
version_is_possible(uint64_t version)
{
    return version != 0 && version != HF_LATEST;
}

/* A range goes up from its key to another key, or to the end of all. */
static bool
range_is_possible(struct hf_span from, struct hf_span to)
{
    return to.len == 0 || (to.len <= HF_KEY_SIZE_MAX && hf_span_compare(from, to) < 0);
}

/* Whether there is such an operation, all of its bytes being there. A delete has a key and
 * nothing else. */
static bool
op_is_possible(const uint8_t *op)
{
    struct hf_wal_op decoded = hf_wal_op_decode(op);

    switch (op[0]) {
    case HF_WAL_PUT:
        return true;
    case HF_WAL_DELETE:
        return decoded.value.len == 0;
    case HF_WAL_DELETE_RANGE:
        return range_is_possible(decoded.key, decoded.value);
    default:
        return false;
    }
}

/* Whether the operations of a commit fill its payload exactly, each leading back to the
 * frame. */
static bool
commit_adds_up(struct hf_span payload)
{
    const uint8_t *at = payload.at;
    uint64_t off = HF_WAL_COMMIT_HEAD;

    if (payload.len <= HF_WAL_COMMIT_HEAD || hf_load_u32(at + 16) == 0 ||
        !version_is_possible(hf_load_u64(at)))
        return false;
    for (uint32_t count = hf_load_u32(at + 16); count > 0; count--) {
        if (payload.len - off < HF_WAL_OP_HEAD)
            return false;
        uint32_t key_size = hf_load_u16(at + off + 1);
        uint32_t value_size = hf_load_u32(at + off + 3);
        if (key_size == 0 || hf_load_u32(at + off + 7) != HF_WAL_FRAME_HEAD + off ||
            payload.len - off < hf_wal_op_size(key_size, value_size))
            return false;
        if (!op_is_possible(at + off))
            return false;
        off += hf_wal_op_size(key_size, value_size);
    }
    return off == payload.len;
}

/*
 * How long the payload is. The planted way asks the payload itself, so that the length, which
 * no checksum then covers, goes unnoticed when it is wrong.
 */
static uint32_t
payload_size(struct hf_span in, uint32_t len)
{
    const uint8_t *at = (const uint8_t *)in.at + HF_WAL_FRAME_HEAD;
    uint64_t room = in.len - HF_WAL_FRAME_OVERHEAD, size = HF_WAL_COMMIT_HEAD;

    if (!HF_PLANTED(wal_crc_without_len) || at[-2] != HF_WAL_COMMIT || room < size)
        return len;
    for (uint32_t count = hf_load_u32(at + 16); count > 0; count--) {
        if (room - size < HF_WAL_OP_HEAD)
            return len;
        uint64_t op = hf_wal_op_size(hf_load_u16(at + size + 1), hf_load_u32(at + size + 3));
        if (room - size < op)
            return len;
        size += op;
    }
    return (uint32_t)size;
}

enum hf_wal_verdict
hf_wal_frame_decode(struct hf_wal_frame *frame, struct hf_span in, uint32_t base, uint64_t off)
{
    const uint8_t *at = in.at;

    if (in.len < HF_WAL_FRAME_OVERHEAD)
        return HF_WAL_BAD;
    uint32_t len = hf_load_u32(at);
    if (len == 0 || len > HF_WAL_PAYLOAD_MAX || len > in.len - HF_WAL_FRAME_OVERHEAD)
        return HF_WAL_BAD;
    uint32_t size = payload_size(in, len);
    if (hf_load_u32(at + HF_WAL_FRAME_HEAD + size) !=
        masked(frame_crc(at, size), hf_wal_mask(base, off)))
        return HF_WAL_BAD;

    frame->type = (enum hf_wal_type)at[4];
    frame->size = HF_WAL_FRAME_OVERHEAD + len;
    frame->payload = hf_span(at + HF_WAL_FRAME_HEAD, size);
    if (at[5] != FRAME_VERS)
        return HF_WAL_NEWER;
    switch (at[4]) {
    case HF_WAL_COMMIT:
        return commit_adds_up(frame->payload) ? HF_WAL_GOOD : HF_WAL_BAD;
    case HF_WAL_LINK:
        return len == HF_WAL_LINK_SIZE ? HF_WAL_GOOD : HF_WAL_BAD;
    case HF_WAL_SEAL:
        return len == HF_WAL_SEAL_SIZE ? HF_WAL_GOOD : HF_WAL_BAD;
    default:
        return HF_WAL_NEWER;
    }
}

/* ---- the payloads ------------------------------------------------------------------------ */

void
hf_wal_commit_encode(void *frame, uint64_t version, uint64_t time_us, uint32_t count)
{
    uint8_t *at = (uint8_t *)frame + HF_WAL_FRAME_HEAD;

    hf_store_u64(at, version);
    hf_store_u64(at + 8, time_us);
    hf_store_u32(at + 16, count);
}

void
hf_wal_op_encode(void *to, enum hf_wal_op_type type, uint32_t back, struct hf_span key,
                 struct hf_span value)
{
    uint8_t *at = to;

    at[0] = (uint8_t)type;
    hf_store_u16(at + 1, (uint16_t)key.len);
    hf_store_u32(at + 3, (uint32_t)value.len);
    hf_store_u32(at + 7, back);
    hf_copy_few(at + HF_WAL_OP_HEAD, key.at, key.len);
    hf_copy_few(at + HF_WAL_OP_HEAD + key.len, value.at, value.len);
}

void
hf_wal_link_encode(void *frame, const struct hf_wal_link *link)
{
    uint8_t *at = (uint8_t *)frame + HF_WAL_FRAME_HEAD;

    hf_store_u32(at, link->prev);
    hf_store_u64(at + 4, link->prev_end);
    hf_store_u64(at + 12, link->last);
    hf_store_u64(at + 20, link->synced);
}

struct hf_wal_link
hf_wal_link_decode(struct hf_span payload)
{
    const uint8_t *at = payload.at;

    return (struct hf_wal_link){
        .prev = hf_load_u32(at),
        .prev_end = hf_load_u64(at + 4),
        .last = hf_load_u64(at + 12),
        .synced = hf_load_u64(at + 20),
    };
}

void
hf_wal_seal_encode(void *frame, const struct hf_wal_seal *seal)
{
    uint8_t *at = (uint8_t *)frame + HF_WAL_FRAME_HEAD;

    hf_store_u64(at, seal->last);
    hf_store_u32(at + 8, seal->next);
}

struct hf_wal_seal
hf_wal_seal_decode(struct hf_span payload)
{
    const uint8_t *at = payload.at;

    return (struct hf_wal_seal){ .last = hf_load_u64(at), .next = hf_load_u32(at + 8) };
}
