/*
 * run.c - a run from an empty disk to a verdict: lives, one after the other.
 *
 *   draw knobs -> life -> crash or close -> faults at rest -> life -> ... -> last life, verdict
 *
 * A run depends on nothing but the scenario and the tape: everything that it uses is reset at
 * its start, and its memory is kept only for speed.
 */
#include "sim/run/run.h"

#include "base/assert.h"
#include "sim/grow.h"
#include "sim/machine/holdings.h"
#include "sim/machine/sim_probe.h"
#include "sim/mix.h"
#include "sim/run/run_state.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define LIVES_MAX 100000u

struct sim_runner {
    struct sim_run run;
    size_t fold_capacity;
    size_t buffer_capacity;
    size_t values_capacity;
};

const char *
sim_verdict_name(enum sim_verdict verdict)
{
    static const char *const names[] = { "held", "broke", "error" };

    return names[verdict];
}

/* An oracle that is switched off sees nothing, and the run goes on. */
static uint32_t off;

void
sim_run_without(uint32_t properties)
{
    off = properties;
}

struct sim_runner *
sim_runner_open(void)
{
    struct sim_runner *runner = sim_new(sizeof *runner);

    runner->run.machine = sim_machine_open();
    runner->run.tape = sim_tape_open();
    runner->run.keyspace = sim_keyspace_open();
    runner->run.oracle = sim_oracle_open();
    runner->run.guest = &sim_guest_holdfast;
    return runner;
}

void
sim_runner_close(struct sim_runner *runner)
{
    if (runner == NULL)
        return;
    sim_machine_close(runner->run.machine);
    sim_tape_close(runner->run.tape);
    sim_keyspace_close(runner->run.keyspace);
    sim_oracle_close(runner->run.oracle);
    free(runner->run.fold);
    free(runner->run.buffer);
    free(runner->run.values);
    free(runner->run.attempts.at);
    free(runner->run.risks.at);
    free(runner);
}

/* ---- services to the modules of a run ---------------------------------------------------- */

void
sim_run_break(struct sim_run *run, enum sim_property property, const char *expected,
              const char *format, ...)
{
    struct sim_result *result = run->result;
    va_list args;

    if (run->is_broken || (off >> property & 1) != 0)
        return;
    run->is_broken = true;
    result->verdict = SIM_BROKE;
    result->property = run->is_in_copy ? SIM_HOLDS_BACKUP : property;
    snprintf(result->expected, sizeof result->expected, "%s", expected);
    va_start(args, format);
    vsnprintf(result->found, sizeof result->found, format, args);
    va_end(args);
    sim_note(run->machine, "BROKEN %s: expected %s", sim_property_name(property),
             result->expected);
    sim_note(run->machine, "       found %s", result->found);
    sim_holdings_note(run->machine, "what is not durable at this moment:");
}

void
sim_run_judged(struct sim_run *run, enum sim_property property)
{
    run->result->judged[property]++;
}

void
sim_run_calm(struct sim_run *run, bool calm)
{
    HF_ASSERT(calm || run->calm_depth > 0);
    run->calm_depth += calm ? 1 : -1u;
    if (run->calm_depth <= 1)
        sim_machine_calm(run->machine, run->calm_depth > 0);
}

uint64_t
sim_run_file_faults(const struct sim_run *run)
{
    static const enum sim_fault faults[] = {
        SIM_SYNC_ERROR, SIM_WRITE_ERROR, SIM_NAME_ERROR,
        SIM_READ_ERROR, SIM_DISK_FULL,   SIM_READ_ONLY_DISK
    };
    uint64_t sum = 0;

    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sum += sim_machine_fault_count(run->machine, faults[i]);
    return sum;
}

bool
sim_run_is_troubled(const struct sim_run *run)
{
    return run->began_full || sim_run_file_faults(run) > run->file_faults;
}

bool
sim_run_is_deserved(struct sim_run *run, enum hf_err err)
{
    if (err != HF_ERR_CORRUPT && err != HF_ERR_MISSING_FILE && err != HF_ERR_IO &&
        err != HF_ERR_VERSION && err != HF_ERR_NOT_FOUND)
        return false;
    if (sim_machine_is_newer(run->machine) && err != HF_ERR_VERSION)
        return false;
    return sim_machine_explains(run->machine);
}

bool
sim_run_is_damaged(const struct sim_run *run)
{
    return sim_machine_ledger(run->machine).damaged > 0;
}

/*
 * Fits drawn knobs to pinned ones: eight sectors to a segment, and no device sector above the
 * engine's. Where both are pinned the reader of scenarios has seen to it.
 */
void
sim_run_fit_knobs(struct sim_run *run)
{
    struct sim_range *knobs = run->result->knobs;
    const struct sim_setting *settings = run->scenario->knobs;
    struct sim_range *sector = &knobs[SIM_KNOB_SECTOR];
    struct sim_range *segment = &knobs[SIM_KNOB_SEGMENT];
    struct sim_range *device = &knobs[SIM_KNOB_DEVICE_SECTOR];

    if (settings[SIM_KNOB_DEVICE_SECTOR].pinned && sector->lo < device->lo)
        sector->lo = sector->hi = device->lo;
    if (settings[SIM_KNOB_SEGMENT].pinned && !settings[SIM_KNOB_SECTOR].pinned) {
        while (sector->lo > 512 && sector->lo * 8 > segment->lo)
            sector->lo = sector->hi = sector->lo / 2;
    }
    if (segment->lo < sector->lo * 8)
        segment->lo = segment->hi = sector->lo * 8;
    if (device->lo > sector->lo)
        device->lo = device->hi = sector->lo;
    /* The engine's sector may be drawn again for later lives, and the device stays. */
    if (knobs[SIM_KNOB_SETTINGS].lo == SIM_SETTINGS_ANEW &&
        !settings[SIM_KNOB_DEVICE_SECTOR].pinned)
        device->lo = device->hi = 512;
}

/* ---- the start --------------------------------------------------------------------------- */

static bool
load_tape(struct sim_run *run, const struct sim_order *order, struct hf_error *error)
{
    const struct sim_scenario *scenario = order->scenario;

    sim_tape_reset(run->tape, order->seed);
    sim_tape_record(run->tape,
                    (order->save_tape != NULL && order->feed.len == 0) || order->record);
    if (order->tape != NULL) {
        rewind(order->tape);
        if (!sim_tape_load(run->tape, order->tape, error))
            return false;
    } else {
        if (scenario->tape_zero)
            sim_tape_zero(run->tape);
        if (scenario->draw_count > 0)
            sim_tape_fix(run->tape, scenario->draws, scenario->draw_count);
    }
    sim_tape_loosen(run->tape, order->loose_seed);
    if (order->diverge_seed != 0)
        sim_tape_diverge(run->tape, order->diverge_from, order->diverge_seed);
    sim_tape_feed(run->tape, order->feed);
    return true;
}

static void
start_machine(struct sim_run *run)
{
    struct sim_machine_config config = {
        .personality = (enum sim_personality)sim_run_knob(run, SIM_KNOB_PERSONALITY),
        .device = (enum sim_device)sim_run_knob(run, SIM_KNOB_DEVICE),
        .regime = (enum sim_regime)sim_run_knob(run, SIM_KNOB_REGIME),
        .sector = (uint32_t)sim_run_knob(run, SIM_KNOB_DEVICE_SECTOR),
        .disk_bytes = sim_run_knob(run, SIM_KNOB_CAPACITY),
        .rules = run->rules,
        .rule_count = run->scenario->rule_count,
    };

    memcpy(run->rules, run->scenario->rules, sizeof run->rules);
    sim_probe_reset();
    sim_machine_reset(run->machine, &config, run->tape);
}

static void
start(struct sim_runner *runner, const struct sim_order *order, struct sim_result *result)
{
    struct sim_run *run = &runner->run;

    *result = (struct sim_result){ .scenario = order->index, .seed = order->seed };
    run->scenario = order->scenario;
    run->order = order;
    run->result = result;
    for (unsigned knob = 0; knob < SIM_KNOB_COUNT; knob++)
        result->knobs[knob] = sim_knob_draw((enum sim_knob)knob,
                                            &order->scenario->knobs[knob].choice, run->tape, 0);
    sim_run_fit_knobs(run);
    run->stage = SIM_STAGE_STORM;
    run->is_broken = run->is_created = run->is_placed = run->has_failed = false;
    run->is_in_hook = run->is_in_copy = run->has_batches = false;
    run->attempts.count = 0;
    sim_backup_reset(run);
    run->step = run->lives = run->lives_without_step = run->acked = 0;
    run->crashes = 0;
    run->nested = run->calm_depth = 0;
    run->sync_errors = run->arrivals = 0;
    run->history_floor = 0;
    run->handle = NULL;
    /* Another start in each run, so that what an earlier run left in memory never looks
     * right. */
    run->stamps = sim_draw(run->tape, "stamps", 0, UINT64_C(1) << 60);

    size_t value_size = result->knobs[SIM_KNOB_VALUE].hi;
    sim_grow(&run->buffer, &runner->buffer_capacity, value_size + 1, 1);
    sim_grow(&run->values, &runner->values_capacity, value_size * (SIM_BATCH_MAX + 1) + 1, 1);
    run->buffer_size = value_size;
    sim_grow(&run->fold, &runner->fold_capacity, result->knobs[SIM_KNOB_KEYS].lo,
             sizeof *run->fold);
    sim_keyspace_size(run->keyspace, (uint32_t)result->knobs[SIM_KNOB_KEYS].lo);
    sim_oracle_reset(run->oracle, (uint32_t)result->knobs[SIM_KNOB_KEYS].lo);
    start_machine(run);
}

/* ---- the course -------------------------------------------------------------------------- */

/* Later lives need not show what this one may have dropped. */
static void
raise_history_floor(struct sim_run *run)
{
    uint64_t last = sim_oracle_last(run->oracle);
    uint64_t keep = run->options.keep_versions;

    if (last > keep && last - keep > run->history_floor)
        run->history_floor = last - keep;
}

/* What there is on the disk, and what the oracle says that a recovery may make of it. */
static uint64_t
state_hash(const struct sim_run *run)
{
    uint64_t hash = sim_machine_disk_hash(run->machine);

    hash = sim_mix_in(hash, run->is_created);
    hash = sim_mix_in(hash, sim_oracle_kept(run->oracle));
    return sim_mix_in(hash, sim_oracle_last(run->oracle));
}

static void
crashed(struct sim_run *run, bool power_cut)
{
    const struct sim_order *order = run->order;

    sim_life_crashed(run, power_cut);
    if (++run->crashes == order->crashes_max)
        run->stage = SIM_STAGE_LAST;
    if (order->go_on != NULL && !order->go_on(order->go_on_context, state_hash(run)))
        run->stage = SIM_STAGE_DONE;
}

/* Somebody kills the process, at a moment when no crash would strike. */
static void
got_stuck(struct sim_run *run)
{
    sim_run_break(run, SIM_HOLDS_DEADLOCK, "every call returns", "%s",
                  sim_machine_stuck(run->machine));
    while (run->calm_depth > 0)
        sim_run_calm(run, false);
    if (run->stage != SIM_STAGE_STORM)
        sim_run_calm(run, true); /* from the end of the storm on */
    run->is_in_copy = false;
    crashed(run, false);
}

static void
end_life(struct sim_run *run, enum sim_end end)
{
    uint64_t leaks = sim_machine_leaks(run->machine);

    raise_history_floor(run);
    if (end == SIM_STUCK)
        got_stuck(run);
    else if (end != SIM_RETURNED)
        crashed(run, end == SIM_CUT_OFF);
    /* A failed sync may have made the system forget what it held: as if the power had gone. */
    if (sim_machine_fault_count(run->machine, SIM_SYNC_ERROR) > run->sync_errors)
        sim_oracle_crash(run->oracle, true);
    if (end == SIM_RETURNED && !run->is_broken && leaks > 0)
        sim_run_break(run, SIM_HOLDS_ERROR, "close gives back all memory, files and locks",
                      "%" PRIu64 " are left", leaks);
}

static void
live(struct sim_run *run)
{
    while (run->stage != SIM_STAGE_DONE && !run->is_broken) {
        enum sim_end end = sim_machine_life(run->machine, sim_life, run);
        end_life(run, end);
        if (run->stage == SIM_STAGE_STORM && !run->is_broken)
            sim_machine_at_rest(run->machine);
        if (run->lives > LIVES_MAX)
            sim_run_break(run, SIM_HOLDS_ALIVE, "a run comes to an end", "%u lives", LIVES_MAX);
    }
}

static void
finish(struct sim_run *run)
{
    struct sim_result *result = run->result;
    struct sim_drawn first;

    result->hash = sim_machine_hash(run->machine);
    result->steps = run->step;
    result->calls = sim_machine_calls(run->machine);
    result->unread = sim_tape_unread(run->tape, &first);
    for (unsigned i = 0; i < SIM_FAULT_COUNT; i++)
        result->faults[i] = sim_machine_fault_count(run->machine, (enum sim_fault)i);
    result->coverage = *sim_machine_coverage(run->machine);
    for (unsigned i = 0; i < HF_MARK_COUNT; i++)
        result->marks[i] = sim_mark_count(i);
    for (unsigned i = 0; i < run->scenario->rule_count; i++)
        result->rules_fired[i] = run->rules[i].fired;
}

bool
sim_runner_run(struct sim_runner *runner, const struct sim_order *order,
               struct sim_result *result, struct hf_error *error)
{
    struct sim_run *run = &runner->run;

    sim_machine_keep_timeline(run->machine, order->keep_timeline);
    sim_machine_keep_strikes(run->machine, order->record);
    if (!load_tape(run, order, error))
        return false;
    start(runner, order, result);
    live(run);
    finish(run);
    if (order->save_tape != NULL)
        sim_runner_save_tape(runner, order->save_tape);
    return true;
}

void
sim_runner_save_tape(const struct sim_runner *runner, FILE *file)
{
    sim_tape_save(runner->run.tape, file);
}

void
sim_runner_timeline(const struct sim_runner *runner, hf_line_fn *line, void *context)
{
    sim_machine_timeline(runner->run.machine, line, context);
}

struct sim_recording
sim_runner_recording(const struct sim_runner *runner)
{
    struct sim_recording record = { 0 };

    record.draw_count = sim_tape_drawn(runner->run.tape, &record.draws);
    record.strike_count = sim_machine_strikes(runner->run.machine, &record.strikes);
    return record;
}

uint64_t
sim_runner_unread(const struct sim_runner *runner, struct sim_drawn *first)
{
    return sim_tape_unread(runner->run.tape, first);
}

/* ---- twice ------------------------------------------------------------------------------- */

/* The lines of a timeline, one after the other. */
struct lines {
    char *text;
    size_t used, capacity;
};

static void
collect(void *context, const char *line)
{
    struct lines *lines = context;
    size_t size = strlen(line) + 1;

    sim_grow(&lines->text, &lines->capacity, lines->used + size, 1);
    memcpy(lines->text + lines->used, line, size);
    lines->used += size;
}

/* The first line of `b` that is another in `a`, NULL if there is none. */
static const char *
first_difference(const struct lines *a, const struct lines *b)
{
    size_t at = 0;

    while (at < a->used && at < b->used && strcmp(a->text + at, b->text + at) == 0)
        at += strlen(a->text + at) + 1;
    return at < b->used ? b->text + at : NULL;
}

static void
tell_difference(struct sim_runner *runner, const struct sim_order *order,
                struct sim_result *result)
{
    struct sim_order again = *order;
    struct lines lines[2] = { { 0 } };
    struct sim_result ignored;
    struct hf_error error;

    again.keep_timeline = true;
    for (unsigned i = 0; i < 2; i++) {
        if (sim_runner_run(runner, &again, &ignored, &error))
            sim_runner_timeline(runner, collect, &lines[i]);
    }
    const char *line = first_difference(&lines[0], &lines[1]);
    result->verdict = SIM_SIMULATOR_FAILED;
    result->property = SIM_HOLDS_DETERMINISTIC;
    snprintf(result->expected, sizeof result->expected, "the same trace twice");
    snprintf(result->found, sizeof result->found, "the first step that differs: %.300s",
             line == NULL ? "none, when looked at again" : line);
    free(lines[0].text);
    free(lines[1].text);
}

void
sim_runner_run_twice(struct sim_runner *runner, const struct sim_order *order,
                     struct sim_result *result)
{
    struct sim_result second;
    struct hf_error error;

    if (!sim_runner_run(runner, order, result, &error) ||
        !sim_runner_run(runner, order, &second, &error))
        return;
    if (second.hash != result->hash)
        tell_difference(runner, order, result);
}
