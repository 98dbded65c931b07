/*
 * table_block.c - a block as it stands in a file: what is around its payload.
 *
 *    0      1          4        8                8+len     12+len
 *    +------+----------+--------+----------------+---------+
 *    | kind | 0  0  0  |  len   |   payload ...  |   crc   |
 *    +------+----------+--------+----------------+---------+
 *       u8    3 bytes     u32       len bytes        u32      little-endian
 *
 * The crc is crc32c of everything before it in the block, stored XORed with a mask:
 *
 *    base   of the table: crc32c(magic · uuid · number), see table_meta.c
 *    mask   base XOR low half of off * K1 XOR high half of off * K2, modulo 2^32, K1, K2 odd
 *
 * Offsets may pass 4 GiB, so no mask of 32 bits can tell all of them apart. This one does for
 * any two that lie in the same 4 GiB, and for any two that are a multiple of 4 GiB apart; of
 * any other two with a chance of 2^-32.
 *
 * Promises, kept for any input at all: no byte outside the span is read; the length is compared
 * with its limit before anything is added to it. Zeros are no block: 0 is no kind.
 */
#include "format/table_format.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/span.h"

_Static_assert(HF_BLOCK_OVERHEAD == HF_BLOCK_HEAD + 4, "a block is head, payload, crc");
_Static_assert(HF_BLOCK_PAYLOAD_MAX < UINT32_MAX - HF_BLOCK_OVERHEAD, "sizes are u32");
_Static_assert(HF_BLOCK_PAYLOAD_MAX >
                   HF_BLOCK_PAYLOAD_HEAD +
                       HF_BLOCK_ENTRY_MAX(HF_KEY_SIZE_MAX, (uint64_t)HF_VALUE_SIZE_MAX),
               "the largest entry has its block");

static uint32_t
block_crc(const uint8_t *at, uint32_t payload_size, uint32_t base, uint64_t off)
{
    uint32_t mask = base ^ (uint32_t)off * UINT32_C(0x9E3779B1) ^
                    (uint32_t)(off >> 32) * UINT32_C(0x85EBCA6B);

    return hf_crc32c(0, at, HF_BLOCK_HEAD + payload_size) ^ mask;
}

void
hf_block_seal(void *to, enum hf_block_kind kind, uint32_t payload_size, uint32_t base,
              uint64_t off)
{
    uint8_t *at = to;

    HF_ASSERT(payload_size > 0 && payload_size <= HF_BLOCK_PAYLOAD_MAX);
    hf_store_u32(at, (uint32_t)kind);
    hf_store_u32(at + 4, payload_size);
    hf_store_u32(at + HF_BLOCK_HEAD + payload_size, block_crc(at, payload_size, base, off));
}

enum hf_table_verdict
hf_block_peek(enum hf_block_kind *kind, uint32_t *size, struct hf_span in)
{
    const uint8_t *at = in.at;

    if (in.len < HF_BLOCK_OVERHEAD)
        return HF_TABLE_BAD;
    uint32_t found = hf_load_u32(at);
    uint32_t payload_size = hf_load_u32(at + 4);
    if (found < HF_BLOCK_DATA || found > HF_BLOCK_RANGES)
        return HF_TABLE_BAD;
    if (payload_size == 0 || payload_size > HF_BLOCK_PAYLOAD_MAX ||
        payload_size > in.len - HF_BLOCK_OVERHEAD)
        return HF_TABLE_BAD;
    *kind = (enum hf_block_kind)found;
    *size = payload_size + HF_BLOCK_OVERHEAD;
    return HF_TABLE_GOOD;
}

enum hf_table_verdict
hf_block_open(struct hf_span *payload, struct hf_span in, enum hf_block_kind kind,
              uint32_t base, uint64_t off)
{
    const uint8_t *at = in.at;

    if (in.len <= HF_BLOCK_OVERHEAD || in.len - HF_BLOCK_OVERHEAD > HF_BLOCK_PAYLOAD_MAX)
        return HF_TABLE_BAD;
    uint32_t payload_size = (uint32_t)(in.len - HF_BLOCK_OVERHEAD);
    if (hf_load_u32(at) != (uint32_t)kind || hf_load_u32(at + 4) != payload_size)
        return HF_TABLE_BAD;
    if (hf_load_u32(at + HF_BLOCK_HEAD + payload_size) !=
        block_crc(at, payload_size, base, off))
        return HF_TABLE_BAD;
    *payload = hf_span(at + HF_BLOCK_HEAD, payload_size);
    return HF_TABLE_GOOD;
}
