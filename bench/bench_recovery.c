/*
 * bench_recovery.c - how long until a database can be used again: after a kill, after a clean
 * close, from a snapshot.
 *
 * An operation is an entry, so that figures of different sizes can be compared; where the whole
 * is what people wait for, the operation is the open itself. Logs are left behind by a process
 * that ends without closing.
 */
#define _POSIX_C_SOURCE 200809L
#include "bench/categories.h"
#include "bench/place.h"
#include "bench/stock.h"
#include "bench/stop.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LARGE_VALUE 1024u
#define GARBAGE 64u /* bytes of a torn write behind the log */

struct recovery {
    const struct bench_suite *suite;
    const char *path;
    struct hf_options options;
    struct hf_db *db;
    struct hf_recovery report;
    uint64_t entries;
    char from[BENCH_PATH_SIZE]; /* a snapshot */
    char text[BENCH_PATH_SIZE];
};

/* ---- logs that nobody closed ------------------------------------------------------------- */

/* A database of `count` pairs whose process ended without a close; with no table unless the
 * options make them. */
static void
leave(struct recovery *r, const char *name, uint64_t count, uint32_t value_size)
{
    int status = 0;

    bench_place_path(r->text, r->suite->directory, name);
    r->path = r->text;
    r->entries = count;
    pid_t child = fork();
    if (child == 0) {
        struct hf_db *db = bench_db_open(r->path, &r->options);
        uint8_t value[LARGE_VALUE];
        struct bench_key key;
        for (uint64_t i = 0; i < count; i++)
            bench_must(hf_put(db, bench_key_make(&key, i),
                              bench_value_make(value, value_size, i, 0), 0, NULL),
                       "hf_put");
        bench_must(hf_sync(db), "hf_sync");
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        bench_stop_system("leave a log in", r->path);
}

static struct hf_options
log_only(void)
{
    struct hf_options options = bench_db_options(HF_MODE_BUFFERED);

    options.memtable_size = UINT64_C(1) << 40;
    return options;
}

/* An open that changes nothing: it can be repeated. */
static void
run_replay(void *context, uint64_t first, uint32_t count)
{
    struct recovery *r = context;
    struct hf_options options = r->options;

    (void)first;
    options.flags = HF_READ_ONLY | HF_SINGLE_THREAD;
    r->db = bench_db_open(r->path, &options);
    r->report = (struct hf_recovery)HF_RECOVERY_INIT;
    hf_recovery_report(r->db, &r->report);
    bench_check(r->report.commits_replayed == count, "the commits that were replayed");
}

static void
end_replay(void *context, uint64_t limit)
{
    struct recovery *r = context;
    struct bench_key key;
    struct hf_item item;
    struct hf_view *view;

    (void)limit;
    bench_must(hf_view_open(&view, r->db, HF_LATEST), "hf_view_open");
    for (uint64_t i = 0; i < r->entries; i += r->entries / 100 + 1) {
        bench_must(hf_view_get(view, bench_key_make(&key, i), &item), "hf_view_get");
        bench_check(bench_value_is(item.value, item.value.len, i, 0), "a recovered value");
    }
    hf_view_close(view);
    bench_db_close(r->db);
}

static void
replay(struct bench_suite *suite, const char *name, uint64_t count, uint32_t value_size)
{
    struct recovery r = { .suite = suite, .options = log_only() };

    if (!bench_wants(suite, name))
        return;
    leave(&r, "replay", count, value_size);
    struct bench_work work = { .context = &r,
                               .run = run_replay,
                               .end = end_replay,
                               .batch = (uint32_t)count,
                               .ops_max = count };
    bench_row(suite, name, &work);
    bench_place_remove(r.path);
}

/* The index alone: what replay takes behind the reading, as the engine reports it. */
static void
index_rebuild(struct bench_suite *suite)
{
    struct recovery r = { .suite = suite, .options = log_only() };
    struct bench_figures figures = { .threads = 1, .batch = (uint32_t)suite->pairs };
    struct bench_tally *tally;

    if (!bench_wants(suite, "recovery/index-rebuild/buffered"))
        return;
    leave(&r, "rebuild", suite->pairs, BENCH_VALUE_SIZE);
    tally = bench_alloc(sizeof *tally);
    for (unsigned i = 0; i < suite->effort.rounds; i++) {
        run_replay(&r, 0, (uint32_t)suite->pairs);
        bench_tally_add(tally, (double)r.report.replay_ns, suite->pairs);
        end_replay(&r, 0);
    }
    bench_figures_fill(&figures, tally);
    bench_add(suite, "recovery/index-rebuild/buffered", &figures, tally);
    free(tally);
    bench_place_remove(r.path);
}

/* Adds garbage where the log ends, which an open that changes nothing finds out. */
static void
tear_log(struct recovery *r)
{
    char name[64], file[BENCH_PATH_SIZE];
    uint8_t garbage[GARBAGE];

    run_replay(r, 0, (uint32_t)r->entries);
    end_replay(r, 0);
    (void)snprintf(name, sizeof name, "wal-%010u", (unsigned)r->report.cut_segment);
    bench_place_path(file, r->path, name);
    memset(garbage, 0x5a, sizeof garbage);
    int fd = open(file, O_RDWR | O_CLOEXEC);
    if (fd < 0 || pwrite(fd, garbage, sizeof garbage, (off_t)r->report.cut_off) !=
                      (ssize_t)sizeof garbage)
        bench_stop_system("tear", file);
    (void)close(fd);
}

/* A torn tail cut off: what recovery writes so that the log can go on. */
static void
log_cut(struct bench_suite *suite)
{
    struct bench_figures figures = { .threads = 1, .batch = 1 };
    struct bench_tally *tally;

    if (!bench_wants(suite, "recovery/log-cut/buffered"))
        return;
    tally = bench_alloc(sizeof *tally);
    for (unsigned i = 0; i < 3; i++) {
        struct recovery r = { .suite = suite, .options = log_only() };
        struct hf_recovery report = HF_RECOVERY_INIT;
        leave(&r, "torn", suite->pairs / 10, BENCH_VALUE_SIZE);
        tear_log(&r);
        struct hf_db *db = bench_db_open(r.path, &r.options);
        hf_recovery_report(db, &report);
        bench_check(report.tail == HF_TAIL_TORN && report.commits_replayed == r.entries,
                    "the torn tail was cut, and nothing else");
        bench_tally_add(tally, (double)report.copy_ns, 1);
        bench_db_close(db);
        bench_place_remove(r.path);
    }
    bench_figures_fill(&figures, tally);
    bench_add(suite, "recovery/log-cut/buffered", &figures, tally);
    free(tally);
}

/* ---- opens that people wait for ---------------------------------------------------------- */

/* The process was killed with default options: what is left is tables, and a bounded log. */
static void
killed(struct bench_suite *suite)
{
    struct bench_figures figures = { .threads = 1, .batch = 1 };
    struct bench_tally *tally;

    if (!bench_wants(suite, "recovery/killed-reopen/buffered"))
        return;
    tally = bench_alloc(sizeof *tally);
    for (unsigned i = 0; i < 3; i++) {
        struct recovery r = { .suite = suite, .options = bench_db_options(HF_MODE_BUFFERED) };
        leave(&r, "killed", suite->pairs, BENCH_VALUE_SIZE);
        uint64_t began = bench_now_ns();
        struct hf_db *db = bench_db_open(r.path, &r.options);
        bench_tally_add(tally, (double)(bench_now_ns() - began), 1);
        bench_check(hf_last_version(db) == r.entries, "the commits behind a kill");
        bench_db_close(db);
        bench_place_remove(r.path);
    }
    bench_figures_fill(&figures, tally);
    bench_add(suite, "recovery/killed-reopen/buffered", &figures, tally);
    free(tally);
}

static void
clean_reopen(struct bench_suite *suite)
{
    struct hf_options options = bench_db_options(HF_MODE_BUFFERED);
    struct bench_stock stock;

    if (!bench_wants(suite, "recovery/clean-reopen/buffered"))
        return;
    bench_stock_open(&stock, suite, "reopen", &options, suite->pairs, BENCH_VALUE_SIZE);
    bench_stock_fill(&stock, suite->pairs, 1000);
    struct bench_work work = { .context = &stock,
                               .run = bench_stock_run_open,
                               .begin = bench_stock_begin_opens,
                               .batch = 1,
                               .ops_max = 1,
                               .beside = BENCH_BESIDE_SYNC };
    bench_row(suite, "recovery/clean-reopen/buffered", &work);
    bench_stock_check(&stock);
    bench_stock_close(&stock);
}

/* ---- snapshots --------------------------------------------------------------------------- */

static void
run_save(void *context, uint64_t first, uint32_t count)
{
    struct recovery *r = context;
    struct hf_snapshot snapshot;

    (void)first;
    bench_must(hf_snapshot_save(r->db, 0, r->from, &snapshot), "hf_snapshot_save");
    bench_check(snapshot.entries == count, "the entries of a snapshot");
}

static void
run_restore(void *context, uint64_t first, uint32_t count)
{
    struct recovery *r = context;
    struct hf_snapshot_input input = { .path = r->from };
    struct hf_snapshot restored;
    struct hf_error error;

    (void)first;
    if (hf_restore(r->path, NULL, &input, 1, &restored, &error) != HF_OK)
        bench_stop("hf_restore: %s", error.text);
    bench_check(restored.version > 0 && count == r->entries, "what was restored");
}

static void
begin_restore(void *context, uint64_t first, uint64_t limit)
{
    struct recovery *r = context;

    (void)first;
    (void)limit;
    bench_place_remove(r->path);
}

static void
snapshots(struct bench_suite *suite)
{
    struct hf_options options = bench_db_options(HF_MODE_MEMORY);
    struct recovery r = { .suite = suite, .options = options, .entries = suite->pairs };
    struct bench_stock stock;

    bench_place_path(r.from, suite->directory, "saved");
    bench_place_path(r.text, suite->directory, "restored");
    r.path = r.text;
    bench_stock_open(&stock, suite, NULL, &options, suite->pairs, BENCH_VALUE_SIZE);
    bench_stock_fill(&stock, suite->pairs, 1000);
    r.db = stock.db;
    struct bench_work work = { .context = &r,
                               .run = run_save,
                               .batch = (uint32_t)suite->pairs,
                               .ops_max = suite->pairs,
                               .beside = BENCH_BESIDE_SYNC };
    bench_row(suite, "recovery/snapshot-write/memory", &work);
    work.run = run_restore;
    work.begin = begin_restore;
    run_save(&r, 0, (uint32_t)suite->pairs);
    bench_row(suite, "recovery/snapshot-load/buffered", &work);
    bench_place_remove(r.path);
    (void)unlink(r.from);
    bench_stock_close(&stock);
}

/* Tables with most of the pairs, and a log with the last tenth. */
static void
tables_and_log(struct bench_suite *suite)
{
    struct recovery r = { .suite = suite, .options = bench_db_options(HF_MODE_BUFFERED) };
    uint64_t last = suite->pairs / 10;

    if (!bench_wants(suite, "recovery/tables-and-log/buffered"))
        return;
    bench_place_path(r.text, suite->directory, "both");
    struct bench_stock stock;
    bench_stock_open(&stock, suite, "both", &r.options, suite->pairs, BENCH_VALUE_SIZE);
    bench_stock_fill(&stock, suite->pairs - last, 1000);
    bench_must(hf_flush(stock.db), "hf_flush");
    bench_db_settle(stock.db);
    hf_batch_close(stock.batch);
    bench_db_close(stock.db);
    r.options = log_only();
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        stock.db = bench_db_open(r.text, &r.options);
        while (stock.count < suite->pairs)
            bench_stock_put(&stock, stock.count++, 0);
        bench_must(hf_sync(stock.db), "hf_sync");
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        bench_stop_system("leave a log in", r.text);
    struct bench_figures figures = { .threads = 1, .batch = (uint32_t)suite->pairs };
    struct bench_tally *tally = bench_alloc(sizeof *tally);
    r.path = r.text;
    for (unsigned i = 0; i < suite->effort.rounds; i++) {
        uint64_t began = bench_now_ns();
        run_replay(&r, 0, (uint32_t)last);
        bench_tally_add(tally, (double)(bench_now_ns() - began), suite->pairs);
        r.entries = suite->pairs;
        end_replay(&r, 0);
    }
    bench_figures_fill(&figures, tally);
    bench_add(suite, "recovery/tables-and-log/buffered", &figures, tally);
    free(tally);
    free(stock.generation);
    bench_place_remove(r.text);
}

void
bench_recovery(struct bench_suite *suite)
{
    uint64_t large = suite->size == BENCH_FULL ? 1000000 : suite->pairs / 4;

    replay(suite, "recovery/replay/buffered", suite->pairs, BENCH_VALUE_SIZE);
    replay(suite, "recovery/replay-1k/buffered", large, LARGE_VALUE);
    index_rebuild(suite);
    log_cut(suite);
    killed(suite);
    clean_reopen(suite);
    if (bench_may_want(suite, "recovery/snapshot-*"))
        snapshots(suite);
    tables_and_log(suite);
}
