/*
 * peer_task.h - what every engine is made to do, and what is aimed at.
 *
 * A task is one figure. Tasks that need the same database are measured by one scenario, which
 * runs in a process of its own (peer_child.h).
 */
#ifndef BENCH_PEER_TASK_H
#define BENCH_PEER_TASK_H

#include "bench/histogram.h"
#include "bench/peers/peer.h"

enum bench_task {
    BENCH_TASK_MEMORY_PUT,
    BENCH_TASK_MEMORY_GET,
    BENCH_TASK_MEMORY_BYTES,
    BENCH_TASK_MEMORY_PUT_MANY,
    BENCH_TASK_MEMORY_BYTES_MANY,
    BENCH_TASK_BUFFERED_PUT,
    BENCH_TASK_BUFFERED_PUT_MANY,
    BENCH_TASK_STRICT_PUT,
    BENCH_TASK_STRICT_PUT_SHARED,
    BENCH_TASK_GET_HIT,
    BENCH_TASK_GET_MISS,
    BENCH_TASK_SCAN,
    BENCH_TASK_SEEK,
    BENCH_TASK_DISK_BYTES,
    BENCH_TASK_REOPEN,
    BENCH_TASK_REPLAY,
    BENCH_TASK_PUT_P999,
    BENCH_TASK_PUT_WORST,
    BENCH_TASK_COUNT
};

enum bench_unit {
    BENCH_UNIT_NS,   /* that an operation takes */
    BENCH_UNIT_BYTES /* for each pair */
};

/* What our own figure is held against. */
enum bench_against {
    BENCH_AGAINST_NOTHING,
    BENCH_AGAINST_BEST,  /* the best ranked peer: how many times as fast */
    BENCH_AGAINST_RAW,   /* the raw loop, likewise */
    BENCH_AGAINST_ALONE, /* one writer of our own, likewise */
    BENCH_AGAINST_LIMIT  /* nobody: the figure itself is to stay below */
};

struct bench_aim {
    enum bench_against against;
    double
        wanted; /* times, or for a limit the figure; 0: it is shown, and nothing is aimed at */
};

#define BENCH_AIMS_MAX 2u

enum bench_scenario_id {
    BENCH_SCENARIO_MEMORY,
    BENCH_SCENARIO_MEMORY_MANY,
    BENCH_SCENARIO_BUFFERED,
    BENCH_SCENARIO_TABLES,
    BENCH_SCENARIO_STRICT,
    BENCH_SCENARIO_MERGING,
    BENCH_SCENARIO_REPLAY,
    BENCH_SCENARIO_COUNT
};

struct bench_task_info {
    const char *name; /* with the guarantee in it */
    const char *about;
    enum bench_scenario_id scenario;
    enum bench_unit unit;
    struct bench_aim aims[BENCH_AIMS_MAX];
};

extern const struct bench_task_info bench_tasks[BENCH_TASK_COUNT];

struct bench_peer_sizes {
    uint64_t pairs;          /* in a database */
    uint64_t strict_commits; /* of each writer */
    uint64_t seeks;
    uint64_t put_ns_max; /* single puts end after that: what is slow is slow enough to know */
};

/* What one scenario found with one engine. NaN: not measured. */
struct bench_peer_figures {
    double figure[BENCH_TASK_COUNT];
    struct bench_histogram puts; /* one by one, while tables are merged: picoseconds */
};

/* `path` is an empty folder. */
typedef void bench_scenario_fn(struct bench_peer_figures *figures,
                               const struct bench_peer *peer,
                               const struct bench_peer_sizes *sizes, const char *path);

struct bench_scenario {
    const char *name;
    enum bench_peer_mode mode; /* of its database; in memory its directory is in memory too */
    bool reads;                /* who only writes has no part in it */
    bench_scenario_fn *run;
};

extern const struct bench_scenario bench_scenarios[BENCH_SCENARIO_COUNT];

#endif
