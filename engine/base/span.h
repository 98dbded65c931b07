/*
 * span.h - small help for struct hf_span, which never owns.
 */
#ifndef HF_BASE_SPAN_H
#define HF_BASE_SPAN_H

#include "base/bytes.h"
#include "holdfast.h"

#include <string.h>

static inline struct hf_span
hf_span(const void *at, size_t len)
{
    return (struct hf_span){ at, len };
}

/* Keys are short: compared here, eight bytes at a time or four, the last ones overlapping. */
static inline bool
hf_span_equal(struct hf_span a, struct hf_span b)
{
    const uint8_t *x = (const uint8_t *)a.at, *y = (const uint8_t *)b.at;
    size_t len = a.len;

    if (len != b.len)
        return false;
    if (len - 4 < 4) /* 4 to 7 */
        return hf_load_u32(x) == hf_load_u32(y) &&
               hf_load_u32(x + len - 4) == hf_load_u32(y + len - 4);
    if (len < 4 || len > 64)
        return len == 0 || memcmp(x, y, len) == 0;
    for (size_t i = 0; i + 8 < len; i += 8) {
        if (hf_load_u64(x + i) != hf_load_u64(y + i))
            return false;
    }
    return hf_load_u64(x + len - 8) == hf_load_u64(y + len - 8);
}

/* As memcmp: byte order, a prefix before what it begins. Most differ in their first eight
 * bytes: those are compared here. */
static inline int
hf_span_compare(struct hf_span a, struct hf_span b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    uint64_t x = hf_prefix_u64(a.at, shorter), y = hf_prefix_u64(b.at, shorter);
    int order = 0;

    if (x != y)
        return x < y ? -1 : 1;
    if (shorter > 8)
        order = memcmp((const uint8_t *)a.at + 8, (const uint8_t *)b.at + 8, shorter - 8);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* Whether there is nothing but zeros in it: the first byte is 0, and each is the one before. */
static inline bool
hf_span_is_zero(struct hf_span span)
{
    const uint8_t *at = (const uint8_t *)span.at;

    return span.len == 0 || (at[0] == 0 && memcmp(at, at + 1, span.len - 1) == 0);
}

#define HF_SPAN_PIECE 512u /* bytes that are seen to be zero at once */

/* Its size in bytes without the zeros at its end, of which there may be many. */
static inline size_t
hf_span_data_size(struct hf_span span)
{
    const uint8_t *at = (const uint8_t *)span.at;
    size_t size = span.len;

    while (size >= HF_SPAN_PIECE &&
           hf_span_is_zero(hf_span(at + size - HF_SPAN_PIECE, HF_SPAN_PIECE)))
        size -= HF_SPAN_PIECE;
    while (size >= 8 && hf_load_u64(at + size - 8) == 0)
        size -= 8;
    while (size > 0 && at[size - 1] == 0)
        size--;
    return size;
}

#endif
