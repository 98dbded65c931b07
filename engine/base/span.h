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

/* Keys are short: compared here, eight bytes at a time, the last eight overlapping. */
static inline bool
hf_span_equal(struct hf_span a, struct hf_span b)
{
    const uint8_t *x = (const uint8_t *)a.at, *y = (const uint8_t *)b.at;
    size_t len = a.len;

    if (len != b.len)
        return false;
    if (len < 8 || len > 64)
        return len == 0 || memcmp(x, y, len) == 0;
    for (size_t i = 0; i + 8 < len; i += 8) {
        if (hf_load_u64(x + i) != hf_load_u64(y + i))
            return false;
    }
    return hf_load_u64(x + len - 8) == hf_load_u64(y + len - 8);
}

/* As memcmp: byte order, a prefix before what it begins. */
static inline int
hf_span_compare(struct hf_span a, struct hf_span b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter == 0 ? 0 : memcmp(a.at, b.at, shorter);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* Whether there is nothing but zeros in it: the first byte is 0, and each is the one before. */
static inline bool
hf_span_is_zero(struct hf_span span)
{
    const uint8_t *at = (const uint8_t *)span.at;

    return span.len == 0 || (at[0] == 0 && memcmp(at, at + 1, span.len - 1) == 0);
}

/* Its size in bytes without the zeros at its end. */
static inline size_t
hf_span_data_size(struct hf_span span)
{
    const uint8_t *at = (const uint8_t *)span.at;
    size_t size = span.len;

    while (size >= 8 && hf_load_u64(at + size - 8) == 0)
        size -= 8;
    while (size > 0 && at[size - 1] == 0)
        size--;
    return size;
}

#endif
