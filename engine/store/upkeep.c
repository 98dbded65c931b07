/*
 * upkeep.c - background work in bounded steps: one place that knows what there is to do.
 *
 * In order of urgency: a sync that is due, a piece of the next log segment, frames for an
 * ordered index that a scan has asked for. What fails for want of space or memory waits for
 * better times; a failed sync is remembered by the log itself.
 */
#include "store/upkeep.h"

#include "base/probe.h"

#define STEP_FRAMES 4096u
#define IDLE_NS 20000000u /* how soon the thread looks again when nothing wakes it */

static bool
is_behind(const struct hf_db *db)
{
    const struct hf_memtable *table = &db->table;

    return table->ordered != NULL && table->segments.count > 0 &&
           (table->ordered_segment + 1 < table->segments.count ||
            table->ordered_off < table->segments.list[table->segments.count - 1].used);
}

static bool
has_work(const struct hf_db *db, uint64_t now_ns)
{
    return hf_db_sync_is_due(db, now_ns) ||
           (db->failure == HF_OK && hf_log_wants_spare(&db->log)) || is_behind(db);
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
    if (is_behind(db))
        return hf_memtable_catch_up(&db->table, STEP_FRAMES, &behind);
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

void
hf_stats_get(struct hf_db *db, struct hf_stats *stats)
{
    const struct hf_memtable *table = &db->table;
    size_t size = stats->struct_size;

    hf_db_lock(db);
    *stats = db->stats;
    stats->struct_size = size;
    stats->last_version = db->published;
    stats->durable_version = db->log.durable_version;
    stats->oldest_version = db->floor;
    stats->keys = hf_hash_count(table->hash);
    stats->segments = table->segments.count;
    stats->log_bytes = 0;
    for (uint32_t i = 0; i < table->segments.count; i++)
        stats->log_bytes += table->segments.list[i].used;
    stats->memory_bytes = db->budget.used;
    stats->index_bytes =
        hf_hash_bytes(table->hash) + table->links.capacity * sizeof(struct hf_link);
    if (table->ordered != NULL)
        stats->index_bytes += hf_ordered_bytes(table->ordered);
    stats->views = 0;
    for (const struct hf_view *view = db->views; view != NULL; view = view->next)
        stats->views++;
    stats->written_bytes = db->log.written_bytes;
    hf_db_unlock(db);
}

void
hf_recovery_report(struct hf_db *db, struct hf_recovery *report)
{
    size_t size = report->struct_size;

    hf_db_lock(db);
    *report = db->recovery;
    hf_db_unlock(db);
    report->struct_size = size;
}
