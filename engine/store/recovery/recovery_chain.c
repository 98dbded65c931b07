/*
 * recovery_chain.c - which segments are the log: from the newest back along the links.
 *
 * A link is written once its predecessor's name is durable, so a predecessor that is not there
 * at all was lost: MISSING_FILE. One that is there but does not begin is legal only above the
 * witness: it was begun and left again between two syncs, and a power cut took its first group
 * and spared a later segment's. Then that later one, and all it followed, is cut away, and the
 * search goes on below. Where there is a manifest, the log begins behind the last commit that
 * its tables hold, in a segment that was durable before the manifest was written.
 *
 * A segment that recovery once made is durable before it has its name, so
 * the search cannot pass one by: what is older than it and outside its chain is dead.
 */
#include "store/recovery/recovery.h"

#include "base/probe.h"

#include <string.h>

/* The newest segment below index `limit` that has a beginning, or `limit` if there is none. */
static uint32_t
newest_begun(const struct hf_recovering *r, uint32_t limit)
{
    for (uint32_t i = limit; i > 0; i--) {
        if (r->found[i - 1].state == HF_SCANNED_BEGUN)
            return i - 1;
    }
    return limit;
}

static void
raise_witness(struct hf_recovering *r, uint32_t from)
{
    for (uint32_t i = from; i < r->found_count; i++) {
        if (r->found[i].witness > r->witness)
            r->witness = r->found[i].witness;
    }
}

/* Comes first: what a newer program left is not judged by the rules of this one. */
static enum hf_err
refuse_newer(const struct hf_recovering *r)
{
    for (uint32_t i = 0; i < r->found_count; i++) {
        if (r->found[i].state == HF_SCANNED_NEWER)
            return hf_detail_set(r->detail, HF_ERR_VERSION,
                                 "wal-%010u was written by a newer Holdfast",
                                 r->found[i].number);
    }
    return HF_OK;
}

/*
 * A header is durable before its file has a name, so no crash brings another segment under it.
 * Where the names have come apart from what they named, the newest part of the log may stand
 * under the name of a dead segment, or of one that never began.
 */
static enum hf_err
refuse_strayed(const struct hf_recovering *r)
{
    for (uint32_t i = 0; i < r->found_count; i++) {
        const struct hf_scanned *scanned = &r->found[i];
        if (scanned->state == HF_SCANNED_STRAYED && !HF_PLANTED(recovery_strayed_is_dead))
            return hf_detail_set(r->detail, HF_ERR_CORRUPT,
                                 "wal-%010u holds what was written to wal-%010u",
                                 scanned->number, scanned->header.number);
    }
    return HF_OK;
}

/* Refuses what stands behind the chosen end and cannot be a crash's doing. */
static enum hf_err
judge_behind(struct hf_recovering *r, uint32_t from)
{
    r->cut_bytes = 0; /* what an earlier, nearer end counted is behind this one too */
    for (uint32_t i = from; i < r->found_count; i++) {
        const struct hf_scanned *scanned = &r->found[i];
        bool vouched = r->witness > hf_wal_position(scanned->number, 0);
        if (scanned->state == HF_SCANNED_DAMAGED)
            return hf_detail_set(r->detail, HF_ERR_CORRUPT,
                                 "wal-%010u at 0: the segment header is damaged",
                                 scanned->number);
        if (vouched && !HF_PLANTED(recovery_no_witness))
            return hf_detail_set(r->detail, HF_ERR_CORRUPT,
                                 "wal-%010u: the beginning of the segment is damaged",
                                 scanned->number);
        if (scanned->state == HF_SCANNED_UNBEGUN)
            HF_MARK(recovery_unbegun);
        else
            r->cut_bytes += scanned->data;
    }
    return HF_OK;
}

/* Whether the log begins with segment `at`: the tables hold all that was before it. */
static bool
is_first(const struct hf_recovering *r, const struct hf_scanned *at)
{
    return r->db->manifest.number != 0 ? at->link.last == r->db->manifest.last
                                       : at->link.prev == 0 && at->link.last == 0;
}

/* There is no segment before `at`, though commits were: who knew them? */
static enum hf_err
refuse_gap(const struct hf_recovering *r, const struct hf_scanned *at)
{
    HF_MARK(recovery_refused_missing);
    if (r->db->manifest.number == 0)
        return hf_detail_set(r->detail, HF_ERR_MISSING_FILE,
                             "the manifest is missing: wal-%010u begins behind commit %llu",
                             at->number, (unsigned long long)at->link.last);
    return hf_detail_set(r->detail, HF_ERR_CORRUPT,
                         "wal-%010u begins behind commit %llu, manifest-%010u says %llu",
                         at->number, (unsigned long long)at->link.last, r->db->manifest.number,
                         (unsigned long long)r->db->manifest.last);
}

/* Follows the links from found[tail]. *stuck is the number of a predecessor without a
 * beginning. */
static enum hf_err
follow(struct hf_recovering *r, uint32_t tail, uint32_t *stuck)
{
    struct hf_scanned *at = &r->found[tail];

    *stuck = 0;
    r->chain_count = 0;
    for (;;) {
        r->chain[r->chain_count++] = (uint32_t)(at - r->found);
        uint32_t prev = at->link.prev;
        if (is_first(r, at))
            return HF_OK;
        if (prev == 0 || at->link.last < r->db->manifest.last)
            return refuse_gap(r, at);
        if (prev >= at->number)
            return hf_detail_set(r->detail, HF_ERR_CORRUPT,
                                 "wal-%010u links forward, to wal-%010u", at->number, prev);
        struct hf_scanned *before = hf_recovery_find(r, prev);
        if (before == NULL && HF_PLANTED(recovery_skip_missing))
            return HF_OK;
        if (before == NULL) {
            HF_MARK(recovery_refused_missing);
            return hf_detail_set(r->detail, HF_ERR_MISSING_FILE,
                                 "wal-%010u is missing: wal-%010u follows it", prev,
                                 at->number);
        }
        if (before->state != HF_SCANNED_BEGUN) {
            *stuck = prev;
            return HF_OK;
        }
        at = before;
    }
}

static void
reverse(uint32_t *list, uint32_t count)
{
    for (uint32_t i = 0; i < count / 2; i++) {
        uint32_t swap = list[i];
        list[i] = list[count - 1 - i];
        list[count - 1 - i] = swap;
    }
}

static enum hf_err
check_uuid(const struct hf_recovering *r)
{
    const struct hf_scanned *tail = &r->found[r->chain[r->chain_count - 1]];

    for (uint32_t i = 0; i < r->chain_count; i++) {
        const struct hf_scanned *scanned = &r->found[r->chain[i]];
        if (memcmp(scanned->header.uuid, tail->header.uuid, sizeof tail->header.uuid) != 0)
            return hf_detail_set(r->detail, HF_ERR_CORRUPT,
                                 "wal-%010u belongs to another database", scanned->number);
    }
    return HF_OK;
}

/* There is no beginning to be found: says which segment is to blame, if one can be told. */
static enum hf_err
refuse_all(struct hf_recovering *r)
{
    enum hf_err err;

    raise_witness(r, 0);
    if (r->db->manifest.number != 0 && hf_recovery_find(r, r->db->manifest.log_first) == NULL) {
        HF_MARK(recovery_refused_missing);
        return hf_detail_set(r->detail, HF_ERR_MISSING_FILE,
                             "wal-%010u is missing: manifest-%010u says that the log goes on "
                             "there",
                             r->db->manifest.log_first, r->db->manifest.number);
    }
    err = judge_behind(r, 0);
    if (err != HF_OK)
        return err;
    return hf_detail_set(r->detail, HF_ERR_CORRUPT,
                         "%u log segments, and no beginning of a log in any of them",
                         r->found_count);
}

enum hf_err
hf_recovery_chain(struct hf_recovering *r)
{
    uint32_t limit = r->found_count;
    uint32_t stuck = 0;
    enum hf_err err = refuse_newer(r);

    if (err == HF_OK)
        err = refuse_strayed(r);
    if (err == HF_ERR_CORRUPT)
        HF_MARK(recovery_refused_corrupt);
    if (err != HF_OK)
        return err;
    r->chain = hf_budget_alloc(&r->db->budget, r->found_count * sizeof *r->chain);
    if (r->chain == NULL)
        return hf_detail_set(r->detail, HF_ERR_NO_MEMORY, "no memory to order the log");
    do {
        uint32_t tail = newest_begun(r, limit);
        if (tail == limit || r->found[tail].number < r->db->manifest.log_first)
            return refuse_all(r);
        limit = tail + 1;
        raise_witness(r, tail);
        err = judge_behind(r, limit);
        if (err == HF_OK)
            err = follow(r, tail, &stuck);
        if (err == HF_OK && stuck != 0)
            limit = (uint32_t)(hf_recovery_find(r, stuck) - r->found) + 1;
    } while (err == HF_OK && stuck != 0);
    if (err == HF_OK) {
        reverse(r->chain, r->chain_count);
        err = check_uuid(r);
    }
    if (err == HF_ERR_CORRUPT)
        HF_MARK(recovery_refused_corrupt);
    return err;
}
