/*
 * sim_main.c - `holdfast-sim`: reads the command line and hands over to a verb.
 */
#define _GNU_SOURCE /* sysconf */
#include "sim/grow.h"
#include "sim/plants/garden.h"
#include "sim/run/probe.h"
#include "sim/search/explore.h"
#include "sim/verbs_sim.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define JOBS_MAX 256u

#define FOR_RUN 1u
#define FOR_REPLAY 2u
#define FOR_PLANTS 4u
#define FOR_DESCRIBE 8u
#define FOR_MERGE 16u
#define FOR_REPORT 32u
#define FOR_SHRINK 64u
#define FOR_EXPLORE 128u
#define FOR_ALL 255u

static const struct {
    const char *name;
    const char *words;
    const char *about;
    unsigned bit;
    int (*run)(const struct sim_args *args);
} verbs[] = {
    { "run", "[FILE|FOLDER...]", "runs scenarios over their seeds (default: scenarios/)",
      FOR_RUN, sim_verb_run },
    { "replay", "FILE --seed N", "one run again, with its timeline", FOR_REPLAY,
      sim_verb_replay },
    { "shrink", "FILE --seed N", "the smallest scenario that still fails", FOR_SHRINK,
      sim_verb_shrink },
    { "explore", "[FILE|FOLDER...]", "every crash and every failing call of short workloads",
      FOR_EXPLORE, sim_verb_explore },
    { "plants", "[NAME...]", "switches on each planted bug and sees that it is caught",
      FOR_PLANTS, sim_verb_plants },
    { "merge", "FILE...", "the results of many jobs (run --json) into one, judged as one",
      FOR_MERGE, sim_verb_merge },
    { "report", "FILE... -o PAGE", "results, and those of plants --json, as one page of HTML",
      FOR_REPORT, sim_verb_report },
    { "describe", "[FILE|FOLDER...]", "the words of the language; what scenarios are for",
      FOR_DESCRIBE, sim_verb_describe },
};

/* ---- options ----------------------------------------------------------------------------- */

static const char *
read_seeds(struct sim_args *args, const char *value)
{
    const char *wrong = sim_range_parse(&args->seeds, SIM_COUNT, value);

    if (wrong == NULL && (args->seeds.lo == 0 || args->seeds.hi == UINT64_MAX))
        wrong = "seeds count from 1";
    return wrong;
}

static const char *
read_seed(struct sim_args *args, const char *value)
{
    const char *wrong = sim_number_parse(&args->seed, SIM_COUNT, value);

    return wrong == NULL && args->seed == 0 ? "seeds count from 1" : wrong;
}

static const char *
read_jobs(struct sim_args *args, const char *value)
{
    uint64_t jobs;
    const char *wrong = sim_number_parse(&jobs, SIM_COUNT, value);

    if (wrong == NULL && (jobs == 0 || jobs > JOBS_MAX))
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
read_shard(struct sim_args *args, const char *value)
{
    if (strcmp(value, "auto") == 0)
        return find_shard(args);
    const char *wrong = sim_ratio_parse(&args->shard, &args->shard_count, value);
    if (wrong != NULL || args->shard == 0)
        return "I/N is wanted, 1/N to N/N, or auto";
    args->shard--;
    return NULL;
}

static const char *
read_time(struct sim_args *args, const char *value)
{
    const char *wrong = sim_number_parse(&args->time_ns, SIM_DURATION, value);

    if (wrong == NULL && (args->time_ns == 0 || args->time_ns > UINT64_C(1) << 44))
        wrong = "a time is more than nothing and at most half a year";
    args->time_ns *= 1000;
    return wrong;
}

static const char *
read_doubled(struct sim_args *args, const char *value)
{
    return sim_ratio_parse(&args->doubled, &args->doubled_of, value);
}

static const char *
read_plant(struct sim_args *args, const char *value)
{
    args->plant = value;
    return NULL;
}

static const char *
read_tape(struct sim_args *args, const char *value)
{
    args->tape = value;
    return NULL;
}

static const char *
read_save_tape(struct sim_args *args, const char *value)
{
    args->save_tape = value;
    return NULL;
}

static const char *
read_scenarios(struct sim_args *args, const char *value)
{
    args->scenarios = value;
    return NULL;
}

static const char *
read_outcomes(struct sim_args *args, const char *value)
{
    const char *wrong = sim_number_parse(&args->outcomes, SIM_COUNT, value);

    return wrong == NULL && args->outcomes == 0 ? "outcomes count from 1" : wrong;
}

static const char *
read_scenario_out(struct sim_args *args, const char *value)
{
    args->scenario_out = value;
    return NULL;
}

static const char *
read_progress(struct sim_args *args, const char *value)
{
    (void)value;
    args->progress = true;
    return NULL;
}

static const char *
read_matrix(struct sim_args *args, const char *value)
{
    (void)value;
    args->matrix = true;
    return NULL;
}

/* What is wrong with a value that is none of `words`; the text stays until the next call. */
static const char *
unknown_word(const char *what, sim_word_fn *words, const char *value)
{
    static char text[SIM_HINT_SIZE + 64];
    char hint[SIM_HINT_SIZE];

    snprintf(text, sizeof text, "there is no such %s%s; describe lists them", what,
             sim_hint(hint, sim_nearest_of(words, value)));
    return text;
}

static const char *
read_without(struct sim_args *args, const char *value)
{
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
personality_word(unsigned index)
{
    return index < SIM_PERSONALITY_COUNT ? sim_personality_name((enum sim_personality)index)
                                         : NULL;
}

static const char *
read_contract(struct sim_args *args, const char *value)
{
    int personality = sim_word_find(personality_word, value);

    if (personality < 0)
        return unknown_word("personality", personality_word, value);
    for (unsigned i = 0; i < args->contract_count; i++) {
        if (args->contracts[i] == (unsigned)personality)
            return "said twice";
    }
    args->contracts[args->contract_count++] = (unsigned)personality;
    return NULL;
}

static const char *
read_tries(struct sim_args *args, const char *value)
{
    const char *wrong = sim_number_parse(&args->tries, SIM_COUNT, value);

    return wrong == NULL && (args->tries == 0 || args->tries > SIM_TRIES_MAX)
               ? "1 to 1000 tries"
               : wrong;
}

static const char *
read_limit(struct sim_args *args, const char *value)
{
    const char *wrong = sim_number_parse(&args->limit, SIM_COUNT, value);

    return wrong == NULL && args->limit == 0 ? "at least one run" : wrong;
}

static const char *
read_baseline(struct sim_args *args, const char *value)
{
    args->baseline = value;
    return NULL;
}

static const char *
read_out(struct sim_args *args, const char *value)
{
    if (strcmp(value, "-") == 0)
        return NULL;
    if (args->out != stdout)
        return "said twice";
    args->out = fopen(value, "w");
    return args->out == NULL ? "cannot be written" : NULL;
}

static const char *
read_json(struct sim_args *args, const char *value)
{
    (void)value;
    args->json = true;
    return NULL;
}

static const char *
read_no_chances(struct sim_args *args, const char *value)
{
    (void)value;
    args->no_chances = true;
    return NULL;
}

static const struct {
    const char *name;
    const char *value; /* what stands behind it, NULL: nothing */
    const char *about;
    unsigned verbs;
    const char *(*read)(struct sim_args *args, const char *value);
} options[] = {
    { "--seeds", "A..B", "instead of the scenarios' own", FOR_RUN | FOR_EXPLORE, read_seeds },
    { "--seed", "N", "which run", FOR_REPLAY | FOR_SHRINK, read_seed },
    { "--jobs", "N", "processes at once (default: one a core)",
      FOR_RUN | FOR_PLANTS | FOR_EXPLORE, read_jobs },
    { "--shard", "I/N|auto", "the I'th of N parts; auto: from a job array's variables", FOR_RUN,
      read_shard },
    { "--time", "TIME", "stop after it; seeds are dealt round-robin", FOR_RUN | FOR_SHRINK,
      read_time },
    { "--doubled", "N/D", "the share of runs done twice (default 1/16)", FOR_RUN,
      read_doubled },
    { "--plant", "NAME", "with this planted bug on",
      FOR_RUN | FOR_REPLAY | FOR_SHRINK | FOR_EXPLORE, read_plant },
    { "--tape", "FILE", "plays a saved tape", FOR_REPLAY, read_tape },
    { "--save-tape", "FILE", "saves the tape of the run", FOR_REPLAY, read_save_tape },
    { "--scenarios", "FOLDER", "where to look (default: scenarios/)", FOR_PLANTS | FOR_MERGE,
      read_scenarios },
    { "--progress", NULL, "a line on stderr now and then, where that is no terminal", FOR_RUN,
      read_progress },
    { "--matrix", NULL, "each plant many times, under each contract: after how many runs?",
      FOR_PLANTS, read_matrix },
    { "--contract", "NAME",
      "a personality for every scenario; matrix: several, the first rules", FOR_PLANTS,
      read_contract },
    { "--tries", "N", "of each plant and contract (default 20)", FOR_PLANTS, read_tries },
    { "--limit", "N", "runs until a plant has survived", FOR_PLANTS, read_limit },
    { "--baseline", "FILE", "what a matrix was: a plant that takes longer is an error",
      FOR_PLANTS, read_baseline },
    { "--without", "PROPERTY|all", "who escapes if nobody judges it; all: each in turn",
      FOR_PLANTS, read_without },
    { "--no-chances", NULL, "the engine does nothing unusual by chance",
      FOR_RUN | FOR_REPLAY | FOR_SHRINK, read_no_chances },
    { "--outcomes", "N", "of a crash point, at most (default 65536)", FOR_EXPLORE,
      read_outcomes },
    { "-o", "FILE", "of shrink and explore: the scenario that they make",
      FOR_SHRINK | FOR_EXPLORE, read_scenario_out },
    { "--json", NULL, "JSON instead of text", FOR_ALL, read_json },
    { "--out", "FILE", "instead of stdout", FOR_ALL, read_out },
    { "-o", "FILE", "of the others: the same as --out", FOR_ALL & ~(FOR_SHRINK | FOR_EXPLORE),
      read_out },
};

#define VERB_COUNT (sizeof verbs / sizeof *verbs)
#define OPTION_COUNT (sizeof options / sizeof *options)

static const char *
verb_word(unsigned index)
{
    return index < VERB_COUNT ? verbs[index].name : NULL;
}

static const char *
option_word(unsigned index)
{
    if (index < OPTION_COUNT)
        return options[index].name;
    if (index == OPTION_COUNT)
        return "--help";
    return index == OPTION_COUNT + 1 ? "--version" : NULL;
}

static void
help(void)
{
    printf("usage: holdfast-sim VERB [OPTION...] [WORD...]\n\n");
    for (size_t i = 0; i < VERB_COUNT; i++)
        printf("  %-8s %-18s %s\n", verbs[i].name, verbs[i].words, verbs[i].about);
    printf("\n");
    for (size_t i = 0; i < OPTION_COUNT; i++)
        printf("  %-12s %-9s %s\n", options[i].name,
               options[i].value == NULL ? "" : options[i].value, options[i].about);
    printf("\nExit status: 0 all held, 1 a property broke, 2 usage or a bad file,\n"
           "3 the simulator itself failed.\n");
}

static int
complain(const char *what, const char *word, const char *best)
{
    char hint[SIM_HINT_SIZE];

    fprintf(stderr, "holdfast-sim: %s '%s'%s\n", what, word, sim_hint(hint, best));
    return SIM_EXIT_USAGE;
}

/* Reads the option at argv[*at], and its value. False: a line is on stderr. */
static bool
read_option(struct sim_args *args, unsigned verb, int argc, char **argv, int *at)
{
    const char *name = argv[*at];
    int index = sim_word_find(option_word, name);

    /* One name may mean one thing to some verbs and another to others. */
    for (size_t i = 0; index >= 0 && i < OPTION_COUNT; i++) {
        if (strcmp(options[i].name, name) == 0 && (options[i].verbs & verbs[verb].bit) != 0)
            index = (int)i;
    }
    if (index < 0 || (size_t)index >= OPTION_COUNT) {
        complain("there is no option", name, sim_nearest_of(option_word, name));
        return false;
    }
    if ((options[index].verbs & verbs[verb].bit) == 0) {
        fprintf(stderr, "holdfast-sim: %s takes no %s\n", verbs[verb].name, name);
        return false;
    }
    const char *value = NULL;
    if (options[index].value != NULL) {
        if (++*at == argc) {
            fprintf(stderr, "holdfast-sim: %s wants %s\n", name, options[index].value);
            return false;
        }
        value = argv[*at];
    }
    const char *wrong = options[index].read(args, value);
    if (wrong != NULL)
        fprintf(stderr, "holdfast-sim: %s %s: %s\n", name, value, wrong);
    return wrong == NULL;
}

static bool
read_args(struct sim_args *args, unsigned verb, int argc, char **argv)
{
    bool has_ended = false;

    for (int at = 2; at < argc; at++) {
        const char *word = argv[at];
        if (!has_ended && strcmp(word, "--") == 0)
            has_ended = true;
        else if (!has_ended && word[0] == '-' && word[1] != 0) {
            if (!read_option(args, verb, argc, argv, &at))
                return false;
        } else {
            args->words[args->word_count++] = word;
        }
    }
    return true;
}

/* ---- what verbs share -------------------------------------------------------------------- */

bool
sim_args_load(const struct sim_args *args, struct sim_set *set)
{
    struct sim_complaint complaint;
    const char *standing = args->scenarios != NULL ? args->scenarios : "scenarios";
    const char *const *words =
        args->scenarios == NULL && args->word_count > 0 ? args->words : &standing;
    unsigned count = words == &standing ? 1 : args->word_count;

    for (unsigned i = 0; i < count; i++) {
        if (!sim_set_add(set, words[i], &complaint)) {
            fprintf(stderr, "%s\n", complaint.text);
            return false;
        }
    }
    if (set->count == 0)
        fprintf(stderr, "holdfast-sim: %s: no scenario is there\n", words[0]);
    return set->count > 0;
}

static const char *
plant_word(unsigned index)
{
    return index < sim_plant_total() ? sim_plant_name(index) : NULL;
}

int
sim_args_plant(const char *name)
{
    int plant = sim_word_find(plant_word, name);

    if (plant < 0)
        complain("there is no plant", name, sim_nearest_of(plant_word, name));
    return plant;
}

/* Some verbs are about one file; the others take none for all that there are. */
static bool
has_its_file(const struct sim_args *args, unsigned verb)
{
    if ((verbs[verb].bit & (FOR_REPLAY | FOR_SHRINK)) == 0 || args->word_count == 1)
        return true;
    fprintf(stderr, "holdfast-sim: %s wants one scenario; usage: holdfast-sim %s %s\n",
            verbs[verb].name, verbs[verb].name, verbs[verb].words);
    return false;
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

static unsigned
core_count(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (cores < 1)
        return 1;
    return cores > (long)JOBS_MAX ? JOBS_MAX : (unsigned)cores;
}

static int
run_verb(unsigned verb, int argc, char **argv)
{
    struct sim_args args = { .words = sim_new(sizeof(char *) * (size_t)argc),
                             .jobs = core_count(),
                             .shard_count = 1,
                             .doubled = 1,
                             .outcomes = SIM_EXPLORE_OUTCOMES,
                             .doubled_of = 16,
                             .out = stdout };
    int status = SIM_EXIT_USAGE;

    if (read_args(&args, verb, argc, argv) && has_its_file(&args, verb) && set_switches(&args))
        status = verbs[verb].run(&args);
    if (args.out != NULL && (fflush(args.out) != 0 || ferror(args.out))) {
        fprintf(stderr, "holdfast-sim: the results could not be written\n");
        status = SIM_EXIT_SIMULATOR;
    }
    if (args.out != NULL && args.out != stdout)
        fclose(args.out);
    free(args.words);
    return status;
}

static bool
asks_for(int argc, char **argv, const char *option)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], option) == 0)
            return true;
    }
    return false;
}

int
main(int argc, char **argv)
{
    if (asks_for(argc, argv, "--help")) {
        help();
        return SIM_EXIT_HELD;
    }
    if (asks_for(argc, argv, "--version")) {
        printf("holdfast-sim %s\n", hf_version_string());
        return SIM_EXIT_HELD;
    }
    if (argc < 2) {
        fprintf(stderr, "holdfast-sim: which verb? --help tells them\n");
        return SIM_EXIT_USAGE;
    }
    if (argv[1][0] == '-') {
        fprintf(stderr, "holdfast-sim: the verb comes first, before '%s'; --help tells them\n",
                argv[1]);
        return SIM_EXIT_USAGE;
    }
    int verb = sim_word_find(verb_word, argv[1]);
    if (verb < 0)
        return complain("there is no verb", argv[1], sim_nearest_of(verb_word, argv[1]));
    return run_verb((unsigned)verb, argc, argv);
}
