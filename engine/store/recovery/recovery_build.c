/*
 * recovery_build.c - the memory of a recovered database: segments, then the indexes over them.
 *
 * Commits up to the witness stay in the memory of the segment that holds them on disk. Those
 * above it go to the memory of a new segment, which hf_recovery_place will write. Small
 * segments right below are taken along whole, so that a database that is opened often does not
 * gather files without end: a segment is copied only with at least half its size of others, or
 * small.
 */
#include "store/recovery/recovery.h"

#include "base/assert.h"
#include "base/probe.h"
#include "base/span.h"
#include "store/log/frames.h"

#define SMALL_SEGMENT (UINT64_C(64) << 10)
#define BEGIN_SIZE (HF_WAL_GROUP_SIZE + HF_WAL_FRAME_OVERHEAD + HF_WAL_LINK_SIZE)
#define ROOM_SECTORS 68u /* for commits to come: enough for a reserve, soon filled with zeros */
#define LOOKAHEAD 16u    /* operations whose index slots are fetched before they are needed */

/* ---- what goes into the new segment ------------------------------------------------------ */

static struct hf_scanned *
chained(const struct hf_recovering *r, uint32_t i)
{
    return &r->found[r->chain[i]];
}

/* Bytes of commits in the segment that no witness vouches for. */
static uint64_t
above_witness(struct hf_scanned *scanned, uint64_t last)
{
    if (HF_PLANTED(recovery_no_copy) && scanned->used > 0) {
        scanned->used_below = scanned->used;
        scanned->below_last = last;
        scanned->below_end = scanned->end;
    }
    return scanned->used - scanned->used_below;
}

/* Decides which segments stay, r->kept of them; returns the bytes of commits that are
 * copied. */
static uint64_t
plan_copy(struct hf_recovering *r)
{
    uint64_t copied = 0, small = r->db->options.segment_size / 4;
    bool keeps = HF_CHANCE(recovery_keep_segments);

    if (small > SMALL_SEGMENT)
        small = SMALL_SEGMENT;
    for (r->kept = r->chain_count; r->kept > 0; r->kept--) {
        struct hf_scanned *scanned = chained(r, r->kept - 1);
        copied += above_witness(scanned, r->last);
        if (scanned->used_below == 0)
            continue;
        if (keeps || scanned->used_below > copied * 2 + small) {
            HF_MARK(recovery_kept);
            break;
        }
        HF_MARK(recovery_swallowed);
        copied += scanned->used_below;
    }
    return copied;
}

/* ---- memory ------------------------------------------------------------------------------ */

/* Hands the memory of a scanned segment over to the database, cut to what it keeps. */
static enum hf_err
adopt(struct hf_recovering *r, struct hf_scanned *scanned, uint64_t used)
{
    struct hf_segments *segments = &r->db->active->segments;
    enum hf_err err = hf_segments_adopt(segments, scanned->bytes, scanned->mapped, used);

    if (err != HF_OK)
        return err;
    scanned->bytes = NULL;
    hf_segments_trim(segments, segments->count - 1);
    err = hf_log_chain_add(&r->db->log, scanned->number);
    if (err == HF_OK)
        r->db->log.chain[r->db->log.chain_count - 1].end = scanned->below_end;
    return err;
}

static void
copy_from(struct hf_segment *memory, const struct hf_scanned *scanned, uint64_t from)
{
    HF_ASSERT(memory->size - memory->used >= scanned->used - from);
    memcpy(memory->base + memory->used, scanned->bytes + from, scanned->used - from);
    memory->used += scanned->used - from;
}

/* A beginning to walk over; hf_recovery_place writes the true one. */
static void
begin_memory(struct hf_segment *memory)
{
    struct hf_wal_group group = { 0 };
    struct hf_wal_link link = { 0 };

    hf_wal_group_encode(memory->base, &group, 0, 0);
    hf_wal_frame_begin(memory->base + HF_WAL_GROUP_SIZE, HF_WAL_LINK, HF_WAL_LINK_SIZE);
    hf_wal_link_encode(memory->base + HF_WAL_GROUP_SIZE, &link);
    memory->used = BEGIN_SIZE;
}

/* Bytes for commits to come. An open waits until they are zeros and synced: of a database that
 * is there they are few, the background prepares the next segment; a new one begins with a
 * whole first segment. */
static uint64_t
room_for_more(const struct hf_recovering *r)
{
    const struct hf_log *log = &r->db->log;
    uint64_t room = log->size_max < HF_LOG_SEGMENT_MIN ? log->size_max : HF_LOG_SEGMENT_MIN;
    uint64_t few = ROOM_SECTORS * (uint64_t)log->sector;

    return r->chain_count > 0 && few < room ? few : room;
}

/* The memory of the new segment, filled with what is copied. */
static enum hf_err
fill_fresh(struct hf_recovering *r, uint64_t copied, struct hf_segment *fresh)
{
    struct hf_log *log = &r->db->log;
    uint64_t size = hf_log_round_up(log, log->sector + BEGIN_SIZE + copied + room_for_more(r));

    if (size > UINT32_MAX)
        return hf_detail_set(r->detail, HF_ERR_TOO_LARGE,
                             "more than 4 GiB of the log is above the witness");
    *fresh =
        (struct hf_segment){ .base = hf_budget_map_raw(&r->db->budget, size), .size = size };
    if (fresh->base == NULL)
        return hf_detail_set(r->detail, HF_ERR_NO_MEMORY, "no memory for the next log segment");
    begin_memory(fresh);
    if (r->kept > 0)
        copy_from(fresh, chained(r, r->kept - 1), chained(r, r->kept - 1)->used_below);
    for (uint32_t i = r->kept; i < r->chain_count; i++)
        copy_from(fresh, chained(r, i), 0);
    return HF_OK;
}

static enum hf_err
build_segments(struct hf_recovering *r, uint64_t copied)
{
    struct hf_segment fresh = { .base = NULL };
    enum hf_err err = fill_fresh(r, copied, &fresh);

    if (err != HF_OK)
        return err;
    for (uint32_t i = 0; err == HF_OK && i < r->kept; i++)
        err = adopt(r, chained(r, i), chained(r, i)->used_below);
    if (err == HF_OK)
        err = hf_segments_adopt(&r->db->active->segments, fresh.base, fresh.size, fresh.used);
    if (err != HF_OK) {
        hf_budget_unmap(&r->db->budget, fresh.base, fresh.size);
        return hf_detail_set(r->detail, err, "no memory for the segments of the log");
    }
    return HF_OK;
}

/* ---- indexes ----------------------------------------------------------------------------- */

/* Operations on their way into the index: their slots are being fetched. */
struct queue {
    uint64_t hash[LOOKAHEAD];
    uint64_t ref[LOOKAHEAD];
    uint64_t first, limit;
};

static enum hf_err
insert_oldest(struct hf_memtable *table, struct queue *queue)
{
    uint32_t i = queue->first++ % LOOKAHEAD;
    enum hf_err err = hf_memtable_reserve(table, queue->hash[i]);

    if (err == HF_OK)
        err = hf_memtable_reserve_links(table, 1);
    if (err == HF_OK)
        hf_memtable_insert(table, queue->hash[i], queue->ref[i]);
    hf_memtable_settle(table);
    return err;
}

/* Ranges need no queue: they are few, and have no slot to wait for. */
static enum hf_err
add_range(struct hf_memtable *table, const uint8_t *at, uint64_t ref)
{
    struct hf_wal_op op = hf_wal_op_decode(at);
    struct hf_range_delete range = {
        .from = op.key,
        .to = op.value,
        .version = hf_wal_op_version(at),
        .time_us = hf_wal_op_time(at),
    };
    enum hf_err err = hf_memtable_reserve_range(table, &range);

    if (err == HF_OK)
        hf_memtable_insert_range(table, ref);
    return err;
}

static enum hf_err
queue_op(struct hf_memtable *table, struct queue *queue, const struct hf_wal_op *op,
         uint64_t ref)
{
    enum hf_err err = HF_OK;

    if (queue->limit - queue->first == LOOKAHEAD)
        err = insert_oldest(table, queue);
    uint32_t i = queue->limit++ % LOOKAHEAD;
    queue->hash[i] = hf_memtable_hash(table, op->key);
    queue->ref[i] = ref;
    hf_hash_prefetch(table->hash, queue->hash[i]);
    return err;
}

/* How many operations of a commit are replayed: all; or, with the planted bug, not the last one
 * of the last commit before a torn tail. */
static uint32_t
replayed(const struct hf_recovering *r, const struct hf_frame *frame)
{
    bool is_cut = HF_PLANTED(recovery_half_commit) && r->tail == HF_TAIL_TORN &&
                  frame->version == r->last && frame->count > 1;

    return is_cut ? frame->count - 1 : frame->count;
}

static enum hf_err
queue_frame(struct hf_memtable *table, struct queue *queue, uint32_t segment,
            const struct hf_frame *frame)
{
    uint64_t off = frame->off + HF_WAL_FRAME_HEAD + HF_WAL_COMMIT_HEAD;
    enum hf_err err = HF_OK;

    for (uint32_t n = frame->count; err == HF_OK && n > 0; n--) {
        const uint8_t *at = table->segments.list[segment].base + off;
        struct hf_wal_op op = hf_wal_op_decode(at);
        if (op.type == HF_WAL_DELETE_RANGE)
            err = add_range(table, at, hf_ref(segment, off));
        else
            err = queue_op(table, queue, &op, hf_ref(segment, off));
        off += op.size;
    }
    return err;
}

static enum hf_err
build_index(struct hf_recovering *r)
{
    struct hf_memtable *table = r->db->active;
    struct queue queue = { .first = 0 };
    struct hf_frame frame;
    enum hf_err err = HF_OK;

    for (uint32_t i = 0; err == HF_OK && i < table->segments.count; i++) {
        const struct hf_segment *memory = &table->segments.list[i];
        for (uint64_t off = 0; err == HF_OK && hf_frame_next(&frame, memory, off);
             off = frame.off + frame.size) {
            r->db->recovery.commits_replayed++;
            frame.count = replayed(r, &frame);
            err = queue_frame(table, &queue, i, &frame);
        }
    }
    while (err == HF_OK && queue.first < queue.limit)
        err = insert_oldest(table, &queue);
    if (err != HF_OK)
        hf_detail_set(r->detail, err, "no memory for the index of the log");
    return err;
}

enum hf_err
hf_recovery_build(struct hf_recovering *r)
{
    enum hf_err err = build_segments(r, plan_copy(r));

    if (r->chain_count > 0)
        r->db->active->base = chained(r, 0)->link.last;
    if (r->kept > 0)
        r->db->active->log_first = chained(r, 0)->number;
    return err == HF_OK ? build_index(r) : err;
}
