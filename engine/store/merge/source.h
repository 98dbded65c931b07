/*
 * source.h - one sorted stream of entries: a memtable, or the tables of one level in a row.
 *
 * What an iterator and a merge are made of. A source either shows what one view sees (of each
 * key the newest entry up to a version, deletes too), in both directions; or, for a merge,
 * every version that can still be reached, forward only.
 *
 * Called with the database's mutex held, which reading a table gives up meanwhile; a private
 * source, of a merge, is moved without it. An error leaves the source at its end.
 */
#ifndef HF_STORE_SOURCE_H
#define HF_STORE_SOURCE_H

#include "store/memtable/memtable.h"
#include "store/table/table.h"

struct hf_source {
    struct hf_entry entry; /* where it stands, unless it is at an end */
    bool at_end;
    bool was_given;   /* an iterator's mark: it has given this entry's key out */
    bool shows_all;   /* every version; else the newest up to `version` */
    uint64_t version; /* of the view */

    struct hf_memtable *memtable; /* or NULL: */
    struct hf_ordered_place place;
    uint64_t ref;     /* of the entry */
    uint64_t changes; /* of the ordered index, when `place` was found */

    struct hf_table *const *tables; /* their keys ascend and do not overlap */
    uint32_t table_count;
    uint32_t table_index;
    struct hf_table_cursor *cursors; /* one a table, if private; else just one */
    struct hf_table_env *env;
    size_t cursors_size;
};

/* Over a memtable whose ordered index has caught up with `version`. */
void hf_source_open_memtable(struct hf_source *source, struct hf_memtable *memtable,
                             uint64_t version);
/* Over tables that the caller keeps; `version` of a view, or for a private source UINT64_MAX
 * and every version is shown. NO_MEMORY. */
enum hf_err hf_source_open_tables(struct hf_source *source, struct hf_table_env *env,
                                  struct hf_table *const *tables, uint32_t count,
                                  uint64_t version, bool is_private) HF_MUST_CHECK;
void hf_source_close(struct hf_source *source); /* accepts a zeroed one */

/* To the first key >= `key` with an entry to show; key.len 0: the first of all. */
enum hf_err hf_source_seek(struct hf_source *source, struct hf_span key,
                           struct hf_detail *detail) HF_MUST_CHECK;
/* To the last key < `key` with an entry to show; key.len 0: the last of all. */
enum hf_err hf_source_seek_before(struct hf_source *source, struct hf_span key,
                                  struct hf_detail *detail) HF_MUST_CHECK;
/* Onward, or back, from an entry. */
enum hf_err hf_source_next(struct hf_source *source, struct hf_detail *detail) HF_MUST_CHECK;
enum hf_err hf_source_prev(struct hf_source *source, struct hf_detail *detail) HF_MUST_CHECK;

#endif
