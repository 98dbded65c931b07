/*
 * vfs_sim.c - the simulated side of vfs_file.h: the calls of an engine on a machine's files.
 *
 * See vfs_call.h for how every call goes, and vfs_sim_dir.c for folders and names.
 */
#include "sim/machine/vfs_call.h"

#include "base/assert.h"
#include "base/span.h"
#include "sim/copy.h"
#include "sim/machine/media.h"
#include "sim/machine/sync_sim.h"
#include "sim/mix.h"
#include "vfs/vfs_env.h"

#include <inttypes.h>

/* ---- files ------------------------------------------------------------------------------- */

static struct sim_vfs_call
begin_file(enum sim_call kind, struct hf_file *file, uint64_t off, uint64_t len,
           struct hf_detail *detail)
{
    struct sim_vfs_call call = sim_vfs_begin_file(kind, file, detail);

    call.event.off = off;
    call.event.len = len;
    return call;
}

/* The inode of a file to read, or a new one; NULL with the failure already told. */
static struct sim_inode *
find_or_create(struct sim_vfs_call *call, unsigned folder, enum hf_file_open how,
               enum hf_err *err)
{
    struct sim_machine *machine = call->machine;
    const char *name = call->event.name;
    struct sim_inode *inode = sim_disk_find(&machine->disk, folder, name);
    bool is_struck = sim_vfs_is_struck(call, SIM_NAME_ERROR);

    if (is_struck && (call->strike.flavour == SIM_BEFORE || how != HF_FILE_CREATE))
        *err = sim_vfs_fail(call, HF_ERR_IO, "input/output error");
    else if (how != HF_FILE_CREATE && inode == NULL)
        *err = sim_vfs_fail(call, HF_ERR_NOT_FOUND, "no such file");
    else if (how == HF_FILE_CREATE && inode != NULL)
        *err = sim_vfs_fail(call, HF_ERR_INVALID, "there is such a file already");
    else if (how == HF_FILE_CREATE && sim_vfs_is_read_only(call))
        *err = sim_vfs_end(call, HF_ERR_READ_ONLY);
    else if (how == HF_FILE_CREATE && sim_vfs_has_no_space(machine))
        *err = sim_vfs_fail(call, HF_ERR_FULL, "no space left on device");
    else if (how != HF_FILE_CREATE)
        return inode;
    else {
        inode = sim_disk_create(&machine->disk, folder, name);
        if (!is_struck)
            return inode;
        *err = sim_vfs_fail(call, HF_ERR_IO, "input/output error");
    }
    return NULL;
}

enum hf_err
hf_file_open(struct hf_file **out, struct hf_dir *dir, const char *name, enum hf_file_open how,
             struct hf_detail *detail)
{
    struct sim_vfs_call call =
        sim_vfs_begin(how != HF_FILE_CREATE ? SIM_CALL_OPEN : SIM_CALL_CREATE, dir->folder,
                      name, sim_class_of(name), detail);
    struct sim_machine *machine = call.machine;
    struct hf_file *file;
    enum hf_err err = HF_OK;

    *out = NULL;
    sim_book_look(&machine->book, NULL);
    file = hf_env_alloc(sizeof *file);
    if (file == NULL)
        return sim_vfs_fail(&call, HF_ERR_NO_MEMORY, "no memory");
    *file = (struct hf_file){ .next = machine->files,
                              .here = &machine->files,
                              .folder = dir->folder,
                              .tag = call.event.tag };
    file->is_writable = how != HF_FILE_READ;
    file->inode = find_or_create(&call, dir->folder, how, &err);
    if (file->inode == NULL) {
        hf_env_free(file);
        return err;
    }
    memcpy(file->name, name, strlen(name) + 1);
    call.event.name = file->name;
    sim_disk_hold(file->inode);
    if (file->next != NULL)
        file->next->here = &file->next;
    machine->files = file;
    *out = file;
    return sim_vfs_end(&call, HF_OK);
}

void
hf_file_close(struct hf_file *file)
{
    if (file == NULL)
        return;
    sim_disk_release(&sim_machine_current->disk, file->inode);
    *file->here = file->next;
    if (file->next != NULL)
        file->next->here = file->here;
    hf_env_free(file);
}

enum hf_err
hf_file_size(struct hf_file *file, uint64_t *size, struct hf_detail *detail)
{
    struct sim_vfs_call call = begin_file(SIM_CALL_SIZE, file, 0, 0, detail);

    *size = 0;
    sim_book_look(&call.machine->book, file->inode);
    if (sim_vfs_is_struck(&call, SIM_NAME_ERROR))
        return sim_vfs_fail(&call, HF_ERR_IO, "input/output error");
    *size = call.event.done = file->inode->mem.size;
    return sim_vfs_end(&call, HF_OK);
}

/* A sector of what is read turns out unreadable. */
static void
place_read_error(struct sim_vfs_call *call, const struct sim_inode *inode, uint64_t len)
{
    uint64_t first = call->event.off / SIM_SECTOR;
    uint64_t limit = (call->event.off + len + SIM_SECTOR - 1) / SIM_SECTOR;
    uint64_t sector = first + sim_vfs_draw(call, "read_error.sector", limit - first);
    struct sim_entry *entry =
        sim_book_add(&call->machine->book,
                     call->strike.flavour == SIM_STICKY ? SIM_DAMAGE_BAD : SIM_DAMAGE_ONCE,
                     inode, sector * SIM_SECTOR, (sector + 1) * SIM_SECTOR);
    entry->is_read = true;
}

/* One sector of what is read shows another one, of the same file or of one that is open. */
static void
read_elsewhere(struct sim_vfs_call *call, const struct sim_inode *inode, uint8_t *to,
               uint64_t len)
{
    struct sim_machine *machine = call->machine;
    const struct sim_names *names = &machine->disk.visible;
    const struct sim_inode *other =
        names->at[sim_vfs_draw(call, "stale_read.file", names->count)].inode;
    uint64_t from = sim_vfs_draw(call, "stale_read.at", len) / SIM_SECTOR * SIM_SECTOR;
    uint64_t count, there;

    if (sim_vfs_draw(call, "stale_read.own", 2) == 0 || other->mem.size < SIM_SECTOR)
        other = inode;
    there = sim_vfs_draw(call, "stale_read.from", other->mem.size / SIM_SECTOR + 1);
    there *= SIM_SECTOR;
    count = len - from < SIM_SECTOR ? len - from : SIM_SECTOR;
    if (count > other->mem.size - there)
        count = other->mem.size - there;
    if (count == 0 || memcmp(to + from, other->mem.at + there, count) == 0)
        return;
    memcpy(to + from, other->mem.at + there, count);
    sim_media_misread(machine, call->event.folder == NULL ? call->event.name : "", inode,
                      call->event.off + from, call->event.off + from + count);
    (void)sim_vfs_is_struck(call, SIM_STALE_READ);
}

enum hf_err
hf_file_read(struct hf_file *file, uint64_t off, void *to, size_t len, size_t *got,
             struct hf_detail *detail)
{
    struct sim_vfs_call call = begin_file(SIM_CALL_READ, file, off, len, detail);
    const struct sim_inode *inode = file->inode;
    uint64_t there = off < inode->mem.size ? inode->mem.size - off : 0;

    *got = 0;
    if (there < len)
        sim_book_look(&call.machine->book, inode);
    if (len > there)
        len = there;
    if (len > 0 && sim_vfs_is_struck(&call, SIM_READ_ERROR)) {
        place_read_error(&call, inode, len);
        return sim_vfs_fail(&call, HF_ERR_IO, "input/output error");
    }
    if (len > 1 && sim_vfs_is_struck(&call, SIM_SHORT_READ))
        len = 1 + (size_t)sim_vfs_draw(&call, "short_read.len", len - 1);
    if (len > 0 && sim_book_read(&call.machine->book, inode, off, off + len))
        return sim_vfs_fail(&call, HF_ERR_IO, "input/output error");
    if (len > 0)
        sim_copy(to, inode->mem.at + off, len);
    if (len > 0 && call.strike.error != NULL && call.strike.error->fault == SIM_STALE_READ)
        read_elsewhere(&call, inode, to, len);
    *got = len;
    call.event.done = len;
    call.event.content = sim_mix_bytes(to, len);
    return sim_vfs_end(&call, HF_OK);
}

/* How many of `len` bytes there is space for. */
static uint64_t
space_for(const struct sim_vfs_call *call, const struct sim_inode *inode, uint64_t len)
{
    const struct sim_machine *machine = call->machine;
    uint64_t room = sim_inode_room(inode, call->event.off, len);
    uint64_t limit = machine->config.disk_bytes;

    if (sim_faults_disk_is_full(machine))
        return room;
    if (limit == 0 || machine->calm)
        return len;
    if (machine->disk.allocated + sim_inode_need(inode, call->event.off, len) <= limit)
        return len;
    if (limit > machine->disk.allocated)
        room += (limit - machine->disk.allocated) / SIM_SECTOR * SIM_SECTOR;
    return room < len ? room : len;
}

/* A write that fails: nothing, some part or all of it is in the file all the same. */
static enum hf_err
fail_write(struct sim_vfs_call *call, struct sim_inode *inode, struct hf_span from)
{
    uint64_t first = 0, limit = from.len;

    if (call->strike.flavour == SIM_BEFORE)
        limit = 0;
    if (call->strike.flavour == SIM_HALF) {
        limit = sim_vfs_draw(call, "write_error.limit", from.len + 1);
        first = sim_vfs_draw(call, "write_error.first", limit + 1);
    }
    sim_inode_write(&call->machine->disk, inode, call->event.off + first,
                    hf_span((const uint8_t *)from.at + first, limit - first));
    return sim_vfs_fail(call, HF_ERR_IO, "input/output error");
}

/* There is space for `space` bytes only: as the system, a short write, or FULL; or FULL with a
 * part of it written. */
static enum hf_err
write_until_full(struct sim_vfs_call *call, struct sim_inode *inode, struct hf_span from,
                 size_t *put)
{
    uint64_t choice = from.len == 0 ? 0 : sim_vfs_draw(call, "disk_full.part", 3);

    call->event.content = choice;
    if (choice == 0)
        return sim_vfs_fail(call, HF_ERR_FULL, "no space left on device");
    sim_inode_write(&call->machine->disk, inode, call->event.off, from);
    if (choice == 1)
        return sim_vfs_fail(call, HF_ERR_FULL, "no space left on device");
    *put = from.len;
    call->event.done = from.len;
    return sim_vfs_end(call, HF_OK);
}

enum hf_err
hf_file_write(struct hf_file *file, uint64_t off, struct hf_span from, size_t *put,
              struct hf_detail *detail)
{
    struct sim_vfs_call call = begin_file(SIM_CALL_WRITE, file, off, from.len, detail);
    struct sim_machine *machine = call.machine;
    struct sim_inode *inode = file->inode;
    uint64_t space;

    HF_ASSERT(file->is_writable);
    *put = 0;
    sim_order_write(machine, file->folder, inode, off, from);
    if (from.len > 1 && sim_vfs_strikes_half_way(&call)) {
        from.len = (size_t)sim_vfs_draw(&call, "crash.part", from.len);
        sim_inode_write(&machine->disk, inode, off, from);
        sim_note(machine, "    write %s at %" PRIu64 ": %zu bytes, and", file->name, off,
                 from.len);
        sim_vfs_crash(&call);
    }
    if (sim_vfs_is_read_only(&call))
        return sim_vfs_end(&call, HF_ERR_READ_ONLY);
    if (sim_vfs_is_struck(&call, SIM_WRITE_ERROR))
        return fail_write(&call, inode, from);
    if (from.len > 1 && sim_vfs_is_struck(&call, SIM_SHORT_WRITE))
        from.len = 1 + (size_t)sim_vfs_draw(&call, "short_write.len", from.len - 1);
    space = space_for(&call, inode, from.len);
    if (space < from.len)
        return write_until_full(&call, inode, hf_span(from.at, (size_t)space), put);
    sim_inode_write(&machine->disk, inode, off, from);
    *put = from.len;
    call.event.done = from.len;
    call.event.content = sim_mix_bytes(from.at, from.len);
    return sim_vfs_end(&call, HF_OK);
}

enum hf_err
hf_file_sync(struct hf_file *file, struct hf_detail *detail)
{
    struct sim_vfs_call call = begin_file(SIM_CALL_SYNC, file, 0, 0, detail);
    struct sim_machine *machine = call.machine;
    struct sim_inode *inode = file->inode;
    uint64_t order = machine->disk.order;

    sim_sync_take_time(machine, &call.strike);
    if (sim_vfs_is_struck(&call, SIM_SYNC_ERROR)) {
        enum hf_err err = sim_sync_fail(machine, inode, call.strike.flavour);
        return sim_vfs_fail(
            &call, err, err == HF_ERR_IO ? "input/output error" : "no space left on device");
    }
    sim_sync_let_others_run(machine);
    if (sim_vfs_strikes_half_way(&call)) {
        sim_sync_some(machine, inode, order);
        sim_vfs_crash(&call);
    }
    if (sim_vfs_is_lied_to(&call))
        inode->claimed = order;
    else
        sim_sync_all(machine, inode, order);
    call.event.done = inode->synced_to;
    return sim_vfs_end(&call, HF_OK);
}

enum hf_err
hf_file_truncate(struct hf_file *file, uint64_t size, struct hf_detail *detail)
{
    struct sim_vfs_call call = begin_file(SIM_CALL_TRUNCATE, file, size, 0, detail);
    bool is_struck = sim_vfs_is_struck(&call, SIM_WRITE_ERROR);

    HF_ASSERT(file->is_writable);
    if (sim_vfs_is_read_only(&call))
        return sim_vfs_end(&call, HF_ERR_READ_ONLY);
    if (is_struck && call.strike.flavour == SIM_BEFORE)
        return sim_vfs_fail(&call, HF_ERR_IO, "input/output error");
    sim_inode_truncate(&call.machine->disk, file->inode, size);
    return is_struck ? sim_vfs_fail(&call, HF_ERR_IO, "input/output error")
                     : sim_vfs_end(&call, HF_OK);
}
