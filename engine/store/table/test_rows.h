/*
 * test_rows.h - sorted entries for tests of tables, and a table made of them.
 *
 * Rows are drawn from a printed seed. Keys are over a small alphabet, so that they share
 * prefixes and some are prefixes of others; many have several versions, some of them deletes.
 * Only test programs include this.
 */
#ifndef HF_STORE_TEST_ROWS_H
#define HF_STORE_TEST_ROWS_H

#include "base/hash.h"
#include "base/span.h"
#include "store/table/table_write.h"

#include <stdlib.h>

#define TEST_KEY_MAX 12u
#define TEST_VALUE_MAX 40u

struct test_row {
    uint8_t key[TEST_KEY_MAX];
    uint8_t value[TEST_VALUE_MAX];
    uint8_t key_size, value_size;
    bool is_delete;
    uint64_t version;
};

struct test_rows {
    struct test_row *list; /* in the order of entries */
    uint32_t count;
};

static inline uint64_t
test_draw(uint64_t *state)
{
    *state += HF_HASH_K2;
    return hf_hash_fold(*state, *state ^ HF_HASH_K1);
}

static inline struct hf_entry
test_entry(const struct test_row *row)
{
    return (struct hf_entry){
        .key = hf_span(row->key, row->key_size),
        .value = hf_span(row->value, row->value_size),
        .version = row->version,
        .time_us = row->version * 1000 + row->value_size,
        .is_delete = row->is_delete,
    };
}

static inline int
test_row_compare(const void *x, const void *y)
{
    struct hf_entry a = test_entry(x), b = test_entry(y);

    return hf_entry_compare(a.key, a.version, b.key, b.version);
}

static inline struct test_row
test_row_draw(uint64_t *state, uint64_t version)
{
    struct test_row row = { .version = version };

    row.key_size = (uint8_t)(1 + test_draw(state) % TEST_KEY_MAX);
    for (size_t i = 0; i < row.key_size; i++)
        row.key[i] = (uint8_t)("\0az\xff"[test_draw(state) % 4]);
    row.is_delete = test_draw(state) % 8 == 0;
    row.value_size = row.is_delete ? 0 : (uint8_t)(test_draw(state) % (TEST_VALUE_MAX + 1));
    for (size_t i = 0; i < row.value_size; i++)
        row.value[i] = (uint8_t)test_draw(state);
    return row;
}

/* `count` rows; every other one is one more version of some key before it. */
static inline struct test_rows
test_rows_make(uint64_t seed, uint32_t count)
{
    struct test_rows rows = { calloc(count, sizeof *rows.list), count };

    for (uint32_t i = 0; i < count; i++) {
        rows.list[i] = test_row_draw(&seed, 3 + 2 * i); /* versions in between are free */
        if (i % 2 == 1) {
            const struct test_row *of = &rows.list[test_draw(&seed) % i];
            memcpy(rows.list[i].key, of->key, sizeof of->key);
            rows.list[i].key_size = of->key_size;
        }
    }
    qsort(rows.list, count, sizeof *rows.list, test_row_compare);
    return rows;
}

/* The first row that is not before (key, version). */
static inline uint32_t
test_rows_seek(const struct test_rows *rows, struct hf_span key, uint64_t version)
{
    uint32_t i = 0;

    for (; i < rows->count; i++) {
        struct hf_entry entry = test_entry(&rows->list[i]);
        if (hf_entry_compare(entry.key, entry.version, key, version) >= 0)
            break;
    }
    return i;
}

static inline bool
test_row_is(const struct test_row *row, struct hf_entry entry)
{
    struct hf_entry expected = test_entry(row);

    return hf_span_equal(entry.key, expected.key) &&
           hf_span_equal(entry.value, expected.value) && entry.version == expected.version &&
           entry.time_us == expected.time_us && entry.is_delete == expected.is_delete;
}

static inline struct hf_table_plan
test_plan(const struct test_rows *rows, uint32_t block_size)
{
    return (struct hf_table_plan){
        .number = 7,
        .level = 1,
        .entries_max = rows->count,
        .entry_size_max = TEST_KEY_MAX + TEST_VALUE_MAX,
        .key_size_max = TEST_KEY_MAX,
        .block_size = block_size,
        .samples_max = 2,
    };
}

static inline void
test_lock(struct hf_table_env *env)
{
    if (env->mutex != NULL)
        hf_mutex_lock(env->mutex);
}

static inline void
test_unlock(struct hf_table_env *env)
{
    if (env->mutex != NULL)
        hf_mutex_unlock(env->mutex);
}

/* Writes the rows without the mutex, which is held before and after. */
static inline enum hf_err
test_rows_add(struct hf_table_env *env, struct hf_table_writer *writer,
              const struct test_rows *rows, struct hf_table_info *info,
              struct hf_detail *detail)
{
    enum hf_err err = HF_OK;

    test_unlock(env);
    for (uint32_t i = 0; err == HF_OK && i < rows->count; i++) {
        struct hf_entry entry = test_entry(&rows->list[i]);
        err = hf_table_writer_add(writer, &entry, detail);
    }
    hf_table_writer_sample(writer, (struct hf_sample){ 1, 3000 });
    hf_table_writer_sample(writer, (struct hf_sample){ hf_table_writer_newest(writer), 9000 });
    if (err == HF_OK)
        err = hf_table_writer_finish(writer, info, detail);
    test_lock(env);
    return err;
}

/* A table of the rows, open. */
static inline enum hf_err
test_table_make(struct hf_table **out, struct hf_table_env *env, const struct test_rows *rows,
                const struct hf_table_plan *plan, struct hf_detail *detail)
{
    struct hf_table_writer *writer;
    struct hf_table_info info;
    enum hf_err err;

    *out = NULL;
    test_lock(env);
    err = hf_table_writer_open(&writer, env, plan, detail);
    if (err == HF_OK)
        err = test_rows_add(env, writer, rows, &info, detail);
    if (err == HF_OK)
        err = hf_table_open(out, env, &info, detail);
    hf_table_writer_close(writer);
    test_unlock(env);
    return err;
}

#endif
