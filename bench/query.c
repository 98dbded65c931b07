/*
 * query.c - many keys in their order, and reads of what was.
 *
 * Scans are of everything (an operation is an entry), of a hundred and of ten keys from a
 * random one on (an operation is the whole of it, iterator included). Reads as of an earlier
 * version take turns with the same reads of the newest, and are held against them. Last,
 * ranges are deleted, and a scan goes past one.
 */
#include "bench/categories.h"
#include "bench/place.h"
#include "bench/stock.h"
#include "bench/stop.h"

#include <stdio.h>
#include <string.h>

#define OLD_KEYS 200u /* that have a thousand versions */
#define DEPTHS 3u

/* ---- scans ------------------------------------------------------------------------------- */

struct scan {
    struct bench_stock *stock;
    struct hf_iter *iter; /* of a scan of everything, where it stands */
    uint64_t seen;
    uint32_t length; /* of a short one */
};

static void
begin_scan(void *context, uint64_t first, uint64_t limit)
{
    struct scan *scan = context;

    bench_stock_begin_reads(scan->stock, first, limit);
    bench_must(hf_iter_open(&scan->iter, scan->stock->view, NULL), "hf_iter_open");
    scan->seen = 0;
}

static void
end_scan(void *context, uint64_t limit)
{
    struct scan *scan = context;

    hf_iter_close(scan->iter);
    scan->iter = NULL;
    bench_stock_end_reads(scan->stock, limit);
}

/* Whether an item is whole: its value names a key, and is that key's. */
static bool
is_whole(const struct hf_item *item, size_t value_size)
{
    return item->key.len == BENCH_KEY_SIZE && item->value.len == value_size &&
           hf_load_u64((const uint8_t *)item->value.at + 8) - hf_load_u64(item->value.at) ==
               BENCH_PAIR_STEP;
}

static void
run_scan(void *context, uint64_t first, uint32_t count)
{
    struct scan *scan = context;
    struct hf_item item;

    (void)first;
    for (uint32_t i = 0; i < count; i++, scan->seen++) {
        enum hf_err err = hf_iter_next(scan->iter, &item);
        if (err == HF_ERR_NOT_FOUND) {
            bench_check(scan->seen == scan->stock->count, "the keys of a whole scan");
            bench_must(hf_iter_seek(scan->iter, (struct hf_span){ "\0", 1 }), "hf_iter_seek");
            scan->seen = 0;
            err = hf_iter_next(scan->iter, &item);
        }
        bench_must(err, "hf_iter_next");
        bench_check(is_whole(&item, scan->stock->value_size), "an item of a scan");
    }
}

static void
run_short_scan(void *context, uint64_t first, uint32_t count)
{
    struct scan *scan = context;
    struct hf_item item;
    struct bench_key key;

    (void)first;
    for (uint32_t i = 0; i < count; i++) {
        struct hf_range range = {
            .from = bench_key_make(&key, bench_random(&scan->stock->random, scan->stock->count))
        };
        struct hf_iter *iter;
        bench_must(hf_iter_open(&iter, scan->stock->view, &range), "hf_iter_open");
        enum hf_err err = HF_OK;
        for (uint32_t n = 0; n < scan->length; n++) {
            err = hf_iter_next(iter, &item);
            if (err != HF_OK)
                break; /* the last keys have fewer behind them */
            bench_check(is_whole(&item, scan->stock->value_size), "an item of a scan");
        }
        bench_check(err == HF_OK || err == HF_ERR_NOT_FOUND, "a short scan");
        hf_iter_close(iter);
    }
}

static void
scans(struct bench_suite *suite, struct bench_stock *stock, const char *where)
{
    static const uint32_t lengths[] = { 10, 100 };
    struct scan scan = { .stock = stock };
    char name[BENCH_NAME_SIZE];
    struct bench_work work = {
        .context = &scan, .run = run_scan, .begin = begin_scan, .end = end_scan, .batch = 256
    };

    (void)snprintf(name, sizeof name, "query/scan/%s", where);
    bench_row(suite, name, &work);
    for (unsigned i = 0; i < 2; i++) {
        scan.length = lengths[i];
        work = (struct bench_work){ .context = &scan,
                                    .run = run_short_scan,
                                    .begin = begin_scan,
                                    .end = end_scan,
                                    .batch = 1 };
        (void)snprintf(name, sizeof name, "query/scan-%u/%s", lengths[i], where);
        bench_row(suite, name, &work);
    }
}

/* ---- beside deleted ranges --------------------------------------------------------------- */

/* Keys are spread evenly over all first bytes: one in ten lies on either side of this range. */
static const struct hf_span range_first = { "\x1A", 1 }, range_limit = { "\xE6", 1 };

/* From the first key of a deleted range, the keys of which are in tables still, to the first
 * key behind it: an operation is that one step, iterator included. */
static void
run_past_range(void *context, uint64_t first, uint32_t count)
{
    const struct scan *scan = context;
    struct hf_range range = { .from = range_first };
    struct hf_iter *iter;
    struct hf_item item;

    (void)first;
    for (uint32_t i = 0; i < count; i++) {
        bench_must(hf_iter_open(&iter, scan->stock->view, &range), "hf_iter_open");
        bench_must(hf_iter_next(iter, &item), "hf_iter_next");
        bench_check(memcmp(item.key.at, range_limit.at, 1) >= 0 &&
                        is_whole(&item, scan->stock->value_size),
                    "the first key behind a deleted range");
        hf_iter_close(iter);
    }
}

/* Each is one commit, and deletes one key and what might begin with it. */
static void
run_delete_range(void *context, uint64_t first, uint32_t count)
{
    const struct scan *scan = context;
    uint8_t limit[BENCH_KEY_SIZE + 1];
    struct bench_key key;

    for (uint32_t i = 0; i < count; i++) {
        struct hf_span from = bench_key_make(&key, (first + i) % scan->stock->count);
        memcpy(limit, from.at, from.len);
        limit[from.len] = UINT8_MAX;
        bench_must(hf_delete_range(scan->stock->db, from,
                                   (struct hf_span){ limit, sizeof limit }, 0, NULL),
                   "hf_delete_range");
    }
}

/* Leaves little of what was in the stock. */
static void
ranges(struct bench_suite *suite, struct bench_stock *stock)
{
    struct scan scan = { .stock = stock };

    bench_must(hf_delete_range(stock->db, range_first, range_limit, 0, NULL),
               "hf_delete_range");
    bench_row(suite, "query/scan-past-range/tables",
              &(struct bench_work){ .context = &scan,
                                    .run = run_past_range,
                                    .begin = begin_scan,
                                    .end = end_scan,
                                    .batch = 1 });
    bench_row(suite, "query/delete-range/tables",
              &(struct bench_work){ .context = &scan, .run = run_delete_range, .batch = 16 });
}

/* ---- reads of what was ------------------------------------------------------------------- */

/* One generation of all keys: every key has it, and no key a later one, at `version`. */
struct old {
    struct bench_stock *stock;
    struct hf_view *view;
    struct hf_iter *iter;
    uint64_t version;
    uint32_t generation;
};

static void
begin_old(void *context, uint64_t first, uint64_t limit)
{
    struct old *old = context;

    (void)first;
    (void)limit;
    bench_must(hf_view_open(&old->view, old->stock->db, old->version), "hf_view_open");
    bench_must(hf_iter_open(&old->iter, old->view, NULL), "hf_iter_open");
}

static void
end_old(void *context, uint64_t limit)
{
    struct old *old = context;

    (void)limit;
    hf_iter_close(old->iter);
    hf_view_close(old->view);
}

static void
run_old(void *context, uint64_t first, uint32_t count)
{
    struct old *old = context;
    struct bench_key key;
    struct hf_item item;

    (void)first;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t number = bench_random(&old->stock->random, OLD_KEYS);
        bench_must(hf_view_get(old->view, bench_key_make(&key, number), &item), "hf_view_get");
        bench_check(bench_value_is(item.value, old->stock->value_size, number, old->generation),
                    "a value of an earlier version");
    }
}

static void
run_old_scan(void *context, uint64_t first, uint32_t count)
{
    struct old *old = context;
    struct hf_item item;

    (void)first;
    for (uint32_t i = 0; i < count; i++) {
        enum hf_err err = hf_iter_next(old->iter, &item);
        if (err == HF_ERR_NOT_FOUND) {
            bench_must(hf_iter_seek(old->iter, (struct hf_span){ "\0", 1 }), "hf_iter_seek");
            err = hf_iter_next(old->iter, &item);
        }
        bench_must(err, "hf_iter_next");
        bench_check(is_whole(&item, old->stock->value_size), "an item of an earlier version");
    }
}

static struct bench_work
old_work(struct old *old, void (*run)(void *, uint64_t, uint32_t), uint32_t batch)
{
    return (struct bench_work){
        .context = old, .run = run, .begin = begin_old, .end = end_old, .batch = batch
    };
}

static void
history(struct bench_suite *suite)
{
    static const uint32_t depths[DEPTHS] = { 1, 10, 1000 };
    static const char *const names[DEPTHS][2] = {
        { "query/as-of-1/memory", "query/as-of-1-to-get/memory" },
        { "query/as-of-10/memory", "query/as-of-10-to-get/memory" },
        { "query/as-of-1000/memory", "query/as-of-1000-to-get/memory" },
    };
    struct hf_options options = bench_db_options(HF_MODE_MEMORY);
    struct bench_stock stock;
    struct old old[DEPTHS + 1];

    bench_stock_open(&stock, suite, NULL, &options, OLD_KEYS, BENCH_VALUE_SIZE);
    bench_stock_fill(&stock, OLD_KEYS, 1);
    for (uint32_t generation = 0; generation <= 1000; generation++) {
        for (unsigned i = 0; i < DEPTHS; i++)
            if (generation + depths[i] == 1001)
                old[i + 1] =
                    (struct old){ &stock, NULL, NULL, hf_last_version(stock.db), generation };
        for (uint64_t number = 0; number < OLD_KEYS; number++)
            bench_stock_put(&stock, number, generation + 1);
    }
    old[0] = (struct old){ &stock, NULL, NULL, hf_last_version(stock.db), 1001 };
    bench_stock_check(&stock);

    struct bench_turn turns[DEPTHS + 1] = { { "query/as-of-0/memory", NULL,
                                              old_work(&old[0], run_old, 16) } };
    for (unsigned i = 0; i < DEPTHS; i++)
        turns[i + 1] =
            (struct bench_turn){ names[i][0], names[i][1], old_work(&old[i + 1], run_old, 16) };
    bench_rows(suite, turns, DEPTHS + 1);
    struct bench_turn scan_turns[2] = {
        { "query/scan-as-of-0/memory", NULL, old_work(&old[0], run_old_scan, OLD_KEYS) },
        { "query/scan-as-of-10/memory", "query/scan-as-of-10-to-scan/memory",
          old_work(&old[2], run_old_scan, OLD_KEYS) },
    };
    bench_rows(suite, scan_turns, 2);
    bench_stock_close(&stock);
}

static void
scans_of_memory(struct bench_suite *suite)
{
    struct hf_options options = bench_db_options(HF_MODE_MEMORY);
    struct bench_stock stock;

    bench_stock_open(&stock, suite, NULL, &options, suite->pairs, BENCH_VALUE_SIZE);
    bench_stock_fill(&stock, suite->pairs, 1);
    bench_stock_check(&stock);
    scans(suite, &stock, "memory");
    bench_stock_close(&stock);
}

static void
scans_of_tables(struct bench_suite *suite)
{
    struct hf_options options = bench_db_options(HF_MODE_BUFFERED);
    struct bench_stock stock;

    bench_stock_open(&stock, suite, "query", &options, suite->pairs, BENCH_VALUE_SIZE);
    bench_stock_fill(&stock, suite->pairs, 1000);
    bench_must(hf_compact(stock.db), "hf_compact");
    bench_stock_reopen(&stock);
    bench_stock_check(&stock);
    scans(suite, &stock, "tables");
    ranges(suite, &stock);
    bench_stock_close(&stock);
}

void
bench_query(struct bench_suite *suite)
{
    if (bench_may_want(suite, "query/scan/memory") ||
        bench_may_want(suite, "query/scan-1*/memory"))
        scans_of_memory(suite);
    if (bench_may_want(suite, "query/*/tables"))
        scans_of_tables(suite);
    if (bench_may_want(suite, "query/*as-of*"))
        history(suite);
}
