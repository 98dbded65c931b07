/*
 * clock.c - see clock.h. The calibration loops never change: baselines are ratios to them.
 */
#define _POSIX_C_SOURCE 200809L
#include "bench/clock.h"

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/hash.h"
#include "bench/stop.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define CLOCK_TRIES 20000u
#define CHASE_CELLS (1u << 24) /* of four bytes: more than caches hold */
#define CHASE_STEPS 600u
#define HASH_STEPS 20000u
#define FRAME_SIZE 157u /* what a put of 16 + 100 bytes adds to the log */
#define FRAMES 64u
#define SECTOR 4096u
#define SYNCS 3u

uint64_t
bench_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t
bench_spent_ns(enum bench_beside beside)
{
    struct timespec now;

    if (beside == BENCH_BESIDE_SYNC)
        return bench_now_ns();
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t
bench_clock_cost_ns(void)
{
    static uint64_t cost;

    if (cost != 0)
        return cost;
    uint64_t least = UINT64_MAX;
    for (unsigned i = 0; i < CLOCK_TRIES; i++) {
        uint64_t began = bench_now_ns();
        uint64_t took = bench_now_ns() - began;
        if (took < least)
            least = took;
    }
    return cost = least;
}

const char *
bench_beside_name(enum bench_beside beside)
{
    static const char *const names[] = { "memory", "write", "sync" };
    return names[beside];
}

/* ---- memory ------------------------------------------------------------------------------ */

static uint32_t *cells;
static int files[2] = { -1, -1 }; /* written, synced */

/* One cycle through all cells: i -> a * i + c, which for these a and c is a permutation of one
 * cycle (Hull and Dobell), far from the order of addresses. */
static void
make_cells(void)
{
    cells = bench_alloc((size_t)CHASE_CELLS * sizeof *cells);
    for (uint32_t i = 0; i < CHASE_CELLS; i++)
        cells[i] = (uint32_t)((i * UINT64_C(1664525) + 1013904223) % CHASE_CELLS);
}

static void
calibrate_memory(void)
{
    static uint32_t at;
    uint64_t x = 1;

    for (unsigned i = 0; i < CHASE_STEPS; i++)
        at = cells[at];
    for (unsigned i = 0; i < HASH_STEPS; i++)
        x = hf_hash_fold(x ^ HF_HASH_K1, at + HF_HASH_K2);
    __asm__ volatile("" : : "r"(x)); /* somebody wants the result: it is not dropped */
}

/* ---- files ------------------------------------------------------------------------------- */

/* A file whose blocks exist, without a name: it goes when the program ends. */
static int
make_file(const char *directory, size_t size)
{
    static const uint8_t zeros[SECTOR];
    char path[512];

    (void)snprintf(path, sizeof path, "%s/calibration", directory);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    for (size_t off = 0; fd >= 0 && off < size; off += sizeof zeros) {
        if (pwrite(fd, zeros, sizeof zeros, (off_t)off) != (ssize_t)sizeof zeros)
            bench_stop_system("write", path);
    }
    if (fd < 0 || fdatasync(fd) != 0 || unlink(path) != 0)
        bench_stop_system("make", path);
    return fd;
}

static void
calibrate_file(int fd, size_t step, unsigned count, int synced)
{
    uint8_t frame[FRAME_SIZE] = { 0 };

    for (unsigned i = 0; i < count; i++) {
        hf_store_u32(frame, i);
        hf_store_u32(frame + FRAME_SIZE - 4, hf_crc32c(0, frame, FRAME_SIZE - 4));
        if (pwrite(fd, frame, FRAME_SIZE, (off_t)(i * step)) != (ssize_t)FRAME_SIZE ||
            (synced && fdatasync(fd) != 0))
            bench_stop_system("write", "the calibration file");
    }
}

/* Makes what the work needs, which is not timed. */
static void
prepare(enum bench_beside beside, const char *directory)
{
    if (beside == BENCH_BESIDE_MEMORY && cells == NULL)
        make_cells();
    if (beside == BENCH_BESIDE_WRITE && files[0] < 0)
        files[0] = make_file(directory, FRAMES * FRAME_SIZE);
    if (beside == BENCH_BESIDE_SYNC && files[1] < 0)
        files[1] = make_file(directory, SYNCS * SECTOR);
}

double
bench_calibrate(enum bench_beside beside, const char *directory)
{
    prepare(beside, directory);
    uint64_t began = bench_spent_ns(beside);
    switch (beside) {
    case BENCH_BESIDE_MEMORY:
        calibrate_memory();
        break;
    case BENCH_BESIDE_WRITE:
        calibrate_file(files[0], FRAME_SIZE, FRAMES, 0);
        break;
    case BENCH_BESIDE_SYNC:
        calibrate_file(files[1], SECTOR, SYNCS, 1);
        break;
    }
    return (double)(bench_spent_ns(beside) - began);
}

void
bench_calibrate_end(void)
{
    for (unsigned i = 0; i < 2; i++) {
        if (files[i] >= 0)
            (void)close(files[i]);
        files[i] = -1;
    }
    free(cells);
    cells = NULL;
}
