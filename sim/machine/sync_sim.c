/*
 * sync_sim.c - see sync_sim.h.
 *
 * A failed sync on Linux marks the pages clean whether or not they reached the disk: reads go
 * on showing the new bytes, the next sync succeeds without writing them, and they are gone when
 * the page is reclaimed or the power fails. Sizes and block maps are journalled and survive.
 */
#include "sim/machine/sync_sim.h"

#include "base/span.h"
#include "sim/machine/cut.h"
#include "sim/mix.h"

void
sim_sync_take_time(struct sim_machine *machine, const struct sim_strike *strike)
{
    if (strike->slow == NULL)
        return;
    sim_faults_fired(machine, strike->slow);
    machine->now_ns += strike->slow->duration * 1000000u;
}

void
sim_sync_let_others_run(struct sim_machine *machine)
{
    if (machine->during == NULL || machine->in_sync || machine->locks > 0 || !machine->is_alive)
        return;
    machine->in_sync = true;
    machine->during(machine->during_context);
    machine->in_sync = false;
}

void
sim_sync_all(struct sim_machine *machine, struct sim_inode *inode, uint64_t order)
{
    for (size_t i = 0; machine->book.count > 0 && i < inode->op_count; i++) {
        const struct sim_op *op = &inode->ops[i];
        if (op->kind == SIM_OP_DATA && op->order <= order)
            sim_book_overwrite(&machine->book, inode, op->off, op->off + op->len);
    }
    sim_inode_sync(&machine->disk, inode, order);
}

void
sim_sync_some(struct sim_machine *machine, struct sim_inode *inode, uint64_t order)
{
    size_t count = 0, some;

    while (count < inode->op_count && inode->ops[count].order <= order)
        count++;
    some = (size_t)sim_draw(machine->tape, "crash.synced", inode->tag, count + 1);
    if (some > 0 && inode->ops[some - 1].kind == SIM_OP_SIZE &&
        sim_cut_grows_with_data(machine->config.personality))
        some--;
    if (some > 0)
        sim_sync_all(machine, inode, inode->ops[some - 1].order);
}

void
sim_sync_some_names(struct sim_machine *machine, unsigned folder)
{
    struct sim_disk *disk = &machine->disk;
    uint64_t count = 0, some, order = 0;

    for (size_t i = 0; i < disk->name_op_count; i++)
        count += disk->name_ops[i].folder == folder;
    some = sim_draw(machine->tape, "crash.synced_names", 0, count + 1);
    for (size_t i = 0; some > 0; i++) {
        if (disk->name_ops[i].folder != folder)
            continue;
        order = disk->name_ops[i].order;
        some--;
    }
    sim_disk_sync_names(disk, folder, order);
}

/* Writes those units of a pending write that get through: none of them if `key` is 0. */
static void
write_some_units(struct sim_machine *machine, struct sim_inode *inode, const struct sim_op *op,
                 uint64_t key)
{
    uint64_t unit = machine->config.sector;
    uint64_t limit = op->off + op->len;

    for (uint64_t from = op->off; from < limit;) {
        uint64_t to = (from / unit + 1) * unit;
        struct sim_op part;
        if (to > limit)
            to = limit;
        part = sim_op_part(op, from, to);
        if (key != 0 && (sim_mix_in(key, from / unit) & 1) != 0)
            sim_inode_apply(&machine->disk, inode, &part);
        from = to;
    }
}

/* Nothing was written, and the cache goes back to what is on the disk, the size too. */
static void
revert(struct sim_disk *disk, struct sim_inode *inode)
{
    sim_inode_drop_ops(inode, inode->op_count);
    sim_image_resize(&inode->mem, inode->disk.size);
    sim_inode_allocate(disk, inode, inode->disk.size);
    sim_inode_evict(inode);
    inode->synced_from = inode->synced_to = 0;
}

enum hf_err
sim_sync_fail(struct sim_machine *machine, struct sim_inode *inode, enum sim_flavour flavour)
{
    uint64_t key;

    if (flavour == SIM_DURABLE) {
        sim_sync_all(machine, inode, machine->disk.order);
        return HF_ERR_IO;
    }
    if (flavour == SIM_REVERT) {
        revert(&machine->disk, inode);
        return HF_ERR_IO;
    }
    key = sim_draw(machine->tape, "sync_error.pages", inode->tag, 16);
    for (size_t i = 0; i < inode->op_count; i++) {
        if (inode->ops[i].kind == SIM_OP_SIZE)
            sim_inode_apply(&machine->disk, inode, &inode->ops[i]);
        else
            write_some_units(machine, inode, &inode->ops[i], key);
    }
    sim_inode_drop_ops(inode, inode->op_count);
    inode->lossy = true;
    inode->synced_from = inode->synced_to = 0;
    if (flavour == SIM_EVICT) {
        inode->evict_due = true;
        if (sim_draw(machine->tape, "sync_error.evict", inode->tag, 2) == 0)
            sim_inode_evict(inode);
    }
    return sim_draw(machine->tape, "sync_error.code", inode->tag, 8) == 7 ? HF_ERR_FULL
                                                                          : HF_ERR_IO;
}
