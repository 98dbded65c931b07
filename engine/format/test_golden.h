/*
 * test_golden.h - golden files: what a format looked like when it was released, byte by byte.
 *
 * Tests of formats compare with them from the top of the tree; asked to, they write them anew.
 */
#ifndef HF_FORMAT_TEST_GOLDEN_H
#define HF_FORMAT_TEST_GOLDEN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Whether the file `name` holds just these bytes. */
static inline bool
golden_is(const char *name, const uint8_t *bytes, size_t size)
{
    FILE *file = fopen(name, "rb");
    size_t same = 0;

    if (file == NULL)
        return false;
    while (same < size && getc(file) == bytes[same])
        same++;
    same += same == size && getc(file) != EOF; /* there is more */
    fclose(file);
    return same == size;
}

static inline void
golden_write(const char *name, const uint8_t *bytes, size_t size)
{
    FILE *file = fopen(name, "wb");

    if (file == NULL || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) {
        perror(name);
        exit(1);
    }
}

#endif
