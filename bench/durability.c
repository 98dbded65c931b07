/*
 * durability.c - what a promise costs: a sync, groups of puts under one, and a stream of data
 * that is synced behind the writer.
 */
#define _POSIX_C_SOURCE 200809L
#include "bench/categories.h"
#include "bench/place.h"
#include "bench/stock.h"
#include "bench/stop.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define GROW_PUTS 64000u
#define BLOCK (1u << 20) /* of the device's own stream */
#define STREAM_VALUE 4096u
#define STREAM_RATE 250e6 /* bytes a second that are wanted, */
#define DEVICE_SHARE 0.9  /* or this of what the device does */

/* ---- groups ------------------------------------------------------------------------------ */

/* An operation is one strict commit of so many puts. */
static void
groups(struct bench_suite *suite)
{
    static const uint32_t sizes[] = { 1, 10, 100, 1000 };
    static const char *const names[] = { "durability/commit-of-1/strict",
                                         "durability/commit-of-10/strict",
                                         "durability/commit-of-100/strict",
                                         "durability/commit-of-1000/strict" };
    struct hf_options options = bench_db_options(HF_MODE_STRICT);
    struct bench_stock stock;

    options.flags |= HF_SINGLE_THREAD | HF_BACKGROUND_CALLER;
    bench_stock_open(&stock, suite, "groups", &options, GROW_PUTS, BENCH_VALUE_SIZE);
    bench_stock_fill(&stock, suite->size == BENCH_SMOKE ? 2000 : GROW_PUTS, 1000);
    stock.range = stock.count;
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        stock.batch_size = sizes[i];
        struct bench_work work = { .context = &stock,
                                   .run = bench_stock_run_batch,
                                   .begin = bench_stock_begin_writes,
                                   .batch = 1,
                                   .beside = BENCH_BESIDE_SYNC };
        bench_row(suite, names[i], &work);
    }
    bench_stock_check(&stock);
    bench_stock_close(&stock);
}

/* An operation is a put in buffered mode that asks to be durable. */
static void
run_durable(void *context, uint64_t first, uint32_t count)
{
    struct bench_stock *stock = context;

    for (uint32_t i = 0; i < count; i++) {
        uint64_t number = (first + i) % stock->count;
        bench_stock_put(stock, number, stock->generation[number] + 1);
        uint64_t version = hf_last_version(stock->db);
        bench_must(hf_wait_durable(stock->db, version), "hf_wait_durable");
        bench_check(hf_durable_version(stock->db) >= version, "what was waited for");
    }
}

static void
waits(struct bench_suite *suite)
{
    struct hf_options options = bench_db_options(HF_MODE_BUFFERED);
    struct bench_stock stock;
    struct bench_work work = { .context = &stock,
                               .run = run_durable,
                               .begin = bench_stock_begin_writes,
                               .batch = 1,
                               .beside = BENCH_BESIDE_SYNC };

    if (!bench_wants(suite, "durability/put-and-wait/buffered"))
        return;
    bench_stock_open(&stock, suite, "waits", &options, 1000, BENCH_VALUE_SIZE);
    bench_stock_fill(&stock, 1000, 1000);
    bench_row(suite, "durability/put-and-wait/buffered", &work);
    bench_stock_close(&stock);
}

/* ---- a stream ---------------------------------------------------------------------------- */

/* Bytes a second that the device takes in large pieces, each synced. */
static double
device_rate(struct bench_suite *suite, uint64_t size)
{
    uint8_t *block = bench_alloc(BLOCK);
    char path[BENCH_PATH_SIZE];

    bench_place_path(path, suite->directory, "stream");
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        bench_stop_system("make", path);
    uint64_t began = bench_now_ns();
    for (uint64_t off = 0; off < size; off += BLOCK)
        if (pwrite(fd, block, BLOCK, (off_t)off) != (ssize_t)BLOCK || fdatasync(fd) != 0)
            bench_stop_system("write", path);
    double rate = (double)size * 1e9 / (double)(bench_now_ns() - began);
    (void)close(fd);
    (void)unlink(path);
    free(block);
    return rate;
}

struct stream {
    double payload_rate; /* bytes of keys and values a second, to the end of the last sync */
    double written_rate; /* of all bytes that were written for them */
};

static struct stream
engine_rate(struct bench_suite *suite, uint64_t size)
{
    struct hf_options options = bench_db_options(HF_MODE_BUFFERED);
    struct bench_stock stock;
    uint64_t count = size / STREAM_VALUE;

    bench_stock_open(&stock, suite, "sustained", &options, count, STREAM_VALUE);
    struct bench_counts before = bench_counts_now();
    uint64_t began = bench_now_ns();
    bench_stock_fill(&stock, count, 1);
    bench_must(hf_sync(stock.db), "hf_sync");
    double seconds = (double)(bench_now_ns() - began) * 1e-9;
    struct bench_counts counts = bench_counts_between(before, bench_counts_now());
    bench_stock_check(&stock);
    bench_stock_close(&stock);
    return (struct stream){ (double)(count * (STREAM_VALUE + BENCH_KEY_SIZE)) / seconds,
                            (double)counts.written / seconds };
}

/* By turns; the medians. Either target will do, so the better of both is the row's value. */
static void
sustained(struct bench_suite *suite)
{
    static const uint64_t sizes[BENCH_SIZE_COUNT] = { 4u << 20, 64u << 20, 512u << 20 };
    double device[3], payload[3], written[3], best[3];
    struct bench_figures none = { .threads = 1 };
    static const char *const names[] = { "durability/sustained/buffered",
                                         "durability/sustained-payload/buffered",
                                         "durability/sustained-written/buffered",
                                         "device/stream" };
    double *const values[] = { best, payload, written, device };

    if (!bench_may_want(suite, "durability/sustained*") && !bench_wants(suite, names[3]))
        return;
    bench_progress(suite, names[0]);
    for (unsigned i = 0; i < 3; i++) {
        device[i] = device_rate(suite, sizes[suite->size]);
        struct stream stream = engine_rate(suite, sizes[suite->size]);
        payload[i] = stream.payload_rate;
        written[i] = stream.written_rate;
        double share = written[i] / (DEVICE_SHARE * device[i]);
        best[i] = payload[i] / STREAM_RATE > share ? payload[i] / STREAM_RATE : share;
    }
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (bench_wants(suite, names[i]))
            bench_add_value(suite, names[i], &none, NULL, bench_median(values[i], 3),
                            i == 0 ? "x" : "B/s");
}

void
bench_durability(struct bench_suite *suite)
{
    if (bench_may_want(suite, "durability/commit-of-*"))
        groups(suite);
    waits(suite);
    sustained(suite);
}
