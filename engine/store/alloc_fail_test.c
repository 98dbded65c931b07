/*
 * alloc_fail_test.c - a memory limit that refuses each allocation once.
 *
 * Method: one life of a database (open, puts, batches, deletes, a scan, close) is repeated
 * under limits that rise in steps smaller than any allocation that grows with the data, so
 * each of them is at some limit the one that is refused. A list of what was acknowledged is
 * kept; what is read under the limit, and after a reopen without one, must be that list and
 * nothing else. In memory mode this is done with all history kept, and with none, when records
 * are moved. What is not given back shows in the engine's own account, and under ASan.
 */
#define _GNU_SOURCE
#include "base/span.h"
#include "base/tap.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEYS 24u
#define BEGUN 40u /* commits that are there before the limit */
#define STEPS 120u
#define STEP_SIZE 192u

static char root[256], path[300], begun[300];
static uint64_t keep_in_memory = HF_KEEP_ALL;

/* What was acknowledged: the number of the step that wrote each key; 0: not there. */
struct model {
    uint32_t written[KEYS];
    uint64_t last;
};

struct tally {
    unsigned opens_refused, commits_refused, deletes_refused, scans_refused, whole, wrong;
};

static struct hf_span
key_of(uint32_t i)
{
    static char text[8];
    return hf_span(text, (size_t)snprintf(text, sizeof text, "k%02u", i % KEYS));
}

static struct hf_span
value_of(uint32_t step)
{
    static char text[512];
    int width = (int)(step * 37 % 400);
    return hf_span(text, (size_t)snprintf(text, sizeof text, "%u:%0*u", step, width, step));
}

static enum hf_err
open_limited(struct hf_db **db, enum hf_mode mode, unsigned flags, uint64_t limit)
{
    struct hf_options options = HF_OPTIONS_INIT;

    if (mode == HF_MODE_MEMORY)
        options.keep_versions = keep_in_memory;

    options.mode = mode;
    options.flags = flags | HF_SINGLE_THREAD | HF_BACKGROUND_CALLER;
    options.sector = 512;
    options.segment_size = 8192;
    options.memory_limit = limit;
    options.sync_interval_ms = options.loss_ms = 1u << 30; /* no clock decides */
    return hf_open(db, mode == HF_MODE_MEMORY ? NULL : path, &options, NULL);
}

/* ---- what must be there ------------------------------------------------------------------ */

static bool
reads_as(struct hf_db *db, const struct model *model)
{
    char buffer[512];

    if (hf_last_version(db) != model->last)
        return false;
    for (uint32_t i = 0; i < KEYS; i++) {
        size_t size = 0;
        enum hf_err err = hf_get(db, key_of(i), buffer, sizeof buffer, &size, NULL);
        if (model->written[i] == 0 && err != HF_ERR_NOT_FOUND)
            return false;
        if (model->written[i] != 0 &&
            (err != HF_OK ||
             !hf_span_equal(hf_span(buffer, size), value_of(model->written[i]))))
            return false;
    }
    return true;
}

static void
print_line(void *context, const char *line)
{
    (void)context;
    printf("# %s\n", line);
}

/* Reads without a limit: everything acknowledged is there, and the whole of it is sound. */
static bool
survives_as(const struct model *model)
{
    struct hf_db *db;
    bool held;

    if (open_limited(&db, HF_MODE_BUFFERED, HF_READ_ONLY, 0) != HF_OK)
        return false;
    held = reads_as(db, model) && hf_verify(db, print_line, NULL) == HF_OK;
    return hf_close(db) == HF_OK && held;
}

/* ---- a life ------------------------------------------------------------------------------ */

static enum hf_err
put_one(struct hf_db *db, uint32_t step, struct model *model)
{
    enum hf_err err = hf_put(db, key_of(step), value_of(step), 0, NULL);

    if (err == HF_OK)
        model->written[step % KEYS] = step;
    return err;
}

static enum hf_err
put_three(struct hf_db *db, uint32_t step, struct model *model)
{
    struct hf_batch *batch;
    enum hf_err err = hf_batch_open(&batch, db);

    for (uint32_t i = 0; err == HF_OK && i < 3; i++)
        err = hf_batch_put(batch, key_of(step + i), value_of(step + i));
    if (err == HF_OK)
        err = hf_batch_commit(batch, 0, NULL);
    for (uint32_t i = 0; err == HF_OK && i < 3; i++)
        model->written[(step + i) % KEYS] = step + i;
    hf_batch_close(batch);
    return err;
}

static enum hf_err
delete_one(struct hf_db *db, uint32_t step, struct model *model)
{
    enum hf_err err = hf_delete(db, key_of(step), 0, NULL);

    if (err == HF_OK)
        model->written[step % KEYS] = 0;
    return err;
}

static enum hf_err
delete_few(struct hf_db *db, uint32_t step, struct model *model)
{
    uint32_t from = step % KEYS, limit = from + 3 < KEYS ? from + 3 : KEYS;
    struct hf_span first = key_of(from);
    char copy[8]; /* key_of() has one buffer */

    first.at = memcpy(copy, first.at, first.len);
    enum hf_err err =
        hf_delete_range(db, first, limit < KEYS ? key_of(limit) : hf_span(NULL, 0), 0, NULL);
    for (uint32_t i = from; err == HF_OK && i < limit; i++)
        model->written[i] = 0;
    return err;
}

/* Counts the keys by a scan; the limit is no reason to refuse one. */
static enum hf_err
scan(struct hf_db *db, const struct model *model, unsigned *wrong)
{
    struct hf_range range = { { NULL, 0 }, { NULL, 0 }, false };
    struct hf_view *view;
    struct hf_iter *iter = NULL;
    struct hf_item item;
    unsigned found = 0, expected = 0;
    enum hf_err err = hf_view_open(&view, db, HF_LATEST);

    if (err == HF_OK)
        err = hf_iter_open(&iter, view, &range);
    while (err == HF_OK && (err = hf_iter_next(iter, &item)) == HF_OK)
        found++;
    for (uint32_t i = 0; i < KEYS; i++)
        expected += model->written[i] != 0;
    *wrong += err == HF_ERR_NOT_FOUND && found != expected;
    hf_iter_close(iter);
    hf_view_close(view);
    return err;
}

static enum hf_err
do_step(struct hf_db *db, uint32_t step, struct model *model, struct tally *tally)
{
    enum hf_err err;

    switch (step % 12) {
    case 0:
    case 6:
        err = put_three(db, step, model);
        break;
    case 9:
        err = delete_few(db, step, model);
        break;
    case 3:
        err = delete_one(db, step, model);
        tally->deletes_refused += err != HF_OK;
        break;
    case 5:
    case 11:
        err = scan(db, model, &tally->wrong);
        tally->scans_refused += err != HF_ERR_NOT_FOUND;
        return err == HF_ERR_NOT_FOUND ? HF_OK : err;
    default:
        err = put_one(db, step, model);
        break;
    }
    model->last += err == HF_OK;
    tally->commits_refused += err != HF_OK;
    return err;
}

/* All steps up to `limit`; whatever is refused is refused whole, and the next is tried. */
static unsigned
do_steps(struct hf_db *db, uint32_t first, uint32_t limit, struct model *model,
         struct tally *tally)
{
    unsigned refused = 0;

    for (uint32_t step = first; step < limit; step++) {
        enum hf_err err = do_step(db, step, model, tally);
        refused += err != HF_OK;
        tally->wrong += err != HF_OK && err != HF_ERR_NO_MEMORY && err != HF_ERR_TOO_LARGE;
        tally->wrong += err != HF_OK && !reads_as(db, model);
    }
    tally->wrong += !reads_as(db, model);
    return refused;
}

/* Calls `each` for every file of a directory but its lock. */
static void
for_files(const char *directory, void (*each)(const char *name))
{
    DIR *dir = opendir(directory);
    struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, "LOCK") != 0)
            each(entry->d_name);
    }
    if (dir != NULL)
        closedir(dir);
}

static void
remove_one(const char *name)
{
    char whole[600];

    snprintf(whole, sizeof whole, "%s/%s", path, name);
    if (unlink(whole) != 0)
        exit(1);
}

/* Recovery changes no file that it finds, so a link is as good as a copy. */
static void
link_one(const char *name)
{
    char from[600], to[600];

    snprintf(from, sizeof from, "%s/%s", begun, name);
    snprintf(to, sizeof to, "%s/%s", path, name);
    if (link(from, to) != 0)
        exit(1);
}

/* A database with BEGUN steps done, closed; made once and then linked to. */
static void
begin(struct model *model, struct tally *tally)
{
    static struct model after;
    struct hf_db *db;

    if (after.last == 0) {
        tally->wrong += open_limited(&db, HF_MODE_BUFFERED, HF_CREATE, 0) != HF_OK;
        tally->wrong += do_steps(db, 1, BEGUN, &after, tally) != 0;
        tally->wrong += hf_close(db) != HF_OK || rename(path, begun) != 0;
        tally->wrong += mkdir(path, 0777) != 0;
    }
    for_files(path, remove_one);
    for_files(begun, link_one);
    *model = after;
}

/* ---- properties -------------------------------------------------------------------------- */

static void
live_in_files(uint64_t limit, struct tally *tally)
{
    struct model model;
    struct hf_db *db;
    enum hf_err err;

    begin(&model, tally);
    err = open_limited(&db, HF_MODE_BUFFERED, 0, limit);
    if (err == HF_OK) {
        tally->whole += do_steps(db, BEGUN, STEPS, &model, tally) == 0;
        err = hf_close(db);
    } else {
        tally->opens_refused++;
        tally->wrong += db != NULL;
    }
    tally->wrong += err != HF_OK && err != HF_ERR_NO_MEMORY;
    if (!survives_as(&model)) {
        printf("# limit %llu: lost or invented\n", (unsigned long long)limit);
        tally->wrong++;
    }
}

static void
live_in_memory(uint64_t limit, struct tally *tally)
{
    struct model model = { .last = 0 };
    struct hf_db *db;
    enum hf_err err = open_limited(&db, HF_MODE_MEMORY, 0, limit);

    if (err != HF_OK) {
        tally->opens_refused++;
        tally->wrong += err != HF_ERR_NO_MEMORY || db != NULL;
        return;
    }
    tally->whole += do_steps(db, 1, STEPS, &model, tally) == 0;
    tally->wrong += hf_close(db) != HF_OK;
}

/* Raises the limit until a whole life fits below it, and a little more. */
static void
test_limits(void (*live)(uint64_t, struct tally *), const char *name)
{
    struct tally tally = { 0 };
    unsigned lives = 0;

    for (uint64_t limit = 1; tally.whole < 8 && lives < 2000; limit += STEP_SIZE) {
        live(limit, &tally);
        lives++;
    }
    printf("# %u lives: %u opens refused, %u commits (%u of them deletes), %u scans\n", lives,
           tally.opens_refused, tally.commits_refused, tally.deletes_refused,
           tally.scans_refused);
    TAP_OK(tally.wrong == 0, "%s: a refused allocation leaves nothing half-done", name);
    TAP_OK(tally.opens_refused >= 5 && tally.commits_refused > 50 && tally.deletes_refused > 5,
           "%s: opens, commits and deletes were refused", name);
    TAP_OK(tally.scans_refused == 0, "%s: scans go on, whatever the limit", name);

    TAP_OK(tally.whole == 8, "%s: with enough memory nothing is", name);
}

int
main(void)
{
    const char *tmp = getenv("TMPDIR");
    char command[300];

    snprintf(root, sizeof root, "%.200s/holdfast-alloc-XXXXXX", tmp == NULL ? "." : tmp);
    if (mkdtemp(root) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/db", root);
    snprintf(begun, sizeof begun, "%s/begun", root);
    test_limits(live_in_memory, "memory");
    test_limits(live_in_files, "files");
    keep_in_memory = 0;
    test_limits(live_in_memory, "memory without history");
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command) != 0 || tap_done();
}
