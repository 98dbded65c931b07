/*
 * disk.c - bytes between the page cache and the disk.
 *
 * A write changes mem and appends to ops what it did. A later write to the same place must not
 * change what an earlier one may have left on the disk: so it first sees to it that the earlier
 * one has a copy of its bytes, which seldom happens, since most writes append. An inode is
 * `lossy` after a failed sync has dropped pages: then mem holds bytes that neither disk nor ops
 * know. The kernel writes whole pages, so from then on a write's operation covers whole
 * sectors, as mem has them.
 */
#include "sim/machine/disk.h"

#include "base/assert.h"
#include "base/span.h"
#include "sim/copy.h"
#include "sim/grow.h"

#include <stdlib.h>

/* ---- images ------------------------------------------------------------------------------ */

void
sim_image_resize(struct sim_image *image, uint64_t size)
{
    sim_grow(&image->at, &image->capacity, size, 1);
    if (size > image->size)
        memset(image->at + image->size, 0, size - image->size);
    image->size = size;
}

static void
image_put(struct sim_image *image, uint64_t off, const uint8_t *from, uint64_t len)
{
    if (off > image->size)
        sim_image_resize(image, off);
    sim_grow(&image->at, &image->capacity, off + len, 1);
    sim_copy(image->at + off, from, len);
    if (off + len > image->size)
        image->size = off + len;
}

/* ---- the whole --------------------------------------------------------------------------- */

void
sim_disk_fini(struct sim_disk *disk)
{
    for (size_t i = 0; i < disk->inode_count; i++) {
        struct sim_inode *inode = disk->inodes[i];
        free(inode->mem.at);
        free(inode->disk.at);
        free(inode->ops);
        free(inode->op_bytes);
        free(inode);
    }
    free(disk->inodes);
    free(disk->visible.at);
    free(disk->durable.at);
    free(disk->name_ops);
    free(disk->settled);
    *disk = (struct sim_disk){ 0 };
}

void
sim_disk_reset(struct sim_disk *disk)
{
    for (size_t i = 0; i < disk->inode_count; i++)
        disk->inodes[i]->links = disk->inodes[i]->seen = 0;
    disk->visible.count = 0;
    disk->durable.count = 0;
    disk->name_op_count = disk->settled_count = 0;
    disk->keeps_settled = false;
    disk->folder_count = 0;
    disk->folders[sim_disk_folder(disk, ".")].exists = true;
    disk->order = 0;
    disk->serial = 0;
    disk->allocated = 0;
    sim_garbage_reset(&disk->garbage);
}

/* ---- space ------------------------------------------------------------------------------- */

static uint64_t
blocks(uint64_t size)
{
    return (size + SIM_SECTOR - 1) / SIM_SECTOR * SIM_SECTOR;
}

void
sim_inode_allocate(struct sim_disk *disk, struct sim_inode *inode, uint64_t size)
{
    disk->allocated -= inode->allocated;
    inode->allocated = blocks(size);
    disk->allocated += inode->allocated;
}

uint64_t
sim_inode_room(const struct sim_inode *inode, uint64_t off, uint64_t len)
{
    if (off >= inode->allocated)
        return 0;
    return len < inode->allocated - off ? len : inode->allocated - off;
}

uint64_t
sim_inode_need(const struct sim_inode *inode, uint64_t off, uint64_t len)
{
    uint64_t after = blocks(off + len);
    return after > inode->allocated ? after - inode->allocated : 0;
}

/* ---- changing the cache ------------------------------------------------------------------ */

static struct sim_op *
add_op(struct sim_disk *disk, struct sim_inode *inode, enum sim_op_kind kind)
{
    struct sim_op *op;

    sim_grow(&inode->ops, &inode->op_capacity, inode->op_count + 1, sizeof *inode->ops);
    op = &inode->ops[inode->op_count++];
    *op = (struct sim_op){ .kind = kind, .order = ++disk->order };
    inode->changed = op->order;
    return op;
}

static void
add_size(struct sim_disk *disk, struct sim_inode *inode, uint64_t size)
{
    add_op(disk, inode, SIM_OP_SIZE)->off = size;
    sim_inode_allocate(disk, inode, size);
}

const uint8_t *
sim_inode_op_bytes(const struct sim_inode *inode, const struct sim_op *op)
{
    return op->bytes == SIM_IN_CACHE ? inode->mem.at + op->off : inode->op_bytes + op->bytes;
}

struct sim_op
sim_op_part(const struct sim_op *op, uint64_t from, uint64_t to)
{
    struct sim_op part = *op;

    if (op->bytes != SIM_IN_CACHE)
        part.bytes += from - op->off;
    part.off = from;
    part.len = to - from;
    return part;
}

/* The cache is about to change in [from, to): pending writes there get a copy of theirs. */
static void
keep_bytes(struct sim_inode *inode, uint64_t from, uint64_t to)
{
    if (from >= inode->in_cache_to)
        return;
    for (size_t i = 0; i < inode->op_count; i++) {
        struct sim_op *op = &inode->ops[i];
        if (op->kind != SIM_OP_DATA || op->bytes != SIM_IN_CACHE || op->off >= to ||
            from >= op->off + op->len)
            continue;
        sim_grow(&inode->op_bytes, &inode->op_bytes_capacity, inode->op_bytes_used + op->len,
                 1);
        sim_copy(inode->op_bytes + inode->op_bytes_used, inode->mem.at + op->off, op->len);
        op->bytes = inode->op_bytes_used;
        inode->op_bytes_used += op->len;
    }
}

/* [off, off + len), or the sectors it lies in where the cache alone knows the rest of them. */
static void
add_data(struct sim_disk *disk, struct sim_inode *inode, uint64_t off, uint64_t len)
{
    struct sim_op *op = add_op(disk, inode, SIM_OP_DATA);
    uint64_t limit = off + len;

    if (inode->lossy) {
        off -= off % SIM_SECTOR;
        limit = blocks(limit) < inode->mem.size ? blocks(limit) : inode->mem.size;
    }
    op->off = off;
    op->len = limit - off;
    op->bytes = SIM_IN_CACHE;
    if (inode->in_cache_to < limit)
        inode->in_cache_to = limit;
}

void
sim_inode_write(struct sim_disk *disk, struct sim_inode *inode, uint64_t off,
                struct hf_span from)
{
    if (from.len == 0)
        return;
    if (off + from.len > inode->mem.size)
        add_size(disk, inode, off + from.len);
    keep_bytes(inode, off, off + from.len);
    image_put(&inode->mem, off, from.at, from.len);
    add_data(disk, inode, off, from.len);
}

void
sim_inode_truncate(struct sim_disk *disk, struct sim_inode *inode, uint64_t size)
{
    add_size(disk, inode, size);
    keep_bytes(inode, size, UINT64_MAX);
    sim_image_resize(&inode->mem, size);
}

/* ---- from the cache to the disk ---------------------------------------------------------- */

void
sim_inode_apply(struct sim_disk *disk, struct sim_inode *inode, const struct sim_op *op)
{
    uint64_t kept = inode->disk.size < op->off + op->len ? inode->disk.size : op->off + op->len;

    switch (op->kind) {
    case SIM_OP_DATA:
        if (kept > op->off)
            sim_garbage_add(&disk->garbage, inode->disk.at, op->off, kept - op->off);
        image_put(&inode->disk, op->off, sim_inode_op_bytes(inode, op), op->len);
        break;
    case SIM_OP_SIZE:
        sim_image_resize(&inode->disk, op->off);
        break;
    }
}

void
sim_inode_drop_ops(struct sim_inode *inode, size_t count)
{
    inode->op_count -= count;
    if (inode->op_count == 0)
        inode->op_bytes_used = inode->in_cache_to = 0;
    else if (count > 0)
        memmove(inode->ops, inode->ops + count, inode->op_count * sizeof *inode->ops);
}

/* Whether this SIZE but makes room for the DATA behind it, which fills that with whole sectors
 * of its own: there is nothing to clear first, and nothing to give up. */
static bool
is_filled_next(const struct sim_inode *inode, size_t index, uint64_t order)
{
    const struct sim_op *size = &inode->ops[index], *data = size + 1;

    return size->kind == SIM_OP_SIZE && index + 1 < inode->op_count && data->order <= order &&
           data->kind == SIM_OP_DATA && data->off == inode->disk.size &&
           data->off % SIM_SECTOR == 0 && data->off + data->len == size->off;
}

void
sim_inode_sync(struct sim_disk *disk, struct sim_inode *inode, uint64_t order)
{
    size_t count = 0;

    inode->synced_from = UINT64_MAX;
    inode->synced_to = 0;
    for (; count < inode->op_count && inode->ops[count].order <= order; count++) {
        const struct sim_op *op = &inode->ops[count];
        if (!is_filled_next(inode, count, order))
            sim_inode_apply(disk, inode, op);
        if (op->kind == SIM_OP_SIZE)
            continue;
        if (op->off < inode->synced_from)
            inode->synced_from = op->off;
        if (op->off + op->len > inode->synced_to)
            inode->synced_to = op->off + op->len;
    }
    sim_inode_drop_ops(inode, count);
}

void
sim_inode_evict(struct sim_inode *inode)
{
    keep_bytes(inode, 0, UINT64_MAX);
    sim_image_resize(&inode->mem, 0);
    sim_image_resize(&inode->mem, inode->disk.size);
    if (inode->disk.size > 0)
        sim_copy(inode->mem.at, inode->disk.at, inode->disk.size);
    for (size_t i = 0; i < inode->op_count; i++) {
        const struct sim_op *op = &inode->ops[i];
        if (op->kind == SIM_OP_SIZE)
            sim_image_resize(&inode->mem, op->off);
        else
            image_put(&inode->mem, op->off, sim_inode_op_bytes(inode, op), op->len);
    }
    inode->evict_due = inode->lossy = false;
    inode->changed = 0;
}

/* ---- at rest ----------------------------------------------------------------------------- */

static void
damage_image(struct sim_image *image, uint64_t off, struct hf_span from)
{
    if (off < image->size)
        memcpy(image->at + off, from.at,
               from.len < image->size - off ? from.len : image->size - off);
}

void
sim_inode_damage(struct sim_inode *inode, uint64_t off, struct hf_span from)
{
    HF_ASSERT(inode->op_count == 0);
    damage_image(&inode->mem, off, from);
    damage_image(&inode->disk, off, from);
}

void
sim_inode_cut_short(struct sim_disk *disk, struct sim_inode *inode, uint64_t size)
{
    sim_inode_drop_ops(inode, inode->op_count);
    if (size < inode->mem.size)
        sim_image_resize(&inode->mem, size);
    if (size < inode->disk.size)
        sim_image_resize(&inode->disk, size);
    sim_inode_allocate(disk, inode, inode->mem.size);
}

bool
sim_inode_is_pending(const struct sim_inode *inode, uint64_t from, uint64_t to)
{
    for (size_t i = 0; i < inode->op_count; i++) {
        const struct sim_op *op = &inode->ops[i];
        if (op->kind == SIM_OP_SIZE ? to == 0 : op->off < to && from < op->off + op->len)
            return true;
    }
    return false;
}

/* ---- invariants -------------------------------------------------------------------------- */

static void
check_inode(const struct sim_inode *inode)
{
    struct sim_image image = { 0 };
    uint64_t order = 0;

    sim_image_resize(&image, inode->disk.size);
    if (inode->disk.size > 0)
        memcpy(image.at, inode->disk.at, inode->disk.size);
    for (size_t i = 0; i < inode->op_count; i++) {
        const struct sim_op *op = &inode->ops[i];
        HF_ASSERT(op->order > order);
        order = op->order;
        if (op->kind == SIM_OP_SIZE)
            sim_image_resize(&image, op->off);
        else
            image_put(&image, op->off, sim_inode_op_bytes(inode, op), op->len);
    }
    HF_ASSERT(inode->lossy || hf_span_equal(hf_span(image.at, image.size),
                                            hf_span(inode->mem.at, inode->mem.size)));
    free(image.at);
}

static unsigned
count_links(const struct sim_names *names, const struct sim_inode *inode)
{
    unsigned links = 0;

    for (size_t i = 0; i < names->count; i++)
        links += names->at[i].inode == inode;
    return links;
}

void
sim_disk_check(const struct sim_disk *disk)
{
    uint64_t allocated = 0;

    for (size_t i = 0; i < disk->inode_count; i++) {
        const struct sim_inode *inode = disk->inodes[i];
        unsigned links =
            count_links(&disk->visible, inode) + count_links(&disk->durable, inode);
        for (size_t j = 0; j < disk->name_op_count; j++)
            links += disk->name_ops[j].inode == inode;
        HF_ASSERT(links <= inode->links && inode->seen <= inode->links);
        if (inode->links == 0)
            continue;
        check_inode(inode);
        allocated += inode->allocated;
    }
    HF_ASSERT(allocated == disk->allocated);
}
