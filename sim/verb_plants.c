/*
 * verb_plants.c - `holdfast-sim plants`: is every planted bug caught, and by the right
 * property?
 */
#include "sim/campaign/result_print.h"
#include "sim/grow.h"
#include "sim/machine/sim_probe.h"
#include "sim/plants/garden.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- what comes out ---------------------------------------------------------------------- */

void
sim_print_properties(FILE *to, uint32_t properties)
{
    const char *bar = "";

    for (unsigned i = 0; i < SIM_PROPERTY_COUNT; i++) {
        if ((properties >> i & 1) == 0)
            continue;
        fprintf(to, "%s%s", bar, sim_property_name(i));
        bar = "|";
    }
}

static void
print_trial(const struct sim_garden *garden, const struct sim_try *trial)
{
    FILE *out = garden->args->out;
    const struct sim_scenario *scenario = garden->set.list[trial->result.scenario];
    const char *name = sim_plant_name(trial->plant);

    fprintf(out, "%-28s ", name);
    if (!trial->is_named) {
        fprintf(out, "NOT NAMED by any scenario\n");
        return;
    }
    if (trial->result.verdict != SIM_BROKE) {
        fprintf(out, "SURVIVED %" PRIu64 " runs\n", trial->runs);
        return;
    }
    fprintf(out, "%-12s %-28s %6" PRIu64 " runs %7" PRIu64 " ms",
            sim_property_name(trial->result.property), scenario->name, trial->runs,
            trial->ns / 1000000);
    if (!trial->is_caught) {
        fprintf(out, "  WRONG PROPERTY, expected ");
        sim_print_properties(out, trial->expected);
        fprintf(out, "\n%30s", "");
        sim_print_reproduce(out, scenario, &trial->result, name);
    }
    putc('\n', out);
}

static void
print_trial_json(const struct sim_garden *garden, const struct sim_try *trial)
{
    FILE *out = garden->args->out;
    const struct sim_scenario *scenario = garden->set.list[trial->result.scenario];
    const char *name = sim_plant_name(trial->plant);

    fprintf(out,
            "{\"plant\":\"%s\",\"caught\":%s,\"named\":%s,\"runs\":%" PRIu64 ",\"ms\":%" PRIu64,
            name, trial->is_caught ? "true" : "false", trial->is_named ? "true" : "false",
            trial->runs, trial->ns / 1000000);
    if (trial->result.verdict == SIM_BROKE) {
        fprintf(out, ",\"property\":\"%s\",\"expected\":\"",
                sim_property_name(trial->result.property));
        sim_print_properties(out, trial->expected);
        fprintf(out, "\",\"scenario\":\"%s\",\"seed\":\"%" PRIu64 "\",\"reproduce\":\"",
                scenario->name, trial->result.seed);
        sim_print_reproduce(out, scenario, &trial->result, name);
        putc('"', out);
    }
    fprintf(out, "}\n");
}

static int
conclude(const struct sim_garden *garden, const struct sim_try *trials)
{
    FILE *out = garden->args->out;
    unsigned caught = 0;

    for (unsigned i = 0; i < garden->count; i++) {
        caught += trials[i].is_caught;
        if (garden->args->json)
            print_trial_json(garden, &trials[i]);
        else
            print_trial(garden, &trials[i]);
    }
    if (garden->args->json)
        fprintf(out, "{\"summary\":{\"plants\":%u,\"caught\":%u}}\n", garden->count, caught);
    else
        fprintf(out, "%u plants, %u caught\n", garden->count, caught);
    return caught == garden->count ? SIM_EXIT_HELD : SIM_EXIT_BROKE;
}

static int
try_each(struct sim_garden *garden)
{
    struct sim_try *trials = sim_tries_new(garden->count);
    const struct sim_args *args = garden->args;
    int status = SIM_EXIT_SIMULATOR;

    for (unsigned i = 0; trials != NULL && i < garden->count; i++) {
        trials[i].plant = garden->plants[i];
        trials[i].contract =
            args->contract_count == 0 ? SIM_CONTRACT_AS_IS : (int)args->contracts[0];
        trials[i].limit = args->limit;
    }
    if (trials != NULL && sim_tries_run(trials, garden->count, &garden->set, args->jobs))
        status = conclude(garden, trials);
    sim_tries_free(trials, garden->count);
    return status;
}

/* ---- the start --------------------------------------------------------------------------- */

static bool
choose(struct sim_garden *garden)
{
    const struct sim_args *args = garden->args;
    unsigned total = HF_PLANT_COUNT;
    bool *wanted = sim_new(total + 1);
    bool good = true;

    for (unsigned i = 0; good && i < args->line.word_count; i++) {
        int plant = sim_args_plant(args->line.words[i]);
        good = plant >= 0;
        if (good)
            wanted[plant] = true;
    }
    garden->plants = sim_new((total + 1) * sizeof *garden->plants);
    for (unsigned plant = 0; plant < total; plant++) {
        if (wanted[plant] || args->line.word_count == 0)
            garden->plants[garden->count++] = plant;
    }
    free(wanted);
    return good;
}

/* What only a matrix does is not passed over where there is none. */
static bool
is_sound(const struct sim_args *args)
{
    const char *wrong = NULL;

    if (args->matrix && args->without != 0)
        wrong = "--without goes without --matrix: it is one table or the other";
    else if (!args->matrix && args->baseline != NULL)
        wrong = "--baseline is what a matrix was: it goes with --matrix";
    else if (!args->matrix && args->tries != 0)
        wrong = "--tries is how often a matrix tries each plant: it goes with --matrix";
    else if (!args->matrix && args->contract_count > 1)
        wrong = "several --contract are the columns of a matrix: they go with --matrix";
    if (wrong != NULL)
        fprintf(stderr, "holdfast-sim: %s\n", wrong);
    return wrong == NULL;
}

int
sim_verb_plants(const struct sim_args *args)
{
    struct sim_garden garden = { .args = args };
    struct sim_args standing = *args;
    int status = SIM_EXIT_USAGE;

    if (!is_sound(args))
        return SIM_EXIT_USAGE;
    /* Before the work, not after hours of it. */
    if (args->baseline != NULL && strcmp(args->baseline, "-") != 0 &&
        access(args->baseline, R_OK) != 0) {
        fprintf(stderr, "holdfast-sim: %s: %s\n", args->baseline, strerror(errno));
        return SIM_EXIT_USAGE;
    }
    /* The words are plants: the scenarios are the standing ones. */
    standing.line.word_count = 0;
    if (sim_args_load(&standing, &garden.set) && choose(&garden))
        status = args->without != 0 ? sim_garden_without(&garden)
                 : args->matrix     ? sim_garden_matrix(&garden)
                                    : try_each(&garden);
    free(garden.plants);
    sim_set_fini(&garden.set);
    return status;
}
