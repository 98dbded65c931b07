/*
 * varint.h - numbers in as few bytes as they need: LEB128, as in DWARF.
 *
 *   7 bits of the number a byte, the lowest first; the upper bit says that more follow
 *
 * A number has one form only, its shortest: reading refuses any other, so that what decodes
 * always encodes to the very same bytes. In a header, since it is in the path of every entry.
 */
#ifndef HF_FORMAT_VARINT_H
#define HF_FORMAT_VARINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HF_VARINT_SIZE_MAX 10u

/* Stores `x` at `to`, which has room for HF_VARINT_SIZE_MAX bytes; returns its size. */
static inline size_t
hf_varint_store(uint8_t *to, uint64_t x)
{
    size_t size = 0;

    for (; x >= 0x80; x >>= 7)
        to[size++] = (uint8_t)(x | 0x80);
    to[size++] = (uint8_t)x;
    return size;
}

/* Loads a number from *at and moves *at behind it. False, *at being anywhere up to `end`: it
 * does not end before `end`, has more than 64 bits, or is not in its shortest form. */
static inline bool
hf_varint_load(uint64_t *x, const uint8_t **at, const uint8_t *end)
{
    uint64_t sum = 0;

    if (*at < end && **at < 0x80) {
        *x = *(*at)++; /* as most are */
        return true;
    }
    for (unsigned shift = 0; *at < end && shift < 64; shift += 7) {
        uint8_t byte = *(*at)++;

        sum |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            *x = sum;
            return (byte != 0 || shift == 0) && (shift < 63 || byte == 1);
        }
    }
    return false;
}

/* From one number to another, so that a small step either way is a small number: 0, down 1, up
 * 1, down 2 are 0, 1, 2, 3. It wraps, so every pair of numbers has its step. */
static inline uint64_t
hf_varint_step(uint64_t from, uint64_t to)
{
    uint64_t up = to - from;

    return up << 1 ^ (0 - (up >> 63));
}

/* Where a step from `from` leads. */
static inline uint64_t
hf_varint_follow(uint64_t from, uint64_t step)
{
    return from + (step >> 1 ^ (0 - (step & 1)));
}

#endif
