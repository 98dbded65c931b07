/*
 * locate_wal.c - the structures of a log segment, read with the engine's own codec.
 *
 * What stands behind the first unreadable byte is not found: the walk stops there, and so would
 * recovery.
 */
#include "format/wal_walk.h"
#include "sim/machine/locate_format.h"

enum kind { KIND_HEADER, KIND_GROUP, KIND_COMMIT, KIND_LINK, KIND_SEAL, KIND_ZEROS };

#define BIT(kind) SIM_KIND_BIT(kind)
#define FRAMES (BIT(KIND_COMMIT) | BIT(KIND_LINK) | BIT(KIND_SEAL))

static const struct sim_field fields[] = {
    { "header", BIT(KIND_HEADER), 0, 0 },
    { "header.magic", BIT(KIND_HEADER), 0, 8 },
    { "header.format", BIT(KIND_HEADER), 8, 12 },
    { "header.sector", BIT(KIND_HEADER), 12, 16 },
    { "header.uuid", BIT(KIND_HEADER), 16, 32 },
    { "header.number", BIT(KIND_HEADER), 32, 36 },
    { "header.salt", BIT(KIND_HEADER), 36, 40 },
    { "header.synced", BIT(KIND_HEADER), 40, 48 },
    { "header.prepared", BIT(KIND_HEADER), 48, 56 },
    { "header.crc", BIT(KIND_HEADER), 56, 0 },
    { "group", BIT(KIND_GROUP), 0, 0 },
    { "group.kind", BIT(KIND_GROUP), 0, 4 },
    { "group.number", BIT(KIND_GROUP), 4, 8 },
    { "group.synced", BIT(KIND_GROUP), 8, 16 },
    { "group.first", BIT(KIND_GROUP), 16, 24 },
    { "group.segment", BIT(KIND_GROUP), 24, 28 },
    { "group.crc", BIT(KIND_GROUP), 28, 0 },
    { "frame", FRAMES, 0, 0 },
    { "len", FRAMES, 0, 4 },
    { "type", FRAMES, 4, 5 },
    { "vers", FRAMES, 5, 6 },
    { "payload", FRAMES, 6, -4 },
    { "crc", FRAMES, -4, 0 },
    { "commit", BIT(KIND_COMMIT), 0, 0 },
    { "commit.version", BIT(KIND_COMMIT), 6, 14 },
    { "commit.time", BIT(KIND_COMMIT), 14, 22 },
    { "commit.count", BIT(KIND_COMMIT), 22, 26 },
    { "commit.ops", BIT(KIND_COMMIT), 26, -4 },
    { "link", BIT(KIND_LINK), 0, 0 },
    { "link.prev", BIT(KIND_LINK), 6, 10 },
    { "link.prev_end", BIT(KIND_LINK), 10, 18 },
    { "link.last", BIT(KIND_LINK), 18, 26 },
    { "link.synced", BIT(KIND_LINK), 26, 34 },
    { "seal", BIT(KIND_SEAL), 0, 0 },
    { "seal.last", BIT(KIND_SEAL), 6, 14 },
    { "seal.next", BIT(KIND_SEAL), 14, 18 },
    { "padding", BIT(KIND_ZEROS), 0, 0 },
};

/* What the last step of the walk found; false: it has stopped. */
static bool
read_step(struct hf_wal_walk *walk, struct sim_structure *out)
{
    switch (hf_wal_walk_next(walk)) {
    case HF_WAL_STEP_GROUP:
        out->kind = KIND_GROUP;
        break;
    case HF_WAL_STEP_COMMIT:
        out->kind = KIND_COMMIT;
        break;
    case HF_WAL_STEP_LINK:
        out->kind = KIND_LINK;
        break;
    case HF_WAL_STEP_SEAL:
        out->kind = KIND_SEAL;
        break;
    case HF_WAL_STEP_END:
    case HF_WAL_STEP_TORN:
    case HF_WAL_STEP_NEWER:
        return false;
    }
    out->from = walk->frame_off;
    out->to = out->from + (out->kind == KIND_GROUP ? HF_WAL_GROUP_SIZE : walk->frame.size);
    return true;
}

static void
visit_zeros(uint64_t from, uint64_t to, sim_structure_fn *visit, void *context)
{
    if (from < to)
        visit(context, (struct sim_structure){ KIND_ZEROS, from, to });
}

static void
walk_wal(struct hf_span file, sim_structure_fn *visit, void *context)
{
    struct sim_structure found = { KIND_HEADER, 0, HF_WAL_HEADER_SIZE };
    struct hf_wal_header header;
    struct hf_wal_walk walk;
    uint64_t end = found.to;

    if (hf_wal_header_decode(&header, file) != HF_WAL_GOOD)
        return;
    visit(context, found);
    hf_wal_walk_init(&walk, file, &header, 0);
    while (read_step(&walk, &found)) {
        visit_zeros(end, found.from, visit, context);
        visit(context, found);
        end = found.to;
    }
    visit_zeros(end, file.len, visit, context);
}

const struct sim_format sim_format_wal = { fields, sizeof fields / sizeof *fields, walk_wal };
