/*
 * life.c - one life of the engine on the machine: it opens, is judged, works, and closes or
 * dies.
 *
 * What open does is judged before anything else happens:
 *
 *   open returns      judged as
 *   ---------------   ------------------------------------------------------------------------
 *   HF_OK             the prefix: no shorter than promised, no longer than committed, and equal
 *                     to its fold through every door
 *   IO, READ_ONLY,    excused if a fault struck inside this very call; then tried again
 *   FULL              excused only while there is no database yet
 *   CORRUPT,          excused if the ledger has damage that was read: the run ends well there.
 *   MISSING_FILE...   Without such damage a legal state was refused; and so it was if of all
 *                     that is damaged the other of two copies is whole
 */
#include "sim/run/run_state.h"

#include <inttypes.h>
#include <stdio.h>

#define TRIES_UNDER_FAULTS 3u
#define TRIES_MAX 5u
#define LIVES_WITHOUT_STEP_MAX 12u

/* ---- options ----------------------------------------------------------------------------- */

static void
draw_anew(struct sim_run *run)
{
    for (unsigned knob = 0; knob < SIM_KNOB_COUNT; knob++) {
        if (sim_knob_group((enum sim_knob)knob) == SIM_GROUP_ENGINE &&
            knob != SIM_KNOB_SETTINGS)
            run->result->knobs[knob] = sim_knob_draw(
                (enum sim_knob)knob, &run->scenario->knobs[knob].choice, run->tape, run->lives);
    }
    sim_run_fit_knobs(run);
}

static void
choose_options(struct sim_run *run)
{
    struct hf_options *options = &run->options;

    if (run->lives > 1 && sim_run_knob(run, SIM_KNOB_SETTINGS) == SIM_SETTINGS_ANEW)
        draw_anew(run);
    *options = (struct hf_options)HF_OPTIONS_INIT;
    options->mode = (enum hf_mode)sim_run_knob(run, SIM_KNOB_MODE);
    options->sector = (uint32_t)sim_run_knob(run, SIM_KNOB_SECTOR);
    options->segment_size = sim_run_knob(run, SIM_KNOB_SEGMENT);
    options->memory_limit = sim_run_knob(run, SIM_KNOB_MEMORY_LIMIT);
    options->keep_versions = sim_run_knob(run, SIM_KNOB_KEEP);
    run->is_coarse = run->is_coarse || options->memory_limit != 0;
    options->flags = sim_run_knob(run, SIM_KNOB_THREADS) == SIM_THREADS_ONE
                         ? HF_SINGLE_THREAD
                         : HF_BACKGROUND_CALLER;
    if (options->mode != HF_MODE_BUFFERED)
        return;
    options->sync_interval_ms = sim_run_knob(run, SIM_KNOB_SYNC_INTERVAL) / 1000;
    options->sync_batch = sim_run_knob(run, SIM_KNOB_SYNC_BATCH);
    options->sync_bytes = sim_run_knob(run, SIM_KNOB_SYNC_BYTES);
    options->loss_ms = sim_run_knob(run, SIM_KNOB_LOSS_TIME) / 1000;
    options->loss_bytes = sim_run_knob(run, SIM_KNOB_LOSS_BYTES);
}

/* ---- open -------------------------------------------------------------------------------- */

struct opening {
    struct sim_run *run;
    struct hf_options options;
    struct hf_recovery report;
    struct hf_error error;
    uint64_t file_faults; /* before the call */
    uint64_t alloc_faults;
    bool is_damaged;      /* before the call, */
    uint64_t fingerprint; /* when the files were these */
};

static enum hf_err
call_open(struct opening *opening)
{
    struct sim_run *run = opening->run;
    bool has_directory = run->options.mode != HF_MODE_MEMORY;
    void *handle;

    opening->file_faults = sim_run_file_faults(run);
    opening->alloc_faults = sim_machine_fault_count(run->machine, SIM_ALLOC_FAIL);
    opening->is_damaged = sim_run_is_damaged(run);
    if (opening->is_damaged)
        opening->fingerprint = sim_machine_fingerprint(run->machine);
    opening->report = (struct hf_recovery)HF_RECOVERY_INIT;
    enum hf_err err = run->guest->open(&handle, has_directory ? SIM_MAIN_PATH : NULL,
                                       &opening->options, &opening->report, &opening->error);
    sim_trace(run->machine, "open", opening->options.flags, (uint64_t)(unsigned)-err);
    sim_note(run->machine, "open%s: %s%s%.160s",
             opening->options.flags & HF_READ_ONLY ? " read-only" : "", hf_err_name(err),
             err == HF_OK ? "" : ", ", err == HF_OK ? "" : opening->error.text);
    run->handle = err == HF_OK ? handle : NULL;
    return err;
}

static bool
has_no_room(struct sim_run *run)
{
    return sim_machine_is_full(run->machine) || sim_run_knob(run, SIM_KNOB_CAPACITY) != 0;
}

/* Whether a fault inside the call explains the error, so that another try may succeed. */
static bool
is_passing(const struct opening *opening, enum hf_err err)
{
    struct sim_run *run = opening->run;

    switch (err) {
    case HF_ERR_NO_MEMORY:
        return sim_machine_fault_count(run->machine, SIM_ALLOC_FAIL) > opening->alloc_faults;
    case HF_ERR_READ_ONLY:
        return sim_machine_is_read_only(run->machine);
    case HF_ERR_IO:
    case HF_ERR_FAILED:
        return sim_run_file_faults(run) > opening->file_faults;
    case HF_ERR_FULL:
        return !run->is_created &&
               (sim_run_file_faults(run) > opening->file_faults || has_no_room(run));
    default:
        return false;
    }
}

/* What is damaged is left as it is: for salvage, or for the program that wrote it. Where a
 * fault inside the call explains the error too, nobody refused: it had begun to recover. */
static void
judge_refused(const struct opening *opening, enum hf_err err)
{
    struct sim_run *run = opening->run;
    bool must_stay = opening->is_damaged && !is_passing(opening, err);

    sim_run_judged(run, SIM_HOLDS_DETECTS);
    run->result->refused++;
    run->stage = SIM_STAGE_DONE;
    if (must_stay && sim_machine_fingerprint(run->machine) != opening->fingerprint)
        sim_run_break(run, SIM_HOLDS_DETECTS, "an open that is refused changes nothing",
                      "files are other ones after %s", hf_err_name(err));
    else
        sim_backup_salvage_refused(run);
}

/* Tries until it opens. False: a deserved refusal, or a broken property. */
static bool
open_or_judge(struct opening *opening)
{
    struct sim_run *run = opening->run;

    for (unsigned tries = 1;; tries++) {
        bool calm = tries > TRIES_UNDER_FAULTS;
        if (calm)
            sim_run_calm(run, true);
        enum hf_err err = call_open(opening);
        if (calm)
            sim_run_calm(run, false);
        if (err == HF_OK)
            return true;
        if (!sim_machine_is_spared(run->machine) && sim_run_is_deserved(run, err)) {
            judge_refused(opening, err);
            return false;
        }
        if (!is_passing(opening, err) || tries == TRIES_MAX) {
            sim_run_break(run, SIM_HOLDS_OPENS, "a state that a crash may leave is opened",
                          "%s: %.300s", hf_err_name(err), opening->error.text);
            return false;
        }
    }
}

/* ---- judging what was opened ------------------------------------------------------------- */

static void
wrong_length(struct sim_run *run, enum sim_property property, uint64_t version)
{
    char expected[96];

    snprintf(expected, sizeof expected, "a prefix of %" PRIu64 " to %" PRIu64 " commits",
             sim_oracle_kept(run->oracle), sim_oracle_last(run->oracle));
    sim_run_break(run, property, expected, "%" PRIu64, version);
}

static bool
may_be(const struct sim_run *run, uint64_t version)
{
    return version >= sim_oracle_kept(run->oracle) && version <= sim_oracle_last(run->oracle);
}

/*
 * Where recovery could not write, the disk does not know what was given up. What comes late
 * then may bring it back: an end that was given up is what happened, and the other one did not.
 */
static void
recognize(struct sim_run *run, uint64_t version)
{
    struct sim_oracle *oracle = run->oracle;

    if (sim_machine_late_arrivals(run->machine) == run->arrivals ||
        sim_oracle_ends(oracle) == 0 || (may_be(run, version) && sim_doors_agree(run, version)))
        return;
    for (unsigned i = 0; i < sim_oracle_ends(oracle); i++) {
        sim_oracle_swap_end(oracle, i);
        if (may_be(run, version) && sim_doors_agree(run, version)) {
            sim_note(run->machine, "what was given up behind %" PRIu64 " came late",
                     sim_oracle_end(oracle, i).least);
            return;
        }
        sim_oracle_swap_end(oracle, i);
    }
}

static void
judge_length(struct sim_run *run, uint64_t version)
{
    uint64_t kept = sim_oracle_kept(run->oracle);
    bool is_damaged = sim_run_is_damaged(run);
    enum sim_property lost = is_damaged ? SIM_HOLDS_DETECTS : SIM_HOLDS_DURABLE;

    sim_run_judged(run, SIM_HOLDS_PREFIX);
    if (run->has_batches)
        sim_run_judged(run, SIM_HOLDS_ATOMIC);
    if (kept > 0)
        sim_run_judged(run, lost);
    if (version > sim_oracle_last(run->oracle))
        wrong_length(run, SIM_HOLDS_PREFIX, version);
    else if (version < kept && version < sim_machine_least_opened(run->machine))
        wrong_length(run, lost, version);
}

/* A handle that cannot write needs a reason, in this very open: no space, no memory, or a
 * failing disk. */
static void
judge_writable(const struct opening *opening)
{
    struct sim_run *run = opening->run;

    if (opening->report.writable_segment || run->options.mode == HF_MODE_MEMORY ||
        sim_run_file_faults(run) > opening->file_faults || has_no_room(run) ||
        sim_machine_is_read_only(run->machine) || run->options.memory_limit != 0 ||
        sim_machine_fault_count(run->machine, SIM_ALLOC_FAIL) > opening->alloc_faults)
        return;
    sim_run_break(run, SIM_HOLDS_OPENS, "a handle that can write",
                  "recovery made no new segment, and nothing was in its way");
}

/* Everything is looked at; what was found is from now on what happened. */
static void
judge_opened(const struct opening *opening)
{
    struct sim_run *run = opening->run;
    uint64_t version = run->guest->last_version(run->handle);
    bool is_writable = opening->report.writable_segment;

    recognize(run, version);
    judge_length(run, version);
    sim_run_judged(run, SIM_HOLDS_OPENS);
    if (!run->is_broken)
        judge_writable(opening);
    if (!run->is_broken)
        sim_doors_all(run, version);
    if (run->is_broken)
        return;
    sim_trace(run->machine, "recovered", version, is_writable);
    sim_note(run->machine, "recovered %" PRIu64 " of %" PRIu64 " commits, %" PRIu64 " promised",
             version, sim_oracle_last(run->oracle), sim_oracle_kept(run->oracle));
    sim_oracle_recover(run->oracle, version, is_writable);
    run->arrivals = sim_machine_late_arrivals(run->machine);
    if (is_writable)
        sim_machine_settle(run->machine);
    sim_backup_recovered(run, version);
    run->result->calls_opened = sim_machine_calls(run->machine);
    run->result->recovered = version;
    run->is_placed = is_writable;
    if (is_writable)
        run->sync_errors = sim_machine_fault_count(run->machine, SIM_SYNC_ERROR);
    if (run->acked > 0)
        run->result->cycles++;
    run->acked = 0;
}

/* A read-only handle shows the same as the writable one will, and changes nothing. */
static bool
peek(struct opening *opening, uint64_t *version)
{
    struct sim_run *run = opening->run;

    if (!run->is_created || sim_run_is_damaged(run) || run->options.mode == HF_MODE_MEMORY ||
        sim_draw(run->tape, "peek", run->lives, 8) != 7)
        return false;
    opening->options.flags |= HF_READ_ONLY;
    bool opened = open_or_judge(opening);
    opening->options.flags &= ~HF_READ_ONLY;
    if (!opened)
        return false;
    *version = run->guest->last_version(run->handle);
    recognize(run, *version);
    judge_length(run, *version);
    if (!run->is_broken)
        sim_doors_all(run, *version);
    sim_run_calm(run, true);
    run->guest->close(run->handle);
    sim_run_calm(run, false);
    run->handle = NULL;
    return true;
}

static bool
open_and_judge(struct sim_run *run)
{
    struct opening opening = { .run = run, .options = run->options };
    uint64_t peeked = 0;
    bool has_peeked = peek(&opening, &peeked);

    if (run->is_broken || run->stage == SIM_STAGE_DONE)
        return false;
    if (!run->is_created ||
        (!sim_run_is_damaged(run) && sim_draw(run->tape, "create", run->lives, 2) == 0))
        opening.options.flags |= HF_CREATE;
    if (!open_or_judge(&opening))
        return false;
    run->is_created = run->is_created || run->options.mode != HF_MODE_MEMORY;
    if (has_peeked && !sim_run_is_damaged(run) &&
        run->guest->last_version(run->handle) != peeked)
        sim_run_break(run, SIM_HOLDS_OPENS, "the same commits as the read-only handle showed",
                      "%" PRIu64 " instead of %" PRIu64, run->guest->last_version(run->handle),
                      peeked);
    if (!run->is_broken)
        judge_opened(&opening);
    return !run->is_broken;
}

/* ---- what others do ---------------------------------------------------------------------- */

static void
act(void *run)
{
    sim_work_nested(run);
}

void
sim_life_during_sync(void *context)
{
    struct sim_run *run = context;

    if (run->handle == NULL || run->is_in_hook || run->is_broken || run->calm_depth > 0)
        return;
    if (!sim_draw_chance(run->tape, "nested", run->step, sim_run_knob(run, SIM_KNOB_NESTED),
                         100))
        return;
    run->is_in_hook = true;
    sim_run_calm(run, true);
    for (uint64_t i = sim_draw(run->tape, "nested.count", run->step, 3) + 1; i > 0; i--) {
        if (run->is_broken)
            break;
        if (!sim_machine_other(run->machine, act, run)) {
            sim_note(run->machine, "  meanwhile: another thread has to wait");
            break;
        }
    }
    sim_run_calm(run, false);
    run->is_in_hook = false;
}

/* ---- the course of a life ---------------------------------------------------------------- */

static void
check_order(struct sim_run *run)
{
    const char *breach = sim_machine_order_breach(run->machine);

    sim_run_judged(run, SIM_HOLDS_ORDER);
    if (breach != NULL)
        sim_run_break(run, SIM_HOLDS_ORDER, "nothing durable refers to what is not", "%s",
                      breach);
}

/* Damage stays when the faults are over, and what it makes unreadable may be in the way. */
static bool
has_lasting_damage(const struct sim_run *run)
{
    static const enum sim_fault faults[] = { SIM_READ_ERROR,        SIM_BIT_FLIP,
                                             SIM_ZERO_SECTOR,       SIM_FILE_LOSS,
                                             SIM_FILE_SWAP,         SIM_LOST_WRITE,
                                             SIM_MISDIRECTED_WRITE, SIM_STALE_FILE,
                                             SIM_EXTRA_BYTES,       SIM_NEWER_FORMAT };

    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        if (sim_machine_fault_count(run->machine, faults[i]) > 0)
            return true;
    }
    return sim_machine_was_lied_to(run->machine);
}

/* The log does not stay long: a flush, and a bounded number of steps, make it short. */
static void
judge_shrinking(struct sim_run *run)
{
    char expected[64];

    if (run->options.mode == HF_MODE_MEMORY || run->options.memory_limit != 0 ||
        has_lasting_damage(run))
        return;
    if (sim_work_shrink_log(run) || run->is_broken)
        return;
    snprintf(expected, sizeof expected, "at most %u segments after a flush and %u steps",
             SIM_SEGMENTS_LEFT, SIM_WORK_STEPS_TO_SHRINK);
    sim_run_break(run, SIM_HOLDS_RESUMES, expected, "%u are left",
                  sim_machine_count_files(run->machine, SIM_FILE_WAL));
}

/* The faults are over: in this same handle writing goes on, unless the log has failed. */
static void
resume(struct sim_run *run)
{
    uint64_t before = sim_oracle_kept(run->oracle);

    if (run->is_broken || run->options.memory_limit != 0 || has_lasting_damage(run))
        return;
    sim_commit_put(run);
    if (run->is_broken || run->has_failed)
        return;
    sim_run_judged(run, SIM_HOLDS_RESUMES);
    if (sim_oracle_kept(run->oracle) == before)
        sim_run_break(run, SIM_HOLDS_RESUMES, "a put succeeds once the faults are over",
                      "it is refused");
    else if (!sim_run_is_troubled(run))
        judge_shrinking(run); /* else its flush would hide what a failed call left in the log */
}

static void
storm(struct sim_run *run)
{
    uint64_t steps = sim_run_knob(run, SIM_KNOB_STEPS);

    while (run->step < steps && !run->is_broken) {
        run->step++;
        sim_tape_clock(run->tape, run->step);
        run->lives_without_step = 0;
        sim_note(run->machine, "step %" PRIu64, run->step);
        sim_machine_step(run->machine);
        if (!sim_work_step(run))
            return;
        check_order(run);
    }
    run->stage = SIM_STAGE_LAST;
    sim_run_calm(run, true);
    resume(run);
    if (!run->is_broken)
        sim_work_close(run);
}

/* Everything works again. */
static void
last(struct sim_run *run)
{
    uint64_t before = sim_oracle_kept(run->oracle), kinds;

    run->stage = SIM_STAGE_DONE;
    run->step++;
    sim_tape_clock(run->tape, run->step);
    kinds = sim_work_all_kinds(run);
    if (run->is_broken)
        return;
    sim_run_judged(run, SIM_HOLDS_RESUMES);
    if (sim_oracle_kept(run->oracle) != before + kinds && run->options.memory_limit == 0 &&
        !has_lasting_damage(run)) {
        sim_run_break(run, SIM_HOLDS_RESUMES, "after a new open every write succeeds",
                      "%" PRIu64 " of %" PRIu64 " did", sim_oracle_kept(run->oracle) - before,
                      kinds);
        return;
    }
    judge_shrinking(run);
    if (run->is_broken)
        return;
    if (!sim_work_close(run) && !run->is_broken && !has_lasting_damage(run))
        sim_run_break(run, SIM_HOLDS_RESUMES, "close succeeds once the faults are over",
                      "it failed");
}

void
sim_life(void *context)
{
    struct sim_run *run = context;
    bool is_quiet = ++run->lives_without_step > LIVES_WITHOUT_STEP_MAX;

    run->lives++;
    run->file_faults = sim_run_file_faults(run);
    run->began_full =
        sim_machine_is_full(run->machine) || sim_machine_is_read_only(run->machine);
    run->has_failed = false;
    run->risks.count = 0;
    for (unsigned i = 0; i < SIM_HELD_MAX; i++)
        run->held[i].view = NULL; /* those of the life before went with it */
    choose_options(run);
    if (run->options.mode == HF_MODE_MEMORY) {
        sim_oracle_reset(run->oracle, (uint32_t)sim_run_knob(run, SIM_KNOB_KEYS));
        sim_backup_forget(run);
    }
    sim_machine_phase(run->machine, SIM_PHASE_RECOVERY);
    if (is_quiet)
        sim_run_calm(run, true);
    sim_backup_salvage_crashed(run);
    bool opened = !run->is_broken && open_and_judge(run);
    if (is_quiet)
        sim_run_calm(run, false);
    sim_machine_phase(run->machine, SIM_PHASE_RUN);
    if (!opened)
        return;
    sim_machine_on_sync(
        run->machine, run->options.flags & HF_SINGLE_THREAD ? NULL : sim_life_during_sync, run);
    if (run->stage == SIM_STAGE_STORM)
        storm(run);
    else
        last(run);
    sim_machine_on_sync(run->machine, NULL, NULL);
}

void
sim_life_crashed(struct sim_run *run, bool power_cut)
{
    run->handle = NULL;
    run->is_in_hook = false;
    sim_oracle_crash(run->oracle, power_cut);
    sim_machine_on_sync(run->machine, NULL, NULL);
}
