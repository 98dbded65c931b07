/*
 * vfs_sim.c - the simulated side of vfs_file.h: the calls of an engine on a machine's files.
 *
 * Every call goes the same way:
 *
 *   begin    the clock moves, the rules are asked, a crash may strike before the effect
 *   effect   on the disk (disk.h), in whole, in part, or not at all where a rule says so
 *   end      the outcome is traced, a crash may strike after the effect
 *
 * A crash half way leaves a part of a write, some of what a sync covers, or, of a call that has
 * no halves, nothing.
 */
#include "vfs/vfs_file.h"

#include "base/assert.h"
#include "base/span.h"
#include "sim/machine_state.h"
#include "sim/mix.h"
#include "sim/sync_sim.h"
#include "vfs/vfs_env.h"

#include <inttypes.h>

struct hf_dir {
    struct hf_dir *next, **here; /* in the machine's list */
    bool locks_shared, locks_exclusive;
};

struct hf_file {
    struct hf_file *next, **here; /* in the machine's list */
    struct sim_inode *inode;
    bool is_writable;
    char name[HF_NAME_SIZE_MAX];
};

/* One call under way. */
struct call {
    struct sim_machine *machine;
    struct sim_strike strike;
    struct sim_event event;
    struct hf_detail *detail;
    const char *cause; /* of a failure, for people */
};

static const uint32_t cost_ns[SIM_CALL_COUNT] = {
    [SIM_CALL_OPEN] = 5000,    [SIM_CALL_CREATE] = 8000,     [SIM_CALL_READ] = 1000,
    [SIM_CALL_WRITE] = 2000,   [SIM_CALL_SYNC] = 150000,     [SIM_CALL_TRUNCATE] = 5000,
    [SIM_CALL_RENAME] = 10000, [SIM_CALL_REMOVE] = 10000,    [SIM_CALL_LIST] = 5000,
    [SIM_CALL_ANY] = 500,      [SIM_CALL_DIR_SYNC] = 150000,
};

/* ---- how every call goes ----------------------------------------------------------------- */

_Noreturn static void
crash(struct call *call)
{
    sim_faults_fired(call->machine, call->strike.crash);
    sim_machine_crash(call->machine, call->strike.crash);
}

static bool
has_halves(enum sim_call call)
{
    return call == SIM_CALL_WRITE || call == SIM_CALL_SYNC || call == SIM_CALL_DIR_SYNC;
}

static struct call
begin(enum sim_call kind, const char *name, enum sim_file_class file, struct hf_detail *detail)
{
    struct sim_machine *machine = sim_machine_current;
    struct call call = { .machine = machine, .detail = detail };

    HF_ASSERT(machine != NULL);
    machine->now_ns += cost_ns[kind];
    call.event = (struct sim_event){
        .call = kind,
        .name = name,
        .tag = (uint32_t)sim_mix_name(name),
    };
    call.strike = sim_faults_call(machine, kind, file);
    if (call.strike.crash != NULL &&
        (call.strike.crash_at == SIM_BEFORE ||
         (call.strike.crash_at == SIM_HALF && !has_halves(kind)))) {
        sim_note(machine, "    %s %s: not begun", sim_call_name(kind), name);
        crash(&call);
    }
    return call;
}

static struct call
begin_file(enum sim_call kind, struct hf_file *file, uint64_t off, uint64_t len,
           struct hf_detail *detail)
{
    struct call call = begin(kind, file->name, file->inode->class, detail);

    call.event.off = off;
    call.event.len = len;
    return call;
}

static enum hf_err
end(struct call *call, enum hf_err err)
{
    call->event.err = err;
    sim_trace_call(call->machine, &call->event);
    if (call->strike.crash != NULL)
        crash(call);
    if (err == HF_OK)
        return HF_OK;
    return hf_detail_set(call->detail, err, "%s %s at %" PRIu64 ": %s",
                         sim_call_name(call->event.call), call->event.name, call->event.off,
                         call->cause);
}

static enum hf_err
fail(struct call *call, enum hf_err err, const char *cause)
{
    call->cause = cause;
    return end(call, err);
}

/* The rule that fails the call or makes it short has its way. */
static bool
is_struck_by(struct call *call, enum sim_fault fault)
{
    if (call->strike.error == NULL || call->strike.error->fault != fault)
        return false;
    sim_faults_fired(call->machine, call->strike.error);
    return true;
}

static bool
strikes_half_way(const struct call *call)
{
    return call->strike.crash != NULL && call->strike.crash_at == SIM_HALF;
}

static uint64_t
draw(struct call *call, const char *site, uint64_t bound)
{
    return sim_draw(call->machine->tape, site, call->event.tag, bound);
}

static bool
has_no_space(const struct sim_machine *machine)
{
    return sim_faults_disk_is_full(machine) ||
           (!machine->calm && machine->config.disk_bytes != 0 &&
            machine->disk.allocated >= machine->config.disk_bytes);
}

/* ---- the directory ----------------------------------------------------------------------- */

void
sim_vfs_forget(struct sim_machine *machine)
{
    for (struct hf_file *file = machine->files; file != NULL; file = file->next)
        sim_disk_release(&machine->disk, file->inode);
    machine->files = NULL;
    machine->dirs = NULL;
    machine->locked_exclusive = false;
    machine->locked_shared = 0;
}

enum hf_err
hf_dir_open(struct hf_dir **out, const char *path, unsigned flags, struct hf_detail *detail)
{
    struct call call = begin(SIM_CALL_OPEN, path, SIM_FILE_DIR, detail);
    struct sim_machine *machine = call.machine;
    struct hf_dir *dir;

    *out = NULL;
    if (is_struck_by(&call, SIM_NAME_ERROR))
        return fail(&call, HF_ERR_IO, "input/output error");
    if (!machine->has_directory && (flags & HF_DIR_CREATE) == 0)
        return fail(&call, HF_ERR_NOT_FOUND, "no such directory");
    if (!machine->has_directory && has_no_space(machine))
        return fail(&call, HF_ERR_FULL, "no space left on device");
    machine->has_directory = true;
    dir = hf_env_alloc(sizeof *dir);
    if (dir == NULL)
        return fail(&call, HF_ERR_NO_MEMORY, "no memory");
    *dir = (struct hf_dir){ .next = machine->dirs, .here = &machine->dirs };
    if (dir->next != NULL)
        dir->next->here = &dir->next;
    machine->dirs = dir;
    *out = dir;
    return end(&call, HF_OK);
}

void
hf_dir_close(struct hf_dir *dir)
{
    struct sim_machine *machine = sim_machine_current;

    if (dir == NULL)
        return;
    if (dir->locks_exclusive)
        machine->locked_exclusive = false;
    machine->locked_shared -= dir->locks_shared;
    *dir->here = dir->next;
    if (dir->next != NULL)
        dir->next->here = dir->here;
    hf_env_free(dir);
}

enum hf_err
hf_dir_lock(struct hf_dir *dir, bool exclusive, struct hf_detail *detail)
{
    struct sim_machine *machine = sim_machine_current;
    struct sim_inode *inode = sim_disk_find(&machine->disk, "LOCK");

    HF_ASSERT(!dir->locks_shared && !dir->locks_exclusive);
    sim_trace(machine, "lock", exclusive, machine->locked_shared);
    if (machine->locked_exclusive || (exclusive && machine->locked_shared > 0))
        return hf_detail_set(detail, HF_ERR_BUSY, "lock: held by process 1");
    dir->locks_exclusive = machine->locked_exclusive = exclusive;
    dir->locks_shared = !exclusive;
    machine->locked_shared += !exclusive;
    if (exclusive && inode == NULL && !has_no_space(machine)) {
        inode = sim_disk_create(&machine->disk, "LOCK");
        sim_inode_write(&machine->disk, inode, 0, hf_span("1\n", 2));
    }
    return HF_OK;
}

/* The visible names, in an order that the tape draws; the heap's. */
static char (*list_names(struct call *call, size_t *count))[HF_NAME_SIZE_MAX]
{
    const struct sim_names *names = &call->machine->disk.visible;
    char(*list)[HF_NAME_SIZE_MAX] =
        sim_heap_alloc(&call->machine->heap, names->count * sizeof *list);
    uint64_t key = draw(call, "list.order", UINT32_MAX);

    *count = names->count;
    for (size_t i = 0; i < names->count; i++)
        memcpy(list[i], names->at[i].name, sizeof list[i]);
    for (size_t i = names->count; key != 0 && i > 1; i--) {
        char swap[HF_NAME_SIZE_MAX];
        size_t j = (size_t)sim_mix_below(sim_mix_in(key, i), i);
        memcpy(swap, list[j], sizeof swap);
        memcpy(list[j], list[i - 1], sizeof swap);
        memcpy(list[i - 1], swap, sizeof swap);
    }
    call->event.content = sim_mix_bytes(list, names->count * sizeof *list);
    return list;
}

enum hf_err
hf_dir_list(struct hf_dir *dir, hf_name_fn *visit, void *context, struct hf_detail *detail)
{
    struct call call = begin(SIM_CALL_LIST, ".", SIM_FILE_DIR, detail);
    char(*list)[HF_NAME_SIZE_MAX];
    size_t count, limit;
    bool is_struck = is_struck_by(&call, SIM_NAME_ERROR);
    enum hf_err err;

    (void)dir;
    list = list_names(&call, &count);
    sim_book_look(&call.machine->book, NULL);
    limit = !is_struck ? count : call.strike.flavour == SIM_BEFORE ? 0 : count / 2;
    call.event.done = limit;
    err = is_struck ? fail(&call, HF_ERR_IO, "input/output error") : end(&call, HF_OK);
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
    struct call call = begin(SIM_CALL_DIR_SYNC, ".", SIM_FILE_DIR, detail);
    struct sim_disk *disk = &call.machine->disk;
    uint64_t order = disk->order;

    (void)dir;
    sim_sync_take_time(call.machine, &call.strike);
    if (is_struck_by(&call, SIM_SYNC_ERROR)) {
        if (call.strike.flavour == SIM_DURABLE)
            sim_disk_sync_names(disk, order);
        return fail(&call, HF_ERR_IO, "input/output error");
    }
    sim_sync_let_others_run(call.machine);
    if (strikes_half_way(&call)) {
        sim_sync_some_names(call.machine);
        crash(&call);
    }
    sim_disk_sync_names(disk, order);
    return end(&call, HF_OK);
}

/* Open files go by the name they have now. */
static void
follow_name(struct sim_machine *machine, const struct sim_inode *inode, const char *to)
{
    for (struct hf_file *file = machine->files; file != NULL; file = file->next) {
        if (file->inode == inode)
            memcpy(file->name, to, strlen(to) + 1);
    }
}

enum hf_err
hf_dir_rename(struct hf_dir *dir, const char *from, const char *to, struct hf_detail *detail)
{
    struct call call = begin(SIM_CALL_RENAME, to, sim_class_of(to), detail);
    bool is_struck = is_struck_by(&call, SIM_NAME_ERROR);
    const struct sim_inode *inode;

    (void)dir;
    call.event.content = sim_mix_name(from);
    if (is_struck && call.strike.flavour == SIM_BEFORE)
        return fail(&call, HF_ERR_IO, "input/output error");
    inode = sim_disk_find(&call.machine->disk, from);
    if (inode == NULL)
        return fail(&call, HF_ERR_NOT_FOUND, "no such file");
    sim_order_rename(call.machine, inode, to);
    sim_disk_rename(&call.machine->disk, from, to);
    follow_name(call.machine, inode, to);
    return is_struck ? fail(&call, HF_ERR_IO, "input/output error") : end(&call, HF_OK);
}

/* A machine has one directory: there is none to link to. */
enum hf_err
hf_dir_link(struct hf_dir *from, const char *name, struct hf_dir *to, struct hf_detail *detail)
{
    (void)from, (void)to;
    return hf_detail_set(detail, HF_ERR_IO, "link %s: no links between directories", name);
}

enum hf_err
hf_dir_remove(struct hf_dir *dir, const char *name, struct hf_detail *detail)
{
    struct call call = begin(SIM_CALL_REMOVE, name, sim_class_of(name), detail);
    bool is_struck = is_struck_by(&call, SIM_NAME_ERROR);

    (void)dir;
    if (is_struck && call.strike.flavour == SIM_BEFORE)
        return fail(&call, HF_ERR_IO, "input/output error");
    if (sim_disk_find(&call.machine->disk, name) == NULL)
        return fail(&call, HF_ERR_NOT_FOUND, "no such file");
    sim_order_remove(call.machine, name);
    sim_disk_remove(&call.machine->disk, name);
    return is_struck ? fail(&call, HF_ERR_IO, "input/output error") : end(&call, HF_OK);
}

/* ---- files ------------------------------------------------------------------------------- */

/* The inode of a file to read, or a new one; NULL with the failure already told. */
static struct sim_inode *
find_or_create(struct call *call, enum hf_file_open how, enum hf_err *err)
{
    struct sim_machine *machine = call->machine;
    const char *name = call->event.name;
    struct sim_inode *inode = sim_disk_find(&machine->disk, name);
    bool is_struck = is_struck_by(call, SIM_NAME_ERROR);

    if (is_struck && (call->strike.flavour == SIM_BEFORE || how != HF_FILE_CREATE))
        *err = fail(call, HF_ERR_IO, "input/output error");
    else if (how != HF_FILE_CREATE && inode == NULL)
        *err = fail(call, HF_ERR_NOT_FOUND, "no such file");
    else if (how == HF_FILE_CREATE && inode != NULL)
        *err = fail(call, HF_ERR_INVALID, "there is such a file already");
    else if (how == HF_FILE_CREATE && has_no_space(machine))
        *err = fail(call, HF_ERR_FULL, "no space left on device");
    else if (how != HF_FILE_CREATE)
        return inode;
    else {
        inode = sim_disk_create(&machine->disk, name);
        if (!is_struck)
            return inode;
        *err = fail(call, HF_ERR_IO, "input/output error");
    }
    return NULL;
}

enum hf_err
hf_file_open(struct hf_file **out, struct hf_dir *dir, const char *name, enum hf_file_open how,
             struct hf_detail *detail)
{
    struct call call = begin(how != HF_FILE_CREATE ? SIM_CALL_OPEN : SIM_CALL_CREATE, name,
                             sim_class_of(name), detail);
    struct sim_machine *machine = call.machine;
    struct hf_file *file;
    enum hf_err err = HF_OK;

    (void)dir;
    *out = NULL;
    sim_book_look(&machine->book, NULL);
    file = hf_env_alloc(sizeof *file);
    if (file == NULL)
        return fail(&call, HF_ERR_NO_MEMORY, "no memory");
    *file = (struct hf_file){ .next = machine->files, .here = &machine->files };
    file->is_writable = how != HF_FILE_READ;
    file->inode = find_or_create(&call, how, &err);
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
    return end(&call, HF_OK);
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
    struct sim_machine *machine = sim_machine_current;

    (void)detail;
    sim_book_look(&machine->book, file->inode);
    *size = file->inode->mem.size;
    sim_trace(machine, "size", file->inode->tag, *size);
    return HF_OK;
}

/* A sector of what is read turns out unreadable. */
static void
place_read_error(struct call *call, const struct sim_inode *inode, uint64_t len)
{
    uint64_t first = call->event.off / SIM_SECTOR;
    uint64_t limit = (call->event.off + len + SIM_SECTOR - 1) / SIM_SECTOR;
    uint64_t sector = first + draw(call, "read_error.sector", limit - first);
    struct sim_entry *entry =
        sim_book_add(&call->machine->book,
                     call->strike.flavour == SIM_STICKY ? SIM_DAMAGE_BAD : SIM_DAMAGE_ONCE,
                     inode, sector * SIM_SECTOR, (sector + 1) * SIM_SECTOR);
    entry->is_read = true;
}

enum hf_err
hf_file_read(struct hf_file *file, uint64_t off, void *to, size_t len, size_t *got,
             struct hf_detail *detail)
{
    struct call call = begin_file(SIM_CALL_READ, file, off, len, detail);
    const struct sim_inode *inode = file->inode;
    uint64_t there = off < inode->mem.size ? inode->mem.size - off : 0;

    *got = 0;
    if (there < len)
        sim_book_look(&call.machine->book, inode);
    if (len > there)
        len = there;
    if (len > 0 && is_struck_by(&call, SIM_READ_ERROR)) {
        place_read_error(&call, inode, len);
        return fail(&call, HF_ERR_IO, "input/output error");
    }
    if (len > 1 && is_struck_by(&call, SIM_SHORT_READ))
        len = 1 + (size_t)draw(&call, "short_read.len", len - 1);
    if (len > 0 && sim_book_read(&call.machine->book, inode, off, off + len))
        return fail(&call, HF_ERR_IO, "input/output error");
    if (len > 0)
        memcpy(to, inode->mem.at + off, len);
    *got = len;
    call.event.done = len;
    call.event.content = sim_mix_bytes(to, len);
    return end(&call, HF_OK);
}

/* How many of `len` bytes there is space for. */
static uint64_t
space_for(const struct call *call, const struct sim_inode *inode, uint64_t len)
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
fail_write(struct call *call, struct sim_inode *inode, struct hf_span from)
{
    uint64_t first = 0, limit = from.len;

    if (call->strike.flavour == SIM_BEFORE)
        limit = 0;
    if (call->strike.flavour == SIM_HALF) {
        limit = draw(call, "write_error.limit", from.len + 1);
        first = draw(call, "write_error.first", limit + 1);
    }
    sim_inode_write(&call->machine->disk, inode, call->event.off + first,
                    hf_span((const uint8_t *)from.at + first, limit - first));
    return fail(call, HF_ERR_IO, "input/output error");
}

/* There is space for `space` bytes only: as the system, a short write, or FULL; or FULL with a
 * part of it written. */
static enum hf_err
write_until_full(struct call *call, struct sim_inode *inode, struct hf_span from, size_t *put)
{
    uint64_t choice = from.len == 0 ? 0 : draw(call, "disk_full.part", 3);

    call->event.content = choice;
    if (choice == 0)
        return fail(call, HF_ERR_FULL, "no space left on device");
    sim_inode_write(&call->machine->disk, inode, call->event.off, from);
    if (choice == 1)
        return fail(call, HF_ERR_FULL, "no space left on device");
    *put = from.len;
    call->event.done = from.len;
    return end(call, HF_OK);
}

enum hf_err
hf_file_write(struct hf_file *file, uint64_t off, struct hf_span from, size_t *put,
              struct hf_detail *detail)
{
    struct call call = begin_file(SIM_CALL_WRITE, file, off, from.len, detail);
    struct sim_machine *machine = call.machine;
    struct sim_inode *inode = file->inode;
    uint64_t space;

    HF_ASSERT(file->is_writable);
    *put = 0;
    sim_order_write(machine, inode, off, from);
    if (from.len > 1 && strikes_half_way(&call)) {
        from.len = (size_t)draw(&call, "crash.part", from.len);
        sim_inode_write(&machine->disk, inode, off, from);
        sim_note(machine, "    write %s at %" PRIu64 ": %zu bytes, and", file->name, off,
                 from.len);
        crash(&call);
    }
    if (is_struck_by(&call, SIM_WRITE_ERROR))
        return fail_write(&call, inode, from);
    if (from.len > 1 && is_struck_by(&call, SIM_SHORT_WRITE))
        from.len = 1 + (size_t)draw(&call, "short_write.len", from.len - 1);
    space = space_for(&call, inode, from.len);
    if (space < from.len)
        return write_until_full(&call, inode, hf_span(from.at, (size_t)space), put);
    sim_inode_write(&machine->disk, inode, off, from);
    *put = from.len;
    call.event.done = from.len;
    call.event.content = sim_mix_bytes(from.at, from.len);
    return end(&call, HF_OK);
}

enum hf_err
hf_file_sync(struct hf_file *file, struct hf_detail *detail)
{
    struct call call = begin_file(SIM_CALL_SYNC, file, 0, 0, detail);
    struct sim_machine *machine = call.machine;
    struct sim_inode *inode = file->inode;
    uint64_t order = machine->disk.order;

    sim_sync_take_time(machine, &call.strike);
    if (is_struck_by(&call, SIM_SYNC_ERROR)) {
        enum hf_err err = sim_sync_fail(machine, inode, call.strike.flavour);
        return fail(&call, err,
                    err == HF_ERR_IO ? "input/output error" : "no space left on device");
    }
    sim_sync_let_others_run(machine);
    if (strikes_half_way(&call)) {
        sim_sync_some(machine, inode, order);
        crash(&call);
    }
    sim_sync_all(machine, inode, order);
    call.event.done = inode->synced_to;
    return end(&call, HF_OK);
}

enum hf_err
hf_file_truncate(struct hf_file *file, uint64_t size, struct hf_detail *detail)
{
    struct call call = begin_file(SIM_CALL_TRUNCATE, file, size, 0, detail);
    bool is_struck = is_struck_by(&call, SIM_WRITE_ERROR);

    HF_ASSERT(file->is_writable);
    if (is_struck && call.strike.flavour == SIM_BEFORE)
        return fail(&call, HF_ERR_IO, "input/output error");
    sim_inode_truncate(&call.machine->disk, file->inode, size);
    return is_struck ? fail(&call, HF_ERR_IO, "input/output error") : end(&call, HF_OK);
}
