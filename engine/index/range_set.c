/*
 * range_set.c - a treap of boundaries that keeps its past.
 *
 * To add [from, to): the tree is split at both ends, what lies between is left out, and a
 * boundary at `from` takes its place; at `to` stands one that says what was said there before.
 *
 *     before         after [d, m) @ 9
 *
 *        g 5              d 9
 *       /   \            /   \
 *     b 3   p -        b 3   m 5
 *                              \
 *                              p -
 *
 * A split copies the nodes on its way and no others (path copying: Driscoll, Sarnak, Sleator,
 * Tarjan, "Making Data Structures Persistent", 1989), so the tree of before is still there. A
 * join may change the nodes that it meets: the splits have just made them. With priorities that
 * look random the way is about 2 ln n nodes long (Seidel and Aragon, "Randomized Search Trees",
 * 1996); they are drawn by counting, so that each run of a program makes the same tree.
 *
 * Lists of the ranges over each piece of the keys would be simpler, and take a square of the
 * ranges where each covers those before it: as retention does, that deletes up to "now" again
 * and again.
 *
 * Nodes and keys are taken from chunks that grow; abandoning a draft is going back to a mark.
 */
#include "index/range_set.h"

#include "base/assert.h"
#include "base/hash.h"
#include "base/probe.h"

#define CHUNK_FIRST 512u
#define CHUNK_MAX (64u << 10)
#define LIST_FIRST 8u

struct chunk {
    struct chunk *before;
    size_t size, used; /* of bytes[] */
    uint64_t bytes[];
};

struct node {
    struct hf_span key; /* of the boundary */
    struct node *left, *right;
    uint32_t priority;
    uint32_t range; /* what covers the keys from here on: its index + 1; 0: nothing */
};

struct added {
    struct hf_range_delete range;
    struct node *root; /* of the tree with it */
};

/* Where a draft began. */
struct mark {
    struct chunk *chunk;
    size_t used;
    uint32_t count;
    uint64_t drawn;
};

struct hf_range_set {
    struct hf_budget *budget;
    struct chunk *chunk; /* the one being filled; older ones behind it */
    struct added *list;
    uint32_t count, capacity;
    uint64_t drawn; /* priorities */
    uint64_t bytes;
    struct mark published;
};

/* ---- memory ------------------------------------------------------------------------------ */

static void *
charge(struct hf_range_set *set, size_t size)
{
    void *at = hf_budget_alloc(set->budget, size);

    set->bytes += at == NULL ? 0 : size;
    return at;
}

static void
discharge(struct hf_range_set *set, void *at, size_t size)
{
    set->bytes -= at == NULL ? 0 : size;
    hf_budget_free(set->budget, at, size);
}

/* `size` bytes, aligned to 8; NULL: there is no memory. */
static void *
take(struct hf_range_set *set, size_t size)
{
    struct chunk *chunk = set->chunk;

    size = (size + 7) & ~(size_t)7;
    if (chunk == NULL || chunk->size - chunk->used < size) {
        size_t next = chunk == NULL ? CHUNK_FIRST : 2 * chunk->size;
        next = next < CHUNK_MAX ? next : CHUNK_MAX;
        next = next < size ? size : next;
        chunk = charge(set, sizeof *chunk + next);
        if (chunk == NULL)
            return NULL;
        *chunk = (struct chunk){ .before = set->chunk, .size = next };
        set->chunk = chunk;
    }
    void *at = (uint8_t *)chunk->bytes + chunk->used;
    chunk->used += size;
    return at;
}

static enum hf_err
reserve_list(struct hf_range_set *set)
{
    uint32_t capacity = set->capacity == 0 ? LIST_FIRST : 2 * set->capacity;
    struct added *list;

    if (set->count < set->capacity)
        return HF_OK;
    list = charge(set, capacity * sizeof *list);
    if (list == NULL)
        return HF_ERR_NO_MEMORY;
    if (set->count > 0)
        memcpy(list, set->list, set->count * sizeof *list);
    discharge(set, set->list, set->capacity * sizeof *list);
    set->list = list;
    set->capacity = capacity;
    return HF_OK;
}

enum hf_err
hf_range_set_open(struct hf_range_set **out, struct hf_budget *budget)
{
    struct hf_range_set *set = hf_budget_alloc(budget, sizeof *set);

    *out = set;
    if (set == NULL)
        return HF_ERR_NO_MEMORY;
    *set = (struct hf_range_set){ .budget = budget, .bytes = sizeof *set };
    return HF_OK;
}

/* Gives back the chunks that were begun behind `last`. */
static void
free_chunks(struct hf_range_set *set, const struct chunk *last)
{
    while (set->chunk != last) {
        struct chunk *before = set->chunk->before;
        discharge(set, set->chunk, sizeof *before + set->chunk->size);
        set->chunk = before;
    }
}

void
hf_range_set_close(struct hf_range_set *set)
{
    if (set == NULL)
        return;
    free_chunks(set, NULL);
    discharge(set, set->list, set->capacity * sizeof *set->list);
    HF_ASSERT(set->bytes == sizeof *set);
    hf_budget_free(set->budget, set, sizeof *set);
}

/* ---- trees ------------------------------------------------------------------------------- */

static struct node *
make_node(struct hf_range_set *set, struct hf_span key, uint32_t range)
{
    struct node *node = take(set, sizeof *node);

    if (node != NULL)
        *node = (struct node){
            .key = key,
            .priority = (uint32_t)hf_hash_fold(++set->drawn * HF_HASH_K2, HF_HASH_K1),
            .range = range,
        };
    return node;
}

/* The boundaries below `key` and the others, as trees of their own. */
static enum hf_err
split(struct hf_range_set *set, const struct node *tree, struct hf_span key,
      struct node **below, struct node **others)
{
    while (tree != NULL) {
        struct node *copy = take(set, sizeof *copy);
        if (copy == NULL)
            return HF_ERR_NO_MEMORY;
        *copy = *tree;
        if (hf_span_compare(tree->key, key) < 0) {
            *below = copy;
            below = &copy->right;
            tree = tree->right;
        } else {
            *others = copy;
            others = &copy->left;
            tree = tree->left;
        }
    }
    *below = *others = NULL;
    return HF_OK;
}

/* All boundaries of `a` are below those of `b`, and what a split leaves beside each other is
 * new in both. */
static struct node *
join(struct node *a, struct node *b)
{
    struct node *whole = NULL, **to = &whole;

    while (a != NULL && b != NULL) {
        if (a->priority >= b->priority) {
            *to = a;
            to = &a->right;
            a = a->right;
        } else {
            *to = b;
            to = &b->left;
            b = b->left;
        }
    }
    *to = a != NULL ? a : b;
    return whole;
}

/* The last boundary at or below `key`; *next, if not NULL, is the first one above it. */
static const struct node *
find(const struct node *tree, struct hf_span key, const struct node **next)
{
    const struct node *found = NULL, *above = NULL;

    while (tree != NULL) {
        if (hf_span_compare(tree->key, key) <= 0) {
            found = tree;
            tree = tree->right;
        } else {
            above = tree;
            tree = tree->left;
        }
    }
    if (next != NULL)
        *next = above;
    return found;
}

/* ---- adding ------------------------------------------------------------------------------ */

static enum hf_err
keep(struct hf_range_set *set, struct hf_span *key)
{
    void *copy;

    if (key->len == 0)
        return HF_OK;
    copy = take(set, key->len);
    if (copy == NULL)
        return HF_ERR_NO_MEMORY;
    key->at = memcpy(copy, key->at, key->len);
    return HF_OK;
}

/* What begins at the end of a range: what stood there before. A boundary that is there already
 * stays the only one. */
static enum hf_err
end_range(struct hf_range_set *set, const struct node *old, struct hf_span to,
          struct node **behind)
{
    const struct node *last = find(old, to, NULL);
    struct node *end;

    if (last != NULL && hf_span_equal(last->key, to))
        return HF_OK;
    end = make_node(set, to, last == NULL ? 0 : last->range);
    if (end == NULL)
        return HF_ERR_NO_MEMORY;
    *behind = join(end, *behind);
    return HF_OK;
}

static enum hf_err
add_to_tree(struct hf_range_set *set, const struct node *old, struct added *added)
{
    const struct hf_range_delete *range = &added->range;
    struct node *before = NULL, *rest = NULL, *within = NULL, *behind = NULL, *begin;
    enum hf_err err = split(set, old, range->from, &before, &rest);

    if (err == HF_OK && range->to.len > 0)
        err = split(set, rest, range->to, &within, &behind);
    if (err == HF_OK && range->to.len > 0)
        err = end_range(set, old, range->to, &behind);
    begin = err == HF_OK ? make_node(set, range->from, set->count + 1) : NULL;
    if (begin == NULL)
        return HF_ERR_NO_MEMORY;
    added->root = join(join(before, begin), behind);
    return HF_OK;
}

enum hf_err
hf_range_set_add(struct hf_range_set *set, const struct hf_range_delete *range)
{
    enum hf_err err = reserve_list(set);

    HF_ASSERT(range->from.len > 0 && range->version > 0);
    HF_ASSERT(range->to.len == 0 || hf_span_compare(range->from, range->to) < 0);
    HF_ASSERT(set->count == 0 || set->list[set->count - 1].range.version <= range->version);
    if (err != HF_OK)
        return err;
    struct added *added = &set->list[set->count];
    const struct node *old = set->count == 0 ? NULL : set->list[set->count - 1].root;
    *added = (struct added){ .range = *range };
    err = keep(set, &added->range.from);
    if (err == HF_OK)
        err = keep(set, &added->range.to);
    if (err == HF_OK)
        err = add_to_tree(set, old, added);
    if (err == HF_OK)
        set->count++;
    return err;
}

void
hf_range_set_publish(struct hf_range_set *set)
{
    set->published = (struct mark){
        .chunk = set->chunk,
        .used = set->chunk == NULL ? 0 : set->chunk->used,
        .count = set->count,
        .drawn = set->drawn,
    };
}

void
hf_range_set_abandon(struct hf_range_set *set)
{
    const struct mark *mark = &set->published;

    free_chunks(set, mark->chunk);
    if (set->chunk != NULL)
        set->chunk->used = mark->used;
    set->count = mark->count;
    set->drawn = mark->drawn;
}

/* ---- reading ----------------------------------------------------------------------------- */

/* The tree as of `version`. */
static const struct node *
root_of(const struct hf_range_set *set, uint64_t version)
{
    uint32_t low = 0, high = set->published.count;

    if (high > 0 && set->list[high - 1].range.version <= version)
        return set->list[high - 1].root;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (set->list[middle].range.version <= version)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? NULL : set->list[low - 1].root;
}

uint64_t
hf_range_set_cover(const struct hf_range_set *set, struct hf_span key, uint64_t version)
{
    const struct node *at;

    if (set == NULL)
        return 0;
    at = find(root_of(set, version), key, NULL);
    if (at == NULL || at->range == 0)
        return 0;
    return HF_PLANTED(range_covers_newer) ? UINT64_MAX : set->list[at->range - 1].range.version;
}

struct hf_fragment
hf_range_set_fragment(const struct hf_range_set *set, struct hf_span key, uint64_t version)
{
    struct hf_fragment fragment = { .version = 0 };
    const struct node *next, *at = find(root_of(set, version), key, &next);

    if (at != NULL)
        fragment.from = at->key;
    if (next != NULL)
        fragment.to = next->key;
    if (at != NULL && at->range != 0) {
        fragment.version = set->list[at->range - 1].range.version;
        fragment.time_us = set->list[at->range - 1].range.time_us;
    }
    return fragment;
}

uint32_t
hf_range_set_count(const struct hf_range_set *set)
{
    return set == NULL ? 0 : set->published.count;
}

const struct hf_range_delete *
hf_range_set_at(const struct hf_range_set *set, uint32_t index)
{
    HF_ASSERT(index < set->published.count);
    return &set->list[index].range;
}

uint64_t
hf_range_set_bytes(const struct hf_range_set *set)
{
    return set == NULL ? 0 : set->bytes;
}

/* ---- checking ---------------------------------------------------------------------------- */

/* From boundary to boundary, each of them found from the root. */
static const char *
check_tree(const struct node *root)
{
    const struct node *at, *next;

    for (find(root, hf_span(NULL, 0), &at); at != NULL; at = next) {
        if (find(root, at->key, &next) != at ||
            (next != NULL && hf_span_compare(at->key, next->key) >= 0))
            return "range set invariant 1: boundaries are not in their order";
        if ((at->left != NULL && at->left->priority > at->priority) ||
            (at->right != NULL && at->right->priority > at->priority))
            return "range set invariant 2: a child comes before its parent";
    }
    return NULL;
}

const char *
hf_range_set_check(const struct hf_range_set *set)
{
    for (uint32_t i = 1; i < set->published.count; i++) {
        if (set->list[i].range.version < set->list[i - 1].range.version)
            return "range set invariant 3: versions fall";
    }
    return check_tree(root_of(set, UINT64_MAX));
}
