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

/* Both halves of the product: the step of wyhash (Wang Yi), which mixes 16 bytes at once. */
static inline uint64_t
sim_mix_fold(uint64_t a, uint64_t b)
{
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

#define SIM_MIX_BLOCK 64u
#define SIM_MIX_A UINT64_C(0x9E3779B97F4A7C15)
#define SIM_MIX_B UINT64_C(0xD6E8FEB86659FD93)
#define SIM_MIX_C UINT64_C(0xBF58476D1CE4E5B9)
#define SIM_MIX_D UINT64_C(0x94D049BB133111EB)

/* The last of some contents: `left` bytes, fewer than a block. Two words at the end hold all of
 * what is less than 16 bytes; where they overlap, the length says so. */
static inline uint64_t
sim_mix_rest(uint64_t state, const unsigned char *at, size_t left, size_t len)
{
    uint64_t w = 0, x = 0;

    for (; left >= 16; left -= 16, at += 16)
        state = sim_mix_fold(hf_load_u64(at) ^ SIM_MIX_A, hf_load_u64(at + 8) ^ state);
    if (left >= 8) {
        w = hf_load_u64(at);
        x = hf_load_u64(at + left - 8);
    } else if (left >= 4) {
        w = hf_load_u32(at);
        x = hf_load_u32(at + left - 4);
    } else if (left > 0) {
        w = (uint64_t)at[0] << 16 | (uint64_t)at[left / 2] << 8 | at[left - 1];
    }
    return sim_mix(sim_mix_fold(w ^ SIM_MIX_B, x ^ state) ^ len);
}

/*
 * Of contents, which may be long: blocks in four lanes of 16 bytes, that the processor
 * multiplies side by side, then what is left, and the length. Blocks of zeros, of which a
 * prepared log is full, are counted, and the count goes in before the next block of another
 * kind.
 */
static inline uint64_t
sim_mix_bytes(const void *bytes, size_t len)
{
    const unsigned char *at = bytes;
    uint64_t a = UINT64_C(0x243F6A8885A308D3), b = UINT64_C(0x13198A2E03707344);
    uint64_t c = UINT64_C(0xA4093822299F31D0), d = UINT64_C(0x082EFA98EC4E6C89);
    uint64_t zeros = 0;
    size_t left = len;

    for (; left >= SIM_MIX_BLOCK; left -= SIM_MIX_BLOCK, at += SIM_MIX_BLOCK) {
        uint64_t word[SIM_MIX_BLOCK / 8], any = 0;
        for (unsigned i = 0; i < SIM_MIX_BLOCK / 8; i++)
            any |= word[i] = hf_load_u64(at + 8 * (size_t)i);
        if (any == 0) {
            zeros++;
            continue;
        }
        if (zeros > 0) {
            a = sim_mix_in(a, zeros);
            zeros = 0;
        }
        a = sim_mix_fold(word[0] ^ SIM_MIX_A, word[1] ^ a);
        b = sim_mix_fold(word[2] ^ SIM_MIX_B, word[3] ^ b);
        c = sim_mix_fold(word[4] ^ SIM_MIX_C, word[5] ^ c);
        d = sim_mix_fold(word[6] ^ SIM_MIX_D, word[7] ^ d);
    }
    a = sim_mix_fold(a ^ SIM_MIX_A, b ^ SIM_MIX_B) ^ sim_mix_fold(c ^ SIM_MIX_C, d ^ SIM_MIX_D);
    return sim_mix_rest(a, at, left, len);
}

/* `x`, evenly spread over 64 bits, scaled to below `bound`. */
static inline uint64_t
sim_mix_below(uint64_t x, uint64_t bound)
{
    __extension__ typedef unsigned __int128 wide;
    return (uint64_t)(((wide)x * bound) >> 64);
}

#endif
