/*
 * freeze.c - see freeze.h.
 *
 * Renumbering steps has to find the draws that are keyed by the step: they are those of the
 * sites whose every draw was made at the step that its entity says, by the tape's clock. No
 * list of such sites is kept anywhere.
 */
#include "sim/search/freeze.h"

#include "sim/grow.h"

#include <stdlib.h>
#include <string.h>

#define VERB "verb" /* the site that chooses a step's operation */

void
sim_frozen_copy(struct sim_scenario *to, const struct sim_scenario *from)
{
    *to = *from;
    to->draws = NULL;
    to->draw_capacity = 0;
    sim_grow(&to->draws, &to->draw_capacity, from->draw_count + 1, sizeof *to->draws);
    if (from->draw_count > 0)
        memcpy(to->draws, from->draws, from->draw_count * sizeof *to->draws);
}

void
sim_frozen_drop(struct sim_scenario *copy)
{
    free(copy->draws);
    copy->draws = NULL;
    copy->draw_count = copy->draw_capacity = 0;
}

static void
add_draw(struct sim_scenario *copy, const char *site, uint64_t entity, uint64_t occurrence,
         uint64_t value)
{
    sim_grow(&copy->draws, &copy->draw_capacity, copy->draw_count + 1, sizeof *copy->draws);
    copy->draws[copy->draw_count++] = (struct sim_drawn){
        .site = site, .entity = entity, .occurrence = occurrence, .value = value
    };
}

void
sim_frozen_draw(struct sim_scenario *copy, const char *site, uint64_t entity,
                uint64_t occurrence, uint64_t value)
{
    for (size_t i = 0; i < copy->draw_count; i++) {
        struct sim_drawn *draw = &copy->draws[i];
        if (draw->entity == entity && draw->occurrence == occurrence &&
            strcmp(draw->site, site) == 0) {
            draw->value = value;
            return;
        }
    }
    add_draw(copy, site, entity, occurrence, value);
}

void
sim_freeze_tape(struct sim_scenario *copy, const struct sim_recording *record)
{
    copy->tape_zero = true;
    copy->draw_count = 0;
    for (size_t i = 0; i < record->draw_count; i++) {
        const struct sim_drawn *drawn = &record->draws[i];
        if (drawn->value != 0)
            add_draw(copy, drawn->site, drawn->entity, drawn->occurrence, drawn->value);
    }
}

static void
pin(struct sim_scenario *copy, enum sim_knob knob, struct sim_range value)
{
    copy->knobs[knob] =
        (struct sim_setting){ .pinned = true, .choice = { .count = 1, .of = { value } } };
}

void
sim_frozen_free(struct sim_scenario *copy, enum sim_knob knob)
{
    char hint[SIM_HINT_SIZE];

    copy->knobs[knob].pinned = false;
    sim_knob_parse(knob, &copy->knobs[knob].choice, sim_knob_default(knob), hint);
}

void
sim_freeze_knobs(struct sim_scenario *copy, const struct sim_result *result)
{
    struct sim_range same = { SIM_SETTINGS_SAME, SIM_SETTINGS_SAME };

    for (unsigned knob = 0; knob < SIM_KNOB_COUNT; knob++)
        pin(copy, (enum sim_knob)knob, result->knobs[knob]);
    pin(copy, SIM_KNOB_SETTINGS, same);
}

/* ---- faults ------------------------------------------------------------------------------ */

/* The strike as a rule of its own; `old` is the one that it came from. */
static struct sim_rule
rule_of(const struct sim_struck *struck, const struct sim_rule *old)
{
    struct sim_rule rule = *old;

    rule.when = SIM_WHEN_STEP;
    rule.phase = SIM_PHASE_ANY;
    rule.flavour = struck->flavour;
    rule.file = struck->file;
    rule.call = struck->call;
    rule.skip = struck->number > 0 ? struck->number - 1 : 0;
    rule.lo = struck->step;
    rule.count_max = 0;
    rule.line = 0;
    if (struck->call == SIM_CALL_ANY && struck->number > 0) {
        rule.when = SIM_WHEN_NTH_CRASH;
        rule.file = old->file;
        rule.lo = struck->number;
        rule.skip = 0;
    } else if (struck->step == 0) {
        rule.when = SIM_WHEN_CALL;
        rule.lo = struck->number;
        rule.skip = 0;
    }
    rule.hi = rule.lo;
    return rule;
}

/* What draws about the rule will be keyed by: as sim_machine_reset does. */
static uint64_t
entity_of(const struct sim_scenario *copy, unsigned index)
{
    return sim_rule_entity(copy->rules, &copy->rules[index]);
}

static bool
is_of_a_rule(uint64_t entity, const uint64_t *entities, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (entities[i] == entity)
            return true;
    }
    return false;
}

/* How often the site and entity stand in the list before `limit`. */
static uint64_t
earlier(const struct sim_drawn *draws, size_t from, size_t limit)
{
    uint64_t count = 0;

    for (size_t i = from; i < limit; i++)
        count += draws[i].site == draws[limit].site && draws[i].entity == draws[limit].entity;
    return count;
}

/* What the strike drew about itself between lives, under its new key. */
static void
move_draws(struct sim_scenario *copy, const struct sim_recording *record,
           const struct sim_struck *struck, uint64_t old, uint64_t new)
{
    for (size_t i = struck->draws_from; i < struck->draws_limit; i++) {
        const struct sim_drawn *drawn = &record->draws[i];
        if (drawn->entity == old && drawn->value != 0)
            add_draw(copy, drawn->site, new, earlier(record->draws, struck->draws_from, i),
                     drawn->value);
    }
}

bool
sim_freeze_faults(struct sim_scenario *copy, const struct sim_recording *record)
{
    struct sim_rule old[SIM_FAULT_RULES_MAX];
    uint64_t entities[SIM_FAULT_RULES_MAX];
    unsigned old_count = copy->rule_count;
    size_t kept = 0;

    if (record->strike_count > SIM_FAULT_RULES_MAX)
        return false;
    for (unsigned i = 0; i < old_count; i++) {
        old[i] = copy->rules[i];
        entities[i] = entity_of(copy, i);
    }
    for (size_t i = 0; i < copy->draw_count; i++) {
        if (!is_of_a_rule(copy->draws[i].entity, entities, old_count))
            copy->draws[kept++] = copy->draws[i];
    }
    copy->draw_count = kept;
    copy->rule_count = (unsigned)record->strike_count;
    for (unsigned i = 0; i < copy->rule_count; i++)
        copy->rules[i] = rule_of(&record->strikes[i], &old[record->strikes[i].rule]);
    for (unsigned i = 0; i < copy->rule_count; i++)
        move_draws(copy, record, &record->strikes[i], entities[record->strikes[i].rule],
                   entity_of(copy, i));
    return true;
}

/* ---- steps ------------------------------------------------------------------------------- */

static uint64_t
weight(const struct sim_scenario *copy, unsigned knob)
{
    return copy->knobs[knob].choice.of[0].lo;
}

/* The operation that a draw of the mix chooses. */
static enum sim_knob
verb_of(const struct sim_scenario *copy, uint64_t value)
{
    unsigned knob = SIM_KNOB_PUT;

    while (knob + 1 < SIM_KNOB_COUNT && value >= weight(copy, knob))
        value -= weight(copy, knob++);
    return (enum sim_knob)knob;
}

_Static_assert(SIM_KNOB_IDLE == SIM_KNOB_COUNT - 1,
               "a weight for it leaves the draws of all other operations as they are");

uint64_t
sim_frozen_idle(const struct sim_scenario *copy)
{
    uint64_t before = 0;

    for (unsigned knob = SIM_KNOB_PUT; knob < SIM_KNOB_IDLE; knob++)
        before += weight(copy, knob);
    return before;
}

static bool
is_a_step(const struct sim_drawn *drawn)
{
    return strcmp(drawn->site, VERB) == 0;
}

static uint64_t
orders_at(const struct sim_scenario *copy, uint64_t step)
{
    uint64_t count = 0;

    for (unsigned i = 0; i < copy->order_count; i++)
        count += copy->orders[i].step == step;
    return count;
}

/* The steps of a run that did something, in order. */
struct steps {
    struct sim_step_order at[SIM_STEP_ORDERS_MAX];
    uint64_t count; /* may be more than there is room for */
};

static void
add_step(struct steps *steps, uint64_t step, enum sim_knob verb)
{
    if (steps->count < SIM_STEP_ORDERS_MAX)
        steps->at[steps->count] = (struct sim_step_order){ .step = step, .verb = verb };
    steps->count++;
}

static int
by_step(const void *left, const void *right)
{
    const struct sim_step_order *a = left, *b = right;

    return (a->step > b->step) - (a->step < b->step);
}

static void
collect_steps(struct steps *steps, const struct sim_scenario *copy,
              const struct sim_recording *record)
{
    steps->count = 0;
    for (unsigned i = 0; i < copy->order_count; i++)
        add_step(steps, copy->orders[i].step, copy->orders[i].verb);
    for (size_t i = 0; i < record->draw_count; i++) {
        const struct sim_drawn *drawn = &record->draws[i];
        if (!is_a_step(drawn) || orders_at(copy, drawn->entity) > 0)
            continue;
        enum sim_knob verb = verb_of(copy, drawn->value);
        if (verb != SIM_KNOB_IDLE)
            add_step(steps, drawn->entity, verb);
    }
    if (steps->count <= SIM_STEP_ORDERS_MAX)
        qsort(steps->at, steps->count, sizeof *steps->at, by_step);
}

uint64_t
sim_frozen_steps(const struct sim_scenario *copy, const struct sim_recording *record)
{
    struct steps steps;

    collect_steps(&steps, copy, record);
    return steps.count;
}

/* The new number of step `old`: of itself, or of the next one that stays; `last` + 1 behind
 * them all. */
static uint64_t
renumber(const struct steps *steps, uint64_t old)
{
    uint64_t number = 1;

    for (size_t i = 0; i < steps->count && steps->at[i].step < old; i++)
        number += i + 1 == steps->count || steps->at[i + 1].step != steps->at[i].step;
    return number;
}

/* Whether every draw of the site was made at the step that is its entity. */
static bool
is_keyed_by_step(const struct sim_recording *record, const char *site)
{
    for (size_t i = 0; i < record->draw_count; i++) {
        const struct sim_drawn *drawn = &record->draws[i];
        if (drawn->site == site && (drawn->entity != drawn->clock || drawn->clock == 0))
            return false;
    }
    return true;
}

/* The site as the record has it, whose address tells it apart. */
static const char *
recorded_site(const struct sim_recording *record, const char *site)
{
    for (size_t i = 0; i < record->draw_count; i++) {
        if (strcmp(record->draws[i].site, site) == 0)
            return record->draws[i].site;
    }
    return NULL;
}

static void
renumber_draws(struct sim_scenario *copy, const struct steps *steps,
               const struct sim_recording *record)
{
    size_t kept = 0;

    for (size_t i = 0; i < copy->draw_count; i++) {
        struct sim_drawn draw = copy->draws[i];
        const char *site = recorded_site(record, draw.site);
        if (is_a_step(&draw))
            continue;
        if (site != NULL && is_keyed_by_step(record, site))
            draw.entity = renumber(steps, draw.entity);
        copy->draws[kept++] = draw;
    }
    copy->draw_count = kept;
}

/* Whether it says more than how often the mix chooses the operation: batches may delete ranges
 * where that has a weight, and opens salvage. */
static bool
is_more_than_a_weight(unsigned knob)
{
    return knob == SIM_KNOB_DELETE_RANGE || knob == SIM_KNOB_SALVAGE;
}

bool
sim_freeze_steps(struct sim_scenario *copy, const struct sim_recording *record)
{
    struct steps steps;
    uint64_t last = 0;

    collect_steps(&steps, copy, record);
    if (steps.count >= SIM_STEP_ORDERS_MAX)
        return false;
    for (unsigned i = 0; i < steps.count; i++) {
        copy->orders[i] = steps.at[i];
        copy->orders[i].step = last = renumber(&steps, steps.at[i].step);
    }
    copy->order_count = (unsigned)steps.count;
    for (unsigned i = 0; i < copy->rule_count; i++) {
        struct sim_rule *rule = &copy->rules[i];
        if (rule->when == SIM_WHEN_STEP)
            rule->lo = rule->hi = renumber(&steps, rule->lo);
        if (rule->when != SIM_WHEN_STEP || rule->lo <= last)
            continue;
        last = rule->lo; /* it strikes behind all of them */
        copy->orders[copy->order_count++] =
            (struct sim_step_order){ .step = last, .verb = SIM_KNOB_IDLE };
    }
    if (last == 0) /* a run has a step, and what it does is not left to the mix */
        copy->orders[copy->order_count++] =
            (struct sim_step_order){ .step = last = 1, .verb = SIM_KNOB_IDLE };
    renumber_draws(copy, &steps, record);
    for (unsigned knob = SIM_KNOB_PUT; knob < SIM_KNOB_COUNT; knob++) {
        if (!is_more_than_a_weight(knob) || weight(copy, knob) == 0)
            sim_frozen_free(copy, (enum sim_knob)knob);
    }
    pin(copy, SIM_KNOB_STEPS, (struct sim_range){ last, last });
    return true;
}
