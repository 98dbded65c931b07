/*
 * reclaim.c - memory mode gives back what is superseded.
 *
 * Work is counted in bytes: a look at an operation costs LOOK_COST, moving one its size on top,
 * giving a segment back a part of its size. A commit pays PAY_SHARE times what it wrote. The
 * dead are marked, so passing them touches no index. Moving may run into debt by one chunk, so
 * the longest pause is one copy. Operations of one commit that are moved at once share a frame
 * again. Links are forgotten in steps as well: a view that was long open leaves many.
 *
 * An ordered index, if scans have made one, is brought up to date first: it then refers to the
 * newest operation of each key, of which none is in a segment that goes.
 *
 * When a commit is refused for want of memory, copies may pass the limit, by more than deletes
 * may: a full memory must not keep itself full. They then go to a segment no larger than what
 * they leave, so each round ends with less memory held than it began with.
 */
#include "store/memtable/reclaim.h"

#include "base/probe.h"
#include "store/log/frames.h"
#include "store/store.h"

#define LOOK_COST 64
#define PAY_SHARE 4
#define STEP_CREDIT (64 << 10) /* of a step of hf_work */
#define CHUNK_COUNT 64u        /* operations moved at once, */
#define CHUNK_SIZE (64u << 10) /* and bytes, but for the last operation */
#define CATCH_UP_FRAMES 1024u  /* that the ordered index reads before a step, at most */
#define FORGET_COUNT 64u  /* links a commit forgets, and twice those that it may have made */
#define FORGET_STEP 4096u /* a step of hf_work */
#define DROP_SHARE 64u    /* one in so many bytes of a segment are paid for giving it back */

#define TARGET_SHARE 4u     /* a segment takes one in so many bytes of the living, */
#define LIMIT_SHARE 16u     /* and of the memory limit */
#define DEAD_SHARE 1u       /* work begins when the dead take one in so many of the living, */
#define DEAD_SEGMENTS 8u    /* and so many small segments; then little lives in the emptiest */
#define SHORT_SHARE 4u      /* with less than one in so many bytes of the limit left */
#define DEAD_SHARE_SHORT 8u /* it begins when the dead take one in so many of the living */
#define OVER_SHARE 8u       /* of the limit, that copies may pass it by in need */
#define VICTIM_SHARE 8u     /* one in so many bytes of a victim are dead, or more */
#define EMPTY_PLACES 64u    /* more in the list of segments, and its front is emptied */
#define PAUSE_SHARE 8u      /* so many segments are looked at a commit, if in vain */

/* ---- when -------------------------------------------------------------------------------- */

/* Segments in proportion to what lives, so that what waits in the newest one is not much. */
static uint64_t
segment_target(const struct hf_db *db)
{
    uint64_t size = db->active->living_bytes / TARGET_SHARE;
    uint64_t limit = db->options.memory_limit;

    if (size < HF_LOG_SEGMENT_MIN)
        size = HF_LOG_SEGMENT_MIN;
    if (limit != 0 && size > limit / LIMIT_SHARE)
        size = limit / LIMIT_SHARE;
    return size < db->log.size_max ? size : db->log.size_max;
}

static bool
is_memory_short(const struct hf_db *db)
{
    uint64_t limit = db->options.memory_limit;

    return limit != 0 && db->budget.used > limit - limit / SHORT_SHARE;
}

/* The dead bytes that make work worth while; as many may wait for views. */
static uint64_t
threshold(const struct hf_db *db)
{
    uint64_t living = db->active->living_bytes;
    uint64_t least =
        db->log.size_max < HF_LOG_SEGMENT_MIN ? db->log.size_max : HF_LOG_SEGMENT_MIN;

    if (is_memory_short(db))
        return living / DEAD_SHARE_SHORT;
    least *= DEAD_SEGMENTS;
    return living / DEAD_SHARE > least ? living / DEAD_SHARE : least;
}

bool
hf_reclaim_waits(const struct hf_db *db)
{
    const struct hf_reclaim *reclaim = &db->reclaim;

    if (!db->active->tells_dead)
        return false;
    return reclaim->has_victim || reclaim->releases ||
           hf_memtable_linked_from(db->active) <= db->floor ||
           (reclaim->pause == 0 &&
            db->active->dead_bytes - reclaim->left_bytes >= threshold(db));
}

/* ---- giving back ------------------------------------------------------------------------- */

/* NULL: it is dropped. */
static struct hf_segment *
segment_at(const struct hf_db *db, uint32_t number)
{
    const struct hf_segments *segments = &db->active->segments;
    struct hf_segment *segment;

    if (number < segments->first)
        return NULL;
    segment = hf_segments_of(segments, hf_ref(number, 0));
    return segment->base == NULL ? NULL : segment;
}

static void
drop(struct hf_db *db, uint32_t number)
{
    db->reclaim.credit -= (int64_t)(segment_at(db, number)->size / DROP_SHARE);
    hf_memtable_drop_segment(db->active, number);
    db->stats.reclaimed_segments++;
}

/* When the oldest of the open views was opened. */
static uint64_t
oldest_epoch(const struct hf_db *db)
{
    uint64_t oldest = UINT64_MAX;

    for (const struct hf_view *view = db->views; view != NULL; view = view->next) {
        if (view->epoch < oldest)
            oldest = view->epoch;
    }
    return oldest;
}

/* Gives back emptied segments that no view is waiting for, one at least. */
static void
release(struct hf_db *db)
{
    const struct hf_segments *segments = &db->active->segments;
    uint64_t oldest = oldest_epoch(db);

    db->reclaim.releases = false;
    for (uint32_t i = segments->first;
         db->reclaim.left_bytes > 0 && i != hf_segments_newest_number(segments); i++) {
        const struct hf_segment *segment = segment_at(db, i);
        if (segment == NULL || segment->left == 0 || segment->left > oldest)
            continue;
        db->reclaim.left_bytes -= segment->dead;
        drop(db, i);
        if (db->reclaim.credit <= 0) {
            db->reclaim.releases = true;
            break;
        }
    }
}

void
hf_reclaim_release(struct hf_db *db)
{
    if (db->reclaim.left_bytes > 0)
        release(db);
}

/* The last operation has left the victim. */
static void
leave(struct hf_db *db)
{
    struct hf_reclaim *reclaim = &db->reclaim;
    struct hf_segment *segment = segment_at(db, reclaim->victim);

    reclaim->has_victim = false;
    reclaim->left_bytes += segment->dead;
    segment->left = ++reclaim->epoch;
    release(db);
    if (reclaim->left_bytes > 0)
        HF_MARK(reclaim_waited);
}

/* ---- which segment ----------------------------------------------------------------------- */

/* Whether it could be emptied, but for the newest. */
static bool
is_candidate(const struct hf_db *db, const struct hf_segment *segment)
{
    return segment->left == 0 && segment->last <= db->floor &&
           segment->last < hf_memtable_linked_from(db->active) && segment->stuck != db->floor;
}

/* Whether the part of `a` that is dead is greater. */
static bool
is_emptier(const struct hf_segment *a, const struct hf_segment *b)
{
    return a->dead * b->used > b->dead * a->used;
}

static void
drop_dead(struct hf_db *db, uint32_t number)
{
    HF_MARK(reclaim_all_dead);
    drop(db, number);
}

/* The emptiest segment at or below the floor; NULL: there is none. Those in which nothing lives
 * go at once: no open view was ever given anything in them. */
static struct hf_segment *
emptiest(struct hf_db *db, uint32_t *number)
{
    const struct hf_segments *segments = &db->active->segments;
    uint64_t best = UINT64_MAX;

    for (uint32_t i = segments->first; i != hf_segments_newest_number(segments); i++) {
        const struct hf_segment *segment = segment_at(db, i);
        if (segment == NULL || !is_candidate(db, segment))
            continue;
        if (segment->living == 0) {
            if (db->reclaim.credit > 0)
                drop_dead(db, i);
        } else if (best == UINT64_MAX || is_emptier(segment, segment_at(db, (uint32_t)best))) {
            best = i;
        }
    }
    *number = (uint32_t)best;
    return best == UINT64_MAX ? NULL : segment_at(db, *number);
}

/* Where most places in the list of segments are empty its first segment has to make way,
 * however much lives in it. False: it need not, or cannot. */
static bool
find_in_the_way(const struct hf_db *db, uint32_t *number)
{
    const struct hf_segments *segments = &db->active->segments;
    uint32_t first = segments->first;

    if (segments->dropped <= segments->count / 2 + EMPTY_PLACES)
        return false;
    while (segment_at(db, first) == NULL)
        first++; /* the newest is there */
    if (first == hf_segments_newest_number(segments) ||
        !is_candidate(db, segment_at(db, first)))
        return false;
    *number = first;
    return true;
}

/* Why a victim is looked for. */
enum urge {
    IF_WORTH, /* when the dead have become many */
    EARLY,    /* whatever there is, for the simulator */
    FORCED    /* memory is wanted now */
};

static bool
is_victim(const struct hf_db *db, const struct hf_segment *segment, enum urge urge)
{
    switch (urge) {
    case IF_WORTH: /* what views may hold on to has a limit, */
        if (db->reclaim.left_bytes > threshold(db))
            return false;
        break;
    case EARLY:
        return segment != NULL;
    case FORCED: /* and gives nothing back now */
        if (db->views != NULL)
            return false;
        break;
    }
    return segment != NULL && segment->dead * VICTIM_SHARE >= segment->used;
}

/* Chooses the next victim, if there is one to be had. */
static bool
begin(struct hf_db *db, enum urge urge)
{
    struct hf_reclaim *reclaim = &db->reclaim;
    const struct hf_segments *segments = &db->active->segments;
    const struct hf_segment *segment;

    if (segments->count == 0 || (urge == IF_WORTH && !hf_reclaim_waits(db)))
        return false;
    segment = emptiest(db, &reclaim->victim);
    reclaim->has_victim = is_victim(db, segment, urge);
    if (reclaim->has_victim && urge == FORCED)
        db->log.size_next = segment->used - segment->dead;
    if (urge == IF_WORTH && find_in_the_way(db, &reclaim->victim))
        reclaim->has_victim = true;
    reclaim->off = 0;
    reclaim->count = 0;
    /* Without credit there may be more to give back. */
    reclaim->pause =
        reclaim->has_victim || reclaim->credit <= 0 ? 0 : 1 + segments->count / PAUSE_SHARE;
    return reclaim->has_victim;
}

/* ---- moving ------------------------------------------------------------------------------ */

/* Living operations of one commit, to be copied as one frame. */
struct chunk {
    uint64_t refs[CHUNK_COUNT];
    uint64_t newer[CHUNK_COUNT]; /* whose links lead to them */
    uint32_t count;
    uint32_t size; /* of all of them */
};

static void
encode(struct hf_db *db, const struct chunk *chunk, const struct hf_place *place)
{
    const uint8_t *first = hf_segments_at(&db->active->segments, chunk->refs[0]);
    uint32_t payload_size = place->size - HF_WAL_FRAME_OVERHEAD;
    uint32_t back = HF_WAL_FRAME_HEAD + HF_WAL_COMMIT_HEAD;
    uint64_t version = hf_wal_op_version(first);

    if (HF_PLANTED(reclaim_new_version))
        version = db->floor;
    hf_wal_frame_begin(place->at, HF_WAL_COMMIT, payload_size);
    hf_wal_commit_encode(place->at, version, hf_wal_op_time(first), chunk->count);
    for (uint32_t i = 0; i < chunk->count; i++) {
        const uint8_t *from = hf_segments_at(&db->active->segments, chunk->refs[i]);
        struct hf_wal_op op = hf_wal_op_decode(from);
        hf_wal_op_encode(place->at + back, op.type, back, op.key, op.value);
        back += op.size;
    }
    hf_wal_frame_end(place->at, payload_size, place->mask_base, place->off);
}

/* Copies a chunk to the end of the log, and leads the indexes there. NO_MEMORY: it stays. */
static enum hf_err
copy(struct hf_db *db, const struct chunk *chunk)
{
    uint32_t size = HF_WAL_FRAME_OVERHEAD + HF_WAL_COMMIT_HEAD + chunk->size;
    struct hf_detail detail = { "" };
    struct hf_place place;

    if (chunk->count == 0)
        return HF_OK;
    enum hf_err err = hf_log_place(&db->log, size, 0, false, &place, &detail);
    if (err != HF_OK)
        return err;
    encode(db, chunk, &place);
    err = hf_log_write(&db->log, &place, 0, &detail);
    if (err != HF_OK)
        return err;
    HF_MARK(reclaim_moved);
    uint64_t to = place.ref + HF_WAL_FRAME_HEAD + HF_WAL_COMMIT_HEAD;
    for (uint32_t i = 0; i < chunk->count; i++) {
        hf_memtable_move(db->active, chunk->refs[i], to, chunk->newer[i]);
        to += hf_wal_op_decode(hf_segments_at(&db->active->segments, to)).size;
    }
    db->stats.reclaim_moved_bytes += chunk->size;
    return HF_OK;
}

/* Adds a living operation to the chunk, or lets a delete go. False: there are too many newer
 * ones before it, and it has to stay until the floor has risen. */
static bool
take(struct hf_db *db, uint64_t ref, struct chunk *chunk)
{
    struct hf_wal_op op = hf_wal_op_decode(hf_segments_at(&db->active->segments, ref));
    uint64_t newer;

    if (!hf_memtable_find_newer(db->active, ref, &newer)) {
        HF_MARK(reclaim_gave_up);
        return false;
    }
    if (newer != 0)
        HF_MARK(reclaim_moved_old);
    if (op.type == HF_WAL_DELETE || (HF_PLANTED(reclaim_lose_version) && newer != 0)) {
        HF_MARK(reclaim_dropped_delete);
        hf_memtable_drop(db->active, ref, newer);
        return true;
    }
    chunk->refs[chunk->count] = ref;
    chunk->newer[chunk->count++] = newer;
    chunk->size += op.size;
    return true;
}

/* Goes to the victim's next frame; false: that was the last. */
static bool
next_frame(struct hf_db *db)
{
    struct hf_reclaim *reclaim = &db->reclaim;
    const struct hf_segment *segment = segment_at(db, reclaim->victim);
    struct hf_frame frame;

    if (segment->living == 0 || !hf_frame_next(&frame, segment, reclaim->off))
        return false;
    reclaim->off = frame.off + frame.size;
    reclaim->next = hf_ref(reclaim->victim, frame.off + HF_WAL_FRAME_HEAD + HF_WAL_COMMIT_HEAD);
    reclaim->count = frame.count;
    return true;
}

/* Moves what lives among the next operations of one frame. False: it cannot be moved now. */
static bool
move_some(struct hf_db *db)
{
    struct hf_reclaim *reclaim = &db->reclaim;
    struct chunk chunk = { .count = 0 };
    bool ok = true;

    while (ok && reclaim->count > 0 && chunk.count < CHUNK_COUNT && chunk.size < CHUNK_SIZE) {
        uint32_t size =
            hf_wal_op_decode(hf_segments_at(&db->active->segments, reclaim->next)).size;
        reclaim->credit -= LOOK_COST;
        if (!hf_memtable_is_dead(db->active, reclaim->next))
            ok = take(db, reclaim->next, &chunk);
        reclaim->next += size;
        reclaim->count--;
    }
    reclaim->credit -= chunk.size;
    if (copy(db, &chunk) != HF_OK) {
        HF_MARK(reclaim_failed);
        ok = false;
    }
    return ok;
}

/* ---- steps ------------------------------------------------------------------------------- */

/* Lets the victim be, until the floor has risen. */
static void
give_up(struct hf_db *db)
{
    segment_at(db, db->reclaim.victim)->stuck = db->floor;
    db->reclaim.has_victim = false;
    db->reclaim.pause = 1 + db->active->segments.count;
}

/* Works off the credit. False: there is nothing that could be done now. */
static bool
work(struct hf_db *db, enum urge urge)
{
    struct hf_reclaim *reclaim = &db->reclaim;
    bool behind = false;

    if (reclaim->releases)
        release(db);
    if (db->active->ordered != NULL &&
        hf_memtable_catch_up(db->active, CATCH_UP_FRAMES, &behind) != HF_OK) {
        reclaim->has_victim = false; /* hf_work shall not go on and on */
        reclaim->pause = 1 + db->active->segments.count;
        return false;
    }
    while (!behind && reclaim->credit > 0) {
        if (!reclaim->has_victim && !begin(db, urge)) {
            if (reclaim->credit > 0)
                reclaim->credit = 0; /* it is not saved up */
            return false;
        }
        reclaim->credit -= LOOK_COST;
        if (reclaim->count == 0 && !next_frame(db))
            leave(db);
        else if (!move_some(db))
            give_up(db);
    }
    return true;
}

void
hf_reclaim_step(struct hf_db *db)
{
    hf_memtable_forget(db->active, db->floor, FORGET_STEP);
    if (db->reclaim.credit < STEP_CREDIT)
        db->reclaim.credit = STEP_CREDIT;
    work(db, IF_WORTH);
}

void
hf_reclaim_pay(struct hf_db *db, uint32_t count, uint64_t bytes)
{
    struct hf_reclaim *reclaim = &db->reclaim;
    bool early = HF_CHANCE(reclaim_early);

    hf_memtable_forget(db->active, db->floor, FORGET_COUNT + 2 * (uint64_t)count);
    if (reclaim->pause > 0)
        reclaim->pause--;
    if (!early && !hf_reclaim_waits(db))
        return;
    reclaim->credit += PAY_SHARE * (int64_t)(bytes + (uint64_t)count * LOOK_COST);
    work(db, early ? EARLY : IF_WORTH);
    if (db->log.size_next > segment_target(db))
        db->log.size_next = segment_target(db);
}

bool
hf_reclaim_relieve(struct hf_db *db)
{
    uint64_t used = db->budget.used, over = db->budget.over;
    bool goes_on;

    if (!db->active->tells_dead)
        return false;
    HF_MARK(reclaim_relieved);
    db->budget.over = db->options.memory_limit / OVER_SHARE;
    do {
        hf_memtable_forget(db->active, db->floor, UINT64_MAX);
        db->reclaim.credit = STEP_CREDIT;
        goes_on = work(db, FORCED);
    } while (goes_on && db->budget.used >= used);
    db->budget.over = over;
    return db->budget.used < used;
}
