/*
 * grow.c - see grow.h.
 */
#include "sim/grow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *
must(void *at)
{
    if (at == NULL) {
        fputs("holdfast-sim: out of memory\n", stderr);
        abort();
    }
    return at;
}

void
sim_grow_to(void *at, size_t *capacity, size_t count, size_t size)
{
    size_t wanted = *capacity < 8 ? 8 : *capacity;
    void *old, *new;

    while (wanted < count)
        wanted *= 2;
    memcpy(&old, at, sizeof old);
    new = must(realloc(old, wanted * size));
    memcpy(at, &new, sizeof new);
    *capacity = wanted;
}

void *
sim_new(size_t size)
{
    return must(calloc(1, size));
}
