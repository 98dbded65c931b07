/*
 * as_of.c - which version was the newest at a time.
 *
 * Commits carry times that never step back, so the newest place that knows of a commit up to
 * the time has the answer:
 *
 *   memtables, newest first     the frames of the log: exact
 *   the manifest                the last commit that is in tables: exact
 *   tables                      samples, the last commit of each millisecond; of all tables the
 *                               newest one counts
 *
 * In memory mode what was moved stands behind newer commits: all frames are looked at.
 *
 * A view of the newest version keeps everything in place. Frames are walked over in pieces, the
 * lock being given up between them.
 */
#include "store/read.h"

#include "base/probe.h"
#include "store/log/frames.h"

#include <inttypes.h>

#define PIECE_FRAMES 4096u

/* Gives commits a turn. */
static void
let_others(struct hf_db *db)
{
    if (db->mutex != NULL) {
        hf_mutex_unlock(db->mutex);
        hf_mutex_lock(db->mutex);
    }
}

/* NULL: it was dropped, or is not there yet. */
static const struct hf_segment *
segment_at(const struct hf_segments *segments, uint32_t number)
{
    if (number < segments->first || number > hf_segments_newest_number(segments))
        return NULL;
    return hf_segments_of(segments, hf_ref(number, 0));
}

/* Raises *version to that of the newest commit in a segment up to `time_us`. */
static void
walk_segment(struct hf_db *db, const struct hf_segments *segments, uint32_t number,
             uint64_t time_us, uint64_t *version)
{
    const struct hf_segment *segment;
    struct hf_frame frame;
    uint64_t off = 0;

    for (uint32_t frames = 1; (segment = segment_at(segments, number)) != NULL &&
                              hf_frame_next(&frame, segment, off);
         frames++) {
        if (frame.time_us <= time_us && frame.version > *version)
            *version = frame.version;
        off = frame.off + frame.size;
        if (frames % PIECE_FRAMES == 0)
            let_others(db);
    }
}

/* Whether a segment begins with a commit up to that time: then nothing before it is newer. */
static bool
begins_before(const struct hf_segment *segment, uint64_t time_us)
{
    struct hf_frame frame;

    return hf_frame_next(&frame, segment, 0) && frame.time_us <= time_us;
}

static void
find_in_memtable(struct hf_db *db, const struct hf_memtable *memtable, uint64_t time_us,
                 uint64_t *version)
{
    const struct hf_segments *segments = &memtable->segments;
    bool is_in_order = !memtable->tells_dead;

    if (segments->count == 0)
        return;
    for (uint32_t number = hf_segments_newest_number(segments);; number--) {
        const struct hf_segment *segment = segment_at(segments, number);
        bool is_last = is_in_order && segment != NULL && begins_before(segment, time_us);
        if (is_last || !is_in_order)
            walk_segment(db, segments, number, time_us, version);
        if (is_last || number <= segments->first)
            return;
    }
}

/* With the mutex held, and a view that holds `catalog`; `manifest` is of the same moment. */
static enum hf_err
find(struct hf_db *db, const struct hf_catalog *catalog, const struct hf_manifest *manifest,
     uint64_t time_us, uint64_t *version, struct hf_detail *detail)
{
    enum hf_err err = HF_OK;

    for (uint32_t i = 0; *version == 0 && i < catalog->memtable_count; i++)
        find_in_memtable(db, catalog->memtables[i], time_us, version);
    if (*version != 0)
        return HF_OK;
    if (manifest->number != 0 && manifest->time_us <= time_us) {
        *version = manifest->last;
        return HF_OK;
    }
    for (uint32_t i = 0; err == HF_OK && i < catalog->table_count; i++)
        err = hf_table_version_at(&db->tables, catalog->tables[i], time_us, version, detail);
    return err;
}

/* With the mutex held. */
static enum hf_err
version_at(struct hf_db *db, struct hf_view *view, uint64_t time_us, uint64_t *version,
           struct hf_detail *detail)
{
    struct hf_manifest manifest = db->manifest;
    enum hf_err err = find(db, view->catalog, &manifest, time_us, version, detail);

    if (*version > view->version)
        *version = view->version; /* placed in the log, and not published yet */
    if (err == HF_OK && *version < db->floor) {
        HF_MARK(version_at_gone);
        err = hf_detail_set(detail, HF_ERR_HISTORY_GONE,
                            "what was there at %" PRIu64
                            " us is gone; the oldest version kept is %" PRIu64,
                            time_us, db->floor);
    }
    return err;
}

enum hf_err
hf_version_at(struct hf_db *db, uint64_t time_us, uint64_t *version)
{
    struct hf_detail detail = { "" };
    struct hf_view *view = NULL;
    enum hf_err err;

    *version = 0;
    hf_db_lock(db);
    if (db->closing)
        err = hf_detail_set(&detail, HF_ERR_CLOSED, "the database is being closed");
    else
        err = hf_view_take(&view, db, db->published, &detail);
    if (err == HF_OK)
        err = version_at(db, view, time_us, version, &detail);
    err = hf_db_tell(db, err, &detail);
    hf_db_unlock(db);
    hf_view_close(view);
    return err;
}
