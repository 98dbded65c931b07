/*
 * raw.h - what the device and the kernel take for a write, without an engine: the loop that
 * puts are held against.
 *
 * The file is filled with zeros and synced first, as the engine prepares its segments, and
 * written round and round.
 */
#ifndef BENCH_RAW_H
#define BENCH_RAW_H

#include "bench/suite.h"

struct bench_raw {
    int fd;
    bool synced;     /* each write, at a sector of its own */
    uint64_t places; /* that the file has for a frame */
};

void bench_raw_open(struct bench_raw *raw, const struct bench_suite *suite, bool synced);
void bench_raw_close(struct bench_raw *raw);

/* For struct bench_work: a frame's checksum, its write, and its sync if there is one. */
void bench_raw_run(void *context, uint64_t first, uint32_t count);

#endif
