/*
 * merge_ranges.h - the ranges among the inputs of a merge: what they let it leave out, and
 * which of them go into the tables that it makes.
 *
 *     inputs     [------ 40 ------)             floor = 50
 *                      [---- 45 ----)
 *                 [-- 60 --)
 *
 *     kept       [-40-)[----- 45 ---)           at or below the floor the newest alone counts
 *                 [-- 60 --)                    above it each is needed by some view
 *
 *     tables     | table 1 | table 2  |         cut where one table ends and the next begins
 *
 * At or below the floor a range goes, as a delete does, once no table further down could hold
 * something for it to cover. What it covers in the inputs is left out by then.
 */
#ifndef HF_STORE_MERGE_RANGES_H
#define HF_STORE_MERGE_RANGES_H

#include "store/catalog.h"

struct hf_merge_ranges {
    struct hf_range_set *set;  /* all of the inputs; NULL: there are none */
    struct hf_range_list kept; /* in the order of first keys */
};

/* Where the ranges come from and go to. */
struct hf_merge_scope {
    struct hf_memtable *memtable; /* what is flushed, or NULL */
    struct hf_table *const *inputs[2];
    uint32_t input_count[2];
    const struct hf_catalog *catalog;
    uint32_t level; /* of the tables to make */
    uint64_t floor;
};

/* With the mutex held, as the next one. NO_MEMORY: there is something to close all the same. */
enum hf_err hf_merge_ranges_open(struct hf_merge_ranges *ranges, struct hf_budget *budget,
                                 const struct hf_merge_scope *scope) HF_MUST_CHECK;
void hf_merge_ranges_close(struct hf_merge_ranges *ranges); /* accepts a zeroed one */

/* Whether no view at `floor` or above sees this entry, for a range that covers it. */
static inline bool
hf_merge_ranges_hide(const struct hf_merge_ranges *ranges, const struct hf_entry *entry,
                     uint64_t floor)
{
    return ranges->set != NULL &&
           hf_range_set_cover(ranges->set, entry->key, floor) > entry->version;
}

/* Whether a range that is kept has keys at or behind `from`. */
bool hf_merge_ranges_reach(const struct hf_merge_ranges *ranges, struct hf_span from);
/* Puts the parts of kept ranges in [from, limit) into an empty list, in the order that a table
 * has them; an empty `limit` is the end. With the mutex held. NO_MEMORY. */
enum hf_err hf_merge_ranges_cut(const struct hf_merge_ranges *ranges, struct hf_span from,
                                struct hf_span limit,
                                struct hf_range_list *parts) HF_MUST_CHECK;

#endif
