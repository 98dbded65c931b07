/*
 * heap.h - the memory of one life on a simulated machine.
 *
 * A life ends by a crash more often than by cleaning up, so all its memory goes at once: blocks
 * are cut from chunks, freed ones are kept in lists by size, and a reset starts over with the
 * same chunks. What a block holds is the machine's own doing, the same in every run.
 *
 * Invariants:
 *   1. a block lies in one chunk, behind its header, and its header says its size class
 *   2. `live` counts the blocks handed out and not freed
 */
#ifndef SIM_HEAP_H
#define SIM_HEAP_H

#include <stddef.h>
#include <stdint.h>

#define SIM_HEAP_CLASSES 40u

struct sim_block;

struct sim_chunk {
    uint8_t *at;
    size_t size;
};

struct sim_heap {
    struct sim_chunk *chunks;
    size_t chunk_count, chunk_capacity;
    size_t chunk_index; /* of the chunk that blocks are cut from */
    size_t chunk_used;  /* bytes of it */
    struct sim_block *free_blocks[SIM_HEAP_CLASSES];
    struct sim_block *free_pages[SIM_HEAP_CLASSES];
    uint64_t live;
};

/* `heap` is all zeros at the start. */
void sim_heap_fini(struct sim_heap *heap);
/* Everything is free again. */
void sim_heap_reset(struct sim_heap *heap);

/* Never NULL; aligned for any type. */
void *sim_heap_alloc(struct sim_heap *heap, size_t size);
/* Zeroed and on a page of SIM_HEAP_PAGE bytes. */
#define SIM_HEAP_PAGE 4096u
void *sim_heap_map(struct sim_heap *heap, size_t size);
void *sim_heap_map_raw(struct sim_heap *heap, size_t size); /* the same, not zeroed */
/* Of either kind; NULL is accepted, a block that is not handed out is a bug and aborts. */
void sim_heap_free(struct sim_heap *heap, void *at);

#endif
