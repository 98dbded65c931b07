/*
 * machine.c - lives, crashes, the clock, and the judge's questions.
 *
 * A crash leaves the engine by longjmp, from inside whatever VFS call it struck, and the life
 * is over: its handles and its memory go at once, then the disk becomes what the crash leaves.
 * Nothing of a life is unwound, as nothing is in reality.
 */
#include "sim/machine/machine.h"

#include "base/assert.h"
#include "base/span.h"
#include "sim/grow.h"
#include "sim/machine/cut.h"
#include "sim/machine/holdings.h"
#include "sim/machine/lie.h"
#include "sim/machine/machine_state.h"
#include "sim/machine/media.h"
#include "sim/mix.h"

#include <stdlib.h>

struct sim_machine *sim_machine_current;

static void
forget_misreads(struct sim_machine *machine)
{
    sim_log_copy_free(machine->log_seen);
    machine->log_seen = NULL;
    machine->misread_toll = (struct sim_toll){ .least = UINT64_MAX };
}

struct sim_machine *
sim_machine_open(void)
{
    return sim_new(sizeof(struct sim_machine));
}

void
sim_machine_close(struct sim_machine *machine)
{
    if (machine == NULL)
        return;
    HF_ASSERT(!machine->is_alive);
    if (sim_machine_current == machine)
        sim_machine_current = NULL;
    sim_disk_fini(&machine->disk);
    sim_heap_fini(&machine->heap);
    sim_book_fini(&machine->book);
    sim_machine_settle(machine);
    sim_late_fini(&machine->late);
    sim_late_names_fini(&machine->late_names);
    sim_shelf_fini(&machine->shelf);
    sim_history_fini(&machine->history);
    sim_faults_fini(&machine->faults);
    free(machine);
}

static bool
brings_late_names(const struct sim_machine *machine)
{
    for (unsigned i = 0; i < machine->config.rule_count; i++) {
        if (machine->config.rules[i].fault == SIM_LATE_NAME)
            return sim_cut_admits_late_names(machine->config.personality);
    }
    return false;
}

void
sim_machine_reset(struct sim_machine *machine, const struct sim_machine_config *config,
                  struct sim_tape *tape)
{
    HF_ASSERT(!machine->is_alive);
    machine->config = *config;
    if (machine->config.sector == 0)
        machine->config.sector = SIM_SECTOR;
    machine->tape = tape;
    machine->now_ns = 0;
    machine->steps = 0;
    machine->entropy = 0;
    machine->phase = SIM_PHASE_RUN;
    machine->calm = false;
    machine->order_breach = NULL;
    machine->during = NULL;
    machine->stuck = NULL;
    machine->leaks = 0;
    sim_disk_reset(&machine->disk);
    sim_heap_reset(&machine->heap);
    sim_book_reset(&machine->book);
    sim_machine_settle(machine);
    machine->shelf.count = machine->late.count = machine->late_names.count = 0;
    machine->arrivals = machine->lies_told = 0;
    machine->wall_offset_us = machine->wall_frozen_until = 0;
    machine->disk.keeps_settled = brings_late_names(machine);
    sim_history_reset(&machine->history);
    sim_faults_reset(machine);
    sim_machine_current = machine;
}

/* ---- lives ------------------------------------------------------------------------------- */

_Noreturn void
sim_machine_crash(struct sim_machine *machine, const struct sim_rule *rule)
{
    HF_ASSERT(machine->is_alive);
    machine->end_rule = rule;
    longjmp(machine->end, 1);
}

_Noreturn void
sim_machine_stop(struct sim_machine *machine, const char *why)
{
    HF_ASSERT(machine->is_alive);
    machine->end_rule = NULL;
    machine->stuck = why;
    longjmp(machine->end, 1);
}

/* The bias that has its way in this cut: the last rule of the kind that acts. */
static const struct sim_rule *
bias(struct sim_machine *machine, enum sim_fault fault)
{
    const struct sim_rule *chosen = NULL;

    for (unsigned i = 0; i < machine->faults.rule_count; i++) {
        struct sim_rule *rule = &machine->faults.rules[i];
        if (rule->fault != fault || !sim_faults_at_crash(machine, rule))
            continue;
        sim_faults_fired(machine, rule);
        chosen = rule;
    }
    return chosen;
}

static void
bring_late(struct sim_machine *machine)
{
    unsigned writes, names;

    if (machine->late.count > 0) {
        writes = sim_late_arrive(&machine->late);
        machine->arrivals += writes;
        sim_note(machine, "  ! %u late writes arrive", writes);
    }
    if (machine->late_names.count > 0) {
        names = sim_late_names_arrive(&machine->late_names, &machine->disk, machine->tape);
        machine->arrivals += names;
        sim_note(machine, "  ! %u late names arrive", names);
    }
}

/* What comes late of an earlier cut comes behind this one, and is not what this one loses. */
static void
cut_and_bring_late(struct sim_machine *machine, struct sim_cut *cut)
{
    const struct sim_rule *write = bias(machine, SIM_LATE_WRITE);
    const struct sim_rule *name =
        sim_cut_admits_late_names(cut->personality) ? bias(machine, SIM_LATE_NAME) : NULL;
    struct sim_disk *disk = &machine->disk;
    struct sim_late lost = { 0 };
    struct sim_late_names lost_names = { 0 };
    size_t capacity = 0;

    if (write != NULL)
        sim_late_remember(&lost, disk, write->file);
    if (name != NULL) {
        sim_late_names_remember(&lost_names, disk);
        sim_grow(&cut->names_survive, &capacity, lost_names.count, sizeof *cut->names_survive);
    }
    sim_cut_power(disk, machine->tape, cut);
    bring_late(machine);
    if (write != NULL)
        sim_late_keep_lost(&lost);
    if (name != NULL)
        sim_late_names_keep_lost(&machine->late_names, &lost_names, disk, name->file,
                                 cut->names_survive);
    free(cut->names_survive);
    disk->settled_count = 0;
    sim_late_fini(&machine->late);
    machine->late = lost;
}

static void
cut_power(struct sim_machine *machine, const struct sim_rule *rule)
{
    struct sim_cut cut = {
        .personality = machine->config.personality,
        .unit = machine->config.sector,
        .is_atomic = machine->config.device == SIM_PLP_NVME,
        .survive = rule->survive,
        .survive_of = rule->survive_of,
        .each = rule->survives_each,
        .torn = bias(machine, SIM_TORN_WRITE),
        .names = bias(machine, SIM_LOST_NAME),
    };
    struct sim_promises *promises =
        machine->config.device == SIM_LIAR ? sim_promises_take(&machine->disk) : NULL;

    cut_and_bring_late(machine, &cut);
    if (promises != NULL)
        sim_promises_judge(promises, machine);
}

/* The system reclaims what a failed sync made it forget, at the latest now. */
static void
evict_all(struct sim_disk *disk)
{
    for (size_t i = 0; i < disk->inode_count; i++) {
        if (disk->inodes[i]->links > 0 && disk->inodes[i]->evict_due)
            sim_inode_evict(disk->inodes[i]);
    }
}

/* The files that a cut left, for the timeline. */
static void
note_left(struct sim_machine *machine)
{
    const struct sim_names *names = &machine->disk.visible;

    for (size_t i = 0; i < names->count; i++)
        sim_note(machine, "      | left: %s, %zu bytes", names->at[i].name,
                 names->at[i].inode->mem.size);
}

/* What is left of a life when it ended, however it did. */
static enum sim_end
finish_life(struct sim_machine *machine, bool returned)
{
    const struct sim_rule *rule = machine->end_rule;
    enum sim_end end = SIM_STUCK;

    machine->is_alive = false;
    machine->leaks = returned ? machine->heap.live : 0;
    sim_vfs_forget(machine);
    sim_heap_reset(&machine->heap);
    evict_all(&machine->disk);
    if (returned) {
        end = SIM_RETURNED;
    } else if (rule != NULL) {
        end = rule->fault == SIM_POWER_CUT ? SIM_CUT_OFF : SIM_KILLED;
        sim_note(machine, "  * %s", end == SIM_CUT_OFF ? "the power is gone" : "killed");
    }
    if (end == SIM_CUT_OFF) {
        sim_holdings_note(machine, "what a power cut decides about:");
        cut_power(machine, rule);
        note_left(machine);
    }
#ifdef HF_CHECK
    sim_disk_check(&machine->disk);
#endif
    sim_trace(machine, "life", end, machine->disk.visible.count);
    return end;
}

enum sim_end
sim_machine_life(struct sim_machine *machine, void (*run)(void *), void *context)
{
    HF_ASSERT(machine == sim_machine_current && !machine->is_alive);
    machine->is_alive = true;
    machine->in_sync = false;
    forget_misreads(machine);
    machine->locks = 0;
    machine->in_other = false;
    machine->stuck = NULL;
    machine->end_rule = NULL;
    machine->manifest_read.inode = NULL;
    if (setjmp(machine->end) != 0)
        return finish_life(machine, false);
    run(context);
    return finish_life(machine, true);
}

const char *
sim_machine_stuck(const struct sim_machine *machine)
{
    return machine->stuck;
}

uint64_t
sim_machine_leaks(const struct sim_machine *machine)
{
    return machine->leaks;
}

/* ---- steps and phases -------------------------------------------------------------------- */

void
sim_machine_clear(struct sim_machine *machine, const char *path)
{
    unsigned folder = sim_disk_folder(&machine->disk, path);

    sim_disk_clear(&machine->disk, folder);
    sim_late_names_drop(&machine->late_names, &machine->disk, folder);
    sim_trace(machine, "clear", 0, machine->disk.visible.count);
    sim_note(machine, "%s is removed", path);
}

void
sim_machine_phase(struct sim_machine *machine, enum sim_phase phase)
{
    machine->phase = phase;
}

void
sim_machine_step(struct sim_machine *machine)
{
    struct sim_rule *crash;

    machine->steps++;
    sim_trace(machine, "step", machine->steps, 0);
    sim_media_shelve(machine);
    crash = sim_faults_step(machine);
    if (crash == NULL || !machine->is_alive)
        return;
    machine->faults.file = SIM_FILE_ANY; /* it strikes between two calls */
    machine->faults.field = NULL;
    sim_faults_fired(machine, crash);
    sim_machine_crash(machine, crash);
}

unsigned
sim_machine_at_rest(struct sim_machine *machine)
{
    HF_ASSERT(!machine->is_alive);
    return machine->calm ? 0 : sim_media_strike(machine);
}

void
sim_machine_calm(struct sim_machine *machine, bool calm)
{
    machine->calm = calm;
}

uint64_t
sim_machine_now_us(const struct sim_machine *machine)
{
    return machine->now_ns / 1000;
}

void
sim_machine_sleep_us(struct sim_machine *machine, uint64_t us)
{
    machine->now_ns += us * 1000;
}

void
sim_machine_on_sync(struct sim_machine *machine, void (*during)(void *), void *context)
{
    machine->during = during;
    machine->during_context = context;
}

bool
sim_machine_other(struct sim_machine *machine, void (*act)(void *), void *context)
{
    bool returned = false;

    HF_ASSERT(machine->in_sync && !machine->in_other);
    machine->in_other = true;
    if (setjmp(machine->other) == 0) {
        act(context);
        returned = true;
    }
    machine->in_other = false;
    return returned;
}

/* ---- what the judge may ask -------------------------------------------------------------- */

uint64_t
sim_machine_disk_hash(const struct sim_machine *machine)
{
    const struct sim_disk *disk = &machine->disk;
    uint64_t sum = 0;

    for (unsigned i = 0; i < disk->folder_count; i++)
        sum += disk->folders[i].exists ? sim_mix_name(disk->folders[i].path) : 0;
    for (size_t i = 0; i < disk->visible.count; i++) {
        const struct sim_name *name = &disk->visible.at[i];
        const struct sim_image *bytes = &name->inode->mem;
        sum += sim_mix_in(sim_mix_in(sim_mix_name(name->name), name->folder),
                          sim_mix_bytes(bytes->at, bytes->size));
    }
    return sum;
}

unsigned
sim_machine_count_files(const struct sim_machine *machine, enum sim_file_class class)
{
    const struct sim_names *names = &machine->disk.visible;
    unsigned count = 0;

    for (size_t i = 0; i < names->count; i++)
        count += names->at[i].folder == SIM_FOLDER_MAIN && names->at[i].inode->class == class;
    return count;
}

uint64_t
sim_machine_calls(const struct sim_machine *machine)
{
    return machine->faults.call_total;
}

/* Whether `needle` is in [from, to) of the durable bytes. */
static bool
holds(const struct sim_inode *inode, uint64_t from, uint64_t to, struct hf_span needle)
{
    const uint8_t *at, *limit;

    if (to > inode->disk.size)
        to = inode->disk.size;
    if (needle.len == 0 || from >= to || to - from < needle.len)
        return false;
    at = inode->disk.at + from;
    limit = inode->disk.at + to - needle.len + 1;
    while (at < limit) {
        at = memchr(at, *(const uint8_t *)needle.at, (size_t)(limit - at));
        if (at == NULL)
            return false;
        if (memcmp(at, needle.at, needle.len) == 0)
            return true;
        at++;
    }
    return false;
}

/* What was synced last is where to look first. */
bool
sim_machine_is_durable(struct sim_machine *machine, struct hf_span needle)
{
    const struct sim_names *names = &machine->disk.durable;

    for (size_t i = names->count; i > 0; i--) {
        const struct sim_inode *inode = names->at[i - 1].inode;
        if (names->at[i - 1].folder == SIM_FOLDER_MAIN &&
            inode->synced_from < inode->synced_to &&
            holds(inode, inode->synced_from, inode->synced_to, needle))
            return true;
    }
    for (size_t i = names->count; i > 0; i--) {
        const struct sim_inode *inode = names->at[i - 1].inode;
        if (names->at[i - 1].folder == SIM_FOLDER_MAIN &&
            holds(inode, 0, inode->disk.size, needle))
            return true;
    }
    return false;
}

uint64_t
sim_machine_fingerprint(const struct sim_machine *machine)
{
    const struct sim_names *names = &machine->disk.visible;
    uint64_t sum = 0; /* of hashes: in no order */

    for (size_t i = 0; i < names->count; i++) {
        const struct sim_image *image = &names->at[i].inode->mem;
        if (names->at[i].folder == SIM_FOLDER_MAIN &&
            names->at[i].inode->class != SIM_FILE_LOCK)
            sum += sim_mix_in(sim_mix_name(names->at[i].name),
                              sim_mix_bytes(image->at, image->size));
    }
    return sum;
}

const char *
sim_machine_order_breach(const struct sim_machine *machine)
{
    return machine->order_breach;
}

struct sim_ledger
sim_machine_ledger(const struct sim_machine *machine)
{
    return sim_book_sum(&machine->book);
}

bool
sim_machine_explains(struct sim_machine *machine)
{
    return sim_book_explains(&machine->book, false);
}

bool
sim_machine_is_spared(const struct sim_machine *machine)
{
    return sim_book_is_spared(&machine->book);
}

bool
sim_machine_explains_snapshot(struct sim_machine *machine)
{
    return sim_book_explains(&machine->book, true);
}

bool
sim_machine_is_read_only(const struct sim_machine *machine)
{
    return sim_faults_disk_is_read_only(machine);
}

bool
sim_machine_is_full(const struct sim_machine *machine)
{
    return sim_faults_disk_is_full(machine);
}

uint64_t
sim_machine_late_arrivals(const struct sim_machine *machine)
{
    return machine->arrivals;
}

bool
sim_machine_was_lied_to(const struct sim_machine *machine)
{
    return machine->lies_told > 0;
}

bool
sim_machine_is_newer(const struct sim_machine *machine)
{
    return sim_book_is_newer(&machine->book);
}

void
sim_machine_settle(struct sim_machine *machine)
{
    sim_log_copy_free(machine->log_before);
    machine->log_before = NULL;
    machine->toll = (struct sim_toll){ .least = UINT64_MAX };
    sim_book_settle(&machine->book);
    forget_misreads(machine);
}

uint64_t
sim_machine_least_saved(const struct sim_machine *machine)
{
    return machine->toll.least;
}

uint64_t
sim_machine_least_opened(const struct sim_machine *machine)
{
    const struct sim_toll *toll = &machine->toll, *misread = &machine->misread_toll;
    uint64_t least = toll->is_told ? UINT64_MAX : toll->least;

    return !misread->is_told && misread->least < least ? misread->least : least;
}

const struct sim_coverage *
sim_machine_coverage(const struct sim_machine *machine)
{
    return &machine->faults.coverage;
}

uint64_t
sim_machine_fault_count(const struct sim_machine *machine, enum sim_fault fault)
{
    HF_ASSERT(fault < SIM_FAULT_COUNT);
    return machine->faults.fired[fault];
}
