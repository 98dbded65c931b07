/*
 * shrink.c - see shrink.h.
 *
 *    freeze the tape -> pin the knobs -> place the faults -> leave out, again and again:
 *    steps, faults, ordered steps, knobs, draws -> lower draws -> renumber the steps -> ...
 *
 * A step that is left out idles, so that the others keep their numbers and with them their
 * draws; only at the end are they numbered anew. The run behind the best scenario so far is
 * recorded again after each kind of thing, so draws that nobody asks for any more are gone.
 *
 * Where much is left, the failure is looked for anew in short runs of the same scenario
 * (miniature.h), the shortest first; what is found goes the same way, and the smaller one wins.
 */
#include "sim/search/shrink.h"

#include "sim/campaign/campaign.h"
#include "sim/grow.h"
#include "sim/search/freeze.h"
#include "sim/search/miniature.h"

#include <stdlib.h>
#include <string.h>

#define CPU_MS_MIN 500u /* that a try may take */
#define CRASHES_TRIED 16u
#define FATES 6u       /* other fates that a candidate is given */
#define FATES_MANY 40u /* the same, where MANY things or more are left out at once */
#define MANY 4u
#define EVENTS_FEW 10u       /* with so many a failure is small enough */
#define MINIATURE_STEPS 3u   /* of the shortest runs; the next have twice as many */
#define MINIATURE_SEEDS 250u /* that are tried with so many steps */
#define MINIATURES_MAX 4u    /* that are shrunk */
#define LOWER_TRIES 8u       /* for the value of one draw */

struct search {
    struct sim_trial *trial;
    struct sim_shrunk *out;
    uint64_t cpu_ms;
    uint64_t deadline;
    struct sim_scenario *best;
    bool is_loose;           /* candidates may meet another fate than their draws say, */
    uint64_t fates;          /* of which so many are tried */
    struct sim_drawn *drawn; /* by the run behind `best`, when it was looked at last */
    size_t drawn_count, drawn_capacity;
};

/* ---- one try ----------------------------------------------------------------------------- */

static bool
is_same_failure(const struct search *search, const struct sim_result *result)
{
    char signature[SIM_SIGNATURE_SIZE];

    if (result->verdict != SIM_BROKE || result->property != search->out->first.property)
        return false;
    sim_signature(signature, result);
    return strcmp(signature, search->out->signature) == 0;
}

static bool
run(struct search *search, const struct sim_scenario *scenario, bool record,
    uint64_t loose_seed, struct sim_result *result)
{
    struct sim_order order = { .scenario = scenario,
                               .seed = scenario->seeds.lo,
                               .record = record,
                               .loose_seed = loose_seed };

    search->out->tries++;
    return sim_trial_run(search->trial, &order, search->cpu_ms, result);
}

/*
 * Draws about files are keyed by their names, so what a cut does to one of them is lost when
 * another takes its place. A few fates are tried; the one that fails becomes explicit.
 */
static bool
fails_by_fate(struct search *search, struct sim_scenario *candidate, struct sim_result *result)
{
    size_t kept = 0;

    for (size_t i = 0; i < candidate->draw_count; i++) {
        if (!sim_tape_is_loose(candidate->draws[i].site))
            candidate->draws[kept++] = candidate->draws[i];
    }
    candidate->draw_count = kept;
    for (uint64_t seed = 1; seed <= search->fates; seed++) {
        if (!run(search, candidate, true, seed, result) || !is_same_failure(search, result))
            continue;
        struct sim_recording record = sim_trial_recording(search->trial);
        sim_freeze_tape(candidate, &record);
        return true;
    }
    return false;
}

static bool
fails(struct search *search, struct sim_scenario *candidate, struct sim_result *result)
{
    if (run(search, candidate, false, 0, result) && is_same_failure(search, result))
        return true;
    return search->is_loose && fails_by_fate(search, candidate, result);
}

/* Takes over `candidate` if it fails alike, else drops it. */
static bool
try(struct search *search, struct sim_scenario *candidate)
{
    struct sim_result result;

    if (sim_wall_ns() > search->deadline)
        search->out->is_cut_short = true;
    if (search->out->is_cut_short || !fails(search, candidate, &result)) {
        sim_frozen_drop(candidate);
        return false;
    }
    sim_frozen_drop(search->best);
    *search->best = *candidate;
    search->out->result = result;
    return true;
}

/* The best scenario's run once more, recorded; its explicit draws are those that it made. */
static bool
look_again(struct search *search, struct sim_recording *record)
{
    struct sim_result result;

    if (!run(search, search->best, true, 0, &result) || !is_same_failure(search, &result))
        return false;
    search->out->result = result;
    *record = sim_trial_recording(search->trial);
    sim_freeze_tape(search->best, record);
    search->drawn_count = record->draw_count;
    sim_grow(&search->drawn, &search->drawn_capacity, record->draw_count + 1,
             sizeof *search->drawn);
    memcpy(search->drawn, record->draws, record->draw_count * sizeof *record->draws);
    return true;
}

/* ---- leaving out ------------------------------------------------------------------------- */

/* What something is left out of. */
struct base {
    struct sim_scenario scenario;
    const struct sim_drawn *drawn; /* by its run, in order; only where steps are left out */
    size_t drawn_count;
};

/* Makes `candidate`, a copy of the base's, do without those things that are `gone`. */
typedef void leave_out_fn(struct sim_scenario *candidate, const struct base *base,
                          const bool *gone);

/* Marks those of the things that `base` does without already. */
typedef void find_gone_fn(const struct sim_scenario *base, bool *gone);

/* Leaves out what can go of `count` things, in windows of falling size. */
static bool
minimize(struct search *search, size_t count, find_gone_fn *find_gone, leave_out_fn *leave_out)
{
    struct base base = { .drawn = search->drawn, .drawn_count = search->drawn_count };
    struct sim_scenario candidate;
    bool *gone = sim_new(count + 1), *wanted = sim_new(count + 1);
    bool any = false;

    sim_frozen_copy(&base.scenario, search->best);
    find_gone(&base.scenario, gone);
    for (size_t window = count; window > 0; window /= 2) {
        for (size_t from = 0; from < count; from += window) {
            size_t limit = from + window < count ? from + window : count;
            size_t fewer = 0;
            memcpy(wanted, gone, count);
            for (size_t i = from; i < limit; i++) {
                fewer += !wanted[i];
                wanted[i] = true;
            }
            if (fewer == 0)
                continue;
            search->fates = fewer >= MANY ? FATES_MANY : FATES;
            sim_frozen_copy(&candidate, &base.scenario);
            leave_out(&candidate, &base, wanted);
            if (!try(search, &candidate))
                continue;
            memcpy(gone, wanted, count);
            any = true;
        }
    }
    sim_frozen_drop(&base.scenario);
    free(gone);
    free(wanted);
    return any;
}

static uint64_t
steps_of(const struct sim_scenario *scenario)
{
    return scenario->knobs[SIM_KNOB_STEPS].choice.of[0].lo;
}

static void
none_gone(const struct sim_scenario *base, bool *gone)
{
    (void)base;
    (void)gone;
}

static bool
is_verb(const struct sim_drawn *draw)
{
    return strcmp(draw->site, "verb") == 0;
}

static void
find_idle_steps(const struct sim_scenario *base, bool *gone)
{
    uint64_t idle = sim_frozen_idle(base);

    for (size_t i = 0; i < base->draw_count; i++) {
        const struct sim_drawn *draw = &base->draws[i];
        if (is_verb(draw) && draw->value == idle && draw->entity <= steps_of(base))
            gone[draw->entity - 1] = true;
    }
}

/* Step number i + 1 idles; at the end of the run there is none of it. */
static void
leave_out_steps(struct sim_scenario *candidate, const struct base *base, const bool *gone)
{
    struct sim_range *steps = &candidate->knobs[SIM_KNOB_STEPS].choice.of[0];
    uint64_t idle = sim_frozen_idle(&base->scenario);

    while (steps->lo > 1 && gone[steps->lo - 1])
        steps->lo = steps->hi = steps->lo - 1;
    for (uint64_t step = 1; step <= steps->lo; step++) {
        if (gone[step - 1])
            sim_frozen_draw(candidate, "verb", step, 0, idle);
    }
}

/* Where the draw stands among those of its run; NULL: nobody asked for it. */
static const struct sim_drawn *
find_drawn(const struct base *base, const struct sim_drawn *draw)
{
    for (size_t i = 0; i < base->drawn_count; i++) {
        const struct sim_drawn *drawn = &base->drawn[i];
        if (drawn->site == draw->site && drawn->entity == draw->entity &&
            drawn->occurrence == draw->occurrence)
            return drawn;
    }
    return NULL;
}

static bool
is_in_step_gone(const struct base *base, const bool *gone, const struct sim_drawn *drawn)
{
    return drawn->clock > 0 && drawn->clock <= steps_of(&base->scenario) &&
           gone[drawn->clock - 1];
}

/*
 * The same, and what is drawn again and again, such as a chance, moves on: without the steps
 * that asked before, the one that matters is asked as an earlier one.
 */
static void
leave_out_steps_and_asks(struct sim_scenario *candidate, const struct base *base,
                         const bool *gone)
{
    size_t kept = 0;

    for (size_t i = 0; i < candidate->draw_count; i++) {
        struct sim_drawn draw = candidate->draws[i];
        const struct sim_drawn *at = is_verb(&draw) ? NULL : find_drawn(base, &draw);
        if (at != NULL && is_in_step_gone(base, gone, at))
            continue;
        for (const struct sim_drawn *drawn = base->drawn; at != NULL && drawn < at; drawn++)
            draw.occurrence -= drawn->site == at->site && drawn->entity == at->entity &&
                               is_in_step_gone(base, gone, drawn);
        candidate->draws[kept++] = draw;
    }
    candidate->draw_count = kept;
    leave_out_steps(candidate, base, gone);
}

static void
leave_out_faults(struct sim_scenario *candidate, const struct base *base, const bool *gone)
{
    candidate->rule_count = 0;
    for (unsigned i = 0; i < base->scenario.rule_count; i++) {
        if (!gone[i])
            candidate->rules[candidate->rule_count++] = base->scenario.rules[i];
    }
}

/* Those that count crashes strike as many crashes earlier as `candidate` has fewer of. */
static void
count_fewer_crashes(struct sim_scenario *candidate, uint64_t fewer)
{
    for (unsigned i = 0; i < candidate->rule_count; i++) {
        struct sim_rule *rule = &candidate->rules[i];
        if (rule->when == SIM_WHEN_NTH_CRASH && rule->lo > fewer)
            rule->lo = rule->hi = rule->lo - fewer;
    }
}

/* The same, and the others stay with the crash that they were meant for. */
static void
leave_out_crashes(struct sim_scenario *candidate, const struct base *base, const bool *gone)
{
    uint64_t fewer = 0;

    leave_out_faults(candidate, base, gone);
    for (unsigned i = 0; i < base->scenario.rule_count; i++)
        fewer += gone[i] && (base->scenario.rules[i].fault == SIM_POWER_CUT ||
                             base->scenario.rules[i].fault == SIM_PROCESS_KILL);
    count_fewer_crashes(candidate, fewer);
}

static void
leave_out_orders(struct sim_scenario *candidate, const struct base *base, const bool *gone)
{
    candidate->order_count = 0;
    for (unsigned i = 0; i < base->scenario.order_count; i++) {
        if (!gone[i])
            candidate->orders[candidate->order_count++] = base->scenario.orders[i];
    }
}

/* Steps are left out by making them idle: their draws are not ours to leave out. */
static void
find_verbs(const struct sim_scenario *base, bool *gone)
{
    for (size_t i = 0; i < base->draw_count; i++)
        gone[i] = is_verb(&base->draws[i]);
}

static void
leave_out_draws(struct sim_scenario *candidate, const struct base *base, const bool *gone)
{
    candidate->draw_count = 0;
    for (size_t i = 0; i < base->scenario.draw_count; i++) {
        if (!gone[i] || is_verb(&base->scenario.draws[i]))
            candidate->draws[candidate->draw_count++] = base->scenario.draws[i];
    }
}

static bool
is_pin(unsigned knob)
{
    return knob < SIM_KNOB_PUT && knob != SIM_KNOB_STEPS;
}

static void
find_free_knobs(const struct sim_scenario *base, bool *gone)
{
    for (unsigned knob = 0; knob < SIM_KNOB_PUT; knob++)
        gone[knob] = !is_pin(knob) || !base->knobs[knob].pinned;
}

/* A pin is gone where the knob takes its ordinary value. */
static void
leave_out_pins(struct sim_scenario *candidate, const struct base *base, const bool *gone)
{
    (void)base;
    for (unsigned knob = 0; knob < SIM_KNOB_PUT; knob++) {
        if (gone[knob] && is_pin(knob))
            sim_frozen_free(candidate, (enum sim_knob)knob);
    }
}

/* ---- lowering ---------------------------------------------------------------------------- */

static bool
try_value(struct search *search, size_t index, uint64_t value)
{
    struct sim_scenario candidate;

    sim_frozen_copy(&candidate, search->best);
    candidate.draws[index].value = value;
    return try(search, &candidate);
}

/* The smallest values are the plainest: 1, or half and half again. Not of verbs: to idle is
 * plainer than any operation. */
static void
lower_draws(struct search *search)
{
    for (size_t i = 0; i < search->best->draw_count; i++) {
        const struct sim_drawn *draw = &search->best->draws[i];
        if (is_verb(draw) || draw->value <= 1 || try_value(search, i, 1))
            continue;
        for (unsigned tries = 0; tries < LOWER_TRIES; tries++) {
            if (!try_value(search, i, search->best->draws[i].value / 2))
                break;
        }
    }
}

static bool
try_rule(struct search *search, unsigned index, const struct sim_rule *rule)
{
    struct sim_scenario candidate;

    sim_frozen_copy(&candidate, search->best);
    candidate.rules[index] = *rule;
    return try(search, &candidate);
}

/* The first crash is plainer than a later one, the first call of a step than another. */
static void
lower_faults(struct search *search)
{
    for (unsigned i = 0; i < search->best->rule_count; i++) {
        struct sim_rule rule = search->best->rules[i];
        uint64_t crash = rule.lo;
        if (rule.skip > 0) {
            rule.skip = 0;
            try_rule(search, i, &rule);
            continue;
        }
        if (rule.when != SIM_WHEN_NTH_CRASH || crash > CRASHES_TRIED)
            continue;
        for (rule.lo = rule.hi = 1; rule.lo < crash; rule.lo = ++rule.hi) {
            if (try_rule(search, i, &rule))
                break;
        }
    }
}

/* A put is the plainest operation. */
static void
plainer_orders(struct search *search)
{
    struct sim_scenario candidate;

    for (unsigned i = 0; i < search->best->order_count; i++) {
        enum sim_knob verb = search->best->orders[i].verb;
        if (verb == SIM_KNOB_PUT || verb == SIM_KNOB_IDLE)
            continue;
        sim_frozen_copy(&candidate, search->best);
        candidate.orders[i].verb = SIM_KNOB_PUT;
        try(search, &candidate);
    }
}

/* ---- the stages -------------------------------------------------------------------------- */

/* The plain numbers of a recorded run. */
static struct sim_size
measure(const struct sim_scenario *scenario, const struct sim_recording *record)
{
    struct sim_size size = { .faults = record->strike_count };

    for (size_t i = 0; i < record->draw_count; i++) {
        const struct sim_drawn *drawn = &record->draws[i];
        size.draws += drawn->value != 0;
        if (drawn->clock > size.steps)
            size.steps = drawn->clock;
    }
    for (unsigned knob = 0; knob < SIM_KNOB_PUT; knob++)
        size.pins += is_pin(knob) && scenario->knobs[knob].pinned;
    return size;
}

/* A run that is to be shrunk: of the scenario, the last one that was recorded. */
struct start {
    const struct sim_scenario *scenario;
    struct sim_result result;
};

/* All knobs are pinned but those of groups below `first`, which stay with the tape. */
static bool
try_pins(struct search *search, const struct start *start, enum sim_knob_group first)
{
    struct sim_scenario candidate;

    sim_frozen_copy(&candidate, search->best);
    sim_freeze_knobs(&candidate, &start->result);
    candidate.knobs[SIM_KNOB_IDLE].choice.of[0] = (struct sim_range){ 1, 1 };
    for (unsigned knob = 0; knob < SIM_KNOB_COUNT; knob++) {
        if (sim_knob_group((enum sim_knob)knob) < first)
            candidate.knobs[knob] = start->scenario->knobs[knob];
    }
    return try(search, &candidate);
}

/* The tape and all knobs; or, where each life drew the engine's options anew, the others. */
static bool
freeze_first(struct search *search, const struct start *start,
             const struct sim_recording *record)
{
    sim_freeze_tape(search->best, record);
    search->best->seeds = (struct sim_range){ 1, 1 };
    search->best->expect_count = search->best->catch_count = 0;
    return try_pins(search, start, SIM_GROUP_ENGINE) ||
           try_pins(search, start, SIM_GROUP_WORKLOAD);
}

static void
freeze_faults(struct search *search)
{
    struct sim_scenario candidate;
    struct sim_recording record;

    if (!look_again(search, &record))
        return;
    sim_frozen_copy(&candidate, search->best);
    if (sim_freeze_faults(&candidate, &record))
        try(search, &candidate);
    else
        sim_frozen_drop(&candidate);
}

static bool
shrink_round(struct search *search)
{
    struct sim_recording record;
    bool any = minimize(search, steps_of(search->best), find_idle_steps, leave_out_steps);

    if (!look_again(search, &record))
        return false;
    any |= minimize(search, steps_of(search->best), find_idle_steps, leave_out_steps_and_asks);
    if (!look_again(search, &record))
        return false;
    any |= minimize(search, search->best->rule_count, none_gone, leave_out_faults);
    any |= minimize(search, search->best->rule_count, none_gone, leave_out_crashes);
    lower_faults(search);
    any |= minimize(search, search->best->order_count, none_gone, leave_out_orders);
    any |= minimize(search, SIM_KNOB_PUT, find_free_knobs, leave_out_pins);
    if (search->is_loose)
        return any; /* draws that are left out would come back as fates */
    if (!look_again(search, &record))
        return false;
    any |= minimize(search, search->best->draw_count, find_verbs, leave_out_draws);
    return any;
}

/* The same with other fates, where files may change their names. */
static void
shrink_loosely(struct search *search)
{
    search->is_loose = true;
    search->fates = FATES;
    while (shrink_round(search))
        continue;
    search->is_loose = false;
    while (shrink_round(search))
        continue;
}

static void
number_anew(struct search *search)
{
    struct sim_scenario candidate;
    struct sim_recording record;

    if (!look_again(search, &record))
        return;
    sim_frozen_copy(&candidate, search->best);
    if (!sim_freeze_steps(&candidate, &record)) {
        sim_frozen_drop(&candidate);
        return;
    }
    if (try(search, &candidate) && look_again(search, &record))
        minimize(search, search->best->draw_count, find_verbs, leave_out_draws);
}

/* Where each step is told what it does, a weight is there only for what batches and opens may
 * do besides; one that the failure does not take is gone. */
static void
forget_weights(struct search *search)
{
    struct sim_scenario candidate;

    for (unsigned knob = SIM_KNOB_PUT; knob < SIM_KNOB_COUNT; knob++) {
        if (search->best->order_count == 0 || !search->best->knobs[knob].pinned)
            continue;
        sim_frozen_copy(&candidate, search->best);
        sim_frozen_free(&candidate, (enum sim_knob)knob);
        try(search, &candidate);
    }
}

/* Makes `best` of the start, with its size. False: its own tape does not fail alike. */
static bool
shrink_from(struct search *search, const struct start *start)
{
    struct sim_recording record = sim_trial_recording(search->trial);

    sim_frozen_copy(search->best, start->scenario);
    if (!freeze_first(search, start, &record)) {
        sim_frozen_drop(search->best);
        return false;
    }
    freeze_faults(search);
    while (shrink_round(search))
        continue;
    shrink_loosely(search);
    number_anew(search);
    plainer_orders(search);
    forget_weights(search);
    lower_draws(search);
    if (look_again(search, &record))
        search->out->after = measure(search->best, &record);
    search->out->after.steps = sim_frozen_steps(search->best, &record);
    return true;
}

/* ---- in miniature ------------------------------------------------------------------------ */

static uint64_t
events(const struct sim_size *size)
{
    return size->steps + size->faults;
}

/* The next seed from there on that fails alike, which is recorded; 0: there is none. */
static uint64_t
find_miniature(struct search *search, struct start *start, struct sim_scenario *miniature,
               uint64_t seed)
{
    for (; seed <= MINIATURE_SEEDS && sim_wall_ns() <= search->deadline; seed++) {
        miniature->seeds = (struct sim_range){ seed, seed };
        if (run(search, miniature, true, 0, &start->result) &&
            is_same_failure(search, &start->result))
            return seed;
    }
    return 0;
}

/* Shrinks what was found, and keeps the smaller one. */
static void
shrink_other(struct search *search, const struct start *start)
{
    struct sim_shrunk *out = search->out, other = *out;

    search->out = &other;
    search->best = &other.scenario;
    if (shrink_from(search, start)) {
        bool is_smaller = events(&other.after) < events(&out->after);
        sim_frozen_drop(is_smaller ? &out->scenario : &other.scenario);
        if (is_smaller)
            *out = other;
    }
    out->tries = other.tries;
    out->is_cut_short = other.is_cut_short;
    search->out = out;
    search->best = &out->scenario;
}

/* Those with so many steps, until few events are left. */
static void
try_miniatures(struct search *search, const struct sim_scenario *source, uint64_t steps,
               unsigned *left)
{
    struct sim_shrunk *out = search->out;
    struct sim_scenario miniature;
    struct start start = { .scenario = &miniature };
    uint64_t seed = 0;

    sim_miniature_make(&miniature, source, out->first.knobs[SIM_KNOB_STEPS].lo, steps);
    while (*left > 0 && events(&out->after) > EVENTS_FEW) {
        seed = find_miniature(search, &start, &miniature, seed + 1);
        if (seed == 0)
            break;
        shrink_other(search, &start);
        --*left;
    }
    sim_frozen_drop(&miniature);
}

/* A fixed tape leaves nothing to meet anew. */
static void
shrink_in_miniature(struct search *search, const struct sim_scenario *source)
{
    const struct sim_size *size = &search->out->after;
    unsigned left = MINIATURES_MAX;

    if (source->tape_zero)
        return;
    for (uint64_t steps = MINIATURE_STEPS; left > 0 && steps < events(size); steps += steps) {
        if (events(size) <= EVENTS_FEW)
            return;
        try_miniatures(search, source, steps, &left);
    }
}

enum sim_shrink_end
sim_shrink(struct sim_trial *trial, const struct sim_order *order, uint64_t budget_ns,
           struct sim_shrunk *out)
{
    struct search search = {
        .trial = trial, .out = out, .best = &out->scenario, .cpu_ms = 20000
    };
    struct sim_order first = *order;
    struct start start = { .scenario = order->scenario };

    *out = (struct sim_shrunk){ 0 };
    search.deadline = sim_wall_ns() + budget_ns;
    first.record = true;
    if (!sim_trial_run(trial, &first, search.cpu_ms, &out->first))
        return SIM_SHRINK_IMPOSSIBLE;
    if (out->first.verdict != SIM_BROKE)
        return SIM_SHRINK_HELD;
    search.cpu_ms = CPU_MS_MIN;
    sim_signature(out->signature, &out->first);
    struct sim_recording record = sim_trial_recording(trial);
    out->before = measure(order->scenario, &record);
    if (out->first.steps > 0 && out->before.steps > out->first.steps)
        out->before.steps = out->first.steps;
    start.result = out->first;
    bool is_steady = shrink_from(&search, &start);
    if (is_steady)
        shrink_in_miniature(&search, order->scenario);
    free(search.drawn);
    return is_steady ? SIM_SHRUNK : SIM_SHRINK_UNSTEADY;
}

void
sim_shrunk_fini(struct sim_shrunk *shrunk)
{
    sim_frozen_drop(&shrunk->scenario);
}
