/*
 * bytes.h - numbers to little-endian bytes and back, at any alignment, on any machine.
 */
#ifndef HF_BASE_BYTES_H
#define HF_BASE_BYTES_H

#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define HF_LE16(x) __builtin_bswap16(x)
#define HF_LE32(x) __builtin_bswap32(x)
#define HF_LE64(x) __builtin_bswap64(x)
#else
#define HF_LE16(x) (x)
#define HF_LE32(x) (x)
#define HF_LE64(x) (x)
#endif

static inline uint16_t
hf_load_u16(const void *at)
{
    uint16_t x;
    memcpy(&x, at, sizeof x);
    return HF_LE16(x);
}

static inline uint32_t
hf_load_u32(const void *at)
{
    uint32_t x;
    memcpy(&x, at, sizeof x);
    return HF_LE32(x);
}

static inline uint64_t
hf_load_u64(const void *at)
{
    uint64_t x;
    memcpy(&x, at, sizeof x);
    return HF_LE64(x);
}

static inline void
hf_store_u16(void *at, uint16_t x)
{
    x = HF_LE16(x);
    memcpy(at, &x, sizeof x);
}

static inline void
hf_store_u32(void *at, uint32_t x)
{
    x = HF_LE32(x);
    memcpy(at, &x, sizeof x);
}

static inline void
hf_store_u64(void *at, uint64_t x)
{
    x = HF_LE64(x);
    memcpy(at, &x, sizeof x);
}

/* The first eight bytes as a number that sorts as they do; missing ones count as 0. */
static inline uint64_t
hf_prefix_u64(const void *at, size_t len)
{
    const uint8_t *from = (const uint8_t *)at;
    uint64_t x = 0;

    if (len >= 8)
        return __builtin_bswap64(hf_load_u64(from));
    if (len >= 4) /* twice four, the last ones overlapping the first */
        return (uint64_t)__builtin_bswap32(hf_load_u32(from)) << 32 |
               (uint64_t)__builtin_bswap32(hf_load_u32(from + len - 4)) << (64 - 8 * len);
    for (size_t i = 0; i < len; i++)
        x |= (uint64_t)from[i] << (56 - 8 * i);
    return x;
}

#define HF_FEW 16u /* bytes that are copied in place */

/* As memcpy, for what is a few bytes long as a rule, such as a key; `len` may be 0. */
static inline void
hf_copy_few(void *to, const void *from, size_t len)
{
    uint8_t *out = (uint8_t *)to;
    const uint8_t *in = (const uint8_t *)from;

    if (len > HF_FEW) {
        memcpy(out, in, len);
    } else if (len >= 8) { /* twice eight, the last ones overlapping the first; or twice four */
        memcpy(out, in, 8);
        memcpy(out + len - 8, in + len - 8, 8);
    } else if (len >= 4) {
        memcpy(out, in, 4);
        memcpy(out + len - 4, in + len - 4, 4);
    } else {
        for (size_t i = 0; i < len; i++)
            out[i] = in[i];
    }
}

#endif
