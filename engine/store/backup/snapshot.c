/*
 * snapshot.c - the database as of one version, handed out piece by piece.
 *
 *   1. a view of the newest commit, and when its base was committed    with the lock
 *   2. the log is synced that far: what a snapshot holds is durable
 *   3. header and identity; the time of the base                       from here on pieces
 *   4. the ranges deleted since; the newest entry of each key          are handed out
 *   5. the end
 *
 * Without 2 a power cut could take the database back behind its own snapshot, to go on with
 * other commits under the same versions; the next incremental one would then follow from a
 * history that never was. For the same reason an incremental one says when its base was
 * committed: that version and time agree tells one history from another (a copy that went its
 * own way, a restore from an older snapshot).
 *
 * A handle that may not sync the log, because it is read-only or the disk is full, syncs the
 * files: that changes no byte of them.
 */
#include "store/backup/snapshot.h"
#include "base/assert.h"
#include "base/probe.h"
#include "base/span.h"
#include "format/snapshot_format.h"
#include "store/backup/fresh.h"
#include "store/log/frames.h"
#include "store/read.h"

#include <inttypes.h>

struct writing {
    struct hf_db *db;
    struct hf_view *view;
    struct hf_view *base_view; /* memory mode: keeps the deletes behind the base from going */
    struct hf_iter *iter;
    hf_write_fn *write;
    void *context;
    struct hf_snapshot snapshot;
    uint64_t base_time_us; /* once it is known */
    bool knows_base;
    uint8_t uuid[16];

    struct hf_snapshot_writer writer;
    struct hf_range_list ranges; /* deleted since the base, in the order of first keys */
    struct hf_block_builder builder;
    uint8_t *block; /* the one in the making, its head first */
    size_t block_size;
    uint8_t *last_key;
};

/* ---- when the base was committed --------------------------------------------------------- */

static bool
find_in_memtable(const struct hf_memtable *table, uint64_t version, uint64_t *time_us)
{
    struct hf_frame frame;

    if (table->base >= version)
        return false;
    for (uint32_t i = 0; i < table->segments.count; i++) {
        const struct hf_segment *memory = &table->segments.list[i];
        for (uint64_t off = 0; hf_frame_next(&frame, memory, off);
             off = frame.off + frame.size) {
            if (frame.version != version)
                continue;
            *time_us = frame.time_us;
            return true;
        }
    }
    return false;
}

/* Looks through a table without the lock, from its first entry to its last. */
static enum hf_err
find_in_table(struct hf_db *db, struct hf_table *table, uint64_t version, uint64_t *time_us,
              struct hf_detail *detail)
{
    struct hf_table_cursor cursor;
    enum hf_err err;

    hf_db_lock(db);
    err = hf_table_cursor_open(&cursor, &db->tables, table, true);
    hf_db_unlock(db);
    if (err != HF_OK)
        return hf_detail_set(detail, err, "no memory to read a table");
    err = hf_table_cursor_seek(&cursor, hf_span(NULL, 0), UINT64_MAX, detail);
    while (err == HF_OK && !cursor.at_end && hf_table_cursor_entry(&cursor).version != version)
        err = hf_table_cursor_next(&cursor, detail);
    if (err == HF_OK && cursor.at_end)
        err = HF_ERR_NOT_FOUND;
    else if (err == HF_OK)
        *time_us = hf_table_cursor_entry(&cursor).time_us;
    hf_db_lock(db);
    hf_table_cursor_close(&cursor);
    hf_db_unlock(db);
    return err;
}

/* A commit may have deleted a range and nothing else. */
static bool
find_in_ranges(const struct hf_range_set *set, uint64_t version, uint64_t *time_us)
{
    for (uint32_t i = 0; i < hf_range_set_count(set); i++) {
        if (hf_range_set_at(set, i)->version != version)
            continue;
        *time_us = hf_range_set_at(set, i)->time_us;
        return true;
    }
    return false;
}

static enum hf_err
forgotten(uint64_t base, uint64_t floor, struct hf_detail *detail)
{
    HF_MARK(snapshot_history_gone);
    return hf_detail_set(detail, HF_ERR_HISTORY_GONE,
                         "what was deleted since version %" PRIu64
                         " is no longer known (from %" PRIu64
                         " on it is); take a full snapshot",
                         base, floor);
}

/* With the lock held: what is known of the last commit of something. */
static void
ask_for_base(struct writing *w)
{
    const struct hf_db *db = w->db;
    const struct hf_catalog *catalog = db->catalog;
    uint64_t base = w->snapshot.base;

    w->knows_base = base == 0 || base == db->last || base == db->manifest.last;
    w->base_time_us = base == db->last ? db->time_us : db->manifest.time_us;
    for (uint32_t i = 1; !w->knows_base && i < catalog->memtable_count; i++) {
        w->knows_base = catalog->memtables[i]->last == base;
        w->base_time_us = catalog->memtables[i]->time_us;
    }
}

static enum hf_err
find_in_samples(struct hf_db *db, struct hf_table *table, uint64_t version, uint64_t *time_us,
                struct hf_detail *detail)
{
    hf_db_lock(db);
    enum hf_err err = hf_table_time_of(&db->tables, table, version, time_us, detail);
    hf_db_unlock(db);
    return err;
}

/* Looks for a range, a sample or an entry of the commit: nothing at or above the floor was
 * dropped, but for deletes at the floor itself. */
static enum hf_err
find_base(struct writing *w, struct hf_detail *detail)
{
    const struct hf_catalog *catalog = w->view->catalog;
    uint64_t base = w->snapshot.base;
    enum hf_err err = w->knows_base ? HF_OK : HF_ERR_NOT_FOUND;

    for (uint32_t i = 0; err == HF_ERR_NOT_FOUND && i < catalog->memtable_count; i++) {
        hf_db_lock(w->db);
        if (find_in_memtable(catalog->memtables[i], base, &w->base_time_us))
            err = HF_OK;
        hf_db_unlock(w->db);
    }
    for (uint32_t i = 0; err == HF_ERR_NOT_FOUND && i < catalog->ranged_count; i++) {
        hf_db_lock(w->db);
        if (find_in_ranges(catalog->ranged[i]->ranges, base, &w->base_time_us))
            err = HF_OK;
        hf_db_unlock(w->db);
    }
    for (uint32_t i = 0; err == HF_ERR_NOT_FOUND && i < catalog->table_count; i++)
        err = find_in_samples(w->db, catalog->tables[i], base, &w->base_time_us, detail);
    for (uint32_t i = 0; err == HF_ERR_NOT_FOUND && i < catalog->table_count; i++) {
        const struct hf_table_info *info = &catalog->tables[i]->info;
        if (info->version_min <= base && base <= info->version_max)
            err = find_in_table(w->db, catalog->tables[i], base, &w->base_time_us, detail);
    }
    return err == HF_ERR_NOT_FOUND ? forgotten(base, base + 1, detail) : err;
}

/* ---- beginning --------------------------------------------------------------------------- */

/* The version from which on every delete is still known: tables drop what is below. */
static uint64_t
known_from(const struct hf_db *db)
{
    return hf_db_has_log(db) ? db->manifest.floor : db->floor;
}

/* Without a log a database has no uuid; its lineage begins with its first snapshot. */
static enum hf_err
take_uuid(struct writing *w, struct hf_detail *detail)
{
    static const uint8_t none[16];
    struct hf_db *db = w->db;
    enum hf_err err = HF_OK;

    if (memcmp(db->log.uuid, none, sizeof none) == 0)
        err = hf_lineage_draw(db->log.uuid, NULL);
    memcpy(w->uuid, db->log.uuid, sizeof w->uuid);
    return err == HF_OK ? err : hf_detail_set(detail, err, "the system has no entropy");
}

/* With the lock held: which version it will be, and a view of it. */
static enum hf_err
begin(struct writing *w, struct hf_detail *detail)
{
    struct hf_db *db = w->db;
    uint64_t base = w->snapshot.base;
    enum hf_err err;

    if (db->closing)
        return hf_detail_set(detail, HF_ERR_CLOSED, "the database is being closed");
    if (base > db->last)
        return hf_detail_set(detail, HF_ERR_INVALID,
                             "version %" PRIu64 " is yet to come; the last is %" PRIu64, base,
                             db->last);
    if (base != 0 && base < known_from(db))
        return forgotten(base, known_from(db), detail);
    w->snapshot.version = db->last;
    w->snapshot.time_us = db->time_us;
    ask_for_base(w);
    err = take_uuid(w, detail);
    if (err == HF_OK)
        err = hf_view_take(&w->view, db, db->last, detail);
    if (err == HF_OK && base != 0 && !hf_db_has_log(db))
        err = hf_view_take(&w->base_view, db, base, detail);
    return err;
}

struct files {
    struct hf_db *db;
    struct hf_detail *detail;
};

static enum hf_err
sync_file(void *context, const char *name)
{
    struct files *files = context;
    struct hf_file *file = NULL;
    enum hf_err err;

    if (hf_log_number(name, "") == 0)
        return HF_OK;
    err = hf_file_open(&file, files->db->dir, name, HF_FILE_READ, files->detail);
    if (err == HF_ERR_NOT_FOUND)
        return HF_OK; /* gone since it was listed */
    if (err == HF_OK)
        err = hf_file_sync(file, files->detail);
    hf_file_close(file);
    return err;
}

/* With the lock held, which the sync gives up. */
static enum hf_err
make_durable(struct writing *w, struct hf_detail *detail)
{
    struct hf_db *db = w->db;
    struct files files = { db, detail };
    enum hf_err err;

    if (!hf_db_has_log(db) || HF_PLANTED(snapshot_ahead_of_log))
        return HF_OK;
    if (!db->unplaced)
        return hf_db_sync_to(db, w->snapshot.version, detail);
    err = hf_dir_list(db->dir, sync_file, &files, detail);
    return err == HF_OK ? hf_dir_sync(db->dir, detail) : err;
}

static enum hf_err
add_newer(struct hf_range_list *list, const struct hf_range_set *set,
          const struct hf_snapshot *snapshot)
{
    enum hf_err err = HF_OK;

    for (uint32_t i = 0; err == HF_OK && i < hf_range_set_count(set); i++) {
        const struct hf_range_delete *range = hf_range_set_at(set, i);
        if (range->version > snapshot->base && range->version <= snapshot->version)
            err = hf_range_list_add(list, range);
    }
    return err;
}

/* With the lock held: a full snapshot needs none, since it has no keys that they delete. */
static enum hf_err
gather_ranges(struct writing *w, struct hf_detail *detail)
{
    const struct hf_catalog *catalog = w->view->catalog;
    enum hf_err err = HF_OK;

    if (w->snapshot.base == 0)
        return HF_OK;
    for (uint32_t i = 0; err == HF_OK && i < catalog->ranged_count; i++)
        err = hf_table_ranges_check(&w->db->tables, catalog->ranged[i], detail);
    if (err != HF_OK)
        return err;
    w->db->budget.over = UINT64_MAX; /* as for the rest of its memory */
    for (uint32_t i = 0; err == HF_OK && i < catalog->memtable_count; i++)
        err = add_newer(&w->ranges, catalog->memtables[i]->ranges, &w->snapshot);
    for (uint32_t i = 0; err == HF_OK && i < catalog->ranged_count; i++)
        err = add_newer(&w->ranges, catalog->ranged[i]->ranges, &w->snapshot);
    w->db->budget.over = 0;
    if (err != HF_OK)
        return hf_detail_set(detail, err, "no memory for the ranges of a snapshot");
    hf_range_list_settle(&w->ranges);
    hf_range_list_sort_by_key(&w->ranges);
    return err;
}

static enum hf_err
take_memory(struct writing *w, size_t block_size)
{
    struct hf_db *db = w->db;

    hf_db_lock(db);
    db->budget.over = UINT64_MAX; /* a full memory is no reason to go without a backup */
    hf_budget_free(&db->budget, w->block, w->block_size);
    w->block_size = block_size;
    w->block = hf_budget_alloc(&db->budget, block_size);
    if (w->last_key == NULL)
        w->last_key = hf_budget_alloc(&db->budget, HF_KEY_SIZE_MAX);
    db->budget.over = 0;
    hf_db_unlock(db);
    return w->block != NULL && w->last_key != NULL ? HF_OK : HF_ERR_NO_MEMORY;
}

static void
give_back(struct writing *w)
{
    hf_iter_close(w->iter);
    hf_view_close(w->view);
    hf_view_close(w->base_view);
    hf_db_lock(w->db);
    hf_range_list_fini(&w->ranges);
    hf_budget_free(&w->db->budget, w->block, w->block_size);
    hf_budget_free(&w->db->budget, w->last_key, HF_KEY_SIZE_MAX);
    hf_db_unlock(w->db);
}

/* ---- handing out ------------------------------------------------------------------------- */

static enum hf_err
hand_out(struct writing *w, const void *at, size_t size, struct hf_detail *detail)
{
    enum hf_err err = w->write(w->context, hf_span(at, size));

    if (err != HF_OK && detail->text[0] == 0)
        hf_detail_set(detail, err, "the snapshot could not be written after %" PRIu64 " bytes",
                      w->snapshot.size);
    w->snapshot.size = w->writer.off;
    return err;
}

static enum hf_err
write_head(struct writing *w, struct hf_detail *detail)
{
    struct hf_snapshot_header header = {
        .format = HF_SNAPSHOT_FORMAT,
        .time_us = w->snapshot.time_us,
        .version = w->snapshot.version,
        .base = w->snapshot.base,
    };
    struct hf_snapshot_identity identity;
    struct hf_sample sample = { w->snapshot.base, w->base_time_us };
    uint8_t bytes[HF_SNAPSHOT_BEGIN_SIZE];
    uint8_t block[HF_BLOCK_OVERHEAD + HF_SAMPLES_HEAD + HF_SAMPLE_SIZE_MAX];
    enum hf_err err;

    memcpy(identity.uuid, w->uuid, sizeof identity.uuid);
    hf_lineage_of(identity.lineage, w->uuid);
    hf_snapshot_begin(&w->writer, bytes, &header, &identity);
    err = hand_out(w, bytes, sizeof bytes, detail);
    if (err == HF_OK && header.base != 0) {
        size_t size = hf_samples_encode(block + HF_BLOCK_HEAD, &sample, 1);
        size = hf_snapshot_seal(&w->writer, block, HF_BLOCK_SAMPLES, (uint32_t)size);
        err = hand_out(w, block, size, detail);
    }
    return err;
}

static void
begin_block(struct writing *w, size_t capacity)
{
    hf_block_begin(&w->builder, w->block + HF_BLOCK_HEAD, capacity, w->last_key);
}

static enum hf_err
end_block(struct writing *w, enum hf_block_kind kind, struct hf_detail *detail)
{
    size_t size;

    if (w->builder.count == 0)
        return HF_OK;
    size = hf_block_finish(&w->builder);
    size = hf_snapshot_seal(&w->writer, w->block, kind, (uint32_t)size);
    begin_block(w, HF_SNAPSHOT_PAYLOAD_MAX);
    return hand_out(w, w->block, size, detail);
}

/* A block of its own, for an entry that is larger than a block should be. */
static enum hf_err
put_large(struct writing *w, const struct hf_entry *entry, struct hf_detail *detail)
{
    size_t capacity =
        HF_BLOCK_PAYLOAD_HEAD + HF_BLOCK_ENTRY_MAX(entry->key.len, entry->value.len);

    if (HF_BLOCK_OVERHEAD + capacity > w->block_size &&
        take_memory(w, HF_BLOCK_OVERHEAD + capacity) != HF_OK)
        return hf_detail_set(detail, HF_ERR_NO_MEMORY, "no memory for a block of %zu bytes",
                             capacity);
    begin_block(w, capacity);
    bool fits = hf_block_add(&w->builder, entry);
    return fits ? end_block(w, HF_BLOCK_DATA, detail) : HF_ERR_TOO_LARGE;
}

static enum hf_err
put_entry(struct writing *w, const struct hf_entry *entry, struct hf_detail *detail)
{
    enum hf_err err;

    w->snapshot.entries++;
    if (hf_block_add(&w->builder, entry))
        return HF_OK;
    err = end_block(w, HF_BLOCK_DATA, detail);
    if (err != HF_OK || hf_block_add(&w->builder, entry))
        return err;
    return put_large(w, entry, detail);
}

/* Two keys always fit into a block. What follows them is the section of the entries. */
static enum hf_err
write_ranges(struct writing *w, struct hf_detail *detail)
{
    uint8_t bytes[HF_SNAPSHOT_ENTRIES_SIZE];
    enum hf_err err = HF_OK;

    for (uint32_t i = 0; err == HF_OK && i < w->ranges.count; i++) {
        const struct hf_range_delete *range = &w->ranges.at[i];
        struct hf_entry entry = {
            .key = range->from,
            .value = range->to,
            .version = range->version,
            .time_us = range->time_us,
        };
        if (hf_block_add(&w->builder, &entry))
            continue;
        err = end_block(w, HF_BLOCK_RANGES, detail);
        bool fits = err != HF_OK || hf_block_add(&w->builder, &entry);
        HF_ASSERT(fits);
    }
    if (err == HF_OK)
        err = end_block(w, HF_BLOCK_RANGES, detail);
    hf_snapshot_entries(&w->writer, bytes);
    begin_block(w, HF_SNAPSHOT_PAYLOAD_MAX);
    return err == HF_OK ? hand_out(w, bytes, sizeof bytes, detail) : err;
}

/* The newest entry of each key that has one above the base; a full one has no deletes. */
static enum hf_err
write_entries(struct writing *w, struct hf_detail *detail)
{
    struct hf_entry entry;
    enum hf_err err = hf_iter_open_since(&w->iter, w->view, w->snapshot.base);

    while (err == HF_OK) {
        err = hf_iter_next_entry(w->iter, &entry);
        bool is_wanted = err == HF_OK && entry.version > w->snapshot.base &&
                         !(entry.is_delete && w->snapshot.base == 0);
        if (is_wanted && HF_PLANTED(snapshot_no_deletes) && entry.is_delete)
            is_wanted = false;
        if (is_wanted && HF_PLANTED(snapshot_off_by_one) &&
            entry.version == w->snapshot.base + 1)
            is_wanted = false;
        if (is_wanted)
            err = put_entry(w, &entry, detail);
    }
    return err == HF_ERR_NOT_FOUND ? end_block(w, HF_BLOCK_DATA, detail) : err;
}

static enum hf_err
write_all(struct writing *w, struct hf_detail *detail)
{
    uint8_t end[HF_SNAPSHOT_END_SIZE];
    enum hf_err err = take_memory(w, HF_BLOCK_OVERHEAD + HF_SNAPSHOT_PAYLOAD_MAX);

    if (err != HF_OK)
        return hf_detail_set(detail, err, "no memory to write a snapshot");
    begin_block(w, HF_SNAPSHOT_PAYLOAD_MAX);
    err = write_head(w, detail);
    if (err == HF_OK)
        err = write_ranges(w, detail);
    if (err == HF_OK)
        err = write_entries(w, detail);
    if (err != HF_OK)
        return err;
    hf_snapshot_end(&w->writer, end);
    return hand_out(w, end, sizeof end, detail);
}

/* ---- outside ----------------------------------------------------------------------------- */

enum hf_err
hf_snapshot_stream(struct hf_db *db, const struct hf_snapshot_sink *sink, uint64_t base,
                   struct hf_snapshot *snapshot, struct hf_detail *detail)
{
    struct writing w = {
        .db = db,
        .write = sink->write,
        .context = sink->context,
        .snapshot = { .base = base },
    };
    enum hf_err err;

    hf_range_list_init(&w.ranges, &db->budget);
    hf_db_lock(db);
    err = begin(&w, detail);
    if (err == HF_OK)
        err = gather_ranges(&w, detail);
    if (err == HF_OK)
        err = make_durable(&w, detail);
    hf_db_unlock(db);
    if (err == HF_OK)
        err = find_base(&w, detail);
    if (err == HF_OK && base != 0)
        HF_MARK(snapshot_incremental);
    if (err == HF_OK)
        err = write_all(&w, detail);
    if (err == HF_OK && snapshot != NULL)
        *snapshot = w.snapshot;
    give_back(&w);
    return err;
}

enum hf_err
hf_snapshot_write(struct hf_db *db, uint64_t base, hf_write_fn *write, void *context,
                  struct hf_snapshot *snapshot)
{
    struct hf_snapshot_sink sink = { write, context };
    struct hf_detail detail = { "" };
    enum hf_err err = hf_snapshot_stream(db, &sink, base, snapshot, &detail);

    hf_db_lock(db);
    if (err != HF_OK && detail.text[0] != 0)
        hf_db_tell(db, err, &detail);
    hf_db_unlock(db);
    return err;
}
