/*
 * locate_test.c - every field of tables and manifests is found, and lies where it should.
 *
 * Method: a table and a manifest are made with the engine's codecs. Each field is located under
 * several tapes; a bit flipped in it must be noticed by the codec that reads the structure, and
 * by no other part of the file. The log's fields are tested in media_test.c.
 */
#include "sim/machine/sim_test.h"

#include "format/manifest_format.h"
#include "format/table_format.h"
#include "sim/machine/locate.h"

#define TAPES 16u
#define TABLES 2u

static uint8_t file[65536];
static size_t file_size;

/* ---- a table: meta, two data blocks, index, filter, samples, ranges, meta ---------------- */

static const struct hf_table_id id = { .uuid = { 7 }, .number = 3 };
#define BLOCKS 6u

static struct hf_block_place places[BLOCKS];
static const enum hf_block_kind kinds[BLOCKS] = { HF_BLOCK_DATA,    HF_BLOCK_DATA,
                                                  HF_BLOCK_INDEX,   HF_BLOCK_FILTER,
                                                  HF_BLOCK_SAMPLES, HF_BLOCK_RANGES };

static void
seal(unsigned index, size_t payload)
{
    uint64_t off = file_size;

    hf_block_seal(file + off, kinds[index], (uint32_t)payload, hf_table_mask_base(&id), off);
    places[index] = (struct hf_block_place){ off, (uint32_t)payload + HF_BLOCK_OVERHEAD };
    file_size += places[index].size;
}

static void
add_entries(unsigned index, const char *key, struct hf_span value)
{
    static uint8_t last_key[HF_KEY_SIZE_MAX];
    struct hf_block_builder builder;
    struct hf_entry entry = {
        .key = hf_span(key, strlen(key)), .value = value, .version = 5, .time_us = 6
    };

    hf_block_begin(&builder, file + file_size + HF_BLOCK_HEAD, 4096, last_key);
    hf_block_add(&builder, &entry);
    seal(index, hf_block_finish(&builder));
}

static void
make_table(void)
{
    struct hf_table_meta meta = { .format = HF_TABLE_FORMAT,
                                  .id = id,
                                  .entries = 2,
                                  .version_min = 5,
                                  .version_max = 5,
                                  .depth = 1,
                                  .filter_count = 1 };
    struct hf_sample sample = { 5, 6 };
    uint8_t place[HF_BLOCK_PLACE_SIZE];

    memset(file, 0, sizeof file);
    file_size = HF_TABLE_META_SIZE;
    add_entries(0, "a", hf_span("one", 3));
    add_entries(1, "b", hf_span("two", 3));
    hf_block_place_encode(place, places[1]);
    add_entries(2, "b", hf_span(place, sizeof place));
    hf_filter_set(file + file_size + HF_BLOCK_HEAD, 12345);
    seal(3, HF_FILTER_PAYLOAD);
    seal(4, hf_samples_encode(file + file_size + HF_BLOCK_HEAD, &sample, 1));
    add_entries(5, "c", hf_span("d", 1));
    meta.file_size = file_size + HF_TABLE_META_SIZE;
    meta.root = places[2];
    meta.filter_off = places[3].off;
    meta.samples = places[4];
    meta.ranges_size = places[5].size;
    meta.block_size_max = places[3].size;
    meta.loaded_size_max = places[3].size;
    meta.key_size_max = 1;
    meta.entry_size_max = 4;
    meta.data_size = 8;
    hf_table_meta_encode(file, &meta);
    hf_table_meta_encode(file + file_size, &meta);
    file_size += HF_TABLE_META_SIZE;
}

/* How many of the table's structures are sound. */
static unsigned
count_table(void)
{
    unsigned sound = 0;
    struct hf_table_meta meta;
    struct hf_span payload;

    sound += hf_table_meta_decode(&meta, hf_span(file, HF_TABLE_META_SIZE)) == HF_TABLE_GOOD;
    sound += hf_table_meta_decode(&meta, hf_span(file + file_size - HF_TABLE_META_SIZE,
                                                 HF_TABLE_META_SIZE)) == HF_TABLE_GOOD;
    for (unsigned i = 0; i < BLOCKS; i++)
        sound +=
            hf_block_open(&payload, hf_span(file + places[i].off, places[i].size), kinds[i],
                          hf_table_mask_base(&id), places[i].off) == HF_TABLE_GOOD;
    return sound;
}

/* ---- a manifest -------------------------------------------------------------------------- */

static void
make_manifest(void)
{
    struct hf_table_info tables[TABLES];
    struct hf_manifest manifest = { .format = HF_MANIFEST_FORMAT,
                                    .number = 9,
                                    .last = 20,
                                    .log_first = 2,
                                    .witness = 77,
                                    .number_next = 10,
                                    .table_count = TABLES };

    for (unsigned i = 0; i < TABLES; i++)
        tables[i] = (struct hf_table_info){ .number = 3 + i,
                                            .size = 500,
                                            .entries = 4,
                                            .version_min = 1,
                                            .version_max = 20,
                                            .key_min = hf_span("abc", 3),
                                            .key_max = hf_span("xyzxyz", 6) };
    memset(file, 0, sizeof file);
    file_size = (size_t)hf_manifest_size(&manifest, tables);
    hf_manifest_encode(file, &manifest, tables);
}

static unsigned
count_manifest(void)
{
    struct hf_manifest manifest;
    struct hf_manifest_copies copies;

    if (hf_manifest_decode(&manifest, &copies, hf_span(file, file_size)) != HF_MANIFEST_GOOD)
        return 0;
    return (copies.copy[0] == HF_MANIFEST_GOOD) + (copies.copy[1] == HF_MANIFEST_GOOD);
}

/* ---- aiming ------------------------------------------------------------------------------ */

/* One bit in each byte of the range, one after the other: one structure is hurt each time. */
static bool
hurts_one(struct sim_extent range, unsigned (*count)(void))
{
    unsigned sound = count();
    bool one = true;

    for (uint64_t at = range.from; at < range.to && at < range.from + 64; at++) {
        file[at] ^= 1;
        one = one && count() == sound - 1;
        file[at] ^= 1;
    }
    return one;
}

static void
test_fields(enum sim_file_class class, unsigned (*count)(void))
{
    for (unsigned i = 0; sim_locate_field(i) != NULL; i++) {
        const char *field = sim_locate_field(i);
        bool found = true, hurts = true;
        if (!sim_locate_knows(class, field))
            continue;
        for (uint64_t seed = 0; seed < TAPES && found && hurts; seed++) {
            struct sim_extent range;
            sim_tape_reset(tape, seed);
            found = sim_locate(&range, hf_span(file, file_size), class, field, tape, 0);
            hurts = found && hurts_one(range, count);
        }
        TAP_OK(found && hurts, "%s: a flipped bit of '%s' hurts one structure",
               sim_file_class_name(class), field);
    }
}

/* Whatever the bytes are, what is located lies inside them. */
static void test_damaged(enum sim_file_class class)
{
    bool inside = true;

    for (size_t len = 0; len <= file_size; len += len < 600 ? 1 : 97) {
        uint8_t *copy = malloc(len + 1);
        struct sim_extent range;
        memcpy(copy, file, len);
        sim_tape_reset(tape, len);
        if (len > 0)
            copy[sim_draw(tape, "test", 0, len)] ^= 0xFF;
        if (sim_locate(&range, hf_span(copy, len), class, "", tape, 0))
            inside = inside && range.from < range.to && range.to <= len;
        free(copy);
    }
    TAP_OK(inside, "%s: what is located in a damaged file lies inside it",
           sim_file_class_name(class));
}

int
main(void)
{
    boot(0, NULL, 0);
    make_table();
    TAP_OK(count_table() == 8, "the table of the test is sound");
    test_fields(SIM_FILE_TABLE, count_table);
    test_damaged(SIM_FILE_TABLE);
    make_manifest();
    TAP_OK(count_manifest() == 2, "the manifest of the test is sound");
    test_fields(SIM_FILE_MANIFEST, count_manifest);
    test_damaged(SIM_FILE_MANIFEST);
    TAP_OK(sim_locate_witness(hf_span(file, file_size), SIM_FILE_MANIFEST) == 77,
           "a manifest vouches for the log up to its witness");
    shut();
    return tap_done();
}
