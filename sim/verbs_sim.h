/*
 * verbs_sim.h - the verbs of holdfast-sim and the command line that they read.
 */
#ifndef SIM_VERBS_SIM_H
#define SIM_VERBS_SIM_H

#include "cli/program.h"
#include "sim/campaign/campaign.h"

#define SIM_EXIT_HELD 0
#define SIM_EXIT_BROKE 1
#define SIM_EXIT_USAGE 2
#define SIM_EXIT_SIMULATOR 3

#define SIM_JOBS_MAX 256u
#define SIM_WITHOUT_ALL ((UINT32_C(1) << SIM_PROPERTY_COUNT) - 1)

struct sim_args {
    struct hf_command_line line; /* its words are files, folders or names */
    struct sim_range seeds;
    uint64_t seed; /* of replay and shrink */
    unsigned jobs;
    uint64_t shard, shard_count;
    uint64_t time_ns;
    uint64_t doubled, doubled_of;
    uint64_t outcomes; /* of a crash point, at most */
    const char *plant;
    const char *tape;
    const char *save_tape;
    const char *scenarios;
    const char *scenario_out; /* where the scenario goes that was made, NULL: stdout */
    bool progress;            /* lines of it, where there is no terminal */
    bool matrix;
    uint32_t without; /* properties that nobody judges, a bit each */
    unsigned contracts[SIM_PERSONALITY_COUNT];
    unsigned contract_count; /* 0: as the scenarios have it */
    uint64_t tries, limit;   /* 0: the default */
    const char *baseline;
    bool no_chances;
    bool json; /* as --json and --out say */
    FILE *out;
};

/* The verbs, a bit each: of an option, those that take it. */
#define SIM_FOR_RUN 1u
#define SIM_FOR_REPLAY 2u
#define SIM_FOR_PLANTS 4u
#define SIM_FOR_DESCRIBE 8u
#define SIM_FOR_MERGE 16u
#define SIM_FOR_REPORT 32u
#define SIM_FOR_SHRINK 64u
#define SIM_FOR_EXPLORE 128u
#define SIM_FOR_ALL 255u

#define SIM_OPTION_COUNT 21u
extern const struct hf_option sim_options[SIM_OPTION_COUNT];

int sim_verb_run(const struct sim_args *args);
int sim_verb_replay(const struct sim_args *args);
int sim_verb_shrink(const struct sim_args *args);
int sim_verb_explore(const struct sim_args *args);
int sim_verb_plants(const struct sim_args *args);
int sim_verb_merge(const struct sim_args *args);
int sim_verb_report(const struct sim_args *args);
int sim_verb_describe(const struct sim_args *args);

/* Reads the scenarios that the words name; false after a line on stderr. */
bool sim_args_load(const struct sim_args *args, struct sim_set *set);
/* The plant of that name, or -1 after a line on stderr. */
int sim_args_plant(const char *name);

#endif
