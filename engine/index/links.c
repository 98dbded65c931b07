/*
 * links.c - from a record to the one that it replaced.
 */
#include "index/links.h"

#include "base/assert.h"

#define FIRST_CAPACITY 64u

void
hf_links_init(struct hf_links *links, struct hf_budget *budget)
{
    *links = (struct hf_links){ .budget = budget };
}

void
hf_links_fini(struct hf_links *links)
{
    hf_budget_free(links->budget, links->ring, links->capacity * sizeof *links->ring);
    links->ring = NULL;
    links->capacity = 0;
    links->first = links->limit = 0;
}

static struct hf_link *
link_at(const struct hf_links *links, uint64_t index)
{
    return &links->ring[index & (links->capacity - 1)];
}

enum hf_err
hf_links_reserve(struct hf_links *links, uint64_t count)
{
    uint64_t wanted = links->limit - links->first + count;
    uint64_t capacity = links->capacity == 0 ? FIRST_CAPACITY : links->capacity;

    if (wanted <= links->capacity)
        return HF_OK;
    while (capacity < wanted)
        capacity *= 2;
    struct hf_link *ring = hf_budget_alloc(links->budget, capacity * sizeof *ring);
    if (ring == NULL)
        return HF_ERR_NO_MEMORY;
    for (uint64_t i = links->first; i < links->limit; i++)
        ring[i & (capacity - 1)] = *link_at(links, i);
    hf_budget_free(links->budget, links->ring, links->capacity * sizeof *ring);
    links->ring = ring;
    links->capacity = capacity;
    return HF_OK;
}

void
hf_links_add(struct hf_links *links, uint64_t newer, uint64_t older)
{
    HF_ASSERT(links->limit - links->first < links->capacity);
    HF_ASSERT(newer != older);
    *link_at(links, links->limit++) = (struct hf_link){ newer, older };
}

static struct hf_link *
find_link(const struct hf_links *links, uint64_t newer)
{
    uint64_t low = links->first, high = links->limit;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        struct hf_link *link = link_at(links, middle);
        if (link->newer == newer)
            return link;
        if (link->newer < newer)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

uint64_t
hf_links_older(const struct hf_links *links, uint64_t newer)
{
    const struct hf_link *link = find_link(links, newer);

    return link == NULL ? 0 : link->older;
}

void
hf_links_relink(struct hf_links *links, uint64_t newer, uint64_t older)
{
    struct hf_link *link = find_link(links, newer);

    HF_ASSERT(link != NULL && newer != older);
    link->older = older;
}

uint64_t
hf_links_front(const struct hf_links *links)
{
    HF_ASSERT(!hf_links_is_empty(links));
    return link_at(links, links->first)->newer;
}

uint64_t
hf_links_front_older(const struct hf_links *links)
{
    HF_ASSERT(!hf_links_is_empty(links));
    return link_at(links, links->first)->older;
}

void
hf_links_drop_front(struct hf_links *links)
{
    HF_ASSERT(!hf_links_is_empty(links));
    links->first++;
}
