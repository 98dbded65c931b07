/*
 * table_make.c - small sorted tables out of nothing, for a mutator to change.
 *
 *   data blocks of a few entries -> index blocks of two or three each, level by level, until
 *   one is left -> perhaps a filter, perhaps samples, perhaps deleted ranges -> the metas
 *
 * Keys are short and share beginnings, many have several versions: what the packing of entries
 * and the order of versions are about.
 */
#include "fuzz/table_make.h"

#include "base/hash.h"
#include "base/span.h"
#include "format/table_format.h"
#include "fuzz/draw.h"

#define KEY_SIZE_MAX 24u
#define VALUE_SIZE_MAX 24u
#define BLOCK_ENTRIES_MAX 6u
#define DATA_BLOCKS_MAX 6u
#define SAMPLES_MAX 4u
#define RANGE_BLOCKS_MAX 2u
#define BLOCK_SIZE_MAX                                                                         \
    (HF_BLOCK_OVERHEAD + HF_BLOCK_PAYLOAD_HEAD +                                               \
     BLOCK_ENTRIES_MAX * HF_BLOCK_ENTRY_MAX(KEY_SIZE_MAX, VALUE_SIZE_MAX))

_Static_assert(HF_SAMPLES_HEAD + SAMPLES_MAX * HF_SAMPLE_SIZE_MAX < BLOCK_SIZE_MAX,
               "samples fit where a block does");

/* What leads to a block: its last entry's key and version, and where it is. */
struct lead {
    uint8_t key[KEY_SIZE_MAX];
    size_t key_size;
    uint64_t version;
    struct hf_block_place place;
};

struct making {
    uint8_t *data;
    size_t size_max;
    uint64_t *random;
    uint64_t off;
    uint32_t base;
    struct hf_table_meta meta;
    struct hf_block_builder builder;
    struct lead last; /* the entry that was added last */
    struct lead leads[DATA_BLOCKS_MAX];
    unsigned lead_count;
    uint64_t hashes[DATA_BLOCKS_MAX * BLOCK_ENTRIES_MAX];
    uint8_t last_key[KEY_SIZE_MAX];
};

/* Whether there is room for so many bytes, and the second meta. */
static bool
has_room(const struct making *m, uint64_t size)
{
    return m->off + size + HF_TABLE_META_SIZE <= m->size_max;
}

static void
begin_block(struct making *m)
{
    hf_block_begin(&m->builder, m->data + m->off + HF_BLOCK_HEAD, BLOCK_SIZE_MAX, m->last_key);
}

static struct hf_block_place
end_block(struct making *m, enum hf_block_kind kind, size_t payload_size)
{
    struct hf_block_place place = { .off = m->off,
                                    .size = (uint32_t)payload_size + HF_BLOCK_OVERHEAD };

    hf_block_seal(m->data + m->off, kind, (uint32_t)payload_size, m->base, m->off);
    m->off += place.size;
    return place;
}

/* ---- data -------------------------------------------------------------------------------- */

/* Moves on to the next entry: an older version of the same key, or a greater key. */
static void
next_key(struct making *m)
{
    struct lead *last = &m->last;

    if (last->key_size != 0 && last->version > 1 && fuzz_draw(m->random, 3) == 0) {
        last->version -= 1 + fuzz_draw(m->random, last->version - 1);
        return;
    }
    if (last->key_size != 0 && last->key_size < KEY_SIZE_MAX && fuzz_draw(m->random, 2) == 0) {
        last->key[last->key_size++] = (uint8_t)fuzz_draw(m->random, 3);
    } else {
        while (last->key_size > 1 && fuzz_draw(m->random, 3) == 0)
            last->key_size--;
        last->key_size += last->key_size == 0;
        /* Where no greater byte is left, the key grows, which is greater too. */
        if (last->key[last->key_size - 1] < UINT8_MAX)
            last->key[last->key_size - 1]++;
        else
            last->key[last->key_size++] = 'a';
    }
    last->version = 1 + fuzz_draw(m->random, 1000);
}

/* Ends a data or an index block. */
static struct hf_block_place
end_entries(struct making *m, enum hf_block_kind kind)
{
    struct hf_block_place place = end_block(m, kind, hf_block_finish(&m->builder));

    if (place.size > m->meta.block_size_max)
        m->meta.block_size_max = place.size;
    if (m->builder.loaded_size > m->meta.loaded_size_max)
        m->meta.loaded_size_max = (uint32_t)m->builder.loaded_size;
    return place;
}

/* Of an entry, or of a range, whose keys are both of them keys. */
static void
note_sizes(struct hf_table_meta *meta, const struct hf_entry *entry, bool is_range)
{
    uint32_t key_size = (uint32_t)entry->key.len, value_size = (uint32_t)entry->value.len;

    if (meta->data_size == 0 || entry->version < meta->version_min)
        meta->version_min = entry->version;
    if (entry->version > meta->version_max)
        meta->version_max = entry->version;
    if (key_size + value_size > meta->entry_size_max)
        meta->entry_size_max = key_size + value_size;
    if (is_range && value_size > key_size)
        key_size = value_size;
    if (key_size > meta->key_size_max)
        meta->key_size_max = key_size;
    meta->data_size += entry->key.len + value_size;
}

static void
add_entry(struct making *m)
{
    static const uint8_t letters[VALUE_SIZE_MAX] = "abcdefghijklmnopqrstuvw";
    struct hf_entry entry = { .is_delete = fuzz_draw(m->random, 4) == 0 };

    next_key(m);
    entry.key = hf_span(m->last.key, m->last.key_size);
    entry.value = hf_span(letters, entry.is_delete ? 0 : fuzz_draw(m->random, VALUE_SIZE_MAX));
    entry.version = m->last.version;
    entry.time_us =
        fuzz_draw(m->random, 2) == 0 ? entry.version : fuzz_draw(m->random, 1 << 20);
    if (!hf_block_add(&m->builder, &entry))
        return;
    m->hashes[m->meta.entries] =
        hf_hash_bytes_of(entry.key.at, entry.key.len, hf_filter_seed(m->meta.id.uuid));
    note_sizes(&m->meta, &entry, false);
    m->meta.entries++;
    m->meta.deletes += entry.is_delete;
}

static void
make_data(struct making *m)
{
    for (uint64_t n = 1 + fuzz_draw(m->random, DATA_BLOCKS_MAX); n > 0; n--) {
        /* Room is left for the index, whose blocks are fewer and smaller. */
        if (!has_room(m, 2 * BLOCK_SIZE_MAX + m->lead_count * 128))
            return;
        begin_block(m);
        for (uint64_t left = 1 + fuzz_draw(m->random, BLOCK_ENTRIES_MAX); left > 0; left--)
            add_entry(m);
        m->last.place = end_entries(m, HF_BLOCK_DATA);
        m->leads[m->lead_count++] = m->last;
    }
}

/* ---- what leads to it, and what else is known -------------------------------------------- */

/* One index block over leads [first, limit); what leads to it takes their place at `to`. */
static void
make_index(struct making *m, unsigned first, unsigned limit, unsigned to)
{
    begin_block(m);
    for (unsigned i = first; i < limit; i++) {
        uint8_t value[HF_BLOCK_PLACE_SIZE];
        const struct lead *lead = &m->leads[i];
        struct hf_entry entry = { .key = hf_span(lead->key, lead->key_size),
                                  .value = hf_span(value, sizeof value),
                                  .version = lead->version };
        hf_block_place_encode(value, lead->place);
        (void)hf_block_add(&m->builder, &entry);
    }
    m->leads[to] = m->leads[limit - 1];
    m->leads[to].place = end_entries(m, HF_BLOCK_INDEX);
}

static void
make_level(struct making *m)
{
    unsigned fan_out = 2 + (unsigned)fuzz_draw(m->random, 2), to = 0;

    for (unsigned first = 0; first < m->lead_count; first += fan_out) {
        unsigned limit = first + fan_out < m->lead_count ? first + fan_out : m->lead_count;
        make_index(m, first, limit, to++);
    }
    m->lead_count = to;
    m->meta.depth++;
}

static void
make_filter(struct making *m)
{
    uint8_t *payload = m->data + m->off + HF_BLOCK_HEAD;

    if (!has_room(m, HF_FILTER_BLOCK_SIZE) || fuzz_draw(m->random, 4) != 0)
        return;
    memset(payload, 0, HF_FILTER_PAYLOAD);
    for (uint64_t i = 0; i < m->meta.entries; i++)
        hf_filter_set(payload, m->hashes[i]);
    m->meta.filter_off = end_block(m, HF_BLOCK_FILTER, HF_FILTER_PAYLOAD).off;
    m->meta.filter_count = 1;
}

static void
make_samples(struct making *m)
{
    struct hf_sample samples[SAMPLES_MAX] = { { .version = 1, .time_us = 1 } };
    uint32_t count = (uint32_t)fuzz_draw(m->random, SAMPLES_MAX + 1);

    if (count == 0 || !has_room(m, BLOCK_SIZE_MAX))
        return;
    for (uint32_t i = 1; i < count; i++) {
        samples[i].version = samples[i - 1].version + fuzz_draw(m->random, 1 << 16);
        samples[i].time_us = samples[i - 1].time_us + fuzz_draw(m->random, 1 << 30);
    }
    m->meta.samples =
        end_block(m, HF_BLOCK_SAMPLES,
                  hf_samples_encode(m->data + m->off + HF_BLOCK_HEAD, samples, count));
}

/* From the key that comes next up to a greater one, or to the end. */
static void
add_range(struct making *m)
{
    uint8_t end[KEY_SIZE_MAX + 1];
    struct hf_entry range = { .value = hf_span(end, 0) };

    next_key(m);
    range.key = hf_span(m->last.key, m->last.key_size);
    range.version = range.time_us = m->last.version;
    memcpy(end, m->last.key, m->last.key_size);
    switch (fuzz_draw(m->random, 3)) {
    case 0:
        break;
    case 1:
        end[m->last.key_size] = (uint8_t)fuzz_draw(m->random, 256);
        range.value.len = m->last.key_size + 1;
        break;
    default:
        range.value.len = ++end[0] == 0 ? 0 : m->last.key_size;
        break;
    }
    if (hf_block_add(&m->builder, &range))
        note_sizes(&m->meta, &range, true);
}

static void
make_ranges(struct making *m)
{
    uint64_t from = m->off;

    m->last.key_size = 0;
    for (uint64_t n = fuzz_draw(m->random, RANGE_BLOCKS_MAX + 1); n > 0; n--) {
        if (!has_room(m, BLOCK_SIZE_MAX))
            break;
        begin_block(m);
        for (uint64_t left = 1 + fuzz_draw(m->random, BLOCK_ENTRIES_MAX); left > 0; left--)
            add_range(m);
        (void)end_entries(m, HF_BLOCK_RANGES);
    }
    m->meta.ranges_size = (uint32_t)(m->off - from);
}

size_t
fuzz_table_make(uint8_t *data, size_t size_max, uint64_t *random)
{
    struct making m = { .data = data,
                        .size_max = size_max,
                        .random = random,
                        .off = HF_TABLE_META_SIZE,
                        .meta = { .format = HF_TABLE_FORMAT } };

    m.meta.id.number = 1 + (uint32_t)fuzz_draw(random, 9);
    m.base = hf_table_mask_base(&m.meta.id);
    make_data(&m);
    if (m.lead_count == 0)
        return 0;
    do
        make_level(&m);
    while (m.lead_count > 1);
    m.meta.root = m.leads[0].place;
    make_filter(&m);
    make_samples(&m);
    make_ranges(&m);
    m.meta.file_size = m.off + HF_TABLE_META_SIZE;
    hf_table_meta_encode(data, &m.meta);
    hf_table_meta_encode(data + m.off, &m.meta);
    return (size_t)m.meta.file_size;
}
