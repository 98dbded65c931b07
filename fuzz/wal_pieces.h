/*
 * wal_pieces.h - where header, groups and frames of a log segment are, however damaged it is.
 *
 * Unlike format/wal_walk.h this believes lengths and kinds without their checksums: it looks
 * for what a mutator can change, not for what a database may read.
 */
#ifndef HF_FUZZ_WAL_PIECES_H
#define HF_FUZZ_WAL_PIECES_H

#include <stddef.h>
#include <stdint.h>

enum fuzz_piece_kind { FUZZ_PIECE_HEADER, FUZZ_PIECE_GROUP, FUZZ_PIECE_FRAME };

struct fuzz_piece {
    enum fuzz_piece_kind kind;
    size_t off;
    size_t size;
};

#define FUZZ_PIECES_MAX 256u

struct fuzz_pieces {
    size_t sector; /* what the header says, or the smallest if that makes no sense */
    uint32_t base; /* the mask's, from the header's fields as they are */
    size_t count;
    struct fuzz_piece list[FUZZ_PIECES_MAX];
};

/* Finds the first FUZZ_PIECES_MAX pieces, in the order of their offsets. */
void fuzz_pieces_find(struct fuzz_pieces *pieces, const uint8_t *data, size_t size);

#endif
