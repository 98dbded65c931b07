/*
 * mix.h - the small arithmetic of numbers that must look random and be the same everywhere.
 *
 * Seeds in scenarios and committed baselines depend on it: it never changes, but for
 * sim_mix_bytes, which nothing is drawn from: hashes of traces are compared between builds of
 * one source.
 */
#ifndef SIM_MIX_H
#define SIM_MIX_H

#include "base/bytes.h"

#include <stddef.h>
#include <stdint.h>

/* Every bit of the result depends on every bit of `x`: the finalizer of splitmix64. */
static inline uint64_t
sim_mix(uint64_t x)
{
    x += UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

static inline uint64_t
sim_mix_in(uint64_t state, uint64_t x)
{
    return sim_mix(state ^ sim_mix(x));
}

/* FNV-1a, then mixed: of names, which are short. */
static inline uint64_t
sim_mix_name(const char *name)
{
    uint64_t state = UINT64_C(0xCBF29CE484222325);

    for (; *name != '\0'; name++)
        state = (state ^ (unsigned char)*name) * UINT64_C(0x100000001B3);
    return sim_mix(state);
}

/*
 * Of contents, which may be long: blocks in four lanes of eight bytes, that the processor
 * multiplies side by side, then what is left, and the length. Blocks of zeros, of which a
 * prepared log is full, are counted, and the count goes in before the next block of another
 * kind.
 */
static inline uint64_t
sim_mix_bytes(const void *bytes, size_t len)
{
    const unsigned char *at = bytes;
    uint64_t a = UINT64_C(0x243F6A8885A308D3), b = UINT64_C(0x13198A2E03707344);
    uint64_t c = UINT64_C(0xA4093822299F31D0), d = UINT64_C(0x082EFA98EC4E6C89), rest = 0;
    uint64_t zeros = 0;
    size_t left = len;

    for (; left >= 32; left -= 32, at += 32) {
        uint64_t w = hf_load_u64(at), x = hf_load_u64(at + 8);
        uint64_t y = hf_load_u64(at + 16), z = hf_load_u64(at + 24);
        if ((w | x | y | z) == 0) {
            zeros++;
            continue;
        }
        if (zeros > 0) {
            a = sim_mix_in(a, zeros);
            zeros = 0;
        }
        a = (a ^ w) * UINT64_C(0x9E3779B97F4A7C15);
        b = (b ^ x) * UINT64_C(0xD6E8FEB86659FD93);
        c = (c ^ y) * UINT64_C(0xBF58476D1CE4E5B9);
        d = (d ^ z) * UINT64_C(0x94D049BB133111EB);
        a ^= a >> 32;
        b ^= b >> 32;
        c ^= c >> 32;
        d ^= d >> 32;
    }
    a = sim_mix_in(sim_mix_in(a, b), sim_mix_in(c, d));
    for (; left >= 8; left -= 8, at += 8)
        a = sim_mix_in(a, hf_load_u64(at));
    for (size_t i = 0; i < left; i++)
        rest |= (uint64_t)at[i] << (8 * i);
    return sim_mix_in(a, sim_mix_in(rest, len));
}

/* `x`, evenly spread over 64 bits, scaled to below `bound`. */
static inline uint64_t
sim_mix_below(uint64_t x, uint64_t bound)
{
    __extension__ typedef unsigned __int128 wide;
    return (uint64_t)(((wide)x * bound) >> 64);
}

#endif
