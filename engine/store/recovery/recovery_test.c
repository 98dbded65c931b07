/*
 * recovery_test.c - recovery over real files that were cut, zeroed, exchanged or taken away.
 *
 * Method: commit number v puts a value that only v knows under key v mod KEYS, so what a
 * database must hold follows from its last version alone, and "a prefix" can be checked without
 * remembering anything. A database of several tiny segments is written, its files are taken
 * into memory while it is open (so that they are what a killed process leaves), and each damage
 * is done to a copy of them. Opening such a copy gives a prefix or a refusal that names a file;
 * both must occur, or the test says nothing.
 */
#define _GNU_SOURCE
#include "base/span.h"
#include "base/tap.h"
#include "format/wal_walk.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTOR 512u
#define SEGMENT 8192u
#define COMMITS 180u
#define SYNC_EACH 7u
#define KEYS 16u
#define FILES_MAX 64u
#define FILE_SIZE_MAX (4u * SEGMENT)

static char root[256], path[300];

/* ---- the files of a directory ------------------------------------------------------------ */

struct file {
    char name[32];
    size_t size;
    uint8_t bytes[FILE_SIZE_MAX];
};

/* Sorted by name, so segments come by number; the lock file is left out. */
struct folder {
    size_t count;
    struct file list[FILES_MAX];
};

static struct folder crashed, closed, ahead, stranger, seen, changed;

static const char *
path_of(const char *name)
{
    static char whole[400];
    snprintf(whole, sizeof whole, "%s/%s", path, name);
    return whole;
}

static int
is_segment(const struct dirent *entry)
{
    return strncmp(entry->d_name, "wal-", 4) == 0;
}

static void
folder_load(struct folder *folder)
{
    struct dirent **entries;
    int count = scandir(path, &entries, is_segment, alphasort);

    memset(folder, 0, sizeof *folder);
    for (int i = 0; i < count; i++) {
        struct file *file = &folder->list[folder->count];
        FILE *from = fopen(path_of(entries[i]->d_name), "rb");
        if (from != NULL && folder->count < FILES_MAX) {
            snprintf(file->name, sizeof file->name, "%.31s", entries[i]->d_name);
            file->size = fread(file->bytes, 1, sizeof file->bytes, from);
            folder->count++;
        }
        if (from != NULL)
            fclose(from);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

static void
file_store(const struct file *file)
{
    FILE *to = fopen(path_of(file->name), "wb");

    if (to == NULL || fwrite(file->bytes, 1, file->size, to) != file->size || fclose(to) != 0) {
        perror(file->name);
        exit(1);
    }
}

/* Makes the directory hold these segments and no others. */
static void
folder_store(const struct folder *folder)
{
    struct dirent **entries;
    int count = scandir(path, &entries, is_segment, alphasort);

    for (int i = 0; i < count; i++) {
        remove(path_of(entries[i]->d_name));
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    for (size_t i = 0; i < folder->count; i++)
        file_store(&folder->list[i]);
}

static bool
folder_is(const struct folder *folder)
{
    folder_load(&seen);
    return memcmp(&seen, folder, sizeof seen) == 0;
}

/* Walks a segment from its header; false if that is damaged. */
static bool
walk_begin(struct hf_wal_walk *walk, const struct file *file)
{
    struct hf_span in = hf_span(file->bytes, file->size);
    struct hf_wal_header header;

    if (hf_wal_header_decode(&header, in) != HF_WAL_GOOD)
        return false;
    hf_wal_walk_init(walk, in, &header, 0);
    return true;
}

/* The segment that the newest commit is in; behind it there may be one that has not begun. */
static struct file *
active(struct folder *folder)
{
    struct hf_wal_walk walk;
    size_t i = folder->count - 1;

    while (i > 0 && walk_begin(&walk, &folder->list[i]) &&
           hf_wal_walk_next(&walk) != HF_WAL_STEP_GROUP)
        i--;
    return &folder->list[i];
}

/* ---- databases whose content follows from their version ---------------------------------- */

static enum hf_err
open_small(struct hf_db **db, unsigned flags, struct hf_error *error)
{
    struct hf_options options = HF_OPTIONS_INIT;

    options.flags = HF_SINGLE_THREAD | HF_BACKGROUND_CALLER | flags;
    options.sector = SECTOR;
    options.segment_size = SEGMENT;
    options.sync_interval_ms = options.loss_ms = 1u << 30; /* no clock decides */
    options.memtable_size = 1u << 30;                      /* and nothing is flushed */
    return hf_open(db, path, &options, error);
}

static struct hf_span
key_of(uint64_t version)
{
    static char text[8];
    return hf_span(text,
                   (size_t)snprintf(text, sizeof text, "k%02u", (unsigned)(version % KEYS)));
}

static struct hf_span
value_of(uint64_t version)
{
    static char text[64];
    int size = snprintf(text, sizeof text, "value %llu, and some more of it: %0*u",
                        (unsigned long long)version, (int)(version % 20), 7u);
    return hf_span(text, (size_t)size);
}

/* Lets the background do all it has to do. */
static bool
work(struct hf_db *db)
{
    bool more = true;

    while (more) {
        if (hf_work(db, &more) != HF_OK)
            return false;
    }
    return true;
}

/* Commits up to `last`; syncs behind every `sync_each`th, if that is not 0. */
static bool
commit_to(struct hf_db *db, uint64_t last, uint64_t sync_each)
{
    bool done = true;

    for (uint64_t v = hf_last_version(db) + 1; done && v <= last; v++) {
        done = hf_put(db, key_of(v), value_of(v), 0, NULL) == HF_OK;
        if (done && sync_each != 0 && v % sync_each == 0)
            done = hf_sync(db) == HF_OK;
    }
    return done;
}

/* Whether the database holds exactly what commits 1 to its last version made. */
static bool
is_prefix(struct hf_db *db)
{
    uint64_t last = hf_last_version(db);

    for (uint64_t v = last; v > 0 && v + KEYS > last; v--) {
        char buffer[80];
        size_t size = 0;
        uint64_t version = 0;
        if (hf_get(db, key_of(v), buffer, sizeof buffer, &size, &version) != HF_OK ||
            version != v || !hf_span_equal(hf_span(buffer, size), value_of(v)))
            return false;
    }
    for (uint64_t v = last + 1; v <= KEYS; v++) {
        char buffer[80];
        size_t size;
        if (hf_get(db, key_of(v), buffer, sizeof buffer, &size, NULL) != HF_ERR_NOT_FOUND)
            return false;
    }
    return true;
}

/* Whether a refusal says what damage may say, and of which file. */
static bool
is_clear(enum hf_err err, const struct hf_error *error)
{
    return (err == HF_ERR_CORRUPT || err == HF_ERR_MISSING_FILE) && error->code == err &&
           (strstr(error->text, "wal-") != NULL || strstr(error->text, "log segments") != NULL);
}

struct tally {
    unsigned opened, refused, wrong;
    uint64_t lowest; /* last version of any that opened */
};

/* Opens read-only what is there. */
static void
look(struct tally *tally)
{
    struct hf_error error;
    struct hf_db *db;
    enum hf_err err = open_small(&db, HF_READ_ONLY, &error);

    if (err != HF_OK) {
        tally->refused++;
        tally->wrong += !is_clear(err, &error);
        return;
    }
    tally->opened++;
    tally->wrong += !is_prefix(db) || hf_last_version(db) > COMMITS;
    if (hf_last_version(db) < tally->lowest)
        tally->lowest = hf_last_version(db);
    tally->wrong += hf_close(db) != HF_OK;
}

/* Opens to write what is there, `before`: goes on, closes, and looks again. */
static void
go_on(struct tally *tally, const struct folder *before)
{
    struct hf_error error;
    struct hf_db *db;
    enum hf_err err = open_small(&db, 0, &error);
    uint64_t last;

    if (err != HF_OK) {
        tally->refused++;
        tally->wrong += !is_clear(err, &error) || !folder_is(before);
        return;
    }
    tally->opened++;
    last = hf_last_version(db);
    if (last < tally->lowest)
        tally->lowest = last;
    tally->wrong += !is_prefix(db) || last > COMMITS;
    tally->wrong += !commit_to(db, last + 3, 2) || hf_close(db) != HF_OK;
    if (open_small(&db, HF_READ_ONLY, &error) != HF_OK) {
        printf("# after a second life: %s\n", error.text);
        tally->wrong++;
        return;
    }
    tally->wrong += hf_last_version(db) != last + 3 || !is_prefix(db) || hf_close(db) != HF_OK;
}

/* With `works`, segments are prepared ahead. */
static void
build(struct folder *while_open, struct folder *after_close, bool works)
{
    struct hf_error error;
    struct hf_db *db;

    folder_store(&(struct folder){ 0 });
    bool done = open_small(&db, HF_CREATE, &error) == HF_OK;
    for (uint64_t v = 1; done && v <= COMMITS; v++)
        done = commit_to(db, v, SYNC_EACH) && (!works || work(db));
    if (!done) {
        printf("# %s\n", error.text);
        exit(1);
    }
    folder_load(while_open);
    if (hf_close(db) != HF_OK)
        exit(1);
    folder_load(after_close);
}

/* ---- cut and zeroed ---------------------------------------------------------------------- */

/* The version of the last commit before the active segment. */
static uint64_t
last_before_active(struct folder *folder)
{
    struct hf_wal_walk walk;

    if (!walk_begin(&walk, active(folder)) || hf_wal_walk_next(&walk) != HF_WAL_STEP_GROUP)
        return 0;
    return walk.group.first - 1;
}

/*
 * A segment that was prepared ahead says how long it is, so a cut of it is told. One that grows
 * as it is written does not, and only its successor would know.
 */
static void
test_cuts(struct folder *folder, bool is_prepared, const char *name)
{
    struct tally tally = { .lowest = COMMITS };
    const struct file *file = active(folder);
    size_t size = file->size;

    folder_store(folder);
    for (size_t end = size + 1; end-- > 0;) {
        tally.wrong += truncate(path_of(file->name), (off_t)end) != 0;
        look(&tally);
    }
    printf("# %zu cuts: %u opened, lowest version %llu, %u refused\n", size + 1, tally.opened,
           (unsigned long long)tally.lowest, tally.refused);
    TAP_OK(tally.wrong == 0 && tally.opened > 0 && (tally.refused > size / 2) == is_prepared,
           "%s: the active segment cut at any byte: a prefix or a clear refusal", name);
    TAP_OK(tally.lowest >= last_before_active(folder),
           "%s: no cut of it takes what stands in the segments before", name);
}

static void
test_cuts_and_on(const struct folder *folder, const char *name)
{
    struct tally tally = { .lowest = COMMITS };

    changed = *folder;
    struct file *file = active(&changed);
    for (size_t size = file->size; size > 61; size -= 61) {
        memset(file->bytes + size, 0, sizeof file->bytes - size);
        file->size = size;
        folder_store(&changed);
        go_on(&tally, &changed);
    }
    printf("# %u opened, %u refused\n", tally.opened, tally.refused);
    TAP_OK(tally.wrong == 0 && tally.opened + tally.refused > 30,
           "%s: cut and opened to write: goes on from the prefix, or nothing has changed",
           name);
}

static void
test_zeroed(struct folder *folder, const char *name)
{
    struct tally tally = { .lowest = COMMITS };

    for (size_t i = 0; i < folder->count; i++) {
        for (size_t off = 0; off < folder->list[i].size; off += SECTOR) {
            changed = *folder;
            memset(changed.list[i].bytes + off, 0, changed.list[i].size - off);
            folder_store(&changed);
            go_on(&tally, &changed);
        }
    }
    printf("# %u opened, %u refused\n", tally.opened, tally.refused);
    TAP_OK(tally.wrong == 0 && tally.opened > 0 && tally.refused > 0,
           "%s: any segment zeroed from any sector on: a prefix or a clear refusal", name);
    TAP_OK(tally.lowest >= last_before_active(folder),
           "%s: and no zeros take what stands in the segments before", name);
}

static void
test_zeroed_sector(const struct folder *folder, const char *name)
{
    struct tally tally = { .lowest = COMMITS };

    folder_store(folder);
    for (size_t i = 0; i < folder->count; i++) {
        for (size_t off = 0; off + SECTOR <= folder->list[i].size; off += SECTOR) {
            changed.list[0] = folder->list[i];
            memset(changed.list[0].bytes + off, 0, SECTOR);
            file_store(&changed.list[0]);
            look(&tally);
        }
        file_store(&folder->list[i]);
    }
    printf("# %u opened, %u refused\n", tally.opened, tally.refused);
    TAP_OK(tally.wrong == 0 && tally.opened > 0 && tally.refused > 0,
           "%s: any one sector zeroed: a prefix or a clear refusal", name);
    TAP_OK(tally.lowest >= COMMITS - COMMITS % SYNC_EACH,
           "%s: no sector takes a synced commit: what is behind it vouches for it", name);
}

/* ---- taken away and exchanged ------------------------------------------------------------ */

/* Opens `changed` to write: it must be refused with `wanted`, naming `text`, and stay. */
static bool
refuses(enum hf_err wanted, const char *text)
{
    struct hf_error error = { HF_OK, "" };
    struct hf_db *db;
    enum hf_err err;

    folder_store(&changed);
    err = open_small(&db, HF_CREATE, &error);
    if (err == HF_OK)
        err = hf_close(db);
    else if (err == wanted && strstr(error.text, text) != NULL)
        return folder_is(&changed);
    printf("# %s, not %s: %s\n", hf_err_name(err), hf_err_name(wanted), error.text);
    return false;
}

static void
test_missing(void)
{
    unsigned refused = 0;

    for (size_t i = 0; i < crashed.count; i++) {
        changed = crashed;
        changed.count--;
        memmove(&changed.list[i], &changed.list[i + 1],
                (changed.count - i) * sizeof *changed.list);
        memset(&changed.list[changed.count], 0, sizeof *changed.list);
        refused += refuses(HF_ERR_MISSING_FILE, crashed.list[i].name);
    }
    TAP_OK(refused == crashed.count,
           "each of %zu segments, if missing, is MISSING_FILE by its name, and nothing changes",
           crashed.count);
}

static void
test_foreign(void)
{
    unsigned refused = 0;

    for (size_t i = 0; i < crashed.count; i++) {
        changed = crashed;
        changed.list[i] = stranger.list[i];
        refused += refuses(HF_ERR_CORRUPT, "belongs to another database");
    }
    TAP_OK(refused == crashed.count && stranger.count == crashed.count,
           "a segment of another database in the place of one's own is told and refused");
}

/* A stray name takes the last number; a log that began again at the first would lose itself. */
static void
test_last_number(void)
{
    changed = crashed;
    struct file *stray = &changed.list[changed.count++];
    memset(stray, 0, sizeof *stray);
    snprintf(stray->name, sizeof stray->name, "wal-4294967295");
    TAP_OK(refuses(HF_ERR_TOO_LARGE, "all segment numbers are used up"),
           "where the last segment number is taken, nothing is written and nothing changes");
}

/* ---- newer formats ----------------------------------------------------------------------- */

static void
test_newer_header(void)
{
    unsigned refused = 0;

    for (size_t i = 0; i < crashed.count; i++) {
        struct hf_wal_header header;
        changed = crashed;
        struct file *file = &changed.list[i];
        if (hf_wal_header_decode(&header, hf_span(file->bytes, file->size)) != HF_WAL_GOOD)
            continue;
        header.format = HF_WAL_FORMAT + 1;
        hf_wal_header_encode(file->bytes, &header);
        folder_store(&changed);
        refused += refuses(HF_ERR_VERSION, file->name);
    }
    TAP_OK(refused == crashed.count, "a segment of a newer format is VERSION, wherever it is");
}

/* Gives the last frame of the newest segment a type that does not exist yet. */
static bool
make_newer_frame(struct file *file)
{
    struct hf_wal_walk walk;

    if (!walk_begin(&walk, file))
        return false;
    while (hf_wal_walk_next(&walk) < HF_WAL_STEP_END)
        continue;
    file->bytes[walk.frame_off + 4] = HF_WAL_SEAL + 1;
    hf_wal_frame_end(file->bytes + walk.frame_off, walk.frame.size - HF_WAL_FRAME_OVERHEAD,
                     walk.base, walk.frame_off);
    return true;
}

static void
test_newer_frame(void)
{
    changed = crashed;
    TAP_OK(make_newer_frame(active(&changed)) &&
               refuses(HF_ERR_VERSION, active(&changed)->name),
           "a good frame of an unknown type is VERSION, and is not cut away");
}

/* ---- opening and closing ----------------------------------------------------------------- */

static void
ignore_line(void *context, const char *line)
{
    (void)line;
    ++*(unsigned *)context;
}

static void
test_read_only(struct folder *folder, const char *name)
{
    struct hf_error error;
    struct hf_db *db;
    unsigned lines = 0;

    folder_store(folder);
    remove(path_of("LOCK"));
    bool opened = open_small(&db, HF_READ_ONLY, &error) == HF_OK;
    TAP_OK(opened && is_prefix(db) && hf_last_version(db) == COMMITS,
           "%s: opened read-only it has every commit", name);
    TAP_OK(hf_put(db, key_of(1), value_of(1), 0, NULL) == HF_ERR_READ_ONLY,
           "%s: and takes no other", name);
    TAP_OK(hf_verify(db, ignore_line, &lines) == HF_OK && lines == 0,
           "%s: verify finds nothing wrong", name);
    TAP_OK(hf_close(db) == HF_OK && folder_is(folder) && access(path_of("LOCK"), F_OK) != 0,
           "%s: no file has changed, come or gone", name);
}

static void
test_busy(void)
{
    struct hf_error error;
    struct hf_db *db, *second, *third;

    folder_store(&closed);
    TAP_OK(open_small(&db, HF_READ_ONLY, &error) == HF_OK &&
               open_small(&second, HF_READ_ONLY, &error) == HF_OK,
           "two read-only handles share a database");
    TAP_OK(open_small(&third, 0, &error) == HF_ERR_BUSY && third == NULL,
           "a writer is BUSY beside them");
    TAP_OK(hf_close(db) == HF_OK && hf_close(second) == HF_OK &&
               open_small(&db, 0, &error) == HF_OK,
           "it opens when they are gone");
    TAP_OK(open_small(&second, 0, &error) == HF_ERR_BUSY &&
               open_small(&third, HF_READ_ONLY, &error) == HF_ERR_BUSY,
           "and then a second writer and a reader are BUSY");
    TAP_OK(hf_close(db) == HF_OK, "the one that holds it is not disturbed");
}

static void
test_close(void)
{
    struct hf_recovery report = HF_RECOVERY_INIT;
    struct hf_error error;
    struct hf_db *db;
    struct file *file = active(&closed);
    struct hf_wal_walk walk;
    enum hf_wal_step step = HF_WAL_STEP_TORN, before;

    if (walk_begin(&walk, file)) {
        do {
            before = step;
            step = hf_wal_walk_next(&walk);
        } while (step < HF_WAL_STEP_END);
        TAP_OK(step == HF_WAL_STEP_END && before == HF_WAL_STEP_SEAL && walk.end == file->size,
               "a clean close ends the newest segment with a seal, and cuts it there");
    }
    folder_store(&closed);
    TAP_OK(open_small(&db, 0, &error) == HF_OK, "it opens again");
    hf_recovery_report(db, &report);
    TAP_OK(report.tail == HF_TAIL_SEALED && report.cut_bytes == 0 && !report.tail_ambiguous &&
               report.last_version == COMMITS,
           "and the report says that it was closed");
    TAP_OK(hf_close(db) == HF_OK, "it closes again");
}

static void
test_many_lives(void)
{
    struct hf_error error;
    struct hf_db *db;
    size_t most = 0;
    bool lived = true;

    folder_store(&(struct folder){ 0 });
    for (uint64_t life = 1; lived && life <= 80; life++) {
        lived = open_small(&db, HF_CREATE, &error) == HF_OK && is_prefix(db) &&
                hf_last_version(db) == life - 1 && commit_to(db, life, 0) &&
                hf_close(db) == HF_OK;
        folder_load(&seen);
        most = seen.count > most ? seen.count : most;
    }
    TAP_OK(lived, "80 lives of one commit each leave 80 commits");
    TAP_OK(most > 0 && most <= 6, "and never more than 6 segments (%zu)", most);
}

int
main(void)
{
    const char *tmp = getenv("TMPDIR");
    char command[300];

    snprintf(root, sizeof root, "%.200s/holdfast-recovery-XXXXXX", tmp == NULL ? "." : tmp);
    if (mkdtemp(root) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/db", root);
    mkdir(path, 0777);
    build(&stranger, &closed, false);
    build(&ahead, &closed, true);
    build(&crashed, &closed, false);
    TAP_OK(crashed.count >= 3 && closed.count == crashed.count && ahead.count >= 3,
           "logs of %zu and %zu segments", crashed.count, ahead.count);
    test_cuts(&crashed, false, "killed");
    test_cuts(&ahead, true, "killed, prepared ahead");
    test_cuts(&closed, false, "closed");
    test_cuts_and_on(&crashed, "killed");
    test_cuts_and_on(&ahead, "killed, prepared ahead");
    test_cuts_and_on(&closed, "closed");
    test_zeroed(&crashed, "killed");
    test_zeroed(&ahead, "killed, prepared ahead");
    test_zeroed(&closed, "closed");
    test_zeroed_sector(&crashed, "killed");
    test_zeroed_sector(&closed, "closed");
    test_missing();
    test_foreign();
    test_last_number();
    test_newer_header();
    test_newer_frame();
    test_read_only(&crashed, "killed");
    test_read_only(&closed, "closed");
    test_busy();
    test_close();
    test_many_lives();
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command) != 0 || tap_done();
}
