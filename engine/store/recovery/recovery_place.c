/*
 * recovery_place.c - writes what recovery holds above the witness into a new segment.
 *
 *   1. manifest-M.tmp, if there is one, is removed
 *   2. wal-N.tmp   header; one group: a link to where the kept log ends, the copied commits;
 *                  zeros
 *   3. sync        the bytes are durable, under a name that nobody loads
 *   4. directory sync, where this is not the first: a process that was killed may have left the
 *                  names that it goes on from in the page cache only
 *   5. rename      wal-N
 *   6. directory sync: the new segment exists, and with it the cut; only now may anything
 *      else go
 *
 * Its header and its group vouch for the copy: later damage to it is never a torn tail. A crash
 * before (6) leaves the old decision or the new segment, which say the same.
 *
 * 1 and 4 are for names, too, that a power cut loses and a later one brings. A manifest that
 * was renamed, and lost its name, could get it back when the tables that it names have been
 * removed and the log goes on elsewhere: it cannot once its temporary name is gone. And this
 * segment, lost, could come back as the newest when a later recovery, to which the cut left
 * lower numbers only, has made another one: not if the disk tells of N.
 */
#include "store/recovery/recovery.h"

#include "base/assert.h"
#include "base/probe.h"
#include "base/span.h"
#include "store/log/frames.h"
#include "vfs/vfs_io.h"

/* Puts the mask of a segment onto the checksums of raw frames in memory, or takes it off. */
static void
mask_frames(const struct hf_db *db, struct hf_segment *memory, uint32_t base)
{
    struct hf_frame frame;

    for (uint64_t off = 0; hf_frame_next(&frame, memory, off); off = frame.off + frame.size)
        hf_wal_frame_remask(memory->base + frame.off, frame.size, 0,
                            hf_wal_mask(base, db->log.sector + frame.off));
}

static void
encode_begin(const struct hf_db *db, struct hf_segment *memory,
             const struct hf_log_segment *segment, const struct hf_wal_link *link)
{
    uint64_t off = db->log.sector;
    uint8_t *frame = memory->base + HF_WAL_GROUP_SIZE;
    struct hf_wal_group group = {
        .synced = link->synced,
        .first = link->last + 1,
        .segment = segment->number,
    };

    hf_wal_group_encode(memory->base, &group, segment->mask_base, off);
    hf_wal_frame_begin(frame, HF_WAL_LINK, HF_WAL_LINK_SIZE);
    hf_wal_link_encode(frame, link);
    hf_wal_frame_end(frame, HF_WAL_LINK_SIZE, segment->mask_base, off + HF_WAL_GROUP_SIZE);
}

static enum hf_err
write_file(struct hf_db *db, struct hf_log_segment *segment, const uint8_t *sector,
           const struct hf_segment *memory, const char *name, struct hf_detail *detail)
{
    enum hf_err err = hf_file_open(&segment->file, db->dir, name, HF_FILE_CREATE, detail);

    if (err == HF_OK)
        err = hf_vfs_write_full(segment->file, 0, hf_span(sector, db->log.sector), detail);
    if (err == HF_OK)
        err = hf_vfs_write_full(segment->file, db->log.sector,
                                hf_span(memory->base, memory->used), detail);
    if (err == HF_OK)
        err = hf_log_fill(segment->file, segment->end, segment->size, detail);
    if (err == HF_OK)
        err = hf_file_sync(segment->file, detail);
    return err;
}

static enum hf_err
remove_begun(void *context, const char *name)
{
    struct hf_dir *dir = context;

    return hf_manifest_number(name, ".tmp") == 0 ? HF_OK : hf_dir_remove(dir, name, NULL);
}

/* Writes the segment and makes it and its name durable; clears away what it made if it
 * fails. */
static enum hf_err
make_durable(struct hf_db *db, struct hf_log_segment *segment, const uint8_t *sector,
             const struct hf_segment *memory, struct hf_detail *detail)
{
    char temporary[HF_NAME_SIZE_MAX], name[HF_NAME_SIZE_MAX];
    enum hf_err err = HF_OK;

    hf_log_name(temporary, segment->number, ".tmp");
    hf_log_name(name, segment->number, "");
    if (db->manifest_begun && !HF_PLANTED(recovery_manifest_may_come))
        err = hf_dir_list(db->dir, remove_begun, db->dir, detail);
    if (err == HF_OK)
        err = write_file(db, segment, sector, memory, temporary, detail);
    if (err == HF_OK && segment->number > 1 && !HF_PLANTED(recovery_trust_names))
        err = hf_dir_sync(db->dir, detail);
    if (err == HF_OK)
        err = hf_dir_rename(db->dir, temporary, name, detail);
    if (err == HF_OK)
        err = hf_dir_sync(db->dir, detail);
    if (err != HF_OK) {
        hf_file_close(segment->file);
        segment->file = NULL;
        hf_dir_remove(db->dir, temporary, NULL); /* what cannot go now goes at an open */
    }
    return err;
}

static void
install(struct hf_db *db, struct hf_log_segment *segment)
{
    struct hf_log *log = &db->log;

    log->active = log->oldest = segment;
    log->span_bytes = segment->size;
    if (db->active->log_first == 0)
        db->active->log_first = segment->number;
    log->group_open = false;
    log->durable_position = hf_wal_position(segment->number, segment->end);
    log->durable_version = db->last;
    db->unplaced = false;
    db->recovery.writable_segment = true;
    if (db->recovery.copied_commits > 0)
        HF_MARK(recovery_copied);
}

enum hf_err
hf_recovery_place(struct hf_db *db, struct hf_detail *detail)
{
    struct hf_log *log = &db->log;
    struct hf_segment *memory = hf_segments_newest(&db->active->segments);
    struct hf_wal_link link = log->placed_link;
    struct hf_log_segment *segment = NULL;
    uint8_t *sector = hf_budget_alloc(&db->budget, log->sector);
    enum hf_err err;

    HF_ASSERT(db->unplaced && log->active == NULL);
    if (sector == NULL)
        return hf_detail_set(detail, HF_ERR_NO_MEMORY, "no memory for a segment header");
    /* The new segment vouches for itself, from its header on. */
    link.synced = hf_wal_position(log->number_next, log->sector + memory->used);
    struct hf_log_plan plan = { memory->size, link.synced, true };
    err = hf_log_segment_new(&segment, log, &plan, sector, detail);
    if (err != HF_OK)
        goto done;
    segment->end = segment->synced = log->sector + memory->used;
    segment->last = db->last;
    segment->group_next = 1;
    encode_begin(db, memory, segment, &link);
    mask_frames(db, memory, segment->mask_base);
    err = make_durable(db, segment, sector, memory, detail);
    if (err == HF_OK)
        err = hf_log_chain_add(log, segment->number);
    if (err != HF_OK) {
        mask_frames(db, memory, segment->mask_base); /* XOR: off again */
        hf_log_segment_free(log, segment);
        goto done;
    }
    install(db, segment);
    if (log->stranded != 0 && !HF_PLANTED(install_keep_stranded))
        hf_log_remove(log, log->stranded, segment->number);
    log->stranded = 0;
done:
    hf_budget_free(&db->budget, sector, log->sector);
    return err;
}
