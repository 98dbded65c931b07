/*
 * peer_child.h - one scenario with one engine, in a process of its own.
 *
 * So the memory of one is not that of another, threads that an engine leaves behind end with
 * it, and an engine that fails takes only its own figures along.
 */
#ifndef BENCH_PEER_CHILD_H
#define BENCH_PEER_CHILD_H

#include "bench/peers/peer_task.h"

/*
 * Runs it and fills `figures`. `path` is a folder to be made for it and removed. False: it
 * failed, and has said why on standard error; `figures` holds nothing.
 */
bool bench_peer_measure(struct bench_peer_figures *figures,
                        const struct bench_scenario *scenario, const struct bench_peer *peer,
                        const struct bench_peer_sizes *sizes, const char *path);

#endif
