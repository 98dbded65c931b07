/*
 * table_samples.c - pairs of (version, time) of commits, to bytes and back.
 *
 *    0       4
 *    +-------+-----------------+-----------------+---
 *    | count | version · time  | version · time  | ...
 *    +-------+-----------------+-----------------+---
 *       u32    varint   varint   each what it is above the one before; the first, above 0
 *
 * Promises, kept for any input at all: no byte outside the span is read; a count is no more
 * than the payload has room for, so nobody allocates by a lie; sums do not overflow. GOOD is
 * what encodes to the very same bytes. No samples are no block, not an empty one.
 */
#include "format/table_format.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/span.h"
#include "format/varint.h"

/* The least that a sample takes: two numbers. */
#define SAMPLE_SIZE_MIN 2u

_Static_assert(HF_SAMPLE_SIZE_MAX == 2 * HF_VARINT_SIZE_MAX, "a sample is two numbers");

size_t
hf_samples_encode(void *to, const struct hf_sample *samples, uint32_t count)
{
    uint8_t *at = to;
    struct hf_sample last = { 0 };

    hf_store_u32(at, count);
    at += HF_SAMPLES_HEAD;
    for (uint32_t i = 0; i < count; i++) {
        at += hf_varint_store(at, samples[i].version - last.version);
        at += hf_varint_store(at, samples[i].time_us - last.time_us);
        last = samples[i];
    }
    return (size_t)(at - (uint8_t *)to);
}

uint32_t
hf_samples_count(struct hf_span payload)
{
    if (payload.len < HF_SAMPLES_HEAD)
        return 0;
    uint32_t count = hf_load_u32(payload.at);
    return count <= (payload.len - HF_SAMPLES_HEAD) / SAMPLE_SIZE_MIN ? count : 0;
}

/* Adds a number to *sum; false if there is none, or the sum is more than 64 bits. */
static bool
sample_add(uint64_t *sum, const uint8_t **at, const uint8_t *end)
{
    uint64_t up;

    if (!hf_varint_load(&up, at, end) || up > UINT64_MAX - *sum)
        return false;
    *sum += up;
    return true;
}

enum hf_table_verdict
hf_samples_begin(struct hf_samples_reader *reader, struct hf_span payload)
{
    uint32_t count = hf_samples_count(payload);

    *reader = (struct hf_samples_reader){ .left = count };
    if (count == 0)
        return HF_TABLE_BAD;
    reader->at = (const uint8_t *)payload.at + HF_SAMPLES_HEAD;
    reader->end = (const uint8_t *)payload.at + payload.len;
    return HF_TABLE_GOOD;
}

enum hf_table_verdict
hf_samples_next(struct hf_samples_reader *reader)
{
    HF_ASSERT(reader->left > 0);
    reader->left--;
    if (!sample_add(&reader->last.version, &reader->at, reader->end) ||
        !sample_add(&reader->last.time_us, &reader->at, reader->end))
        return HF_TABLE_BAD;
    return reader->left > 0 || reader->at == reader->end ? HF_TABLE_GOOD : HF_TABLE_BAD;
}

enum hf_table_verdict
hf_samples_decode(struct hf_sample *samples, struct hf_span payload)
{
    struct hf_samples_reader reader;
    enum hf_table_verdict verdict = hf_samples_begin(&reader, payload);

    while (verdict == HF_TABLE_GOOD && reader.left > 0) {
        verdict = hf_samples_next(&reader);
        *samples++ = reader.last;
    }
    return verdict;
}
