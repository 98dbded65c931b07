/*
 * lie.c - see lie.h.
 */
#include "sim/machine/lie.h"

#include "sim/grow.h"
#include "sim/machine/media.h"

#include <stdlib.h>

/* The bytes of a file, as the last sync said that they were on the disk. */
struct promised_bytes {
    struct sim_inode *inode;
    uint64_t serial;
    struct sim_image image;
    uint64_t from, to; /* what the lies covered */
};

struct promised_name {
    unsigned folder;
    char name[HF_NAME_SIZE_MAX];
    struct sim_inode *inode;
    uint64_t serial, size;
    enum sim_file_class class;
};

struct sim_promises {
    struct promised_bytes *bytes;
    size_t byte_count, byte_capacity;
    struct promised_name *names;
    size_t name_count, name_capacity;
    struct sim_log_copy *log; /* as all of it together says; NULL: nothing is claimed */
};

/* ---- before ------------------------------------------------------------------------------ */

static void
apply(struct promised_bytes *promised, const struct sim_op *op)
{
    struct sim_image *image = &promised->image;

    if (op->kind == SIM_OP_SIZE) {
        sim_image_resize(image, op->off);
        return;
    }
    if (op->off + op->len > image->size)
        sim_image_resize(image, op->off + op->len);
    memcpy(image->at + op->off, sim_inode_op_bytes(promised->inode, op), op->len);
    if (op->off < promised->from)
        promised->from = op->off;
    if (op->off + op->len > promised->to)
        promised->to = op->off + op->len;
}

static void
take_bytes(struct sim_promises *promises, struct sim_inode *inode)
{
    struct promised_bytes *promised;

    sim_grow(&promises->bytes, &promises->byte_capacity, promises->byte_count + 1,
             sizeof *promises->bytes);
    promised = &promises->bytes[promises->byte_count++];
    *promised =
        (struct promised_bytes){ .inode = inode, .serial = inode->serial, .from = UINT64_MAX };
    sim_image_resize(&promised->image, inode->disk.size);
    if (inode->disk.size > 0)
        memcpy(promised->image.at, inode->disk.at, inode->disk.size);
    for (size_t i = 0; i < inode->op_count && inode->ops[i].order <= inode->claimed; i++)
        apply(promised, &inode->ops[i]);
}

static void
take_name(struct sim_promises *promises, const struct sim_name_op *op)
{
    const char *name = op->kind == SIM_NAME_RENAME ? op->to : op->name;
    struct promised_name *promised;

    sim_grow(&promises->names, &promises->name_capacity, promises->name_count + 1,
             sizeof *promises->names);
    promised = &promises->names[promises->name_count++];
    *promised = (struct promised_name){
        .folder = op->folder,
        .inode = op->inode,
        .serial = op->inode->serial,
        .size = op->inode->mem.size,
        .class = op->inode->class,
    };
    memcpy(promised->name, name, sizeof promised->name);
}

/* The bytes that a file has for good, as far as the device says. */
static struct hf_span
promised_bytes(const struct sim_promises *promises, const struct sim_inode *inode)
{
    for (size_t i = 0; i < promises->byte_count; i++) {
        const struct sim_image *image = &promises->bytes[i].image;
        if (promises->bytes[i].inode == inode)
            return hf_span(image->at, image->size);
    }
    return hf_span(inode->disk.at, inode->disk.size);
}

static void
take_log(struct sim_promises *promises, const struct sim_disk *disk)
{
    const struct sim_names *names = &disk->durable;

    promises->log = sim_log_copy_new();
    for (size_t i = 0; i < names->count; i++) {
        const struct sim_name *name = &names->at[i];
        if (name->folder == SIM_FOLDER_MAIN)
            sim_log_copy_add(promises->log, name->name, promised_bytes(promises, name->inode));
    }
    for (size_t i = 0; i < promises->name_count; i++) {
        const struct promised_name *name = &promises->names[i];
        if (name->folder == SIM_FOLDER_MAIN)
            sim_log_copy_add(promises->log, name->name, promised_bytes(promises, name->inode));
    }
}

struct sim_promises *
sim_promises_take(const struct sim_disk *disk)
{
    struct sim_promises *promises = sim_new(sizeof *promises);

    for (size_t i = 0; i < disk->inode_count; i++) {
        struct sim_inode *inode = disk->inodes[i];
        if (inode->links > 0 && inode->op_count > 0 && inode->ops[0].order <= inode->claimed)
            take_bytes(promises, inode);
    }
    for (size_t i = 0; i < disk->name_op_count; i++) {
        const struct sim_name_op *op = &disk->name_ops[i];
        /* One that is no longer visible was taken back since. */
        if (op->order <= disk->folders[op->folder].claimed && op->kind != SIM_NAME_REMOVE &&
            sim_disk_find(disk, op->folder, op->kind == SIM_NAME_RENAME ? op->to : op->name) ==
                op->inode)
            take_name(promises, op);
    }
    if (promises->byte_count + promises->name_count > 0)
        take_log(promises, disk);
    return promises;
}

/* ---- behind ------------------------------------------------------------------------------ */

static bool
judge_bytes(struct sim_machine *machine, const struct promised_bytes *promised)
{
    const struct sim_inode *inode = promised->inode;
    uint64_t from = promised->from, to = promised->to;

    if (inode->links == 0 || inode->serial != promised->serial)
        return false; /* its name is gone, and told */
    if (to > inode->disk.size)
        to = inode->disk.size;
    while (from < to && promised->image.at[from] == inode->disk.at[from])
        from++;
    if (from < to)
        sim_media_enter(machine, SIM_DAMAGE_BYTES, inode, from, to);
    if (inode->disk.size < promised->image.size)
        sim_media_enter(machine, SIM_DAMAGE_MISSING, inode, inode->disk.size,
                        promised->image.size);
    return from < to || inode->disk.size < promised->image.size;
}

static bool
judge_name(struct sim_machine *machine, const struct promised_name *promised)
{
    const struct sim_inode *now =
        sim_disk_find(&machine->disk, promised->folder, promised->name);
    struct sim_entry *entry;

    if (now == promised->inode)
        return false;
    entry = sim_media_enter(machine, SIM_DAMAGE_MISSING, promised->inode, 0, promised->size);
    entry->class = promised->class;
    entry->inode = NULL;
    return true;
}

void
sim_promises_judge(struct sim_promises *promises, struct sim_machine *machine)
{
    unsigned broken = 0;

    for (size_t i = 0; i < promises->byte_count; i++) {
        broken += judge_bytes(machine, &promises->bytes[i]);
        free(promises->bytes[i].image.at);
    }
    for (size_t i = 0; i < promises->name_count; i++)
        broken += judge_name(machine, &promises->names[i]);
    if (broken > 0) {
        sim_media_remember(machine, promises->log);
        promises->log = NULL;
        sim_media_vouch(machine);
        machine->lies_told += broken;
        sim_note(machine, "  ! %u things that were synced are not there", broken);
    }
    sim_log_copy_free(promises->log);
    free(promises->bytes);
    free(promises->names);
    free(promises);
}
