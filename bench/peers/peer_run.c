/*
 * peer_run.c - rounds over scenarios over peers.
 *
 * Within a round every scenario is run by one peer after the other, so that what is compared
 * was measured within the same minute; each round begins with another peer.
 */
#define _POSIX_C_SOURCE 200809L

#include "bench/peers/peer_run.h"

#include "bench/peers/peer_child.h"
#include "bench/peers/peer_files.h"
#include "bench/stop.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)
#define PATH_SIZE 512u

static const struct {
    unsigned rounds;
    struct bench_peer_sizes sizes;
} efforts[BENCH_SIZE_COUNT] = {
    [BENCH_SMOKE] = { 1, { 2000, 16, 200, SECOND / 4 } },
    [BENCH_QUICK] = { 3, { 100000, 250, 10000, 2 * SECOND } },
    [BENCH_FULL] = { 3, { 1000000, 1000, 100000, 10 * SECOND } },
};

void
bench_peer_row(char name[BENCH_PEER_ROW_SIZE], enum bench_task task, unsigned peer)
{
    (void)snprintf(name, BENCH_PEER_ROW_SIZE, "peers/%s/%s", bench_tasks[task].name,
                   bench_peer_entries[peer].name);
}

/* Whether any figure of a scenario is wanted of a peer that can give it. */
static bool
is_wanted(const struct bench_suite *suite, enum bench_scenario_id scenario, unsigned peer)
{
    const struct bench_peer *adapter = bench_peer_entries[peer].peer;
    char name[BENCH_PEER_ROW_SIZE];

    if (adapter == NULL)
        return false;
    if (adapter->get == NULL && bench_scenarios[scenario].reads)
        return false;
    for (unsigned task = 0; task < BENCH_TASK_COUNT; task++) {
        bench_peer_row(name, (enum bench_task)task, peer);
        if (bench_tasks[task].scenario == scenario && bench_wants(suite, name))
            return true;
    }
    return false;
}

/* What is in memory lies in memory, if there is such a folder. */
static void
choose_path(char path[PATH_SIZE], const struct bench_suite *suite,
            const struct bench_scenario *scenario)
{
    const char *folder =
        scenario->mode == BENCH_PEER_MEMORY ? bench_folder_in_memory() : suite->directory;

    (void)snprintf(path, PATH_SIZE, "%s/holdfast-peer.%ld",
                   folder == NULL ? suite->directory : folder, (long)getpid());
}

static bool
measure(struct bench_peer_table *table, const struct bench_suite *suite, unsigned round,
        enum bench_scenario_id scenario, unsigned peer)
{
    const struct bench_peer_entry *entry = &bench_peer_entries[peer];
    struct bench_peer_figures *figures = bench_alloc(sizeof *figures);
    char path[PATH_SIZE], what[PATH_SIZE];

    (void)snprintf(what, sizeof what, "round %u of %u, %s, %s", round + 1, table->rounds,
                   bench_scenarios[scenario].name, entry->name);
    bench_progress(suite, what);
    choose_path(path, suite, &bench_scenarios[scenario]);
    bool held = bench_peer_measure(figures, &bench_scenarios[scenario], entry->peer,
                                   &table->sizes, path);
    for (unsigned task = 0; task < BENCH_TASK_COUNT; task++) {
        if (bench_tasks[task].scenario == scenario)
            table->figure[task][peer][round] = figures->figure[task];
    }
    bench_histogram_merge(&table->puts[peer], &figures->puts);
    free(figures);
    return held;
}

unsigned
bench_peer_run(struct bench_peer_table *table, const struct bench_suite *suite)
{
    unsigned failed = 0;

    table->sizes = efforts[suite->size].sizes;
    table->rounds = efforts[suite->size].rounds;
    for (unsigned task = 0; task < BENCH_TASK_COUNT; task++)
        for (unsigned peer = 0; peer < BENCH_PEER_COUNT; peer++)
            for (unsigned round = 0; round < BENCH_PEER_ROUNDS_MAX; round++)
                table->figure[task][peer][round] = (double)NAN;
    for (unsigned round = 0; round < table->rounds; round++) {
        for (unsigned scenario = 0; scenario < BENCH_SCENARIO_COUNT; scenario++) {
            for (unsigned turn = 0; turn < BENCH_PEER_COUNT; turn++) {
                unsigned peer = (turn + round) % BENCH_PEER_COUNT;
                enum bench_scenario_id id = (enum bench_scenario_id)scenario;
                if (is_wanted(suite, id, peer) && !measure(table, suite, round, id, peer))
                    failed++;
            }
        }
    }
    return failed;
}
