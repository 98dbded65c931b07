/*
 * peer_table.h - all figures of one run: tasks, peers, rounds; what they come to.
 */
#ifndef BENCH_PEER_TABLE_H
#define BENCH_PEER_TABLE_H

#include "bench/peers/peer_task.h"

#define BENCH_PEER_ROUNDS_MAX 9u

struct bench_peer_table {
    struct bench_peer_sizes sizes;
    unsigned rounds;
    /* NaN: not measured, since it failed, is not there, or has no part in it. */
    double figure[BENCH_TASK_COUNT][BENCH_PEER_COUNT][BENCH_PEER_ROUNDS_MAX];
    struct bench_histogram puts[BENCH_PEER_COUNT]; /* of all rounds, while merging */
};

/* Of the rounds that were measured; NaN if none was. */
double bench_peer_median(const struct bench_peer_table *table, enum bench_task task,
                         unsigned peer);
/* The ranked peer, not ours, with the smallest median; BENCH_PEER_COUNT: there is none. */
unsigned bench_peer_best(const struct bench_peer_table *table, enum bench_task task);

/* How our own figure compares. */
struct bench_standing {
    enum bench_against against;
    unsigned peer; /* that it is compared with, where there is one */
    double figure; /* times as fast, the median over rounds; for a limit our median */
    double wanted;
    bool met; /* where something is wanted */
};

/* False: there is nothing to compare, or nothing was measured. */
bool bench_peer_stand(struct bench_standing *standing, const struct bench_peer_table *table,
                      enum bench_task task, const struct bench_aim *aim);

#endif
