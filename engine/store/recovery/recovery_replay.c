/*
 * recovery_replay.c - reads the chain forward, to where the log ends.
 *
 * On its way it moves the commits of each segment together in memory, over header, padding and
 * group headers, and takes the mask off their checksums: what is left is the segment's part of
 * the log's memory. The checksum itself is carried along, never computed anew.
 */
#include "store/recovery/recovery.h"

#include "base/assert.h"
#include "base/probe.h"
#include "base/span.h"
#include "format/wal_walk.h"
#include "store/recovery/recovery_table.h"

#include <inttypes.h>

struct stop {
    enum hf_stop_how how;
    bool has_seal;
    struct hf_wal_seal seal;
};

/* Moves the commit that `walk` stands behind down to the others. */
static void
keep_commit(struct hf_recovering *r, struct hf_scanned *scanned, const struct hf_wal_walk *walk)
{
    uint8_t *to = scanned->bytes + scanned->used;
    uint32_t size = walk->frame.size;

    HF_ASSERT(scanned->used + size <= walk->off);
    memmove(to, scanned->bytes + walk->frame_off, size);
    hf_wal_frame_remask(to, size, hf_wal_mask(walk->base, walk->frame_off), 0);
    scanned->used += size;
    r->last = walk->commit.version;
    r->time_us = walk->commit.time_us;
    if (hf_wal_position(scanned->number, walk->end) <= r->witness) {
        scanned->used_below = scanned->used;
        scanned->below_last = r->last;
    }
}

static struct stop
walk_segment(struct hf_recovering *r, struct hf_scanned *scanned, uint64_t limit,
             struct hf_wal_walk *walk)
{
    struct stop stop = { .how = HF_STOP_ZEROS };

    hf_wal_walk_init(walk, hf_span(scanned->bytes, limit), &scanned->header, r->last + 1);
    scanned->below_last = r->last;
    for (;;) {
        if (hf_wal_position(scanned->number, walk->end) <= r->witness)
            scanned->below_end = walk->end;
        switch (hf_wal_walk_next(walk)) {
        case HF_WAL_STEP_GROUP:
        case HF_WAL_STEP_LINK:
            break;
        case HF_WAL_STEP_COMMIT:
            keep_commit(r, scanned, walk);
            stop.has_seal = false;
            break;
        case HF_WAL_STEP_SEAL:
            stop.has_seal = true;
            stop.seal = hf_wal_seal_decode(walk->frame.payload);
            break;
        case HF_WAL_STEP_END:
            return stop;
        case HF_WAL_STEP_TORN:
            stop.how = HF_STOP_TORN;
            return stop;
        case HF_WAL_STEP_NEWER:
            stop.how = HF_STOP_NEWER;
            return stop;
        }
    }
}

/* ---- what the newest segment's end tells ------------------------------------------------- */

/* The planted mistake of a check that is too strict: a size may survive without its data. */
static enum hf_err
refuse_longer(const struct hf_recovering *r, const struct hf_scanned *scanned,
              const struct stop *stop)
{
    const struct hf_wal_header *header = &scanned->header;

    if (header->prepared != 0 || stop->has_seal || stop->how != HF_STOP_ZEROS ||
        scanned->size < scanned->end + header->sector)
        return HF_OK;
    return hf_detail_set(r->detail, HF_ERR_CORRUPT, "wal-%010u is longer than what it holds",
                         scanned->number);
}

static enum hf_err
judge_seal(const struct hf_recovering *r, const struct hf_scanned *scanned,
           const struct stop *stop)
{
    if (HF_PLANTED(recovery_refuse_longer))
        return refuse_longer(r, scanned, stop);
    if (stop->has_seal && stop->seal.next != 0 &&
        hf_recovery_find(r, stop->seal.next) == NULL) {
        HF_MARK(recovery_refused_missing);
        return hf_detail_set(r->detail, HF_ERR_MISSING_FILE,
                             "wal-%010u is missing: the seal of wal-%010u names it",
                             stop->seal.next, scanned->number);
    }
    if (scanned->size < scanned->header.prepared && !(stop->has_seal && stop->seal.next == 0)) {
        HF_MARK(recovery_refused_corrupt);
        return hf_detail_set(r->detail, HF_ERR_CORRUPT,
                             "wal-%010u at %" PRIu64 ": the file ends, %" PRIu64
                             " bytes were prepared",
                             scanned->number, scanned->size, scanned->header.prepared);
    }
    return HF_OK;
}

static void
note_tail(struct hf_recovering *r, const struct hf_scanned *scanned,
          const struct hf_wal_walk *walk, const struct stop *stop)
{
    struct hf_wal_probe probe = hf_recovery_probe(scanned, walk, walk->end);

    r->cut_bytes += probe.data;
    if (stop->how == HF_STOP_TORN || r->cut_bytes > 0) {
        HF_MARK(recovery_torn_tail);
        r->tail = HF_TAIL_TORN;
    } else if (stop->has_seal && stop->seal.next == 0) {
        HF_MARK(recovery_sealed);
        r->tail = HF_TAIL_SEALED;
    } else {
        HF_MARK(recovery_clean_end);
        r->tail = HF_TAIL_END;
    }
    if (probe.groups > 0)
        HF_MARK(recovery_beyond_cut);
}

/* ---- segment by segment ------------------------------------------------------------------ */

/* Replays chain[i]; *ends says that the log ends in it. */
static enum hf_err
replay_one(struct hf_recovering *r, uint32_t i, bool *ends)
{
    struct hf_scanned *scanned = &r->found[r->chain[i]];
    bool inner = i + 1 < r->chain_count;
    const struct hf_scanned *next = inner ? &r->found[r->chain[i + 1]] : NULL;
    uint64_t limit = scanned->size;
    struct hf_wal_walk walk;

    if (inner && next->link.prev_end < limit)
        limit = next->link.prev_end;
    struct stop stop = walk_segment(r, scanned, limit, &walk);
    if (stop.how == HF_STOP_ZEROS &&
        (inner ? walk.end == next->link.prev_end && r->last == next->link.last : stop.has_seal))
        stop.how = HF_STOP_COMPLETE;
    scanned->end = walk.end;
    scanned->group_next = walk.next_group;

    bool below = r->witness > hf_wal_position(scanned->number, walk.end);
    switch (hf_recovery_decide(inner ? HF_STOP_INNER : HF_STOP_LAST, stop.how, below)) {
    case HF_DECIDE_GO_ON:
        *ends = !inner;
        break;
    case HF_DECIDE_CUT:
        *ends = true;
        break;
    case HF_DECIDE_CORRUPT:
        HF_MARK(recovery_refused_corrupt);
        return hf_detail_set(
            r->detail, HF_ERR_CORRUPT,
            "wal-%010u at %" PRIu64 ": unreadable, though durable up to segment "
            "%" PRIu64 " at %" PRIu64 "; nothing was changed",
            scanned->number, walk.end, r->witness >> 32, r->witness & UINT32_MAX);
    case HF_DECIDE_NEWER:
        return hf_detail_set(r->detail, HF_ERR_VERSION,
                             "wal-%010u at %" PRIu64 ": a frame that a newer Holdfast wrote",
                             scanned->number, walk.off);
    }
    if (!*ends)
        return HF_OK;
    note_tail(r, scanned, &walk, &stop);
    return inner ? HF_OK : judge_seal(r, scanned, &stop);
}

enum hf_err
hf_recovery_replay(struct hf_recovering *r)
{
    bool ends = false;
    enum hf_err err = HF_OK;

    r->last = r->found[r->chain[0]].link.last;
    for (uint32_t i = 0; err == HF_OK && !ends; i++) {
        err = replay_one(r, i, &ends);
        if (ends) {
            for (uint32_t j = i + 1; j < r->chain_count; j++)
                r->cut_bytes += r->found[r->chain[j]].data;
            if (i + 1 < r->chain_count)
                r->tail = HF_TAIL_TORN;
            r->chain_count = i + 1;
        }
    }
    return err;
}
