/*
 * commit.c - the way of a commit: checked, placed, encoded once, written, indexed,
 * acknowledged.
 *
 *   1. wait for the loss window and for flushes that are behind (may give up the lock)
 *   2. checks against the newest versions, published or not            CONFLICT, IO, CORRUPT
 *   3. room in the indexes                                             NO_MEMORY
 *   4. a place in the log                                              FULL, NO_MEMORY, IO
 *   5. encode into the segment's memory, write                         FULL, IO: a new segment
 *   6. index: cannot fail
 *   7. strict or HF_DURABLE: sync                                      FAILED: outcome unknown
 *
 * Up to 5 a failure leaves nothing: no version is used, nothing is indexed, and after a failed
 * write the log goes on in a new, synced segment that excludes what may have reached the disk.
 */
#include "store/store.h"

#include "base/probe.h"
#include "base/span.h"
#include "base/timing.h"
#include "store/read.h"
#include "store/recovery/recovery.h"

#define DELETE_SHARE 16u     /* one in so many bytes of the memory limit, on top, for deletes */
#define CLOCK_NS 1000000000u /* how old the difference of the two clocks may be */
#define DAWDLE_NS 200000u    /* of the plant cost_time */

/* ---- 1 and 2: may this commit be made? --------------------------------------------------- */

static enum hf_err
check_writable(struct hf_db *db, struct hf_detail *detail)
{
    if (db->closing)
        return hf_detail_set(detail, HF_ERR_CLOSED, "the database is being closed");
    if (db->options.flags & HF_READ_ONLY)
        return hf_detail_set(detail, HF_ERR_READ_ONLY, "the database was opened read-only");
    if (db->failure != HF_OK)
        return hf_detail_set(
            detail, HF_ERR_FAILED,
            "an earlier write or sync of the log failed (%s); close and open again",
            hf_err_name(db->failure));
    if (db->unplaced)
        return hf_recovery_place(db, detail);
    return HF_OK;
}

/* Waits while a failed write is being excluded: nobody may take its place and version. */
static enum hf_err
wait_for_containment(struct hf_db *db, struct hf_detail *detail)
{
    if (!db->containing)
        return HF_OK;
    while (db->containing)
        hf_db_wait(db, 0);
    return check_writable(db, detail);
}

uint64_t
hf_db_commit_size_max(const struct hf_db *db)
{
    uint64_t size = HF_WAL_PAYLOAD_MAX;
    uint64_t quarter = db->options.memory_limit / 4;

    return quarter != 0 && quarter < size ? quarter : size;
}

static enum hf_err
check_call(const struct hf_db *db, const struct hf_commit *commit, uint64_t *payload_size,
           struct hf_detail *detail)
{
    uint64_t size = HF_WAL_COMMIT_HEAD;

    if ((commit->flags & ~HF_DURABLE) != 0)
        return hf_detail_set(detail, HF_ERR_INVALID, "unknown flags 0x%x of a commit",
                             commit->flags & ~HF_DURABLE);
    for (uint32_t i = 0; i < commit->change_count; i++) {
        const struct hf_change *change = &commit->changes[i];
        if (change->key.len == 0)
            return hf_detail_set(detail, HF_ERR_INVALID,
                                 "an empty key: keys have 1 to %u bytes", HF_KEY_SIZE_MAX);
        if (change->key.len > HF_KEY_SIZE_MAX || change->value.len > HF_VALUE_SIZE_MAX)
            return hf_detail_set(detail, HF_ERR_TOO_LARGE,
                                 "a key of %zu bytes with a value of %zu: keys have 1 to %u "
                                 "bytes, values up to %u",
                                 change->key.len, change->value.len, HF_KEY_SIZE_MAX,
                                 HF_VALUE_SIZE_MAX);
        size += hf_wal_op_size(change->key.len, change->value.len);
    }
    if (size > hf_db_commit_size_max(db))
        return hf_detail_set(
            detail, HF_ERR_TOO_LARGE, "a commit of %llu bytes: the limit here is %llu",
            (unsigned long long)size, (unsigned long long)hf_db_commit_size_max(db));
    *payload_size = size;
    return HF_OK;
}

/* Only deletes: such a commit may use the reserve of a full disk. */
static bool
is_delete(const struct hf_commit *commit)
{
    for (uint32_t i = 0; i < commit->change_count; i++) {
        if (commit->changes[i].type == HF_WAL_PUT)
            return false;
    }
    return true;
}

static enum hf_err
check_expectations(struct hf_db *db, struct hf_commit *commit, struct hf_detail *detail)
{
    for (uint32_t i = 0; i < commit->check_count; i++) {
        uint64_t expected = commit->checks[i].expected;
        enum hf_err err = hf_read_version(db, commit->checks[i].key, &commit->version, detail);
        if (err != HF_OK)
            return err;
        if (commit->version != expected)
            return hf_detail_set(
                detail, HF_ERR_CONFLICT, "the key has version %llu, not %llu as expected",
                (unsigned long long)commit->version, (unsigned long long)expected);
    }
    return HF_OK;
}

/* ---- 3 to 5: room, place, bytes ---------------------------------------------------------- */

static enum hf_err
reserve_change(struct hf_db *db, const struct hf_commit *commit, struct hf_change *change)
{
    struct hf_range_delete range = {
        .from = change->key,
        .to = change->value,
        .version = db->last + 1,
        .time_us = commit->time_us,
    };

    if (change->type == HF_WAL_DELETE_RANGE)
        return hf_memtable_reserve_range(db->active, &range);
    change->hash = hf_memtable_hash(db->active, change->key);
    return hf_memtable_reserve(db->active, change->hash);
}

static enum hf_err
reserve(struct hf_db *db, const struct hf_commit *commit, struct hf_detail *detail)
{
    HF_TIMED(reserve);
    enum hf_err err = hf_memtable_reserve_links(db->active, commit->change_count);

    for (uint32_t i = 0; err == HF_OK && i < commit->change_count; i++)
        err = reserve_change(db, commit, &commit->changes[i]);
    if (err != HF_OK) {
        HF_MARK(memory_refused);
        hf_detail_set(detail, err, "no memory for the index of %u changes",
                      commit->change_count);
    }
    return err;
}

/* The time of a commit made now. One clock is read a commit; the other follows it. */
static uint64_t
commit_time(struct hf_db *db, uint64_t now_ns)
{
    if (db->clock_at_ns == 0 || now_ns - db->clock_at_ns >= CLOCK_NS) {
        db->clock_us = hf_env_wall_us() - now_ns / 1000;
        db->clock_at_ns = now_ns;
    }
    uint64_t time_us = db->clock_us + now_ns / 1000;
    if (HF_PLANTED(commit_time_steps_back))
        return time_us;
    return time_us > db->time_us ? time_us : db->time_us;
}

static void
encode(struct hf_db *db, struct hf_commit *commit, const struct hf_place *place)
{
    HF_TIMED(encode);
    uint32_t payload_size = place->size - HF_WAL_FRAME_OVERHEAD;
    uint32_t back = HF_WAL_FRAME_HEAD + HF_WAL_COMMIT_HEAD;

    if (HF_PLANTED(commit_time_early))
        db->time_us = commit->time_us;
    hf_wal_frame_begin(place->at, HF_WAL_COMMIT, payload_size);
    hf_wal_commit_encode(place->at, db->last + 1, commit->time_us, commit->change_count);
    for (uint32_t i = 0; i < commit->change_count; i++) {
        const struct hf_change *change = &commit->changes[i];
        hf_wal_op_encode(place->at + back, change->type, back, change->key, change->value);
        back += (uint32_t)hf_wal_op_size(change->key.len, change->value.len);
    }
    hf_wal_frame_end(place->at, payload_size, place->mask_base, place->off);
    if (HF_PLANTED(cost_code))
        hf_wal_frame_end(place->at, payload_size, place->mask_base, place->off);
}

/* Nothing, unless a plant is on that only a benchmark can notice. */
static void
waste(struct hf_db *db)
{
    struct hf_detail detail;
    uint64_t began, size;

    if (HF_PLANTED(cost_allocation))
        hf_env_free(hf_env_alloc(1));
    if (HF_PLANTED(cost_call) && db->log.active != NULL && db->log.dir != NULL &&
        hf_file_size(db->log.active->file, &size, &detail) != HF_OK)
        return;
    if (!HF_PLANTED(cost_time))
        return;
    began = hf_env_mono_ns();
    while (hf_env_mono_ns() - began < DAWDLE_NS) {
    }
}

/*
 * A write failed: goes on in a new segment and makes that durable. Where that fails too, a part
 * of the commit may be on disk with nothing to exclude it; a full disk aside, which wrote no
 * whole frame, the handle then takes no more writes, and the commit's outcome is unknown.
 */
static enum hf_err
contain(struct hf_db *db, enum hf_err cause)
{
    struct hf_detail detail = { "" };
    enum hf_err err;

    db->containing = true;
    while (db->syncing)
        hf_db_wait(db, 0);
    err = hf_log_restart(&db->log, &detail);
    if (err == HF_OK) {
        HF_MARK(log_resumed);
        hf_db_sync_now(db, &detail);
    } else if (cause != HF_ERR_FULL) {
        db->failure = cause;
    }
    db->containing = HF_PLANTED(commit_contain_forever);
    hf_db_wake(db);
    return db->failure == HF_OK ? cause : HF_ERR_FAILED;
}

static enum hf_err
append(struct hf_db *db, struct hf_commit *commit, uint64_t payload_size,
       struct hf_place *place, struct hf_detail *detail)
{
    uint32_t size = HF_WAL_FRAME_OVERHEAD + (uint32_t)payload_size;
    enum hf_err err =
        hf_log_place(&db->log, size, db->last + 1, commit->only_deletes, place, detail);

    if (err == HF_OK) {
        encode(db, commit, place);
        waste(db);
        err = hf_log_write(&db->log, place, db->last + 1, detail);
        if (err != HF_OK)
            err = contain(db, err);
    }
    if (err == HF_ERR_FULL)
        HF_MARK(log_full);
    return err;
}

/* Both, and where memory is refused, once more for each part of it that can be given back. */
static enum hf_err
make_room(struct hf_db *db, struct hf_commit *commit, uint64_t payload_size,
          struct hf_place *place, struct hf_detail *detail)
{
    enum hf_err err;

    commit->time_us = commit_time(db, commit->now_ns);
    for (;;) {
        err = reserve(db, commit, detail);
        if (err == HF_OK)
            err = append(db, commit, payload_size, place, detail);
        if (err != HF_ERR_NO_MEMORY || !hf_reclaim_relieve(db))
            return err;
        hf_memtable_settle(db->active);
    }
}

/* ---- 6 and 7 ----------------------------------------------------------------------------- */

static void
index_changes(struct hf_db *db, const struct hf_commit *commit, const struct hf_place *place)
{
    HF_TIMED(index);
    uint64_t ref = place->ref + HF_WAL_FRAME_HEAD + HF_WAL_COMMIT_HEAD;

    for (uint32_t i = 0; i < commit->change_count; i++) {
        const struct hf_change *change = &commit->changes[i];
        if (change->type == HF_WAL_DELETE_RANGE)
            hf_memtable_insert_range(db->active, ref);
        else
            hf_memtable_insert(db->active, change->hash, ref);
        ref += hf_wal_op_size(change->key.len, change->value.len);
    }
}

static enum hf_err
acknowledge(struct hf_db *db, const struct hf_commit *commit, struct hf_detail *detail)
{
    HF_TIMED(acknowledge);
    uint64_t version = db->last;

    if (db->options.mode != HF_MODE_STRICT) {
        hf_db_publish(db, version);
        if (db->options.keep_versions != HF_KEEP_ALL)
            hf_db_raise_floor(db);
    }
    if (!hf_db_has_log(db))
        return HF_OK;
    if (db->unsynced_since_ns == 0 || HF_PLANTED(window_from_last))
        db->unsynced_since_ns = commit->now_ns;
    if (db->options.mode == HF_MODE_STRICT ||
        ((commit->flags & HF_DURABLE) && !HF_PLANTED(commit_ignore_durable)))
        return hf_db_sync_to(db, version, detail) == HF_OK ? HF_OK : HF_ERR_FAILED;
    bool is_due = hf_db_sync_is_due(db, commit->now_ns);
    if (hf_db_has_threads(db) && (is_due || hf_log_wants_spare(&db->log)))
        hf_db_rouse(&db->log_keeper);
    else if (is_due)
        hf_db_sync_now(db, detail); /* the commit stands whatever this sync says */
    return HF_OK;
}

/*
 * Waits until the commit may be made, and checks what it expects. Where that took a look into a
 * file another commit may have gone first, and the checks have to be made again.
 */
static enum hf_err
admit(struct hf_db *db, struct hf_commit *commit, uint64_t payload_size,
      struct hf_detail *detail)
{
    HF_TIMED(admit);
    uint64_t last;
    enum hf_err err;

    do {
        err = check_writable(db, detail);
        if (err == HF_OK && db->options.mode == HF_MODE_BUFFERED)
            err = hf_db_hold_window(db, commit->now_ns, detail);
        if (err == HF_OK)
            err = hf_db_hold_back(db, payload_size, commit->only_deletes, detail);
        if (err == HF_OK)
            err = wait_for_containment(db, detail);
        last = db->last;
        if (err == HF_OK)
            err = check_expectations(db, commit, detail);
        if (err == HF_OK)
            err = check_writable(db, detail);
    } while (err == HF_OK && (db->last != last || db->containing));
    return err;
}

/* Where no new memtable can be made, commits go on in the old one while there is room. */
static void
freeze(struct hf_db *db)
{
    struct hf_detail detail = { "" };

    if (hf_db_freeze(db, &detail) == HF_OK)
        hf_db_rouse(&db->table_keeper);
}

static enum hf_err
commit_locked(struct hf_db *db, struct hf_commit *commit, struct hf_detail *detail)
{
    HF_TIMED(commit);
    struct hf_place place;
    uint64_t payload_size = 0;

    commit->now_ns = hf_env_mono_ns();
    enum hf_err err = check_call(db, commit, &payload_size, detail);

    commit->only_deletes = is_delete(commit);
    if (err == HF_OK)
        err = admit(db, commit, payload_size, detail);
    if (err == HF_OK && hf_db_wants_freeze(db))
        freeze(db);
    if (commit->only_deletes) /* so that there is a way out of a full memory */
        db->budget.over = db->options.memory_limit / DELETE_SHARE;
    if (err == HF_OK)
        err = make_room(db, commit, payload_size, &place, detail);
    db->budget.over = 0;
    if (err == HF_OK) {
        index_changes(db, commit, &place);
        commit->version = ++db->last;
        db->time_us = commit->time_us; /* not before: it is that of the last commit */
        db->stats.commits++;
    }
    hf_memtable_settle(db->active);
    if (err == HF_OK)
        err = acknowledge(db, commit, detail);
    if (err == HF_OK && db->active->tells_dead)
        hf_reclaim_pay(db, commit->change_count, payload_size);
    return err;
}

enum hf_err
hf_db_commit(struct hf_db *db, struct hf_commit *commit, uint64_t *version)
{
    struct hf_detail detail;
    enum hf_err err;

    detail.text[0] = 0;
    hf_db_lock(db);
    err = commit_locked(db, commit, &detail);
    if (version != NULL && (err == HF_OK || err == HF_ERR_CONFLICT))
        *version = commit->version;
    err = hf_db_tell(db, err, &detail);
    hf_db_unlock(db);
    return err;
}

/* ---- public, one operation a commit ------------------------------------------------------ */

static enum hf_err
commit_one(struct hf_db *db, struct hf_change *change, const struct hf_check *check,
           unsigned flags, uint64_t *version)
{
    struct hf_commit commit = {
        .changes = change,
        .change_count = 1,
        .checks = check,
        .check_count = check != NULL,
        .flags = flags,
    };
    return hf_db_commit(db, &commit, version);
}

enum hf_err
hf_put(struct hf_db *db, struct hf_span key, struct hf_span value, unsigned flags,
       uint64_t *version)
{
    struct hf_change change = { .type = HF_WAL_PUT, .key = key, .value = value };
    return commit_one(db, &change, NULL, flags, version);
}

enum hf_err
hf_delete(struct hf_db *db, struct hf_span key, unsigned flags, uint64_t *version)
{
    struct hf_change change = { .type = HF_WAL_DELETE, .key = key };
    return commit_one(db, &change, NULL, flags, version);
}

/* No key is empty, so a byte of zero is the first one that there can be. */
enum hf_err
hf_range_settle(struct hf_span *from, struct hf_span to, struct hf_detail *detail)
{
    if (from->len == 0)
        *from = hf_span("", 1);
    if (from->len > HF_KEY_SIZE_MAX || to.len > HF_KEY_SIZE_MAX)
        return hf_detail_set(
            detail, HF_ERR_TOO_LARGE,
            "a range from a key of %zu bytes to one of %zu: keys have up to %u", from->len,
            to.len, HF_KEY_SIZE_MAX);
    if (to.len > 0 && hf_span_compare(*from, to) >= 0)
        return hf_detail_set(detail, HF_ERR_INVALID,
                             "there is no key in the range: it has to begin below its end");
    return HF_OK;
}

enum hf_err
hf_delete_range(struct hf_db *db, struct hf_span from, struct hf_span to, unsigned flags,
                uint64_t *version)
{
    struct hf_detail detail = { "" };
    enum hf_err err = hf_range_settle(&from, to, &detail);
    struct hf_change change = { .type = HF_WAL_DELETE_RANGE, .key = from, .value = to };

    if (err == HF_OK)
        return commit_one(db, &change, NULL, flags, version);
    hf_db_lock(db);
    err = hf_db_tell(db, err, &detail);
    hf_db_unlock(db);
    return err;
}

enum hf_err
hf_cas(struct hf_db *db, struct hf_span key, uint64_t expected, struct hf_span value,
       unsigned flags, uint64_t *version)
{
    struct hf_change change = { .type = HF_WAL_PUT, .key = key, .value = value };
    struct hf_check check = { .key = key, .expected = expected };
    return commit_one(db, &change, &check, flags, version);
}
