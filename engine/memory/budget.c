/*
 * budget.c - counting what hf_env hands out, and refusing at the limit.
 */
#include "memory/budget.h"

#include "base/assert.h"
#include "vfs/vfs_env.h"

void
hf_budget_init(struct hf_budget *budget, uint64_t limit)
{
    *budget = (struct hf_budget){ .limit = limit == 0 ? UINT64_MAX : limit };
}

/* By how much `size` more would pass the limit. */
static uint64_t
excess(const struct hf_budget *budget, size_t size)
{
    uint64_t most =
        budget->over > UINT64_MAX - budget->limit ? UINT64_MAX : budget->limit + budget->over;

    if (budget->used <= most && size <= most - budget->used)
        return 0;
    return size > UINT64_MAX - budget->used ? UINT64_MAX : budget->used + size - most;
}

/* False if `size` more would pass the limit, after all was asked for; else it is charged. */
static bool
charge(struct hf_budget *budget, size_t size)
{
    uint64_t past = excess(budget, size);

    if (past > 0 && budget->reclaim != NULL) {
        budget->reclaim(budget->reclaim_context, past);
        past = excess(budget, size);
    }
    if (past > 0)
        return false;
    budget->used += size;
    return true;
}

static void
uncharge(struct hf_budget *budget, size_t size)
{
    HF_ASSERT(budget->used >= size);
    budget->used -= size;
}

void *
hf_budget_alloc(struct hf_budget *budget, size_t size)
{
    void *at;

    if (!charge(budget, size))
        return NULL;
    at = hf_env_alloc(size);
    if (at == NULL)
        uncharge(budget, size);
    return at;
}

void *
hf_budget_alloc_past_limit(struct hf_budget *budget, size_t size)
{
    uint64_t over = budget->over;
    void *at;

    budget->over = UINT64_MAX;
    at = hf_budget_alloc(budget, size);
    budget->over = over;
    return at;
}

void
hf_budget_free(struct hf_budget *budget, void *at, size_t size)
{
    if (at == NULL)
        return;
    hf_env_free(at);
    uncharge(budget, size);
}

/* Whole pages; a size that close to the end of the numbers is refused by the charge. */
static size_t
whole_pages(size_t size)
{
    size_t over = size % HF_ENV_PAGE;
    size_t more = over == 0 ? 0 : HF_ENV_PAGE - over;

    return size > SIZE_MAX - more ? SIZE_MAX : size + more;
}

static void *
map(struct hf_budget *budget, size_t size, void *(*how)(size_t size))
{
    size_t pages = whole_pages(size);
    void *at;

    HF_ASSERT(size > 0);
    if (!charge(budget, pages))
        return NULL;
    at = how(size);
    if (at == NULL)
        uncharge(budget, pages);
    return at;
}

void *
hf_budget_map(struct hf_budget *budget, size_t size)
{
    return map(budget, size, hf_env_map);
}

void *
hf_budget_map_raw(struct hf_budget *budget, size_t size)
{
    return map(budget, size, hf_env_map_raw);
}

void
hf_budget_unmap(struct hf_budget *budget, void *at, size_t size)
{
    if (at == NULL)
        return;
    hf_env_unmap(at, size);
    uncharge(budget, whole_pages(size));
}

void
hf_budget_trim(struct hf_budget *budget, void *at, size_t from, size_t to)
{
    HF_ASSERT(to > 0 && to <= from);
    hf_env_trim(at, from, to);
    uncharge(budget, whole_pages(from) - whole_pages(to));
}
