/*
 * count.c - see count.h: the rows, and their counting.
 *
 * What is counted runs inside of bench_counted_work and nothing else does, since callgrind is
 * told to collect there, and to write what it has when that function returns.
 */
#include "bench/count.h"

#include "bench/place.h"
#include "bench/stock.h"
#include "bench/stop.h"

#include <stdlib.h>
#include <unistd.h>

#define KEYS 8000u
#define OPS 2000u
#define FEW_OPS 200u
#define BATCH 10u

const char *const bench_count_names[BENCH_COUNT_KINDS] = {
    "instructions", "allocations", "system_calls", "bytes_written", "syncs", "bytes_synced",
};

#if defined(__clang__)
#define ALONE __attribute__((noinline))
#else
#define ALONE __attribute__((noinline, noclone)) /* a clone would have another name */
#endif

void bench_counted_work(void (*run)(void *, uint64_t, uint32_t), void *context, uint32_t count);

void ALONE
bench_counted_work(void (*run)(void *, uint64_t, uint32_t), void *context, uint32_t count)
{
    run(context, 0, count);
    __asm__ volatile("" : : : "memory"); /* the call is no jump: it returns to here */
}

static void
add(struct bench_count_list *list, const char *name,
    void (*run)(void *context, uint64_t first, uint32_t count), void *context, uint32_t count)
{
    bench_check(list->count < BENCH_COUNT_ROWS_MAX, "the number of rows that are counted");
    struct bench_count_row *row = &list->rows[list->count++];
    struct bench_counts before = bench_counts_now();

    bench_counted_work(run, context, count);
    struct bench_counts counts = bench_counts_between(before, bench_counts_now());
    *row = (struct bench_count_row){
        name,
        count,
        { 0, counts.allocations, counts.calls, counts.written, counts.syncs, counts.synced },
    };
}

/* ---- works that are not those of a stock ------------------------------------------------- */

static void
run_flush(void *context, uint64_t first, uint32_t count)
{
    struct bench_stock *stock = context;

    (void)first;
    (void)count;
    bench_must(hf_flush(stock->db), "hf_flush");
}

static void
run_compact(void *context, uint64_t first, uint32_t count)
{
    struct bench_stock *stock = context;

    (void)first;
    (void)count;
    bench_must(hf_compact(stock->db), "hf_compact");
}

static void
run_close(void *context, uint64_t first, uint32_t count)
{
    struct bench_stock *stock = context;

    (void)first;
    (void)count;
    bench_db_close(stock->db);
}

static void
run_scan(void *context, uint64_t first, uint32_t count)
{
    struct bench_stock *stock = context;
    struct hf_iter *iter;
    struct hf_item item;
    uint64_t seen = 0;

    (void)first;
    bench_must(hf_iter_open(&iter, stock->view, NULL), "hf_iter_open");
    while (hf_iter_next(iter, &item) == HF_OK)
        seen += item.value.len == stock->value_size;
    hf_iter_close(iter);
    bench_check(seen == count, "the keys of a scan");
}

struct backup {
    struct bench_stock *stock;
    char file[BENCH_PATH_SIZE];
    char path[BENCH_PATH_SIZE];
};

static void
run_save(void *context, uint64_t first, uint32_t count)
{
    struct backup *backup = context;

    (void)first;
    (void)count;
    bench_must(hf_snapshot_save(backup->stock->db, 0, backup->file, NULL), "hf_snapshot_save");
}

static void
run_restore(void *context, uint64_t first, uint32_t count)
{
    struct backup *backup = context;
    struct hf_snapshot_input input = { .path = backup->file };
    struct hf_snapshot restored;

    (void)first;
    bench_must(hf_restore(backup->path, NULL, &input, 1, &restored, NULL), "hf_restore");
    bench_check(restored.version == backup->stock->count && count > 0, "what was restored");
}

/* ---- the rows ---------------------------------------------------------------------------- */

static void
open_stock(struct bench_stock *stock, const char *directory, const char *name,
           enum hf_mode mode)
{
    struct bench_suite suite = { .directory = directory };
    struct hf_options options = bench_db_options(mode);

    options.flags = HF_CREATE | HF_SINGLE_THREAD | HF_BACKGROUND_CALLER;
    bench_stock_open(stock, &suite, name, &options, 4 * (KEYS + OPS), BENCH_VALUE_SIZE);
    stock->batch_size = BATCH;
}

static void
count_memory(struct bench_count_list *list, const char *directory)
{
    struct bench_stock stock;

    open_stock(&stock, directory, NULL, HF_MODE_MEMORY);
    bench_stock_fill(&stock, KEYS, 1);
    add(list, "kv/put/memory", bench_stock_run_put, &stock, OPS);
    stock.range = stock.count;
    add(list, "kv/update/memory", bench_stock_run_update, &stock, OPS);
    bench_stock_begin_reads(&stock, 0, 0);
    add(list, "kv/get/memory", bench_stock_run_get, &stock, OPS);
    add(list, "kv/get/memory/miss", bench_stock_run_miss, &stock, OPS);
    add(list, "query/scan-first/memory", run_scan, &stock, (uint32_t)stock.count);
    add(list, "query/scan/memory", run_scan, &stock, (uint32_t)stock.count);
    bench_stock_end_reads(&stock, 0);
    add(list, "kv/get/memory/copied", bench_stock_run_copy, &stock, OPS);
    stock.range = FEW_OPS;
    add(list, "kv/cas/memory", bench_stock_run_cas, &stock, OPS);
    stock.range = stock.count;
    add(list, "kv/batch-10/memory", bench_stock_run_batch, &stock, FEW_OPS);
    add(list, "kv/delete/memory", bench_stock_run_delete, &stock, OPS);
    bench_stock_check(&stock);
    bench_stock_close(&stock);
}

/* What a kill would leave of the open database, opened to read. */
static void
count_replay(struct bench_count_list *list, const struct bench_stock *stock,
             const char *directory)
{
    struct bench_stock killed = { .options = stock->options, .path = killed.path_text };

    bench_place_path(killed.path_text, directory, "counted-killed");
    bench_place_copy(stock->path, killed.path);
    killed.options.flags = HF_READ_ONLY | HF_SINGLE_THREAD | HF_BACKGROUND_CALLER;
    add(list, "recovery/replay/buffered", bench_stock_run_open, &killed,
        (uint32_t)hf_last_version(stock->db));
    bench_check(hf_last_version(killed.db) == hf_last_version(stock->db), "what was replayed");
    bench_db_close(killed.db);
    bench_place_remove(killed.path);
}

static void
count_tables(struct bench_count_list *list, struct bench_stock *stock)
{
    uint32_t keys = (uint32_t)stock->count;

    add(list, "compaction/flush/buffered", run_flush, stock, keys);
    bench_stock_run_update(stock, 0, OPS); /* a table alone would move down as it is */
    run_flush(stock, 0, 0);
    add(list, "compaction/whole/buffered", run_compact, stock, keys + OPS);
    hf_batch_close(stock->batch);
    stock->batch = NULL;
    add(list, "recovery/close/buffered", run_close, stock, 1);
    add(list, "recovery/clean-reopen/buffered", bench_stock_run_open, stock, 1);
    bench_must(hf_batch_open(&stock->batch, stock->db), "hf_batch_open");
    bench_stock_begin_reads(stock, 0, 0);
    add(list, "kv/get/buffered/tables", bench_stock_run_get, stock, OPS);
    add(list, "kv/get/buffered/tables-miss", bench_stock_run_miss, stock, OPS);
    add(list, "query/scan/tables", run_scan, stock, keys);
    bench_stock_end_reads(stock, 0);
}

static void
count_buffered(struct bench_count_list *list, const char *directory)
{
    struct bench_stock stock;

    open_stock(&stock, directory, "counted", HF_MODE_BUFFERED);
    bench_stock_fill(&stock, KEYS, 1);
    bench_db_settle(stock.db);
    add(list, "kv/put/buffered", bench_stock_run_put, &stock, OPS);
    stock.range = stock.count;
    add(list, "kv/update/buffered", bench_stock_run_update, &stock, OPS);
    add(list, "kv/batch-10/buffered", bench_stock_run_batch, &stock, FEW_OPS);
    bench_stock_check(&stock);
    count_replay(list, &stock, directory);
    count_tables(list, &stock);
    bench_stock_check(&stock);
    bench_stock_close(&stock);
}

static void
count_backup(struct bench_count_list *list, const char *directory)
{
    struct bench_stock stock;
    struct backup backup = { .stock = &stock };

    bench_place_path(backup.file, directory, "counted-snapshot");
    bench_place_path(backup.path, directory, "counted-restored");
    open_stock(&stock, directory, NULL, HF_MODE_MEMORY);
    bench_stock_fill(&stock, KEYS, 1);
    add(list, "recovery/snapshot-write/memory", run_save, &backup, KEYS);
    add(list, "recovery/snapshot-load/buffered", run_restore, &backup, KEYS);
    bench_place_remove(backup.path);
    (void)unlink(backup.file);
    bench_stock_close(&stock);
}

static void
count_strict(struct bench_count_list *list, const char *directory)
{
    struct bench_stock stock;

    open_stock(&stock, directory, "counted-strict", HF_MODE_STRICT);
    bench_stock_fill(&stock, KEYS, 1000);
    bench_db_settle(stock.db);
    add(list, "kv/put/strict", bench_stock_run_put, &stock, FEW_OPS);
    bench_stock_check(&stock);
    bench_stock_close(&stock);
}

void
bench_count(struct bench_count_list *list, const char *directory)
{
    *list = (struct bench_count_list){ .count = 0 };
    bench_counts_fix(true);
    count_memory(list, directory);
    count_buffered(list, directory);
    count_backup(list, directory);
    count_strict(list, directory);
    bench_counts_fix(false);
}
