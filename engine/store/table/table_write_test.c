/*
 * table_write_test.c - tables written for all kinds of plans, and against all kinds of failure.
 *
 * Method: on a disk in memory, which watches that a table gets its name only when it is synced,
 * and that a writer takes neither memory nor the mutex between open and close. Tables are read
 * back by the check, which looks at every byte, and compared entry by entry. Every call and
 * every allocation is made to fail in turn: nothing may be left behind. Catches a name without
 * a sync, a file or memory that stays, an index without a top, and a filter folded wrongly.
 */
#include "base/tap.h"
#include "store/table/test_table.h"

/* ---- shapes ------------------------------------------------------------------------------ */

static bool
walks(const struct test_rows *rows)
{
    struct hf_table_cursor cursor;
    enum hf_err err = test_cursor_open(&cursor, true);
    uint32_t i = 0;

    if (err == HF_OK)
        err = hf_table_cursor_seek(&cursor, hf_span(NULL, 0), 0, &test_detail);
    for (; err == HF_OK && !cursor.at_end; i++) {
        if (i == rows->count || !test_row_is(&rows->list[i], hf_table_cursor_entry(&cursor)))
            break;
        err = hf_table_cursor_next(&cursor, &test_detail);
    }
    test_cursor_close(&cursor);
    return err == HF_OK && i == rows->count;
}

static bool
info_is_right(const struct test_rows *rows, const struct hf_table_info *info)
{
    uint64_t deletes = 0, version_min = UINT64_MAX, version_max = 0;

    for (uint32_t i = 0; i < rows->count; i++) {
        uint64_t version = rows->list[i].version;
        deletes += rows->list[i].is_delete;
        version_min = version < version_min ? version : version_min;
        version_max = version > version_max ? version : version_max;
    }
    return info->number == 7 && info->level == 1 && info->entries == rows->count &&
           info->deletes == deletes && info->version_min == version_min &&
           info->version_max == version_max &&
           info->size == test_disk_find(TEST_TABLE_NAME)->size &&
           hf_span_equal(info->key_min, test_entry(&rows->list[0]).key) &&
           hf_span_equal(info->key_max, test_entry(&rows->list[rows->count - 1]).key);
}

static void
test_shapes(void)
{
    bool held = true;
    uint32_t tables = 0, deepest = 0;

    for (uint32_t count = 1; held && count <= 300; count += 1 + count / 3) {
        for (uint32_t block_size = 20; held && block_size <= 6000;
             block_size += block_size / 2) {
            struct test_rows rows = test_rows_make(count + block_size, count);
            held = test_begin_table(&rows, block_size, 0) && walks(&rows) &&
                   test_check(7) == HF_OK && info_is_right(&rows, &test_table->info) &&
                   test_disk_files() == 1;
            if (held && test_table->meta.depth > deepest)
                deepest = test_table->meta.depth;
            if (!held)
                printf("# %u rows in blocks of %u: %s\n", count, block_size, test_detail.text);
            held = test_end() && held;
            tables++;
            free(rows.list);
        }
    }
    TAP_OK(held && deepest > 4, "%u tables of up to %u levels hold what was written", tables,
           deepest);
}

/* ---- plans ------------------------------------------------------------------------------- */

/* Adds entries whose keys are `number` in `key_size` bytes, as many versions of each. */
struct series {
    uint32_t keys, versions;
    uint32_t key_size, value_size;
};

static enum hf_err
add_series(struct hf_table_writer *writer, const struct series *series)
{
    uint8_t *key = calloc(1, series->key_size), *value = calloc(1, series->value_size + 1);
    struct hf_entry entry = {
        .key = hf_span(key, series->key_size),
        .value = hf_span(value, series->value_size),
    };
    enum hf_err err = HF_OK;

    for (uint32_t i = 0; err == HF_OK && i < series->keys; i++) {
        /* The first bytes differ, so that nothing is shared. */
        key[0] = (uint8_t)(i >> 8);
        key[1] = (uint8_t)i;
        for (uint32_t v = series->versions; err == HF_OK && v > 0; v--) {
            entry.version = v;
            err = hf_table_writer_add(writer, &entry, &test_detail);
        }
    }
    free(key);
    free(value);
    return err;
}

/* Writes, opens and checks a table of the series; the first error. */
static enum hf_err
write_series(const struct series *series, const struct hf_table_plan *plan)
{
    struct hf_table_writer *writer = NULL;
    struct hf_table_info info;
    enum hf_err err = HF_ERR_NO_MEMORY;

    if (test_begin(0)) {
        hf_mutex_lock(&test_mutex);
        err = hf_table_writer_open(&writer, &test_env, plan, &test_detail);
        hf_mutex_unlock(&test_mutex);
    }
    test_disk.mutex = &test_mutex;
    test_disk.is_alloc_forbidden = true;
    if (err == HF_OK)
        err = add_series(writer, series);
    if (err == HF_OK)
        err = hf_table_writer_finish(writer, &info, &test_detail);
    test_disk.mutex = NULL;
    test_disk.is_alloc_forbidden = false;
    hf_mutex_lock(&test_mutex);
    if (err == HF_OK)
        err = hf_table_open(&test_table, &test_env, &info, &test_detail);
    hf_table_writer_close(writer);
    hf_mutex_unlock(&test_mutex);
    return err == HF_OK ? test_check(50) : err;
}

static void
test_plans(void)
{
    static const struct series small = { 500, 1, 8, 20 };
    static const struct series large_keys = { 300, 1, HF_KEY_SIZE_MAX, 0 };
    static const struct series history = { 1, 5000, 40, 10 };
    struct hf_table_plan plan = {
        .number = 7,
        .level = 1,
        .entries_max = 500,
        .entry_size_max = 28,
        .key_size_max = 8,
        .block_size = 256,
    };

    TAP_OK(write_series(&small, &plan) == HF_OK && test_table->meta.filter_count == 1,
           "a plan that fits");
    TAP_OK(test_end(), "all is given back, no rule was broken");
    plan.entries_max = 400000;
    TAP_OK(write_series(&small, &plan) == HF_OK && test_table->meta.filter_count == 1,
           "of a plan for far more keys the filter is folded");
    TAP_OK(test_end(), "all is given back, no rule was broken");
    plan.entry_size_max = 100;
    plan.key_size_max = 50;
    TAP_OK(write_series(&small, &plan) == HF_OK && test_table->meta.entry_size_max == 28 &&
               test_table->meta.key_size_max == 8,
           "the meta has the largest key and entry that came, not those of the plan");
    TAP_OK(test_end(), "all is given back, no rule was broken");
    plan.entries_max = 300;
    plan.entry_size_max = HF_KEY_SIZE_MAX;
    plan.key_size_max = HF_KEY_SIZE_MAX;
    TAP_OK(write_series(&large_keys, &plan) == HF_OK && test_table->meta.depth > 4,
           "the largest keys, hundreds of them, in small blocks: the levels suffice");
    TAP_OK(test_end(), "all is given back, no rule was broken");
    plan.entries_max = 1;
    plan.entry_size_max = 50;
    plan.key_size_max = 40;
    TAP_OK(write_series(&history, &plan) == HF_OK && test_table->meta.entries == 5000,
           "thousands of versions of a key that was planned once");
    TAP_OK(test_end(), "all is given back, no rule was broken");
    plan.entry_size_max = 28;
    plan.key_size_max = 8;
    plan.block_size = 20;
    TAP_OK(write_series(&small, &plan) == HF_ERR_TOO_LARGE && test_disk_files() == 0,
           "hundreds of keys where one was planned are refused, and nothing is left");
    TAP_OK(test_end(), "all is given back, no rule was broken");
}

/* What is not in the plan, or not in order. */
static void
test_refusals(void)
{
    static const struct series large = { 1, 1, 9, 20 };
    struct hf_table_plan plan = {
        .number = 7,
        .entries_max = 9,
        .entry_size_max = 28,
        .key_size_max = 28,
        .block_size = 256,
    };
    struct hf_table_writer *writer = NULL;
    struct hf_entry entry = { .key = hf_span("b", 1), .version = 5 };
    struct hf_entry same = entry, newer = entry, smaller = entry, older = entry;
    bool held;

    TAP_OK(write_series(&large, &plan) == HF_ERR_CORRUPT && test_disk_files() == 0,
           "an entry that is larger than planned is refused");
    TAP_OK(test_end(), "all is given back, no rule was broken");
    plan.key_size_max = 8;
    plan.entry_size_max = 100;
    TAP_OK(write_series(&large, &plan) == HF_ERR_CORRUPT, "so is a key");
    TAP_OK(test_end(), "all is given back, no rule was broken");
    newer.version = 6;
    smaller.key = hf_span("a", 1);
    older.version = 4;
    held = test_begin(0);
    hf_mutex_lock(&test_mutex);
    held = held && hf_table_writer_open(&writer, &test_env, &plan, &test_detail) == HF_OK &&
           hf_table_writer_add(writer, &entry, &test_detail) == HF_OK &&
           hf_table_writer_add(writer, &same, &test_detail) == HF_ERR_CORRUPT &&
           hf_table_writer_add(writer, &newer, &test_detail) == HF_ERR_CORRUPT &&
           hf_table_writer_add(writer, &smaller, &test_detail) == HF_ERR_CORRUPT &&
           hf_table_writer_add(writer, &older, &test_detail) == HF_OK &&
           hf_table_writer_entries(writer) == 2;
    hf_table_writer_close(writer);
    hf_mutex_unlock(&test_mutex);
    TAP_OK(held, "an entry that is not behind the one before it is refused");
    TAP_OK(test_end() && test_disk_files() == 0, "all is given back, no rule was broken");
}

/* ---- failures ---------------------------------------------------------------------------- */

/* Writes a table with something failing; true if nothing is left of a failure. */
static bool
leaves_nothing(const struct test_rows *rows, const struct hf_table_plan *plan,
               enum hf_err expected, bool *is_past)
{
    struct hf_table_writer *writer = NULL;
    struct hf_table_info info;
    enum hf_err err;

    hf_mutex_lock(&test_mutex);
    err = hf_table_writer_open(&writer, &test_env, plan, &test_detail);
    if (err == HF_OK)
        err = test_rows_add(&test_env, writer, rows, &info, &test_detail);
    hf_table_writer_close(writer);
    hf_mutex_unlock(&test_mutex);
    *is_past =
        test_disk.calls <= test_disk.fail_at && test_disk.allocs <= test_disk.alloc_fail_at;
    return err == (*is_past ? HF_OK : expected) && test_disk_files() == *is_past && test_end();
}

static void
test_failing(bool is_call, enum hf_err expected)
{
    struct test_rows rows = test_rows_make(8, 60);
    struct hf_table_plan plan = test_plan(&rows, 64);
    bool held = true, is_past = false;
    uint32_t at = 0;

    for (; held && !is_past; at++) {
        held = test_begin(0);
        test_disk.calls = test_disk.allocs = 0;
        if (is_call) {
            test_disk.fail_at = at;
            test_disk.fail_for = TEST_NEVER;
        } else {
            test_disk.alloc_fail_at = at;
        }
        held = held && leaves_nothing(&rows, &plan, expected, &is_past);
    }
    TAP_OK(held && at > (is_call ? 10 : 1), "each of %u %s fails: nothing is left behind", at,
           is_call ? "calls" : "allocations");
    free(rows.list);
}

int
main(void)
{
    test_shapes();
    test_plans();
    test_refusals();
    test_failing(true, HF_ERR_IO);
    test_failing(false, HF_ERR_NO_MEMORY);
    return tap_done();
}
