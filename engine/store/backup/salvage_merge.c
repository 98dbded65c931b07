/*
 * salvage_merge.c - of each key the newest version that was found, in order, into new tables.
 *
 * The sources stand in a heap, the one with the first entry on top: keys ascend, of one key the
 * newest version comes first, and of two that say to be the same the log's. What comes behind
 * it under the same key is older. An entry that is not behind the one before is passed over,
 * and told: its source is not sorted, so no order of keys can be made of it.
 */
#include "base/span.h"
#include "store/backup/salvage.h"

#include <inttypes.h>

struct heap {
    struct hf_salvage *s;
    struct hf_salvage_source **at;
    size_t count;
};

/* ---- the heap ---------------------------------------------------------------------------- */

static bool
comes_first(const struct hf_salvage_source *a, const struct hf_salvage_source *b)
{
    int order =
        hf_entry_compare(a->entry.key, a->entry.version, b->entry.key, b->entry.version);

    return order < 0 || (order == 0 && a->is_log);
}

/* Moves the source at `root` down to where it belongs. */
static void
sift_down(struct heap *heap, size_t root)
{
    struct hf_salvage_source *source = heap->at[root];

    for (size_t child = 2 * root + 1; child < heap->count; child = 2 * root + 1) {
        if (child + 1 < heap->count && comes_first(heap->at[child + 1], heap->at[child]))
            child++;
        if (!comes_first(heap->at[child], source))
            break;
        heap->at[root] = heap->at[child];
        root = child;
    }
    heap->at[root] = source;
}

static enum hf_err
next(struct hf_salvage *s, struct hf_salvage_source *source)
{
    if (!source->is_log)
        return hf_salvage_table_next(s, source);
    hf_salvage_log_next(s, source);
    return HF_OK;
}

static enum hf_err
fill(struct heap *heap)
{
    enum hf_err err = HF_OK;

    for (size_t i = 0; err == HF_OK && i < heap->s->source_count; i++) {
        struct hf_salvage_source *source = &heap->s->sources[i];
        err = next(heap->s, source);
        if (err == HF_OK && !source->at_end)
            heap->at[heap->count++] = source;
    }
    for (size_t root = heap->count / 2; root > 0; root--)
        sift_down(heap, root - 1);
    return err;
}

/* Moves the first source on. */
static enum hf_err
pass_first(struct heap *heap)
{
    enum hf_err err = next(heap->s, heap->at[0]);

    if (err != HF_OK)
        return err;
    if (heap->at[0]->at_end)
        heap->at[0] = heap->at[--heap->count];
    if (heap->count > 0)
        sift_down(heap, 0);
    return HF_OK;
}

/* ---- entries ----------------------------------------------------------------------------- */

static void
note(struct hf_salvage *s, const struct hf_entry *entry)
{
    if (entry->version > s->last)
        s->last = entry->version;
    if (entry->time_us > s->time_us)
        s->time_us = entry->time_us;
}

/* The first version of a key counts, unless a range deletes it; older ones are passed over. */
static enum hf_err
take(struct hf_salvage *s, const struct hf_salvage_source *source, struct hf_fresh *fresh)
{
    const struct hf_entry *entry = &source->entry;
    int order = hf_span_compare(hf_span(s->key, s->key_size), entry->key);

    note(s, entry);
    if (order > 0)
        hf_salvage_lose(s, "table-%010u: an entry is not in its order",
                        (unsigned)source->number);
    if (order >= 0)
        return HF_OK;
    memcpy(s->key, entry->key.at, entry->key.len);
    s->key_size = entry->key.len;
    if (entry->is_delete ||
        hf_range_set_cover(s->ranges_set, entry->key, UINT64_MAX) > entry->version)
        return HF_OK;
    s->report.keys++;
    return hf_fresh_add(fresh, entry, s->detail);
}

enum hf_err
hf_salvage_merge(struct hf_salvage *s, struct hf_fresh *fresh)
{
    struct heap heap = { .s = s };
    size_t size = s->source_count * sizeof(struct hf_salvage_source *);
    enum hf_err err;

    heap.at = hf_budget_alloc(&s->budget, size);
    if (heap.at == NULL)
        return hf_detail_set(s->detail, HF_ERR_NO_MEMORY, "no memory to order what was found");
    err = fill(&heap);
    while (err == HF_OK && heap.count > 0) {
        err = take(s, heap.at[0], fresh);
        if (err == HF_OK)
            err = pass_first(&heap);
    }
    hf_budget_free(&s->budget, heap.at, size);
    return err;
}
