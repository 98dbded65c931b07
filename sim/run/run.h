/*
 * run.h - one run: a scenario and a seed, from an empty disk to a verdict.
 */
#ifndef SIM_RUN_H
#define SIM_RUN_H

#include "sim/run/result.h"

struct sim_runner;

/* One runner is used for many runs, one after the other; nothing passes from run to run. */
struct sim_runner *sim_runner_open(void);
void sim_runner_close(struct sim_runner *runner);

/* A crash left `state`, a hash of what is on the disk and of what the oracle then expects.
 * False: the run need not go on. */
typedef bool sim_state_fn(void *context, uint64_t state);

struct sim_order {
    const struct sim_scenario *scenario;
    uint32_t index; /* of the scenario, for the result */
    uint64_t seed;
    FILE *tape;          /* a saved tape to play instead of the scenario's, or NULL */
    FILE *save_tape;     /* where to write the tape of the run, or NULL */
    struct hf_span feed; /* bytes to draw from first, see sim_tape_feed; empty: none */
    bool keep_timeline;
    bool record;          /* keep draws and strikes, for sim_runner_recording */
    uint64_t crashes_max; /* the storm ends with this crash; 0: with the steps */
    sim_state_fn *go_on;  /* asked after each crash; NULL: yes */
    void *go_on_context;
    uint64_t diverge_from; /* from this step on all draws are keyed by diverge_seed, */
    uint64_t diverge_seed; /* unless it is 0 */
    uint64_t loose_seed;   /* for sim_tape_loosen */
};

/* False: the saved tape is malformed; *error says where. */
bool sim_runner_run(struct sim_runner *runner, const struct sim_order *order,
                    struct sim_result *result, struct hf_error *error);

/* What the last run left, until the next one: a line an event. */
void sim_runner_timeline(const struct sim_runner *runner, hf_line_fn *line, void *context);

/* Writes the tape of the last run, or of the one under way as far as it is. */
void sim_runner_save_tape(const struct sim_runner *runner, FILE *file);

/* What the last run with `record` drew and where faults struck, until the next run. */
struct sim_recording {
    const struct sim_drawn *draws;
    size_t draw_count;
    const struct sim_struck *strikes;
    size_t strike_count;
};
struct sim_recording sim_runner_recording(const struct sim_runner *runner);

/* Explicit draws that the last run did not ask for; the first of them to *first. */
uint64_t sim_runner_unread(const struct sim_runner *runner, struct sim_drawn *first);

/*
 * Runs twice and compares the traces: on a difference the verdict is SIM_SIMULATOR_FAILED, the
 * property `deterministic`, and *result names the first step that differs.
 */
void sim_runner_run_twice(struct sim_runner *runner, const struct sim_order *order,
                          struct sim_result *result);

/* Properties, a bit each, that no run of this process is held to. */
void sim_run_without(uint32_t properties);

#endif
