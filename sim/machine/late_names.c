/*
 * late_names.c - see late_names.h.
 */
#include "sim/machine/late_names.h"

#include "sim/grow.h"

#include <stdlib.h>
#include <string.h>

void
sim_late_names_fini(struct sim_late_names *late)
{
    free(late->at);
    *late = (struct sim_late_names){ 0 };
}

void
sim_late_names_drop(struct sim_late_names *late, struct sim_disk *disk, unsigned folder)
{
    size_t kept = 0;

    for (size_t i = 0; i < late->count; i++) {
        const struct sim_late_name *name = &late->at[i];
        if (folder == SIM_FOLDER_ANY || name->op.folder == folder)
            sim_disk_unpin(disk, name->op.inode);
        else
            late->at[kept++] = *name;
    }
    late->count = kept;
}

/* ---- arriving ---------------------------------------------------------------------------- */

/* Which inode a name stands for on the disk; 0: none. */
static uint64_t
serial_at(const struct sim_disk *disk, unsigned folder, const char *name)
{
    const struct sim_inode *inode = sim_names_inode(&disk->durable, folder, name);
    return inode == NULL ? 0 : inode->serial;
}

static bool
finds_its_place(const struct sim_late_name *late, const struct sim_disk *disk)
{
    const struct sim_name_op *op = &late->op;
    uint64_t there = serial_at(disk, op->folder, op->name);

    if (!disk->folders[op->folder].exists)
        return false;
    switch (op->kind) {
    case SIM_NAME_CREATE:
        return there == 0;
    case SIM_NAME_REMOVE:
        return there == op->inode->serial;
    case SIM_NAME_RENAME:
        return there == op->inode->serial && serial_at(disk, op->folder, op->to) == late->was;
    }
    return false;
}

unsigned
sim_late_names_arrive(struct sim_late_names *late, struct sim_disk *disk)
{
    unsigned count = 0;

    for (size_t i = 0; i < late->count; i++) {
        if (!finds_its_place(&late->at[i], disk))
            continue;
        sim_disk_bring_name(disk, &late->at[i].op);
        count++;
    }
    sim_late_names_drop(late, disk, SIM_FOLDER_ANY);
    return count;
}

/* ---- being lost -------------------------------------------------------------------------- */

void
sim_late_names_remember(struct sim_late_names *late, const struct sim_disk *disk)
{
    sim_grow(&late->at, &late->capacity, disk->name_op_count, sizeof *late->at);
    for (size_t i = 0; i < disk->name_op_count; i++) {
        const struct sim_name_op *op = &disk->name_ops[i];
        late->at[i] = (struct sim_late_name){ .op = *op, .class = op->inode->class };
        sim_disk_pin(op->inode);
    }
    late->count = disk->name_op_count;
}

static bool
names_place(const struct sim_name_op *op, unsigned folder, const char *name)
{
    return op->folder == folder && (strcmp(op->name, name) == 0 ||
                                    (op->kind == SIM_NAME_RENAME && strcmp(op->to, name) == 0));
}

/* Whether something that was done later to one of its places has survived: then it cannot come
 * any more. */
static bool
is_superseded(const struct sim_late_names *late, size_t index, const bool *survived)
{
    const struct sim_name_op *op = &late->at[index].op;

    for (size_t i = index + 1; i < late->count; i++) {
        const struct sim_name_op *later = &late->at[i].op;
        if (survived[i] &&
            (names_place(later, op->folder, op->name) ||
             (op->kind == SIM_NAME_RENAME && names_place(later, op->folder, op->to))))
            return true;
    }
    return false;
}

void
sim_late_names_keep_lost(struct sim_late_names *late, struct sim_disk *disk,
                         enum sim_file_class class, const bool *survived)
{
    struct sim_late_names lost = { 0 };

    sim_grow(&lost.at, &lost.capacity, late->count, sizeof *lost.at);
    for (size_t i = 0; i < late->count; i++) {
        const struct sim_late_name *name = &late->at[i];
        if (survived[i] || (class != SIM_FILE_ANY && class != name->class) ||
            is_superseded(late, i, survived)) {
            sim_disk_unpin(disk, name->op.inode);
            continue;
        }
        lost.at[lost.count] = *name;
        lost.at[lost.count++].was = serial_at(disk, name->op.folder, name->op.to);
    }
    sim_late_names_fini(late);
    *late = lost;
}
