/*
 * scenarios.c - work as programs bring it: an agent's run, bursts at times that nobody chooses,
 * a long run, and readers whose keys are hot or cold.
 */
#include "bench/categories.h"
#include "bench/place.h"
#include "bench/stock.h"
#include "bench/stop.h"
#include "bench/zipf.h"

#include <stdlib.h>

#define AGENT_VALUE 512u
#define AGENT_PUTS 3u
#define AGENT_GETS 5u
#define BURST_PERIOD_NS 50000u /* between two puts that are due */
#define SLICES 20u             /* of the long run */

/* ---- an agent's run ---------------------------------------------------------------------- */

/* A step: looks at what it knows, reads what came last, and commits what it did as one. */
static void
run_agent(void *context, uint64_t first, uint32_t count)
{
    struct bench_stock *stock = context;
    uint8_t value[AGENT_VALUE];
    struct bench_key key;

    (void)first;
    for (uint32_t i = 0; i < count; i++) {
        bench_stock_begin_reads(stock, 0, 0);
        for (unsigned n = 0; n < AGENT_GETS; n++)
            bench_stock_get(stock, stock->count - 1 - bench_random(&stock->random, 1000));
        bench_stock_end_reads(stock, 0);
        bench_check(stock->count + AGENT_PUTS <= stock->capacity, "the capacity of a stock");
        for (unsigned n = 0; n < AGENT_PUTS; n++, stock->count++)
            bench_must(hf_batch_put(stock->batch, bench_key_make(&key, stock->count),
                                    bench_value_make(value, AGENT_VALUE, stock->count, 0)),
                       "hf_batch_put");
        bench_must(hf_batch_commit(stock->batch, 0, NULL), "hf_batch_commit");
    }
}

static void
agent(struct bench_suite *suite)
{
    static const struct {
        const char *name;
        enum hf_mode mode;
        enum bench_beside beside;
    } rows[] = { { "scenario/agent-step/buffered", HF_MODE_BUFFERED, BENCH_BESIDE_WRITE },
                 { "scenario/agent-step/strict", HF_MODE_STRICT, BENCH_BESIDE_SYNC } };

    for (unsigned i = 0; i < 2; i++) {
        struct hf_options options = bench_db_options(rows[i].mode);
        struct bench_stock stock;
        if (!bench_wants(suite, rows[i].name))
            continue;
        bench_stock_open(&stock, suite, "agent", &options, suite->pairs + 2000, AGENT_VALUE);
        bench_stock_fill(&stock, 1000, 100);
        struct bench_work work = { .context = &stock,
                                   .run = run_agent,
                                   .batch = 1,
                                   .ops_max =
                                       suite->pairs / AGENT_PUTS / (suite->effort.rounds + 1),
                                   .beside = rows[i].beside };
        bench_row(suite, rows[i].name, &work);
        bench_stock_check(&stock);
        bench_stock_close(&stock);
    }
}

/* ---- bursts ------------------------------------------------------------------------------ */

/* Puts that are due at fixed times, whether or not the one before has returned. */
static void
bursts(struct bench_suite *suite)
{
    static const char *const name = "scenario/put-each-50us/buffered";
    struct hf_options options = bench_db_options(HF_MODE_BUFFERED);
    struct bench_tally *tally = bench_alloc(sizeof *tally);
    struct bench_figures figures;
    struct bench_stock stock;

    if (bench_wants(suite, name)) {
        bench_progress(suite, name);
        bench_stock_open(&stock, suite, "bursts", &options, suite->pairs, BENCH_VALUE_SIZE);
        bench_stock_fill(&stock, 1000, 100);
        stock.range = stock.count;
        struct bench_work work = { .context = &stock,
                                   .run = bench_stock_run_update,
                                   .ops_max = suite->effort.rounds * suite->effort.round_ns /
                                              BURST_PERIOD_NS,
                                   .beside = BENCH_BESIDE_WRITE };
        bench_measure_open(&figures, tally, &work, BURST_PERIOD_NS, &suite->effort);
        bench_add(suite, name, &figures, tally);
        bench_stock_check(&stock);
        bench_stock_close(&stock);
    }
    free(tally);
}

/* ---- a long run -------------------------------------------------------------------------- */

/* Nine reads to a write, in slices: how much of the usual rate the slowest slice has. */
static void
long_run(struct bench_suite *suite)
{
    static const char *const names[] = { "scenario/long-run/buffered",
                                         "scenario/long-run-slowest/buffered" };
    struct hf_options options = bench_db_options(HF_MODE_BUFFERED);
    struct bench_effort effort = suite->effort;
    struct bench_tally *tally = bench_alloc(sizeof *tally);
    struct bench_figures figures;
    struct bench_stock stock;

    if (bench_wants(suite, names[0]) || bench_wants(suite, names[1])) {
        bench_progress(suite, names[0]);
        options.keep_versions = 0;
        options.memtable_size = 4u << 20;
        bench_stock_open(&stock, suite, "long", &options, suite->pairs, BENCH_VALUE_SIZE);
        bench_stock_fill(&stock, suite->pairs, 100);
        stock.range = stock.count;
        struct bench_work work = { .context = &stock,
                                   .run = bench_stock_run_mix,
                                   .batch = 1,
                                   .beside = BENCH_BESIDE_WRITE };
        effort.rounds = SLICES;
        effort.round_ns = suite->effort.round_ns * suite->effort.rounds / 4;
        bench_measure(&figures, tally, &work, 1, &effort);
        double usual[BENCH_ROUNDS_MAX], slowest = 0;
        for (unsigned i = 0; i < figures.round_count; i++) {
            usual[i] = figures.round_mean_ns[i];
            slowest = usual[i] > slowest ? usual[i] : slowest;
        }
        if (bench_wants(suite, names[0]))
            bench_add(suite, names[0], &figures, tally);
        if (bench_wants(suite, names[1]))
            bench_add_value(suite, names[1], &figures, NULL,
                            bench_median(usual, figures.round_count) / slowest, "x");
        bench_stock_check(&stock);
        bench_stock_close(&stock);
    }
    free(tally);
}

/* ---- hot and cold ------------------------------------------------------------------------ */

struct skewed {
    struct bench_stock *stock;
    struct bench_zipf zipf;
};

static void
run_skewed(void *context, uint64_t first, uint32_t count)
{
    struct skewed *skewed = context;

    (void)first;
    bench_stock_begin_reads(skewed->stock, 0, 0);
    for (uint32_t i = 0; i < count; i++)
        bench_stock_get(skewed->stock,
                        bench_zipf_scattered(&skewed->zipf, &skewed->stock->random));
    bench_stock_end_reads(skewed->stock, 0);
}

static void
run_uniform(void *context, uint64_t first, uint32_t count)
{
    struct skewed *skewed = context;

    (void)first;
    bench_stock_begin_reads(skewed->stock, 0, 0);
    bench_stock_run_get(skewed->stock, first, count);
    bench_stock_end_reads(skewed->stock, 0);
}

/* The data is four times what the engine may hold, all of it in the page cache. */
static void
hot_and_cold(struct bench_suite *suite)
{
    struct hf_options options = bench_db_options(HF_MODE_BUFFERED);
    uint64_t count = suite->pairs / 2, size = 256;
    struct bench_stock stock;
    struct skewed skewed = { .stock = &stock };

    options.keep_versions = 0;
    options.memory_limit = count * size / 4 < 8u << 20 ? 8u << 20 : count * size / 4;
    options.memtable_size = options.memory_limit / 8;
    bench_stock_open(&stock, suite, "cold", &options, count, size);
    bench_stock_fill(&stock, count, 10);
    bench_must(hf_compact(stock.db), "hf_compact");
    bench_stock_reopen(&stock);
    stock.range = count;
    bench_zipf_init(&skewed.zipf, count);
    struct bench_work work = { .context = &skewed, .run = run_uniform, .batch = 1 };
    bench_row(suite, "scenario/get-cold-256/buffered", &work);
    work.run = run_skewed;
    bench_row(suite, "scenario/get-skewed-256/buffered", &work);
    bench_stock_close(&stock);
}

void
bench_scenario(struct bench_suite *suite)
{
    agent(suite);
    bursts(suite);
    long_run(suite);
    if (bench_may_want(suite, "scenario/get-*"))
        hot_and_cold(suite);
}
