/*
 * sync.c - when the log is synced, who does it, and who waits.
 *
 * One sync runs at a time. Its leader is whoever needs it first: a strict commit, hf_sync, the
 * background. All others wait for `changed` and look again: a sync covers what was written
 * before it began, so a waiter may become the next leader. All members of a group get the same
 * result. Beside background threads the group may be held a moment for others to join.
 *
 * A failed sync is final: nothing is tried again on the same file, reads go on, writes return
 * FAILED until the database is opened anew.
 */
#include "store/store.h"

#include "base/assert.h"
#include "base/probe.h"
#include "store/recovery/recovery.h"

static void
publish(struct hf_db *db)
{
    uint64_t to = db->options.mode == HF_MODE_STRICT ? db->log.durable_version : db->last;

    if (to > db->published)
        hf_db_publish(db, to);
    hf_db_raise_floor(db);
}

static void
note_failure(struct hf_db *db, enum hf_err err)
{
    HF_MARK(log_failed);
    if (!HF_PLANTED(wal_write_after_failed))
        db->failure = err;
}

/* Leads one sync. */
static enum hf_err
lead(struct hf_db *db, struct hf_detail *detail)
{
    uint64_t before = db->last, began = hf_env_mono_ns(), written = db->log.written_bytes;
    uint64_t taken;
    enum hf_err err;

    db->syncing = true;
    hf_group_begin(&db->group);
    err = hf_log_sync(&db->log, detail);
    db->syncing = false;
    taken = hf_env_mono_ns() - began;
    hf_group_end(&db->group, taken);
    db->stats.syncs++;
    db->stats.sync_ns_total += taken;
    if (err != HF_OK) {
        note_failure(db, err);
    } else {
        if (db->last != before)
            HF_MARK(log_sync_overlapped);
        db->unsynced_since_ns = db->last != before ? began : 0;
        db->unsynced_from = written;
        publish(db);
    }
    hf_db_wake(db);
    return err;
}

/* The planted ways to acknowledge what is not durable. */
static bool
is_acknowledged_anyway(struct hf_db *db, uint64_t version)
{
    if (HF_PLANTED(wal_skip_sync) && version % 4 == 0) {
        db->log.durable_version = db->last;
        publish(db);
        return true;
    }
    return false;
}

static bool
is_covered(struct hf_db *db, uint64_t version)
{
    if (HF_PLANTED(wal_ack_before_sync) && version - db->log.durable_version == 1) {
        hf_db_publish(db, version);
        return true;
    }
    return version <= db->log.durable_version;
}

/* Lets others join, for so long at most: whoever makes the group complete then leads. */
static void
hold_group(struct hf_db *db, uint64_t patience_ns)
{
    struct hf_group *group = &db->group;
    uint64_t round = group->round, now = hf_env_mono_ns(), until = now + patience_ns;

    group->is_held = true;
    for (; group->is_held && group->round == round && now < until; now = hf_env_mono_ns())
        hf_db_wait(db, until - now);
    if (group->is_held && group->round == round)
        hf_group_give_up(group);
}

/* What brings a caller that needs a sync nearer to it: waiting, for others or for theirs, or
 * leading one. */
static enum hf_err
take_part(struct hf_db *db, struct hf_detail *detail)
{
    uint64_t patience_ns = hf_db_has_threads(db) ? hf_group_patience_ns(&db->group) : 0;

    if (db->syncing || db->group.is_held)
        hf_db_wait(db, 0);
    else if (patience_ns > 0)
        hold_group(db, patience_ns);
    else
        return lead(db, detail);
    return HF_OK;
}

enum hf_err
hf_db_sync_to(struct hf_db *db, uint64_t version, struct hf_detail *detail)
{
    enum hf_err err = HF_OK;

    HF_ASSERT(version <= db->last);
    if (db->options.flags & HF_READ_ONLY)
        return hf_detail_set(detail, HF_ERR_READ_ONLY, "the database was opened read-only");
    if (db->unplaced)
        err = hf_recovery_place(db, detail);
    if (err == HF_OK && is_acknowledged_anyway(db, version))
        return HF_OK;
    if (err == HF_OK && version > db->log.durable_version)
        hf_group_join(&db->group);
    while (err == HF_OK && !is_covered(db, version)) {
        if (db->failure != HF_OK)
            err = hf_detail_set(detail, HF_ERR_FAILED,
                                "an earlier sync of the log failed; close and open again");
        else
            err = take_part(db, detail);
    }
    return err;
}

enum hf_err
hf_db_sync_now(struct hf_db *db, struct hf_detail *detail)
{
    while (db->syncing)
        hf_db_wait(db, 0);
    return db->failure == HF_OK ? lead(db, detail) : HF_ERR_FAILED;
}

bool
hf_db_sync_is_due(const struct hf_db *db, uint64_t now_ns)
{
    const struct hf_options *options = &db->options;

    if (options->mode != HF_MODE_BUFFERED || db->syncing || db->failure != HF_OK ||
        db->unplaced || db->last == db->log.durable_version)
        return false;
    return HF_CHANCE(log_sync_early) ||
           db->last - db->log.durable_version >= options->sync_batch ||
           db->log.written_bytes - db->unsynced_from >= options->sync_bytes ||
           now_ns - db->unsynced_since_ns >= options->sync_interval_ms * 1000000;
}

static bool
window_is_full(const struct hf_db *db, uint64_t now_ns)
{
    if (db->last == db->log.durable_version)
        return false;
    return db->log.written_bytes - db->unsynced_from >= db->options.loss_bytes ||
           now_ns - db->unsynced_since_ns >= db->options.loss_ms * 1000000;
}

enum hf_err
hf_db_hold_window(struct hf_db *db, uint64_t now_ns, struct hf_detail *detail)
{
    enum hf_err err = HF_OK;

    if (!window_is_full(db, now_ns))
        return HF_OK;
    HF_MARK(log_stalled);
    while (err == HF_OK && db->failure == HF_OK && window_is_full(db, hf_env_mono_ns())) {
        if (db->syncing)
            hf_db_wait(db, 0);
        else
            err = lead(db, detail);
    }
    db->stats.stalls[HF_STALL_WINDOW]++;
    db->stats.stall_ns[HF_STALL_WINDOW] += hf_env_mono_ns() - now_ns;
    return err == HF_OK ? HF_OK : HF_ERR_FAILED;
}

/* ---- public ------------------------------------------------------------------------------ */

enum hf_err
hf_sync(struct hf_db *db)
{
    struct hf_detail detail = { "" };
    enum hf_err err = HF_OK;

    hf_db_lock(db);
    if (db->closing)
        err = hf_detail_set(&detail, HF_ERR_CLOSED, "the database is being closed");
    else if (hf_db_has_log(db) && !(db->options.flags & HF_READ_ONLY))
        err = hf_db_sync_to(db, db->last, &detail);
    err = hf_db_tell(db, err, &detail);
    hf_db_unlock(db);
    return err;
}

uint64_t
hf_durable_version(struct hf_db *db)
{
    uint64_t version;

    hf_db_lock(db);
    version = db->log.durable_version;
    hf_db_unlock(db);
    return version;
}

enum hf_err
hf_wait_durable(struct hf_db *db, uint64_t version)
{
    struct hf_detail detail = { "" };
    enum hf_err err;

    hf_db_lock(db);
    if (db->closing)
        err = hf_detail_set(&detail, HF_ERR_CLOSED, "the database is being closed");
    else if (!hf_db_has_log(db) || version > db->last)
        err = hf_detail_set(&detail, HF_ERR_INVALID,
                            "version %llu is not committed to a log; the last one is %llu",
                            (unsigned long long)version, (unsigned long long)db->last);
    else
        err = hf_db_sync_to(db, version, &detail);
    err = hf_db_tell(db, err, &detail);
    hf_db_unlock(db);
    return err;
}

uint64_t
hf_last_version(struct hf_db *db)
{
    uint64_t version;

    hf_db_lock(db);
    version = db->published;
    hf_db_unlock(db);
    return version;
}
