/*
 * wal_pieces.c - where header, groups and frames of a log segment are, however damaged it is.
 *
 * A header is expected at the start. A group is what has a group's kind on a sector boundary;
 * behind it frames follow each other as long as their lengths lead somewhere inside the input.
 */
#include "fuzz/wal_pieces.h"

#include "base/bytes.h"
#include "format/wal_format.h"

static void
add(struct fuzz_pieces *pieces, enum fuzz_piece_kind kind, size_t off, size_t size)
{
    if (pieces->count < FUZZ_PIECES_MAX)
        pieces->list[pieces->count++] = (struct fuzz_piece){ kind, off, size };
}

static size_t
sector_of(const uint8_t *data)
{
    uint32_t sector = hf_load_u32(data + 12);
    bool is_sane = sector >= HF_WAL_SECTOR_MIN && sector <= HF_WAL_SECTOR_MAX &&
                   (sector & (sector - 1)) == 0;

    return is_sane ? sector : HF_WAL_SECTOR_MIN;
}

static uint32_t
base_of(const uint8_t *data)
{
    struct hf_wal_header header = { .number = hf_load_u32(data + 32),
                                    .salt = hf_load_u32(data + 36) };

    memcpy(header.uuid, data + 16, sizeof header.uuid);
    return hf_wal_mask_base(&header);
}

/* Adds the frames from `off` on; returns where they end. */
static size_t
find_frames(struct fuzz_pieces *pieces, const uint8_t *data, size_t size, size_t off)
{
    while (size - off >= HF_WAL_FRAME_OVERHEAD) {
        size_t len = hf_load_u32(data + off);
        if (len == 0 || len > size - off - HF_WAL_FRAME_OVERHEAD)
            break;
        add(pieces, FUZZ_PIECE_FRAME, off, len + HF_WAL_FRAME_OVERHEAD);
        off += len + HF_WAL_FRAME_OVERHEAD;
    }
    return off;
}

void
fuzz_pieces_find(struct fuzz_pieces *pieces, const uint8_t *data, size_t size)
{
    size_t off, end;

    pieces->count = 0;
    pieces->sector = HF_WAL_SECTOR_MIN;
    pieces->base = 0;
    if (size < HF_WAL_HEADER_SIZE)
        return;
    pieces->sector = sector_of(data);
    pieces->base = base_of(data);
    add(pieces, FUZZ_PIECE_HEADER, 0, HF_WAL_HEADER_SIZE);
    for (off = pieces->sector; off < size; off = end) {
        end = off + pieces->sector;
        if (size - off < HF_WAL_GROUP_SIZE || hf_load_u32(data + off) != HF_WAL_GROUP_KIND)
            continue;
        add(pieces, FUZZ_PIECE_GROUP, off, HF_WAL_GROUP_SIZE);
        end = find_frames(pieces, data, size, off + HF_WAL_GROUP_SIZE);
        end = (end + pieces->sector - 1) & ~(pieces->sector - 1);
    }
}
