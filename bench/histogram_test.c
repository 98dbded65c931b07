/*
 * histogram_test.c - buckets join without gaps, and percentiles are within one per cent of
 * those of the sorted values.
 *
 * Every bucket's bounds are walked. Percentiles are compared with a sorted list, over values
 * that lie evenly on a logarithmic scale.
 */
#include "base/tap.h"
#include "bench/histogram.h"

#include <stdlib.h>
#include <string.h>

#define VALUES 20000u

static struct bench_histogram h, other;

static void
test_bounds(void)
{
    bool joined = true, narrow = true, own = true;

    for (unsigned i = 0; i < BENCH_HISTOGRAM_BUCKETS; i++) {
        uint64_t from = bench_histogram_from(i), limit = bench_histogram_limit(i);
        joined = joined && from < limit && (i == 0 || from == bench_histogram_limit(i - 1));
        narrow = narrow && (limit - from) * BENCH_HISTOGRAM_SUB <= (from > 128 ? from : 128);
        memset(&h, 0, sizeof h);
        bench_histogram_add(&h, from, 1);
        bench_histogram_add(&h, limit - 1, 1);
        own = own && h.buckets[i] == 2;
    }
    TAP_OK(joined, "each bucket begins where the one before ends");
    TAP_OK(narrow, "no bucket is wider than 1/128 of what is in it");
    TAP_OK(own, "the first and the last value of every bucket fall into it");
}

static int
compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void
test_percentiles(void)
{
    static uint64_t values[VALUES];
    static const double shares[] = { 0.001, 0.25, 0.5, 0.95, 0.99, 0.999, 1 };
    uint64_t state = 42;
    bool close = true;

    memset(&h, 0, sizeof h);
    for (unsigned i = 0; i < VALUES; i++) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
        values[i] = (state >> 24 | UINT64_C(1) << 39) >> (state >> 32) % 32;
        bench_histogram_add(&h, values[i], 1);
    }
    qsort(values, VALUES, sizeof *values, compare);
    for (unsigned i = 0; i < sizeof shares / sizeof *shares; i++) {
        double exact = (double)values[(unsigned)(shares[i] * VALUES + 0.5) - 1];
        double found = bench_histogram_at(&h, shares[i]);
        close = close && found > exact * 0.99 && found < exact * 1.01;
    }
    TAP_OK(close, "percentiles are within one per cent of the sorted values");
}

static void
test_merge_and_ends(void)
{
    memset(&h, 0, sizeof h);
    memset(&other, 0, sizeof other);
    TAP_OK(bench_histogram_at(&h, 0.5) == 0, "an empty histogram has no median");
    bench_histogram_add(&h, 10, 3);
    bench_histogram_add(&other, 100, 1);
    bench_histogram_merge(&h, &other);
    TAP_OK(h.count == 4 && bench_histogram_at(&h, 0.75) == 10 &&
               bench_histogram_at(&h, 0.76) == 100,
           "a merged histogram has the occurrences of both");
    bench_histogram_add(&h, UINT64_MAX, 1);
    TAP_OK(h.buckets[BENCH_HISTOGRAM_BUCKETS - 1] == 1,
           "what is too long is in the last bucket");
}

int
main(void)
{
    test_bounds();
    test_percentiles();
    test_merge_and_ends();
    return tap_done();
}
