/*
 * table_entries.c - the payload of data and index blocks, packed on disk, loaded in memory.
 *
 * Packed: the head, then the entries in their order, without a gap and to the very end.
 *
 *    0       4        8
 *    +-------+--------+-------+-------+---
 *    | count | loaded | entry | entry | ...
 *    +-------+--------+-------+-------+---
 *       u32     u32              little-endian; `loaded` is the size of the form below
 *
 *    +--------+------+-------+---------+------+-----------+---------+
 *    | shared | rest | value | version | time |  key ...  |  value  |
 *    +--------+------+-------+---------+------+-----------+---------+
 *      varint  varint varint   varint   varint  rest bytes
 *
 *    shared    how many bytes of its key are those of the entry before; as many as can be
 *    rest      how many bytes of its key follow; 0: the same key, an older version
 *    value     size of the value * 2, plus 1 for a delete, whose value is empty
 *    version   the step from the entry before, up or down, see varint.h; from 0 for the first
 *    time      likewise
 *
 * Loaded: expanded once, so that reading is arithmetic. Native byte order, never stored.
 *
 *    struct hf_block
 *    | count | common | size | prefix ... | off ... | 0 | entry | entry | ...
 *                              u64 each     u32 each      each aligned to 8
 *
 *    struct hf_loaded_entry
 *    | version | time | value | key | key size | key ... | value ... |
 *        u64      u64    u32    u32     u16
 *
 * All keys of a block begin with the same `common` bytes; `prefix` is the next eight of each,
 * as a number that sorts as they do. So a search walks over the prefixes, which lie side by
 * side, and looks at entries only where those are equal. Older versions of a key refer to the
 * key that stands in the newest one, by its offset: a long history of a long key stays small.
 *
 * Promises, kept for any input at all: no byte outside the payload is read, none outside the
 * loaded size written. A payload has one form only: what loads is what its entries pack to.
 */
#include "base/assert.h"
#include "base/bytes.h"
#include "base/span.h"
#include "format/table_format.h"
#include "format/varint.h"

/* The numbers before the key of a packed entry. */
#define ENTRY_NUMBERS 5u

_Static_assert(sizeof(struct hf_loaded_entry) == 24, "no padding");
_Static_assert(HF_BLOCK_ENTRY_MAX(0, 0) >= 2 * 3 + 5 + 2 * HF_VARINT_SIZE_MAX,
               "room for two key sizes, a value size, version and time");
_Static_assert((uint64_t)HF_BLOCK_PAYLOAD_MAX + HF_BLOCK_EXCESS_MAX <= UINT32_MAX,
               "a loaded size is u32");

/* ---- sizes of the loaded form ------------------------------------------------------------ */

static uint64_t
aligned(uint64_t size)
{
    return (size + 7) & ~UINT64_C(7);
}

/* Where the first of `count` entries stands. */
static uint64_t
entries_off(uint32_t count)
{
    return aligned(sizeof(struct hf_block) + count * (uint64_t)(8 + 4));
}

/* What an entry takes; `key_size` 0: its key is that of the entry before. */
static uint64_t
entry_size(uint64_t key_size, uint64_t value_size)
{
    return aligned(sizeof(struct hf_loaded_entry) +
                   (key_size == 0 ? 0 : HF_LOADED_KEY_HEAD + key_size) + value_size);
}

/* ---- building ---------------------------------------------------------------------------- */

void
hf_block_begin(struct hf_block_builder *builder, void *at, size_t capacity, uint8_t *last_key)
{
    HF_ASSERT(capacity >= HF_BLOCK_PAYLOAD_HEAD);
    *builder = (struct hf_block_builder){ .at = at,
                                          .capacity = capacity,
                                          .size = HF_BLOCK_PAYLOAD_HEAD,
                                          .loaded_size = entries_off(0),
                                          .last_key = last_key };
}

/* How many bytes two keys have in common from their beginning; eight at a time. */
static size_t
shared_size(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
    size_t limit = a_size < b_size ? a_size : b_size;
    size_t size = 0;

    for (; limit - size >= 8; size += 8) {
        uint64_t differ = hf_load_u64(a + size) ^ hf_load_u64(b + size);
        if (differ != 0)
            return size + (size_t)__builtin_ctzll(differ) / 8;
    }
    while (size < limit && a[size] == b[size])
        size++;
    return size;
}

bool
hf_block_add(struct hf_block_builder *builder, const struct hf_entry *entry)
{
    const uint8_t *key = entry->key.at;
    uint8_t head[HF_BLOCK_ENTRY_MAX(0, 0)];
    size_t shared = shared_size(builder->last_key, builder->last_key_size, key, entry->key.len);
    size_t rest = entry->key.len - shared, size = 0;

    HF_ASSERT(entry->key.len > 0 && entry->key.len <= HF_KEY_SIZE_MAX);
    HF_ASSERT(entry->value.len <= HF_VALUE_SIZE_MAX);
    size += hf_varint_store(head + size, shared);
    size += hf_varint_store(head + size, rest);
    size += hf_varint_store(head + size, (uint64_t)entry->value.len << 1 | entry->is_delete);
    size += hf_varint_store(head + size, hf_varint_step(builder->last_version, entry->version));
    size += hf_varint_store(head + size, hf_varint_step(builder->last_time_us, entry->time_us));

    uint64_t end = builder->size + size + rest + entry->value.len;
    uint64_t loaded_size = builder->loaded_size - entries_off(builder->count) +
                           entries_off(builder->count + 1) +
                           entry_size(rest == 0 ? 0 : entry->key.len, entry->value.len);
    if (end > builder->capacity || end > HF_BLOCK_PAYLOAD_MAX ||
        loaded_size > end + HF_BLOCK_EXCESS_MAX)
        return false;

    uint8_t *to = builder->at + builder->size;
    hf_copy_few(to, head, size);
    hf_copy_few(to + size, key + shared, rest);
    hf_copy_few(to + size + rest, entry->value.at, entry->value.len);
    hf_copy_few(builder->last_key + shared, key + shared, rest);
    builder->last_key_size = entry->key.len;
    builder->last_version = entry->version;
    builder->last_time_us = entry->time_us;
    builder->size = (size_t)end;
    builder->loaded_size = loaded_size;
    builder->count++;
    return true;
}

size_t
hf_block_finish(struct hf_block_builder *builder)
{
    hf_store_u32(builder->at, builder->count);
    hf_store_u32(builder->at + 4, (uint32_t)builder->loaded_size);
    return builder->size;
}

/* ---- loading ----------------------------------------------------------------------------- */

uint64_t
hf_block_loaded_size(struct hf_span payload)
{
    if (payload.len < HF_BLOCK_PAYLOAD_HEAD || payload.len > HF_BLOCK_PAYLOAD_MAX)
        return 0;
    uint32_t count = hf_load_u32(payload.at);
    uint64_t size = hf_load_u32((const uint8_t *)payload.at + 4);
    if (count == 0 || count > (payload.len - HF_BLOCK_PAYLOAD_HEAD) / ENTRY_NUMBERS)
        return 0;
    if (size < entries_off(count) + count * (uint64_t)sizeof(struct hf_loaded_entry) ||
        size > payload.len + HF_BLOCK_EXCESS_MAX)
        return 0;
    return size;
}

static uint32_t *
block_offs(struct hf_block *block)
{
    return (uint32_t *)(block->prefixes + block->count);
}

/* The numbers of a packed entry, as they stand there. */
struct packed {
    uint64_t shared, rest, value, version, time;
};

/* Where loading has come to. */
struct load {
    struct hf_block *block;
    uint64_t off; /* in the block, of the next entry */
    const uint8_t *at, *end;
    uint32_t key; /* of the entry before: its offset, its bytes */
    struct hf_span last;
    uint64_t version, time_us;
};

/* Whether an entry comes behind the one before, its key being legal and all of it there. */
static bool
packed_is_next(const struct load *load, const struct packed *packed, uint64_t version)
{
    uint64_t left = (uint64_t)(load->end - load->at);
    uint64_t value_size = packed->value >> 1;

    if (packed->shared > load->last.len || packed->rest > HF_KEY_SIZE_MAX - packed->shared ||
        packed->rest > left || value_size > left - packed->rest ||
        value_size > HF_VALUE_SIZE_MAX)
        return false;
    if ((packed->value & 1) != 0 && value_size != 0)
        return false;
    if (version == 0 || version == HF_LATEST)
        return false;
    /* The first one has version 0 before it, and cannot be an older version of anything. */
    if (packed->rest == 0)
        return packed->shared == load->last.len && version < load->version;
    return packed->shared == load->last.len ||
           load->at[0] > ((const uint8_t *)load->last.at)[packed->shared];
}

/* Puts the key behind its entry at load->off, all of it, and makes it the last one. */
static void
load_key(struct load *load, const struct packed *packed)
{
    uint32_t off = (uint32_t)(load->off + sizeof(struct hf_loaded_entry));
    uint8_t *to = (uint8_t *)load->block + off;
    uint16_t size = (uint16_t)(packed->shared + packed->rest);

    memcpy(to, &size, HF_LOADED_KEY_HEAD);
    hf_copy_few(to + HF_LOADED_KEY_HEAD, load->last.at, packed->shared);
    hf_copy_few(to + HF_LOADED_KEY_HEAD + packed->shared, load->at, packed->rest);
    load->key = off;
    load->last = hf_span(to + HF_LOADED_KEY_HEAD, size);
}

/* The numbers of the next packed entry; false: they are cut. */
static bool
packed_load(struct packed *packed, struct load *load)
{
    const uint8_t *at = load->at, *end = load->end;
    bool is_whole =
        hf_varint_load(&packed->shared, &at, end) && hf_varint_load(&packed->rest, &at, end) &&
        hf_varint_load(&packed->value, &at, end) &&
        hf_varint_load(&packed->version, &at, end) && hf_varint_load(&packed->time, &at, end);

    load->at = at;
    return is_whole;
}

/* Takes the next packed entry over; false: it is none, or the loaded size does not hold it. */
static bool
load_entry(struct load *load, uint32_t index)
{
    struct packed packed;

    if (!packed_load(&packed, load))
        return false;
    uint64_t version = hf_varint_follow(load->version, packed.version);
    if (!packed_is_next(load, &packed, version))
        return false;
    size_t value_size = (size_t)(packed.value >> 1);
    size_t key_size = packed.rest == 0 ? 0 : (size_t)(packed.shared + packed.rest);
    uint64_t size = entry_size(key_size, value_size);
    if (size > load->block->size - load->off)
        return false;

    uint8_t *to = (uint8_t *)load->block + load->off;
    if (key_size != 0)
        load_key(load, &packed);
    hf_copy_few(to + sizeof(struct hf_loaded_entry) +
                    (key_size == 0 ? 0 : HF_LOADED_KEY_HEAD + key_size),
                load->at + packed.rest, value_size);
    load->version = version;
    load->time_us = hf_varint_follow(load->time_us, packed.time);
    *(struct hf_loaded_entry *)to = (struct hf_loaded_entry){
        .version = version,
        .time_us = load->time_us,
        .value = (uint32_t)packed.value,
        .key = load->key,
    };
    block_offs(load->block)[index] = (uint32_t)load->off;
    load->at += packed.rest + value_size;
    load->off += size;
    /* What all have in common is the least that any shares with the one before. */
    if (index == 0)
        load->block->common = (uint32_t)packed.rest;
    else if (packed.shared < load->block->common)
        load->block->common = (uint32_t)packed.shared;
    return true;
}

enum hf_table_verdict
hf_block_load(struct hf_block *block, struct hf_span payload)
{
    uint64_t size = hf_block_loaded_size(payload);

    if (size == 0)
        return HF_TABLE_BAD;
    HF_ASSERT((uintptr_t)block % 8 == 0);
    block->count = hf_load_u32(payload.at);
    block->size = size;
    struct load load = {
        .block = block,
        .off = entries_off(block->count),
        .at = (const uint8_t *)payload.at + HF_BLOCK_PAYLOAD_HEAD,
        .end = (const uint8_t *)payload.at + payload.len,
    };
    for (uint32_t i = 0; i < block->count; i++) {
        if (!load_entry(&load, i))
            return HF_TABLE_BAD;
    }
    if (load.at != load.end || load.off != size)
        return HF_TABLE_BAD;
    for (uint32_t i = 0; i < block->count; i++) {
        struct hf_span key = hf_block_entry(block, i).key;
        block->prefixes[i] =
            hf_prefix_u64((const uint8_t *)key.at + block->common, key.len - block->common);
    }
    return HF_TABLE_GOOD;
}

/* ---- reading ----------------------------------------------------------------------------- */

bool
hf_block_holds_ranges(const struct hf_block *block)
{
    for (uint32_t i = 0; i < block->count; i++) {
        struct hf_entry range = hf_block_entry(block, i);
        if (range.is_delete || range.value.len > HF_KEY_SIZE_MAX ||
            (range.value.len > 0 && hf_span_compare(range.key, range.value) >= 0))
            return false;
    }
    return true;
}

/* How many of `count` numbers, 1 at least, ascending, are less than `bound`. No branch depends
 * on them. */
static uint32_t
count_less(const uint64_t *numbers, uint32_t count, uint64_t bound)
{
    const uint64_t *from = numbers;

    while (count > 1) {
        uint32_t half = count / 2;
        from += from[half - 1] < bound ? half : 0;
        count -= half;
    }
    return (uint32_t)(from - numbers) + (*from < bound);
}

/* The first entry in [first, limit) that is not before (key, version); limit: none of them. */
static uint32_t
seek_among(const struct hf_block *block, uint32_t first, uint32_t limit, struct hf_span key,
           uint64_t version)
{
    while (first < limit) {
        uint32_t middle = first + (limit - first) / 2;
        struct hf_entry entry = hf_block_entry(block, middle);

        if (hf_entry_compare(entry.key, entry.version, key, version) < 0)
            first = middle + 1;
        else
            limit = middle;
    }
    return first;
}

/* As hf_block_seek, of a key that begins as all keys of the block do. */
static uint32_t
seek_behind_common(const struct hf_block *block, struct hf_span key, uint64_t version)
{
    uint64_t prefix =
        hf_prefix_u64((const uint8_t *)key.at + block->common, key.len - block->common);
    uint32_t first = count_less(block->prefixes, block->count, prefix);
    uint32_t limit = first;

    if (limit < block->count && block->prefixes[limit] == prefix)
        limit++; /* most often the only one */
    if (limit < block->count && block->prefixes[limit] == prefix)
        limit = prefix == UINT64_MAX ? block->count
                                     : limit + count_less(block->prefixes + limit,
                                                          block->count - limit, prefix + 1);
    return seek_among(block, first, limit, key, version);
}

/*
 * Whether the key begins as those of the block is looked at last, since that touches one more
 * entry, and memory that is not in the processor's cache is what a search costs: a key that is
 * found does begin so.
 */
uint32_t
hf_block_seek(const struct hf_block *block, struct hf_span key, uint64_t version)
{
    size_t known = key.len < block->common ? key.len : block->common;
    uint32_t index = 0;

    if (key.len == 0)
        return 0; /* before all: no key is empty */
    if (known == block->common) {
        index = seek_behind_common(block, key, version);
        if (index < block->count && hf_span_equal(hf_block_entry(block, index).key, key))
            return index;
    }
    int order = hf_span_compare(hf_span(key.at, known),
                                hf_span(hf_block_entry(block, 0).key.at, known));
    if (order != 0)
        return order < 0 ? 0 : block->count;
    return index; /* 0 for a key that is shorter than what they have in common */
}
