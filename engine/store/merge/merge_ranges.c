/*
 * merge_ranges.c - the ranges among the inputs of a merge.
 *
 * All is decided when the merge is opened: ranges are few, and in memory already.
 */
#include "store/merge/merge_ranges.h"

#include "base/probe.h"

/* ---- which are there --------------------------------------------------------------------- */

static enum hf_err
gather(struct hf_range_list *all, const struct hf_merge_scope *scope)
{
    enum hf_err err = HF_OK;

    if (scope->memtable != NULL)
        err = hf_range_list_add_set(all, scope->memtable->ranges);
    for (unsigned from = 0; from < 2; from++) {
        for (uint32_t i = 0; err == HF_OK && i < scope->input_count[from]; i++)
            err = hf_range_list_add_set(all, scope->inputs[from][i]->ranges);
    }
    return err;
}

/* ---- which are kept ---------------------------------------------------------------------- */

/* Whether a level below the one that is made could hold a key between the two. */
static bool
is_below(const struct hf_merge_scope *scope, struct hf_span from, struct hf_span to)
{
    if (HF_PLANTED(merge_drop_ranges))
        return false;
    for (uint32_t level = scope->level + 1; level < HF_LEVELS; level++) {
        uint32_t count;
        struct hf_table *const *tables = hf_catalog_level(scope->catalog, level, &count);
        uint32_t i = hf_catalog_seek(tables, count, from);
        if (i < count && (to.len == 0 || hf_span_compare(tables[i]->info.key_min, to) < 0))
            return true;
    }
    return false;
}

/* What is flushed is newer than all tables, on any level. */
static bool
can_drop(const struct hf_merge_scope *scope, const struct hf_fragment *fragment)
{
    if (scope->memtable != NULL)
        return scope->catalog->table_count == 0;
    return !is_below(scope, fragment->from, fragment->to);
}

/* At or below the floor there is one view: what the newest range over each key says. */
static enum hf_err
keep_below_floor(struct hf_merge_ranges *ranges, const struct hf_merge_scope *scope)
{
    struct hf_span at = hf_span(NULL, 0);
    enum hf_err err = HF_OK;

    do {
        struct hf_fragment fragment = hf_range_set_fragment(ranges->set, at, scope->floor);
        struct hf_range_delete range = {
            .from = fragment.from,
            .to = fragment.to,
            .version = fragment.version,
            .time_us = fragment.time_us,
        };
        at = fragment.to;
        if (fragment.version == 0)
            continue;
        if (can_drop(scope, &fragment))
            HF_MARK(merge_dropped_range);
        else
            err = hf_range_list_add(&ranges->kept, &range);
    } while (err == HF_OK && at.len > 0);
    return err;
}

static enum hf_err
keep_above_floor(struct hf_merge_ranges *ranges, const struct hf_range_list *all,
                 uint64_t floor)
{
    enum hf_err err = HF_OK;

    for (uint32_t i = 0; err == HF_OK && i < all->count; i++) {
        if (all->at[i].version > floor)
            err = hf_range_list_add(&ranges->kept, &all->at[i]);
    }
    return err;
}

enum hf_err
hf_merge_ranges_open(struct hf_merge_ranges *ranges, struct hf_budget *budget,
                     const struct hf_merge_scope *scope)
{
    struct hf_range_list all;
    enum hf_err err;

    *ranges = (struct hf_merge_ranges){ .set = NULL };
    hf_range_list_init(&ranges->kept, budget);
    hf_range_list_init(&all, budget);
    err = gather(&all, scope);
    if (err == HF_OK)
        err = hf_range_list_index(&all, &ranges->set);
    if (err == HF_OK && ranges->set != NULL &&
        !(HF_PLANTED(flush_lose_ranges) && scope->memtable != NULL)) {
        err = keep_above_floor(ranges, &all, scope->floor);
        if (err == HF_OK)
            err = keep_below_floor(ranges, scope);
    }
    hf_range_list_settle(&ranges->kept);
    hf_range_list_sort_by_key(&ranges->kept);
    hf_range_list_fini(&all);
    return err;
}

void
hf_merge_ranges_close(struct hf_merge_ranges *ranges)
{
    hf_range_set_close(ranges->set);
    hf_range_list_fini(&ranges->kept);
    ranges->set = NULL;
}

/* ---- parts of them ----------------------------------------------------------------------- */

static bool
ends_before(const struct hf_range_delete *range, struct hf_span key)
{
    return range->to.len > 0 && hf_span_compare(range->to, key) <= 0;
}

bool
hf_merge_ranges_reach(const struct hf_merge_ranges *ranges, struct hf_span from)
{
    for (uint32_t i = 0; i < ranges->kept.count; i++) {
        if (!ends_before(&ranges->kept.at[i], from))
            return true;
    }
    return false;
}

enum hf_err
hf_merge_ranges_cut(const struct hf_merge_ranges *ranges, struct hf_span from,
                    struct hf_span limit, struct hf_range_list *parts)
{
    enum hf_err err = HF_OK;

    for (uint32_t i = 0; err == HF_OK && i < ranges->kept.count; i++) {
        struct hf_range_delete part = ranges->kept.at[i];
        if (limit.len > 0 && hf_span_compare(part.from, limit) >= 0)
            break;
        if (ends_before(&part, from))
            continue;
        if (hf_span_compare(part.from, from) < 0)
            part.from = from;
        if (limit.len > 0 && (part.to.len == 0 || hf_span_compare(part.to, limit) > 0))
            part.to = limit;
        err = hf_range_list_add(parts, &part);
    }
    hf_range_list_settle(parts);
    hf_range_list_sort_by_key(parts);
    return err;
}
