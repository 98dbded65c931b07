/*
 * table_cursor_test.c - every place of a table, from every side.
 *
 * Method: tables of random rows are written to a disk in memory with blocks so small that the
 * index has several levels, and every step and seek is compared with the sorted array: to each
 * row, just before and behind it, to keys that are not there. Shared cursors go through a cache
 * that holds next to nothing and through one that holds all; private ones are watched to take
 * no memory and no lock. Then every read in turn is made to fail, once and for good.
 */
#include "base/tap.h"
#include "store/table/test_table.h"

/* ---- where the cursor should be ---------------------------------------------------------- */

/* Whether the row has another key than the one before it. */
static bool
is_newest(const struct test_rows *rows, uint32_t index)
{
    return index == 0 || !hf_span_equal(test_entry(&rows->list[index - 1]).key,
                                        test_entry(&rows->list[index]).key);
}

/* `index` of a row, or anything past either end of them. */
static bool
is_at(const struct test_rows *rows, const struct hf_table_cursor *cursor, uint32_t index)
{
    if (index >= rows->count)
        return cursor->at_end;
    return !cursor->at_end && test_row_is(&rows->list[index], hf_table_cursor_entry(cursor)) &&
           hf_table_cursor_is_newest(cursor) == is_newest(rows, index);
}

/* Both seeks to one place, and the steps from there. */
static bool
seeks(const struct test_rows *rows, struct hf_table_cursor *cursor, struct hf_span key,
      uint64_t version)
{
    uint32_t at = test_rows_seek(rows, key, version);

    if (hf_table_cursor_seek(cursor, key, version, &test_detail) != HF_OK ||
        !is_at(rows, cursor, at))
        return false;
    if (!cursor->at_end &&
        (hf_table_cursor_next(cursor, &test_detail) != HF_OK || !is_at(rows, cursor, at + 1)))
        return false;
    if (key.len == 0)
        at = rows->count; /* there it means the last of all */
    if (hf_table_cursor_seek_before(cursor, key, version, &test_detail) != HF_OK ||
        !is_at(rows, cursor, at - 1))
        return false;
    return cursor->at_end ||
           (hf_table_cursor_prev(cursor, &test_detail) == HF_OK && is_at(rows, cursor, at - 2));
}

static bool
seeks_around(const struct test_rows *rows, struct hf_table_cursor *cursor)
{
    for (uint32_t i = 0; i < rows->count; i++) {
        struct hf_entry entry = test_entry(&rows->list[i]);
        uint8_t longer[TEST_KEY_MAX + 1] = { 0 };
        memcpy(longer, entry.key.at, entry.key.len);
        for (uint64_t version = entry.version - 1; version <= entry.version + 1; version++) {
            if (!seeks(rows, cursor, entry.key, version))
                return false;
        }
        if (!seeks(rows, cursor, entry.key, 0) || !seeks(rows, cursor, entry.key, HF_LATEST) ||
            !seeks(rows, cursor, hf_span(longer, entry.key.len + 1), 1) ||
            !seeks(rows, cursor, hf_span(longer, entry.key.len - 1), HF_LATEST))
            return false;
    }
    return true;
}

static bool
walks(const struct test_rows *rows, struct hf_table_cursor *cursor)
{
    if (hf_table_cursor_seek(cursor, hf_span(NULL, 0), 0, &test_detail) != HF_OK)
        return false;
    for (uint32_t i = 0; i < rows->count; i++) {
        if (!is_at(rows, cursor, i) || hf_table_cursor_next(cursor, &test_detail) != HF_OK)
            return false;
    }
    if (!cursor->at_end ||
        hf_table_cursor_seek_before(cursor, hf_span(NULL, 0), 0, &test_detail) != HF_OK)
        return false;
    for (uint32_t i = rows->count; i-- > 0;) {
        if (!is_at(rows, cursor, i) || hf_table_cursor_prev(cursor, &test_detail) != HF_OK)
            return false;
    }
    return cursor->at_end;
}

/* ---- tests ------------------------------------------------------------------------------- */

static void
test_one(uint32_t count, uint32_t block_size, uint64_t cache_size, bool is_private)
{
    struct test_rows rows = test_rows_make(count * 1000 + block_size, count);
    struct hf_table_cursor cursor;
    uint32_t depth;
    bool held;

    if (!TAP_OK(test_begin_table(&rows, block_size, cache_size), "a table of %u rows is made",
                count)) {
        printf("# %s\n", test_detail.text);
        return;
    }
    depth = test_table->meta.depth;
    held = test_cursor_open(&cursor, is_private) == HF_OK && walks(&rows, &cursor) &&
           seeks_around(&rows, &cursor);
    test_cursor_close(&cursor);
    TAP_OK(held && (block_size > 100 || count < 50 || depth >= 3),
           "%s: %u rows in blocks of %u, %u levels, a cache of %llu: every step and seek",
           is_private ? "private" : "shared", count, block_size, depth,
           (unsigned long long)cache_size);
    TAP_OK(test_end(), "all is given back, no rule was broken");
    free(rows.list);
}

/* Walks until something fails; true if what was shown up to there is right. */
static bool
walks_or_fails(const struct test_rows *rows, struct hf_table_cursor *cursor, enum hf_err *err)
{
    uint32_t i = 0;

    *err = hf_table_cursor_seek(cursor, hf_span(NULL, 0), 0, &test_detail);
    for (; *err == HF_OK && i < rows->count; i++) {
        if (!is_at(rows, cursor, i))
            return false;
        *err = hf_table_cursor_next(cursor, &test_detail);
    }
    return cursor->at_end;
}

/* Fails each read in turn, and `more` after it. */
static void
test_read_errors(bool is_private, uint32_t more, enum hf_err expected)
{
    struct test_rows rows = test_rows_make(5, 40);
    struct hf_table_cursor cursor;
    bool held = test_begin_table(&rows, 64, 0);
    uint32_t fail_at = 0;
    enum hf_err err;

    for (bool is_past = false; held && !is_past; fail_at++) {
        held = test_cursor_open(&cursor, is_private) == HF_OK;
        test_disk.calls = 0;
        test_disk.fail_at = fail_at;
        test_disk.fail_for = more;
        held = held && walks_or_fails(&rows, &cursor, &err);
        is_past = test_disk.calls <= fail_at;
        held = held && err == (is_past ? HF_OK : expected);
        test_disk.fail_at = TEST_NEVER;
        held = held && walks(&rows, &cursor);
        test_cursor_close(&cursor);
    }
    TAP_OK(held && fail_at > 20, "%s: a read that fails %s, each of %u in turn",
           is_private ? "private" : "shared",
           more == 0 ? "once is taken again" : "for good is IO, and the cursor goes on later",
           fail_at);
    TAP_OK(test_end(), "all is given back, no rule was broken");
    free(rows.list);
}

int
main(void)
{
    static const uint32_t counts[] = { 1, 2, 3, 50, 120 };
    static const uint32_t sizes[] = { 64, 100, 200, 4096 };

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        for (size_t j = 0; j < sizeof sizes / sizeof *sizes; j++) {
            test_one(counts[i], sizes[j], 0, true);
            test_one(counts[i], sizes[j], 2000, false);
            test_one(counts[i], sizes[j], 1u << 20, false);
        }
    }
    test_read_errors(true, 0, HF_OK);
    test_read_errors(false, 0, HF_OK);
    test_read_errors(true, TEST_NEVER, HF_ERR_IO);
    test_read_errors(false, TEST_NEVER, HF_ERR_IO);
    return tap_done();
}
