/*
 * job.c - the steps of flushes and compactions, and what becomes of them.
 */
#include "store/merge/job.h"

#include "base/assert.h"
#include "base/probe.h"
#include "store/merge/install.h"
#include "store/recovery/recovery.h"
#include "store/store.h"

#define WAIT_NS 20000000u                /* for another thread's step */
#define STEP_BYTES (UINT64_C(256) << 10) /* of entries that one step of a merge moves */

static void
release(struct hf_db *db, struct hf_job *job, bool keep)
{
    hf_merge_close(job->merge, keep);
    hf_budget_free(&db->budget, job->inputs, job->input_capacity * sizeof *job->inputs);
    *job = (struct hf_job){ .merge = NULL };
}

/* A table that could not be read is not tried again by itself: a person has to look. */
static void
suspect_inputs(struct hf_job *job)
{
    HF_MARK(compact_suspect);
    for (uint32_t i = 0; i < job->input_count; i++)
        job->inputs[i]->is_suspect = true;
}

static void
count_done(struct hf_db *db, const struct hf_job *job)
{
    if (job->is_move) {
        HF_MARK(compact_moved);
        db->stats.moved_tables += job->input_count;
        return;
    }
    db->stats.table_written_bytes += hf_merge_written(job->merge);
    if (job->memtable != NULL)
        db->stats.flushes++;
    else
        db->stats.compactions++;
}

static enum hf_err
install(struct hf_db *db, struct hf_job *job, struct hf_detail *detail)
{
    struct hf_catalog_edit edit = {
        .flushed = job->memtable,
        .removed = job->inputs,
        .removed_count = job->is_move ? 0 : job->input_count,
        .moved = job->inputs,
        .moved_count = job->is_move ? job->input_count : 0,
        .moved_to = job->level,
    };
    enum hf_err err;

    if (!job->is_move)
        edit.added = hf_merge_outputs(job->merge, &edit.added_count);
    err = hf_db_install(db, &edit, job->floor, detail);
    if (err != HF_OK)
        return err;
    count_done(db, job);
    release(db, job, true);
    hf_log_spare_may_return(&db->log); /* what the tables took over makes room */
    return HF_OK;
}

static enum hf_err
step(struct hf_db *db, struct hf_job *job, struct hf_detail *detail)
{
    enum hf_err err;

    if (job->is_done)
        err = install(db, job, detail);
    else
        err = hf_merge_step(job->merge, STEP_BYTES, &job->is_done, detail);
    bool has_room = err == HF_ERR_FULL && hf_log_spare_give(&db->log);
    if (err != HF_OK && (!db->manifest_unsure || HF_PLANTED(manifest_error_is_no))) {
        HF_MARK(job_abandoned);
        if (err == HF_ERR_CORRUPT)
            suspect_inputs(job);
        release(db, job, false);
    }
    return has_room ? HF_OK : err; /* the next step tries again, with more room */
}

/* ---- which job --------------------------------------------------------------------------- */

static bool
wants_flush(const struct hf_db *db)
{
    return hf_job_is_on(&db->flush) || db->catalog->memtable_count > 1;
}

bool
hf_jobs_wait(struct hf_db *db)
{
    if (!hf_db_has_log(db) || db->unplaced || db->failure != HF_OK || db->working)
        return false;
    return wants_flush(db) || hf_job_is_on(&db->compaction) || hf_compact_is_wanted(db);
}

static enum hf_err
step_flush(struct hf_db *db, struct hf_detail *detail)
{
    bool behind = false;

    /* A finished compaction whose manifest is unsure comes first: its catalog is the base. */
    if (db->manifest_unsure && db->compaction.is_done)
        return step(db, &db->compaction, detail);
    if (hf_job_is_on(&db->flush))
        return step(db, &db->flush, detail);
    return hf_flush_begin(db, &behind, detail);
}

static enum hf_err
step_compaction(struct hf_db *db, struct hf_detail *detail)
{
    enum hf_err err;

    if (hf_job_is_on(&db->compaction))
        return step(db, &db->compaction, detail);
    err = hf_compact_begin(db, detail);
    if (err != HF_OK)
        release(db, &db->compaction, false);
    return err;
}

enum hf_err
hf_jobs_step(struct hf_db *db, struct hf_detail *detail)
{
    enum hf_err err;

    if (!hf_jobs_wait(db))
        return HF_OK;
    db->working = true;
    err = wants_flush(db) ? step_flush(db, detail) : step_compaction(db, detail);
    db->working = false;
    db->job_err = err;
    return err;
}

void
hf_jobs_close(struct hf_db *db)
{
    HF_ASSERT(!db->working);
    release(db, &db->flush, db->manifest_unsure);
    release(db, &db->compaction, db->manifest_unsure);
}

/* Another step, by whoever takes it. */
static enum hf_err
step_or_wait(struct hf_db *db, struct hf_detail *detail)
{
    if (db->failure != HF_OK)
        return hf_detail_set(detail, HF_ERR_FAILED, "the log has failed; nothing is flushed");
    if (!db->working)
        return hf_jobs_step(db, detail);
    hf_db_wait(db, WAIT_NS);
    return HF_OK;
}

enum hf_err
hf_jobs_flush_all(struct hf_db *db, struct hf_detail *detail)
{
    enum hf_err err = HF_OK;

    while (err == HF_OK && (wants_flush(db) || db->manifest_unsure))
        err = step_or_wait(db, detail);
    return err;
}

/* ---- public ------------------------------------------------------------------------------ */

static enum hf_err
check_open(struct hf_db *db, struct hf_detail *detail)
{
    if (db->closing)
        return hf_detail_set(detail, HF_ERR_CLOSED, "the database is being closed");
    if (db->options.flags & HF_READ_ONLY)
        return hf_detail_set(detail, HF_ERR_READ_ONLY, "the database was opened read-only");
    return db->unplaced ? hf_recovery_place(db, detail) : HF_OK;
}

enum hf_err
hf_db_flush(struct hf_db *db, struct hf_detail *detail)
{
    enum hf_err err = check_open(db, detail);

    while (err == HF_OK && db->installing)
        err = step_or_wait(db, detail);
    if (err == HF_OK && db->failure != HF_OK)
        err = hf_detail_set(detail, HF_ERR_FAILED, "the log has failed; nothing is flushed");
    if (err == HF_OK && db->active->entries > 0)
        err = hf_db_freeze(db, detail);
    return err == HF_OK ? hf_jobs_flush_all(db, detail) : err;
}

enum hf_err
hf_flush(struct hf_db *db)
{
    struct hf_detail detail = { "" };
    enum hf_err err = HF_OK;

    hf_db_lock(db);
    if (hf_db_has_log(db))
        err = hf_db_flush(db, &detail);
    err = hf_db_tell(db, err, &detail);
    hf_db_unlock(db);
    return err;
}

/* The deepest level with tables; 0 if there are none. */
static uint32_t
deepest(const struct hf_catalog *catalog)
{
    uint32_t level = HF_LEVELS - 1;

    while (level > 0 && catalog->level_first[level] == catalog->level_first[level + 1])
        level--;
    return level;
}

/* All of `level` goes down. What is under way comes to its end before. */
static enum hf_err
push_level(struct hf_db *db, uint32_t level, struct hf_detail *detail)
{
    enum hf_err err = HF_OK;

    while (err == HF_OK && hf_job_is_on(&db->compaction))
        err = step_or_wait(db, detail);
    if (db->catalog->level_first[level] == db->catalog->level_first[level + 1])
        return err;
    db->compact_level = level; /* until one begins */
    while (err == HF_OK && db->compact_level == level)
        err = step_or_wait(db, detail);
    while (err == HF_OK && hf_job_is_on(&db->compaction))
        err = step_or_wait(db, detail);
    db->compact_level = HF_LEVELS;
    return err == HF_OK ? db->job_err : err;
}

/* The files of what was merged go, whoever is at it. */
static void
sweep_all(struct hf_db *db)
{
    while (db->tables.gone != NULL || db->tables.sweeping > 0) {
        if (db->tables.gone != NULL)
            hf_table_sweep(&db->tables);
        else
            hf_db_wait(db, WAIT_NS);
    }
}

enum hf_err
hf_compact(struct hf_db *db)
{
    struct hf_detail detail = { "" };
    enum hf_err err = HF_OK;

    hf_db_lock(db);
    if (hf_db_has_log(db)) {
        err = hf_db_flush(db, &detail);
        for (uint32_t level = 0; err == HF_OK && level < HF_LEVELS - 1 &&
                                 (level == 0 || level < deepest(db->catalog));
             level++)
            err = push_level(db, level, &detail);
        sweep_all(db);
    }
    err = hf_db_tell(db, err, &detail);
    hf_db_unlock(db);
    return err;
}
