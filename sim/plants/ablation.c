/*
 * ablation.c - `plants --without ORACLE`: what if nobody judged this property?
 *
 * If every plant is caught all the same, by other properties that its scenarios expect, then
 * this one is decoration.
 */
#include "cli/json_out.h"
#include "sim/grow.h"
#include "sim/machine/sim_probe.h"
#include "sim/plants/garden.h"

#include <inttypes.h>
#include <stdlib.h>

#define LIMIT_DEFAULT 200u

/* All properties that scenarios expect of a plant. */
static uint32_t
expected_of(const struct sim_garden *garden, unsigned plant)
{
    uint32_t properties = 0;

    for (size_t i = 0; i < garden->set.count; i++) {
        const struct sim_catch *catch = sim_catch_find(garden->set.list[i], plant);
        properties |= catch == NULL ? 0 : catch->properties;
    }
    return properties;
}

/* One trial for each oracle that is off and each plant that it may catch. */
static size_t
plan(struct sim_try *trials, const struct sim_garden *garden)
{
    uint64_t limit = garden->args->limit == 0 ? LIMIT_DEFAULT : garden->args->limit;
    size_t count = 0;

    for (unsigned oracle = 0; oracle < SIM_PROPERTY_COUNT; oracle++) {
        uint32_t bit = UINT32_C(1) << oracle;
        if ((garden->args->without & bit) == 0)
            continue;
        for (unsigned i = 0; i < garden->count; i++) {
            unsigned plant = garden->plants[i];
            if ((expected_of(garden, plant) & bit) == 0)
                continue;
            trials[count++] = (struct sim_try){
                .plant = plant, .contract = SIM_CONTRACT_AS_IS, .off = bit, .limit = limit
            };
        }
    }
    return count;
}

static void
print_escape(FILE *out, const struct sim_try *trial, bool json, const char *comma)
{
    if (json)
        fprintf(out, "%s\"%s\"", comma, sim_plant_name(trial->plant));
    else
        fprintf(out, "%s%s", comma[0] == 0 ? "  " : ", ", sim_plant_name(trial->plant));
}

/* One line an oracle: who escapes without it. */
static unsigned
print_oracle(const struct sim_garden *garden, const struct sim_try *trials, size_t count,
             unsigned oracle)
{
    const struct sim_args *args = garden->args;
    unsigned tried = 0, escaped = 0;
    const char *comma = "";

    for (size_t i = 0; i < count; i++) {
        tried += trials[i].off >> oracle & 1;
        escaped += (trials[i].off >> oracle & 1) != 0 && !trials[i].is_caught;
    }
    fprintf(args->out,
            args->json ? "{\"without\":\"%s\",\"tried\":%u,\"escaped\":%u,\"plants\":["
                       : "without %-14s %2u of %2u escape",
            sim_property_name(oracle), args->json ? tried : escaped,
            args->json ? escaped : tried);
    for (size_t i = 0; i < count; i++) {
        if ((trials[i].off >> oracle & 1) == 0 || trials[i].is_caught)
            continue;
        print_escape(args->out, &trials[i], args->json, comma);
        comma = ",";
    }
    fputs(args->json ? "]}\n" : "\n", args->out);
    return escaped;
}

static int
conclude(const struct sim_garden *garden, const struct sim_try *trials, size_t count)
{
    const struct sim_args *args = garden->args;
    unsigned oracles = 0, needed = 0;

    for (unsigned oracle = 0; oracle < SIM_PROPERTY_COUNT; oracle++) {
        if ((args->without >> oracle & 1) == 0)
            continue;
        oracles++;
        needed += print_oracle(garden, trials, count, oracle) > 0;
    }
    fprintf(args->out,
            args->json ? "{\"summary\":{\"oracles\":%u,\"needed\":%u}}\n"
                       : "%u oracles, %u needed\n",
            oracles, needed);
    return needed == oracles ? SIM_EXIT_HELD : SIM_EXIT_BROKE;
}

int
sim_garden_without(struct sim_garden *garden)
{
    size_t room = (size_t)garden->count * SIM_PROPERTY_COUNT;
    struct sim_try *trials = sim_tries_new(room);
    int status = SIM_EXIT_SIMULATOR;

    if (trials != NULL) {
        size_t count = plan(trials, garden);
        if (sim_tries_run(trials, count, &garden->set, garden->args->jobs))
            status = conclude(garden, trials, count);
    }
    sim_tries_free(trials, room);
    return status;
}
