/*
 * table_check_test.c - damage to any byte of a table is found, and never makes a read lie.
 *
 * Method: a small table with several levels of index, a filter and samples. Every byte of its
 * file is damaged in two ways, one at a time: the table still opens, since one meta is left;
 * the check says CORRUPT; every lookup and a whole walk are right or CORRUPT, and never "not
 * found". The same for every length that the file can be cut to, for bytes behind its end, for
 * blocks that change places, and for the bytes of another table.
 *
 * Then tables whose checksums hold are made wrong: the check holds the index, the counts and
 * the filter against what is there. Catches a part of the file that nobody looks at, and a bad
 * checksum that is taken for an absent key.
 */
#include "base/tap.h"
#include "store/table/test_table.h"

#define ROWS 14u

/* Every key reads as the rows say, or, unless `strictly`, as CORRUPT. */
static bool
gets_are_right(const struct test_rows *rows, bool strictly)
{
    for (uint32_t i = 0; i < rows->count; i++) {
        struct hf_entry entry = test_entry(&rows->list[i]);
        struct hf_table_found found;
        enum hf_err err = test_get(entry.key, entry.version, &found);
        bool right = err == HF_OK ? test_row_is(&rows->list[i], found.entry)
                                  : err == HF_ERR_CORRUPT && !strictly && found.pin == NULL;
        test_unpin(&found);
        if (!right)
            return false;
    }
    return true;
}

/* A private walk shows the rows, up to the end or to CORRUPT. */
static bool
walk_is_right(const struct test_rows *rows, enum hf_err *err)
{
    struct hf_table_cursor cursor;
    bool right = true;
    uint32_t i = 0;

    *err = test_cursor_open(&cursor, true);
    if (*err == HF_OK)
        *err = hf_table_cursor_seek(&cursor, hf_span(NULL, 0), 0, &test_detail);
    for (; right && *err == HF_OK && !cursor.at_end; i++) {
        right = i < rows->count && test_row_is(&rows->list[i], hf_table_cursor_entry(&cursor));
        *err = hf_table_cursor_next(&cursor, &test_detail);
    }
    test_cursor_close(&cursor);
    return right && (*err == HF_ERR_CORRUPT || (*err == HF_OK && i == rows->count));
}

/* ---- bytes ------------------------------------------------------------------------------- */

/* What reads and the check must say with one byte damaged. */
static bool
survives_damage(const struct test_rows *rows, size_t off)
{
    const struct hf_table_meta *meta = &test_table->meta;
    bool in_blocks = off >= HF_TABLE_META_SIZE && off < meta->filter_off;
    enum hf_err walk;

    if (test_reopen(1u << 20) != HF_OK || !gets_are_right(rows, !in_blocks) ||
        !walk_is_right(rows, &walk))
        return false;
    return (walk == HF_ERR_CORRUPT) == in_blocks && test_check(3) == HF_ERR_CORRUPT;
}

static void
test_every_byte(uint8_t pattern)
{
    struct test_rows rows = test_rows_make(1, ROWS);
    bool held = test_begin_table(&rows, 64, 1u << 20);
    struct test_node *node = test_disk_find(TEST_TABLE_NAME);
    size_t off = 0;

    held = held && test_table->meta.depth >= 3 && test_check(1) == HF_OK;
    for (; held && off < node->size; off++) {
        node->bytes[off] ^= pattern == 0 ? (uint8_t)(1u << off % 8) : pattern;
        held = survives_damage(&rows, off);
        node->bytes[off] ^= pattern == 0 ? (uint8_t)(1u << off % 8) : pattern;
    }
    if (!held)
        printf("# at %zu of %zu: %s\n", off, node->size, test_detail.text);
    TAP_OK(held, "each of %zu bytes damaged, %s: reads are right or CORRUPT, the check says so",
           off, pattern == 0 ? "one bit" : "all bits");
    TAP_OK(test_env.filter_damage > 1000, "a damaged filter is passed over, and counted");
    TAP_OK(test_end(), "all is given back, no rule was broken");
    free(rows.list);
}

static void
test_every_length(void)
{
    struct test_rows rows = test_rows_make(2, ROWS);
    bool held = test_begin_table(&rows, 64, 1u << 20);
    struct test_node *node = test_disk_find(TEST_TABLE_NAME);
    size_t whole = node->size;
    enum hf_err walk;

    /* Open already: the file is cut under the table's feet. */
    for (node->size = 0; held && node->size < whole; node->size++)
        held = test_check(100) == HF_ERR_CORRUPT && walk_is_right(&rows, &walk);
    TAP_OK(held, "each shorter length: a walk is right or CORRUPT, the check says CORRUPT");
    test_disk_grow(node, whole + 1);
    TAP_OK(held && test_check(100) == HF_ERR_CORRUPT, "so it does of a byte too many");
    TAP_OK(test_reopen(0) == HF_ERR_CORRUPT && test_table == NULL,
           "a table whose file has another size does not open");
    TAP_OK(test_end(), "all is given back, no rule was broken");
    free(rows.list);
}

/* Each block in turn gets the bytes of another one that is as long. */
static void
test_misplaced_blocks(void)
{
    struct test_rows rows = test_rows_make(3, 60);
    bool held = test_begin_table(&rows, 64, 1u << 20);
    struct test_node *node = test_disk_find(TEST_TABLE_NAME);
    uint32_t offs[256], sizes[256], count = 0, swaps = 0;
    enum hf_block_kind kind;
    enum hf_err walk;

    for (uint32_t off = HF_TABLE_META_SIZE;
         count < 256 &&
         hf_block_peek(&kind, &sizes[count], hf_span(node->bytes + off, node->size - off)) ==
             HF_TABLE_GOOD;
         off += sizes[count++])
        offs[count] = off;
    for (uint32_t i = 0; held && i < count; i++) {
        for (uint32_t j = 0; held && j < count; j++) {
            uint8_t saved[HF_FILTER_BLOCK_SIZE];
            if (i == j || sizes[i] != sizes[j])
                continue;
            memcpy(saved, node->bytes + offs[i], sizes[i]);
            memcpy(node->bytes + offs[i], node->bytes + offs[j], sizes[i]);
            held = test_reopen(1u << 20) == HF_OK && gets_are_right(&rows, false) &&
                   walk_is_right(&rows, &walk) && test_check(100) == HF_ERR_CORRUPT;
            memcpy(node->bytes + offs[i], saved, sizes[i]);
            swaps++;
        }
    }
    TAP_OK(held && swaps > 20, "a block in another's place is damage, each of %u pairs", swaps);
    TAP_OK(test_reopen(0) == HF_OK && test_check(100) == HF_OK, "put back, all is well");
    TAP_OK(test_end(), "all is given back, no rule was broken");
    free(rows.list);
}

/* ---- wrong, with good checksums ---------------------------------------------------------- */

/* Changes the meta in memory and in both places of the file. */
static void
put_meta(const struct hf_table_meta *meta)
{
    struct test_node *node = test_disk_find(TEST_TABLE_NAME);

    test_table->meta = *meta;
    hf_table_meta_encode(node->bytes, meta);
    hf_table_meta_encode(node->bytes + node->size - HF_TABLE_META_SIZE, meta);
}

static void
test_wrong_totals(void)
{
    struct test_rows rows = test_rows_make(4, 30);
    bool held = test_begin_table(&rows, 64, 0);
    struct hf_table_meta right = test_table->meta;
    struct hf_table_info info = test_table->info;
    struct hf_table_meta wrong[7] = { right, right, right, right, right, right, right };

    wrong[0].entries = ++test_table->info.entries;
    held = held && (put_meta(&wrong[0]), test_check(9)) == HF_ERR_CORRUPT;
    test_table->info = info;
    wrong[1].deletes = ++test_table->info.deletes;
    held = held && (put_meta(&wrong[1]), test_check(9)) == HF_ERR_CORRUPT;
    test_table->info = info;
    wrong[2].version_min = --test_table->info.version_min;
    held = held && (put_meta(&wrong[2]), test_check(9)) == HF_ERR_CORRUPT;
    test_table->info = info;
    wrong[3].version_max = ++test_table->info.version_max;
    held = held && (put_meta(&wrong[3]), test_check(9)) == HF_ERR_CORRUPT;
    test_table->info = info;
    wrong[4].data_size++;
    held = held && (put_meta(&wrong[4]), test_check(9)) == HF_ERR_CORRUPT;
    wrong[5].key_size_max++;
    held = held && (put_meta(&wrong[5]), test_check(9)) == HF_ERR_CORRUPT;
    wrong[6].entry_size_max++;
    held = held && (put_meta(&wrong[6]), test_check(9)) == HF_ERR_CORRUPT;
    TAP_OK(held, "a meta that counts other entries than there are is CORRUPT");
    put_meta(&right);
    test_table->info.key_min = info.key_max;
    held = test_check(9) == HF_ERR_CORRUPT;
    test_table->info = info;
    test_table->info.key_max = info.key_min;
    TAP_OK(held && test_check(9) == HF_ERR_CORRUPT, "so are keys past the manifest's bounds");
    test_table->info.key_max =
        hf_span("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 13);
    TAP_OK(test_check(9) == HF_ERR_CORRUPT, "and bounds that no key reaches");
    test_table->info = info;
    TAP_OK(test_check(9) == HF_OK, "put right, all is well");
    TAP_OK(test_end(), "all is given back, no rule was broken");
    free(rows.list);
}

/* Metas that promise less than the blocks take: memory is taken by what they say. */
static void
test_wrong_sizes(void)
{
    struct test_rows rows = test_rows_make(8, 30);
    bool held = test_begin_table(&rows, 64, 0);
    struct hf_table_meta right = test_table->meta, small = right, flat = right, moved = right;
    enum hf_err walk;

    small.block_size_max--;
    put_meta(&small);
    held = held && gets_are_right(&rows, false) && walk_is_right(&rows, &walk) &&
           walk == HF_ERR_CORRUPT && test_check(9) == HF_ERR_CORRUPT;
    TAP_OK(held, "a block larger than the meta says is CORRUPT");
    flat.loaded_size_max--;
    put_meta(&flat);
    held = gets_are_right(&rows, false) && walk_is_right(&rows, &walk) &&
           walk == HF_ERR_CORRUPT && test_check(9) == HF_ERR_CORRUPT;
    TAP_OK(held, "so is one that is larger when it is loaded");
    moved.filter_off = HF_TABLE_META_SIZE;
    put_meta(&moved);
    held = test_reopen(1u << 20) == HF_OK && gets_are_right(&rows, false);
    TAP_OK(held && test_check(9) == HF_ERR_CORRUPT, "so is a filter where there are entries");
    put_meta(&right);
    TAP_OK(test_check(9) == HF_OK, "put right, all is well");
    TAP_OK(test_end(), "all is given back, no rule was broken");
    free(rows.list);
}

/* The second meta says something else of what only a check can know. */
static void
test_two_metas(void)
{
    struct test_rows rows = test_rows_make(9, 30);
    bool held = test_begin_table(&rows, 64, 0);
    struct test_node *node = test_disk_find(TEST_TABLE_NAME);
    struct hf_table_meta meta = test_table->meta;

    meta.data_size++;
    hf_table_meta_encode(node->bytes + node->size - HF_TABLE_META_SIZE, &meta);
    TAP_OK(held && test_check(9) == HF_ERR_CORRUPT, "two metas that differ are CORRUPT");
    meta.data_size--;
    meta.file_size += 16;
    test_table->info.size += 16;
    test_disk_grow(node, node->size + 16);
    put_meta(&meta);
    TAP_OK(test_check(9) == HF_ERR_CORRUPT, "and so are bytes between that nothing leads to");
    TAP_OK(test_end(), "all is given back, no rule was broken");
    free(rows.list);
}

/* Samples sealed anew, one fewer than there are. */
static void
test_wrong_samples(void)
{
    struct test_rows rows = test_rows_make(10, 30);
    bool held = test_begin_table(&rows, 64, 0);
    struct hf_block_place place = test_table->meta.samples;
    uint8_t *block = test_disk_find(TEST_TABLE_NAME)->bytes + place.off;

    block[HF_BLOCK_HEAD]--;
    hf_block_seal(block, HF_BLOCK_SAMPLES, place.size - HF_BLOCK_OVERHEAD,
                  test_table->mask_base, place.off);
    TAP_OK(held && test_check(9) == HF_ERR_CORRUPT, "samples that do not add up are CORRUPT");
    TAP_OK(test_end(), "all is given back, no rule was broken");
    free(rows.list);
}

/* Six keys of one letter, two in a block; in the second block the first is made to sort before
 * those of the first block. */
static void
test_wrong_order(void)
{
    struct test_rows rows = { calloc(6, sizeof *rows.list), 6 };
    struct hf_block_place place = { .off = HF_TABLE_META_SIZE };
    enum hf_block_kind kind;
    enum hf_err walk;

    for (uint32_t i = 0; i < rows.count; i++)
        rows.list[i] = (struct test_row){ .key = { "bcefhi"[i] }, .key_size = 1, .version = 1 };
    bool held = test_begin_table(&rows, 25, 0);
    struct test_node *node = test_disk_find(TEST_TABLE_NAME);
    for (unsigned i = 0; i < 2; i++) {
        place.off += place.size;
        held = held && hf_block_peek(&kind, &place.size,
                                     hf_span(node->bytes + place.off,
                                             node->size - place.off)) == HF_TABLE_GOOD;
    }
    uint8_t *block = node->bytes + place.off, *key = memchr(block, 'e', place.size);
    if (TAP_OK(held && key != NULL && memchr(block, 'f', place.size) != NULL,
               "the second block has the third and the fourth key")) {
        *key = 'a';
        hf_block_seal(block, HF_BLOCK_DATA, place.size - HF_BLOCK_OVERHEAD,
                      test_table->mask_base, place.off);
        TAP_OK(test_reopen(0) == HF_OK && gets_are_right(&rows, false) &&
                   walk_is_right(&rows, &walk) && walk == HF_ERR_CORRUPT &&
                   test_check(9) == HF_ERR_CORRUPT,
               "a key that sorts before the block that it stands in is CORRUPT");
    }
    TAP_OK(test_end(), "all is given back, no rule was broken");
    free(rows.list);
}

/* Seals the filter anew, with one bit of it gone that some key needs. */
static void
test_wrong_filter(void)
{
    struct test_rows rows = test_rows_make(5, 30);
    bool held = test_begin_table(&rows, 64, 0);
    struct test_node *node = test_disk_find(TEST_TABLE_NAME);
    uint64_t off = test_table->meta.filter_off;
    uint8_t *block = node->bytes + off;
    size_t at = HF_BLOCK_HEAD;

    while (block[at] == 0)
        at++;
    block[at] &= (uint8_t)(block[at] - 1);
    hf_block_seal(block, HF_BLOCK_FILTER, HF_FILTER_PAYLOAD, test_table->mask_base, off);
    TAP_OK(held && test_check(9) == HF_ERR_CORRUPT,
           "a filter that leaves out a key is CORRUPT");
    TAP_OK(test_end(), "all is given back, no rule was broken");
    free(rows.list);
}

/* An index with good checksums whose root leads somewhere else: sealed anew. */
static bool
root_leads_to(struct hf_block_place place, const struct test_rows *rows)
{
    struct test_node *node = test_disk_find(TEST_TABLE_NAME);
    struct hf_block_place root = test_table->meta.root;
    uint8_t *block = node->bytes + root.off, saved[HF_BLOCK_PLACE_SIZE];
    uint8_t *value = block + root.size - 4 - HF_BLOCK_PLACE_SIZE; /* of the last entry */
    uint32_t payload_size = root.size - HF_BLOCK_OVERHEAD;
    enum hf_err walk;
    bool held;

    memcpy(saved, value, sizeof saved);
    hf_block_place_encode(value, place);
    hf_block_seal(block, HF_BLOCK_INDEX, payload_size, test_table->mask_base, root.off);
    held = test_reopen(1u << 20) == HF_OK && gets_are_right(rows, false) &&
           walk_is_right(rows, &walk) && walk == HF_ERR_CORRUPT &&
           test_check(100) == HF_ERR_CORRUPT;
    memcpy(value, saved, sizeof saved);
    hf_block_seal(block, HF_BLOCK_INDEX, payload_size, test_table->mask_base, root.off);
    return held;
}

static void
test_wrong_index(void)
{
    struct test_rows rows = test_rows_make(6, 60);
    bool held = test_begin_table(&rows, 64, 0);
    const struct test_node *node = test_disk_find(TEST_TABLE_NAME);
    struct hf_block_place place = { .off = HF_TABLE_META_SIZE };
    enum hf_block_kind kind;
    uint32_t count = 0;

    for (; held && hf_block_peek(&kind, &place.size,
                                 hf_span(node->bytes + place.off, node->size - place.off)) ==
                       HF_TABLE_GOOD;
         place.off += place.size) {
        /* The last entry of the root does lead to the block that stands before the root. */
        if (place.off + place.size == test_table->meta.root.off)
            continue;
        held = root_leads_to(place, &rows);
        count++;
    }
    held = held && root_leads_to((struct hf_block_place){ 0, 64 }, &rows) &&
           root_leads_to((struct hf_block_place){ UINT64_MAX, UINT32_MAX }, &rows) &&
           root_leads_to((struct hf_block_place){ 200, UINT32_MAX }, &rows);
    TAP_OK(held && count > 20, "an index that leads anywhere else is CORRUPT: %u places",
           count);
    TAP_OK(test_reopen(0) == HF_OK && test_check(100) == HF_OK, "put right, all is well");
    TAP_OK(test_end(), "all is given back, no rule was broken");
    free(rows.list);
}

/* ---- a large table -------------------------------------------------------------------- */

/* More keys than the check keeps filter blocks for. */
static enum hf_err
add_numbers(struct hf_table_writer *writer, uint32_t count)
{
    enum hf_err err = HF_OK;

    for (uint32_t i = 0; err == HF_OK && i < count; i++) {
        uint8_t key[4] = { (uint8_t)(i >> 24), (uint8_t)(i >> 16), (uint8_t)(i >> 8),
                           (uint8_t)i };
        struct hf_entry entry = { .key = hf_span(key, sizeof key), .version = 1 };
        err = hf_table_writer_add(writer, &entry, &test_detail);
    }
    return err;
}

static void
test_large_filter(void)
{
    struct hf_table_plan plan = {
        .number = 7,
        .entries_max = 880000,
        .entry_size_max = 4,
        .key_size_max = 4,
        .block_size = 16384,
    };
    struct hf_table_writer *writer = NULL;
    struct hf_table_info info;
    bool held = test_begin(0);

    hf_mutex_lock(&test_mutex);
    held = held && hf_table_writer_open(&writer, &test_env, &plan, &test_detail) == HF_OK &&
           add_numbers(writer, (uint32_t)plan.entries_max) == HF_OK &&
           hf_table_writer_finish(writer, &info, &test_detail) == HF_OK &&
           hf_table_open(&test_table, &test_env, &info, &test_detail) == HF_OK;
    hf_table_writer_close(writer);
    hf_mutex_unlock(&test_mutex);
    TAP_OK(held && test_table->meta.filter_count > 256 && test_check(1000) == HF_OK,
           "a table with more filter blocks than are kept at a time is sound");
    TAP_OK(test_end(), "all is given back, no rule was broken");
}

/* ---- failures ---------------------------------------------------------------------------- */

static void
test_failures(void)
{
    struct test_rows rows = test_rows_make(7, 30);
    bool held = test_begin_table(&rows, 64, 0);
    uint32_t fail_at = 0, calls;

    test_disk.calls = 0;
    held = held && test_check(2) == HF_OK;
    calls = test_disk.calls;
    for (; held && fail_at < calls; fail_at++) {
        test_disk.calls = 0;
        test_disk.fail_at = fail_at;
        test_disk.fail_for = TEST_NEVER;
        held = test_check(2) == HF_ERR_IO;
    }
    test_disk.fail_at = TEST_NEVER;
    TAP_OK(held && calls > 20, "a read that fails is IO, each of %u in turn", calls);
    held = true;
    for (fail_at = 0; held && fail_at < 2; fail_at++) {
        test_disk.allocs = 0;
        test_disk.alloc_fail_at = fail_at;
        held = test_check(2) == HF_ERR_NO_MEMORY;
    }
    test_disk.alloc_fail_at = TEST_NEVER;
    TAP_OK(held && test_check(2) == HF_OK, "memory that is refused is NO_MEMORY");
    TAP_OK(test_end(), "all is given back, no rule was broken");
    free(rows.list);
}

int
main(void)
{
    test_every_byte(0xff);
    test_every_byte(0);
    test_every_length();
    test_misplaced_blocks();
    test_wrong_totals();
    test_wrong_sizes();
    test_two_metas();
    test_wrong_samples();
    test_wrong_order();
    test_wrong_filter();
    test_wrong_index();
    test_large_filter();
    test_failures();
    return tap_done();
}
