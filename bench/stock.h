/*
 * stock.h - a database whose content is known, and the operations on it that are timed.
 *
 * It holds keys 0 .. count-1, each with the value of its generation (pair.h); so whatever is
 * read is compared with what was put. The functions stop the program where it is not the same.
 */
#ifndef BENCH_STOCK_H
#define BENCH_STOCK_H

#include "bench/pair.h"
#include "bench/suite.h"

struct bench_stock {
    struct hf_db *db;
    struct hf_view *view; /* for reads of a round; NULL between */
    struct hf_batch *batch;
    const char *path; /* NULL: memory mode */
    struct hf_options options;
    uint64_t count;
    uint64_t capacity;    /* keys that it may get */
    uint32_t *generation; /* of each key */
    uint64_t *version;    /* of each key, where a test of it is wanted; else NULL */
    size_t value_size;
    uint64_t range; /* keys that reads choose from: 0 .. range-1 */
    uint64_t random;
    uint32_t batch_size; /* of bench_stock_run_batch */
    char path_text[512];
};

/* Opens an empty one, a folder of its own named `name` for modes with a log. */
void bench_stock_open(struct bench_stock *stock, const struct bench_suite *suite,
                      const char *name, const struct hf_options *options, uint64_t capacity,
                      size_t value_size);
/* Closes and removes it. */
void bench_stock_close(struct bench_stock *stock);
/* Closes and opens it again. */
void bench_stock_reopen(struct bench_stock *stock);
/* Puts further keys until there are `count`, `batch` a commit. */
void bench_stock_fill(struct bench_stock *stock, uint64_t count, uint32_t batch);
/* Reads everything once, by iterator and by key, and compares it. */
void bench_stock_check(struct bench_stock *stock);

/* One operation each. */
void bench_stock_put(struct bench_stock *stock, uint64_t number, uint32_t generation);
void bench_stock_get(struct bench_stock *stock, uint64_t number);

/* ---- for struct bench_work, the context being the stock ---------------------------------- */

/* A view for the round, and its end. */
void bench_stock_begin_reads(void *context, uint64_t first, uint64_t limit);
void bench_stock_end_reads(void *context, uint64_t limit);
/* Background work that is waiting is done before the round. */
void bench_stock_begin_writes(void *context, uint64_t first, uint64_t limit);

void bench_stock_run_put(void *context, uint64_t first, uint32_t count);    /* new keys */
void bench_stock_run_update(void *context, uint64_t first, uint32_t count); /* of range */
void bench_stock_run_get(void *context, uint64_t first, uint32_t count);    /* zero-copy */
void bench_stock_run_copy(void *context, uint64_t first, uint32_t count);   /* hf_get */
void bench_stock_run_miss(void *context, uint64_t first, uint32_t count);
void bench_stock_run_cas(void *context, uint64_t first, uint32_t count);
void bench_stock_run_mix(void *context, uint64_t first, uint32_t count); /* 10 gets, 1 put */
/* An operation is a commit of batch_size updates of keys in range. */
void bench_stock_run_batch(void *context, uint64_t first, uint32_t count);
/* Deletes keys from the last on; bench_stock_begin_deletes puts as many as may be deleted. */
void bench_stock_begin_deletes(void *context, uint64_t first, uint64_t limit);
void bench_stock_run_delete(void *context, uint64_t first, uint32_t count);
/* Opens what bench_stock_begin_opens closed; the stock has no batch then. */
void bench_stock_begin_opens(void *context, uint64_t first, uint64_t limit);
void bench_stock_run_open(void *context, uint64_t first, uint32_t count);

#endif
