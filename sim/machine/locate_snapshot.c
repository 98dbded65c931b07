/*
 * locate_snapshot.c - the structures of a snapshot: its header, sections, blocks, and the crc.
 *
 * Offsets are those of the drawing in engine/format/snapshot_format.c. Blocks are called parts
 * here, to tell them from those of tables. Behind a head that cannot be, nothing more is found.
 */
#include "base/span.h"
#include "format/snapshot_format.h"
#include "sim/machine/locate_format.h"

#define HEADER_SIZE 39u
#define SECTION_HEAD 9u
#define SECTION_END 255u
#define CRC_SIZE 4u

enum kind {
    KIND_HEADER,
    KIND_SECTION,
    KIND_IDENTITY,
    KIND_BASE,
    KIND_ENTRIES,
    KIND_END,
    KIND_CRC
};

#define BIT(kind) SIM_KIND_BIT(kind)
#define PARTS (BIT(KIND_IDENTITY) | BIT(KIND_BASE) | BIT(KIND_ENTRIES) | BIT(KIND_END))

static const struct sim_field fields[] = {
    { "file", BIT(KIND_HEADER), 0, 0 },
    { "file.magic", BIT(KIND_HEADER), 0, 10 },
    { "file.format", BIT(KIND_HEADER), 10, 14 },
    { "file.time", BIT(KIND_HEADER), 14, 22 },
    { "file.version", BIT(KIND_HEADER), 22, 30 },
    { "file.base", BIT(KIND_HEADER), 30, 38 },
    { "file.sections", BIT(KIND_HEADER), 38, 39 },
    { "file.crc", BIT(KIND_CRC), 0, 0 },
    { "section", BIT(KIND_SECTION), 0, 0 },
    { "section.type", BIT(KIND_SECTION), 0, 1 },
    { "section.size", BIT(KIND_SECTION), 1, 9 },
    { "part", PARTS, 0, 0 },
    { "part.kind", PARTS, 0, 1 },
    { "part.zeros", PARTS, 1, 4 },
    { "part.len", PARTS, 4, 8 },
    { "part.payload", PARTS, 8, -4 },
    { "part.crc", PARTS, -4, 0 },
    { "identity", BIT(KIND_IDENTITY), 8, -4 },
    { "base", BIT(KIND_BASE), 8, -4 },
    { "entries", BIT(KIND_ENTRIES), 8, -4 },
    { "end", BIT(KIND_END), 8, -4 },
};

static unsigned
kind_of(enum hf_block_kind kind)
{
    switch (kind) {
    case HF_BLOCK_IDENTITY:
        return KIND_IDENTITY;
    case HF_BLOCK_SAMPLES:
        return KIND_BASE;
    case HF_BLOCK_END:
        return KIND_END;
    default:
        return KIND_ENTRIES;
    }
}

/* The blocks of a section, its END too; where what follows begins, 0: what is there is none. */
static uint64_t
walk_section(struct hf_span file, uint64_t off, sim_structure_fn *visit, void *context)
{
    const uint8_t *at = file.at;
    enum hf_block_kind kind;
    uint32_t size;

    while (off < file.len &&
           hf_block_peek(&kind, &size, hf_span(at + off, file.len - off)) == HF_TABLE_GOOD) {
        visit(context, (struct sim_structure){ kind_of(kind), off, off + size });
        off += size;
        if (kind == HF_BLOCK_END)
            return off;
    }
    return 0;
}

static void
walk_snapshot(struct hf_span file, sim_structure_fn *visit, void *context)
{
    const uint8_t *at = file.at;
    uint64_t off = HEADER_SIZE;
    bool is_last = false;

    if (file.len < HF_SNAPSHOT_BEGIN_SIZE + HF_SNAPSHOT_ENTRIES_SIZE + HF_SNAPSHOT_END_SIZE)
        return;
    visit(context, (struct sim_structure){ KIND_HEADER, 0, HEADER_SIZE });
    while (!is_last && off != 0 && off + SECTION_HEAD <= file.len) {
        visit(context, (struct sim_structure){ KIND_SECTION, off, off + SECTION_HEAD });
        is_last = at[off] == SECTION_END;
        off = walk_section(file, off + SECTION_HEAD, visit, context);
    }
    if (off != 0 && off + CRC_SIZE == file.len)
        visit(context, (struct sim_structure){ KIND_CRC, off, file.len });
}

const struct sim_format sim_format_snapshot = { fields, sizeof fields / sizeof *fields,
                                                walk_snapshot };
