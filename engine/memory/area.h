/*
 * area.h - several arrays in one allocation.
 *
 * A function that takes them one after the other is called twice: without an area it finds out
 * how large that has to be, with the area it lays them out. So there is one thing to allocate,
 * to refuse and to free.
 */
#ifndef HF_MEMORY_AREA_H
#define HF_MEMORY_AREA_H

#include <stddef.h>
#include <stdint.h>

/* The next `size` bytes of the area, aligned to 8, *used being moved behind them; NULL without
 * an area. */
static inline void *
hf_area_take(void *area, uint64_t *used, uint64_t size)
{
    void *at = area == NULL ? NULL : (uint8_t *)area + *used;

    *used += (size + 7) & ~UINT64_C(7);
    return at;
}

#endif
