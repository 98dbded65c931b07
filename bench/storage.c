/*
 * storage.c - one operation at a time on keys and values, in the three modes.
 *
 * A row's name ends with the guarantee that was paid for. Memory mode is measured with
 * HF_SINGLE_THREAD, buffered mode as HF_OPTIONS_INIT opens it, with its background thread;
 * strict mode with the background run between the rounds, as the raw loop beside it has none.
 */
#include "bench/categories.h"
#include "bench/place.h"
#include "bench/raw.h"
#include "bench/stock.h"
#include "bench/stop.h"

#include <stdio.h>
#include <stdlib.h>

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
    bench_stock_check(&stock);
    bench_stock_close(&stock);
}

/* Two works by turns; the rows of both, and the second one's speed in that of the first. */
static void
against(struct bench_suite *suite, const char *const names[3], const struct bench_work works[2])
{
    struct bench_figures figures[2];

    if (!bench_wants_any(suite, names, 3))
        return;
    bench_progress(suite, names[1]);
    struct bench_tally *tallies = bench_alloc(2 * sizeof *tallies);
    bench_measure(figures, tallies, works, 2, &suite->effort);
    for (unsigned i = 0; i < 2; i++)
        if (bench_wants(suite, names[i]))
            bench_add(suite, names[i], &figures[i], &tallies[i]);
    if (bench_wants(suite, names[2]))
        bench_add_value(suite, names[2], &figures[1], NULL,
                        bench_figures_against(&figures[0], &figures[1]), "x");
    free(tallies);
}

static void
buffered_mode(struct bench_suite *suite)
{
    static const char *const names[3] = { "device/append", "kv/put/buffered",
                                          "kv/put-to-append/buffered" };
    struct hf_options options = bench_db_options(HF_MODE_BUFFERED);
    struct bench_stock stock;
    struct bench_raw raw;

    bench_stock_open(&stock, suite, "buffered", &options, 2 * suite->pairs, BENCH_VALUE_SIZE);
    bench_raw_open(&raw, suite, false);
    struct bench_work works[2] = {
        { .context = &raw, .run = bench_raw_run, .batch = 1, .beside = BENCH_BESIDE_WRITE },
        { .context = &stock,
          .run = bench_stock_run_put,
          .begin = bench_stock_begin_writes,
          .batch = 1,
          .ops_max = share(suite),
          .beside = BENCH_BESIDE_WRITE },
    };
    against(suite, names, works);
    bench_raw_close(&raw);
    bench_stock_fill(&stock, suite->pairs, 1);
    bench_stock_check(&stock);
    reads(suite, &stock);
    writes(suite, &stock, 1);
    bench_stock_check(&stock);
    bench_stock_close(&stock);
}

static void
strict_mode(struct bench_suite *suite)
{
    static const char *const names[3] = { "device/sync", "kv/put/strict",
                                          "kv/put-to-sync/strict" };
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
    struct bench_work works[2] = {
        { .context = &raw, .run = bench_raw_run, .batch = 1, .beside = BENCH_BESIDE_SYNC },
        { .context = &stock,
          .run = bench_stock_run_put,
          .begin = bench_stock_begin_writes,
          .batch = 1,
          .ops_max = share(suite),
          .beside = BENCH_BESIDE_SYNC },
    };
    against(suite, names, works);
    bench_raw_close(&raw);
    reads(suite, &stock);
    writes(suite, &stock, 1);
    bench_stock_check(&stock);
    bench_stock_close(&stock);
}

void
bench_storage(struct bench_suite *suite)
{
    memory_mode(suite);
    buffered_mode(suite);
    strict_mode(suite);
}
