/*
 * pair_test.c - a value is known again, and a wrong one is not: every bit of a value flipped,
 * every other number and generation nearby, every size.
 */
#include "base/tap.h"
#include "bench/pair.h"

#include <string.h>

#define NUMBERS 2000u

static bool
is(const uint8_t *at, size_t size, uint64_t number, uint32_t generation)
{
    return bench_value_is((struct hf_span){ at, size }, size, number, generation);
}

static void
test_values(void)
{
    uint8_t value[BENCH_VALUE_SIZE];
    bool known = true, found = true, others = true;

    bench_value_make(value, sizeof value, 17, 3);
    TAP_OK(is(value, sizeof value, 17, 3), "a value is known again");
    for (unsigned bit = 0; bit < 8 * sizeof value; bit++) {
        value[bit / 8] ^= (uint8_t)(1u << bit % 8);
        found = found && !is(value, sizeof value, 17, 3);
        value[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    TAP_OK(found, "a flipped bit is found, each of them");
    for (uint64_t number = 0; number < NUMBERS; number++)
        for (uint32_t generation = 0; generation < 5; generation++)
            others = others && is(value, sizeof value, number, generation) ==
                                   (number == 17 && generation == 3);
    TAP_OK(others, "it is that of no other number or generation");
    TAP_OK(!bench_value_is((struct hf_span){ value, sizeof value - 4 }, sizeof value, 17, 3),
           "nor of another size");
    for (size_t size = 8; size <= sizeof value; size += 4) {
        bench_value_make(value, size, size, 1);
        known = known && is(value, size, size, 1);
        value[size - 1] ^= 1;
        known = known && !is(value, size, size, 1);
    }
    TAP_OK(known, "values of every size are checked to their last byte");
}

static void
test_keys(void)
{
    static struct bench_key keys[NUMBERS];
    bool distinct = true;
    uint64_t state = 1, below = 0;

    for (unsigned i = 0; i < NUMBERS; i++)
        bench_key_make(&keys[i], i);
    for (unsigned i = 0; i < NUMBERS; i++)
        for (unsigned j = 0; j < i; j++)
            distinct = distinct && memcmp(&keys[i], &keys[j], sizeof keys[i]) != 0;
    TAP_OK(distinct, "different numbers have different keys");
    for (unsigned i = 0; i < 100000; i++)
        below += bench_random(&state, 10) < 5;
    TAP_OK(below > 49000 && below < 51000, "random numbers lie evenly below their limit");
}

int
main(void)
{
    test_values();
    test_keys();
    return tap_done();
}
