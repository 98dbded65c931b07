/*
 * work_salvage.c - what salvage makes of a database: it never invents, and says what was lost.
 *
 *   a whole copy         all of it, and nothing lost
 *   what a crash left    a prefix of the commits, as an open may show, or with commits that an
 *                        open without room gave up, but had to leave on the disk; or, where it
 *                        tells of a loss, all that was promised and some of what came behind it
 *   what is damaged      values that were written to their keys at some time; without a loss
 *                        that is told, a prefix again
 */
#include "base/span.h"
#include "sim/grow.h"
#include "sim/run/run_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- every value that was ever written --------------------------------------------------- */

void
sim_attempts_note(struct sim_run *run, const struct sim_change *change)
{
    struct sim_attempts *attempts = &run->attempts;

    sim_grow(&attempts->at, &attempts->capacity, attempts->count + 1, sizeof *attempts->at);
    attempts->at[attempts->count++] = *change;
}

static bool
was_written(const struct sim_run *run, uint32_t key, struct hf_span value)
{
    const struct sim_attempts *attempts = &run->attempts;

    for (size_t i = attempts->count; i > 0; i--) {
        const struct sim_change *change = &attempts->at[i - 1];
        if (change->key == key && sim_stamp_matches(value, change->size, change->stamp))
            return true;
    }
    return false;
}

/* ---- what was saved ---------------------------------------------------------------------- */

/* The result, and what it is held against. */
struct look {
    struct sim_run *run;
    void *view;
    const struct sim_copy *range; /* of versions that may be there, as far as they exist */
    bool must_be_whole;           /* one of them exactly; else nothing below them is missing */
    bool is_damaged;              /* ... or all that can be said is that nothing is invented */
    uint64_t version;
};

/* What a key shows, NULL nothing, is what it had at the version, or no older than promised. */
static bool
is_right(const struct look *look, uint32_t key, const struct hf_item *item)
{
    const struct sim_oracle *oracle = look->run->oracle;
    struct sim_state exact = sim_oracle_state(oracle, key, look->version);
    struct sim_state least = sim_oracle_state(oracle, key, look->range->least);
    struct sim_state newest = sim_oracle_state(oracle, key, sim_oracle_last(oracle));

    if (look->must_be_whole && item == NULL)
        return !exact.present;
    if (look->must_be_whole)
        return exact.present && exact.version == item->version &&
               sim_stamp_matches(item->value, exact.size, exact.stamp);
    if (look->is_damaged)
        return true;
    if (item == NULL)
        return !least.present || newest.version > least.version;
    return item->version >= least.version;
}

static enum hf_err
get(const struct look *look, uint32_t key, struct hf_item *item)
{
    struct sim_run *run = look->run;

    return run->guest->view_get(look->view, sim_keyspace_key(run->keyspace, key), item);
}

static void
look_at_key(const struct look *look, uint32_t key)
{
    struct sim_run *run = look->run;
    struct hf_item item;
    enum hf_err err = get(look, key, &item);

    if (err != HF_OK && err != HF_ERR_NOT_FOUND)
        sim_run_break(run, SIM_HOLDS_BACKUP, "what was saved can be read", "%s",
                      hf_err_name(err));
    else if (err == HF_OK && !was_written(run, key, item.value))
        sim_run_break(run, SIM_HOLDS_BACKUP, "salvage saves what was written",
                      "%zu bytes that nobody wrote to key %" PRIu32, item.value.len, key);
    else if (!is_right(look, key, err == HF_OK ? &item : NULL))
        sim_run_break(run, SIM_HOLDS_BACKUP,
                      look->must_be_whole ? "salvage tells of each loss"
                                          : "salvage loses nothing that was promised",
                      "as of %" PRIu64 " key %" PRIu32 " has version %" PRIu64, look->version,
                      key, err == HF_OK ? item.version : 0);
}

static bool
may_have_version(const struct look *look)
{
    const struct sim_copy *range = look->range;

    return !look->must_be_whole ||
           (look->version >= range->least && look->version <= range->most &&
            look->version <= sim_oracle_last(look->run->oracle));
}

/* Whether all is as it may be, if what the oracle has now is what happened. */
static bool
agrees(const struct look *look)
{
    uint32_t keys = (uint32_t)sim_run_knob(look->run, SIM_KNOB_KEYS);
    bool agrees = may_have_version(look);

    for (uint32_t key = 0; key < keys && agrees; key++) {
        struct hf_item item;
        enum hf_err err = get(look, key, &item);
        agrees = (err == HF_OK || err == HF_ERR_NOT_FOUND) &&
                 is_right(look, key, err == HF_OK ? &item : NULL);
    }
    return agrees;
}

/* Which end has to change places first for all to be as it may be; how many there are: none. */
static unsigned
choose_end(const struct look *look)
{
    struct sim_oracle *oracle = look->run->oracle;
    unsigned ends = sim_oracle_ends(oracle), chosen = ends;

    if (ends == 0 || agrees(look))
        return ends;
    for (unsigned i = 0; i < ends && chosen == ends; i++) {
        sim_oracle_swap_end(oracle, i);
        if (agrees(look))
            chosen = i;
        sim_oracle_swap_end(oracle, i);
    }
    return chosen;
}

static void
judge_version(const struct look *look)
{
    uint64_t last = sim_oracle_last(look->run->oracle);
    char expected[96];

    if (may_have_version(look))
        return;
    snprintf(expected, sizeof expected,
             "salvage tells a loss, or saves version %" PRIu64 " to %" PRIu64,
             look->range->least, look->range->most < last ? look->range->most : last);
    sim_run_break(look->run, SIM_HOLDS_BACKUP, expected, "version %" PRIu64, look->version);
}

static void
look_at_all(const struct look *look)
{
    struct sim_run *run = look->run;
    uint32_t keys = (uint32_t)sim_run_knob(run, SIM_KNOB_KEYS);
    unsigned ends = sim_oracle_ends(run->oracle), end = choose_end(look);

    if (end < ends)
        sim_oracle_swap_end(run->oracle, end);
    judge_version(look);
    for (uint32_t key = 0; key < keys && !run->is_broken; key++)
        look_at_key(look, key);
    if (end < ends)
        sim_oracle_swap_end(run->oracle, end);
}

static void
look_through_view(struct look *look, void *handle)
{
    struct sim_run *run = look->run;
    enum hf_err err = run->guest->view_open(&look->view, handle, look->version);

    if (err != HF_OK) {
        sim_run_break(run, SIM_HOLDS_BACKUP, "what was saved can be read", "%s",
                      hf_err_name(err));
        return;
    }
    look_at_all(look);
    run->guest->view_close(look->view);
}

static void
look_at_saved(struct sim_run *run, const struct sim_copy *range, bool is_lossy)
{
    struct hf_options options = run->options;
    struct hf_recovery report = HF_RECOVERY_INIT;
    struct hf_error error = { .text = "" };
    struct look look = {
        .run = run,
        .range = range,
        .must_be_whole = !is_lossy,
        .is_damaged = sim_run_is_damaged(run),
    };
    void *handle;

    options.memory_limit = 0;
    options.flags &= ~(unsigned)HF_CREATE;
    enum hf_err err = run->guest->open(&handle, SIM_SAVED_PATH, &options, &report, &error);
    if (err != HF_OK) {
        sim_run_break(run, SIM_HOLDS_BACKUP, "what was saved opens", "%s: %.300s",
                      hf_err_name(err), error.text);
        return;
    }
    look.version = run->guest->last_version(handle);
    look_through_view(&look, handle);
    err = run->guest->close(handle);
    if (err != HF_OK && !run->is_broken)
        sim_run_break(run, SIM_HOLDS_BACKUP, "what was saved closes", "%s", hf_err_name(err));
}

/* ---- salvaging --------------------------------------------------------------------------- */

static void
note_line(void *context, const char *line)
{
    struct sim_run *run = context;

    sim_note(run->machine, "  salvage: %.200s", line);
}

/* Salvages `path`; returns what it returned, with what was saved judged by `range`. */
static enum hf_err
salvage(struct sim_run *run, const char *path, const struct sim_copy *range, bool may_lose)
{
    struct hf_options options = run->options;
    struct hf_salvaged salvaged = HF_SALVAGED_INIT;
    struct hf_error error = { .text = "" };

    options.flags = HF_SINGLE_THREAD;
    options.memory_limit = 0;
    sim_run_calm(run, true);
    enum hf_err err =
        run->guest->salvage(path, SIM_SAVED_PATH, &options, note_line, run, &salvaged, &error);
    sim_trace(run->machine, "salvage", salvaged.losses, (uint64_t)(unsigned)-err);
    sim_note(run->machine, "salvage %s: %s, %" PRIu64 " keys, %" PRIu64 " losses %.160s", path,
             hf_err_name(err), salvaged.keys, salvaged.losses, err == HF_OK ? "" : error.text);
    sim_run_judged(run, SIM_HOLDS_BACKUP);
    if (err == HF_OK && salvaged.losses > 0 && !may_lose)
        sim_run_break(run, SIM_HOLDS_BACKUP, "salvage loses nothing where nothing is damaged",
                      "%" PRIu64 " losses", salvaged.losses);
    if (err == HF_OK && !run->is_broken)
        look_at_saved(run, range, salvaged.losses > 0);
    if (!run->is_broken)
        sim_machine_clear(run->machine, SIM_SAVED_PATH);
    sim_run_calm(run, false);
    return err;
}

static void
unexpected(struct sim_run *run, enum hf_err err)
{
    sim_run_break(run, SIM_HOLDS_BACKUP, "salvage makes a database", "%s", hf_err_name(err));
}

void
sim_backup_salvage(struct sim_run *run)
{
    const struct sim_copy *copy = &run->backups.copy;

    if (copy->stage != SIM_COPY_MADE || sim_run_is_damaged(run))
        return;
    enum hf_err err = salvage(run, SIM_COPY_PATH, copy, false);
    if (err != HF_OK && !run->is_broken)
        unexpected(run, err);
}

static struct sim_copy
legal_prefix(const struct sim_run *run)
{
    uint64_t kept = sim_oracle_kept(run->oracle);
    uint64_t left = sim_machine_least_saved(run->machine);

    return (struct sim_copy){ .least = kept < left ? kept : left, .most = UINT64_MAX };
}

void
sim_backup_salvage_crashed(struct sim_run *run)
{
    struct sim_copy range = legal_prefix(run);

    if (!run->is_created || run->options.mode == HF_MODE_MEMORY ||
        sim_run_knob(run, SIM_KNOB_SALVAGE) == 0 ||
        sim_draw(run->tape, "salvage.crashed", run->lives, 4) != 3)
        return;
    enum hf_err err = salvage(run, SIM_MAIN_PATH, &range, true);
    if (err != HF_OK && !run->is_broken && !sim_run_is_deserved(run, err))
        unexpected(run, err);
}

void
sim_backup_salvage_refused(struct sim_run *run)
{
    struct sim_copy range = legal_prefix(run);

    if (run->options.mode == HF_MODE_MEMORY || sim_run_knob(run, SIM_KNOB_SALVAGE) == 0)
        return;
    enum hf_err err = salvage(run, SIM_MAIN_PATH, &range, true);
    if (err != HF_OK && err != HF_ERR_NOT_FOUND && err != HF_ERR_VERSION && !run->is_broken)
        unexpected(run, err);
}
