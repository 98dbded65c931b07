/*
 * heap.c - blocks cut from chunks, with lists of freed ones by size class.
 *
 *      chunk  |hhhh| block ........ |hhhh| block .. |   |hhhh| page block ...... |  free
 *                                                     ^ up to a page boundary
 *
 * A class holds blocks of twice the size of the class below. Under AddressSanitizer everything
 * that is not handed out is poisoned, headers included, so that it sees what it would see of
 * malloc. Builds with -DHF_CHECK fill what is handed out unzeroed, so that a use of bytes that
 * nobody wrote changes the run.
 */
#include "sim/machine/heap.h"

#include "base/assert.h"
#include "sim/grow.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define POISON_IS_ON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POISON_IS_ON 1
#endif
#endif

#ifdef POISON_IS_ON
#include <sanitizer/asan_interface.h>
#define POISON(at, size) ASAN_POISON_MEMORY_REGION(at, size)
#define UNPOISON(at, size) ASAN_UNPOISON_MEMORY_REGION(at, size)
#else
#define POISON(at, size) ((void)(at), (void)(size))
#define UNPOISON(at, size) ((void)(at), (void)(size))
#endif

#define CHUNK_SIZE (UINT64_C(1) << 20)
#define CLASS_MIN 5u /* log2 of the smallest block */
#define LIVE UINT32_C(0x5649564C)
#define FREE UINT32_C(0x45455246)

/* Before each block. */
struct sim_block {
    struct sim_block *next; /* in the list of free ones */
    uint32_t state;
    uint16_t class;
    uint16_t is_page;
};

_Static_assert(sizeof(struct sim_block) % _Alignof(max_align_t) == 0, "blocks stay aligned");

void
sim_heap_fini(struct sim_heap *heap)
{
    for (size_t i = 0; i < heap->chunk_count; i++) {
        UNPOISON(heap->chunks[i].at, heap->chunks[i].size);
        free(heap->chunks[i].at);
    }
    free(heap->chunks);
    *heap = (struct sim_heap){ 0 };
}

void
sim_heap_reset(struct sim_heap *heap)
{
    for (size_t i = 0; i < heap->chunk_count && i <= heap->chunk_index; i++)
        POISON(heap->chunks[i].at, heap->chunks[i].size);
    memset(heap->free_blocks, 0, sizeof heap->free_blocks);
    memset(heap->free_pages, 0, sizeof heap->free_pages);
    heap->chunk_index = 0;
    heap->chunk_used = 0;
    heap->live = 0;
}

/* Bytes to skip so that a block behind its header at `at` + them is aligned as it must be. */
static size_t
lead_of(const uint8_t *at, bool is_page)
{
    uintptr_t block = (uintptr_t)at + sizeof(struct sim_block);
    uintptr_t align = is_page ? SIM_HEAP_PAGE : _Alignof(max_align_t);
    return (size_t)((align - block % align) % align);
}

/* The first chunk from here on with room for `size` bytes at any alignment. */
static void
go_to_room(struct sim_heap *heap, size_t size)
{
    struct sim_chunk chunk = { .size = size > CHUNK_SIZE ? size : CHUNK_SIZE };

    for (; heap->chunk_index < heap->chunk_count; heap->chunk_index++, heap->chunk_used = 0) {
        if (heap->chunks[heap->chunk_index].size - heap->chunk_used >= size)
            return;
    }
    sim_grow(&heap->chunks, &heap->chunk_capacity, heap->chunk_count + 1, sizeof chunk);
    chunk.at = sim_new(chunk.size);
    POISON(chunk.at, chunk.size);
    heap->chunks[heap->chunk_count++] = chunk;
}

static struct sim_block *
cut(struct sim_heap *heap, unsigned class, bool is_page)
{
    size_t size = sizeof(struct sim_block) + ((size_t)1 << class);
    struct sim_block *block;
    uint8_t *at;

    go_to_room(heap, size + (is_page ? SIM_HEAP_PAGE : _Alignof(max_align_t)));
    at = heap->chunks[heap->chunk_index].at + heap->chunk_used;
    heap->chunk_used += lead_of(at, is_page) + size;
    at += lead_of(at, is_page);
    block = (struct sim_block *)(void *)at;
    UNPOISON(block, sizeof *block);
    *block = (struct sim_block){ .class = (uint16_t) class, .is_page = is_page };
    return block;
}

/* Whose blocks hold `size` bytes. */
static unsigned
class_of(size_t size)
{
    if (size <= (size_t)1 << CLASS_MIN)
        return CLASS_MIN;
    return 64u - (unsigned)__builtin_clzll((unsigned long long)size - 1);
}

static void *
hand_out(struct sim_heap *heap, size_t size, bool is_page)
{
    struct sim_block **list = is_page ? heap->free_pages : heap->free_blocks;
    struct sim_block *block;
    unsigned class = class_of(size);

    HF_ASSERT(class < SIM_HEAP_CLASSES);
    block = list[class];
    if (block != NULL) {
        UNPOISON(block, sizeof *block);
        list[class] = block->next;
    } else {
        block = cut(heap, class, is_page);
    }
    block->state = LIVE;
    heap->live++;
    POISON(block, sizeof *block);
    UNPOISON(block + 1, size);
    return block + 1;
}

/* What is handed out as if nothing were known of it. */
static void *
hand_out_raw(struct sim_heap *heap, size_t size, bool is_page)
{
    void *at = hand_out(heap, size, is_page);
#ifdef HF_CHECK
    memset(at, 0xC7, size);
#endif
    return at;
}

void *
sim_heap_alloc(struct sim_heap *heap, size_t size)
{
    return hand_out_raw(heap, size, false);
}

void *
sim_heap_map_raw(struct sim_heap *heap, size_t size)
{
    return hand_out_raw(heap, size, true);
}

void *
sim_heap_map(struct sim_heap *heap, size_t size)
{
    void *at = hand_out(heap, size, true);
    memset(at, 0, size);
    return at;
}

void
sim_heap_free(struct sim_heap *heap, void *at)
{
    struct sim_block *block = at;
    struct sim_block **list;

    if (at == NULL)
        return;
    block--;
    UNPOISON(block, sizeof *block);
    HF_ASSERT(block->state == LIVE);
    list = block->is_page ? heap->free_pages : heap->free_blocks;
    block->state = FREE;
    block->next = list[block->class];
    list[block->class] = block;
    heap->live--;
    POISON(block, sizeof *block + ((size_t)1 << block->class));
}
