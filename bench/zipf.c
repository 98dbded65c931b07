/*
 * zipf.c - see zipf.h.
 */
#include "bench/zipf.h"

#include "bench/pair.h"

#include <math.h>

#define SKEW 0.99

void
bench_zipf_init(struct bench_zipf *zipf, uint64_t limit)
{
    double zeta = 0;

    for (uint64_t i = 1; i <= limit; i++)
        zeta += 1 / pow((double)i, SKEW);
    double two = 1 + pow(0.5, SKEW);
    *zipf = (struct bench_zipf){
        .limit = limit,
        .alpha = 1 / (1 - SKEW),
        .eta = (1 - pow(2 / (double)limit, 1 - SKEW)) / (1 - two / zeta),
        .zeta = zeta,
        .half = two,
    };
}

uint64_t
bench_zipf_next(const struct bench_zipf *zipf, uint64_t *state)
{
    double u = (double)bench_random(state, UINT64_C(1) << 53) / (double)(UINT64_C(1) << 53);
    double uz = u * zipf->zeta;

    if (uz < 1)
        return 0;
    if (uz < zipf->half)
        return 1;
    double rank = (double)zipf->limit * pow(zipf->eta * u - zipf->eta + 1, zipf->alpha);
    return rank >= (double)zipf->limit ? zipf->limit - 1 : (uint64_t)rank;
}

uint64_t
bench_zipf_scattered(const struct bench_zipf *zipf, uint64_t *state)
{
    return bench_mix(bench_zipf_next(zipf, state) + 1) % zipf->limit;
}
