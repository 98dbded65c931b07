/*
 * range_list.h - deleted ranges on their way from one place to another: gathered, put in order.
 *
 * From tables to their index, from a memtable to a table, from snapshots to what they are
 * restored over. Keys are copied.
 */
#ifndef HF_INDEX_RANGE_LIST_H
#define HF_INDEX_RANGE_LIST_H

#include "index/range_set.h"

struct hf_range_list {
    struct hf_budget *budget;
    struct hf_range_delete *at;
    uint32_t count, capacity;
};

void hf_range_list_init(struct hf_range_list *list, struct hf_budget *budget);
void hf_range_list_fini(struct hf_range_list *list);

/* NO_MEMORY: nothing has changed. */
enum hf_err hf_range_list_add(struct hf_range_list *list,
                              const struct hf_range_delete *range) HF_MUST_CHECK;
/* All of a set; NULL has none. NO_MEMORY: some are missing. */
enum hf_err hf_range_list_add_set(struct hf_range_list *list,
                                  const struct hf_range_set *set) HF_MUST_CHECK;

/*
 * Puts them in the order of their versions. Of one version those that touch become one: tables
 * had parts of it each, or a commit deleted the same keys twice.
 */
void hf_range_list_settle(struct hf_range_list *list);
/* Puts a settled list in the order of first keys, of equal ones the newest first: no two are
 * equal in both then. */
void hf_range_list_sort_by_key(struct hf_range_list *list);
/* Settles it, and makes the set of it; *out is NULL if there are none. NO_MEMORY. */
enum hf_err hf_range_list_index(struct hf_range_list *list,
                                struct hf_range_set **out) HF_MUST_CHECK;

#endif
