/*
 * manifest_fuzz.c - any bytes at all as a manifest: the codec under a fuzzer.
 *
 * What reads as good is held against what the format promises, computed here a second time:
 *   1. encoded again, it is the very same bytes, in each copy that is sound
 *   2. its tables are such as hf_table_info says
 *   3. a sound first copy alone says the same as the whole file
 *   4. with a bit of one sound copy flipped, the other one speaks; with a bit of both, neither
 */
#include "base/bytes.h"
#include "format/manifest_format.h"
#include "fuzz/fuzz.h"
#include "fuzz/manifest_mutator.h"
#include "fuzz/take.h"

#include <stdbool.h>

/* ---- the tables -------------------------------------------------------------------------- */

static void
check_table(const struct hf_manifest *manifest, const struct hf_table_info *tables, uint32_t i)
{
    const struct hf_table_info *table = &tables[i];

    HF_ASSERT(table->number != 0 && table->number < manifest->number_next);
    HF_ASSERT(table->number != manifest->number && table->level < HF_LEVELS);
    HF_ASSERT(i == 0 || table->level >= tables[i - 1].level);
    HF_ASSERT(table->size > 0 && table->entries > 0 && table->deletes <= table->entries);
    HF_ASSERT(0 < table->version_min && table->version_min <= table->version_max);
    HF_ASSERT(table->version_max <= manifest->last);
    HF_ASSERT(table->key_min.len > 0 && table->key_min.len <= HF_KEY_SIZE_MAX);
    HF_ASSERT(table->key_max.len > 0 || table->max_is_open);
    HF_ASSERT(table->key_max.len <= HF_KEY_SIZE_MAX);
    HF_ASSERT(!hf_table_ends_before(table, table->key_min));
    for (uint32_t j = 0; j < i; j++)
        HF_ASSERT(tables[j].number != table->number);
}

/* All tables, as many as there were said to be; the caller frees them. */
static struct hf_table_info *
read_tables(struct hf_manifest manifest)
{
    struct hf_table_info *tables = fuzz_take(manifest.table_count * sizeof *tables), behind;

    for (uint32_t i = 0; i < manifest.table_count; i++) {
        HF_ASSERT(hf_manifest_next(&manifest, &tables[i]) == HF_MANIFEST_GOOD);
        check_table(&manifest, tables, i);
    }
    HF_ASSERT(hf_manifest_next(&manifest, &behind) == HF_MANIFEST_END);
    HF_ASSERT(hf_manifest_next(&manifest, &behind) == HF_MANIFEST_END);
    return tables;
}

/* ---- the copies -------------------------------------------------------------------------- */

/* Encodes what was read; returns the size of a copy. */
static size_t
encode_again(uint8_t **again, const struct hf_manifest *manifest)
{
    struct hf_table_info *tables = read_tables(*manifest);
    size_t size = (size_t)hf_manifest_size(manifest, tables);

    *again = fuzz_take(size);
    hf_manifest_encode(*again, manifest, tables);
    free(tables);
    return size / 2;
}

/* That a sound copy is what was encoded again, where the format says that it stands. */
static void
check_copy(struct hf_span in, const uint8_t *again, size_t size, int copy)
{
    size_t off = copy == 0 ? 0 : size;

    if (off + size > in.len || memcmp((const uint8_t *)in.at + off, again + off, size) != 0)
        off = in.len / 2 / HF_MANIFEST_ALIGN * HF_MANIFEST_ALIGN;
    HF_ASSERT(off + size <= in.len);
    HF_ASSERT(memcmp((const uint8_t *)in.at + off, again + copy * size, size) == 0);
}

static void
check_first_alone(const struct hf_manifest *manifest, const uint8_t *again, size_t size)
{
    struct hf_manifest_copies copies;
    struct hf_manifest alone;
    uint8_t *copy = fuzz_take(size);

    memcpy(copy, again, size);
    HF_ASSERT(hf_manifest_decode(&alone, &copies, hf_span(copy, size)) == HF_MANIFEST_GOOD);
    HF_ASSERT(copies.copy[1] == HF_MANIFEST_BAD && copies.extra == 0);
    HF_ASSERT(alone.number == manifest->number && alone.last == manifest->last);
    HF_ASSERT(alone.table_count == manifest->table_count);
    free(copy);
}

/* A bit of the first copy, of both, of the second; which one follows from the content. */
static void
check_flips(uint8_t *again, size_t size, uint64_t bit)
{
    struct hf_span in = hf_span(again, 2 * size);
    uint8_t mask = (uint8_t)(1u << bit % 8);
    size_t off = bit / 8 % size;
    struct hf_manifest_copies copies;
    struct hf_manifest manifest;

    again[off] ^= mask;
    HF_ASSERT(hf_manifest_decode(&manifest, &copies, in) == HF_MANIFEST_GOOD);
    HF_ASSERT(copies.copy[0] == HF_MANIFEST_BAD && copies.copy[1] == HF_MANIFEST_GOOD);
    again[size + off] ^= mask;
    HF_ASSERT(hf_manifest_decode(&manifest, &copies, in) == HF_MANIFEST_BAD);
    again[off] ^= mask;
    HF_ASSERT(hf_manifest_decode(&manifest, &copies, in) == HF_MANIFEST_GOOD);
    HF_ASSERT(copies.copy[0] == HF_MANIFEST_GOOD && copies.copy[1] == HF_MANIFEST_BAD);
}

/* What accounts of damage read: tables until there are none, whatever the bytes are. */
static void
check_peek(struct hf_span in, uint32_t copy)
{
    struct hf_manifest manifest;
    struct hf_table_info info;
    uint64_t off, count = 0;

    if (hf_manifest_peek(&manifest, &off, in, copy) != HF_MANIFEST_GOOD)
        return;
    HF_ASSERT(off < in.len && (copy == 1 || off == 0));
    while (hf_manifest_next(&manifest, &info) == HF_MANIFEST_GOOD)
        HF_ASSERT(++count <= in.len);
}

/* ---- the engine's door ------------------------------------------------------------------- */

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_span in = hf_span(data, size);
    struct hf_manifest_copies copies;
    struct hf_manifest manifest;
    enum hf_manifest_verdict verdict = hf_manifest_decode(&manifest, &copies, in);
    uint8_t *again;
    size_t copy;

    HF_ASSERT(copies.extra <= size);
    check_peek(in, 0);
    check_peek(in, 1);
    if (verdict == HF_MANIFEST_NEWER)
        HF_ASSERT(manifest.format > HF_MANIFEST_FORMAT);
    if (verdict != HF_MANIFEST_GOOD)
        return 0;
    HF_ASSERT(manifest.format == HF_MANIFEST_FORMAT);
    copy = encode_again(&again, &manifest);
    for (int i = 0; i < 2; i++) {
        if (copies.copy[i] == HF_MANIFEST_GOOD)
            check_copy(in, again, copy, i);
    }
    check_first_alone(&manifest, again, copy);
    check_flips(again, copy, hf_load_u32(again + copy - 4));
    free(again);
    return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned seed)
{
    if (LLVMFuzzerMutate != NULL && seed % 4 == 0) {
        size = LLVMFuzzerMutate(data, size, size_max);
        if (seed % 8 == 0)
            fuzz_manifest_repair(data, size, seed % 16 == 0);
        return size;
    }
    return fuzz_manifest_mutate(data, size, size_max, seed);
}
