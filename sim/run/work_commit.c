/*
 * work_commit.c - commits of the workload, and the judgement of what each of them returns.
 *
 *   HF_OK                the next version; strict or HF_DURABLE: its bytes are on the disk
 *   CONFLICT             a check did not hold, which the oracle knows; nothing remains
 *   FULL, NO_MEMORY,     only where a fault or an option explains it; nothing remains
 *   TOO_LARGE
 *   READ_ONLY            only where the disk is; nothing remains
 *   IO                   only after a fault of files; nothing remains
 *   CORRUPT              only if the ledger explains it: a check has to read tables
 *   FAILED               likewise; it may have happened, or not. On a handle that has failed
 *                        already nothing remains
 */
#include "sim/run/run_state.h"

#include <inttypes.h>
#include <stdio.h>

/* A commit on its way. */
struct attempt {
    struct sim_run *run;
    const char *what;
    struct sim_write writes[SIM_BATCH_MAX];
    unsigned write_count;
    struct sim_change changes[SIM_BATCH_MAX];
    unsigned change_count;
    unsigned written_from; /* the first write that no range of the same commit deletes */
    uint64_t found;        /* of a CAS: the version that the key has */
    bool conflicts;        /* a check will not hold */
    bool is_unsure;        /* ... unless the commit before this one, in doubt, says otherwise */
    bool is_durable;
    uint64_t called_us;
    size_t values_used;
};

/* ---- making it --------------------------------------------------------------------------- */

static void
begin(struct attempt *attempt, struct sim_run *run, const char *what)
{
    attempt->run = run;
    attempt->what = what;
    attempt->write_count = 0;
    attempt->change_count = 0;
    attempt->written_from = 0;
    attempt->found = 0;
    attempt->conflicts = false;
    attempt->is_unsure = sim_oracle_is_in_doubt(run->oracle);
    /* The values of others lie behind those of the commit that they come in. */
    attempt->values_used =
        run->is_in_hook ? run->result->knobs[SIM_KNOB_VALUE].hi * SIM_BATCH_MAX : 0;
    attempt->is_durable =
        !run->is_in_hook && sim_draw_chance(run->tape, "durable", run->step,
                                            sim_run_knob(run, SIM_KNOB_DURABLE), 100);
}

/* A value of its own stamp, in the memory of the run. */
static struct hf_span
make_value(struct attempt *attempt, struct sim_change *change)
{
    struct sim_run *run = attempt->run;
    struct sim_range sizes = sim_run_range(run, SIM_KNOB_VALUE);
    struct hf_span value;

    change->put = true;
    change->stamp = ++run->stamps;
    change->size =
        (uint32_t)(sizes.lo + sim_draw(run->tape, "value", run->step, sizes.hi - sizes.lo + 1));
    value.at = run->values + attempt->values_used;
    value.len = change->size;
    sim_stamp_fill(run->values + attempt->values_used, change->size, change->stamp);
    if (sim_run_knob(run, SIM_KNOB_SALVAGE) > 0)
        sim_attempts_note(run, change);
    attempt->values_used += change->size;
    return value;
}

/* The newest state of a key, placed or not: what checks are held against. */
static struct sim_state
newest(struct sim_run *run, uint32_t key)
{
    return sim_oracle_state(run->oracle, key, sim_oracle_last(run->oracle));
}

static struct sim_write *
add_write(struct attempt *attempt, enum sim_write_kind kind, uint32_t key)
{
    struct sim_write *write = &attempt->writes[attempt->write_count++];

    *write = (struct sim_write){ .kind = kind,
                                 .key = sim_keyspace_key(attempt->run->keyspace, key) };
    return write;
}

static void
add_put(struct attempt *attempt, uint32_t key)
{
    struct sim_change *change = &attempt->changes[attempt->change_count++];

    *change = (struct sim_change){ .key = key };
    add_write(attempt, SIM_WRITE_PUT, key)->value = make_value(attempt, change);
}

static void
add_delete(struct attempt *attempt, uint32_t key)
{
    attempt->changes[attempt->change_count++] = (struct sim_change){ .key = key };
    add_write(attempt, SIM_WRITE_DELETE, key);
}

/* Most ranges are small; some go on to the end, or begin before all keys. Half of the bounds
 * are no keys. */
static void
add_delete_range(struct attempt *attempt, uint32_t key)
{
    struct sim_run *run = attempt->run;
    uint32_t keys = (uint32_t)sim_run_knob(run, SIM_KNOB_KEYS);
    uint64_t most = sim_draw(run->tape, "range.wide", run->step, 4) == 3 ? keys : 4;
    uint32_t limit = key + 1 + (uint32_t)sim_draw(run->tape, "range.size", run->step, most);
    bool is_between = sim_draw(run->tape, "range.between", run->step, 2) == 1;
    struct sim_write *write = add_write(attempt, SIM_WRITE_DELETE_RANGE, key);

    if (is_between)
        write->key = sim_keyspace_bound(run->keyspace, key);
    if (key == 0 && is_between)
        write->key.len = 0;
    if (limit < keys)
        write->value = is_between ? sim_keyspace_bound(run->keyspace, limit)
                                  : sim_keyspace_key(run->keyspace, limit);
    else
        limit = keys;
    attempt->changes[attempt->change_count++] =
        (struct sim_change){ .key = key, .limit = limit };
    attempt->written_from = attempt->write_count;
}

/* An expectation of the key: right most of the time. */
static uint64_t
expectation(struct attempt *attempt, uint32_t key)
{
    struct sim_run *run = attempt->run;
    struct sim_state state = newest(run, key);
    uint64_t found = state.present ? state.version : 0;
    uint64_t expected = found;

    if (run->stage == SIM_STAGE_STORM && sim_draw(run->tape, "check.wrong", run->step, 4) == 3)
        expected =
            sim_draw(run->tape, "check.expects", run->step, sim_oracle_last(run->oracle) + 2);
    if (!attempt->conflicts) {
        attempt->found = found;
        attempt->conflicts = expected != found;
    }
    return expected;
}

static void
add_check(struct attempt *attempt, uint32_t key)
{
    add_write(attempt, SIM_WRITE_CHECK, key)->expected = expectation(attempt, key);
}

static void
add_cas(struct attempt *attempt, uint32_t key)
{
    struct sim_change *change = &attempt->changes[attempt->change_count++];
    struct sim_write *write = add_write(attempt, SIM_WRITE_CAS, key);

    *change = (struct sim_change){ .key = key };
    write->expected = expectation(attempt, key);
    write->value = make_value(attempt, change);
}

/* ---- judging it -------------------------------------------------------------------------- */

static void
wrong_code(const struct attempt *attempt, enum hf_err err, const char *expected)
{
    struct hf_error error;

    attempt->run->guest->error(attempt->run->handle, &error);
    sim_run_break(attempt->run, SIM_HOLDS_ERROR, expected, "%s: %s (%.200s)", attempt->what,
                  hf_err_name(err), error.text);
}

/* The keys of a commit that failed read as if it had never been called. */
static void
check_unchanged(const struct attempt *attempt)
{
    struct sim_run *run = attempt->run;
    uint64_t seen = sim_doors_seen(run);

    sim_run_judged(run, SIM_HOLDS_ERROR);
    for (unsigned i = 0; i < attempt->change_count; i++) {
        uint32_t key = attempt->changes[i].key;
        do {
            if (!run->is_broken)
                sim_doors_get(run, key, seen);
        } while (++key < attempt->changes[i].limit);
    }
}

static void
judge_ack(const struct attempt *attempt)
{
    struct sim_run *run = attempt->run;

    if (sim_run_knob(run, SIM_KNOB_DEVICE) == SIM_LIAR)
        return;
    for (unsigned i = attempt->written_from; i < attempt->write_count; i++) {
        struct hf_span value = attempt->writes[i].value;
        if (value.len < SIM_STAMP_SIZE)
            continue;
        value.len = SIM_STAMP_SIZE;
        sim_run_judged(run, SIM_HOLDS_ACK);
        if (!sim_machine_is_durable(run->machine, value))
            sim_run_break(run, SIM_HOLDS_ACK, "the bytes of an acknowledged commit are durable",
                          "%s returned, its value is in no durable file", attempt->what);
        return;
    }
}

/* Whether the commit itself overwrites its change `index`: then nothing of that is logged. */
static bool
is_overwritten(const struct attempt *attempt, unsigned index)
{
    uint32_t key = attempt->changes[index].key;

    for (unsigned i = index + 1; i < attempt->change_count; i++) {
        const struct sim_change *change = &attempt->changes[i];
        if (key == change->key || (key > change->key && key < change->limit))
            return true;
    }
    return false;
}

static uint64_t
value_bytes(const struct attempt *attempt)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < attempt->change_count; i++) {
        if (!is_overwritten(attempt, i))
            bytes += attempt->changes[i].size;
    }
    return bytes;
}

static void
acknowledged(const struct attempt *attempt, uint64_t version)
{
    struct sim_run *run = attempt->run;
    bool placed = run->is_in_hook ? sim_oracle_nested(run->oracle, attempt->changes,
                                                      attempt->change_count, version)
                                  : sim_oracle_return(run->oracle, version);

    if (!placed) {
        sim_run_break(run, SIM_HOLDS_ERROR, "versions are consecutive",
                      "%s returned version %" PRIu64 " where %" PRIu64 " was the last",
                      attempt->what, version, sim_oracle_last(run->oracle));
        return;
    }
    if (attempt->conflicts && run->nested == 0 && !attempt->is_unsure)
        wrong_code(attempt, HF_OK, "CONFLICT, since a check does not hold");
    run->acked++;
    run->has_batches = run->has_batches || attempt->change_count > 1 ||
                       attempt->changes[0].limit > attempt->changes[0].key + 1;
    run->is_placed = true;
    sim_machine_settle(run->machine);
    sim_window_add(run, version, value_bytes(attempt));
    if (run->options.mode == HF_MODE_STRICT ||
        (attempt->is_durable && run->options.mode != HF_MODE_MEMORY)) {
        sim_oracle_promise(run->oracle, version);
        judge_ack(attempt);
    } else {
        sim_window_judge(run, version, attempt->called_us);
    }
}

static void
refused(const struct attempt *attempt, bool is_explained, enum hf_err err)
{
    struct sim_run *run = attempt->run;

    if (!run->is_in_hook && !sim_oracle_refuse(run->oracle))
        sim_run_break(run, SIM_HOLDS_ERROR, "a commit that is refused takes no version",
                      "%s: %s, and a later commit came behind it", attempt->what,
                      hf_err_name(err));
    else if (!is_explained)
        wrong_code(attempt, err, "no such error without a cause");
    else
        check_unchanged(attempt);
}

static bool
has_file_faults(const struct sim_run *run)
{
    return sim_run_file_faults(run) > 0 && run->options.mode != HF_MODE_MEMORY;
}

/* FAILED leaves doubt once; then it says that nothing is written any more. */
static void
failed(const struct attempt *attempt, enum hf_err err)
{
    struct sim_run *run = attempt->run;
    bool is_explained = has_file_faults(run);

    if (run->has_failed) {
        refused(attempt, is_explained, err);
        return;
    }
    if (!run->is_in_hook)
        sim_oracle_doubt(run->oracle);
    run->has_failed = true;
    if (!is_explained)
        wrong_code(attempt, err, "no such error without a cause");
}

static bool
conflict_is_right(const struct attempt *attempt, uint64_t version)
{
    if (attempt->run->nested > 0 || attempt->is_unsure)
        return true;
    return attempt->conflicts &&
           (attempt->writes[0].kind != SIM_WRITE_CAS || version == attempt->found);
}

static void
judge(const struct attempt *attempt, enum hf_err err, uint64_t version)
{
    struct sim_run *run = attempt->run;
    const struct sim_machine *machine = run->machine;
    bool limited = run->options.memory_limit != 0;

    switch (err) {
    case HF_OK:
        run->has_failed = false; /* what failed was one write, not the log */
        acknowledged(attempt, version);
        return;
    case HF_ERR_CONFLICT:
        refused(attempt, conflict_is_right(attempt, version), err);
        return;
    case HF_ERR_FULL:
        refused(attempt,
                sim_machine_fault_count(machine, SIM_DISK_FULL) > 0 ||
                    sim_machine_fault_count(machine, SIM_SYNC_ERROR) > 0 ||
                    sim_run_knob(run, SIM_KNOB_CAPACITY) != 0,
                err);
        return;
    case HF_ERR_NO_MEMORY:
        refused(attempt, limited || sim_machine_fault_count(machine, SIM_ALLOC_FAIL) > 0, err);
        return;
    case HF_ERR_TOO_LARGE:
        refused(attempt, limited, err);
        return;
    case HF_ERR_IO:
        refused(attempt, has_file_faults(run), err);
        return;
    case HF_ERR_READ_ONLY:
        refused(attempt, sim_machine_fault_count(machine, SIM_READ_ONLY_DISK) > 0, err);
        return;
    case HF_ERR_CORRUPT:
        refused(attempt, sim_run_is_deserved(run, err), err);
        return;
    case HF_ERR_FAILED:
        failed(attempt, err);
        return;
    default:
        refused(attempt, false, err);
        return;
    }
}

static void
run_attempt(struct attempt *attempt)
{
    struct sim_run *run = attempt->run;
    uint64_t version = 0;
    unsigned flags = attempt->is_durable ? HF_DURABLE : 0;

    if (!run->is_in_hook) {
        run->nested = 0;
        sim_oracle_call(run->oracle, attempt->changes, attempt->change_count);
    }
    attempt->called_us = sim_machine_now_us(run->machine);
    enum hf_err err =
        run->guest->commit(run->handle, attempt->writes, attempt->write_count, flags, &version);
    sim_trace(run->machine, attempt->what, version, (uint64_t)(unsigned)-err);
    sim_note(run->machine, "%s%s of %u, key %" PRIu32 "%s: %s, version %" PRIu64,
             run->is_in_hook ? "  meanwhile: " : "", attempt->what, attempt->change_count,
             attempt->change_count > 0 ? attempt->changes[0].key : 0,
             attempt->is_durable ? ", durable" : "", hf_err_name(err), version);
    judge(attempt, err, version);
    if (run->is_in_hook)
        run->nested++;
}

/* ---- the kinds --------------------------------------------------------------------------- */

void
sim_commit_put(struct sim_run *run)
{
    struct attempt attempt;

    begin(&attempt, run, "put");
    add_put(&attempt, sim_work_key(run));
    run_attempt(&attempt);
}

void
sim_commit_delete(struct sim_run *run)
{
    struct attempt attempt;

    begin(&attempt, run, "delete");
    add_delete(&attempt, sim_work_key(run));
    run_attempt(&attempt);
}

void
sim_commit_delete_range(struct sim_run *run)
{
    struct attempt attempt;

    begin(&attempt, run, "delete_range");
    add_delete_range(&attempt, sim_work_key(run));
    run_attempt(&attempt);
}

void
sim_commit_cas(struct sim_run *run)
{
    struct attempt attempt;

    begin(&attempt, run, "cas");
    add_cas(&attempt, sim_work_key(run));
    run_attempt(&attempt);
}

void
sim_commit_txn(struct sim_run *run)
{
    struct sim_range sizes = sim_run_range(run, SIM_KNOB_BATCH);
    uint64_t count =
        sizes.lo + sim_draw(run->tape, "batch", run->step, sizes.hi - sizes.lo + 1);
    struct attempt attempt;

    begin(&attempt, run, "txn");
    for (uint64_t i = 0; i < count; i++) {
        uint32_t key = sim_work_key(run);
        uint64_t kind = sim_draw(run->tape, "batch.kind", run->step, 8);
        /* The last one is never a check: a batch must change something. */
        if (kind == 7 && i + 1 < count)
            add_check(&attempt, key);
        else if (kind == 6 && sim_run_knob(run, SIM_KNOB_DELETE_RANGE) > 0)
            add_delete_range(&attempt, key);
        else if (kind >= 5)
            add_delete(&attempt, key);
        else
            add_put(&attempt, key);
    }
    run_attempt(&attempt);
}
