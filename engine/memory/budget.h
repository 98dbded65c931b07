/*
 * budget.h - one account for all the memory that a handle holds.
 *
 * Everything that grows with the data is taken through a budget, which counts it against
 * `memory_limit` and refuses with NULL what would pass it. A charge is the size asked for, in
 * whole pages for what is mapped. Not thread-safe: the database's lock guards it.
 */
#ifndef HF_MEMORY_BUDGET_H
#define HF_MEMORY_BUDGET_H

#include <stddef.h>
#include <stdint.h>

/* Gives back `bytes` or more to the budget, if it can. */
typedef void hf_reclaim_fn(void *context, uint64_t bytes);

struct hf_budget {
    uint64_t limit; /* bytes; UINT64_MAX when there is none */
    uint64_t used;
    uint64_t over;          /* how far past the limit the work of the moment may go; mostly 0 */
    hf_reclaim_fn *reclaim; /* asked before anything is refused; NULL: nobody to ask */
    void *reclaim_context;
};

void hf_budget_init(struct hf_budget *budget, uint64_t limit); /* 0: no limit */

/* Heap memory, uninitialised. NULL: over the limit, or the allocator has none. */
void *hf_budget_alloc(struct hf_budget *budget, size_t size);
void hf_budget_free(struct hf_budget *budget, void *at, size_t size); /* accepts NULL */
/* The same, beyond the limit if need be: for reads, since a limit must not lock anyone out of
 * the data. NULL: the allocator has none. */
void *hf_budget_alloc_past_limit(struct hf_budget *budget, size_t size);

/* Zeroed pages of the system, as hf_env_map. NULL as above. */
void *hf_budget_map(struct hf_budget *budget, size_t size);
void *hf_budget_map_raw(struct hf_budget *budget, size_t size);        /* as hf_env_map_raw */
void hf_budget_unmap(struct hf_budget *budget, void *at, size_t size); /* accepts NULL */
/* Gives back the end of an area, as hf_env_trim; `to` is not 0. */
void hf_budget_trim(struct hf_budget *budget, void *at, size_t from, size_t to);

#endif
