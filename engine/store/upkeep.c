/*
 * upkeep.c - background work in bounded steps: one place that knows what there is to do.
 *
 * In order of urgency: a sync that is due, a piece of the next log segment, the file of a table
 * that nobody needs, a step of a flush, of a compaction, in memory mode some of what is
 * superseded given back, frames for an ordered index that a scan has asked for. What fails for
 * want of space or memory waits for better times; a failed sync is remembered by the log
 * itself.
 *
 * Of our own threads one does the first two and the other one the rest: a step of a flush may
 * be the sync of a whole table, and for so long neither could a sync of the log begin that its
 * users were promised, nor a segment be ready when commits need it.
 */
#include "store/upkeep.h"

#include "base/probe.h"
#include "base/span.h"

#define STEP_FRAMES 256u   /* with the lock held */
#define PIECES_PER_SYNC 8u /* of the spare, before another sync that is due */
#define IDLE_NS 20000000u  /* how soon a thread looks again when nothing wakes it */

/* ---- what there is to do ----------------------------------------------------------------- */

static bool
has_log_work(struct hf_db *db)
{
    return hf_db_sync_is_due(db, hf_env_mono_ns()) ||
           (db->failure == HF_OK && hf_log_wants_spare(&db->log));
}

static bool
has_table_work(struct hf_db *db)
{
    return db->tables.gone != NULL || hf_jobs_wait(db) || hf_reclaim_waits(db) ||
           hf_memtable_is_behind(db->active);
}

/* A spare that could not be made costs nobody anything yet. */
static enum hf_err
prepare_spare(struct hf_db *db, struct hf_detail *detail)
{
    enum hf_err err = hf_log_prepare(&db->log, detail);

    return err == HF_ERR_FULL || err == HF_ERR_NO_MEMORY ? HF_OK : err;
}

static enum hf_err
step_tables(struct hf_db *db, struct hf_detail *detail)
{
    bool behind;

    if (db->tables.gone != NULL) {
        hf_table_sweep(&db->tables);
        hf_db_wake(db); /* a compaction may wait for it */
        return HF_OK;
    }
    if (hf_jobs_wait(db))
        return hf_jobs_step(db, detail);
    if (hf_reclaim_waits(db)) {
        hf_reclaim_step(db);
        return HF_OK;
    }
    if (hf_memtable_is_behind(db->active))
        return hf_memtable_catch_up(db->active, STEP_FRAMES, &behind);
    return HF_OK;
}

static enum hf_err
sync_log(struct hf_db *db, struct hf_detail *detail)
{
    HF_MARK(log_background_sync);
    return hf_db_sync_now(db, detail);
}

static enum hf_err
step(struct hf_db *db, struct hf_detail *detail)
{
    if (hf_db_sync_is_due(db, hf_env_mono_ns()))
        return sync_log(db, detail);
    if (db->failure == HF_OK && hf_log_wants_spare(&db->log))
        return prepare_spare(db, detail);
    return step_tables(db, detail);
}

/* Both: where syncs take long the next one is due at once, and the spare must be ready too. */
static enum hf_err
step_log(struct hf_db *db, struct hf_detail *detail)
{
    enum hf_err err = HF_OK;
    unsigned pieces = PIECES_PER_SYNC;

    if (hf_db_sync_is_due(db, hf_env_mono_ns()))
        err = sync_log(db, detail);
    while (err == HF_OK && pieces-- > 0 && db->failure == HF_OK && hf_log_wants_spare(&db->log))
        err = prepare_spare(db, detail);
    return err;
}

/* ---- who does it ------------------------------------------------------------------------- */

static void
keep(struct hf_db *db, struct hf_keeper *keeper, bool (*has_work)(struct hf_db *),
     enum hf_err (*step_of)(struct hf_db *, struct hf_detail *))
{
    struct hf_detail detail = { "" };

    hf_db_lock(db);
    while (!db->closing) {
        if (has_work(db) && step_of(db, &detail) == HF_OK) {
            hf_db_unlock(db); /* between two steps others may go first */
            hf_db_lock(db);
            continue;
        }
        keeper->is_idle = true;
        hf_cond_wait(keeper->due, db->mutex, IDLE_NS);
        keeper->is_idle = false;
    }
    hf_db_unlock(db);
}

void
hf_upkeep_keep_log(void *context)
{
    struct hf_db *db = context;

    keep(db, &db->log_keeper, has_log_work, step_log);
}

void
hf_upkeep_keep_tables(void *context)
{
    struct hf_db *db = context;

    keep(db, &db->table_keeper, has_table_work, step_tables);
}

enum hf_err
hf_work(struct hf_db *db, bool *more)
{
    struct hf_detail detail = { "" };
    enum hf_err err = HF_OK;

    hf_db_lock(db);
    if (db->closing)
        err = hf_detail_set(&detail, HF_ERR_CLOSED, "the database is being closed");
    else if (!(db->options.flags & HF_READ_ONLY))
        err = step(db, &detail);
    if (more != NULL)
        *more = err == HF_OK && (has_log_work(db) || has_table_work(db));
    err = hf_db_tell(db, err, &detail);
    hf_db_unlock(db);
    return err;
}

/* ---- figures ----------------------------------------------------------------------------- */

static void
add_memtables(const struct hf_catalog *catalog, struct hf_stats *stats)
{
    stats->memtables = catalog->memtable_count;
    for (uint32_t i = 0; i < catalog->memtable_count; i++) {
        const struct hf_memtable *table = catalog->memtables[i];
        stats->keys += hf_hash_count(table->hash);
        stats->segments += table->segments.count - table->segments.dropped;
        stats->dead_bytes += table->dead_bytes;
        for (uint32_t j = 0; j < table->segments.count; j++)
            stats->log_bytes += table->segments.list[j].used;
        stats->index_bytes +=
            hf_hash_bytes(table->hash) + table->links.capacity * sizeof(struct hf_link);
        if (table->ordered != NULL)
            stats->index_bytes += hf_ordered_bytes(table->ordered);
    }
}

static void
add_tables(const struct hf_db *db, struct hf_stats *stats)
{
    const struct hf_catalog *catalog = db->catalog;

    stats->tables = catalog->table_count;
    for (uint32_t i = 0; i < catalog->table_count; i++) {
        const struct hf_table_info *info = &catalog->tables[i]->info;
        stats->table_bytes += info->size;
        stats->table_entries += info->entries;
        stats->level_tables[hf_catalog_level_of(catalog, i)]++;
    }
    stats->cache_bytes = hf_cache_size(db->cache);
    stats->block_reads = db->tables.block_reads;
}

static uint64_t
untouched(const struct hf_segment *segment)
{
    return segment->size -
           (segment->touched > segment->used ? segment->touched : segment->used);
}

/* What is mapped for commits to come, and was not touched. */
static uint64_t
reserved_bytes(const struct hf_db *db)
{
    const struct hf_segments *segments = &db->active->segments;
    uint64_t bytes = 0;

    if (segments->count > 0)
        bytes += untouched(&segments->list[segments->count - 1]);
    if (db->log.spare != NULL)
        bytes += untouched(&db->log.spare_memory);
    return bytes;
}

void
hf_stats_get(struct hf_db *db, struct hf_stats *stats)
{
    struct hf_stats now;

    hf_db_lock(db);
    now = db->stats;
    now.last_version = db->published;
    now.durable_version = db->log.durable_version;
    now.oldest_version = db->floor;
    add_memtables(db->catalog, &now);
    add_tables(db, &now);
    now.memory_bytes = db->budget.used;
    now.reserved_bytes = reserved_bytes(db);
    now.job_err = db->job_err;
    now.views = 0;
    for (const struct hf_view *view = db->views; view != NULL; view = view->next)
        now.views++;
    now.written_bytes = db->log.written_bytes;
    hf_db_unlock(db);
    hf_hand_over(stats, &now, sizeof now);
}

void
hf_recovery_report(struct hf_db *db, struct hf_recovery *report)
{
    struct hf_recovery now;

    hf_db_lock(db);
    now = db->recovery;
    hf_db_unlock(db);
    hf_hand_over(report, &now, sizeof now);
}
