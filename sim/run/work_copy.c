/*
 * work_copy.c - databases that are made of the one under test: opened, looked at through every
 * door, written to, removed.
 *
 *   begun    a crash or an error struck while it was made: no database, or a whole one
 *   made     it is there, whatever crashed since
 *
 * A copy is looked at while no fault strikes: recovery is stormed in the database itself.
 */
#include "base/span.h"
#include "sim/run/run_state.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- looking at one ---------------------------------------------------------------------- */

/* What is not there, or was begun only, is no database. */
static bool
is_no_database(enum hf_err err)
{
    return err == HF_ERR_NOT_FOUND || err == HF_ERR_INVALID;
}

static void
wrong_version(struct sim_run *run, const struct sim_copy *copy, uint64_t version)
{
    char expected[96];

    snprintf(expected, sizeof expected, "a copy of version %" PRIu64 " to %" PRIu64,
             copy->least, copy->most);
    sim_run_break(run, SIM_HOLDS_BACKUP, expected, "it has version %" PRIu64, version);
}

/* Its commits go on behind those that it was made with. */
static void
write_to_it(struct sim_run *run, void *handle, uint64_t last)
{
    struct hf_span key = sim_keyspace_key(run->keyspace, 0);
    struct sim_write write = { .kind = SIM_WRITE_PUT, .key = key, .value = hf_span("x", 1) };
    uint64_t version = 0, read = 0;
    size_t size = 0;
    char byte = 0;
    enum hf_err err = run->guest->commit(handle, &write, 1, HF_DURABLE, &version);

    if (err == HF_OK)
        err = run->guest->get(handle, key, &byte, 1, &size, &read);
    if (err != HF_OK || version != last + 1 || read != version || size != 1 || byte != 'x')
        sim_run_break(run, SIM_HOLDS_BACKUP, "a copy takes the next commit",
                      "%s, version %" PRIu64 " behind %" PRIu64, hf_err_name(err), version,
                      last);
}

static void
keep_first_line(void *context, const char *line)
{
    char *first = context;

    if (first[0] == 0)
        snprintf(first, SIM_ACCOUNT_SIZE, "%s", line);
}

static void
verify_it(struct sim_run *run, void *handle)
{
    char finding[SIM_ACCOUNT_SIZE] = "";
    enum hf_err err = run->guest->verify(handle, keep_first_line, finding);

    if (err != HF_OK && !sim_run_is_deserved(run, err))
        sim_run_break(run, SIM_HOLDS_BACKUP, "verify has no finding in a copy", "%s: %s",
                      hf_err_name(err), finding);
}

/* The doors look at the handle of the run: for this time it is the copy's. */
static void
look_through_doors(struct sim_run *run, void *handle, uint64_t version)
{
    void *own = run->handle;
    uint64_t floor = run->history_floor, limit = run->options.memory_limit;

    run->handle = handle;
    run->history_floor = version;
    run->options.memory_limit = 0;
    run->is_in_copy = true;
    sim_doors_all(run, version);
    run->is_in_copy = false;
    run->handle = own;
    run->history_floor = floor;
    run->options.memory_limit = limit;
}

static void
look_at_opened(struct sim_run *run, const struct sim_copy *copy, void *handle, bool may_write)
{
    uint64_t version = run->guest->last_version(handle);

    sim_run_judged(run, SIM_HOLDS_BACKUP);
    if (version < copy->least || version > copy->most || version > sim_oracle_last(run->oracle))
        wrong_version(run, copy, version);
    if (!run->is_broken)
        look_through_doors(run, handle, version);
    if (!run->is_broken)
        verify_it(run, handle);
    if (!run->is_broken && may_write)
        write_to_it(run, handle, version);
    enum hf_err err = run->guest->close(handle);
    if (err != HF_OK && !run->is_broken && !sim_run_is_deserved(run, err))
        sim_run_break(run, SIM_HOLDS_BACKUP, "a copy is closed", "%s", hf_err_name(err));
}

static struct hf_options
options_of_copy(const struct sim_run *run)
{
    struct hf_options options = run->options;

    if (options.mode == HF_MODE_MEMORY)
        options.mode = HF_MODE_STRICT;
    options.memory_limit = 0;
    options.flags &= ~(unsigned)(HF_CREATE | HF_READ_ONLY);
    return options;
}

void
sim_copy_look(struct sim_run *run, struct sim_copy *copy, const char *path)
{
    struct hf_options options = options_of_copy(run);
    struct hf_recovery report = HF_RECOVERY_INIT;
    struct hf_error error = { .text = "" };
    void *handle;
    bool is_begun = copy->stage == SIM_COPY_BEGUN;

    sim_run_calm(run, true);
    if (sim_draw(run->tape, "copy.read_only", run->step, 4) == 3)
        options.flags |= HF_READ_ONLY;
    enum hf_err err = run->guest->open(&handle, path, &options, &report, &error);
    sim_trace(run->machine, "copy", copy->stage, (uint64_t)(unsigned)-err);
    sim_note(run->machine, "look at %s: %s %.160s", path, hf_err_name(err),
             err == HF_OK ? "" : error.text);
    if (err == HF_OK)
        look_at_opened(run, copy, handle, (options.flags & HF_READ_ONLY) == 0);
    else if (is_begun && is_no_database(err))
        sim_run_judged(run, SIM_HOLDS_BACKUP);
    else if (!sim_run_is_deserved(run, err))
        sim_run_break(run, SIM_HOLDS_BACKUP,
                      is_begun ? "no database, or a whole one" : "the copy opens", "%s: %.300s",
                      hf_err_name(err), error.text);
    copy->stage = SIM_COPY_NONE;
    if (!run->is_broken)
        sim_machine_clear(run->machine, path);
    sim_run_calm(run, false);
}

void
sim_copy_made(struct sim_run *run, struct sim_copy *copy, const char *call, enum hf_err err)
{
    if (!sim_work_may_fail(run, call, err))
        return;
    copy->stage = SIM_COPY_MADE;
    if (sim_draw(run->tape, "copy.look", run->step, 2) == 0)
        sim_copy_look(run, copy, SIM_COPY_PATH);
}

/* ---- checkpoints ------------------------------------------------------------------------- */

void
sim_backup_checkpoint(struct sim_run *run)
{
    struct sim_copy *copy = &run->backups.copy;
    uint64_t version = 0;

    if (copy->stage != SIM_COPY_NONE) {
        sim_copy_look(run, copy, SIM_COPY_PATH);
        return;
    }
    *copy = (struct sim_copy){ SIM_COPY_BEGUN, sim_oracle_kept(run->oracle), UINT64_MAX };
    enum hf_err err = run->guest->checkpoint(run->handle, SIM_COPY_PATH, &version);
    sim_trace(run->machine, "checkpoint", version, (uint64_t)(unsigned)-err);
    sim_note(run->machine, "checkpoint: %s, of version %" PRIu64, hf_err_name(err), version);
    if (run->options.mode == HF_MODE_MEMORY) {
        if (err != HF_ERR_INVALID)
            sim_run_break(run, SIM_HOLDS_ERROR, "a checkpoint of memory mode is INVALID", "%s",
                          hf_err_name(err));
        copy->stage = SIM_COPY_NONE;
        return;
    }
    if (err == HF_OK && (version < copy->least || version > sim_oracle_last(run->oracle))) {
        wrong_version(run, copy, version);
        return;
    }
    if (err == HF_OK) {
        copy->least = copy->most = version;
        sim_oracle_promise(run->oracle, version);
    }
    sim_copy_made(run, copy, "checkpoint", err);
}

/* ---- a second handle --------------------------------------------------------------------- */

void
sim_backup_second(struct sim_run *run)
{
    struct hf_options options = run->options;
    struct hf_recovery report = HF_RECOVERY_INIT;
    struct hf_error error;
    void *handle;

    if (options.mode == HF_MODE_MEMORY)
        return;
    if (sim_draw(run->tape, "second.read_only", run->step, 2) == 1)
        options.flags |= HF_READ_ONLY;
    sim_run_calm(run, true);
    enum hf_err err = run->guest->open(&handle, SIM_MAIN_PATH, &options, &report, &error);
    sim_run_calm(run, false);
    sim_trace(run->machine, "second", options.flags, (uint64_t)(unsigned)-err);
    sim_note(run->machine, "a second handle: %s", hf_err_name(err));
    sim_run_judged(run, SIM_HOLDS_ERROR);
    if (err != HF_ERR_BUSY)
        sim_run_break(run, SIM_HOLDS_ERROR, "a second handle is BUSY", "%s", hf_err_name(err));
}
