/*
 * flush.c - freezing the memtable that commits go to, and beginning to flush a frozen one.
 *
 * A freeze goes with a new log segment, so that every segment belongs to one memtable, and goes
 * with it.
 */
#include "store/merge/job.h"

#include "base/assert.h"
#include "base/probe.h"
#include "store/store.h"

#define CATCH_UP_FRAMES 256u
#define SPAN_SHARE 4u /* the log of one memtable takes so many times its bytes, at most */

/* What the log of one memtable would take if it were packed. */
static uint64_t
span_of(const struct hf_db *db)
{
    return db->memtable_size > db->log.size_max ? db->memtable_size : db->log.size_max;
}

bool
hf_db_wants_freeze(struct hf_db *db)
{
    const struct hf_memtable *active = db->active;

    if (!hf_db_has_log(db) || db->unplaced || db->installing || active->entries == 0)
        return false;
    return active->data_bytes + active->entries * HF_WAL_OP_HEAD +
                   hf_range_set_bytes(active->ranges) >=
               db->memtable_size ||
           db->log.span_bytes >= SPAN_SHARE * span_of(db) || HF_CHANCE(memtable_freeze_early);
}

enum hf_err
hf_db_freeze(struct hf_db *db, struct hf_detail *detail)
{
    struct hf_memtable *fresh = NULL, *old = db->active;
    struct hf_catalog *catalog = NULL;
    enum hf_err err =
        hf_memtable_open(&fresh, &db->budget, db->hash_seed, db->options.segment_size);

    if (err == HF_OK) {
        struct hf_catalog_edit edit = { .active = fresh };
        hf_memtable_share(fresh, hf_db_readers(db));
        err = hf_catalog_make(&catalog, &db->tables, db->catalog, &edit);
    }
    if (err != HF_OK)
        hf_detail_set(detail, err, "no memory for a new memtable");
    else
        err = hf_log_turn(&db->log, &fresh->segments, detail);
    if (err == HF_OK) {
        HF_MARK(memtable_frozen);
        old->last = fresh->base = db->last;
        old->time_us = db->time_us;
        fresh->log_first = db->log.active->number;
        db->active = fresh;
        hf_db_switch(db, catalog);
    } else {
        hf_catalog_unref(&db->tables, catalog);
    }
    hf_memtable_unref(fresh); /* the catalog has it */
    return err;
}

enum hf_err
hf_flush_begin(struct hf_db *db, bool *behind, struct hf_detail *detail)
{
    struct hf_catalog *catalog = db->catalog;
    struct hf_memtable *oldest = catalog->memtables[catalog->memtable_count - 1];
    struct hf_job *job = &db->flush;
    enum hf_err err;

    HF_ASSERT(catalog->memtable_count > 1 && !hf_job_is_on(job));
    err = hf_memtable_catch_up(oldest, CATCH_UP_FRAMES, behind);
    if (err != HF_OK || *behind)
        return err;
    hf_db_raise_floor(db);
    struct hf_merge_plan plan = {
        .catalog = catalog,
        .memtable = oldest,
        .before = { db->manifest.last, db->manifest.time_us },
        .level = 0,
        .floor = db->floor,
        .table_size = UINT64_MAX,
        .keys_max = UINT64_MAX,
        .block_size = db->block_size,
        .number_next = &db->file_number_next,
    };
    err = hf_merge_open(&job->merge, &db->tables, &plan, detail);
    if (err == HF_OK) {
        job->memtable = oldest;
        job->floor = plan.floor;
    }
    return err;
}
