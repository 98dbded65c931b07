/*
 * take.h - memory of exactly the size asked for, so that a sanitiser sees a read outside.
 *
 * A fuzz target has nothing to say about a machine without memory: it ends there.
 */
#ifndef HF_FUZZ_TAKE_H
#define HF_FUZZ_TAKE_H

#include "base/assert.h"
#include "base/span.h"

#include <stdlib.h>

/* The caller frees it. */
static inline void *
fuzz_take(uint64_t size)
{
    void *memory = malloc(size == 0 ? 1 : (size_t)size);

    HF_ASSERT(memory != NULL);
    return memory;
}

/* A copy of `bytes`; the caller frees it. */
static inline void *
fuzz_copy(struct hf_span bytes)
{
    void *memory = fuzz_take(bytes.len);

    if (bytes.len > 0)
        memcpy(memory, bytes.at, bytes.len);
    return memory;
}

#endif
