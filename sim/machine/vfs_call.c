/*
 * vfs_call.c - see vfs_call.h.
 */
#include "sim/machine/vfs_call.h"

#include "base/assert.h"
#include "sim/mix.h"

#include <inttypes.h>

#define LIES_ONE_IN 4u /* syncs */

static const uint32_t cost_ns[SIM_CALL_COUNT] = {
    [SIM_CALL_OPEN] = 5000,    [SIM_CALL_CREATE] = 8000,     [SIM_CALL_READ] = 1000,
    [SIM_CALL_WRITE] = 2000,   [SIM_CALL_SYNC] = 150000,     [SIM_CALL_TRUNCATE] = 5000,
    [SIM_CALL_RENAME] = 10000, [SIM_CALL_REMOVE] = 10000,    [SIM_CALL_LINK] = 10000,
    [SIM_CALL_LIST] = 5000,    [SIM_CALL_SIZE] = 500,        [SIM_CALL_LOCK] = 5000,
    [SIM_CALL_ANY] = 500,      [SIM_CALL_DIR_SYNC] = 150000,
};

_Noreturn void
sim_vfs_crash(struct sim_vfs_call *call)
{
    sim_faults_fired(call->machine, call->strike.crash);
    sim_machine_crash(call->machine, call->strike.crash);
}

static bool
has_halves(enum sim_call call)
{
    return call == SIM_CALL_WRITE || call == SIM_CALL_SYNC || call == SIM_CALL_DIR_SYNC;
}

uint32_t
sim_vfs_tag(unsigned folder, const char *name)
{
    return (uint32_t)sim_mix_name(name) + folder - SIM_FOLDER_MAIN;
}

/* `call` says who and where already. */
static void
begin(struct sim_vfs_call *call, unsigned folder, enum sim_file_class file)
{
    struct sim_machine *machine = sim_machine_current;
    enum sim_call kind = call->event.call;

    HF_ASSERT(machine != NULL);
    call->machine = machine;
    call->event.folder = folder == SIM_FOLDER_MAIN ? NULL : machine->disk.folders[folder].path;
    machine->now_ns += cost_ns[kind];
    call->strike = sim_faults_call(machine, kind, file);
    if (call->strike.crash != NULL &&
        (call->strike.crash_at == SIM_BEFORE ||
         (call->strike.crash_at == SIM_HALF && !has_halves(kind)))) {
        sim_note(machine, "    %s %s: not begun", sim_call_name(kind), call->event.name);
        sim_vfs_crash(call);
    }
}

struct sim_vfs_call
sim_vfs_begin(enum sim_call kind, unsigned folder, const char *name, enum sim_file_class file,
              struct hf_detail *detail)
{
    struct sim_vfs_call call = {
        .event = { .call = kind, .name = name, .tag = sim_vfs_tag(folder, name) },
        .detail = detail,
    };

    begin(&call, folder, file);
    return call;
}

struct sim_vfs_call
sim_vfs_begin_file(enum sim_call kind, const struct hf_file *file, struct hf_detail *detail)
{
    struct sim_vfs_call call = {
        .event = { .call = kind, .name = file->name, .tag = file->tag },
        .detail = detail,
    };

    begin(&call, file->folder, file->inode->class);
    return call;
}

enum hf_err
sim_vfs_end(struct sim_vfs_call *call, enum hf_err err)
{
    call->event.err = err;
    sim_trace_call(call->machine, &call->event);
    if (call->strike.crash != NULL)
        sim_vfs_crash(call);
    if (err == HF_OK)
        return HF_OK;
    return hf_detail_set(call->detail, err, "%s %s at %" PRIu64 ": %s",
                         sim_call_name(call->event.call), call->event.name, call->event.off,
                         call->cause);
}

enum hf_err
sim_vfs_fail(struct sim_vfs_call *call, enum hf_err err, const char *cause)
{
    call->cause = cause;
    return sim_vfs_end(call, err);
}

bool
sim_vfs_is_struck(struct sim_vfs_call *call, enum sim_fault fault)
{
    if (call->strike.error == NULL || call->strike.error->fault != fault)
        return false;
    sim_faults_fired(call->machine, call->strike.error);
    return true;
}

bool
sim_vfs_strikes_half_way(const struct sim_vfs_call *call)
{
    return call->strike.crash != NULL && call->strike.crash_at == SIM_HALF;
}

uint64_t
sim_vfs_draw(struct sim_vfs_call *call, const char *site, uint64_t bound)
{
    return sim_draw(call->machine->tape, site, call->event.tag, bound);
}

bool
sim_vfs_is_read_only(struct sim_vfs_call *call)
{
    call->cause = "read-only file system";
    return sim_faults_disk_is_read_only(call->machine);
}

bool
sim_vfs_is_lied_to(struct sim_vfs_call *call)
{
    return call->machine->config.device == SIM_LIAR && !call->machine->calm &&
           sim_vfs_draw(call, "liar", LIES_ONE_IN) == LIES_ONE_IN - 1;
}

bool
sim_vfs_has_no_space(const struct sim_machine *machine)
{
    return sim_faults_disk_is_full(machine) ||
           (!machine->calm && machine->config.disk_bytes != 0 &&
            machine->disk.allocated >= machine->config.disk_bytes);
}
