/*
 * log.c - finding a commit its place, writing it there, and going on in the next segment.
 *
 * Rotation, in the order that makes each step safe to crash behind:
 *
 *   1. memory for the new segment is taken          nothing on disk has changed
 *   2. the new file is there, synced, named         a segment that never began
 *   3. the old one is sealed, naming the new one    the seal is a promise that (2) holds
 *   4. group and link are written to the new one    it begins; the chain leads through it
 *
 * No sync is needed in between: if (4) survives a power cut and the end of the old segment does
 * not, the log is cut there, and the new segment goes with what it followed.
 */
#include "store/log/log.h"

#include "base/assert.h"
#include "base/probe.h"
#include "base/span.h"
#include "base/timing.h"
#include "vfs/vfs_io.h"

#define TAIL_SHARE 16u /* one in so many bytes of a segment is kept for deletes */
#define AHEAD_SHARE 8u /* memory mode takes one in so many of the bytes that it holds ahead, */
#define AHEAD_UNIT (2 * HF_LOG_SEGMENT_MIN) /* in units that huge pages can back */
#define CHAIN_CAPACITY 8u
#define UNLOCKED_MAX 16u /* segments that one call removes without the lock */
#define SEAL_ROOM (HF_WAL_GROUP_SIZE + HF_WAL_FRAME_OVERHEAD + HF_WAL_SEAL_SIZE)
#define BEGIN_ROOM (HF_WAL_GROUP_SIZE + HF_WAL_FRAME_OVERHEAD + HF_WAL_LINK_SIZE)

void
hf_log_close_files(struct hf_log *log)
{
    while (log->oldest != NULL) {
        struct hf_log_segment *newer = log->oldest->newer;
        hf_log_segment_free(log, log->oldest);
        log->oldest = newer;
    }
    log->active = NULL;
    if (log->spare != NULL) {
        hf_log_segment_free(log, log->spare);
        hf_budget_unmap(log->budget, log->spare_memory.base, log->spare_memory.size);
        log->spare = NULL;
    }
    hf_budget_free(log->budget, log->chain, log->chain_capacity * sizeof *log->chain);
    log->chain = NULL;
    log->chain_count = log->chain_capacity = 0;
}

/* Makes room for one more, so that the next addition cannot fail. */
static enum hf_err
reserve_chain(struct hf_log *log)
{
    uint32_t capacity = log->chain_capacity == 0 ? CHAIN_CAPACITY : log->chain_capacity * 2;
    struct hf_chain_entry *chain;

    if (log->chain_count < log->chain_capacity)
        return HF_OK;
    chain = hf_budget_alloc(log->budget, capacity * sizeof *chain);
    if (chain == NULL)
        return HF_ERR_NO_MEMORY;
    if (log->chain_count > 0)
        memcpy(chain, log->chain, log->chain_count * sizeof *chain);
    hf_budget_free(log->budget, log->chain, log->chain_capacity * sizeof *chain);
    log->chain = chain;
    log->chain_capacity = capacity;
    return HF_OK;
}

enum hf_err
hf_log_chain_add(struct hf_log *log, uint32_t number)
{
    enum hf_err err = reserve_chain(log);

    if (err == HF_OK)
        log->chain[log->chain_count++] = (struct hf_chain_entry){ .number = number };
    return err;
}

/* ---- where things go --------------------------------------------------------------------- */

/* File offset of the next frame, and the size of the group header that it needs before it. */
static uint64_t
next_frame_off(const struct hf_log *log, uint32_t *lead)
{
    if (log->group_open) {
        *lead = 0;
        return log->active->end;
    }
    *lead = HF_WAL_GROUP_SIZE;
    return hf_log_round_up(log, log->active->end) + HF_WAL_GROUP_SIZE;
}

/* Whether a frame fits and leaves room for a seal, and for the reserve unless it may use
 * that. */
static bool
fits(const struct hf_log *log, uint32_t size, bool is_delete)
{
    uint32_t lead;
    uint64_t kept = log->sector + SEAL_ROOM;
    const struct hf_segment *memory = hf_segments_newest(log->segments);

    if (log->active == NULL || log->poisoned)
        return false;
    if (!is_delete && log->active->size > 64u * log->sector)
        kept += log->active->size / TAIL_SHARE;
    uint64_t off = next_frame_off(log, &lead);
    return off + size + kept <= log->active->size && memory->used + lead + size <= memory->size;
}

static void
put_group(struct hf_log *log, uint8_t *at, uint64_t off, uint64_t first)
{
    struct hf_wal_group group = {
        .number = log->active->group_next,
        .synced = log->durable_position,
        .first = first,
        .segment = log->active->number,
    };
    hf_wal_group_encode(at, &group, log->active->mask_base, off);
}

/* ---- rotation ---------------------------------------------------------------------------- */

static uint64_t
size_for(const struct hf_log *log, uint32_t frame_size)
{
    uint64_t need =
        (uint64_t)log->sector * 4 + BEGIN_ROOM + HF_WAL_GROUP_SIZE + frame_size + SEAL_ROOM;
    return hf_log_round_up(log, need + need / (TAIL_SHARE - 1));
}

/* Writes the seal. A failure leaves the end where it was: the link of the next segment
 * tells. */
static void
seal_active(struct hf_log *log, uint32_t next)
{
    struct hf_wal_seal seal = { .last = log->active->last, .next = next };
    uint8_t bytes[SEAL_ROOM];
    uint32_t lead;
    uint64_t off = next_frame_off(log, &lead);
    uint32_t size = lead + HF_WAL_FRAME_OVERHEAD + HF_WAL_SEAL_SIZE;

    if (off + size > log->active->size)
        return;
    if (lead != 0)
        put_group(log, bytes, off - lead, log->active->last + 1);
    hf_wal_frame_begin(bytes + lead, HF_WAL_SEAL, HF_WAL_SEAL_SIZE);
    hf_wal_seal_encode(bytes + lead, &seal);
    hf_wal_frame_end(bytes + lead, HF_WAL_SEAL_SIZE, log->active->mask_base, off);
    if (hf_vfs_write_full(log->active->file, off - lead, hf_span(bytes, size), NULL) != HF_OK) {
        log->poisoned = true;
        return;
    }
    log->written_bytes += size;
    log->active->end = off + size - lead;
    log->group_open = true;
}

/*
 * The spare and its memory, if it is ready, large enough and not overtaken; else a segment made
 * on the spot. Memory comes first: without it no file is made.
 */
static enum hf_err
next_segment(struct hf_log *log, uint64_t need, struct hf_log_segment **out,
             struct hf_segment *memory, struct hf_detail *detail)
{
    uint64_t size = log->size_next;
    enum hf_err err;

    if (log->spare_ready && log->spare->size >= need) {
        HF_MARK(log_rotated_spare);
        *out = log->spare;
        *memory = log->spare_memory;
        log->spare = NULL;
        log->spare_ready = false;
        return HF_OK;
    }
    if (need > size) {
        HF_MARK(log_oversized);
        size = need;
    }
    memory->base = hf_budget_map_raw(log->budget, size);
    while (memory->base == NULL && size / 2 >= need && size / 2 >= 8 * log->sector) {
        size = size / 2 & ~(uint64_t)(log->sector - 1); /* near the memory limit */
        memory->base = hf_budget_map_raw(log->budget, size);
    }
    if (memory->base == NULL)
        return hf_detail_set(detail, HF_ERR_NO_MEMORY, "no memory for the next log segment");
    memory->size = size;
    memory->used = 0;
    err = hf_log_segment_make(out, log, size, detail);
    if (err != HF_OK)
        hf_budget_unmap(log->budget, memory->base, size);
    return err;
}

/* Lets the chain lead on to `segment`, whose first group is written. */
static void
make_active(struct hf_log *log, struct hf_log_segment *segment)
{
    struct hf_log_segment *old = log->active;

    old->newer = segment;
    log->chain[log->chain_count - 2].end = old->end;
    log->active = segment;
    log->group_open = true;
    log->poisoned = false;
    log->size_next = log->size_next * 2 < log->size_max ? log->size_next * 2 : log->size_max;
    log->spare_failed = false;
    log->span_bytes += segment->size;
    if (old->synced == old->end && log->oldest == old) {
        log->oldest = segment;
        hf_log_segment_free(log, old);
    }
}

/* Goes on in the next segment, whose memory goes `into` log->segments or a new list. */
static enum hf_err
rotate(struct hf_log *log, struct hf_segments *into, uint32_t frame_size,
       struct hf_detail *detail)
{
    struct hf_wal_link link = { .prev = log->active->number, .last = log->active->last };
    struct hf_log_segment *segment = NULL;
    struct hf_segment memory = { .base = NULL };
    enum hf_err err = reserve_chain(log);

    if (err == HF_OK)
        err = hf_segments_reserve(into);
    if (err != HF_OK)
        return hf_detail_set(detail, err, "no memory for the next log segment");
    err = next_segment(log, size_for(log, frame_size), &segment, &memory, detail);
    if (err != HF_OK)
        return err;
    if (!log->poisoned)
        seal_active(log, segment->number);
    link.prev_end = log->active->end;
    err = hf_log_begin(log, segment, &memory, &link, detail);
    if (err != HF_OK) {
        log->poisoned = true; /* sealed, or not known to be: nothing more goes here */
        hf_budget_unmap(log->budget, memory.base, memory.size);
        if (log->stranded == 0)
            log->stranded = segment->number;
        hf_log_segment_free(log, segment); /* the seal may name its file: it stays */
        return err;
    }
    hf_segments_trim(log->segments, log->segments->count - 1);
    err = hf_segments_adopt(into, memory.base, memory.size, memory.used);
    if (err == HF_OK)
        err = hf_log_chain_add(log, segment->number);
    HF_ASSERT(err == HF_OK); /* both were reserved */
    hf_segments_newest(into)->touched = memory.touched;
    HF_MARK(log_rotated);
    log->chain[log->chain_count - 1].stranded = log->stranded;
    log->stranded = 0;
    log->segments = into;
    make_active(log, segment);
    return HF_OK;
}

/*
 * The size of memory mode's next segment. What it does not use yet counts against the limit as
 * if it did, and no file has to be prepared, so a little at a time will do. Were each twice as
 * large as the last one, up to half of all memory would wait for commits.
 */
static uint64_t
ahead(const struct hf_log *log)
{
    uint64_t held = 0, size;

    for (uint32_t i = 0; i < log->segments->count; i++)
        held += log->segments->list[i].size;
    size = held / AHEAD_SHARE / AHEAD_UNIT * AHEAD_UNIT;
    if (size < AHEAD_UNIT)
        size = AHEAD_UNIT;
    return size < log->size_max ? size : log->size_max;
}

/* Memory mode: the next segment is nothing but memory, less of it where the limit is near. */
static enum hf_err
rotate_memory(struct hf_log *log, uint32_t frame_size)
{
    uint64_t size = log->size_next < frame_size ? frame_size : log->size_next;
    enum hf_err err = hf_segments_add(log->segments, size);

    for (; err == HF_ERR_NO_MEMORY && size / 2 >= frame_size && size > HF_ENV_PAGE; size /= 2)
        err = hf_segments_add(log->segments, size / 2);
    if (err != HF_OK)
        return err;
    if (log->segments->count > 1)
        hf_segments_trim(log->segments, log->segments->count - 2);
    log->size_next = ahead(log);
    return HF_OK;
}

/* ---- appending --------------------------------------------------------------------------- */

static enum hf_err
place_in_memory(struct hf_log *log, uint32_t size, struct hf_place *place,
                struct hf_detail *detail)
{
    struct hf_segments *segments = log->segments;

    if (segments->count == 0 ||
        hf_segments_newest(segments)->size - hf_segments_newest(segments)->used < size) {
        enum hf_err err = rotate_memory(log, size);
        if (err != HF_OK)
            return hf_detail_set(detail, err, "the memory limit is reached");
    }
    const struct hf_segment *memory = hf_segments_newest(segments);
    *place = (struct hf_place){
        .at = memory->base + memory->used,
        .off = memory->used,
        .size = size,
        .ref = hf_ref(hf_segments_newest_number(segments), memory->used),
    };
    return HF_OK;
}

enum hf_err
hf_log_place(struct hf_log *log, uint32_t size, uint64_t version, bool is_delete,
             struct hf_place *place, struct hf_detail *detail)
{
    HF_TIMED(place);
    uint32_t lead;

    if (log->dir == NULL)
        return place_in_memory(log, size, place, detail);
    if (!fits(log, size, false) || HF_CHANCE(log_rotate_early)) {
        enum hf_err err = rotate(log, log->segments, size, detail);
        if (err != HF_OK && !(is_delete && fits(log, size, true)))
            return err;
    }
    HF_ASSERT(fits(log, size, true));
    const struct hf_segment *memory = hf_segments_newest(log->segments);
    uint64_t off = next_frame_off(log, &lead);
    if (lead != 0)
        put_group(log, memory->base + memory->used, off - lead, version);
    *place = (struct hf_place){
        .at = memory->base + memory->used + lead,
        .off = off,
        .mask_base = log->active->mask_base,
        .size = size,
        .lead = lead,
        .ref = hf_ref(hf_segments_newest_number(log->segments), memory->used + lead),
    };
    return HF_OK;
}

/* Accounts for bytes that are in the file, up to the end of the frame. */
static void
advance(struct hf_log *log, const struct hf_place *place, uint64_t version)
{
    log->active->end = place->off + place->size;
    log->active->last = version;
    log->active->group_next += place->lead != 0;
    log->group_open = true;
    log->written_bytes += place->lead + place->size;
}

enum hf_err
hf_log_write(struct hf_log *log, const struct hf_place *place, uint64_t version,
             struct hf_detail *detail)
{
    HF_TIMED(write);
    struct hf_span bytes = hf_span(place->at - place->lead, place->lead + place->size);

    if (log->dir != NULL) {
        enum hf_err err =
            hf_vfs_write_full(log->active->file, place->off - place->lead, bytes, detail);
        if (err == HF_OK && HF_PLANTED(cost_write))
            err = hf_vfs_write_full(log->active->file, place->off - place->lead, bytes, detail);
        if (err != HF_OK && HF_PLANTED(wal_append_after_error)) {
            advance(log, place, log->active->last);
            return err;
        }
        if (err != HF_OK) {
            HF_MARK(log_poisoned);
            log->poisoned = true;
            return err;
        }
        advance(log, place, version);
    }
    hf_segments_newest(log->segments)->used += bytes.len;
    return HF_OK;
}

enum hf_err
hf_log_restart(struct hf_log *log, struct hf_detail *detail)
{
    return log->poisoned ? rotate(log, log->segments, 0, detail) : HF_OK;
}

enum hf_err
hf_log_turn(struct hf_log *log, struct hf_segments *into, struct hf_detail *detail)
{
    enum hf_err err = rotate(log, into, 0, detail);

    if (err == HF_OK)
        log->span_bytes = log->active->size;
    return err;
}

bool
hf_log_is_durable_from(const struct hf_log *log, uint32_t number)
{
    return log->durable_position > hf_wal_position(number, log->sector);
}

void
hf_log_remove(struct hf_log *log, uint32_t first, uint32_t limit)
{
    char name[HF_NAME_SIZE_MAX];

    for (uint32_t number = first; number < limit; number++) {
        hf_log_name(name, number, "");
        hf_dir_remove(log->dir, name, NULL);
    }
}

/* The first number of the files that go with the segment: its own, or that of the first one
 * that failed rotations left before it. */
static uint32_t
first_with(struct hf_chain_entry *entry)
{
    bool is_alone = entry->stranded == 0 || HF_PLANTED(install_keep_stranded);
    uint32_t first = is_alone ? entry->number : entry->stranded;

    entry->stranded = 0;
    return first;
}

/* What failed rotations left is in nobody's way, but takes room on a disk that may have been
 * full: it goes with the segment behind it, or when that becomes the oldest. All leave the
 * chain before the lock is given up: whoever looks finds it begin where the manifest says. */
void
hf_log_forget_before(struct hf_log *log, uint32_t number)
{
    struct {
        uint32_t first, limit;
    } last[UNLOCKED_MAX + 1];
    uint32_t gone = 0, count = 0;

    if (HF_PLANTED(install_keep_log))
        return;
    while (gone < log->chain_count && log->chain[gone].number < number)
        gone++;
    HF_ASSERT(gone < log->chain_count && log->oldest->number >= number);
    for (uint32_t i = 0; i < gone; i++) {
        uint32_t first = first_with(&log->chain[i]), limit = log->chain[i].number + 1;
        if (gone - i > UNLOCKED_MAX) {
            hf_log_remove(log, first, limit);
            continue;
        }
        last[count].first = first;
        last[count++].limit = limit;
    }
    log->chain_count -= gone;
    memmove(log->chain, log->chain + gone, log->chain_count * sizeof *log->chain);
    last[count].first = first_with(&log->chain[0]);
    last[count++].limit = number;
    if (log->mutex != NULL)
        hf_mutex_unlock(log->mutex);
    for (uint32_t i = 0; i < count; i++)
        hf_log_remove(log, last[i].first, last[i].limit);
    if (log->mutex != NULL)
        hf_mutex_lock(log->mutex);
}

/* ---- durability -------------------------------------------------------------------------- */

/* One sync, its result taken as it is; the planted ways are to drop it, or to ask again. */
static enum hf_err
sync_file(struct hf_file *file, struct hf_detail *detail)
{
    enum hf_err err = hf_file_sync(file, detail);

    if ((err != HF_OK && HF_PLANTED(wal_retry_sync)) || (err == HF_OK && HF_PLANTED(cost_sync)))
        err = hf_file_sync(file, detail);
    return HF_PLANTED(wal_ignore_sync_error) ? HF_OK : err;
}

/* Syncs what `segment` holds up to its end now, without the mutex. */
static enum hf_err
sync_segment(struct hf_log *log, struct hf_log_segment *segment, struct hf_detail *detail)
{
    uint64_t end = segment->end;
    enum hf_err err;

    if (segment->synced == end)
        return HF_OK;
    if (segment == log->active && !HF_PLANTED(wal_no_boundary))
        log->group_open = false; /* no later write goes to a sector that this sync covers */
    if (log->mutex != NULL)
        hf_mutex_unlock(log->mutex);
    err = sync_file(segment->file, detail);
    if (log->mutex != NULL)
        hf_mutex_lock(log->mutex);
    if (err == HF_OK)
        segment->synced = end;
    return err;
}

enum hf_err
hf_log_sync(struct hf_log *log, struct hf_detail *detail)
{
    HF_TIMED(sync);
    struct hf_log_segment *target = log->active;
    uint64_t position, version;
    enum hf_err err;

    for (;;) {
        struct hf_log_segment *segment = log->oldest;
        position = hf_wal_position(segment->number, segment->end);
        version = segment->last;
        err = sync_segment(log, segment, detail);
        if (err != HF_OK)
            return err;
        if (segment == target)
            break;
        log->oldest = segment->newer;
        hf_log_segment_free(log, segment);
    }
    if (HF_PLANTED(wal_durable_after_sync)) {
        position = hf_wal_position(log->active->number, log->active->end);
        version = log->active->last;
    }
    log->durable_position = position;
    log->durable_version = version;
    return HF_OK;
}

enum hf_err
hf_log_seal(struct hf_log *log, struct hf_detail *detail)
{
    enum hf_err err;

    hf_log_spare_discard(log);
    if (log->poisoned)
        return HF_OK;
    log->group_open = false;
    seal_active(log, 0);
    if (log->poisoned)
        return hf_detail_set(detail, HF_ERR_IO, "the seal of the log could not be written");
    err = hf_log_sync(log, detail);
    if (err == HF_OK)
        err = hf_file_truncate(log->active->file, log->active->end, detail);
    if (err == HF_OK)
        err = hf_file_sync(log->active->file, detail);
    return err;
}
