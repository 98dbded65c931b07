/*
 * source.c - a memtable, or one level of tables, as one sorted stream.
 *
 * In a memtable the ordered index leads from key to key, and links lead from a version to the
 * one before it. In tables all versions of a key follow each other, newest first: going on to
 * the next key means passing the older ones; going back means arriving at the oldest one, and
 * looking from there for the one to show. The block that holds the key on which such a walk
 * depends is pinned until it is over.
 */
#include "store/merge/source.h"

#include "base/assert.h"
#include "store/catalog.h"

#define FETCH_DISTANCE 8u /* entries; what comes from far away has come by then */

/* ---- memtables --------------------------------------------------------------------------- */

void
hf_source_open_memtable(struct hf_source *source, struct hf_memtable *memtable,
                        uint64_t version)
{
    *source = (struct hf_source){
        .at_end = true,
        .shows_all = version == UINT64_MAX,
        .version = version,
        .memtable = memtable,
    };
}

static void
show_ref(struct hf_source *source, uint64_t ref)
{
    source->ref = ref;
    source->entry = hf_memtable_entry(source->memtable, ref);
    source->at_end = false;
}

/* Asks ahead for what the entry `distance` places from here refers to: in the log keys stand in
 * the order of commits, so each is far from the one before, and a scan is mostly waiting. */
static void
fetch_ahead(const struct hf_source *source, struct hf_ordered_place place, unsigned distance,
            bool forward)
{
    uint64_t ref = hf_ordered_ref_ahead(place, distance, forward);

    if (ref != 0)
        hf_memtable_prefetch(source->memtable, ref);
}

/* Shows the first key, from `place` on in the direction given, that has an entry to show. */
static void
show_place(struct hf_source *source, struct hf_ordered_place place, bool forward)
{
    source->at_end = true;
    for (; !hf_ordered_at_end(place);
         place = forward ? hf_ordered_next(place) : hf_ordered_prev(place)) {
        uint64_t ref =
            hf_memtable_ref_as_of(source->memtable, hf_ordered_ref(place), source->version);
        if (ref == 0)
            continue;
        fetch_ahead(source, place, FETCH_DISTANCE, forward);
        source->place = place;
        source->changes = hf_ordered_changes(source->memtable->ordered);
        show_ref(source, ref);
        return;
    }
}

/* The same where a scan begins: nothing was asked for yet. */
static void
start_at(struct hf_source *source, struct hf_ordered_place place, bool forward)
{
    for (unsigned i = 0; i < FETCH_DISTANCE && !hf_ordered_at_end(place); i++)
        fetch_ahead(source, place, i, forward);
    show_place(source, place, forward);
}

/* The places behind and before that of the entry shown: found anew if the index has changed.
 * The key itself may be gone, where it was a delete that memory mode has dropped. */
static struct hf_ordered_place
place_behind(const struct hf_source *source)
{
    const struct hf_memtable *memtable = source->memtable;
    struct hf_ordered_place place;

    if (source->changes == hf_ordered_changes(memtable->ordered))
        return hf_ordered_next(source->place);
    place = hf_ordered_seek(memtable->ordered, source->entry.key);
    if (!hf_ordered_at_end(place) &&
        hf_span_equal(hf_memtable_entry(memtable, hf_ordered_ref(place)).key,
                      source->entry.key))
        place = hf_ordered_next(place);
    return place;
}

static struct hf_ordered_place
place_before(const struct hf_source *source)
{
    const struct hf_ordered *ordered = source->memtable->ordered;

    if (source->changes == hf_ordered_changes(ordered))
        return hf_ordered_prev(source->place);
    return hf_ordered_seek_before(ordered, source->entry.key);
}

static void
next_in_memtable(struct hf_source *source)
{
    if (source->shows_all) {
        uint64_t ref = hf_memtable_ref_older(source->memtable, source->ref);
        if (ref != 0) {
            show_ref(source, ref);
            return;
        }
    }
    show_place(source, place_behind(source), true);
}

/* ---- tables ------------------------------------------------------------------------------ */

enum hf_err
hf_source_open_tables(struct hf_source *source, struct hf_table_env *env,
                      struct hf_table *const *tables, uint32_t count, uint64_t version,
                      bool is_private)
{
    uint32_t cursors = is_private ? count : 1;
    enum hf_err err = HF_OK;

    *source = (struct hf_source){
        .at_end = true,
        .shows_all = is_private,
        .version = version,
        .tables = tables,
        .table_count = count,
        .env = env,
        .cursors_size = cursors * sizeof *source->cursors,
    };
    source->cursors = hf_budget_alloc(env->budget, source->cursors_size);
    if (source->cursors == NULL)
        return HF_ERR_NO_MEMORY;
    memset(source->cursors, 0, source->cursors_size);
    for (uint32_t i = 0; err == HF_OK && is_private && i < count; i++)
        err = hf_table_cursor_open(&source->cursors[i], env, tables[i], true);
    if (err != HF_OK)
        hf_source_close(source);
    return err;
}

void
hf_source_close(struct hf_source *source)
{
    uint32_t cursors = source->shows_all ? source->table_count : 1;

    if (source->cursors != NULL) {
        for (uint32_t i = 0; i < cursors; i++)
            hf_table_cursor_close(&source->cursors[i]);
        hf_budget_free(source->env->budget, source->cursors, source->cursors_size);
    }
    *source = (struct hf_source){ .at_end = true };
}

static struct hf_table_cursor *
cursor_of(struct hf_source *source)
{
    return &source->cursors[source->shows_all ? source->table_index : 0];
}

/* Goes over to a table; the cursor is then nowhere in it. */
static enum hf_err
use_table(struct hf_source *source, uint32_t index)
{
    source->table_index = index;
    if (source->shows_all)
        return HF_OK;
    hf_table_cursor_close(&source->cursors[0]);
    return hf_table_cursor_open(&source->cursors[0], source->env, source->tables[index], false);
}

/* Past the end of a table: to the first entry of the next one. */
static enum hf_err
pass_end(struct hf_source *source, enum hf_err err, struct hf_detail *detail)
{
    if (err != HF_OK || !cursor_of(source)->at_end ||
        source->table_index + 1 == source->table_count)
        return err;
    err = use_table(source, source->table_index + 1);
    if (err != HF_OK)
        return err;
    return hf_table_cursor_seek(cursor_of(source), hf_span(NULL, 0), UINT64_MAX, detail);
}

/* Past the beginning: to the last entry of the one before. */
static enum hf_err
pass_beginning(struct hf_source *source, enum hf_err err, struct hf_detail *detail)
{
    if (err != HF_OK || !cursor_of(source)->at_end || source->table_index == 0)
        return err;
    err = use_table(source, source->table_index - 1);
    if (err != HF_OK)
        return err;
    return hf_table_cursor_seek_before(cursor_of(source), hf_span(NULL, 0), 0, detail);
}

static enum hf_err
step_forward(struct hf_source *source, struct hf_detail *detail)
{
    return pass_end(source, hf_table_cursor_next(cursor_of(source), detail), detail);
}

static enum hf_err
step_back(struct hf_source *source, struct hf_detail *detail)
{
    return pass_beginning(source, hf_table_cursor_prev(cursor_of(source), detail), detail);
}

/* The block that the current entry stands in, pinned; NULL for a private cursor. */
static struct hf_cached *
pin_current(const struct hf_table_cursor *cursor)
{
    struct hf_cached *cached = cursor->step[cursor->table->meta.depth].cached;

    if (cached != NULL)
        hf_cache_pin(cached);
    return cached;
}

/* Steps back until the key is another one. */
static enum hf_err
leave_key(struct hf_source *source, struct hf_detail *detail)
{
    struct hf_entry entry = hf_table_cursor_entry(cursor_of(source));
    struct hf_cached *pin = pin_current(cursor_of(source));
    enum hf_err err;

    do {
        err = step_back(source, detail);
    } while (err == HF_OK && !cursor_of(source)->at_end &&
             hf_span_equal(hf_table_cursor_entry(cursor_of(source)).key, entry.key));
    hf_cache_unpin(source->env->cache, pin);
    return err;
}

static enum hf_err
show_cursor(struct hf_source *source, enum hf_err err)
{
    source->at_end = err != HF_OK || cursor_of(source)->at_end;
    if (!source->at_end)
        source->entry = hf_table_cursor_entry(cursor_of(source));
    return err;
}

/* Passes entries that are too new for the view. */
static enum hf_err
settle_forward(struct hf_source *source, enum hf_err err, struct hf_detail *detail)
{
    while (err == HF_OK && !cursor_of(source)->at_end &&
           hf_table_cursor_entry(cursor_of(source)).version > source->version)
        err = step_forward(source, detail);
    return show_cursor(source, err);
}

/* The cursor is on the oldest entry of a key: goes to the one to show, or to a key before. */
static enum hf_err
settle_back(struct hf_source *source, enum hf_err err, struct hf_detail *detail)
{
    struct hf_table_cursor *cursor = cursor_of(source);

    while (err == HF_OK && !cursor->at_end &&
           hf_table_cursor_entry(cursor).version > source->version)
        err = leave_key(source, detail);
    if (err == HF_OK && !cursor->at_end && !hf_table_cursor_is_newest(cursor)) {
        struct hf_entry entry = hf_table_cursor_entry(cursor);
        struct hf_cached *pin = pin_current(cursor);
        err = hf_table_cursor_seek(cursor, entry.key, source->version, detail);
        hf_cache_unpin(source->env->cache, pin);
    }
    return show_cursor(source, err);
}

/* From the last entry of a block to the next one to show. What was shown tells the key to
 * leave, and stays in place while its block is pinned. */
static enum hf_err
next_in_blocks(struct hf_source *source, struct hf_span shown, struct hf_detail *detail)
{
    struct hf_cached *pin = pin_current(cursor_of(source));
    enum hf_err err;

    do {
        err = step_forward(source, detail);
        if (err != HF_OK || cursor_of(source)->at_end)
            break;
        source->entry = hf_table_cursor_entry(cursor_of(source));
    } while (source->entry.version > source->version ||
             hf_span_equal(source->entry.key, shown));
    hf_cache_unpin(source->env->cache, pin);
    source->at_end = err != HF_OK || cursor_of(source)->at_end;
    return err;
}

/*
 * To the next key that has an entry to show. The loops above would do, each decoding the entry
 * anew; this is what a scan spends its time on. Mostly it is in the block where the cursor
 * stands: there nothing is pinned, and a key is told by its place.
 */
static enum hf_err
next_in_tables(struct hf_source *source, struct hf_detail *detail)
{
    struct hf_table_cursor *cursor = cursor_of(source);
    struct hf_span shown = source->entry.key;

    while (hf_table_cursor_step(cursor)) {
        source->entry = hf_table_cursor_entry(cursor);
        if (source->entry.key.at != shown.at && source->entry.version <= source->version)
            return HF_OK;
    }
    return next_in_blocks(source, shown, detail);
}

static enum hf_err
seek_tables(struct hf_source *source, struct hf_span key, struct hf_detail *detail)
{
    uint32_t index = 0;

    source->at_end = true;
    if (key.len > 0)
        index = hf_catalog_seek(source->tables, source->table_count, key);
    if (index == source->table_count)
        return HF_OK;
    uint64_t version = key.len > 0 && !source->shows_all ? source->version : UINT64_MAX;
    enum hf_err err = use_table(source, index);
    if (err == HF_OK)
        err = hf_table_cursor_seek(cursor_of(source), key, version, detail);
    /* At the end if the last key's versions are all too new. */
    return settle_forward(source, pass_end(source, err, detail), detail);
}

static enum hf_err
seek_tables_before(struct hf_source *source, struct hf_span key, struct hf_detail *detail)
{
    uint32_t index = source->table_count;
    enum hf_err err;

    source->at_end = true;
    if (key.len > 0)
        index = hf_catalog_seek(source->tables, source->table_count, key);
    if (index == source->table_count) {
        index--;
        key = hf_span(NULL, 0);
    }
    err = use_table(source, index);
    if (err == HF_OK)
        err = hf_table_cursor_seek_before(cursor_of(source), key, UINT64_MAX, detail);
    return settle_back(source, pass_beginning(source, err, detail), detail);
}

/* ---- either ------------------------------------------------------------------------------ */

enum hf_err
hf_source_seek(struct hf_source *source, struct hf_span key, struct hf_detail *detail)
{
    if (source->memtable == NULL)
        return seek_tables(source, key, detail);
    start_at(source, hf_ordered_seek(source->memtable->ordered, key), true);
    return HF_OK;
}

enum hf_err
hf_source_seek_before(struct hf_source *source, struct hf_span key, struct hf_detail *detail)
{
    HF_ASSERT(!source->shows_all);
    if (source->memtable == NULL)
        return seek_tables_before(source, key, detail);
    start_at(source, hf_ordered_seek_before(source->memtable->ordered, key), false);
    return HF_OK;
}

enum hf_err
hf_source_next(struct hf_source *source, struct hf_detail *detail)
{
    HF_ASSERT(!source->at_end);
    if (source->memtable != NULL) {
        next_in_memtable(source);
        return HF_OK;
    }
    if (source->shows_all)
        return show_cursor(source, step_forward(source, detail));
    return next_in_tables(source, detail);
}

enum hf_err
hf_source_prev(struct hf_source *source, struct hf_detail *detail)
{
    HF_ASSERT(!source->at_end && !source->shows_all);
    if (source->memtable != NULL) {
        show_place(source, place_before(source), false);
        return HF_OK;
    }
    return settle_back(source, leave_key(source, detail), detail);
}
