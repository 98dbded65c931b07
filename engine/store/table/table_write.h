/*
 * table_write.h - writing a sorted table, front to back, in memory that is taken ahead.
 *
 *   open       table-N.tmp is there
 *   add ...    data blocks go out as they fill; an index block when it fills
 *   range ...  the index, the filter and the samples go out, then blocks of ranges
 *   finish     what is left, both metas; sync; rename to table-N
 *
 * Nobody may name the table in a manifest before the directory is synced, which is the
 * caller's to do, once for all tables of a job. Between open and finish nothing is allocated
 * and no lock is needed.
 */
#ifndef HF_STORE_TABLE_WRITE_H
#define HF_STORE_TABLE_WRITE_H

#include "store/table/table.h"

struct hf_table_writer;

/* What the writer must be ready for: all its memory is taken by this. */
struct hf_table_plan {
    uint32_t number;
    uint32_t level;
    uint64_t entries_max;    /* that will be added, at most; more versions of its last key do
                              * no harm */
    uint64_t entry_size_max; /* key and value of the largest, or both keys of a range */
    uint32_t key_size_max;   /* of the largest key, ends of ranges too */
    uint32_t block_size; /* payload bytes at which a block is full; a larger entry is alone */
    uint32_t samples_max;
};

/* With the mutex held. NO_MEMORY, FULL, IO: nothing is left behind. */
enum hf_err hf_table_writer_open(struct hf_table_writer **out, struct hf_table_env *env,
                                 const struct hf_table_plan *plan,
                                 struct hf_detail *detail) HF_MUST_CHECK;
/* The next entry. FULL, IO; CORRUPT: it is not behind the one before, or larger than planned,
 * so where it comes from is damaged; TOO_LARGE: far more came than planned. Only close is left
 * then. */
enum hf_err hf_table_writer_add(struct hf_table_writer *writer, const struct hf_entry *entry,
                                struct hf_detail *detail) HF_MUST_CHECK;
/* A sample, not before the last one; samples_max at most. */
void hf_table_writer_sample(struct hf_table_writer *writer, struct hf_sample sample);
/* The highest version of an entry so far; 0: there is none. */
uint64_t hf_table_writer_newest(const struct hf_table_writer *writer);
/* A range, once all entries and samples are there: in the order of first keys, of equal ones
 * the newest first. There is an entry already. Errors as above. */
enum hf_err hf_table_writer_add_range(struct hf_table_writer *writer,
                                      const struct hf_range_delete *range,
                                      struct hf_detail *detail) HF_MUST_CHECK;
/* Bytes of the file so far, about. */
uint64_t hf_table_writer_size(const struct hf_table_writer *writer);
uint64_t hf_table_writer_entries(const struct hf_table_writer *writer);
/*
 * Completes the file, syncs it and gives it its name. info->key_min and key_max point into the
 * writer. There is one entry at least. FULL, IO: a sync that fails is final for this file;
 * only close is left.
 */
enum hf_err hf_table_writer_finish(struct hf_table_writer *writer, struct hf_table_info *info,
                                   struct hf_detail *detail) HF_MUST_CHECK;
/* Releases the writer, with the mutex held; the file of one that is not finished is removed,
 * under either name. Accepts NULL. */
void hf_table_writer_close(struct hf_table_writer *writer);
/* Bytes handed to the kernel by it. */
uint64_t hf_table_writer_written(const struct hf_table_writer *writer);

#endif
