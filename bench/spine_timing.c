/*
 * spine_timing.c - the first figures of the engine, each beside the limit that it is held
 * against.
 *
 * Usage: spine-timing DIRECTORY [--quick]
 *
 * Every figure is the median of several rounds. Where there is something to compare with, the
 * two take turns within one round, so that a machine that slows down slows both. Every value
 * that is read is summed up, and the sum is checked. DIRECTORY is made, and emptied again.
 */
#define _GNU_SOURCE
#include "base/bytes.h"
#include "base/crc32c.h"
#include "holdfast.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KEY_SIZE 16u
#define VALUE_SIZE 100u
#define FRAME_SIZE 157u /* what one put of such a pair adds to the log */
#define SECTOR 4096u
#define ROUNDS_MAX 9

static unsigned rounds = 5;
static uint32_t pairs = 1000000;
static const char *directory;

/* ---- small tools ------------------------------------------------------------------------- */

static void
die(const char *what, enum hf_err err)
{
    fprintf(stderr, "spine_timing: %s: %s\n", what, hf_strerror(err));
    exit(1);
}

static void
must(enum hf_err err, const char *what)
{
    if (err != HF_OK)
        die(what, err);
}

static double
now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int
compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double
median(double *list, unsigned count)
{
    qsort(list, count, sizeof *list, compare);
    return list[count / 2];
}

static void
row(const char *name, double per_s, double least, const char *note)
{
    char limit[32] = "", verdict[8] = "";

    if (least > 0) {
        snprintf(limit, sizeof limit, ">= %.0f K/s", least / 1e3);
        snprintf(verdict, sizeof verdict, "%s", per_s >= least ? "ok" : "SLOW");
    }
    printf("%-46s %8.1f K/s %7.0f ns  %-12s %-5s %s\n", name, per_s / 1e3, 1e9 / per_s, limit,
           verdict, note);
    fflush(stdout);
}

static void
ratio_row(const char *name, double ratio, double least)
{
    printf("%-46s %8.2f x              >= %.2f x     %s\n", name, ratio, least,
           ratio >= least ? "ok" : "SLOW");
    fflush(stdout);
}

/* Key number i: distinct keys in an order that looks random. */
static void
make_key(uint8_t key[KEY_SIZE], uint64_t i)
{
    uint64_t x = (i + 1) * UINT64_C(0x9E3779B97F4A7C15);

    x ^= x >> 29;
    x *= UINT64_C(0xBF58476D1CE4E5B9);
    x ^= x >> 32;
    hf_store_u64(key, x);
    hf_store_u64(key + 8, i * UINT64_C(0xD6E8FEB86659FD93));
}

static void
remove_files(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry;

    if (dir == NULL)
        return;
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(dir), entry->d_name, 0);
    }
    closedir(dir);
    rmdir(path);
}

static struct hf_db *
open_db(enum hf_mode mode, unsigned flags, const char *path)
{
    struct hf_options options = HF_OPTIONS_INIT;
    struct hf_error error;
    struct hf_db *db;

    options.mode = mode;
    options.flags |= flags;
    if (hf_open(&db, path, &options, &error) != HF_OK) {
        fprintf(stderr, "spine_timing: %s\n", error.text);
        exit(1);
    }
    return db;
}

static double
time_puts(struct hf_db *db, uint32_t first, uint32_t limit)
{
    uint8_t key[KEY_SIZE], value[VALUE_SIZE] = { 1 };
    double began = now_s();

    for (uint32_t i = first; i < limit; i++) {
        make_key(key, i);
        hf_store_u32(value, i);
        must(hf_put(db, (struct hf_span){ key, KEY_SIZE },
                    (struct hf_span){ value, VALUE_SIZE }, 0, NULL),
             "put");
    }
    return (limit - first) / (now_s() - began);
}

/* ---- memory mode ------------------------------------------------------------------------- */

/* All bytes of a value, eight at a time. */
static uint64_t
sum_of(struct hf_span value)
{
    const uint8_t *at = value.at;
    uint64_t sum = hf_load_u32(at + value.len - 4);

    for (size_t i = 0; i + 8 <= value.len; i += 8)
        sum += hf_load_u64(at + i);
    return sum;
}

/* `count` gets among the first `range` keys, under one view or a view a get. */
static double
time_gets(struct hf_db *db, uint32_t range, uint32_t count, bool view_each)
{
    uint8_t *keys = malloc((size_t)count * KEY_SIZE);
    uint64_t state = 1, sum = 0;
    struct hf_view *view;
    struct hf_item item;
    double began;

    for (uint32_t i = 0; i < count; i++) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
        make_key(keys + (size_t)i * KEY_SIZE, (uint32_t)((state >> 32) * range >> 32));
    }
    must(hf_view_open(&view, db, HF_LATEST), "view");
    began = now_s();
    for (uint32_t i = 0; i < count; i++) {
        if (view_each) {
            hf_view_close(view);
            must(hf_view_open(&view, db, HF_LATEST), "view");
        }
        must(
            hf_view_get(view, (struct hf_span){ keys + (size_t)i * KEY_SIZE, KEY_SIZE }, &item),
            "get");
        sum += sum_of(item.value);
    }
    double rate = count / (now_s() - began);
    hf_view_close(view);
    free(keys);
    if (sum == 0)
        die("the values read sum up to nothing", HF_ERR_CORRUPT);
    return rate;
}

/* Seconds for a scan of everything; checks that it found `pairs`. */
static double
time_scan(struct hf_db *db)
{
    struct hf_view *view;
    struct hf_iter *iter;
    struct hf_item item;
    uint64_t found = 0, sum = 0;
    double began = now_s();

    must(hf_view_open(&view, db, HF_LATEST), "view");
    must(hf_iter_open(&iter, view, NULL), "scan");
    for (; hf_iter_next(iter, &item) == HF_OK; found++)
        sum += sum_of(item.value);
    hf_iter_close(iter);
    hf_view_close(view);
    if (found != pairs || sum == 0)
        die("a scan missed keys", HF_ERR_CORRUPT);
    return now_s() - began;
}

static void
memory_figures(void)
{
    double insert[ROUNDS_MAX], again[ROUNDS_MAX], hot[ROUNDS_MAX], cold[ROUNDS_MAX];
    double each[ROUNDS_MAX], first[ROUNDS_MAX], second[ROUNDS_MAX], pause[ROUNDS_MAX];
    double after[ROUNDS_MAX], bytes = 0;

    for (unsigned r = 0; r < rounds; r++) {
        struct hf_stats stats = HF_STATS_INIT;
        struct hf_db *db = open_db(HF_MODE_MEMORY, HF_SINGLE_THREAD, NULL);
        insert[r] = time_puts(db, 0, pairs);
        hf_stats_get(db, &stats);
        bytes = (double)stats.memory_bytes / pairs - KEY_SIZE - VALUE_SIZE;
        hot[r] = time_gets(db, 10000, 4 * pairs, false);
        cold[r] = time_gets(db, pairs, pairs, false);
        each[r] = time_gets(db, pairs, pairs, true);
        again[r] = time_puts(db, 0, pairs);
        first[r] = time_scan(db);
        hf_stats_get(db, &stats);
        pause[r] = (double)stats.index_pause_ns_last * 1e-9;
        after[r] = time_puts(db, 0, pairs);
        second[r] = time_scan(db);
        must(hf_close(db), "close");
    }
    printf("\nmemory mode, HF_SINGLE_THREAD, %u pairs of %u + %u bytes, versions kept\n", pairs,
           KEY_SIZE, VALUE_SIZE);
    row("put, distinct keys in random order", median(insert, rounds), 2e6, "");
    row("put, overwriting each once", median(again, rounds), 0, "");
    row("put, overwriting, after the first scan", median(after, rounds), 0, "");
    row("get, zero-copy, one view, 10 K keys", median(hot, rounds), 12e6, "every byte read");
    row("get, zero-copy, one view, uniform over all", median(cold, rounds), 4e6,
        "every byte read");
    row("get, zero-copy, a view a get, uniform", median(each, rounds), 0, "every byte read");
    printf("%-46s %8.0f ms, of it %.0f ms making the ordered index of 2 x %u records\n",
           "first scan of everything", median(first, rounds) * 1e3, median(pause, rounds) * 1e3,
           pairs);
    printf("%-46s %8.0f ms, with %u overwrites to catch up with\n", "scan after that",
           median(second, rounds) * 1e3, pairs);
    printf("%-46s %8.1f bytes, reserved pages included\n", "memory a pair beyond key and value",
           bytes);
}

/* ---- files ------------------------------------------------------------------------------- */

/* A file full of zeros, written as the engine prepares its segments, and synced. */
static int
prepared_file(const char *path, size_t size)
{
    static const uint8_t zeros[SECTOR];
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

    for (size_t off = 0; fd >= 0 && off < size; off += sizeof zeros) {
        if (pwrite(fd, zeros, sizeof zeros, (off_t)off) != (ssize_t)sizeof zeros)
            fd = -1;
    }
    if (fd < 0 || fdatasync(fd) != 0) {
        perror("spine_timing: raw file");
        exit(1);
    }
    return fd;
}

/* Puts a second of a plain loop: checksum, write, and a sync each if asked. */
static double
time_raw(const char *path, uint32_t count, bool synced)
{
    static uint8_t frame[FRAME_SIZE + 32];
    size_t size = synced ? FRAME_SIZE + 32 : FRAME_SIZE, step = synced ? SECTOR : FRAME_SIZE;
    int fd = prepared_file(path, count * step + SECTOR);
    double began = now_s();

    for (uint32_t i = 0; i < count; i++) {
        hf_store_u32(frame, i);
        hf_store_u32(frame + size - 4, hf_crc32c(0, frame, size - 4));
        if (pwrite(fd, frame, size, (off_t)(i * step)) != (ssize_t)size ||
            (synced && fdatasync(fd) != 0)) {
            perror("spine_timing: raw write");
            exit(1);
        }
    }
    double rate = count / (now_s() - began);
    close(fd);
    unlink(path);
    return rate;
}

/* Lets background work that is waiting be done, so that it is not timed. */
static void
settle(struct hf_db *db)
{
    bool more = true;

    while (more)
        must(hf_work(db, &more), "work");
}

/* One round of puts into a database of its own; its log is prepared before, as in a long
 * run. */
static double
time_logged(enum hf_mode mode, uint32_t warm_up, uint32_t count)
{
    char path[512];
    struct hf_options options = HF_OPTIONS_INIT;
    struct hf_db *db;
    double rate;

    snprintf(path, sizeof path, "%s/db", directory);
    remove_files(path);
    options.mode = mode;
    if (mode == HF_MODE_STRICT)
        options.flags |= HF_BACKGROUND_CALLER | HF_SINGLE_THREAD;
    must(hf_open(&db, path, &options, NULL), "open");
    /* Grow until the segments have their full size and the next one is ready. */
    for (uint32_t done = 0; done < warm_up; done += warm_up / 64) {
        time_puts(db, done, done + warm_up / 64);
        settle(db);
    }
    rate = time_puts(db, 0, count);
    must(hf_close(db), "close");
    remove_files(path);
    return rate;
}

static void
logged_figures(enum hf_mode mode, uint32_t count, double least)
{
    bool strict = mode == HF_MODE_STRICT;
    uint32_t warm_up = strict ? 4096 : pairs / 2;
    double raw[ROUNDS_MAX], ours[ROUNDS_MAX], ratio[ROUNDS_MAX];
    char path[512];

    snprintf(path, sizeof path, "%s/raw", directory);
    for (unsigned r = 0; r < rounds; r++) {
        raw[r] = time_raw(path, count, strict);
        ours[r] = time_logged(mode, warm_up, count);
        ratio[r] = ours[r] / raw[r];
    }
    printf("\n%s mode, one put a commit, %u a round, turn by turn with a raw loop\n",
           strict ? "strict" : "buffered", count);
    row(strict ? "raw: crc32c, pwrite, fdatasync" : "raw: crc32c, pwrite", median(raw, rounds),
        0, "file prepared the same way");
    row("put", median(ours, rounds), 0, "");
    ratio_row("put against raw", median(ratio, rounds), least);
}

/* A log of all pairs and no table: written by a process that ends without a close. */
static void
leave_log(const char *path)
{
    struct hf_options options = HF_OPTIONS_INIT;
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        struct hf_db *db;
        options.memtable_size = UINT64_C(1) << 40;
        must(hf_open(&db, path, &options, NULL), "open");
        time_puts(db, 0, pairs);
        must(hf_sync(db), "sync");
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        die("the log could not be written", HF_ERR_IO);
}

static void
replay_figures(void)
{
    double rate[ROUNDS_MAX];
    struct hf_db *db;
    char path[512];

    snprintf(path, sizeof path, "%s/db", directory);
    remove_files(path);
    leave_log(path);
    for (unsigned r = 0; r < rounds; r++) {
        struct hf_recovery report = HF_RECOVERY_INIT;
        db = open_db(HF_MODE_BUFFERED, HF_READ_ONLY | HF_SINGLE_THREAD, path);
        hf_recovery_report(db, &report);
        if (report.commits_replayed != pairs)
            die("the log lost entries", HF_ERR_CORRUPT);
        rate[r] = pairs * 1e9 / (double)(report.scan_ns + report.replay_ns);
        must(hf_close(db), "close");
    }
    remove_files(path);
    printf("\nreplay of a log of %u commits of one put, from the page cache\n", pairs);
    row("entries read, checked and indexed", median(rate, rounds), 5e6, "");
}

int
main(int argc, char **argv)
{
    if (argc < 2 || argv[1][0] == '-') {
        fprintf(stderr, "usage: spine_timing DIRECTORY [--quick]\n");
        return 2;
    }
    directory = argv[1];
    if (argc > 2 && strcmp(argv[2], "--quick") == 0) {
        rounds = 3;
        pairs = 200000;
    }
    mkdir(directory, 0777);
    memory_figures();
    logged_figures(HF_MODE_BUFFERED, pairs / 4, 0.7);
    replay_figures();
    logged_figures(HF_MODE_STRICT, 1000, 0.95);
    rmdir(directory);
    return 0;
}
