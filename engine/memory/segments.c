/*
 * segments.c - the memory that the log's bytes live in.
 */
#include "memory/segments.h"

#include "base/assert.h"
#include "vfs/vfs_env.h"

#include <string.h>

#define FIRST_CAPACITY 16u

void
hf_segments_init(struct hf_segments *segments, struct hf_budget *budget)
{
    *segments = (struct hf_segments){ .budget = budget };
}

void
hf_segments_fini(struct hf_segments *segments)
{
    for (uint32_t i = 0; i < segments->count; i++)
        hf_budget_unmap(segments->budget, segments->list[i].base, segments->list[i].size);
    segments->count = segments->dropped = 0;
    hf_budget_free(segments->budget, segments->list,
                   segments->capacity * sizeof *segments->list);
    segments->list = NULL;
    segments->capacity = 0;
}

enum hf_err
hf_segments_reserve(struct hf_segments *segments)
{
    if (segments->first > UINT32_MAX - segments->count - 1)
        return HF_ERR_NO_MEMORY; /* all numbers are used up */
    if (segments->count < segments->capacity)
        return HF_OK;
    uint32_t capacity = segments->capacity == 0 ? FIRST_CAPACITY : segments->capacity * 2;
    struct hf_segment *list =
        hf_budget_alloc(segments->budget, capacity * sizeof *segments->list);

    if (list == NULL)
        return HF_ERR_NO_MEMORY;
    if (segments->count > 0)
        memcpy(list, segments->list, segments->count * sizeof *list);
    hf_readers_stop(segments->readers);
    hf_budget_free(segments->budget, segments->list,
                   segments->capacity * sizeof *segments->list);
    segments->list = list;
    hf_readers_resume(segments->readers);
    segments->capacity = capacity;
    return HF_OK;
}

enum hf_err
hf_segments_adopt(struct hf_segments *segments, uint8_t *base, uint64_t size, uint64_t used)
{
    HF_ASSERT(used <= size && size <= UINT32_MAX);
    enum hf_err err = hf_segments_reserve(segments);
    if (err != HF_OK)
        return err;
    segments->list[segments->count++] =
        (struct hf_segment){ .base = base, .size = size, .used = used };
    return HF_OK;
}

enum hf_err
hf_segments_add(struct hf_segments *segments, uint64_t size)
{
    uint8_t *base = hf_budget_map_raw(segments->budget, size);
    enum hf_err err;

    if (base == NULL)
        return HF_ERR_NO_MEMORY;
    err = hf_segments_adopt(segments, base, size, 0);
    if (err != HF_OK)
        hf_budget_unmap(segments->budget, base, size);
    return err;
}

void
hf_segments_drop_newest(struct hf_segments *segments)
{
    struct hf_segment *newest = hf_segments_newest(segments);

    hf_budget_unmap(segments->budget, newest->base, newest->size);
    segments->count--;
}

/* Takes dropped ones off the front of the list. */
static void
forget_front(struct hf_segments *segments, uint32_t count)
{
    segments->first += count;
    segments->count -= count;
    segments->dropped -= count;
    memmove(segments->list, segments->list + count, segments->count * sizeof *segments->list);
}

void
hf_segments_drop(struct hf_segments *segments, uint32_t number)
{
    struct hf_segment *segment = hf_segments_of(segments, hf_ref(number, 0));
    uint32_t empty = 0;

    HF_ASSERT(number - segments->first < segments->count - 1 && segment->base != NULL);
    hf_readers_stop(segments->readers);
    hf_budget_unmap(segments->budget, segment->base, segment->size);
    *segment = (struct hf_segment){ .base = NULL };
    segments->dropped++;
    while (segments->list[empty].base == NULL)
        empty++; /* the newest is there */
    if (empty > segments->count / 2)
        forget_front(segments, empty);
    hf_readers_resume(segments->readers);
}

void
hf_segments_trim(struct hf_segments *segments, uint32_t index)
{
    struct hf_segment *segment = &segments->list[index];
    uint64_t size = (segment->used + HF_ENV_PAGE - 1) & ~(uint64_t)(HF_ENV_PAGE - 1);

    HF_ASSERT(index < segments->count);
    if (size == 0)
        size = HF_ENV_PAGE; /* what is mapped stays mapped */
    if (size >= segment->size)
        return;
    hf_budget_trim(segments->budget, segment->base, segment->size, size);
    segment->size = size;
}
