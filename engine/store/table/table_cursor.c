/*
 * table_cursor.c - moving over the entries of a table.
 *
 *    step[0]        root        [ .. | .. | c | .. ]
 *                                           |          an entry's key and version are the last
 *    step[1]        index       [ .. | e | .. ]        ones of the block that it leads to
 *                                      |
 *    step[depth]    data        [ .. | .. | x | .. ]   x: where the cursor stands
 *
 * So the first entry that is not before (key, version) is found by going down at each level by
 * the first index entry that is not before it, and it is always in the block that one arrives
 * at. Steps to the side go up to the first block with an entry beside, and down again.
 *
 * A block must lie between what the index says: its last entry is the one that led to it, its
 * first is behind the last one of the block before. So what a cursor shows is in order from one
 * end of the table to the other, whatever a file holds. Every index leads backward in the file,
 * so no walk circles.
 */
#include "base/assert.h"
#include "base/span.h"
#include "store/table/table_read.h"
#include "vfs/vfs_io.h"

/* ---- opening and closing ----------------------------------------------------------------- */

static uint64_t
aligned(uint64_t size)
{
    return (size + 7) & ~UINT64_C(7);
}

/* Of a private cursor: the bytes of a block as read, one loaded block a level, the window. */
static enum hf_err
take_memory(struct hf_table_cursor *cursor)
{
    const struct hf_table_meta *meta = &cursor->table->meta;
    uint64_t size =
        aligned(meta->block_size_max) + (meta->depth + 1) * aligned(meta->loaded_size_max);

    cursor->memory_size = size + cursor->env->read_ahead;
    cursor->memory = hf_budget_alloc(cursor->env->budget, cursor->memory_size);
    if (cursor->memory == NULL)
        return HF_ERR_NO_MEMORY;
    cursor->window = cursor->memory + size;
    return HF_OK;
}

enum hf_err
hf_table_cursor_open(struct hf_table_cursor *cursor, struct hf_table_env *env,
                     struct hf_table *table, bool is_private)
{
    cursor->env = env;
    cursor->table = table;
    cursor->is_private = is_private;
    cursor->at_end = true;
    for (uint32_t level = 0; level <= table->meta.depth; level++)
        cursor->step[level] = (struct hf_table_step){ .cached = NULL };
    cursor->memory = cursor->window = NULL;
    cursor->memory_size = cursor->window_off = cursor->window_len = 0;
    return is_private ? take_memory(cursor) : HF_OK;
}

static void
leave_block(struct hf_table_cursor *cursor, uint32_t level)
{
    struct hf_table_step *step = &cursor->step[level];

    step->block = NULL;
    if (step->cached == NULL)
        return;
    hf_cache_unpin(cursor->env->cache, step->cached);
    step->cached = NULL;
}

/* To no entry at all, holding nothing. */
static void
leave_all(struct hf_table_cursor *cursor)
{
    cursor->at_end = true;
    for (uint32_t level = 0; level <= cursor->table->meta.depth; level++)
        leave_block(cursor, level);
}

void
hf_table_cursor_close(struct hf_table_cursor *cursor)
{
    if (cursor->env == NULL)
        return;
    leave_all(cursor);
    hf_budget_free(cursor->env->budget, cursor->memory, cursor->memory_size);
    cursor->env = NULL;
}

/* ---- one block --------------------------------------------------------------------------- */

static struct hf_entry
step_entry(const struct hf_table_step *step)
{
    return hf_block_entry(step->block, step->index);
}

static int
compare(const struct hf_entry *a, const struct hf_entry *b)
{
    return hf_entry_compare(a->key, a->version, b->key, b->version);
}

/* Whether the block at `level` lies between what the index says. */
static bool
lies_between(const struct hf_table_cursor *cursor, uint32_t level)
{
    const struct hf_block *block = cursor->step[level].block;
    struct hf_entry led = step_entry(&cursor->step[level - 1]);
    struct hf_entry last = hf_block_entry(block, block->count - 1);

    if (compare(&last, &led) != 0)
        return false;
    while (level > 0 && cursor->step[level - 1].index == 0)
        level--;
    if (level == 0)
        return true; /* the first block of all of its level */
    const struct hf_table_step *step = &cursor->step[level - 1];
    struct hf_entry before = hf_block_entry(step->block, step->index - 1);
    struct hf_entry first = hf_block_entry(block, 0);
    return compare(&before, &first) < 0;
}

/* The same; what was found out of a block in the cache is not found out again. */
static bool
is_in_place(const struct hf_table_cursor *cursor, uint32_t level)
{
    struct hf_cached *cached = cursor->step[level].cached;

    if (level == 0)
        return true;
    const struct hf_table_step *above = &cursor->step[level - 1];
    if (cached != NULL && cached->led_off == above->place.off &&
        cached->led_index == above->index)
        return true;
    if (!lies_between(cursor, level))
        return false;
    if (cached != NULL) {
        cached->led_off = above->place.off;
        cached->led_index = above->index;
    }
    return true;
}

/* Data blocks follow each other: the window holds some of them, read at once. */
static bool
load_from_window(struct hf_table_cursor *cursor, const struct hf_block_want *want,
                 struct hf_block *block)
{
    uint64_t off = want->place.off, rest = cursor->table->meta.file_size - off;
    size_t len = cursor->env->read_ahead < rest ? cursor->env->read_ahead : (size_t)rest;

    if (want->place.size > len)
        return false;
    if (off < cursor->window_off ||
        off + want->place.size > cursor->window_off + cursor->window_len) {
        cursor->window_off = off;
        if (hf_vfs_read_full(cursor->table->file, off, cursor->window, len, &cursor->window_len,
                             NULL) != HF_OK)
            cursor->window_len = 0;
        if (want->place.size > cursor->window_len)
            return false;
    }
    struct hf_span in = hf_span(cursor->window + (off - cursor->window_off), want->place.size);
    return hf_table_load_from(cursor->table, want, in, block);
}

/* What the window does not have, or not right, is read by itself: that says what is wrong. */
static enum hf_err
load_private(struct hf_table_cursor *cursor, uint32_t level, const struct hf_block_want *want,
             struct hf_detail *detail)
{
    const struct hf_table_meta *meta = &cursor->table->meta;
    uint64_t off = aligned(meta->block_size_max) + level * aligned(meta->loaded_size_max);
    struct hf_block *block = (struct hf_block *)(cursor->memory + off);
    enum hf_err err = HF_OK;

    if (level != meta->depth || !load_from_window(cursor, want, block))
        err = hf_table_load(cursor->table, want, cursor->memory, block, detail);
    if (err == HF_OK)
        cursor->step[level].block = block;
    return err;
}

static enum hf_err
load_shared(struct hf_table_cursor *cursor, uint32_t level, const struct hf_block_want *want,
            struct hf_detail *detail)
{
    struct hf_table_step *step = &cursor->step[level];
    enum hf_err err = hf_table_cached(&step->cached, cursor->env, cursor->table, want, detail);

    if (err == HF_OK)
        step->block = hf_cached_block(step->cached);
    return err;
}

/* Where the block at `level` is: what the level above says. */
static enum hf_err
find_block(const struct hf_table_cursor *cursor, uint32_t level, struct hf_block_place *place,
           struct hf_detail *detail)
{
    *place = cursor->table->meta.root;
    if (level == 0)
        return HF_OK;
    const struct hf_table_step *above = &cursor->step[level - 1];
    struct hf_span value = step_entry(above).value;
    if (hf_block_place_decode(place, value, above->place.off) == HF_TABLE_GOOD)
        return HF_OK;
    return hf_table_corrupt(cursor->table, above->place.off,
                            "the index leads to no possible place", detail);
}

/* Loads the block at `level` that those above lead to, unless it is there already. */
static enum hf_err
enter(struct hf_table_cursor *cursor, uint32_t level, struct hf_detail *detail)
{
    struct hf_table_step *step = &cursor->step[level];
    struct hf_block_want want = {
        .kind = level == cursor->table->meta.depth ? HF_BLOCK_DATA : HF_BLOCK_INDEX,
    };
    enum hf_err err = find_block(cursor, level, &want.place, detail);

    if (err != HF_OK)
        return err;
    if (step->block == NULL || step->place.off != want.place.off) {
        leave_block(cursor, level);
        step->place = want.place;
        err = cursor->is_private ? load_private(cursor, level, &want, detail)
                                 : load_shared(cursor, level, &want, detail);
        if (err != HF_OK)
            return err;
    }
    if (!is_in_place(cursor, level))
        return hf_table_corrupt(cursor->table, want.place.off,
                                "a block's entries are not those that the index says", detail);
    return HF_OK;
}

/* ---- going down -------------------------------------------------------------------------- */

/* Where to go: to the first entry there is, to the last, or to (key, version). */
struct target {
    enum { TO_FIRST, TO_LAST, TO_ENTRY } where;
    struct hf_span key;
    uint64_t version;
};

static uint32_t
pick(const struct hf_block *block, const struct target *target)
{
    switch (target->where) {
    case TO_FIRST:
        return 0;
    case TO_LAST:
        return block->count - 1;
    case TO_ENTRY:
        break;
    }
    return hf_block_seek(block, target->key, target->version);
}

/* From `level` on down to an entry. Past the last entry of the root, and after an error, the
 * cursor is at the end. */
static enum hf_err
descend(struct hf_table_cursor *cursor, uint32_t level, const struct target *target,
        struct hf_detail *detail)
{
    enum hf_err err;

    for (;; level++) {
        struct hf_table_step *step = &cursor->step[level];
        err = enter(cursor, level, detail);
        if (err != HF_OK)
            break;
        step->index = pick(step->block, target);
        if (step->index == step->block->count) {
            HF_ASSERT(level == 0); /* further down the last entry is the one that led here */
            break;
        }
        if (level == cursor->table->meta.depth) {
            cursor->at_end = false;
            return HF_OK;
        }
    }
    leave_all(cursor);
    return err;
}

enum hf_err
hf_table_cursor_seek(struct hf_table_cursor *cursor, struct hf_span key, uint64_t version,
                     struct hf_detail *detail)
{
    struct target target = { TO_ENTRY, key, version };

    if (key.len == 0)
        target.where = TO_FIRST;
    return descend(cursor, 0, &target, detail);
}

enum hf_err
hf_table_cursor_seek_before(struct hf_table_cursor *cursor, struct hf_span key,
                            uint64_t version, struct hf_detail *detail)
{
    struct target last = { .where = TO_LAST };

    if (key.len > 0) {
        enum hf_err err = hf_table_cursor_seek(cursor, key, version, detail);
        if (err != HF_OK)
            return err;
        if (!cursor->at_end)
            return hf_table_cursor_prev(cursor, detail);
    }
    return descend(cursor, 0, &last, detail);
}

/* ---- to the side ------------------------------------------------------------------------- */

enum hf_err
hf_table_cursor_next(struct hf_table_cursor *cursor, struct hf_detail *detail)
{
    static const struct target first = { .where = TO_FIRST };
    uint32_t depth = cursor->table->meta.depth;

    HF_ASSERT(!cursor->at_end);
    for (uint32_t level = depth + 1; level-- > 0;) {
        struct hf_table_step *step = &cursor->step[level];
        if (step->index + 1 == step->block->count)
            continue;
        step->index++;
        return level == depth ? HF_OK : descend(cursor, level + 1, &first, detail);
    }
    leave_all(cursor);
    return HF_OK;
}

enum hf_err
hf_table_cursor_prev(struct hf_table_cursor *cursor, struct hf_detail *detail)
{
    static const struct target last = { .where = TO_LAST };
    uint32_t depth = cursor->table->meta.depth;

    HF_ASSERT(!cursor->at_end);
    for (uint32_t level = depth + 1; level-- > 0;) {
        struct hf_table_step *step = &cursor->step[level];
        if (step->index == 0)
            continue;
        step->index--;
        return level == depth ? HF_OK : descend(cursor, level + 1, &last, detail);
    }
    leave_all(cursor);
    return HF_OK;
}

bool
hf_table_cursor_is_newest(const struct hf_table_cursor *cursor)
{
    struct hf_span key = hf_table_cursor_entry(cursor).key;

    for (uint32_t level = cursor->table->meta.depth + 1; level-- > 0;) {
        const struct hf_table_step *step = &cursor->step[level];
        if (step->index > 0)
            return !hf_span_equal(hf_block_entry(step->block, step->index - 1).key, key);
    }
    return true; /* the first of all */
}
