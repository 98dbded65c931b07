/*
 * scenario_print.c - see scenario_print.h. One function for each directive, in the order in
 * which scenarios are written.
 */
#include "sim/scenario/scenario_print.h"

#include "sim/machine/sim_probe.h"

#include <inttypes.h>
#include <string.h>

#define LINE_WIDTH 96
#define DIRECTIVE "%-10s "

static void
print_why(const char *why, FILE *to)
{
    while (*why != 0) {
        size_t len = strcspn(why, "\n");
        fprintf(to, len == 0 ? "#\n" : "# %.*s\n", (int)len, why);
        why += len + (why[len] == '\n');
    }
}

/* ---- knobs ------------------------------------------------------------------------------- */

/* KEY=A|B|C; returns its length. */
static int
format_knob(enum sim_knob knob, const struct sim_choice *choice, char *to, size_t size)
{
    int used = snprintf(to, size, "%s=", sim_knob_name(knob));
    char value[SIM_HINT_SIZE];

    for (unsigned i = 0; i < choice->count; i++) {
        sim_knob_print(knob, choice->of[i], value);
        used += snprintf(to + used, size - (size_t)used, "%s%s", i == 0 ? "" : "|", value);
    }
    return used;
}

static void
print_group(const struct sim_scenario *scenario, enum sim_knob_group group, FILE *to)
{
    char text[SIM_CHOICES_MAX * (SIM_HINT_SIZE + 1) + SIM_HINT_SIZE];
    int column = 0;

    for (unsigned i = 0; i < SIM_KNOB_COUNT; i++) {
        enum sim_knob knob = (enum sim_knob)i;
        if (sim_knob_group(knob) != group || !scenario->knobs[i].pinned)
            continue;
        int len = format_knob(knob, &scenario->knobs[i].choice, text, sizeof text);
        if (column == 0 || column + 1 + len > LINE_WIDTH)
            column = fprintf(to, column == 0 ? DIRECTIVE "%s" : "\n" DIRECTIVE "%s",
                             sim_group_name(group), text);
        else
            column += fprintf(to, " %s", text);
    }
    if (column > 0)
        putc('\n', to);
}

/* ---- faults ------------------------------------------------------------------------------ */

/* When it strikes, up to the fault's name. */
static void
print_when(const struct sim_rule *rule, FILE *to)
{
    const char *name = sim_fault_name(rule->fault);

    switch (rule->when) {
    case SIM_WHEN_EVERY:
        fprintf(to, DIRECTIVE "%s every=%" PRIu64, "fault", name, rule->lo);
        if (rule->hi != rule->lo)
            fprintf(to, "..%" PRIu64, rule->hi);
        break;
    case SIM_WHEN_CHANCE:
    case SIM_WHEN_CRASH:
        fprintf(to, DIRECTIVE "%s chance=%" PRIu64 "/%" PRIu64, "fault", name, rule->lo,
                rule->hi);
        break;
    case SIM_WHEN_STEP:
        fprintf(to, DIRECTIVE "step %" PRIu64 " %s", "at", rule->lo, name);
        break;
    case SIM_WHEN_CALL:
        fprintf(to, DIRECTIVE "%s.%s %" PRIu64 " %s", "at", sim_file_class_name(rule->file),
                sim_call_name(rule->call), rule->lo, name);
        break;
    case SIM_WHEN_MARK:
        fprintf(to, DIRECTIVE "mark %s %s", "at", sim_mark_name(rule->mark), name);
        break;
    case SIM_WHEN_NTH_CRASH:
        fprintf(to, DIRECTIVE "crash %" PRIu64 " %s", "at", rule->lo, name);
        break;
    }
}

void
sim_rule_print(const struct sim_rule *rule, FILE *to)
{
    static const char *const phases[SIM_PHASE_COUNT] = { "any", "run", "recovery" };

    print_when(rule, to);
    if (rule->file != SIM_FILE_ANY && rule->when != SIM_WHEN_CALL)
        fprintf(to, " on=%s", sim_file_class_name(rule->file));
    if (rule->call != SIM_CALL_ANY && rule->when != SIM_WHEN_CALL)
        fprintf(to, " call=%s", sim_call_name(rule->call));
    if (rule->phase != SIM_PHASE_ANY)
        fprintf(to, " phase=%s", phases[rule->phase]);
    if (rule->flavour != SIM_FLAVOUR_ANY)
        fprintf(to, " kind=%s", sim_flavour_name(rule->flavour));
    if (rule->field[0] != 0)
        fprintf(to, " field=%s", rule->field);
    if (rule->survives_each)
        fprintf(to, " survive=each");
    else if (rule->survive_of != 0)
        fprintf(to, " survive=%" PRIu64 "/%" PRIu64, rule->survive, rule->survive_of);
    if (rule->duration != 0)
        fprintf(to, rule->fault == SIM_SYNC_SLOW ? " for=%" PRIu64 "ms" : " for=%" PRIu64,
                rule->duration);
    if (rule->count_max != 0)
        fprintf(to, " max=%" PRIu64, rule->count_max);
    if (rule->bits != 0)
        fprintf(to, " bits=%" PRIu64, rule->bits);
    if (rule->skip != 0)
        fprintf(to, " skip=%" PRIu64, rule->skip);
}

/* ---- the rest ---------------------------------------------------------------------------- */

static void
print_expect(const struct sim_expect *expect, FILE *to)
{
    static const char *const relations[] = { ">=", "<=", "=" };

    switch (expect->what) {
    case SIM_EXPECT_PROPERTY:
        fprintf(to, DIRECTIVE "%s\n", "expect", sim_property_name(expect->which));
        return;
    case SIM_EXPECT_MARK:
        fprintf(to, DIRECTIVE "mark %s", "expect", sim_mark_name(expect->which));
        break;
    case SIM_EXPECT_FAULT:
        fprintf(to, DIRECTIVE "fault %s", "expect",
                sim_fault_name((enum sim_fault)expect->which));
        break;
    case SIM_EXPECT_CYCLES:
        fprintf(to, DIRECTIVE "cycles", "expect");
        break;
    case SIM_EXPECT_REFUSED:
        fprintf(to, DIRECTIVE "refused", "expect");
        break;
    }
    fprintf(to, " %s %" PRIu64 "\n", relations[expect->relation], expect->number);
}

static void
print_catch(const struct sim_catch *catch, FILE *to)
{
    const char *before = "";

    fprintf(to, DIRECTIVE "%s property=", "plant", sim_plant_name(catch->plant));
    for (unsigned i = 0; i < SIM_PROPERTY_COUNT; i++) {
        if ((catch->properties >> i & 1) == 0)
            continue;
        fprintf(to, "%s%s", before, sim_property_name(i));
        before = "|";
    }
    putc('\n', to);
}

void
sim_scenario_print(const struct sim_scenario *scenario, const char *why, FILE *to)
{
    print_why(why, to);
    fprintf(to, DIRECTIVE "%s\n", "scenario", scenario->name);
    fprintf(to, DIRECTIVE "%" PRIu64 "..%" PRIu64 "\n\n", "seeds", scenario->seeds.lo,
            scenario->seeds.hi);
    print_group(scenario, SIM_GROUP_ENGINE, to);
    print_group(scenario, SIM_GROUP_DISK, to);
    print_group(scenario, SIM_GROUP_WORKLOAD, to);
    for (unsigned i = 0; i < scenario->order_count; i++)
        fprintf(to, DIRECTIVE "step %" PRIu64 " %s\n", "at", scenario->orders[i].step,
                sim_knob_name(scenario->orders[i].verb));
    for (unsigned i = 0; i < scenario->rule_count; i++) {
        sim_rule_print(&scenario->rules[i], to);
        putc('\n', to);
    }
    for (unsigned i = 0; i < scenario->expect_count; i++)
        print_expect(&scenario->expects[i], to);
    for (unsigned i = 0; i < scenario->catch_count; i++)
        print_catch(&scenario->catches[i], to);
    if (scenario->tape_zero)
        fprintf(to, DIRECTIVE "zero\n", "tape");
    for (size_t i = 0; i < scenario->draw_count; i++)
        fprintf(to, DIRECTIVE "%s %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", "draw",
                scenario->draws[i].site, scenario->draws[i].entity,
                scenario->draws[i].occurrence, scenario->draws[i].value);
}
