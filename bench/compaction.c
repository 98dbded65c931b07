/*
 * compaction.c - what writers feel while tables are merged behind them, and what the merging
 * writes.
 *
 * Random updates, one a commit, into a database that keeps no history and whose memtables are
 * small, so that flushes and compactions never stop. Each put is timed alone.
 */
#include "bench/categories.h"
#include "bench/place.h"
#include "bench/stock.h"
#include "bench/stop.h"

#include <stdlib.h>

#define MEMTABLE (2u << 20)
#define SMOKE_MEMTABLE (256u << 10)

static void
add_amount(struct bench_suite *suite, const char *name, const struct bench_figures *figures,
           double value, const char *unit)
{
    if (bench_wants(suite, name))
        bench_add_value(suite, name, figures, NULL, value, unit);
}

/* What the puts have made the engine write, and what is left when all is merged. */
static void
weigh(struct bench_suite *suite, struct bench_stock *stock, const struct bench_figures *figures)
{
    struct hf_stats before = HF_STATS_INIT, after = HF_STATS_INIT;
    double pair = BENCH_KEY_SIZE + (double)stock->value_size;

    hf_stats_get(stock->db, &before);
    bench_check(suite->size == BENCH_SMOKE || before.compactions > 0, "there was a compaction");
    add_amount(suite, "compaction/write-amplification/buffered", figures,
               (double)before.table_written_bytes / ((double)before.commits * pair), "x");
    uint64_t began = bench_now_ns();
    bench_must(hf_compact(stock->db), "hf_compact");
    struct bench_tally *tally = bench_alloc(sizeof *tally);
    struct bench_figures whole = { .batch = (uint32_t)stock->count, .threads = 1 };
    bench_tally_add(tally, (double)(bench_now_ns() - began), stock->count);
    bench_figures_fill(&whole, tally);
    if (bench_wants(suite, "compaction/whole/buffered"))
        bench_add(suite, "compaction/whole/buffered", &whole, tally);
    free(tally);
    hf_stats_get(stock->db, &after);
    add_amount(suite, "compaction/disk-per-pair/buffered", &whole,
               (double)after.table_bytes / (double)stock->count, "B");
}

static void
under_load(struct bench_suite *suite)
{
    struct hf_options options = bench_db_options(HF_MODE_BUFFERED);
    struct bench_tally *tally = bench_alloc(sizeof *tally);
    struct bench_effort effort = suite->effort;
    struct bench_figures figures;
    struct bench_stock stock;

    options.keep_versions = 0;
    options.memtable_size = suite->size == BENCH_SMOKE ? SMOKE_MEMTABLE : MEMTABLE;
    bench_stock_open(&stock, suite, "compaction", &options, suite->pairs, BENCH_VALUE_SIZE);
    bench_stock_fill(&stock, suite->pairs, 1);
    stock.range = stock.count;
    /* One long round: a stall between two would be missed. */
    effort.round_ns *= 10 * effort.rounds;
    effort.rounds = 1;
    struct bench_work work = { .context = &stock,
                               .run = bench_stock_run_update,
                               .batch = 1,
                               .ops_max = 2 * suite->pairs,
                               .beside = BENCH_BESIDE_WRITE };
    bench_progress(suite, "compaction/put/buffered");
    bench_measure(&figures, tally, &work, 1, &effort);
    if (bench_wants(suite, "compaction/put/buffered"))
        bench_add(suite, "compaction/put/buffered", &figures, tally);
    weigh(suite, &stock, &figures);
    bench_stock_check(&stock);
    bench_stock_close(&stock);
    free(tally);
}

void
bench_compaction(struct bench_suite *suite)
{
    if (bench_may_want(suite, "compaction/*"))
        under_load(suite);
}
