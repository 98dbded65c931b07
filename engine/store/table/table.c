/*
 * table.c - opening and closing sorted tables, and looking one key up in them.
 *
 * Opening believes the manifest: a file that is not exactly what it names is refused, with the
 * difference in words. One good meta of the two is enough; the first is tried first.
 *
 *   a lookup     bounds of the keys --> filter --> index ... --> data block
 *                     |                    |                         |
 *                 NOT_FOUND            NOT_FOUND           the entry, or NOT_FOUND
 *
 * and if it has ranges, that are in memory as long as it is open: a delete, where one of them
 * is newer than what was found.
 */
#include "store/table/table.h"

#include "base/assert.h"
#include "base/hash.h"
#include "base/probe.h"
#include "base/span.h"
#include "base/timing.h"
#include "store/file_name.h"
#include "store/table/table_read.h"

#include <inttypes.h>

/* ---- names ------------------------------------------------------------------------------- */

#define WORD "table-"

void
hf_table_name(char name[HF_NAME_SIZE_MAX], uint32_t number, const char *suffix)
{
    hf_file_name(name, WORD, number, suffix);
}

uint32_t
hf_table_number(const char *name, const char *suffix)
{
    return hf_file_number(name, WORD, suffix);
}

/* ---- opening ----------------------------------------------------------------------------- */

static enum hf_err
open_file(struct hf_table *table, struct hf_table_env *env, struct hf_detail *detail)
{
    char name[HF_NAME_SIZE_MAX];
    uint64_t size;
    enum hf_err err;

    hf_table_name(name, table->info.number, "");
    err = hf_file_open(&table->file, env->dir, name, HF_FILE_READ, detail);
    if (err == HF_ERR_NOT_FOUND)
        return hf_detail_set(detail, HF_ERR_MISSING_FILE,
                             "%s is missing: the manifest names it", name);
    if (err == HF_OK)
        err = hf_file_size(table->file, &size, detail);
    if (err == HF_OK && (size != table->info.size || size < 2 * HF_TABLE_META_SIZE))
        return hf_detail_set(detail, HF_ERR_CORRUPT,
                             "%s has %" PRIu64 " bytes, and by the manifest %" PRIu64, name,
                             size, table->info.size);
    return err;
}

/* If neither meta can be used, the failure of the first is told. */
static enum hf_err
read_metas(struct hf_table *table, struct hf_table_env *env, struct hf_detail *detail)
{
    uint64_t second = table->info.size - HF_TABLE_META_SIZE;
    enum hf_err err = hf_table_read_meta(env, table, 0, &table->meta, detail);

    if (err != HF_OK && hf_table_read_meta(env, table, second, &table->meta, NULL) == HF_OK) {
        HF_MARK(table_meta_second);
        err = HF_OK;
    }
    if (err == HF_OK)
        table->mask_base = hf_table_mask_base(&table->meta.id);
    return err;
}

static void
table_free(struct hf_table_env *env, struct hf_table *table)
{
    hf_file_close(table->file);
    hf_range_set_close(table->ranges);
    hf_budget_free(env->budget, table->keys, table->info.key_min.len + table->info.key_max.len);
    hf_budget_free(env->budget, table, sizeof *table);
}

/* A table with keys of its own, and no file yet. */
static struct hf_table *
table_new(struct hf_table_env *env, const struct hf_table_info *info)
{
    struct hf_table *table = hf_budget_alloc(env->budget, sizeof *table);
    size_t min_size = info->key_min.len, max_size = info->key_max.len;

    if (table == NULL)
        return NULL;
    *table = (struct hf_table){ .info = *info, .refs = 1 };
    table->keys = hf_budget_alloc(env->budget, min_size + max_size);
    if (table->keys == NULL) {
        table_free(env, table);
        return NULL;
    }
    memcpy(table->keys, info->key_min.at, min_size);
    if (max_size > 0)
        memcpy(table->keys + min_size, info->key_max.at, max_size);
    table->info.key_min = hf_span(table->keys, min_size);
    table->info.key_max = hf_span(table->keys + min_size, max_size);
    return table;
}

/* Damaged ones are not refused here: what no range could cover can still be read. */
static enum hf_err
read_ranges(struct hf_table *table, struct hf_table_env *env, struct hf_detail *detail)
{
    struct hf_range_list list;
    enum hf_err err;

    if (table->meta.ranges_size == 0)
        return HF_OK;
    hf_range_list_init(&list, env->budget);
    err = hf_table_read_ranges(env, table, &list, detail);
    if (err == HF_OK)
        err = hf_range_list_index(&list, &table->ranges);
    hf_range_list_fini(&list);
    if (err == HF_ERR_NO_MEMORY)
        hf_detail_set(detail, err, "no memory for the ranges of table-%010u",
                      (unsigned)table->info.number);
    if (err != HF_ERR_CORRUPT)
        return err;
    HF_MARK(table_ranges_bad);
    table->ranges_are_bad = true;
    return HF_OK;
}

enum hf_err
hf_table_open(struct hf_table **out, struct hf_table_env *env, const struct hf_table_info *info,
              struct hf_detail *detail)
{
    struct hf_table *table = table_new(env, info);
    enum hf_err err;

    *out = NULL;
    if (table == NULL)
        return hf_detail_set(detail, HF_ERR_NO_MEMORY, "no memory to open table-%010u",
                             (unsigned)info->number);
    err = open_file(table, env, detail);
    if (err == HF_OK)
        err = read_metas(table, env, detail);
    if (err == HF_OK)
        err = read_ranges(table, env, detail);
    if (err == HF_OK)
        *out = table;
    else
        table_free(env, table);
    return err;
}

void
hf_table_ref(struct hf_table *table)
{
    table->refs++;
}

/* Needs no lock. What cannot be removed is swept at the next open. */
static void
leave_files(const struct hf_table_env *env, struct hf_table *table)
{
    char name[HF_NAME_SIZE_MAX];

    if (table->is_obsolete) {
        hf_table_name(name, table->info.number, "");
        hf_dir_remove(env->dir, name, NULL);
    }
    hf_file_close(table->file);
    table->file = NULL;
}

void
hf_table_unref(struct hf_table_env *env, struct hf_table *table)
{
    if (table == NULL || --table->refs > 0)
        return;
    hf_cache_forget(env->cache, table->info.number);
    if (env->defers) {
        table->gone = env->gone;
        env->gone = table;
        return;
    }
    leave_files(env, table);
    table_free(env, table);
}

void
hf_table_sweep(struct hf_table_env *env)
{
    struct hf_table *table = env->gone;

    if (table == NULL)
        return;
    env->gone = table->gone;
    env->sweeping++;
    if (env->mutex != NULL)
        hf_mutex_unlock(env->mutex);
    leave_files(env, table);
    if (env->mutex != NULL)
        hf_mutex_lock(env->mutex);
    env->sweeping--;
    table_free(env, table);
}

/* ---- looking up -------------------------------------------------------------------------- */

uint64_t
hf_table_hash_seed(const struct hf_table_env *env)
{
    return hf_filter_seed(env->uuid);
}

/* NOT_FOUND if the filter rules the key out. */
static enum hf_err
ask_filter(struct hf_table_env *env, struct hf_table *table, uint64_t hash,
           struct hf_detail *detail)
{
    HF_TIMED(filter);
    struct hf_cached *cached;
    enum hf_err err;
    bool may_have;

    if (table->meta.filter_count == 0)
        return HF_OK;
    err = hf_table_cached_filter(&cached, env, table,
                                 hf_filter_pick(hash, table->meta.filter_count), detail);
    if (err != HF_OK)
        return err;
    may_have = hf_filter_may_have((const uint8_t *)cached->words, hash);
    hf_cache_unpin(env->cache, cached);
    return may_have ? HF_OK : HF_ERR_NOT_FOUND;
}

static enum hf_err
look_up(struct hf_table_env *env, struct hf_table *table, struct hf_span key, uint64_t version,
        struct hf_table_found *found, struct hf_detail *detail)
{
    HF_TIMED(look_up);
    struct hf_table_cursor cursor;
    struct hf_table_step *leaf = &cursor.step[table->meta.depth];
    enum hf_err err = hf_table_cursor_open(&cursor, env, table, false);

    if (err == HF_OK)
        err = hf_table_cursor_seek(&cursor, key, version, detail);
    if (err == HF_OK && cursor.at_end)
        err = HF_ERR_NOT_FOUND;
    if (err == HF_OK) {
        found->entry = hf_table_cursor_entry(&cursor);
        if (!hf_span_equal(found->entry.key, key))
            err = HF_ERR_NOT_FOUND;
    }
    if (err == HF_OK) {
        found->pin = leaf->cached; /* the caller's now */
        leaf->cached = NULL;
    }
    hf_table_cursor_close(&cursor);
    return err;
}

enum hf_err
hf_table_ranges_check(struct hf_table_env *env, struct hf_table *table,
                      struct hf_detail *detail)
{
    if (!table->ranges_are_bad)
        return HF_OK;
    enum hf_err err = HF_OK;
    if (!HF_PLANTED(table_keep_misread)) {
        table->ranges_are_bad = false;
        err = read_ranges(table, env, detail);
    }
    if (err == HF_OK && table->ranges_are_bad)
        return hf_table_corrupt(table, hf_table_ranges_off(table),
                                "the ranges that it deletes cannot be read", detail);
    table->ranges_are_bad = err != HF_OK;
    if (err == HF_OK)
        HF_MARK(table_ranges_read_later);
    return err;
}

enum hf_err
hf_table_cover(struct hf_table_env *env, struct hf_table *table, struct hf_span key,
               uint64_t version, uint64_t *cover, struct hf_detail *detail)
{
    enum hf_err err = HF_OK;

    *cover = 0;
    if (table->ranges_are_bad && hf_span_compare(key, table->info.key_min) >= 0 &&
        !hf_table_ends_before(&table->info, key))
        err = hf_table_ranges_check(env, table, detail);
    if (err == HF_OK)
        *cover = hf_range_set_cover(table->ranges, key, version);
    return err;
}

/* Puts a delete of the range's version in place of an older entry, or of none. */
static enum hf_err
hide(struct hf_table_env *env, struct hf_span key, uint64_t cover, enum hf_err err,
     struct hf_table_found *found)
{
    if (err != HF_ERR_NOT_FOUND && (err != HF_OK || found->entry.version >= cover))
        return err;
    hf_cache_unpin(env->cache, found->pin);
    *found = (struct hf_table_found){
        .entry = { .key = key, .version = cover, .is_delete = true },
    };
    return HF_OK;
}

enum hf_err
hf_table_get(struct hf_table_env *env, struct hf_table *table, struct hf_span key,
             uint64_t hash, uint64_t version, struct hf_table_found *found,
             struct hf_detail *detail)
{
    const struct hf_table_info *info = &table->info;
    uint64_t cover = 0;
    enum hf_err err = HF_OK;

    HF_ASSERT(key.len > 0);
    *found = (struct hf_table_found){ 0 };
    if (version < info->version_min || hf_span_compare(key, info->key_min) < 0 ||
        hf_table_ends_before(info, key))
        return HF_ERR_NOT_FOUND;
    if (table->meta.ranges_size > 0)
        err = hf_table_cover(env, table, key, version, &cover, detail);
    if (err == HF_OK)
        err = ask_filter(env, table, hash, detail);
    if (err == HF_OK)
        err = look_up(env, table, key, version, found, detail);
    if (cover > 0)
        err = hide(env, key, cover, err, found);
    if (err == HF_ERR_CORRUPT && HF_PLANTED(table_error_is_absence))
        err = HF_ERR_NOT_FOUND;
    return err;
}
