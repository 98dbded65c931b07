/*
 * checkpoint_test.c - a checkpoint is a second database, and neither harms the other.
 *
 * Method: random commits, flushes and compactions, and checkpoints in between; then each of the
 * two goes on by itself, compacts all it has, and loses its directory: the other must read as
 * before. Links and copies are told apart by the count of names that a file has.
 */
#define _GNU_SOURCE
#include "store/test_model.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

static struct hf_db *db;

static bool
round_is_right(unsigned round)
{
    char name[20];
    uint64_t version = 0, last;
    struct hf_db *copy;
    bool ok = test_commit_some(db, 40 + (uint32_t)test_below(60));

    if (ok && round % 3 == 0)
        ok = hf_flush(db) == HF_OK;
    if (ok && round % 4 == 0)
        ok = hf_compact(db) == HF_OK;
    ok = ok && test_commit_some(db, (uint32_t)test_below(20));
    last = hf_last_version(db);
    snprintf(name, sizeof name, "copy%u", round);
    ok = ok && hf_checkpoint(db, test_path(name), &version) == HF_OK && version == last &&
         test_dir_is_model(test_path(name), last);
    /* The origin goes on, and rewrites all it has. */
    ok = ok && test_commit_some(db, 30) && hf_compact(db) == HF_OK &&
         test_dir_is_model(test_path(name), last);
    /* So does the copy. */
    copy = ok ? test_open(test_path(name), 0) : NULL;
    ok = copy != NULL && hf_put(copy, hf_span("x", 1), hf_span("y", 1), 0, NULL) == HF_OK &&
         hf_compact(copy) == HF_OK;
    ok = hf_close(copy) == HF_OK && ok && test_is_model(db, last + 30);
    return ok;
}

static void
test_links(void)
{
    struct hf_error error;
    uint64_t version;

    TAP_OK(hf_flush(db) == HF_OK && hf_checkpoint(db, test_path("linked"), &version) == HF_OK,
           "a checkpoint of what is in tables");
    TAP_OK(test_shell("[ -n \"$(find linked -name 'table-*' -links 2)\" ] && "
                      "[ -z \"$(find linked -name 'table-*' -links 1)\" ]"),
           "shares their files");
    TAP_OK(test_shell("[ -z \"$(find linked -name 'wal-*' -links 2)\" ]"),
           "and no segment of the log");
    TAP_OK(hf_checkpoint(db, test_path("linked"), &version) == HF_ERR_INVALID,
           "a directory that holds one is refused");
    hf_error_get(db, &error);
    TAP_OK(strncmp(error.text, test_path("linked"), strlen(test_path("linked"))) == 0,
           "and named: the handle has another one");
    TAP_OK(hf_close(db) == HF_OK && test_shell("rm -rf db") &&
               test_dir_is_model(test_path("linked"), version),
           "it outlives its origin");
}

static void
test_refusals(void)
{
    struct hf_options options = test_options();

    options.mode = HF_MODE_MEMORY;
    TAP_OK(hf_open(&db, NULL, &options, NULL) == HF_OK &&
               hf_checkpoint(db, test_path("none"), NULL) == HF_ERR_INVALID &&
               access(test_path("none"), F_OK) != 0,
           "memory mode has none");
    (void)hf_close(db);
    db = test_open(test_path("linked"), HF_READ_ONLY);
    TAP_OK(db != NULL && hf_checkpoint(db, test_path("reader"), NULL) == HF_OK &&
               test_dir_is_model(test_path("reader"), hf_last_version(db)),
           "of a read-only handle one can be made if all is in tables");
    (void)hf_close(db);
    db = test_open(test_path("fresh"), HF_CREATE);
    TAP_OK(hf_checkpoint(db, test_path("of-nothing"), NULL) == HF_OK,
           "and of an empty database");
    test_past_count = 0;
    TAP_OK(test_dir_is_model(test_path("of-nothing"), 0), "it is an empty one");
    (void)hf_close(db);
}

/* No file may grow: the log segment of the new database cannot be written. */
static void
test_full_disk(void)
{
    struct rlimit none, before;

    db = test_open(test_path("linked"), 0);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    none = (struct rlimit){ 100, before.rlim_max };
    setrlimit(RLIMIT_FSIZE, &none);
    enum hf_err err = hf_checkpoint(db, test_path("full"), NULL);
    setrlimit(RLIMIT_FSIZE, &before);
    TAP_OK(err == HF_ERR_IO && test_shell("[ -z \"$(ls full | grep -v LOCK)\" ]"),
           "a failed write leaves nothing behind");
    TAP_OK(hf_checkpoint(db, test_path("full"), NULL) == HF_OK,
           "and the next one goes through");
    (void)hf_close(db);
}

int
main(void)
{
    bool ok = true;

    if (!test_begin("checkpoint_test"))
        return 1;
    db = test_open(test_path("db"), HF_CREATE);
    printf("# seed %" PRIu64 "\n", test_state);
    for (unsigned round = 0; ok && round < 12; round++)
        ok = round_is_right(round);
    TAP_OK(ok, "a checkpoint is its origin at that version, whatever either does later");
    test_links();
    test_full_disk();
    test_refusals();
    return test_end();
}
