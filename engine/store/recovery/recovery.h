/*
 * recovery.h - from the files of a directory to a database that can go on.
 *
 *   scan    names are listed, segments read, nothing judged    recovery_scan.c
 *   tables  the manifest, and the tables that it names         recovery_manifest.c
 *   chain   from the newest segment back along its links,
 *           to where the manifest says that the log goes on    recovery_chain.c
 *   replay  forward again: where does the valid log end?       recovery_replay.c,
 *                                                              recovery_table.c
 *   build   frames into memory, indexes over them              recovery_build.c
 *   place   what is above the witness into a new segment       recovery_place.c
 *
 * Nothing on disk changes before `place`, and until its rename is durable the new segment does
 * not exist: a crash at any point leads to the same decision again.
 */
#ifndef HF_STORE_RECOVERY_H
#define HF_STORE_RECOVERY_H

#include "format/wal_walk.h"
#include "store/merge/manifest.h"
#include "store/store.h"

enum hf_scanned_state {
    HF_SCANNED_UNBEGUN, /* a header, or a bad one, and zeros behind it */
    HF_SCANNED_BEGUN,   /* header, first group and link are good */
    HF_SCANNED_TORN,    /* a good header, and no good beginning in what follows */
    HF_SCANNED_DAMAGED, /* no good header, and something follows */
    HF_SCANNED_STRAYED, /* a good header of another segment, and something follows */
    HF_SCANNED_NEWER    /* the header is of a newer format */
};

/* One segment file, as it was found. */
struct hf_scanned {
    uint32_t number;
    enum hf_scanned_state state;
    struct hf_wal_header header;
    struct hf_wal_link link; /* BEGUN */
    uint8_t *bytes;          /* the file; after the replay, its commits, moved together */
    uint64_t size;           /* of the file */
    uint64_t mapped;         /* of the memory at `bytes` */
    uint64_t witness;        /* the highest that a header in it vouches for */
    uint64_t data;           /* bytes of it up to the last that is not zero */

    /* after the replay */
    uint64_t end;        /* file offset behind the last valid frame */
    uint64_t used;       /* bytes of commits at `bytes` */
    uint64_t used_below; /* of them below the witness */
    uint64_t below_last; /* version of the last commit below the witness, or before */
    uint64_t below_end;  /* file offset behind it */
    uint32_t group_next; /* number that a further group would have */
};

/* Files that may have to go: all but complete segments. */
enum hf_named { HF_NAMED_SEGMENT, HF_NAMED_TABLE, HF_NAMED_MANIFEST };

struct hf_named_file {
    enum hf_named what;
    uint32_t number;
    bool is_temporary; /* left in the making */
};

struct hf_recovering {
    struct hf_db *db;
    struct hf_detail *detail;

    struct hf_scanned *found; /* by number, ascending */
    uint32_t found_count, found_capacity;
    uint32_t number_max;      /* of any segment seen, temporary ones included */
    uint32_t file_number_max; /* the same of tables and manifests */
    uint32_t manifest_number; /* the newest one; 0: none */
    uint32_t table_files;     /* complete ones, named by a manifest or not */
    struct hf_named_file *litter;
    uint32_t litter_count, litter_capacity;
    bool foreign;    /* there are names that are not ours */
    bool is_partial; /* a restore began here; without a manifest it did not end */

    uint32_t *chain; /* indexes into found, oldest first */
    uint32_t chain_count;
    uint64_t witness;
    uint64_t last; /* version of the last valid commit */
    uint64_t time_us;
    uint64_t cut_bytes;
    enum hf_tail tail;
    uint32_t kept; /* chain[0, kept) stay in the log, under the new segment */
};

/* Opens what is in db->dir, or creates a database there. All of hf_open's errors but BUSY. */
enum hf_err hf_recovery_run(struct hf_db *db, struct hf_detail *detail) HF_MUST_CHECK;

/* Makes the new segment durable; on FULL the database stays readable and this can be tried
 * again. */
enum hf_err hf_recovery_place(struct hf_db *db, struct hf_detail *detail) HF_MUST_CHECK;

/* ---- its parts --------------------------------------------------------------------------- */

enum hf_err hf_recovery_scan(struct hf_recovering *r) HF_MUST_CHECK;
enum hf_err hf_recovery_add_segment(struct hf_recovering *r, uint32_t number) HF_MUST_CHECK;
/* Says what a name in the directory stands for. */
enum hf_err hf_recovery_note_name(struct hf_recovering *r, const char *name) HF_MUST_CHECK;
/* As hf_wal_walk_probe, of all that is in the file. */
struct hf_wal_probe hf_recovery_probe(const struct hf_scanned *scanned,
                                      const struct hf_wal_walk *walk, uint64_t from);
enum hf_err hf_recovery_manifest(struct hf_recovering *r) HF_MUST_CHECK;
/* Removes what no manifest names. The directory was synced since the manifest was found. */
void hf_recovery_remove_litter(struct hf_recovering *r);
void hf_recovery_forget(struct hf_recovering *r); /* gives back what was scanned */
struct hf_scanned *hf_recovery_find(const struct hf_recovering *r, uint32_t number);
enum hf_err hf_recovery_chain(struct hf_recovering *r) HF_MUST_CHECK;
enum hf_err hf_recovery_replay(struct hf_recovering *r) HF_MUST_CHECK;
enum hf_err hf_recovery_build(struct hf_recovering *r) HF_MUST_CHECK;

/* Reads a whole file into pages, `mapped` bytes of them. */
enum hf_err hf_recovery_read(struct hf_db *db, const char *name, uint8_t **bytes,
                             uint64_t *size, uint64_t *mapped,
                             struct hf_detail *detail) HF_MUST_CHECK;

#endif
