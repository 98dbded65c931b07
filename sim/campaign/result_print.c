/*
 * result_print.c - how results look.
 *
 * The members of the JSON are promised to scripts; their order is part of the promise. 64-bit
 * identities are strings, since not every reader of JSON has 64-bit numbers.
 */
#include "sim/campaign/result_print.h"

#include "cli/json_out.h"
#include "sim/machine/sim_probe.h"

#include <inttypes.h>
#include <string.h>

#define KNOBS_COLUMN 60 /* no knob begins behind it */

void
sim_print_reproduce(FILE *to, const struct sim_scenario *scenario,
                    const struct sim_result *result, const char *plant)
{
    const char *path = scenario->text.path;
    uint64_t seed = result->seed;

    /* One run alone is right: it takes the second to show that they differ. */
    if (result->property == SIM_HOLDS_DETERMINISTIC)
        fprintf(to, "holdfast-sim run %s --seeds %" PRIu64 "..%" PRIu64 " --doubled 1/1", path,
                seed, seed);
    else
        fprintf(to, "holdfast-sim replay %s --seed %" PRIu64, path, seed);
    if (plant != NULL)
        fprintf(to, " --plant %s", plant);
}

void
sim_print_json_string(FILE *to, const char *text)
{
    hf_json_print_string(to, (struct hf_span){ text, strlen(text) });
}

/* ---- JSON -------------------------------------------------------------------------------- */

typedef const char *name_fn(unsigned index);

static const char *
fault_name(unsigned index)
{
    return sim_fault_name((enum sim_fault)index);
}

/* ,"WHAT":{"name":count,...} with the counts that are not 0. */
static void
print_counts(FILE *to, const char *what, const uint64_t *counts, unsigned count, name_fn *name)
{
    const char *comma = "";

    fprintf(to, ",\"%s\":{", what);
    for (unsigned i = 0; i < count; i++) {
        if (counts[i] == 0)
            continue;
        fprintf(to, "%s\"%s\":%" PRIu64, comma, name(i), counts[i]);
        comma = ",";
    }
    putc('}', to);
}

static void
print_directives(FILE *to, const struct sim_scenario *scenario, const struct sim_result *result)
{
    const char *comma = "";

    fprintf(to, ",\"directives\":{");
    for (unsigned i = 0; i < scenario->rule_count; i++, comma = ",")
        fprintf(to, "%s\"%u\":%" PRIu64, comma, scenario->rules[i].line,
                result->rules_fired[i]);
    for (unsigned i = 0; i < scenario->order_count; i++, comma = ",")
        fprintf(to, "%s\"%u\":%" PRIu64, comma, scenario->orders[i].line,
                result->orders_fired[i]);
    putc('}', to);
}

/* ,"strikes":{"FAULT/FILE/MOMENT/FIELD":count,...} */
static void
print_strikes(FILE *to, const struct sim_coverage *coverage)
{
    const char *comma = "";

    fprintf(to, ",\"strikes\":{");
    for (uint32_t i = 0; i < coverage->count; i++, comma = ",") {
        char name[SIM_CELL_NAME_SIZE];
        sim_cell_name(&coverage->cells[i], name);
        fprintf(to, "%s\"%s\":%" PRIu32, comma, name, coverage->cells[i].strikes);
    }
    putc('}', to);
}

/* ,"unread":[...] of the knobs that nobody asked for in this run. */
static void
print_unread(FILE *to, uint64_t knobs_read)
{
    const char *comma = "";

    fprintf(to, ",\"unread\":[");
    for (unsigned i = 0; i < SIM_KNOB_COUNT; i++) {
        enum sim_knob knob = (enum sim_knob)i;
        if ((knobs_read >> i & 1) != 0)
            continue;
        fprintf(to, "%s\"%s.%s\"", comma, sim_group_name(sim_knob_group(knob)),
                sim_knob_name(knob));
        comma = ",";
    }
    putc(']', to);
}

/* NAME=VALUE; returns how many characters that were. */
static int
print_knob(FILE *to, const struct sim_result *result, enum sim_knob knob)
{
    char value[SIM_HINT_SIZE];

    sim_knob_print(knob, result->knobs[knob], value);
    return fprintf(to, "%s=%s", sim_knob_name(knob), value);
}

static void
print_events(FILE *to, const struct sim_last_events *events)
{
    const char *comma = "";
    struct hf_span line;
    uint32_t at = 0;

    if (events == NULL || events->size == 0)
        return;
    fprintf(to, ",\"events\":[");
    while ((line = sim_last_events_next(events, &at)).at != NULL) {
        fputs(comma, to);
        hf_json_print_string(to, line);
        comma = ",";
    }
    putc(']', to);
}

void
sim_print_json(FILE *to, const struct sim_scenario *scenario, const struct sim_result *result,
               const char *plant, const struct sim_last_events *events)
{
    fprintf(to,
            "{\"scenario\":\"%s\",\"seed\":\"%" PRIu64 "\",\"verdict\":\"%s\","
            "\"hash\":\"%016" PRIx64 "\",\"steps\":%" PRIu64 ",\"cycles\":%" PRIu64,
            scenario->name, result->seed, sim_verdict_name(result->verdict), result->hash,
            result->steps, result->cycles);
    print_counts(to, "faults", result->faults, SIM_FAULT_COUNT, fault_name);
    print_counts(to, "marks", result->marks, HF_MARK_COUNT, sim_mark_name);
    print_directives(to, scenario, result);
    fprintf(to, ",\"knobs\":[");
    for (unsigned knob = 0; knob < SIM_KNOB_COUNT; knob++) {
        fprintf(to, knob == 0 ? "\"%s." : ",\"%s.",
                sim_group_name(sim_knob_group((enum sim_knob)knob)));
        print_knob(to, result, (enum sim_knob)knob);
        putc('"', to);
    }
    putc(']', to);
    print_unread(to, result->knobs_read);
    print_counts(to, "judged", result->judged, SIM_PROPERTY_COUNT, sim_property_name);
    print_strikes(to, &result->coverage);
    fprintf(to, ",\"refused\":%" PRIu64, result->refused);
    if (result->verdict != SIM_HELD) {
        fprintf(to, ",\"property\":\"%s\",\"reproduce\":\"",
                sim_property_name(result->property));
        sim_print_reproduce(to, scenario, result, plant);
        fprintf(to, "\",\"expected\":");
        sim_print_json_string(to, result->expected);
        fprintf(to, ",\"found\":");
        sim_print_json_string(to, result->found);
        print_events(to, events);
    }
    fprintf(to, "}\n");
}

/* ---- text -------------------------------------------------------------------------------- */

void
sim_print_failure(FILE *to, const struct sim_scenario *scenario,
                  const struct sim_result *result, const char *plant)
{
    fprintf(to, "\n%s %s: %s, seed %" PRIu64 "\n  expected   %s\n  found      %s\n",
            result->verdict == SIM_BROKE ? "broke" : "simulator failed",
            sim_property_name(result->property), scenario->name, result->seed, result->expected,
            result->found);
    fprintf(to, "  reproduce: ");
    sim_print_reproduce(to, scenario, result, plant);
    putc('\n', to);
}

void
sim_print_knobs(FILE *to, const struct sim_result *result)
{
    const char *group = "";
    int column = 0;

    for (unsigned i = 0; i < SIM_KNOB_COUNT; i++) {
        enum sim_knob knob = (enum sim_knob)i;
        const char *of = sim_group_name(sim_knob_group(knob));
        if (of != group || column > KNOBS_COLUMN) {
            fprintf(to, "\n%-10s", of);
            group = of;
            column = 0;
        }
        putc(' ', to);
        column += print_knob(to, result, knob) + 1;
    }
    putc('\n', to);
}

void
sim_print_table_head(FILE *to)
{
    fprintf(to, "%-32s %8s %9s %9s %8s  %s\n", "scenario", "runs", "cycles", "faults",
            "refused", "verdict");
}

void
sim_print_table_row(FILE *to, const struct sim_scenario *scenario,
                    const struct sim_tally *tally, unsigned unmet)
{
    uint64_t faults = 0;

    for (unsigned i = 0; i < SIM_FAULT_COUNT; i++)
        faults += tally->faults[i];
    fprintf(to, "%-32s %8" PRIu64 " %9" PRIu64 " %9" PRIu64 " %8" PRIu64 "  ", scenario->name,
            tally->runs, tally->cycles, faults, tally->refused);
    if (tally->failed > 0)
        fprintf(to, "%" PRIu64 " simulator failures\n", tally->failed);
    else if (tally->broke > 0)
        fprintf(to, "%" PRIu64 " broke\n", tally->broke);
    else if (unmet > 0)
        fprintf(to, "held, %u %s\n", unmet,
                sim_tally_is_full(tally, scenario) ? "expectations failed" : "unmet");
    else
        fprintf(to, "held\n");
}
