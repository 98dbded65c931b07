/*
 * range_list.c - deleted ranges on their way from one place to another.
 *
 * Each key is an allocation of its own, so that ends can be exchanged. Sorting is a heapsort:
 * in place, and no order of the input makes it slow.
 */
#include "index/range_list.h"

#define LIST_FIRST 8u

void
hf_range_list_init(struct hf_range_list *list, struct hf_budget *budget)
{
    *list = (struct hf_range_list){ .budget = budget };
}

static void
free_keys(struct hf_range_list *list, const struct hf_range_delete *range)
{
    hf_budget_free(list->budget, (void *)(uintptr_t)range->from.at, range->from.len);
    hf_budget_free(list->budget, (void *)(uintptr_t)range->to.at, range->to.len);
}

void
hf_range_list_fini(struct hf_range_list *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        free_keys(list, &list->at[i]);
    if (list->at != NULL)
        hf_budget_free(list->budget, list->at, list->capacity * sizeof *list->at);
    list->at = NULL;
    list->count = list->capacity = 0;
}

static enum hf_err
reserve(struct hf_range_list *list)
{
    uint32_t capacity = list->capacity == 0 ? LIST_FIRST : 2 * list->capacity;
    struct hf_range_delete *at;

    if (list->count < list->capacity)
        return HF_OK;
    at = hf_budget_alloc(list->budget, capacity * sizeof *at);
    if (at == NULL)
        return HF_ERR_NO_MEMORY;
    if (list->count > 0)
        memcpy(at, list->at, list->count * sizeof *at);
    hf_budget_free(list->budget, list->at, list->capacity * sizeof *at);
    list->at = at;
    list->capacity = capacity;
    return HF_OK;
}

/* A copy of a key, an empty one being nowhere. */
static enum hf_err
copy_key(struct hf_range_list *list, struct hf_span key, struct hf_span *copy)
{
    void *at;

    *copy = hf_span(NULL, 0);
    if (key.len == 0)
        return HF_OK;
    at = hf_budget_alloc(list->budget, key.len);
    if (at == NULL)
        return HF_ERR_NO_MEMORY;
    *copy = hf_span(memcpy(at, key.at, key.len), key.len);
    return HF_OK;
}

enum hf_err
hf_range_list_add(struct hf_range_list *list, const struct hf_range_delete *range)
{
    struct hf_range_delete copy = *range;
    enum hf_err err = reserve(list);

    copy.from = copy.to = hf_span(NULL, 0);
    if (err == HF_OK)
        err = copy_key(list, range->from, &copy.from);
    if (err == HF_OK)
        err = copy_key(list, range->to, &copy.to);
    if (err == HF_OK)
        list->at[list->count++] = copy;
    else
        free_keys(list, &copy);
    return err;
}

enum hf_err
hf_range_list_add_set(struct hf_range_list *list, const struct hf_range_set *set)
{
    enum hf_err err = HF_OK;

    for (uint32_t i = 0; err == HF_OK && i < hf_range_set_count(set); i++)
        err = hf_range_list_add(list, hf_range_set_at(set, i));
    return err;
}

/* ---- order ------------------------------------------------------------------------------- */

typedef int compare_fn(const struct hf_range_delete *a, const struct hf_range_delete *b);

static int
compare_versions(const struct hf_range_delete *a, const struct hf_range_delete *b)
{
    int order = (a->version > b->version) - (a->version < b->version);

    return order != 0 ? order : hf_span_compare(a->from, b->from);
}

static int
compare_keys(const struct hf_range_delete *a, const struct hf_range_delete *b)
{
    int order = hf_span_compare(a->from, b->from);

    return order != 0 ? order : (a->version < b->version) - (a->version > b->version);
}

/* Moves the range at `root` down to where it belongs in the heap of `count`. */
static void
sift_down(struct hf_range_delete *at, uint32_t root, uint32_t count, compare_fn *compare)
{
    struct hf_range_delete range = at[root];

    for (uint32_t child = 2 * root + 1; child < count; child = 2 * root + 1) {
        if (child + 1 < count && compare(&at[child], &at[child + 1]) < 0)
            child++;
        if (compare(&range, &at[child]) >= 0)
            break;
        at[root] = at[child];
        root = child;
    }
    at[root] = range;
}

static void
sort(struct hf_range_list *list, compare_fn *compare)
{
    for (uint32_t root = list->count / 2; root > 0; root--)
        sift_down(list->at, root - 1, list->count, compare);
    for (uint32_t limit = list->count; limit > 1; limit--) {
        struct hf_range_delete largest = list->at[0];
        list->at[0] = list->at[limit - 1];
        list->at[limit - 1] = largest;
        sift_down(list->at, 0, limit - 1, compare);
    }
}

/* Whether `range` goes on, at least, where the one before it ends. */
static bool
touches(const struct hf_range_delete *before, const struct hf_range_delete *range)
{
    return before->version == range->version &&
           (before->to.len == 0 || hf_span_compare(range->from, before->to) <= 0);
}

static bool
ends_behind(const struct hf_range_delete *range, const struct hf_range_delete *other)
{
    return other->to.len != 0 &&
           (range->to.len == 0 || hf_span_compare(range->to, other->to) > 0);
}

void
hf_range_list_settle(struct hf_range_list *list)
{
    uint32_t kept = 0;

    sort(list, compare_versions);
    for (uint32_t i = 0; i < list->count; i++) {
        struct hf_range_delete *range = &list->at[i], *before = &list->at[kept - (kept > 0)];
        if (kept == 0 || !touches(before, range)) {
            list->at[kept++] = *range;
            continue;
        }
        if (ends_behind(range, before)) {
            struct hf_span to = before->to;
            before->to = range->to;
            range->to = to;
        }
        free_keys(list, range);
    }
    list->count = kept;
}

void
hf_range_list_sort_by_key(struct hf_range_list *list)
{
    sort(list, compare_keys);
}

enum hf_err
hf_range_list_index(struct hf_range_list *list, struct hf_range_set **out)
{
    struct hf_range_set *set = NULL;
    enum hf_err err = HF_OK;

    *out = NULL;
    hf_range_list_settle(list);
    if (list->count > 0)
        err = hf_range_set_open(&set, list->budget);
    for (uint32_t i = 0; err == HF_OK && i < list->count; i++)
        err = hf_range_set_add(set, &list->at[i]);
    if (err != HF_OK) {
        hf_range_set_close(set);
        return err;
    }
    if (set != NULL)
        hf_range_set_publish(set);
    *out = set;
    return HF_OK;
}
