/*
 * salvage.h - what can still be read of a damaged database, into a new one.
 *
 *   files    which there are, and what the newest manifest says of them      salvage.c
 *   tables   each is walked block by block, without its index                salvage_table.c
 *   log      each segment is walked group by group, past what is damaged     salvage_log.c
 *   merge    of each key the newest version that was found                   salvage_merge.c
 *
 * Nothing is written into the damaged directory. What is damaged is passed over and told; only
 * a newer format, and a lack of memory or space, ends it.
 *
 * What is believed: a manifest says which tables count. Those that it does not name, and
 * commits that its tables hold already, may say again what was deleted since, and whose deletes
 * are gone: so they are read only where something else is lost.
 */
#ifndef HF_STORE_SALVAGE_H
#define HF_STORE_SALVAGE_H

#include "store/backup/fresh.h"
#include "store/merge/manifest.h"

/* Sorted entries out of one table; or, one for all of it, out of the log. */
struct hf_salvage_source {
    struct hf_entry entry; /* where it stands, unless it is at the end */
    bool at_end;
    bool is_log;

    uint32_t number;               /* of the table */
    uint32_t mask_base;            /* of its blocks */
    struct hf_block_place *places; /* of its good data blocks */
    size_t place_count, place_capacity;
    size_t place_next;
    struct hf_block *block; /* the one that it stands in */
    size_t block_size;
    uint32_t index;

    size_t op_next; /* in the log */
};

/* One file's bytes, whole; what could not be read is zeros. */
struct hf_salvage_bytes {
    uint8_t *at;
    uint64_t size;
    uint64_t unread; /* bytes of it */
};

/* What a file name stands for. */
struct hf_salvage_file {
    uint32_t number;
    bool is_used;
};

struct hf_salvage_files {
    struct hf_salvage_file *list; /* numbers ascend */
    size_t count, capacity;
};

/* A segment whose commits are kept in memory. */
struct hf_salvage_segment {
    struct hf_salvage_bytes bytes;
    uint32_t number;
    uint32_t mask_base;
    uint32_t step;  /* groups stand on multiples of it */
    uint64_t first; /* the lowest version that it tells of, its link included; 0: none */
    uint64_t end;   /* file offset behind the last thing that was read */
    uint64_t data;  /* bytes up to the last one that is not zero */
};

struct hf_salvage {
    struct hf_dir *dir;
    struct hf_budget budget;
    struct hf_table_env env; /* directory, budget, uuid */
    struct hf_detail *detail;
    hf_line_fn *line;
    void *context;
    struct hf_salvaged report;

    struct hf_salvage_files tables, segments, manifests;
    struct hf_manifest_file manifest_file;
    bool has_manifest;
    bool has_uuid;
    uint64_t last; /* the newest version that was found, */
    uint64_t time_us;

    struct hf_salvage_source *sources;
    size_t source_count, source_capacity;

    struct hf_salvage_segment *logs;
    size_t log_count;
    struct hf_range_list ranges; /* deleted by what was found, in the log and in tables */
    struct hf_range_set *ranges_set;
    const uint8_t **ops; /* in the bytes of the segments, in the order of entries */
    size_t op_count, op_capacity;
    uint64_t witness;   /* the highest that anything vouches for */
    uint64_t in_tables; /* commits up to this version are in tables, says the manifest */
    uint64_t above;     /* those above this one are kept */
    uint64_t cut;       /* and below this one, in the segment at hand */
    uint64_t next;      /* the version that should come next; 0: any */
    uint64_t kept_commits;
    bool keeps_commits; /* this walk keeps what it finds */

    uint8_t *key; /* of the entry that the merge took last */
    size_t key_size;
};

/* ---- salvage.c --------------------------------------------------------------------------- */

void hf_salvage_say(struct hf_salvage *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same of something that is lost. */
void hf_salvage_lose(struct hf_salvage *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Reads a file as far as it goes; what cannot be read is told. NO_MEMORY. */
enum hf_err hf_salvage_read(struct hf_salvage *s, const char *name,
                            struct hf_salvage_bytes *bytes) HF_MUST_CHECK;
void hf_salvage_forget(struct hf_salvage *s, struct hf_salvage_bytes *bytes);
/* A list with room for one more: `at` of `capacity` items, `count` of them used. NULL: no
 * memory, and the list is as it was. */
void *hf_salvage_grow(struct hf_salvage *s, void *at, size_t count, size_t *capacity,
                      size_t item_size);

/* ---- salvage_table.c --------------------------------------------------------------------- */

/* Keeps a range, first key and end being those of `entry`. NO_MEMORY. */
enum hf_err hf_salvage_keep_range(struct hf_salvage *s,
                                  const struct hf_entry *entry) HF_MUST_CHECK;
/* The uuid that table `number` says to belong to; false: neither of its metas can be read. */
bool hf_salvage_table_uuid(struct hf_salvage *s, uint32_t number, uint8_t uuid[16]);
/* Finds the good blocks of a table; `info` is what the manifest says of it, or NULL. NO_MEMORY,
 * VERSION. */
enum hf_err hf_salvage_table(struct hf_salvage *s, uint32_t number,
                             const struct hf_table_info *info) HF_MUST_CHECK;
/* To the first entry of a table, or the next; a block that cannot be read any more is passed
 * over. NO_MEMORY. */
enum hf_err hf_salvage_table_next(struct hf_salvage *s,
                                  struct hf_salvage_source *source) HF_MUST_CHECK;

/* ---- salvage_log.c ----------------------------------------------------------------------- */

/* Finds the commits of all segments, and adds a source of them. NO_MEMORY, VERSION. */
enum hf_err hf_salvage_log(struct hf_salvage *s) HF_MUST_CHECK;
void hf_salvage_log_next(struct hf_salvage *s, struct hf_salvage_source *source);
void hf_salvage_log_forget(struct hf_salvage *s);

/* ---- salvage_merge.c --------------------------------------------------------------------- */

/* Moves the newest version of each key over. FULL, IO, NO_MEMORY. */
enum hf_err hf_salvage_merge(struct hf_salvage *s, struct hf_fresh *fresh) HF_MUST_CHECK;

#endif
