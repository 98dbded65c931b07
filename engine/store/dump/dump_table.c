/*
 * dump_table.c - the bytes of a sorted table, to lines: one a block.
 *
 * Blocks are walked as they stand, without the index, so that damage to the index hides none of
 * them. One meta is enough to check them. Without either, nobody knows whose table it is, which
 * the checksums need; then a block is what looks like one and adds up.
 */
#include "base/span.h"
#include "store/dump/dump.h"

#include <inttypes.h>
#include <stdio.h>

struct table {
    const struct hf_dump *dump;
    struct hf_span in;
    struct hf_table_meta meta;
    bool has_meta;
    struct hf_dump_memory memory;
};

/* ---- metas ------------------------------------------------------------------------------- */

static void
say_meta(const struct table *table, uint64_t off)
{
    const struct hf_table_meta *meta = &table->meta;
    struct hf_dump_text uuid;

    hf_dump_say_at(table->dump, off,
                   "meta format %u table %u size %" PRIu64 " entries %" PRIu64
                   " deletes %" PRIu64 " versions %" PRIu64 "..%" PRIu64 " uuid %s",
                   meta->format, meta->id.number, meta->file_size, meta->entries, meta->deletes,
                   meta->version_min, meta->version_max, hf_dump_uuid(&uuid, meta->id.uuid));
    hf_dump_say(table->dump,
                "              root %" PRIu64 "+%u levels of index %u filter %" PRIu64
                " x %u samples %" PRIu64 "+%u",
                meta->root.off, meta->root.size, meta->depth, meta->filter_off,
                meta->filter_count, meta->samples.off, meta->samples.size);
    hf_dump_say(table->dump,
                "              keys and values %" PRIu64 " bytes, largest block %u, "
                "expanded %u",
                meta->data_size, meta->block_size_max, meta->loaded_size_max);
    if (meta->ranges_size > 0)
        hf_dump_say(table->dump, "              ranges %u bytes", meta->ranges_size);
}

/* The meta at `off`: all of it if it is the first that is sound. Whether the blocks may be
 * walked. */
static bool
dump_meta(struct table *table, uint64_t off)
{
    struct hf_span in = hf_span((const uint8_t *)table->in.at + off, table->in.len - off);
    struct hf_table_meta meta;

    switch (hf_table_meta_decode(&meta, in)) {
    case HF_TABLE_NEWER:
        hf_dump_say_at(table->dump, off, "meta of format %u: newer than %u", meta.format,
                       HF_TABLE_FORMAT);
        return false;
    case HF_TABLE_BAD:
        hf_dump_say_at(table->dump, off, "no valid meta");
        return true;
    case HF_TABLE_GOOD:
        break;
    }
    if (table->has_meta && memcmp(in.at, table->in.at, HF_TABLE_META_SIZE) == 0) {
        hf_dump_say_at(table->dump, off, "meta again, the same");
        return true;
    }
    table->meta = meta;
    table->has_meta = true;
    say_meta(table, off);
    return true;
}

/* ---- blocks ------------------------------------------------------------------------------ */

static unsigned
count_bits(struct hf_span bytes)
{
    const uint8_t *at = bytes.at;
    unsigned count = 0;

    for (size_t i = 0; i < bytes.len; i++) {
        for (unsigned byte = at[i]; byte != 0; byte &= byte - 1)
            count++;
    }
    return count;
}

static void
dump_block(struct table *table, const struct hf_dump_block *block)
{
    bool is_root = table->has_meta && block->off == table->meta.root.off;

    switch (block->kind) {
    case HF_BLOCK_DATA:
    case HF_BLOCK_INDEX:
    case HF_BLOCK_SAMPLES:
    case HF_BLOCK_RANGES:
        hf_dump_say_block(table->dump, &table->memory, block, is_root ? ", the root" : "");
        break;
    case HF_BLOCK_FILTER:
        hf_dump_say_at(table->dump, block->off, "filter %u bytes, bits set %u of %zu",
                       block->size, count_bits(block->payload), 8 * block->payload.len);
        break;
    case HF_BLOCK_IDENTITY:
    case HF_BLOCK_END:
        hf_dump_say_at(table->dump, block->off, "%s %u bytes: no block of a table",
                       hf_dump_kind_name(block->kind), block->size);
        break;
    }
}

/* The blocks up to `limit`. */
static void
dump_blocks(struct table *table, uint64_t limit)
{
    struct hf_dump_walk walk = {
        .in = table->in,
        .off = HF_TABLE_META_SIZE,
        .limit = limit,
        .is_checked = table->has_meta,
        .base = table->has_meta ? hf_table_mask_base(&table->meta.id) : 0,
        .memory = &table->memory,
    };
    enum hf_dump_step step;

    if (!table->has_meta)
        hf_dump_say(table->dump, "              no meta: checksums are not looked at");
    while ((step = hf_dump_walk_next(&walk)) != HF_DUMP_LIMIT) {
        if (step == HF_DUMP_BLOCK)
            dump_block(table, &walk.block);
        else
            hf_dump_say_damage(table->dump, &walk, step);
    }
}

/* ---- the file ---------------------------------------------------------------------------- */

/* Where the second meta is: by the first one, or else by the file's end. */
static uint64_t
second_off(const struct table *table)
{
    uint64_t size = table->has_meta ? table->meta.file_size : table->in.len;

    return size - HF_TABLE_META_SIZE;
}

/* What the last bytes of the file say, if the first ones say nothing. */
static void
look_at_end(struct table *table)
{
    const uint8_t *at = table->in.at;
    size_t off = table->in.len - HF_TABLE_META_SIZE;

    if (!table->has_meta)
        table->has_meta =
            hf_table_meta_decode(&table->meta, hf_span(at + off, HF_TABLE_META_SIZE)) ==
            HF_TABLE_GOOD;
}

void
hf_dump_table(const struct hf_dump *dump, struct hf_span in)
{
    struct table table = { .dump = dump, .in = in };

    if (!dump_meta(&table, 0) || in.len < 2 * HF_TABLE_META_SIZE)
        return;
    bool has_first = table.has_meta;
    look_at_end(&table);
    uint64_t end = second_off(&table);
    dump_blocks(&table, end < in.len ? end : in.len);
    table.has_meta = has_first; /* the second one is told in full if it is the only one */
    if (end + HF_TABLE_META_SIZE <= in.len)
        (void)dump_meta(&table, end);
    else
        hf_dump_say_at(dump, in.len, "the file ends here, before its second meta");
    if (end + HF_TABLE_META_SIZE < in.len)
        hf_dump_say_at(dump, end + HF_TABLE_META_SIZE, "behind the table: %" PRIu64 " bytes",
                       in.len - end - HF_TABLE_META_SIZE);
    hf_dump_memory_fini(&table.memory);
}
