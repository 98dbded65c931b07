/*
 * order.c - rules about the order of calls that need no crash to be seen broken.
 *
 * A log file *holds data* if a byte that is not zero stands behind its first sector: header and
 * prepared zeros are none. It is *durable* if its name is, and it holds data on the disk.
 *
 *   rename    a file that holds data has nothing pending under its old name: else the new name
 *             may become durable before what it names
 *   write     data goes into a log file only when its name is durable and its first sector is:
 *             else a sync of the file alone would make commits durable that nobody finds
 *   remove    a log file that holds data goes only when a newer one is durable, and nothing of
 *             its name is pending: else a power cut may keep the removal and lose the successor
 *
 * The first breach is kept. None of the rules depends on what an engine writes, but for the
 * header in the first sector.
 */
#include "base/span.h"
#include "sim/machine_state.h"

#include <string.h>

static bool
is_zero(const uint8_t *at, uint64_t len)
{
    return len == 0 || (at[0] == 0 && memcmp(at, at + 1, len - 1) == 0);
}

static bool
holds_data(const struct sim_image *image)
{
    return image->size > SIM_SECTOR &&
           !is_zero(image->at + SIM_SECTOR, image->size - SIM_SECTOR);
}

static void
breach(struct sim_machine *machine, const char *what)
{
    if (machine->order_breach == NULL)
        machine->order_breach = what;
    sim_note(machine, "  ! %s", what);
}

void
sim_order_rename(struct sim_machine *machine, const struct sim_inode *inode)
{
    if (holds_data(&inode->mem) && inode->op_count > 0)
        breach(machine, "a file was renamed before its bytes and size were synced");
}

void
sim_order_write(struct sim_machine *machine, const struct sim_inode *inode, uint64_t off,
                struct hf_span from)
{
    uint64_t skip = off < SIM_SECTOR ? SIM_SECTOR - off : 0;

    if (inode->class != SIM_FILE_WAL || skip >= from.len ||
        is_zero((const uint8_t *)from.at + skip, from.len - skip))
        return;
    if (!sim_disk_is_settled(&machine->disk, inode))
        breach(machine, "data was written to a log file whose name was not durable");
    else if (sim_inode_is_pending(inode, 0, SIM_SECTOR))
        breach(machine, "data was written to a log file whose header was not durable");
}

void
sim_order_remove(struct sim_machine *machine, const char *name)
{
    const struct sim_names *names = &machine->disk.visible;
    const struct sim_inode *inode = sim_disk_find(&machine->disk, name);

    if (inode == NULL || inode->class != SIM_FILE_WAL || !holds_data(&inode->mem))
        return;
    for (size_t i = 0; i < names->count; i++) {
        const struct sim_inode *other = names->at[i].inode;
        if (other->class == SIM_FILE_WAL && other->serial > inode->serial &&
            sim_disk_is_settled(&machine->disk, other) && holds_data(&other->disk))
            return;
    }
    breach(machine, "a log file was removed before a newer one was durable");
}
