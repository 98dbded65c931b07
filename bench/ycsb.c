/*
 * ycsb.c - the core workloads of the Yahoo! Cloud Serving Benchmark (Cooper and others, SoCC
 * 2010), on values of 1000 bytes in one field, buffered, a commit an operation.
 *
 *   a  half reads, half updates          d  95 % reads of what is newest, 5 % inserts
 *   b  95 % reads, 5 % updates           e  95 % scans of 1..100 keys, 5 % inserts
 *   c  reads                             f  half reads, half read-modify-writes
 *
 * Keys are chosen by the Zipf law, d's by it from the newest on.
 */
#include "bench/categories.h"
#include "bench/place.h"
#include "bench/stock.h"
#include "bench/stop.h"
#include "bench/zipf.h"

#include <stdio.h>
#include <string.h>

#define VALUE_SIZE 1000u
#define SCAN_MAX 100u

enum kind { READ, UPDATE, INSERT, SCAN, MODIFY };

static const struct workload {
    char letter;
    bool newest;
    unsigned percent[MODIFY + 1]; /* of each kind */
} workloads[] = {
    { 'a', false, { 50, 50, 0, 0, 0 } }, { 'b', false, { 95, 5, 0, 0, 0 } },
    { 'c', false, { 100, 0, 0, 0, 0 } }, { 'd', true, { 95, 0, 5, 0, 0 } },
    { 'e', false, { 0, 0, 5, 95, 0 } },  { 'f', false, { 50, 0, 0, 0, 50 } },
};

struct ycsb {
    struct bench_stock stock;
    struct bench_zipf zipf;
    const struct workload *workload;
};

static enum kind
draw_kind(struct ycsb *y)
{
    uint64_t draw = bench_random(&y->stock.random, 100);
    unsigned sum = 0;

    for (unsigned kind = READ; kind < MODIFY; kind++) {
        sum += y->workload->percent[kind];
        if (draw < sum)
            return (enum kind)kind;
    }
    return MODIFY;
}

static uint64_t
draw_number(struct ycsb *y)
{
    if (y->workload->newest)
        return y->stock.count - 1 - bench_zipf_next(&y->zipf, &y->stock.random);
    return bench_zipf_scattered(&y->zipf, &y->stock.random);
}

static void
read_one(struct ycsb *y, uint64_t number)
{
    uint8_t value[VALUE_SIZE];
    struct bench_key key;
    size_t size;

    bench_must(
        hf_get(y->stock.db, bench_key_make(&key, number), value, sizeof value, &size, NULL),
        "hf_get");
    bench_check(bench_value_is((struct hf_span){ value, size }, VALUE_SIZE, number,
                               y->stock.generation[number]),
                "a value that was read");
}

static void
scan(struct ycsb *y, uint64_t number)
{
    uint64_t length = 1 + bench_random(&y->stock.random, SCAN_MAX);
    struct hf_view *view;
    struct hf_iter *iter;
    struct hf_item item;
    struct bench_key key;
    struct hf_range range = { .from = bench_key_make(&key, number) };
    enum hf_err err = HF_OK;

    bench_must(hf_view_open(&view, y->stock.db, HF_LATEST), "hf_view_open");
    bench_must(hf_iter_open(&iter, view, &range), "hf_iter_open");
    for (uint64_t i = 0; i < length && (err = hf_iter_next(iter, &item)) == HF_OK; i++)
        bench_check(i > 0 || bench_value_is(item.value, VALUE_SIZE, number,
                                            y->stock.generation[number]),
                    "the first item of a scan");
    bench_check(err == HF_OK || err == HF_ERR_NOT_FOUND, "a scan");
    hf_iter_close(iter);
    hf_view_close(view);
}

static void
run_one(struct ycsb *y)
{
    struct bench_stock *stock = &y->stock;
    enum kind kind = draw_kind(y);

    if (kind == INSERT && stock->count < stock->capacity) {
        bench_stock_put(stock, stock->count, 0);
        stock->count++;
        return;
    }
    uint64_t number = draw_number(y);
    switch (kind) {
    case READ:
    case INSERT: /* there is no room for more keys: the rest are reads */
        read_one(y, number);
        return;
    case UPDATE:
        bench_stock_put(stock, number, stock->generation[number] + 1);
        return;
    case SCAN:
        scan(y, number);
        return;
    case MODIFY:
        read_one(y, number);
        bench_stock_put(stock, number, stock->generation[number] + 1);
        return;
    }
}

static void
run(void *context, uint64_t first, uint32_t count)
{
    (void)first;
    for (uint32_t i = 0; i < count; i++)
        run_one(context);
}

/* The database is loaded once, and the workloads run one after the other, as YCSB has it. */
static void
run_workloads(struct bench_suite *suite, const char *letters)
{
    uint64_t records = suite->size == BENCH_FULL ? suite->pairs : suite->pairs / 4;
    struct hf_options options = bench_db_options(HF_MODE_BUFFERED);
    char name[BENCH_NAME_SIZE];
    struct ycsb y;

    options.keep_versions = 0;
    bench_zipf_init(&y.zipf, records);
    bench_stock_open(&y.stock, suite, "ycsb", &options, records + records / 2, VALUE_SIZE);
    bench_progress(suite, "ycsb load");
    bench_stock_fill(&y.stock, records, 100);
    bench_stock_check(&y.stock);
    for (unsigned i = 0; i < sizeof workloads / sizeof *workloads; i++) {
        y.workload = &workloads[i];
        (void)snprintf(name, sizeof name, "ycsb/%c/buffered", y.workload->letter);
        if (letters[0] != 0 && strchr(letters, y.workload->letter) == NULL)
            continue;
        struct bench_work work = { .context = &y,
                                   .run = run,
                                   .batch = 1,
                                   .ops_max = records / 8,
                                   .beside = BENCH_BESIDE_WRITE };
        bench_row(suite, name, &work);
    }
    bench_stock_check(&y.stock);
    bench_stock_close(&y.stock);
}

void
bench_ycsb(struct bench_suite *suite)
{
    if (bench_may_want(suite, "ycsb/*"))
        run_workloads(suite, suite->words);
}
