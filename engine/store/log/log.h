/*
 * log.h - the write-ahead log: where commits get their place, their bytes and their durability.
 *
 * The log is a chain of segment files, `wal-<number>`. Frames are encoded straight into the
 * memory of the newest segment (memory/segments.h) and written from there; memory and file
 * differ only in the header and in the zeros between groups; what recovery loads has no group
 * headers either (store/log/frames.h).
 *
 *        sealed segments             active                     spare
 *   +----------------------+   +-----------------+     +----------------------+
 *   | header | groups      |-->| header | groups |     | header | zeros       |
 *   +----------------------+   +-----------------+     +----------------------+
 *     oldest ... being synced     commits go here       named and synced ahead
 *
 * Without a directory (memory mode) there are only the segments in memory.
 *
 * A segment's header and name are durable before its first group, and so are the zeros that
 * fill it, unless rotation had to make it on the spot. The last part of each is kept for
 * deletes: they still find room when the disk is full.
 *
 * Guarded by the database's mutex, which hf_log_sync, hf_log_prepare and hf_log_forget_before
 * give up around their I/O.
 *
 * Invariants:
 *   1. a frame has its place in file and memory, or neither: a failed write moves nothing
 *   2. behind a failed write nothing is appended to the same segment
 *   3. durable is the end of a sync that has succeeded, captured before it began
 *   4. segment numbers ascend along the chain and are never used twice
 */
#ifndef HF_STORE_LOG_H
#define HF_STORE_LOG_H

#include "format/wal_format.h"
#include "memory/segments.h"
#include "vfs/vfs_env.h"
#include "vfs/vfs_file.h"

struct hf_log_segment {
    struct hf_log_segment *newer;
    struct hf_file *file;
    uint32_t number;
    uint32_t mask_base;
    uint64_t size;       /* of the file */
    uint64_t end;        /* of its valid bytes */
    uint64_t synced;     /* of its durable bytes */
    uint64_t last;       /* version of the newest commit in or before it */
    uint32_t group_next; /* number of its next group */
    uint32_t made_as;    /* wal-<made_as>.tmp is its name, */
    bool is_named;       /* until it is complete and synced */
};

/* One segment of the chain, as verify wants to know it. */
struct hf_chain_entry {
    uint32_t number;
    uint32_t stranded; /* from here up to `number`: what failed rotations left; 0: nothing */
    uint64_t end;      /* of the valid bytes; 0: not replaced by a later segment yet */
};

struct hf_log {
    struct hf_dir *dir; /* NULL: memory mode */
    struct hf_mutex *mutex;
    struct hf_budget *budget;
    struct hf_segments *segments;
    uint8_t uuid[16];
    uint32_t sector;
    uint64_t size_max;  /* of a segment, unless one commit needs more */
    uint64_t size_next; /* of the next segment prepared */
    uint32_t number_next;
    uint32_t number_begun; /* the highest that was begun, or may be: what follows is above it */

    struct hf_log_segment *oldest; /* with bytes that no sync has covered, or the active one */
    struct hf_log_segment *active; /* NULL: none yet */
    bool group_open;               /* the active segment's last group may take more frames */
    bool poisoned;                 /* a write to the active segment failed */
    uint64_t durable_position;
    uint64_t durable_version;

    struct hf_log_segment *spare; /* the next segment, being prepared or ready */
    struct hf_segment spare_memory;
    uint64_t spare_filled;
    bool spare_ready;
    bool spare_busy;   /* a thread is at its file, without the mutex */
    bool spare_failed; /* the last try found no room; rotation will try again */
    bool spare_given;  /* the last one was given up for its room */

    struct hf_wal_link placed_link; /* what the segment that recovery makes links to */

    struct hf_chain_entry *chain;
    uint32_t chain_count, chain_capacity;
    /* From this number up to that of the next segment files stand for nothing: failed rotations
     * left them, or a recovery that found no room. 0: there are none. */
    uint32_t stranded;

    uint64_t written_bytes;
    uint64_t span_bytes; /* of the files whose memory is in `segments` */
};

/* A frame's place, between hf_log_place and hf_log_write. */
struct hf_place {
    uint8_t *at;        /* where to encode the frame */
    uint64_t off;       /* its offset in the file */
    uint32_t mask_base; /* for its checksum */
    uint32_t size;
    uint32_t lead; /* bytes of a new group's header before it */
    uint64_t ref;  /* of the frame's first byte */
};

/* First size of a segment, doubled from there. */
#define HF_LOG_SEGMENT_MIN (UINT64_C(1) << 20)

void hf_log_close_files(struct hf_log *log);

/*
 * Finds `size` bytes for the frame of commit `version`, going on in the next segment if need
 * be. `is_delete` may use the reserve. FULL, NO_MEMORY, IO, READ_ONLY: nothing has its place.
 */
enum hf_err hf_log_place(struct hf_log *log, uint32_t size, uint64_t version, bool is_delete,
                         struct hf_place *place, struct hf_detail *detail) HF_MUST_CHECK;
/* Hands the frame to the kernel and gives it its place. A failure poisons the segment. */
enum hf_err hf_log_write(struct hf_log *log, const struct hf_place *place, uint64_t version,
                         struct hf_detail *detail) HF_MUST_CHECK;
/*
 * After a failed write: goes on in a new segment that says where the old one ends. Once that is
 * synced, nothing of the failed commit can come back.
 */
enum hf_err hf_log_restart(struct hf_log *log, struct hf_detail *detail) HF_MUST_CHECK;

/*
 * Goes on in the next segment, and with its memory in an empty list: what `segments` was until
 * now, the caller keeps. An error leaves the list as it was; the next placing tries again.
 */
enum hf_err hf_log_turn(struct hf_log *log, struct hf_segments *into,
                        struct hf_detail *detail) HF_MUST_CHECK;
/* Whether segment `number` of the chain has begun, durably. */
bool hf_log_is_durable_from(const struct hf_log *log, uint32_t number);
/* Removes the files of segments [first, limit), which nothing needs: those that are there. What
 * cannot go now goes at an open. */
void hf_log_remove(struct hf_log *log, uint32_t first, uint32_t limit);
/* Removes the segments before `number` from chain and directory: a durable manifest says that
 * tables hold their commits. */
void hf_log_forget_before(struct hf_log *log, uint32_t number);

/*
 * Makes all that is written durable; gives up the mutex while the system syncs. One at a time.
 * Any error is final for the log.
 */
enum hf_err hf_log_sync(struct hf_log *log, struct hf_detail *detail) HF_MUST_CHECK;
/*
 * The last frame of the log, durable, and the file cut to its end. Everything is synced
 * already. A poisoned segment gets none: it is left as it is.
 */
enum hf_err hf_log_seal(struct hf_log *log, struct hf_detail *detail) HF_MUST_CHECK;

/* Whether there is something to prepare, and the next bounded step of it. */
bool hf_log_wants_spare(const struct hf_log *log);
enum hf_err hf_log_prepare(struct hf_log *log, struct hf_detail *detail) HF_MUST_CHECK;

/*
 * Gives the spare back, for its room on a full disk: the log then goes on in a segment that is
 * made on the spot. False: there is none to give. None is prepared until the next rotation, or
 * until somebody says that there is room again.
 */
bool hf_log_spare_give(struct hf_log *log);
void hf_log_spare_may_return(struct hf_log *log);

/* ---- inside the log: log_segment.c ------------------------------------------------------- */

/* "wal-0000000007"; and back, 0 if it is not such a name. */
void hf_log_name(char name[HF_NAME_SIZE_MAX], uint32_t number, const char *suffix);
uint32_t hf_log_number(const char *name, const char *suffix);

/* What a segment is to be. */
struct hf_log_plan {
    uint64_t size;    /* whole sectors */
    uint64_t synced;  /* the position up to which its header vouches for the log */
    bool is_prepared; /* filled with zeros before it begins; else its file grows */
};

/* A segment under the next number, its header encoded into `sector` (log->sector bytes). */
enum hf_err hf_log_segment_new(struct hf_log_segment **out, struct hf_log *log,
                               const struct hf_log_plan *plan, uint8_t *sector,
                               struct hf_detail *detail) HF_MUST_CHECK;
void hf_log_segment_free(struct hf_log *log, struct hf_log_segment *segment);
/* Creates the file under a temporary name and writes the header. */
enum hf_err hf_log_segment_create(struct hf_log_segment **out, struct hf_log *log,
                                  uint64_t size, bool is_prepared,
                                  struct hf_detail *detail) HF_MUST_CHECK;
/* Syncs header and zeros, then gives the file its name, durably: now the segment may begin. */
enum hf_err hf_log_segment_settle(struct hf_log *log, struct hf_log_segment *segment,
                                  struct hf_detail *detail) HF_MUST_CHECK;
/* Frees the spare and its memory, and removes its file. */
void hf_log_spare_discard(struct hf_log *log);
/* Frees a segment that never began, and removes its file under either name. */
void hf_log_segment_discard(struct hf_log *log, struct hf_log_segment *segment);
/* A segment ready for its first group, made now; its file grows as it is written. */
enum hf_err hf_log_segment_make(struct hf_log_segment **out, struct hf_log *log, uint64_t size,
                                struct hf_detail *detail) HF_MUST_CHECK;
/* Zeros over [from, to) of a file, in pieces. */
enum hf_err hf_log_fill(struct hf_file *file, uint64_t from, uint64_t to,
                        struct hf_detail *detail) HF_MUST_CHECK;
/* Writes the group and the link that begin a segment, into its memory and its file. */
enum hf_err hf_log_begin(struct hf_log *log, struct hf_log_segment *segment,
                         struct hf_segment *memory, const struct hf_wal_link *link,
                         struct hf_detail *detail) HF_MUST_CHECK;
enum hf_err hf_log_chain_add(struct hf_log *log, uint32_t number) HF_MUST_CHECK;

static inline uint64_t
hf_log_round_up(const struct hf_log *log, uint64_t off)
{
    return (off + log->sector - 1) & ~(uint64_t)(log->sector - 1);
}

#endif
