/*
 * view.c - reading as of one version, and what a view holds in place meanwhile.
 *
 * A read in a memtable looks at the newest record of a key and follows links back to the first
 * one that its view may see. Records never move, and the view holds the catalog, so what was
 * handed out stays good; the view on the handle's list keeps the links that it could need
 * (hf_db_raise_floor). What comes out of a table stays pinned in the cache until the view is
 * closed.
 */
#include "store/read.h"

#include "base/assert.h"
#include "base/hash.h"
#include "base/probe.h"
#include "base/span.h"
#include "base/timing.h"

#define PREFETCH_COUNT 32u
#define PINS_MIN 8u

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
    if (!db->active->tells_dead) /* else reclaim.c does so, in steps */
        hf_memtable_forget(db->active, floor, UINT64_MAX); /* flushes read the frozen ones */
}

/* ---- views ------------------------------------------------------------------------------- */

enum hf_err
hf_view_take(struct hf_view **out, struct hf_db *db, uint64_t version, struct hf_detail *detail)
{
    struct hf_view *view = db->spare_views;

    *out = NULL;
    if (version < db->floor) {
        HF_MARK(view_history_gone);
        return hf_detail_set(detail, HF_ERR_HISTORY_GONE,
                             "version %llu is gone; the oldest kept is %llu",
                             (unsigned long long)version, (unsigned long long)db->floor);
    }
    if (view != NULL)
        db->spare_views = view->next;
    else if ((view = hf_env_alloc(sizeof *view)) == NULL)
        return hf_detail_set(detail, HF_ERR_NO_MEMORY, "no memory for a view");
    *view = (struct hf_view){
        .db = db, .next = db->views, .version = version, .catalog = db->catalog
    };
    view->epoch = db->reclaim.epoch;
    hf_catalog_ref(view->catalog);
    if (db->views != NULL)
        db->views->prev = view;
    db->views = view;
    *out = view;
    return HF_OK;
}

enum hf_err
hf_view_open(struct hf_view **out, struct hf_db *db, uint64_t version)
{
    struct hf_detail detail = { "" };
    enum hf_err err;

    *out = NULL;
    hf_db_lock(db);
    if (version == HF_LATEST)
        version = db->published;
    if (db->closing)
        err = hf_detail_set(&detail, HF_ERR_CLOSED, "the database is being closed");
    else if (version > db->published)
        err = hf_detail_set(&detail, HF_ERR_INVALID,
                            "version %llu is yet to come; the last is %llu",
                            (unsigned long long)version, (unsigned long long)db->published);
    else
        err = hf_view_take(out, db, version, &detail);
    err = hf_db_tell(db, err, &detail);
    hf_db_unlock(db);
    return err;
}

uint64_t
hf_view_version(const struct hf_view *view)
{
    return view->version;
}

static void
release_reads(struct hf_view *view)
{
    struct hf_db *db = view->db;

    for (uint32_t i = 0; i < view->pin_count; i++)
        hf_cache_unpin(db->cache, view->pins[i]);
    hf_budget_free(&db->budget, view->pins, view->pin_capacity * sizeof *view->pins);
    hf_catalog_unref(&db->tables, view->catalog);
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
    release_reads(view);
    view->next = db->spare_views;
    db->spare_views = view;
    if (db->options.keep_versions != HF_KEEP_ALL)
        hf_db_raise_floor(db);
    if (view->epoch < db->reclaim.epoch)
        hf_reclaim_release(db);
    hf_db_unlock(db);
}

/* ---- point reads ------------------------------------------------------------------------- */

/* Room for one more pin, so that keeping it cannot fail. */
static enum hf_err
reserve_pin(struct hf_view *view)
{
    struct hf_budget *budget = &view->db->budget;
    uint32_t capacity = view->pin_capacity == 0 ? PINS_MIN : view->pin_capacity * 2;
    struct hf_cached **pins;

    if (view->pin_count < view->pin_capacity)
        return HF_OK;
    pins = hf_budget_alloc(budget, capacity * sizeof(struct hf_cached *));
    if (pins == NULL)
        return HF_ERR_NO_MEMORY;
    if (view->pin_count > 0)
        memcpy(pins, view->pins, view->pin_count * sizeof(struct hf_cached *));
    hf_budget_free(budget, view->pins, view->pin_capacity * sizeof(struct hf_cached *));
    view->pins = pins;
    view->pin_capacity = capacity;
    return HF_OK;
}

/* Keeps the block until the view is closed, unless it is one of the last few kept. */
static void
keep_pin(struct hf_view *view, struct hf_cached *pin)
{
    for (uint32_t i = view->pin_count; i > 0 && view->pin_count - i < PINS_MIN; i--) {
        if (view->pins[i - 1] == pin) {
            hf_cache_unpin(view->db->cache, pin);
            return;
        }
    }
    view->pins[view->pin_count++] = pin;
}

/* What no memtable knows. With the mutex held, as the next one. */
static enum hf_err
get_from_tables(struct hf_view *view, struct hf_span key, struct hf_item *item)
{
    HF_TIMED(tables);
    struct hf_db *db = view->db;
    struct hf_detail detail;
    struct hf_table_found found;
    enum hf_err err = reserve_pin(view);

    detail.text[0] = 0;
    if (err == HF_OK)
        err = hf_read_tables(db, view->catalog, key, view->version, &found, &detail);
    if (err == HF_OK && found.entry.is_delete) {
        hf_cache_unpin(db->cache, found.pin);
        return HF_ERR_NOT_FOUND;
    }
    if (err == HF_OK) {
        keep_pin(view, found.pin);
        hf_item_fill(item, &found.entry);
    }
    return err == HF_ERR_NOT_FOUND ? err : hf_db_tell(db, err, &detail);
}

static inline enum hf_err
get(struct hf_view *view, struct hf_span key, uint64_t hash, struct hf_item *item)
{
    const uint8_t *op = hf_read_memtables(view->catalog, key, hash, view->version);

    if (op == NULL)
        return view->catalog->table_count == 0 ? HF_ERR_NOT_FOUND
                                               : get_from_tables(view, key, item);
    if (op[0] == HF_WAL_DELETE)
        return HF_ERR_NOT_FOUND;
    struct hf_entry entry = hf_wal_op_entry(op);
    hf_item_fill(item, &entry);
    return HF_OK;
}

enum hf_err
hf_view_get(struct hf_view *view, struct hf_span key, struct hf_item *item)
{
    HF_TIMED(get);
    struct hf_db *db = view->db;
    uint64_t hash = hf_hash_bytes_of(key.at, key.len, db->hash_seed);
    enum hf_err err;

    hf_db_lock_view(db);
    err = get(view, key, hash, item);
    hf_db_unlock(db);
    return err;
}

enum hf_err
hf_view_get_many(struct hf_view *view, const struct hf_span *keys, size_t count,
                 struct hf_item *items)
{
    struct hf_db *db = view->db;
    uint64_t hashes[PREFETCH_COUNT];
    enum hf_err err = HF_OK;

    hf_db_lock_view(db);
    for (size_t first = 0; err == HF_OK && first < count; first += PREFETCH_COUNT) {
        size_t some = count - first < PREFETCH_COUNT ? count - first : PREFETCH_COUNT;
        for (size_t i = 0; i < some; i++) {
            struct hf_span key = keys[first + i];
            hashes[i] = hf_hash_bytes_of(key.at, key.len, db->hash_seed);
            hf_hash_prefetch(view->catalog->memtables[0]->hash, hashes[i]);
        }
        for (size_t i = 0; err == HF_OK && i < some; i++) {
            struct hf_item *item = &items[first + i];
            *item = (struct hf_item){ .version = 0 };
            err = get(view, keys[first + i], hashes[i], item);
            if (err == HF_ERR_NOT_FOUND)
                err = HF_OK;
        }
    }
    hf_db_unlock(db);
    return err;
}

static enum hf_err
copy_out(const struct hf_entry *entry, void *buffer, size_t capacity, size_t *size,
         uint64_t *version)
{
    if (entry->is_delete)
        return HF_ERR_NOT_FOUND;
    *size = entry->value.len;
    if (version != NULL)
        *version = entry->version;
    if (entry->value.len > capacity)
        return HF_ERR_TOO_LARGE;
    if (entry->value.len > 0)
        memcpy(buffer, entry->value.at, entry->value.len);
    return HF_OK;
}

enum hf_err
hf_get(struct hf_db *db, struct hf_span key, void *buffer, size_t capacity, size_t *size,
       uint64_t *version)
{
    struct hf_table_found found = { .pin = NULL };
    struct hf_detail detail;
    struct hf_catalog *catalog;
    uint64_t hash = hf_hash_bytes_of(key.at, key.len, db->hash_seed);
    enum hf_err err = HF_OK;

    detail.text[0] = 0;
    hf_db_lock(db);
    catalog = db->catalog;
    const uint8_t *op = hf_read_memtables(catalog, key, hash, db->published);
    if (op != NULL && op[0] == HF_WAL_DELETE) {
        err = HF_ERR_NOT_FOUND;
    } else if (op != NULL) {
        found.entry = hf_wal_op_entry(op);
    } else {
        hf_catalog_ref(catalog);
        err = hf_read_tables(db, catalog, key, db->published, &found, &detail);
        if (err != HF_OK && err != HF_ERR_NOT_FOUND)
            hf_db_tell(db, err, &detail);
    }
    if (err == HF_OK)
        err = copy_out(&found.entry, buffer, capacity, size, version);
    if (op == NULL) {
        hf_cache_unpin(db->cache, found.pin);
        hf_catalog_unref(&db->tables, catalog);
    }
    hf_db_unlock(db);
    return err;
}
