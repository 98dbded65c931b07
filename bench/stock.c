/*
 * stock.c - see stock.h.
 */
#include "bench/stock.h"

#include "bench/place.h"
#include "bench/stop.h"

#include <stdlib.h>

#define MISS_FROM (UINT64_C(1) << 40) /* numbers of keys that are never put */
#define FILL_BATCH 1000u

/* ---- making one -------------------------------------------------------------------------- */

void
bench_stock_open(struct bench_stock *stock, const struct bench_suite *suite, const char *name,
                 const struct hf_options *options, uint64_t capacity, size_t value_size)
{
    bench_check(value_size <= BENCH_VALUE_SIZE_MAX && value_size % 4 == 0, "a value's size");
    *stock = (struct bench_stock){
        .options = *options, .capacity = capacity, .value_size = value_size, .random = 1
    };
    if (options->mode != HF_MODE_MEMORY) {
        bench_place_path(stock->path_text, suite->directory, name);
        stock->path = stock->path_text;
    }
    stock->generation = bench_alloc(capacity * sizeof *stock->generation);
    stock->db = bench_db_open(stock->path, options);
    bench_must(hf_batch_open(&stock->batch, stock->db), "hf_batch_open");
}

static void
close_handle(struct bench_stock *stock)
{
    hf_view_close(stock->view);
    stock->view = NULL;
    hf_batch_close(stock->batch);
    bench_db_close(stock->db);
}

void
bench_stock_close(struct bench_stock *stock)
{
    close_handle(stock);
    if (stock->path != NULL)
        bench_place_remove(stock->path);
    free(stock->generation);
    free(stock->version);
}

void
bench_stock_reopen(struct bench_stock *stock)
{
    close_handle(stock);
    stock->db = bench_db_open(stock->path, &stock->options);
    bench_must(hf_batch_open(&stock->batch, stock->db), "hf_batch_open");
}

/* One commit with keys count .. limit-1. */
static void
put_batch(struct bench_stock *stock, uint64_t limit)
{
    uint8_t value[BENCH_VALUE_SIZE_MAX];
    struct bench_key key;

    for (; stock->count < limit; stock->count++) {
        stock->generation[stock->count] = 0;
        bench_must(hf_batch_put(stock->batch, bench_key_make(&key, stock->count),
                                bench_value_make(value, stock->value_size, stock->count, 0)),
                   "hf_batch_put");
    }
    bench_must(hf_batch_commit(stock->batch, 0, NULL), "hf_batch_commit");
}

void
bench_stock_fill(struct bench_stock *stock, uint64_t count, uint32_t batch)
{
    bench_check(count <= stock->capacity, "the capacity of a stock");
    while (stock->count < count)
        put_batch(stock, stock->count + batch < count ? stock->count + batch : count);
}

void
bench_stock_check(struct bench_stock *stock)
{
    struct hf_item item, found;
    struct hf_iter *iter;
    struct bench_key key;
    uint64_t seen = 0;

    bench_stock_begin_reads(stock, 0, 0);
    for (uint64_t i = 0; i < stock->count; i++)
        bench_stock_get(stock, i);
    bench_must(hf_iter_open(&iter, stock->view, NULL), "hf_iter_open");
    while (hf_iter_next(iter, &item) == HF_OK)
        seen++;
    hf_iter_close(iter);
    bench_check(seen == stock->count, "the number of keys that a scan finds");
    bench_check(hf_view_get(stock->view, bench_key_make(&key, MISS_FROM), &found) ==
                    HF_ERR_NOT_FOUND,
                "a key that was never put");
    bench_stock_end_reads(stock, 0);
}

/* ---- one operation ----------------------------------------------------------------------- */

void
bench_stock_put(struct bench_stock *stock, uint64_t number, uint32_t generation)
{
    uint8_t value[BENCH_VALUE_SIZE_MAX];
    struct bench_key key;

    bench_must(hf_put(stock->db, bench_key_make(&key, number),
                      bench_value_make(value, stock->value_size, number, generation), 0, NULL),
               "hf_put");
    stock->generation[number] = generation;
}

void
bench_stock_get(struct bench_stock *stock, uint64_t number)
{
    struct bench_key key;
    struct hf_item item;

    bench_must(hf_view_get(stock->view, bench_key_make(&key, number), &item), "hf_view_get");
    bench_check(
        bench_value_is(item.value, stock->value_size, number, stock->generation[number]),
        "a value that was read");
}

/* ---- works ------------------------------------------------------------------------------- */

void
bench_stock_begin_reads(void *context, uint64_t first, uint64_t limit)
{
    struct bench_stock *stock = context;

    (void)first;
    (void)limit;
    bench_must(hf_view_open(&stock->view, stock->db, HF_LATEST), "hf_view_open");
}

void
bench_stock_end_reads(void *context, uint64_t limit)
{
    struct bench_stock *stock = context;

    (void)limit;
    hf_view_close(stock->view);
    stock->view = NULL;
}

void
bench_stock_begin_writes(void *context, uint64_t first, uint64_t limit)
{
    struct bench_stock *stock = context;

    (void)first;
    (void)limit;
    bench_db_settle(stock->db);
}

void
bench_stock_run_put(void *context, uint64_t first, uint32_t count)
{
    struct bench_stock *stock = context;

    (void)first;
    bench_check(stock->count + count <= stock->capacity, "the capacity of a stock");
    for (uint32_t i = 0; i < count; i++)
        bench_stock_put(stock, stock->count++, 0);
}

void
bench_stock_run_update(void *context, uint64_t first, uint32_t count)
{
    struct bench_stock *stock = context;

    (void)first;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t number = bench_random(&stock->random, stock->range);
        bench_stock_put(stock, number, stock->generation[number] + 1);
    }
}

void
bench_stock_run_get(void *context, uint64_t first, uint32_t count)
{
    struct bench_stock *stock = context;

    (void)first;
    for (uint32_t i = 0; i < count; i++)
        bench_stock_get(stock, bench_random(&stock->random, stock->range));
}

void
bench_stock_run_copy(void *context, uint64_t first, uint32_t count)
{
    struct bench_stock *stock = context;
    uint8_t value[BENCH_VALUE_SIZE_MAX];
    struct bench_key key;
    size_t size;

    (void)first;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t number = bench_random(&stock->random, stock->range);
        bench_must(
            hf_get(stock->db, bench_key_make(&key, number), value, sizeof value, &size, NULL),
            "hf_get");
        bench_check(bench_value_is((struct hf_span){ value, size }, stock->value_size, number,
                                   stock->generation[number]),
                    "a value that was copied");
    }
}

void
bench_stock_run_miss(void *context, uint64_t first, uint32_t count)
{
    struct bench_stock *stock = context;
    struct bench_key key;
    struct hf_item item;

    for (uint32_t i = 0; i < count; i++)
        bench_check(hf_view_get(stock->view, bench_key_make(&key, MISS_FROM + first + i),
                                &item) == HF_ERR_NOT_FOUND,
                    "a key that was never put");
}

/* Each key's version is known from the swap before; the first finds it out. */
void
bench_stock_run_cas(void *context, uint64_t first, uint32_t count)
{
    struct bench_stock *stock = context;
    uint8_t value[BENCH_VALUE_SIZE_MAX];
    struct bench_key key;

    if (stock->version == NULL)
        stock->version = bench_alloc(stock->range * sizeof *stock->version);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t number = (first + i) % stock->range;
        uint32_t generation = stock->generation[number] + 1;
        uint64_t *version = &stock->version[number];
        struct hf_span span = bench_key_make(&key, number);
        bench_value_make(value, stock->value_size, number, generation);
        enum hf_err err = hf_cas(stock->db, span, *version,
                                 (struct hf_span){ value, stock->value_size }, 0, version);
        if (err == HF_ERR_CONFLICT) /* which says the version that was found */
            err = hf_cas(stock->db, span, *version,
                         (struct hf_span){ value, stock->value_size }, 0, version);
        bench_must(err, "hf_cas");
        stock->generation[number] = generation;
    }
}

void
bench_stock_run_mix(void *context, uint64_t first, uint32_t count)
{
    struct bench_stock *stock = context;
    uint8_t value[BENCH_VALUE_SIZE_MAX];
    struct bench_key key;
    size_t size;

    for (uint32_t i = 0; i < count; i++) {
        uint64_t number = bench_random(&stock->random, stock->range);
        if ((first + i) % 11 == 0) {
            bench_stock_put(stock, number, stock->generation[number] + 1);
            continue;
        }
        bench_must(
            hf_get(stock->db, bench_key_make(&key, number), value, sizeof value, &size, NULL),
            "hf_get");
        bench_check(bench_value_is((struct hf_span){ value, size }, stock->value_size, number,
                                   stock->generation[number]),
                    "a value of the mix");
    }
}

void
bench_stock_run_batch(void *context, uint64_t first, uint32_t count)
{
    struct bench_stock *stock = context;
    uint8_t value[BENCH_VALUE_SIZE_MAX];
    struct bench_key key;

    (void)first;
    for (uint32_t i = 0; i < count * stock->batch_size; i++) {
        uint64_t number = bench_random(&stock->random, stock->range);
        uint32_t generation = ++stock->generation[number];
        bench_must(hf_batch_put(stock->batch, bench_key_make(&key, number),
                                bench_value_make(value, stock->value_size, number, generation)),
                   "hf_batch_put");
        if ((i + 1) % stock->batch_size == 0)
            bench_must(hf_batch_commit(stock->batch, 0, NULL), "hf_batch_commit");
    }
}

void
bench_stock_begin_deletes(void *context, uint64_t first, uint64_t limit)
{
    struct bench_stock *stock = context;

    bench_stock_fill(stock, stock->count + (limit - first), FILL_BATCH);
    bench_db_settle(stock->db);
}

void
bench_stock_run_delete(void *context, uint64_t first, uint32_t count)
{
    struct bench_stock *stock = context;
    struct bench_key key;

    (void)first;
    for (uint32_t i = 0; i < count; i++)
        bench_must(hf_delete(stock->db, bench_key_make(&key, --stock->count), 0, NULL),
                   "hf_delete");
}

void
bench_stock_begin_opens(void *context, uint64_t first, uint64_t limit)
{
    struct bench_stock *stock = context;

    (void)first;
    (void)limit;
    hf_batch_close(stock->batch);
    stock->batch = NULL;
    bench_db_close(stock->db);
}

void
bench_stock_run_open(void *context, uint64_t first, uint32_t count)
{
    struct bench_stock *stock = context;

    (void)first;
    (void)count;
    stock->db = bench_db_open(stock->path, &stock->options);
}
