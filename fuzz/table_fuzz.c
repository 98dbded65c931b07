/*
 * table_fuzz.c - any bytes at all as a sorted table: format/ under a fuzzer.
 *
 * An input that begins as a table does is one. Of any other the first byte chooses a kind of
 * payload and the rest is that payload, sealed here, so that the payloads' own parsers are
 * reached without luck. What was read is held against what the format promises:
 *   1. what reads as good is, encoded again, the very same bytes
 *   2. a block is good in its place, as its kind, in its table, and nowhere else
 *   3. entries and samples are in order, and a search finds what a walk finds
 *   4. a walk down the index ends, at blocks before it
 * Every block is loaded into memory of exactly the size that it names.
 */
#include "base/assert.h"
#include "base/hash.h"
#include "base/span.h"
#include "format/table_format.h"
#include "fuzz/fuzz.h"
#include "fuzz/table_mutator.h"

#include <stdlib.h>

/* Blocks that a walk down an index looks at: many entries may lead to the same ones. */
#define VISITS_MAX 1000u

static void *
take(uint64_t size)
{
    void *memory = malloc((size_t)size);

    HF_ASSERT(memory != NULL);
    return memory;
}

/* ---- payloads ---------------------------------------------------------------------------- */

/* Packs the entries of a block with a byte too little: the last one has no room. */
static void
check_too_small(const struct hf_block *block, struct hf_span payload)
{
    static uint8_t last_key[HF_KEY_SIZE_MAX];
    uint8_t *again = take(payload.len - 1);
    struct hf_block_builder builder;
    uint32_t added = 0;

    hf_block_begin(&builder, again, payload.len - 1, last_key);
    while (added < block->count) {
        struct hf_entry entry = hf_block_entry(block, added);
        if (!hf_block_add(&builder, &entry))
            break;
        added++;
    }
    HF_ASSERT(added == block->count - 1);
    free(again);
}

/* Packs the entries of a block again: the same bytes, and the same loaded size. */
static void
check_packed(const struct hf_block *block, struct hf_span payload)
{
    static uint8_t last_key[HF_KEY_SIZE_MAX];
    uint8_t *again = take(payload.len);
    struct hf_block_builder builder;

    hf_block_begin(&builder, again, payload.len, last_key);
    for (uint32_t i = 0; i < block->count; i++) {
        struct hf_entry entry = hf_block_entry(block, i);
        HF_ASSERT(hf_block_add(&builder, &entry));
    }
    HF_ASSERT(hf_block_finish(&builder) == payload.len && builder.loaded_size == block->size);
    HF_ASSERT(memcmp(again, payload.at, payload.len) == 0);
    free(again);
}

/* That bytes of an entry lie in its block. */
static void
check_inside(const struct hf_block *block, struct hf_span span)
{
    uint64_t off = (uint64_t)((const uint8_t *)span.at - (const uint8_t *)block);

    HF_ASSERT(off <= block->size && span.len <= block->size - off);
}

static void
check_entry(const struct hf_block *block, uint32_t index)
{
    struct hf_entry entry = hf_block_entry(block, index);

    check_inside(block, entry.key);
    check_inside(block, entry.value);
    HF_ASSERT(entry.key.len > 0 && entry.key.len <= HF_KEY_SIZE_MAX);
    HF_ASSERT(!entry.is_delete || entry.value.len == 0);
    HF_ASSERT(entry.version != 0 && entry.version != HF_LATEST);
    HF_ASSERT(hf_block_seek(block, entry.key, entry.version) == index);
    HF_ASSERT(hf_block_seek(block, entry.key, entry.version - 1) == index + 1);
    if (index == 0)
        return;
    struct hf_entry before = hf_block_entry(block, index - 1);
    HF_ASSERT(hf_entry_compare(before.key, before.version, entry.key, entry.version) < 0);
    HF_ASSERT(hf_block_seek(block, before.key, 0) >= index);
}

/* That a search for any key at all, here the end of the payload, finds what a walk finds. */
static void
check_search(const struct hf_block *block, struct hf_span payload)
{
    const uint8_t *bytes = payload.at;
    size_t size = bytes[payload.len - 1] % 16 + (size_t)1;
    struct hf_span key = hf_span(bytes + payload.len - size % payload.len, size % payload.len);
    uint64_t version = bytes[payload.len - 2];
    uint32_t index = 0;

    for (; index < block->count; index++) {
        struct hf_entry entry = hf_block_entry(block, index);
        if (hf_entry_compare(entry.key, entry.version, key, version) >= 0)
            break;
    }
    HF_ASSERT(hf_block_seek(block, key, version) == index);
}

/* The block that a payload loads to; the caller frees it. NULL: it is bad. */
static struct hf_block *
load(struct hf_span payload)
{
    uint64_t size = hf_block_loaded_size(payload);
    struct hf_block *block, none;

    if (size == 0) {
        HF_ASSERT(hf_block_load(&none, payload) == HF_TABLE_BAD);
        return NULL;
    }
    HF_ASSERT(size <= payload.len + HF_BLOCK_EXCESS_MAX);
    block = take(size);
    if (hf_block_load(block, payload) == HF_TABLE_GOOD) {
        HF_ASSERT(block->size == size && block->count > 0);
        return block;
    }
    free(block);
    return NULL;
}

static void
check_entries(struct hf_span payload)
{
    struct hf_block *block = load(payload);

    if (block == NULL)
        return;
    for (uint32_t i = 0; i < block->count; i++)
        check_entry(block, i);
    check_search(block, payload);
    check_packed(block, payload);
    if (block->count > 1)
        check_too_small(block, payload);
    free(block);
}

static void
check_samples(struct hf_span payload)
{
    uint32_t count = hf_samples_count(payload);
    struct hf_sample *samples = take(count * (uint64_t)sizeof *samples + 1);
    uint8_t *again = take(HF_SAMPLES_HEAD + count * (uint64_t)HF_SAMPLE_SIZE_MAX);

    HF_ASSERT(count <= payload.len);
    if (hf_samples_decode(samples, payload) == HF_TABLE_GOOD) {
        HF_ASSERT(count > 0);
        for (uint32_t i = 1; i < count; i++) {
            HF_ASSERT(samples[i].version >= samples[i - 1].version);
            HF_ASSERT(samples[i].time_us >= samples[i - 1].time_us);
        }
        HF_ASSERT(hf_samples_encode(again, samples, count) == payload.len);
        HF_ASSERT(memcmp(again, payload.at, payload.len) == 0);
    }
    free(again);
    free(samples);
}

/* Ranges are entries; those that hold together each go up. */
static void
check_ranges(struct hf_span payload)
{
    struct hf_block *block;

    check_entries(payload);
    block = load(payload);
    for (uint32_t i = 0; block != NULL && hf_block_holds_ranges(block) && i < block->count;
         i++) {
        struct hf_entry range = hf_block_entry(block, i);
        HF_ASSERT(!range.is_delete && range.value.len <= HF_KEY_SIZE_MAX);
        HF_ASSERT(range.value.len == 0 || hf_span_compare(range.key, range.value) < 0);
    }
    free(block);
}

/* A filter is any bytes; what is set in it is there, and all that was there before. */
static void
check_filter(struct hf_span payload)
{
    uint8_t *filter = take(HF_FILTER_PAYLOAD);
    const uint8_t *before = payload.at;
    uint64_t hash;

    if (payload.len == HF_FILTER_PAYLOAD) {
        hash = hf_hash_bytes_of(payload.at, 64, 0);
        memcpy(filter, payload.at, HF_FILTER_PAYLOAD);
        hf_filter_set(filter, hash);
        HF_ASSERT(hf_filter_may_have(filter, hash));
        (void)hf_filter_may_have(before, hash ^ hash >> 7);
        for (uint32_t i = 0; i < HF_FILTER_PAYLOAD; i++)
            HF_ASSERT((before[i] & ~filter[i]) == 0);
    }
    free(filter);
}

static void
check_payload(enum hf_block_kind kind, struct hf_span payload)
{
    switch (kind) {
    case HF_BLOCK_DATA:
    case HF_BLOCK_INDEX:
        check_entries(payload);
        break;
    case HF_BLOCK_FILTER:
        check_filter(payload);
        break;
    case HF_BLOCK_SAMPLES:
        check_samples(payload);
        break;
    case HF_BLOCK_RANGES:
        check_ranges(payload);
        break;
    case HF_BLOCK_IDENTITY:
    case HF_BLOCK_END:
        break; /* of snapshots */
    }
}

/* ---- blocks ------------------------------------------------------------------------------ */

/* A block that opened: sealed again it is the same, and it opens nowhere else. */
static void
check_block(struct hf_span in, enum hf_block_kind kind, uint32_t base, uint64_t off)
{
    uint32_t payload_size = (uint32_t)in.len - HF_BLOCK_OVERHEAD;
    enum hf_block_kind other = kind == HF_BLOCK_DATA ? HF_BLOCK_INDEX : HF_BLOCK_DATA;
    struct hf_span payload;
    uint8_t *again = take(in.len);

    memcpy(again, in.at, in.len);
    hf_block_seal(again, kind, payload_size, base, off);
    HF_ASSERT(memcmp(again, in.at, in.len) == 0);
    free(again);
    HF_ASSERT(hf_block_open(&payload, in, kind, base, off + 1) == HF_TABLE_BAD);
    HF_ASSERT(hf_block_open(&payload, in, kind, base, off ^ UINT64_C(1) << 40) == HF_TABLE_BAD);
    HF_ASSERT(hf_block_open(&payload, in, kind, base ^ 1, off) == HF_TABLE_BAD);
    HF_ASSERT(hf_block_open(&payload, in, other, base, off) == HF_TABLE_BAD);
    in.len--;
    HF_ASSERT(hf_block_open(&payload, in, kind, base, off) == HF_TABLE_BAD);
}

/* Every block from behind the first meta to before the last one, one after another. */
static void
check_blocks(struct hf_span in, uint32_t base)
{
    size_t off = HF_TABLE_META_SIZE;

    while (off + HF_TABLE_META_SIZE < in.len) {
        struct hf_span rest =
            hf_span((const uint8_t *)in.at + off, in.len - HF_TABLE_META_SIZE - off);
        enum hf_block_kind kind;
        struct hf_span payload;
        uint32_t size;
        if (hf_block_peek(&kind, &size, rest) != HF_TABLE_GOOD)
            return;
        HF_ASSERT(size > HF_BLOCK_OVERHEAD && size <= rest.len);
        rest.len = size;
        if (hf_block_open(&payload, rest, kind, base, off) == HF_TABLE_GOOD) {
            HF_ASSERT(payload.len == size - HF_BLOCK_OVERHEAD);
            check_block(rest, kind, base, off);
            check_payload(kind, payload);
        }
        off += size;
    }
}

/* ---- the index --------------------------------------------------------------------------- */

struct descent {
    struct hf_span in;
    uint32_t base;
    unsigned visits;
};

/* A value is a place before `limit`, or none; the bytes of a place alone are. */
static bool
read_place(struct hf_block_place *place, struct hf_span value, uint64_t limit)
{
    struct hf_span less = hf_span(value.at, value.len - (value.len > 0));

    if (hf_block_place_decode(place, value, limit) != HF_TABLE_GOOD)
        return false;
    HF_ASSERT(place->off >= HF_TABLE_META_SIZE && place->off < limit);
    HF_ASSERT(place->size <= limit - place->off);
    HF_ASSERT(hf_block_place_decode(place, less, limit) == HF_TABLE_BAD);
    return true;
}

/* Goes down from an index block `depth` levels above the data. */
static void
descend(struct descent *descent, struct hf_block_place place, uint32_t depth)
{
    struct hf_span in = hf_span((const uint8_t *)descent->in.at + place.off, place.size),
                   payload;
    enum hf_block_kind kind = depth == 0 ? HF_BLOCK_DATA : HF_BLOCK_INDEX;
    struct hf_block *block;

    if (descent->visits++ >= VISITS_MAX ||
        hf_block_open(&payload, in, kind, descent->base, place.off) != HF_TABLE_GOOD)
        return;
    block = load(payload);
    for (uint32_t i = 0; block != NULL && depth > 0 && i < block->count; i++) {
        struct hf_block_place below;
        if (read_place(&below, hf_block_entry(block, i).value, place.off))
            descend(descent, below, depth - 1);
    }
    free(block);
}

/* ---- tables ------------------------------------------------------------------------------ */

/* A key belongs to one of the filter's blocks, and a filter for all entries is not too many. */
static void
check_filter_place(const struct hf_table_meta *meta)
{
    uint64_t seed = hf_filter_seed(meta->id.uuid);
    uint32_t wanted = hf_filter_count(meta->entries);

    HF_ASSERT((wanted == 0) == (meta->entries == 0));
    if (meta->filter_count > 0)
        HF_ASSERT(hf_filter_pick(seed, meta->filter_count) < meta->filter_count);
}

/* Whether there is a good meta at `off`; encoded again it is the same. */
static bool
read_meta(struct hf_table_meta *meta, struct hf_span in, size_t off)
{
    uint8_t again[HF_TABLE_META_SIZE];
    struct hf_table_meta read;
    struct hf_span bytes = hf_span((const uint8_t *)in.at + off, in.len - off);

    if (hf_table_meta_decode(&read, bytes) != HF_TABLE_GOOD)
        return false;
    hf_table_meta_encode(again, &read);
    HF_ASSERT(memcmp(again, bytes.at, sizeof again) == 0);
    HF_ASSERT(read.root.off + read.root.size <= read.file_size - HF_TABLE_META_SIZE);
    HF_ASSERT(read.depth > 0 && read.depth <= HF_TABLE_DEPTH_MAX);
    HF_ASSERT(read.block_size_max < read.file_size && read.block_size_max >= read.root.size);
    HF_ASSERT(read.loaded_size_max <= read.file_size + HF_BLOCK_EXCESS_MAX);
    HF_ASSERT(read.entry_size_max < read.loaded_size_max);
    HF_ASSERT(read.entry_size_max <= read.data_size);
    HF_ASSERT(read.key_size_max > 0 && read.key_size_max <= read.entry_size_max);
    HF_ASSERT(read.key_size_max <= HF_KEY_SIZE_MAX);
    HF_ASSERT(read.ranges_size <= read.file_size - 2 * HF_TABLE_META_SIZE);
    HF_ASSERT(read.deletes <= read.entries && read.version_min <= read.version_max);
    check_filter_place(&read);
    *meta = read;
    return true;
}

static void
check_table(struct hf_span in)
{
    struct descent descent = { .in = in };
    struct hf_table_meta meta;

    if (in.len < 2 * HF_TABLE_META_SIZE)
        return;
    if (!read_meta(&meta, in, 0) && !read_meta(&meta, in, in.len - HF_TABLE_META_SIZE))
        return;
    descent.base = hf_table_mask_base(&meta.id);
    check_blocks(in, descent.base);
    if (meta.file_size == in.len)
        descend(&descent, meta.root, meta.depth);
}

/* ---- the engine's door ------------------------------------------------------------------- */

static bool
is_table(const uint8_t *data, size_t size)
{
    return size >= HF_TABLE_META_SIZE && memcmp(data, "HOLDTAB", 7) == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (is_table(data, size)) {
        check_table(hf_span(data, size));
    } else if (size > 1) {
        enum hf_block_kind kind = data[0] == HF_BLOCK_RANGES
                                      ? HF_BLOCK_RANGES
                                      : (enum hf_block_kind)(data[0] % 4 + HF_BLOCK_DATA);
        uint8_t *payload = take(size - 1); /* of exactly its size */
        memcpy(payload, data + 1, size - 1);
        check_payload(kind, hf_span(payload, size - 1));
        free(payload);
    }
    return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned seed)
{
    bool as_table = is_table(data, size) || seed % 4 == 0;

    if (LLVMFuzzerMutate != NULL && (!as_table || seed % 4 == 1)) {
        size = LLVMFuzzerMutate(data, size, size_max);
        if (is_table(data, size))
            fuzz_table_repair(data, size, seed % 8 == 1);
        return size;
    }
    return fuzz_table_mutate(data, size, size_max, seed);
}
