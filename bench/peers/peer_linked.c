/*
 * peer_linked.c - tells the program with the other engines from the one without.
 *
 * Linked into holdfast-bench-peers alone; in holdfast-bench the name is weak and undefined.
 */
#include "bench/peers/peer.h"

extern const bool bench_peers_linked;
const bool bench_peers_linked = true;
