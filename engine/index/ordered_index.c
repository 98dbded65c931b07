/*
 * ordered_index.c - a B+tree.
 *
 *                 inner   | edge 0 | edge 1 | edge 2 |         edge: first key, child
 *                             |        |        |
 *            +----------------+        |        +---------+
 *            v                         v                  v
 *   leaf  | e e e e |  <--->  | e e e . |  <--->  | e e . . |   entry: prefix, ref
 *
 * The first key of an edge separates its child from the child before it: it is the first key of
 * the child, and every key before is below. That of edge 0 is never looked at; the node above
 * has it. An inner node's level is known from the way down, so nodes do not tell.
 *
 * A put finds its leaf and notes the way. If nodes on it are full, all new nodes that the
 * splits will need are taken first, so that from the first change on nothing can fail. A split
 * leaves half on each side, except at the very end of the tree: there only the new entry goes
 * to the new leaf, and keys that arrive in order fill their leaves.
 *
 * A removal takes an empty node away and joins no others: keys that go in order take their
 * leaves along, and where they go at random new ones find room.
 */
#include "index/ordered_index.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/probe.h"
#include "base/span.h"

#include <string.h>

#define HEIGHT_MAX 40u /* with the least fanout, more leaves than memory has bytes */

struct entry {
    uint64_t prefix;
    uint64_t ref;
};

struct hf_ordered_leaf {
    struct hf_ordered_leaf *prev;
    struct hf_ordered_leaf *next;
    unsigned count;
    struct entry entries[];
};

struct edge {
    struct entry first;
    void *child; /* a leaf at height 1, an inner node above */
};

struct inner {
    unsigned count;
    struct edge edges[];
};

struct hf_ordered {
    struct hf_budget *budget;
    hf_ordered_key_fn *key_of;
    const void *context;
    unsigned fanout;
    unsigned height; /* inner nodes above each leaf */
    void *root;
    struct hf_ordered_leaf *last_leaf;
    uint64_t count;
    uint64_t bytes;
    uint64_t changes;
};

/* The way down to a leaf: path[h] is the inner node at height h, 1 just above the leaf. */
struct path {
    struct inner *inner[HEIGHT_MAX + 1];
    unsigned slot[HEIGHT_MAX + 1]; /* of the edge taken */
};

/* Nodes taken ahead of the splits that use them, lowest first. */
struct fresh {
    struct hf_ordered_leaf *leaf;
    struct inner *inner[HEIGHT_MAX + 1];
    unsigned inner_count;
};

/* A key with its prefix, made once a search. */
struct target {
    struct hf_span key;
    uint64_t prefix;
};

/* ---- nodes ------------------------------------------------------------------------------- */

static size_t
leaf_size(const struct hf_ordered *index)
{
    return sizeof(struct hf_ordered_leaf) + index->fanout * sizeof(struct entry);
}

static size_t
inner_size(const struct hf_ordered *index)
{
    return sizeof(struct inner) + index->fanout * sizeof(struct edge);
}

static struct hf_ordered_leaf *
take_leaf(struct hf_ordered *index)
{
    struct hf_ordered_leaf *leaf = hf_budget_alloc(index->budget, leaf_size(index));

    if (leaf == NULL)
        return NULL;
    *leaf = (struct hf_ordered_leaf){ .count = 0 };
    index->bytes += leaf_size(index);
    return leaf;
}

static struct inner *
take_inner(struct hf_ordered *index)
{
    struct inner *inner = hf_budget_alloc(index->budget, inner_size(index));

    if (inner == NULL)
        return NULL;
    inner->count = 0;
    index->bytes += inner_size(index);
    return inner;
}

static void
drop_node(struct hf_ordered *index, void *node, size_t size)
{
    if (node == NULL)
        return;
    hf_budget_free(index->budget, node, size);
    index->bytes -= size;
}

/* Recursion no deeper than HEIGHT_MAX. */
static void
drop_tree(struct hf_ordered *index, void *node, unsigned height)
{
    struct inner *inner = node;

    if (height == 0) {
        drop_node(index, node, leaf_size(index));
        return;
    }
    for (unsigned i = 0; i < inner->count; i++)
        drop_tree(index, inner->edges[i].child, height - 1);
    drop_node(index, inner, inner_size(index));
}

enum hf_err
hf_ordered_open(struct hf_ordered **out, struct hf_budget *budget, unsigned fanout,
                hf_ordered_key_fn *key_of, const void *context)
{
    struct hf_ordered *index;

    HF_ASSERT(fanout >= 4 && fanout <= 64);
    *out = NULL;
    index = hf_budget_alloc(budget, sizeof *index);
    if (index == NULL)
        return HF_ERR_NO_MEMORY;
    *index = (struct hf_ordered){ .budget = budget,
                                  .key_of = key_of,
                                  .context = context,
                                  .fanout = fanout,
                                  .bytes = sizeof *index };
    index->root = index->last_leaf = take_leaf(index);
    if (index->root == NULL) {
        hf_budget_free(budget, index, sizeof *index);
        return HF_ERR_NO_MEMORY;
    }
    *out = index;
    return HF_OK;
}

void
hf_ordered_close(struct hf_ordered *index)
{
    if (index == NULL)
        return;
    drop_tree(index, index->root, index->height);
    HF_ASSERT(index->bytes == sizeof *index);
    hf_budget_free(index->budget, index, sizeof *index);
}

/* ---- search ------------------------------------------------------------------------------ */

static struct target
target_of(struct hf_span key)
{
    return (struct target){ key, key.len == 0 ? 0 : hf_prefix_u64(key.at, key.len) };
}

/* As hf_span_compare of the target and the entry's key, which is fetched only on a tie. */
static int
compare(const struct hf_ordered *index, const struct target *target, const struct entry *entry)
{
    if (target->prefix != entry->prefix)
        return target->prefix < entry->prefix ? -1 : 1;
    return hf_span_compare(target->key, index->key_of(index->context, entry->ref));
}

/* The slot of the first entry at or above the target; *is_equal if it is the target's. */
static unsigned
search_leaf(const struct hf_ordered *index, const struct hf_ordered_leaf *leaf,
            const struct target *target, bool *is_equal)
{
    unsigned first = 0, limit = leaf->count;

    *is_equal = false;
    while (first < limit) {
        unsigned middle = (first + limit) / 2;
        int order = compare(index, target, &leaf->entries[middle]);

        if (order == 0) {
            *is_equal = true;
            return middle;
        }
        if (order < 0)
            limit = middle;
        else
            first = middle + 1;
    }
    return first;
}

/* The slot of the last edge that starts at or below the target. */
static unsigned
search_inner(const struct hf_ordered *index, const struct inner *inner,
             const struct target *target)
{
    unsigned first = 1, limit = inner->count;

    while (first < limit) {
        unsigned middle = (first + limit) / 2;

        if (compare(index, target, &inner->edges[middle].first) < 0)
            limit = middle;
        else
            first = middle + 1;
    }
    return first - 1;
}

/* The leaf where the target is or would be. `path` may be NULL. */
static struct hf_ordered_leaf *
descend(const struct hf_ordered *index, const struct target *target, struct path *path)
{
    void *node = index->root;

    for (unsigned height = index->height; height > 0; height--) {
        struct inner *inner = node;
        unsigned slot = search_inner(index, inner, target);

        if (path != NULL) {
            path->inner[height] = inner;
            path->slot[height] = slot;
        }
        node = inner->edges[slot].child;
    }
    return node;
}

/* ---- put --------------------------------------------------------------------------------- */

/* The next two put `what` at `slot`: all from there on moves up by one. There is room. */
static void
insert_entry(struct hf_ordered_leaf *leaf, unsigned slot, struct entry what)
{
    memmove(&leaf->entries[slot + 1], &leaf->entries[slot], (leaf->count - slot) * sizeof what);
    leaf->entries[slot] = what;
    leaf->count++;
}

static void
insert_edge(struct inner *inner, unsigned slot, struct edge what)
{
    memmove(&inner->edges[slot + 1], &inner->edges[slot], (inner->count - slot) * sizeof what);
    inner->edges[slot] = what;
    inner->count++;
}

static void
drop_fresh(struct hf_ordered *index, struct fresh *fresh)
{
    drop_node(index, fresh->leaf, leaf_size(index));
    while (fresh->inner_count > 0)
        drop_node(index, fresh->inner[--fresh->inner_count], inner_size(index));
}

/* All that the split of a full leaf will need: a node a full level, and a root on top. */
static enum hf_err
take_fresh(struct hf_ordered *index, const struct path *path, struct fresh *fresh)
{
    unsigned height = 1;
    unsigned needed;

    while (height <= index->height && path->inner[height]->count == index->fanout)
        height++;
    needed = height <= index->height ? height - 1 : height;
    HF_ASSERT(needed <= HEIGHT_MAX);

    *fresh = (struct fresh){ .leaf = take_leaf(index) };
    if (fresh->leaf == NULL)
        return HF_ERR_NO_MEMORY;
    while (fresh->inner_count < needed) {
        struct inner *inner = take_inner(index);

        if (inner == NULL) {
            drop_fresh(index, fresh);
            return HF_ERR_NO_MEMORY;
        }
        fresh->inner[fresh->inner_count++] = inner;
    }
    return HF_OK;
}

/*
 * Moves half of a full leaf into `upper`, the new one behind it. At the end of the tree nothing
 * moves. (To do so for any leaf that is appended to would give each of a series of descending
 * keys a leaf of its own.)
 */
static void
split_leaf(struct hf_ordered *index, struct hf_ordered_leaf *lower,
           struct hf_ordered_leaf *upper, bool is_append)
{
    unsigned cut = is_append ? lower->count : lower->count / 2;

    HF_MARK(ordered_split);
    upper->count = lower->count - cut;
    memcpy(upper->entries, &lower->entries[cut], upper->count * sizeof upper->entries[0]);
    lower->count = cut;
    upper->prev = lower;
    upper->next = lower->next;
    if (lower->next != NULL)
        lower->next->prev = upper;
    else
        index->last_leaf = upper;
    lower->next = upper;
}

static void
split_inner(struct inner *lower, struct inner *upper, bool is_append)
{
    unsigned cut = is_append ? lower->count : lower->count / 2;

    HF_MARK(ordered_split);
    upper->count = lower->count - cut;
    memcpy(upper->edges, &lower->edges[cut], upper->count * sizeof upper->edges[0]);
    lower->count = cut;
}

/* Puts a root with two children on top: the old one and that of `edge`. */
static void
add_root(struct hf_ordered *index, struct inner *root, struct edge edge)
{
    root->count = 2;
    root->edges[0] = (struct edge){ edge.first, index->root };
    root->edges[1] = edge;
    index->root = root;
    index->height++;
}

/* Tells the levels above of the new leaf behind the one on the path; splits what is full. */
static void
add_edges(struct hf_ordered *index, const struct path *path, const struct fresh *fresh)
{
    bool is_last = fresh->leaf->next == NULL;
    struct edge edge = { fresh->leaf->entries[0], fresh->leaf };
    unsigned used = 0;

    for (unsigned height = 1; height <= index->height; height++) {
        struct inner *lower = path->inner[height];
        unsigned slot = path->slot[height] + 1;
        struct inner *upper;

        if (lower->count < index->fanout) {
            insert_edge(lower, slot, edge);
            HF_ASSERT(used == fresh->inner_count);
            return;
        }
        upper = fresh->inner[used++];
        split_inner(lower, upper, is_last);
        if (slot < lower->count)
            insert_edge(lower, slot, edge);
        else
            insert_edge(upper, slot - lower->count, edge);
        edge = (struct edge){ upper->edges[0].first, upper };
    }
    HF_ASSERT(used + 1 == fresh->inner_count);
    add_root(index, fresh->inner[used], edge);
}

/* Puts `what` at the place in a full leaf, the one that `path` leads to. */
static enum hf_err
put_in_full(struct hf_ordered *index, struct hf_ordered_place place, const struct path *path,
            struct entry what)
{
    struct hf_ordered_leaf *lower = place.leaf;
    bool is_append = lower->next == NULL && place.slot == lower->count;
    struct fresh fresh;
    enum hf_err err = take_fresh(index, path, &fresh);

    if (err != HF_OK)
        return err;
    split_leaf(index, lower, fresh.leaf, is_append);
    if (place.slot < lower->count)
        insert_entry(lower, place.slot, what);
    else
        insert_entry(fresh.leaf, place.slot - lower->count, what);
    add_edges(index, path, &fresh);
    return HF_OK;
}

/* The first key below the node at `height` on the path is another one now, or elsewhere. */
static void
set_separator(const struct hf_ordered *index, const struct path *path, unsigned height,
              struct entry first)
{
    while (++height <= index->height) {
        if (path->slot[height] > 0) {
            path->inner[height]->edges[path->slot[height]].first = first;
            return;
        }
    }
}

enum hf_err
hf_ordered_put(struct hf_ordered *index, struct hf_span key, uint64_t ref)
{
    struct target target = target_of(key);
    struct path path;
    struct hf_ordered_leaf *leaf = descend(index, &target, &path);
    struct entry what = { target.prefix, ref };
    bool is_equal;
    unsigned slot = search_leaf(index, leaf, &target, &is_equal);

    if (is_equal) {
        leaf->entries[slot].ref = ref;
        if (slot == 0)
            set_separator(index, &path, 0, what);
        return HF_OK;
    }
    if (leaf->count < index->fanout) {
        insert_entry(leaf, slot, what);
    } else {
        enum hf_err err =
            put_in_full(index, (struct hf_ordered_place){ leaf, slot }, &path, what);
        if (err != HF_OK)
            return err;
    }
    index->count++;
    index->changes++;
    return HF_OK;
}

/* ---- remove ------------------------------------------------------------------------------ */

static void
unlink_leaf(struct hf_ordered *index, struct hf_ordered_leaf *leaf)
{
    if (leaf->prev != NULL)
        leaf->prev->next = leaf->next;
    if (leaf->next != NULL)
        leaf->next->prev = leaf->prev;
    else
        index->last_leaf = leaf->prev;
    drop_node(index, leaf, leaf_size(index));
}

/* The node below the edge taken at height 1 is gone: so is the edge, and each node that has
 * none left. Somewhere on the way up there is another edge. */
static void
remove_edges(struct hf_ordered *index, const struct path *path)
{
    unsigned height = 1;

    while (path->inner[height]->count == 1)
        drop_node(index, path->inner[height++], inner_size(index));
    HF_ASSERT(height <= index->height);
    struct inner *inner = path->inner[height];
    unsigned slot = path->slot[height];

    inner->count--;
    memmove(&inner->edges[slot], &inner->edges[slot + 1],
            (inner->count - slot) * sizeof inner->edges[0]);
    if (slot == 0)
        set_separator(index, path, height, inner->edges[0].first);
}

static void
drop_single_roots(struct hf_ordered *index)
{
    while (index->height > 0 && ((struct inner *)index->root)->count == 1) {
        struct inner *root = index->root;

        index->root = root->edges[0].child;
        index->height--;
        drop_node(index, root, inner_size(index));
    }
}

bool
hf_ordered_remove(struct hf_ordered *index, struct hf_span key)
{
    struct target target = target_of(key);
    struct path path;
    struct hf_ordered_leaf *leaf = descend(index, &target, &path);
    bool is_equal;
    unsigned slot = search_leaf(index, leaf, &target, &is_equal);

    if (!is_equal)
        return false;
    index->count--;
    index->changes++;
    leaf->count--;
    memmove(&leaf->entries[slot], &leaf->entries[slot + 1],
            (leaf->count - slot) * sizeof leaf->entries[0]);
    if (leaf->count == 0 && index->height > 0) {
        unlink_leaf(index, leaf);
        remove_edges(index, &path);
        drop_single_roots(index);
    } else if (leaf->count > 0 && slot == 0) {
        set_separator(index, &path, 0, leaf->entries[0]);
    }
    return true;
}

/* ---- places ------------------------------------------------------------------------------ */

static const struct hf_ordered_place the_end = { NULL, 0 };

/* The last entry of a leaf; the end if there is no leaf, or nothing in it. */
static struct hf_ordered_place
last_of(struct hf_ordered_leaf *leaf)
{
    if (leaf == NULL || leaf->count == 0)
        return the_end;
    return (struct hf_ordered_place){ leaf, leaf->count - 1 };
}

struct hf_ordered_place
hf_ordered_seek(const struct hf_ordered *index, struct hf_span key)
{
    struct target target = target_of(key);
    struct hf_ordered_leaf *leaf = descend(index, &target, NULL);
    bool is_equal;
    unsigned slot = search_leaf(index, leaf, &target, &is_equal);

    if (slot < leaf->count)
        return (struct hf_ordered_place){ leaf, slot };
    return (struct hf_ordered_place){ leaf->next, 0 };
}

struct hf_ordered_place
hf_ordered_seek_before(const struct hf_ordered *index, struct hf_span key)
{
    struct target target = target_of(key);
    struct hf_ordered_leaf *leaf;
    bool is_equal;
    unsigned slot;

    if (key.len == 0)
        return last_of(index->last_leaf);
    leaf = descend(index, &target, NULL);
    slot = search_leaf(index, leaf, &target, &is_equal);
    if (slot > 0)
        return (struct hf_ordered_place){ leaf, slot - 1 };
    return last_of(leaf->prev);
}

bool
hf_ordered_at_end(struct hf_ordered_place place)
{
    return place.leaf == NULL;
}

uint64_t
hf_ordered_ref(struct hf_ordered_place place)
{
    HF_ASSERT(place.leaf != NULL && place.slot < place.leaf->count);
    return place.leaf->entries[place.slot].ref;
}

struct hf_ordered_place
hf_ordered_next(struct hf_ordered_place place)
{
    HF_ASSERT(place.leaf != NULL);
    if (place.slot + 1 < place.leaf->count)
        return (struct hf_ordered_place){ place.leaf, place.slot + 1 };
    return (struct hf_ordered_place){ place.leaf->next, 0 };
}

struct hf_ordered_place
hf_ordered_prev(struct hf_ordered_place place)
{
    HF_ASSERT(place.leaf != NULL);
    if (place.slot > 0)
        return (struct hf_ordered_place){ place.leaf, place.slot - 1 };
    return last_of(place.leaf->prev);
}

uint64_t
hf_ordered_ref_ahead(struct hf_ordered_place place, unsigned distance, bool forward)
{
    const struct hf_ordered_leaf *leaf = place.leaf;
    const struct hf_ordered_leaf *beside = forward ? leaf->next : leaf->prev;
    unsigned rest = forward ? leaf->count - 1 - place.slot : place.slot; /* in this leaf */

    if (distance <= rest)
        return leaf->entries[forward ? place.slot + distance : place.slot - distance].ref;
    distance -= rest + 1;
    if (beside == NULL || distance >= beside->count)
        return 0;
    return beside->entries[forward ? distance : beside->count - 1 - distance].ref;
}

uint64_t
hf_ordered_count(const struct hf_ordered *index)
{
    return index->count;
}

uint64_t
hf_ordered_bytes(const struct hf_ordered *index)
{
    return index->bytes;
}

uint64_t
hf_ordered_changes(const struct hf_ordered *index)
{
    return index->changes;
}

/* ---- check: one walk in key order, which remembers what came before ---------------------- */

struct walk {
    const struct hf_ordered *index;
    const struct hf_ordered_leaf *leaf_before; /* NULL at the start */
    const struct entry *entry_before;          /* NULL at the start */
    uint64_t count;
};

static bool
is_prefix_true(const struct hf_ordered *index, const struct entry *entry)
{
    struct hf_span key = index->key_of(index->context, entry->ref);
    return key.len > 0 && hf_prefix_u64(key.at, key.len) == entry->prefix;
}

/* The order of two entries by their whole keys. */
static int
order_of(const struct hf_ordered *index, const struct entry *a, const struct entry *b)
{
    return hf_span_compare(index->key_of(index->context, a->ref),
                           index->key_of(index->context, b->ref));
}

static const char *
check_leaf(struct walk *walk, const struct hf_ordered_leaf *leaf)
{
    const struct hf_ordered *index = walk->index;

    if (leaf->prev != walk->leaf_before || (leaf->prev != NULL && leaf->prev->next != leaf))
        return "ordered index, invariant 1: the chain of leaves misses one";
    if (leaf->count > index->fanout || (leaf->count == 0 && index->height > 0))
        return "ordered index, invariant 4: a leaf is overfull or empty";
    for (unsigned i = 0; i < leaf->count; i++) {
        const struct entry *entry = &leaf->entries[i];

        if (!is_prefix_true(index, entry))
            return "ordered index, invariant 3: an entry has another key's prefix";
        if (walk->entry_before != NULL && order_of(index, walk->entry_before, entry) >= 0)
            return "ordered index, invariant 1: keys do not ascend";
        walk->entry_before = entry;
    }
    walk->leaf_before = leaf;
    walk->count += leaf->count;
    return NULL;
}

/*
 * Each separator lies above the entry that the walk saw last, and is the next one.
 * Recursion no deeper than HEIGHT_MAX.
 */
static const char *
check_node(struct walk *walk, const void *node, unsigned height, const struct entry *floor)
{
    const struct hf_ordered *index = walk->index;
    const struct hf_ordered_leaf *leaf = node;
    const struct inner *inner = node;
    const char *broken = NULL;

    if (height == 0) {
        if (floor != NULL && leaf->count > 0 && floor->ref != leaf->entries[0].ref)
            return "ordered index, invariant 2: a separator is not the first key of its child";
        return check_leaf(walk, leaf);
    }
    if (inner->count == 0 || inner->count > index->fanout)
        return "ordered index, invariant 4: an inner node is overfull or empty";
    for (unsigned i = 0; i < inner->count && broken == NULL; i++) {
        if (i > 0) {
            floor = &inner->edges[i].first;
            if (!is_prefix_true(index, floor))
                return "ordered index, invariant 3: a separator has another key's prefix";
            if (order_of(index, walk->entry_before, floor) >= 0)
                return "ordered index, invariant 2: a key reaches the separator above it";
        }
        broken = check_node(walk, inner->edges[i].child, height - 1, floor);
    }
    return broken;
}

const char *
hf_ordered_check(const struct hf_ordered *index)
{
    struct walk walk = { .index = index };
    const char *broken = check_node(&walk, index->root, index->height, NULL);

    if (broken != NULL)
        return broken;
    if (walk.leaf_before != index->last_leaf || index->last_leaf->next != NULL)
        return "ordered index, invariant 1: the chain of leaves does not end at the last";
    return walk.count == index->count ? NULL
                                      : "ordered index, invariant 4: count is not the sum";
}
