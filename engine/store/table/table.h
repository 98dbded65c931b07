/*
 * table.h - a sorted table, open for reading.
 *
 * Immutable from the moment it has its name. What reads share is the cache; a merge or a check
 * reads past it, with memory of its own. Bytes are judged when they come from the file: what
 * does not belong is CORRUPT, with file and offset in the detail, and never "not found". Only a
 * filter may be damaged without harm: then every key may be there.
 *
 * A read through the cache is called with the database's mutex held and gives it up while it
 * reads a file. The caller sees to it that the table stays (store/catalog.h).
 */
#ifndef HF_STORE_TABLE_H
#define HF_STORE_TABLE_H

#include "format/manifest_format.h"
#include "format/table_format.h"
#include "index/range_list.h"
#include "store/table/cache.h"
#include "vfs/vfs_env.h"
#include "vfs/vfs_file.h"

/* What all tables of a database share. */
struct hf_table_env {
    struct hf_dir *dir;
    struct hf_mutex *mutex; /* NULL: single thread */
    struct hf_budget *budget;
    struct hf_cache *cache;
    uint8_t uuid[16];
    uint32_t read_ahead;    /* bytes that a private cursor reads at once, if it can */
    uint64_t block_reads;   /* from files, through the cache; for statistics */
    uint64_t filter_damage; /* damaged filter blocks that were passed over */
    bool defers;            /* what has no refs left waits in `gone` for a sweep */
    struct hf_table *gone;
    uint32_t sweeping; /* taken from there, their files being removed */
};

struct hf_table {
    struct hf_table_info info; /* its keys are in `keys`; its level is as it was opened */
    struct hf_table_meta meta;
    struct hf_file *file;
    uint32_t mask_base;
    uint32_t refs;    /* of catalogs and jobs */
    bool is_obsolete; /* the manifest no longer names it: its file goes with the last ref */
    bool is_suspect;  /* a merge could not read it */
    bool is_lean;     /* known to have one version of each key */
    uint8_t *keys;
    uint64_t sampled_from_us; /* the time of its first sample; 0: not read yet, or no samples */
    uint64_t sampled_to;      /* and the version of its last */
    struct hf_range_set *ranges; /* NULL: it has none, or they are damaged */
    bool ranges_are_bad;         /* nobody can tell which keys between its bounds are deleted */
    struct hf_table *gone;       /* the next one that waits for a sweep */
};

/* "table-0000000007"; and back, 0 if it is not such a name. */
void hf_table_name(char name[HF_NAME_SIZE_MAX], uint32_t number, const char *suffix);
uint32_t hf_table_number(const char *name, const char *suffix);

/*
 * Opens what a manifest names, and holds it against `info`. *out has one ref. MISSING_FILE,
 * CORRUPT (neither meta is good, or they say something else), VERSION, IO, NO_MEMORY. Where
 * only its ranges are damaged it opens: a read that depends on them is CORRUPT.
 */
enum hf_err hf_table_open(struct hf_table **out, struct hf_table_env *env,
                          const struct hf_table_info *info,
                          struct hf_detail *detail) HF_MUST_CHECK;
void hf_table_ref(struct hf_table *table);
/* With the last ref everything is released, an obsolete one's file is removed; or, where the
 * env defers that, at a later sweep. Accepts NULL. */
void hf_table_unref(struct hf_table_env *env, struct hf_table *table);
/* Releases one that waits for it, the mutex given up while its file is removed: a system may
 * take milliseconds for that. Nothing, if none waits. */
void hf_table_sweep(struct hf_table_env *env);

/* An entry that was found, and what keeps it in place: `pin` is the caller's to unpin. */
struct hf_table_found {
    struct hf_entry entry;
    struct hf_cached *pin;
};

/* hf_hash_bytes_of(key, this) is what hf_table_get wants. */
uint64_t hf_table_hash_seed(const struct hf_table_env *env);

/* The newest entry of `key` with a version of at most `version`, a delete too; where a range
 * covers it, a delete of its version, with nothing pinned. NOT_FOUND; CORRUPT, IO,
 * NO_MEMORY. */
enum hf_err hf_table_get(struct hf_table_env *env, struct hf_table *table, struct hf_span key,
                         uint64_t hash, uint64_t version, struct hf_table_found *found,
                         struct hf_detail *detail) HF_MUST_CHECK;

/* ---- times of commits -------------------------------------------------------------------- */

/* A table keeps samples of (version, time) of commits: of each millisecond the last one, and
 * what was the oldest version kept. None is newer than its newest entry. */

/* Reads them into `raw`, meta.samples.size bytes, which is not 0, and checks all of them.
 * CORRUPT, IO. No lock. */
enum hf_err hf_table_samples_read(const struct hf_table *table, uint8_t *raw,
                                  struct hf_samples_reader *reader,
                                  struct hf_detail *detail) HF_MUST_CHECK;
/* The next one into reader->last; false: there is none left. */
bool hf_table_samples_next(struct hf_samples_reader *reader);
/*
 * Raises *version to that of the newest sample that is not after `time_us`, if one is newer.
 * With the mutex held, which reading the file gives up. CORRUPT, IO, NO_MEMORY.
 */
enum hf_err hf_table_version_at(struct hf_table_env *env, struct hf_table *table,
                                uint64_t time_us, uint64_t *version,
                                struct hf_detail *detail) HF_MUST_CHECK;
/* The time of a version, if there is a sample of it. NOT_FOUND; else as hf_table_version_at. */
enum hf_err hf_table_time_of(struct hf_table_env *env, struct hf_table *table, uint64_t version,
                             uint64_t *time_us, struct hf_detail *detail) HF_MUST_CHECK;
/*
 * What could not be read of the table's ranges when it was opened is read again: it may have
 * been misread. With the mutex held, under which this reads the file. CORRUPT: they are
 * damaged; IO, NO_MEMORY.
 */
enum hf_err hf_table_ranges_check(struct hf_table_env *env, struct hf_table *table,
                                  struct hf_detail *detail) HF_MUST_CHECK;
/* The version of the newest range over `key`, up to `version`; 0: none. Errors as
 * hf_table_ranges_check, with the mutex held. */
enum hf_err hf_table_cover(struct hf_table_env *env, struct hf_table *table, struct hf_span key,
                           uint64_t version, uint64_t *cover,
                           struct hf_detail *detail) HF_MUST_CHECK;

/* ---- cursors ----------------------------------------------------------------------------- */

/* One block on the way from the root to an entry. */
struct hf_table_step {
    struct hf_cached *cached;     /* pinned; NULL: the cursor reads past the cache */
    const struct hf_block *block; /* NULL: none */
    struct hf_block_place place;
    uint32_t index;
};

/*
 * A place between or on entries. Shared with the cache, or private: then it has memory for one
 * block a level, takes no lock, and may be used without the mutex.
 */
struct hf_table_cursor {
    struct hf_table_env *env;
    struct hf_table *table;
    bool is_private;
    bool at_end;                                       /* on no entry */
    struct hf_table_step step[HF_TABLE_DEPTH_MAX + 1]; /* [0] is the root */
    uint8_t *memory;                                   /* of a private one */
    uint64_t memory_size;
    uint8_t *window;     /* in it: what was read ahead, */
    uint64_t window_off; /* of the file, from here, */
    size_t window_len;   /* so many bytes */
};

/* Holds nothing yet. A private one takes all its memory here, with the mutex held.
 * NO_MEMORY. */
enum hf_err hf_table_cursor_open(struct hf_table_cursor *cursor, struct hf_table_env *env,
                                 struct hf_table *table, bool is_private) HF_MUST_CHECK;
void hf_table_cursor_close(struct hf_table_cursor *cursor); /* accepts a zeroed one */

/* To the first entry that is not before (key, version), or to the end. CORRUPT, IO, NO_MEMORY:
 * the cursor is at the end. */
enum hf_err hf_table_cursor_seek(struct hf_table_cursor *cursor, struct hf_span key,
                                 uint64_t version, struct hf_detail *detail) HF_MUST_CHECK;
/* To the last entry that is before (key, version); key.len 0: to the last of all. */
enum hf_err hf_table_cursor_seek_before(struct hf_table_cursor *cursor, struct hf_span key,
                                        uint64_t version,
                                        struct hf_detail *detail) HF_MUST_CHECK;
/* From an entry to the one beside it, or to the end, at either side. Errors as above. */
enum hf_err hf_table_cursor_next(struct hf_table_cursor *cursor,
                                 struct hf_detail *detail) HF_MUST_CHECK;
enum hf_err hf_table_cursor_prev(struct hf_table_cursor *cursor,
                                 struct hf_detail *detail) HF_MUST_CHECK;
/* To the next entry in the block where the cursor stands; false: it is on the last one. */
static inline bool
hf_table_cursor_step(struct hf_table_cursor *cursor)
{
    struct hf_table_step *step = &cursor->step[cursor->table->meta.depth];

    if (step->index + 1 == step->block->count)
        return false;
    step->index++;
    return true;
}
/* Not at the end. Its spans stay good until the cursor moves; of a shared one, as long as its
 * block is pinned: the last step's `cached`. */
static inline struct hf_entry
hf_table_cursor_entry(const struct hf_table_cursor *cursor)
{
    const struct hf_table_step *step = &cursor->step[cursor->table->meta.depth];

    HF_ASSERT(!cursor->at_end);
    return hf_block_entry(step->block, step->index);
}

/* Not at the end: whether the entry before, which is told without going there, has another key;
 * or there is none. */
bool hf_table_cursor_is_newest(const struct hf_table_cursor *cursor);

/* ---- looking at all of it ---------------------------------------------------------------- */

/*
 * A check of a whole table in pieces: both metas, every block, every entry in its order, the
 * index against what it leads to, every key in the filter, ranges, counts and bounds against
 * info.
 */
struct hf_table_check;

/* With the mutex held. NO_MEMORY. */
enum hf_err hf_table_check_open(struct hf_table_check **out, struct hf_table_env *env,
                                struct hf_table *table) HF_MUST_CHECK;
/*
 * Looks at up to `blocks` more, without the mutex if the caller likes. *more: there is more to
 * look at. CORRUPT: the detail names file, offset and what is wrong; IO.
 */
enum hf_err hf_table_check_step(struct hf_table_check *check, uint32_t blocks, bool *more,
                                struct hf_detail *detail) HF_MUST_CHECK;
void hf_table_check_close(struct hf_table_check *check); /* with the mutex; accepts NULL */

#endif
