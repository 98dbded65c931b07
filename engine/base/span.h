/*
 * span.h - small help for struct hf_span, which never owns.
 */
#ifndef HF_BASE_SPAN_H
#define HF_BASE_SPAN_H

#include "holdfast.h"

#include <string.h>

static inline struct hf_span
hf_span(const void *at, size_t len)
{
    return (struct hf_span){ at, len };
}

static inline bool
hf_span_equal(struct hf_span a, struct hf_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

/* As memcmp: byte order, a prefix before what it begins. */
static inline int
hf_span_compare(struct hf_span a, struct hf_span b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter == 0 ? 0 : memcmp(a.at, b.at, shorter);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

#endif
