/*
 * memtable.h - the indexes over the log's memory: one answer a key, as of any version kept.
 *
 *     hash index ----> newest record of a key          (every write, every point read)
 *     links      ----> the record that one replaced    (every overwrite, reads of the past)
 *     ranges     ----> the newest range over a key     (none, where no range was deleted)
 *     ordered    ----> keys in order                   (made by the first scan, then caught up)
 *
 * The ordered index costs writers nothing: it remembers how far into the log it has read, and
 * reads on from there when a scan needs it. The log is its queue.
 *
 * A memtable covers some segments of the log, in memory mode all of them. It is active while
 * commits go to it, then frozen: of a frozen one nothing changes any more but the ordered
 * index, until that has caught up, and how links are tied, which only reads of the past look
 * at. Then a flush may read it without the lock. Whoever looks for the newest operation on a
 * key needs none either (hf_memtable_peek). All else is guarded by the database's lock.
 *
 * In memory mode, where history is limited, it also tells the dead: an operation that nothing
 * leads to any more is marked, in the byte of its type, and its segment counts it. What is
 * moved out of a segment (reclaim.h) keeps its version and gets a new ref: then the order
 * of refs is that of versions only for what was never moved.
 *
 * Invariants (hf_memtable_check quotes the number):
 *   1. each slot of the hash index refers to an operation whose key has that hash
 *   2. a link leads to an operation on the same key with a lower version
 *   3. each key of the ordered index is in the hash index; after a full catch-up, also the
 *      other way round
 *   4. where the dead are told: just those are marked that no slot and no chain of links leads
 *      to; each segment's counts, and their sums, are right
 */
#ifndef HF_STORE_MEMTABLE_H
#define HF_STORE_MEMTABLE_H

#include "format/entry.h"
#include "holdfast.h"
#include "index/hash_index.h"
#include "index/links.h"
#include "index/ordered_index.h"
#include "index/range_set.h"
#include "memory/segments.h"

struct hf_memtable {
    struct hf_budget *budget;
    uint32_t refs;           /* of catalogs and jobs */
    uint32_t log_first;      /* the log segment with its first commit */
    uint64_t base;           /* the version before its first commit */
    uint64_t last;           /* of its last commit, once it is frozen, */
    uint64_t time_us;        /* and that commit's time */
    uint64_t entries;        /* operations in it */
    uint64_t data_bytes;     /* of keys and values */
    uint64_t entry_size_max; /* key and value of the largest, */
    uint32_t key_size_max;   /* and of the largest key, ends of ranges too */
    struct hf_segments segments;
    struct hf_hash *hash;
    struct hf_links links;
    struct hf_range_set *ranges; /* NULL until the first range is deleted */
    struct hf_ordered *ordered;  /* NULL until the first scan */
    uint32_t ordered_segment;    /* how far the ordered index has read the log: */
    uint64_t ordered_off;        /* the next frame */
    unsigned fanout;             /* of the ordered index */
    uint64_t seed;
    bool tells_dead;
    uint64_t living_bytes; /* of operations that are worth keeping, */
    uint64_t dead_bytes;   /* and of the others that still take room */
};

/* `segment_size` scales the indexes: small segments get small pages and nodes. *out has one
 * ref. NO_MEMORY. */
enum hf_err hf_memtable_open(struct hf_memtable **out, struct hf_budget *budget, uint64_t seed,
                             uint64_t segment_size) HF_MUST_CHECK;
/* From now on these may look without the lock; NULL: nobody does. */
void hf_memtable_share(struct hf_memtable *table, struct hf_readers *readers);
void hf_memtable_ref(struct hf_memtable *table);
/* With the last ref all its memory goes, the segments' too. Accepts NULL. */
void hf_memtable_unref(struct hf_memtable *table);

uint64_t hf_memtable_hash(const struct hf_memtable *table, struct hf_span key);

/*
 * Writing: reserve for each operation of a commit, then insert each (which cannot fail), then
 * settle, also when nothing was inserted. `ref` is above all refs before it.
 */
enum hf_err hf_memtable_reserve(struct hf_memtable *table, uint64_t hash) HF_MUST_CHECK;
enum hf_err hf_memtable_reserve_links(struct hf_memtable *table, uint64_t count) HF_MUST_CHECK;
void hf_memtable_insert(struct hf_memtable *table, uint64_t hash, uint64_t ref);
void hf_memtable_settle(struct hf_memtable *table);
/* The same for a deleted range, its version that of the commit. The second call is made for
 * each; what was reserved is seen from the first one on. */
enum hf_err hf_memtable_reserve_range(struct hf_memtable *table,
                                      const struct hf_range_delete *range) HF_MUST_CHECK;
void hf_memtable_insert_range(struct hf_memtable *table, uint64_t ref);

/* The newest operation on `key` with a version of at most `version`, a delete too; or NULL. Of
 * what says "deleted" only the type may be looked at: it may stand for a range. */
const uint8_t *hf_memtable_find(const struct hf_memtable *table, struct hf_span key,
                                uint64_t hash, uint64_t version);
/* What a look without the lock has found. */
enum hf_peek {
    HF_PEEK_NONE,   /* nothing of the key */
    HF_PEEK_ENTRY,  /* its newest entry, */
    HF_PEEK_DELETE, /* or that it is deleted */
    HF_PEEK_UNSURE  /* to be asked with the lock: the newest is too new, or there are ranges */
};
/* As hf_memtable_find, for readers who have entered; the writer goes on meanwhile. What *entry
 * points to stays until they leave, or as long as a view holds it in place. */
enum hf_peek hf_memtable_peek(const struct hf_memtable *table, struct hf_span key,
                              uint64_t hash, uint64_t version, struct hf_entry *entry);
/* From the operation at `ref` back to the newest with a version of at most `version`, or
 * 0. */
uint64_t hf_memtable_ref_as_of(const struct hf_memtable *table, uint64_t ref, uint64_t version);
/* The newest operation on the same key with a lower version, or 0. Ranges aside, as above. */
uint64_t hf_memtable_ref_older(const struct hf_memtable *table, uint64_t ref);
struct hf_entry hf_memtable_entry(const struct hf_memtable *table, uint64_t ref);

/* Asks the processor to load the operation at `ref`, as hf_memtable_entry will look at it. */
void hf_memtable_prefetch(const struct hf_memtable *table, uint64_t ref);

/* The first commit in it; false: there is none. */
struct hf_frame;
bool hf_memtable_first(const struct hf_memtable *table, struct hf_frame *frame);

/* Forgets how to reach records whose successor has a version of at most `floor`, `most` of
 * them, the oldest first. */
void hf_memtable_forget(struct hf_memtable *table, uint64_t floor, uint64_t most);
/* The lowest version that can still be left for an older one; UINT64_MAX: there is none. */
uint64_t hf_memtable_linked_from(const struct hf_memtable *table);

/*
 * Lets the ordered index read at most `frames` more frames, making it first if need be. *behind
 * says whether there are more. NO_MEMORY: it stays at a frame's boundary and can go on later.
 */
enum hf_err hf_memtable_catch_up(struct hf_memtable *table, uint64_t frames,
                                 bool *behind) HF_MUST_CHECK;
/* Whether there is an ordered index, with more to read. */
bool hf_memtable_is_behind(const struct hf_memtable *table);

/* ---- giving back: for a memtable that tells the dead ------------------------------------- */

bool hf_memtable_is_dead(const struct hf_memtable *table, uint64_t ref);
/*
 * *newer: the operation whose link leads to the living one at `ref`; 0 if that is the newest of
 * its key. False: there are so many between that the search was given up.
 */
bool hf_memtable_find_newer(const struct hf_memtable *table, uint64_t ref, uint64_t *newer);
/*
 * The living operation at `from` is now at `to`, byte for byte, and no link leads on from it.
 * The ordered index has caught up, as for the next one.
 */
void hf_memtable_move(struct hf_memtable *table, uint64_t from, uint64_t to, uint64_t newer);
/* A living delete with nothing older behind it says no more than no entry does: it goes. */
void hf_memtable_drop(struct hf_memtable *table, uint64_t ref, uint64_t newer);
/* Gives a segment back in which nothing lives. */
void hf_memtable_drop_segment(struct hf_memtable *table, uint32_t number);

/* NULL, or the first broken invariant of the table and its indexes. Walks everything. */
const char *hf_memtable_check(const struct hf_memtable *table);

#endif
