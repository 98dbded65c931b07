/*
 * disk_names.c - names between the cache and the disk, and how long an inode lives.
 *
 * A pending operation refers to its inode: a file that was created and removed again can still
 * come back, if a power cut keeps the first and loses the second.
 */
#include "sim/machine/disk.h"

#include "base/assert.h"
#include "sim/grow.h"
#include "sim/mix.h"

#include <string.h>

/* ---- how long an inode lives ------------------------------------------------------------- */

static void
link_inode(struct sim_inode *inode, bool is_seen)
{
    inode->links++;
    inode->seen += is_seen;
}

static void
unlink_inode(struct sim_disk *disk, struct sim_inode *inode, bool is_seen)
{
    HF_ASSERT(inode->links > 0 && inode->seen >= is_seen);
    inode->seen -= is_seen;
    if (is_seen && inode->seen == 0)
        sim_inode_allocate(disk, inode, 0);
    if (--inode->links > 0)
        return;
    sim_garbage_add(&disk->garbage, inode->disk.at, 0, inode->disk.size);
}

void
sim_disk_hold(struct sim_inode *inode)
{
    link_inode(inode, true);
}

void
sim_disk_release(struct sim_disk *disk, struct sim_inode *inode)
{
    unlink_inode(disk, inode, true);
}

void
sim_disk_pin(struct sim_inode *inode)
{
    link_inode(inode, false);
}

void
sim_disk_unpin(struct sim_disk *disk, struct sim_inode *inode)
{
    unlink_inode(disk, inode, false);
}

static struct sim_inode *
inode_new(struct sim_disk *disk, unsigned folder, const char *name)
{
    struct sim_inode *inode = NULL;

    for (size_t i = 0; inode == NULL && i < disk->inode_count; i++) {
        if (disk->inodes[i]->links == 0)
            inode = disk->inodes[i];
    }
    if (inode == NULL) {
        sim_grow(&disk->inodes, &disk->inode_capacity, disk->inode_count + 1,
                 sizeof(struct sim_inode *));
        inode = sim_new(sizeof *inode);
        disk->inodes[disk->inode_count++] = inode;
    }
    inode->serial = ++disk->serial;
    inode->tag = (uint32_t)sim_mix_name(name) + folder - SIM_FOLDER_MAIN;
    inode->class = sim_class_of(name);
    inode->mem.size = inode->disk.size = 0;
    inode->allocated = 0;
    inode->op_count = inode->op_bytes_used = 0;
    inode->in_cache_to = inode->changed = 0;
    inode->synced_from = inode->synced_to = 0;
    inode->claimed = 0;
    inode->lossy = inode->evict_due = false;
    return inode;
}

bool
sim_is_temporary(const char *name)
{
    size_t len = strlen(name);

    return len > 4 && strcmp(name + len - 4, ".tmp") == 0;
}

enum sim_file_class
sim_class_of(const char *name)
{
    const char *dot = strchr(name, '.');

    if (name[0] == 't' && strncmp(name, "table-", 6) == 0)
        return SIM_FILE_TABLE;
    if (name[0] == 'm' && strncmp(name, "manifest-", 9) == 0)
        return SIM_FILE_MANIFEST;
    if (dot != NULL && strstr(dot, ".snap") != NULL)
        return SIM_FILE_SNAPSHOT;
    if (dot != NULL && sim_is_temporary(name))
        return SIM_FILE_TMP;
    if (strncmp(name, "wal-", 4) == 0)
        return SIM_FILE_WAL;
    return strcmp(name, "LOCK") == 0 ? SIM_FILE_LOCK : SIM_FILE_OTHER;
}

/* ---- folders ----------------------------------------------------------------------------- */

unsigned
sim_disk_folder(struct sim_disk *disk, const char *path)
{
    unsigned i = 0;

    while (i < disk->folder_count && strcmp(disk->folders[i].path, path) != 0)
        i++;
    if (i < disk->folder_count)
        return i;
    HF_ASSERT(i < SIM_FOLDERS_MAX && strlen(path) < SIM_FOLDER_PATH_MAX);
    disk->folders[i].exists = false;
    disk->folders[i].claimed = 0;
    memcpy(disk->folders[i].path, path, strlen(path) + 1);
    return disk->folder_count++;
}

/* ---- lists of names ---------------------------------------------------------------------- */

/* Of the length and the last bytes, by which numbered names differ. */
static uint32_t
tag_of(const char *name)
{
    size_t len = strlen(name);
    uint64_t last = 0;

    if (len >= sizeof last)
        last = hf_load_u64(name + len - sizeof last);
    else
        memcpy(&last, name, len);
    return (uint32_t)sim_mix_fold(last ^ SIM_MIX_A, len ^ SIM_MIX_B);
}

static struct sim_name *
find_tagged(const struct sim_names *names, unsigned folder, uint32_t tag, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        struct sim_name *at = &names->at[i];
        if (at->tag == tag && at->folder == folder && strcmp(at->name, name) == 0)
            return at;
    }
    return NULL;
}

struct sim_name *
sim_names_find(const struct sim_names *names, unsigned folder, const char *name)
{
    return find_tagged(names, folder, tag_of(name), name);
}

struct sim_inode *
sim_names_inode(const struct sim_names *names, unsigned folder, const char *name)
{
    const struct sim_name *found = sim_names_find(names, folder, name);
    return found == NULL ? NULL : found->inode;
}

/* Into HF_NAME_SIZE_MAX bytes, with zeros behind it; returns its tag. */
static uint32_t
copy_name(char *to, const char *name)
{
    size_t len = strlen(name);

    HF_ASSERT(len < HF_NAME_SIZE_MAX);
    memset(to, 0, HF_NAME_SIZE_MAX);
    memcpy(to, name, len);
    return tag_of(name);
}

static void
names_unset(struct sim_disk *disk, struct sim_names *names, unsigned folder, uint32_t tag,
            const char *name)
{
    struct sim_name *found = find_tagged(names, folder, tag, name);

    if (found == NULL)
        return;
    unlink_inode(disk, found->inode, names == &disk->visible);
    *found = names->at[--names->count];
}

/* `name` is one that copy_name made, all of it. */
static void
names_set(struct sim_disk *disk, struct sim_names *names, unsigned folder, uint32_t tag,
          const char *name, struct sim_inode *inode)
{
    struct sim_name *at;

    link_inode(inode, names == &disk->visible);
    names_unset(disk, names, folder, tag, name);
    sim_grow(&names->at, &names->capacity, names->count + 1, sizeof *names->at);
    at = &names->at[names->count++];
    at->folder = folder;
    at->tag = tag;
    memcpy(at->name, name, sizeof at->name);
    at->inode = inode;
}

static void
apply(struct sim_disk *disk, struct sim_names *names, const struct sim_name_op *op)
{
    switch (op->kind) {
    case SIM_NAME_CREATE:
        names_set(disk, names, op->folder, op->tag, op->name, op->inode);
        break;
    case SIM_NAME_REMOVE:
        names_unset(disk, names, op->folder, op->tag, op->name);
        break;
    case SIM_NAME_RENAME:
        names_set(disk, names, op->folder, op->to_tag, op->to, op->inode);
        names_unset(disk, names, op->folder, op->tag, op->name);
        break;
    }
}

/* The same to the durable names. */
static void
settle(struct sim_disk *disk, const struct sim_name_op *op)
{
    if (disk->keeps_settled) {
        sim_grow(&disk->settled, &disk->settled_capacity, disk->settled_count + 1, sizeof *op);
        disk->settled[disk->settled_count++] = *op;
    }
    apply(disk, &disk->durable, op);
}

/* ---- changing the cache ------------------------------------------------------------------ */

/* Applies the operation to the visible names and remembers it as pending. */
static void
change(struct sim_disk *disk, struct sim_name_op op)
{
    op.order = ++disk->order;
    link_inode(op.inode, false);
    sim_grow(&disk->name_ops, &disk->name_op_capacity, disk->name_op_count + 1, sizeof op);
    disk->name_ops[disk->name_op_count++] = op;
    apply(disk, &disk->visible, &op);
}

struct sim_inode *
sim_disk_find(const struct sim_disk *disk, unsigned folder, const char *name)
{
    return sim_names_inode(&disk->visible, folder, name);
}

struct sim_inode *
sim_disk_create(struct sim_disk *disk, unsigned folder, const char *name)
{
    struct sim_name_op op = {
        .kind = SIM_NAME_CREATE,
        .folder = folder,
        .inode = inode_new(disk, folder, name),
    };

    op.tag = copy_name(op.name, name);
    change(disk, op);
    return op.inode;
}

void
sim_disk_link(struct sim_disk *disk, unsigned from, const char *name, unsigned to)
{
    struct sim_name_op op = {
        .kind = SIM_NAME_CREATE,
        .folder = to,
        .inode = sim_disk_find(disk, from, name),
    };

    op.tag = copy_name(op.name, name);
    change(disk, op);
}

void
sim_disk_rename(struct sim_disk *disk, unsigned folder, const char *from, const char *to)
{
    struct sim_name_op op = {
        .kind = SIM_NAME_RENAME,
        .folder = folder,
        .inode = sim_disk_find(disk, folder, from),
    };

    if (strcmp(from, to) == 0)
        return;
    op.tag = copy_name(op.name, from);
    op.to_tag = copy_name(op.to, to);
    op.inode->class = sim_class_of(to);
    change(disk, op);
}

void
sim_disk_remove(struct sim_disk *disk, unsigned folder, const char *name)
{
    struct sim_name_op op = {
        .kind = SIM_NAME_REMOVE,
        .folder = folder,
        .inode = sim_disk_find(disk, folder, name),
    };

    op.tag = copy_name(op.name, name);
    change(disk, op);
}

/* ---- from the cache to the disk ---------------------------------------------------------- */

void
sim_disk_sync_names(struct sim_disk *disk, unsigned folder, uint64_t order)
{
    size_t kept = 0;

    for (size_t i = 0; i < disk->name_op_count; i++) {
        struct sim_name_op *op = &disk->name_ops[i];
        if (op->order <= order && (folder == SIM_FOLDER_ANY || op->folder == folder)) {
            settle(disk, op);
            unlink_inode(disk, op->inode, false);
        } else if (kept++ < i) {
            disk->name_ops[kept - 1] = *op;
        }
    }
    disk->name_op_count = kept;
}

/* The visible names become the durable ones; an inode that comes back takes its blocks
 * again. */
static void
show_durable(struct sim_disk *disk)
{
    while (disk->visible.count > 0) {
        const struct sim_name *first = &disk->visible.at[0];
        names_unset(disk, &disk->visible, first->folder, first->tag, first->name);
    }
    for (size_t i = 0; i < disk->durable.count; i++) {
        struct sim_name *name = &disk->durable.at[i];
        names_set(disk, &disk->visible, name->folder, name->tag, name->name, name->inode);
        name->inode->class = sim_class_of(name->name);
        sim_inode_allocate(disk, name->inode, name->inode->mem.size);
    }
}

void
sim_disk_settle_names(struct sim_disk *disk, const bool *keep)
{
    for (size_t i = 0; i < disk->name_op_count; i++) {
        if (keep[i])
            settle(disk, &disk->name_ops[i]);
    }
    show_durable(disk);
    for (size_t i = 0; i < disk->name_op_count; i++)
        unlink_inode(disk, disk->name_ops[i].inode, false);
    disk->name_op_count = 0;
}

void
sim_disk_bring_name(struct sim_disk *disk, const struct sim_name_op *op)
{
    HF_ASSERT(disk->name_op_count == 0);
    settle(disk, op);
    show_durable(disk);
}

bool
sim_disk_is_settled(const struct sim_disk *disk, unsigned folder, const struct sim_inode *inode)
{
    for (size_t i = 0; i < disk->name_op_count; i++) {
        if (disk->name_ops[i].inode == inode && disk->name_ops[i].folder == folder)
            return false;
    }
    for (size_t i = 0; i < disk->durable.count; i++) {
        if (disk->durable.at[i].inode == inode && disk->durable.at[i].folder == folder)
            return true;
    }
    return false;
}

void
sim_disk_lose(struct sim_disk *disk, unsigned folder, const char *name)
{
    sim_disk_sync_names(disk, SIM_FOLDER_ANY, disk->order);
    names_unset(disk, &disk->visible, folder, tag_of(name), name);
    names_unset(disk, &disk->durable, folder, tag_of(name), name);
}

static void
clear_in(struct sim_disk *disk, struct sim_names *names, unsigned folder)
{
    for (size_t i = names->count; i > 0; i--) {
        const struct sim_name *name = &names->at[i - 1];
        if (name->folder == folder)
            names_unset(disk, names, folder, name->tag, name->name);
    }
}

void
sim_disk_clear(struct sim_disk *disk, unsigned folder)
{
    sim_disk_sync_names(disk, folder, disk->order);
    clear_in(disk, &disk->visible, folder);
    clear_in(disk, &disk->durable, folder);
    disk->folders[folder].exists = false;
}

static void
swap_in(struct sim_names *names, unsigned folder, const char *name, const char *other)
{
    struct sim_name *a = sim_names_find(names, folder, name);
    struct sim_name *b = sim_names_find(names, folder, other);
    struct sim_inode *inode = a->inode;

    a->inode = b->inode;
    b->inode = inode;
}

void
sim_disk_swap(struct sim_disk *disk, unsigned folder, const char *name, const char *other)
{
    sim_disk_sync_names(disk, SIM_FOLDER_ANY, disk->order);
    swap_in(&disk->visible, folder, name, other);
    swap_in(&disk->durable, folder, name, other);
}
