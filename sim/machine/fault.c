/*
 * fault.c - when a rule strikes.
 *
 *   EVERY    counts steps, then arms itself; a crash then strikes some calls later, so that it
 *            lands inside operations and not only between them
 *   STEP     at its step: a crash without a call or class at once, anything else at the next
 *            call that matches
 *   CALL     at the nth call that matches
 *   CHANCE   at each call that matches, by draw; faults of a crash at each crash
 *   MARK     at the first call that matches after the mark was reached
 *   CRASH    at each crash, by draw
 *   NTH_CRASH   at the nth crash
 *
 * Faults that act at a crash or at rest are armed by the first three and by MARK, and act at
 * the next occasion.
 */
#include "sim/machine/fault.h"

#include "base/assert.h"
#include "sim/grow.h"
#include "sim/machine/machine_state.h"
#include "sim/machine/sim_probe.h"
#include "sim/mix.h"
#include "vfs/vfs_env.h"

#include <stdlib.h>
#include <string.h>

#define CLOCK_STEP_US_MAX (UINT64_C(24) * 3600 * 1000000)
#define CLOCK_STANDS_MAX 20u /* steps */
#define RARE_ONE_IN 8u
#define BURST_TIMES 4u
#define BURST_CALLS 6u  /* how long a boundary is felt */
#define CRASH_DELAY 12u /* calls within which a crash of EVERY strikes, about two operations */

/* At which calls a fault can strike: a bit for each. */
#define BIT(call) (1u << (call))
#define ALL_CALLS ((BIT(SIM_CALL_COUNT) - 1) & ~BIT(SIM_CALL_ALLOC) & ~BIT(SIM_CALL_ANY))
#define CHANGES                                                                                \
    (BIT(SIM_CALL_CREATE) | BIT(SIM_CALL_WRITE) | BIT(SIM_CALL_TRUNCATE) |                     \
     BIT(SIM_CALL_RENAME) | BIT(SIM_CALL_REMOVE) | BIT(SIM_CALL_LINK))
static const unsigned calls_of[SIM_FAULT_COUNT] = {
    [SIM_PROCESS_KILL] = ALL_CALLS | BIT(SIM_CALL_ALLOC),
    [SIM_POWER_CUT] = ALL_CALLS | BIT(SIM_CALL_ALLOC),
    [SIM_TORN_WRITE] = ALL_CALLS,
    [SIM_LOST_NAME] = ALL_CALLS,
    [SIM_SYNC_ERROR] = BIT(SIM_CALL_SYNC) | BIT(SIM_CALL_DIR_SYNC),
    [SIM_SYNC_SLOW] = BIT(SIM_CALL_SYNC) | BIT(SIM_CALL_DIR_SYNC),
    [SIM_SHORT_READ] = BIT(SIM_CALL_READ),
    [SIM_SHORT_WRITE] = BIT(SIM_CALL_WRITE),
    [SIM_DISK_FULL] = BIT(SIM_CALL_WRITE) | BIT(SIM_CALL_CREATE),
    [SIM_READ_ERROR] = BIT(SIM_CALL_READ),
    [SIM_WRITE_ERROR] = BIT(SIM_CALL_WRITE) | BIT(SIM_CALL_TRUNCATE),
    [SIM_NAME_ERROR] = BIT(SIM_CALL_OPEN) | BIT(SIM_CALL_CREATE) | BIT(SIM_CALL_RENAME) |
                       BIT(SIM_CALL_REMOVE) | BIT(SIM_CALL_LINK) | BIT(SIM_CALL_LIST) |
                       BIT(SIM_CALL_SIZE) | BIT(SIM_CALL_LOCK),
    [SIM_ALLOC_FAIL] = BIT(SIM_CALL_ALLOC),
    [SIM_BIT_FLIP] = ALL_CALLS,
    [SIM_ZERO_SECTOR] = ALL_CALLS,
    [SIM_FILE_LOSS] = ALL_CALLS,
    [SIM_FILE_SWAP] = ALL_CALLS,
    [SIM_LOST_WRITE] = ALL_CALLS,
    [SIM_MISDIRECTED_WRITE] = ALL_CALLS,
    [SIM_STALE_READ] = BIT(SIM_CALL_READ),
    [SIM_STALE_FILE] = ALL_CALLS,
    [SIM_EXTRA_BYTES] = ALL_CALLS,
    [SIM_NEWER_FORMAT] = ALL_CALLS,
    [SIM_LATE_WRITE] = ALL_CALLS,
    [SIM_LATE_NAME] = ALL_CALLS,
    [SIM_READ_ONLY_DISK] = CHANGES,
    [SIM_CLOCK_STEP] = ALL_CALLS,
};

static bool
is_crash(enum sim_fault fault)
{
    return fault == SIM_PROCESS_KILL || fault == SIM_POWER_CUT;
}

bool
sim_is_at_rest(enum sim_fault fault)
{
    switch (fault) {
    case SIM_BIT_FLIP:
    case SIM_ZERO_SECTOR:
    case SIM_FILE_LOSS:
    case SIM_FILE_SWAP:
    case SIM_LOST_WRITE:
    case SIM_MISDIRECTED_WRITE:
    case SIM_STALE_FILE:
    case SIM_EXTRA_BYTES:
    case SIM_NEWER_FORMAT:
        return true;
    default:
        return false;
    }
}

/* Acts at a crash or at rest, not at a call. */
static bool
is_deferred(enum sim_fault fault)
{
    return fault == SIM_TORN_WRITE || fault == SIM_LOST_NAME || fault == SIM_LATE_WRITE ||
           fault == SIM_LATE_NAME || sim_is_at_rest(fault);
}

static bool
rolls_at_crash(const struct sim_rule *rule)
{
    return rule->when == SIM_WHEN_CRASH ||
           (rule->when == SIM_WHEN_CHANCE && is_deferred(rule->fault));
}

/*
 * Draws about a rule are keyed by its fault's name and by which of the rules of that fault it
 * is: a comment more in the file, or another fault, leaves them as they were.
 */
uint64_t
sim_rule_entity(const struct sim_rule *rules, const struct sim_rule *rule)
{
    uint64_t earlier = 0;

    for (const struct sim_rule *other = rules; other < rule; other++)
        earlier += other->fault == rule->fault;
    return (sim_mix_name(sim_fault_name(rule->fault)) & UINT32_MAX) << 8 | earlier;
}

static bool
may_fire(const struct sim_machine *machine, const struct sim_rule *rule)
{
    return !machine->calm && (rule->count_max == 0 || rule->fired < rule->count_max) &&
           (rule->phase == SIM_PHASE_ANY || rule->phase == machine->phase);
}

/* A crash without a named call leaves allocations alone: there it would show nothing more. */
static unsigned
calls_of_rule(const struct sim_rule *rule)
{
    unsigned calls = calls_of[rule->fault];

    if (rule->call != SIM_CALL_ANY)
        return calls & BIT(rule->call);
    return is_crash(rule->fault) ? ALL_CALLS : calls;
}

/* What acts at a crash is asked about calls only where a call arms it. */
static bool
is_asked_at_calls(const struct sim_rule *rule)
{
    if (rule->when == SIM_WHEN_CRASH || rule->when == SIM_WHEN_NTH_CRASH)
        return false;
    return !is_deferred(rule->fault) || rule->when == SIM_WHEN_CALL ||
           rule->when == SIM_WHEN_MARK;
}

void
sim_faults_reset(struct sim_machine *machine)
{
    struct sim_faults *faults = &machine->faults;

    *faults = (struct sim_faults){ .rules = machine->config.rules,
                                   .rule_count = machine->config.rule_count,
                                   .keeps_strikes = faults->keeps_strikes,
                                   .strikes = faults->strikes,
                                   .strike_capacity = faults->strike_capacity };
    HF_ASSERT(faults->rule_count <= SIM_RULES_MAX);
    for (unsigned i = 0; i < faults->rule_count; i++) {
        struct sim_rule *rule = &faults->rules[i];
        rule->fired = 0;
        rule->entity = sim_rule_entity(faults->rules, rule);
        if (rule->when != SIM_WHEN_EVERY && rule->when != SIM_WHEN_STEP)
            faults->awake |= UINT64_C(1) << i;
        if (rule->when == SIM_WHEN_MARK)
            faults->state[i].marks = sim_mark_count(rule->mark);
        for (unsigned call = 0; call < SIM_CALL_COUNT; call++) {
            if (is_asked_at_calls(rule) && (calls_of_rule(rule) & BIT(call)) != 0)
                faults->by_call[call] |= UINT64_C(1) << i;
        }
    }
}

/* ---- the record -------------------------------------------------------------------------- */

/* It strikes, at this call or at none. */
static void
take_down(struct sim_machine *machine, const struct sim_rule *rule, enum sim_file_class file,
          enum sim_call call, enum sim_flavour flavour)
{
    struct sim_faults *faults = &machine->faults;
    const struct sim_drawn *drawn;

    if (!faults->keeps_strikes)
        return;
    faults->state[rule - faults->rules].last = (struct sim_struck){
        .rule = (unsigned)(rule - faults->rules),
        .fault = rule->fault,
        .flavour = flavour,
        .step = machine->steps,
        .file = file,
        .call = call,
        .number = faults->calls[file][call],
        .draws_from = sim_tape_drawn(machine->tape, &drawn),
    };
}

/* It has had its way. */
static void
record(struct sim_machine *machine, const struct sim_rule *rule)
{
    struct sim_faults *faults = &machine->faults;
    struct sim_struck struck = faults->state[rule - faults->rules].last;
    const struct sim_drawn *drawn;

    struck.draws_limit = sim_tape_drawn(machine->tape, &drawn);
    sim_grow(&faults->strikes, &faults->strike_capacity, faults->strike_count + 1,
             sizeof *faults->strikes);
    faults->strikes[faults->strike_count++] = struck;
}

void
sim_faults_fired(struct sim_machine *machine, struct sim_rule *rule)
{
    struct sim_cell where = {
        .fault = (uint8_t)rule->fault,
        .file = (uint8_t)machine->faults.file,
        .moment = sim_is_at_rest(rule->fault)            ? SIM_MOMENT_REST
                  : machine->phase == SIM_PHASE_RECOVERY ? SIM_MOMENT_RECOVERY
                                                         : SIM_MOMENT_RUN,
        .field = sim_coverage_field(machine->faults.field),
    };

    rule->fired++;
    machine->faults.fired[rule->fault]++;
    sim_coverage_add(&machine->faults.coverage, where);
    sim_note(machine, "  * %s (line %u)", sim_fault_name(rule->fault), rule->line);
    if (machine->faults.keeps_strikes)
        record(machine, rule);
}

void
sim_faults_fini(struct sim_faults *faults)
{
    free(faults->strikes);
    *faults = (struct sim_faults){ 0 };
}

void
sim_machine_keep_strikes(struct sim_machine *machine, bool keep)
{
    machine->faults.keeps_strikes = keep;
}

size_t
sim_machine_strikes(const struct sim_machine *machine, const struct sim_struck **strikes)
{
    *strikes = machine->faults.strikes;
    return machine->faults.strike_count;
}

/* ---- at steps ---------------------------------------------------------------------------- */

/* Whether an EVERY rule's time has come; draws the next time when it has. */
static bool
time_has_come(struct sim_machine *machine, struct sim_rule *rule, struct sim_rule_state *state)
{
    if (machine->config.regime == SIM_CALM)
        return false;
    if (state->wait == 0) {
        uint64_t first = rule->lo == 0 ? 1 : rule->lo;
        uint64_t span = rule->hi > first ? rule->hi - first + 1 : 1;
        state->wait = first + sim_draw(machine->tape, "rule.every", rule->entity, span);
        if (machine->config.regime == SIM_RARE)
            state->wait *= RARE_ONE_IN;
    }
    return --state->wait == 0;
}

/* A crash strikes some calls after its time has come. */
static uint64_t
draw_delay(struct sim_machine *machine, const struct sim_rule *rule)
{
    if (!is_crash(rule->fault))
        return 0;
    return sim_draw(machine->tape, "rule.delay", rule->entity, CRASH_DELAY);
}

/* The rule strikes at the nth call from now that matches, `calls` being n. */
static void
arm(struct sim_faults *faults, unsigned index, uint64_t calls)
{
    faults->state[index].calls = calls;
    faults->awake |= UINT64_C(1) << index;
}

struct sim_rule *
sim_faults_step(struct sim_machine *machine)
{
    struct sim_faults *faults = &machine->faults;
    struct sim_rule *crash = NULL;

    if (faults->keeps_strikes)
        memset(faults->calls, 0, sizeof faults->calls);
    for (unsigned i = 0; i < faults->rule_count; i++) {
        struct sim_rule *rule = &faults->rules[i];
        struct sim_rule_state *state = &faults->state[i];
        if (!may_fire(machine, rule))
            continue;
        if (rule->when == SIM_WHEN_EVERY && state->calls == 0 &&
            time_has_come(machine, rule, state))
            arm(faults, i, 1 + rule->skip + draw_delay(machine, rule));
        if (rule->when != SIM_WHEN_STEP || rule->lo != machine->steps)
            continue;
        if (is_crash(rule->fault) && rule->call == SIM_CALL_ANY && rule->file == SIM_FILE_ANY) {
            crash = rule;
            take_down(machine, rule, SIM_FILE_ANY, SIM_CALL_ANY, SIM_FLAVOUR_ANY);
        } else {
            arm(faults, i, 1 + rule->skip);
        }
    }
    return crash;
}

/* ---- at calls ---------------------------------------------------------------------------- */

/* The chance that the rule names, as the regime has it. */
static bool
strikes_by_chance(struct sim_machine *machine, const struct sim_rule *rule)
{
    const char *site = sim_fault_name(rule->fault);
    uint64_t lo = rule->lo;

    switch (machine->config.regime) {
    case SIM_STORM:
        break;
    case SIM_RARE:
        if (!sim_draw_chance(machine->tape, "regime", rule->entity, 1, RARE_ONE_IN))
            return false;
        break;
    case SIM_BURST:
        if (machine->faults.burst == 0)
            return false;
        lo = lo * BURST_TIMES < rule->hi ? lo * BURST_TIMES : rule->hi;
        break;
    case SIM_CALM:
        return false;
    case SIM_REGIME_COUNT:
        break;
    }
    return sim_draw_chance(machine->tape, site, rule->entity, lo, rule->hi);
}

/* A boundary: names change, so one file takes over from another. */
static void
note_boundary(struct sim_faults *faults, enum sim_call call)
{
    if (call == SIM_CALL_CREATE || call == SIM_CALL_RENAME || call == SIM_CALL_REMOVE ||
        call == SIM_CALL_DIR_SYNC)
        faults->burst = BURST_CALLS;
    else if (faults->burst > 0)
        faults->burst--;
}

static bool
fires_at_call(struct sim_machine *machine, unsigned index)
{
    struct sim_rule *rule = &machine->faults.rules[index];
    struct sim_rule_state *state = &machine->faults.state[index];
    uint64_t was;

    switch (rule->when) {
    case SIM_WHEN_EVERY:
    case SIM_WHEN_STEP:
        if (--state->calls > 0)
            return false;
        machine->faults.awake &= ~(UINT64_C(1) << index);
        return true;
    case SIM_WHEN_CALL:
        return ++state->matched == rule->lo;
    case SIM_WHEN_CHANCE:
        return strikes_by_chance(machine, rule);
    case SIM_WHEN_MARK:
        was = state->marks;
        state->marks = sim_mark_count(rule->mark);
        return state->marks > was;
    case SIM_WHEN_CRASH:
    case SIM_WHEN_NTH_CRASH:
        return false;
    }
    return false;
}

/* How many kinds of a fault there are, from the first one on. */
static uint64_t
kinds_from(enum sim_flavour first)
{
    switch (first) {
    case SIM_ONCE:
        return 2;
    case SIM_CLEAN:
        return 4;
    default:
        return 3;
    }
}

static enum sim_flavour
draw_flavour(struct sim_machine *machine, const struct sim_rule *rule, enum sim_flavour first)
{
    if (rule->flavour != SIM_FLAVOUR_ANY)
        return rule->flavour;
    return first + (enum sim_flavour)sim_draw(machine->tape, "rule.flavour", rule->entity,
                                              kinds_from(first));
}

/* Up to a day, either way; or it stands for some steps. */
static void
step_clock(struct sim_machine *machine, enum sim_flavour how, const struct sim_rule *rule)
{
    uint64_t us = 1 + sim_draw(machine->tape, "clock_step.us", rule->entity, CLOCK_STEP_US_MAX);

    if (how == SIM_FORWARD) {
        machine->wall_offset_us += us;
    } else if (how == SIM_BACKWARD) {
        machine->wall_offset_us -= us;
    } else if (machine->steps >= machine->wall_frozen_until) {
        machine->wall_frozen_us = hf_env_wall_us();
        machine->wall_frozen_until = machine->steps + 1 + us % CLOCK_STANDS_MAX;
    }
}

static void
strike(struct sim_machine *machine, struct sim_strike *out, struct sim_rule *rule)
{
    switch (rule->fault) {
    case SIM_PROCESS_KILL:
    case SIM_POWER_CUT:
        out->crash = rule;
        out->crash_at = draw_flavour(machine, rule, SIM_BEFORE);
        break;
    case SIM_SYNC_SLOW:
        out->slow = rule;
        break;
    case SIM_DISK_FULL:
        if (sim_faults_disk_is_full(machine))
            break;
        machine->faults.full_until =
            machine->steps + (rule->duration == 0 ? 1 : rule->duration);
        sim_faults_fired(machine, rule);
        break;
    case SIM_READ_ONLY_DISK:
        if (sim_faults_disk_is_read_only(machine))
            break;
        machine->faults.read_only_until =
            machine->steps + (rule->duration == 0 ? 1 : rule->duration);
        sim_faults_fired(machine, rule);
        break;
    case SIM_CLOCK_STEP:
        step_clock(machine, draw_flavour(machine, rule, SIM_FORWARD), rule);
        sim_faults_fired(machine, rule);
        break;
    case SIM_SYNC_ERROR:
        out->error = rule;
        out->flavour = draw_flavour(machine, rule, SIM_CLEAN);
        break;
    case SIM_READ_ERROR:
        out->error = rule;
        out->flavour = draw_flavour(machine, rule, SIM_ONCE);
        break;
    case SIM_WRITE_ERROR:
    case SIM_NAME_ERROR:
        out->error = rule;
        out->flavour = draw_flavour(machine, rule, SIM_BEFORE);
        break;
    default:
        out->error = rule; /* nothing about it is left to draw here */
        break;
    }
}

/* The kind in which the rule strikes, as a scenario names it. */
static enum sim_flavour
flavour_of(const struct sim_strike *strike, const struct sim_rule *rule)
{
    if (strike->crash == rule)
        return strike->crash_at;
    return strike->error == rule ? strike->flavour : SIM_FLAVOUR_ANY;
}

struct sim_strike
sim_faults_call(struct sim_machine *machine, enum sim_call call, enum sim_file_class file)
{
    struct sim_faults *faults = &machine->faults;
    struct sim_strike out = { 0 };
    uint64_t rules = faults->by_call[call] & faults->awake;

    note_boundary(faults, call);
    faults->file = file;
    faults->field = NULL;
    if (call != SIM_CALL_ALLOC && !machine->calm)
        faults->call_total++;
    if (faults->keeps_strikes && !machine->calm)
        faults->calls[file][call]++;
    if (rules == 0 || machine->calm)
        return out; /* as may_fire would say of each rule */
    for (unsigned i = 0; rules != 0; i++, rules >>= 1) {
        struct sim_rule *rule = &faults->rules[i];
        if ((rules & 1) == 0 || (rule->file != SIM_FILE_ANY && rule->file != file) ||
            !may_fire(machine, rule))
            continue;
        if (!fires_at_call(machine, i))
            continue;
        if (is_deferred(rule->fault)) {
            faults->state[i].calls = 1;
            continue;
        }
        take_down(machine, rule, file, call, SIM_FLAVOUR_ANY);
        strike(machine, &out, rule);
        faults->state[i].last.flavour = flavour_of(&out, rule);
    }
    return out;
}

bool
sim_faults_at_crash(struct sim_machine *machine, struct sim_rule *rule)
{
    struct sim_faults *faults = &machine->faults;
    struct sim_rule_state *state = &faults->state[rule - faults->rules];
    uint64_t asked;
    bool acts;

    faults->file = rule->file;
    faults->field = NULL;
    if (machine->calm || (rule->count_max != 0 && rule->fired >= rule->count_max))
        return false;
    asked = ++state->asked;
    if (rule->when == SIM_WHEN_NTH_CRASH)
        acts = asked == rule->lo;
    else if (rolls_at_crash(rule))
        acts = sim_draw_chance(machine->tape, sim_fault_name(rule->fault), rule->entity,
                               rule->lo, rule->hi);
    else
        acts = state->calls > 0;
    state->calls = 0;
    take_down(machine, rule, SIM_FILE_ANY, SIM_CALL_ANY, rule->flavour);
    state->last.number = asked;
    return acts;
}

bool
sim_faults_disk_is_full(const struct sim_machine *machine)
{
    return !machine->calm && machine->steps < machine->faults.full_until;
}

bool
sim_faults_disk_is_read_only(const struct sim_machine *machine)
{
    return !machine->calm && machine->steps < machine->faults.read_only_until;
}
