/*
 * upkeep.c - background work in bounded steps: one place that knows what there is to do.
 *
 * In order of urgency: a sync that is due, a piece of the next log segment, a step of a flush,
 * of a compaction, in memory mode some of what is superseded given back, frames for an ordered
 * index that a scan has asked for. What fails for want of space or memory waits for better
 * times; a failed sync is remembered by the log itself.
 */
#include "store/upkeep.h"

#include "base/probe.h"
#include "base/span.h"

#define STEP_FRAMES 4096u
#define IDLE_NS 20000000u /* how soon the thread looks again when nothing wakes it */

static bool
has_work(struct hf_db *db, uint64_t now_ns)
{
    return hf_db_sync_is_due(db, now_ns) ||
           (db->failure == HF_OK && hf_log_wants_spare(&db->log)) || hf_jobs_wait(db) ||
           hf_reclaim_waits(db) || hf_memtable_is_behind(db->active);
}

static enum hf_err
step(struct hf_db *db, struct hf_detail *detail)
{
    bool behind;

    if (hf_db_sync_is_due(db, hf_env_mono_ns())) {
        HF_MARK(log_background_sync);
        return hf_db_sync_now(db, detail);
    }
    if (db->failure == HF_OK && hf_log_wants_spare(&db->log)) {
        enum hf_err err = hf_log_prepare(&db->log, detail);
        /* A spare that could not be made costs nobody anything yet. */
        return err == HF_ERR_FULL || err == HF_ERR_NO_MEMORY ? HF_OK : err;
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

void
hf_upkeep_run(void *context)
{
    struct hf_db *db = context;
    struct hf_detail detail = { "" };

    hf_db_lock(db);
    while (!db->closing) {
        if (has_work(db, hf_env_mono_ns()) && step(db, &detail) == HF_OK) {
            hf_db_unlock(db); /* between two steps others may go first */
            hf_db_lock(db);
            continue;
        }
        hf_db_wait(db, IDLE_NS);
    }
    hf_db_unlock(db);
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
        *more = err == HF_OK && has_work(db, hf_env_mono_ns());
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

/* What is mapped for commits to come, and was not touched. */
static uint64_t
reserved_bytes(const struct hf_db *db)
{
    const struct hf_segments *segments = &db->active->segments;
    uint64_t bytes = 0;

    if (segments->count > 0) {
        const struct hf_segment *newest = &segments->list[segments->count - 1];
        bytes += newest->size - newest->used;
    }
    if (db->log.spare != NULL && !db->log.spare_ready)
        bytes += db->log.spare_memory.size - db->log.spare_filled;
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
