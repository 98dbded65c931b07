/*
 * table_meta.c - what is known of a whole table, to 144 bytes and back.
 *
 * All numbers are little-endian, nothing is padded:
 *
 *    0        8      12         28     32        40       48       56       64       72
 *    +--------+------+----------+------+---------+--------+--------+--------+--------+
 *    | magic  |format|   uuid   |number|file size|entries |deletes |version |version |
 *    |        |      |          |      |         |        |        |  min   |  max   |
 *    +--------+------+----------+------+---------+--------+--------+--------+--------+
 *     HOLDTAB\n  u32   16 bytes   u32      u64      u64      u64      u64      u64
 *
 *    72     80         92     96       104      108        120
 *    +------+----------+------+--------+--------+----------+
 *    | data |   root   |depth | filter | filter | samples  |
 *    | size |          |      |  off   | count  |          |
 *    +------+----------+------+--------+--------+----------+
 *      u64   u64 · u32   u32     u64      u32    u64 · u32
 *
 *    120      124      128      132      136     140   144
 *    +--------+--------+--------+--------+-------+-----+
 *    | block  | loaded |  key   | entry  |ranges | crc |
 *    |size max|size max|size max|size max| size  |     |
 *    +--------+--------+--------+--------+-------+-----+
 *       u32      u32      u32      u32      u32    u32
 *
 *    root, samples   off u64 · size u32 of a block
 *
 * The crc is not masked: the meta is what says whose table this is. It stands at the beginning
 * of the file and once more at its end.
 *
 * Promises, kept for any input at all: no byte outside the span is read; in a GOOD meta every
 * place lies between the two metas, so an offset plus a size never overflows.
 */
#include "format/table_format.h"

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/span.h"

#define CRC_OFF (HF_TABLE_META_SIZE - 4)

static const char table_magic[8] = { 'H', 'O', 'L', 'D', 'T', 'A', 'B', '\n' };

_Static_assert(CRC_OFF == 136 + 4, "the fields, and no gap");

/* ---- where bytes belong ------------------------------------------------------------------ */

/* The magic says that it is a table: a log segment of the same number has another base. */
uint32_t
hf_table_mask_base(const struct hf_table_id *id)
{
    uint8_t number[4];
    uint32_t crc = hf_crc32c(0, table_magic, sizeof table_magic);

    hf_store_u32(number, id->number);
    return hf_crc32c(hf_crc32c(crc, id->uuid, sizeof id->uuid), number, sizeof number);
}

/* Whether a block can be here, between the first meta and `limit`. */
static bool
place_is_possible(struct hf_block_place place, uint64_t limit)
{
    return place.size > HF_BLOCK_OVERHEAD && place.off >= HF_TABLE_META_SIZE &&
           place.off <= limit && place.size <= limit - place.off;
}

void
hf_block_place_encode(uint8_t to[HF_BLOCK_PLACE_SIZE], struct hf_block_place place)
{
    hf_store_u64(to, place.off);
    hf_store_u32(to + 8, place.size);
}

static struct hf_block_place
place_load(const uint8_t *at)
{
    return (struct hf_block_place){ .off = hf_load_u64(at), .size = hf_load_u32(at + 8) };
}

enum hf_table_verdict
hf_block_place_decode(struct hf_block_place *place, struct hf_span value, uint64_t limit)
{
    if (value.len != HF_BLOCK_PLACE_SIZE)
        return HF_TABLE_BAD;
    *place = place_load(value.at);
    return place_is_possible(*place, limit) ? HF_TABLE_GOOD : HF_TABLE_BAD;
}

/* ---- meta -------------------------------------------------------------------------------- */

void
hf_table_meta_encode(void *to, const struct hf_table_meta *meta)
{
    uint8_t *at = to;

    memcpy(at, table_magic, sizeof table_magic);
    hf_store_u32(at + 8, meta->format);
    memcpy(at + 12, meta->id.uuid, sizeof meta->id.uuid);
    hf_store_u32(at + 28, meta->id.number);
    hf_store_u64(at + 32, meta->file_size);
    hf_store_u64(at + 40, meta->entries);
    hf_store_u64(at + 48, meta->deletes);
    hf_store_u64(at + 56, meta->version_min);
    hf_store_u64(at + 64, meta->version_max);
    hf_store_u64(at + 72, meta->data_size);
    hf_block_place_encode(at + 80, meta->root);
    hf_store_u32(at + 92, meta->depth);
    hf_store_u64(at + 96, meta->filter_off);
    hf_store_u32(at + 104, meta->filter_count);
    hf_block_place_encode(at + 108, meta->samples);
    hf_store_u32(at + 120, meta->block_size_max);
    hf_store_u32(at + 124, meta->loaded_size_max);
    hf_store_u32(at + 128, meta->key_size_max);
    hf_store_u32(at + 132, meta->entry_size_max);
    hf_store_u32(at + 136, meta->ranges_size);
    hf_store_u32(at + CRC_OFF, hf_crc32c(0, at, CRC_OFF));
}

static void
meta_load(struct hf_table_meta *meta, const uint8_t *at)
{
    meta->format = hf_load_u32(at + 8);
    memcpy(meta->id.uuid, at + 12, sizeof meta->id.uuid);
    meta->id.number = hf_load_u32(at + 28);
    meta->file_size = hf_load_u64(at + 32);
    meta->entries = hf_load_u64(at + 40);
    meta->deletes = hf_load_u64(at + 48);
    meta->version_min = hf_load_u64(at + 56);
    meta->version_max = hf_load_u64(at + 64);
    meta->data_size = hf_load_u64(at + 72);
    meta->root = place_load(at + 80);
    meta->depth = hf_load_u32(at + 92);
    meta->filter_off = hf_load_u64(at + 96);
    meta->filter_count = hf_load_u32(at + 104);
    meta->samples = place_load(at + 108);
    meta->block_size_max = hf_load_u32(at + 120);
    meta->loaded_size_max = hf_load_u32(at + 124);
    meta->key_size_max = hf_load_u32(at + 128);
    meta->entry_size_max = hf_load_u32(at + 132);
    meta->ranges_size = hf_load_u32(at + 136);
}

/* Whether the filter's blocks lie before `limit`; where there is none, its offset is 0. */
static bool
filter_is_possible(const struct hf_table_meta *meta, uint64_t limit)
{
    uint64_t size = meta->filter_count * (uint64_t)HF_FILTER_BLOCK_SIZE;

    if (meta->filter_count == 0)
        return meta->filter_off == 0;
    return meta->filter_off >= HF_TABLE_META_SIZE && meta->filter_off <= limit &&
           size <= limit - meta->filter_off;
}

static bool
samples_are_possible(const struct hf_table_meta *meta, uint64_t limit)
{
    if (meta->samples.size == 0)
        return meta->samples.off == 0;
    return place_is_possible(meta->samples, limit);
}

/* Whether the entries of such blocks can be so large. */
static bool
entries_are_possible(const struct hf_table_meta *meta)
{
    return meta->key_size_max != 0 && meta->key_size_max <= HF_KEY_SIZE_MAX &&
           meta->key_size_max <= meta->entry_size_max &&
           meta->entry_size_max <= meta->data_size &&
           meta->entry_size_max < meta->loaded_size_max; /* a loaded block has it whole */
}

/* Whether blocks between the metas can be so large: memory is taken by these numbers. */
static bool
sizes_are_possible(const struct hf_table_meta *meta, uint64_t limit)
{
    return meta->block_size_max >= meta->root.size &&
           meta->block_size_max <= limit - HF_TABLE_META_SIZE &&
           meta->loaded_size_max <= (uint64_t)meta->block_size_max + HF_BLOCK_EXCESS_MAX &&
           entries_are_possible(meta);
}

/* Whether there is room for the blocks of ranges before `limit`. */
static bool
ranges_are_possible(const struct hf_table_meta *meta, uint64_t limit)
{
    return meta->ranges_size == 0 || (meta->ranges_size > HF_BLOCK_OVERHEAD &&
                                      meta->ranges_size <= limit - HF_TABLE_META_SIZE);
}

/* Whether the fields agree with each other. A table has an entry, and so a root. */
static bool
meta_adds_up(const struct hf_table_meta *meta)
{
    uint64_t limit = meta->file_size - HF_TABLE_META_SIZE;

    return meta->file_size >= 2 * HF_TABLE_META_SIZE && meta->file_size <= INT64_MAX &&
           meta->id.number != 0 && meta->entries != 0 && meta->deletes <= meta->entries &&
           meta->version_min != 0 && meta->version_min <= meta->version_max &&
           meta->version_max != HF_LATEST && place_is_possible(meta->root, limit) &&
           meta->depth != 0 && meta->depth <= HF_TABLE_DEPTH_MAX &&
           sizes_are_possible(meta, limit) && filter_is_possible(meta, limit) &&
           samples_are_possible(meta, limit) && ranges_are_possible(meta, limit);
}

enum hf_table_verdict
hf_table_meta_decode(struct hf_table_meta *meta, struct hf_span in)
{
    const uint8_t *at = in.at;

    if (in.len < HF_TABLE_META_SIZE || memcmp(at, table_magic, sizeof table_magic) != 0)
        return HF_TABLE_BAD;
    if (hf_load_u32(at + CRC_OFF) != hf_crc32c(0, at, CRC_OFF))
        return HF_TABLE_BAD;
    meta_load(meta, at);
    if (meta->format > HF_TABLE_FORMAT)
        return HF_TABLE_NEWER;
    if (meta->format == 0)
        return HF_TABLE_BAD;
    return meta_adds_up(meta) ? HF_TABLE_GOOD : HF_TABLE_BAD;
}
