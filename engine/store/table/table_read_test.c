/*
 * table_read_test.c - opening a table, and lookups through cache and filter.
 *
 * Method: on a disk in memory. Every key of random rows is looked up as of every version there
 * is, and absent keys beside them, and compared with the sorted array, with caches from nothing
 * to all; the mutex is watched. What a manifest may say of a table is changed one field at a
 * time; metas are damaged, foreign, or of a newer format. Every call and every allocation is
 * made to fail in turn. Catches a lookup that stops at the filter or the bounds when it must
 * not, a table that is taken for another, and memory that a failure keeps.
 */
#include "base/tap.h"
#include "store/table/test_table.h"

/* ---- lookups ----------------------------------------------------------------------------- */

/* One lookup against the array. */
static bool
reads(const struct test_rows *rows, struct hf_span key, uint64_t version)
{
    uint32_t at = test_rows_seek(rows, key, version);
    bool expected = at < rows->count && hf_span_equal(test_entry(&rows->list[at]).key, key);
    struct hf_table_found found;
    enum hf_err err = test_get(key, version, &found);
    bool right = err == (expected ? HF_OK : HF_ERR_NOT_FOUND) &&
                 (found.pin != NULL) == expected &&
                 (!expected || test_row_is(&rows->list[at], found.entry));

    test_unpin(&found);
    return right;
}

static bool
reads_around(const struct test_rows *rows)
{
    for (uint32_t i = 0; i < rows->count; i++) {
        struct hf_entry entry = test_entry(&rows->list[i]);
        uint8_t other[TEST_KEY_MAX + 1] = { 0 };
        for (uint64_t version = 0; version < 2 * rows->count + 5; version++) {
            if (!reads(rows, entry.key, version))
                return false;
        }
        memcpy(other, entry.key.at, entry.key.len);
        if (!reads(rows, hf_span(other, entry.key.len + 1), HF_LATEST))
            return false;
        other[entry.key.len - 1] ^= 1;
        if (!reads(rows, hf_span(other, entry.key.len), HF_LATEST))
            return false;
    }
    return true;
}

static void
test_lookups(uint32_t block_size, uint64_t cache_size)
{
    struct test_rows rows = test_rows_make(block_size, 70);
    bool held = test_begin_table(&rows, block_size, cache_size);
    uint64_t reads_before, block_reads;

    held = held && reads_around(&rows);
    reads_before = test_env.block_reads;
    held = held && reads_around(&rows);
    block_reads = test_env.block_reads - reads_before;
    TAP_OK(held, "blocks of %u, a cache of %llu: every key as of every version", block_size,
           (unsigned long long)cache_size);
    if (cache_size == 0 || cache_size > 20000)
        TAP_OK((cache_size == 0) == (block_reads > 0), "%llu blocks were read to do it again",
               (unsigned long long)block_reads);
    TAP_OK(hf_cache_check(test_env.cache) == NULL && test_end(),
           "all is given back, no rule was broken");
    free(rows.list);
}

/* ---- opening ----------------------------------------------------------------------------- */

/* Opens as `info` says; the code. */
static enum hf_err
open_as(const struct hf_table_info *info)
{
    struct hf_table *table;
    enum hf_err err;

    hf_mutex_lock(&test_mutex);
    err = hf_table_open(&table, &test_env, info, &test_detail);
    if (err == HF_OK)
        hf_table_unref(&test_env, table);
    else if (table != NULL)
        err = HF_OK;
    hf_mutex_unlock(&test_mutex);
    return err;
}

static void
test_manifest(void)
{
    struct test_rows rows = test_rows_make(1, 30);
    bool held = test_begin_table(&rows, 200, 0);
    struct hf_table_info right, info;

    right = info = test_table->info;
    TAP_OK(held && open_as(&right) == HF_OK, "a table opens as its writer named it");
    info.number++;
    TAP_OK(open_as(&info) == HF_ERR_MISSING_FILE &&
               strstr(test_detail.text, "table-0000000008"),
           "one that is not there is MISSING_FILE, and named");
    info = right, info.size++;
    TAP_OK(open_as(&info) == HF_ERR_CORRUPT, "another size is CORRUPT");
    info = right, info.entries++;
    TAP_OK(open_as(&info) == HF_ERR_CORRUPT, "another count of entries is CORRUPT");
    info = right, info.deletes++;
    TAP_OK(open_as(&info) == HF_ERR_CORRUPT, "another count of deletes is CORRUPT");
    info = right, info.version_min++;
    TAP_OK(open_as(&info) == HF_ERR_CORRUPT, "another first version is CORRUPT");
    info = right, info.version_max--;
    TAP_OK(open_as(&info) == HF_ERR_CORRUPT, "another last version is CORRUPT");
    test_env.uuid[3] ^= 1;
    TAP_OK(open_as(&right) == HF_ERR_CORRUPT && strstr(test_detail.text, "another table"),
           "the table of another database is CORRUPT");
    test_env.uuid[3] ^= 1;
    snprintf(test_disk_find(TEST_TABLE_NAME)->name, HF_NAME_SIZE_MAX, "table-0000000009");
    info = right, info.number = 9;
    TAP_OK(open_as(&info) == HF_ERR_CORRUPT && strstr(test_detail.text, "another table"),
           "a table under another's name is CORRUPT");
    TAP_OK(test_end(), "all is given back, no rule was broken");
    free(rows.list);
}

static void
test_metas(void)
{
    struct test_rows rows = test_rows_make(2, 30);
    bool held = test_begin_table(&rows, 200, 0);
    struct test_node *node = test_disk_find(TEST_TABLE_NAME);
    uint8_t *first = node->bytes, *second = node->bytes + node->size - HF_TABLE_META_SIZE;
    struct hf_table_meta meta = test_table->meta;

    first[20] ^= 1;
    TAP_OK(held && open_as(&test_table->info) == HF_OK, "the second meta is enough");
    second[20] ^= 1;
    TAP_OK(open_as(&test_table->info) == HF_ERR_CORRUPT &&
               strcmp(test_detail.text, "table-0000000007 at 0: the meta is damaged") == 0,
           "without either a table is CORRUPT, and the first is named");
    first[20] ^= 1;
    TAP_OK(open_as(&test_table->info) == HF_OK, "and so is the first");
    meta.format++;
    hf_table_meta_encode(first, &meta);
    hf_table_meta_encode(second, &meta);
    TAP_OK(open_as(&test_table->info) == HF_ERR_VERSION, "a newer format is VERSION");
    TAP_OK(test_end(), "all is given back, no rule was broken");
    free(rows.list);
}

static void
test_obsolete(void)
{
    struct test_rows rows = test_rows_make(3, 30);
    bool held = test_begin_table(&rows, 200, 1u << 20);

    hf_table_ref(test_table);
    test_table->is_obsolete = true;
    held = held && reads_around(&rows);
    hf_mutex_lock(&test_mutex);
    hf_table_unref(&test_env, test_table);
    hf_mutex_unlock(&test_mutex);
    TAP_OK(held && reads_around(&rows) && test_disk_files() == 1,
           "an obsolete table is read as long as someone has it");
    hf_mutex_lock(&test_mutex);
    hf_table_unref(&test_env, test_table);
    hf_mutex_unlock(&test_mutex);
    test_table = NULL;
    TAP_OK(test_disk_files() == 0 && hf_cache_size(test_env.cache) == 0,
           "its file goes with the last, and its blocks too");
    TAP_OK(test_end(), "all is given back, no rule was broken");
    free(rows.list);
}

/* ---- failures ---------------------------------------------------------------------------- */

/* A life: open, look everything up; the first error that is not NOT_FOUND. */
static enum hf_err
live(const struct test_rows *rows)
{
    enum hf_err err = test_reopen(3000);

    for (uint32_t i = 0; err == HF_OK && i < rows->count; i++) {
        struct hf_entry entry = test_entry(&rows->list[i]);
        struct hf_table_found found;
        err = test_get(entry.key, entry.version, &found);
        if (err == HF_OK && !test_row_is(&rows->list[i], found.entry))
            err = HF_ERR_INVALID;
        test_unpin(&found);
    }
    return err;
}

/* A life in which something fails ends as expected, or well if nothing did; the table is open
 * again after it. */
static bool
life_fails(const struct test_rows *rows, enum hf_err expected, bool *is_past)
{
    struct hf_table_info info = test_table->info;
    uint8_t keys[2][TEST_KEY_MAX];
    enum hf_err err;

    memcpy(keys[0], info.key_min.at, info.key_min.len);
    memcpy(keys[1], info.key_max.at, info.key_max.len);
    info.key_min.at = keys[0];
    info.key_max.at = keys[1];
    err = live(rows);
    *is_past =
        test_disk.calls <= test_disk.fail_at && test_disk.allocs <= test_disk.alloc_fail_at;
    test_disk.fail_at = test_disk.alloc_fail_at = TEST_NEVER;
    if (err != (*is_past ? HF_OK : expected))
        return false;
    if (test_table != NULL)
        return true;
    hf_mutex_lock(&test_mutex);
    err = hf_table_open(&test_table, &test_env, &info, &test_detail);
    hf_mutex_unlock(&test_mutex);
    return err == HF_OK;
}

/* Each call in turn fails, and all after it. */
static void
test_failing_calls(void)
{
    struct test_rows rows = test_rows_make(4, 30);
    bool held = test_begin_table(&rows, 64, 0), is_past = false;
    uint32_t at = 0;

    for (; held && !is_past; at++) {
        test_disk.calls = 0;
        test_disk.fail_at = at;
        test_disk.fail_for = TEST_NEVER;
        held = life_fails(&rows, HF_ERR_IO, &is_past);
    }
    TAP_OK(held && at > 20, "from each of %u calls on: IO", at);
    TAP_OK(test_end(), "all is given back, no rule was broken");
    free(rows.list);
}

/* The first allocation is the cache of the life itself. Where a block can go for it, one that
 * is refused is tried again: so all after it are refused as well, or it is overcome. */
static void
test_failing_allocations(uint32_t more, enum hf_err expected)
{
    struct test_rows rows = test_rows_make(4, 30);
    bool held = test_begin_table(&rows, 64, 0), is_past = false;
    uint32_t at = expected == HF_OK ? 3 : 1;

    for (; held && !is_past; at++) {
        test_disk.allocs = 0;
        test_disk.alloc_fail_at = at;
        test_disk.alloc_fail_for = more;
        held = life_fails(&rows, expected, &is_past);
    }
    TAP_OK(held && at > 20, "each of %u allocations refused, and %s after it: %s", at,
           more == 0 ? "none" : "all", hf_err_name(expected));
    TAP_OK(test_end(), "all is given back, no rule was broken");
    free(rows.list);
}

/* Reads at a limit that is already reached. */
static void
test_limit(void)
{
    struct test_rows rows = test_rows_make(5, 50);
    bool held = test_begin_table(&rows, 64, 1u << 20);

    test_budget.limit = test_budget.used;
    TAP_OK(held && reads_around(&rows), "at the memory limit every read still works");
    TAP_OK(test_budget.over == 0, "and the limit holds for everybody else");
    TAP_OK(test_end(), "all is given back, no rule was broken");
    free(rows.list);
}

int
main(void)
{
    test_lookups(64, 0);
    test_lookups(64, 6000);
    test_lookups(64, 1u << 20);
    test_lookups(200, 0);
    test_lookups(200, 1u << 20);
    test_lookups(4096, 1u << 20);
    test_manifest();
    test_metas();
    test_obsolete();
    test_failing_calls();
    test_failing_allocations(TEST_NEVER, HF_ERR_NO_MEMORY);
    test_failing_allocations(0, HF_OK);
    test_limit();
    return tap_done();
}
