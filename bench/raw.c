/*
 * raw.c - see raw.h.
 */
#define _POSIX_C_SOURCE 200809L
#include "bench/raw.h"

#include "base/bytes.h"
#include "base/crc32c.h"
#include "bench/place.h"
#include "bench/stop.h"

#include <fcntl.h>
#include <unistd.h>

#define FRAME_SIZE 157u /* what one put of 16 + 100 bytes adds to the log, */
#define GROUP_SIZE 32u  /* and what a synced one adds as well */
#define SECTOR 4096u
#define PLACES 2048u /* for synced frames */
#define FILE_SIZE (16u << 20)

static size_t
step_of(const struct bench_raw *raw)
{
    return raw->synced ? SECTOR : FRAME_SIZE;
}

void
bench_raw_open(struct bench_raw *raw, const struct bench_suite *suite, bool synced)
{
    static const uint8_t zeros[SECTOR];
    char path[BENCH_PATH_SIZE];

    *raw = (struct bench_raw){ .synced = synced,
                               .places = synced ? PLACES : FILE_SIZE / FRAME_SIZE };
    bench_place_path(path, suite->directory, synced ? "raw-synced" : "raw");
    raw->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (raw->fd < 0)
        bench_stop_system("make", path);
    for (size_t off = 0; off < raw->places * step_of(raw); off += sizeof zeros)
        if (pwrite(raw->fd, zeros, sizeof zeros, (off_t)off) != (ssize_t)sizeof zeros)
            bench_stop_system("write", path);
    if (fdatasync(raw->fd) != 0 || unlink(path) != 0)
        bench_stop_system("sync", path);
}

void
bench_raw_close(struct bench_raw *raw)
{
    (void)close(raw->fd);
}

void
bench_raw_run(void *context, uint64_t first, uint32_t count)
{
    struct bench_raw *raw = context;
    uint8_t frame[FRAME_SIZE + GROUP_SIZE] = { 0 };
    size_t size = raw->synced ? sizeof frame : FRAME_SIZE;

    for (uint32_t i = 0; i < count; i++) {
        uint64_t place = (first + i) % raw->places;
        hf_store_u64(frame, first + i);
        hf_store_u32(frame + size - 4, hf_crc32c(0, frame, size - 4));
        if (pwrite(raw->fd, frame, size, (off_t)(place * step_of(raw))) != (ssize_t)size ||
            (raw->synced && fdatasync(raw->fd) != 0))
            bench_stop_system("write", "the raw file");
    }
}
