/*
 * disk.h - the simulated disk: what a read sees, what a power cut would leave, and what lies
 * between the two.
 *
 * For each inode:
 *
 *    mem      the page cache: bytes and size that every read sees
 *    ops      what was done to mem and is not durable yet, in order: DATA and SIZE
 *    disk     the durable bytes and size
 *
 * and for the names: visible ones, pending name operations in order, durable ones. Each stands
 * in a folder, which is a number here; a folder's names are synced apart from those of others.
 * Inodes live apart from their names, and may have several. A sync applies operations to the
 * durable side up to an order number that its caller took when it began.
 *
 * Invariants (checked by sim_disk_check):
 *   1. mem is disk with ops applied in order, unless the inode is `lossy`
 *   2. the visible names are the durable ones with the name operations applied in order
 *   3. order numbers ascend within a list and are never used twice on one disk
 *   4. an inode's `seen` counts the visible names and open handles that refer to it; at 0 its
 *      blocks are free; `links` counts those, the durable names, pending name operations and
 *      pins; at 0 it is gone
 */
#ifndef SIM_DISK_H
#define SIM_DISK_H

#include "sim/machine/garbage.h"
#include "sim/machine/machine.h"
#include "vfs/vfs_file.h"

#define SIM_SECTOR 512u /* the finest grain of allocation and of pending data */

/* Bytes beyond `size` are not looked at by anyone; growing zeroes them. */
struct sim_image {
    uint8_t *at;
    size_t size;
    size_t capacity;
};

void sim_image_resize(struct sim_image *image, uint64_t size);

enum sim_op_kind { SIM_OP_DATA, SIM_OP_SIZE };

/* One operation between the cache and the disk. A write that grows is a SIZE, then a DATA. The
 * bytes of a DATA are those of the cache, until these change: then it gets its own copy. */
#define SIM_IN_CACHE UINT64_MAX
struct sim_op {
    enum sim_op_kind kind;
    uint64_t order;
    uint64_t off;   /* DATA: where; SIZE: the new size */
    uint64_t len;   /* DATA */
    uint64_t bytes; /* DATA: their place in op_bytes, or SIM_IN_CACHE */
};

struct sim_inode {
    unsigned links, seen;
    uint64_t serial; /* rises with each creation */
    uint32_t tag;    /* from the name it was created under: what draws about it are keyed by */
    enum sim_file_class class;
    struct sim_image mem, disk;
    uint64_t allocated; /* bytes of blocks taken on the device */
    struct sim_op *ops;
    size_t op_count, op_capacity;
    uint8_t *op_bytes;
    size_t op_bytes_used, op_bytes_capacity; /* all free again when no operation is left */
    uint64_t in_cache_to;            /* no operation from here on has its bytes in the cache */
    uint64_t synced_from, synced_to; /* what the last sync covered */
    uint64_t claimed; /* up to this order number a sync has said to be done; a liar's */
    uint64_t changed; /* the operation that changed mem last; 0: none did, or not only that */
    bool lossy;       /* a failed sync dropped pages: mem is not disk with ops any more */
    bool evict_due;   /* and the cache will forget what it holds of them */
};

/* Folders are numbered as they are first named: the root is there from the start, and the
 * database under test comes first. */
#define SIM_FOLDERS_MAX 8u
#define SIM_FOLDER_PATH_MAX 48u
#define SIM_FOLDER_ROOT 0u
#define SIM_FOLDER_MAIN 1u
#define SIM_FOLDER_ANY SIM_FOLDERS_MAX

/* Its making is durable at once: hf_dir_open syncs the parent. */
struct sim_folder {
    char path[SIM_FOLDER_PATH_MAX];
    bool exists;
    uint64_t claimed; /* as of an inode, of its names */
};

struct sim_name {
    unsigned folder;
    uint32_t tag; /* what other names seldom have: a search looks at it first */
    char name[HF_NAME_SIZE_MAX];
    struct sim_inode *inode;
};

struct sim_names {
    struct sim_name *at;
    size_t count, capacity;
};

enum sim_name_op_kind { SIM_NAME_CREATE, SIM_NAME_REMOVE, SIM_NAME_RENAME };

struct sim_name_op {
    enum sim_name_op_kind kind; /* a link is a CREATE of an inode that has other names */
    unsigned folder;
    uint64_t order;
    struct sim_inode *inode;
    uint32_t tag, to_tag; /* of the names: as in struct sim_name */
    char name[HF_NAME_SIZE_MAX];
    char to[HF_NAME_SIZE_MAX]; /* RENAME */
};

struct sim_disk {
    struct sim_inode **inodes; /* all ever made; those with links 0 are free to be used again */
    size_t inode_count, inode_capacity;
    struct sim_folder folders[SIM_FOLDERS_MAX];
    unsigned folder_count;
    struct sim_names visible, durable;
    struct sim_name_op *name_ops;
    size_t name_op_count, name_op_capacity;
    bool keeps_settled;          /* whether the next is kept: */
    struct sim_name_op *settled; /* what became durable since it was emptied; no references */
    size_t settled_count, settled_capacity;
    uint64_t order;     /* of the last operation */
    uint64_t serial;    /* of the last inode */
    uint64_t allocated; /* bytes of blocks taken, over all inodes */
    struct sim_garbage garbage;
};

/* `disk` is all zeros at the start. */
void sim_disk_fini(struct sim_disk *disk);
/* An empty disk; buffers are kept. */
void sim_disk_reset(struct sim_disk *disk);

enum sim_file_class sim_class_of(const char *name);
/* A file in the making, which nothing refers to. */
bool sim_is_temporary(const char *name);

/* ---- names: disk_names.c ----------------------------------------------------------------- */

/* The folder at `path`, which may not exist yet. */
unsigned sim_disk_folder(struct sim_disk *disk, const char *path);
struct sim_name *sim_names_find(const struct sim_names *names, unsigned folder,
                                const char *name);
struct sim_inode *sim_names_inode(const struct sim_names *names, unsigned folder,
                                  const char *name);
/* The visible inode of that name, or NULL. */
struct sim_inode *sim_disk_find(const struct sim_disk *disk, unsigned folder, const char *name);
/* An empty file under a name that is free. */
struct sim_inode *sim_disk_create(struct sim_disk *disk, unsigned folder, const char *name);
/* The same name for the same file in folder `to`, where it is free. */
void sim_disk_link(struct sim_disk *disk, unsigned from, const char *name, unsigned to);
/* Both names as the caller found them: `from` and `name` exist. */
void sim_disk_rename(struct sim_disk *disk, unsigned folder, const char *from, const char *to);
void sim_disk_remove(struct sim_disk *disk, unsigned folder, const char *name);
/* Applies the pending name operations of a folder, or of SIM_FOLDER_ANY, up to order number
 * `order` to the durable names. */
void sim_disk_sync_names(struct sim_disk *disk, unsigned folder, uint64_t order);
/* After a power cut: the durable names get those operations that `keep` says, which are then
 * no longer pending, and the visible names are the durable ones. */
void sim_disk_settle_names(struct sim_disk *disk, const bool *keep);
/* Whether the inode has a durable name in the folder, and no operation about it is pending
 * there. */
bool sim_disk_is_settled(const struct sim_disk *disk, unsigned folder,
                         const struct sim_inode *inode);
/* A handle on the inode, opened and closed. */
void sim_disk_hold(struct sim_inode *inode);
void sim_disk_release(struct sim_disk *disk, struct sim_inode *inode);
/* Keeps an inode for a name that may come late, and lets it go. */
void sim_disk_pin(struct sim_inode *inode);
void sim_disk_unpin(struct sim_disk *disk, struct sim_inode *inode);
/* An operation that an earlier cut lost is there now, durable and seen; nothing is pending. */
void sim_disk_bring_name(struct sim_disk *disk, const struct sim_name_op *op);
/* The two files under visible names change places at once, with nothing pending. */
void sim_disk_swap(struct sim_disk *disk, unsigned folder, const char *name, const char *other);
/* Takes a name away at once, cached and durable, whatever is pending: damage at rest. */
void sim_disk_lose(struct sim_disk *disk, unsigned folder, const char *name);
/* Takes a folder away with all its names, at once. */
void sim_disk_clear(struct sim_disk *disk, unsigned folder);

/* ---- bytes: disk.c ----------------------------------------------------------------------- */

void sim_inode_write(struct sim_disk *disk, struct sim_inode *inode, uint64_t off,
                     struct hf_span from);
void sim_inode_truncate(struct sim_disk *disk, struct sim_inode *inode, uint64_t size);
/* How many of the bytes at `off` a write can place in blocks that the file already has. */
uint64_t sim_inode_room(const struct sim_inode *inode, uint64_t off, uint64_t len);
/* How many more bytes of blocks a write needs. */
uint64_t sim_inode_need(const struct sim_inode *inode, uint64_t off, uint64_t len);
/* Applies the pending operations up to order number `order` to the durable image. */
void sim_inode_sync(struct sim_disk *disk, struct sim_inode *inode, uint64_t order);
/* The bytes of a DATA operation, until the inode changes; a part of it, [from, to). */
const uint8_t *sim_inode_op_bytes(const struct sim_inode *inode, const struct sim_op *op);
struct sim_op sim_op_part(const struct sim_op *op, uint64_t from, uint64_t to);
/* Applies one operation to the durable image; the caller drops it from the list. */
void sim_inode_apply(struct sim_disk *disk, struct sim_inode *inode, const struct sim_op *op);
/* Drops the first `count` operations, applied or lost. */
void sim_inode_drop_ops(struct sim_inode *inode, size_t count);
/* The cache forgets what no pending operation holds: it shows the disk's bytes again. */
void sim_inode_evict(struct sim_inode *inode);
/* Changes durable and cached bytes alike, with nothing pending: damage at rest. */
void sim_inode_damage(struct sim_inode *inode, uint64_t off, struct hf_span from);
/* The same of the size, downwards. */
void sim_inode_cut_short(struct sim_disk *disk, struct sim_inode *inode, uint64_t size);
/* The inode's blocks on the device are those of its cached size, or none. */
void sim_inode_allocate(struct sim_disk *disk, struct sim_inode *inode, uint64_t size);
/* Whether DATA is pending that touches [from, to), or SIZE if to is 0. */
bool sim_inode_is_pending(const struct sim_inode *inode, uint64_t from, uint64_t to);

/* Walks everything and asserts the invariants above. */
void sim_disk_check(const struct sim_disk *disk);

#endif
