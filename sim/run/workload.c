/*
 * workload.c - the steps of a run: which operation comes next, on which key, and its judgement.
 *
 * The mix is a row of weights. Draw 0 is a put of the first key: the plainest step there is.
 */
#include "sim/run/run_state.h"

#include <inttypes.h>
#include <stdio.h>

#define NAP_US_MAX 200000u
#define WORK_STEPS_MAX 4u

/* ---- keys -------------------------------------------------------------------------------- */

/* Halves the range again and again with even chances: about 1/rank, without a logarithm. */
static uint64_t
zipf_rank(struct sim_run *run, uint64_t keys)
{
    unsigned magnitudes = 1;

    while (keys >> magnitudes != 0)
        magnitudes++;
    uint64_t limit = UINT64_C(1) << sim_draw(run->tape, "key.magnitude", run->step, magnitudes);
    return sim_draw(run->tape, "key.rank", run->step, limit < keys ? limit : keys);
}

uint32_t
sim_work_key(struct sim_run *run)
{
    uint64_t keys = sim_run_knob(run, SIM_KNOB_KEYS);

    if (sim_run_knob(run, SIM_KNOB_SKEW) == SIM_SKEW_UNIFORM)
        return (uint32_t)sim_draw(run->tape, "key", run->step, keys);
    /* Popular keys are strewn over the order of keys, as they are in life. */
    return (uint32_t)(zipf_rank(run, keys) * 7919 % keys);
}

/* ---- calls that are no commits ----------------------------------------------------------- */

void
sim_work_claims(struct sim_run *run)
{
    uint64_t durable = run->guest->durable_version(run->handle);
    char expected[64];

    if (durable <= sim_oracle_durable(run->oracle))
        return;
    sim_oracle_seen(run->oracle, durable);
    if (durable > sim_oracle_last(run->oracle)) {
        snprintf(expected, sizeof expected, "at most %" PRIu64 " durable",
                 sim_oracle_last(run->oracle));
        sim_run_break(run, SIM_HOLDS_DURABLE, expected, "%" PRIu64, durable);
        return;
    }
    sim_oracle_promise(run->oracle, durable);
}

bool
sim_work_may_fail(struct sim_run *run, const char *call, enum hf_err err)
{
    struct hf_error error;

    if (err == HF_OK)
        return true;
    if (err == HF_ERR_READ_ONLY &&
        sim_machine_fault_count(run->machine, SIM_READ_ONLY_DISK) > 0)
        return false;
    if (err == HF_ERR_FAILED || err == HF_ERR_IO || err == HF_ERR_FULL) {
        run->has_failed = run->has_failed || err == HF_ERR_FAILED;
        if (sim_run_file_faults(run) > 0 || sim_run_knob(run, SIM_KNOB_CAPACITY) != 0)
            return false;
    }
    if (sim_run_is_deserved(run, err))
        return false;
    if (err == HF_ERR_NO_MEMORY && (run->options.memory_limit != 0 ||
                                    sim_machine_fault_count(run->machine, SIM_ALLOC_FAIL) > 0))
        return false;
    error.text[0] = 0;
    if (run->handle != NULL)
        run->guest->error(run->handle, &error);
    sim_run_break(run, SIM_HOLDS_ERROR, "no such error without a cause", "%s: %s (%.200s)",
                  call, hf_err_name(err), error.text);
    return false;
}

static void
note(struct sim_run *run, const char *call, enum hf_err err)
{
    sim_trace(run->machine, call, (uint64_t)(unsigned)-err, 0);
    sim_note(run->machine, "%s: %s", call, hf_err_name(err));
}

static void
do_get(struct sim_run *run)
{
    sim_doors_get(run, sim_work_key(run), sim_doors_seen(run));
}

/* As of a version, or of a time. */
static void
do_as_of(struct sim_run *run)
{
    if (sim_draw(run->tape, "as_of.time", run->step, 3) == 0)
        sim_doors_as_of(run);
    else
        sim_doors_as_of_time(run);
}

static void
do_sync(struct sim_run *run)
{
    uint64_t before = sim_oracle_kept(run->oracle);
    enum hf_err err = run->guest->sync(run->handle);

    note(run, "sync", err);
    if (sim_work_may_fail(run, "sync", err) && run->options.mode != HF_MODE_MEMORY)
        sim_oracle_promise(run->oracle, before);
}

static void
do_wait(struct sim_run *run)
{
    uint64_t seen = sim_doors_seen(run);
    uint64_t version = sim_draw(run->tape, "wait", run->step, seen + 1);
    enum hf_err err = run->guest->wait_durable(run->handle, version);

    note(run, "wait", err);
    if (run->options.mode == HF_MODE_MEMORY) {
        if (err != HF_ERR_INVALID)
            sim_run_break(run, SIM_HOLDS_ERROR, "in memory mode nothing is durable: INVALID",
                          "%s", hf_err_name(err));
        return;
    }
    if (sim_work_may_fail(run, "wait_durable", err))
        sim_oracle_promise(run->oracle, version);
}

static void
do_work(struct sim_run *run)
{
    uint64_t steps = 1 + sim_draw(run->tape, "work", run->step, WORK_STEPS_MAX);
    bool more = true;

    while (steps-- > 0 && more) {
        enum hf_err err = run->guest->work(run->handle, &more);
        note(run, "work", err);
        if (!sim_work_may_fail(run, "work", err))
            return;
    }
}

static void
let_go(struct sim_run *run, struct sim_held *held)
{
    if (held->view != NULL)
        run->guest->view_close(held->view);
    held->view = NULL;
}

/* A flush makes durable what was committed before it, whatever the mode. */
static void
flush_by(struct sim_run *run, const char *what, enum hf_err (*call)(void *handle))
{
    uint64_t before = sim_oracle_kept(run->oracle);
    enum hf_err err = call(run->handle);

    note(run, what, err);
    if (sim_work_may_fail(run, what, err) && run->options.mode != HF_MODE_MEMORY)
        sim_oracle_promise(run->oracle, before);
}

static void
do_flush(struct sim_run *run)
{
    flush_by(run, "flush", run->guest->flush);
}

static void
do_compact(struct sim_run *run)
{
    flush_by(run, "compact", run->guest->compact);
}

/* Opens a view that stays, or reads one that was opened before and may close it. */
static void
do_hold(struct sim_run *run)
{
    struct sim_held *held = &run->held[sim_draw(run->tape, "hold", run->step, SIM_HELD_MAX)];

    if (held->view == NULL) {
        held->version = sim_doors_seen(run);
        held->view = sim_doors_hold(run, held->version);
        return;
    }
    sim_doors_held(run, held);
    if (sim_draw(run->tape, "hold.close", run->step, 2) == 0)
        let_go(run, held);
}

static void
do_nap(struct sim_run *run)
{
    sim_machine_sleep_us(run->machine, sim_draw(run->tape, "nap", run->step, NAP_US_MAX));
}

static void
do_nothing(struct sim_run *run)
{
    (void)run;
}

/* The findings of a verify, and the first of them that nothing explains. */
struct findings {
    struct sim_run *run;
    unsigned count;
    char unexplained[SIM_ACCOUNT_SIZE];
};

/*
 * A finding that names a file is about that one, any other about the log. What a failed sync
 * made the system forget of the log, or of a name, is missing, and verify says so.
 */
static void
note_finding(void *context, const char *line)
{
    struct findings *findings = context;
    const struct sim_run *run = findings->run;
    bool may_be_forgotten =
        sim_machine_fault_count(run->machine, SIM_SYNC_ERROR) > run->sync_errors;

    findings->count++;
    if (findings->unexplained[0] == 0 &&
        !sim_machine_explains_finding(run->machine, line, may_be_forgotten))
        snprintf(findings->unexplained, SIM_ACCOUNT_SIZE, "%s", line);
}

static void
judge_no_finding(struct sim_run *run)
{
    const char *damaged = sim_machine_damaged_file(run->machine);

    if (damaged != NULL)
        sim_run_break(run, SIM_HOLDS_VERIFY, "verify finds what is damaged",
                      "no finding, and %s is", damaged);
}

static void
do_verify(struct sim_run *run)
{
    struct findings findings = { .run = run };
    enum hf_err err = run->guest->verify(run->handle, note_finding, &findings);

    note(run, "verify", err);
    sim_run_judged(run, SIM_HOLDS_VERIFY);
    if (findings.unexplained[0] != 0)
        sim_run_break(run, SIM_HOLDS_VERIFY, "verify has no finding where no file is hurt",
                      "%s", findings.unexplained);
    else if ((err == HF_ERR_CORRUPT) != (findings.count > 0))
        sim_run_break(run, SIM_HOLDS_VERIFY, "verify is CORRUPT where it has a finding",
                      "%u findings, and %s", findings.count, hf_err_name(err));
    else if (err == HF_ERR_CORRUPT)
        (void)sim_machine_explains(run->machine); /* it was told */
    else if (sim_work_may_fail(run, "verify", err))
        judge_no_finding(run);
}

bool
sim_work_close(struct sim_run *run)
{
    void *handle = run->handle;

    for (unsigned i = 0; i < SIM_HELD_MAX; i++)
        let_go(run, &run->held[i]);
    run->handle = NULL;
    enum hf_err err = run->guest->close(handle);
    note(run, "close", err);
    if (sim_work_may_fail(run, "close", err) && run->is_placed &&
        run->options.mode != HF_MODE_MEMORY)
        sim_oracle_promise(run->oracle, sim_oracle_kept(run->oracle));
    return err == HF_OK;
}

/* ---- the mix ----------------------------------------------------------------------------- */

/* The knobs of the mix, a bit each: all of them are read for each step. */
#define VERBS (((UINT64_C(1) << (SIM_KNOB_COUNT - SIM_KNOB_PUT)) - 1) << (unsigned)SIM_KNOB_PUT)

static enum sim_knob
draw_verb(struct sim_run *run)
{
    const struct sim_range *knobs = run->result->knobs;
    uint64_t total = 0, drawn;
    unsigned knob = SIM_KNOB_PUT;

    run->result->knobs_read |= VERBS;
    for (unsigned i = SIM_KNOB_PUT; i < SIM_KNOB_COUNT; i++)
        total += knobs[i].lo;
    if (total == 0)
        return SIM_KNOB_PUT;
    drawn = sim_draw(run->tape, "verb", run->step, total);
    while (drawn >= knobs[knob].lo)
        drawn -= knobs[knob++].lo;
    return (enum sim_knob)knob;
}

/* False: the handle was closed. */
static bool
carry_out(struct sim_run *run, enum sim_knob verb)
{
    typedef void verb_fn(struct sim_run * run);
    static verb_fn *const verbs[SIM_KNOB_COUNT] = {
        [SIM_KNOB_PUT] = sim_commit_put,
        [SIM_KNOB_DELETE] = sim_commit_delete,
        [SIM_KNOB_CAS] = sim_commit_cas,
        [SIM_KNOB_TXN] = sim_commit_txn,
        [SIM_KNOB_GET] = do_get,
        [SIM_KNOB_GET_MANY] = sim_doors_get_many,
        [SIM_KNOB_SCAN] = sim_doors_scan,
        [SIM_KNOB_AS_OF] = do_as_of,
        [SIM_KNOB_SYNC] = do_sync,
        [SIM_KNOB_WAIT] = do_wait,
        [SIM_KNOB_WORK] = do_work,
        [SIM_KNOB_NAP] = do_nap,
        [SIM_KNOB_VERIFY] = do_verify,
        [SIM_KNOB_FLUSH] = do_flush,
        [SIM_KNOB_COMPACT] = do_compact,
        [SIM_KNOB_HOLD] = do_hold,
        [SIM_KNOB_SNAPSHOT] = sim_backup_snapshot,
        [SIM_KNOB_RESTORE] = sim_backup_restore,
        [SIM_KNOB_CHECKPOINT] = sim_backup_checkpoint,
        [SIM_KNOB_SALVAGE] = sim_backup_salvage,
        [SIM_KNOB_SECOND] = sim_backup_second,
        [SIM_KNOB_DELETE_RANGE] = sim_commit_delete_range,
        [SIM_KNOB_IDLE] = do_nothing,
    };

    if (verb == SIM_KNOB_REOPEN) {
        sim_work_close(run);
        return false;
    }
    verbs[verb](run);
    if (!run->is_broken)
        sim_work_claims(run);
    return true;
}

bool
sim_work_step(struct sim_run *run)
{
    bool is_ordered = false;

    for (unsigned i = 0; i < run->scenario->order_count; i++) {
        const struct sim_step_order *order = &run->scenario->orders[i];
        if (order->step != run->step)
            continue;
        run->result->orders_fired[i]++;
        is_ordered = true;
        if (!carry_out(run, order->verb))
            return false;
        if (run->is_broken)
            return true;
    }
    return is_ordered || carry_out(run, draw_verb(run));
}

/* Another thread that has to wait is not heard of again. So it must not begin what the engine
 * would then wait for: a step of background work. */
void
sim_work_nested(struct sim_run *run)
{
    bool may_write = run->options.mode == HF_MODE_BUFFERED && !run->has_failed &&
                     run->options.memory_limit == 0 && !run->guest->is_pressed(run->handle);

    if (may_write && sim_draw(run->tape, "nested.write", run->step, 3) != 0)
        sim_commit_put(run);
    else
        do_get(run);
}

bool
sim_work_shrink_log(struct sim_run *run)
{
    bool more = true;

    do_flush(run);
    for (unsigned i = 0; more && !run->is_broken && i < SIM_WORK_STEPS_TO_SHRINK; i++) {
        enum hf_err err = run->guest->work(run->handle, &more);
        note(run, "work", err);
        if (!sim_work_may_fail(run, "work", err))
            return true; /* judged there */
    }
    return sim_machine_count_files(run->machine, SIM_FILE_WAL) <= SIM_SEGMENTS_LEFT;
}

uint64_t
sim_work_all_kinds(struct sim_run *run)
{
    bool has_ranges = sim_run_knob(run, SIM_KNOB_DELETE_RANGE) > 0;

    sim_commit_put(run);
    if (!run->is_broken)
        sim_commit_txn(run);
    if (!run->is_broken)
        sim_commit_delete(run);
    if (!run->is_broken && has_ranges)
        sim_commit_delete_range(run);
    if (!run->is_broken)
        do_sync(run);
    if (!run->is_broken)
        do_verify(run);
    return has_ranges ? 4 : 3;
}
