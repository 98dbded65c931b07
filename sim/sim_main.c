/*
 * sim_main.c - `holdfast-sim`: a verb is a row of the table below and a function.
 */
#define _GNU_SOURCE /* sysconf */
#include "sim/machine/sim_probe.h"
#include "sim/search/explore.h"
#include "sim/verbs_sim.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

static const struct sim_verb {
    struct hf_verb verb;
    int (*run)(const struct sim_args *args);
} verbs[] = {
    { { "run", "[FILE|FOLDER...]", "runs scenarios over their seeds (default: scenarios/)", 0,
        UINT_MAX, SIM_FOR_RUN | HF_OPTION_FILES },
      sim_verb_run },
    { { "replay", "FILE --seed N", "one run again, with its timeline", 1, 1,
        SIM_FOR_REPLAY | HF_OPTION_FILES },
      sim_verb_replay },
    { { "shrink", "FILE --seed N", "the smallest scenario that still fails", 1, 1,
        SIM_FOR_SHRINK | HF_OPTION_FILES },
      sim_verb_shrink },
    { { "explore", "[FILE|FOLDER...]", "every crash and every failing call of short workloads",
        0, UINT_MAX, SIM_FOR_EXPLORE | HF_OPTION_FILES },
      sim_verb_explore },
    { { "plants", "[NAME...]", "switches on each planted bug and sees that it is caught", 0,
        UINT_MAX, SIM_FOR_PLANTS },
      sim_verb_plants },
    { { "merge", "FILE...", "the results of many jobs (run --json) into one, judged as one", 0,
        UINT_MAX, SIM_FOR_MERGE | HF_OPTION_FILES },
      sim_verb_merge },
    { { "report", "FILE... -o PAGE", "results, and those of plants --json, as one page of HTML",
        0, UINT_MAX, SIM_FOR_REPORT | HF_OPTION_FILES },
      sim_verb_report },
    { { "describe", "[FILE|FOLDER...]", "the words of the language; what scenarios are for", 0,
        UINT_MAX, SIM_FOR_DESCRIBE | HF_OPTION_FILES },
      sim_verb_describe },
};
#define VERB_COUNT (sizeof verbs / sizeof *verbs)

static const struct hf_verb *
verb_at(unsigned index)
{
    return index < VERB_COUNT ? &verbs[index].verb : NULL;
}

static bool
set_switches(const struct sim_args *args)
{
    int plant = args->plant == NULL ? 0 : sim_args_plant(args->plant);

    if (plant < 0)
        return false;
    sim_probe_chances(!args->no_chances);
    if (args->plant != NULL)
        sim_plant_set((unsigned)plant, true);
    return true;
}

/* Whether a file can be made there, or is one that can be written: nobody wants to be told so
 * when the work is done. */
static bool
can_write(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');

    if (access(path, F_OK) == 0)
        return access(path, W_OK) == 0;
    if (slash == NULL)
        return access(".", W_OK) == 0;
    snprintf(folder, sizeof folder, "%.*s", (int)(slash - path) + 1, path);
    return access(folder, W_OK) == 0;
}

static int
run(struct hf_command_line *line, struct hf_output *output)
{
    struct sim_args *args = (struct sim_args *)line;

    args->out = output->to;
    args->json = output->json;
    if (args->scenario_out != NULL && !can_write(args->scenario_out)) {
        fprintf(stderr, "holdfast-sim: %s: cannot be written: %s\n", args->scenario_out,
                strerror(errno));
        return SIM_EXIT_USAGE;
    }
    return set_switches(args) ? verbs[line->verb_index].run(args) : SIM_EXIT_USAGE;
}

static const struct hf_program program = {
    .name = "holdfast-sim",
    .options = sim_options,
    .option_count = SIM_OPTION_COUNT,
    .verb_at = verb_at,
    .every_verb = HF_OPTION_JSON,
    .help_end =
        "Status: 0 all held, 1 a property broke, 2 usage or a bad file, 3 the simulator "
        "itself failed.",
    .status_usage = SIM_EXIT_USAGE,
    .status_unwritable = SIM_EXIT_USAGE,
    .status_lost_output = SIM_EXIT_SIMULATOR,
    .run = run,
};

static unsigned
core_count(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (cores < 1)
        return 1;
    return cores > (long)SIM_JOBS_MAX ? SIM_JOBS_MAX : (unsigned)cores;
}

int
main(int argc, char **argv)
{
    struct sim_args args = { .jobs = core_count(),
                             .shard_count = 1,
                             .doubled = 1,
                             .doubled_of = 16,
                             .outcomes = SIM_EXPLORE_OUTCOMES };

    return hf_program_main(&program, &args.line, argc, argv);
}
