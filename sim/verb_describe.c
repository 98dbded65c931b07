/*
 * verb_describe.c - `holdfast-sim describe`: every word that a scenario may use, with its
 * sentence.
 */
#include "sim/campaign/result_print.h"
#include "sim/machine/locate.h"
#include "sim/machine/sim_probe.h"
#include "sim/verbs_sim.h"

#include <string.h>

/* A list: names and what they mean. `text` may be NULL. */
struct list {
    const char *title;
    const char *key; /* in JSON */
    sim_word_fn *name;
    sim_word_fn *text;
};

static const struct list lists[] = {
    { "faults", "faults", sim_fault_name, sim_fault_text },
    { "properties", "properties", sim_property_name, sim_property_text },
    { "marks", "marks", sim_mark_name, sim_mark_text },
    { "chances", "chances", sim_chance_name, sim_chance_text },
    { "plants", "plants", sim_plant_name, sim_plant_text },
    { "personalities of the disk", "personalities", sim_personality_name,
      sim_personality_text },
    { "classes of files", "files", sim_file_class_name, NULL },
    { "calls", "calls", sim_call_name, NULL },
    { "phases", "phases", sim_phase_word, NULL },
    { "kinds of faults", "kinds", sim_flavour_name, NULL },
    { "fields of log, tables, manifest and snapshots", "fields", sim_locate_field, NULL },
};

static void
describe_list(FILE *out, const struct list *list)
{
    fprintf(out, "%s\n", list->title);
    for (unsigned i = 0; list->name(i) != NULL; i++) {
        if (list->text == NULL)
            fprintf(out, "  %s\n", list->name(i));
        else
            fprintf(out, "  %-28s %s\n", list->name(i), list->text(i));
    }
    fprintf(out, "\n");
}

static void
describe_knobs(FILE *out)
{
    fprintf(out, "knobs, and what each seed draws where a scenario says nothing\n");
    for (unsigned i = 0; i < SIM_KNOB_COUNT; i++) {
        enum sim_knob knob = (enum sim_knob)i;
        fprintf(out, "  %-9s %-14s %-27s %s\n", sim_group_name(sim_knob_group(knob)),
                sim_knob_name(knob), sim_knob_default(knob), sim_knob_text(knob));
    }
}

static void
describe_list_json(FILE *out, const struct list *list)
{
    fprintf(out, "\"%s\":{", list->key);
    for (unsigned i = 0; list->name(i) != NULL; i++) {
        fprintf(out, i == 0 ? "\"%s\":" : ",\"%s\":", list->name(i));
        sim_print_json_string(out, list->text == NULL ? "" : list->text(i));
    }
    fprintf(out, "}");
}

static void
describe_knobs_json(FILE *out)
{
    fprintf(out, "\"knobs\":{");
    for (unsigned i = 0; i < SIM_KNOB_COUNT; i++) {
        enum sim_knob knob = (enum sim_knob)i;
        fprintf(out,
                i == 0 ? "\"%s.%s\":" : ",\"%s.%s\":", sim_group_name(sim_knob_group(knob)),
                sim_knob_name(knob));
        sim_print_json_string(out, sim_knob_text(knob));
    }
    fprintf(out, "}");
}

static int
describe_all(const struct sim_args *args)
{
    size_t count = sizeof lists / sizeof *lists;

    if (args->json) {
        putc('{', args->out);
        for (size_t i = 0; i < count; i++) {
            describe_list_json(args->out, &lists[i]);
            putc(',', args->out);
        }
        describe_knobs_json(args->out);
        fprintf(args->out, "}\n");
        return SIM_EXIT_HELD;
    }
    for (size_t i = 0; i < count; i++)
        describe_list(args->out, &lists[i]);
    describe_knobs(args->out);
    return SIM_EXIT_HELD;
}

static void
describe_scenario(FILE *out, const struct sim_scenario *scenario)
{
    fprintf(out, "%s (%s)\n  %s\n", scenario->name, scenario->text.path, scenario->why);
    for (unsigned i = 0; i < scenario->catch_count; i++)
        fprintf(out, "  catches %s\n", sim_plant_name(scenario->catches[i].plant));
    fprintf(out, "\n");
}

static void
describe_scenario_json(FILE *out, const struct sim_scenario *scenario)
{
    fprintf(out, "{\"scenario\":\"%s\",\"path\":", scenario->name);
    sim_print_json_string(out, scenario->text.path);
    fprintf(out, ",\"why\":");
    sim_print_json_string(out, scenario->why);
    fprintf(out, ",\"catches\":[");
    for (unsigned i = 0; i < scenario->catch_count; i++)
        fprintf(out, i == 0 ? "\"%s\"" : ",\"%s\"", sim_plant_name(scenario->catches[i].plant));
    fprintf(out, "]}\n");
}

int
sim_verb_describe(const struct sim_args *args)
{
    struct sim_set set = { 0 };

    if (args->line.word_count == 0)
        return describe_all(args);
    if (!sim_args_load(args, &set)) {
        sim_set_fini(&set);
        return SIM_EXIT_USAGE;
    }
    for (size_t i = 0; i < set.count; i++)
        (args->json ? describe_scenario_json : describe_scenario)(args->out, set.list[i]);
    sim_set_fini(&set);
    return SIM_EXIT_HELD;
}
