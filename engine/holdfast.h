/*
 * holdfast.h - the public interface of Holdfast, an embedded storage engine.
 *
 * A database is a directory, or nothing but memory. Every commit has a version: a number one
 * higher than that of the commit before it, across restarts too. What a crash leaves is always
 * a prefix of the commits in that order; how long a prefix is the choice of the mode.
 *
 *   mode       a commit is acknowledged when         process killed    power cut
 *   --------   -----------------------------------   ---------------   ------------------------
 *   memory     it is in memory                       all is lost       all is lost
 *   buffered   its log bytes are with the kernel     nothing is lost   at most what came after
 *                                                                      the last good sync began
 *   strict     a sync that covers it has succeeded   nothing is lost   nothing is lost
 *
 * Conventions, for every function below:
 *   - what can fail returns enum hf_err, HF_OK being 0; hf_error_get() has the sentence for
 *     people;
 *   - a failed call changes nothing, unless its comment says otherwise;
 *   - `const` in means borrowed for the call; `**out` is the caller's and NULL after a failure;
 *   - release functions accept NULL;
 *   - a struct with a `struct_size` wants sizeof there; the *_INIT macros put it in;
 *   - a handle may be used from any thread, unless opened with HF_SINGLE_THREAD; never across
 *     fork.
 */
#ifndef HOLDFAST_H
#define HOLDFAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HF_VERSION_MAJOR 0
#define HF_VERSION_MINOR 1
#define HF_VERSION_PATCH 0
#define HF_VERSION_STRING "0.1.0"

#if defined(__GNUC__)
#define HF_API __attribute__((visibility("default")))
#define HF_MUST_CHECK __attribute__((warn_unused_result))
#else
#define HF_API
#define HF_MUST_CHECK
#endif

/* ---- errors ------------------------------------------------------------------------------ */

/* What went wrong, one code a kind. The numbers are pinned: they never change their meaning. */
enum hf_err {
    HF_OK = 0,
    HF_ERR_NOT_FOUND = -1, /* no such key, no such database, the end of an iteration */
    HF_ERR_CONFLICT = -2,  /* the key has another version than the one expected */
    HF_ERR_INVALID = -3,   /* the call makes no sense: an argument or the order of calls */
    HF_ERR_TOO_LARGE = -4, /* a key, value or commit past its limit, or a buffer too small */
    HF_ERR_FULL = -5, /* the disk is full; nothing of the commit remains; try again later */
    HF_ERR_NO_MEMORY = -6,    /* the allocator or `memory_limit` refused */
    HF_ERR_IO = -7,           /* the system failed a read, a write or a name */
    HF_ERR_CORRUPT = -8,      /* bytes that were durable are damaged */
    HF_ERR_MISSING_FILE = -9, /* a file that another one refers to is not there */
    HF_ERR_BUSY = -10,        /* another handle, here or in another process, has the database */
    HF_ERR_VERSION = -11,     /* written by a newer Holdfast */
    HF_ERR_READ_ONLY = -12,   /* opened read-only, or there is no permission to write */
    HF_ERR_FAILED = -13, /* an earlier sync failed: reads go on, writes wait for a reopen */
    HF_ERR_CLOSED = -14, /* the handle is being closed */
    HF_ERR_UNKNOWN_RUN = -15, /* no run of that name */
    HF_ERR_HISTORY_GONE = -16 /* as of a version that is no longer kept */
};

#define HF_ERROR_TEXT_SIZE 512

/* A failure told to a person: one line, what, where and what to do. */
struct hf_error {
    enum hf_err code;
    char text[HF_ERROR_TEXT_SIZE]; /* always ends with a 0 */
};

/* The short name of a code, "CORRUPT", and a sentence about it. Static; any thread. */
HF_API const char *hf_err_name(enum hf_err err);
HF_API const char *hf_strerror(enum hf_err err);

/* Whether the same call can succeed later on the same handle, with nothing repaired by hand. */
HF_API bool hf_is_retryable(enum hf_err err);

/* The library's version, HF_VERSION_STRING of its own build. */
HF_API const char *hf_version_string(void);

/* ---- bytes ------------------------------------------------------------------------------- */

/* A borrowed range of bytes. It never owns. `at` may be NULL only if `len` is 0. */
struct hf_span {
    const void *at;
    size_t len;
};

#define HF_KEY_SIZE_MAX 65535u
#define HF_VALUE_SIZE_MAX (1u << 30)

/* ---- open and close ---------------------------------------------------------------------- */

struct hf_db;

enum hf_mode { HF_MODE_BUFFERED = 0, HF_MODE_STRICT = 1, HF_MODE_MEMORY = 2 };

/* Flags of hf_open. */
#define HF_CREATE 1u        /* make the database if its directory is empty or missing */
#define HF_READ_ONLY 2u     /* change no file; several read-only handles may share */
#define HF_SINGLE_THREAD 4u /* one thread owns the handle: no locks, none in the background */
#define HF_BACKGROUND_CALLER 8u /* no threads in the background: the caller runs hf_work() */

#define HF_KEEP_ALL UINT64_MAX

struct hf_options {
    size_t struct_size;
    enum hf_mode mode;
    unsigned flags;
    uint32_t sector;       /* bytes, a power of two, 512..65536: what a device writes at once */
    uint64_t segment_size; /* bytes, largest log segment; one commit may exceed it */
    uint64_t memory_limit; /* bytes held at most; data beyond it goes to tables. 0: no limit */
    uint64_t keep_versions; /* how many versions back reads may go; HF_KEEP_ALL: all of them */
    uint64_t sync_interval_ms; /* buffered: a sync starts at the latest after this time, */
    uint64_t sync_batch;       /* this number of commits, */
    uint64_t sync_bytes;       /* or this number of log bytes */
    uint64_t loss_ms;       /* buffered: writers wait for the sync before more than this time */
    uint64_t loss_bytes;    /* or this number of bytes could be lost by a power cut */
    uint64_t memtable_size; /* bytes of commits that are flushed together; 0: segment_size */
};

#define HF_OPTIONS_INIT                                                                        \
    {                                                                                          \
        sizeof(struct hf_options), HF_MODE_BUFFERED, HF_CREATE, 4096, 64u << 20, 0,            \
            HF_KEEP_ALL, 100, 1000, 1u << 20, 1000, 64u << 20, 0                               \
    }

/*
 * Opens the database in directory `path`, recovering it first. `options` NULL means
 * HF_OPTIONS_INIT. In memory mode `path` may be NULL; a directory that is named is locked, and
 * must not hold a durable database. `error`, if not NULL, gets the sentence on failure.
 *
 * NOT_FOUND: no database there and no HF_CREATE. BUSY: open elsewhere; the text names the pid.
 * CORRUPT, MISSING_FILE, VERSION, IO: refused, and nothing on disk was changed.
 * A full disk is no failure: the handle opens, reads work, writes return FULL.
 */
HF_API enum hf_err hf_open(struct hf_db **out, const char *path,
                           const struct hf_options *options,
                           struct hf_error *error) HF_MUST_CHECK;

/*
 * Syncs what a mode with a log has not synced, seals the log and releases everything, in every
 * case. INVALID: views or iterators are still open; then nothing was done. FAILED: commits
 * above hf_durable_version() may not survive a power cut, because an earlier write or sync
 * failed. IO, FULL: the seal, or its sync, failed.
 */
HF_API enum hf_err hf_close(struct hf_db *db);

/*
 * The last failure of a call on this handle, by any thread; code HF_OK if there was none. Point
 * reads, hf_iter_next, and what a batch refuses before it reaches the log are not kept.
 */
HF_API void hf_error_get(struct hf_db *db, struct hf_error *error);

/* ---- writes ------------------------------------------------------------------------------ */

/* Flags of a commit; any other is INVALID. HF_DURABLE: acknowledged as in strict mode, and with
 * it all before it. */
#define HF_DURABLE 1u

/*
 * Each is one commit. `version`, if not NULL, gets the version of the commit. Keys are
 * 1..HF_KEY_SIZE_MAX bytes; values 0..HF_VALUE_SIZE_MAX.
 *
 * FAILED: a sync has failed, or a write that could not be contained; if it failed for this very
 * commit, whether that survives is unknown until the next open. Any other error: nothing of the
 * commit remains, now or later.
 */
HF_API enum hf_err hf_put(struct hf_db *db, struct hf_span key, struct hf_span value,
                          unsigned flags, uint64_t *version) HF_MUST_CHECK;
/* HF_OK whether or not the key was there. */
HF_API enum hf_err hf_delete(struct hf_db *db, struct hf_span key, unsigned flags,
                             uint64_t *version) HF_MUST_CHECK;
/*
 * Deletes every key in [from, to), however many there are: one record in the log and in tables.
 * An empty `from` is the first key, an empty `to` the end. HF_OK whether or not a key was
 * there. INVALID: there is no key between the two, `from` not being below `to`.
 *
 * The bounds of ranges that history still needs stay in memory while the database is open, some
 * 2 KB a range where many overlap, and count against memory_limit: with every version kept, a
 * limit of 4 MiB refuses commits (NO_MEMORY) after about 1700 of them. With fewer versions kept
 * they go with the next merge.
 */
HF_API enum hf_err hf_delete_range(struct hf_db *db, struct hf_span from, struct hf_span to,
                                   unsigned flags, uint64_t *version) HF_MUST_CHECK;
/*
 * Puts if the key's version is `expected`, 0 meaning that the key must not exist; else
 * CONFLICT, and *version is the version found (0: none).
 */
HF_API enum hf_err hf_cas(struct hf_db *db, struct hf_span key, uint64_t expected,
                          struct hf_span value, unsigned flags,
                          uint64_t *version) HF_MUST_CHECK;

/*
 * Several operations as one commit: all of them or none, under one version. A later operation
 * on a key overrides an earlier one. A batch belongs to one thread at a time.
 */
struct hf_batch;

HF_API enum hf_err hf_batch_open(struct hf_batch **out, struct hf_db *db) HF_MUST_CHECK;
/* NO_MEMORY or TOO_LARGE fail the batch: until a reset every call on it returns that error. */
HF_API enum hf_err hf_batch_put(struct hf_batch *batch, struct hf_span key,
                                struct hf_span value) HF_MUST_CHECK;
HF_API enum hf_err hf_batch_delete(struct hf_batch *batch, struct hf_span key) HF_MUST_CHECK;
/* As hf_delete_range; what the batch puts into the range later is not deleted by it. */
HF_API enum hf_err hf_batch_delete_range(struct hf_batch *batch, struct hf_span from,
                                         struct hf_span to) HF_MUST_CHECK;
/* The commit will fail with CONFLICT unless the key then has version `expected` (0: none). */
HF_API enum hf_err hf_batch_check(struct hf_batch *batch, struct hf_span key,
                                  uint64_t expected) HF_MUST_CHECK;
/* Commits and, on success, empties the batch. INVALID: there is no put or delete in it. */
HF_API enum hf_err hf_batch_commit(struct hf_batch *batch, unsigned flags,
                                   uint64_t *version) HF_MUST_CHECK;
HF_API void hf_batch_reset(struct hf_batch *batch);
HF_API void hf_batch_close(struct hf_batch *batch);

/* ---- durability -------------------------------------------------------------------------- */

/* Makes all that is committed durable. In memory mode there is nothing to do. */
HF_API enum hf_err hf_sync(struct hf_db *db) HF_MUST_CHECK;

/* The highest version that a power cut can no longer take; 0 in memory mode. */
HF_API uint64_t hf_durable_version(struct hf_db *db);

/*
 * Returns when `version` is durable. INVALID: not committed yet, or memory mode. READ_ONLY:
 * this handle cannot sync.
 */
HF_API enum hf_err hf_wait_durable(struct hf_db *db, uint64_t version) HF_MUST_CHECK;

/* The version of the newest published commit: what a read sees. */
HF_API uint64_t hf_last_version(struct hf_db *db);

/* ---- reads ------------------------------------------------------------------------------- */

/*
 * Copies the value of `key` into `buffer` and its size into *size. TOO_LARGE: `capacity` is
 * below *size, nothing was copied. `version`, if not NULL, gets the value's version. CORRUPT,
 * IO, NO_MEMORY: the table that should know could not be read.
 */
HF_API enum hf_err hf_get(struct hf_db *db, struct hf_span key, void *buffer, size_t capacity,
                          size_t *size, uint64_t *version) HF_MUST_CHECK;

/*
 * A view: the database as of one version, whatever is written meanwhile. It is also the read
 * guard: what hf_view_get points to stays in place, unchanged, until the view is closed; what
 * comes out of tables counts against memory_limit meanwhile. Several threads may read from one
 * view; whoever closes it is the last.
 */
struct hf_view;

#define HF_LATEST UINT64_MAX

struct hf_item {
    struct hf_span key;
    struct hf_span value;
    uint64_t version; /* of the commit that wrote it; 0 in hf_view_get_many: not found */
    uint64_t time_us; /* of that commit, microseconds since 1970, never stepping back */
};

/* INVALID: `version` is above hf_last_version(). HISTORY_GONE: no longer kept. */
HF_API enum hf_err hf_view_open(struct hf_view **out, struct hf_db *db,
                                uint64_t version) HF_MUST_CHECK;
HF_API uint64_t hf_view_version(const struct hf_view *view);
/*
 * The newest version committed at or before `time_us`, for hf_view_open; 0, an empty database,
 * before the first commit. Of commits that are in tables by now only the last of each
 * millisecond is remembered: what came earlier within the millisecond of `time_us` may be left
 * out, and what came later never gets in. (Where a history has very many milliseconds for its
 * memory limit, the spans are longer.) HISTORY_GONE: not kept. CORRUPT, IO, NO_MEMORY: the
 * table that should know could not be read.
 */
HF_API enum hf_err hf_version_at(struct hf_db *db, uint64_t time_us,
                                 uint64_t *version) HF_MUST_CHECK;
/*
 * Zero-copy: `item` points into the database. item->key is the stored key. NOT_FOUND; CORRUPT,
 * IO: the table that should know could not be read. NO_MEMORY: the view holds too much.
 */
HF_API enum hf_err hf_view_get(struct hf_view *view, struct hf_span key,
                               struct hf_item *item) HF_MUST_CHECK;
/* Many at once, cheaper than one by one. HF_OK says that every lookup ran; after an error the
 * items from the failed one on say nothing. */
HF_API enum hf_err hf_view_get_many(struct hf_view *view, const struct hf_span *keys,
                                    size_t count, struct hf_item *items) HF_MUST_CHECK;
HF_API void hf_view_close(struct hf_view *view);

/*
 * Iteration over the keys in [from, limit), in byte order, of one view. An empty `from` is the
 * first key, an empty `limit` the end; `reverse` starts at the end. The bounds are copied. What
 * an item points to stays in place until the next call with the iterator.
 * An error is sticky: once not HF_OK, every further call returns the same. NOT_FOUND: the end.
 * An iterator belongs to one thread at a time and is closed before its view.
 */
struct hf_iter;

struct hf_range {
    struct hf_span from;
    struct hf_span limit;
    bool reverse;
};

HF_API enum hf_err hf_iter_open(struct hf_iter **out, struct hf_view *view,
                                const struct hf_range *range) HF_MUST_CHECK;
HF_API enum hf_err hf_iter_next(struct hf_iter *iter, struct hf_item *item) HF_MUST_CHECK;
/*
 * Goes to `key`, within the bounds: the next call of hf_iter_next gives the first key >= `key`,
 * or, in reverse, the last key <= `key`. Also after the end; not after an error. NO_MEMORY.
 */
HF_API enum hf_err hf_iter_seek(struct hf_iter *iter, struct hf_span key) HF_MUST_CHECK;
HF_API void hf_iter_close(struct hf_iter *iter);

/* ---- upkeep ------------------------------------------------------------------------------ */

/*
 * Performs the next bounded step of background work: a sync that is due, a piece of the next
 * log segment, of a flush, of a compaction, of the ordered index; in memory mode, of giving
 * back what is superseded. *more, if not NULL, says whether there is another step to do now.
 * With background threads this need not be called, and may be. FULL, IO, NO_MEMORY: nothing is
 * lost, a later call tries again. CORRUPT: a table cannot be read, and is not merged any more.
 */
HF_API enum hf_err hf_work(struct hf_db *db, bool *more) HF_MUST_CHECK;

/* What commits wait for. */
enum hf_stall {
    HF_STALL_WINDOW = 0,     /* a sync, before more than the promised window could be lost */
    HF_STALL_FLUSH = 1,      /* frozen memtables to become tables */
    HF_STALL_COMPACTION = 2, /* tables to be merged */
    HF_STALL_MEMORY = 3      /* a flush, near the memory limit */
};
#define HF_STALL_COUNT 4

/*
 * Writes all that is committed into sorted tables, so that the log can go, and returns when
 * they are durable. HF_OK at once in memory mode. FULL, IO, NO_MEMORY: what could not be
 * written stays in the log, and nothing is lost. FAILED: the log has failed.
 */
HF_API enum hf_err hf_flush(struct hf_db *db) HF_MUST_CHECK;

/*
 * Flushes, then merges all tables down until each key stands in one: deleted and superseded
 * versions that no view and no retention needs are gone from the disk. Rewrites all data; the
 * background does as much as is worth while by itself. Errors as hf_flush; CORRUPT: a table
 * could not be read, all stays as it was.
 */
HF_API enum hf_err hf_compact(struct hf_db *db) HF_MUST_CHECK;

#define HF_LEVEL_COUNT 7 /* of tables: 0 as they were flushed, then merged */

struct hf_stats {
    size_t struct_size;
    uint64_t last_version;
    uint64_t durable_version;
    uint64_t oldest_version; /* the lowest that hf_view_open accepts */
    uint64_t keys;           /* distinct keys in memtables, deleted ones included */
    uint64_t segments;       /* of the log, in memory */
    uint64_t log_bytes;      /* of frames in memory */
    uint64_t memory_bytes;   /* all that memory_limit counts */
    uint64_t index_bytes;    /* of them in the hash index and the ordered index */
    uint64_t views;          /* open now */
    uint64_t commits;        /* since open */
    uint64_t syncs;
    uint64_t sync_ns_total;
    uint64_t written_bytes;            /* handed to the kernel since open */
    uint64_t stalls[HF_STALL_COUNT];   /* commits that waited, by cause, */
    uint64_t stall_ns[HF_STALL_COUNT]; /* and for how long */
    uint64_t index_pause_ns_max; /* the longest that a scan took to catch up with the log */
    uint64_t index_pause_ns_last;
    uint64_t memtables;     /* in memory: one takes the commits, others wait for a flush */
    uint64_t tables;        /* sorted tables that the manifest names, */
    uint64_t table_bytes;   /* the size of their files, */
    uint64_t table_entries; /* and what they hold: versions of keys */
    uint64_t level_tables[HF_LEVEL_COUNT]; /* tables by level */
    uint64_t cache_bytes;                  /* blocks of tables in memory */
    uint64_t block_reads;                  /* of tables, from their files, since open */
    uint64_t flushes;                      /* since open */
    uint64_t compactions;                  /* since open */
    uint64_t table_written_bytes;          /* by both, handed to the kernel */
    uint64_t dead_bytes;         /* memory mode: of log_bytes, superseded, not yet given back */
    uint64_t reclaimed_segments; /* given back since open, */
    uint64_t reclaim_moved_bytes; /* what lived in them having been moved */
    enum hf_err job_err;          /* of the last step of either */
    uint64_t moved_tables;        /* to a deeper level as they are, since open */
    uint64_t reserved_bytes; /* of memory_bytes, taken ahead for the log: the system has not
                              * had to give them yet */
};

#define HF_STATS_INIT                                                                          \
    {                                                                                          \
        sizeof(struct hf_stats), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, { 0 }, { 0 }, 0, 0, 0, \
            0, 0, 0, { 0 }, 0, 0, 0, 0, 0, 0, 0, 0, HF_OK, 0, 0                                \
    }

/* Fills what the caller's struct_size has room for, as do hf_recovery_report and hf_salvage. */
HF_API void hf_stats_get(struct hf_db *db, struct hf_stats *stats);

/* Why recovery ended the log where it did. */
enum hf_tail {
    HF_TAIL_NONE = 0,   /* the database was created by this open */
    HF_TAIL_SEALED = 1, /* a clean close */
    HF_TAIL_END = 2,    /* nothing but zeros behind the last commit */
    HF_TAIL_TORN = 3    /* something unreadable behind it, all of it above the witness: cut */
};

struct hf_recovery {
    size_t struct_size;
    uint32_t manifest; /* the number of the one in force; 0: there is none yet */
    uint32_t tables;   /* that it names */
    uint64_t segments_replayed;
    uint64_t commits_replayed;
    uint64_t last_version;
    uint64_t witness_version; /* commits up to here were known durable before this open */
    uint64_t copied_commits;  /* written anew into the segment that recovery made */
    uint64_t cut_bytes;       /* bytes that were given up behind the last commit, zeros aside */
    uint32_t cut_segment;     /* where the replayed log ends: segment number and file offset */
    uint64_t cut_off;
    enum hf_tail tail;
    bool tail_ambiguous;   /* damage to the last group would look the same as what was found */
    bool writable_segment; /* false: no new segment could be made; writes say why */
    uint64_t scan_ns;
    uint64_t replay_ns;
    uint64_t copy_ns;
};

#define HF_RECOVERY_INIT                                                                       \
    {                                                                                          \
        sizeof(struct hf_recovery), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, HF_TAIL_NONE, false, false,  \
            0, 0, 0                                                                            \
    }

/* What the open of this handle found and did. */
HF_API void hf_recovery_report(struct hf_db *db, struct hf_recovery *report);

/* Called with one line of text, without a newline. */
typedef void hf_line_fn(void *context, const char *line);

/*
 * Reads every file of the database again and checks every byte that is in use against its
 * checksum, its place, its neighbours and the memory's copy; and walks the indexes. Calls
 * `line` once for each finding. HF_OK: none. CORRUPT: findings. IO, NO_MEMORY: none so
 * far, and then a look that could not be taken. Changes nothing.
 */
HF_API enum hf_err hf_verify(struct hf_db *db, hf_line_fn *line, void *context) HF_MUST_CHECK;

/*
 * Describes every structure, with offsets, of a database directory, of one of its files or of
 * a snapshot, damaged or not, a line each. Needs no handle, takes no lock and changes nothing.
 * A file that cannot be read is named in a line and the others follow; its error is the result.
 */
HF_API enum hf_err hf_dump(const char *path, hf_line_fn *line, void *context,
                           struct hf_error *error) HF_MUST_CHECK;

/* ---- backup ------------------------------------------------------------------------------ */

/*
 * A snapshot: one file, or one stream, with the database as of one version. A full one stands
 * alone. An incremental one holds what has changed since an earlier snapshot, its base, and is
 * restored together with it. No file of the database has to survive for either.
 */
struct hf_snapshot {
    uint64_t version; /* every commit up to it is inside, and no part of a later one */
    uint64_t base;    /* 0: full; else the version that it goes on from */
    uint64_t time_us; /* of the commit `version` */
    uint64_t entries;
    uint64_t size; /* bytes */
};

/* Takes the next bytes of a stream. An error ends it, and is what the caller gets. */
typedef enum hf_err hf_write_fn(void *context, struct hf_span bytes);
/* Gives the next bytes of a stream, up to `capacity`; *got is 0 only at its end. */
typedef enum hf_err hf_read_fn(void *context, void *to, size_t capacity, size_t *got);

/*
 * Writes a snapshot of all that is committed now, piece by piece, while others read and write.
 * What it holds is durable in the database before the first byte is handed out, so a crash
 * never takes the database back behind its own snapshots. `base` 0: a full one; else the
 * version of an earlier snapshot. Memory: a few hundred KiB, and the largest value.
 *
 * INVALID: `base` is above the last version. HISTORY_GONE: what was deleted since `base` is no
 * longer known (keep_versions), so only a full one is possible. CORRUPT, IO, NO_MEMORY, FAILED;
 * and what `write` returned. What was handed out then is no snapshot, and no restore takes it
 * for one. `snapshot` may be NULL.
 */
HF_API enum hf_err hf_snapshot_write(struct hf_db *db, uint64_t base, hf_write_fn *write,
                                     void *context, struct hf_snapshot *snapshot) HF_MUST_CHECK;
/*
 * The same into a file. It is written under another name, synced, read again whole, and takes
 * its name then: a file that was there is replaced by a complete one or not at all. FULL.
 * INVALID: `path` is no regular file, such as a device or a link.
 */
HF_API enum hf_err hf_snapshot_save(struct hf_db *db, uint64_t base, const char *path,
                                    struct hf_snapshot *snapshot) HF_MUST_CHECK;
/* Reads a snapshot file to its end and checks all of it. NOT_FOUND, CORRUPT, VERSION, IO. */
HF_API enum hf_err hf_snapshot_check(const char *path, struct hf_snapshot *snapshot,
                                     struct hf_error *error) HF_MUST_CHECK;

/* Where a snapshot comes from: a file, or where `path` is NULL what `read` gives. */
struct hf_snapshot_input {
    const char *path;
    hf_read_fn *read;
    void *context;
};

/*
 * Makes a database in directory `path`, which must be empty or missing, or hold what an
 * interrupted restore has left. inputs[0] is a full snapshot; each further one is incremental
 * and goes on where the one before ends. The database is that of the last one: the same
 * versions and times, its commits go on behind `version`, and further incremental snapshots
 * may be taken of it. What was before `version` cannot be read as of then.
 *
 * Files are checked whole before anything is written. There is no database until all of it is
 * durable: after an error or a crash what was written can be restored over, and nothing else.
 * `options` (NULL: HF_OPTIONS_INIT) says sector, segment_size and memory_limit.
 *
 * INVALID: the snapshots do not follow each other, or the directory is not empty. CORRUPT,
 * VERSION: of an input. NOT_FOUND, BUSY, FULL, IO, NO_MEMORY. `restored` may be NULL.
 */
HF_API enum hf_err hf_restore(const char *path, const struct hf_options *options,
                              const struct hf_snapshot_input *inputs, size_t count,
                              struct hf_snapshot *restored,
                              struct hf_error *error) HF_MUST_CHECK;

/*
 * Makes a second database in directory `path`, empty or missing, of all that is committed now.
 * Tables are shared by hard links, or copied where the file system does not link; as no table
 * ever changes, neither database can harm the other. *version, if not NULL, is the last one in
 * it. INVALID: memory mode, or the directory is not empty. READ_ONLY; FAILED, FULL, IO,
 * NO_MEMORY: there is no database there.
 */
HF_API enum hf_err hf_checkpoint(struct hf_db *db, const char *path,
                                 uint64_t *version) HF_MUST_CHECK;

struct hf_salvaged {
    size_t struct_size;
    uint64_t tables;       /* files that were read, */
    uint64_t segments;     /* whole or in part */
    uint64_t keys;         /* in the new database */
    uint64_t last_version; /* the newest that was found */
    uint64_t losses;       /* lines that told of something lost */
};

#define HF_SALVAGED_INIT                                                                       \
    {                                                                                          \
        sizeof(struct hf_salvaged), 0, 0, 0, 0, 0                                              \
    }

/*
 * Makes a database in directory `path`, empty or missing, of what can still be read in the
 * directory `damaged`, which is not changed. Of each key the newest version that was found is
 * taken; a delete counts as one. Where a loss hides newer versions, or deletes, older ones show
 * instead: `line`, if not NULL, is called for each loss, and for what was read. HF_OK, with or
 * without losses.
 *
 * NOT_FOUND: there is nothing of a database. VERSION: there is a file of a newer Holdfast.
 * BUSY, INVALID, FULL, IO, NO_MEMORY: no database was made.
 */
HF_API enum hf_err hf_salvage(const char *damaged, const char *path,
                              const struct hf_options *options, hf_line_fn *line, void *context,
                              struct hf_salvaged *salvaged,
                              struct hf_error *error) HF_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
