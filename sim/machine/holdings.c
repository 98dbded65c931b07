/*
 * holdings.c - see holdings.h. Files of which cache and disk are the same are left out: it is
 * the others that a crash decides about.
 */
#include "sim/machine/holdings.h"

#include "sim/machine/machine_state.h"

#include <inttypes.h>
#include <stdio.h>

#define LINE_SIZE 160u

/* What is between the cache and the disk of one file. */
struct pending {
    uint64_t writes, bytes, sizes;
    uint64_t from, to; /* what the writes touch */
};

static struct pending
pending_of(const struct sim_inode *inode)
{
    struct pending pending = { .from = UINT64_MAX };

    for (size_t i = 0; i < inode->op_count; i++) {
        const struct sim_op *op = &inode->ops[i];
        if (op->kind == SIM_OP_SIZE) {
            pending.sizes++;
            continue;
        }
        pending.writes++;
        pending.bytes += op->len;
        if (op->off < pending.from)
            pending.from = op->off;
        if (op->off + op->len > pending.to)
            pending.to = op->off + op->len;
    }
    return pending;
}

static bool
is_durable(const struct sim_disk *disk, const struct sim_name *name)
{
    return sim_names_inode(&disk->durable, name->folder, name->name) == name->inode;
}

static void
note_file(struct sim_machine *machine, const struct sim_name *name)
{
    const struct sim_inode *inode = name->inode;
    struct pending pending = pending_of(inode);
    bool has_name = is_durable(&machine->disk, name);
    char writes[LINE_SIZE] = "";

    if (has_name && inode->op_count == 0 && !inode->lossy)
        return;
    if (pending.writes > 0)
        snprintf(writes, sizeof writes,
                 ", pending %" PRIu64 " writes of %" PRIu64 " bytes in %" PRIu64 "..%" PRIu64,
                 pending.writes, pending.bytes, pending.from, pending.to);
    sim_note(machine, "      | %s: %zu bytes, %zu durable%s%s%s%s", name->name, inode->mem.size,
             inode->disk.size, writes, pending.sizes > 0 ? ", the size pending" : "",
             inode->lossy ? ", a failed sync dropped pages" : "",
             has_name ? "" : ", the name not durable");
}

void
sim_holdings_note(struct sim_machine *machine, const char *head)
{
    const struct sim_disk *disk = &machine->disk;

    if (!machine->history.keeps_text)
        return;
    sim_note(machine, "      | %s", head);
    for (size_t i = 0; i < disk->visible.count; i++)
        note_file(machine, &disk->visible.at[i]);
    for (size_t i = 0; i < disk->durable.count; i++) {
        const struct sim_name *name = &disk->durable.at[i];
        if (sim_disk_find(disk, name->folder, name->name) == NULL)
            sim_note(machine, "      | %s: gone, though the disk still has the name",
                     name->name);
    }
}
