/*
 * wal_mutator.c - changes to a log segment that get past its checksums.
 *
 *   find the pieces -> change one to four things -> repair, most of the time
 *
 * What is not repaired tests the checksums; what is repaired tests everything behind them. A
 * repair that also renumbers lets copies and insertions be read to their end.
 */
#include "fuzz/wal_mutator.h"

#include "base/bytes.h"
#include "base/span.h"
#include "format/wal_format.h"
#include "fuzz/draw.h"
#include "fuzz/wal_pieces.h"

#define CHANGES_MAX 4u
#define KEY_SIZE_MAX 8u
#define VALUE_SIZE_MAX 24u
#define COMMITS_MAX 3u
/* A group with its commits, of two operations each. */
#define APPENDED_MAX                                                                           \
    (HF_WAL_GROUP_SIZE + COMMITS_MAX * (HF_WAL_FRAME_OVERHEAD + HF_WAL_COMMIT_HEAD +           \
                                        2 * (HF_WAL_OP_HEAD + KEY_SIZE_MAX + VALUE_SIZE_MAX)))

struct mutation {
    uint8_t *data;
    size_t size;
    size_t size_max;
    uint64_t random; /* see draw.h */
    struct fuzz_pieces pieces;
};

static uint64_t
draw(struct mutation *m, uint64_t bound)
{
    return fuzz_draw(&m->random, bound);
}

static const struct fuzz_piece *
draw_piece(struct mutation *m)
{
    return &m->pieces.list[draw(m, m->pieces.count)];
}

/* ---- fields ------------------------------------------------------------------------------ */

struct field {
    uint8_t off;
    uint8_t size;
};

static const struct field header_fields[] = { { 0, 8 },  { 8, 4 },  { 12, 4 }, { 16, 8 },
                                              { 32, 4 }, { 36, 4 }, { 40, 8 }, { 48, 8 } };
static const struct field group_fields[] = {
    { 0, 4 }, { 4, 4 }, { 8, 8 }, { 16, 8 }, { 24, 4 }
};
/* len, type, vers; then of a commit: version, time, count, and its first operation */
static const struct field commit_fields[] = {
    { 0, 4 },  { 4, 1 },  { 5, 1 },  { 6, 8 },  { 14, 8 },
    { 22, 4 }, { 26, 1 }, { 27, 2 }, { 29, 4 }, { 33, 4 },
};
static const struct field link_fields[] = { { 0, 4 },  { 4, 1 },  { 5, 1 }, { 6, 4 },
                                            { 10, 8 }, { 18, 8 }, { 26, 8 } };
static const struct field seal_fields[] = { { 0, 4 }, { 4, 1 }, { 5, 1 }, { 6, 8 }, { 14, 4 } };

#define COUNT_OF(list) (sizeof(list) / sizeof *(list))

static struct field
draw_field(struct mutation *m, const struct fuzz_piece *piece)
{
    switch (piece->kind) {
    case FUZZ_PIECE_HEADER:
        return header_fields[draw(m, COUNT_OF(header_fields))];
    case FUZZ_PIECE_GROUP:
        return group_fields[draw(m, COUNT_OF(group_fields))];
    case FUZZ_PIECE_FRAME:
        break;
    }
    switch (m->data[piece->off + 4]) {
    case HF_WAL_LINK:
        return link_fields[draw(m, COUNT_OF(link_fields))];
    case HF_WAL_SEAL:
        return seal_fields[draw(m, COUNT_OF(seal_fields))];
    default:
        return commit_fields[draw(m, COUNT_OF(commit_fields))];
    }
}

static void
change_field(struct mutation *m)
{
    const struct fuzz_piece *piece = draw_piece(m);
    struct field field = draw_field(m, piece);
    uint8_t bytes[8] = { 0 };

    if ((size_t)field.off + field.size > piece->size)
        return;
    memcpy(bytes, m->data + piece->off + field.off, field.size);
    hf_store_u64(bytes, fuzz_draw_instead(&m->random, hf_load_u64(bytes), m->size));
    memcpy(m->data + piece->off + field.off, bytes, field.size);
}

/* ---- bytes ------------------------------------------------------------------------------- */

static void
change_bytes(struct mutation *m)
{
    for (uint64_t n = draw(m, 8) + 1; n > 0; n--)
        m->data[draw(m, m->size)] ^= (uint8_t)(draw(m, 255) + 1);
}

static void
change_sector(struct mutation *m)
{
    size_t off = draw(m, m->size / m->pieces.sector + 1) * m->pieces.sector;
    size_t size = m->size - off < m->pieces.sector ? m->size - off : m->pieces.sector;
    size_t skipped = draw(m, 2) == 0 ? 0 : draw(m, size);

    memset(m->data + off + skipped, draw(m, 4) == 0 ? 0xFF : 0, size - skipped);
}

/* Keeps at least the header: what is shorter has nothing to be tested. */
static void
truncate_to(struct mutation *m, size_t size)
{
    if (size >= HF_WAL_HEADER_SIZE && size < m->size)
        m->size = size;
}

static void
cut(struct mutation *m)
{
    const struct fuzz_piece *piece = draw_piece(m);

    if (draw(m, 2) == 0)
        truncate_to(m, piece->off + draw(m, piece->size + 1));
    else
        truncate_to(m, draw(m, m->size));
}

/* ---- pieces ------------------------------------------------------------------------------ */

/* One piece over another, whatever it tears apart; the same twice is a swap. */
static void
copy_piece(struct mutation *m)
{
    struct fuzz_piece from = *draw_piece(m), to = *draw_piece(m);
    size_t size = from.size < m->size - to.off ? from.size : m->size - to.off;

    memmove(m->data + to.off, m->data + from.off, size);
}

/* Exchanges as much of two pieces as both have. */
static void
swap_pieces(struct mutation *m)
{
    struct fuzz_piece a = *draw_piece(m), b = *draw_piece(m);
    size_t size = a.size < b.size ? a.size : b.size;

    for (size_t i = 0; i < size; i++) {
        uint8_t byte = m->data[a.off + i];
        m->data[a.off + i] = m->data[b.off + i];
        m->data[b.off + i] = byte;
    }
}

/* Whole sectors once more, behind the last one. */
static void
repeat_sectors(struct mutation *m)
{
    size_t sector = m->pieces.sector;
    size_t end = (m->size + sector - 1) & ~(sector - 1);
    size_t from = sector * draw(m, m->size / sector);
    size_t size = sector * (draw(m, 2) + 1);

    if (from + size > m->size || end + size > m->size_max)
        return;
    memset(m->data + m->size, 0, end - m->size);
    memmove(m->data + end, m->data + from, size);
    m->size = end + size;
}

/* ---- something new ----------------------------------------------------------------------- */

static uint32_t
put_operation(struct mutation *m, uint8_t *frame, uint32_t back)
{
    static const uint8_t letters[VALUE_SIZE_MAX] = "abcdefghijklmnopqrstuvw";
    static const enum hf_wal_op_type types[] = { HF_WAL_DELETE, HF_WAL_PUT, HF_WAL_PUT,
                                                 HF_WAL_DELETE_RANGE };
    enum hf_wal_op_type type = types[draw(m, 4)];
    struct hf_span key = hf_span(letters + draw(m, 4), draw(m, KEY_SIZE_MAX) + 1);
    struct hf_span value = hf_span(letters, draw(m, VALUE_SIZE_MAX + 1));

    if (type == HF_WAL_DELETE)
        value.len = 0;
    if (type == HF_WAL_DELETE_RANGE) /* most go up: the ends begin behind all keys */
        value = hf_span(letters + draw(m, 8), draw(m, 4));
    hf_wal_op_encode(frame + back, type, back, key, value);
    return back + (uint32_t)hf_wal_op_size(key.len, value.len);
}

static size_t
put_frame(struct mutation *m, uint8_t *at)
{
    uint32_t count = (uint32_t)draw(m, 2) + 1;
    uint32_t back = HF_WAL_FRAME_HEAD + HF_WAL_COMMIT_HEAD;

    if (draw(m, 8) == 0) {
        struct hf_wal_seal seal = { .last = draw(m, 8), .next = (uint32_t)draw(m, 3) };
        hf_wal_frame_begin(at, HF_WAL_SEAL, HF_WAL_SEAL_SIZE);
        hf_wal_seal_encode(at, &seal);
        return HF_WAL_FRAME_OVERHEAD + HF_WAL_SEAL_SIZE;
    }
    hf_wal_commit_encode(at, draw(m, 8), draw(m, UINT32_MAX), count);
    for (; count > 0; count--)
        back = put_operation(m, at, back);
    hf_wal_frame_begin(at, HF_WAL_COMMIT, back - HF_WAL_FRAME_HEAD);
    return back + HF_WAL_FRAME_OVERHEAD - HF_WAL_FRAME_HEAD;
}

/* A group of commits on the boundary behind the last piece. */
static void
append_group(struct mutation *m)
{
    const struct fuzz_piece *last = &m->pieces.list[m->pieces.count - 1];
    size_t sector = m->pieces.sector;
    size_t off = (last->off + last->size + sector - 1) & ~(sector - 1);
    struct hf_wal_group group = { .synced = draw(m, UINT32_MAX), .first = draw(m, 8) + 1 };

    if (off + APPENDED_MAX > m->size_max)
        return;
    if (off + APPENDED_MAX > m->size) {
        memset(m->data + m->size, 0, off + APPENDED_MAX - m->size);
        m->size = off + APPENDED_MAX;
    }
    hf_wal_group_encode(m->data + off, &group, 0, 0);
    off += HF_WAL_GROUP_SIZE;
    for (uint64_t n = draw(m, COMMITS_MAX) + 1; n > 0; n--)
        off += put_frame(m, m->data + off);
    if (draw(m, 2) == 0)
        m->size = off;
}

/* An empty segment, where there was nothing to change. */
static void
begin(struct mutation *m)
{
    struct hf_wal_header header = { .format = HF_WAL_FORMAT,
                                    .sector = HF_WAL_SECTOR_MIN,
                                    .number = 1,
                                    .salt = (uint32_t)draw(m, UINT32_MAX) };

    if (m->size_max < HF_WAL_SECTOR_MIN)
        return;
    memset(m->data, 0, HF_WAL_SECTOR_MIN);
    hf_wal_header_encode(m->data, &header);
    m->size = HF_WAL_SECTOR_MIN;
}

/* ---- repair ------------------------------------------------------------------------------ */

struct order {
    uint32_t segment;
    uint32_t group;
    uint64_t version; /* of the next commit; 0: whatever the first group says */
};

static void
renumber_group(uint8_t *at, struct order *order)
{
    if (order->version == 0)
        order->version = hf_load_u64(at + 16);
    hf_store_u32(at, HF_WAL_GROUP_KIND);
    hf_store_u32(at + 4, order->group++);
    hf_store_u64(at + 16, order->version);
    hf_store_u32(at + 24, order->segment);
}

/* Leads each operation back to its frame, and counts them anew. */
static void
renumber_commit(uint8_t *at, size_t size, struct order *order)
{
    size_t limit = size - (HF_WAL_FRAME_OVERHEAD - HF_WAL_FRAME_HEAD);
    size_t off = HF_WAL_FRAME_HEAD + HF_WAL_COMMIT_HEAD;
    uint32_t count = 0;

    if (at[4] != HF_WAL_COMMIT || limit < off)
        return;
    hf_store_u64(at + HF_WAL_FRAME_HEAD, order->version++);
    while (limit - off >= HF_WAL_OP_HEAD) {
        uint64_t op_size = hf_wal_op_size(hf_load_u16(at + off + 1), hf_load_u32(at + off + 3));
        if (op_size > limit - off)
            break;
        hf_store_u32(at + off + 7, (uint32_t)off);
        off += op_size;
        count++;
    }
    hf_store_u32(at + HF_WAL_FRAME_HEAD + 16, count);
}

static void
end_header(uint8_t *at)
{
    struct hf_wal_header header = { .format = hf_load_u32(at + 8),
                                    .sector = hf_load_u32(at + 12),
                                    .number = hf_load_u32(at + 32),
                                    .salt = hf_load_u32(at + 36),
                                    .synced = hf_load_u64(at + 40),
                                    .prepared = hf_load_u64(at + 48) };

    memcpy(header.uuid, at + 16, sizeof header.uuid);
    hf_wal_header_encode(at, &header);
}

static void
end_group(uint8_t *at, uint32_t base, size_t off)
{
    struct hf_wal_group group = { .number = hf_load_u32(at + 4),
                                  .synced = hf_load_u64(at + 8),
                                  .first = hf_load_u64(at + 16),
                                  .segment = hf_load_u32(at + 24) };

    hf_wal_group_encode(at, &group, base, off);
}

void
fuzz_wal_repair(uint8_t *data, size_t size, int renumber)
{
    struct fuzz_pieces pieces;
    struct order order = { .version = 0 };

    fuzz_pieces_find(&pieces, data, size);
    for (size_t i = 0; i < pieces.count; i++) {
        const struct fuzz_piece *piece = &pieces.list[i];
        uint8_t *at = data + piece->off;
        switch (piece->kind) {
        case FUZZ_PIECE_HEADER:
            end_header(at);
            order.segment = hf_load_u32(at + 32);
            break;
        case FUZZ_PIECE_GROUP:
            if (renumber)
                renumber_group(at, &order);
            end_group(at, pieces.base, piece->off);
            break;
        case FUZZ_PIECE_FRAME:
            if (renumber)
                renumber_commit(at, piece->size, &order);
            hf_wal_frame_end(at, (uint32_t)(piece->size - HF_WAL_FRAME_OVERHEAD), pieces.base,
                             piece->off);
            break;
        }
    }
}

/* ---- all of it --------------------------------------------------------------------------- */

typedef void change_fn(struct mutation *m);

static change_fn *const changes[] = {
    change_field, change_field, change_field,   change_bytes, change_sector, cut,
    copy_piece,   swap_pieces,  repeat_sectors, append_group, append_group,
};

size_t
fuzz_wal_mutate(uint8_t *data, size_t size, size_t size_max, uint64_t seed)
{
    struct mutation m = {
        .data = data, .size = size, .size_max = size_max, .random = fuzz_draw_begin(seed)
    };

    if (size < HF_WAL_HEADER_SIZE)
        begin(&m);
    fuzz_pieces_find(&m.pieces, m.data, m.size);
    if (m.pieces.count == 0)
        return m.size;
    for (uint64_t n = draw(&m, CHANGES_MAX) + 1; n > 0; n--) {
        changes[draw(&m, COUNT_OF(changes))](&m);
        fuzz_pieces_find(&m.pieces, m.data, m.size);
    }
    if (draw(&m, 8) != 0)
        fuzz_wal_repair(m.data, m.size, draw(&m, 2) == 0);
    return m.size;
}
