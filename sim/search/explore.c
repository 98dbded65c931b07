/*
 * explore.c - see explore.h.
 *
 * The outcomes of a cut are counted with its draws: where a rule says survive=each, every draw
 * of the cut is a digit, its bound the base, and a number below their product is an outcome.
 * The first run of a point draws only zeros and tells the digits; the others set them.
 */
#include "sim/search/explore.h"

#include "sim/grow.h"
#include "sim/machine/cut.h"
#include "sim/mix.h"
#include "sim/search/freeze.h"
#include "sim/search/states.h"

#include <stdlib.h>
#include <string.h>

#define NESTED_PER_POINT 8u /* states of a point whose recoveries are crashed */
#define NESTED_STATES 64u   /* outcomes of a point inside a recovery */

struct explorer {
    const struct sim_scenario *scenario;
    uint64_t seed;
    uint64_t outcomes; /* of a point, at most */
    struct sim_explore_counts *counts;
    struct sim_explore_way *way;
    struct sim_result *result;
    struct sim_runner *runner;
    struct sim_states states, databases;
    unsigned crash, last_crash; /* of the run under way */
    bool is_new;                /* it left a state that was not seen before */
};

/* ---- one run ----------------------------------------------------------------------------- */

void
sim_explore_apply(struct sim_scenario *to, const struct sim_scenario *scenario, uint64_t seed,
                  const struct sim_explore_way *way)
{
    sim_frozen_copy(to, scenario);
    to->seeds = (struct sim_range){ seed, seed };
    for (unsigned i = 0; i < way->rule_count && to->rule_count < SIM_FAULT_RULES_MAX; i++)
        to->rules[to->rule_count++] = way->rules[i];
    for (size_t i = 0; i < way->draw_count; i++) {
        const struct sim_drawn *draw = &way->draws[i];
        if (draw->value != 0 || !to->tape_zero)
            sim_frozen_draw(to, draw->site, draw->entity, draw->occurrence, draw->value);
    }
}

/* A crash left this: the last one of the way tells whether the rest is known. */
static bool
go_on(void *context, uint64_t state)
{
    struct explorer *explorer = context;

    if (++explorer->crash != explorer->last_crash)
        return true;
    explorer->is_new = sim_states_add(&explorer->states, state);
    return explorer->is_new;
}

/* Goes the way once. False: it broke. Recorded, it tells the digits of its cuts. */
static bool
run(struct explorer *explorer, unsigned crashes, bool record)
{
    struct sim_scenario scenario;
    struct sim_order order = { .scenario = &scenario,
                               .seed = explorer->seed,
                               .record = record,
                               .crashes_max = crashes,
                               .go_on = crashes > 0 ? go_on : NULL,
                               .go_on_context = explorer };
    struct hf_error error;

    sim_explore_apply(&scenario, explorer->scenario, explorer->seed, explorer->way);
    explorer->crash = 0;
    explorer->last_crash = crashes;
    explorer->is_new = false;
    explorer->counts->runs++;
    sim_runner_run(explorer->runner, &order, explorer->result, &error);
    sim_frozen_drop(&scenario);
    if (sim_states_add(&explorer->databases, explorer->result->recovered))
        explorer->counts->recovered++;
    return explorer->result->verdict == SIM_HELD;
}

/* ---- the outcomes of a cut --------------------------------------------------------------- */

static bool
is_digit(const struct sim_drawn *drawn)
{
    static const char *const sites[] = { SIM_CUT_EACH_UNIT, SIM_CUT_EACH_SIZE,
                                         SIM_CUT_EACH_NAME, SIM_CUT_NAMES, SIM_CUT_SEQUENTIAL };

    for (size_t i = 0; i < sizeof sites / sizeof *sites; i++) {
        if (drawn->bound > 1 && strcmp(drawn->site, sites[i]) == 0)
            return true;
    }
    return false;
}

/* The digits of the run that was just made, into the way; those of an earlier cut are there. */
static void
read_digits(struct explorer *explorer)
{
    struct sim_recording record = sim_runner_recording(explorer->runner);
    struct sim_explore_way *way = explorer->way;

    way->draw_count = 0;
    for (size_t i = 0; i < record.draw_count && way->draw_count < SIM_EXPLORE_DRAWS_MAX; i++) {
        if (is_digit(&record.draws[i]))
            way->draws[way->draw_count++] = record.draws[i];
    }
}

/* How many outcomes the digits from `first` on have; `limit` stands for more. */
static uint64_t
count_outcomes(const struct sim_explore_way *way, size_t first, uint64_t limit)
{
    uint64_t product = 1;

    for (size_t i = first; i < way->draw_count; i++) {
        if (product > limit / way->draws[i].bound)
            return limit + 1;
        product *= way->draws[i].bound;
    }
    return product;
}

/* Outcome number `number`, or one by chance where there are too many to count. */
static void
set_digits(struct sim_explore_way *way, size_t first, uint64_t number, bool is_sampled)
{
    for (size_t i = first; i < way->draw_count; i++) {
        uint64_t bound = way->draws[i].bound;
        way->draws[i].value =
            is_sampled ? sim_mix_below(sim_mix_in(sim_mix(number), i), bound) : number % bound;
        number /= is_sampled ? 1 : bound;
    }
}

/* ---- crash points ------------------------------------------------------------------------ */

static struct sim_rule
cut_at_call(uint64_t number)
{
    return (struct sim_rule){ .fault = SIM_POWER_CUT,
                              .when = SIM_WHEN_CALL,
                              .lo = number,
                              .hi = number,
                              .flavour = SIM_BEFORE,
                              .survives_each = true };
}

/* Every outcome at one call of the recovery behind the way's first cut. */
static bool
explore_nested_point(struct explorer *explorer, uint64_t call, size_t first_digits)
{
    struct sim_explore_counts *counts = explorer->counts;
    struct sim_explore_way *way = explorer->way;

    way->rules[1] = cut_at_call(call);
    way->rule_count = 2;
    way->draw_count = first_digits;
    counts->nested_points++;
    counts->nested_outcomes++;
    if (!run(explorer, 2, true))
        return false;
    counts->nested_states += explorer->is_new;
    read_digits(explorer);
    uint64_t all = count_outcomes(way, first_digits, NESTED_STATES);
    bool is_sampled = all > NESTED_STATES;
    for (uint64_t i = 1; i < (is_sampled ? NESTED_STATES : all); i++) {
        set_digits(way, first_digits, i, is_sampled);
        counts->nested_outcomes++;
        if (!run(explorer, 2, false))
            return false;
        counts->nested_states += explorer->is_new;
    }
    return true;
}

/* Crashes inside the recovery that the way leads into, up to call `opened`. */
static bool
explore_nested(struct explorer *explorer, uint64_t opened)
{
    struct sim_explore_way *way = explorer->way;
    size_t digits = way->draw_count;
    struct sim_drawn *kept = sim_new((digits + 1) * sizeof *kept);
    bool held = true;

    memcpy(kept, way->draws, digits * sizeof *kept);
    for (uint64_t call = way->rules[0].lo + 1; held && call <= opened; call++) {
        memcpy(way->draws, kept, digits * sizeof *kept);
        held = explore_nested_point(explorer, call, digits);
    }
    if (held) {
        memcpy(way->draws, kept, digits * sizeof *kept);
        way->draw_count = digits;
        way->rule_count = 1;
    }
    free(kept);
    return held;
}

/* One outcome of a point, and what crashes in its recovery leave. */
static bool
explore_outcome(struct explorer *explorer, unsigned *nested)
{
    struct sim_explore_counts *counts = explorer->counts;

    counts->outcomes++;
    if (!run(explorer, 1, false))
        return false;
    if (!explorer->is_new)
        return true;
    counts->states++;
    if (*nested == NESTED_PER_POINT)
        return true;
    ++*nested;
    return explore_nested(explorer, explorer->result->calls_opened);
}

static bool
explore_point(struct explorer *explorer, uint64_t call)
{
    struct sim_explore_way *way = explorer->way;
    unsigned nested = 0;

    way->rules[0] = cut_at_call(call);
    way->rule_count = 1;
    way->draw_count = 0;
    if (!run(explorer, 1, true))
        return false;
    read_digits(explorer);
    /* The plain outcome was gone once, to tell the digits; where it is new, it is so now. */
    if (explorer->is_new) {
        explorer->counts->states++;
        nested++;
        if (!explore_nested(explorer, explorer->result->calls_opened))
            return false;
    }
    explorer->counts->outcomes++;
    uint64_t all = count_outcomes(way, 0, explorer->outcomes);
    bool is_sampled = all > explorer->outcomes;
    explorer->counts->sampled += is_sampled;
    for (uint64_t i = 1; i < (is_sampled ? explorer->outcomes : all); i++) {
        set_digits(way, 0, i, is_sampled);
        if (!explore_outcome(explorer, &nested))
            return false;
    }
    return true;
}

static bool
explore_crashes(struct explorer *explorer)
{
    explorer->way->rule_count = 0;
    explorer->way->draw_count = 0;
    if (!run(explorer, 0, false))
        return false;
    explorer->counts->calls = explorer->result->calls;
    for (uint64_t call = 1; call <= explorer->counts->calls; call++) {
        if (!explore_point(explorer, call))
            return false;
    }
    return true;
}

/* ---- failing calls ----------------------------------------------------------------------- */

static const struct failure {
    enum sim_fault fault;
    enum sim_flavour flavour;
    uint64_t duration;
} failures[] = {
    { SIM_WRITE_ERROR, SIM_BEFORE, 0 },      { SIM_WRITE_ERROR, SIM_HALF, 0 },
    { SIM_WRITE_ERROR, SIM_AFTER, 0 },       { SIM_SYNC_ERROR, SIM_CLEAN, 0 },
    { SIM_SYNC_ERROR, SIM_DURABLE, 0 },      { SIM_SYNC_ERROR, SIM_EVICT, 0 },
    { SIM_NAME_ERROR, SIM_BEFORE, 0 },       { SIM_NAME_ERROR, SIM_HALF, 0 },
    { SIM_NAME_ERROR, SIM_AFTER, 0 },        { SIM_READ_ERROR, SIM_ONCE, 0 },
    { SIM_READ_ERROR, SIM_STICKY, 0 },       { SIM_SHORT_READ, SIM_FLAVOUR_ANY, 0 },
    { SIM_SHORT_WRITE, SIM_FLAVOUR_ANY, 0 }, { SIM_DISK_FULL, SIM_FLAVOUR_ANY, 1 },
    { SIM_DISK_FULL, SIM_FLAVOUR_ANY, 100 }, { SIM_ALLOC_FAIL, SIM_FLAVOUR_ANY, 0 },
};

/* A cut before the last step, which leaves nothing of what was pending. */
static struct sim_rule
cut_at_end(const struct sim_scenario *scenario)
{
    uint64_t last = scenario->knobs[SIM_KNOB_STEPS].choice.of[0].lo;

    return (struct sim_rule){ .fault = SIM_POWER_CUT,
                              .when = SIM_WHEN_STEP,
                              .lo = last,
                              .hi = last,
                              .survive = 0,
                              .survive_of = 1 };
}

/* The calls fail in this way, one after the other, one a run. */
static bool
explore_failure(struct explorer *explorer, const struct failure *failure, bool then_cut)
{
    struct sim_explore_way *way = explorer->way;
    unsigned index = explorer->scenario->rule_count;

    way->draw_count = 0;
    way->rule_count = then_cut ? 2 : 1;
    way->rules[1] = cut_at_end(explorer->scenario);
    for (uint64_t number = 1;; number++) {
        way->rules[0] = (struct sim_rule){ .fault = failure->fault,
                                           .when = SIM_WHEN_CALL,
                                           .lo = number,
                                           .hi = number,
                                           .flavour = failure->flavour,
                                           .duration = failure->duration };
        if (!run(explorer, 0, false))
            return false;
        if (explorer->result->rules_fired[index] == 0)
            return true;
        explorer->counts->failures++;
    }
}

static bool
explore_failures(struct explorer *explorer)
{
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        if (!explore_failure(explorer, &failures[i], false) ||
            !explore_failure(explorer, &failures[i], true))
            return false;
    }
    return true;
}

bool
sim_explore(const struct sim_scenario *scenario, uint64_t seed, uint64_t outcomes,
            struct sim_explore_counts *counts, struct sim_explore_way *way,
            struct sim_result *result)
{
    struct explorer explorer = { .scenario = scenario,
                                 .seed = seed,
                                 .outcomes = outcomes,
                                 .counts = counts,
                                 .way = way,
                                 .result = result,
                                 .runner = sim_runner_open() };
    bool held;

    *counts = (struct sim_explore_counts){ 0 };
    held = explore_crashes(&explorer) && explore_failures(&explorer);
    sim_states_fini(&explorer.states);
    sim_states_fini(&explorer.databases);
    sim_runner_close(explorer.runner);
    return held;
}
