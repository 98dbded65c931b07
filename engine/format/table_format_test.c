/*
 * table_format_test.c - a whole small table reads as it was made, and damage anywhere is seen.
 *
 * Method: a table of every kind of block is made with the codec alone; it is read through its
 * index, and walked block by block without it, in memory of exactly its size; each of its bits
 * is flipped, it is cut at every length, and its blocks change places. The golden files are
 * compared byte by byte: a change of the format must change them too. Catches a byte that no
 * checksum covers, and a block that is read where another one should stand. Run from the top of
 * the tree; with the argument "write" it writes the golden files anew.
 */
#include "format/table_format.h"

#include "base/hash.h"
#include "base/span.h"
#include "base/tap.h"
#include "format/test_golden.h"

#include <stdlib.h>

#define SIZE_MAX_HERE 8192u
#define ENTRIES 5u
#define BLOCKS 5u /* two of data, and one of each other kind */

static const char golden_name[] = "engine/format/golden/table-format-1.table";
static const char refused_name[] = "engine/format/golden/table-format-1-damaged.table";
static const char newer_name[] = "engine/format/golden/table-format-2-meta.table";

static const struct hf_table_id id = { .uuid = "sixteen bytes id", .number = 7 };

static const struct hf_entry entries[ENTRIES] = {
    { .key = { "gone", 4 }, .version = 42, .time_us = 1001042, .is_delete = true },
    { .key = { "key", 3 }, .value = { "value", 5 }, .version = 43, .time_us = 1002043 },
    { .key = { "key", 3 }, .value = { "old", 3 }, .version = 41, .time_us = 1000041 },
    { .key = { "keys", 4 }, .version = 42, .time_us = 1001042 },
    { .key = { "zebra", 5 }, .value = { "stripes", 7 }, .version = 41, .time_us = 1000041 },
};
/* Which entry each data block begins with, and where the last one ends. */
static const uint32_t block_first[] = { 0, 3, ENTRIES };
static const struct hf_sample samples[] = { { 41, 1000041 }, { 43, 1002043 } };

static uint8_t table[SIZE_MAX_HERE];
static size_t table_size;
static struct hf_block_place places[BLOCKS]; /* of all blocks, in the order of the file */
static uint64_t loaded_size_max;

/* ---- a table ----------------------------------------------------------------------------- */

static struct hf_block_place
seal(uint64_t off, enum hf_block_kind kind, size_t payload_size)
{
    hf_block_seal(table + off, kind, (uint32_t)payload_size, hf_table_mask_base(&id), off);
    return (struct hf_block_place){ .off = off,
                                    .size = (uint32_t)payload_size + HF_BLOCK_OVERHEAD };
}

/* A data or an index block at `off`. */
static struct hf_block_place
put_entries(uint64_t off, enum hf_block_kind kind, const struct hf_entry *first, uint32_t count)
{
    static uint8_t last_key[HF_KEY_SIZE_MAX];
    struct hf_block_builder builder;

    hf_block_begin(&builder, table + off + HF_BLOCK_HEAD, SIZE_MAX_HERE / 2, last_key);
    for (uint32_t i = 0; i < count; i++) {
        if (!hf_block_add(&builder, &first[i]))
            abort();
    }
    if (builder.loaded_size > loaded_size_max)
        loaded_size_max = builder.loaded_size;
    return seal(off, kind, hf_block_finish(&builder));
}

static struct hf_block_place
put_index(uint64_t off)
{
    uint8_t values[2][HF_BLOCK_PLACE_SIZE];
    struct hf_entry leads[2];

    for (unsigned i = 0; i < 2; i++) {
        leads[i] = entries[block_first[i + 1] - 1];
        hf_block_place_encode(values[i], places[i]);
        leads[i].value = hf_span(values[i], HF_BLOCK_PLACE_SIZE);
        leads[i].time_us = 0;
    }
    return put_entries(off, HF_BLOCK_INDEX, leads, 2);
}

static struct hf_block_place
put_filter(uint64_t off)
{
    uint8_t *payload = table + off + HF_BLOCK_HEAD;

    memset(payload, 0, HF_FILTER_PAYLOAD);
    for (unsigned i = 0; i < ENTRIES; i++)
        hf_filter_set(payload, hf_hash_bytes_of(entries[i].key.at, entries[i].key.len,
                                                hf_filter_seed(id.uuid)));
    return seal(off, HF_BLOCK_FILTER, HF_FILTER_PAYLOAD);
}

static void
count_entries(struct hf_table_meta *meta)
{
    for (unsigned i = 0; i < ENTRIES; i++) {
        uint32_t key_size = (uint32_t)entries[i].key.len;
        uint32_t size = key_size + (uint32_t)entries[i].value.len;
        meta->data_size += size;
        if (key_size > meta->key_size_max)
            meta->key_size_max = key_size;
        if (size > meta->entry_size_max)
            meta->entry_size_max = size;
    }
}

static void
build(void)
{
    struct hf_table_meta meta = { .format = HF_TABLE_FORMAT,
                                  .id = id,
                                  .entries = ENTRIES,
                                  .deletes = 1,
                                  .version_min = 41,
                                  .version_max = 43,
                                  .depth = 1,
                                  .filter_count = 1 };
    uint64_t off = HF_TABLE_META_SIZE;

    count_entries(&meta);
    for (unsigned i = 0; i < 2; i++) {
        places[i] = put_entries(off, HF_BLOCK_DATA, entries + block_first[i],
                                block_first[i + 1] - block_first[i]);
        off += places[i].size;
    }
    places[2] = put_index(off);
    off += places[2].size;
    places[3] = put_filter(off);
    off += places[3].size;
    places[4] =
        seal(off, HF_BLOCK_SAMPLES, hf_samples_encode(table + off + HF_BLOCK_HEAD, samples, 2));
    meta.root = places[2];
    for (unsigned i = 0; i < 3; i++) {
        if (places[i].size > meta.block_size_max)
            meta.block_size_max = places[i].size;
    }
    meta.loaded_size_max = (uint32_t)loaded_size_max;
    meta.filter_off = places[3].off;
    meta.samples = places[4];
    off += places[4].size;
    meta.file_size = off + HF_TABLE_META_SIZE;
    hf_table_meta_encode(table, &meta);
    hf_table_meta_encode(table + off, &meta);
    table_size = (size_t)meta.file_size;
}

/* ---- reading it -------------------------------------------------------------------------- */

/* What was found good, and the same as it was put in. */
struct found {
    unsigned metas, blocks, entries, samples, walked;
    bool has_filter; /* which denies no key of the table */
};

struct reader {
    const uint8_t *bytes;
    size_t size;
    struct hf_table_meta meta;
    uint32_t base;
};

static bool
open_block(const struct reader *reader, struct hf_span *payload, struct hf_block_place place,
           enum hf_block_kind kind)
{
    if (place.off > reader->size || place.size > reader->size - place.off)
        return false;
    return hf_block_open(payload, hf_span(reader->bytes + place.off, place.size), kind,
                         reader->base, place.off) == HF_TABLE_GOOD;
}

/* The block, in memory that the caller frees; NULL: it is bad. */
static struct hf_block *
load_block(const struct reader *reader, struct hf_block_place place, enum hf_block_kind kind)
{
    struct hf_span payload;
    struct hf_block *block;

    if (!open_block(reader, &payload, place, kind) || hf_block_loaded_size(payload) == 0)
        return NULL;
    block = malloc((size_t)hf_block_loaded_size(payload));
    if (block == NULL || hf_block_load(block, payload) == HF_TABLE_GOOD)
        return block;
    free(block);
    return NULL;
}

static void
read_data(const struct reader *reader, struct hf_block_place place, struct found *found)
{
    struct hf_block *block = load_block(reader, place, HF_BLOCK_DATA);

    found->blocks += block != NULL;
    for (uint32_t i = 0; block != NULL && i < block->count; i++) {
        struct hf_entry entry = hf_block_entry(block, i);
        const struct hf_entry *wanted = &entries[found->entries];
        if (found->entries < ENTRIES && hf_span_equal(entry.key, wanted->key) &&
            hf_span_equal(entry.value, wanted->value) && entry.version == wanted->version &&
            entry.time_us == wanted->time_us && entry.is_delete == wanted->is_delete)
            found->entries++;
    }
    free(block);
}

static void
read_index(const struct reader *reader, struct found *found)
{
    struct hf_block *block = load_block(reader, reader->meta.root, HF_BLOCK_INDEX);

    found->blocks += block != NULL;
    for (uint32_t i = 0; block != NULL && i < block->count; i++) {
        struct hf_block_place place;
        if (hf_block_place_decode(&place, hf_block_entry(block, i).value,
                                  reader->meta.root.off) == HF_TABLE_GOOD)
            read_data(reader, place, found);
    }
    free(block);
}

static void
read_filter(const struct reader *reader, struct found *found)
{
    struct hf_block_place place = { reader->meta.filter_off, HF_FILTER_BLOCK_SIZE };
    struct hf_span payload;
    uint64_t seed = hf_filter_seed(id.uuid);

    if (!open_block(reader, &payload, place, HF_BLOCK_FILTER) ||
        payload.len != HF_FILTER_PAYLOAD)
        return;
    found->blocks++;
    found->has_filter = true;
    for (unsigned i = 0; i < ENTRIES; i++)
        found->has_filter =
            found->has_filter &&
            hf_filter_may_have(payload.at,
                               hf_hash_bytes_of(entries[i].key.at, entries[i].key.len, seed));
}

static void
read_samples(const struct reader *reader, struct found *found)
{
    struct hf_sample read[2];
    struct hf_span payload;

    if (!open_block(reader, &payload, reader->meta.samples, HF_BLOCK_SAMPLES))
        return;
    found->blocks++;
    if (hf_samples_count(payload) == 2 && hf_samples_decode(read, payload) == HF_TABLE_GOOD &&
        memcmp(read, samples, sizeof samples) == 0)
        found->samples = 2;
}

/* Blocks one after another, from behind the first meta to the last one, by nothing else. */
static void
walk(const struct reader *reader, struct found *found)
{
    size_t off = HF_TABLE_META_SIZE, limit = reader->size - HF_TABLE_META_SIZE;
    struct hf_block_place place = { 0 };
    enum hf_block_kind kind;
    struct hf_span payload;

    while (off < limit &&
           hf_block_peek(&kind, &place.size, hf_span(reader->bytes + off, limit - off)) ==
               HF_TABLE_GOOD) {
        place.off = off;
        found->walked += open_block(reader, &payload, place, kind);
        off += place.size;
    }
}

/* Whether a meta is good, and the same as every other one. */
static bool
read_meta(struct reader *reader, size_t off)
{
    struct hf_table_meta meta;

    if (hf_table_meta_decode(&meta, hf_span(reader->bytes + off, HF_TABLE_META_SIZE)) !=
        HF_TABLE_GOOD)
        return false;
    reader->meta = meta;
    return meta.file_size == reader->size && memcmp(&meta.id, &id, sizeof id) == 0;
}

/* Reads bytes[0, size), in memory of exactly that size. */
static struct found
read_table(const uint8_t *bytes, size_t size)
{
    struct found found = { 0 };
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    struct reader reader = { .bytes = copy, .size = size, .base = hf_table_mask_base(&id) };

    if (copy == NULL)
        abort();
    memcpy(copy, bytes, size);
    if (size >= 2 * HF_TABLE_META_SIZE) {
        found.metas = read_meta(&reader, 0);
        found.metas += read_meta(&reader, size - HF_TABLE_META_SIZE);
        walk(&reader, &found);
    }
    if (found.metas > 0) {
        read_index(&reader, &found);
        read_filter(&reader, &found);
        read_samples(&reader, &found);
    }
    free(copy);
    return found;
}

static bool
is_whole(const struct found *found)
{
    return found->metas == 2 && found->blocks == BLOCKS && found->entries == ENTRIES &&
           found->samples == 2 && found->walked == BLOCKS && found->has_filter;
}

/* ---- properties -------------------------------------------------------------------------- */

static void
test_whole(void)
{
    struct found found = read_table(table, table_size);

    TAP_OK(is_whole(&found), "a whole table reads as it was made, with its index and without");
}

static void
test_flips(void)
{
    unsigned missed = 0, metas = 0, blocks = 0;

    for (size_t bit = 0; bit < 8 * table_size; bit++) {
        table[bit / 8] ^= (uint8_t)(1u << bit % 8);
        struct found found = read_table(table, table_size);
        table[bit / 8] ^= (uint8_t)(1u << bit % 8);
        missed += is_whole(&found);
        metas += found.metas == 1 && found.blocks == BLOCKS && found.entries == ENTRIES;
        blocks += found.metas == 2 && found.blocks < BLOCKS && found.walked < BLOCKS;
    }
    TAP_OK(missed == 0, "every flipped bit is noticed");
    TAP_OK(metas == 8 * 2 * HF_TABLE_META_SIZE, "one damaged meta costs nothing");
    TAP_OK(metas + blocks == 8 * table_size, "everywhere else the block that has it is bad");
}

static void
test_cuts(void)
{
    unsigned wrong = 0;

    for (size_t size = 0; size < table_size; size++) {
        struct found found = read_table(table, size);
        wrong += found.metas != 0 || found.entries != 0;
    }
    TAP_OK(wrong == 0, "a table that was cut has no good meta: its size is not the file's");
}

/* Any two blocks change places, as far as the shorter one goes. */
static void
test_moves(void)
{
    unsigned accepted = 0;

    for (unsigned i = 0; i < BLOCKS; i++) {
        for (unsigned j = 0; j < BLOCKS; j++) {
            uint8_t moved[SIZE_MAX_HERE];
            struct found found;
            if (i == j)
                continue;
            memcpy(moved, table, table_size);
            memmove(moved + places[j].off, table + places[i].off,
                    places[i].size < table_size - places[j].off ? places[i].size
                                                                : table_size - places[j].off);
            found = read_table(moved, table_size);
            accepted += is_whole(&found) || found.walked == BLOCKS;
        }
    }
    TAP_OK(accepted == 0, "no block is good in the place of another");
}

/* ---- golden files ------------------------------------------------------------------------ */

static void
golden(bool write)
{
    uint8_t damaged[SIZE_MAX_HERE], newer[HF_TABLE_META_SIZE];
    struct hf_table_meta meta;

    memcpy(damaged, table, table_size);
    damaged[places[1].off + HF_BLOCK_HEAD + 20] ^= 1; /* in the second data block */
    (void)hf_table_meta_decode(&meta, hf_span(table, table_size));
    meta.format = HF_TABLE_FORMAT + 1;
    hf_table_meta_encode(newer, &meta);
    if (write) {
        golden_write(golden_name, table, table_size);
        golden_write(refused_name, damaged, table_size);
        golden_write(newer_name, newer, sizeof newer);
        return;
    }
    TAP_OK(golden_is(golden_name, table, table_size), "format 1 is what its golden file says");
    TAP_OK(golden_is(refused_name, damaged, table_size),
           "the damaged golden file is the same, but for a bit");
    struct found found = read_table(damaged, table_size);
    TAP_OK(found.metas == 2 && found.blocks == BLOCKS - 1 && found.entries == block_first[1],
           "of the damaged golden file one block is bad, the others read");
    TAP_OK(golden_is(newer_name, newer, sizeof newer) &&
               hf_table_meta_decode(&meta, hf_span(newer, sizeof newer)) == HF_TABLE_NEWER,
           "a meta of the next format is told apart from damage");
}

int
main(int argc, char **argv)
{
    build();
    if (argc > 1 && strcmp(argv[1], "write") == 0) {
        golden(true);
        return 0;
    }
    test_whole();
    test_flips();
    test_cuts();
    test_moves();
    golden(false);
    return tap_done();
}
