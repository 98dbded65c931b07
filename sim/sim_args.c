/*
 * sim_args.c - the options of holdfast-sim, how each reads its value, and what verbs make of
 * plants and scenarios that are named.
 */
#define _POSIX_C_SOURCE 200809L /* access */
#include "sim/grow.h"
#include "sim/machine/sim_probe.h"
#include "sim/plants/garden.h"
#include "sim/search/explore.h"
#include "sim/verbs_sim.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- values ------------------------------------------------------------------------------ */

static const char *
read_seeds(void *at, const char *value)
{
    struct sim_args *args = at;
    const char *wrong = sim_range_parse(&args->seeds, SIM_COUNT, value);

    if (wrong == NULL && (args->seeds.lo == 0 || args->seeds.hi == UINT64_MAX))
        wrong = "seeds count from 1";
    return wrong;
}

static const char *
read_seed(void *at, const char *value)
{
    struct sim_args *args = at;
    const char *wrong = sim_number_parse(&args->seed, SIM_COUNT, value);

    return wrong == NULL && args->seed == 0 ? "seeds count from 1" : wrong;
}

static const char *
read_jobs(void *at, const char *value)
{
    struct sim_args *args = at;
    uint64_t jobs;
    const char *wrong = sim_number_parse(&jobs, SIM_COUNT, value);

    if (wrong == NULL && (jobs == 0 || jobs > SIM_JOBS_MAX))
        wrong = "1 to 256 jobs";
    if (wrong == NULL)
        args->jobs = (unsigned)jobs;
    return wrong;
}

/*
 * The variables by which array jobs and test matrices tell a job its place and how many there
 * are. A place counts from `first`, or from what a third variable says.
 */
static const char *
find_shard(struct sim_args *args)
{
    static const struct {
        const char *index, *count, *first_name;
        uint64_t first;
    } places[] = {
        { "CI_NODE_INDEX", "CI_NODE_TOTAL", NULL, 1 },
        { "SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MIN", 1 },
        { "JOB_COMPLETION_INDEX", "JOB_COMPLETIONS", NULL, 0 }, /* Kubernetes, indexed */
        { "AWS_BATCH_JOB_ARRAY_INDEX", "AWS_BATCH_JOB_ARRAY_SIZE", NULL, 0 },
        { "SGE_TASK_ID", "SGE_TASK_LAST", "SGE_TASK_FIRST", 1 },
        { "CIRCLE_NODE_INDEX", "CIRCLE_NODE_TOTAL", NULL, 0 },
        { "BUILDKITE_PARALLEL_JOB", "BUILDKITE_PARALLEL_JOB_COUNT", NULL, 0 },
    };

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const char *index = getenv(places[i].index);
        const char *count = getenv(places[i].count);
        if (index == NULL || count == NULL ||
            sim_number_parse(&args->shard, SIM_COUNT, index) != NULL ||
            sim_number_parse(&args->shard_count, SIM_COUNT, count) != NULL)
            continue;
        uint64_t first = places[i].first;
        const char *first_text =
            places[i].first_name == NULL ? NULL : getenv(places[i].first_name);
        if (first_text != NULL && sim_number_parse(&first, SIM_COUNT, first_text) != NULL)
            first = places[i].first;
        args->shard -= first; /* a place too low becomes larger than any count: refused below */
        return args->shard < args->shard_count ? NULL
                                               : "the place of this job is not below the count";
    }
    return "no job array has set the variables of its jobs";
}

static const char *
read_shard(void *at, const char *value)
{
    struct sim_args *args = at;
    if (strcmp(value, "auto") == 0)
        return find_shard(args);
    const char *wrong = sim_ratio_parse(&args->shard, &args->shard_count, value);
    if (wrong != NULL || args->shard == 0)
        return "I/N is wanted, 1/N to N/N, or auto";
    args->shard--;
    return NULL;
}

static const char *
read_time(void *at, const char *value)
{
    struct sim_args *args = at;
    const char *wrong = sim_number_parse(&args->time_ns, SIM_DURATION, value);

    if (wrong == NULL && (args->time_ns == 0 || args->time_ns > UINT64_C(1) << 44))
        wrong = "a time is more than nothing and at most half a year";
    args->time_ns *= 1000;
    return wrong;
}

static const char *
read_doubled(void *at, const char *value)
{
    struct sim_args *args = at;
    return sim_ratio_parse(&args->doubled, &args->doubled_of, value);
}

static const char *
read_outcomes(void *at, const char *value)
{
    struct sim_args *args = at;
    const char *wrong = sim_number_parse(&args->outcomes, SIM_COUNT, value);

    return wrong == NULL && args->outcomes == 0 ? "outcomes count from 1" : wrong;
}

/* What is wrong with a value that is none of `words`; the text stays until the next call. */
static const char *
unknown_word(const char *what, sim_word_fn *words, const char *value)
{
    static char text[SIM_HINT_SIZE + 64];
    char hint[SIM_HINT_SIZE];

    snprintf(text, sizeof text, "there is no such %s%s", what, sim_hint_of(hint, words, value));
    return text;
}

static const char *
read_without(void *at, const char *value)
{
    struct sim_args *args = at;
    int property = sim_word_find(sim_property_name, value);

    if (strcmp(value, "all") == 0)
        args->without = SIM_WITHOUT_ALL;
    else if (property >= 0)
        args->without |= UINT32_C(1) << property;
    else
        return unknown_word("property", sim_property_name, value);
    return NULL;
}

static const char *
read_contract(void *at, const char *value)
{
    struct sim_args *args = at;
    int personality = sim_word_find(sim_personality_name, value);

    if (personality < 0)
        return unknown_word("personality", sim_personality_name, value);
    for (unsigned i = 0; i < args->contract_count; i++) {
        if (args->contracts[i] == (unsigned)personality)
            return "said twice";
    }
    args->contracts[args->contract_count++] = (unsigned)personality;
    return NULL;
}

static const char *
read_tries(void *at, const char *value)
{
    struct sim_args *args = at;
    const char *wrong = sim_number_parse(&args->tries, SIM_COUNT, value);

    return wrong == NULL && (args->tries == 0 || args->tries > SIM_TRIES_MAX)
               ? "1 to 1000 tries"
               : wrong;
}

static const char *
read_limit(void *at, const char *value)
{
    struct sim_args *args = at;
    const char *wrong = sim_number_parse(&args->limit, SIM_COUNT, value);

    return wrong == NULL && args->limit == 0 ? "at least one run" : wrong;
}

/* ---- the options ------------------------------------------------------------------------- */

#define AT(member) offsetof(struct sim_args, member)

const struct hf_option sim_options[SIM_OPTION_COUNT] = {
    { "--seeds", SIM_FOR_RUN | SIM_FOR_EXPLORE, "A..B", "instead of the scenarios' own",
      read_seeds, 0 },
    { "--seed", SIM_FOR_REPLAY | SIM_FOR_SHRINK, "N", "which run", read_seed, 0 },
    { "--jobs", SIM_FOR_RUN | SIM_FOR_PLANTS | SIM_FOR_EXPLORE, "N",
      "processes at once (default: one a core)", read_jobs, 0 },
    { "--shard", SIM_FOR_RUN, "I/N|auto",
      "the I'th of N parts; auto: from a job array's variables", read_shard, 0 },
    { "--time", SIM_FOR_RUN | SIM_FOR_SHRINK, "TIME",
      "stop after it; run deals seeds round-robin", read_time, 0 },
    { "--doubled", SIM_FOR_RUN, "N/D", "the share of runs done twice (default 1/16)",
      read_doubled, 0 },
    { "--plant", SIM_FOR_RUN | SIM_FOR_REPLAY | SIM_FOR_SHRINK | SIM_FOR_EXPLORE, "NAME",
      "with this planted bug on", hf_option_text, AT(plant) },
    { "--tape", SIM_FOR_REPLAY, "FILE", "plays a saved tape", hf_option_text, AT(tape) },
    { "--save-tape", SIM_FOR_REPLAY, "FILE", "saves the tape of the run", hf_option_text,
      AT(save_tape) },
    { "--scenarios", SIM_FOR_PLANTS | SIM_FOR_MERGE, "FOLDER",
      "where to look (default: scenarios/)", hf_option_text, AT(scenarios) },
    { "--progress", SIM_FOR_RUN, NULL,
      "a line on stderr now and then, where that is no terminal", hf_option_true,
      AT(progress) },
    { "--matrix", SIM_FOR_PLANTS, NULL,
      "each plant many times, under each contract: after how many runs?", hf_option_true,
      AT(matrix) },
    { "--contract", SIM_FOR_PLANTS, "NAME",
      "a personality for every scenario; matrix: several, the first rules", read_contract, 0 },
    { "--tries", SIM_FOR_PLANTS, "N", "of each plant and contract (default 20)", read_tries,
      0 },
    { "--limit", SIM_FOR_PLANTS, "N", "runs until a plant has survived", read_limit, 0 },
    { "--baseline", SIM_FOR_PLANTS, "FILE",
      "an older matrix: what takes longer, or never showed, is an error", hf_option_text,
      AT(baseline) },
    { "--without", SIM_FOR_PLANTS, "PROPERTY|all",
      "who escapes if nobody judges it; all: each in turn", read_without, 0 },
    { "--no-chances", SIM_FOR_RUN | SIM_FOR_REPLAY | SIM_FOR_SHRINK, NULL,
      "the engine does nothing unusual by chance", hf_option_true, AT(no_chances) },
    { "--outcomes", SIM_FOR_EXPLORE, "N", "of a crash point, at most (default 65536)",
      read_outcomes, 0 },
    { "-o", SIM_FOR_SHRINK | SIM_FOR_EXPLORE, "FILE", "where the scenario goes that it makes",
      hf_option_text, AT(scenario_out) },
    { "-o", SIM_FOR_ALL & ~(SIM_FOR_SHRINK | SIM_FOR_EXPLORE), "FILE", "the same as --out",
      hf_option_text, AT(line.out) },
};

/* ---- what verbs share -------------------------------------------------------------------- */

bool
sim_args_load(const struct sim_args *args, struct sim_set *set)
{
    struct sim_complaint complaint;
    static const char usual[] = "scenarios";
    const char *standing = args->scenarios != NULL ? args->scenarios : usual;
    const char *const *words =
        args->scenarios == NULL && args->line.word_count > 0 ? args->line.words : &standing;
    unsigned count = words == &standing ? 1 : args->line.word_count;

    for (unsigned i = 0; i < count; i++) {
        if (!sim_set_add(set, words[i], &complaint)) {
            bool is_away = words[i] == usual && access(usual, F_OK) != 0;
            fprintf(stderr, "%s%s\n", complaint.text,
                    is_away
                        ? "; it is in the root of Holdfast's tree: go there, or name another"
                        : "");
            return false;
        }
    }
    if (set->count == 0)
        fprintf(stderr, "holdfast-sim: %s: no scenario is there\n", words[0]);
    return set->count > 0;
}

int
sim_args_plant(const char *name)
{
    char hint[SIM_HINT_SIZE];
    int plant = sim_word_find(sim_plant_name, name);

    if (plant < 0)
        fprintf(stderr, "holdfast-sim: there is no plant '%s'%s\n", name,
                sim_hint_of(hint, sim_plant_name, name));
    return plant;
}
