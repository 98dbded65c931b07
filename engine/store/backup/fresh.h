/*
 * fresh.h - a new database in a directory of its own, which is there whole or not at all.
 *
 *   open       the directory is empty, or has what an interrupted one left, which goes;
 *              the file RESTORE says from now on that this is no database yet
 *   add ...    entries in their order, into tables that nothing names;
 *   or link    tables of another database
 *   finish     directory synced; a log segment that goes on behind them; the manifest, last
 *              of all, names them; RESTORE goes
 *
 * A crash before the manifest is durable leaves a directory that opens for nobody, and that the
 * next hf_fresh_open clears. Restore, salvage and checkpoint all end here. One thread.
 */
#ifndef HF_STORE_FRESH_H
#define HF_STORE_FRESH_H

#include "store/store.h"

#define HF_FRESH_MARK "RESTORE"

struct hf_fresh {
    struct hf_dir *dir;
    struct hf_budget budget;
    struct hf_cache *cache;
    struct hf_table_env tables; /* the directory and the uuid */
    struct hf_options options;
    uint32_t number_next; /* of files, but for the log's */

    struct hf_table_writer *writer; /* NULL: the next entry begins a table */
    uint64_t entry_size_max;        /* that it is ready for */
    uint32_t key_size_max;
    uint64_t keys_max; /* of the table in the making */
    struct hf_table **made;
    uint32_t made_count, made_capacity;
    bool is_ours; /* what is in the directory is this one's to remove */
    bool is_finished;
};

/* The state that a new database begins with. */
struct hf_fresh_state {
    uint64_t last; /* the version of its last commit, */
    uint64_t time_us;
    uint64_t floor; /* and the lowest that can be read */
};

/*
 * Takes the directory at `path`, making it if need be. hf_fresh_close comes after it in every
 * case. INVALID: it holds something else; BUSY, FULL, IO, READ_ONLY, NO_MEMORY.
 */
enum hf_err hf_fresh_open(struct hf_fresh *fresh, const char *path,
                          const struct hf_options *options, const uint8_t uuid[16],
                          struct hf_detail *detail) HF_MUST_CHECK;
/* The next entry; each key comes once, and no delete. FULL, IO, NO_MEMORY. */
enum hf_err hf_fresh_add(struct hf_fresh *fresh, const struct hf_entry *entry,
                         struct hf_detail *detail) HF_MUST_CHECK;
/* A table of the same uuid that stands in `from`: shared by a link, or else copied. */
enum hf_err hf_fresh_link(struct hf_fresh *fresh, struct hf_dir *from,
                          const struct hf_table_info *info,
                          struct hf_detail *detail) HF_MUST_CHECK;
/* From here on it is a database. Tables that were added are put on the level where they may
 * stay. FULL, IO, NO_MEMORY. */
enum hf_err hf_fresh_finish(struct hf_fresh *fresh, const struct hf_fresh_state *state,
                            struct hf_detail *detail) HF_MUST_CHECK;
/* Releases everything; of one that is not finished nothing stays but the directory. */
void hf_fresh_close(struct hf_fresh *fresh);

/* ---- lineage ----------------------------------------------------------------------------- */

/*
 * Versions mean the same in two databases only if one history of commits led to both. The first
 * half of a uuid says which history that is, the second which directory. So the lineage is the
 * uuid with zeros in its second half, and a database that goes on from another one draws a
 * second half of its own.
 */
#define HF_LINEAGE_SIZE 8u

void hf_lineage_of(uint8_t lineage[16], const uint8_t uuid[16]);
/* A new uuid of that lineage; NULL: of a new one. IO: there is no entropy. */
enum hf_err hf_lineage_draw(uint8_t uuid[16], const uint8_t *lineage) HF_MUST_CHECK;

#endif
