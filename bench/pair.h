/*
 * pair.h - the pairs that benchmarks store: made from a number, and known again by it.
 *
 * A key is 16 bytes that look random; keys of different numbers differ. A value says which key
 * it is of and which of that key's values it is, and every byte of it follows from both:
 *
 *     word j (8 bytes, little-endian) = seed(number, generation) + j * STEP
 *
 * so that a reader can compare all of it, word by word, for a few nanoseconds. In a header,
 * since it is inside of what is timed.
 */
#ifndef BENCH_PAIR_H
#define BENCH_PAIR_H

#include "base/bytes.h"
#include "base/hash.h"
#include "holdfast.h"

#include <stdbool.h>

#define BENCH_KEY_SIZE 16u
#define BENCH_VALUE_SIZE 100u
#define BENCH_VALUE_SIZE_MAX 4096u
#define BENCH_PAIR_STEP UINT64_C(0x9E3779B97F4A7C15)

struct bench_key {
    uint8_t at[BENCH_KEY_SIZE];
};

/* Bits of `x` mixed; a permutation of all numbers. */
static inline uint64_t
bench_mix(uint64_t x)
{
    x *= UINT64_C(0x9E3779B97F4A7C15);
    x ^= x >> 29;
    x *= UINT64_C(0xBF58476D1CE4E5B9);
    return x ^ x >> 32;
}

static inline struct hf_span
bench_key_make(struct bench_key *key, uint64_t number)
{
    hf_store_u64(key->at, bench_mix(number + 1));
    hf_store_u64(key->at + 8, number * UINT64_C(0xD6E8FEB86659FD93));
    return (struct hf_span){ key->at, BENCH_KEY_SIZE };
}

static inline uint64_t
bench_value_seed(uint64_t number, uint32_t generation)
{
    return bench_mix(number ^ (uint64_t)generation << 40);
}

/* Fills `size` bytes, a multiple of four. */
static inline struct hf_span
bench_value_make(uint8_t *at, size_t size, uint64_t number, uint32_t generation)
{
    uint64_t word = bench_value_seed(number, generation);

    for (size_t i = 0; i + 8 <= size; i += 8, word += BENCH_PAIR_STEP)
        hf_store_u64(at + i, word);
    if (size % 8 != 0)
        hf_store_u32(at + size - 4, (uint32_t)word);
    return (struct hf_span){ at, size };
}

/* Whether `value` is the one that bench_value_make made. Reads every byte. */
static inline bool
bench_value_is(struct hf_span value, size_t size, uint64_t number, uint32_t generation)
{
    const uint8_t *at = value.at;
    uint64_t word = bench_value_seed(number, generation), wrong = 0;

    if (value.len != size)
        return false;
    for (size_t i = 0; i + 8 <= size; i += 8, word += BENCH_PAIR_STEP)
        wrong |= hf_load_u64(at + i) ^ word;
    if (size % 8 != 0)
        wrong |= hf_load_u32(at + size - 4) ^ (uint32_t)word;
    return wrong == 0;
}

/* Numbers below `limit` that look random; `state` is any number to begin with. */
static inline uint64_t
bench_random(uint64_t *state, uint64_t limit)
{
    *state += BENCH_PAIR_STEP;
    uint64_t x = bench_mix(*state);
    return (uint64_t)((hf_wide)x * limit >> 64);
}

#endif
