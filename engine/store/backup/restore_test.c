/*
 * restore_test.c - a restore makes all of a database, or none.
 *
 * Method: a small chain of snapshots is made once. Every cut of it and every changed byte must
 * be refused, with nothing in the target; so must snapshots that do not follow each other. Each
 * write is failed in turn (by a limit on file sizes), and each allocation (by a memory limit
 * that rises): either way the target holds no database, opens for nobody, and takes the next
 * restore. What an interrupted one leaves is made by hand from one that ended.
 */
#define _GNU_SOURCE
#include "store/test_model.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

static struct test_stream full, increment, other;
static uint64_t last; /* the version that full and increment lead to */

static enum hf_err
restore(const char *name, struct test_stream *first, struct test_stream *second,
        uint64_t memory_limit)
{
    struct hf_options options = test_options();
    struct hf_snapshot_input inputs[2];
    size_t count = 0;
    struct hf_error error;

    options.memory_limit = memory_limit;
    if (first != NULL)
        inputs[count++] = test_stream_input(first);
    if (second != NULL)
        inputs[count++] = test_stream_input(second);
    return hf_restore(test_path(name), &options, inputs, count, NULL, &error);
}

static bool
write_file(const char *name, const struct test_stream *stream, size_t size)
{
    FILE *file = fopen(test_path(name), "wb");

    return file != NULL && fwrite(stream->at, 1, size, file) == size && fclose(file) == 0;
}

/* Nothing but LOCK may be in the folder, if there is one. */
static bool
is_bare(const char *name)
{
    return test_shell("[ ! -d %s ] || [ -z \"$(ls %s | grep -v LOCK)\" ]", name, name);
}

static void
make_chain(void)
{
    struct hf_db *db = test_open(test_path("db"), HF_CREATE);
    bool ok = test_commit_some(db, 30) &&
              hf_snapshot_write(db, 0, test_stream_write, &full, NULL) == HF_OK &&
              test_commit_some(db, 10) &&
              hf_snapshot_write(db, 30, test_stream_write, &increment, NULL) == HF_OK;

    last = hf_last_version(db);
    TAP_OK(ok && hf_close(db) == HF_OK, "a full snapshot of %zu bytes, and one of %zu",
           full.size, increment.size);
    /* Another history that is as long. */
    db = test_open(test_path("other"), HF_CREATE);
    for (int i = 0; ok && i < 40; i++) {
        ok = hf_put(db, hf_span("k", 1), hf_span("v", 1), 0, NULL) == HF_OK;
        if (i == 29)
            ok = ok && hf_snapshot_write(db, 0, test_stream_write, &other, NULL) == HF_OK;
    }
    TAP_OK(ok && hf_close(db) == HF_OK, "and one of another database");
}

/* ---- what is refused --------------------------------------------------------------------- */

static void
test_cuts(void)
{
    struct test_stream copy = full;
    unsigned wrong = 0, touched = 0;

    for (copy.size = 0; copy.size < full.size; copy.size++)
        wrong += restore("cut", &copy, NULL, 0) != HF_ERR_CORRUPT;
    TAP_OK(wrong == 0, "every cut is refused, %u were not", wrong);
    TAP_OK(is_bare("cut"), "and leaves nothing behind");
    for (size_t size = 0; size < full.size; size += 97) {
        struct hf_snapshot_input input = { .path = test_path("f") };
        struct hf_options options = test_options();
        struct hf_error error;
        if (!write_file("f", &full, size))
            wrong++;
        wrong += hf_restore(test_path("cutfile"), &options, &input, 1, NULL, &error) !=
                 HF_ERR_CORRUPT;
        touched += access(test_path("cutfile"), F_OK) == 0;
    }
    TAP_OK(wrong == 0 && touched == 0, "of a file: before its target is touched");
}

static void
test_flips(void)
{
    unsigned wrong = 0;

    for (size_t i = 0; i < full.size; i++) {
        full.at[i] ^= 1u << (i % 8);
        enum hf_err err = restore("flip", &full, &increment, 0);
        wrong += err != HF_ERR_CORRUPT && err != HF_ERR_VERSION && err != HF_ERR_INVALID;
        full.at[i] ^= 1u << (i % 8);
    }
    TAP_OK(wrong == 0, "every changed byte is refused, %u were not", wrong);
    TAP_OK(is_bare("flip"), "and leaves nothing behind");
}

static void
test_order(void)
{
    struct test_stream longer = full, again = full;

    TAP_OK(restore("order", NULL, NULL, 0) == HF_ERR_INVALID, "no snapshot makes no database");
    TAP_OK(restore("order", &increment, NULL, 0) == HF_ERR_INVALID,
           "an incremental one alone is refused");
    TAP_OK(restore("order", &full, &again, 0) == HF_ERR_INVALID, "so is a second full one");
    TAP_OK(restore("order", &other, &increment, 0) == HF_ERR_INVALID,
           "so is one of another history");
    longer.at = malloc(full.size + 1);
    memcpy(longer.at, full.at, full.size);
    longer.at[longer.size++] = 0;
    TAP_OK(restore("order", &longer, NULL, 0) == HF_ERR_CORRUPT, "and a byte behind the end");
    free(longer.at);
    TAP_OK(is_bare("order"), "and nothing is left of any");
}

/* Two databases that were one: the increment of one does not fit on the other. */
static void
test_parted(void)
{
    struct test_stream parted = { NULL, 0, 0, 0 };
    struct hf_db *db;
    bool ok = restore("a", &full, NULL, 0) == HF_OK;

    db = test_open(test_path("a"), 0);
    for (int i = 0; ok && i < 10; i++)
        ok = hf_put(db, hf_span("k", 1), hf_span("v", 1), 0, NULL) == HF_OK;
    ok = ok && hf_snapshot_write(db, 30, test_stream_write, &parted, NULL) == HF_OK;
    TAP_OK(ok && restore("b", &full, &parted, 0) == HF_OK,
           "what a restored database goes on with, follows what it was made of");
    free(parted.at);
    parted = (struct test_stream){ NULL, 0, 0, 0 };
    ok = hf_put(db, hf_span("k", 1), hf_span("v", 1), 0, NULL) == HF_OK &&
         hf_snapshot_write(db, last, test_stream_write, &parted, NULL) == HF_OK &&
         hf_close(db) == HF_OK;
    struct hf_snapshot_input inputs[3] = { test_stream_input(&full),
                                           test_stream_input(&increment),
                                           test_stream_input(&parted) };
    TAP_OK(ok && hf_restore(test_path("c"), NULL, inputs, 3, NULL, NULL) == HF_ERR_INVALID,
           "but not what its origin has become, though the versions agree");
    free(parted.at);
}

static void
test_targets(void)
{
    TAP_OK(restore("db", &full, NULL, 0) == HF_ERR_INVALID, "a database is no target");
    test_shell("mkdir foreign && touch foreign/letter");
    TAP_OK(restore("foreign", &full, NULL, 0) == HF_ERR_INVALID &&
               test_shell("[ \"$(ls foreign)\" = letter ]"),
           "nor is a folder with something else in it");
    test_shell("mkdir rest && cp db/wal-* rest/wal-0000000001");
    TAP_OK(restore("rest", &full, NULL, 0) == HF_ERR_INVALID &&
               access(test_path("rest/wal-0000000001"), F_OK) == 0,
           "nor one with a file of a database, which may be all that is left of it");
    struct hf_db *db = test_open(test_path("busy"), HF_CREATE);
    TAP_OK(restore("busy", &full, NULL, 0) == HF_ERR_BUSY, "nor one that is open");
    (void)hf_close(db);
}

/* ---- what is interrupted ----------------------------------------------------------------- */

static bool
opens_for_nobody(const char *name)
{
    struct hf_options options = test_options();
    struct hf_db *db;
    enum hf_err err = hf_open(&db, test_path(name), &options, NULL);

    (void)hf_close(db);
    return err == HF_ERR_INVALID;
}

static void
test_leftovers(void)
{
    static const char *const crashes[] = {
        "rm x/*",
        "rm x/manifest* x/wal*; mv x/table-0000000001 x/table-0000000001.tmp",
        "rm x/manifest* x/wal*",
        "rm x/manifest*",
        "mv x/manifest* x/manifest-0000000002.tmp",
    };
    unsigned wrong = 0;

    for (unsigned i = 0; i < sizeof crashes / sizeof crashes[0]; i++) {
        bool ok = restore("x", &full, &increment, 0) == HF_OK &&
                  test_shell("%s; touch x/RESTORE", crashes[i]) && opens_for_nobody("x") &&
                  restore("x", &full, &increment, 0) == HF_OK &&
                  test_dir_is_model(test_path("x"), last) && test_shell("rm -rf x");
        wrong += !ok;
    }
    TAP_OK(wrong == 0, "what a crash leaves opens for nobody, and takes a restore");
    struct hf_db *db;
    bool ok = restore("y", &full, &increment, 0) == HF_OK && test_shell("touch y/RESTORE") &&
              restore("y", &full, NULL, 0) == HF_ERR_INVALID &&
              (db = test_open(test_path("y"), 0)) != NULL && hf_close(db) == HF_OK &&
              access(test_path("y/RESTORE"), F_OK) != 0;
    TAP_OK(ok && test_dir_is_model(test_path("y"), last),
           "with its manifest it is a database, whatever else was not done yet");
}

/* Fails what passes `size` bytes of any file, until nothing fails any more. */
static void
test_writes(void)
{
    struct rlimit limit, before;
    unsigned failed = 0, wrong = 0;
    enum hf_err err = HF_ERR_IO;

    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    for (rlim_t size = 0; err != HF_OK && size < 100000; size += 61) {
        limit = (struct rlimit){ size, before.rlim_max };
        setrlimit(RLIMIT_FSIZE, &limit);
        err = restore("w", &full, &increment, 0);
        setrlimit(RLIMIT_FSIZE, &before);
        failed += err != HF_OK;
        wrong += err != HF_OK && (err != HF_ERR_IO || !is_bare("w"));
    }
    TAP_OK(err == HF_OK && failed > 50 && wrong == 0,
           "%u failed writes left nothing behind, %u did", failed - wrong, wrong);
    TAP_OK(test_dir_is_model(test_path("w"), last), "then one went through");
}

static void
test_memory(void)
{
    unsigned refused = 0, wrong = 0;
    enum hf_err err = HF_ERR_NO_MEMORY;

    for (uint64_t limit = 1000; err != HF_OK && limit < (4u << 20); limit += limit / 64) {
        err = restore("n", &full, &increment, limit);
        refused += err == HF_ERR_NO_MEMORY;
        wrong += err != HF_OK && (err != HF_ERR_NO_MEMORY || !is_bare("n"));
    }
    TAP_OK(err == HF_OK && refused > 50 && wrong == 0,
           "%u refusals of memory left nothing behind, %u did", refused - wrong, wrong);
    TAP_OK(test_dir_is_model(test_path("n"), last), "then one went through");
}

int
main(void)
{
    if (!test_begin("restore_test"))
        return 1;
    make_chain();
    test_cuts();
    test_flips();
    test_order();
    test_parted();
    test_targets();
    test_leftovers();
    test_writes();
    test_memory();
    free(full.at);
    free(increment.at);
    free(other.at);
    return test_end();
}
