/*
 * verbs_sim.h - the verbs of holdfast-sim and the command line that they read.
 */
#ifndef SIM_VERBS_SIM_H
#define SIM_VERBS_SIM_H

#include "sim/campaign/campaign.h"

#define SIM_EXIT_HELD 0
#define SIM_EXIT_BROKE 1
#define SIM_EXIT_USAGE 2
#define SIM_EXIT_SIMULATOR 3

#define SIM_WITHOUT_ALL ((UINT32_C(1) << SIM_PROPERTY_COUNT) - 1)

struct sim_args {
    const char **words; /* files, folders or names */
    unsigned word_count;
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
    bool json;
    bool no_chances;
    FILE *out;
};

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
