/*
 * table_meta_test.c - a meta is what was encoded, or it is refused.
 *
 * Method: one meta is cut at every length and each of its bits is flipped, in memory of exactly
 * its size; then each field is set to values that cannot be, with a checksum that holds.
 * Catches a field that is encoded and not decoded, one that the checksum does not cover, and a
 * place that is added up before it is compared.
 */
#include "format/table_format.h"

#include "base/crc32c.h"
#include "base/span.h"
#include "base/tap.h"

#include <stdlib.h>

#define FILE_SIZE 100000u

static const struct hf_table_meta whole = {
    .format = HF_TABLE_FORMAT,
    .id = { .uuid = "sixteen bytes id", .number = 7 },
    .file_size = FILE_SIZE,
    .entries = 1000,
    .deletes = 10,
    .version_min = 41,
    .version_max = 1041,
    .data_size = 116000,
    .block_size_max = 5000,
    .loaded_size_max = 9000,
    .key_size_max = 30,
    .entry_size_max = 800,
    .root = { .off = 80000, .size = 500 },
    .depth = 2,
    .filter_off = 80500,
    .filter_count = 2,
    .samples = { .off = 90000, .size = 120 },
    .ranges_size = 40,
};

/* Decodes from memory of exactly `size` bytes. */
static enum hf_table_verdict
decode(struct hf_table_meta *meta, const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    enum hf_table_verdict verdict;

    if (copy == NULL)
        abort();
    memcpy(copy, bytes, size);
    verdict = hf_table_meta_decode(meta, hf_span(copy, size));
    free(copy);
    return verdict;
}

/* What comes of a meta that was encoded as it is. */
static enum hf_table_verdict
verdict_of(struct hf_table_meta meta)
{
    uint8_t bytes[HF_TABLE_META_SIZE];
    struct hf_table_meta read;

    hf_table_meta_encode(bytes, &meta);
    return decode(&read, bytes, sizeof bytes);
}

static bool
is_same(const struct hf_table_meta *a, const struct hf_table_meta *b)
{
    return a->format == b->format && memcmp(a->id.uuid, b->id.uuid, 16) == 0 &&
           a->id.number == b->id.number && a->file_size == b->file_size &&
           a->entries == b->entries && a->deletes == b->deletes &&
           a->version_min == b->version_min && a->version_max == b->version_max &&
           a->data_size == b->data_size && a->block_size_max == b->block_size_max &&
           a->loaded_size_max == b->loaded_size_max && a->key_size_max == b->key_size_max &&
           a->entry_size_max == b->entry_size_max && a->root.off == b->root.off &&
           a->root.size == b->root.size && a->depth == b->depth &&
           a->filter_off == b->filter_off && a->filter_count == b->filter_count &&
           a->samples.off == b->samples.off && a->samples.size == b->samples.size &&
           a->ranges_size == b->ranges_size;
}

/* ---- bytes ------------------------------------------------------------------------------- */

static void
test_bytes(void)
{
    uint8_t bytes[HF_TABLE_META_SIZE], other[HF_TABLE_META_SIZE] = { 0 };
    struct hf_table_meta read;
    unsigned accepted = 0;

    hf_table_meta_encode(bytes, &whole);
    TAP_OK(decode(&read, bytes, sizeof bytes) == HF_TABLE_GOOD && is_same(&read, &whole),
           "a meta decodes to what was encoded");
    for (size_t size = 0; size < sizeof bytes; size++)
        accepted += decode(&read, bytes, size) != HF_TABLE_BAD;
    TAP_OK(accepted == 0, "cut anywhere it is bad");
    for (size_t bit = 0; bit < 8 * sizeof bytes; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        accepted += decode(&read, bytes, sizeof bytes) != HF_TABLE_BAD;
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    TAP_OK(accepted == 0, "with any bit flipped it is bad");
    TAP_OK(decode(&read, other, sizeof other) == HF_TABLE_BAD, "zeros are no meta");
}

/* ---- fields ------------------------------------------------------------------------------ */

/* `whole` with one field set. */
#define WITH(field, value) (edited = whole, edited.field = (value), verdict_of(edited))

static void
test_fields(void)
{
    struct hf_table_meta edited;
    uint64_t limit = FILE_SIZE - HF_TABLE_META_SIZE;

    TAP_OK(WITH(format, 2) == HF_TABLE_NEWER && WITH(format, 0) == HF_TABLE_BAD,
           "a newer format is told apart from damage");
    TAP_OK(WITH(id.number, 0) == HF_TABLE_BAD, "no table has number 0");
    TAP_OK(WITH(entries, 0) == HF_TABLE_BAD && WITH(deletes, 1001) == HF_TABLE_BAD &&
               WITH(deletes, 1000) == HF_TABLE_GOOD,
           "there are entries, and no more deletes than that");
    TAP_OK(WITH(version_min, 0) == HF_TABLE_BAD && WITH(version_min, 1042) == HF_TABLE_BAD &&
               WITH(version_max, HF_LATEST) == HF_TABLE_BAD,
           "versions are those of commits, the least first");
    TAP_OK(WITH(depth, 0) == HF_TABLE_BAD &&
               WITH(depth, HF_TABLE_DEPTH_MAX + 1) == HF_TABLE_BAD &&
               WITH(depth, HF_TABLE_DEPTH_MAX) == HF_TABLE_GOOD,
           "the index has 1 to HF_TABLE_DEPTH_MAX levels");
    TAP_OK(WITH(file_size, 0) == HF_TABLE_BAD && WITH(file_size, 143) == HF_TABLE_BAD &&
               WITH(file_size, UINT64_MAX) == HF_TABLE_BAD &&
               WITH(file_size, 90120 + HF_TABLE_META_SIZE) == HF_TABLE_GOOD &&
               WITH(file_size, 90119 + HF_TABLE_META_SIZE) == HF_TABLE_BAD,
           "the file is large enough for what is in it");
    edited = whole;
    edited.samples = (struct hf_block_place){ .off = limit - 20, .size = 20 };
    TAP_OK(verdict_of(edited) == HF_TABLE_GOOD && WITH(samples.size, 0) == HF_TABLE_BAD &&
               WITH(samples.off, 0) == HF_TABLE_BAD,
           "samples reach to the second meta at most; none are nowhere");
    edited.samples = (struct hf_block_place){ 0 };
    TAP_OK(verdict_of(edited) == HF_TABLE_GOOD, "there may be none");
}

static void
test_ranges(void)
{
    struct hf_table_meta edited;
    uint32_t between = FILE_SIZE - 2 * HF_TABLE_META_SIZE;

    TAP_OK(WITH(ranges_size, 0) == HF_TABLE_GOOD && WITH(ranges_size, 13) == HF_TABLE_GOOD &&
               WITH(ranges_size, HF_BLOCK_OVERHEAD) == HF_TABLE_BAD,
           "ranges are a block at least, or there are none");
    TAP_OK(WITH(ranges_size, between) == HF_TABLE_GOOD &&
               WITH(ranges_size, between + 1) == HF_TABLE_BAD &&
               WITH(ranges_size, UINT32_MAX) == HF_TABLE_BAD,
           "and no more than what is between the metas");
}

static void
test_sizes(void)
{
    struct hf_table_meta edited;
    uint32_t between = FILE_SIZE - 2 * HF_TABLE_META_SIZE;

    TAP_OK(WITH(block_size_max, 500) == HF_TABLE_GOOD &&
               WITH(block_size_max, 499) == HF_TABLE_BAD,
           "the largest block is no smaller than the root");
    TAP_OK(WITH(block_size_max, between) == HF_TABLE_GOOD &&
               WITH(block_size_max, between + 1) == HF_TABLE_BAD,
           "and no larger than what is between the metas");
    TAP_OK(WITH(loaded_size_max, 0) == HF_TABLE_BAD &&
               WITH(loaded_size_max, 5000 + HF_BLOCK_EXCESS_MAX) == HF_TABLE_GOOD &&
               WITH(loaded_size_max, 5001 + HF_BLOCK_EXCESS_MAX) == HF_TABLE_BAD &&
               WITH(loaded_size_max, UINT32_MAX) == HF_TABLE_BAD,
           "nor asks for more memory than a block can");
}

/* The sizes of the largest key and entry around each of their limits. */
static void
test_entry_sizes(void)
{
    struct hf_table_meta edited = whole;

    TAP_OK(WITH(key_size_max, 0) == HF_TABLE_BAD && WITH(key_size_max, 1) == HF_TABLE_GOOD,
           "the largest key is not empty");
    TAP_OK(WITH(key_size_max, 800) == HF_TABLE_GOOD && WITH(key_size_max, 801) == HF_TABLE_BAD,
           "and no larger than the largest entry");
    TAP_OK(WITH(entry_size_max, 30) == HF_TABLE_GOOD &&
               WITH(entry_size_max, 29) == HF_TABLE_BAD,
           "which is no smaller than it");
    TAP_OK(WITH(entry_size_max, 8999) == HF_TABLE_GOOD &&
               WITH(entry_size_max, 9000) == HF_TABLE_BAD &&
               WITH(entry_size_max, UINT32_MAX) == HF_TABLE_BAD,
           "nor as large as the largest loaded block, which has more than an entry");
    TAP_OK(WITH(data_size, 800) == HF_TABLE_GOOD && WITH(data_size, 799) == HF_TABLE_BAD,
           "nor larger than all entries together");
    unsigned wrong = 0;
    for (uint32_t size = HF_KEY_SIZE_MAX - 1; size <= HF_KEY_SIZE_MAX + 1; size++) {
        edited = whole;
        edited.loaded_size_max = HF_KEY_SIZE_MAX + 100;
        edited.key_size_max = edited.entry_size_max = size;
        wrong += (verdict_of(edited) == HF_TABLE_GOOD) != (size <= HF_KEY_SIZE_MAX);
    }
    TAP_OK(wrong == 0, "a key has HF_KEY_SIZE_MAX bytes at most");
}

/* Every offset and size around each limit, and such whose sum passes 2^64. */
static void
test_places(void)
{
    uint64_t limit = FILE_SIZE - HF_TABLE_META_SIZE;
    const uint64_t offs[] = { 0,
                              1,
                              143,
                              144,
                              145,
                              limit - 13,
                              limit - 1,
                              limit,
                              limit + 1,
                              FILE_SIZE,
                              UINT64_MAX - 12,
                              UINT64_MAX };
    const uint32_t sizes[] = { 0, 1, 12, 13, 14, (uint32_t)limit, UINT32_MAX };
    unsigned wrong = 0, good = 0;

    for (size_t i = 0; i < sizeof offs / sizeof *offs; i++) {
        for (size_t j = 0; j < sizeof sizes / sizeof *sizes; j++) {
            struct hf_table_meta edited = whole;
            struct hf_block_place read;
            uint8_t value[HF_BLOCK_PLACE_SIZE];
            bool is_possible = offs[i] >= 144 && offs[i] < limit && sizes[j] > 12 &&
                               sizes[j] <= limit - offs[i];
            edited.root = (struct hf_block_place){ .off = offs[i], .size = sizes[j] };
            edited.block_size_max = (uint32_t)limit - HF_TABLE_META_SIZE;
            wrong += (verdict_of(edited) == HF_TABLE_GOOD) != is_possible;
            good += is_possible;
            hf_block_place_encode(value, edited.root);
            wrong += (hf_block_place_decode(&read, hf_span(value, sizeof value), limit) ==
                      HF_TABLE_GOOD) != is_possible ||
                     read.off != offs[i] || read.size != sizes[j];
            wrong += hf_block_place_decode(&read, hf_span(value, sizeof value - 1), limit) !=
                     HF_TABLE_BAD;
        }
    }
    TAP_OK(wrong == 0 && good >= 5, "a place is good if and only if a block can be there");
}

static void
test_filter(void)
{
    uint64_t limit = FILE_SIZE - HF_TABLE_META_SIZE;
    struct hf_table_meta edited;

    TAP_OK(WITH(filter_off, limit - 2 * HF_FILTER_BLOCK_SIZE) == HF_TABLE_GOOD &&
               WITH(filter_off, limit + 1 - 2 * HF_FILTER_BLOCK_SIZE) == HF_TABLE_BAD &&
               WITH(filter_off, 143) == HF_TABLE_BAD && WITH(filter_off, 0) == HF_TABLE_BAD &&
               WITH(filter_off, UINT64_MAX) == HF_TABLE_BAD,
           "the filter's blocks lie between the metas");
    TAP_OK(WITH(filter_count, UINT32_MAX) == HF_TABLE_BAD &&
               WITH(filter_count, 0) == HF_TABLE_BAD,
           "their number is what there is room for; none are nowhere");
    edited = whole;
    edited.filter_count = 0;
    edited.filter_off = 0;
    TAP_OK(verdict_of(edited) == HF_TABLE_GOOD, "there may be none");
}

static void
test_mask(void)
{
    struct hf_table_id id = whole.id, other = whole.id;
    unsigned same = 0;

    for (other.number = 1; other.number < 100000; other.number++)
        same += hf_table_mask_base(&other) == hf_table_mask_base(&id);
    TAP_OK(same == 1, "no two of 100000 tables of a database have the same mask");
    other = id;
    for (unsigned bit = 0; bit < 128; bit++) {
        other.uuid[bit / 8] ^= (uint8_t)(1u << bit % 8);
        same += hf_table_mask_base(&other) == hf_table_mask_base(&id);
        other.uuid[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    TAP_OK(same == 1, "nor has a table of the same number in another database");
}

int
main(void)
{
    test_bytes();
    test_ranges();
    test_fields();
    test_sizes();
    test_entry_sizes();
    test_places();
    test_filter();
    test_mask();
    return tap_done();
}
