/*
 * late_names.c - see late_names.h.
 */
#include "sim/machine/late_names.h"

#include "sim/grow.h"
#include "sim/mix.h"

#include <stdlib.h>
#include <string.h>

#define COMES_ONE_IN 2u /* cuts, of those at which it could */

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

static bool
names_place(const struct sim_name_op *op, unsigned folder, const char *name)
{
    return op->folder == folder && (strcmp(op->name, name) == 0 ||
                                    (op->kind == SIM_NAME_RENAME && strcmp(op->to, name) == 0));
}

/* Whether something that was done later to one of its places is durable. */
static bool
is_void(const struct sim_name_op *op, const struct sim_disk *disk)
{
    for (size_t i = 0; i < disk->settled_count; i++) {
        const struct sim_name_op *later = &disk->settled[i];
        if (later->order > op->order &&
            (names_place(later, op->folder, op->name) ||
             (op->kind == SIM_NAME_RENAME && names_place(later, op->folder, op->to))))
            return true;
    }
    return false;
}

static bool
comes_now(struct sim_tape *tape, const struct sim_name_op *op)
{
    const char *name = op->kind == SIM_NAME_RENAME ? op->to : op->name;
    return sim_draw(tape, "late_name.waits", (uint32_t)sim_mix_name(name), COMES_ONE_IN) == 0;
}

unsigned
sim_late_names_arrive(struct sim_late_names *late, struct sim_disk *disk, struct sim_tape *tape)
{
    bool all_come = sim_draw(tape, "late_name.singly", 0, 2) == 0;
    unsigned count = 0;
    size_t kept = 0;

    for (size_t i = 0; i < late->count; i++) {
        const struct sim_late_name name = late->at[i];
        if (is_void(&name.op, disk)) {
            sim_disk_unpin(disk, name.op.inode);
        } else if (finds_its_place(&name, disk) && (all_come || comes_now(tape, &name.op))) {
            sim_disk_bring_name(disk, &name.op);
            sim_disk_unpin(disk, name.op.inode);
            count++;
        } else {
            late->at[kept++] = name;
        }
    }
    late->count = kept;
    return count;
}

/* ---- being lost -------------------------------------------------------------------------- */

void
sim_late_names_remember(struct sim_late_names *pending, const struct sim_disk *disk)
{
    sim_grow(&pending->at, &pending->capacity, disk->name_op_count, sizeof *pending->at);
    for (size_t i = 0; i < disk->name_op_count; i++) {
        const struct sim_name_op *op = &disk->name_ops[i];
        pending->at[i] = (struct sim_late_name){ .op = *op, .class = op->inode->class };
        sim_disk_pin(op->inode);
    }
    pending->count = disk->name_op_count;
}

void
sim_late_names_keep_lost(struct sim_late_names *late, struct sim_late_names *pending,
                         struct sim_disk *disk, enum sim_file_class class, const bool *survived)
{
    for (size_t i = 0; i < pending->count; i++) {
        const struct sim_late_name *name = &pending->at[i];
        if (survived[i] || (class != SIM_FILE_ANY && class != name->class) ||
            is_void(&name->op, disk)) {
            sim_disk_unpin(disk, name->op.inode);
            continue;
        }
        sim_grow(&late->at, &late->capacity, late->count + 1, sizeof *late->at);
        late->at[late->count] = *name;
        late->at[late->count++].was = serial_at(disk, name->op.folder, name->op.to);
    }
    sim_late_names_fini(pending);
}
