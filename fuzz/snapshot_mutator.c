/*
 * snapshot_mutator.c - changes to a snapshot that get past its checksums.
 *
 *   find the pieces -> change one to three things -> repair, most of the time
 *
 * What is not repaired tests the checksums; what is repaired tests everything behind them. A
 * repair that also makes the sums agree lets what was moved or repeated be read to its end.
 * Where pieces are is told by their lengths, and by the end blocks, whatever else they say.
 */
#include "fuzz/snapshot_mutator.h"

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/span.h"
#include "format/snapshot_format.h"
#include "fuzz/draw.h"

#include <stdbool.h>

#define CHANGES_MAX 3u
#define PIECES_MAX 64u
#define HEADER_SIZE 39u
#define SECTION_HEAD 9u
#define CRC_SIZE 4u
#define SECTION_END 255u

struct piece {
    bool is_block; /* else the head of a section */
    size_t off, size;
};

struct pieces {
    unsigned count;
    size_t end; /* where the last one ends */
    struct piece list[PIECES_MAX];
};

struct mutation {
    uint8_t *data;
    size_t size;
    size_t size_max;
    uint64_t random; /* see draw.h */
    struct pieces pieces;
};

static uint64_t
draw(struct mutation *m, uint64_t bound)
{
    return fuzz_draw(&m->random, bound);
}

/* ---- the shape of a file ----------------------------------------------------------------- */

/* The size of the block that begins at `at`, with `left` bytes to the end; 0: there is none. */
static size_t
block_size(const uint8_t *at, size_t left)
{
    uint32_t payload_size;

    if (left <= HF_BLOCK_OVERHEAD)
        return 0;
    payload_size = hf_load_u32(at + 4);
    if (payload_size == 0 || payload_size > left - HF_BLOCK_OVERHEAD)
        return 0;
    return (size_t)HF_BLOCK_OVERHEAD + payload_size;
}

/* Finds the first PIECES_MAX pieces behind the header, as far as their lengths lead. */
static void
find_pieces(struct pieces *pieces, const uint8_t *data, size_t size)
{
    bool in_section = false, in_last = false;

    pieces->count = 0;
    pieces->end = HEADER_SIZE;
    while (pieces->count < PIECES_MAX && (in_section || !in_last)) {
        const uint8_t *at = data + pieces->end;
        size_t left = size - pieces->end;
        size_t piece = in_section ? block_size(at, left) : SECTION_HEAD;
        if (piece == 0 || piece > left)
            return;
        pieces->list[pieces->count++] =
            (struct piece){ .is_block = in_section, .off = pieces->end, .size = piece };
        pieces->end += piece;
        in_last = in_section ? in_last : at[0] == SECTION_END;
        in_section = !in_section || at[0] != HF_BLOCK_END;
    }
}

/* What the end blocks sum up. */
struct sums {
    uint64_t blocks, items, blocks_total, items_total;
};

/* Counts a block in, or makes an end block right. */
static void
agree_block(struct sums *sums, uint8_t *at, size_t size, bool is_last)
{
    if (at[0] != HF_BLOCK_END) {
        sums->blocks++;
        if (at[0] != HF_BLOCK_IDENTITY && size >= HF_BLOCK_OVERHEAD + 4)
            sums->items += hf_load_u32(at + HF_BLOCK_HEAD);
        return;
    }
    sums->blocks_total += sums->blocks;
    sums->items_total += sums->items;
    if (size == HF_BLOCK_OVERHEAD + 16) {
        hf_store_u64(at + HF_BLOCK_HEAD, is_last ? sums->blocks_total : sums->blocks);
        hf_store_u64(at + HF_BLOCK_HEAD + 8, is_last ? sums->items_total : sums->items);
    }
    sums->blocks = sums->items = 0;
}

/* Makes the header say how many sections there are, and none of them how long it is. */
static void
agree_sections(const struct pieces *pieces, uint8_t *data)
{
    data[HEADER_SIZE - 1] = 0;
    for (unsigned i = 0; i < pieces->count; i++) {
        if (!pieces->list[i].is_block) {
            data[HEADER_SIZE - 1]++;
            hf_store_u64(data + pieces->list[i].off + 1, 0);
        }
    }
}

void
fuzz_snapshot_repair(uint8_t *data, size_t size, int agree)
{
    struct pieces pieces;
    struct sums sums = { 0 };
    uint32_t base_file, base = 0;
    bool is_last = false;

    if (size < HEADER_SIZE)
        return;
    find_pieces(&pieces, data, size);
    memcpy(data, "HOLDSNAP\r\n", 10);
    if (agree)
        agree_sections(&pieces, data);
    base_file = hf_crc32c(0, data, HEADER_SIZE);
    for (unsigned i = 0; i < pieces.count; i++) {
        const struct piece *piece = &pieces.list[i];
        uint8_t *at = data + piece->off;
        if (!piece->is_block) {
            base = hf_crc32c(base_file, at, piece->size);
            is_last = at[0] == SECTION_END;
            continue;
        }
        if (agree)
            agree_block(&sums, at, piece->size, is_last);
        hf_block_seal(at, (enum hf_block_kind)hf_load_u32(at),
                      (uint32_t)(piece->size - HF_BLOCK_OVERHEAD), base, piece->off);
    }
    if (size - pieces.end >= CRC_SIZE)
        hf_store_u32(data + pieces.end, hf_crc32c(0, data, pieces.end));
}

/* ---- a snapshot out of nothing ----------------------------------------------------------- */

#define MADE_SIZE_MAX 2048u
#define KEYS 20u

static size_t
make_samples(struct mutation *m, uint8_t *payload)
{
    struct hf_sample samples[3];

    for (uint32_t i = 0; i < 3; i++)
        samples[i] = (struct hf_sample){ 1 + i * (1 + draw(m, 2)), 100 * i };
    return hf_samples_encode(payload, samples, 1 + (uint32_t)draw(m, 3));
}

/* A block of deleted ranges from *key on, the last of them perhaps without an end. */
static size_t
make_ranges(struct mutation *m, uint8_t *payload, unsigned *key, uint64_t base)
{
    static uint8_t last_key[HF_KEY_SIZE_MAX];
    struct hf_block_builder builder;

    hf_block_begin(&builder, payload, MADE_SIZE_MAX / 8, last_key);
    for (uint64_t count = 1 + draw(m, 3); count > 0; count--, *key += (unsigned)draw(m, 2)) {
        char from[2] = { 'k', (char)('a' + *key) }, to[2] = { 'k', (char)(from[1] + 1) };
        struct hf_entry range = { hf_span(from, sizeof from), hf_span(to, sizeof to),
                                  base + 2 + count, 1000, false };
        range.value.len = count == 1 ? draw(m, 3) : sizeof to;
        if (range.value.len == 1)
            to[0]++;
        (void)hf_block_add(&builder, &range);
    }
    return hf_block_finish(&builder);
}

/* A block of keys from *key on; versions that an increment from `base` may hold. */
static size_t
make_entries(struct mutation *m, uint8_t *payload, unsigned *key, uint64_t base)
{
    static uint8_t last_key[HF_KEY_SIZE_MAX];
    struct hf_block_builder builder;
    uint64_t count = 1 + draw(m, 4);

    hf_block_begin(&builder, payload, MADE_SIZE_MAX / 8, last_key);
    for (; count > 0 && *key < KEYS; count--, *key += 1 + (unsigned)draw(m, 2)) {
        char name[4] = { 'k', 'e', (char)('a' + *key / 8), (char)('a' + *key % 8) };
        struct hf_entry entry = { hf_span(name, sizeof name), hf_span("value", draw(m, 6)),
                                  base + 2 + draw(m, 5), 1000, false };
        entry.is_delete = base != 0 && draw(m, 3) == 0;
        entry.value.len = entry.is_delete ? 0 : entry.value.len;
        (void)hf_block_add(&builder, &entry);
        entry.version = base + 1;
        if (base != 0 && draw(m, 3) == 0)
            (void)hf_block_add(&builder, &entry);
    }
    return builder.count == 0 ? 0 : hf_block_finish(&builder);
}

/* Sound all through; none if it might not fit. */
static void
make(struct mutation *m)
{
    struct hf_snapshot_header header = { HF_SNAPSHOT_FORMAT, 1000, 100, draw(m, 2) * 50 };
    struct hf_snapshot_identity identity = { "uuid of sixteen", "lineage as well" };
    struct hf_snapshot_writer writer;
    unsigned key = 0, first = 0;
    size_t size;

    if (m->size_max < MADE_SIZE_MAX)
        return;
    hf_snapshot_begin(&writer, m->data, &header, &identity);
    if (draw(m, 2) != 0) {
        size = make_samples(m, m->data + writer.off + HF_BLOCK_HEAD);
        (void)hf_snapshot_seal(&writer, m->data + writer.off, HF_BLOCK_SAMPLES, (uint32_t)size);
    }
    for (uint64_t n = header.base == 0 ? 0 : draw(m, 5) / 2; n > 0; n--, first++) {
        size = make_ranges(m, m->data + writer.off + HF_BLOCK_HEAD, &first, header.base);
        (void)hf_snapshot_seal(&writer, m->data + writer.off, HF_BLOCK_RANGES, (uint32_t)size);
    }
    hf_snapshot_entries(&writer, m->data + writer.off);
    for (uint64_t n = draw(m, 4); n > 0; n--) {
        size = make_entries(m, m->data + writer.off + HF_BLOCK_HEAD, &key, header.base);
        if (size != 0)
            (void)hf_snapshot_seal(&writer, m->data + writer.off, HF_BLOCK_DATA,
                                   (uint32_t)size);
    }
    hf_snapshot_end(&writer, m->data + writer.off);
    m->size = (size_t)writer.off;
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
change_header(struct mutation *m)
{
    static const struct {
        uint8_t off, size;
    } fields[] = { { 10, 4 }, { 14, 8 }, { 22, 8 }, { 30, 8 }, { 38, 1 } };
    uint64_t which = draw(m, sizeof fields / sizeof *fields);

    change_number(m, fields[which].off, fields[which].size);
}

/* Type or size of a section; kind, length or payload of a block. */
static void
change_piece(struct mutation *m)
{
    const struct piece *piece = &m->pieces.list[draw(m, m->pieces.count)];

    if (!piece->is_block && draw(m, 2) == 0)
        m->data[piece->off] = (uint8_t)(draw(m, 5) - draw(m, 3));
    else if (!piece->is_block)
        change_number(m, piece->off + 1, 8);
    else if (draw(m, 6) == 0)
        m->data[piece->off] = (uint8_t)draw(m, 8);
    else if (draw(m, 6) == 0)
        change_number(m, piece->off + 4, 4);
    else if (draw(m, 2) == 0 && piece->size >= HF_BLOCK_OVERHEAD + 16)
        change_number(m, piece->off + HF_BLOCK_HEAD + 4 * draw(m, 3), 4);
    else
        change_number(m, piece->off + HF_BLOCK_HEAD + draw(m, piece->size - HF_BLOCK_OVERHEAD),
                      1);
}

static void
repeat_piece(struct mutation *m)
{
    const struct piece *piece = &m->pieces.list[draw(m, m->pieces.count)];

    if (m->size_max - m->size < piece->size)
        return;
    memmove(m->data + piece->off + piece->size, m->data + piece->off, m->size - piece->off);
    m->size += piece->size;
}

static void
drop_piece(struct mutation *m)
{
    const struct piece *piece = &m->pieces.list[draw(m, m->pieces.count)];
    size_t end = piece->off + piece->size;

    memmove(m->data + piece->off, m->data + end, m->size - end);
    m->size -= piece->size;
}

/* A piece and the one behind it change places. */
static void
swap_pieces(struct mutation *m)
{
    const struct piece *piece = &m->pieces.list[draw(m, m->pieces.count - 1)];
    size_t other = piece[1].size;

    if (m->size_max - m->size < piece->size)
        return;
    memmove(m->data + m->size, m->data + piece->off, piece->size);
    memmove(m->data + piece->off, m->data + piece[1].off, other);
    memmove(m->data + piece->off + other, m->data + m->size, piece->size);
}

static void
change_byte(struct mutation *m)
{
    m->data[draw(m, m->size)] ^= (uint8_t)(1u << draw(m, 8));
}

static void
change(struct mutation *m)
{
    static void (*const kinds[])(
        struct mutation *) = { change_header, change_piece, change_piece, change_piece,
                               repeat_piece,  drop_piece,   swap_pieces,  change_byte };

    if (m->size < HEADER_SIZE)
        return;
    find_pieces(&m->pieces, m->data, m->size);
    if (m->pieces.count < 2)
        change_header(m);
    else
        kinds[draw(m, sizeof kinds / sizeof *kinds)](m);
}

size_t
fuzz_snapshot_mutate(uint8_t *data, size_t size, size_t size_max, uint64_t seed)
{
    struct mutation m = {
        .data = data, .size = size, .size_max = size_max, .random = fuzz_draw_begin(seed)
    };
    uint64_t repair;

    if (size < HEADER_SIZE)
        make(&m);
    for (uint64_t n = 1 + draw(&m, CHANGES_MAX); n > 0; n--)
        change(&m);
    repair = draw(&m, 8);
    if (repair > 0)
        fuzz_snapshot_repair(m.data, m.size, repair > 2);
    if (draw(&m, 12) == 0)
        m.size = draw(&m, m.size); /* a cut is one wherever it is, and needs no repair */
    return m.size;
}
