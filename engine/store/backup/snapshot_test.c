/*
 * snapshot_test.c - snapshots are the database as of their version, alone and in chains.
 *
 * Method: random commits, flushes, compactions, closes and opens alternate, with segments of a
 * few KiB. After each round a snapshot is taken, full or incremental, while commits go on
 * between its pieces; the chain that leads to it, restored from streams that come in odd
 * pieces, must be the model as of its version, and must sometimes itself go on. The seeds are
 * printed.
 */
#define _GNU_SOURCE
#include "format/snapshot_format.h"
#include "store/test_model.h"

#define ROUNDS 40u
#define CHAIN_MAX 5u

static struct hf_db *db;
static struct test_stream chain[CHAIN_MAX];
static struct hf_snapshot made[CHAIN_MAX];
static unsigned chain_count;
static unsigned incremental, gone; /* how many of a run went on from another, or could not */

static void
forget(struct test_stream *stream)
{
    free(stream->at);
    *stream = (struct test_stream){ NULL, 0, 0, 0 };
}

/* ---- taking one -------------------------------------------------------------------------- */

struct busy {
    struct test_stream *stream;
    bool ok;
};

/* The database is written to between the pieces. */
static enum hf_err
write_busily(void *context, struct hf_span bytes)
{
    struct busy *busy = context;

    busy->ok = busy->ok && test_commit_some(db, 3);
    return test_stream_write(busy->stream, bytes);
}

/* A snapshot on the chain: one that goes on from its last one, or a full one. */
static bool
take(bool is_full)
{
    if (is_full || chain_count == CHAIN_MAX)
        chain_count = 0;
    struct busy busy = { &chain[chain_count], true };
    struct hf_snapshot *snapshot = &made[chain_count];
    uint64_t base = chain_count == 0 ? 0 : made[chain_count - 1].version;
    uint64_t last = hf_last_version(db);

    forget(&chain[chain_count]);
    enum hf_err err = hf_snapshot_write(db, base, write_busily, &busy, snapshot);
    if (err == HF_ERR_HISTORY_GONE && test_keep != HF_KEEP_ALL && base != 0) {
        gone++;
        return take(true);
    }
    if (err != HF_OK || !busy.ok)
        return false;
    incremental += base != 0;
    chain_count++;
    return snapshot->version == last && snapshot->base == base &&
           snapshot->size == busy.stream->size && hf_durable_version(db) >= last;
}

/* ---- and what it is ---------------------------------------------------------------------- */

static enum hf_err
restore(const char *path, struct hf_snapshot *restored)
{
    struct hf_options options = test_options();
    struct hf_snapshot_input inputs[CHAIN_MAX];
    struct hf_error error;

    for (unsigned i = 0; i < chain_count; i++)
        inputs[i] = test_stream_input(&chain[i]);
    enum hf_err err = hf_restore(path, &options, inputs, chain_count, restored, &error);
    if (err != HF_OK)
        printf("# restore: %s\n", error.text);
    return err;
}

/* The restored database is the model, and takes commits behind it. */
static bool
chain_is_right(void)
{
    const struct hf_snapshot *last = &made[chain_count - 1];
    const char *path = test_path("restored");
    struct hf_snapshot restored;

    if (restore(path, &restored) != HF_OK || restored.version != last->version ||
        restored.time_us != last->time_us || !test_dir_is_model(path, last->version))
        return false;
    struct hf_db *copy = test_open(path, 0);
    uint64_t version = 0;
    bool ok = hf_put(copy, hf_span("new", 3), hf_span("x", 1), 0, &version) == HF_OK &&
              version == last->version + 1;
    ok = hf_close(copy) == HF_OK && ok;
    return ok && test_shell("rm -rf restored");
}

static bool
act(void)
{
    if (!test_commit_some(db, (uint32_t)test_below(60)))
        return false;
    switch (test_below(6)) {
    case 0:
    case 1:
        return hf_flush(db) == HF_OK;
    case 2:
        return hf_compact(db) == HF_OK;
    case 3:
        if (hf_close(db) != HF_OK)
            return false;
        db = test_open(test_path("db"), 0);
        return db != NULL;
    default:
        return true;
    }
}

static void
run(uint64_t seed, uint64_t keep)
{
    bool ok = true;

    test_state = seed;
    test_past_count = 0;
    test_keep = keep;
    chain_count = incremental = gone = 0;
    printf("# seed %" PRIu64 "\n", seed);
    db = test_open(test_path("db"), HF_CREATE);
    for (unsigned i = 0; ok && i < ROUNDS; i++)
        ok = act() && take(test_below(5) == 0) && chain_is_right();
    TAP_OK(ok, "every chain restores to the model as of its last version");
    TAP_OK(incremental > 0 && (keep == HF_KEEP_ALL) == (gone == 0),
           "of the snapshots %u went on from others, %u could not", incremental, gone);
    TAP_OK(hf_close(db) == HF_OK, "and the database closes");
    db = NULL;
    test_keep = HF_KEEP_ALL;
    test_shell("rm -rf db");
}

/* ---- single properties ------------------------------------------------------------------- */

static void
test_memory_mode(void)
{
    struct hf_options options = test_options();
    struct hf_snapshot snapshot;

    options.mode = HF_MODE_MEMORY;
    test_past_count = 0;
    forget(&chain[0]);
    TAP_OK(hf_open(&db, NULL, &options, NULL) == HF_OK && test_commit_some(db, 200) &&
               hf_snapshot_write(db, 0, test_stream_write, &chain[0], &snapshot) == HF_OK,
           "a database in memory mode has snapshots");
    chain_count = 1;
    TAP_OK(restore(test_path("m"), NULL) == HF_OK && test_dir_is_model(test_path("m"), 200),
           "and restores as a durable one");
    forget(&chain[1]);
    TAP_OK(test_commit_some(db, 100) &&
               hf_snapshot_write(db, 200, test_stream_write, &chain[1], &snapshot) == HF_OK,
           "and incremental ones");
    chain_count = 2;
    TAP_OK(restore(test_path("m2"), NULL) == HF_OK && test_dir_is_model(test_path("m2"), 300),
           "which restore as well");
    (void)hf_close(db);
}

static void
test_empty(void)
{
    struct hf_snapshot snapshot;

    test_past_count = 0;
    forget(&chain[0]);
    db = test_open(test_path("empty"), HF_CREATE);
    TAP_OK(hf_snapshot_write(db, 0, test_stream_write, &chain[0], &snapshot) == HF_OK &&
               snapshot.version == 0 && snapshot.entries == 0,
           "an empty database has a snapshot");
    chain_count = 1;
    TAP_OK(restore(test_path("e"), NULL) == HF_OK && test_dir_is_model(test_path("e"), 0),
           "and restores as an empty one");
    TAP_OK(test_commit(db, 1, false) && test_commit(db, 1, true) && hf_compact(db) == HF_OK,
           "one of which all was deleted");
    forget(&chain[0]);
    TAP_OK(hf_snapshot_write(db, 0, test_stream_write, &chain[0], &snapshot) == HF_OK &&
               snapshot.version == 2 && snapshot.entries == 0 &&
               restore(test_path("e2"), NULL) == HF_OK && test_dir_is_model(test_path("e2"), 2),
           "restores empty, at its version");
    (void)hf_close(db);
}

/* Values beyond a block's size, among small ones. */
static void
test_large(void)
{
    size_t size = HF_SNAPSHOT_PAYLOAD_MAX * 3 + 17;
    char *value = malloc(size), *back = malloc(size);
    size_t got = 0;
    bool ok = true;

    memset(value, 'v', size);
    forget(&chain[0]);
    db = test_open(test_path("large"), HF_CREATE);
    for (int i = 0; ok && i < 6; i++) {
        char key[2] = { 'k', (char)('0' + i) };
        size_t len = i % 2 == 0 ? 10 : size - (size_t)i;
        ok = hf_put(db, hf_span(key, 2), hf_span(value, len), 0, NULL) == HF_OK;
    }
    ok = ok && hf_snapshot_write(db, 0, test_stream_write, &chain[0], NULL) == HF_OK;
    (void)hf_close(db);
    chain_count = 1;
    ok = ok && restore(test_path("l"), NULL) == HF_OK;
    db = ok ? test_open(test_path("l"), HF_READ_ONLY) : NULL;
    TAP_OK(ok && hf_get(db, hf_span("k3", 2), back, size, &got, NULL) == HF_OK &&
               got == size - 3 && memcmp(value, back, got) == 0 &&
               hf_verify(db, test_print, NULL) == HF_OK,
           "values larger than a block pass through");
    (void)hf_close(db);
    free(value);
    free(back);
}

static enum hf_err
refuse_second(void *context, struct hf_span bytes)
{
    unsigned *calls = context;

    (void)bytes;
    return ++*calls < 2 ? HF_OK : HF_ERR_FULL;
}

static void
test_refusals(void)
{
    struct hf_options options = test_options();
    struct hf_error error;
    unsigned calls = 0;

    test_past_count = 0;
    options.keep_versions = 5;
    TAP_OK(hf_open(&db, test_path("few"), &options, NULL) == HF_OK && test_commit_some(db, 300),
           "a database that keeps few versions");
    TAP_OK(hf_snapshot_write(db, 301, test_stream_write, &chain[0], NULL) == HF_ERR_INVALID,
           "a base that is yet to come is refused");
    TAP_OK(hf_compact(db) == HF_OK && hf_snapshot_write(db, 100, test_stream_write, &chain[0],
                                                        NULL) == HF_ERR_HISTORY_GONE,
           "so is one whose deletes are forgotten");
    hf_error_get(db, &error);
    TAP_OK(strstr(error.text, "full snapshot") != NULL, "and the sentence says what to do");
    TAP_OK(hf_snapshot_write(db, 0, refuse_second, &calls, NULL) == HF_ERR_FULL && calls == 2,
           "what the stream returns is what the caller gets, at once");
    forget(&chain[0]);
    TAP_OK(hf_snapshot_write(db, 300, test_stream_write, &chain[0], NULL) == HF_OK,
           "one of nothing new is possible");
    (void)hf_close(db);
}

static void
test_save(void)
{
    struct hf_snapshot saved, checked;
    struct hf_error error;

    test_past_count = 0;
    db = test_open(test_path("s"), HF_CREATE);
    TAP_OK(test_commit_some(db, 100) &&
               hf_snapshot_save(db, 0, test_path("f.snap"), &saved) == HF_OK &&
               hf_snapshot_check(test_path("f.snap"), &checked, NULL) == HF_OK &&
               memcmp(&saved, &checked, sizeof saved) == 0,
           "a file holds what the save says");
    TAP_OK(test_commit_some(db, 10) &&
               hf_snapshot_save(db, 0, test_path("f.snap"), NULL) == HF_OK &&
               hf_snapshot_check(test_path("f.snap"), &checked, NULL) == HF_OK &&
               checked.version == 110 && test_shell("[ \"$(ls | grep snap)\" = f.snap ]"),
           "a later one replaces it, and leaves nothing else");
    TAP_OK(hf_snapshot_save(db, 0, test_path("none/f"), NULL) == HF_ERR_NOT_FOUND,
           "a folder that is not there is told");
    TAP_OK(test_shell("mkfifo pipe && ln -s f.snap link && mkdir folder") &&
               hf_snapshot_save(db, 0, test_path("pipe"), NULL) == HF_ERR_INVALID &&
               hf_snapshot_save(db, 0, test_path("link"), NULL) == HF_ERR_INVALID &&
               hf_snapshot_save(db, 0, test_path("folder"), NULL) == HF_ERR_INVALID &&
               test_shell("test -p pipe && test -L link && test -d folder && rm -r pipe link "
                          "folder"),
           "what is no file is not replaced by one");
    TAP_OK(hf_close(db) == HF_OK, "the database closes");
    db = test_open(test_path("s"), HF_READ_ONLY);
    TAP_OK(hf_snapshot_save(db, 100, test_path("i.snap"), &saved) == HF_OK &&
               saved.version == 110 && saved.entries <= 10,
           "a read-only handle saves what changed");
    TAP_OK(hf_snapshot_check(test_path("none"), NULL, &error) == HF_ERR_NOT_FOUND,
           "a file that is not there is told");
    (void)hf_close(db);
}

/* A full snapshot whose last commit left no entry, restored to "r". */
static bool
restore_to_a_delete(struct hf_snapshot *base)
{
    bool ok;

    test_past_count = 0;
    forget(&chain[0]);
    db = test_open(test_path("d"), HF_CREATE);
    ok = test_commit(db, 1, false) && test_commit(db, 2, false) && test_commit(db, 2, true) &&
         hf_snapshot_write(db, 0, test_stream_write, &chain[0], base) == HF_OK;
    chain_count = 1;
    return hf_close(db) == HF_OK && ok && restore(test_path("r"), NULL) == HF_OK;
}

/* Tables have nothing of the commit that a restore led to, if it was a delete. */
static void
test_base_is_a_delete(void)
{
    struct hf_snapshot base, next;
    uint64_t version = 0;

    TAP_OK(restore_to_a_delete(&base), "a database is restored to a commit that only deleted");
    db = test_open(test_path("r"), 0);
    TAP_OK(test_commit(db, 3, false) && hf_flush(db) == HF_OK &&
               hf_version_at(db, base.time_us, &version) == HF_OK && version == base.version,
           "flushed, it still knows when that was");
    TAP_OK(test_commit_some(db, 20) && hf_flush(db) == HF_OK && hf_compact(db) == HF_OK,
           "and is compacted");
    forget(&chain[1]);
    TAP_OK(hf_version_at(db, base.time_us, &version) == HF_OK && version == base.version &&
               hf_snapshot_write(db, base.version, test_stream_write, &chain[1], &next) ==
                   HF_OK,
           "an incremental snapshot goes on from there");
    chain_count = 2;
    TAP_OK(hf_close(db) == HF_OK && restore(test_path("r2"), NULL) == HF_OK &&
               test_dir_is_model(test_path("r2"), next.version),
           "and restores behind the first");
}

int
main(void)
{
    if (!test_begin("snapshot_test"))
        return 1;
    for (uint64_t seed = 1; seed <= 4; seed++)
        run(seed, seed % 2 == 0 ? 40 : HF_KEEP_ALL);
    test_memory_mode();
    test_empty();
    test_large();
    test_refusals();
    test_save();
    test_base_is_a_delete();
    for (unsigned i = 0; i < CHAIN_MAX; i++)
        forget(&chain[i]);
    return test_end();
}
