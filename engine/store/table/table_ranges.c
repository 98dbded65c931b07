/*
 * table_ranges.c - the ranges that a table deletes, from its file.
 *
 *   ... | samples | range block | range block | meta again
 *                 ^                           ^
 *                 first                       limit: the size of all of them is in the meta
 *
 * They follow each other without an index, since they are always read together: when the table
 * is opened, and when it is checked. Each tells its own length.
 */
#include "base/span.h"
#include "store/table/table_read.h"
#include "vfs/vfs_io.h"

#define ATTEMPTS 2

static uint64_t
limit_of(const struct hf_table *table)
{
    return table->meta.file_size - HF_TABLE_META_SIZE;
}

uint64_t
hf_table_ranges_off(const struct hf_table *table)
{
    return limit_of(table) - table->meta.ranges_size;
}

/* What the block at `off` says of its size. */
static enum hf_err
read_size(const struct hf_table *table, uint64_t off, uint32_t *size, struct hf_detail *detail)
{
    uint64_t left = limit_of(table) - off;
    uint8_t head[HF_BLOCK_HEAD];
    size_t got = 0;
    enum hf_err err = hf_vfs_read_full(table->file, off, head, sizeof head, &got, detail);

    if (err != HF_OK)
        return err;
    uint32_t payload_size = hf_load_u32(head + 4);
    if (left < HF_BLOCK_OVERHEAD || payload_size > left - HF_BLOCK_OVERHEAD)
        return hf_table_corrupt(table, off, "a block of ranges goes on behind its place",
                                detail);
    *size = HF_BLOCK_OVERHEAD + payload_size;
    return HF_OK;
}

static enum hf_err
load_once(const struct hf_table *table, uint64_t *off, uint8_t *raw, struct hf_block *block,
          struct hf_detail *detail)
{
    struct hf_block_want want = { .kind = HF_BLOCK_RANGES, .place = { .off = *off } };
    enum hf_err err = read_size(table, *off, &want.place.size, detail);

    if (err == HF_OK)
        err = hf_table_load(table, &want, raw, block, detail);
    if (err == HF_OK && !hf_block_holds_ranges(block))
        err =
            hf_table_corrupt(table, *off, "a range does not end behind its beginning", detail);
    if (err == HF_OK)
        *off += want.place.size;
    return err;
}

enum hf_err
hf_table_load_ranges(const struct hf_table *table, uint64_t *off, uint8_t *raw,
                     struct hf_block *block, struct hf_detail *detail)
{
    enum hf_err err = HF_ERR_CORRUPT;

    for (int attempt = 0; err == HF_ERR_CORRUPT && attempt < ATTEMPTS; attempt++)
        err = load_once(table, off, raw, block, detail);
    return err;
}

static enum hf_err
add_block(struct hf_range_list *list, const struct hf_block *block)
{
    enum hf_err err = HF_OK;

    for (uint32_t i = 0; err == HF_OK && i < block->count; i++) {
        struct hf_entry entry = hf_block_entry(block, i);
        struct hf_range_delete range = {
            .from = entry.key,
            .to = entry.value,
            .version = entry.version,
            .time_us = entry.time_us,
        };
        err = hf_range_list_add(list, &range);
    }
    return err;
}

enum hf_err
hf_table_read_ranges(const struct hf_table_env *env, const struct hf_table *table,
                     struct hf_range_list *list, struct hf_detail *detail)
{
    const struct hf_table_meta *meta = &table->meta;
    uint8_t *raw = hf_budget_alloc(env->budget, meta->block_size_max);
    struct hf_block *block = hf_budget_alloc(env->budget, meta->loaded_size_max);
    uint64_t off = hf_table_ranges_off(table);
    enum hf_err err = raw == NULL || block == NULL ? HF_ERR_NO_MEMORY : HF_OK;

    while (err == HF_OK && off < limit_of(table)) {
        err = hf_table_load_ranges(table, &off, raw, block, detail);
        if (err == HF_OK)
            err = add_block(list, block);
    }
    hf_budget_free(env->budget, raw, meta->block_size_max);
    hf_budget_free(env->budget, block, meta->loaded_size_max);
    return err;
}
