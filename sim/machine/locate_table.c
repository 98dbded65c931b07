/*
 * locate_table.c - the structures of a sorted table: two metas, and the blocks between them.
 *
 * Blocks are found from front to back by their own heads, so that each kind is found wherever
 * the writer put it. Behind a head that cannot be, nothing more is found but the second meta.
 */
#include "base/span.h"
#include "format/table_format.h"
#include "sim/machine/locate_format.h"

enum kind {
    KIND_FIRST,
    KIND_LAST,
    KIND_DATA,
    KIND_INDEX,
    KIND_FILTER,
    KIND_SAMPLES,
    KIND_RANGES
};

#define BIT(kind) SIM_KIND_BIT(kind)
#define METAS (BIT(KIND_FIRST) | BIT(KIND_LAST))
#define ENTRIES (BIT(KIND_DATA) | BIT(KIND_INDEX) | BIT(KIND_RANGES))
#define BLOCKS (ENTRIES | BIT(KIND_FILTER) | BIT(KIND_SAMPLES))

static const struct sim_field fields[] = {
    { "first_meta", BIT(KIND_FIRST), 0, 0 },
    { "last_meta", BIT(KIND_LAST), 0, 0 },
    { "meta", METAS, 0, 0 },
    { "meta.magic", METAS, 0, 8 },
    { "meta.format", METAS, 8, 12 },
    { "meta.uuid", METAS, 12, 28 },
    { "meta.number", METAS, 28, 32 },
    { "meta.file_size", METAS, 32, 40 },
    { "meta.counts", METAS, 40, 56 },
    { "meta.versions", METAS, 56, 72 },
    { "meta.root", METAS, 80, 92 },
    { "meta.depth", METAS, 92, 96 },
    { "meta.filter", METAS, 96, 108 },
    { "meta.samples", METAS, 108, 120 },
    { "meta.sizes", METAS, 120, 136 },
    { "meta.ranges", METAS, 136, 140 },
    { "meta.crc", METAS, -4, 0 },
    { "block", BLOCKS, 0, 0 },
    { "block.kind", BLOCKS, 0, 1 },
    { "block.zeros", BLOCKS, 1, 4 },
    { "block.len", BLOCKS, 4, 8 },
    { "block.payload", BLOCKS, 8, -4 },
    { "block.crc", BLOCKS, -4, 0 },
    { "block.count", ENTRIES, 8, 12 },
    { "block.loaded", ENTRIES, 12, 16 },
    { "data", BIT(KIND_DATA), 0, 0 },
    { "data.entries", BIT(KIND_DATA), 16, -4 },
    { "index", BIT(KIND_INDEX), 0, 0 },
    { "index.entries", BIT(KIND_INDEX), 16, -4 },
    { "filter", BIT(KIND_FILTER), 0, 0 },
    { "filter.bits", BIT(KIND_FILTER), 8, -4 },
    { "samples", BIT(KIND_SAMPLES), 0, 0 },
    { "ranges", BIT(KIND_RANGES), 0, 0 },
    { "ranges.entries", BIT(KIND_RANGES), 16, -4 },
};

static unsigned
kind_of(enum hf_block_kind kind)
{
    switch (kind) {
    case HF_BLOCK_INDEX:
        return KIND_INDEX;
    case HF_BLOCK_FILTER:
        return KIND_FILTER;
    case HF_BLOCK_SAMPLES:
        return KIND_SAMPLES;
    case HF_BLOCK_RANGES:
        return KIND_RANGES;
    default:
        return KIND_DATA;
    }
}

static void
walk_table(struct hf_span file, sim_structure_fn *visit, void *context)
{
    const uint8_t *at = file.at;
    uint64_t off = HF_TABLE_META_SIZE, limit;
    enum hf_block_kind kind;
    uint32_t size;

    if (file.len < 2 * HF_TABLE_META_SIZE)
        return;
    limit = file.len - HF_TABLE_META_SIZE;
    visit(context, (struct sim_structure){ KIND_FIRST, 0, off });
    while (off < limit &&
           hf_block_peek(&kind, &size, hf_span(at + off, limit - off)) == HF_TABLE_GOOD) {
        visit(context, (struct sim_structure){ kind_of(kind), off, off + size });
        off += size;
    }
    visit(context, (struct sim_structure){ KIND_LAST, limit, file.len });
}

const struct sim_format sim_format_table = { fields, sizeof fields / sizeof *fields,
                                             walk_table };
