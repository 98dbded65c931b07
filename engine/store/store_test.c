/*
 * store_test.c - the database through its public interface, over real files.
 *
 * Method: each property is set up in a new directory, checked, and checked again after a close
 * and an open; damage is done to the files with plain stdio between two opens. What only a
 * crash can show is the simulator's part.
 */
#define _GNU_SOURCE
#include "base/bytes.h"
#include "base/span.h"
#include "base/tap.h"
#include "holdfast.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[256];
static int next_dir;

static struct hf_span
text(const char *s)
{
    return hf_span(s, strlen(s));
}

/* A path for a new database. */
static const char *
fresh_path(void)
{
    static char path[320];
    snprintf(path, sizeof path, "%s/db%d", root, next_dir++);
    return path;
}

static struct hf_options
options_for(enum hf_mode mode)
{
    struct hf_options options = HF_OPTIONS_INIT;
    options.mode = mode;
    options.flags |= HF_BACKGROUND_CALLER;
    options.segment_size = 64u << 10;
    return options;
}

static struct hf_db *
open_with(const char *path, const struct hf_options *options)
{
    struct hf_db *db;
    struct hf_error error;
    if (hf_open(&db, path, options, &error) != HF_OK) {
        printf("# open: %s: %s\n", hf_err_name(error.code), error.text);
        return NULL;
    }
    return db;
}

/* Whether `key` reads as `value`; NULL: as not found. */
static bool
reads(struct hf_db *db, const char *key, const char *value)
{
    char buffer[256];
    size_t size = 0;
    enum hf_err err = hf_get(db, text(key), buffer, sizeof buffer, &size, NULL);
    if (value == NULL)
        return err == HF_ERR_NOT_FOUND;
    return err == HF_OK && hf_span_equal(hf_span(buffer, size), text(value));
}

/* The keys of a range joined by spaces. */
static const char *
keys_of(struct hf_db *db, uint64_t version, const char *from, const char *limit, bool reverse)
{
    static char joined[512];
    struct hf_range range = { text(from), text(limit), reverse };
    struct hf_view *view;
    struct hf_iter *iter;
    struct hf_item item;
    size_t used = 0;
    joined[0] = 0;
    if (hf_view_open(&view, db, version) != HF_OK)
        return "no view";
    if (hf_iter_open(&iter, view, &range) == HF_OK) {
        while (hf_iter_next(iter, &item) == HF_OK)
            used +=
                (size_t)snprintf(joined + used, sizeof joined - used, "%s%.*s", used ? " " : "",
                                 (int)item.key.len, (const char *)item.key.at);
    }
    hf_iter_close(iter);
    hf_view_close(view);
    return joined;
}

static void
count_line(void *context, const char *line)
{
    printf("# finding: %s\n", line);
    ++*(int *)context;
}

static int
findings(struct hf_db *db)
{
    int count = 0;
    enum hf_err err = hf_verify(db, count_line, &count);
    return err == HF_OK ? 0 : count > 0 ? count : -1;
}

/* ---- reads and writes -------------------------------------------------------------------- */

static void
test_round_trip(enum hf_mode mode, const char *name)
{
    struct hf_options options = options_for(mode);
    const char *path = mode == HF_MODE_MEMORY ? NULL : fresh_path();
    struct hf_db *db = open_with(path, &options);
    uint64_t v1 = 0, v2 = 0, found = 0;

    if (!TAP_OK(db != NULL, "%s: a new database opens", name))
        return;
    TAP_OK(hf_put(db, text("a"), text("1"), 0, &v1) == HF_OK && v1 == 1,
           "%s: first version is 1", name);
    TAP_OK(hf_put(db, text("b"), text("2"), 0, NULL) == HF_OK &&
               hf_put(db, text("a"), text("3"), 0, &v2) == HF_OK && v2 == 3,
           "%s: versions are consecutive", name);
    TAP_OK(hf_delete(db, text("b"), 0, NULL) == HF_OK && reads(db, "b", NULL),
           "%s: a deleted key is not found", name);
    TAP_OK(hf_cas(db, text("a"), 1, text("x"), 0, &found) == HF_ERR_CONFLICT && found == 3,
           "%s: cas on an old version conflicts and names the new one", name);
    TAP_OK(hf_cas(db, text("a"), 3, text("4"), 0, NULL) == HF_OK &&
               hf_cas(db, text("c"), 0, text("5"), 0, NULL) == HF_OK &&
               hf_cas(db, text("c"), 0, text("6"), 0, NULL) == HF_ERR_CONFLICT,
           "%s: cas on the right version, or on a missing key, puts", name);
    for (int life = 0; life < 2; life++) {
        TAP_OK(reads(db, "a", "4") && reads(db, "b", NULL) && reads(db, "c", "5"),
               "%s: reads after %d reopens", name, life);
        TAP_OK(strcmp(keys_of(db, HF_LATEST, "", "", false), "a c") == 0 &&
                   strcmp(keys_of(db, HF_LATEST, "", "", true), "c a") == 0,
               "%s: scans both ways", name);
        TAP_OK(strcmp(keys_of(db, 2, "", "", false), "a b") == 0, "%s: a scan as of version 2",
               name);
        TAP_OK(findings(db) == 0, "%s: verify finds nothing", name);
        if (mode == HF_MODE_MEMORY)
            break;
        TAP_OK(hf_close(db) == HF_OK, "%s: closes", name);
        db = open_with(path, &options);
        if (!TAP_OK(db != NULL, "%s: opens again", name))
            return;
    }
    TAP_OK(hf_close(db) == HF_OK, "%s: closes at the end", name);
}

static void
test_batch(void)
{
    struct hf_options options = options_for(HF_MODE_STRICT);
    struct hf_db *db = open_with(fresh_path(), &options);
    struct hf_batch *batch;
    uint64_t version = 0;

    if (!TAP_OK(db != NULL && hf_batch_open(&batch, db) == HF_OK, "a batch opens"))
        return;
    TAP_OK(hf_batch_commit(batch, 0, NULL) == HF_ERR_INVALID, "an empty batch is refused");
    TAP_OK(hf_batch_put(batch, text("x"), text("1")) == HF_OK &&
               hf_batch_put(batch, text("x"), text("2")) == HF_OK &&
               hf_batch_delete(batch, text("y")) == HF_OK &&
               hf_batch_commit(batch, 0, &version) == HF_OK && version == 1,
           "several operations are one version");
    TAP_OK(reads(db, "x", "2"), "the later operation on a key wins");
    TAP_OK(hf_batch_check(batch, text("x"), 9) == HF_OK &&
               hf_batch_put(batch, text("z"), text("3")) == HF_OK &&
               hf_batch_commit(batch, 0, &version) == HF_ERR_CONFLICT && version == 1 &&
               reads(db, "z", NULL) && hf_last_version(db) == 1,
           "a failed check leaves nothing of the batch");
    TAP_OK(hf_durable_version(db) == 1, "strict: what is acknowledged is durable");
    hf_batch_close(batch);
    TAP_OK(hf_close(db) == HF_OK, "closes");
}

/* Many keys over many segments, with overwrites, against a plain array. */
static void
test_many(enum hf_mode mode, const char *name)
{
    enum { KEYS = 500, STEPS = 6000 };
    static uint32_t model[KEYS];
    struct hf_options options = options_for(mode);
    const char *path = mode == HF_MODE_MEMORY ? NULL : fresh_path();
    struct hf_db *db = open_with(path, &options);
    char key[32], value[200];
    uint64_t state = 12345;
    bool good = db != NULL;

    memset(model, 0, sizeof model);
    for (uint32_t step = 1; good && step <= STEPS; step++) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
        uint32_t k = (uint32_t)(state >> 33) % KEYS;
        int len = snprintf(key, sizeof key, "key-%05u", k);
        memset(value, 'v', sizeof value);
        hf_store_u32(value, step);
        good = hf_put(db, hf_span(key, (size_t)len), hf_span(value, 50 + step % 100), 0,
                      NULL) == HF_OK;
        model[k] = step;
        if (good && step % 64 == 0)
            good = hf_work(db, NULL) == HF_OK;
    }
    TAP_OK(good, "%s: %d puts over many segments", name, STEPS);
    for (int life = 0; good && life < (mode == HF_MODE_MEMORY ? 1 : 3); life++) {
        struct hf_view *view;
        struct hf_item item;
        good = hf_view_open(&view, db, HF_LATEST) == HF_OK;
        for (uint32_t k = 0; good && k < KEYS; k++) {
            int len = snprintf(key, sizeof key, "key-%05u", k);
            enum hf_err err = hf_view_get(view, hf_span(key, (size_t)len), &item);
            good = model[k] == 0 ? err == HF_ERR_NOT_FOUND
                                 : err == HF_OK && hf_load_u32(item.value.at) == model[k] &&
                                       item.version == model[k];
        }
        hf_view_close(view);
        TAP_OK(good, "%s: every key as the model has it, life %d", name, life);
        TAP_OK(findings(db) == 0, "%s: verify finds nothing, life %d", name, life);
        if (mode != HF_MODE_MEMORY) {
            good = hf_close(db) == HF_OK;
            db = open_with(path, &options);
            good = good && db != NULL;
        }
    }
    TAP_OK(good && hf_close(db) == HF_OK, "%s: closes", name);
}

static void
test_history(void)
{
    struct hf_options options = options_for(HF_MODE_MEMORY);
    struct hf_view *old, *view;
    struct hf_item item;
    struct hf_db *db;
    bool good = true;

    options.keep_versions = 10;
    db = open_with(NULL, &options);
    if (!TAP_OK(db != NULL, "memory mode needs no directory"))
        return;
    good = hf_put(db, text("k"), text("first"), 0, NULL) == HF_OK &&
           hf_view_open(&old, db, HF_LATEST) == HF_OK;
    for (int i = 0; good && i < 100; i++)
        good = hf_put(db, text("k"), text("later"), 0, NULL) == HF_OK;
    TAP_OK(good && hf_view_get(old, text("k"), &item) == HF_OK &&
               hf_span_equal(item.value, text("first")) && item.version == 1,
           "an open view keeps what it sees");
    hf_view_close(old);
    TAP_OK(hf_view_open(&view, db, 50) == HF_ERR_HISTORY_GONE && view == NULL,
           "without a view, history older than keep_versions is gone, and said to be");
    TAP_OK(hf_view_open(&view, db, 95) == HF_OK &&
               hf_view_get(view, text("k"), &item) == HF_OK && item.version == 95,
           "history within keep_versions is there");
    TAP_OK(hf_close(db) == HF_ERR_INVALID, "a handle with open views does not close");
    hf_view_close(view);
    TAP_OK(hf_close(db) == HF_OK, "closes once they are closed");
}

/* ---- limits ------------------------------------------------------------------------------ */

static void
test_limits(void)
{
    struct hf_options options = options_for(HF_MODE_MEMORY);
    static char big[70000];
    char key[32];
    enum hf_err err = HF_OK;
    uint64_t puts = 0;
    struct hf_db *db;

    options.memory_limit = 2u << 20;
    db = open_with(NULL, &options);
    TAP_OK(hf_put(db, hf_span(big, sizeof big), text("v"), 0, NULL) == HF_ERR_TOO_LARGE &&
               hf_put(db, hf_span(big, 0), text("v"), 0, NULL) == HF_ERR_INVALID,
           "a key of 0 or more than 65535 bytes is refused");
    TAP_OK(hf_put(db, text("k"), text("v"), HF_DURABLE << 1, NULL) == HF_ERR_INVALID &&
               hf_last_version(db) == 0,
           "so is a flag that means nothing");
    TAP_OK(hf_put(db, hf_span(big, HF_KEY_SIZE_MAX), hf_span(big, 0), 0, NULL) == HF_OK,
           "a key of 65535 bytes with an empty value is stored");
    while (err == HF_OK) {
        int len = snprintf(key, sizeof key, "%llu", (unsigned long long)puts);
        err = hf_put(db, hf_span(key, (size_t)len), hf_span(big, 1000), 0, NULL);
        puts += err == HF_OK;
    }
    struct hf_stats stats = HF_STATS_INIT;
    hf_stats_get(db, &stats);
    TAP_OK(err == HF_ERR_NO_MEMORY && stats.memory_bytes <= options.memory_limit,
           "past the memory limit a write returns NO_MEMORY");
    TAP_OK(hf_last_version(db) == puts + 1 && reads(db, "x", NULL),
           "and nothing of it remains");
    TAP_OK(findings(db) == 0, "verify finds nothing at the limit");
    TAP_OK(hf_close(db) == HF_OK, "closes at the limit");
}

/* A program that was compiled when the struct ended before `cache_bytes`. */
static void
test_older_caller(void)
{
    struct hf_options options = options_for(HF_MODE_MEMORY);
    struct hf_stats stats, whole = HF_STATS_INIT;
    struct hf_recovery report;
    struct hf_db *db = open_with(NULL, &options);
    size_t known = offsetof(struct hf_stats, cache_bytes);
    bool held = hf_put(db, text("k"), text("v"), 0, NULL) == HF_OK;

    memset(&stats, 0xAA, sizeof stats);
    stats.struct_size = known;
    hf_stats_get(db, &stats);
    hf_stats_get(db, &whole);
    TAP_OK(held && stats.last_version == 1 && stats.struct_size == known &&
               stats.level_tables[0] == 0 && whole.struct_size == sizeof whole,
           "an older caller gets the figures that it knows");
    for (size_t i = known; i < sizeof stats; i++)
        held = held && ((unsigned char *)&stats)[i] == 0xAA;
    memset(&report, 0xAA, sizeof report);
    report.struct_size = sizeof report.struct_size;
    hf_recovery_report(db, &report);
    for (size_t i = sizeof report.struct_size; i < sizeof report; i++)
        held = held && ((unsigned char *)&report)[i] == 0xAA;
    TAP_OK(held, "and nothing behind them is touched");
    TAP_OK(hf_close(db) == HF_OK, "closes");
}

static void
test_oversized(void)
{
    struct hf_options options = options_for(HF_MODE_BUFFERED);
    const char *path = fresh_path();
    struct hf_db *db = open_with(path, &options);
    size_t size = 1u << 20;
    char *value = calloc(1, size);
    struct hf_view *view = NULL;
    struct hf_item item;

    TAP_OK(hf_put(db, text("large"), hf_span(value, size), 0, NULL) == HF_OK &&
               hf_put(db, text("small"), text("1"), 0, NULL) == HF_OK,
           "a commit larger than a segment is stored");
    TAP_OK(hf_close(db) == HF_OK && (db = open_with(path, &options)) != NULL &&
               hf_view_open(&view, db, HF_LATEST) == HF_OK &&
               hf_view_get(view, text("large"), &item) == HF_OK && item.value.len == size &&
               reads(db, "small", "1"),
           "and is there after a reopen");
    hf_view_close(view);
    TAP_OK(hf_close(db) == HF_OK, "closes");
    free(value);
}

/* ---- damage and other people's files ----------------------------------------------------- */

/* The first log segment in `path`, and how many there are. */
static int
first_segment(const char *path, char name[600])
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    char best[256] = "";
    int count = 0;

    while ((entry = readdir(dir)) != NULL) {
        if (strncmp(entry->d_name, "wal-", 4) != 0)
            continue;
        count++;
        if (best[0] == 0 || strcmp(entry->d_name, best) < 0)
            snprintf(best, sizeof best, "%s", entry->d_name);
    }
    closedir(dir);
    snprintf(name, 600, "%s/%s", path, best);
    return count;
}

static void
flip_byte(const char *name, long off)
{
    FILE *file = fopen(name, "r+b");
    int byte;

    fseek(file, off, SEEK_SET);
    byte = fgetc(file);
    fseek(file, off, SEEK_SET);
    fputc(byte ^ 0x10, file);
    fclose(file);
}

/* Flips each byte of the used part of a small strict log: never wrong data, mostly refused. */
static void
test_damage(void)
{
    struct hf_options options = options_for(HF_MODE_STRICT);
    const char *path = fresh_path();
    struct hf_db *db = open_with(path, &options);
    char name[600];
    struct hf_error error;
    int refused = 0, opened = 0, wrong = 0;

    for (int i = 0; i < 3; i++)
        (void)!hf_put(db, text("key"), text("value"), 0, NULL);
    TAP_OK(hf_close(db) == HF_OK && first_segment(path, name) == 1,
           "a small log is one segment");
    options.flags = HF_READ_ONLY | HF_BACKGROUND_CALLER;
    for (long off = 0; off < 4096 * 4 + 100; off += off == 80 ? 4096 - 80 : 1) {
        if (off % 4096 == 120 && off > 4096)
            off += 4096 - 120;
        flip_byte(name, off);
        if (hf_open(&db, path, &options, &error) == HF_OK) {
            opened++;
            uint64_t last = hf_last_version(db);
            wrong += !reads(db, "key", last == 0 ? NULL : "value") || last < 2;
            (void)!hf_close(db);
        } else {
            refused += error.code == HF_ERR_CORRUPT || error.code == HF_ERR_VERSION;
        }
        flip_byte(name, off);
    }
    TAP_OK(refused > 200 && wrong == 0,
           "a flipped byte is refused (%d) or harmless (%d), never wrong", refused, opened);
    db = open_with(path, &options);
    TAP_OK(db != NULL && reads(db, "key", "value") && hf_close(db) == HF_OK,
           "put back, it opens: nothing was changed");
}

static void
test_bad_places(void)
{
    struct hf_options options = options_for(HF_MODE_BUFFERED);
    const char *path = fresh_path();
    struct hf_error error;
    struct hf_db *db, *second;
    char name[600];

    options.flags &= ~HF_CREATE;
    TAP_OK(hf_open(&db, path, &options, &error) == HF_ERR_NOT_FOUND && db == NULL &&
               strstr(error.text, path) != NULL,
           "without HF_CREATE a missing database is not found, and named");
    options.flags |= HF_CREATE;
    mkdir(path, 0777);
    snprintf(name, sizeof name, "%s/letter.txt", path);
    fclose(fopen(name, "w"));
    TAP_OK(hf_open(&db, path, &options, &error) == HF_ERR_INVALID,
           "a directory with other people's files is not taken over");
    remove(name);
    db = open_with(path, &options);
    TAP_OK(db != NULL && hf_open(&second, path, &options, &error) == HF_ERR_BUSY,
           "a second handle is BUSY");
    options.mode = HF_MODE_MEMORY;
    TAP_OK(hf_close(db) == HF_OK && hf_open(&db, path, &options, &error) == HF_ERR_INVALID,
           "memory mode does not hide a durable database");
}

/* Whether the background finds nothing left to do, within more steps than it can need. */
static bool
comes_to_rest(struct hf_db *db)
{
    bool more = true;

    for (int i = 0; more && i < 10000; i++)
        more = hf_work(db, &more) == HF_OK && more;
    return !more;
}

/* The first scan makes the ordered index; from then on the background keeps it up to date. */
static void
test_rest(void)
{
    struct hf_options options = options_for(HF_MODE_BUFFERED);
    const char *path = fresh_path();
    struct hf_db *db = open_with(path, &options);

    TAP_OK(db != NULL && hf_put(db, text("k"), text("v"), 0, NULL) == HF_OK &&
               comes_to_rest(db),
           "behind a commit the background comes to rest");
    TAP_OK(strcmp(keys_of(db, HF_LATEST, "", "", false), "k") == 0 && comes_to_rest(db),
           "behind a scan too");
    TAP_OK(hf_flush(db) == HF_OK && hf_close(db) == HF_OK &&
               (db = open_with(path, &options)) != NULL &&
               strcmp(keys_of(db, HF_LATEST, "", "", false), "k") == 0 && comes_to_rest(db),
           "behind a scan of what was opened again, where the log ends with no commit");
    TAP_OK(hf_put(db, text("l"), text("v"), 0, NULL) == HF_OK && comes_to_rest(db) &&
               strcmp(keys_of(db, HF_LATEST, "", "", false), "k l") == 0 && comes_to_rest(db),
           "and what is committed afterwards is scanned");
    (void)hf_close(db);
}

/* What the log takes ahead counts as reserved until its pages are touched, not until used. */
static void
test_reserved(void)
{
    struct hf_options options = options_for(HF_MODE_BUFFERED);
    struct hf_stats stats = HF_STATS_INIT;
    char value[1000] = { 0 };
    struct hf_db *db = open_with(fresh_path(), &options);
    bool held = db != NULL && hf_put(db, text("k"), text("v"), 0, NULL) == HF_OK;

    if (held)
        hf_stats_get(db, &stats);
    TAP_OK(held && stats.reserved_bytes > 0 && stats.reserved_bytes < stats.memory_bytes,
           "the rest of a segment made on the spot is reserved");
    for (int i = 0; held && stats.segments < 2 && i < 100; i++) {
        held = comes_to_rest(db) &&
               hf_put(db, text("k"), hf_span(value, sizeof value), 0, NULL) == HF_OK;
        hf_stats_get(db, &stats);
    }
    TAP_OK(held && stats.segments == 2 && stats.reserved_bytes == 0,
           "that of a segment which was prepared is not: its pages were touched");
    TAP_OK(hf_close(db) == HF_OK, "the database closes");
}

/* Memory mode takes its segments ahead of use as well, and they count against the limit. */
static void
test_reserved_in_memory(void)
{
    struct hf_options options = options_for(HF_MODE_MEMORY);
    struct hf_stats stats = HF_STATS_INIT;
    static char value[64 << 10];
    struct hf_db *db;
    bool held, bounded = true;
    uint64_t most = 0;

    options.segment_size = 64u << 20;
    db = open_with(NULL, &options);
    held = db != NULL;
    for (int i = 0; held && i < 1000; i++) {
        held = hf_put(db, text("k"), hf_span(value, sizeof value), 0, NULL) == HF_OK;
        hf_stats_get(db, &stats);
        if (stats.reserved_bytes > stats.memory_bytes / 8 + (2u << 20))
            bounded = false;
        if (stats.reserved_bytes > most)
            most = stats.reserved_bytes;
    }
    printf("# of %llu bytes %llu were reserved at most\n",
           (unsigned long long)stats.memory_bytes, (unsigned long long)most);
    TAP_OK(held && bounded && most > 0,
           "memory mode takes an eighth of what it holds ahead, or two mebibytes");
    TAP_OK(db != NULL && hf_close(db) == HF_OK, "the database closes");
}

int
main(void)
{
    const char *tmp = getenv("TMPDIR");
    char command[300];

    snprintf(root, sizeof root, "%s/holdfast-store-XXXXXX", tmp == NULL ? "." : tmp);
    if (mkdtemp(root) == NULL)
        return 1;
    test_round_trip(HF_MODE_MEMORY, "memory");
    test_round_trip(HF_MODE_BUFFERED, "buffered");
    test_round_trip(HF_MODE_STRICT, "strict");
    test_batch();
    test_many(HF_MODE_MEMORY, "memory");
    test_many(HF_MODE_BUFFERED, "buffered");
    test_history();
    test_limits();
    test_older_caller();
    test_oversized();
    test_damage();
    test_bad_places();
    test_rest();
    test_reserved();
    test_reserved_in_memory();
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command) != 0 || tap_done();
}
