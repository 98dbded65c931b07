/*
 * hash_test.c - what the indexes ask of the hash.
 *
 * Method: exact copies of every length to LEN_MAX; every bit of each message and of the seed is
 * flipped; the buckets of counting keys are counted. Catches a byte that is left out, a seed
 * that does not reach the result, and the constant that makes a product 0 (see hash.h).
 */
#include "base/hash.h"
#include "base/tap.h"

#include <stdlib.h>

#define LEN_MAX 80
#define SEED UINT64_C(0x0123456789abcdef)

/* An exact copy, so that the address sanitiser sees any read beyond it. */
static unsigned char *
exact_copy(size_t len)
{
    unsigned char *copy = malloc(len == 0 ? 1 : len);

    if (copy == NULL)
        abort();
    for (size_t i = 0; i < len; i++)
        copy[i] = (unsigned char)(i * 37 + 11);
    return copy;
}

/* Whether each flipped bit of a message of `len` bytes changes the hash, in both halves. */
static bool
is_every_bit_seen(size_t len)
{
    unsigned char *copy = exact_copy(len);
    uint64_t hash = hf_hash_bytes_of(copy, len, SEED);
    bool all = true;

    for (size_t bit = 0; bit < 8 * len; bit++) {
        uint64_t other;

        copy[bit / 8] ^= (unsigned char)(1u << bit % 8);
        other = hf_hash_bytes_of(copy, len, SEED) ^ hash;
        all = all && other >> 32 != 0 && (uint32_t)other != 0;
        copy[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    free(copy);
    return all;
}

static void
test_bits(void)
{
    bool all = true;

    for (size_t len = 1; len <= LEN_MAX; len++)
        all = all && is_every_bit_seen(len);
    TAP_OK(all, "every bit of a message of any length to %d matters", LEN_MAX);
}

static void
test_seed(void)
{
    unsigned char *copy = exact_copy(LEN_MAX);
    bool all = true;

    for (size_t len = 0; len <= LEN_MAX; len++)
        for (unsigned bit = 0; bit < 64; bit++)
            all = all && hf_hash_bytes_of(copy, len, SEED) !=
                             hf_hash_bytes_of(copy, len, SEED ^ UINT64_C(1) << bit);
    free(copy);
    TAP_OK(all, "every bit of the seed matters");
}

static void
test_zeros(void)
{
    unsigned char zeros[LEN_MAX] = { 0 };
    bool differ = true;

    for (size_t a = 0; a <= LEN_MAX; a++)
        for (size_t b = 0; b < a; b++)
            differ =
                differ && hf_hash_bytes_of(zeros, a, SEED) != hf_hash_bytes_of(zeros, b, SEED);
    TAP_OK(differ, "zeros of different lengths differ");
}

/* A first word that equals a constant of the code must not hide the second one. */
static void
test_hostile(void)
{
    static const uint64_t constants[] = { 0, UINT64_MAX, UINT64_C(0xb7e151628aed2a6b),
                                          UINT64_C(0x9e3779b97f4a7c15) };
    bool differ = true;

    for (size_t i = 0; i < sizeof constants / sizeof constants[0]; i++)
        for (uint64_t second = 1; second < 100; second++) {
            uint64_t a[2] = { constants[i], 0 }, b[2] = { constants[i], second };
            differ = differ && hf_hash_bytes_of(a, 16, SEED) != hf_hash_bytes_of(b, 16, SEED);
        }
    TAP_OK(differ, "no key that is written in the source makes others collide");
}

/* Counting keys over 256 buckets; the bound is eight standard deviations away. */
static bool
is_even(unsigned shift)
{
    unsigned counts[256] = { 0 };
    const unsigned keys = 65536, mean = 256, tolerance = 8 * 16;

    for (uint64_t key = 0; key < keys; key++)
        counts[hf_hash_bytes_of(&key, sizeof key, SEED) >> shift & 255]++;
    for (unsigned i = 0; i < 256; i++)
        if (counts[i] > mean + tolerance || counts[i] < mean - tolerance)
            return false;
    return true;
}

/* Filters on disk depend on it. The sum is from another program, made from docs/formats.md. */
static void
test_format(void)
{
    uint64_t sum = 0;

    for (size_t len = 0; len <= 64; len++) {
        unsigned char *copy = exact_copy(len);
        sum = sum * 31 + hf_hash_bytes_of(copy, len, SEED);
        free(copy);
    }
    TAP_OK(sum == UINT64_C(0x2c5d726c18411a57), "the hash is the one of format 1");
}

int
main(void)
{
    test_bits();
    test_seed();
    test_zeros();
    test_hostile();
    test_format();
    TAP_OK(is_even(56), "counting keys spread evenly over the top bits");
    TAP_OK(is_even(0), "counting keys spread evenly over the low bits");
    return tap_done();
}
