/*
 * every_call_fail_test.c - each allocation and each file call fails once, under every public
 * function.
 *
 * Method: one life calls every function of holdfast.h that can fail. It is lived over and over
 * on a fresh machine: the nth allocation fails, then the nth read, write and rename, until n is
 * past the last. Each call must succeed or give an error of its own kind, give back all that it
 * took, and without a failure succeed; and in a life after that, without faults, the database
 * opens, is sound, and shows what was acknowledged.
 */
#include "base/span.h"
#include "base/tap.h"
#include "sim/machine/machine.h"
#include "vfs/vfs_file.h"

#include <stdio.h>

#define KEYS 24u
#define CALLS_MAX 4000u

static struct sim_machine *machine;
static struct sim_tape *tape;

/* What the life under way has done. */
static struct {
    enum hf_err own;    /* the error that the fault deserves */
    bool acked[KEYS];   /* the key's put was acknowledged, */
    bool unknown[KEYS]; /* or it failed in a way that leaves open whether it is there */
    bool was_opened;
    unsigned errors; /* that calls gave, */
    unsigned wrong;  /* and of these, of another kind than they should */
    const char *wrong_call;
} done;

static bool
is_own(enum hf_err err)
{
    if (err == HF_OK || err == done.own || err == HF_ERR_CLOSED)
        return true;
    /* What a failed file call leads to later on. */
    return done.own == HF_ERR_IO && (err == HF_ERR_FAILED || err == HF_ERR_NOT_FOUND ||
                                     err == HF_ERR_INVALID || err == HF_ERR_CORRUPT);
}

/* Judges a call; true: it succeeded. */
static bool
did(const char *call, enum hf_err err)
{
    done.errors += err != HF_OK;
    if (!is_own(err) && done.wrong++ == 0)
        done.wrong_call = call;
    return err == HF_OK;
}

static struct hf_span
key_of(unsigned i)
{
    static char names[KEYS][8];

    return hf_span(names[i], (size_t)snprintf(names[i], sizeof names[i], "key%02u", i));
}

static struct hf_options
options(void)
{
    struct hf_options options = HF_OPTIONS_INIT;

    options.flags = HF_CREATE | HF_SINGLE_THREAD | HF_BACKGROUND_CALLER;
    options.sector = 512;
    options.segment_size = 4096;
    return options;
}

/* ---- every call -------------------------------------------------------------------------- */

static void
note_put(const char *call, unsigned key, enum hf_err err)
{
    bool is_done = did(call, err);

    done.acked[key] |= is_done;
    done.unknown[key] |= !is_done && err != HF_ERR_NO_MEMORY;
}

static void
write_some(struct hf_db *db)
{
    struct hf_span value = hf_span("a value of some length, so that segments fill", 45);
    struct hf_batch *batch;

    for (unsigned i = 0; i + 3 < KEYS; i++)
        note_put("put", i, hf_put(db, key_of(i), value, i % 4 == 0 ? HF_DURABLE : 0, NULL));
    note_put("cas", KEYS - 3, hf_cas(db, key_of(KEYS - 3), 0, value, 0, NULL));
    (void)did("delete", hf_delete(db, hf_span("none", 4), 0, NULL));
    if (did("batch_open", hf_batch_open(&batch, db))) {
        enum hf_err err = hf_batch_put(batch, key_of(KEYS - 2), value);
        if (did("batch_put", err))
            err = hf_batch_check(batch, hf_span("none", 4), 0);
        if (did("batch_check", err))
            err = hf_batch_commit(batch, 0, NULL);
        note_put("batch_commit", KEYS - 2, err);
        hf_batch_reset(batch);
    }
    hf_batch_close(batch);
}

static void
read_iter(struct hf_view *view, bool reverse)
{
    struct hf_range range = { .reverse = reverse };
    struct hf_iter *iter;
    struct hf_item item;
    enum hf_err err = hf_iter_open(&iter, view, &range);

    if (did("iter_open", err) && did("iter_seek", hf_iter_seek(iter, key_of(3)))) {
        while ((err = hf_iter_next(iter, &item)) == HF_OK) {
        }
        if (err != HF_ERR_NOT_FOUND)
            (void)did("iter_next", err);
    }
    hf_iter_close(iter);
}

/* Where nothing is, a read says so, whatever fails. */
static enum hf_err
found(enum hf_err err)
{
    return err == HF_ERR_NOT_FOUND ? HF_OK : err;
}

static void
read_some(struct hf_db *db)
{
    struct hf_span keys[] = { key_of(1), key_of(2) };
    struct hf_view *view;
    struct hf_item items[2];
    char buffer[64];
    size_t size;

    (void)did("get", found(hf_get(db, key_of(0), buffer, sizeof buffer, &size, NULL)));
    if (did("view_open", hf_view_open(&view, db, HF_LATEST))) {
        (void)did("view_get", found(hf_view_get(view, key_of(1), &items[0])));
        (void)did("view_get_many", hf_view_get_many(view, keys, 2, items));
        read_iter(view, false);
        read_iter(view, true);
    }
    hf_view_close(view);
}

static void
ignore_line(void *context, const char *line)
{
    (void)context, (void)line;
}

static enum hf_err
ignore_bytes(void *context, struct hf_span bytes)
{
    (void)context, (void)bytes;
    return HF_OK;
}

static void
keep_up(struct hf_db *db)
{
    bool more = true;

    for (unsigned i = 0; more && i < 100 && did("work", hf_work(db, &more)); i++) {
    }
    (void)did("sync", hf_sync(db));
    (void)did("flush", hf_flush(db));
    (void)did("compact", hf_compact(db));
    (void)did("verify", hf_verify(db, ignore_line, NULL));
}

static void
back_up(struct hf_db *db)
{
    (void)did("snapshot_write", hf_snapshot_write(db, 0, ignore_bytes, NULL, NULL));
    (void)did("snapshot_save", hf_snapshot_save(db, 0, "backup/snapshot", NULL));
    (void)did("checkpoint", hf_checkpoint(db, "second", NULL));
}

/* What needs no handle. */
static void
use_files(void)
{
    struct hf_snapshot_input input = { .path = "backup/snapshot" };
    struct hf_salvaged salvaged = HF_SALVAGED_INIT;
    struct hf_options plain = options();
    struct hf_snapshot snapshot;

    (void)did("snapshot_check", found(hf_snapshot_check(input.path, &snapshot, NULL)));
    (void)did("restore", found(hf_restore("restored", &plain, &input, 1, NULL, NULL)));
    (void)did("dump", found(hf_dump("db", ignore_line, NULL, NULL)));
    (void)did("salvage",
              found(hf_salvage("db", "salvaged", &plain, ignore_line, NULL, &salvaged, NULL)));
}

static void
live(void *context)
{
    struct hf_options plain = options();
    struct hf_db *db;

    (void)context;
    if (did("open", hf_open(&db, "db", &plain, NULL))) {
        done.was_opened = true;
        write_some(db);
        read_some(db);
        keep_up(db);
        read_some(db);
        back_up(db);
        (void)did("close", hf_close(db));
    }
    use_files();
}

/* Before it: where a snapshot goes must be there. */
static void
prepare(void *context)
{
    struct hf_dir *dir;

    (void)context;
    if (hf_dir_open(&dir, "backup", HF_DIR_CREATE, NULL) == HF_OK)
        hf_dir_close(dir);
}

/* ---- afterwards -------------------------------------------------------------------------- */

static void
look_again(void *context)
{
    struct hf_options plain = options();
    struct hf_db *db;
    char buffer[64];
    size_t size;
    bool *is_whole = context;

    *is_whole = hf_open(&db, "db", &plain, NULL) == HF_OK;
    for (unsigned i = 0; *is_whole && i < KEYS; i++) {
        enum hf_err err = hf_get(db, key_of(i), buffer, sizeof buffer, &size, NULL);
        bool is_there = err == HF_OK;
        *is_whole = (is_there || err == HF_ERR_NOT_FOUND) &&
                    (done.unknown[i] || is_there == done.acked[i]);
    }
    *is_whole = *is_whole && hf_verify(db, ignore_line, NULL) == HF_OK && hf_close(db) == HF_OK;
}

struct tally {
    unsigned lives, wrong, leaks, lost;
    char first[160];
};

static void
tell(struct tally *tally, uint64_t n, const char *what)
{
    if (tally->first[0] == 0)
        snprintf(tally->first, sizeof tally->first, "call %llu: %s (%s)", (unsigned long long)n,
                 what, done.wrong_call == NULL ? "-" : done.wrong_call);
}

/* One life in which the nth such call fails; false: there was none. */
static bool
fail_at(enum sim_fault fault, enum sim_call call, uint64_t n, struct tally *tally)
{
    struct sim_rule rule = { .fault = fault,
                             .when = SIM_WHEN_CALL,
                             .lo = n,
                             .call = call,
                             .flavour =
                                 fault == SIM_ALLOC_FAIL ? SIM_FLAVOUR_ANY : SIM_BEFORE };
    struct sim_machine_config config = { .sector = 512, .rules = &rule, .rule_count = 1 };
    bool is_whole = true;

    sim_tape_reset(tape, 1);
    sim_machine_reset(machine, &config, tape);
    memset(&done, 0, sizeof done);
    sim_machine_calm(machine, true);
    (void)sim_machine_life(machine, prepare, NULL);
    sim_machine_calm(machine, false);
    done.own = fault == SIM_ALLOC_FAIL ? HF_ERR_NO_MEMORY : HF_ERR_IO;
    if (sim_machine_life(machine, live, NULL) != SIM_RETURNED)
        tell(tally, n, "the life did not return");
    if (done.wrong > 0)
        tell(tally, n, "another error");
    tally->wrong += done.wrong;
    if (sim_machine_leaks(machine) > 0)
        tell(tally, n, "not all was given back");
    tally->leaks += sim_machine_leaks(machine) > 0;
    sim_machine_calm(machine, true);
    if (done.was_opened)
        (void)sim_machine_life(machine, look_again, &is_whole);
    if (!is_whole)
        tell(tally, n, "what was acknowledged is not there");
    tally->lost += !is_whole;
    sim_machine_calm(machine, false);
    tally->lives++;
    return rule.fired > 0;
}

static void
test_call(const char *what, enum sim_fault fault, enum sim_call call)
{
    struct tally tally = { 0 };
    uint64_t n = 1;

    while (n < CALLS_MAX && fail_at(fault, call, n, &tally))
        n++;
    if (tally.first[0] != 0)
        printf("# %s\n", tally.first);
    TAP_OK(n > 1 && n < CALLS_MAX && done.errors == 0,
           "%s: %u of them fail, one a life, and without a failure every call succeeds", what,
           tally.lives - 1);
    TAP_OK(tally.wrong == 0, "%s: each call gives its own error or none", what);
    TAP_OK(tally.leaks == 0, "%s: all is given back", what);
    TAP_OK(tally.lost == 0, "%s: what was acknowledged is there", what);
}

int
main(void)
{
    machine = sim_machine_open();
    tape = sim_tape_open();
    test_call("allocations", SIM_ALLOC_FAIL, SIM_CALL_ALLOC);
    test_call("reads", SIM_READ_ERROR, SIM_CALL_READ);
    test_call("writes", SIM_WRITE_ERROR, SIM_CALL_WRITE);
    test_call("names", SIM_NAME_ERROR, SIM_CALL_RENAME);
    sim_machine_close(machine);
    sim_tape_close(tape);
    return tap_done();
}
