/*
 * snapshot_read.h - the entries of a snapshot, one by one, from a file or a stream.
 *
 * Memory is bounded by the largest block, and grows only as its bytes come in. Each block is
 * checked before an entry of it shows; that the whole is complete is known only at the end,
 * which is reached only if it is.
 */
#ifndef HF_STORE_SNAPSHOT_READ_H
#define HF_STORE_SNAPSHOT_READ_H

#include "format/snapshot_format.h"
#include "index/range_list.h"
#include "memory/budget.h"
#include "vfs/vfs_file.h"

struct hf_snapshot_cursor {
    struct hf_entry entry; /* where it stands, unless it is at the end; until it moves */
    bool at_end;           /* all was read, and all of it holds */
    bool has_base;         /* `base_time_us` was told */
    uint64_t base_time_us; /* when the commit that it goes on from was made */
    uint64_t entries;      /* of blocks so far */

    struct hf_snapshot_reader reader;
    struct hf_budget *budget;
    struct hf_snapshot_input input;
    struct hf_dir *dir; /* of a file */
    struct hf_file *file;
    uint64_t file_off;
    uint8_t *bytes; /* read and not used: [first, limit) */
    size_t capacity, first, limit;
    struct hf_block *block;
    size_t block_size;
    struct hf_range_list ranges; /* that it deletes of what was before its base */
    uint32_t index;              /* in the block */
    uint8_t *last_key;
};

/*
 * Opens the input and reads up to its identity: cursor->reader.header and .identity are known
 * then. hf_snapshot_cursor_close comes after it in every case. NOT_FOUND, CORRUPT, VERSION, IO,
 * NO_MEMORY, and what the input returns.
 */
enum hf_err hf_snapshot_cursor_open(struct hf_snapshot_cursor *cursor, struct hf_budget *budget,
                                    const struct hf_snapshot_input *input,
                                    struct hf_detail *detail) HF_MUST_CHECK;
/* To the first entry, or to the next. Errors as above; then only close is left. */
enum hf_err hf_snapshot_cursor_next(struct hf_snapshot_cursor *cursor,
                                    struct hf_detail *detail) HF_MUST_CHECK;
void hf_snapshot_cursor_close(struct hf_snapshot_cursor *cursor); /* accepts a zeroed one */

/* Reads a snapshot to its end. `snapshot` may be NULL. */
enum hf_err hf_snapshot_read_all(struct hf_budget *budget,
                                 const struct hf_snapshot_input *input,
                                 struct hf_snapshot *snapshot,
                                 struct hf_detail *detail) HF_MUST_CHECK;

/* What is known of one that was read to its end. */
struct hf_snapshot hf_snapshot_describe(const struct hf_snapshot_cursor *cursor);

#endif
