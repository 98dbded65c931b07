/*
 * storage.c - one operation at a time on keys and values, in the three modes.
 *
 * A row's name ends with the guarantee that was paid for. Memory mode is measured with
 * HF_SINGLE_THREAD, buffered mode as HF_OPTIONS_INIT opens it, with its background threads;
 * strict mode with the background run between the rounds, as the raw loop beside it has none.
 */
#include "bench/categories.h"
#include "bench/place.h"
#include "bench/raw.h"
#include "bench/stock.h"
#include "bench/stop.h"

#include <stdio.h>

#define HOT_KEYS 10000u /* of a working set that fits into caches */
#define SWAP_KEYS 1000u
#define GROW_COMMITS 64u /* of FILL_BATCH puts: the log's segments reach their size */
#define FILL_BATCH 1000u

/* kv/OP/MODE */
static const char *
row_name(char name[BENCH_NAME_SIZE], const char *op, enum hf_mode mode)
{
    (void)snprintf(name, BENCH_NAME_SIZE, "kv/%s/%s", op, bench_mode_name(mode));
    return name;
}

/* Keys that a row which makes new ones may make in a round. */
static uint64_t
share(const struct bench_suite *suite)
{
    return suite->pairs / (suite->effort.rounds + 1);
}

static enum bench_beside
beside_of(enum hf_mode mode)
{
    if (mode == HF_MODE_MEMORY)
        return BENCH_BESIDE_MEMORY;
    return mode == HF_MODE_STRICT ? BENCH_BESIDE_SYNC : BENCH_BESIDE_WRITE;
}

static void
reads(struct bench_suite *suite, struct bench_stock *stock)
{
    enum hf_mode mode = stock->options.mode;
    char name[BENCH_NAME_SIZE];
    struct bench_work work = { .context = stock,
                               .run = bench_stock_run_get,
                               .begin = bench_stock_begin_reads,
                               .end = bench_stock_end_reads,
                               .batch = 16 };

    stock->range = stock->count;
    (void)snprintf(name, sizeof name, "kv/get/%s/uniform", bench_mode_name(mode));
    bench_row(suite, name, &work);
    stock->range = stock->count < HOT_KEYS ? stock->count : HOT_KEYS;
    (void)snprintf(name, sizeof name, "kv/get/%s/hot", bench_mode_name(mode));
    bench_row(suite, name, &work);
    work.run = bench_stock_run_miss;
    (void)snprintf(name, sizeof name, "kv/get/%s/miss", bench_mode_name(mode));
    bench_row(suite, name, &work);

    stock->range = stock->count;
    work = (struct bench_work){ .context = stock, .run = bench_stock_run_copy, .batch = 16 };
    (void)snprintf(name, sizeof name, "kv/get/%s/copied", bench_mode_name(mode));
    bench_row(suite, name, &work);
}

static void
writes(struct bench_suite *suite, struct bench_stock *stock, uint32_t batch)
{
    enum hf_mode mode = stock->options.mode;
    enum bench_beside beside = beside_of(mode);
    char name[BENCH_NAME_SIZE];
    struct bench_work work = { .context = stock,
                               .run = bench_stock_run_update,
                               .begin = bench_stock_begin_writes,
                               .batch = batch,
                               .ops_max = share(suite),
                               .beside = beside };

    stock->range = stock->count;
    bench_row(suite, row_name(name, "update", mode), &work);
    work.run = bench_stock_run_mix;
    work.batch = 1;
    bench_row(suite, row_name(name, "mix", mode), &work);
    work.batch = batch;
    work.run = bench_stock_run_cas;
    stock->range = stock->count < SWAP_KEYS ? stock->count : SWAP_KEYS;
    bench_row(suite, row_name(name, "cas", mode), &work);
    work.run = bench_stock_run_delete;
    work.begin = bench_stock_begin_deletes;
    bench_row(suite, row_name(name, "delete", mode), &work);
}

/* Commits of ten puts, and of a thousand: an operation is a commit. */
static void
batches(struct bench_suite *suite, struct bench_stock *stock)
{
    static const uint32_t sizes[] = { 10, 1000 };
    enum hf_mode mode = stock->options.mode;
    char name[BENCH_NAME_SIZE];

    for (unsigned i = 0; i < 2; i++) {
        stock->batch_size = sizes[i];
        stock->range = stock->count;
        struct bench_work work = { .context = stock,
                                   .run = bench_stock_run_batch,
                                   .begin = bench_stock_begin_writes,
                                   .batch = 1,
                                   .ops_max = share(suite) / sizes[i] + 1,
                                   .beside = beside_of(mode) };
        (void)snprintf(name, sizeof name, "kv/batch-%u/%s", sizes[i], bench_mode_name(mode));
        bench_row(suite, name, &work);
    }
}

/* The same keys, out of sorted tables, after the database was closed and opened again. */
static void
tables(struct bench_suite *suite, struct bench_stock *stock)
{
    struct bench_work work = { .context = stock,
                               .run = bench_stock_run_get,
                               .begin = bench_stock_begin_reads,
                               .end = bench_stock_end_reads,
                               .batch = 1,
                               /* A view holds what it has read from tables. */
                               .ops_max = 20000 };

    bench_must(hf_compact(stock->db), "hf_compact");
    bench_stock_reopen(stock);
    stock->range = stock->count;
    bench_row(suite, "kv/get/buffered/tables", &work);
    work.run = bench_stock_run_miss;
    work.batch = 16;
    bench_row(suite, "kv/get/buffered/tables-miss", &work);
}

static void
memory_mode(struct bench_suite *suite)
{
    struct hf_options options = bench_db_options(HF_MODE_MEMORY);
    struct bench_stock stock;

    bench_stock_open(&stock, suite, NULL, &options, 2 * suite->pairs, BENCH_VALUE_SIZE);
    struct bench_work put = {
        .context = &stock, .run = bench_stock_run_put, .batch = 16, .ops_max = share(suite)
    };
    bench_row(suite, "kv/put/memory", &put);
    bench_stock_fill(&stock, suite->pairs, 1);
    bench_stock_check(&stock);
    reads(suite, &stock);
    writes(suite, &stock, 16);
    batches(suite, &stock);
    bench_stock_check(&stock);
    bench_stock_close(&stock);
}

static void
buffered_mode(struct bench_suite *suite)
{
    struct hf_options options = bench_db_options(HF_MODE_BUFFERED);
    struct bench_stock stock;
    struct bench_raw raw;

    bench_stock_open(&stock, suite, "buffered", &options, 2 * suite->pairs, BENCH_VALUE_SIZE);
    bench_raw_open(&raw, suite, false);
    struct bench_turn turns[2] = {
        { "device/append",
          NULL,
          { .context = &raw, .run = bench_raw_run, .batch = 1, .beside = BENCH_BESIDE_WRITE } },
        { "kv/put/buffered",
          "kv/put-to-append/buffered",
          { .context = &stock,
            .run = bench_stock_run_put,
            .begin = bench_stock_begin_writes,
            .batch = 1,
            .ops_max = share(suite),
            .beside = BENCH_BESIDE_WRITE } },
    };
    bench_rows(suite, turns, 2);
    bench_raw_close(&raw);
    bench_stock_fill(&stock, suite->pairs, 1);
    bench_stock_check(&stock);
    reads(suite, &stock);
    writes(suite, &stock, 1);
    batches(suite, &stock);
    tables(suite, &stock);
    bench_stock_check(&stock);
    bench_stock_close(&stock);
}

static void
strict_mode(struct bench_suite *suite)
{
    struct hf_options options = bench_db_options(HF_MODE_STRICT);
    struct bench_stock stock;
    struct bench_raw raw;

    options.flags |= HF_SINGLE_THREAD | HF_BACKGROUND_CALLER;
    bench_stock_open(&stock, suite, "strict", &options,
                     2 * suite->pairs + GROW_COMMITS * FILL_BATCH, BENCH_VALUE_SIZE);
    bench_raw_open(&raw, suite, true);
    uint64_t first = suite->size == BENCH_SMOKE ? FILL_BATCH : GROW_COMMITS * FILL_BATCH;
    bench_stock_fill(&stock, first, FILL_BATCH);
    bench_stock_check(&stock);
    struct bench_turn turns[2] = {
        { "device/sync",
          NULL,
          { .context = &raw, .run = bench_raw_run, .batch = 1, .beside = BENCH_BESIDE_SYNC } },
        { "kv/put/strict",
          "kv/put-to-sync/strict",
          { .context = &stock,
            .run = bench_stock_run_put,
            .begin = bench_stock_begin_writes,
            .batch = 1,
            .ops_max = share(suite),
            .beside = BENCH_BESIDE_SYNC } },
    };
    bench_rows(suite, turns, 2);
    bench_raw_close(&raw);
    reads(suite, &stock);
    writes(suite, &stock, 1);
    bench_stock_check(&stock);
    bench_stock_close(&stock);
}

void
bench_storage(struct bench_suite *suite)
{
    if (bench_may_want(suite, "kv/*memory*"))
        memory_mode(suite);
    if (bench_may_want(suite, "kv/*buffered*") || bench_may_want(suite, "device/append"))
        buffered_mode(suite);
    if (bench_may_want(suite, "kv/*strict*") || bench_may_want(suite, "device/sync"))
        strict_mode(suite);
}
