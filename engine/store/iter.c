/*
 * iter.c - the keys of a range, one by one, as one view sees them.
 *
 * The ordered index is brought up to date when the iterator opens: everything that its view can
 * see is then in it. Later inserts make a place in the index stale; the iterator notices by the
 * index's count of changes, and seeks again behind the key that it gave out last.
 */
#include "store/store.h"

#include "base/span.h"

#define CATCH_UP_FRAMES 4096u /* read with the lock held; then others may go first */

struct hf_iter {
    struct hf_view *view;
    struct hf_range range; /* its bounds are in `bounds` */
    struct hf_ordered_place place;
    struct hf_span last; /* the key given out last, in the database */
    uint64_t changes;    /* of the index, when `place` was found */
    enum hf_err err;     /* sticky */
    uint8_t bounds[];
};

/* Lets the ordered index read the log up to its end, in pieces. */
static enum hf_err
bring_up_to_date(struct hf_db *db)
{
    uint64_t began = hf_env_mono_ns(), pause;
    bool behind = true;
    enum hf_err err = HF_OK;

    while (err == HF_OK && behind) {
        db->budget.over = UINT64_MAX; /* reads go on at the memory limit */
        err = hf_memtable_catch_up(&db->table, CATCH_UP_FRAMES, &behind);
        db->budget.over = 0;
        if (behind) {
            hf_db_unlock(db);
            hf_db_lock(db);
        }
    }
    pause = hf_env_mono_ns() - began;
    db->stats.index_pause_ns_last = pause;
    if (pause > db->stats.index_pause_ns_max)
        db->stats.index_pause_ns_max = pause;
    return err;
}

static void
seek(struct hf_iter *iter)
{
    const struct hf_ordered *index = iter->view->db->table.ordered;

    if (!iter->range.reverse) {
        iter->place =
            hf_ordered_seek(index, iter->last.len > 0 ? iter->last : iter->range.from);
        if (iter->last.len > 0)
            iter->place = hf_ordered_next(iter->place);
    } else {
        iter->place =
            hf_ordered_seek_before(index, iter->last.len > 0 ? iter->last : iter->range.limit);
    }
    iter->changes = hf_ordered_changes(index);
}

enum hf_err
hf_iter_open(struct hf_iter **out, struct hf_view *view, const struct hf_range *range)
{
    struct hf_db *db = view->db;
    struct hf_range all = { { NULL, 0 }, { NULL, 0 }, false };
    struct hf_detail detail = { "" };
    struct hf_iter *iter;
    enum hf_err err = HF_OK;

    *out = NULL;
    if (range == NULL)
        range = &all;
    iter = hf_env_alloc(sizeof *iter + range->from.len + range->limit.len);
    hf_db_lock(db);
    if (iter == NULL)
        err = HF_ERR_NO_MEMORY;
    else
        err = bring_up_to_date(db);
    if (err != HF_OK) {
        hf_detail_set(&detail, err, "no memory for an iterator and its index");
        err = hf_db_tell(db, err, &detail);
        hf_db_unlock(db);
        hf_env_free(iter);
        return err;
    }
    *iter = (struct hf_iter){ .view = view, .range = *range };
    iter->range.from.at =
        memcpy(iter->bounds, range->from.len ? range->from.at : "", range->from.len);
    iter->range.limit.at = memcpy(iter->bounds + range->from.len,
                                  range->limit.len ? range->limit.at : "", range->limit.len);
    view->iterators++;
    seek(iter);
    hf_db_unlock(db);
    *out = iter;
    return HF_OK;
}

void
hf_iter_close(struct hf_iter *iter)
{
    if (iter == NULL)
        return;
    hf_db_lock(iter->view->db);
    iter->view->iterators--;
    hf_db_unlock(iter->view->db);
    hf_env_free(iter);
}

static bool
is_outside(const struct hf_iter *iter, struct hf_span key)
{
    const struct hf_range *range = &iter->range;

    if (range->reverse)
        return range->from.len > 0 && hf_span_compare(key, range->from) < 0;
    return range->limit.len > 0 && hf_span_compare(key, range->limit) >= 0;
}

static void
advance(struct hf_iter *iter)
{
    iter->place =
        iter->range.reverse ? hf_ordered_prev(iter->place) : hf_ordered_next(iter->place);
}

enum hf_err
hf_iter_next(struct hf_iter *iter, struct hf_item *item)
{
    struct hf_db *db = iter->view->db;
    struct hf_memtable *table = &db->table;

    if (iter->err != HF_OK)
        return iter->err;
    hf_db_lock_view(db);
    if (iter->changes != hf_ordered_changes(table->ordered))
        seek(iter);
    for (; iter->err == HF_OK; advance(iter)) {
        if (hf_ordered_at_end(iter->place)) {
            iter->err = HF_ERR_NOT_FOUND;
            break;
        }
        uint64_t ref = hf_ordered_ref(iter->place);
        struct hf_span key = hf_wal_op_decode(hf_segments_at(&table->segments, ref)).key;
        if (is_outside(iter, key)) {
            iter->err = HF_ERR_NOT_FOUND;
            break;
        }
        const uint8_t *op = hf_memtable_as_of(table, ref, iter->view->version);
        if (op == NULL || op[0] == HF_WAL_DELETE)
            continue;
        hf_item_fill(item, op);
        iter->last = item->key;
        advance(iter);
        break;
    }
    hf_db_unlock(db);
    return iter->err;
}
