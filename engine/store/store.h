/*
 * store.h - a database, as its parts see each other. Private to engine/store.
 *
 *      commit.c batch.c       view.c iter.c           open.c            upkeep.c
 *          |       |             |                      |                   |
 *          v       v             v                      v                   v
 *        log.h  catalog.h  <--  read.h             recovery.h      job.h, log.h, sync.c
 *                /     \                                                |
 *        memtable.h   table.h                              merge.h, install.h, manifest.h
 *
 * In memory mode commit.c and upkeep.c also go through reclaim.h, to the memtable.
 *
 * Versions on their way:  appended (`last`) >= published >= ...  and  last >= durable
 *   last       has its place in the log; what validation of later commits sees
 *   published  what readers see: in strict mode only what is durable
 *   durable    what a power cut can no longer take
 *
 * The mutex guards everything here. Point reads look at memtables without it, among `readers`,
 * and at what leads there: `catalog` and `published`. The mutex is given up inside
 * hf_log_sync, hf_log_prepare, steps of merges, removals of files and hf_cond_wait; `syncing`
 * keeps other syncs out meanwhile, `working` other steps.
 *
 * Invariants:
 *   1. published <= last, durable <= last, none of them ever falls
 *   2. once `failure` is set it stays, and last with it
 *   3. floor <= the version of every open view
 */
#ifndef HF_STORE_STORE_H
#define HF_STORE_STORE_H

#include "format/wal_format.h"
#include "holdfast.h"
#include "store/catalog.h"
#include "store/group.h"
#include "store/log/log.h"
#include "store/memtable/reclaim.h"
#include "store/merge/job.h"

/*
 * A background thread and what it waits on while it has nothing to do. Each has its own: a put
 * that finds work for one of them must not wake the other one as well.
 */
struct hf_keeper {
    struct hf_thread *thread; /* NULL: there is none */
    struct hf_cond *due;      /* there is work */
    bool is_idle;             /* it waits, and nobody has roused it yet */
};

struct hf_db {
    struct hf_options options;
    struct hf_dir *dir;                        /* NULL: memory mode without a directory */
    struct hf_mutex *mutex;                    /* NULL: single thread */
    struct hf_cond *changed;                   /* what callers wait for has come, or may have */
    struct hf_keeper log_keeper, table_keeper; /* background threads: both, or none */
    uint64_t owner;                            /* the thread, of a single-thread handle */

    struct hf_budget budget;
    struct hf_cache *cache;
    struct hf_table_env tables; /* what they share */
    struct hf_memtable *active; /* catalog->memtables[0] */
    struct hf_log log;

    uint64_t hash_seed;         /* of the memtables */
    struct hf_catalog *catalog; /* memtables and tables, as they are now: hf_db_switch */
    uint64_t published;         /* hf_db_publish */
    struct hf_readers readers;

    struct hf_manifest manifest; /* the durable one; number 0: none yet */
    bool manifest_unsure;        /* a newer one got its name, or may have: durably or not */
    uint32_t file_number_next;   /* of tables and manifests */
    uint64_t memtable_size;      /* bytes that make a memtable full, */
    uint64_t table_size;         /* and a table that a compaction makes, */
    uint64_t table_keys_max;     /* or so many keys */
    uint32_t block_size;         /* of tables */

    struct hf_reclaim reclaim; /* of memory mode */
    struct hf_job flush, compaction;
    uint32_t compact_level; /* that hf_compact wants merged down whole; HF_LEVELS: none */
    enum hf_err job_err;    /* of the last step of one */
    bool working;           /* a thread is at a step of them */
    uint64_t held_bytes;    /* written under pressure, not yet paid for */
    bool installing;        /* the catalog is about to change: it must not change otherwise */

    uint64_t last;
    uint64_t time_us;     /* of the newest commit */
    uint64_t clock_us;    /* wall clock less monotonic clock, read anew each CLOCK_NS */
    uint64_t clock_at_ns; /* when it was */
    uint64_t floor;       /* the lowest version that can still be read */
    enum hf_err failure;
    bool closing;
    bool unplaced; /* recovery could make no new segment yet; the first write tries again */
    bool manifest_begun; /* recovery found a manifest in the making, which goes first */
    bool syncing;
    struct hf_group group; /* of callers that share the next sync */
    bool containing; /* a failed write is being excluded: no commit gets its place meanwhile */

    uint64_t unsynced_since_ns; /* when the oldest unsynced commit came; 0: none */
    uint64_t unsynced_from;     /* log->written_bytes at the last good sync */

    struct hf_view *views; /* open ones, in no order */
    struct hf_view *spare_views;

    struct hf_stats stats;
    struct hf_recovery recovery;
    struct hf_error error;
};

struct hf_view {
    struct hf_db *db;
    struct hf_view *next, *prev;
    struct hf_catalog *catalog; /* what it reads */
    struct hf_cached **pins;    /* blocks of tables that its reads have handed out */
    uint32_t pin_count, pin_capacity;
    uint64_t version;
    uint64_t epoch;       /* db->reclaim.epoch, when it was opened */
    uint32_t iterators;   /* open on it */
    uint32_t pins_coming; /* of readers that look into tables now */
};

static inline bool
hf_db_has_log(const struct hf_db *db)
{
    return db->options.mode != HF_MODE_MEMORY;
}

void hf_db_lock_slow(struct hf_db *db);

static inline void
hf_db_lock(struct hf_db *db)
{
    if (db->mutex != NULL)
        hf_mutex_lock(db->mutex);
    else
        hf_db_lock_slow(db);
}

static inline void
hf_db_unlock(struct hf_db *db)
{
    if (db->mutex != NULL)
        hf_mutex_unlock(db->mutex);
}

/* For reads under a view: whose thread it is was asked when the view was opened. */
static inline void
hf_db_lock_view(struct hf_db *db)
{
    if (db->mutex != NULL)
        hf_mutex_lock(db->mutex);
}

/* Readers who see the version, see all commits up to it. With the mutex held. */
static inline void
hf_db_publish(struct hf_db *db, uint64_t version)
{
    __atomic_store_n(&db->published, version, __ATOMIC_RELEASE);
}

/* The same without the mutex. */
static inline uint64_t
hf_db_published(const struct hf_db *db)
{
    return __atomic_load_n(&db->published, __ATOMIC_ACQUIRE);
}

/* Who may look without the mutex; NULL: nobody does. */
static inline struct hf_readers *
hf_db_readers(struct hf_db *db)
{
    return db->mutex == NULL ? NULL : &db->readers;
}

/* With the mutex held: lets go of the catalog, and goes on with this one. */
void hf_db_switch(struct hf_db *db, struct hf_catalog *catalog);

/* Waits for a change, the mutex given up. */
void hf_db_wait(struct hf_db *db, uint64_t timeout_ns);
void hf_db_wake(struct hf_db *db);
/* Tells a background thread to look for work, if there is one and it has none. */
void hf_db_rouse(struct hf_keeper *keeper);
static inline bool
hf_db_has_threads(const struct hf_db *db)
{
    return db->table_keeper.thread != NULL;
}

/* Keeps the sentence for hf_error_get and returns `err`. */
enum hf_err hf_db_tell(struct hf_db *db, enum hf_err err, const struct hf_detail *detail);

/* Fills *error, if not NULL, with "PATH: what went wrong", and returns `err`. */
enum hf_err hf_explain(struct hf_error *error, enum hf_err err, const char *path,
                       const struct hf_detail *detail);
/*
 * Copies a struct of the public header, `size` bytes, into the caller's: both begin with
 * struct_size, and the caller's says for how much there is room. An older caller gets what it
 * knows, and of a newer one what we do not know stays as it was.
 */
void hf_hand_over(void *to, const void *from, size_t size);
enum hf_err hf_options_check(const struct hf_options *options, const char *path,
                             struct hf_detail *detail) HF_MUST_CHECK;
/* Payload bytes at which a block of tables of that size is full. */
uint32_t hf_db_block_size(uint64_t table_size);

/* ---- sync.c ------------------------------------------------------------------------------ */

/* Runs one sync, or waits for the running one, until `version` is durable or the log failed. */
enum hf_err hf_db_sync_to(struct hf_db *db, uint64_t version,
                          struct hf_detail *detail) HF_MUST_CHECK;
/*
 * Runs a sync of all that is written, even where no commit is waiting for it. A failure is kept
 * in db->failure and met by every later write, so the result may be ignored.
 */
enum hf_err hf_db_sync_now(struct hf_db *db, struct hf_detail *detail);
/* Whether time, count or bytes ask for a background sync. */
bool hf_db_sync_is_due(const struct hf_db *db, uint64_t now_ns);
/* Buffered: holds the writer while more than the promised window could be lost. */
enum hf_err hf_db_hold_window(struct hf_db *db, uint64_t now_ns,
                              struct hf_detail *detail) HF_MUST_CHECK;

/* ---- pressure.c -------------------------------------------------------------------------- */

/*
 * Holds back a writer of `bytes` while flushes or compactions are behind; a delete never for
 * long. The error of the work that would have to go on first.
 */
enum hf_err hf_db_hold_back(struct hf_db *db, uint64_t bytes, bool is_delete,
                            struct hf_detail *detail) HF_MUST_CHECK;

/* ---- commit.c ---------------------------------------------------------------------------- */

struct hf_change {
    enum hf_wal_op_type type;
    struct hf_span key;
    struct hf_span value; /* of a range: its end */
    uint64_t hash;        /* filled by the commit */
};

struct hf_check {
    struct hf_span key;
    uint64_t expected;
};

/* No range among the changes covers one before it: batch.c sees to that. */
struct hf_commit {
    struct hf_change *changes;
    const struct hf_check *checks;
    uint32_t change_count;
    uint32_t check_count;
    unsigned flags;
    bool only_deletes; /* filled by the commit: it may use the reserve of a full disk */
    uint64_t now_ns;   /* when it came, on the clock that never steps back */
    uint64_t time_us;  /* and what it says of that for good; out */
    uint64_t version;  /* out: of the commit; after CONFLICT, of the key that differs */
};

enum hf_err hf_db_commit(struct hf_db *db, struct hf_commit *commit,
                         uint64_t *version) HF_MUST_CHECK;
/* The first key that a range may begin with, for a `from` that is empty. INVALID, TOO_LARGE: it
 * is no range. */
enum hf_err hf_range_settle(struct hf_span *from, struct hf_span to,
                            struct hf_detail *detail) HF_MUST_CHECK;
/* The largest frame that one commit may have. */
uint64_t hf_db_commit_size_max(const struct hf_db *db);

/* ---- view.c ------------------------------------------------------------------------------ */

/* Raises the floor as far as views and options allow, and forgets what is below. */
void hf_db_raise_floor(struct hf_db *db);

#endif
