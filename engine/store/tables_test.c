/*
 * tables_test.c - a database whose data moves from the log into tables and down their levels.
 *
 * Method: a model keeps every version of every key. Random commits, some of which delete
 * ranges, flushes, compactions, bounded work, closes and opens alternate, with segments of a
 * few KiB, so that tables are small and levels many; after each round, reads through every door
 * (points, scans both ways, seeks, at random versions) must equal the model, and verify must
 * find nothing. The seeds are printed.
 */
#define _GNU_SOURCE
#include "base/span.h"
#include "base/tap.h"
#include "holdfast.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#define KEYS 48
#define VERSIONS 6000
#define ROUNDS 40
#define VALUE_MAX 300

/* What a commit did to one key, newest last. */
struct past {
    uint64_t version;
    uint32_t len; /* of the value, which is made of version and key */
    bool is_delete;
};

static struct past pasts[KEYS][VERSIONS];
static uint32_t past_count[KEYS];
static uint64_t random_state;
static char path[300];
static struct hf_options options = HF_OPTIONS_INIT;
static struct hf_db *db;

static uint64_t
random_below(uint64_t bound)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % bound;
}

/* Keys of different lengths, some with a long prefix in common. */
static struct hf_span
key_of(unsigned key)
{
    static char text[4][200];
    static int turn;
    char *at = text[turn++ % 4];
    int len = snprintf(at, 200, "%s%02u%.*s", key % 3 == 0 ? "a-long-prefix-" : "b", key,
                       (int)(key % 40), "........................................");
    return hf_span(at, (size_t)len);
}

/* The keys in the order that they sort in. */
static unsigned sorted[KEYS];

static int
compare_keys(const void *a, const void *b)
{
    return hf_span_compare(key_of(*(const unsigned *)a), key_of(*(const unsigned *)b));
}

static void
fill_value(uint8_t *to, unsigned key, const struct past *past)
{
    for (uint32_t i = 0; i < past->len; i++)
        to[i] = (uint8_t)(past->version * 31 + key * 7 + i);
}

/* What the model has for a key as of a version; NULL: nothing. */
static const struct past *
model(unsigned key, uint64_t version)
{
    for (uint32_t i = past_count[key]; i > 0; i--) {
        if (pasts[key][i - 1].version <= version)
            return pasts[key][i - 1].is_delete ? NULL : &pasts[key][i - 1];
    }
    return NULL;
}

static bool
is_right(const struct hf_item *item, unsigned key, const struct past *past)
{
    uint8_t value[VALUE_MAX];

    fill_value(value, key, past);
    return item->version == past->version && hf_span_equal(item->key, key_of(key)) &&
           hf_span_equal(item->value, hf_span(value, past->len));
}

/* ---- writing ----------------------------------------------------------------------------- */

/* What a commit does to a key; a later operation of the commit overrides. */
static void
note(unsigned key, const struct past *made)
{
    uint32_t n = past_count[key];

    if (n > 0 && pasts[key][n - 1].version == made->version)
        n--;
    pasts[key][n] = *made;
    past_count[key] = n + 1;
}

/* Deletes the keys from one position of sorted[] up to another, or from the first, or to the
 * end. Small ranges are the most. */
static enum hf_err
add_range(struct hf_batch *batch, uint64_t version)
{
    struct past gone = { version, 0, true };
    unsigned from = (unsigned)random_below(KEYS), most = random_below(4) > 0 ? 5 : KEYS;
    unsigned limit = from + 1 + (unsigned)random_below(most);

    if (limit > KEYS)
        limit = KEYS;
    for (unsigned i = from; i < limit; i++)
        note(sorted[i], &gone);
    return hf_batch_delete_range(batch, from == 0 ? hf_span(NULL, 0) : key_of(sorted[from]),
                                 limit == KEYS ? hf_span(NULL, 0) : key_of(sorted[limit]));
}

static enum hf_err
add_one(struct hf_batch *batch, uint64_t version)
{
    unsigned key = (unsigned)random_below(KEYS);
    struct past made = { version, (uint32_t)random_below(VALUE_MAX), random_below(4) == 0 };
    uint8_t value[VALUE_MAX];

    if (random_below(12) == 0)
        return add_range(batch, version);
    note(key, &made);
    fill_value(value, key, &made);
    return made.is_delete ? hf_batch_delete(batch, key_of(key))
                          : hf_batch_put(batch, key_of(key), hf_span(value, made.len));
}

static bool
commit_some(void)
{
    struct hf_batch *batch = NULL;
    unsigned changes = 1 + (unsigned)random_below(4);
    uint64_t version = hf_last_version(db) + 1, got = 0;
    bool ok = hf_batch_open(&batch, db) == HF_OK;

    for (unsigned i = 0; ok && i < changes; i++)
        ok = add_one(batch, version) == HF_OK;
    ok = ok && hf_batch_commit(batch, 0, &got) == HF_OK && got == version;
    hf_batch_close(batch);
    return ok;
}

static bool
reopen(void)
{
    struct hf_error error;

    if (db != NULL && hf_close(db) != HF_OK)
        return false;
    db = NULL;
    if (hf_open(&db, path, &options, &error) == HF_OK)
        return true;
    printf("# open: %s\n", error.text);
    return false;
}

/* ---- reading ----------------------------------------------------------------------------- */

static bool
points_are_right(struct hf_view *view, uint64_t version)
{
    struct hf_span keys[KEYS];
    struct hf_item items[KEYS], one;
    static char names[KEYS][200];

    for (unsigned key = 0; key < KEYS; key++) {
        struct hf_span name = key_of(key);
        memcpy(names[key], name.at, name.len);
        keys[key] = hf_span(names[key], name.len);
        const struct past *past = model(key, version);
        enum hf_err err = hf_view_get(view, name, &one);
        if (past == NULL ? err != HF_ERR_NOT_FOUND
                         : err != HF_OK || !is_right(&one, key, past)) {
            printf("# key %u at version %" PRIu64 ": %s\n", key, version, hf_err_name(err));
            return false;
        }
    }
    if (hf_view_get_many(view, keys, KEYS, items) != HF_OK)
        return false;
    for (unsigned key = 0; key < KEYS; key++) {
        const struct past *past = model(key, version);
        if (past == NULL ? items[key].version != 0 : !is_right(&items[key], key, past))
            return false;
    }
    return true;
}

/* Reads on from position `at` of sorted[], in the iterator's direction. */
static bool
rest_is_right(struct hf_iter *iter, uint64_t version, int at, bool reverse)
{
    struct hf_item item;
    enum hf_err err;

    while ((err = hf_iter_next(iter, &item)) == HF_OK) {
        while (at >= 0 && at < KEYS && model(sorted[at], version) == NULL)
            at += reverse ? -1 : 1;
        if (at < 0 || at >= KEYS || !is_right(&item, sorted[at], model(sorted[at], version))) {
            printf("# scan at version %" PRIu64 ": wrong at %d of %u\n", version, at, KEYS);
            return false;
        }
        at += reverse ? -1 : 1;
    }
    while (at >= 0 && at < KEYS && model(sorted[at], version) == NULL)
        at += reverse ? -1 : 1;
    if (err != HF_ERR_NOT_FOUND || (at >= 0 && at < KEYS))
        printf("# scan ended with %s at %d\n", hf_err_name(err), at);
    return err == HF_ERR_NOT_FOUND && (at < 0 || at >= KEYS);
}

static bool
scans_are_right(struct hf_view *view, uint64_t version, bool reverse)
{
    struct hf_range range = { .reverse = reverse };
    struct hf_iter *iter = NULL;
    bool ok = hf_iter_open(&iter, view, &range) == HF_OK &&
              rest_is_right(iter, version, reverse ? KEYS - 1 : 0, reverse);

    for (int i = 0; ok && i < 4; i++) {
        int at = (int)random_below(KEYS);
        ok = hf_iter_seek(iter, key_of(sorted[at])) == HF_OK &&
             rest_is_right(iter, version, at, reverse);
    }
    hf_iter_close(iter);
    return ok;
}

static bool
all_is_right(uint64_t version)
{
    struct hf_view *view = NULL;
    bool ok = hf_view_open(&view, db, version) == HF_OK && points_are_right(view, version) &&
              scans_are_right(view, version, false) && scans_are_right(view, version, true);

    hf_view_close(view);
    return ok;
}

static void
print_finding(void *context, const char *line)
{
    (void)context;
    printf("# finding: %s\n", line);
}

/* The most tables, and the most levels with tables, that any round has seen. */
static uint64_t tables_max, levels_max;

static void
note_levels(const struct hf_stats *stats)
{
    uint64_t levels = 0;

    for (int level = 0; level < HF_LEVEL_COUNT; level++)
        levels += stats->level_tables[level] > 0;
    if (stats->tables > tables_max)
        tables_max = stats->tables;
    if (levels > levels_max)
        levels_max = levels;
}

static bool
round_is_right(void)
{
    struct hf_stats stats = HF_STATS_INIT;

    hf_stats_get(db, &stats);
    note_levels(&stats);
    uint64_t span = stats.last_version - stats.oldest_version + 1;
    for (int i = 0; i < 3; i++) {
        uint64_t version =
            i == 0 ? stats.last_version : stats.oldest_version + random_below(span);
        if (!all_is_right(version))
            return false;
    }
    return hf_verify(db, print_finding, NULL) == HF_OK;
}

/* ---- rounds ------------------------------------------------------------------------------ */

static bool
act(void)
{
    bool more = true;

    for (uint64_t n = random_below(80); n > 0; n--) {
        if (!commit_some())
            return false;
    }
    switch (random_below(8)) {
    case 0:
    case 1:
        return hf_flush(db) == HF_OK;
    case 2:
        return hf_compact(db) == HF_OK;
    case 3:
    case 4:
        return reopen();
    default:
        for (int i = 0; more && i < 200; i++) {
            if (hf_work(db, &more) != HF_OK)
                return false;
        }
        return true;
    }
}

static void
run(uint64_t seed, uint64_t keep, unsigned flags)
{
    bool ok;

    random_state = seed;
    tables_max = levels_max = 0;
    memset(past_count, 0, sizeof past_count);
    snprintf(path + strlen(path), 32, "/db%" PRIu64, seed);
    options.segment_size = 8192;
    options.sector = 512;
    options.keep_versions = keep;
    options.flags = HF_CREATE | flags;
    printf("# seed %" PRIu64 "\n", seed);
    ok = reopen();
    for (int i = 0; ok && i < ROUNDS; i++)
        ok = act() && round_is_right();
    TAP_OK(ok, "every read equals the model through %d rounds, %s", ROUNDS,
           keep == HF_KEEP_ALL ? "all versions kept" : "few versions kept");
    TAP_OK(tables_max > 2 && levels_max > 1,
           "its data stood in %d tables or more, on %d levels", (int)tables_max,
           (int)levels_max);
    if (!ok && db != NULL) {
        struct hf_error error;
        hf_error_get(db, &error);
        printf("# last error: %s\n", error.text);
    }
    TAP_OK(hf_close(db) == HF_OK, "and the database closes");
    db = NULL;
    *strrchr(path, '/') = 0;
}

/* Keys that ascend, a few to a table, until nothing is left to do. */
static bool
fill_ascending(void)
{
    char key[16];
    bool more = true;

    for (int i = 0; i < 2000; i++) {
        snprintf(key, sizeof key, "%08d", i);
        if (hf_put(db, hf_span(key, 8), hf_span(key, 8), 0, NULL) != HF_OK)
            return false;
        while (more && i % 50 == 0) {
            if (hf_work(db, &more) != HF_OK)
                return false;
        }
        more = true;
    }
    return hf_flush(db) == HF_OK;
}

static void
test_moves(void)
{
    struct hf_stats stats = HF_STATS_INIT;
    struct hf_view *view = NULL;
    struct hf_iter *iter = NULL;
    struct hf_range range = { { NULL, 0 }, { NULL, 0 }, false };
    struct hf_item item;
    int count = 0;

    snprintf(path + strlen(path), 32, "/moves");
    options.keep_versions = HF_KEEP_ALL;
    options.flags = HF_CREATE | HF_SINGLE_THREAD;
    bool ok = reopen() && fill_ascending();
    hf_stats_get(db, &stats);
    TAP_OK(ok && stats.moved_tables > 4 && stats.compactions == 0 &&
               stats.table_entries == stats.last_version,
           "tables of ascending keys go down without being written again");
    ok = hf_verify(db, print_finding, NULL) == HF_OK && reopen() &&
         hf_view_open(&view, db, HF_LATEST) == HF_OK &&
         hf_iter_open(&iter, view, &range) == HF_OK;
    while (ok && hf_iter_next(iter, &item) == HF_OK)
        count++;
    TAP_OK(ok && count == 2000, "and all of them are there, after an open too");
    hf_iter_close(iter);
    hf_view_close(view);
    hf_close(db);
    db = NULL;
    *strrchr(path, '/') = 0;
}

/* ---- scans over deleted ranges ----------------------------------------------------------- */

#define WIDE_KEYS 2000u
#define WIDE_FIRST 100u
#define WIDE_LIMIT 1900u

static struct hf_span
wide_key(unsigned key)
{
    static char text[4][16];
    static int turn;
    char *at = text[turn++ % 4];

    return hf_span(at, (size_t)snprintf(at, 16, "k%05u", key));
}

static uint64_t
block_reads(void)
{
    struct hf_stats stats = HF_STATS_INIT;

    hf_stats_get(db, &stats);
    return stats.block_reads;
}

/* The blocks that a scan of all reads after an open, which has to give out `count` keys. */
static uint64_t
read_by_scan(bool reverse, unsigned count)
{
    struct hf_range range = { .reverse = reverse };
    struct hf_view *view = NULL;
    struct hf_iter *iter = NULL;
    struct hf_item item;
    enum hf_err err = hf_close(db);
    unsigned seen = 0;

    db = NULL;
    if (err != HF_OK || hf_open(&db, path, &options, NULL) != HF_OK ||
        hf_view_open(&view, db, HF_LATEST) != HF_OK ||
        hf_iter_open(&iter, view, &range) != HF_OK)
        return UINT64_MAX;
    uint64_t before = block_reads();
    while ((err = hf_iter_next(iter, &item)) == HF_OK)
        seen++;
    hf_iter_close(iter);
    hf_view_close(view);
    return err == HF_ERR_NOT_FOUND && seen == count ? block_reads() - before : UINT64_MAX;
}

static void
test_wide_range(void)
{
    static const uint8_t value[100];
    bool ok = true;

    snprintf(path + strlen(path), 32, "/wide");
    options.keep_versions = HF_KEEP_ALL;
    ok = hf_open(&db, path, &options, NULL) == HF_OK;
    for (unsigned i = 0; ok && i < WIDE_KEYS; i++)
        ok = hf_put(db, wide_key(i), hf_span(value, sizeof value), 0, NULL) == HF_OK;
    ok = ok && hf_compact(db) == HF_OK;
    uint64_t all = read_by_scan(false, WIDE_KEYS);
    ok =
        ok && hf_delete_range(db, wide_key(WIDE_FIRST), wide_key(WIDE_LIMIT), 0, NULL) == HF_OK;
    unsigned left = WIDE_KEYS - (WIDE_LIMIT - WIDE_FIRST);
    uint64_t forward = read_by_scan(false, left), back = read_by_scan(true, left);
    printf("# %" PRIu64 " blocks; beside the range %" PRIu64 ", backward %" PRIu64 "\n", all,
           forward, back);
    TAP_OK(ok && all < UINT64_MAX && forward < all / 4 && back < all / 4,
           "a scan reads little of what a newer range covers, either way");
    ok = hf_put(db, wide_key(1000), hf_span(value, 1), 0, NULL) == HF_OK &&
         hf_flush(db) == HF_OK;
    forward = read_by_scan(false, left + 1);
    back = read_by_scan(true, left + 1);
    TAP_OK(ok && forward < all / 4 && back < all / 4,
           "and finds what was put into it since, wherever that is");
    ok = hf_delete_range(db, hf_span(NULL, 0), wide_key(50), 0, NULL) == HF_OK &&
         hf_delete_range(db, wide_key(1950), hf_span(NULL, 0), 0, NULL) == HF_OK;
    TAP_OK(ok && read_by_scan(false, left + 1 - 100) < all / 4 &&
               read_by_scan(true, left + 1 - 100) < all / 4,
           "so it is with ranges from the first key, and to the end");
    TAP_OK(hf_verify(db, NULL, NULL) == HF_OK && hf_close(db) == HF_OK, "and all is sound");
    db = NULL;
    *strrchr(path, '/') = 0;
}

/* ---- what a compaction leaves on the disk ------------------------------------------------ */

static unsigned
count_table_files(void)
{
    DIR *dir = opendir(path);
    unsigned count = 0;
    const struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL)
        count += strncmp(entry->d_name, "table-", 6) == 0;
    if (dir != NULL)
        closedir(dir);
    return count;
}

static bool
overwrite_some(void)
{
    static const uint8_t value[200];
    bool ok = true;

    for (unsigned i = 0; ok && i < 1000; i++)
        ok = hf_put(db, wide_key((unsigned)random_below(300)), hf_span(value, sizeof value), 0,
                    NULL) == HF_OK;
    return ok;
}

/* Beside background threads, which put off the removal of files. */
static void
test_compact_removes(void)
{
    struct hf_stats stats = HF_STATS_INIT;
    unsigned left_over = 0;

    snprintf(path + strlen(path), 32, "/removed");
    options.keep_versions = 0;
    options.segment_size = 64 << 10;
    options.flags = HF_CREATE;
    bool ok = hf_open(&db, path, &options, NULL) == HF_OK;
    for (int i = 0; ok && i < 10; i++) {
        ok = overwrite_some() && hf_compact(db) == HF_OK;
        unsigned files = count_table_files();
        hf_stats_get(db, &stats);
        left_over += files - (unsigned)stats.tables;
    }
    TAP_OK(ok && left_over == 0, "after hf_compact no file of a merged table is left (%u)",
           left_over);
    TAP_OK(hf_close(db) == HF_OK, "and the database closes");
    db = NULL;
    *strrchr(path, '/') = 0;
}

int
main(void)
{
    const char *tmp = getenv("TMPDIR");

    for (unsigned i = 0; i < KEYS; i++)
        sorted[i] = i;
    qsort(sorted, KEYS, sizeof *sorted, compare_keys);
    snprintf(path, sizeof path, "%s/tables_test.XXXXXX", tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(path) == NULL)
        return 1;
    for (uint64_t seed = 1; seed <= 2; seed++) {
        run(seed * 2, HF_KEEP_ALL, HF_SINGLE_THREAD);
        run(seed * 2 + 1, 20, HF_BACKGROUND_CALLER);
    }
    run(100, 5, 0);
    test_moves();
    test_wide_range();
    test_compact_removes();
    char command[400];
    snprintf(command, sizeof command, "rm -rf '%s'", path);
    if (system(command) != 0)
        printf("# could not remove %s\n", path);
    return tap_done();
}
