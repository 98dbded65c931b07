/*
 * salvage.c - what can still be read of a damaged database: which files there are, what the
 * manifest says of them, and the new database in the end.
 */
#include "store/backup/salvage.h"

#include "base/probe.h"
#include "base/span.h"
#include "vfs/vfs_io.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define READ_PIECE (UINT64_C(1) << 20)
#define BAD_PIECE UINT64_C(512) /* how much around an unreadable byte is given up */
#define LIST_FIRST 16u

/* ---- telling ----------------------------------------------------------------------------- */

static void __attribute__((format(printf, 2, 0)))
say(struct hf_salvage *s, const char *format, va_list args)
{
    char text[HF_ERROR_TEXT_SIZE];

    vsnprintf(text, sizeof text, format, args);
    if (s->line != NULL)
        s->line(s->context, text);
}

void
hf_salvage_say(struct hf_salvage *s, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(s, format, args);
    va_end(args);
}

void
hf_salvage_lose(struct hf_salvage *s, const char *format, ...)
{
    va_list args;

    s->report.losses += !HF_PLANTED(salvage_silent);
    va_start(args, format);
    say(s, format, args);
    va_end(args);
}

/* ---- memory ------------------------------------------------------------------------------ */

void *
hf_salvage_grow(struct hf_salvage *s, void *at, size_t count, size_t *capacity,
                size_t item_size)
{
    size_t more = *capacity == 0 ? LIST_FIRST : 2 * *capacity;
    void *grown;

    if (count < *capacity)
        return at;
    grown = hf_budget_alloc(&s->budget, more * item_size);
    if (grown == NULL)
        return NULL;
    if (count > 0)
        memcpy(grown, at, count * item_size);
    hf_budget_free(&s->budget, at, *capacity * item_size);
    *capacity = more;
    return grown;
}

enum hf_err
hf_salvage_keep_range(struct hf_salvage *s, const struct hf_entry *entry)
{
    struct hf_range_delete range = {
        .from = entry->key,
        .to = entry->value,
        .version = entry->version,
        .time_us = entry->time_us,
    };

    if (range.version > s->last)
        s->last = range.version;
    if (range.time_us > s->time_us)
        s->time_us = range.time_us;
    if (hf_range_list_add(&s->ranges, &range) != HF_OK)
        return hf_detail_set(s->detail, HF_ERR_NO_MEMORY, "no memory to list deleted ranges");
    return HF_OK;
}

/* ---- reading what may not be readable ---------------------------------------------------- */

/* Reads [off, off + len), around what fails; that stays zeros, and is counted. */
static void
read_around(struct hf_file *file, struct hf_salvage_bytes *bytes, uint64_t off, uint64_t len)
{
    size_t got;

    for (uint64_t end = off + len; off < end; off += BAD_PIECE) {
        size_t want = (size_t)(end - off < BAD_PIECE ? end - off : BAD_PIECE);
        if (hf_vfs_read_full(file, off, bytes->at + off, want, &got, NULL) == HF_OK)
            continue;
        memset(bytes->at + off, 0, want);
        bytes->unread += want;
    }
}

static void
read_pieces(struct hf_file *file, struct hf_salvage_bytes *bytes)
{
    size_t got;

    for (uint64_t off = 0; off < bytes->size; off += READ_PIECE) {
        uint64_t left = bytes->size - off, want = left < READ_PIECE ? left : READ_PIECE;
        if (hf_vfs_read_full(file, off, bytes->at + off, (size_t)want, &got, NULL) != HF_OK)
            read_around(file, bytes, off, want);
    }
}

enum hf_err
hf_salvage_read(struct hf_salvage *s, const char *name, struct hf_salvage_bytes *bytes)
{
    struct hf_detail detail = { "" };
    struct hf_file *file = NULL;
    enum hf_err err = hf_file_open(&file, s->dir, name, HF_FILE_READ, &detail);

    *bytes = (struct hf_salvage_bytes){ .at = NULL };
    if (err == HF_OK)
        err = hf_file_size(file, &bytes->size, &detail);
    if (err != HF_OK) {
        hf_salvage_lose(s, "%.400s", detail.text);
        hf_file_close(file);
        return err == HF_ERR_NO_MEMORY ? err : HF_OK;
    }
    bytes->at = hf_budget_map(&s->budget, bytes->size + 1);
    if (bytes->at != NULL)
        read_pieces(file, bytes);
    else
        err = hf_detail_set(s->detail, HF_ERR_NO_MEMORY,
                            "%s needs %" PRIu64 " bytes to be read, past the memory limit",
                            name, bytes->size);
    hf_file_close(file);
    if (bytes->unread > 0)
        hf_salvage_say(s, "%s: %" PRIu64 " bytes cannot be read", name, bytes->unread);
    return err;
}

void
hf_salvage_forget(struct hf_salvage *s, struct hf_salvage_bytes *bytes)
{
    if (bytes->at != NULL)
        hf_budget_unmap(&s->budget, bytes->at, bytes->size + 1);
    bytes->at = NULL;
}

/* ---- which files there are --------------------------------------------------------------- */

static enum hf_err
note_number(struct hf_salvage *s, struct hf_salvage_files *files, uint32_t number)
{
    struct hf_salvage_file *list =
        hf_salvage_grow(s, files->list, files->count, &files->capacity, sizeof *list);
    size_t i = files->count;

    if (list == NULL)
        return hf_detail_set(s->detail, HF_ERR_NO_MEMORY, "no memory to list the files");
    files->list = list;
    for (; i > 0 && list[i - 1].number > number; i--)
        list[i] = list[i - 1];
    list[i] = (struct hf_salvage_file){ .number = number };
    files->count++;
    return HF_OK;
}

static enum hf_err
visit(void *context, const char *name)
{
    struct hf_salvage *s = context;

    if (hf_log_number(name, "") != 0)
        return note_number(s, &s->segments, hf_log_number(name, ""));
    if (hf_table_number(name, "") != 0)
        return note_number(s, &s->tables, hf_table_number(name, ""));
    if (hf_manifest_number(name, "") != 0)
        return note_number(s, &s->manifests, hf_manifest_number(name, ""));
    return HF_OK;
}

static void
free_files(struct hf_salvage *s, struct hf_salvage_files *files)
{
    hf_budget_free(&s->budget, files->list, files->capacity * sizeof *files->list);
}

static enum hf_err
find_files(struct hf_salvage *s, const char *path)
{
    enum hf_err err = hf_dir_open(&s->dir, path, 0, s->detail);

    if (err == HF_OK)
        err = hf_dir_lock(s->dir, false, s->detail);
    if (err == HF_OK)
        err = hf_dir_list(s->dir, visit, s, s->detail);
    if (err == HF_OK && s->segments.count + s->tables.count + s->manifests.count == 0)
        err = hf_detail_set(s->detail, HF_ERR_NOT_FOUND, "there is no file of a database");
    s->env = (struct hf_table_env){ .dir = s->dir, .budget = &s->budget };
    return err;
}

/* ---- the manifest ------------------------------------------------------------------------ */

/* Only the newest one counts: tables that an older one names may be gone for good reason. */
static enum hf_err
read_manifest(struct hf_salvage *s)
{
    struct hf_detail detail = { "" };
    enum hf_err err;

    if (s->manifests.count == 0)
        return HF_OK;
    uint32_t number = s->manifests.list[s->manifests.count - 1].number;
    err = hf_manifest_read(&s->manifest_file, &s->env, number, &detail);
    if (err == HF_ERR_VERSION || err == HF_ERR_NO_MEMORY)
        return hf_detail_set(s->detail, err, "%.400s", detail.text);
    if (err != HF_OK) {
        hf_salvage_lose(s, "%.300s; every table that is there is read", detail.text);
        return HF_OK;
    }
    const struct hf_manifest *manifest = &s->manifest_file.manifest;
    s->has_manifest = s->has_uuid = true;
    memcpy(s->env.uuid, manifest->uuid, sizeof s->env.uuid);
    s->in_tables = s->last = manifest->last;
    s->time_us = manifest->time_us;
    s->witness = manifest->witness;
    hf_salvage_say(s, "manifest-%010u: %u tables with commits up to %" PRIu64, (unsigned)number,
                   (unsigned)manifest->table_count, manifest->last);
    return HF_OK;
}

/* ---- tables ------------------------------------------------------------------------------ */

static struct hf_salvage_file *
find_table(struct hf_salvage *s, uint32_t number)
{
    for (size_t i = 0; i < s->tables.count; i++) {
        if (s->tables.list[i].number == number)
            return &s->tables.list[i];
    }
    return NULL;
}

static enum hf_err
read_named(struct hf_salvage *s)
{
    struct hf_manifest manifest = s->manifest_file.manifest;
    struct hf_table_info info;
    enum hf_err err = HF_OK;

    while (err == HF_OK && s->has_manifest &&
           hf_manifest_next(&manifest, &info) == HF_MANIFEST_GOOD) {
        struct hf_salvage_file *file = find_table(s, info.number);
        if (file == NULL) {
            hf_salvage_lose(s, "table-%010u is missing, and with it %" PRIu64 " entries",
                            (unsigned)info.number, info.entries);
            continue;
        }
        file->is_used = true;
        err = hf_salvage_table(s, info.number, &info);
    }
    return err;
}

/* Those that no manifest names, where it may be that they are needed. */
static enum hf_err
read_others(struct hf_salvage *s)
{
    bool is_needed = !s->has_manifest || s->report.losses > 0;
    enum hf_err err = HF_OK;

    for (size_t i = 0; err == HF_OK && i < s->tables.count; i++) {
        const struct hf_salvage_file *file = &s->tables.list[i];
        if (!file->is_used && is_needed)
            err = hf_salvage_table(s, file->number, NULL);
        else if (!file->is_used)
            hf_salvage_say(s, "table-%010u: left out, the manifest does not name it",
                           (unsigned)file->number);
    }
    return err;
}

/* Blocks of a table without a good meta are checked with the uuid that another one has. */
static void
find_uuid(struct hf_salvage *s)
{
    for (size_t i = 0; !s->has_uuid && i < s->tables.count; i++)
        s->has_uuid = hf_salvage_table_uuid(s, s->tables.list[i].number, s->env.uuid);
}

/* ---- all of it --------------------------------------------------------------------------- */

static enum hf_err
look(struct hf_salvage *s, const char *path)
{
    enum hf_err err = find_files(s, path);

    if (err == HF_OK)
        err = read_manifest(s);
    if (err != HF_OK)
        return err;
    find_uuid(s);
    err = read_named(s);
    if (err == HF_OK)
        err = read_others(s);
    s->above = s->report.losses > 0 ? 0 : s->in_tables;
    return err == HF_OK ? hf_salvage_log(s) : err;
}

static enum hf_err
make(struct hf_salvage *s, const char *path, const struct hf_options *options)
{
    struct hf_fresh_state state;
    struct hf_fresh fresh;
    uint8_t uuid[16];
    enum hf_err err = hf_lineage_draw(uuid, NULL); /* with losses it is another history */

    if (err != HF_OK)
        return hf_detail_set(s->detail, err, "the system has no entropy");
    err = hf_fresh_open(&fresh, path, options, uuid, s->detail);
    if (err == HF_OK && hf_range_list_index(&s->ranges, &s->ranges_set) != HF_OK)
        err = hf_detail_set(s->detail, HF_ERR_NO_MEMORY, "no memory for deleted ranges");
    if (err == HF_OK)
        err = hf_salvage_merge(s, &fresh);
    state = (struct hf_fresh_state){ s->last, s->time_us, s->last };
    if (err == HF_OK)
        err = hf_fresh_finish(&fresh, &state, s->detail);
    hf_fresh_close(&fresh);
    return err;
}

static void
release(struct hf_salvage *s)
{
    hf_salvage_log_forget(s);
    hf_range_set_close(s->ranges_set);
    hf_range_list_fini(&s->ranges);
    for (size_t i = 0; i < s->source_count; i++) {
        struct hf_salvage_source *source = &s->sources[i];
        hf_budget_free(&s->budget, source->places,
                       source->place_capacity * sizeof *source->places);
        hf_budget_free(&s->budget, source->block, source->block_size);
    }
    hf_budget_free(&s->budget, s->sources, s->source_capacity * sizeof *s->sources);
    hf_budget_free(&s->budget, s->key, HF_KEY_SIZE_MAX);
    if (s->has_manifest)
        hf_manifest_forget(&s->manifest_file, &s->env);
    free_files(s, &s->tables);
    free_files(s, &s->segments);
    free_files(s, &s->manifests);
    hf_dir_close(s->dir);
}

enum hf_err
hf_salvage(const char *damaged, const char *path, const struct hf_options *options,
           hf_line_fn *line, void *context, struct hf_salvaged *salvaged,
           struct hf_error *error)
{
    static const struct hf_options defaults = HF_OPTIONS_INIT;
    struct hf_detail detail = { "" };
    struct hf_salvage s = { .detail = &detail, .line = line, .context = context };
    const char *subject = damaged;
    enum hf_err err;

    if (options == NULL)
        options = &defaults;
    err = hf_options_check(options, path, &detail);
    if (err != HF_OK)
        return hf_explain(error, err, path, &detail);
    hf_budget_init(&s.budget, options->memory_limit);
    hf_range_list_init(&s.ranges, &s.budget);
    s.key = hf_budget_alloc(&s.budget, HF_KEY_SIZE_MAX);
    err = s.key == NULL ? HF_ERR_NO_MEMORY : look(&s, damaged);
    if (err == HF_OK) {
        subject = path;
        err = make(&s, path, options);
    }
    s.report.last_version = s.last;
    if (salvaged != NULL)
        hf_hand_over(salvaged, &s.report, sizeof s.report);
    release(&s);
    return hf_explain(error, err, subject, &detail);
}
