/*
 * manifest_mutator.c - changes to a manifest that get past its checksums.
 *
 *   find the tables -> change one to four things -> repair, most of the time
 *
 * All is done to the first copy; a repair makes the second one of it, most of the time. What is
 * not repaired tests the checksums; what is repaired tests everything behind them. Where tables
 * are is told by the sizes of their keys alone.
 */
#include "fuzz/manifest_mutator.h"

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/span.h"
#include "format/manifest_format.h"
#include "fuzz/draw.h"

#define CHANGES_MAX 4u
#define TABLES_MAX 64u
#define HEAD_SIZE 88u
#define TABLE_HEAD 52u
#define CRC_SIZE 4u

struct field {
    uint8_t off, size;
};

struct mutation {
    uint8_t *data;
    size_t size;
    size_t size_max;
    uint64_t random; /* see draw.h */
    size_t limit;    /* where the crc of the first copy stands */
    unsigned table_count;
    size_t tables[TABLES_MAX + 1]; /* where each begins, and where the last ends */
};

static uint64_t
draw(struct mutation *m, uint64_t bound)
{
    return fuzz_draw(&m->random, bound);
}

/* ---- the shape of a file ----------------------------------------------------------------- */

static size_t
copy_size(size_t size)
{
    return size / 2 / HF_MANIFEST_ALIGN * HF_MANIFEST_ALIGN;
}

/* Finds the first TABLES_MAX tables, as far as there are as many and their sizes lead. */
static void
find_tables(struct mutation *m)
{
    uint32_t count = hf_load_u32(m->data + 44);
    size_t off = HEAD_SIZE;

    m->limit = copy_size(m->size) - CRC_SIZE;
    m->table_count = 0;
    m->tables[0] = off;
    while (m->table_count < count && m->table_count < TABLES_MAX &&
           m->limit - off >= TABLE_HEAD) {
        size_t size = (size_t)TABLE_HEAD + hf_load_u16(m->data + off + 48) +
                      hf_load_u16(m->data + off + 50);
        if (size > m->limit - off)
            break;
        off += size;
        m->tables[++m->table_count] = off;
    }
}

void
fuzz_manifest_repair(uint8_t *data, size_t size, int agree)
{
    size_t copy = copy_size(size);

    if (copy == 0)
        return;
    if (agree)
        memcpy(data + copy, data, copy);
    for (uint32_t i = 0; i < 2; i++) {
        uint8_t *at = data + i * copy;
        memcpy(at, "HOLDMAN\n", 8);
        hf_store_u32(at + 12, i);
        hf_store_u64(at + 16, copy);
        hf_store_u32(at + copy - CRC_SIZE, hf_crc32c(0, at, copy - CRC_SIZE));
    }
}

/* A manifest out of nothing, sound all through; none if it does not fit. */
static void
make(struct mutation *m)
{
    static const char keys[] = "aabcdeffghijkklmnopqqrstuvwxyz";
    struct hf_table_info tables[8];
    struct hf_manifest manifest = { .format = HF_MANIFEST_FORMAT, .number_next = 40 };

    manifest.number = 1 + (uint32_t)draw(m, 30);
    manifest.last = draw(m, 1000) + 10;
    manifest.table_count = (uint32_t)draw(m, 9);
    for (uint32_t i = 0; i < manifest.table_count; i++) {
        size_t first = draw(m, sizeof keys - 4);
        tables[i] = (struct hf_table_info){
            .number = 31 + i,
            .level = i / 2,
            .size = 4096 + draw(m, 10000),
            .entries = 1 + draw(m, 100),
            .version_min = 1 + draw(m, 4),
            .version_max = 5 + draw(m, 5),
            .key_min = hf_span(keys + first, 1 + draw(m, 3)),
            .key_max = hf_span(keys + first + 3, 1),
        };
    }
    if (hf_manifest_size(&manifest, tables) > m->size_max)
        return;
    m->size = (size_t)hf_manifest_size(&manifest, tables);
    hf_manifest_encode(m->data, &manifest, tables);
}

/* ---- changes ----------------------------------------------------------------------------- */

static void
change_number(struct mutation *m, size_t off, size_t size)
{
    uint8_t bytes[8] = { 0 };

    memcpy(bytes, m->data + off, size);
    hf_store_u64(bytes, fuzz_draw_instead(&m->random, hf_load_u64(bytes), m->size));
    memcpy(m->data + off, bytes, size);
}

static void
change_head(struct mutation *m)
{
    static const struct field fields[] = { { 8, 4 },  { 12, 4 }, { 16, 8 }, { 40, 4 },
                                           { 44, 4 }, { 48, 8 }, { 56, 8 }, { 64, 8 },
                                           { 72, 8 }, { 80, 4 }, { 84, 4 } };
    const struct field *field = &fields[draw(m, sizeof fields / sizeof *fields)];

    change_number(m, field->off, field->size);
}

static void
change_table(struct mutation *m)
{
    static const struct field fields[] = { { 0, 4 },  { 4, 4 },  { 8, 8 },
                                           { 16, 8 }, { 24, 8 }, { 32, 8 },
                                           { 40, 8 }, { 48, 2 }, { 50, 2 } };
    const struct field *field = &fields[draw(m, sizeof fields / sizeof *fields)];

    change_number(m, m->tables[draw(m, m->table_count)] + field->off, field->size);
}

static void
change_key(struct mutation *m)
{
    uint64_t which = draw(m, m->table_count);
    size_t off = m->tables[which] + TABLE_HEAD;

    if (off < m->tables[which + 1])
        m->data[off + draw(m, m->tables[which + 1] - off)] = (uint8_t)draw(m, 256);
}

/* A table once more, under a number of its own or its own again. */
static void
repeat_table(struct mutation *m)
{
    uint64_t which = draw(m, m->table_count);
    size_t off = m->tables[which], size = m->tables[which + 1] - off;
    size_t end = m->tables[m->table_count];

    if (m->limit - end < size)
        return;
    memmove(m->data + off + size, m->data + off, end - off);
    hf_store_u32(m->data + 44, m->table_count + 1);
    if (draw(m, 4) != 0)
        hf_store_u32(m->data + off, hf_load_u32(m->data + 84) - 1 - (uint32_t)draw(m, 60));
}

static void
drop_table(struct mutation *m)
{
    uint64_t which = draw(m, m->table_count);
    size_t off = m->tables[which], size = m->tables[which + 1] - off;
    size_t end = m->tables[m->table_count];

    memmove(m->data + off, m->data + off + size, end - off - size);
    memset(m->data + end - size, 0, size);
    hf_store_u32(m->data + 44, m->table_count - 1);
}

static void
change_byte(struct mutation *m)
{
    m->data[draw(m, m->size)] ^= (uint8_t)(1u << draw(m, 8));
}

/* Another size of the file; what is new there is zeros, or the beginning once more. */
static void
change_size(struct mutation *m)
{
    size_t size =
        draw(m, 2) == 0 ? 1 + draw(m, m->size_max) : m->size + draw(m, 3) * HF_MANIFEST_ALIGN;

    if (size > m->size_max)
        size = m->size_max;
    while (m->size < size) {
        m->data[m->size] = draw(m, 2) == 0 ? 0 : m->data[m->size % HF_MANIFEST_ALIGN];
        m->size++;
    }
    m->size = size;
}

static void
change(struct mutation *m)
{
    static void (*const of_table[])(struct mutation *) = { change_table, change_key,
                                                           repeat_table, drop_table };
    static void (*const of_file[])(struct mutation *) = { change_head, change_head, change_byte,
                                                          change_size };

    if (m->size < 2 * HF_MANIFEST_ALIGN)
        return;
    find_tables(m);
    if (m->table_count > 0 && draw(m, 3) != 0)
        of_table[draw(m, sizeof of_table / sizeof *of_table)](m);
    else
        of_file[draw(m, sizeof of_file / sizeof *of_file)](m);
}

size_t
fuzz_manifest_mutate(uint8_t *data, size_t size, size_t size_max, uint64_t seed)
{
    struct mutation m = {
        .data = data, .size = size, .size_max = size_max, .random = fuzz_draw_begin(seed)
    };
    uint64_t repair;

    if (size < 2 * HF_MANIFEST_ALIGN)
        make(&m);
    for (uint64_t n = 1 + draw(&m, CHANGES_MAX); n > 0; n--)
        change(&m);
    repair = draw(&m, 8);
    if (repair > 0)
        fuzz_manifest_repair(m.data, m.size, repair > 1);
    /* What tests the copies: one of them damaged behind the repair. */
    if (repair > 5 && m.size > 0)
        change_byte(&m);
    return m.size;
}
