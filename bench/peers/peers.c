/*
 * peers.c - the engines that Holdfast is measured beside.
 *
 * The linker decides which are there: an adapter that was not compiled leaves its weak name
 * undefined, and its pointer is NULL.
 */
#include "bench/peers/peer.h"

#include <stdio.h>
#include <unistd.h>

extern const struct bench_peer bench_peer_holdfast;
extern const struct bench_peer bench_peer_lmdb __attribute__((weak));
extern const struct bench_peer bench_peer_leveldb __attribute__((weak));
extern const struct bench_peer bench_peer_rocksdb __attribute__((weak));
extern const struct bench_peer bench_peer_sqlite __attribute__((weak));
extern const struct bench_peer bench_peer_wiredtiger __attribute__((weak));
extern const struct bench_peer bench_peer_tkrzw __attribute__((weak));
extern const struct bench_peer bench_peer_raw;

/* Tkrzw's tree has no commits of several operations: shown, not ranked. */
const struct bench_peer_entry bench_peer_entries[BENCH_PEER_COUNT] = {
    { "holdfast", NULL, true, &bench_peer_holdfast },
    { "lmdb", "liblmdb-dev", true, &bench_peer_lmdb },
    { "leveldb", "libleveldb-dev", true, &bench_peer_leveldb },
    { "rocksdb", "librocksdb-dev", true, &bench_peer_rocksdb },
    { "sqlite", "libsqlite3-dev", true, &bench_peer_sqlite },
    { "wiredtiger", "libwiredtiger-dev", true, &bench_peer_wiredtiger },
    { "tkrzw", "libtkrzw-dev", false, &bench_peer_tkrzw },
    { "raw loop", NULL, false, &bench_peer_raw },
};

void
bench_peer_die(const char *name, const char *what, const char *why)
{
    (void)fprintf(stderr, "holdfast-bench: peers: %s: %s: %s\n", name, what, why);
    _exit(1);
}
