/*
 * peer_run.h - measures all peers, turn by turn, into a table.
 */
#ifndef BENCH_PEER_RUN_H
#define BENCH_PEER_RUN_H

#include "bench/peers/peer_table.h"
#include "bench/suite.h"

#define BENCH_PEER_ROW_SIZE 64u

/* The name of a row: "peers/TASK/PEER". */
void bench_peer_row(char name[BENCH_PEER_ROW_SIZE], enum bench_task task, unsigned peer);

/*
 * Runs the scenarios that the suite wants a row of, by its size. A peer that fails has said so;
 * its figures are missing. Returns how many times that happened.
 */
unsigned bench_peer_run(struct bench_peer_table *table, const struct bench_suite *suite);

#endif
