/*
 * table_mutator.c - changes to a sorted table that get past its checksums.
 *
 *   find the blocks -> change one to four things -> repair, most of the time
 *
 * What is not repaired tests the checksums; what is repaired tests everything behind them. A
 * repair that also makes things agree lets what was moved or inserted be read to its end. Where
 * blocks are is told by their lengths alone, whatever their kinds and checksums say.
 */
#include "fuzz/table_mutator.h"

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/span.h"
#include "format/table_format.h"
#include "format/varint.h"
#include "fuzz/draw.h"
#include "fuzz/table_make.h"

#include <stdbool.h>

#define CHANGES_MAX 4u
#define BLOCKS_MAX 64u
#define TABLE_SIZE_MIN (2 * HF_TABLE_META_SIZE)

struct block {
    size_t off;
    size_t size;
};

struct mutation {
    uint8_t *data;
    size_t size;
    size_t size_max;
    uint64_t random; /* see draw.h */
    unsigned block_count;
    struct block blocks[BLOCKS_MAX];
};

static uint64_t
draw(struct mutation *m, uint64_t bound)
{
    return fuzz_draw(&m->random, bound);
}

/* Finds the first BLOCKS_MAX blocks between the metas, as far as their lengths lead. */
static void
find_blocks(struct mutation *m)
{
    size_t off = HF_TABLE_META_SIZE;

    m->block_count = 0;
    while (m->block_count < BLOCKS_MAX &&
           off + HF_BLOCK_OVERHEAD + HF_TABLE_META_SIZE < m->size) {
        uint32_t payload_size = hf_load_u32(m->data + off + 4);
        if (payload_size == 0 ||
            payload_size > m->size - HF_TABLE_META_SIZE - HF_BLOCK_OVERHEAD - off)
            break;
        struct block block = { .off = off, .size = payload_size + HF_BLOCK_OVERHEAD };
        m->blocks[m->block_count++] = block;
        off += block.size;
    }
}

/* ---- numbers ----------------------------------------------------------------------------- */

static void
change_number(struct mutation *m, size_t off, size_t size)
{
    uint8_t bytes[8] = { 0 };

    memcpy(bytes, m->data + off, size);
    hf_store_u64(bytes, fuzz_draw_instead(&m->random, hf_load_u64(bytes), m->size));
    memcpy(m->data + off, bytes, size);
}

/* A field of one meta, or of both. */
static void
change_meta(struct mutation *m)
{
    static const struct {
        uint8_t off, size;
    } fields[] = { { 0, 8 },   { 8, 4 },   { 12, 8 },  { 28, 4 },  { 32, 8 },  { 40, 8 },
                   { 48, 8 },  { 56, 8 },  { 64, 8 },  { 72, 8 },  { 80, 8 },  { 88, 4 },
                   { 92, 4 },  { 96, 8 },  { 104, 4 }, { 108, 8 }, { 116, 4 }, { 120, 4 },
                   { 124, 4 }, { 128, 4 }, { 132, 4 }, { 136, 4 } };
    size_t which = draw(m, sizeof fields / sizeof *fields);
    size_t second = m->size - HF_TABLE_META_SIZE;
    bool in_first = draw(m, 3) != 0, in_second = draw(m, 3) != 0;

    if (in_first)
        change_number(m, fields[which].off, fields[which].size);
    if (in_first && in_second)
        memcpy(m->data + second + fields[which].off, m->data + fields[which].off,
               fields[which].size);
    else if (in_second)
        change_number(m, second + fields[which].off, fields[which].size);
}

/* Kind or length of a block. */
static void
change_head(struct mutation *m)
{
    const struct block *block = &m->blocks[draw(m, m->block_count)];

    if (draw(m, 2) == 0)
        m->data[block->off] = (uint8_t)draw(m, HF_BLOCK_RANGES + 1);
    else
        change_number(m, block->off + 4 * draw(m, 2), 4);
}

/* A byte of a payload, its first ones more often: there the numbers are. */
static void
change_payload(struct mutation *m)
{
    const struct block *block = &m->blocks[draw(m, m->block_count)];
    size_t size = block->size - HF_BLOCK_OVERHEAD;
    size_t off = block->off + HF_BLOCK_HEAD;

    if (draw(m, 4) == 0 && size >= HF_BLOCK_PAYLOAD_HEAD)
        change_number(m, off + 4 * draw(m, 2), 4);
    else
        change_number(m, off + draw(m, draw(m, 2) == 0 && size > 64 ? 64 : size), 1);
}

static void
change_bytes(struct mutation *m)
{
    for (uint64_t n = draw(m, 8) + 1; n > 0; n--)
        m->data[draw(m, m->size)] ^= (uint8_t)(draw(m, 255) + 1);
}

/* ---- blocks ------------------------------------------------------------------------------ */

/* Puts data[from, from + size) once more at `to`, moving what stands there. */
static void
insert(struct mutation *m, size_t to, size_t from, size_t size)
{
    if (size > m->size_max - m->size)
        return;
    memmove(m->data + to + size, m->data + to, m->size - to);
    from += from >= to ? size : 0;
    memmove(m->data + to, m->data + from, size);
    m->size += size;
}

static void
drop(struct mutation *m, size_t off, size_t size)
{
    memmove(m->data + off, m->data + off + size, m->size - off - size);
    m->size -= size;
}

static void
repeat_block(struct mutation *m)
{
    struct block from = m->blocks[draw(m, m->block_count)];
    struct block to = m->blocks[draw(m, m->block_count)];

    insert(m, to.off, from.off, from.size);
}

static void
drop_block(struct mutation *m)
{
    struct block block = m->blocks[draw(m, m->block_count)];

    drop(m, block.off, block.size);
}

/* One block over another, as far as that goes. */
static void
copy_block(struct mutation *m)
{
    struct block from = m->blocks[draw(m, m->block_count)];
    struct block to = m->blocks[draw(m, m->block_count)];

    memmove(m->data + to.off, m->data + from.off, from.size < to.size ? from.size : to.size);
}

/* Makes a payload longer or shorter, the block's length with it. */
static void
resize_payload(struct mutation *m)
{
    struct block block = m->blocks[draw(m, m->block_count)];
    size_t payload_size = block.size - HF_BLOCK_OVERHEAD;
    size_t at = draw(m, payload_size), size = 1 + draw(m, 8);
    size_t off = block.off + HF_BLOCK_HEAD + at, before = m->size;

    if (draw(m, 2) == 0)
        insert(m, off, off, size < payload_size - at ? size : payload_size - at);
    else if (size < payload_size - at)
        drop(m, off, size);
    hf_store_u32(m->data + block.off + 4, (uint32_t)(payload_size + m->size - before));
}

static void
cut(struct mutation *m)
{
    size_t size = draw(m, m->size);

    if (size >= TABLE_SIZE_MIN)
        m->size = size;
}

/* ---- repair ------------------------------------------------------------------------------ */

/* Makes count and loaded size of a payload what its entries say, up to the first that is none.
 * The sizes are written down here once more, so that a wrong one in the engine is a finding. */
static void
recount(uint8_t *payload, size_t size)
{
    const uint8_t *at = payload + HF_BLOCK_PAYLOAD_HEAD, *end = payload + size;
    uint64_t numbers[5], entries = 0;
    uint32_t count = 0;

    if (size < HF_BLOCK_PAYLOAD_HEAD)
        return;
    while (at < end) {
        for (unsigned i = 0; i < 5; i++) {
            if (!hf_varint_load(&numbers[i], &at, end))
                numbers[1] = UINT64_MAX; /* more than there can be */
        }
        uint64_t value_size = numbers[2] >> 1, left = (uint64_t)(end - at);
        if (numbers[0] > HF_KEY_SIZE_MAX || numbers[1] > left || value_size > left - numbers[1])
            break;
        uint64_t key = numbers[1] == 0 ? 0 : 2 + numbers[0] + numbers[1];
        entries += (24 + key + value_size + 7) & ~UINT64_C(7);
        at += numbers[1] + value_size;
        count++;
    }
    hf_store_u32(payload, count);
    hf_store_u32(payload + 4,
                 (uint32_t)(((16 + 12 * (uint64_t)count + 7) & ~UINT64_C(7)) + entries));
}

/* Makes the first meta what the file is, and the second one the same. */
static void
repair_meta(const struct mutation *m)
{
    struct hf_block_place root = { 0 };
    uint32_t ranges_size = 0;

    memcpy(m->data, "HOLDTAB\n", 8);
    hf_store_u32(m->data + 8, HF_TABLE_FORMAT);
    hf_store_u64(m->data + 32, m->size);
    for (unsigned i = 0; i < m->block_count; i++) {
        uint8_t kind = m->data[m->blocks[i].off];
        ranges_size = kind == HF_BLOCK_RANGES ? ranges_size + (uint32_t)m->blocks[i].size : 0;
        if (kind == HF_BLOCK_INDEX)
            root = (struct hf_block_place){ .off = m->blocks[i].off,
                                            .size = (uint32_t)m->blocks[i].size };
    }
    hf_block_place_encode(m->data + 80, root);
    hf_store_u32(m->data + 120, (uint32_t)(m->size - TABLE_SIZE_MIN));
    hf_store_u32(m->data + 136, ranges_size);
    memcpy(m->data + m->size - HF_TABLE_META_SIZE, m->data, HF_TABLE_META_SIZE);
}

void
fuzz_table_repair(uint8_t *data, size_t size, int agree)
{
    struct mutation m = { .data = data, .size = size };
    struct hf_table_id id;

    if (size < TABLE_SIZE_MIN)
        return;
    find_blocks(&m);
    if (agree)
        repair_meta(&m);
    memcpy(id.uuid, data + 12, sizeof id.uuid);
    id.number = hf_load_u32(data + 28);
    for (unsigned i = 0; i < m.block_count; i++) {
        uint8_t *at = data + m.blocks[i].off;
        uint32_t payload_size = (uint32_t)m.blocks[i].size - HF_BLOCK_OVERHEAD;
        if (agree &&
            (at[0] == HF_BLOCK_DATA || at[0] == HF_BLOCK_INDEX || at[0] == HF_BLOCK_RANGES))
            recount(at + HF_BLOCK_HEAD, payload_size);
        hf_block_seal(at, (enum hf_block_kind)at[0], payload_size, hf_table_mask_base(&id),
                      m.blocks[i].off);
    }
    for (int second = 0; second < 2; second++) {
        uint8_t *meta = data + (second ? size - HF_TABLE_META_SIZE : 0);
        hf_store_u32(meta + 140, hf_crc32c(0, meta, 140));
    }
}

/* ---- all of it --------------------------------------------------------------------------- */

typedef void change_fn(struct mutation *m);

static change_fn *const changes[] = {
    change_meta,  change_payload, change_payload, change_payload, change_head, change_bytes,
    repeat_block, drop_block,     copy_block,     resize_payload, cut,
};

size_t
fuzz_table_mutate(uint8_t *data, size_t size, size_t size_max, uint64_t seed)
{
    struct mutation m = {
        .data = data, .size = size, .size_max = size_max, .random = fuzz_draw_begin(seed)
    };

    if (size < TABLE_SIZE_MIN || draw(&m, 16) == 0) {
        size_t made = fuzz_table_make(data, size_max, &m.random);
        m.size = made == 0 ? size : made;
    }
    if (m.size < TABLE_SIZE_MIN)
        return m.size;
    for (uint64_t n = draw(&m, CHANGES_MAX) + 1; n > 0; n--) {
        find_blocks(&m);
        if (m.block_count == 0)
            change_bytes(&m);
        else
            changes[draw(&m, sizeof changes / sizeof *changes)](&m);
    }
    if (draw(&m, 8) != 0)
        fuzz_table_repair(m.data, m.size, draw(&m, 2) == 0);
    return m.size;
}
