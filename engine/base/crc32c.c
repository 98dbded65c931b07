/*
 * crc32c.c - the Castagnoli checksum, by the processor's instruction or by tables.
 *
 * The crc of a message is linear, which is used twice:
 *
 *   tables        T[k][b] is what byte b adds to the crc when k more bytes follow it. It is the
 *                 xor of what its bits add, so eight numbers a table are written down and the
 *                 preprocessor makes the other 248.
 *   three lanes   the instruction takes three cycles but one can start each cycle, so a block
 *                 is cut in three lanes that are summed side by side. A lane's crc times
 *                 x^(8 n) is what it adds with n bytes behind it; a carry-less multiplication
 *                 does that, and the instruction itself reduces the product.
 *
 *   | lane 0, n bytes | lane 1, n bytes | lane 2, n - 8 bytes | last 8 |
 *        times x^(16 n)   times x^(8 n)                          xor
 *
 * Which way is taken depends only on the machine. The processor is asked anew in each call: a
 * load of a word that libgcc filled before main, cheaper than a pointer and free of races.
 * On arm64 the compiler's target decides.
 */
#include "base/crc32c.h"

#include "base/bytes.h"

#define BIT(b, i, x) ((b) >> (i)&1 ? (x) : 0)
#define CELL(b, x0, x1, x2, x3, x4, x5, x6, x7)                                                \
    (BIT(b, 0, x0) ^ BIT(b, 1, x1) ^ BIT(b, 2, x2) ^ BIT(b, 3, x3) ^ BIT(b, 4, x4) ^           \
     BIT(b, 5, x5) ^ BIT(b, 6, x6) ^ BIT(b, 7, x7))
#define CELLS_4(b, ...)                                                                        \
    CELL(b, __VA_ARGS__), CELL((b) + 1, __VA_ARGS__), CELL((b) + 2, __VA_ARGS__),              \
        CELL((b) + 3, __VA_ARGS__)
#define CELLS_16(b, ...)                                                                       \
    CELLS_4(b, __VA_ARGS__), CELLS_4((b) + 4, __VA_ARGS__), CELLS_4((b) + 8, __VA_ARGS__),     \
        CELLS_4((b) + 12, __VA_ARGS__)
#define CELLS_64(b, ...)                                                                       \
    CELLS_16(b, __VA_ARGS__), CELLS_16((b) + 16, __VA_ARGS__),                                 \
        CELLS_16((b) + 32, __VA_ARGS__), CELLS_16((b) + 48, __VA_ARGS__)
#define ROW(...)                                                                               \
    {                                                                                          \
        CELLS_64(0u, __VA_ARGS__), CELLS_64(64u, __VA_ARGS__), CELLS_64(128u, __VA_ARGS__),    \
            CELLS_64(192u, __VA_ARGS__)                                                        \
    }

/* In row k, the entry of bit i is x^(32 + 8 k + 7 - i), reflected. */
/* clang-format off */
static const uint32_t table[8][256] = {
    ROW(0xf26b8303, 0xe13b70f7, 0xc79a971f, 0x8ad958cf,
        0x105ec76f, 0x20bd8ede, 0x417b1dbc, 0x82f63b78),
    ROW(0x13a29877, 0x274530ee, 0x4e8a61dc, 0x9d14c3b8,
        0x3fc5f181, 0x7f8be302, 0xff17c604, 0xfbc3faf9),
    ROW(0xa541927e, 0x4f6f520d, 0x9edea41a, 0x38513ec5,
        0x70a27d8a, 0xe144fb14, 0xc76580d9, 0x8b277743),
    ROW(0xdd45aab8, 0xbf672381, 0x7b2231f3, 0xf64463e6,
        0xe964b13d, 0xd725148b, 0xaba65fe7, 0x52a0c93f),
    ROW(0x38116fac, 0x7022df58, 0xe045beb0, 0xc5670b91,
        0x8f2261d3, 0x1ba8b557, 0x37516aae, 0x6ea2d55c),
    ROW(0xef306b19, 0xdb8ca0c3, 0xb2f53777, 0x6006181f,
        0xc00c303e, 0x85f4168d, 0x0e045beb, 0x1c08b7d6),
    ROW(0x68032cc8, 0xd0065990, 0xa5e0c5d1, 0x4e2dfd53,
        0x9c5bfaa6, 0x3d5b83bd, 0x7ab7077a, 0xf56e0ef4),
    ROW(0x493c7d27, 0x9278fa4e, 0x211d826d, 0x423b04da,
        0x847609b4, 0x0d006599, 0x1a00cb32, 0x34019664),
};
/* clang-format on */

static inline uint32_t
table_step8(uint32_t crc, const unsigned char *at)
{
    uint32_t low = hf_load_u32(at) ^ crc;
    uint32_t high = hf_load_u32(at + 4);

    return table[7][low & 255] ^ table[6][low >> 8 & 255] ^ table[5][low >> 16 & 255] ^
           table[4][low >> 24] ^ table[3][high & 255] ^ table[2][high >> 8 & 255] ^
           table[1][high >> 16 & 255] ^ table[0][high >> 24];
}

uint32_t
hf_crc32c_portable(uint32_t crc, const void *at, size_t len)
{
    const unsigned char *from = at;

    crc = ~crc;
    for (; len >= 8; len -= 8, from += 8)
        crc = table_step8(crc, from);
    for (; len > 0; len--, from++)
        crc = crc >> 8 ^ table[0][(crc ^ *from) & 255];
    return ~crc;
}

#if defined(__x86_64__)

#include <nmmintrin.h>
#include <wmmintrin.h>

#define FAST_TARGET __attribute__((target("sse4.2,pclmul")))

/* Bytes of a lane, and x^(16 n - 33) and x^(8 n - 33): the instruction adds the 33. */
struct lanes {
    size_t size;
    uint32_t shift_lane0;
    uint32_t shift_lane1;
};

/* A frame of the log has about 150 bytes: one short block. */
static const struct lanes short_lanes = { 48, 0x0715ce53, 0xddc0152b };
static const struct lanes long_lanes = { 1024, 0xa51b6135, 0x170076fa };

FAST_TARGET static inline uint64_t
fast_shifted(uint64_t crc, uint32_t shift)
{
    __m128i product =
        _mm_clmulepi64_si128(_mm_cvtsi64_si128((int64_t)crc), _mm_cvtsi64_si128(shift), 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

/* The crc behind one block of three lanes. */
FAST_TARGET static inline uint64_t
fast_block(uint64_t crc, const unsigned char *at, struct lanes lanes)
{
    const unsigned char *end = at + lanes.size - 8;
    uint64_t crc1 = 0, crc2 = 0, last;

    for (; at < end; at += 8) {
        crc = _mm_crc32_u64(crc, hf_load_u64(at));
        crc1 = _mm_crc32_u64(crc1, hf_load_u64(at + lanes.size));
        crc2 = _mm_crc32_u64(crc2, hf_load_u64(at + 2 * lanes.size));
    }
    crc = _mm_crc32_u64(crc, hf_load_u64(at));
    crc1 = _mm_crc32_u64(crc1, hf_load_u64(at + lanes.size));
    last = hf_load_u64(at + 2 * lanes.size);
    last ^= fast_shifted(crc, lanes.shift_lane0) ^ fast_shifted(crc1, lanes.shift_lane1);
    return _mm_crc32_u64(crc2, last);
}

FAST_TARGET static uint32_t
fast_crc32c(uint32_t crc, const unsigned char *at, size_t len)
{
    uint64_t state = (uint32_t)~crc;

    for (; len >= 3 * long_lanes.size; len -= 3 * long_lanes.size, at += 3 * long_lanes.size)
        state = fast_block(state, at, long_lanes);
    for (; len >= 3 * short_lanes.size; len -= 3 * short_lanes.size, at += 3 * short_lanes.size)
        state = fast_block(state, at, short_lanes);
    for (; len >= 8; len -= 8, at += 8)
        state = _mm_crc32_u64(state, hf_load_u64(at));
    if (len >= 4) {
        state = _mm_crc32_u32((uint32_t)state, hf_load_u32(at));
        len -= 4, at += 4;
    }
    for (; len > 0; len--, at++)
        state = _mm_crc32_u8((uint32_t)state, *at);
    return ~(uint32_t)state;
}

static inline int
is_fast(void)
{
    return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul");
}

#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)

#include <arm_acle.h>

static uint32_t
fast_crc32c(uint32_t crc, const unsigned char *at, size_t len)
{
    crc = ~crc;
    for (; len >= 8; len -= 8, at += 8)
        crc = __crc32cd(crc, hf_load_u64(at));
    for (; len > 0; len--, at++)
        crc = __crc32cb(crc, *at);
    return ~crc;
}

static inline int
is_fast(void)
{
    return 1;
}

#else

#define fast_crc32c hf_crc32c_portable

static inline int
is_fast(void)
{
    return 0;
}

#endif

uint32_t
hf_crc32c(uint32_t crc, const void *at, size_t len)
{
    return is_fast() ? fast_crc32c(crc, at, len) : hf_crc32c_portable(crc, at, len);
}
