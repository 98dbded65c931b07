/*
 * dump_log.c - the bytes of a log segment, to lines.
 *
 * It reads through the walk that recovery reads through. Where the segment stops being readable
 * it says so, and what stands on the sector boundaries further on: that is what recovery goes
 * by when it tells a torn tail from damage.
 */
#include "base/span.h"
#include "format/wal_walk.h"
#include "store/dump/dump.h"

#include <inttypes.h>

/* A position as people read it: segment and offset. */
#define POSITION "%" PRIu64 ":%" PRIu64
#define POSITION_OF(at) (at) >> 32, (at)&UINT32_MAX

static void
dump_commit(const struct hf_dump *dump, const struct hf_wal_walk *walk)
{
    const uint8_t *at = walk->commit.ops.at;
    struct hf_dump_text key, value;

    hf_dump_say_at(dump, walk->frame_off,
                   "commit version %" PRIu64 " time %" PRIu64 " operations %u",
                   walk->commit.version, walk->commit.time_us, walk->commit.count);
    for (uint32_t i = 0; i < walk->commit.count; i++) {
        struct hf_wal_op op = hf_wal_op_decode(at);
        hf_dump_escape(&key, op.key);
        switch (op.type) {
        case HF_WAL_PUT:
            hf_dump_say(dump, "              put %s = %s (%zu bytes)", key.at,
                        hf_dump_escape(&value, op.value), op.value.len);
            break;
        case HF_WAL_DELETE:
            hf_dump_say(dump, "              delete %s", key.at);
            break;
        case HF_WAL_DELETE_RANGE:
            hf_dump_say(dump, "              delete %s up to %s", key.at,
                        op.value.len == 0 ? "the end" : hf_dump_escape(&value, op.value));
            break;
        }
        at += op.size;
    }
}

static void
dump_step(const struct hf_dump *dump, const struct hf_wal_walk *walk, enum hf_wal_step step)
{
    struct hf_wal_link link;
    struct hf_wal_seal seal;

    switch (step) {
    case HF_WAL_STEP_GROUP:
        hf_dump_say_at(dump, walk->frame_off,
                       "group %u first version %" PRIu64 " synced " POSITION,
                       walk->group.number, walk->group.first, POSITION_OF(walk->group.synced));
        break;
    case HF_WAL_STEP_COMMIT:
        dump_commit(dump, walk);
        break;
    case HF_WAL_STEP_LINK:
        link = hf_wal_link_decode(walk->frame.payload);
        hf_dump_say_at(dump, walk->frame_off,
                       "link to segment %u, its end %" PRIu64 ", version %" PRIu64, link.prev,
                       link.prev_end, link.last);
        break;
    case HF_WAL_STEP_SEAL:
        seal = hf_wal_seal_decode(walk->frame.payload);
        hf_dump_say_at(dump, walk->frame_off, "seal after version %" PRIu64 ", next segment %u",
                       seal.last, seal.next);
        break;
    case HF_WAL_STEP_END:
        hf_dump_say_at(dump, walk->end, "end: nothing but zeros behind");
        break;
    case HF_WAL_STEP_TORN:
        hf_dump_say_at(dump, walk->off, "unreadable");
        break;
    case HF_WAL_STEP_NEWER:
        hf_dump_say_at(dump, walk->off,
                       "a frame of an unknown type: a newer Holdfast wrote it");
        break;
    }
}

static void
dump_behind(const struct hf_dump *dump, const struct hf_wal_walk *walk)
{
    struct hf_wal_probe probe = hf_wal_walk_probe(walk, walk->end);

    hf_dump_say(dump,
                "              behind it: %" PRIu64 " bytes of data, %u valid group headers, "
                "the highest witness " POSITION,
                probe.data, probe.groups, POSITION_OF(probe.witness));
}

static void
dump_groups(const struct hf_dump *dump, struct hf_span in, const struct hf_wal_header *header)
{
    struct hf_wal_walk walk;
    enum hf_wal_step step;

    hf_wal_walk_init(&walk, in, header, 0);
    do {
        step = hf_wal_walk_next(&walk);
        dump_step(dump, &walk, step);
    } while (step < HF_WAL_STEP_END);
    if (step != HF_WAL_STEP_END)
        dump_behind(dump, &walk);
}

void
hf_dump_log(const struct hf_dump *dump, struct hf_span in)
{
    struct hf_wal_header header;
    struct hf_dump_text uuid;

    switch (hf_wal_header_decode(&header, in)) {
    case HF_WAL_BAD:
        hf_dump_say_at(dump, 0, "no valid segment header%s",
                       hf_span_is_zero(in) ? ": all zeros" : "");
        return;
    case HF_WAL_NEWER:
        hf_dump_say_at(dump, 0, "segment header of format %u: newer than %u", header.format,
                       HF_WAL_FORMAT);
        return;
    case HF_WAL_GOOD:
        break;
    }
    hf_dump_say_at(dump, 0,
                   "header format %u sector %u segment %u prepared %" PRIu64 " synced " POSITION
                   " uuid %s",
                   header.format, header.sector, header.number, header.prepared,
                   POSITION_OF(header.synced), hf_dump_uuid(&uuid, header.uuid));
    if (in.len < header.sector)
        hf_dump_say_at(dump, in.len, "the file ends here, inside the sector of its header");
    else
        dump_groups(dump, in, &header);
}
