/*
 * fresh.c - a new database in a directory of its own, which is there whole or not at all.
 *
 * What can be on disk, and what it means:
 *
 *   RESTORE   manifest   meaning
 *   -------   --------   ----------------------------------------------------------------
 *      -         -       nothing was begun
 *     yes        -       not complete: the files here are nobody's, and may be cleared
 *     yes       yes      complete; RESTORE goes with the next open
 *      -        yes      complete
 *
 * So RESTORE is durable before the first table has its name, and while anything is cleared it
 * goes last. Each table is read again, whole, before it counts: a backup that cannot be read
 * should not be found out about later. A linked one was read by whoever made it.
 */
#include "store/backup/fresh.h"

#include "base/assert.h"
#include "base/probe.h"
#include "base/span.h"
#include "store/merge/manifest.h"
#include "store/table/table_write.h"
#include "vfs/vfs_io.h"

#include <stdio.h>

#define CACHE_SIZE (UINT64_C(64) << 10) /* nothing is read through it */
#define CHECK_BLOCKS 1024u
#define KEYS_FIRST (UINT64_C(1) << 13) /* of the first table; the next may have twice as many */
#define KEYS_MIN 256u
#define KEYS_SHARE 64u                   /* one in so many bytes of the memory limit */
#define ENTRY_SIZE (UINT64_C(128) << 10) /* what a table is ready for unless told more, */
#define KEY_SIZE 1024u                   /* and the part of it that is the key */
#define COPY_PIECE (1u << 20)
#define LOG_NUMBER 1u
#define LOG_SECTORS 8u
#define NAMES_MAX 64u /* removed in one go */

/* ---- lineage ----------------------------------------------------------------------------- */

void
hf_lineage_of(uint8_t lineage[16], const uint8_t uuid[16])
{
    memset(lineage, 0, 16);
    memcpy(lineage, uuid, HF_LINEAGE_SIZE);
}

enum hf_err
hf_lineage_draw(uint8_t uuid[16], const uint8_t *lineage)
{
    enum hf_err err = hf_env_entropy(uuid, 16);

    if (lineage != NULL)
        memcpy(uuid, lineage, HF_LINEAGE_SIZE);
    return err;
}

/* ---- taking the directory ---------------------------------------------------------------- */

/* What stands in a directory. */
struct names {
    struct hf_detail *detail;
    char list[NAMES_MAX][HF_NAME_SIZE_MAX]; /* files of a database, but for manifests, */
    uint32_t count;                         /* the first of them */
    bool has_mark, has_manifest, has_files;
};

static bool
is_temporary(const char *name)
{
    return hf_log_number(name, ".tmp") != 0 || hf_table_number(name, ".tmp") != 0 ||
           hf_manifest_number(name, ".tmp") != 0;
}

static enum hf_err
visit(void *context, const char *name)
{
    struct names *names = context;
    bool is_file = hf_log_number(name, "") != 0 || hf_table_number(name, "") != 0;

    if (strcmp(name, "LOCK") == 0)
        return HF_OK;
    if (strcmp(name, HF_FRESH_MARK) == 0) {
        names->has_mark = true;
        return HF_OK;
    }
    if (hf_manifest_number(name, "") != 0) {
        names->has_manifest = true;
        return HF_OK;
    }
    if (!is_file && !is_temporary(name))
        return hf_detail_set(names->detail, HF_ERR_INVALID,
                             "the directory holds other files (%.60s); name an empty one",
                             name);
    names->has_files = names->has_files || is_file;
    if (names->count < NAMES_MAX)
        snprintf(names->list[names->count++], HF_NAME_SIZE_MAX, "%s", name);
    return HF_OK;
}

static enum hf_err
look(struct hf_fresh *fresh, struct names *names, struct hf_detail *detail)
{
    names->count = 0;
    names->detail = detail;
    names->has_mark = names->has_manifest = names->has_files = false;
    return hf_dir_list(fresh->dir, visit, names, detail);
}

/*
 * Removes what an interrupted one left, as long as there is any. First, what that one removed
 * is gone for good: its manifest must not come back when tables that it names have gone.
 */
static enum hf_err
clear(struct hf_fresh *fresh, struct names *names, struct hf_detail *detail)
{
    bool is_due = names->count > 0 && !HF_PLANTED(fresh_clear_unsynced);
    enum hf_err err = is_due ? hf_dir_sync(fresh->dir, detail) : HF_OK;

    while (err == HF_OK && names->count > 0) {
        HF_MARK(fresh_cleared);
        for (uint32_t i = 0; err == HF_OK && i < names->count; i++)
            err = hf_dir_remove(fresh->dir, names->list[i], detail);
        if (err == HF_OK)
            err = look(fresh, names, detail);
    }
    return err;
}

/* RESTORE is there, durably, before anything else is. */
static enum hf_err
put_mark(struct hf_fresh *fresh, bool has_mark, struct hf_detail *detail)
{
    struct hf_file *file = NULL;
    enum hf_err err = HF_OK;

    if (!has_mark)
        err = hf_file_open(&file, fresh->dir, HF_FRESH_MARK, HF_FILE_CREATE, detail);
    hf_file_close(file);
    fresh->is_ours = has_mark || err == HF_OK;
    if (err != HF_OK || HF_PLANTED(fresh_mark_unsynced))
        return err;
    return hf_dir_sync(fresh->dir, detail);
}

static enum hf_err
take_directory(struct hf_fresh *fresh, const char *path, struct hf_detail *detail)
{
    struct names *names = hf_budget_alloc(&fresh->budget, sizeof *names);
    enum hf_err err;

    if (names == NULL)
        return hf_detail_set(detail, HF_ERR_NO_MEMORY, "no memory to look at the directory");
    err = hf_dir_open(&fresh->dir, path, HF_DIR_CREATE, detail);
    if (err == HF_OK)
        err = hf_dir_lock(fresh->dir, true, detail);
    if (err == HF_OK)
        err = look(fresh, names, detail);
    if (err == HF_OK && (names->has_manifest || (names->has_files && !names->has_mark)))
        err = hf_detail_set(detail, HF_ERR_INVALID,
                            "the directory holds a database, or files of one; name an empty "
                            "one");
    if (err == HF_ERR_INVALID && fresh->dir != NULL)
        hf_dir_unlock(fresh->dir);
    if (err == HF_OK)
        err = clear(fresh, names, detail);
    if (err == HF_OK)
        err = put_mark(fresh, names->has_mark, detail);
    hf_budget_free(&fresh->budget, names, sizeof *names);
    return err;
}

enum hf_err
hf_fresh_open(struct hf_fresh *fresh, const char *path, const struct hf_options *options,
              const uint8_t uuid[16], struct hf_detail *detail)
{
    enum hf_err err;

    *fresh = (struct hf_fresh){ .options = *options, .number_next = 1, .keys_max = KEYS_FIRST };
    hf_budget_init(&fresh->budget, options->memory_limit);
    err = hf_cache_open(&fresh->cache, &fresh->budget, CACHE_SIZE);
    if (err != HF_OK)
        return hf_detail_set(detail, err, "no memory for a new database");
    err = path[0] == 0 ? hf_detail_set(detail, HF_ERR_INVALID, "no directory is named")
                       : take_directory(fresh, path, detail);
    fresh->tables = (struct hf_table_env){
        .dir = fresh->dir,
        .budget = &fresh->budget,
        .cache = fresh->cache,
    };
    memcpy(fresh->tables.uuid, uuid, sizeof fresh->tables.uuid);
    return err;
}

/* ---- tables ------------------------------------------------------------------------------ */

static enum hf_err
reserve_made(struct hf_fresh *fresh, struct hf_detail *detail)
{
    uint32_t capacity = fresh->made_capacity == 0 ? 16 : fresh->made_capacity * 2;
    struct hf_table **made;

    if (fresh->made_count < fresh->made_capacity)
        return HF_OK;
    made = hf_budget_alloc(&fresh->budget, capacity * sizeof *made);
    if (made == NULL)
        return hf_detail_set(detail, HF_ERR_NO_MEMORY, "no memory for a list of tables");
    if (fresh->made_count > 0)
        memcpy(made, fresh->made, fresh->made_count * sizeof *made);
    hf_budget_free(&fresh->budget, fresh->made, fresh->made_capacity * sizeof *made);
    fresh->made = made;
    fresh->made_capacity = capacity;
    return HF_OK;
}

/* Opens a table of the new directory and counts it in. */
static enum hf_err
take_table(struct hf_fresh *fresh, const struct hf_table_info *info, struct hf_detail *detail)
{
    struct hf_table *table = NULL;
    enum hf_err err = reserve_made(fresh, detail);

    if (err == HF_OK)
        err = hf_table_open(&table, &fresh->tables, info, detail);
    if (err == HF_OK)
        fresh->made[fresh->made_count++] = table;
    return err;
}

/* Reads the table taken last, all of it. */
static enum hf_err
read_again(struct hf_fresh *fresh, struct hf_detail *detail)
{
    struct hf_table_check *check = NULL;
    bool more = true;
    enum hf_err err =
        hf_table_check_open(&check, &fresh->tables, fresh->made[fresh->made_count - 1]);

    if (err != HF_OK)
        hf_detail_set(detail, err, "no memory to read a new table again");
    while (err == HF_OK && more)
        err = hf_table_check_step(check, CHECK_BLOCKS, &more, detail);
    hf_table_check_close(check);
    return err;
}

/* Each key takes memory, for the filter. */
static uint64_t
keys_limit(const struct hf_fresh *fresh)
{
    uint64_t limit = fresh->options.memory_limit;
    uint64_t bytes = limit == 0 ? fresh->options.segment_size : limit / KEYS_SHARE;
    uint64_t keys = bytes / sizeof(uint64_t);

    return keys > KEYS_MIN ? keys : KEYS_MIN;
}

static uint64_t
size_of(const struct hf_entry *entry)
{
    return entry->key.len + entry->value.len;
}

/* What is larger than `first` is rare: each time, twice as much is made room for. */
static uint64_t
room_for(uint64_t size, uint64_t first, uint64_t most)
{
    while (first < size)
        first *= 2;
    return first < most ? first : most;
}

static enum hf_err
begin_table(struct hf_fresh *fresh, const struct hf_entry *first, struct hf_detail *detail)
{
    uint64_t limit = keys_limit(fresh);

    if (fresh->keys_max > limit)
        fresh->keys_max = limit;
    fresh->key_size_max = (uint32_t)room_for(first->key.len, KEY_SIZE, HF_KEY_SIZE_MAX);
    fresh->entry_size_max =
        room_for(size_of(first), ENTRY_SIZE, (uint64_t)HF_KEY_SIZE_MAX + HF_VALUE_SIZE_MAX);
    struct hf_table_plan plan = {
        .number = fresh->number_next++,
        .level = 1,
        .entries_max = fresh->keys_max,
        .entry_size_max = fresh->entry_size_max,
        .key_size_max = fresh->key_size_max,
        .block_size = hf_db_block_size(fresh->options.segment_size),
    };
    return hf_table_writer_open(&fresh->writer, &fresh->tables, &plan, detail);
}

static enum hf_err
end_table(struct hf_fresh *fresh, struct hf_detail *detail)
{
    struct hf_table_info info;
    enum hf_err err;

    if (fresh->writer == NULL)
        return HF_OK;
    err = hf_table_writer_finish(fresh->writer, &info, detail);
    if (err == HF_OK)
        err = take_table(fresh, &info, detail);
    if (err == HF_OK)
        err = read_again(fresh, detail);
    if (err != HF_OK)
        return err;
    hf_table_writer_close(fresh->writer);
    fresh->writer = NULL;
    fresh->keys_max *= 2;
    return HF_OK;
}

static bool
is_full(const struct hf_fresh *fresh, const struct hf_entry *next)
{
    return hf_table_writer_size(fresh->writer) >= fresh->options.segment_size ||
           hf_table_writer_entries(fresh->writer) >= fresh->keys_max ||
           size_of(next) > fresh->entry_size_max || next->key.len > fresh->key_size_max;
}

enum hf_err
hf_fresh_add(struct hf_fresh *fresh, const struct hf_entry *entry, struct hf_detail *detail)
{
    enum hf_err err = HF_OK;

    HF_ASSERT(!entry->is_delete);
    if (fresh->writer != NULL && is_full(fresh, entry))
        err = end_table(fresh, detail);
    if (err == HF_OK && fresh->writer == NULL)
        err = begin_table(fresh, entry, detail);
    return err == HF_OK ? hf_table_writer_add(fresh->writer, entry, detail) : err;
}

/* ---- tables of another database ---------------------------------------------------------- */

static enum hf_err
copy_bytes(struct hf_file *from, struct hf_file *to, uint8_t *piece, struct hf_detail *detail)
{
    uint64_t off = 0;
    size_t got = COPY_PIECE;
    enum hf_err err = HF_OK;

    for (; err == HF_OK && got == COPY_PIECE; off += got) {
        err = hf_vfs_read_full(from, off, piece, COPY_PIECE, &got, detail);
        if (err == HF_OK && got > 0)
            err = hf_vfs_write_full(to, off, hf_span(piece, got), detail);
    }
    return err == HF_OK ? hf_file_sync(to, detail) : err;
}

/* The copy has its name only when it is complete. */
static enum hf_err
copy_table(struct hf_fresh *fresh, struct hf_dir *from, uint32_t number,
           struct hf_detail *detail)
{
    char name[HF_NAME_SIZE_MAX], temporary[HF_NAME_SIZE_MAX];
    struct hf_file *source = NULL, *copy = NULL;
    uint8_t *piece = hf_budget_alloc(&fresh->budget, COPY_PIECE);
    enum hf_err err = HF_OK;

    hf_table_name(name, number, "");
    hf_table_name(temporary, number, ".tmp");
    if (piece == NULL)
        err = hf_detail_set(detail, HF_ERR_NO_MEMORY, "no memory to copy %s", name);
    if (err == HF_OK)
        err = hf_file_open(&source, from, name, HF_FILE_READ, detail);
    if (err == HF_OK)
        err = hf_file_open(&copy, fresh->dir, temporary, HF_FILE_CREATE, detail);
    if (err == HF_OK) {
        err = copy_bytes(source, copy, piece, detail);
        if (err == HF_OK)
            err = hf_dir_rename(fresh->dir, temporary, name, detail);
        if (err != HF_OK)
            hf_dir_remove(fresh->dir, temporary, NULL);
    }
    hf_file_close(source);
    hf_file_close(copy);
    hf_budget_free(&fresh->budget, piece, COPY_PIECE);
    return err;
}

enum hf_err
hf_fresh_link(struct hf_fresh *fresh, struct hf_dir *from, const struct hf_table_info *info,
              struct hf_detail *detail)
{
    char name[HF_NAME_SIZE_MAX];
    bool is_linked;
    enum hf_err err = HF_OK;

    hf_table_name(name, info->number, "");
    is_linked = hf_dir_link(from, name, fresh->dir, detail) == HF_OK;
    if (!is_linked) {
        HF_MARK(fresh_copied);
        err = copy_table(fresh, from, info->number, detail);
    }
    if (err == HF_OK)
        err = take_table(fresh, info, detail);
    if (err == HF_OK && !is_linked)
        err = read_again(fresh, detail);
    if (fresh->number_next <= info->number)
        fresh->number_next = info->number + 1;
    return err;
}

/* ---- finishing --------------------------------------------------------------------------- */

/* The segment that the first commit will follow; *position is where its durable part ends. */
static enum hf_err
write_log(struct hf_fresh *fresh, uint64_t last, uint64_t *position, struct hf_detail *detail)
{
    uint8_t bytes[HF_WAL_GROUP_SIZE + HF_WAL_FRAME_OVERHEAD + HF_WAL_LINK_SIZE];
    struct hf_segment memory = { .base = bytes, .size = sizeof bytes };
    struct hf_wal_link link = { .last = last };
    struct hf_log log = {
        .dir = fresh->dir,
        .budget = &fresh->budget,
        .sector = fresh->options.sector,
        .number_next = LOG_NUMBER,
    };
    struct hf_log_segment *segment = NULL;
    enum hf_err err;

    memcpy(log.uuid, fresh->tables.uuid, sizeof log.uuid);
    err = hf_log_segment_make(&segment, &log, LOG_SECTORS * (uint64_t)log.sector, detail);
    if (err == HF_OK)
        err = hf_log_begin(&log, segment, &memory, &link, detail);
    if (err == HF_OK)
        err = hf_file_sync(segment->file, detail);
    if (err == HF_OK)
        *position = hf_wal_position(segment->number, segment->end);
    hf_log_segment_free(&log, segment);
    return err;
}

/* Entries that were added have their level only now that all of them are known. */
static void
settle_levels(struct hf_fresh *fresh)
{
    uint64_t size = fresh->options.segment_size, bytes = 0;

    for (uint32_t i = 0; i < fresh->made_count; i++)
        bytes += fresh->made[i]->info.size;
    for (uint32_t i = 0; i < fresh->made_count; i++)
        fresh->made[i]->info.level = hf_compact_level_for(bytes, size, size);
}

static enum hf_err
write_manifest(struct hf_fresh *fresh, const struct hf_fresh_state *state, uint64_t witness,
               struct hf_detail *detail)
{
    struct hf_catalog_edit edit = { .added = fresh->made, .added_count = fresh->made_count };
    struct hf_manifest manifest = {
        .format = HF_MANIFEST_FORMAT,
        .number = fresh->number_next,
        .number_next = fresh->number_next + 1,
        .last = state->last,
        .time_us = state->time_us,
        .log_first = LOG_NUMBER,
        .witness = witness,
        .floor = state->floor,
    };
    struct hf_catalog *catalog = NULL;
    bool unsure = false; /* what failed is cleared away whole */
    enum hf_err err = hf_catalog_make(&catalog, &fresh->tables, NULL, &edit);

    if (err != HF_OK)
        return hf_detail_set(detail, err, "no memory for a list of tables");
    memcpy(manifest.uuid, fresh->tables.uuid, sizeof manifest.uuid);
    err = hf_manifest_write(&fresh->tables, &manifest, catalog, &unsure, detail);
    hf_catalog_unref(&fresh->tables, catalog);
    return err;
}

enum hf_err
hf_fresh_finish(struct hf_fresh *fresh, const struct hf_fresh_state *state,
                struct hf_detail *detail)
{
    bool was_added = fresh->writer != NULL;
    uint64_t position = 0;
    enum hf_err err = end_table(fresh, detail);

    if (was_added)
        settle_levels(fresh);
    if (err == HF_OK && HF_PLANTED(fresh_manifest_first))
        return write_manifest(fresh, state, position, detail);
    if (err == HF_OK)
        err = write_log(fresh, state->last, &position, detail);
    if (HF_PLANTED(fresh_unmark_first))
        hf_dir_remove(fresh->dir, HF_FRESH_MARK, NULL);
    if (err == HF_OK)
        err = write_manifest(fresh, state, position, detail);
    if (err != HF_OK)
        return err;
    fresh->is_finished = true;
    hf_dir_remove(fresh->dir, HF_FRESH_MARK, NULL); /* if it stays it goes with an open */
    return HF_OK;
}

/* ---- and undoing ------------------------------------------------------------------------- */

/*
 * The manifest goes first, should it have come to be: without it nothing here is a database.
 * Then whatever stands here, known or not: a call that failed may have had its effect. RESTORE
 * goes last, when nothing is left that it must explain; where that cannot be made sure, it
 * stays.
 */
static void
undo(struct hf_fresh *fresh)
{
    struct names *names = hf_budget_alloc(&fresh->budget, sizeof *names);
    char name[HF_NAME_SIZE_MAX];

    hf_manifest_name(name, fresh->number_next, "");
    hf_dir_remove(fresh->dir, name, NULL);
    if (names != NULL && hf_dir_sync(fresh->dir, NULL) == HF_OK &&
        look(fresh, names, NULL) == HF_OK && !names->has_manifest &&
        (HF_PLANTED(fresh_leave_litter) || clear(fresh, names, NULL) == HF_OK) &&
        hf_dir_sync(fresh->dir, NULL) == HF_OK)
        hf_dir_remove(fresh->dir, HF_FRESH_MARK, NULL);
    hf_budget_free(&fresh->budget, names, sizeof *names);
}

void
hf_fresh_close(struct hf_fresh *fresh)
{
    hf_table_writer_close(fresh->writer);
    for (uint32_t i = 0; i < fresh->made_count; i++)
        hf_table_unref(&fresh->tables, fresh->made[i]);
    hf_budget_free(&fresh->budget, fresh->made, fresh->made_capacity * sizeof *fresh->made);
    if (fresh->is_ours && !fresh->is_finished)
        undo(fresh);
    hf_dir_close(fresh->dir);
    hf_cache_close(fresh->cache);
    HF_ASSERT(fresh->budget.used == 0); /* what was counted was given back */
}
