/*
 * table_write.c - a sorted table, from its entries in order to a file with a name.
 *
 *   entries --> [ data block ] --full--> out --> table-N.tmp
 *                     | last key, place
 *                     v
 *               [ index block, level 1 ] --full--> out
 *                     | last key, place
 *                     v
 *               [ index block, level 2 ] ...        the last one of all is the root
 *
 * One block a level is in the making. A block that is full goes out when the next entry comes,
 * and its last key and place become an entry of the level above. So the index needs no memory
 * that grows with the table.
 *
 * An index block holds `fan_out` entries at least, however large the keys are, so that
 * HF_TABLE_DEPTH_MAX levels suffice for every table of the plan; and the memory of a level is
 * what that takes.
 *
 * The filter is made for the most keys that may come. If far fewer came it is folded: of a
 * filter whose count of blocks is even, each two neighbours together are the blocks of the
 * filter of half that count, since a hash picks its block by its upper bits.
 *
 * What a crash leaves of a table that is not finished is table-N.tmp, which nobody reads.
 */
#include "store/table/table_write.h"

#include "base/assert.h"
#include "base/hash.h"
#include "base/probe.h"
#include "base/span.h"
#include "memory/area.h"
#include "vfs/vfs_io.h"

#define SYNC_PIECE (UINT64_C(4) << 20)
#define OUT_BLOCKS 8u             /* blocks that go out in one write, */
#define OUT_SIZE_MAX (256u << 10) /* but no more bytes than this */
#define FAN_OUT_MIN 2u
#define LOADED_FACTOR 8u /* a block is also full when its loaded form is so many block sizes */
#define FOLDS 3u         /* how often a filter can be folded in two */

struct level {
    struct hf_block_builder builder;
    uint8_t *block;        /* its head, payload and checksum */
    uint64_t payload_size; /* room for the payload */
    uint8_t *last_key;
    uint32_t written; /* blocks of this level, so far */
};

struct hf_table_writer {
    struct hf_table_env *env;
    struct hf_table_plan plan;
    struct hf_table_meta meta;
    struct hf_file *file;
    uint64_t size; /* of this area */
    uint64_t seed;
    uint64_t off;      /* in the file, of what comes next */
    uint64_t unsynced; /* of it, since the last sync */
    uint64_t written;
    uint32_t mask_base;
    bool is_named; /* or may be, should the rename have failed */
    bool is_finished;

    struct level levels[HF_TABLE_DEPTH_MAX + 1]; /* [0] is data */
    uint32_t fan_out;

    uint8_t *out; /* bytes not yet written, those before `off` */
    size_t out_size, out_used;

    uint8_t *filter; /* whole blocks */
    uint32_t filter_count;
    uint64_t keys; /* in it */
    struct hf_sample *samples;
    uint32_t sample_count;
    uint8_t *samples_block;

    uint8_t *key_min, *key_max; /* the bounds; the upper one once the entries have ended */
    size_t key_min_size, key_max_size;
    bool max_is_open;
    bool has_ended;       /* no more entries: index, filter and samples are out */
    uint64_t ranges_off;  /* of the first block of ranges, once that is so */
    size_t last_key_size; /* of the one added last; its bytes are levels[0].last_key */
    uint64_t last_version;
};

/* ---- what the plan takes ----------------------------------------------------------------- */

static uint64_t
greater(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t
lesser(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* How many levels of index there are over so many entries, at most: each may be a data block,
 * and each index block but the last of its level leads to `fan_out` others at least. */
static uint32_t
levels_for(uint64_t entries, uint32_t fan_out)
{
    uint32_t levels = 0;

    for (uint64_t blocks = entries; levels == 0 || blocks > 1; levels++)
        blocks = blocks / fan_out + (blocks % fan_out != 0);
    return levels;
}

/* A multiple of 1 << FOLDS where that costs little. */
static uint32_t
filter_count_for(uint64_t keys)
{
    uint32_t count = hf_filter_count(keys), step = 1u << FOLDS;

    if (count < step * step || count > UINT32_MAX - step)
        return count;
    return (count + step - 1) / step * step;
}

static void
settle_plan(struct hf_table_writer *writer)
{
    const struct hf_table_plan *plan = &writer->plan;

    writer->fan_out = FAN_OUT_MIN;
    while (levels_for(plan->entries_max, writer->fan_out) > HF_TABLE_DEPTH_MAX)
        writer->fan_out++;
    writer->filter_count = filter_count_for(plan->entries_max);
    writer->out_size = lesser(OUT_SIZE_MAX, (uint64_t)plan->block_size * OUT_BLOCKS);

    uint64_t entry = HF_BLOCK_ENTRY_MAX(0, plan->entry_size_max);
    uint64_t lead = HF_BLOCK_ENTRY_MAX(plan->key_size_max, HF_BLOCK_PLACE_SIZE);
    uint64_t index = writer->fan_out * lead;
    for (uint32_t level = 0; level <= HF_TABLE_DEPTH_MAX; level++)
        writer->levels[level].payload_size =
            greater(plan->block_size, HF_BLOCK_PAYLOAD_HEAD + (level == 0 ? entry : index));
}

/* Lays everything out in one area; its size. */
static uint64_t
lay_out(struct hf_table_writer *writer, void *area)
{
    uint64_t samples_max = writer->plan.samples_max, filter_count = writer->filter_count;
    uint32_t key_size_max = writer->plan.key_size_max;
    uint64_t used = 0;

    hf_area_take(area, &used, sizeof *writer);
    writer->samples = hf_area_take(area, &used, samples_max * sizeof *writer->samples);
    writer->samples_block = hf_area_take(
        area, &used, HF_BLOCK_OVERHEAD + HF_SAMPLES_HEAD + samples_max * HF_SAMPLE_SIZE_MAX);
    writer->out = hf_area_take(area, &used, writer->out_size);
    writer->key_min = hf_area_take(area, &used, key_size_max);
    writer->key_max = hf_area_take(area, &used, key_size_max);
    writer->filter = hf_area_take(area, &used, filter_count * HF_FILTER_BLOCK_SIZE);
    for (uint32_t i = 0; i <= HF_TABLE_DEPTH_MAX; i++) {
        struct level *level = &writer->levels[i];
        level->last_key = hf_area_take(area, &used, key_size_max);
        level->block = hf_area_take(area, &used, HF_BLOCK_OVERHEAD + level->payload_size);
    }
    return used;
}

/* ---- opening and closing ----------------------------------------------------------------- */

static void
level_begin(struct level *level)
{
    hf_block_begin(&level->builder, level->block + HF_BLOCK_HEAD, level->payload_size,
                   level->last_key);
}

/* All memory, by the plan; NULL: there is none. */
static struct hf_table_writer *
writer_new(struct hf_table_env *env, const struct hf_table_plan *plan)
{
    struct hf_table_writer draft = { .env = env, .plan = *plan };
    struct hf_table_writer *writer;

    settle_plan(&draft);
    draft.size = lay_out(&draft, NULL);
    writer = hf_budget_alloc(env->budget, draft.size);
    if (writer == NULL)
        return NULL;
    lay_out(&draft, writer);
    *writer = draft;
    memset(writer->filter, 0, writer->filter_count * (size_t)HF_FILTER_BLOCK_SIZE);
    for (uint32_t i = 0; i <= HF_TABLE_DEPTH_MAX; i++)
        level_begin(&writer->levels[i]);
    return writer;
}

enum hf_err
hf_table_writer_open(struct hf_table_writer **out, struct hf_table_env *env,
                     const struct hf_table_plan *plan, struct hf_detail *detail)
{
    char name[HF_NAME_SIZE_MAX];
    struct hf_table_writer *writer;
    enum hf_err err;

    *out = NULL;
    HF_ASSERT(plan->number > 0 && plan->entries_max > 0 && plan->entry_size_max > 0);
    HF_ASSERT(plan->key_size_max > 0 && plan->key_size_max <= plan->entry_size_max);
    HF_ASSERT(plan->key_size_max <= HF_KEY_SIZE_MAX);
    HF_ASSERT(plan->block_size >= HF_BLOCK_PAYLOAD_HEAD);
    HF_ASSERT(plan->block_size <= HF_BLOCK_PAYLOAD_MAX);
    writer = writer_new(env, plan);
    if (writer == NULL)
        return hf_detail_set(detail, HF_ERR_NO_MEMORY, "no memory to write a table");
    writer->meta.format = HF_TABLE_FORMAT;
    memcpy(writer->meta.id.uuid, env->uuid, sizeof env->uuid);
    writer->meta.id.number = plan->number;
    writer->meta.version_min = UINT64_MAX;
    writer->mask_base = hf_table_mask_base(&writer->meta.id);
    writer->seed = hf_table_hash_seed(env);
    writer->off = HF_TABLE_META_SIZE;
    hf_table_name(name, plan->number, ".tmp");
    err = hf_file_open(&writer->file, env->dir, name, HF_FILE_CREATE, detail);
    if (err == HF_OK)
        *out = writer;
    else
        hf_budget_free(env->budget, writer, writer->size);
    return err;
}

void
hf_table_writer_close(struct hf_table_writer *writer)
{
    char name[HF_NAME_SIZE_MAX];

    if (writer == NULL)
        return;
    hf_file_close(writer->file);
    if (!writer->is_finished) {
        hf_table_name(name, writer->plan.number, ".tmp");
        hf_dir_remove(writer->env->dir, name, NULL);
    }
    if (!writer->is_finished && writer->is_named) {
        hf_table_name(name, writer->plan.number, "");
        hf_dir_remove(writer->env->dir, name, NULL);
    }
    hf_budget_free(writer->env->budget, writer, writer->size);
}

/* ---- to the file ------------------------------------------------------------------------- */

/* Synced in pieces: a large table would else hold up the syncs of the log behind its own. */
static enum hf_err
write_at(struct hf_table_writer *writer, uint64_t off, struct hf_span bytes,
         struct hf_detail *detail)
{
    enum hf_err err = hf_vfs_write_full(writer->file, off, bytes, detail);

    writer->written += bytes.len;
    writer->unsynced += bytes.len;
    if (err != HF_OK || writer->unsynced < SYNC_PIECE)
        return err;
    writer->unsynced = 0;
    return hf_file_sync(writer->file, detail);
}

static enum hf_err
flush_out(struct hf_table_writer *writer, struct hf_detail *detail)
{
    struct hf_span bytes = hf_span(writer->out, writer->out_used);

    writer->out_used = 0;
    return write_at(writer, writer->off - bytes.len, bytes, detail);
}

/* Puts bytes at writer->off; what is small waits in `out` for more. */
static enum hf_err
put(struct hf_table_writer *writer, struct hf_span bytes, struct hf_detail *detail)
{
    enum hf_err err = HF_OK;

    if (bytes.len > writer->out_size - writer->out_used)
        err = flush_out(writer, detail);
    if (err != HF_OK)
        return err;
    if (bytes.len > writer->out_size) {
        err = write_at(writer, writer->off, bytes, detail);
    } else {
        memcpy(writer->out + writer->out_used, bytes.at, bytes.len);
        writer->out_used += bytes.len;
    }
    writer->off += bytes.len;
    return err;
}

/* Seals the block around its payload and puts it out. */
static enum hf_err
put_block(struct hf_table_writer *writer, enum hf_block_kind kind, uint8_t *block,
          size_t payload_size, struct hf_block_place *place, struct hf_detail *detail)
{
    *place = (struct hf_block_place){
        .off = writer->off,
        .size = (uint32_t)(HF_BLOCK_OVERHEAD + payload_size),
    };
    hf_block_seal(block, kind, (uint32_t)payload_size, writer->mask_base, place->off);
    return put(writer, hf_span(block, place->size), detail);
}

/* ---- entries and the index above them ---------------------------------------------------- */

/* Puts out the block of a level; its last key and version stay in the builder. */
static enum hf_err
put_level(struct hf_table_writer *writer, uint32_t index, struct hf_block_place *place,
          struct hf_detail *detail)
{
    struct level *level = &writer->levels[index];
    enum hf_block_kind kind = index == 0 ? HF_BLOCK_DATA : HF_BLOCK_INDEX;
    struct hf_table_meta *meta = &writer->meta;
    size_t size = hf_block_finish(&level->builder);
    enum hf_err err = put_block(writer, kind, level->block, size, place, detail);

    meta->block_size_max = (uint32_t)greater(meta->block_size_max, place->size);
    meta->loaded_size_max =
        (uint32_t)greater(meta->loaded_size_max, level->builder.loaded_size);
    level->written++;
    return err;
}

/* Whether the block in the making holds what it should, even if there is room for more. */
static bool
is_full(const struct hf_table_writer *writer, const struct level *level)
{
    return level->builder.loaded_size / LOADED_FACTOR >= writer->plan.block_size;
}

/* False: the entry belongs into the next block. Up to the least count a block takes whatever
 * comes, after that only what fits into its size. */
static bool
add_here(struct hf_table_writer *writer, uint32_t index, const struct hf_entry *entry)
{
    struct level *level = &writer->levels[index];
    struct hf_block_builder *builder = &level->builder;

    if (builder->count >= (index == 0 ? 1 : writer->fan_out)) {
        builder->capacity = greater(builder->size, writer->plan.block_size);
        if (is_full(writer, level))
            return false;
    }
    return hf_block_add(builder, entry);
}

static enum hf_err add_to_level(struct hf_table_writer *writer, uint32_t index,
                                const struct hf_entry *entry, struct hf_detail *detail);

/* Puts out the block of a level and enters it in the level above. */
static enum hf_err
close_level(struct hf_table_writer *writer, uint32_t index, struct hf_detail *detail)
{
    const struct hf_block_builder *builder = &writer->levels[index].builder;
    uint8_t value[HF_BLOCK_PLACE_SIZE];
    struct hf_block_place place;
    enum hf_err err;

    if (index == HF_TABLE_DEPTH_MAX)
        return hf_detail_set(detail, HF_ERR_TOO_LARGE,
                             "table-%010u has more entries than it was planned for",
                             (unsigned)writer->plan.number);
    err = put_level(writer, index, &place, detail);
    if (err != HF_OK)
        return err;
    hf_block_place_encode(value, place);
    struct hf_entry entry = {
        .key = hf_span(builder->last_key, builder->last_key_size),
        .value = hf_span(value, sizeof value),
        .version = builder->last_version,
    };
    return add_to_level(writer, index + 1, &entry, detail);
}

/* Each level calls the one above it, and there are HF_TABLE_DEPTH_MAX. */
static enum hf_err
add_to_level(struct hf_table_writer *writer, uint32_t index, const struct hf_entry *entry,
             struct hf_detail *detail)
{
    enum hf_err err;

    if (add_here(writer, index, entry))
        return HF_OK;
    err = close_level(writer, index, detail);
    if (err != HF_OK)
        return err;
    level_begin(&writer->levels[index]);
    bool fits = add_here(writer, index, entry);
    HF_ASSERT(fits); /* an empty block has room for any entry of the plan */
    return HF_OK;
}

static enum hf_err
refuse(const struct hf_table_writer *writer, const char *what, struct hf_detail *detail)
{
    return hf_detail_set(detail, HF_ERR_CORRUPT, "an entry on its way into table-%010u %s",
                         (unsigned)writer->plan.number, what);
}

static void
add_to_filter(struct hf_table_writer *writer, struct hf_span key)
{
    uint64_t hash = hf_hash_bytes_of(key.at, key.len, writer->seed);
    size_t index = hf_filter_pick(hash, writer->filter_count);

    hf_filter_set(writer->filter + index * HF_FILTER_BLOCK_SIZE + HF_BLOCK_HEAD, hash);
    writer->keys++;
}

/* Of an entry, or of a range in the shape of one. */
static void
note_sizes(struct hf_table_writer *writer, const struct hf_entry *entry)
{
    struct hf_table_meta *meta = &writer->meta;
    uint64_t size = entry->key.len + entry->value.len;

    meta->version_min = lesser(meta->version_min, entry->version);
    meta->version_max = greater(meta->version_max, entry->version);
    meta->data_size += size;
    meta->key_size_max = (uint32_t)greater(meta->key_size_max, entry->key.len);
    meta->entry_size_max = (uint32_t)greater(meta->entry_size_max, size);
    writer->last_key_size = entry->key.len;
    writer->last_version = entry->version;
}

/* Whether what comes next is as planned, and behind what came before; *order is how the two
 * keys compare. */
static enum hf_err
check_next(const struct hf_table_writer *writer, const struct hf_entry *entry, int *order,
           struct hf_detail *detail)
{
    struct hf_span last = hf_span(writer->levels[0].last_key, writer->last_key_size);

    *order = hf_span_compare(last, entry->key);
    if (entry->key.len > writer->plan.key_size_max ||
        entry->key.len + entry->value.len > writer->plan.entry_size_max)
        return refuse(writer, "is larger than any should be", detail);
    if (*order > 0 || (*order == 0 && writer->last_version <= entry->version))
        return refuse(writer, "is not behind the one before it", detail);
    return HF_OK;
}

enum hf_err
hf_table_writer_add(struct hf_table_writer *writer, const struct hf_entry *entry,
                    struct hf_detail *detail)
{
    int order;
    enum hf_err err = check_next(writer, entry, &order, detail);

    HF_ASSERT(!writer->has_ended);
    if (err != HF_OK)
        return err;
    if (writer->meta.entries == 0) {
        memcpy(writer->key_min, entry->key.at, entry->key.len);
        writer->key_min_size = entry->key.len;
    }
    err = add_to_level(writer, 0, entry, detail);
    if (err != HF_OK)
        return err;
    if (order != 0)
        add_to_filter(writer, entry->key);
    writer->meta.entries++;
    writer->meta.deletes += entry->is_delete;
    note_sizes(writer, entry);
    return HF_OK;
}

void
hf_table_writer_sample(struct hf_table_writer *writer, struct hf_sample sample)
{
    HF_ASSERT(writer->sample_count < writer->plan.samples_max);
    writer->samples[writer->sample_count++] = sample;
}

/* ---- finishing --------------------------------------------------------------------------- */

/* What is in the making goes out, level by level; the first block that is the only one of its
 * level is the root. */
static enum hf_err
put_index(struct hf_table_writer *writer, struct hf_detail *detail)
{
    uint32_t index = 0;
    enum hf_err err = HF_OK;

    while (err == HF_OK && (index == 0 || writer->levels[index].written > 0))
        err = close_level(writer, index++, detail);
    if (err != HF_OK)
        return err;
    if (index > 1)
        HF_MARK(table_many_levels);
    writer->meta.depth = index;
    return put_level(writer, index, &writer->meta.root, detail);
}

/* In two, as long as what is left has room for the keys that came. */
static void
fold_filter(struct hf_table_writer *writer)
{
    uint32_t wanted = hf_filter_count(writer->keys);

    while (writer->filter_count % 2 == 0 && writer->filter_count / 2 >= wanted) {
        writer->filter_count /= 2;
        for (size_t i = 0; i < writer->filter_count; i++) {
            uint8_t *to = writer->filter + i * HF_FILTER_BLOCK_SIZE + HF_BLOCK_HEAD;
            const uint8_t *a = writer->filter + 2 * i * HF_FILTER_BLOCK_SIZE + HF_BLOCK_HEAD;
            const uint8_t *b = a + HF_FILTER_BLOCK_SIZE;
            for (size_t byte = 0; byte < HF_FILTER_PAYLOAD; byte++)
                to[byte] = a[byte] | b[byte];
        }
        HF_MARK(table_filter_folded);
    }
}

static enum hf_err
put_filter(struct hf_table_writer *writer, struct hf_detail *detail)
{
    struct hf_block_place place;
    enum hf_err err = HF_OK;

    fold_filter(writer);
    writer->meta.filter_off = writer->off;
    writer->meta.filter_count = writer->filter_count;
    for (size_t i = 0; err == HF_OK && i < writer->filter_count; i++)
        err = put_block(writer, HF_BLOCK_FILTER, writer->filter + i * HF_FILTER_BLOCK_SIZE,
                        HF_FILTER_PAYLOAD, &place, detail);
    return err;
}

static enum hf_err
put_samples(struct hf_table_writer *writer, struct hf_detail *detail)
{
    size_t size;

    if (writer->sample_count == 0)
        return HF_OK;
    size = hf_samples_encode(writer->samples_block + HF_BLOCK_HEAD, writer->samples,
                             writer->sample_count);
    return put_block(writer, HF_BLOCK_SAMPLES, writer->samples_block, size,
                     &writer->meta.samples, detail);
}

/* Index, filter and samples go out; what comes now are ranges. */
static enum hf_err
end_entries(struct hf_table_writer *writer, struct hf_detail *detail)
{
    enum hf_err err;

    HF_ASSERT(writer->meta.entries > 0);
    memcpy(writer->key_max, writer->levels[0].last_key, writer->last_key_size);
    writer->key_max_size = writer->last_key_size;
    err = put_index(writer, detail);
    if (err == HF_OK)
        err = put_filter(writer, detail);
    if (err == HF_OK)
        err = put_samples(writer, detail);
    writer->has_ended = true;
    writer->ranges_off = writer->off;
    writer->last_key_size = 0;
    level_begin(&writer->levels[0]);
    return err;
}

/* ---- ranges ------------------------------------------------------------------------------ */

/* Puts out the block of ranges in the making, if there is one. */
static enum hf_err
put_ranges(struct hf_table_writer *writer, struct hf_detail *detail)
{
    struct level *level = &writer->levels[0];
    struct hf_table_meta *meta = &writer->meta;
    struct hf_block_place place;
    enum hf_err err;

    if (level->builder.count == 0)
        return HF_OK;
    size_t size = hf_block_finish(&level->builder);
    err = put_block(writer, HF_BLOCK_RANGES, level->block, size, &place, detail);
    if (err == HF_OK && writer->off - writer->ranges_off > UINT32_MAX)
        err =
            hf_detail_set(detail, HF_ERR_TOO_LARGE, "table-%010u has more than 4 GiB of ranges",
                          (unsigned)writer->plan.number);
    meta->ranges_size = (uint32_t)(writer->off - writer->ranges_off);
    meta->block_size_max = (uint32_t)greater(meta->block_size_max, place.size);
    meta->loaded_size_max =
        (uint32_t)greater(meta->loaded_size_max, level->builder.loaded_size);
    level_begin(level);
    return err;
}

/* Ranges say something of keys beside those of the entries. */
static void
widen_bounds(struct hf_table_writer *writer, const struct hf_range_delete *range)
{
    struct hf_table_info info = {
        .key_max = hf_span(writer->key_max, writer->key_max_size),
        .max_is_open = writer->max_is_open,
    };
    struct hf_table_info end = { .key_max = range->to, .max_is_open = true };

    if (HF_PLANTED(table_bounds_without_ranges))
        return;
    if (hf_span_compare(range->from, hf_span(writer->key_min, writer->key_min_size)) < 0) {
        memcpy(writer->key_min, range->from.at, range->from.len);
        writer->key_min_size = range->from.len;
    }
    if (!hf_table_ends_first(&info, &end))
        return;
    if (range->to.len > 0)
        memcpy(writer->key_max, range->to.at, range->to.len);
    writer->key_max_size = range->to.len;
    writer->max_is_open = true;
}

enum hf_err
hf_table_writer_add_range(struct hf_table_writer *writer, const struct hf_range_delete *range,
                          struct hf_detail *detail)
{
    struct hf_entry entry = {
        .key = range->from,
        .value = range->to,
        .version = range->version,
        .time_us = range->time_us,
    };
    enum hf_err err = HF_OK;
    int order;

    if (!writer->has_ended)
        err = end_entries(writer, detail);
    if (err == HF_OK)
        err = check_next(writer, &entry, &order, detail);
    if (err == HF_OK && !add_here(writer, 0, &entry)) {
        err = put_ranges(writer, detail);
        bool fits = err != HF_OK || add_here(writer, 0, &entry);
        HF_ASSERT(fits); /* an empty block has room for any range of the plan */
    }
    if (err != HF_OK)
        return err;
    note_sizes(writer, &entry);
    if (range->to.len > writer->meta.key_size_max)
        writer->meta.key_size_max = (uint32_t)range->to.len;
    widen_bounds(writer, range);
    return HF_OK;
}

/* ---- the end ----------------------------------------------------------------------------- */

/* The last bytes of the file, and then the first. */
static enum hf_err
put_metas(struct hf_table_writer *writer, struct hf_detail *detail)
{
    uint8_t meta[HF_TABLE_META_SIZE];
    enum hf_err err;

    writer->meta.file_size = writer->off + HF_TABLE_META_SIZE;
    hf_table_meta_encode(meta, &writer->meta);
    err = put(writer, hf_span(meta, sizeof meta), detail);
    if (err == HF_OK)
        err = flush_out(writer, detail);
    if (err == HF_OK)
        err = write_at(writer, 0, hf_span(meta, sizeof meta), detail);
    return err;
}

/* Durable under its temporary name first, and only then under the other. */
static enum hf_err
give_name(struct hf_table_writer *writer, struct hf_detail *detail)
{
    char temporary[HF_NAME_SIZE_MAX], name[HF_NAME_SIZE_MAX];
    enum hf_err err = HF_OK;

    if (!HF_PLANTED(table_no_sync))
        err = hf_file_sync(writer->file, detail);
    if (err != HF_OK)
        return err;
    hf_table_name(temporary, writer->plan.number, ".tmp");
    hf_table_name(name, writer->plan.number, "");
    writer->is_named = true;
    return hf_dir_rename(writer->env->dir, temporary, name, detail);
}

enum hf_err
hf_table_writer_finish(struct hf_table_writer *writer, struct hf_table_info *info,
                       struct hf_detail *detail)
{
    const struct hf_table_meta *meta = &writer->meta;
    enum hf_err err = HF_OK;

    HF_ASSERT(!writer->is_named);
    if (!writer->has_ended)
        err = end_entries(writer, detail);
    if (err == HF_OK)
        err = put_ranges(writer, detail);
    if (err == HF_OK)
        err = put_metas(writer, detail);
    if (err == HF_OK)
        err = give_name(writer, detail);
    if (err != HF_OK)
        return err;
    writer->is_finished = true;
    *info = (struct hf_table_info){
        .number = writer->plan.number,
        .level = writer->plan.level,
        .size = meta->file_size,
        .entries = meta->entries,
        .deletes = meta->deletes,
        .version_min = meta->version_min,
        .version_max = meta->version_max,
        .key_min = hf_span(writer->key_min, writer->key_min_size),
        .key_max = hf_span(writer->key_max, writer->key_max_size),
        .max_is_open = writer->max_is_open,
    };
    return HF_OK;
}

/* ---- how far it is ----------------------------------------------------------------------- */

uint64_t
hf_table_writer_newest(const struct hf_table_writer *writer)
{
    return writer->meta.version_max;
}

uint64_t
hf_table_writer_size(const struct hf_table_writer *writer)
{
    return writer->off + writer->levels[0].builder.size;
}

uint64_t
hf_table_writer_entries(const struct hf_table_writer *writer)
{
    return writer->meta.entries;
}

uint64_t
hf_table_writer_written(const struct hf_table_writer *writer)
{
    return writer->written;
}
