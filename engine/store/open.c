/*
 * open.c - the beginning and the end of a handle.
 */
#include "store/store.h"

#include "base/assert.h"
#include "base/probe.h"
#include "base/span.h"
#include "store/merge/job.h"
#include "store/merge/manifest.h"
#include "store/recovery/recovery.h"
#include "store/upkeep.h"

#include <stdio.h>

#define MEMORY_SHARE 16u /* a segment takes one in so many bytes of the memory limit */
#define CACHE_SIZE_DEFAULT (UINT64_C(128) << 20) /* where there is no limit */
#define KEYS_SHARE 64u /* and the keys of a table in the making one in so many */
#define KEYS_MIN 256u
#define READ_AHEAD_SHARE 64u
#define READ_AHEAD_MAX (256u << 10)
#define FRAMES_SHARE 2u /* frames take one byte more for so many of small commits, at most */
#define BLOCK_SHARE 64u /* a table has so many blocks, or more */
#define BLOCK_SIZE_MIN 64u
#define BLOCK_SIZE_MAX 4096u
#define CLOSE_FLUSH_MIN (UINT64_C(1) << 20) /* bytes in the memtable */

/* ---- small services to the whole store --------------------------------------------------- */

void
hf_db_lock_slow(struct hf_db *db)
{
    HF_ASSERT(db->owner == hf_thread_self());
}

/* Who reads without the mutex holds no reference. */
void
hf_db_switch(struct hf_db *db, struct hf_catalog *catalog)
{
    struct hf_catalog *before = db->catalog;

    hf_readers_stop(hf_db_readers(db));
    db->catalog = catalog;
    hf_readers_resume(hf_db_readers(db));
    hf_catalog_unref(&db->tables, before);
}

void
hf_db_wait(struct hf_db *db, uint64_t timeout_ns)
{
    HF_ASSERT(db->mutex != NULL);
    hf_cond_wait(db->changed, db->mutex, timeout_ns);
}

void
hf_db_wake(struct hf_db *db)
{
    if (db->changed != NULL)
        hf_cond_wake_all(db->changed);
}

void
hf_db_rouse(struct hf_keeper *keeper)
{
    if (!keeper->is_idle)
        return; /* it looks for work before it waits again */
    keeper->is_idle = false;
    hf_cond_wake_all(keeper->due);
}

enum hf_err
hf_db_tell(struct hf_db *db, enum hf_err err, const struct hf_detail *detail)
{
    if (err != HF_OK) {
        db->error.code = err;
        snprintf(db->error.text, sizeof db->error.text, "%s",
                 detail->text[0] != 0 ? detail->text : hf_strerror(err));
    }
    return err;
}

void
hf_error_get(struct hf_db *db, struct hf_error *error)
{
    hf_db_lock(db);
    *error = db->error;
    hf_db_unlock(db);
}

void
hf_hand_over(void *to, const void *from, size_t size)
{
    size_t room;

    memcpy(&room, to, sizeof room);
    if (room < size)
        size = room;
    if (size > sizeof room)
        memcpy((char *)to + sizeof room, (const char *)from + sizeof room, size - sizeof room);
}

/* ---- options ----------------------------------------------------------------------------- */

enum hf_err
hf_options_check(const struct hf_options *options, const char *path, struct hf_detail *detail)
{
    unsigned known = HF_CREATE | HF_READ_ONLY | HF_SINGLE_THREAD | HF_BACKGROUND_CALLER;

    if (options->struct_size != sizeof *options)
        return hf_detail_set(detail, HF_ERR_INVALID,
                             "options of %zu bytes, not %zu: start from HF_OPTIONS_INIT",
                             options->struct_size, sizeof *options);
    if (options->flags & ~known)
        return hf_detail_set(detail, HF_ERR_INVALID, "unknown flags 0x%x",
                             options->flags & ~known);
    if ((unsigned)options->mode > HF_MODE_MEMORY)
        return hf_detail_set(detail, HF_ERR_INVALID, "unknown mode %d", (int)options->mode);
    if (options->sector < HF_WAL_SECTOR_MIN || options->sector > HF_WAL_SECTOR_MAX ||
        (options->sector & (options->sector - 1)) != 0)
        return hf_detail_set(detail, HF_ERR_INVALID,
                             "a sector of %u bytes: a power of two from %u to %u is needed",
                             options->sector, HF_WAL_SECTOR_MIN, HF_WAL_SECTOR_MAX);
    if (options->segment_size < 8 * (uint64_t)options->sector ||
        options->segment_size > UINT64_C(1) << 31)
        return hf_detail_set(detail, HF_ERR_INVALID,
                             "segments of %llu bytes: from 8 sectors to 2 GiB are possible",
                             (unsigned long long)options->segment_size);
    if (options->mode != HF_MODE_MEMORY && (path == NULL || path[0] == 0))
        return hf_detail_set(detail, HF_ERR_INVALID,
                             "no directory is named; only memory mode goes without one");
    if (options->mode == HF_MODE_MEMORY && (options->flags & HF_READ_ONLY))
        return hf_detail_set(detail, HF_ERR_INVALID, "memory mode has nothing to read only");
    return HF_OK;
}

/* ---- open -------------------------------------------------------------------------------- */

static enum hf_err
no_database(void *context, const char *name)
{
    struct hf_detail *detail = context;

    if (hf_log_number(name, "") == 0 && hf_manifest_number(name, "") == 0)
        return HF_OK;
    return hf_detail_set(
        detail, HF_ERR_INVALID,
        "the directory holds a durable database (%s); memory mode would hide it", name);
}

static enum hf_err
open_directory(struct hf_db *db, const char *path, struct hf_detail *detail)
{
    bool writes = !(db->options.flags & HF_READ_ONLY);
    unsigned flags = writes && (db->options.flags & HF_CREATE) ? HF_DIR_CREATE : 0;
    enum hf_err err;

    if (path == NULL)
        return HF_OK;
    err = hf_dir_open(&db->dir, path, flags, detail);
    if (err == HF_ERR_NOT_FOUND && flags == 0)
        hf_detail_set(detail, err, "there is no database: the directory does not exist");
    if (err == HF_OK && !HF_PLANTED(lock_not_taken))
        err = hf_dir_lock(db->dir, writes, detail);
    if (err == HF_OK && !hf_db_has_log(db))
        err = hf_dir_list(db->dir, no_database, detail, detail);
    return err;
}

static enum hf_err
open_locks(struct hf_db *db)
{
    enum hf_err err;

    db->owner = hf_thread_self();
    if (db->options.flags & HF_SINGLE_THREAD)
        return HF_OK;
    err = hf_mutex_open(&db->mutex);
    return err == HF_OK ? hf_cond_open(&db->changed) : err;
}

/* Several segments' worth is in memory at once: being written, prepared, waiting, flushed. */
static uint64_t
segment_size_max(const struct hf_db *db)
{
    uint64_t size = db->options.segment_size, limit = db->options.memory_limit;
    uint64_t least = 8 * (uint64_t)db->options.sector;

    if (limit != 0 && (hf_db_has_log(db) || db->active->tells_dead) &&
        size > limit / MEMORY_SHARE)
        size = limit / MEMORY_SHARE;
    return size > least ? size : least;
}

static uint64_t
memtable_size(const struct hf_db *db, uint64_t segment_size)
{
    uint64_t size = db->options.memtable_size, limit = db->options.memory_limit;

    if (size == 0)
        return segment_size;
    return limit != 0 && size > limit / MEMORY_SHARE ? limit / MEMORY_SHARE : size;
}

/*
 * One memtable's worth: a freeze goes with a new segment, so what is behind that in this one
 * was filled for nothing. And in a much larger one the freeze would come before enough is used
 * for the next one to be prepared.
 */
static uint64_t
log_size_max(const struct hf_db *db, uint64_t segment_size)
{
    uint64_t sector = db->options.sector;
    uint64_t size = segment_size;

    if (db->memtable_size < segment_size)
        size = db->memtable_size + db->memtable_size / FRAMES_SHARE + 8 * sector;
    return (size < segment_size ? size : segment_size) & ~(sector - 1);
}

/* Blocks of tables shrink with the tables, so that small ones have many, too. */
uint32_t
hf_db_block_size(uint64_t table_size)
{
    uint64_t size = table_size / BLOCK_SHARE;

    if (size < BLOCK_SIZE_MIN)
        return BLOCK_SIZE_MIN;
    return size > BLOCK_SIZE_MAX ? BLOCK_SIZE_MAX : (uint32_t)size;
}

/* A merge remembers the hash of each key of the table that it writes. */
static uint64_t
keys_max(const struct hf_db *db)
{
    uint64_t limit = db->options.memory_limit;
    uint64_t keys = (limit == 0 ? db->table_size : limit / KEYS_SHARE) / sizeof(uint64_t);

    return keys > KEYS_MIN ? keys : KEYS_MIN;
}

static void
init_log(struct hf_db *db)
{
    uint64_t size = segment_size_max(db);

    db->memtable_size = memtable_size(db, size);
    size = log_size_max(db, size);
    db->table_size = db->options.segment_size;
    db->table_keys_max = keys_max(db);
    db->block_size = hf_db_block_size(db->options.segment_size);
    db->log = (struct hf_log){
        .dir = hf_db_has_log(db) ? db->dir : NULL,
        .mutex = db->mutex,
        .budget = &db->budget,
        .segments = &db->active->segments,
        .sector = db->options.sector,
        .size_max = size,
        .size_next = size < HF_LOG_SEGMENT_MIN ? size : HF_LOG_SEGMENT_MIN,
        .number_next = 1,
    };
}

/* Each input of a merge reads so much at once. */
static uint32_t
read_ahead(const struct hf_db *db)
{
    uint64_t size = db->options.segment_size / READ_AHEAD_SHARE;
    uint64_t limit = db->options.memory_limit;

    if (limit != 0 && size > limit / READ_AHEAD_SHARE / 4)
        size = limit / READ_AHEAD_SHARE / 4;
    return size < READ_AHEAD_MAX ? (uint32_t)size : READ_AHEAD_MAX;
}

/* Lets go of cached blocks where something else needs their room. */
static void
reclaim(void *context, uint64_t bytes)
{
    hf_cache_shrink(context, bytes);
}

/* What recovery then fills: a cache, and a catalog of one empty memtable. */
static enum hf_err
open_empty(struct hf_db *db)
{
    uint64_t limit = db->options.memory_limit;
    uint64_t cache_size = limit == 0 ? CACHE_SIZE_DEFAULT : limit / 2;
    enum hf_err err =
        hf_cache_open(&db->cache, &db->budget, hf_db_has_log(db) ? cache_size : 0);

    db->tables = (struct hf_table_env){
        .dir = db->dir,
        .mutex = db->mutex,
        .budget = &db->budget,
        .cache = db->cache,
        .read_ahead = read_ahead(db),
    };
    if (err == HF_OK)
        err =
            hf_memtable_open(&db->active, &db->budget, db->hash_seed, db->options.segment_size);
    if (err == HF_OK) {
        struct hf_catalog_edit edit = { .active = db->active };
        hf_memtable_share(db->active, hf_db_readers(db));
        db->active->tells_dead = !hf_db_has_log(db) && db->options.keep_versions != HF_KEEP_ALL;
        err = hf_catalog_make(&db->catalog, &db->tables, NULL, &edit);
        hf_memtable_unref(db->active); /* the catalog has it */
    }
    if (err != HF_OK)
        return err;
    db->budget.reclaim = reclaim;
    db->budget.reclaim_context = db->cache;
    return HF_OK;
}

/* From now on nothing changes the database but its caller. The lock is given up meanwhile. */
static void
stop_threads(struct hf_db *db)
{
    db->closing = true;
    hf_db_wake(db);
    hf_db_rouse(&db->log_keeper);
    hf_db_rouse(&db->table_keeper);
    hf_db_unlock(db);
    hf_thread_join(db->log_keeper.thread);
    hf_thread_join(db->table_keeper.thread);
    hf_db_lock(db);
    while (db->tables.gone != NULL)
        hf_table_sweep(&db->tables);
    db->tables.defers = false;
}

static enum hf_err
start_threads(struct hf_db *db, struct hf_detail *detail)
{
    enum hf_err err = hf_cond_open(&db->log_keeper.due);

    if (err == HF_OK)
        err = hf_cond_open(&db->table_keeper.due);
    hf_db_lock(db); /* they see both of them, or wait */
    db->tables.defers = true;
    if (err == HF_OK)
        err = hf_thread_start(&db->log_keeper.thread, hf_upkeep_keep_log, db, detail);
    if (err == HF_OK)
        err = hf_thread_start(&db->table_keeper.thread, hf_upkeep_keep_tables, db, detail);
    if (err != HF_OK)
        stop_threads(db);
    hf_db_unlock(db);
    return err;
}

static enum hf_err
open_store(struct hf_db *db, const char *path, struct hf_detail *detail)
{
    enum hf_err err = open_locks(db);

    if (err != HF_OK)
        return err;
    err = hf_env_entropy_u64(&db->hash_seed);
    if (err != HF_OK)
        return err;
    err = open_directory(db, path, detail);
    if (err == HF_OK)
        err = open_empty(db);
    if (err != HF_OK)
        return err;
    init_log(db);
    if (hf_db_has_log(db)) {
        hf_db_lock(db);
        err = hf_recovery_run(db, detail);
        hf_db_unlock(db);
    }
    if (err == HF_OK)
        hf_db_raise_floor(db);
    if (err == HF_OK && hf_db_has_log(db) &&
        !(db->options.flags & (HF_SINGLE_THREAD | HF_BACKGROUND_CALLER | HF_READ_ONLY)))
        err = start_threads(db, detail);
    return err;
}

static void
release(struct hf_db *db)
{
    struct hf_view *next;

    hf_jobs_close(db);
    hf_log_close_files(&db->log);
    hf_catalog_unref(&db->tables, db->catalog);
    db->budget.reclaim = NULL;
    hf_cache_close(db->cache);
    HF_ASSERT(db->budget.used == 0); /* what was counted was given back */
    for (struct hf_view *view = db->spare_views; view != NULL; view = next) {
        next = view->next;
        hf_env_free(view);
    }
    hf_dir_close(db->dir);
    hf_cond_close(db->table_keeper.due);
    hf_cond_close(db->log_keeper.due);
    hf_cond_close(db->changed);
    hf_mutex_close(db->mutex);
    hf_env_free(db);
}

enum hf_err
hf_explain(struct hf_error *error, enum hf_err err, const char *path,
           const struct hf_detail *detail)
{
    bool is_named = path != NULL && path[0] != 0;

    if (error == NULL)
        return err;
    error->code = err;
    if (err == HF_OK)
        error->text[0] = 0;
    else
        snprintf(error->text, sizeof error->text, "%.160s%s%.340s", is_named ? path : "",
                 is_named ? ": " : "", detail->text[0] != 0 ? detail->text : hf_strerror(err));
    return err;
}

enum hf_err
hf_open(struct hf_db **out, const char *path, const struct hf_options *options,
        struct hf_error *error)
{
    struct hf_options defaults = HF_OPTIONS_INIT;
    struct hf_detail detail = { "" };
    struct hf_db *db;
    enum hf_err err;

    *out = NULL;
    if (options == NULL)
        options = &defaults;
    err = hf_options_check(options, path, &detail);
    if (err != HF_OK)
        return hf_explain(error, err, path, &detail);
    db = hf_env_alloc(sizeof *db);
    if (db == NULL)
        return hf_explain(error, HF_ERR_NO_MEMORY, path, &detail);
    *db = (struct hf_db){ .options = *options, .compact_level = HF_LEVELS };
    hf_budget_init(&db->budget, options->memory_limit);
    db->log.budget = &db->budget;
    err = open_store(db, path, &detail);
    if (err != HF_OK)
        release(db);
    else
        *out = db;
    return hf_explain(error, err, path, &detail);
}

/* ---- close ------------------------------------------------------------------------------- */

/*
 * Leaves little for the next open to replay. Below CLOSE_FLUSH_MIN replaying takes less time
 * than writing a table; and where it fails, the log has everything.
 */
static void
flush_large(struct hf_db *db)
{
    struct hf_detail detail = { "" };
    enum hf_err err = HF_OK;

    if (db->active->data_bytes >= CLOSE_FLUSH_MIN || HF_CHANCE(close_flush))
        err = hf_db_freeze(db, &detail);
    if (err == HF_OK && hf_jobs_flush_all(db, &detail) != HF_OK)
        HF_MARK(close_flush_failed);
}

static enum hf_err
finish_log(struct hf_db *db, struct hf_detail *detail)
{
    enum hf_err err = HF_OK;

    if (!hf_db_has_log(db) || db->unplaced)
        return HF_OK;
    if (db->failure != HF_OK)
        return hf_detail_set(detail, HF_ERR_FAILED, "a write or sync of the log has failed");
    if (HF_PLANTED(close_skip_sync))
        return HF_OK;
    err = hf_db_sync_to(db, db->last, detail);
    if (err == HF_OK)
        flush_large(db);
    if (err == HF_OK && db->failure == HF_OK)
        err = hf_log_seal(&db->log, detail);
    return err;
}

enum hf_err
hf_close(struct hf_db *db)
{
    struct hf_detail detail = { "" };
    enum hf_err err;

    if (db == NULL)
        return HF_OK;
    hf_db_lock(db);
    if (db->views != NULL) {
        hf_detail_set(&detail, HF_ERR_INVALID, "views are still open");
        err = hf_db_tell(db, HF_ERR_INVALID, &detail);
        hf_db_unlock(db);
        return err;
    }
    stop_threads(db);
    err = finish_log(db, &detail);
    hf_db_unlock(db);
    release(db);
    return err;
}
