/*
 * hash.h - the keyed 64-bit hash of keys, for the indexes in memory and the filters of tables.
 *
 * Filters on disk are made of it (docs/formats.md), so it is part of their format.
 *
 * Each 16 bytes are folded into the state by one wide multiplication: the construction of
 * wyhash (Wang Yi, public domain). The seed keeps strangers from choosing colliding keys; it
 * steers no decision that a user or a trace could see. In a header, since it is in the path of
 * every read.
 *
 *   fold(a, b)        the two halves of the 128-bit product a * b, xored
 *   16 bytes (x, y)   state = fold(x ^ key, y ^ state)
 *   the end           fold(K2 ^ len, seed ^ fold(tail_x ^ key, tail_y ^ state))
 *
 * Both factors depend on the seed. Where one does not, as in wyhash, an x that equals the
 * constant makes the product 0 whatever y is, and a stranger has his colliding keys.
 *
 * The tail is the last 1..16 bytes, read as two words that overlap each other, or what came
 * before: no byte is read outside [at, at + len), none is left out, and the length at the end
 * tells apart what the overlaps confuse. A key of 16 bytes costs two multiplications.
 */
#ifndef HF_BASE_HASH_H
#define HF_BASE_HASH_H

#include "base/bytes.h"

#include <stddef.h>
#include <stdint.h>

/* Odd, with bits that look random: digits of the fractions of e and of the golden ratio. */
#define HF_HASH_K1 UINT64_C(0xb7e151628aed2a6b)
#define HF_HASH_K2 UINT64_C(0x9e3779b97f4a7c15)

__extension__ typedef unsigned __int128 hf_wide;

static inline uint64_t
hf_hash_fold(uint64_t a, uint64_t b)
{
    hf_wide product = (hf_wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Up to eight bytes as two words that overlap as they must. */
static inline void
hf_hash_load_short(const unsigned char *at, size_t len, uint64_t *x, uint64_t *y)
{
    if (len >= 4) {
        *x = hf_load_u32(at);
        *y = hf_load_u32(at + len - 4);
    } else if (len > 0) {
        *x = (uint64_t)at[0] << 16 | (uint64_t)at[len / 2] << 8 | at[len - 1];
        *y = 0;
    } else {
        *x = *y = 0;
    }
}

static inline uint64_t
hf_hash_bytes_of(const void *at, size_t len, uint64_t seed)
{
    const unsigned char *from = at;
    uint64_t key = seed ^ HF_HASH_K1;
    uint64_t state = (seed << 32 | seed >> 32) ^ HF_HASH_K2;
    uint64_t x, y;
    size_t left = len;

    for (; left > 16; left -= 16, from += 16)
        state = hf_hash_fold(hf_load_u64(from) ^ key, hf_load_u64(from + 8) ^ state);
    if (left >= 8) {
        x = hf_load_u64(from);
        y = hf_load_u64(from + left - 8);
    } else {
        hf_hash_load_short(from, left, &x, &y);
    }
    state = hf_hash_fold(x ^ key, y ^ state);
    return hf_hash_fold(HF_HASH_K2 ^ len, state ^ seed);
}

#endif
