/*
 * vfs_sim_dir.c - the simulated side of vfs_file.h: folders, names, links and locks.
 *
 * See vfs_call.h for how every call goes.
 */
#include "sim/machine/vfs_call.h"

#include "base/assert.h"
#include "base/span.h"
#include "sim/machine/sync_sim.h"
#include "sim/mix.h"
#include "vfs/vfs_env.h"

#include <inttypes.h>

/* ---- folders ----------------------------------------------------------------------------- */

void
sim_vfs_forget(struct sim_machine *machine)
{
    for (struct hf_file *file = machine->files; file != NULL; file = file->next)
        sim_disk_release(&machine->disk, file->inode);
    machine->files = NULL;
    machine->dirs = NULL;
    memset(machine->locks_on, 0, sizeof machine->locks_on);
}

enum hf_err
hf_dir_open(struct hf_dir **out, const char *path, unsigned flags, struct hf_detail *detail)
{
    unsigned number = sim_disk_folder(&sim_machine_current->disk, path);
    struct sim_vfs_call call = sim_vfs_begin(SIM_CALL_OPEN, number, ".", SIM_FILE_DIR, detail);
    struct sim_machine *machine = call.machine;
    struct sim_folder *folder = &machine->disk.folders[number];
    struct hf_dir *dir;

    *out = NULL;
    if (sim_vfs_is_struck(&call, SIM_NAME_ERROR))
        return sim_vfs_fail(&call, HF_ERR_IO, "input/output error");
    if (!folder->exists && (flags & HF_DIR_CREATE) == 0)
        return sim_vfs_fail(&call, HF_ERR_NOT_FOUND, "no such directory");
    if (!folder->exists && sim_vfs_is_read_only(&call))
        return sim_vfs_end(&call, HF_ERR_READ_ONLY);
    if (!folder->exists && sim_vfs_has_no_space(machine))
        return sim_vfs_fail(&call, HF_ERR_FULL, "no space left on device");
    folder->exists = true;
    dir = hf_env_alloc(sizeof *dir);
    if (dir == NULL)
        return sim_vfs_fail(&call, HF_ERR_NO_MEMORY, "no memory");
    *dir = (struct hf_dir){ .next = machine->dirs, .here = &machine->dirs, .folder = number };
    if (dir->next != NULL)
        dir->next->here = &dir->next;
    machine->dirs = dir;
    *out = dir;
    return sim_vfs_end(&call, HF_OK);
}

static void
give_up_lock(struct hf_dir *dir)
{
    struct sim_folder_lock *lock = &sim_machine_current->locks_on[dir->folder];

    if (dir->locks_exclusive)
        lock->is_exclusive = false;
    lock->shared -= dir->locks_shared;
    dir->locks_exclusive = dir->locks_shared = false;
}

void
hf_dir_close(struct hf_dir *dir)
{
    if (dir == NULL)
        return;
    give_up_lock(dir);
    *dir->here = dir->next;
    if (dir->next != NULL)
        dir->next->here = dir->here;
    hf_env_free(dir);
}

enum hf_err
hf_dir_lock(struct hf_dir *dir, bool exclusive, struct hf_detail *detail)
{
    struct sim_vfs_call call =
        sim_vfs_begin(SIM_CALL_LOCK, dir->folder, "LOCK", SIM_FILE_LOCK, detail);
    struct sim_machine *machine = call.machine;
    struct sim_folder_lock *lock = &machine->locks_on[dir->folder];
    struct sim_inode *inode = sim_disk_find(&machine->disk, dir->folder, "LOCK");

    HF_ASSERT(!dir->locks_shared && !dir->locks_exclusive);
    if (sim_vfs_is_struck(&call, SIM_NAME_ERROR))
        return sim_vfs_fail(&call, HF_ERR_IO, "input/output error");
    if (lock->is_exclusive || (exclusive && lock->shared > 0))
        return sim_vfs_fail(&call, HF_ERR_BUSY, "held by process 1");
    dir->locks_exclusive = lock->is_exclusive = exclusive;
    dir->locks_shared = !exclusive;
    lock->shared += !exclusive;
    if (exclusive && inode == NULL && !sim_vfs_has_no_space(machine) &&
        !sim_faults_disk_is_read_only(machine)) {
        inode = sim_disk_create(&machine->disk, dir->folder, "LOCK");
        sim_inode_write(&machine->disk, inode, 0, hf_span("1\n", 2));
        dir->made_lock = true;
    }
    return sim_vfs_end(&call, HF_OK);
}

void
hf_dir_unlock(struct hf_dir *dir)
{
    struct sim_machine *machine = sim_machine_current;

    if (dir->made_lock && sim_disk_find(&machine->disk, dir->folder, "LOCK") != NULL) {
        sim_order_remove(machine, dir->folder, "LOCK");
        sim_disk_remove(&machine->disk, dir->folder, "LOCK");
    }
    dir->made_lock = false;
    give_up_lock(dir);
}

/* ---- names ------------------------------------------------------------------------------- */

/* The visible names of a folder, in an order that the tape draws; the heap's. */
static char (*list_names(struct sim_vfs_call *call, unsigned folder,
                         size_t *count))[HF_NAME_SIZE_MAX]
{
    const struct sim_names *names = &call->machine->disk.visible;
    char(*list)[HF_NAME_SIZE_MAX] =
        sim_heap_alloc(&call->machine->heap, names->count * sizeof *list);
    uint64_t key = sim_vfs_draw(call, "list.order", UINT32_MAX);

    *count = 0;
    for (size_t i = 0; i < names->count; i++) {
        if (names->at[i].folder == folder)
            memcpy(list[(*count)++], names->at[i].name, sizeof *list);
    }
    for (size_t i = *count; key != 0 && i > 1; i--) {
        char swap[HF_NAME_SIZE_MAX];
        size_t j = (size_t)sim_mix_below(sim_mix_in(key, i), i);
        memcpy(swap, list[j], sizeof swap);
        memcpy(list[j], list[i - 1], sizeof swap);
        memcpy(list[i - 1], swap, sizeof swap);
    }
    call->event.content = sim_mix_bytes(list, *count * sizeof *list);
    return list;
}

enum hf_err
hf_dir_list(struct hf_dir *dir, hf_name_fn *visit, void *context, struct hf_detail *detail)
{
    struct sim_vfs_call call =
        sim_vfs_begin(SIM_CALL_LIST, dir->folder, ".", SIM_FILE_DIR, detail);
    char(*list)[HF_NAME_SIZE_MAX];
    size_t count, limit;
    bool is_struck = sim_vfs_is_struck(&call, SIM_NAME_ERROR);
    enum hf_err err;

    list = list_names(&call, dir->folder, &count);
    sim_book_look(&call.machine->book, NULL);
    limit = !is_struck ? count : call.strike.flavour == SIM_BEFORE ? 0 : count / 2;
    call.event.done = limit;
    err = is_struck ? sim_vfs_fail(&call, HF_ERR_IO, "input/output error")
                    : sim_vfs_end(&call, HF_OK);
    for (size_t i = 0; i < limit; i++) {
        enum hf_err stop = visit(context, list[i]);
        if (stop != HF_OK) {
            err = stop;
            break;
        }
    }
    sim_heap_free(&call.machine->heap, list);
    return err;
}

enum hf_err
hf_dir_sync(struct hf_dir *dir, struct hf_detail *detail)
{
    struct sim_vfs_call call =
        sim_vfs_begin(SIM_CALL_DIR_SYNC, dir->folder, ".", SIM_FILE_DIR, detail);
    struct sim_disk *disk = &call.machine->disk;
    uint64_t order = disk->order;

    sim_sync_take_time(call.machine, &call.strike);
    if (sim_vfs_is_struck(&call, SIM_SYNC_ERROR)) {
        if (call.strike.flavour == SIM_DURABLE)
            sim_disk_sync_names(disk, dir->folder, order);
        return sim_vfs_fail(&call, HF_ERR_IO, "input/output error");
    }
    sim_sync_let_others_run(call.machine);
    if (sim_vfs_strikes_half_way(&call)) {
        sim_sync_some_names(call.machine, dir->folder);
        sim_vfs_crash(&call);
    }
    if (sim_vfs_is_lied_to(&call))
        disk->folders[dir->folder].claimed = order;
    else
        sim_disk_sync_names(disk, dir->folder, order);
    return sim_vfs_end(&call, HF_OK);
}

/* Open files go by the name they have now. */
static void
follow_name(struct sim_machine *machine, const struct sim_inode *inode, const char *to)
{
    for (struct hf_file *file = machine->files; file != NULL; file = file->next) {
        if (file->inode != inode)
            continue;
        memcpy(file->name, to, strlen(to) + 1);
        file->tag = sim_vfs_tag(file->folder, to);
    }
}

/* There is nothing but files here. */
enum hf_err
hf_dir_check_name(struct hf_dir *dir, const char *name, struct hf_detail *detail)
{
    (void)dir;
    (void)name;
    (void)detail;
    return HF_OK;
}

enum hf_err
hf_dir_rename(struct hf_dir *dir, const char *from, const char *to, struct hf_detail *detail)
{
    struct sim_vfs_call call =
        sim_vfs_begin(SIM_CALL_RENAME, dir->folder, to, sim_class_of(to), detail);
    bool is_struck = sim_vfs_is_struck(&call, SIM_NAME_ERROR);
    const struct sim_inode *inode;

    call.event.from = from;
    call.event.content = sim_mix_name(from);
    if (sim_vfs_is_read_only(&call))
        return sim_vfs_end(&call, HF_ERR_READ_ONLY);
    if (is_struck && call.strike.flavour == SIM_BEFORE)
        return sim_vfs_fail(&call, HF_ERR_IO, "input/output error");
    inode = sim_disk_find(&call.machine->disk, dir->folder, from);
    if (inode == NULL)
        return sim_vfs_fail(&call, HF_ERR_NOT_FOUND, "no such file");
    sim_order_rename(call.machine, dir->folder, inode, to);
    sim_disk_rename(&call.machine->disk, dir->folder, from, to);
    follow_name(call.machine, inode, to);
    return is_struck ? sim_vfs_fail(&call, HF_ERR_IO, "input/output error")
                     : sim_vfs_end(&call, HF_OK);
}

enum hf_err
hf_dir_link(struct hf_dir *from, const char *name, struct hf_dir *to, struct hf_detail *detail)
{
    struct sim_vfs_call call =
        sim_vfs_begin(SIM_CALL_LINK, to->folder, name, sim_class_of(name), detail);
    struct sim_disk *disk = &call.machine->disk;
    bool is_struck = sim_vfs_is_struck(&call, SIM_NAME_ERROR);

    if (sim_vfs_is_read_only(&call))
        return sim_vfs_end(&call, HF_ERR_READ_ONLY);
    if (is_struck && call.strike.flavour == SIM_BEFORE)
        return sim_vfs_fail(&call, HF_ERR_IO, "input/output error");
    if (sim_disk_find(disk, from->folder, name) == NULL)
        return sim_vfs_fail(&call, HF_ERR_NOT_FOUND, "no such file");
    if (sim_disk_find(disk, to->folder, name) != NULL)
        return sim_vfs_fail(&call, HF_ERR_INVALID, "there is such a file already");
    if (sim_vfs_has_no_space(call.machine))
        return sim_vfs_fail(&call, HF_ERR_FULL, "no space left on device");
    sim_disk_link(disk, from->folder, name, to->folder);
    return is_struck ? sim_vfs_fail(&call, HF_ERR_IO, "input/output error")
                     : sim_vfs_end(&call, HF_OK);
}

enum hf_err
hf_dir_remove(struct hf_dir *dir, const char *name, struct hf_detail *detail)
{
    struct sim_vfs_call call =
        sim_vfs_begin(SIM_CALL_REMOVE, dir->folder, name, sim_class_of(name), detail);
    bool is_struck = sim_vfs_is_struck(&call, SIM_NAME_ERROR);

    if (sim_vfs_is_read_only(&call))
        return sim_vfs_end(&call, HF_ERR_READ_ONLY);
    if (is_struck && call.strike.flavour == SIM_BEFORE)
        return sim_vfs_fail(&call, HF_ERR_IO, "input/output error");
    if (sim_disk_find(&call.machine->disk, dir->folder, name) == NULL)
        return sim_vfs_fail(&call, HF_ERR_NOT_FOUND, "no such file");
    sim_order_remove(call.machine, dir->folder, name);
    sim_disk_remove(&call.machine->disk, dir->folder, name);
    return is_struck ? sim_vfs_fail(&call, HF_ERR_IO, "input/output error")
                     : sim_vfs_end(&call, HF_OK);
}
