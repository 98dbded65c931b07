/*
 * table_filter.c - which keys a table does not have: a bloom filter in blocks.
 *
 *    a payload    64 lines of 64 bytes
 *    a line       512 bits; bit b is bit b % 8 of byte b / 8
 *
 * The hash of a key is spent in three places, so that they know little of each other:
 *
 *    which block   upper half of the hash, scaled to the number of blocks
 *    which line    the lowest 6 bits
 *    which bits    six times 9 bits, from the top of hash * K
 *
 * A lookup reads one line. A filter as full as it gets lets about 1 of 105 absent keys pass
 * (table_filter_test.c counts). One that were not cut into lines would let 1 of 120 pass, and
 * touch six lines.
 */
#include "format/table_format.h"

#include "base/hash.h"

#define LINE_SIZE 64u
#define LINES (HF_FILTER_PAYLOAD / LINE_SIZE)
#define PROBES 6u
#define PROBE_BITS 9u
#define KEYS_PER_BLOCK (HF_FILTER_PAYLOAD * 8 / HF_FILTER_BITS_PER_KEY)

_Static_assert(LINE_SIZE * 8 == 1u << PROBE_BITS, "a probe names a bit of a line");
_Static_assert(PROBES *PROBE_BITS <= 64, "the hash is long enough");
_Static_assert((LINES & (LINES - 1)) == 0, "the line is a mask of the hash");

uint64_t
hf_filter_seed(const uint8_t uuid[16])
{
    return hf_hash_bytes_of(uuid, 16, 0);
}

uint32_t
hf_filter_count(uint64_t keys)
{
    uint64_t count = keys / KEYS_PER_BLOCK + (keys % KEYS_PER_BLOCK != 0);

    return count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
}

uint32_t
hf_filter_pick(uint64_t hash, uint32_t count)
{
    return (uint32_t)((hash >> 32) * count >> 32);
}

static size_t
line_off(uint64_t hash)
{
    return (size_t)(hash & (LINES - 1)) * LINE_SIZE;
}

void
hf_filter_set(uint8_t *payload, uint64_t hash)
{
    uint8_t *line = payload + line_off(hash);
    uint64_t bits = hash * HF_HASH_K2;

    for (unsigned n = 0; n < PROBES; n++, bits <<= PROBE_BITS) {
        unsigned bit = (unsigned)(bits >> (64 - PROBE_BITS));
        line[bit / 8] |= (uint8_t)(1u << bit % 8);
    }
}

bool
hf_filter_may_have(const uint8_t *payload, uint64_t hash)
{
    const uint8_t *line = payload + line_off(hash);
    uint64_t bits = hash * HF_HASH_K2;

    for (unsigned n = 0; n < PROBES; n++, bits <<= PROBE_BITS) {
        unsigned bit = (unsigned)(bits >> (64 - PROBE_BITS));
        if ((line[bit / 8] >> bit % 8 & 1) == 0)
            return false;
    }
    return true;
}
