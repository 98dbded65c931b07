/*
 * locate.c - reads a segment with the engine's own codec and picks a field of what it finds.
 *
 * A field is a range of one kind of structure, given from its start or, below zero, from its
 * end. Structures behind the first unreadable byte are not found: a walk stops there, and so
 * would recovery.
 */
#include "sim/locate.h"

#include "base/span.h"
#include "format/wal_walk.h"

enum kind { KIND_HEADER, KIND_GROUP, KIND_COMMIT, KIND_LINK, KIND_SEAL, KIND_ZEROS };

#define BIT(kind) (1u << (kind))
#define FRAMES (BIT(KIND_COMMIT) | BIT(KIND_LINK) | BIT(KIND_SEAL))

static const struct field {
    const char *name;
    unsigned kinds;
    int64_t from, to; /* to 0: the end of the structure */
} fields[] = {
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

#define FIELD_COUNT (sizeof fields / sizeof fields[0])

struct structure {
    enum kind kind;
    uint64_t from, to;
};

/* The next structure of a segment; false at the end of what can be read. */
struct reader {
    struct hf_wal_walk walk;
    struct hf_span file;
    bool has_header;
    uint64_t end; /* of the structure before */
    struct structure ahead;
    bool has_ahead;
};

static void
reader_init(struct reader *reader, struct hf_span file)
{
    struct hf_wal_header header;

    *reader = (struct reader){ .file = file };
    reader->has_header = hf_wal_header_decode(&header, file) == HF_WAL_GOOD;
    if (reader->has_header)
        hf_wal_walk_init(&reader->walk, file, &header, 0);
}

static bool
read_walk(struct reader *reader, struct structure *out)
{
    const struct hf_wal_walk *walk = &reader->walk;

    switch (hf_wal_walk_next(&reader->walk)) {
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

static bool
read_structure(struct reader *reader, struct structure *out)
{
    if (!reader->has_header)
        return false;
    if (reader->has_ahead) {
        *out = reader->ahead;
        reader->has_ahead = false;
    } else if (reader->end == 0) {
        *out = (struct structure){ KIND_HEADER, 0, HF_WAL_HEADER_SIZE };
    } else if (!read_walk(reader, out)) {
        reader->has_header = false;
        *out = (struct structure){ KIND_ZEROS, reader->end, reader->file.len };
        return out->from < out->to;
    } else if (out->from > reader->end) {
        reader->ahead = *out;
        reader->has_ahead = true;
        *out = (struct structure){ KIND_ZEROS, reader->end, out->from };
    }
    reader->end = out->to;
    return true;
}

/* ---- choosing ---------------------------------------------------------------------------- */

static bool
matches(const struct field *field, const struct structure *structure)
{
    return (field->kinds & BIT(structure->kind)) != 0;
}

static struct sim_extent
range_of(const struct field *field, const struct structure *structure)
{
    uint64_t from = field->from >= 0 ? structure->from + (uint64_t)field->from
                                     : structure->to - (uint64_t)-field->from;
    uint64_t to = field->to > 0 ? structure->from + (uint64_t)field->to
                                : structure->to - (uint64_t)-field->to;
    return (struct sim_extent){ from, to };
}

/* How many structures have the field; the `index`th of them into *out, if there is one. */
static uint64_t
scan(struct sim_extent *out, struct hf_span file, const struct field *field, uint64_t index)
{
    struct reader reader;
    struct structure structure;
    uint64_t count = 0;

    reader_init(&reader, file);
    while (read_structure(&reader, &structure)) {
        if (!matches(field, &structure))
            continue;
        if (count++ == index)
            *out = range_of(field, &structure);
    }
    return count;
}

static const struct field *
find_field(const char *name)
{
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    }
    return NULL;
}

const char *
sim_locate_field(unsigned index)
{
    return index < FIELD_COUNT ? fields[index].name : NULL;
}

bool
sim_locate(struct sim_extent *out, struct hf_span file, const char *name, struct sim_tape *tape,
           uint64_t entity)
{
    const struct field *field =
        name[0] == '\0' ? &fields[sim_draw(tape, "locate.field", entity, FIELD_COUNT)]
                        : find_field(name);
    uint64_t count;

    if (field == NULL)
        return false;
    *out = (struct sim_extent){ 0, 0 };
    count = scan(out, file, field, 0);
    if (count > 1)
        scan(out, file, field, sim_draw(tape, "locate.index", entity, count));
    return count > 0 && out->from < out->to && out->to <= file.len;
}

uint64_t
sim_locate_witness(struct hf_span file)
{
    struct hf_wal_header header;
    struct hf_wal_walk walk;
    enum hf_wal_step step;
    uint64_t witness;

    if (hf_wal_header_decode(&header, file) != HF_WAL_GOOD)
        return 0;
    hf_wal_walk_init(&walk, file, &header, 0);
    witness = hf_wal_walk_probe(&walk, 0).witness;
    if (header.synced > witness)
        witness = header.synced;
    do {
        step = hf_wal_walk_next(&walk);
        if (step == HF_WAL_STEP_LINK) {
            struct hf_wal_link link = hf_wal_link_decode(walk.frame.payload);
            if (link.synced > witness)
                witness = link.synced;
        }
    } while (step == HF_WAL_STEP_GROUP || step == HF_WAL_STEP_COMMIT ||
             step == HF_WAL_STEP_LINK);
    return witness;
}
