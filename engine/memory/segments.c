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
    while (segments->count > 0)
        hf_segments_drop_newest(segments);
    hf_budget_free(segments->budget, segments->list,
                   segments->capacity * sizeof *segments->list);
    segments->list = NULL;
    segments->capacity = 0;
}

enum hf_err
hf_segments_reserve(struct hf_segments *segments)
{
    if (segments->count < segments->capacity)
        return HF_OK;
    uint32_t capacity = segments->capacity == 0 ? FIRST_CAPACITY : segments->capacity * 2;
    struct hf_segment *list =
        hf_budget_alloc(segments->budget, capacity * sizeof *segments->list);

    if (list == NULL)
        return HF_ERR_NO_MEMORY;
    if (segments->count > 0)
        memcpy(list, segments->list, segments->count * sizeof *list);
    hf_budget_free(segments->budget, segments->list,
                   segments->capacity * sizeof *segments->list);
    segments->list = list;
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
    uint8_t *base = hf_budget_map(segments->budget, size);
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
