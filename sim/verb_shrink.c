/*
 * verb_shrink.c - `holdfast-sim shrink`: the smallest scenario that still fails, and an account
 * of what it took.
 *
 * The scenario goes to the file that -o names, or behind the account. It is printed, read again
 * and run before it is given out: what a person gets is what fails.
 */
#define _GNU_SOURCE /* open_memstream */
#include "sim/campaign/result_print.h"
#include "sim/scenario/scenario_print.h"
#include "sim/search/inevitable.h"
#include "sim/search/shrink.h"
#include "sim/verbs_sim.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BUDGET_NS (40u * UINT64_C(1000000000)) /* of shrinking; a quarter more for the rest */

/* Everything that is told about one shrunk run. */
struct account {
    const struct sim_args *args;
    const struct sim_scenario *source;
    struct sim_trial *trial;
    struct sim_shrunk shrunk;
    struct sim_inevitable inevitable;
    uint64_t ns;
    char *text; /* the scenario, as a file */
    size_t text_size;
};

static uint64_t
events(const struct sim_size *size)
{
    return size->steps + size->faults;
}

/* ---- the file ---------------------------------------------------------------------------- */

/* NAME_SEED, with so much of the name that it is one; of a plant's its own name. */
static void
name_it(struct account *account)
{
    char seed[24] = "", name[SIM_NAME_SIZE];
    const char *plant = account->args->plant;
    int len = 0;

    if (plant == NULL)
        len = snprintf(seed, sizeof seed, "_%" PRIu64, account->args->seed);
    snprintf(name, sizeof name, "%.*s%s", (int)SIM_NAME_SIZE - 1 - len,
             plant != NULL ? plant : account->source->name, seed);
    memcpy(account->shrunk.scenario.name, name, sizeof name);
}

static void
print_file(struct account *account)
{
    struct sim_scenario *scenario = &account->shrunk.scenario;
    const struct sim_size *size = &account->shrunk.after;
    FILE *to = open_memstream(&account->text, &account->text_size);
    char *why = NULL;
    size_t why_size;
    FILE *lines = open_memstream(&why, &why_size);

    if (to == NULL || lines == NULL)
        abort();
    fprintf(lines, "Shrunk from %s, seed %" PRIu64 "%s%s: it breaks %s.\n",
            account->source->name, account->args->seed,
            account->args->plant == NULL ? "" : ", with the plant ",
            account->args->plant == NULL ? "" : account->args->plant,
            sim_property_name(account->shrunk.result.property));
    fprintf(lines, "Expected: %.80s\nFound: %.80s\n", account->shrunk.result.expected,
            account->shrunk.result.found);
    fprintf(lines, "It takes %" PRIu64 " operations and %" PRIu64 " faults.", size->steps,
            size->faults);
    fclose(lines);
    name_it(account);
    if (account->args->plant != NULL) {
        scenario->catch_count = 1;
        scenario->catches[0] = (struct sim_catch){
            .plant = (unsigned)sim_args_plant(account->args->plant),
            .properties = UINT32_C(1) << account->shrunk.result.property,
        };
    }
    sim_scenario_print(scenario, why, to);
    fclose(to);
    free(why);
}

/* What was printed is read and run: it must fail alike. */
static bool
is_what_fails(const struct account *account)
{
    struct sim_complaint complaint;
    struct sim_scenario again;
    struct sim_result result;
    char signature[SIM_SIGNATURE_SIZE] = "";

    if (!sim_scenario_parse(&again, "shrunk.scn", account->text, account->text_size,
                            &complaint)) {
        fprintf(stderr, "%s\n", complaint.text);
        return false;
    }
    struct sim_order order = { .scenario = &again, .seed = again.seeds.lo };
    if (sim_trial_run(account->trial, &order, 5000, &result) && result.verdict == SIM_BROKE)
        sim_signature(signature, &result);
    sim_scenario_fini(&again);
    return strcmp(signature, account->shrunk.signature) == 0;
}

static bool
is_stream(const char *path)
{
    return path == NULL || strcmp(path, "-") == 0;
}

/* JSON has the text already: nothing may stand behind it. */
static bool
wants_file(const struct account *account)
{
    return !account->args->json || !is_stream(account->args->scenario_out);
}

static bool
write_file(const struct account *account)
{
    const char *path = account->args->scenario_out;
    FILE *file = is_stream(path) ? account->args->out : fopen(path, "w");
    bool good = file != NULL;

    if (good && is_stream(path))
        putc('\n', file);
    good = good && fwrite(account->text, 1, account->text_size, file) == account->text_size;
    if (file != NULL && !is_stream(path) && fclose(file) != 0)
        good = false;
    if (!good)
        fprintf(stderr, "holdfast-sim: %s: cannot be written\n",
                is_stream(path) ? "standard output" : path);
    return good;
}

/* ---- the account ------------------------------------------------------------------------- */

static void
print_size(FILE *out, const char *what, uint64_t before, uint64_t after)
{
    fprintf(out, "  %-12s %8" PRIu64 " -> %" PRIu64 "\n", what, before, after);
}

static void
print_faults(FILE *out, const struct sim_scenario *scenario)
{
    if (scenario->rule_count == 0)
        fprintf(out, "no fault is needed\n");
    else
        fprintf(out, "the faults that it takes, each of them:\n");
    for (unsigned i = 0; i < scenario->rule_count; i++) {
        fprintf(out, "  ");
        sim_rule_print(&scenario->rules[i], out);
        putc('\n', out);
    }
}

static void
print_inevitable(FILE *out, const struct account *account)
{
    const struct sim_inevitable *it = &account->inevitable;

    if (it->step > it->steps) {
        fprintf(out,
                "up to the last step, %" PRIu64
                ", it could be escaped: %u of %u futures broke it\n",
                it->steps, it->broke_before, it->tried);
        return;
    }
    fprintf(out, "inevitable from step %" PRIu64 " of %" PRIu64 ": %u of %u futures broke it",
            it->step, it->steps, it->tried, it->tried);
    if (it->step > 1)
        fprintf(out, "; from the step before, %u of %u", it->broke_before, it->tried);
    putc('\n', out);
}

static void
print_text(const struct account *account)
{
    const struct sim_shrunk *shrunk = &account->shrunk;
    FILE *out = account->args->out;

    sim_print_failure(out, account->source, &shrunk->first, account->args->plant);
    fprintf(out, "\nshrunk in %" PRIu64 " tries, %" PRIu64 ".%" PRIu64 " s%s\n", shrunk->tries,
            account->ns / 1000000000, account->ns / 100000000 % 10,
            shrunk->is_cut_short ? ", the time was used up" : "");
    print_size(out, "operations", shrunk->before.steps, shrunk->after.steps);
    print_size(out, "faults", shrunk->before.faults, shrunk->after.faults);
    print_size(out, "draws", shrunk->before.draws, shrunk->after.draws);
    print_size(out, "knobs", SIM_KNOB_PUT - 1, shrunk->after.pins);
    putc('\n', out);
    print_faults(out, &shrunk->scenario);
    print_inevitable(out, account);
}

static void
print_json(const struct account *account)
{
    const struct sim_shrunk *shrunk = &account->shrunk;
    FILE *out = account->args->out;

    fprintf(out, "{\"scenario\":\"%s\",\"seed\":\"%" PRIu64 "\",\"property\":\"%s\"",
            account->source->name, account->args->seed,
            sim_property_name(shrunk->result.property));
    if (account->args->plant != NULL)
        fprintf(out, ",\"plant\":\"%s\"", account->args->plant);
    fprintf(out, ",\"signature\":");
    sim_print_json_string(out, shrunk->signature);
    fprintf(out,
            ",\"events\":%" PRIu64 ",\"operations\":%" PRIu64 ",\"faults\":%" PRIu64
            ",\"draws\":%" PRIu64 ",\"knobs\":%" PRIu64,
            events(&shrunk->after), shrunk->after.steps, shrunk->after.faults,
            shrunk->after.draws, shrunk->after.pins);
    fprintf(out,
            ",\"before\":{\"operations\":%" PRIu64 ",\"faults\":%" PRIu64 ",\"draws\":%" PRIu64
            "}",
            shrunk->before.steps, shrunk->before.faults, shrunk->before.draws);
    fprintf(out,
            ",\"inevitable_step\":%" PRIu64 ",\"tries\":%" PRIu64 ",\"seconds\":%" PRIu64
            ".%03" PRIu64 ",\"text\":",
            account->inevitable.step, shrunk->tries, account->ns / 1000000000,
            account->ns / 1000000 % 1000);
    sim_print_json_string(out, account->text);
    fprintf(out, "}\n");
}

/* ---- the verb ---------------------------------------------------------------------------- */

static int
tell(struct account *account)
{
    print_file(account);
    if (!is_what_fails(account)) {
        fprintf(stderr, "holdfast-sim: what was shrunk fails in another way once it is "
                        "written; please report it\n");
        return SIM_EXIT_SIMULATOR;
    }
    if (account->args->json)
        print_json(account);
    else
        print_text(account);
    if (wants_file(account) && !write_file(account))
        return SIM_EXIT_SIMULATOR;
    return SIM_EXIT_BROKE;
}

static int
complain(enum sim_shrink_end end, const struct account *account)
{
    const char *name = account->source->name;

    if (end == SIM_SHRINK_HELD)
        fprintf(stderr, "holdfast-sim: %s, seed %" PRIu64 " held: there is nothing to shrink\n",
                name, account->args->seed);
    else
        fprintf(stderr,
                end == SIM_SHRINK_UNSTEADY
                    ? "holdfast-sim: %s, seed %" PRIu64 " does not fail from its own tape\n"
                    : "holdfast-sim: %s, seed %" PRIu64 " could not be run\n",
                name, account->args->seed);
    return end == SIM_SHRINK_HELD ? SIM_EXIT_HELD : SIM_EXIT_SIMULATOR;
}

static int
shrink(struct account *account, const struct sim_order *order)
{
    uint64_t budget = account->args->time_ns != 0 ? account->args->time_ns : BUDGET_NS;
    uint64_t began = sim_wall_ns();
    enum sim_shrink_end end = sim_shrink(account->trial, order, budget, &account->shrunk);
    int status;

    if (end != SIM_SHRUNK)
        return complain(end, account);
    sim_inevitable_find(account->trial, order, &account->shrunk.first, budget / 4,
                        &account->inevitable);
    account->ns = sim_wall_ns() - began;
    status = tell(account);
    free(account->text);
    sim_shrunk_fini(&account->shrunk);
    return status;
}

int
sim_verb_shrink(const struct sim_args *args)
{
    struct account account = { .args = args };
    struct sim_set set = { 0 };
    int status = SIM_EXIT_USAGE;

    if (sim_args_load(args, &set) && set.count == 1 && args->seed != 0) {
        struct sim_order order = { .scenario = set.list[0], .seed = args->seed };
        account.source = set.list[0];
        account.trial = sim_trial_open();
        status = shrink(&account, &order);
        sim_trial_close(account.trial);
    } else if (set.count > 1) {
        fprintf(stderr, "holdfast-sim: shrink wants one scenario, not %zu\n", set.count);
    } else if (set.count == 1) {
        fprintf(stderr, "holdfast-sim: shrink wants --seed N, the run that failed\n");
    }
    sim_set_fini(&set);
    return status;
}
