/*
 * as_of_test.c - a time leads to the newest version of that time, wherever its commits are.
 *
 * Method: commits come in bursts and with pauses, one key each; the time of each is read with
 * its value. Between them flushes, compactions, bounded work, closes and opens, with segments
 * of a few KiB. Then every commit's time, the microseconds around it and random times are
 * asked for: never may a later commit be let in, nor an earlier one left out, but for the last
 * millisecond of what is in tables. Seeds are printed.
 */
#define _GNU_SOURCE
#include "base/span.h"
#include "base/tap.h"
#include "holdfast.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#define COMMITS 1500u
#define KEYS 40u
#define TIMES 3000u
#define PAUSE_US 2500u

static uint64_t times[COMMITS + 2]; /* [version] */
static uint64_t last;
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

static bool
commit(void)
{
    uint64_t key = random_below(KEYS);
    struct hf_view *view = NULL;
    struct hf_item item;

    if (random_below(10) == 0)
        usleep((unsigned)random_below(PAUSE_US));
    if (hf_put(db, hf_span(&key, sizeof key), hf_span(times, 60), 0, &last) != HF_OK ||
        last > COMMITS || hf_view_open(&view, db, HF_LATEST) != HF_OK)
        return false;
    bool found = hf_view_get(view, hf_span(&key, sizeof key), &item) == HF_OK;
    hf_view_close(view);
    times[last] = found ? item.time_us : 0;
    return found;
}

static bool
reopen(void)
{
    enum hf_err err = db == NULL ? HF_OK : hf_close(db);

    db = NULL;
    return err == HF_OK && hf_open(&db, path, &options, NULL) == HF_OK;
}

static bool
do_some_work(void)
{
    bool more = true;

    for (int i = 0; more && i < 30; i++) {
        if (hf_work(db, &more) != HF_OK)
            return false;
    }
    return true;
}

static bool
act(void)
{
    switch (random_below(40)) {
    case 0:
        return hf_flush(db) == HF_OK;
    case 1:
        return random_below(4) != 0 || hf_compact(db) == HF_OK;
    case 2:
        return random_below(4) != 0 || reopen();
    default:
        return random_below(4) != 0 || do_some_work();
    }
}

/* The newest version at a time, by the list. */
static uint64_t
newest_at(uint64_t time_us)
{
    uint64_t version = last;

    while (version > 0 && times[version] > time_us)
        version--;
    return version;
}

/* Whether the database says the same of a time, to the millisecond if `grain_us` says so. */
static bool
is_right(uint64_t time_us, uint64_t grain_us)
{
    uint64_t span_us = time_us - time_us % grain_us;
    uint64_t most = newest_at(time_us), least = span_us == 0 ? 0 : newest_at(span_us - 1);
    struct hf_stats stats = HF_STATS_INIT;
    uint64_t version;
    enum hf_err err = hf_version_at(db, time_us, &version);

    if (grain_us == 1)
        least = most;
    hf_stats_get(db, &stats);
    if (err == HF_ERR_HISTORY_GONE)
        return least <= stats.oldest_version && stats.oldest_version > 0;
    if (err == HF_OK && least <= version && version <= most)
        return true;
    printf("# at %" PRIu64 ": %s, %" PRIu64 ", not %" PRIu64 "..%" PRIu64 "\n", time_us,
           hf_err_name(err), version, least, most);
    return false;
}

static bool
all_are_right(uint64_t grain_us)
{
    uint64_t span = times[last] - times[1] + 2000;

    for (uint64_t version = 1; version <= last; version++) {
        for (uint64_t off = 0; off < 3; off++) {
            if (!is_right(times[version] + off - 1, grain_us))
                return false;
        }
    }
    for (unsigned i = 0; i < TIMES; i++) {
        if (!is_right(times[1] - 1000 + random_below(span), grain_us))
            return false;
    }
    return is_right(1, grain_us) && is_right(UINT64_MAX, grain_us);
}

static void
run(uint64_t seed, uint64_t keep, enum hf_mode mode)
{
    bool ok;

    printf("# seed %" PRIu64 "\n", seed);
    random_state = seed;
    last = 0;
    snprintf(path + strlen(path), 32, "/db%" PRIu64, seed);
    options.segment_size = 8192;
    options.sector = 512;
    options.mode = mode;
    options.keep_versions = keep;
    options.flags = HF_CREATE | HF_SINGLE_THREAD;
    ok = reopen();
    while (ok && last < 60)
        ok = commit();
    TAP_OK(ok && all_are_right(1), "while all is in memory every time is told exactly");
    while (ok && last < COMMITS)
        ok = commit() && (mode == HF_MODE_MEMORY || act());
    TAP_OK(ok && all_are_right(mode == HF_MODE_MEMORY ? 1 : 1000),
           "in tables, to the millisecond, %s", keep == HF_KEEP_ALL ? "all kept" : "few kept");
    if (mode != HF_MODE_MEMORY)
        TAP_OK(hf_compact(db) == HF_OK && all_are_right(1000) && reopen() &&
                   all_are_right(1000) && hf_verify(db, NULL, NULL) == HF_OK,
               "and when all of it is merged, and opened again");
    hf_close(db);
    db = NULL;
    *strrchr(path, '/') = 0;
}

static void
test_empty(void)
{
    uint64_t version = 1;

    snprintf(path + strlen(path), 32, "/empty");
    TAP_OK(reopen() && hf_version_at(db, UINT64_MAX, &version) == HF_OK && version == 0,
           "an empty database is at version 0 at all times");
    hf_close(db);
    db = NULL;
    *strrchr(path, '/') = 0;
}

int
main(void)
{
    const char *tmp = getenv("TMPDIR");
    char command[400];

    snprintf(path, sizeof path, "%s/as_of_test.XXXXXX", tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(path) == NULL)
        return 1;
    test_empty();
    run(3, HF_KEEP_ALL, HF_MODE_BUFFERED);
    run(4, 200, HF_MODE_BUFFERED);
    run(5, HF_KEEP_ALL, HF_MODE_MEMORY);
    run(6, 100, HF_MODE_MEMORY);
    snprintf(command, sizeof command, "rm -rf '%s'", path);
    if (system(command) != 0)
        printf("# could not remove %s\n", path);
    return tap_done();
}
