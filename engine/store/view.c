/*
 * view.c - reading as of one version, and what a view holds in place meanwhile.
 *
 * A read looks at the newest record of a key and follows links back to the first one that its
 * view may see. Records never move, so what was handed out stays good; the view on the handle's
 * list keeps the links that it could need (hf_db_raise_floor).
 */
#include "store/store.h"

#include "base/assert.h"
#include "base/probe.h"
#include "base/span.h"

#define PREFETCH_COUNT 32u

void
hf_item_fill(struct hf_item *item, const uint8_t *at)
{
    struct hf_wal_op op = hf_wal_op_decode(at);

    item->key = op.key;
    item->value = op.value;
    item->version = hf_wal_op_version(at);
    item->time_us = hf_wal_op_time(at);
}

void
hf_db_raise_floor(struct hf_db *db)
{
    uint64_t keep = db->options.keep_versions;
    uint64_t floor = keep < db->published ? db->published - keep : 0;

    for (const struct hf_view *view = db->views; view != NULL; view = view->next) {
        if (view->version < floor)
            floor = view->version;
    }
    if (floor <= db->floor)
        return;
    db->floor = floor;
    hf_memtable_forget(&db->table, floor);
}

/* ---- views ------------------------------------------------------------------------------- */

enum hf_err
hf_view_open(struct hf_view **out, struct hf_db *db, uint64_t version)
{
    struct hf_detail detail;
    struct hf_view *view = NULL;
    enum hf_err err = HF_OK;

    *out = NULL;
    detail.text[0] = 0;
    hf_db_lock(db);
    if (version == HF_LATEST)
        version = db->published;
    if (db->closing)
        err = hf_detail_set(&detail, HF_ERR_CLOSED, "the database is being closed");
    else if (version > db->published)
        err = hf_detail_set(&detail, HF_ERR_INVALID,
                            "version %llu is yet to come; the last is %llu",
                            (unsigned long long)version, (unsigned long long)db->published);
    else if (version < db->floor) {
        HF_MARK(view_history_gone);
        err = hf_detail_set(&detail, HF_ERR_HISTORY_GONE,
                            "version %llu is gone; the oldest kept is %llu",
                            (unsigned long long)version, (unsigned long long)db->floor);
    } else if ((view = db->spare_views) != NULL) {
        db->spare_views = view->next;
    } else if ((view = hf_env_alloc(sizeof *view)) == NULL) {
        err = hf_detail_set(&detail, HF_ERR_NO_MEMORY, "no memory for a view");
    }
    if (err == HF_OK) {
        *view = (struct hf_view){ .db = db, .next = db->views, .version = version };
        if (db->views != NULL)
            db->views->prev = view;
        db->views = view;
    }
    err = hf_db_tell(db, err, &detail);
    hf_db_unlock(db);
    *out = view;
    return err;
}

uint64_t
hf_view_version(const struct hf_view *view)
{
    return view->version;
}

void
hf_view_close(struct hf_view *view)
{
    if (view == NULL)
        return;
    struct hf_db *db = view->db;

    hf_db_lock(db);
    HF_ASSERT(view->iterators == 0);
    if (view->next != NULL)
        view->next->prev = view->prev;
    if (view->prev != NULL)
        view->prev->next = view->next;
    else
        db->views = view->next;
    view->next = db->spare_views;
    db->spare_views = view;
    if (db->options.keep_versions != HF_KEEP_ALL)
        hf_db_raise_floor(db);
    hf_db_unlock(db);
}

/* ---- point reads ------------------------------------------------------------------------- */

/* The put that a reader at `version` sees, or NULL. */
static const uint8_t *
find_put(const struct hf_db *db, struct hf_span key, uint64_t hash, uint64_t version)
{
    const uint8_t *op = hf_memtable_find(&db->table, key, hash, version);

    return op == NULL || op[0] == HF_WAL_DELETE ? NULL : op;
}

enum hf_err
hf_view_get(struct hf_view *view, struct hf_span key, struct hf_item *item)
{
    struct hf_db *db = view->db;
    uint64_t hash = hf_memtable_hash(&db->table, key);
    const uint8_t *op;

    hf_db_lock_view(db);
    op = find_put(db, key, hash, view->version);
    hf_db_unlock(db);
    if (op == NULL)
        return HF_ERR_NOT_FOUND;
    hf_item_fill(item, op);
    return HF_OK;
}

enum hf_err
hf_view_get_many(struct hf_view *view, const struct hf_span *keys, size_t count,
                 struct hf_item *items)
{
    struct hf_db *db = view->db;
    uint64_t hashes[PREFETCH_COUNT];

    hf_db_lock_view(db);
    for (size_t first = 0; first < count; first += PREFETCH_COUNT) {
        size_t some = count - first < PREFETCH_COUNT ? count - first : PREFETCH_COUNT;
        for (size_t i = 0; i < some; i++) {
            hashes[i] = hf_memtable_hash(&db->table, keys[first + i]);
            hf_hash_prefetch(db->table.hash, hashes[i]);
        }
        for (size_t i = 0; i < some; i++) {
            const uint8_t *op = find_put(db, keys[first + i], hashes[i], view->version);
            items[first + i] = (struct hf_item){ .version = 0 };
            if (op != NULL)
                hf_item_fill(&items[first + i], op);
        }
    }
    hf_db_unlock(db);
    return HF_OK;
}

enum hf_err
hf_get(struct hf_db *db, struct hf_span key, void *buffer, size_t capacity, size_t *size,
       uint64_t *version)
{
    struct hf_item item;
    const uint8_t *op;
    enum hf_err err = HF_OK;

    hf_db_lock(db);
    op = find_put(db, key, hf_memtable_hash(&db->table, key), db->published);
    if (op == NULL) {
        err = HF_ERR_NOT_FOUND;
    } else {
        hf_item_fill(&item, op);
        *size = item.value.len;
        if (version != NULL)
            *version = item.version;
        if (item.value.len > capacity)
            err = HF_ERR_TOO_LARGE;
        else if (item.value.len > 0)
            memcpy(buffer, item.value.at, item.value.len);
    }
    hf_db_unlock(db);
    return err;
}
