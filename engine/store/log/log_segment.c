/*
 * log_segment.c - the files of the log: their names, their making, their first group.
 *
 *   1. wal-N.tmp       header, and zeros to its full size if it is prepared
 *   2. sync            complete, under a name that nobody loads
 *   3. rename          wal-N
 *   4. directory sync  a segment that may begin
 *
 * So a segment under its final name has had a good header on disk, whatever a power cut does: a
 * bad one is damage. Until its first group is written nobody minds whether the file is there.
 */
#include "store/log/log.h"

#include "base/assert.h"
#include "base/probe.h"
#include "base/span.h"
#include "store/file_name.h"
#include "vfs/vfs_io.h"

#define PIECE_SIZE 4096u /* pages that small writes go into later come from small writes */

static const uint8_t zeros[PIECE_SIZE];

/* ---- names ------------------------------------------------------------------------------- */

void
hf_log_name(char name[HF_NAME_SIZE_MAX], uint32_t number, const char *suffix)
{
    hf_file_name(name, "wal-", number, suffix);
}

uint32_t
hf_log_number(const char *name, const char *suffix)
{
    return hf_file_number(name, "wal-", suffix);
}

static uint32_t planted_salt; /* of the plant wal_salt_of_process: it outlives every handle */

/* ---- making one -------------------------------------------------------------------------- */

enum hf_err
hf_log_segment_new(struct hf_log_segment **out, struct hf_log *log,
                   const struct hf_log_plan *plan, uint8_t *sector, struct hf_detail *detail)
{
    struct hf_log_segment *segment;
    struct hf_wal_header header = {
        .format = HF_WAL_FORMAT,
        .sector = log->sector,
        .number = log->number_next,
        .synced = plan->synced,
        .prepared = plan->is_prepared ? plan->size : 0,
    };
    enum hf_err err;

    *out = NULL;
    HF_ASSERT(plan->size % log->sector == 0 && plan->size > log->sector);
    HF_ASSERT(plan->size <= UINT32_MAX);
    if (log->number_next == UINT32_MAX)
        return hf_detail_set(detail, HF_ERR_TOO_LARGE, "all segment numbers are used up");
    err = hf_env_entropy_u32(&header.salt);
    if (HF_PLANTED(wal_salt_of_process))
        header.salt = ++planted_salt;
    if (err != HF_OK)
        return hf_detail_set(detail, err, "the system has no entropy for a new segment");
    segment = hf_budget_alloc(log->budget, sizeof *segment);
    if (segment == NULL)
        return hf_detail_set(detail, HF_ERR_NO_MEMORY, "no memory for a new log segment");
    memcpy(header.uuid, log->uuid, sizeof header.uuid);
    memset(sector, 0, log->sector);
    hf_wal_header_encode(sector, &header);
    *segment = (struct hf_log_segment){
        .made_as = log->number_next,
        .number = log->number_next++,
        .mask_base = hf_wal_mask_base(&header),
        .size = plan->size,
        .end = log->sector,
    };
    *out = segment;
    return HF_OK;
}

void
hf_log_segment_free(struct hf_log *log, struct hf_log_segment *segment)
{
    if (segment == NULL)
        return;
    hf_file_close(segment->file);
    hf_budget_free(log->budget, segment, sizeof *segment);
}

enum hf_err
hf_log_fill(struct hf_file *file, uint64_t from, uint64_t to, struct hf_detail *detail)
{
    enum hf_err err = HF_OK;

    while (err == HF_OK && from < to) {
        uint64_t piece = PIECE_SIZE - from % PIECE_SIZE;
        if (piece > to - from)
            piece = to - from;
        err = hf_vfs_write_full(file, from, hf_span(zeros, piece), detail);
        from += piece;
    }
    return err;
}

enum hf_err
hf_log_segment_create(struct hf_log_segment **out, struct hf_log *log, uint64_t size,
                      bool is_prepared, struct hf_detail *detail)
{
    struct hf_log_plan plan = { size, log->durable_position, is_prepared };
    struct hf_log_segment *segment = NULL;
    char name[HF_NAME_SIZE_MAX];
    uint8_t *sector = hf_budget_alloc(log->budget, log->sector);
    enum hf_err err;

    *out = NULL;
    if (sector == NULL)
        return hf_detail_set(detail, HF_ERR_NO_MEMORY, "no memory for a segment header");
    err = hf_log_segment_new(&segment, log, &plan, sector, detail);
    if (err != HF_OK)
        goto done;
    hf_log_name(name, segment->made_as, ".tmp");
    err = hf_file_open(&segment->file, log->dir, name, HF_FILE_CREATE, detail);
    if (err == HF_OK)
        err = hf_vfs_write_full(segment->file, 0, hf_span(sector, log->sector), detail);
    if (err == HF_OK)
        *out = segment;
    else
        hf_log_segment_discard(log, segment);
done:
    hf_budget_free(log->budget, sector, log->sector);
    return err;
}

enum hf_err
hf_log_segment_settle(struct hf_log *log, struct hf_log_segment *segment,
                      struct hf_detail *detail)
{
    char temporary[HF_NAME_SIZE_MAX], name[HF_NAME_SIZE_MAX];
    enum hf_err err = hf_file_sync(segment->file, detail);

    hf_log_name(temporary, segment->made_as, ".tmp");
    hf_log_name(name, segment->number, "");
    if (err == HF_OK) {
        segment->is_named = true; /* or may be, should the rename fail */
        err = hf_dir_rename(log->dir, temporary, name, detail);
    }
    if (err == HF_OK && !HF_PLANTED(wal_skip_dir_sync))
        err = hf_dir_sync(log->dir, detail);
    return err;
}

void
hf_log_segment_discard(struct hf_log *log, struct hf_log_segment *segment)
{
    char name[HF_NAME_SIZE_MAX];

    hf_log_name(name, segment->made_as, ".tmp");
    hf_dir_remove(log->dir, name, NULL);
    if (segment->is_named) {
        hf_log_name(name, segment->number, "");
        hf_dir_remove(log->dir, name, NULL);
    }
    hf_log_segment_free(log, segment);
}

enum hf_err
hf_log_segment_make(struct hf_log_segment **out, struct hf_log *log, uint64_t size,
                    struct hf_detail *detail)
{
    struct hf_log_segment *segment;
    enum hf_err err = hf_log_segment_create(&segment, log, size, false, detail);

    *out = NULL;
    if (err != HF_OK)
        return err;
    err = hf_log_segment_settle(log, segment, detail);
    if (err != HF_OK) {
        hf_log_segment_discard(log, segment);
        return err;
    }
    *out = segment;
    return HF_OK;
}

enum hf_err
hf_log_begin(struct hf_log *log, struct hf_log_segment *segment, struct hf_segment *memory,
             const struct hf_wal_link *link, struct hf_detail *detail)
{
    uint8_t *group = memory->base, *frame = group + HF_WAL_GROUP_SIZE;
    uint64_t off = log->sector;
    uint32_t size = HF_WAL_GROUP_SIZE + HF_WAL_FRAME_OVERHEAD + HF_WAL_LINK_SIZE;
    struct hf_wal_group first = {
        .synced = log->durable_position,
        .first = link->last + 1,
        .segment = segment->number,
    };
    enum hf_err err;

    HF_ASSERT(memory->used == 0 && memory->size >= size);
    log->number_begun = segment->number; /* even if the write fails: its bytes may be there */
    if (log->spare != NULL && log->spare->number < segment->number)
        log->spare_ready = false; /* overtaken: log_spare.c makes another */
    hf_wal_group_encode(group, &first, segment->mask_base, off);
    hf_wal_frame_begin(frame, HF_WAL_LINK, HF_WAL_LINK_SIZE);
    hf_wal_link_encode(frame, link);
    hf_wal_frame_end(frame, HF_WAL_LINK_SIZE, segment->mask_base, off + HF_WAL_GROUP_SIZE);
    err = hf_vfs_write_full(segment->file, off, hf_span(group, size), detail);
    if (err != HF_OK)
        return err;
    log->written_bytes += size;
    memory->used = size;
    segment->end = off + size;
    segment->last = link->last;
    segment->group_next = 1;
    return HF_OK;
}
