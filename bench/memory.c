/*
 * memory.c - what the engine holds: beside its data, at its limit, and as it grows.
 *
 * Each figure is of a process of its own, forked for it, so that no other benchmark's memory is
 * in it: its resident memory less what it had before it opened a database.
 */
#define _POSIX_C_SOURCE 200809L
#include "bench/categories.h"
#include "bench/place.h"
#include "bench/stock.h"
#include "bench/stop.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define LARGE_VALUE 1024u
#define LIMIT (UINT64_C(512) << 20)
#define LIMIT_BLOCKS UINT64_C(1000000)
#define UPDATED_KEYS 10000u
#define SIZES 6u
#define PAIRS_MIN 100000u

/* Fewer would be lost in the pages that every database has. */
static uint64_t
pairs_of(const struct bench_suite *suite)
{
    return suite->pairs < PAIRS_MIN ? PAIRS_MIN : suite->pairs;
}

/* ---- a process of its own ---------------------------------------------------------------- */

/* Resident memory now, or at its highest, in bytes. */
static double
resident(const char *field)
{
    char line[256], pattern[64];
    unsigned long long kib = 0;
    FILE *file = fopen("/proc/self/status", "re");

    if (file == NULL)
        bench_stop_system("read", "/proc/self/status");
    (void)snprintf(pattern, sizeof pattern, "%s: %%llu kB", field);
    while (fgets(line, sizeof line, file) != NULL && sscanf(line, pattern, &kib) != 1) {
    }
    (void)fclose(file);
    return (double)kib * 1024;
}

/* The highest is forgotten, and counts anew. */
static void
forget_peak(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "we");

    if (file == NULL || fputs("5", file) < 0 || fclose(file) != 0)
        bench_stop_system("write", "/proc/self/clear_refs");
}

typedef double figure_fn(const struct bench_suite *suite, uint64_t count);

/* What `figure` returns in a child. */
static double
in_child(const struct bench_suite *suite, figure_fn *figure, uint64_t count)
{
    int ends[2], status = 0;
    double value = 0;

    if (pipe(ends) != 0)
        bench_stop_system("make", "a pipe");
    pid_t child = fork();
    if (child == 0) {
        value = figure(suite, count);
        _exit(write(ends[1], &value, sizeof value) != (ssize_t)sizeof value);
    }
    (void)close(ends[1]);
    ssize_t got = child < 0 ? -1 : read(ends[0], &value, sizeof value);
    (void)close(ends[0]);
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0 ||
        got != (ssize_t)sizeof value)
        bench_stop("a process that measures its memory ended with status %d", status);
    return value;
}

/* ---- figures ----------------------------------------------------------------------------- */

static struct bench_stock stock; /* of a child */

static void
open_stock(const struct bench_suite *suite, const struct hf_options *options, uint64_t count,
           size_t value_size)
{
    bench_stock_open(&stock, suite, "memory", options, count, value_size);
}

static double
at_start(const struct bench_suite *suite, uint64_t count)
{
    struct hf_options options = bench_db_options(HF_MODE_BUFFERED);
    double before = resident("VmRSS");

    open_stock(suite, &options, count, BENCH_VALUE_SIZE);
    double value = resident("VmRSS") - before;
    bench_stock_close(&stock);
    return value;
}

static double
peak_of_ops(const struct bench_suite *suite, uint64_t count)
{
    struct hf_options options = bench_db_options(HF_MODE_BUFFERED);

    forget_peak();
    double before = resident("VmRSS");
    open_stock(suite, &options, count, BENCH_VALUE_SIZE);
    bench_stock_fill(&stock, count, 1);
    bench_stock_check(&stock);
    double value = resident("VmHWM") - before;
    bench_stock_close(&stock);
    return value;
}

static double
per_pair(const struct bench_suite *suite, uint64_t count, uint32_t batch)
{
    struct hf_options options = bench_db_options(HF_MODE_MEMORY);
    struct hf_stats stats = HF_STATS_INIT;

    open_stock(suite, &options, count, BENCH_VALUE_SIZE);
    bench_stock_fill(&stock, count, batch);
    hf_stats_get(stock.db, &stats);
    double value =
        (double)stats.memory_bytes / (double)count - BENCH_KEY_SIZE - BENCH_VALUE_SIZE;
    bench_stock_close(&stock);
    return value;
}

static double
per_pair_alone(const struct bench_suite *suite, uint64_t count)
{
    return per_pair(suite, count, 1);
}

static double
per_pair_in_batches(const struct bench_suite *suite, uint64_t count)
{
    return per_pair(suite, count, 1000);
}

static double
at_limit(const struct bench_suite *suite, uint64_t count)
{
    struct hf_options options = bench_db_options(HF_MODE_BUFFERED);

    options.memory_limit = LIMIT;
    forget_peak();
    double before = resident("VmRSS");
    open_stock(suite, &options, count, LARGE_VALUE);
    bench_stock_fill(&stock, count, 10);
    for (uint64_t i = 0; i < count; i += 1000) { /* a view a few, since it holds what it read */
        bench_stock_begin_reads(&stock, 0, 0);
        bench_stock_get(&stock, i);
        bench_stock_end_reads(&stock, 0);
    }
    double value = resident("VmHWM") - before;
    bench_stock_close(&stock);
    return value;
}

/* Memory after all updates as a multiple of that after the first tenth. */
static double
after_updates(const struct bench_suite *suite, uint64_t count)
{
    struct hf_options options = bench_db_options(HF_MODE_MEMORY);
    double tenth = 0;

    options.keep_versions = 0;
    double before = resident("VmRSS");
    open_stock(suite, &options, UPDATED_KEYS, BENCH_VALUE_SIZE);
    bench_stock_fill(&stock, UPDATED_KEYS, 1);
    stock.range = UPDATED_KEYS;
    for (unsigned part = 0; part < 10; part++) {
        bench_stock_run_update(&stock, 0, (uint32_t)(count / 10));
        bench_db_settle(stock.db);
        if (part == 0)
            tenth = resident("VmRSS") - before;
    }
    bench_stock_check(&stock);
    double value = tenth > 0 ? (resident("VmRSS") - before) / tenth : 1;
    bench_stock_close(&stock);
    return value;
}

/* ---- growth ------------------------------------------------------------------------------ */

enum { GROWS_MEMORY, GROWS_INDEX, GROWS_LOG, GROWS_SNAPSHOT, GROWTHS };

static unsigned growth; /* which one a child looks at */

static double
size_at(const struct bench_suite *suite, uint64_t count)
{
    bool is_logged = growth == GROWS_LOG;
    struct hf_options options = bench_db_options(is_logged ? HF_MODE_BUFFERED : HF_MODE_MEMORY);
    struct hf_stats stats = HF_STATS_INIT;
    struct hf_snapshot snapshot;
    char path[BENCH_PATH_SIZE];
    double value = 0;

    options.memtable_size = UINT64_C(1) << 40; /* all in the log */
    double before = resident("VmRSS");
    open_stock(suite, &options, count, BENCH_VALUE_SIZE);
    bench_stock_fill(&stock, count, 1);
    hf_stats_get(stock.db, &stats);
    switch (growth) {
    case GROWS_MEMORY:
        value = resident("VmRSS") - before;
        break;
    case GROWS_INDEX:
        value = (double)stats.index_bytes;
        break;
    case GROWS_LOG:
        value = (double)stats.written_bytes;
        break;
    default:
        bench_place_path(path, suite->directory, "grown");
        bench_must(hf_snapshot_save(stock.db, 0, path, &snapshot), "hf_snapshot_save");
        value = (double)snapshot.size;
        (void)unlink(path);
    }
    bench_stock_close(&stock);
    return value;
}

/* The share of the variance that the straight line through the points explains. */
static double
line_fit(const double *x, const double *y, unsigned count)
{
    double mean_x = 0, mean_y = 0, xx = 0, xy = 0, yy = 0;

    for (unsigned i = 0; i < count; i++) {
        mean_x += x[i] / count;
        mean_y += y[i] / count;
    }
    for (unsigned i = 0; i < count; i++) {
        xx += (x[i] - mean_x) * (x[i] - mean_x);
        xy += (x[i] - mean_x) * (y[i] - mean_y);
        yy += (y[i] - mean_y) * (y[i] - mean_y);
    }
    return yy > 0 ? xy * xy / (xx * yy) : 1; /* what stays the same is a line, too */
}

static void
growths(struct bench_suite *suite)
{
    static const char *const names[GROWTHS] = {
        "memory/linear-resident/memory",
        "memory/linear-index/memory",
        "memory/linear-log/buffered",
        "memory/linear-snapshot/memory",
    };
    struct bench_figures none = { .threads = 1 };
    uint64_t largest = pairs_of(suite);
    double x[SIZES], y[SIZES];

    for (growth = 0; growth < GROWTHS; growth++) {
        if (!bench_wants(suite, names[growth]))
            continue;
        bench_progress(suite, names[growth]);
        for (unsigned i = 0; i < SIZES; i++) {
            uint64_t count = largest / 100 + i * (largest / SIZES);
            x[i] = (double)count;
            y[i] = in_child(suite, size_at, count);
        }
        bench_add_value(suite, names[growth], &none, NULL, line_fit(x, y, SIZES), "R2");
    }
}

void
bench_memory(struct bench_suite *suite)
{
    const struct {
        const char *name;
        figure_fn *figure;
        uint64_t count;
        const char *unit;
    } rows[] = {
        { "memory/start/buffered", at_start, 1, "B" },
        { "memory/peak-of-10k-puts/buffered", peak_of_ops, 10000, "B" },
        { "memory/per-pair/memory", per_pair_alone, pairs_of(suite), "B" },
        { "memory/per-pair-of-1000/memory", per_pair_in_batches, pairs_of(suite), "B" },
        { "memory/updates/memory", after_updates, suite->pairs * 10, "x" },
        { "memory/limit-512m/buffered", at_limit, suite->size == BENCH_FULL ? LIMIT_BLOCKS : 0,
          "B" },
    };
    struct bench_figures none = { .threads = 1 };

    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].count == 0 || !bench_wants(suite, rows[i].name))
            continue; /* what takes minutes is for --full alone */
        bench_progress(suite, rows[i].name);
        bench_add_value(suite, rows[i].name, &none, NULL,
                        in_child(suite, rows[i].figure, rows[i].count), rows[i].unit);
    }
    growths(suite);
}
