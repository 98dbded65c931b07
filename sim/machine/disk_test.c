/*
 * disk_test.c - a pending write keeps the bytes that it wrote, whatever comes behind it.
 *
 * Method: random writes, truncations, syncs of a beginning and forgetting of the cache, on one
 * file of a few sectors, beside a list that copies the bytes of each write as it is made. After
 * each step the pending writes are those of the list, and sim_disk_check holds: the cache is
 * the disk with them applied. Catches a change of the cache before which a write that lies
 * there alone was not copied.
 */
#include "sim/machine/disk.h"

#include "base/span.h"
#include "base/tap.h"
#include "sim/mix.h"

#include <inttypes.h>
#include <stdlib.h>

#define FILE_MAX (6 * SIM_SECTOR)
#define STEPS 4000u

/* A write as it was made. */
struct wrote {
    uint64_t order, off, len;
    uint8_t bytes[FILE_MAX];
};

static struct wrote list[STEPS];
static size_t first, limit; /* of those that are pending */
static uint64_t series;

static uint64_t
draw(uint64_t bound)
{
    return sim_mix_below(sim_mix(++series), bound);
}

static void
write_some(struct sim_disk *disk, struct sim_inode *inode)
{
    struct wrote *wrote = &list[limit++];

    wrote->off = draw(FILE_MAX - 1);
    wrote->len = 1 + draw(FILE_MAX - wrote->off);
    for (uint64_t i = 0; i < wrote->len; i++)
        wrote->bytes[i] = (uint8_t)draw(256);
    sim_inode_write(disk, inode, wrote->off, hf_span(wrote->bytes, wrote->len));
    wrote->order = disk->order;
}

static void
sync_some(struct sim_disk *disk, struct sim_inode *inode)
{
    uint64_t order = disk->order - draw(disk->order < 4 ? disk->order + 1 : 4);

    sim_inode_sync(disk, inode, order);
    while (first < limit && list[first].order <= order)
        first++;
}

static bool
is_as_written(const struct sim_inode *inode)
{
    size_t at = first;

    for (size_t i = 0; i < inode->op_count; i++) {
        const struct sim_op *op = &inode->ops[i];
        const struct wrote *wrote = &list[at];
        if (op->kind != SIM_OP_DATA)
            continue;
        if (at++ == limit || op->off != wrote->off || op->len != wrote->len ||
            memcmp(sim_inode_op_bytes(inode, op), wrote->bytes, op->len) != 0)
            return false;
        struct sim_op part = sim_op_part(op, op->off + op->len / 2, op->off + op->len);
        if (memcmp(sim_inode_op_bytes(inode, &part), wrote->bytes + op->len / 2, part.len) != 0)
            return false;
    }
    return at == limit;
}

static bool
is_kept(uint64_t seed)
{
    struct sim_disk disk = { 0 };
    struct sim_inode *inode;
    bool all = true;

    series = seed;
    first = limit = 0;
    sim_disk_reset(&disk);
    inode = sim_disk_create(&disk, SIM_FOLDER_ROOT, "file");
    for (unsigned i = 0; all && i < STEPS; i++) {
        uint64_t choice = draw(8);
        if (choice < 5)
            write_some(&disk, inode);
        else if (choice == 5)
            sim_inode_truncate(&disk, inode, draw(FILE_MAX));
        else if (choice == 6)
            sync_some(&disk, inode);
        else
            sim_inode_evict(inode);
        all = is_as_written(inode);
        sim_disk_check(&disk);
    }
    sim_disk_fini(&disk);
    return all;
}

int
main(void)
{
    uint64_t seed = 20;
    bool all = true;

    printf("# seed %" PRIu64 "\n", seed);
    for (unsigned i = 0; i < 4; i++)
        all = all && is_kept(seed + i * STEPS * FILE_MAX);
    TAP_OK(all, "a pending write keeps its bytes behind writes, truncations and syncs");
    return tap_done();
}
