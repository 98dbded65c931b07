/*
 * job.h - flushes and compactions, step by step.
 *
 *   active memtable --freeze--> frozen memtable --flush--> level 0 --compaction--> level 1 ..
 *
 * At most one flush and one compaction are under way, and the flush goes first. Both are merges
 * (merge.h) whose result is installed (install.h); but tables that meet nothing on their way
 * down, and of which a merge would drop nothing, are moved, by a manifest that says so. A job
 * that fails is given up, what it made is removed, and a later step begins it anew under new
 * numbers: its inputs are untouched. Only where a manifest's outcome is unknown the finished
 * job stays, to be installed again.
 */
#ifndef HF_STORE_JOB_H
#define HF_STORE_JOB_H

#include "store/merge/merge.h"

struct hf_db;

struct hf_job {
    struct hf_merge *merge;       /* NULL: there is none, or a move */
    struct hf_memtable *memtable; /* what is flushed, or NULL */
    struct hf_table **inputs;     /* of a compaction */
    bool is_move;                 /* the inputs go down as they are, to level */
    uint32_t level;
    uint32_t input_count;
    uint32_t input_capacity;
    uint64_t floor;
    bool is_done; /* to be installed */
};

static inline bool
hf_job_is_on(const struct hf_job *job)
{
    return job->merge != NULL || job->is_move;
}

/* ---- flush.c ----------------------------------------------------------------------------- */

/* Whether commits should go to a new memtable now. */
bool hf_db_wants_freeze(struct hf_db *db);
/*
 * Freezes the active memtable and begins a new one, in a new log segment. An error has changed
 * nothing; a later commit tries again.
 */
enum hf_err hf_db_freeze(struct hf_db *db, struct hf_detail *detail) HF_MUST_CHECK;
/* Begins to flush the oldest frozen memtable; *behind: its index has to read on first. */
enum hf_err hf_flush_begin(struct hf_db *db, bool *behind,
                           struct hf_detail *detail) HF_MUST_CHECK;

/* ---- compact.c --------------------------------------------------------------------------- */

/* Whether some compaction is needed. */
bool hf_compact_is_wanted(struct hf_db *db);
/* Begins the one that is needed most, if one is. NO_MEMORY, IO. */
enum hf_err hf_compact_begin(struct hf_db *db, struct hf_detail *detail) HF_MUST_CHECK;
/* The first level that holds so many bytes without asking for a compaction. */
uint32_t hf_compact_level_for(uint64_t bytes, uint64_t memtable_size, uint64_t table_size);

/* ---- job.c ------------------------------------------------------------------------------- */

bool hf_jobs_wait(struct hf_db *db); /* whether there is a step to take */
/* The next step. One at a time: with db->working set it does nothing. */
enum hf_err hf_jobs_step(struct hf_db *db, struct hf_detail *detail) HF_MUST_CHECK;
/* Gives up what is under way. */
void hf_jobs_close(struct hf_db *db);
/* Steps until every memtable but the active one is in a table, or an error. */
enum hf_err hf_jobs_flush_all(struct hf_db *db, struct hf_detail *detail) HF_MUST_CHECK;
/* What hf_flush does, of a database with a log. */
enum hf_err hf_db_flush(struct hf_db *db, struct hf_detail *detail) HF_MUST_CHECK;

#endif
