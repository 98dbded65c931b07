/*
 * wal_walk.c - reading the bytes of one segment from group to group, frame to frame.
 *
 *             +---------- a frame ends, the next four bytes are a length -----------+
 *             v                                                                     |
 *   BETWEEN --- group header valid, next in number and version --> IN A GROUP ------+
 *      ^                                                               |
 *      +------ no length: zeros up to the next sector boundary --------+
 *
 * BETWEEN stops with END where only zeros follow, and with TORN at anything else.
 */
#include "format/wal_walk.h"

#include "base/bytes.h"
#include "base/probe.h"
#include "base/span.h"

static struct hf_span
behind(const struct hf_wal_walk *walk, uint64_t off)
{
    if (off >= walk->in.len)
        return hf_span(NULL, 0);
    return hf_span((const uint8_t *)walk->in.at + off, walk->in.len - off);
}

void
hf_wal_walk_init(struct hf_wal_walk *walk, struct hf_span in,
                 const struct hf_wal_header *header, uint64_t next_version)
{
    *walk = (struct hf_wal_walk){
        .in = in,
        .header = *header,
        .base = hf_wal_mask_base(header),
        .off = header->sector,
        .end = header->sector,
        .next_version = next_version,
    };
}

static uint64_t
boundary_at_or_after(const struct hf_wal_walk *walk, uint64_t off)
{
    uint64_t sector = walk->header.sector;
    return (off + sector - 1) & ~(sector - 1);
}

/* Whether a frame could start at `off`: see wal_format.c for why four bytes tell. */
static bool
frame_may_start(struct hf_span rest)
{
    uint32_t len = rest.len < 4 ? 0 : hf_load_u32(rest.at);
    return len != 0 && len <= HF_WAL_PAYLOAD_MAX;
}

static bool
group_is_here(const struct hf_wal_walk *walk, const struct hf_wal_group *group)
{
    return group->segment == walk->header.number || HF_PLANTED(wal_crc_unmasked);
}

static bool
group_is_next(const struct hf_wal_walk *walk, const struct hf_wal_group *group)
{
    if (!group_is_here(walk, group) || group->first == 0)
        return false;
    if (HF_PLANTED(recovery_skip_version_check))
        return true;
    return group->number == walk->next_group &&
           (walk->next_version == 0 || group->first == walk->next_version);
}

static enum hf_wal_step
step_between(struct hf_wal_walk *walk)
{
    struct hf_span rest = behind(walk, walk->off);

    if (hf_wal_group_decode(&walk->group, rest, walk->base, walk->off) != HF_WAL_GOOD)
        return hf_span_is_zero(rest) ? HF_WAL_STEP_END : HF_WAL_STEP_TORN;
    if (!group_is_next(walk, &walk->group))
        return HF_WAL_STEP_TORN;
    if (walk->group.synced > walk->witness)
        walk->witness = walk->group.synced;
    walk->next_version = walk->group.first;
    walk->next_group = walk->group.number + 1;
    walk->frame_off = walk->off;
    walk->off += HF_WAL_GROUP_SIZE;
    walk->in_group = true;
    return HF_WAL_STEP_GROUP;
}

static enum hf_wal_step
step_frame(struct hf_wal_walk *walk)
{
    enum hf_wal_verdict verdict =
        hf_wal_frame_decode(&walk->frame, behind(walk, walk->off), walk->base, walk->off);

    if (verdict != HF_WAL_GOOD)
        return verdict == HF_WAL_NEWER ? HF_WAL_STEP_NEWER : HF_WAL_STEP_TORN;
    if (walk->frame.type == HF_WAL_COMMIT) {
        walk->commit = hf_wal_commit_decode(walk->frame.payload);
        if (walk->commit.version != walk->next_version)
            return HF_WAL_STEP_TORN;
        walk->next_version++;
    }
    walk->frame_off = walk->off;
    walk->off += walk->frame.size;
    walk->end = walk->off;
    switch (walk->frame.type) {
    case HF_WAL_COMMIT:
        return HF_WAL_STEP_COMMIT;
    case HF_WAL_LINK:
        return HF_WAL_STEP_LINK;
    case HF_WAL_SEAL:
        return HF_WAL_STEP_SEAL;
    }
    return HF_WAL_STEP_NEWER;
}

/* Moves over the zeros behind a group; false where they are something else. */
static bool
skip_padding(struct hf_wal_walk *walk)
{
    struct hf_span rest = behind(walk, walk->off);
    uint64_t boundary = boundary_at_or_after(walk, walk->off);

    if (HF_PLANTED(wal_zero_is_frame)) {
        /* An empty frame has a length of 0 and, over no bytes, a crc of 0: on to the next. */
        while (rest.len >= HF_WAL_FRAME_OVERHEAD && hf_load_u32(rest.at) == 0) {
            walk->off += HF_WAL_FRAME_OVERHEAD;
            rest = behind(walk, walk->off);
        }
        return true;
    }
    if (rest.len > boundary - walk->off)
        rest.len = boundary - walk->off;
    if (!hf_span_is_zero(rest))
        return false;
    walk->off = boundary;
    return true;
}

/* The planted mistake of every log reader that means well: on to the next thing that
 * validates. */
static bool
resync(struct hf_wal_walk *walk)
{
    struct hf_wal_group group;
    uint64_t off = boundary_at_or_after(walk, walk->off + 1);

    for (; off < walk->in.len; off += walk->header.sector) {
        if (hf_wal_group_decode(&group, behind(walk, off), walk->base, off) == HF_WAL_GOOD) {
            walk->off = off;
            walk->in_group = false;
            walk->next_group = group.number;
            walk->next_version = group.first;
            return true;
        }
    }
    return false;
}

enum hf_wal_step
hf_wal_walk_next(struct hf_wal_walk *walk)
{
    enum hf_wal_step step;

    if (walk->in_group && !frame_may_start(behind(walk, walk->off))) {
        if (!skip_padding(walk))
            return HF_WAL_STEP_TORN;
        walk->in_group = false;
    }
    step = walk->in_group ? step_frame(walk) : step_between(walk);
    if (HF_PLANTED(recovery_resync) && step == HF_WAL_STEP_TORN && resync(walk))
        return hf_wal_walk_next(walk);
    return step;
}

struct hf_wal_probe
hf_wal_walk_probe(const struct hf_wal_walk *walk, uint64_t from)
{
    struct hf_wal_probe probe = { 0 };
    struct hf_wal_group group;
    uint64_t off = boundary_at_or_after(walk, from);

    for (; off < walk->in.len; off += walk->header.sector) {
        if (hf_wal_group_decode(&group, behind(walk, off), walk->base, off) != HF_WAL_GOOD ||
            !group_is_here(walk, &group))
            continue;
        probe.groups++;
        if (group.synced > probe.witness)
            probe.witness = group.synced;
    }
    probe.data = hf_span_data_size(behind(walk, from));
    return probe;
}
