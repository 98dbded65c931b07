/*
 * table_check.c - looking at every byte of a table.
 *
 *   METAS --> ENTRIES --> FILTER --> RANGES --> SAMPLES --> DONE
 *
 *   METAS     the file's size; both metas, which say the same
 *   ENTRIES   a cursor goes over all of them, so every data and index block is read, and is
 *             where and what the index says; entries are counted, and looked for in the filter
 *   FILTER    every filter block, those too that no key belongs to
 *   RANGES    every block of ranges, their order, their bounds; then what was counted
 *   SAMPLES   the samples; and no byte of the file belongs to nothing
 *
 * Of the filter a number of blocks are kept, each in one place: block i in slot i modulo their
 * number. So a filter of up to FILTER_SLOTS blocks is read once, a larger one as often as it
 * takes, and the memory has a limit.
 */
#include "base/hash.h"
#include "base/probe.h"
#include "base/span.h"
#include "memory/area.h"
#include "store/table/table_read.h"

#define FILTER_SLOTS 256u

enum stage { METAS, ENTRIES, FILTER, RANGES, SAMPLES, DONE };

struct hf_table_check {
    struct hf_table_env *env;
    struct hf_table *table;
    struct hf_table_cursor cursor;
    enum stage stage;
    uint64_t size; /* of this area */
    uint64_t seed;

    uint8_t *slots; /* whole filter blocks */
    uint32_t slot_count;
    uint32_t *slot_of; /* which block is in a slot, counted from 1; 0: none */
    uint32_t filter_next;
    uint8_t *samples_raw;

    uint64_t covered; /* bytes of the file that were looked at */
    struct hf_table_meta seen;
    bool min_is_met, max_is_met; /* something reaches up to the bound that there should be */

    uint64_t ranges_off; /* of the block of ranges that comes next */
    uint8_t *ranges_raw;
    struct hf_block *ranges_block;
    uint8_t *last_from; /* of the range before */
    size_t last_from_size;
    uint64_t last_version;
};

/* ---- opening and closing ----------------------------------------------------------------- */

/* Lays everything out in one area; its size. */
static uint64_t
lay_out(struct hf_table_check *check, void *area)
{
    const struct hf_table_meta *meta = &check->table->meta;
    uint64_t slots = check->slot_count;
    bool has_ranges = meta->ranges_size > 0;
    uint64_t used = 0;

    hf_area_take(area, &used, sizeof *check);
    check->samples_raw = hf_area_take(area, &used, check->table->meta.samples.size);
    check->slots = hf_area_take(area, &used, slots * HF_FILTER_BLOCK_SIZE);
    check->slot_of = hf_area_take(area, &used, slots * sizeof *check->slot_of);
    check->ranges_raw = hf_area_take(area, &used, has_ranges ? meta->block_size_max : 0);
    check->ranges_block = hf_area_take(area, &used, has_ranges ? meta->loaded_size_max : 0);
    check->last_from = hf_area_take(area, &used, has_ranges ? meta->key_size_max : 0);
    return used;
}

enum hf_err
hf_table_check_open(struct hf_table_check **out, struct hf_table_env *env,
                    struct hf_table *table)
{
    uint32_t filter_count = table->meta.filter_count;
    struct hf_table_check draft = {
        .env = env,
        .table = table,
        .seed = hf_table_hash_seed(env),
        .slot_count = filter_count < FILTER_SLOTS ? filter_count : FILTER_SLOTS,
        .seen = { .version_min = UINT64_MAX },
    };
    struct hf_table_check *check;
    enum hf_err err;

    *out = NULL;
    draft.size = lay_out(&draft, NULL);
    check = hf_budget_alloc(env->budget, draft.size);
    if (check == NULL)
        return HF_ERR_NO_MEMORY;
    lay_out(&draft, check);
    *check = draft;
    memset(check->slot_of, 0, check->slot_count * sizeof *check->slot_of);
    err = hf_table_cursor_open(&check->cursor, env, table, true);
    if (err == HF_OK)
        *out = check;
    else
        hf_budget_free(env->budget, check, check->size);
    return err;
}

void
hf_table_check_close(struct hf_table_check *check)
{
    if (check == NULL)
        return;
    hf_table_cursor_close(&check->cursor);
    hf_budget_free(check->env->budget, check, check->size);
}

static enum hf_err
wrong(const struct hf_table_check *check, uint64_t off, const char *what,
      struct hf_detail *detail)
{
    return hf_table_corrupt(check->table, off, what, detail);
}

/* ---- metas ------------------------------------------------------------------------------- */

static enum hf_err
check_meta(struct hf_table_check *check, uint64_t off, struct hf_detail *detail)
{
    uint8_t expected[HF_TABLE_META_SIZE], found[HF_TABLE_META_SIZE];
    struct hf_table_meta meta;
    enum hf_err err = hf_table_read_meta(check->env, check->table, off, &meta, detail);

    if (err != HF_OK)
        return err;
    hf_table_meta_encode(expected, &check->table->meta);
    hf_table_meta_encode(found, &meta);
    check->covered += sizeof found;
    if (memcmp(found, expected, sizeof found) != 0)
        return wrong(check, off, "the two metas differ", detail);
    return HF_OK;
}

static enum hf_err
check_metas(struct hf_table_check *check, struct hf_detail *detail)
{
    uint64_t expected = check->table->meta.file_size, size;
    enum hf_err err = hf_file_size(check->table->file, &size, detail);

    if (err == HF_OK && size != expected)
        err = wrong(check, size < expected ? size : expected, "the file has another size",
                    detail);
    if (err == HF_OK)
        err = check_meta(check, 0, detail);
    if (err == HF_OK)
        err = check_meta(check, expected - HF_TABLE_META_SIZE, detail);
    if (err == HF_OK)
        err = hf_table_cursor_seek(&check->cursor, hf_span(NULL, 0), 0, detail);
    check->stage = ENTRIES;
    return err;
}

/* ---- the filter -------------------------------------------------------------------------- */

/* Filter block `index`, in its slot. */
static enum hf_err
use_filter(struct hf_table_check *check, uint32_t index, const uint8_t **payload,
           struct hf_detail *detail)
{
    uint32_t slot = index % check->slot_count;
    uint8_t *block = check->slots + slot * (size_t)HF_FILTER_BLOCK_SIZE;
    struct hf_block_want want = {
        .kind = HF_BLOCK_FILTER,
        .place = { .off =
                       check->table->meta.filter_off + index * (uint64_t)HF_FILTER_BLOCK_SIZE,
                   .size = HF_FILTER_BLOCK_SIZE },
    };
    struct hf_span found;
    enum hf_err err;

    *payload = block + HF_BLOCK_HEAD;
    if (check->slot_of[slot] == index + 1)
        return HF_OK;
    check->slot_of[slot] = 0;
    err = hf_table_read(check->table, &want, block, &found, detail);
    if (err == HF_OK)
        check->slot_of[slot] = index + 1;
    return err;
}

static enum hf_err
check_in_filter(struct hf_table_check *check, struct hf_span key, struct hf_detail *detail)
{
    uint64_t hash = hf_hash_bytes_of(key.at, key.len, check->seed);
    const uint8_t *payload;
    enum hf_err err;

    if (check->slot_count == 0 || HF_PLANTED(verify_skip_filters))
        return HF_OK;
    err = use_filter(check, hf_filter_pick(hash, check->table->meta.filter_count), &payload,
                     detail);
    if (err == HF_OK && !hf_filter_may_have(payload, hash))
        err =
            wrong(check, check->table->meta.filter_off, "the filter leaves out a key", detail);
    return err;
}

/* The next block of it, whether a key belongs there or not. */
static enum hf_err
check_filter_block(struct hf_table_check *check, struct hf_detail *detail)
{
    const uint8_t *payload;
    enum hf_err err = HF_OK;

    if (check->filter_next == check->table->meta.filter_count) {
        check->ranges_off = hf_table_ranges_off(check->table);
        check->stage = RANGES;
    } else {
        if (!HF_PLANTED(verify_skip_filters))
            err = use_filter(check, check->filter_next, &payload, detail);
        check->filter_next++;
        check->covered += HF_FILTER_BLOCK_SIZE;
    }
    return err;
}

/* ---- entries ----------------------------------------------------------------------------- */

/* Of an entry, or of a range in the shape of one. */
static void
note_sizes(struct hf_table_meta *seen, const struct hf_entry *entry)
{
    uint64_t size = entry->key.len + entry->value.len;

    seen->data_size += size;
    if (entry->key.len > seen->key_size_max)
        seen->key_size_max = (uint32_t)entry->key.len;
    if (size > seen->entry_size_max)
        seen->entry_size_max = (uint32_t)size;
    if (entry->version < seen->version_min)
        seen->version_min = entry->version;
    if (entry->version > seen->version_max)
        seen->version_max = entry->version;
}

static enum hf_err
check_entry(struct hf_table_check *check, const struct hf_entry *entry,
            struct hf_detail *detail)
{
    const struct hf_table_info *info = &check->table->info;
    uint64_t off = check->cursor.step[check->table->meta.depth].place.off;

    if (hf_span_compare(entry->key, info->key_min) < 0)
        return wrong(check, off, "a key is smaller than the manifest says", detail);
    if (hf_table_ends_before(info, entry->key))
        return wrong(check, off, "a key is larger than the manifest says", detail);
    check->min_is_met |= hf_span_equal(entry->key, info->key_min);
    check->max_is_met |= !info->max_is_open && hf_span_equal(entry->key, info->key_max);
    check->seen.entries++;
    check->seen.deletes += entry->is_delete;
    note_sizes(&check->seen, entry);
    return check_in_filter(check, entry->key, detail);
}

/* The data block that the cursor has just come to, and the index blocks whose first entries led
 * there: none of them was met before. */
static void
cover_blocks(struct hf_table_check *check)
{
    const struct hf_table_step *step = check->cursor.step;

    for (uint32_t level = check->table->meta.depth + 1; level-- > 0;) {
        if (step[level].index != 0)
            break;
        check->covered += step[level].place.size;
    }
}

static enum hf_err
check_totals(const struct hf_table_check *check, struct hf_detail *detail)
{
    const struct hf_table_meta *seen = &check->seen, *meta = &check->table->meta;

    if (!check->min_is_met)
        return wrong(check, 0, "the first key is not that of the manifest", detail);
    if (!check->max_is_met)
        return wrong(check, 0, "the last key is not that of the manifest", detail);
    if (seen->entries != meta->entries || seen->deletes != meta->deletes ||
        seen->version_min != meta->version_min || seen->version_max != meta->version_max ||
        seen->data_size != meta->data_size || seen->key_size_max != meta->key_size_max ||
        seen->entry_size_max != meta->entry_size_max)
        return wrong(check, 0, "the meta counts other entries than there are", detail);
    return HF_OK;
}

/* All of the block that the cursor is at the beginning of, and on to the next. */
static enum hf_err
check_data_block(struct hf_table_check *check, struct hf_detail *detail)
{
    struct hf_table_cursor *cursor = &check->cursor;
    enum hf_err err;

    cover_blocks(check);
    do {
        struct hf_entry entry = hf_table_cursor_entry(cursor);
        err = check_entry(check, &entry, detail);
        if (err == HF_OK)
            err = hf_table_cursor_next(cursor, detail);
    } while (err == HF_OK && !cursor->at_end &&
             cursor->step[check->table->meta.depth].index != 0);
    if (err == HF_OK && cursor->at_end)
        check->stage = FILTER;
    return err;
}

/* ---- ranges ------------------------------------------------------------------------------ */

/* Bounds are not looked at where the planted mistake leaves ranges out of them. */
static enum hf_err
check_range_bounds(struct hf_table_check *check, const struct hf_entry *range,
                   struct hf_detail *detail)
{
    const struct hf_table_info *info = &check->table->info;
    struct hf_table_info end = { .key_max = range->value, .max_is_open = true };

    if (HF_PLANTED(table_bounds_without_ranges))
        return HF_OK;
    if (hf_span_compare(range->key, info->key_min) < 0 || hf_table_ends_first(info, &end))
        return wrong(check, check->ranges_off, "a range goes beyond what the manifest says",
                     detail);
    check->min_is_met |= hf_span_equal(range->key, info->key_min);
    check->max_is_met |= info->max_is_open && hf_span_equal(range->value, info->key_max);
    return HF_OK;
}

static enum hf_err
check_range(struct hf_table_check *check, const struct hf_entry *range,
            struct hf_detail *detail)
{
    struct hf_table_meta *seen = &check->seen;
    struct hf_span last = hf_span(check->last_from, check->last_from_size);

    if (range->key.len > check->table->meta.key_size_max ||
        hf_entry_compare(last, check->last_version, range->key, range->version) >= 0)
        return wrong(check, check->ranges_off, "a range is not in its order", detail);
    memcpy(check->last_from, range->key.at, range->key.len);
    check->last_from_size = range->key.len;
    check->last_version = range->version;
    note_sizes(seen, range);
    if (range->value.len > seen->key_size_max)
        seen->key_size_max = (uint32_t)range->value.len;
    return check_range_bounds(check, range, detail);
}

/* The next block of them; behind the last, what all entries and ranges come to. */
static enum hf_err
check_ranges_block(struct hf_table_check *check, struct hf_detail *detail)
{
    const struct hf_table *table = check->table;
    uint64_t off = check->ranges_off;
    enum hf_err err;

    if (off == table->meta.file_size - HF_TABLE_META_SIZE) {
        check->stage = SAMPLES;
        return check_totals(check, detail);
    }
    err = hf_table_load_ranges(table, &off, check->ranges_raw, check->ranges_block, detail);
    for (uint32_t i = 0; err == HF_OK && i < check->ranges_block->count; i++) {
        struct hf_entry range = hf_block_entry(check->ranges_block, i);
        err = check_range(check, &range, detail);
    }
    check->covered += off - check->ranges_off;
    check->ranges_off = off;
    return err;
}

/* ---- samples, and what is left ----------------------------------------------------------- */

static enum hf_err
check_samples(struct hf_table_check *check, struct hf_detail *detail)
{
    const struct hf_table_meta *meta = &check->table->meta;
    struct hf_samples_reader reader;
    enum hf_err err = HF_OK;

    if (meta->samples.size > 0) {
        err = hf_table_samples_read(check->table, check->samples_raw, &reader, detail);
        check->covered += meta->samples.size;
    }
    if (err == HF_OK && check->covered != meta->file_size)
        err = wrong(check, 0, "there are bytes that belong to nothing", detail);
    check->stage = DONE;
    return err;
}

enum hf_err
hf_table_check_step(struct hf_table_check *check, uint32_t blocks, bool *more,
                    struct hf_detail *detail)
{
    enum hf_err err = HF_OK;

    for (; err == HF_OK && blocks > 0 && check->stage != DONE; blocks--) {
        switch (check->stage) {
        case METAS:
            err = check_metas(check, detail);
            break;
        case ENTRIES:
            err = check_data_block(check, detail);
            break;
        case FILTER:
            err = check_filter_block(check, detail);
            break;
        case RANGES:
            err = check_ranges_block(check, detail);
            break;
        case SAMPLES:
            err = check_samples(check, detail);
            break;
        case DONE:
            break;
        }
    }
    *more = err == HF_OK && check->stage != DONE;
    return err;
}
