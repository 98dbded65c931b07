/*
 * salvage_test.c - what is not damaged is saved, and what is lost is told.
 *
 * Method: a database is made of groups of keys, each in a file of its own: three tables that
 * were flushed one after the other, and log segments. Then each file is removed, cut, or loses
 * a sector, wherever that can be. In what is salvaged all other groups must read as the model
 * says; of the group that was struck no more keys may differ than the losses that were told
 * account for, and none may read as it never was; the damaged directory must not have changed.
 */
#define _GNU_SOURCE
#include "store/test_model.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#define GROUP_KEYS 15u
#define GROUPS (TEST_KEYS / GROUP_KEYS)
#define FILES_MAX 32u
#define SECTOR 512u

static char files[FILES_MAX][40];
static unsigned file_count;
static uint64_t last;

/* ---- making one -------------------------------------------------------------------------- */

/* Commits to the keys of one group, overwriting and deleting some. */
static bool
commit_group(struct hf_db *db, uint32_t group)
{
    bool ok = true;

    for (uint32_t i = 0; ok && i < 3 * GROUP_KEYS; i++)
        ok = test_commit(db, group * GROUP_KEYS + i % GROUP_KEYS, i % 7 == 6);
    return ok;
}

static void
make_database(void)
{
    struct hf_options options = test_options();
    struct hf_db *db;
    bool ok;

    options.segment_size = 32768; /* so that no commit freezes the memtable by itself */
    ok = hf_open(&db, test_path("db"), &options, NULL) == HF_OK;
    for (uint32_t group = 0; ok && group < GROUPS; group++)
        ok = commit_group(db, group) && (group + 1 == GROUPS || hf_flush(db) == HF_OK);
    last = hf_last_version(db);
    ok = ok && hf_sync(db) == HF_OK;
    for (bool more = true; ok && more;) /* the next segment is made ahead */
        ok = hf_work(db, &more) == HF_OK;
    /* As it is while it runs: no clean close, which would flush. */
    ok = ok && test_shell("cp -r db origin && rm origin/LOCK");
    TAP_OK(hf_close(db) == HF_OK && ok && test_dir_is_model(test_path("origin"), last),
           "a database of tables and log, %" PRIu64 " commits", last);
}

static bool
list_files(void)
{
    DIR *dir = opendir(test_path("origin"));
    struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL && file_count < FILES_MAX) {
        if (entry->d_name[0] != '.')
            snprintf(files[file_count++], sizeof files[0], "%.39s", entry->d_name);
    }
    return dir != NULL && closedir(dir) == 0;
}

/* ---- salvaging it ------------------------------------------------------------------------ */

static unsigned lines;

static void
count_line(void *context, const char *line)
{
    (void)context;
    (void)line;
    lines++;
}

static enum hf_err
salvage(struct hf_salvaged *salvaged)
{
    struct hf_options options = test_options();
    struct hf_error error;
    enum hf_err err;

    *salvaged = (struct hf_salvaged)HF_SALVAGED_INIT;
    lines = 0;
    err = hf_salvage(test_path("damaged"), test_path("new"), &options, count_line, NULL,
                     salvaged, &error);
    if (err != HF_OK)
        printf("# salvage: %s\n", error.text);
    return err;
}

/* Whether a key reads as it once was, or not at all. */
static bool
was_once(struct hf_db *db, uint32_t key)
{
    uint8_t buffer[TEST_VALUE_MAX];
    uint64_t found = 0;
    size_t size = 0;
    enum hf_err err = hf_get(db, test_key(key), buffer, sizeof buffer, &size, &found);

    if (err == HF_ERR_NOT_FOUND)
        return true;
    for (uint32_t i = 0; err == HF_OK && i < test_past_count; i++) {
        const struct test_past *past = &test_pasts[i];
        if (past->key == key && past->version == found && !past->is_delete)
            return hf_span_equal(hf_span(buffer, size), test_value(past));
    }
    return false;
}

struct outcome {
    unsigned groups_struck; /* with keys that differ from the model */
    unsigned keys_struck;
    bool is_sound;
};

static struct outcome
look_at_new(void)
{
    struct hf_db *db = test_open(test_path("new"), HF_READ_ONLY);
    struct outcome outcome = { .is_sound = db != NULL };

    for (uint32_t group = 0; outcome.is_sound && group < GROUPS; group++) {
        unsigned struck = 0;
        for (uint32_t key = group * GROUP_KEYS; key < (group + 1) * GROUP_KEYS; key++) {
            if (test_key_is(db, key, last))
                continue;
            struck++;
            outcome.is_sound = outcome.is_sound && was_once(db, key);
        }
        outcome.groups_struck += struck > 0;
        outcome.keys_struck += struck;
    }
    outcome.is_sound = outcome.is_sound && hf_verify(db, test_print, NULL) == HF_OK;
    return hf_close(db) == HF_OK ? outcome : (struct outcome){ .is_sound = false };
}

/* Salvages what `command` makes of the copy `damaged`, whose losses may strike one group. */
static bool
survives(const char *what, const char *file)
{
    struct hf_salvaged salvaged;
    struct outcome outcome;
    bool ok = test_shell("cp -r damaged before") && salvage(&salvaged) == HF_OK;

    outcome = ok ? look_at_new() : (struct outcome){ .is_sound = false };
    ok = ok && outcome.is_sound && outcome.groups_struck <= 1 &&
         (outcome.keys_struck == 0 || salvaged.losses > 0) &&
         test_shell("diff -r before damaged");
    if (!ok)
        printf("# %s %s: %u keys of %u groups differ, %" PRIu64 " losses told\n", file, what,
               outcome.keys_struck, outcome.groups_struck, salvaged.losses);
    return test_shell("rm -rf before damaged new") && ok;
}

static bool
copy_origin(void)
{
    return test_shell("cp -r origin damaged");
}

/* ---- damage ------------------------------------------------------------------------------ */

static void
test_whole(void)
{
    struct hf_salvaged salvaged;

    TAP_OK(copy_origin() && salvage(&salvaged) == HF_OK && salvaged.losses == 0 && lines > 0 &&
               salvaged.last_version == last && test_dir_is_model(test_path("new"), last),
           "of a sound database nothing is lost");
    test_shell("rm -rf damaged new");
}

static void
test_removed(void)
{
    unsigned wrong = 0;

    for (unsigned i = 0; i < file_count; i++)
        wrong += !(copy_origin() && test_shell("rm damaged/%s", files[i]) &&
                   survives("removed", files[i]));
    TAP_OK(wrong == 0, "each of %u files removed: the others are saved", file_count);
}

static long
size_of(const char *file)
{
    struct stat stat_of;
    char path[100];

    snprintf(path, sizeof path, "origin/%s", file);
    return stat(test_path(path), &stat_of) == 0 ? (long)stat_of.st_size : 0;
}

static void
test_cut(void)
{
    unsigned wrong = 0, cuts = 0;

    for (unsigned i = 0; i < file_count; i++) {
        for (long size = 0; size < size_of(files[i]); size += size_of(files[i]) / 3 + 1) {
            cuts++;
            wrong +=
                !(copy_origin() && test_shell("truncate -s %ld damaged/%s", size, files[i]) &&
                  survives("cut", files[i]));
        }
    }
    TAP_OK(wrong == 0, "files cut in %u places: all else is saved", cuts);
}

/* Overwrites a sector of a file. */
static bool
strike(const char *file, long off, const uint8_t bytes[SECTOR])
{
    char path[100];
    FILE *to;
    bool ok;

    snprintf(path, sizeof path, "damaged/%s", file);
    to = fopen(test_path(path), "r+b");
    ok = to != NULL && fseek(to, off, SEEK_SET) == 0 && fwrite(bytes, 1, SECTOR, to) == SECTOR;
    return to != NULL && fclose(to) == 0 && ok;
}

static void
test_sectors(bool is_garbage)
{
    uint8_t bytes[SECTOR] = { 0 };
    unsigned wrong = 0, sectors = 0;

    for (unsigned i = 0; i < file_count; i++) {
        long size = size_of(files[i]), step = size / 16 / SECTOR * SECTOR;
        for (long off = 0; off + SECTOR <= size; off += step < SECTOR ? SECTOR : step) {
            for (unsigned j = 0; is_garbage && j < SECTOR; j++)
                bytes[j] = (uint8_t)test_below(256);
            sectors++;
            wrong += !(copy_origin() && strike(files[i], off, bytes) &&
                       survives(is_garbage ? "garbled" : "zeroed", files[i]));
        }
    }
    TAP_OK(wrong == 0, "%u sectors %s: all else is saved", sectors,
           is_garbage ? "garbled" : "zeroed");
}

/* Overwrites up to 200 bytes anywhere. */
static bool
scribble(const char *file)
{
    long size = size_of(file), off = (long)test_below((uint64_t)size);
    char path[100];
    FILE *to;
    bool ok;

    snprintf(path, sizeof path, "damaged/%s", file);
    to = fopen(test_path(path), "r+b");
    ok = to != NULL && fseek(to, off, SEEK_SET) == 0;
    for (uint64_t n = 1 + test_below(200); ok && n > 0; n--)
        ok = fputc((int)test_below(256), to) != EOF;
    return to != NULL && fclose(to) == 0 && ok;
}

/* However much is damaged, what is saved was there once, and makes a sound database. */
static void
test_many(void)
{
    struct hf_salvaged salvaged;
    unsigned wrong = 0;

    for (unsigned round = 0; round < 80; round++) {
        bool ok = copy_origin();
        for (uint64_t n = 1 + test_below(12); ok && n > 0; n--)
            ok = scribble(files[test_below(file_count)]);
        ok = ok && salvage(&salvaged) == HF_OK && look_at_new().is_sound;
        wrong += !ok;
        test_shell("rm -rf damaged new");
    }
    TAP_OK(wrong == 0, "of many damages at once: what is saved was there, %u times not", wrong);
}

/* ---- single properties ------------------------------------------------------------------- */

/* The header of a segment takes nothing with it. */
static void
test_header(void)
{
    static const uint8_t zeros[SECTOR];
    unsigned wrong = 0, segments = 0;
    struct hf_salvaged salvaged;

    for (unsigned i = 0; i < file_count; i++) {
        if (strncmp(files[i], "wal-", 4) != 0)
            continue;
        segments++;
        wrong += !(copy_origin() && strike(files[i], 0, zeros) && salvage(&salvaged) == HF_OK &&
                   look_at_new().keys_struck == 0 && test_shell("rm -rf damaged new"));
    }
    TAP_OK(segments > 0 && wrong == 0, "the header of a segment takes no commit with it");
}

/* Tables that a compaction has replaced say again what was deleted since: only where something
 * else is lost they are better than nothing. */
static void
test_replaced(void)
{
    struct hf_salvaged salvaged;
    struct hf_db *db;
    bool ok = copy_origin();

    test_keep = 0;
    db = test_open(test_path("damaged"), 0);
    ok = db != NULL && hf_compact(db) == HF_OK && hf_close(db) == HF_OK &&
         test_shell("cp -n origin/table-* damaged/");
    TAP_OK(ok && salvage(&salvaged) == HF_OK && salvaged.losses == 0 &&
               look_at_new().keys_struck == 0,
           "tables that the manifest does not name bring back nothing that was deleted");
    TAP_OK(test_shell("rm -rf new damaged/manifest-*") && salvage(&salvaged) == HF_OK &&
               salvaged.losses > 0 && salvaged.tables > 1 && look_at_new().is_sound,
           "without a manifest all of them are read");
    test_keep = HF_KEEP_ALL;
    test_shell("rm -rf damaged new");
}

/* Zeros in the first meta of the newest table, and in `bytes` of its end. */
static bool
strike_metas(unsigned bytes)
{
    char command[320];

    snprintf(command, sizeof command,
             "rm -rf damaged new && cp -r ranges damaged && "
             "table=$(ls damaged/table-* | tail -n 1) && size=$(wc -c <$table) && "
             "head -c 16 /dev/zero | dd of=$table conv=notrunc status=none && "
             "head -c %u /dev/zero | dd of=$table conv=notrunc status=none oflag=seek_bytes "
             "seek=$((size - %u))",
             bytes, bytes);
    return test_shell(command);
}

/* That a table has ranges only its metas say. */
static void
test_ranges_without_meta(void)
{
    struct hf_options options = test_options();
    struct hf_salvaged salvaged;
    uint64_t version;
    struct hf_db *db;
    bool ok = hf_open(&db, test_path("ranges"), &options, NULL) == HF_OK &&
              hf_put(db, test_key(1), hf_span("v", 1), 0, &version) == HF_OK &&
              hf_flush(db) == HF_OK &&
              hf_delete_range(db, test_key(0), test_key(2), 0, &version) == HF_OK &&
              hf_put(db, test_key(3), hf_span("w", 1), 0, &version) == HF_OK &&
              hf_flush(db) == HF_OK && hf_close(db) == HF_OK;

    TAP_OK(ok && strike_metas(144) && salvage(&salvaged) == HF_OK && salvaged.losses == 0,
           "without both metas a table loses nothing");
    TAP_OK(strike_metas(160) && salvage(&salvaged) == HF_OK && salvaged.losses > 0,
           "if its ranges are gone as well, which nobody knows, that is told");
    test_shell("rm -rf damaged new ranges");
}

/* Of several operations of one commit on one key the last counts. */
static void
test_batch(void)
{
    struct hf_db *db = test_open(test_path("damaged"), HF_CREATE);
    struct hf_batch *batch;
    struct hf_salvaged salvaged;
    char value[8];
    size_t size = 0;
    bool ok = hf_batch_open(&batch, db) == HF_OK &&
              hf_batch_put(batch, hf_span("k", 1), hf_span("first", 5)) == HF_OK &&
              hf_batch_put(batch, hf_span("k", 1), hf_span("second", 6)) == HF_OK &&
              hf_batch_commit(batch, 0, NULL) == HF_OK;

    hf_batch_close(batch);
    ok = hf_close(db) == HF_OK && ok && salvage(&salvaged) == HF_OK && salvaged.keys == 1;
    db = ok ? test_open(test_path("new"), HF_READ_ONLY) : NULL;
    TAP_OK(db != NULL &&
               hf_get(db, hf_span("k", 1), value, sizeof value, &size, NULL) == HF_OK &&
               size == 6 && memcmp(value, "second", 6) == 0,
           "of one commit's operations on a key the last counts");
    (void)hf_close(db);
    test_shell("rm -rf damaged new");
}

static void
test_refusals(void)
{
    struct hf_salvaged salvaged;

    test_shell("mkdir damaged && touch damaged/letter");
    TAP_OK(salvage(&salvaged) == HF_ERR_NOT_FOUND && access(test_path("new"), F_OK) != 0,
           "where there is no file of a database there is nothing to salvage");
    test_shell("rm -rf damaged && cp -r origin damaged && cp -r origin new");
    TAP_OK(salvage(&salvaged) == HF_ERR_INVALID && test_shell("diff -r origin new"),
           "a database is no place for what was salvaged");
    test_shell("rm -rf new");
    struct hf_db *db = test_open(test_path("damaged"), 0);
    TAP_OK(salvage(&salvaged) == HF_ERR_BUSY, "one that is open is not salvaged");
    (void)hf_close(db);
    test_shell("rm -rf damaged new");
}

static void
test_memory(void)
{
    struct hf_options options = test_options();
    enum hf_err err = HF_ERR_NO_MEMORY;
    unsigned refused = 0, wrong = 0;

    copy_origin();
    for (uint64_t limit = 1000; err != HF_OK && limit < (4u << 20); limit += limit / 32) {
        options.memory_limit = limit;
        err = hf_salvage(test_path("damaged"), test_path("new"), &options, NULL, NULL, NULL,
                         NULL);
        refused += err == HF_ERR_NO_MEMORY;
        wrong += err != HF_OK &&
                 (err != HF_ERR_NO_MEMORY ||
                  !test_shell("[ ! -d new ] || [ -z \"$(ls new | grep -v LOCK)\" ]"));
    }
    TAP_OK(err == HF_OK && refused > 20 && wrong == 0,
           "%u refusals of memory left nothing behind, %u did", refused - wrong, wrong);
    TAP_OK(test_dir_is_model(test_path("new"), last), "then one went through");
}

int
main(void)
{
    if (!test_begin("salvage_test"))
        return 1;
    printf("# seed %" PRIu64 "\n", test_state);
    make_database();
    TAP_OK(list_files() && file_count >= GROUPS, "it has %u files", file_count);
    test_whole();
    test_removed();
    test_cut();
    test_sectors(false);
    test_sectors(true);
    test_many();
    test_header();
    test_replaced();
    test_ranges_without_meta();
    test_batch();
    test_refusals();
    test_memory();
    return test_end();
}
