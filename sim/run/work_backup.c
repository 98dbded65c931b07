/*
 * work_backup.c - snapshots of the workload: taken while writes go on, looked at, restored.
 *
 *   save      holds exactly the commits up to the version that it says, all of them durable
 *   look      a file is what the last save that succeeded made, or, where a later one was
 *             struck, that or another whole one; never anything between
 *   restore   a chain of them makes the database of the last one's version; a chain that does
 *             not join makes nothing
 */
#include "sim/run/run_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SLOT_PATH_SIZE 16u

static void
path_of(char path[SLOT_PATH_SIZE], unsigned index)
{
    snprintf(path, SLOT_PATH_SIZE, "%u.snap", index);
}

void
sim_backup_reset(struct sim_run *run)
{
    run->backups = (struct sim_backups){ .copy = { .stage = SIM_COPY_NONE } };
}

void
sim_backup_forget(struct sim_run *run)
{
    for (unsigned i = 0; i < SIM_SLOTS; i++)
        run->backups.slots[i].is_lost = true;
    if (run->backups.copy.stage != SIM_COPY_NONE)
        sim_machine_clear(run->machine, SIM_COPY_PATH);
    run->backups.copy.stage = SIM_COPY_NONE;
}

void
sim_backup_recovered(struct sim_run *run, uint64_t version)
{
    for (unsigned i = 0; i < SIM_SLOTS; i++) {
        struct sim_slot *slot = &run->backups.slots[i];
        if ((slot->is_made && slot->made.version > version) ||
            (slot->is_unsure && sim_run_is_damaged(run)))
            slot->is_lost = true;
    }
    if (run->backups.copy.stage != SIM_COPY_NONE && sim_run_is_damaged(run)) {
        sim_machine_clear(run->machine, SIM_COPY_PATH);
        run->backups.copy.stage = SIM_COPY_NONE;
    }
}

/* ---- saving ------------------------------------------------------------------------------ */

/* A slot with a snapshot that an incremental one may go on from; NULL: none is known. */
static const struct sim_slot *
choose_base(struct sim_run *run)
{
    unsigned first = (unsigned)sim_draw(run->tape, "snapshot.base", run->step, SIM_SLOTS);

    for (unsigned i = 0; i < SIM_SLOTS; i++) {
        const struct sim_slot *slot = &run->backups.slots[(first + i) % SIM_SLOTS];
        if (slot->is_made && !slot->is_unsure && !slot->is_lost && slot->made.version > 0)
            return slot;
    }
    return NULL;
}

/* Versions below may have lost the deletes that an incremental snapshot needs. */
static bool
may_be_forgotten(const struct sim_run *run, uint64_t base)
{
    uint64_t last = sim_oracle_last(run->oracle), keep = run->options.keep_versions;

    return base <= run->history_floor || (last > keep && base <= last - keep);
}

/* `least`: its base, and the lowest version that it may have. */
static void
saved(struct sim_run *run, struct sim_slot *slot, const struct hf_snapshot *made,
      const struct hf_snapshot *least)
{
    char expected[96];

    if (made->version < least->version || made->version > sim_oracle_last(run->oracle) ||
        made->base != least->base) {
        snprintf(expected, sizeof expected, "since %" PRIu64 ", of version %" PRIu64 " or more",
                 least->base, least->version);
        sim_run_break(run, SIM_HOLDS_BACKUP, expected, "since %" PRIu64 ", of version %" PRIu64,
                      made->base, made->version);
        return;
    }
    *slot = (struct sim_slot){ .is_made = true, .made = *made };
    if (run->options.mode != HF_MODE_MEMORY)
        sim_oracle_promise(run->oracle, made->version);
}

void
sim_backup_snapshot(struct sim_run *run)
{
    unsigned index = (unsigned)sim_draw(run->tape, "snapshot.slot", run->step, SIM_SLOTS);
    struct sim_slot *slot = &run->backups.slots[index];
    bool is_full = sim_draw(run->tape, "snapshot.full", run->step, 3) == 0;
    const struct sim_slot *from = is_full ? NULL : choose_base(run);
    uint64_t base = from == NULL ? 0 : from->made.version;
    struct hf_snapshot made = { 0 }, least = { .version = sim_oracle_kept(run->oracle) };
    char path[SLOT_PATH_SIZE];

    path_of(path, index);
    least.base = base;
    if (!slot->is_unsure || slot->unsure_from > least.version)
        slot->unsure_from = least.version;
    slot->is_unsure = true;
    enum hf_err err = run->guest->snapshot_save(run->handle, base, path, &made);
    sim_trace(run->machine, "snapshot", made.version, (uint64_t)(unsigned)-err);
    sim_note(run->machine, "snapshot %s since %" PRIu64 ": %s, of version %" PRIu64, path, base,
             hf_err_name(err), made.version);
    if (err == HF_OK) {
        saved(run, slot, &made, &least);
    } else if (err != HF_ERR_HISTORY_GONE || !may_be_forgotten(run, base)) {
        sim_work_may_fail(run, "snapshot_save", err);
    }
}

/* ---- looking ----------------------------------------------------------------------------- */

static bool
is_same(const struct hf_snapshot *a, const struct hf_snapshot *b)
{
    return a->version == b->version && a->base == b->base && a->time_us == b->time_us &&
           a->entries == b->entries && a->size == b->size;
}

static void
wrong_file(struct sim_run *run, const char *path, const struct sim_slot *slot,
           const char *found)
{
    char expected[96];

    if (slot->is_made && !slot->is_unsure)
        snprintf(expected, sizeof expected, "%s holds version %" PRIu64, path,
                 slot->made.version);
    else
        snprintf(expected, sizeof expected, "%s is whole, or not there", path);
    sim_run_break(run, SIM_HOLDS_BACKUP, expected, "%s", found);
}

/* A whole snapshot was found: it must be one that was made, or may have been. */
static bool
judge_found(struct sim_run *run, const char *path, const struct sim_slot *slot,
            const struct hf_snapshot *found)
{
    char text[96];
    bool is_made = slot->is_made && is_same(&slot->made, found);
    bool may_be = slot->is_unsure && found->version >= slot->unsure_from &&
                  found->version <= sim_oracle_last(run->oracle);

    sim_run_judged(run, SIM_HOLDS_BACKUP);
    if (is_made || may_be)
        return true;
    snprintf(text, sizeof text, "version %" PRIu64 " since %" PRIu64 ", %" PRIu64 " entries",
             found->version, found->base, found->entries);
    wrong_file(run, path, slot, text);
    return false;
}

/* Reads a slot. True: *found says what is in it, and its bytes are as they were written. */
static bool
look_at_slot(struct sim_run *run, unsigned index, struct hf_snapshot *found)
{
    struct sim_slot *slot = &run->backups.slots[index];
    char path[SLOT_PATH_SIZE];
    struct hf_error error = { .text = "" };

    if (slot->is_lost || (!slot->is_made && !slot->is_unsure))
        return false;
    path_of(path, index);
    enum hf_err err = run->guest->snapshot_check(path, found, &error);
    sim_trace(run->machine, "snapshot_check", index, (uint64_t)(unsigned)-err);
    sim_note(run->machine, "look at %s: %s %.160s", path, hf_err_name(err),
             err == HF_OK ? "" : error.text);
    if (err == HF_OK)
        return judge_found(run, path, slot, found);
    if (err == HF_ERR_NOT_FOUND && !slot->is_made)
        return false;
    if (sim_machine_explains_snapshot(run->machine)) {
        sim_run_judged(run, SIM_HOLDS_DETECTS);
        slot->is_lost = true;
        return false;
    }
    if ((err == HF_ERR_IO || err == HF_ERR_NO_MEMORY) && run->calm_depth == 0)
        sim_work_may_fail(run, "snapshot_check", err);
    else
        wrong_file(run, path, slot, error.text);
    return false;
}

/* ---- restoring --------------------------------------------------------------------------- */

/* Snapshots against the order of a restore: the last one first. */
struct chain {
    unsigned slots[SIM_SLOTS];
    struct hf_snapshot found[SIM_SLOTS]; /* what each of them is */
    unsigned count;
};

static void
chain_add(struct chain *chain, unsigned slot, const struct hf_snapshot *found)
{
    chain->slots[chain->count] = slot;
    chain->found[chain->count++] = *found;
}

/* Whether each leads on from the one before it, the first from nothing. */
static bool
is_whole(const struct chain *chain)
{
    for (unsigned i = 0; i < chain->count; i++) {
        uint64_t before = i + 1 < chain->count ? chain->found[i + 1].version : 0;
        if (chain->found[i].base != before)
            return false;
    }
    return true;
}

/* The slot whose snapshot is of `version`; SIM_SLOTS: none. */
static unsigned
find_version(struct sim_run *run, uint64_t version, struct hf_snapshot *found)
{
    unsigned i = 0;

    for (; i < SIM_SLOTS && !run->is_broken; i++) {
        const struct sim_slot *slot = &run->backups.slots[i];
        bool may_be = slot->is_unsure || (slot->is_made && slot->made.version == version);
        if (may_be && look_at_slot(run, i, found) && found->version == version)
            break;
    }
    return i;
}

/* False: there is nothing to restore. */
static bool
choose_chain(struct sim_run *run, struct chain *chain)
{
    unsigned at = (unsigned)sim_draw(run->tape, "restore.slot", run->step, SIM_SLOTS);
    struct hf_snapshot found;

    *chain = (struct chain){ .count = 0 };
    for (unsigned i = 0; i < SIM_SLOTS; i++, at = (at + 1) % SIM_SLOTS) {
        if (look_at_slot(run, at, &found))
            break;
        if (i + 1 == SIM_SLOTS || run->is_broken)
            return false;
    }
    chain_add(chain, at, &found);
    while (found.base != 0 && chain->count < SIM_SLOTS) {
        at = find_version(run, found.base, &found);
        if (at == SIM_SLOTS)
            return !run->is_broken;
        chain_add(chain, at, &found);
    }
    return !run->is_broken;
}

/*
 * One that is not the last of a whole chain is left out, at the tape's word. If it held
 * nothing, its version being its base, what remains is whole all the same.
 */
static void
break_chain(struct sim_run *run, struct chain *chain)
{
    if (chain->count < 2 || !is_whole(chain) ||
        sim_draw(run->tape, "restore.gap", run->step, 4) != 3)
        return;
    unsigned gap =
        1 + (unsigned)sim_draw(run->tape, "restore.left_out", run->step, chain->count - 1);
    chain->count--;
    for (; gap < chain->count; gap++) {
        chain->slots[gap] = chain->slots[gap + 1];
        chain->found[gap] = chain->found[gap + 1];
    }
}

static enum hf_err
restore(struct sim_run *run, const struct chain *chain, struct hf_error *error)
{
    char paths[SIM_SLOTS][SLOT_PATH_SIZE];
    struct hf_snapshot_input inputs[SIM_SLOTS] = { { 0 } };
    struct hf_snapshot restored;

    for (unsigned i = 0; i < chain->count; i++) {
        path_of(paths[i], chain->slots[chain->count - 1 - i]);
        inputs[i].path = paths[i];
    }
    return run->guest->restore(SIM_COPY_PATH, &run->options, inputs, chain->count, &restored,
                               error);
}

static void
restore_chain(struct sim_run *run, const struct chain *chain)
{
    struct sim_copy *copy = &run->backups.copy, before = *copy;
    uint64_t version = chain->found[0].version;
    bool joins = is_whole(chain);
    struct hf_error error = { .text = "" };

    *copy = (struct sim_copy){ SIM_COPY_BEGUN, version, version };
    if (before.stage == SIM_COPY_BEGUN) { /* that one may be whole, and stay */
        copy->least = before.least < copy->least ? before.least : copy->least;
        copy->most = before.most > copy->most ? before.most : copy->most;
    }
    enum hf_err err = restore(run, chain, &error);
    sim_trace(run->machine, "restore", version, (uint64_t)(unsigned)-err);
    sim_note(run->machine, "restore version %" PRIu64 " from %u snapshots: %s %.160s", version,
             chain->count, hf_err_name(err), err == HF_OK ? "" : error.text);
    if (!joins && err == HF_ERR_INVALID) {
        sim_run_judged(run, SIM_HOLDS_BACKUP);
        *copy = before;
    } else if (before.stage == SIM_COPY_BEGUN && err == HF_ERR_INVALID) {
        /* The one that was begun is whole: only over a database nothing is restored. */
        *copy = before;
        copy->stage = SIM_COPY_MADE;
        sim_copy_look(run, copy, SIM_COPY_PATH);
    } else if (!joins && err == HF_OK) {
        sim_run_break(run, SIM_HOLDS_BACKUP, "snapshots that do not join are INVALID",
                      "they were restored");
    } else if (err != HF_OK && sim_machine_explains_snapshot(run->machine)) {
        sim_run_judged(run, SIM_HOLDS_DETECTS);
    } else {
        if (err == HF_OK)
            copy->least = copy->most = version;
        sim_copy_made(run, copy, "restore", err);
    }
}

void
sim_backup_restore(struct sim_run *run)
{
    struct sim_copy *copy = &run->backups.copy;
    struct chain chain;

    if (copy->stage == SIM_COPY_MADE ||
        (copy->stage == SIM_COPY_BEGUN &&
         sim_draw(run->tape, "restore.look", run->step, 2) == 0)) {
        sim_copy_look(run, copy, SIM_COPY_PATH);
        return;
    }
    if (!choose_chain(run, &chain))
        return;
    break_chain(run, &chain);
    restore_chain(run, &chain);
}
