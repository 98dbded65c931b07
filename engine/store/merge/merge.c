/*
 * merge.c - from sorted sources to new tables, in bounded steps.
 *
 *   SEEK ---> PUMP <------------------+
 *              | the table is full,   | there is more
 *              v or no input is left  |
 *            FINISH ---> CHECK -------+---> DONE
 *
 *   PUMP     entries go to the table being written, nothing has a name yet
 *   FINISH   the table is synced and renamed; no manifest names it
 *   CHECK    it is read again, as any later reader would
 *
 * Sources come newest first: of one key, everything in a source is newer than anything in the
 * sources behind it, so taking the first of equals gives the versions in descending order.
 *
 * Each table has the keys from where the one before it ends up to the key that begins the next:
 * ranges are cut there, so that tables of one level never share keys. A table needs an entry;
 * where only ranges are left it gets one that says what the first of them says of its first
 * key.
 */
#include "store/merge/merge.h"

#include "base/assert.h"
#include "base/probe.h"
#include "store/merge/merge_ranges.h"
#include "store/merge/merge_times.h"
#include "store/table/table_read.h"
#include "store/table/table_write.h"

#define CHECK_BLOCKS 64u /* in one step */

enum stage { SEEK, PUMP, FINISH, CHECK, DONE };

struct hf_merge {
    struct hf_table_env *env;
    struct hf_merge_plan plan;
    enum stage stage;

    uint64_t entries; /* of all inputs, */
    uint64_t entry_size_max;
    uint32_t key_size_max;

    struct hf_source *sources; /* newest first; their area has the three keys behind them */
    size_t sources_size;       /* of that area */
    uint32_t source_count;

    uint8_t *key; /* of the entry taken last */
    size_t key_size;
    uint64_t version; /* of it */

    struct hf_merge_ranges ranges;
    uint8_t *from, *limit; /* the keys of the table that is being written: from this one */
    size_t from_size;      /* (0: the first of all) */
    size_t limit_size;     /* up to this one; 0: to the end, once no input is left */
    bool has_all;          /* they went on to the end, and that table is made */

    struct hf_merge_times times;
    struct hf_table_writer *writer;
    struct hf_table_check *check;
    struct hf_table **outputs;
    uint32_t output_count, output_capacity;
    bool has_versions; /* the table being written has more than one of some key */
    uint64_t written;
};

/* ---- beginning and end ------------------------------------------------------------------- */

static void
measure_tables(struct hf_merge *merge, struct hf_table *const *tables, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct hf_table_meta *meta = &tables[i]->meta;
        merge->entries += meta->entries;
        if (meta->entry_size_max > merge->entry_size_max)
            merge->entry_size_max = meta->entry_size_max;
        if (meta->key_size_max > merge->key_size_max)
            merge->key_size_max = meta->key_size_max;
    }
}

/* How many entries there are and how large they can be: what memory is taken by. */
static void
measure(struct hf_merge *merge)
{
    const struct hf_merge_plan *plan = &merge->plan;

    if (plan->memtable != NULL) {
        merge->entries = plan->memtable->entries;
        merge->entry_size_max = plan->memtable->entry_size_max;
        merge->key_size_max = plan->memtable->key_size_max;
    }
    measure_tables(merge, plan->newer, plan->newer_count);
    measure_tables(merge, plan->older, plan->older_count);
}

/* What damaged ranges have deleted must not come back by way of a new table. */
static enum hf_err
check_ranges(struct hf_table_env *env, const struct hf_merge_plan *plan,
             struct hf_detail *detail)
{
    enum hf_err err = HF_OK;

    for (uint32_t i = 0; err == HF_OK && i < plan->newer_count; i++)
        err = hf_table_ranges_check(env, plan->newer[i], detail);
    for (uint32_t i = 0; err == HF_OK && i < plan->older_count; i++)
        err = hf_table_ranges_check(env, plan->older[i], detail);
    return err;
}

static enum hf_err
open_ranges(struct hf_merge *merge)
{
    const struct hf_merge_plan *plan = &merge->plan;
    struct hf_merge_scope scope = {
        .memtable = plan->memtable,
        .inputs = { plan->newer, plan->older },
        .input_count = { plan->newer_count, plan->older_count },
        .catalog = plan->catalog,
        .level = plan->level,
        .floor = plan->floor,
    };
    enum hf_err err = hf_merge_ranges_open(&merge->ranges, merge->env->budget, &scope);

    /* A part of a range may go from any key to any other. */
    if (merge->ranges.kept.count > 0 && merge->entry_size_max < 2ull * merge->key_size_max)
        merge->entry_size_max = 2ull * merge->key_size_max;
    return err;
}

static enum hf_err
add_tables(struct hf_merge *merge, struct hf_table *const *tables, uint32_t count)
{
    if (count == 0)
        return HF_OK;
    return hf_source_open_tables(&merge->sources[merge->source_count++], merge->env, tables,
                                 count, UINT64_MAX, true);
}

/* Tables of level 0 overlap: each is a source of its own. */
static enum hf_err
open_sources(struct hf_merge *merge)
{
    const struct hf_merge_plan *plan = &merge->plan;
    bool overlap = plan->newer_count > 0 && plan->level == 1;
    enum hf_err err = HF_OK;

    if (plan->memtable != NULL) {
        hf_source_open_memtable(&merge->sources[merge->source_count++], plan->memtable,
                                UINT64_MAX);
        return HF_OK;
    }
    for (uint32_t i = 0; err == HF_OK && overlap && i < plan->newer_count; i++)
        err = add_tables(merge, &plan->newer[i], 1);
    if (!overlap)
        err = add_tables(merge, plan->newer, plan->newer_count);
    if (err == HF_OK)
        err = add_tables(merge, plan->older, plan->older_count);
    return err;
}

enum hf_err
hf_merge_open(struct hf_merge **out, struct hf_table_env *env, const struct hf_merge_plan *plan,
              struct hf_detail *detail)
{
    enum hf_err err = check_ranges(env, plan, detail);
    struct hf_merge *merge;

    *out = NULL;
    if (err != HF_OK)
        return err;
    err = HF_ERR_NO_MEMORY;
    merge = hf_budget_alloc(env->budget, sizeof *merge);
    if (merge == NULL)
        return hf_detail_set(detail, err, "no memory for a merge of tables");
    *merge = (struct hf_merge){
        .env = env,
        .plan = *plan,
    };
    hf_catalog_ref(plan->catalog);
    measure(merge);
    size_t capacity = (size_t)plan->newer_count + 2;
    merge->sources_size = capacity * sizeof *merge->sources + 3 * (size_t)merge->key_size_max;
    merge->sources = hf_budget_alloc(env->budget, merge->sources_size);
    if (merge->sources != NULL) {
        memset(merge->sources, 0, merge->sources_size);
        merge->key = (uint8_t *)(merge->sources + capacity);
        merge->from = merge->key + merge->key_size_max;
        merge->limit = merge->from + merge->key_size_max;
        err = open_sources(merge);
    }
    if (err == HF_OK)
        err = hf_merge_times_open(&merge->times, env, plan);
    if (err == HF_OK)
        err = open_ranges(merge);
    if (err != HF_OK) {
        hf_merge_close(merge, false);
        return hf_detail_set(detail, err, "no memory for the inputs of a merge of tables");
    }
    *out = merge;
    return HF_OK;
}

void
hf_merge_close(struct hf_merge *merge, bool keep)
{
    if (merge == NULL)
        return;
    struct hf_budget *budget = merge->env->budget;

    hf_table_check_close(merge->check);
    hf_table_writer_close(merge->writer);
    for (uint32_t i = 0; i < merge->output_count; i++) {
        if (!keep)
            merge->outputs[i]->is_obsolete = true;
        hf_table_unref(merge->env, merge->outputs[i]);
    }
    for (uint32_t i = 0; i < merge->source_count; i++)
        hf_source_close(&merge->sources[i]);
    hf_merge_times_close(&merge->times, merge->env);
    hf_merge_ranges_close(&merge->ranges);
    hf_budget_free(budget, merge->outputs, merge->output_capacity * sizeof *merge->outputs);
    hf_budget_free(budget, merge->sources, merge->sources_size);
    hf_catalog_unref(merge->env, merge->plan.catalog);
    hf_budget_free(budget, merge, sizeof *merge);
}

struct hf_table *const *
hf_merge_outputs(const struct hf_merge *merge, uint32_t *count)
{
    *count = merge->output_count;
    return merge->outputs;
}

uint64_t
hf_merge_written(const struct hf_merge *merge)
{
    return merge->written +
           (merge->writer == NULL ? 0 : hf_table_writer_written(merge->writer));
}

/* ---- which entry is next, and whether it stays ------------------------------------------- */

/* The source with the first key; of equals the newest. NULL: all are at their end. */
static struct hf_source *
pick(struct hf_merge *merge)
{
    struct hf_source *first = NULL;

    for (uint32_t i = 0; i < merge->source_count; i++) {
        struct hf_source *source = &merge->sources[i];
        if (!source->at_end &&
            (first == NULL || hf_span_compare(source->entry.key, first->entry.key) < 0))
            first = source;
    }
    return first;
}

/* Whether a level below the one that is made could hold something of this key. */
static bool
is_below(const struct hf_merge *merge, struct hf_span key)
{
    if (HF_PLANTED(merge_drop_deletes))
        return false;
    for (uint32_t level = merge->plan.level + 1; level < HF_LEVELS; level++) {
        uint32_t count;
        struct hf_table *const *tables = hf_catalog_level(merge->plan.catalog, level, &count);
        uint32_t i = hf_catalog_seek(tables, count, key);
        if (i < count && hf_span_compare(tables[i]->info.key_min, key) <= 0)
            return true;
    }
    return false;
}

/* What is flushed is newer than all tables, on any level. */
static bool
can_drop_delete(const struct hf_merge *merge, struct hf_span key)
{
    if (merge->plan.memtable != NULL)
        return merge->plan.catalog->table_count == 0;
    return !is_below(merge, key);
}

/* Whether some view could see the entry, the one taken before it being its successor if it has
 * the same key. */
static bool
is_kept(const struct hf_merge *merge, const struct hf_entry *entry, bool is_same_key)
{
    if (is_same_key && merge->version <= merge->plan.floor) {
        HF_MARK(merge_dropped_version);
        return false;
    }
    if (hf_merge_ranges_hide(&merge->ranges, entry, merge->plan.floor)) {
        HF_MARK(merge_dropped_covered);
        return false;
    }
    if (entry->is_delete && entry->version <= merge->plan.floor &&
        can_drop_delete(merge, entry->key)) {
        HF_MARK(merge_dropped_delete);
        return false;
    }
    return true;
}

static void
remember(struct hf_merge *merge, const struct hf_entry *entry, bool is_same_key)
{
    if (!is_same_key) {
        memcpy(merge->key, entry->key.at, entry->key.len);
        merge->key_size = entry->key.len;
    }
    merge->version = entry->version;
}

/* ---- steps without the mutex ------------------------------------------------------------- */

static enum hf_err
seek_all(struct hf_merge *merge, struct hf_detail *detail)
{
    enum hf_err err = hf_merge_times_gather(&merge->times, &merge->plan, detail);

    for (uint32_t i = 0; err == HF_OK && i < merge->source_count; i++)
        err = hf_source_seek(&merge->sources[i], hf_span(NULL, 0), detail);
    merge->stage = PUMP;
    return err;
}

static uint64_t
keys_max(const struct hf_merge *merge)
{
    uint64_t most = merge->plan.keys_max;

    return most < merge->entries ? most : merge->entries;
}

static bool
is_full(const struct hf_merge *merge)
{
    return merge->plan.memtable == NULL &&
           (hf_table_writer_size(merge->writer) >= merge->plan.table_size ||
            hf_table_writer_entries(merge->writer) >= keys_max(merge));
}

static enum hf_err
advance(struct hf_source *source, struct hf_detail *detail)
{
    enum hf_err err = hf_source_next(source, detail);

    if (err != HF_OK && HF_PLANTED(merge_error_is_end))
        err = HF_OK; /* the source says that it is at its end */
    return err;
}

static struct hf_span
from_of(const struct hf_merge *merge)
{
    return hf_span(merge->from, merge->from_size);
}

/* No entry is left: what is left of ranges needs a table if none is being written. */
static bool
end_input(struct hf_merge *merge)
{
    if (merge->writer == NULL && !merge->has_all &&
        hf_merge_ranges_reach(&merge->ranges, from_of(merge)))
        return true;
    merge->limit_size = 0;
    merge->stage = FINISH;
    return false;
}

/* The table ends before `key`. */
static void
end_table(struct hf_merge *merge, struct hf_span key)
{
    memcpy(merge->limit, key.at, key.len);
    merge->limit_size = key.len;
    merge->stage = FINISH;
}

/* Moves entries until the table is full, a table is wanted, or `bytes` have passed. */
static enum hf_err
pump(struct hf_merge *merge, uint64_t bytes, bool *wants_table, struct hf_detail *detail)
{
    uint64_t moved = 0;
    enum hf_err err = HF_OK;

    *wants_table = false;
    while (err == HF_OK && moved < bytes) {
        struct hf_source *source = pick(merge);
        if (source == NULL) {
            *wants_table = end_input(merge);
            return HF_OK;
        }
        const struct hf_entry *entry = &source->entry;
        if (entry->key.len > merge->key_size_max)
            return hf_detail_set(detail, HF_ERR_CORRUPT,
                                 "a table has a larger key than its meta says");
        bool is_same = hf_span_equal(entry->key, hf_span(merge->key, merge->key_size));
        if (!is_same && merge->writer != NULL && is_full(merge)) {
            end_table(merge, entry->key);
            return HF_OK;
        }
        if (is_kept(merge, entry, is_same)) {
            if (merge->writer == NULL) {
                *wants_table = true;
                return HF_OK;
            }
            err = hf_table_writer_add(merge->writer, entry, detail);
            merge->has_versions |= is_same;
        }
        moved += entry->key.len + entry->value.len + 1;
        remember(merge, entry, is_same);
        if (err == HF_OK)
            err = advance(source, detail);
    }
    return err;
}

/* ---- steps with it ----------------------------------------------------------------------- */

static enum hf_err
open_writer(struct hf_merge *merge, struct hf_detail *detail)
{
    struct hf_table_plan plan = {
        .number = (*merge->plan.number_next)++,
        .level = merge->plan.level,
        .entries_max = keys_max(merge),
        .entry_size_max = merge->entry_size_max,
        .key_size_max = merge->key_size_max,
        .block_size = merge->plan.block_size,
        .samples_max = hf_merge_times_left(&merge->times),
    };

    return hf_table_writer_open(&merge->writer, merge->env, &plan, detail);
}

static enum hf_err
reserve_output(struct hf_merge *merge)
{
    uint32_t capacity = merge->output_capacity == 0 ? 4 : merge->output_capacity * 2;

    if (merge->output_count < merge->output_capacity)
        return HF_OK;
    struct hf_table **outputs = hf_budget_alloc(merge->env->budget, capacity * sizeof *outputs);
    if (outputs == NULL)
        return HF_ERR_NO_MEMORY;
    if (merge->output_count > 0)
        memcpy(outputs, merge->outputs, merge->output_count * sizeof *outputs);
    hf_budget_free(merge->env->budget, merge->outputs,
                   merge->output_capacity * sizeof *outputs);
    merge->outputs = outputs;
    merge->output_capacity = capacity;
    return HF_OK;
}

/* Without the mutex: times, ranges, and the end of the file. */
static enum hf_err
write_rest(struct hf_merge *merge, const struct hf_range_list *parts,
           struct hf_table_info *info, struct hf_detail *detail)
{
    struct hf_table_writer *writer = merge->writer;
    uint64_t newest = 0;
    enum hf_err err = HF_OK;

    if (hf_table_writer_entries(writer) == 0) {
        HF_MARK(merge_only_ranges);
        struct hf_entry first = {
            .key = parts->at[0].from,
            .version = parts->at[0].version,
            .time_us = parts->at[0].time_us,
            .is_delete = true,
        };
        err = hf_table_writer_add(writer, &first, detail);
    }
    for (uint32_t i = 0; i < parts->count; i++)
        newest = parts->at[i].version > newest ? parts->at[i].version : newest;
    hf_merge_times_give(&merge->times, writer, newest);
    for (uint32_t i = 0; err == HF_OK && i < parts->count; i++)
        err = hf_table_writer_add_range(writer, &parts->at[i], detail);
    return err == HF_OK ? hf_table_writer_finish(writer, info, detail) : err;
}

/* The same, with the memory that it takes, and in the end the bound of the next table. */
static enum hf_err
complete_table(struct hf_merge *merge, struct hf_table_info *info, struct hf_detail *detail)
{
    struct hf_span limit = hf_span(merge->limit, merge->limit_size);
    struct hf_range_list parts;
    enum hf_err err;

    hf_range_list_init(&parts, merge->env->budget);
    err = hf_merge_ranges_cut(&merge->ranges, from_of(merge), limit, &parts);
    if (err != HF_OK)
        hf_detail_set(detail, err, "no memory for the ranges of a table");
    if (merge->env->mutex != NULL)
        hf_mutex_unlock(merge->env->mutex);
    if (err == HF_OK)
        err = write_rest(merge, &parts, info, detail);
    if (merge->env->mutex != NULL)
        hf_mutex_lock(merge->env->mutex);
    hf_range_list_fini(&parts);
    memcpy(merge->from, merge->limit, merge->limit_size);
    merge->from_size = merge->limit_size;
    merge->has_all = merge->limit_size == 0;
    return err;
}

/* Completes the table that is being written, and opens it to be checked. */
static enum hf_err
finish(struct hf_merge *merge, struct hf_detail *detail)
{
    struct hf_table_info info;
    enum hf_err err = reserve_output(merge);

    if (merge->writer == NULL) {
        merge->stage = DONE;
        return HF_OK;
    }
    if (err != HF_OK)
        return hf_detail_set(detail, err, "no memory to list the tables of a merge");
    err = complete_table(merge, &info, detail);
    if (err == HF_OK)
        err = hf_table_open(&merge->outputs[merge->output_count], merge->env, &info, detail);
    if (err != HF_OK)
        return err;
    merge->outputs[merge->output_count++]->is_lean = !merge->has_versions;
    merge->has_versions = false;
    merge->written += hf_table_writer_written(merge->writer);
    hf_table_writer_close(merge->writer);
    merge->writer = NULL;
    merge->stage = CHECK;
    return hf_table_check_open(&merge->check, merge->env,
                               merge->outputs[merge->output_count - 1]);
}

static enum hf_err
check(struct hf_merge *merge, struct hf_detail *detail)
{
    bool more = true;

    if (merge->env->mutex != NULL)
        hf_mutex_unlock(merge->env->mutex);
    enum hf_err err = hf_table_check_step(merge->check, CHECK_BLOCKS, &more, detail);
    if (merge->env->mutex != NULL)
        hf_mutex_lock(merge->env->mutex);
    if (err == HF_OK && !more) {
        hf_table_check_close(merge->check);
        merge->check = NULL;
        merge->stage = PUMP;
    }
    return err;
}

static enum hf_err
seek_or_pump(struct hf_merge *merge, uint64_t bytes, struct hf_detail *detail)
{
    bool wants_table = false;
    enum hf_err err;

    if (merge->env->mutex != NULL)
        hf_mutex_unlock(merge->env->mutex);
    err = merge->stage == SEEK ? seek_all(merge, detail)
                               : pump(merge, bytes, &wants_table, detail);
    if (merge->env->mutex != NULL)
        hf_mutex_lock(merge->env->mutex);
    return err == HF_OK && wants_table ? open_writer(merge, detail) : err;
}

enum hf_err
hf_merge_step(struct hf_merge *merge, uint64_t bytes, bool *done, struct hf_detail *detail)
{
    enum hf_err err = HF_OK;

    switch (merge->stage) {
    case SEEK:
    case PUMP:
        err = seek_or_pump(merge, bytes, detail);
        break;
    case FINISH:
        err = finish(merge, detail);
        break;
    case CHECK:
        err = check(merge, detail);
        break;
    case DONE:
        break;
    }
    *done = err == HF_OK && merge->stage == DONE;
    return err;
}
