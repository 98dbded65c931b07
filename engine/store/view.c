/*
 * view.c - reading as of one version, and what a view holds in place meanwhile.
 *
 * A read in a memtable looks at the newest record of a key, without the mutex (readers.h).
 * Where that is too new it takes the mutex and follows links back to the first one that its
 * view may see; and so it does where no memtable knows the key and there are tables. Records
 * never move, and the view holds the catalog, so what was handed out stays good; the view on
 * the handle's list keeps the links that it could need (hf_db_raise_floor). What comes out of a
 * table stays pinned in the cache until the view is closed.
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

/* Room for one more pin, beside those that other threads are about to keep: so that keeping it
 * cannot fail. */
static enum hf_err
reserve_pin(struct hf_view *view)
{
    struct hf_budget *budget = &view->db->budget;
    uint32_t capacity = view->pin_capacity == 0 ? PINS_MIN : view->pin_capacity * 2;
    struct hf_cached **pins;

    if (view->pin_count + view->pins_coming < view->pin_capacity)
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
    HF_ASSERT(view->pin_count < view->pin_capacity);
    view->pins[view->pin_count++] = pin;
}

/* What no memtable knows. With the mutex held, as the next one; it is given up while files are
 * read, and other threads may read from the same view meanwhile. */
static enum hf_err
get_from_tables(struct hf_view *view, struct hf_span key, struct hf_item *item)
{
    HF_TIMED(tables);
    struct hf_db *db = view->db;
    struct hf_detail detail;
    struct hf_table_found found;
    enum hf_err err = reserve_pin(view);

    detail.text[0] = 0;
    if (err == HF_OK) {
        view->pins_coming++;
        err = hf_read_tables(db, view->catalog, key, view->version, &found, &detail);
        view->pins_coming--;
    }
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

/* What can be said without the mutex. */
static inline enum hf_peek
peek(struct hf_view *view, struct hf_span key, uint64_t hash, struct hf_item *item)
{
    struct hf_lane *lane = hf_readers_enter(&view->db->readers);
    struct hf_entry entry;

    if (lane == NULL)
        return HF_PEEK_UNSURE;
    enum hf_peek found = hf_read_peek(view->catalog, key, hash, view->version, &entry);
    hf_readers_leave(lane);
    if (found == HF_PEEK_ENTRY)
        hf_item_fill(item, &entry);
    return found;
}

/* With the mutex held. */
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

/* Apart, so that what it needs costs a single-thread handle nothing. */
static __attribute__((noinline)) enum hf_err
get_shared(struct hf_view *view, struct hf_span key, uint64_t hash, struct hf_item *item)
{
    struct hf_db *db = view->db;
    enum hf_peek found = peek(view, key, hash, item);

    if (found != HF_PEEK_UNSURE)
        return found == HF_PEEK_ENTRY ? HF_OK : HF_ERR_NOT_FOUND;
    hf_mutex_lock(db->mutex);
    enum hf_err err = get(view, key, hash, item);
    hf_mutex_unlock(db->mutex);
    return err;
}

enum hf_err
hf_view_get(struct hf_view *view, struct hf_span key, struct hf_item *item)
{
    HF_TIMED(get);
    struct hf_db *db = view->db;
    uint64_t hash = hf_hash_bytes_of(key.at, key.len, db->hash_seed);

    return db->mutex == NULL ? get(view, key, hash, item) : get_shared(view, key, hash, item);
}

/* Up to PREFETCH_COUNT keys, of which bit i of `wanted` asks for keys[i]. */
struct some {
    const struct hf_span *keys;
    struct hf_item *items;
    size_t count;
    uint32_t wanted;
    uint64_t hashes[PREFETCH_COUNT];
};

static void
begin_some(const struct hf_view *view, struct some *some)
{
    for (size_t i = 0; i < some->count; i++) {
        struct hf_span key = some->keys[i];
        some->hashes[i] = hf_hash_bytes_of(key.at, key.len, view->db->hash_seed);
        some->items[i] = (struct hf_item){ .version = 0 };
    }
}

static void
prefetch_some(const struct hf_view *view, const struct some *some)
{
    for (size_t i = 0; i < some->count; i++)
        hf_hash_prefetch(view->catalog->memtables[0]->hash, some->hashes[i]);
}

/* What can be said without the mutex is wanted no more. */
static void
peek_some(const struct hf_view *view, struct some *some)
{
    struct hf_lane *lane = hf_readers_enter(&view->db->readers);
    struct hf_entry entry;

    if (lane == NULL)
        return;
    prefetch_some(view, some);
    for (size_t i = 0; i < some->count; i++) {
        enum hf_peek found =
            hf_read_peek(view->catalog, some->keys[i], some->hashes[i], view->version, &entry);
        if (found == HF_PEEK_ENTRY)
            hf_item_fill(&some->items[i], &entry);
        if (found != HF_PEEK_UNSURE)
            some->wanted &= ~(UINT32_C(1) << i);
    }
    hf_readers_leave(lane);
}

/* With the mutex held. */
static enum hf_err
get_some(struct hf_view *view, struct some *some)
{
    enum hf_err err = HF_OK;

    prefetch_some(view, some);
    for (size_t i = 0; err == HF_OK && i < some->count; i++) {
        if ((some->wanted >> i & 1) != 0)
            err = get(view, some->keys[i], some->hashes[i], &some->items[i]);
        if (err == HF_ERR_NOT_FOUND)
            err = HF_OK;
    }
    return err;
}

enum hf_err
hf_view_get_many(struct hf_view *view, const struct hf_span *keys, size_t count,
                 struct hf_item *items)
{
    enum hf_err err = HF_OK;

    for (size_t first = 0; err == HF_OK && first < count; first += PREFETCH_COUNT) {
        struct some some = { .keys = keys + first, .items = items + first };
        some.count = count - first < PREFETCH_COUNT ? count - first : PREFETCH_COUNT;
        some.wanted = UINT32_MAX >> (PREFETCH_COUNT - some.count);
        begin_some(view, &some);
        if (view->db->mutex != NULL)
            peek_some(view, &some);
        if (some.wanted == 0)
            continue;
        hf_db_lock_view(view->db);
        err = get_some(view, &some);
        hf_db_unlock(view->db);
    }
    return err;
}

/* Where the caller of hf_get wants it. */
struct copy {
    void *buffer;
    size_t capacity;
    size_t *size;
    uint64_t *version; /* may be NULL */
};

static inline enum hf_err
copy_out(const struct hf_entry *entry, const struct copy *to)
{
    if (entry->is_delete)
        return HF_ERR_NOT_FOUND;
    *to->size = entry->value.len;
    if (to->version != NULL)
        *to->version = entry->version;
    if (entry->value.len > to->capacity)
        return HF_ERR_TOO_LARGE;
    if (entry->value.len > 0)
        memcpy(to->buffer, entry->value.at, entry->value.len);
    return HF_OK;
}

/* Of the last version published, without the mutex. UNSURE: it has to be taken. */
static __attribute__((noinline)) enum hf_peek
copy_shared(struct hf_db *db, struct hf_span key, uint64_t hash, const struct copy *to,
            enum hf_err *err)
{
    struct hf_lane *lane = hf_readers_enter(&db->readers);
    struct hf_entry entry;

    if (lane == NULL)
        return HF_PEEK_UNSURE;
    enum hf_peek found = hf_read_peek(db->catalog, key, hash, hf_db_published(db), &entry);
    *err = found == HF_PEEK_ENTRY ? copy_out(&entry, to) : HF_ERR_NOT_FOUND;
    hf_readers_leave(lane);
    return found;
}

/* What no memtable knows, with the mutex held. */
static enum hf_err
copy_from_tables(struct hf_db *db, struct hf_span key, const struct copy *to)
{
    struct hf_table_found found = { .pin = NULL };
    struct hf_catalog *catalog = db->catalog;
    struct hf_detail detail;

    detail.text[0] = 0;
    hf_catalog_ref(catalog);
    enum hf_err err = hf_read_tables(db, catalog, key, db->published, &found, &detail);
    if (err != HF_OK && err != HF_ERR_NOT_FOUND)
        hf_db_tell(db, err, &detail);
    if (err == HF_OK)
        err = copy_out(&found.entry, to);
    hf_cache_unpin(db->cache, found.pin);
    hf_catalog_unref(&db->tables, catalog);
    return err;
}

enum hf_err
hf_get(struct hf_db *db, struct hf_span key, void *buffer, size_t capacity, size_t *size,
       uint64_t *version)
{
    uint64_t hash = hf_hash_bytes_of(key.at, key.len, db->hash_seed);
    struct copy to = { buffer, capacity, size, version };
    enum hf_err err;

    if (db->mutex != NULL && copy_shared(db, key, hash, &to, &err) != HF_PEEK_UNSURE)
        return err;
    hf_db_lock(db);
    const uint8_t *op = hf_read_memtables(db->catalog, key, hash, db->published);
    if (op == NULL) {
        err = db->catalog->table_count == 0 ? HF_ERR_NOT_FOUND : copy_from_tables(db, key, &to);
    } else if (op[0] == HF_WAL_DELETE) {
        err = HF_ERR_NOT_FOUND; /* that may stand for a range: nothing more is there */
    } else {
        struct hf_entry entry = hf_wal_op_entry(op);
        err = copy_out(&entry, &to);
    }
    hf_db_unlock(db);
    return err;
}
