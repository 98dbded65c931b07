/*
 * iter.c - the keys of a range, one by one, as one view sees them.
 *
 * One source for each memtable, each table of level 0 and each further level with tables; the
 * first key over all of them is next, and of equal keys the newest source has the say. An item
 * lives until the next call: only then the iterator moves on and lets go of blocks.
 *
 * Keys that a range covers are passed one by one at first; a few in a row, and sources that
 * have nothing newer than the range go past it at once.
 *
 * The ordered indexes of the memtables are brought up to date when the iterator opens:
 * everything that its view can see is then in them.
 */
#include "store/read.h"

#include "base/assert.h"
#include "base/probe.h"
#include "base/span.h"
#include "base/timing.h"
#include "store/merge/source.h"

#define COVERED_STEPS 8u      /* in a row, before covered keys are worth a search */
#define CATCH_UP_FRAMES 4096u /* read with the lock held; then others may go first */

struct hf_iter {
    struct hf_view *view;
    struct hf_range range;     /* its bounds are in `bounds` */
    struct hf_source *sources; /* newest first */
    uint32_t source_count;
    size_t sources_size;
    struct hf_source *alone; /* the only one that is not at its end; NULL: there are more */
    uint64_t since;          /* tables without a version above it are left out */
    bool has_ranges;         /* that may cover what the sources show */
    bool is_placed;          /* the sources stand somewhere */
    enum hf_err err;         /* sticky */
    size_t size;             /* of this area */
    uint8_t bounds[];
};

/* ---- opening ----------------------------------------------------------------------------- */

/* Lets the ordered indexes read the log up to its end, in pieces. */
static enum hf_err
bring_up_to_date(struct hf_db *db, const struct hf_catalog *catalog)
{
    uint64_t began = hf_env_mono_ns(), pause;
    enum hf_err err = HF_OK;

    for (uint32_t i = 0; err == HF_OK && i < catalog->memtable_count; i++) {
        bool behind = true;
        while (err == HF_OK && behind) {
            db->budget.over = UINT64_MAX;
            err = hf_memtable_catch_up(catalog->memtables[i], CATCH_UP_FRAMES, &behind);
            db->budget.over = 0;
            if (behind) {
                hf_db_unlock(db);
                hf_db_lock(db);
            }
        }
    }
    pause = hf_env_mono_ns() - began;
    db->stats.index_pause_ns_last = pause;
    if (pause > db->stats.index_pause_ns_max)
        db->stats.index_pause_ns_max = pause;
    return err;
}

/* How many tables from tables[first] on one source takes: on level 0 keys overlap. */
static uint32_t
run_length(const struct hf_iter *iter, uint32_t level, uint32_t first)
{
    uint32_t count, limit = first;
    struct hf_table *const *tables = hf_catalog_level(iter->view->catalog, level, &count);

    while (limit < count && tables[limit]->info.version_max > iter->since) {
        limit++;
        if (level == 0)
            break;
    }
    return limit - first;
}

static enum hf_err
open_level(struct hf_iter *iter, uint32_t level)
{
    const struct hf_view *view = iter->view;
    uint32_t count, run;
    struct hf_table *const *tables = hf_catalog_level(view->catalog, level, &count);
    enum hf_err err = HF_OK;

    for (uint32_t i = 0; err == HF_OK && i < count; i += run) {
        run = run_length(iter, level, i);
        if (run == 0) {
            run = 1; /* nothing in this one */
            continue;
        }
        err = hf_source_open_tables(&iter->sources[iter->source_count], &view->db->tables,
                                    tables + i, run, view->version, false);
        iter->source_count += err == HF_OK;
    }
    return err;
}

static enum hf_err
open_sources(struct hf_iter *iter)
{
    struct hf_db *db = iter->view->db;
    const struct hf_catalog *catalog = iter->view->catalog;
    uint32_t most = catalog->memtable_count + catalog->table_count;
    enum hf_err err = bring_up_to_date(db, catalog);

    if (err != HF_OK)
        return err;
    iter->sources_size = most * sizeof *iter->sources;
    db->budget.over = UINT64_MAX;
    iter->sources = hf_budget_alloc(&db->budget, iter->sources_size);
    if (iter->sources == NULL)
        err = HF_ERR_NO_MEMORY;
    for (uint32_t i = 0; err == HF_OK && i < catalog->memtable_count; i++)
        hf_source_open_memtable(&iter->sources[iter->source_count++], catalog->memtables[i],
                                iter->view->version);
    for (uint32_t level = 0; err == HF_OK && level < HF_LEVELS; level++)
        err = open_level(iter, level);
    db->budget.over = 0;
    return err;
}

static void
copy_bounds(struct hf_iter *iter, const struct hf_range *range)
{
    iter->range = *range;
    iter->range.from.at =
        memcpy(iter->bounds, range->from.len ? range->from.at : "", range->from.len);
    iter->range.limit.at = memcpy(iter->bounds + range->from.len,
                                  range->limit.len ? range->limit.at : "", range->limit.len);
}

static void
release(struct hf_iter *iter)
{
    struct hf_budget *budget = &iter->view->db->budget;

    for (uint32_t i = 0; i < iter->source_count; i++)
        hf_source_close(&iter->sources[i]);
    hf_budget_free(budget, iter->sources, iter->sources_size);
    hf_budget_free(budget, iter, iter->size);
}

static enum hf_err
open_iter(struct hf_iter **out, struct hf_view *view, const struct hf_range *range,
          uint64_t since)
{
    struct hf_db *db = view->db;
    struct hf_detail detail = { "" };
    struct hf_iter *iter;
    enum hf_err err = HF_ERR_NO_MEMORY;

    *out = NULL;
    size_t size = sizeof *iter + range->from.len + range->limit.len;
    hf_db_lock(db);
    db->budget.over = UINT64_MAX; /* reads go on at the memory limit */
    iter = hf_budget_alloc(&db->budget, size);
    db->budget.over = 0;
    if (iter != NULL) {
        *iter = (struct hf_iter){ .view = view, .size = size, .since = since };
        iter->has_ranges = hf_read_has_ranges(view->catalog);
        copy_bounds(iter, range);
        err = open_sources(iter);
        if (err == HF_OK)
            view->iterators++;
        else
            release(iter);
    }
    if (err == HF_OK) {
        *out = iter;
    } else {
        hf_detail_set(&detail, err, "no memory for an iterator and its index");
        err = hf_db_tell(db, err, &detail);
    }
    hf_db_unlock(db);
    return err;
}

enum hf_err
hf_iter_open(struct hf_iter **out, struct hf_view *view, const struct hf_range *range)
{
    static const struct hf_range all;

    return open_iter(out, view, range == NULL ? &all : range, 0);
}

enum hf_err
hf_iter_open_since(struct hf_iter **out, struct hf_view *view, uint64_t since)
{
    static const struct hf_range all;

    return open_iter(out, view, &all, since);
}

void
hf_iter_close(struct hf_iter *iter)
{
    if (iter == NULL)
        return;
    struct hf_db *db = iter->view->db;

    hf_db_lock(db);
    iter->view->iterators--;
    release(iter);
    hf_db_unlock(db);
}

/* ---- moving ------------------------------------------------------------------------------ */

/* Sets all sources to the first key >= `start`, or in reverse to the last key < `start`. */
static enum hf_err
place_all(struct hf_iter *iter, struct hf_span start, struct hf_detail *detail)
{
    enum hf_err err = HF_OK;

    iter->alone = NULL;
    for (uint32_t i = 0; err == HF_OK && i < iter->source_count; i++) {
        struct hf_source *source = &iter->sources[i];
        source->was_given = false;
        err = iter->range.reverse ? hf_source_seek_before(source, start, detail)
                                  : hf_source_seek(source, start, detail);
    }
    iter->is_placed = true;
    return err;
}

/* Moves a source that stands on the key given out last. */
static inline enum hf_err
leave_given(const struct hf_iter *iter, struct hf_source *source, struct hf_detail *detail)
{
    if (!source->was_given)
        return HF_OK;
    source->was_given = false;
    return iter->range.reverse ? hf_source_prev(source, detail)
                               : hf_source_next(source, detail);
}

static enum hf_err
leave_last(struct hf_iter *iter, struct hf_detail *detail)
{
    enum hf_err err = HF_OK;

    for (uint32_t i = 0; err == HF_OK && i < iter->source_count; i++)
        err = leave_given(iter, &iter->sources[i], detail);
    return err;
}

static bool
is_outside(const struct hf_range *range, struct hf_span key)
{
    if (range->reverse)
        return range->from.len > 0 && hf_span_compare(key, range->from) < 0;
    return range->limit.len > 0 && hf_span_compare(key, range->limit) >= 0;
}

/* The source with the next key; of equal keys the newest. NULL: the range is at its end. A
 * source at its end stays there, so one that is alone is so until all are placed anew. */
static const struct hf_source *
pick(struct hf_iter *iter)
{
    struct hf_source *best = NULL;
    uint32_t count = 0;

    for (uint32_t i = 0; i < iter->source_count; i++) {
        struct hf_source *source = &iter->sources[i];
        if (source->at_end)
            continue;
        int order = best == NULL ? -1 : hf_span_compare(source->entry.key, best->entry.key);
        if (best == NULL || (iter->range.reverse ? order > 0 : order < 0))
            best = source;
        count++;
    }
    if (count == 1)
        iter->alone = best;
    return best == NULL || is_outside(&iter->range, best->entry.key) ? NULL : best;
}

/* Notes which sources stand on the key that `given` does. */
static void
note_given(struct hf_iter *iter, const struct hf_source *given)
{
    for (uint32_t i = 0; i < iter->source_count; i++) {
        struct hf_source *source = &iter->sources[i];
        source->was_given =
            source == given ||
            (!source->at_end && hf_span_equal(source->entry.key, given->entry.key));
    }
}

/* Where one source is left nothing is compared. */
static inline enum hf_err
step_alone(struct hf_iter *iter, const struct hf_entry **found, struct hf_detail *detail)
{
    struct hf_source *source = iter->alone;
    enum hf_err err = leave_given(iter, source, detail);

    if (err != HF_OK)
        return err;
    if (source->at_end || is_outside(&iter->range, source->entry.key))
        return HF_ERR_NOT_FOUND;
    source->was_given = true;
    *found = &source->entry;
    return HF_OK;
}

/* To the next key. *found points into a source, until the next call. NOT_FOUND: the end. */
static enum hf_err
step(struct hf_iter *iter, const struct hf_entry **found, struct hf_detail *detail)
{
    const struct hf_range *range = &iter->range;
    enum hf_err err = HF_OK;

    if (iter->alone != NULL)
        return step_alone(iter, found, detail);
    if (!iter->is_placed)
        err = place_all(iter, range->reverse ? range->limit : range->from, detail);
    if (err == HF_OK)
        err = leave_last(iter, detail);
    const struct hf_source *source = err == HF_OK ? pick(iter) : NULL;
    if (source == NULL)
        return err == HF_OK ? HF_ERR_NOT_FOUND : err;
    note_given(iter, source);
    *found = &source->entry;
    return HF_OK;
}

/* ---- past what ranges cover -------------------------------------------------------------- */

/* The keys around `key` that have the same newest range, the one of version `cover`. Its bounds
 * stay as long as the view. */
static struct hf_fragment
covered_around(const struct hf_view *view, struct hf_span key, uint64_t cover)
{
    const struct hf_catalog *catalog = view->catalog;
    uint32_t count = catalog->memtable_count + catalog->ranged_count;
    struct hf_fragment fragment = { .version = 0 };

    for (uint32_t i = 0; fragment.version != cover && i < count; i++) {
        const struct hf_range_set *set =
            i < catalog->memtable_count ? catalog->memtables[i]->ranges
                                        : catalog->ranged[i - catalog->memtable_count]->ranges;
        if (set != NULL)
            fragment = hf_range_set_fragment(set, key, view->version);
    }
    HF_ASSERT(fragment.version == cover);
    return fragment;
}

/* Whether a table of the source has nothing newer than the range. */
static bool
is_older(const struct hf_source *source, uint32_t index, const struct hf_fragment *covered)
{
    return source->tables[index]->info.version_max < covered->version;
}

static bool
ends_within(const struct hf_table *table, const struct hf_fragment *covered)
{
    return covered->to.len == 0 || hf_table_ends_before(&table->info, covered->to);
}

/*
 * How far a source of tables may go: past all tables with nothing newer than the range, up to
 * the end of what is covered. False: the table that it stands in has something newer.
 */
static bool
limit_forward(const struct hf_source *source, const struct hf_fragment *covered,
              struct hf_span *limit)
{
    uint32_t i = source->table_index;

    while (i < source->table_count && is_older(source, i, covered) &&
           ends_within(source->tables[i], covered))
        i++;
    if (i == source->table_count || is_older(source, i, covered)) {
        *limit = covered->to;
        return true;
    }
    *limit = source->tables[i]->info.key_min;
    return i > source->table_index;
}

/* The same backward, where tables end before the first key covered. */
static bool
limit_backward(const struct hf_source *source, const struct hf_fragment *covered,
               struct hf_span *limit)
{
    uint32_t i = source->table_index + 1; /* the tables from i on have been passed */

    *limit = covered->from;
    while (i > 0 && is_older(source, i - 1, covered) &&
           (covered->from.len == 0 ||
            hf_span_compare(source->tables[i - 1]->info.key_min, covered->from) >= 0))
        i--;
    if (i == 0 || is_older(source, i - 1, covered))
        return true;
    if (i > source->table_index)
        return false;
    *limit = source->tables[i]->info.key_min;
    return true;
}

/* A source of tables in the fragment goes past as much of it as cannot show. */
static enum hf_err
pass_in(struct hf_source *source, const struct hf_fragment *covered, bool reverse, bool *moved,
        struct hf_detail *detail)
{
    struct hf_span limit;

    if (source->at_end || source->memtable != NULL)
        return HF_OK;
    if (reverse ? hf_span_compare(source->entry.key, covered->from) < 0
                : covered->to.len > 0 && hf_span_compare(source->entry.key, covered->to) >= 0)
        return HF_OK;
    bool may_pass = reverse ? limit_backward(source, covered, &limit)
                            : limit_forward(source, covered, &limit);
    if (HF_PLANTED(scan_passes_newer)) {
        limit = reverse ? covered->from : covered->to;
        may_pass = true;
    }
    if (!may_pass)
        return HF_OK;
    HF_MARK(scan_passed_range);
    *moved = true;
    source->was_given = false;
    source->at_end = limit.len == 0;
    if (source->at_end)
        return HF_OK;
    return reverse ? hf_source_seek_before(source, limit, detail)
                   : hf_source_seek(source, limit, detail);
}

/* *moved: some source has gone on. */
static enum hf_err
pass_covered(struct hf_iter *iter, struct hf_span key, uint64_t cover, bool *moved,
             struct hf_detail *detail)
{
    struct hf_fragment covered = covered_around(iter->view, key, cover);
    enum hf_err err = HF_OK;

    *moved = false;
    for (uint32_t i = 0; err == HF_OK && i < iter->source_count; i++)
        err = pass_in(&iter->sources[i], &covered, iter->range.reverse, moved, detail);
    return err;
}

/* To the next key that no range covers, where there are ranges. */
static enum hf_err
step_uncovered(struct hf_iter *iter, const struct hf_entry **found, struct hf_detail *detail)
{
    const struct hf_view *view = iter->view;
    uint32_t passed = 0, wait = COVERED_STEPS;
    uint64_t cover = 0;
    enum hf_err err = HF_OK;
    bool moved;

    while (err == HF_OK) {
        err = step(iter, found, detail);
        if (err == HF_OK)
            err = hf_read_cover(view->db, view->catalog, (*found)->key, view->version, &cover,
                                detail);
        if (err != HF_OK || cover <= (*found)->version)
            break;
        if (++passed < wait)
            continue;
        err = pass_covered(iter, (*found)->key, cover, &moved, detail);
        wait = moved ? COVERED_STEPS : 2 * wait;
        passed = 0;
    }
    return err;
}

static enum hf_err
advance(struct hf_iter *iter, const struct hf_entry **found, struct hf_detail *detail)
{
    return iter->has_ranges ? step_uncovered(iter, found, detail) : step(iter, found, detail);
}

enum hf_err
hf_iter_next(struct hf_iter *iter, struct hf_item *item)
{
    HF_TIMED(next);
    struct hf_db *db = iter->view->db;
    struct hf_detail detail;
    const struct hf_entry *entry = NULL;

    if (iter->err != HF_OK)
        return iter->err;
    detail.text[0] = 0; /* no more of it: this is done for every pair */
    hf_db_lock_view(db);
    do
        iter->err = advance(iter, &entry, &detail);
    while (iter->err == HF_OK && entry->is_delete);
    if (iter->err == HF_OK)
        hf_item_fill(item, entry);
    else if (iter->err != HF_ERR_NOT_FOUND)
        hf_db_tell(db, iter->err, &detail);
    hf_db_unlock(db);
    return iter->err;
}

enum hf_err
hf_iter_next_entry(struct hf_iter *iter, struct hf_entry *entry)
{
    struct hf_db *db = iter->view->db;
    struct hf_detail detail = { "" };
    const struct hf_entry *found = NULL;

    if (iter->err != HF_OK)
        return iter->err;
    hf_db_lock_view(db);
    iter->err = advance(iter, &found, &detail);
    if (iter->err == HF_OK)
        *entry = *found;
    else if (iter->err != HF_ERR_NOT_FOUND)
        hf_db_tell(db, iter->err, &detail);
    hf_db_unlock(db);
    return iter->err;
}

/* The sources stop before a key, so what follows `key` at once stands for it. */
static enum hf_err
place_behind(struct hf_iter *iter, struct hf_span key, struct hf_detail *detail)
{
    struct hf_budget *budget = &iter->view->db->budget;
    uint8_t *behind = hf_budget_alloc(budget, key.len + 1);
    enum hf_err err;

    if (behind == NULL)
        return hf_detail_set(detail, HF_ERR_NO_MEMORY, "no memory for a key to seek");
    memcpy(behind, key.at, key.len);
    behind[key.len] = 0;
    err = place_all(iter, hf_span(behind, key.len + 1), detail);
    hf_budget_free(budget, behind, key.len + 1);
    return err;
}

enum hf_err
hf_iter_seek(struct hf_iter *iter, struct hf_span key)
{
    const struct hf_range *range = &iter->range;
    struct hf_db *db = iter->view->db;
    struct hf_detail detail = { "" };
    bool is_past_start;

    if (iter->err != HF_OK && iter->err != HF_ERR_NOT_FOUND)
        return iter->err;
    hf_db_lock_view(db);
    if (range->reverse) {
        is_past_start = range->limit.len > 0 && hf_span_compare(key, range->limit) >= 0;
        iter->err = is_past_start || key.len == 0 ? place_all(iter, range->limit, &detail)
                                                  : place_behind(iter, key, &detail);
    } else {
        is_past_start = range->from.len > 0 && hf_span_compare(key, range->from) < 0;
        iter->err = place_all(iter, is_past_start ? range->from : key, &detail);
    }
    if (iter->err != HF_OK)
        hf_db_tell(db, iter->err, &detail);
    hf_db_unlock(db);
    return iter->err;
}
