/*
 * late.c - see late.h.
 */
#include "sim/machine/late.h"

#include "sim/grow.h"

#include <stdlib.h>
#include <string.h>

void
sim_late_fini(struct sim_late *late)
{
    free(late->at);
    *late = (struct sim_late){ 0 };
}

/* Where the piece belongs, in the durable bytes; NULL: that place is gone. */
static uint8_t *
place_of(const struct sim_late_piece *piece)
{
    struct sim_inode *inode = piece->inode;

    if (inode->links == 0 || inode->serial != piece->serial ||
        piece->off + piece->len > inode->disk.size)
        return NULL;
    return inode->disk.at + piece->off;
}

unsigned
sim_late_arrive(struct sim_late *late)
{
    unsigned count = 0;

    for (size_t i = 0; i < late->count; i++) {
        const struct sim_late_piece *piece = &late->at[i];
        const uint8_t *place = place_of(piece);
        if (place == NULL || memcmp(place, piece->was, piece->len) != 0)
            continue;
        sim_inode_damage(piece->inode, piece->off,
                         (struct hf_span){ piece->bytes, piece->len });
        count++;
    }
    late->count = 0;
    return count;
}

static void
remember(struct sim_late *late, struct sim_inode *inode, const struct sim_op *op)
{
    uint64_t limit = op->off + op->len;

    for (uint64_t from = op->off; from < limit;) {
        uint64_t to = (from / SIM_SECTOR + 1) * SIM_SECTOR;
        struct sim_late_piece *piece;
        if (to > limit)
            to = limit;
        sim_grow(&late->at, &late->capacity, late->count + 1, sizeof *late->at);
        piece = &late->at[late->count++];
        *piece = (struct sim_late_piece){
            .inode = inode, .serial = inode->serial, .off = from, .len = (uint32_t)(to - from)
        };
        memcpy(piece->bytes, sim_inode_op_bytes(inode, op) + (from - op->off), to - from);
        from = to;
    }
}

void
sim_late_remember(struct sim_late *late, const struct sim_disk *disk, enum sim_file_class class)
{
    for (size_t i = 0; i < disk->inode_count; i++) {
        struct sim_inode *inode = disk->inodes[i];
        if (inode->links == 0 || (class != SIM_FILE_ANY && class != inode->class))
            continue;
        for (size_t j = 0; j < inode->op_count; j++) {
            if (inode->ops[j].kind == SIM_OP_DATA)
                remember(late, inode, &inode->ops[j]);
        }
    }
}

void
sim_late_keep_lost(struct sim_late *late)
{
    size_t kept = 0;

    for (size_t i = 0; i < late->count; i++) {
        struct sim_late_piece *piece = &late->at[i];
        const uint8_t *place = place_of(piece);
        if (place == NULL || memcmp(place, piece->bytes, piece->len) == 0)
            continue;
        memcpy(piece->was, place, piece->len);
        late->at[kept++] = *piece;
    }
    late->count = kept;
}
