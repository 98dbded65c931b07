/*
 * merge_test.c - a merge of a table, and of one whose meta says less than is in it.
 *
 * Method: a table of random rows goes one level down, on a disk in memory and with a limit on
 * memory below what one key of the largest size would take. At floor 0 what comes out is
 * compared with the rows. Then the meta says of the largest key, or of the
 * largest entry, that it is a byte smaller, for merges that keep all versions and such that
 * drop all they can. Catches memory that is taken for what no input has, and a key that is
 * copied to where there is no room for it.
 */
#include "store/merge/merge.h"

#include "base/tap.h"
#include "store/table/test_table.h"

#define ROWS 200u
#define BLOCK_SIZE 64u
#define MEMORY HF_KEY_SIZE_MAX
#define STEP_BYTES 300u

static struct hf_catalog *catalog;
static uint32_t number_next;

static enum hf_err
open_merge(struct hf_merge **merge, uint64_t floor)
{
    struct hf_catalog_edit edit = { .added = &test_table, .added_count = 1 };
    struct hf_merge_plan plan = {
        .newer = &test_table,
        .newer_count = 1,
        .level = test_table->info.level + 1,
        .floor = floor,
        .table_size = UINT64_MAX,
        .keys_max = UINT64_MAX,
        .block_size = BLOCK_SIZE,
        .number_next = &number_next,
    };
    enum hf_err err = hf_catalog_make(&catalog, &test_env, NULL, &edit);

    *merge = NULL;
    number_next = test_table->info.number + 1;
    plan.catalog = catalog;
    return err == HF_OK ? hf_merge_open(merge, &test_env, &plan, &test_detail) : err;
}

/* Whether a table holds the rows, all of them and nothing else. */
static bool
holds(struct hf_table *table, const struct test_rows *rows)
{
    struct hf_table_cursor cursor;
    uint32_t i = 0;

    if (hf_table_cursor_open(&cursor, &test_env, table, true) != HF_OK)
        return false;
    hf_mutex_unlock(&test_mutex);
    enum hf_err err = hf_table_cursor_seek(&cursor, hf_span(NULL, 0), 0, &test_detail);
    for (; err == HF_OK && !cursor.at_end && i < rows->count; i++) {
        if (!test_row_is(&rows->list[i], hf_table_cursor_entry(&cursor)))
            break;
        err = hf_table_cursor_next(&cursor, &test_detail);
    }
    hf_mutex_lock(&test_mutex);
    bool is_whole = err == HF_OK && cursor.at_end && i == rows->count;
    hf_table_cursor_close(&cursor);
    return is_whole;
}

/* Merges the table of the test; what the merge says, and whether the rows came out. */
static enum hf_err
merge_table(const struct test_rows *rows, uint64_t floor, bool *is_same)
{
    struct hf_merge *merge;
    uint32_t count = 0;
    bool done = false;

    hf_mutex_lock(&test_mutex);
    test_budget.limit = test_budget.used + MEMORY;
    enum hf_err err = open_merge(&merge, floor);
    while (err == HF_OK && !done)
        err = hf_merge_step(merge, STEP_BYTES, &done, &test_detail);
    if (err == HF_OK) {
        struct hf_table *const *outputs = hf_merge_outputs(merge, &count);
        *is_same = count == 1 && holds(outputs[0], rows);
    }
    hf_merge_close(merge, false);
    hf_catalog_unref(&test_env, catalog);
    test_budget.limit = UINT64_MAX;
    hf_mutex_unlock(&test_mutex);
    return err;
}

static void
test_whole(void)
{
    struct test_rows rows = test_rows_make(11, ROWS);
    bool is_same = false;
    bool held = test_begin_table(&rows, BLOCK_SIZE, 0);

    held = held && merge_table(&rows, 0, &is_same) == HF_OK && is_same;
    TAP_OK(held,
           "a merge that keeps all makes the same table, in memory for such keys as it has");
    held = merge_table(&rows, HF_LATEST - 1, &is_same) == HF_OK && !is_same;
    TAP_OK(held, "one that keeps only the newest drops the others");
    TAP_OK(test_disk_files() == 1 && test_end(), "all is given back, no rule was broken");
    free(rows.list);
}

static void
test_small_metas(void)
{
    struct test_rows rows = test_rows_make(12, ROWS);
    bool is_same, held = test_begin_table(&rows, BLOCK_SIZE, 0);
    struct hf_table_meta right = test_table->meta;

    test_table->meta.key_size_max--;
    held = held && merge_table(&rows, 0, &is_same) == HF_ERR_CORRUPT &&
           merge_table(&rows, HF_LATEST - 1, &is_same) == HF_ERR_CORRUPT;
    TAP_OK(held, "a key larger than the meta says is CORRUPT, kept or not");
    test_table->meta = right;
    test_table->meta.entry_size_max--;
    held = merge_table(&rows, 0, &is_same) == HF_ERR_CORRUPT;
    TAP_OK(held, "so is an entry that is to be kept");
    test_table->meta = right;
    TAP_OK(test_disk_files() == 1 && test_end(), "nothing is left of them");
    free(rows.list);
}

int
main(void)
{
    test_whole();
    test_small_metas();
    return tap_done();
}
