/*
 * recovery.c - from the files of a directory to a database that can go on: the order of things.
 */
#include "store/recovery/recovery.h"

#include "base/probe.h"
#include "base/span.h"

/* ---- a new database ---------------------------------------------------------------------- */

static enum hf_err
prepare_new(struct hf_recovering *r)
{
    struct hf_db *db = r->db;

    if (r->manifest_number != 0 || r->table_files != 0)
        return hf_detail_set(r->detail, HF_ERR_MISSING_FILE,
                             "the directory holds tables or a manifest and no log segment");
    if ((!(db->options.flags & HF_CREATE) && !HF_PLANTED(recovery_start_anew)) ||
        (db->options.flags & HF_READ_ONLY))
        return hf_detail_set(r->detail, HF_ERR_NOT_FOUND, "the directory holds no database");
    if (r->foreign) {
        hf_dir_unlock(db->dir);
        return hf_detail_set(
            r->detail, HF_ERR_INVALID,
            "the directory holds other files and no database; name an empty one");
    }
    enum hf_err err = hf_env_entropy(db->log.uuid, sizeof db->log.uuid);
    if (err != HF_OK)
        return hf_detail_set(r->detail, err, "the system has no entropy for a new database");
    memcpy(db->tables.uuid, db->log.uuid, sizeof db->tables.uuid);
    r->tail = HF_TAIL_NONE;
    return HF_OK;
}

/* The planted way out of damage: as if nothing had been found. */
#ifdef HF_PLANTS
static enum hf_err
start_anew(struct hf_recovering *r)
{
    uint32_t number_max = r->number_max, file_number_max = r->file_number_max;

    hf_recovery_forget(r);
    *r = (struct hf_recovering){
        .db = r->db,
        .detail = r->detail,
        .number_max = number_max,
        .file_number_max = file_number_max,
    };
    return HF_OK;
}
#endif

/* ---- after the new segment is durable ---------------------------------------------------- */

/* Removes segments that are no part of the log any more, and those left in the making. */
static void
remove_dead(struct hf_recovering *r)
{
    char name[HF_NAME_SIZE_MAX];
    uint32_t kept = 0;

    for (uint32_t i = 0; i < r->found_count; i++) {
        if (kept < r->kept && r->chain[kept] == i) {
            kept++;
            continue;
        }
        HF_MARK(recovery_removed_dead);
        hf_log_name(name, r->found[i].number, "");
        hf_dir_remove(r->db->dir, name, NULL); /* in the way of nobody if it stays */
    }
    hf_recovery_remove_litter(r);
}

/* The planted ways to go on where the old log ended, in place. */
#ifdef HF_PLANTS
static enum hf_err
go_on_in_place(struct hf_recovering *r)
{
    struct hf_scanned *scanned = &r->found[r->chain[r->chain_count - 1]];
    struct hf_log *log = &r->db->log;
    struct hf_log_segment *segment = hf_budget_alloc(&r->db->budget, sizeof *segment);
    char name[HF_NAME_SIZE_MAX];
    enum hf_err err;

    if (segment == NULL)
        return HF_ERR_NO_MEMORY;
    *segment = (struct hf_log_segment){
        .number = scanned->number,
        .mask_base = hf_wal_mask_base(&scanned->header),
        .size = scanned->size,
        .end = HF_PLANTED(recovery_append_torn) ? scanned->data : scanned->end,
        .last = r->last,
        .group_next = scanned->group_next,
    };
    segment->synced = segment->end;
    hf_log_name(name, segment->number, "");
    err = hf_file_open(&segment->file, r->db->dir, name, HF_FILE_WRITE, r->detail);
    if (err == HF_OK)
        err = hf_log_chain_add(log, segment->number);
    if (err != HF_OK) {
        hf_log_segment_free(log, segment);
        return err;
    }
    log->active = log->oldest = segment;
    log->durable_position = hf_wal_position(segment->number, segment->end);
    log->durable_version = r->last;
    r->db->unplaced = false;
    return HF_OK;
}

static bool
goes_on_in_place(const struct hf_recovering *r)
{
    return r->chain_count > 0 && (hf_probe_planted[HF_PROBE_recovery_append_torn] ||
                                  hf_probe_planted[HF_PROBE_recovery_append_cut]);
}
#endif

/* The lowest number of a segment that the new one will supersede; or one behind all. */
static uint32_t
first_dead(const struct hf_recovering *r)
{
    uint32_t last_kept = r->kept > 0 ? r->found[r->chain[r->kept - 1]].number : 0;
    uint32_t first = UINT32_MAX;

    for (uint32_t i = 0; i < r->found_count; i++) {
        if (r->found[i].number > last_kept && r->found[i].number < first)
            first = r->found[i].number;
    }
    return first;
}

static bool
has_begun_manifest(const struct hf_recovering *r)
{
    uint32_t i = 0;

    while (i < r->litter_count &&
           !(r->litter[i].is_temporary && r->litter[i].what == HF_NAMED_MANIFEST))
        i++;
    return i < r->litter_count;
}

static enum hf_err
place(struct hf_recovering *r)
{
    enum hf_err err;

    if (r->db->options.flags & HF_READ_ONLY)
        return HF_OK;
#ifdef HF_PLANTS
    if (goes_on_in_place(r))
        return go_on_in_place(r);
#endif
    r->db->manifest_begun = has_begun_manifest(r);
    if (HF_PLANTED(recovery_remove_first))
        remove_dead(r);
    if (HF_PLANTED(recovery_litter_first))
        hf_recovery_remove_litter(r);
    err = hf_recovery_place(r->db, r->detail);
    if (err == HF_ERR_FULL && r->chain_count > 0) {
        HF_MARK(recovery_without_segment);
        r->db->log.stranded = first_dead(r);
        return HF_OK;
    }
    if (err == HF_OK)
        remove_dead(r);
    return err;
}

/* ---- the report -------------------------------------------------------------------------- */

/* What the segment that `place` makes will link to, and what is known durable until then. */
static void
note_end_of_kept(struct hf_recovering *r)
{
    struct hf_log *log = &r->db->log;
    const struct hf_scanned *kept = r->kept > 0 ? &r->found[r->chain[r->kept - 1]] : NULL;

    log->placed_link = (struct hf_wal_link){ 0 };
    if (kept != NULL) {
        log->placed_link.prev = kept->number;
        log->placed_link.prev_end = kept->below_end;
        log->placed_link.last = kept->below_last;
    } else if (r->chain_count > 0) {
        log->placed_link.last = r->found[r->chain[0]].link.last;
    }
    for (uint32_t i = 0; i < r->chain_count; i++) {
        const struct hf_scanned *scanned = &r->found[r->chain[i]];
        log->durable_version = scanned->below_last;
        if (scanned->used > scanned->used_below)
            break;
    }
    log->durable_position = r->witness;
}

static void
report(struct hf_recovering *r)
{
    struct hf_recovery *recovery = &r->db->recovery;

    recovery->manifest = r->db->manifest.number;
    recovery->tables = r->db->catalog->table_count;
    recovery->segments_replayed = r->chain_count;
    recovery->last_version = r->last;
    recovery->witness_version = r->db->log.durable_version;
    recovery->copied_commits = r->last - r->db->log.placed_link.last;
    recovery->cut_bytes = r->cut_bytes;
    recovery->tail = r->tail;
    if (r->chain_count > 0) {
        const struct hf_scanned *tail = &r->found[r->chain[r->chain_count - 1]];
        recovery->cut_segment = tail->number;
        recovery->cut_off = tail->end;
    }
    /* What no surviving header vouches for could have been longer. */
    recovery->tail_ambiguous = r->tail == HF_TAIL_TORN || r->tail == HF_TAIL_END;
}

/* The number of the next segment. Behind the last there is none, and never the first again. */
static uint32_t
number_behind(const struct hf_recovering *r)
{
    return r->number_max < UINT32_MAX ? r->number_max + 1 : UINT32_MAX;
}

static void
take_over(struct hf_recovering *r)
{
    struct hf_db *db = r->db;
    const struct hf_scanned *tail = &r->found[r->chain[r->chain_count - 1]];

    memcpy(db->log.uuid, tail->header.uuid, sizeof db->log.uuid);
    memcpy(db->tables.uuid, tail->header.uuid, sizeof db->tables.uuid);
    if (!HF_PLANTED(recovery_no_floor))
        db->floor = db->manifest.floor;
    db->last = db->published = r->last;
    db->time_us = r->time_us;
    db->log.number_next =
        HF_PLANTED(recovery_reuse_number) ? tail->number + 1 : number_behind(r);
}

enum hf_err
hf_recovery_run(struct hf_db *db, struct hf_detail *detail)
{
    struct hf_recovering r = { .db = db, .detail = detail };
    uint64_t began = hf_env_mono_ns(), scanned = began, replayed = began;

    /* What was written under the limit can be read again, whatever that takes for a moment. */
    db->budget.over = UINT64_MAX;
    enum hf_err err = hf_recovery_scan(&r);

    db->unplaced = true;
    if (err == HF_OK)
        err = hf_recovery_manifest(&r);
#ifdef HF_PLANTS
    if (HF_PLANTED(recovery_start_anew) &&
        (err == HF_ERR_CORRUPT || err == HF_ERR_MISSING_FILE))
        err = start_anew(&r);
#endif
    if (err == HF_OK && r.found_count == 0) {
        err = prepare_new(&r);
        db->log.number_next = number_behind(&r);
    } else if (err == HF_OK) {
        err = hf_recovery_chain(&r);
        scanned = hf_env_mono_ns();
        if (err == HF_OK)
            err = hf_recovery_replay(&r);
        if (err == HF_OK)
            take_over(&r);
    }
    if (err == HF_OK)
        err = hf_recovery_build(&r);
    if (err == HF_OK) {
        note_end_of_kept(&r);
        report(&r);
        replayed = hf_env_mono_ns();
        err = place(&r);
    }
    db->recovery.scan_ns = scanned - began;
    db->recovery.replay_ns = replayed - scanned;
    db->recovery.copy_ns = hf_env_mono_ns() - replayed;
    hf_recovery_forget(&r);
    db->budget.over = 0;
    return err;
}
