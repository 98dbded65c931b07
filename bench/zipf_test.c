/*
 * zipf_test.c - ranks come as often as the law says: a million draws with a fixed seed, each of
 * the first ranks compared with its expected count.
 */
#include "base/tap.h"
#include "bench/zipf.h"

#include <math.h>

#define LIMIT 1000u
#define DRAWS 1000000u

int
main(void)
{
    static uint64_t counts[LIMIT], scattered[LIMIT];
    struct bench_zipf zipf;
    uint64_t state = 7, most = 0;
    double zeta = 0;
    bool close = true, in_range = true;

    bench_zipf_init(&zipf, LIMIT);
    for (unsigned i = 0; i < DRAWS; i++) {
        uint64_t rank = bench_zipf_next(&zipf, &state);
        uint64_t other = bench_zipf_scattered(&zipf, &state);
        in_range = in_range && rank < LIMIT && other < LIMIT;
        counts[rank % LIMIT]++;
        scattered[other % LIMIT]++;
    }
    TAP_OK(in_range, "every number is below the limit");
    for (unsigned i = 1; i <= LIMIT; i++)
        zeta += 1 / pow(i, 0.99);
    /* The method is exact for the two first ranks, and close for the others. */
    for (unsigned i = 0; i < 2; i++) {
        double expected = DRAWS / pow(i + 1, 0.99) / zeta;
        close = close && fabs((double)counts[i] - expected) < 5 * sqrt(expected);
    }
    TAP_OK(close, "the two most frequent ranks come as often as the law says");
    uint64_t tail = 0, expected = 0;
    for (unsigned i = 100; i < LIMIT; i++) {
        tail += counts[i];
        expected += (uint64_t)(DRAWS / pow(i + 1, 0.99) / zeta);
    }
    TAP_OK(tail > expected * 9 / 10 && tail < expected * 11 / 10,
           "so does, to a tenth, the long tail together");
    for (unsigned i = 0; i < LIMIT; i++)
        most = scattered[i] > most ? scattered[i] : most;
    TAP_OK(scattered[0] < most && most > DRAWS / 10, "scattered, a number that is not 0 leads");
    return tap_done();
}
