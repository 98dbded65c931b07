/*
 * ordered_index_test.c - the ordered index against a sorted list.
 *
 * Method: small fanouts; every order in which seven keys can arrive; then keys at random, in
 * both orders and from the middle, over a universe in which many share their first eight bytes,
 * are prefixes of each other or hold zeros. All invariants after every step, every seek and
 * both walks now and then. Memory is refused at every size that a put could still want. The
 * seed is printed first.
 *
 * Catches, among others: ties that the prefix alone decides, a separator off by one, a leaf
 * missing from the chain in one direction, a split that fails half way.
 */
#include "base/span.h"
#include "base/tap.h"
#include "index/ordered_index.h"

#include <stdlib.h>

#define SEED UINT64_C(20240608)
#define KEY_COUNT 420u /* three bytes of seven values, behind nothing or a long prefix, no "" */
#define KEY_SIZE 16u

/* The universe, in byte order; a ref is a place in it, plus a generation in the high half. */
static char key_bytes[KEY_COUNT][KEY_SIZE];
static size_t key_lens[KEY_COUNT];
static unsigned key_count;

static uint64_t random_state = SEED;

static uint64_t
random_u64(void)
{
    uint64_t x = random_state += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static struct hf_span
key_at(uint64_t key)
{
    return hf_span(key_bytes[key], key_lens[key]);
}

static struct hf_span
key_of(const void *context, uint64_t ref)
{
    (void)context;
    return key_at((uint32_t)ref);
}

static int
compare_rows(const void *a, const void *b)
{
    size_t i = (size_t)((const char(*)[KEY_SIZE])a - key_bytes);
    size_t j = (size_t)((const char(*)[KEY_SIZE])b - key_bytes);

    return hf_span_compare(key_at(i), key_at(j));
}
