/*
 * histogram.c - buckets whose width follows what is in them.
 *
 * A duration's bucket is made of its highest bits, as in a floating-point number:
 *
 *     ... 0 1 s s s s s s s x x x x      doubling: the place of the 1
 *           | \___________/             sub-bucket: the seven bits behind it
 *
 * Doubling 0 holds all below BENCH_HISTOGRAM_SUB, where the number is its own bucket. The
 * construction is that of HdrHistogram (Gil Tene).
 */
#include "bench/histogram.h"

#define PS_MAX ((UINT64_C(1) << BENCH_HISTOGRAM_BITS) - 1)

static unsigned
bucket_of(uint64_t ps)
{
    if (ps < BENCH_HISTOGRAM_SUB)
        return (unsigned)ps;
    unsigned shift = 63u - (unsigned)__builtin_clzll(ps) - BENCH_HISTOGRAM_SUB_BITS;
    return (shift << BENCH_HISTOGRAM_SUB_BITS) + (unsigned)(ps >> shift);
}

uint64_t
bench_histogram_from(unsigned bucket)
{
    if (bucket < 2 * BENCH_HISTOGRAM_SUB)
        return bucket;
    unsigned shift = (bucket >> BENCH_HISTOGRAM_SUB_BITS) - 1;
    return ((uint64_t)(bucket & (BENCH_HISTOGRAM_SUB - 1)) + BENCH_HISTOGRAM_SUB) << shift;
}

uint64_t
bench_histogram_limit(unsigned bucket)
{
    return bench_histogram_from(bucket + 1);
}

void
bench_histogram_add(struct bench_histogram *h, uint64_t ps, uint64_t count)
{
    h->buckets[bucket_of(ps > PS_MAX ? PS_MAX : ps)] += count;
    h->count += count;
}

void
bench_histogram_merge(struct bench_histogram *into, const struct bench_histogram *from)
{
    for (unsigned i = 0; i < BENCH_HISTOGRAM_BUCKETS; i++)
        into->buckets[i] += from->buckets[i];
    into->count += from->count;
}

double
bench_histogram_at(const struct bench_histogram *h, double q)
{
    double wanted = q * (double)h->count;
    uint64_t seen = 0;

    for (unsigned i = 0; i < BENCH_HISTOGRAM_BUCKETS; i++) {
        seen += h->buckets[i];
        if (h->buckets[i] > 0 && (double)seen >= wanted)
            return (double)(bench_histogram_from(i) + (bench_histogram_limit(i) - 1)) / 2;
    }
    return 0;
}
