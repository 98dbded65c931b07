/*
 * test_table.h - one table of rows on a disk in memory, and what it needs around it.
 *
 * A begin, the test's own part, and an end that says whether all was given back and no rule of
 * test_disk.h was broken. Only test programs include this.
 */
#ifndef HF_STORE_TEST_TABLE_H
#define HF_STORE_TEST_TABLE_H

#include "store/table/test_disk.h"
#include "store/table/test_rows.h"

#define TEST_TABLE_NAME "table-0000000007"

static struct hf_budget test_budget;
static struct hf_table_env test_env;
static struct hf_mutex test_mutex;
static struct hf_table *test_table;
static struct hf_detail test_detail;

/* An empty disk, and a cache. */
static inline bool
test_begin(uint64_t cache_size)
{
    enum hf_err err;

    test_disk_reset();
    hf_budget_init(&test_budget, 0);
    test_mutex.is_locked = false;
    test_env = (struct hf_table_env){
        .mutex = &test_mutex,
        .budget = &test_budget,
        .uuid = "0123456789abcde",
    };
    test_table = NULL;
    hf_mutex_lock(&test_mutex);
    err = hf_cache_open(&test_env.cache, &test_budget, cache_size);
    hf_mutex_unlock(&test_mutex);
    return err == HF_OK;
}

/* And a table of `rows`. */
static inline bool
test_begin_table(const struct test_rows *rows, uint32_t block_size, uint64_t cache_size)
{
    struct hf_table_plan plan = test_plan(rows, block_size);

    return test_begin(cache_size) &&
           test_table_make(&test_table, &test_env, rows, &plan, &test_detail) == HF_OK;
}

/* Opens the table again with a cache that holds nothing, as a later life does. */
static inline enum hf_err
test_reopen(uint64_t cache_size)
{
    struct hf_table_info info = test_table->info;
    uint8_t keys[2][TEST_KEY_MAX];
    enum hf_err err;

    memcpy(keys[0], info.key_min.at, info.key_min.len);
    memcpy(keys[1], info.key_max.at, info.key_max.len);
    info.key_min.at = keys[0];
    info.key_max.at = keys[1];
    hf_mutex_lock(&test_mutex);
    hf_table_unref(&test_env, test_table);
    hf_cache_close(test_env.cache);
    err = hf_cache_open(&test_env.cache, &test_budget, cache_size);
    HF_ASSERT(err == HF_OK);
    err = hf_table_open(&test_table, &test_env, &info, &test_detail);
    hf_mutex_unlock(&test_mutex);
    return err;
}

/* True if all was given back and no rule was broken. */
static inline bool
test_end(void)
{
    hf_mutex_lock(&test_mutex);
    hf_table_unref(&test_env, test_table);
    hf_cache_close(test_env.cache);
    hf_mutex_unlock(&test_mutex);
    if (test_disk.broken != NULL)
        printf("# %s\n", test_disk.broken);
    return test_budget.used == 0 && test_disk.live == 0 && test_disk.open_files == 0 &&
           test_disk.broken == NULL;
}

/* A cursor; a private one without the mutex, which is watched until it is closed. */
static inline enum hf_err
test_cursor_open(struct hf_table_cursor *cursor, bool is_private)
{
    enum hf_err err;

    hf_mutex_lock(&test_mutex);
    err = hf_table_cursor_open(cursor, &test_env, test_table, is_private);
    if (is_private)
        hf_mutex_unlock(&test_mutex);
    test_disk.mutex = &test_mutex;
    test_disk.is_alloc_forbidden = is_private;
    return err;
}

static inline void
test_cursor_close(struct hf_table_cursor *cursor)
{
    test_disk.is_alloc_forbidden = false;
    test_disk.mutex = NULL;
    if (!test_mutex.is_locked)
        hf_mutex_lock(&test_mutex);
    hf_table_cursor_close(cursor);
    hf_mutex_unlock(&test_mutex);
}

/* The newest version of a key up to `version`, the mutex being watched. The pin is given back:
 * the entry is as good as what the test does until the next call. */
static inline enum hf_err
test_get(struct hf_span key, uint64_t version, struct hf_table_found *found)
{
    uint64_t hash = hf_hash_bytes_of(key.at, key.len, hf_table_hash_seed(&test_env));
    enum hf_err err;

    hf_mutex_lock(&test_mutex);
    test_disk.mutex = &test_mutex;
    err = hf_table_get(&test_env, test_table, key, hash, version, found, &test_detail);
    test_disk.mutex = NULL;
    hf_mutex_unlock(&test_mutex);
    return err;
}

static inline void
test_unpin(struct hf_table_found *found)
{
    hf_mutex_lock(&test_mutex);
    hf_cache_unpin(test_env.cache, found->pin);
    hf_mutex_unlock(&test_mutex);
    found->pin = NULL;
}

/* Looks at the whole table, some blocks at a time, without the mutex. */
static inline enum hf_err
test_check(uint32_t blocks)
{
    struct hf_table_check *check;
    enum hf_err err;
    bool more = true;

    hf_mutex_lock(&test_mutex);
    err = hf_table_check_open(&check, &test_env, test_table);
    hf_mutex_unlock(&test_mutex);
    test_disk.is_alloc_forbidden = true;
    while (err == HF_OK && more)
        err = hf_table_check_step(check, blocks, &more, &test_detail);
    test_disk.is_alloc_forbidden = false;
    hf_mutex_lock(&test_mutex);
    hf_table_check_close(check);
    hf_mutex_unlock(&test_mutex);
    return err;
}

#endif
