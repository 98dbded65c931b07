/*
 * peer_task.c - the scenarios: what is done with each engine, and timed.
 *
 * Everything that is read is compared with what was put, inside the time measured, for all
 * engines alike. A scenario ends by closing its database, or says why it does not.
 */
#define _GNU_SOURCE

#include "bench/peers/peer_task.h"

#include "bench/clock.h"
#include "bench/pair.h"
#include "bench/peers/peer_files.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define BATCH 1000u /* pairs of a large commit */
#define WRITERS 8u  /* of the shared strict puts */
#define SEEK_PAIRS 10u
#define LOOK_PAIRS 16u
#define WORDS (BENCH_VALUE_SIZE / 8)           /* of a value, that a scan sums up */
#define WRITE_BUFFER_SIZE (UINT64_C(64) << 20) /* Holdfast's default, and RocksDB's */
#define FLUSHES 8u                             /* while puts are timed one by one */
#define PAIR_SIZE (BENCH_KEY_SIZE + BENCH_VALUE_SIZE)

/* What a task is held against. */
#define BEST(times)                                                                            \
    {                                                                                          \
        BENCH_AGAINST_BEST, times                                                              \
    }
#define RAW(times)                                                                             \
    {                                                                                          \
        BENCH_AGAINST_RAW, times                                                               \
    }
#define ALONE(times)                                                                           \
    {                                                                                          \
        BENCH_AGAINST_ALONE, times                                                             \
    }
#define LIMIT(figure)                                                                          \
    {                                                                                          \
        BENCH_AGAINST_LIMIT, figure                                                            \
    }

/* clang-format off */
const struct bench_task_info bench_tasks[BENCH_TASK_COUNT] = {
    [BENCH_TASK_MEMORY_PUT] = { "memory/put", "put in memory", BENCH_SCENARIO_MEMORY,
        BENCH_UNIT_NS, { BEST(4) } },
    [BENCH_TASK_MEMORY_GET] = { "memory/get", "get in memory, uniform", BENCH_SCENARIO_MEMORY,
        BENCH_UNIT_NS, { BEST(6) } },
    [BENCH_TASK_MEMORY_BYTES] = { "memory/bytes", "memory beyond a pair",
        BENCH_SCENARIO_MEMORY, BENCH_UNIT_BYTES, { LIMIT(70) } },
    [BENCH_TASK_MEMORY_PUT_MANY] = { "memory/put-1000", "put in memory, 1000 a commit",
        BENCH_SCENARIO_MEMORY_MANY, BENCH_UNIT_NS, { BEST(0) } },
    [BENCH_TASK_MEMORY_BYTES_MANY] = { "memory/bytes-1000", "memory beyond, 1000 a commit",
        BENCH_SCENARIO_MEMORY_MANY, BENCH_UNIT_BYTES, { LIMIT(30) } },
    [BENCH_TASK_BUFFERED_PUT] = { "put/buffered", "put, buffered", BENCH_SCENARIO_BUFFERED,
        BENCH_UNIT_NS, { BEST(2.5), RAW(0.7) } },
    [BENCH_TASK_BUFFERED_PUT_MANY] = { "put-1000/buffered", "put, buffered, 1000 a commit",
        BENCH_SCENARIO_TABLES, BENCH_UNIT_NS, { BEST(6) } },
    [BENCH_TASK_STRICT_PUT] = { "put/strict", "put, strict", BENCH_SCENARIO_STRICT,
        BENCH_UNIT_NS, { BEST(0), RAW(0.95) } },
    [BENCH_TASK_STRICT_PUT_SHARED] = { "put/strict/8-writers", "put, strict, 8 writers",
        BENCH_SCENARIO_STRICT, BENCH_UNIT_NS, { BEST(0), ALONE(5) } },
    [BENCH_TASK_GET_HIT] = { "get/tables/hit", "get from tables, found", BENCH_SCENARIO_TABLES,
        BENCH_UNIT_NS, { BEST(1.3) } },
    [BENCH_TASK_GET_MISS] = { "get/tables/miss", "get from tables, absent",
        BENCH_SCENARIO_TABLES, BENCH_UNIT_NS, { BEST(2) } },
    [BENCH_TASK_SCAN] = { "scan/tables", "scan of all, each pair", BENCH_SCENARIO_TABLES,
        BENCH_UNIT_NS, { BEST(1) } },
    [BENCH_TASK_SEEK] = { "seek/tables", "seek and ten pairs", BENCH_SCENARIO_TABLES,
        BENCH_UNIT_NS, { BEST(1) } },
    [BENCH_TASK_DISK_BYTES] = { "disk/bytes", "bytes on disk a pair", BENCH_SCENARIO_TABLES,
        BENCH_UNIT_BYTES, { LIMIT(122) } },
    [BENCH_TASK_REOPEN] = { "reopen/clean", "open after a clean close", BENCH_SCENARIO_TABLES,
        BENCH_UNIT_NS, { LIMIT(10e6) } },
    [BENCH_TASK_REPLAY] = { "replay/buffered", "replay of the log, a pair",
        BENCH_SCENARIO_REPLAY, BENCH_UNIT_NS, { BEST(20) } },
    [BENCH_TASK_PUT_P999] = { "put/buffered/p99.9", "p99.9 put while merging",
        BENCH_SCENARIO_MERGING, BENCH_UNIT_NS, { BEST(2) } },
    [BENCH_TASK_PUT_WORST] = { "put/buffered/worst", "worst put while merging",
        BENCH_SCENARIO_MERGING, BENCH_UNIT_NS, { BEST(2) } },
};
/* clang-format on */

/* ---- pieces of work ---------------------------------------------------------------------- */

/* The pairs of one commit and the memory that they point into. */
struct commit {
    struct bench_pair pairs[BATCH];
    struct bench_key keys[BATCH];
    uint8_t values[BATCH][BENCH_VALUE_SIZE];
};

static struct commit *
commit_make(void)
{
    struct commit *commit = calloc(1, sizeof *commit);

    if (commit == NULL)
        bench_peer_die("all", "commit", "no memory");
    for (unsigned i = 0; i < BATCH; i++) {
        commit->pairs[i].key = (struct hf_span){ commit->keys[i].at, BENCH_KEY_SIZE };
        commit->pairs[i].value = (struct hf_span){ commit->values[i], BENCH_VALUE_SIZE };
    }
    return commit;
}

static void
commit_fill(struct commit *commit, unsigned slot, uint64_t index)
{
    (void)bench_key_make(&commit->keys[slot], index);
    (void)bench_value_make(commit->values[slot], BENCH_VALUE_SIZE, index, 0);
}

/* How far a writer came. */
struct progress {
    uint64_t pairs;
    uint64_t ns;
};

static double
ns_each(struct progress progress)
{
    return (double)progress.ns / (double)progress.pairs;
}

/* Puts the pairs [from, limit), `batch` a commit, and ends early when ns_max is over. */
static struct progress
put_range(const struct bench_peer *peer, void *db, uint64_t from, uint64_t limit,
          unsigned batch, uint64_t ns_max)
{
    struct commit *commit = commit_make();
    void *session = peer->session_open(db, false);
    uint64_t began = bench_now_ns(), took = 0, index = from;

    while (index < limit && took < ns_max) {
        unsigned count = 0;
        for (; count < batch && index < limit; count++, index++)
            commit_fill(commit, count, index);
        peer->put(session, commit->pairs, count);
        /* Now and then: a look at the clock would be a part of what is measured. */
        if (index % LOOK_PAIRS == 0)
            took = bench_now_ns() - began;
    }
    took = bench_now_ns() - began;
    peer->session_close(session);
    free(commit);
    return (struct progress){ index - from, took };
}

/* `count` gets of keys picked from [from, from + range); nanoseconds each. */
static double
get_range(const struct bench_peer *peer, void *db, uint64_t from, uint64_t range,
          uint64_t count, bool wanted)
{
    void *session = peer->session_open(db, true);
    struct bench_key key;
    uint64_t state = 0, began = bench_now_ns();

    for (uint64_t i = 0; i < count; i++) {
        struct hf_span value = { NULL, 0 };
        uint64_t index = from + bench_random(&state, range);
        if (peer->get(session, bench_key_make(&key, index), &value) != wanted)
            bench_peer_die(peer->name, "get",
                           wanted ? "a pair is lost" : "a pair from nowhere");
        if (wanted && !bench_value_is(value, BENCH_VALUE_SIZE, index, 0))
            bench_peer_die(peer->name, "get", "another value than was put");
    }
    double ns = (double)(bench_now_ns() - began) / (double)count;
    peer->session_close(session);
    return ns;
}

/* What a scan has seen. */
struct seen {
    uint8_t last[BENCH_KEY_SIZE];
    uint64_t sum; /* of all words of all values */
    bool in_order;
};

static void
look(void *context, struct hf_span key, struct hf_span value)
{
    struct seen *seen = context;
    const uint8_t *at = value.at;

    if (key.len != BENCH_KEY_SIZE || value.len != BENCH_VALUE_SIZE ||
        memcmp(seen->last, key.at, key.len) >= 0) {
        seen->in_order = false;
        return;
    }
    memcpy(seen->last, key.at, key.len);
    for (unsigned i = 0; i < WORDS; i++)
        seen->sum += hf_load_u64(at + 8u * i);
}

/* The sum of all words of the values [0, pairs). */
static uint64_t
sum_of(uint64_t pairs)
{
    uint8_t value[BENCH_VALUE_SIZE];
    uint64_t sum = 0;

    for (uint64_t index = 0; index < pairs; index++) {
        (void)bench_value_make(value, sizeof value, index, 0);
        for (unsigned i = 0; i < WORDS; i++)
            sum += hf_load_u64(value + 8u * i);
    }
    return sum;
}

/* Scans all `pairs` and checks order, number and bytes; nanoseconds a pair. */
static double
scan_all(const struct bench_peer *peer, void *db, uint64_t pairs)
{
    struct seen seen = { { 0 }, 0, true };
    void *session = peer->session_open(db, true);
    uint64_t began = bench_now_ns();
    uint64_t count = peer->scan(session, (struct hf_span){ NULL, 0 }, pairs + 1, look, &seen);
    double ns = (double)(bench_now_ns() - began) / (double)pairs;

    peer->session_close(session);
    if (count != pairs || !seen.in_order || seen.sum != sum_of(pairs))
        bench_peer_die(peer->name, "scan", "not the pairs that were put, or not in order");
    return ns;
}

/* `count` seeks to keys that are there, each with the pairs that follow; nanoseconds each. */
static double
seek_range(const struct bench_peer *peer, void *db, uint64_t pairs, uint64_t count)
{
    void *session = peer->session_open(db, true);
    struct bench_key key;
    uint64_t found = 0, state = 0, began = bench_now_ns();

    for (uint64_t i = 0; i < count; i++) {
        struct seen seen = { { 0 }, 0, true };
        struct hf_span from = bench_key_make(&key, bench_random(&state, pairs));
        found += peer->scan(session, from, SEEK_PAIRS, look, &seen);
        if (!seen.in_order)
            bench_peer_die(peer->name, "seek", "keys out of order");
    }
    double ns = (double)(bench_now_ns() - began) / (double)count;
    peer->session_close(session);
    /* Only at the end of all keys there may be fewer. */
    if (found < count * SEEK_PAIRS - count * SEEK_PAIRS / 100 - SEEK_PAIRS * SEEK_PAIRS)
        bench_peer_die(peer->name, "seek", "too few pairs");
    return ns;
}

static void *
open_fresh(const struct bench_peer *peer, const char *path, enum bench_peer_mode mode,
           uint64_t write_buffer_size, uint64_t pairs)
{
    const struct bench_peer_setup setup = { path, mode, write_buffer_size, pairs };

    return peer->open(&setup);
}

/* ---- scenarios --------------------------------------------------------------------------- */

/* Memory that an engine in memory takes: its own, and what lies in its directory. */
static double
memory_beyond(const char *path, uint64_t before, uint64_t pairs)
{
    uint64_t now = bench_anonymous_bytes() + bench_folder_bytes(path);

    return (double)(now - before) / (double)pairs - PAIR_SIZE;
}

static void
run_memory(struct bench_peer_figures *figures, const struct bench_peer *peer,
           const struct bench_peer_sizes *sizes, const char *path)
{
    uint64_t before = bench_anonymous_bytes();
    void *db = open_fresh(peer, path, BENCH_PEER_MEMORY, WRITE_BUFFER_SIZE, sizes->pairs);

    /* All pairs, however long it takes: what is read afterwards depends on it. */
    figures->figure[BENCH_TASK_MEMORY_PUT] =
        ns_each(put_range(peer, db, 0, sizes->pairs, 1, UINT64_MAX));
    figures->figure[BENCH_TASK_MEMORY_BYTES] = memory_beyond(path, before, sizes->pairs);
    figures->figure[BENCH_TASK_MEMORY_GET] =
        get_range(peer, db, 0, sizes->pairs, sizes->pairs, true);
    peer->close(db);
}

static void
run_memory_many(struct bench_peer_figures *figures, const struct bench_peer *peer,
                const struct bench_peer_sizes *sizes, const char *path)
{
    uint64_t before = bench_anonymous_bytes();
    void *db = open_fresh(peer, path, BENCH_PEER_MEMORY, WRITE_BUFFER_SIZE, sizes->pairs);

    figures->figure[BENCH_TASK_MEMORY_PUT_MANY] =
        ns_each(put_range(peer, db, 0, sizes->pairs, BATCH, UINT64_MAX));
    figures->figure[BENCH_TASK_MEMORY_BYTES_MANY] = memory_beyond(path, before, sizes->pairs);
    peer->close(db);
}

static void
run_buffered(struct bench_peer_figures *figures, const struct bench_peer *peer,
             const struct bench_peer_sizes *sizes, const char *path)
{
    void *db = open_fresh(peer, path, BENCH_PEER_BUFFERED, WRITE_BUFFER_SIZE, sizes->pairs);

    figures->figure[BENCH_TASK_BUFFERED_PUT] =
        ns_each(put_range(peer, db, 0, sizes->pairs, 1, sizes->put_ns_max));
    peer->close(db);
}

/* Loads, brings to rest, closes; then opens again and reads in every way. */
static void
run_tables(struct bench_peer_figures *figures, const struct bench_peer *peer,
           const struct bench_peer_sizes *sizes, const char *path)
{
    double *figure = figures->figure;
    void *db = open_fresh(peer, path, BENCH_PEER_BUFFERED, WRITE_BUFFER_SIZE, sizes->pairs);

    figure[BENCH_TASK_BUFFERED_PUT_MANY] =
        ns_each(put_range(peer, db, 0, sizes->pairs, BATCH, UINT64_MAX));
    if (peer->get == NULL) {
        peer->close(db);
        return;
    }
    peer->settle(db);
    peer->close(db);
    figure[BENCH_TASK_DISK_BYTES] = (double)bench_folder_bytes(path) / (double)sizes->pairs;
    uint64_t began = bench_now_ns();
    db = open_fresh(peer, path, BENCH_PEER_BUFFERED, WRITE_BUFFER_SIZE, sizes->pairs);
    figure[BENCH_TASK_REOPEN] = (double)(bench_now_ns() - began);
    (void)get_range(peer, db, 0, sizes->pairs, sizes->pairs / 4, true); /* fills the caches */
    figure[BENCH_TASK_GET_HIT] = get_range(peer, db, 0, sizes->pairs, sizes->pairs, true);
    figure[BENCH_TASK_GET_MISS] =
        get_range(peer, db, sizes->pairs, sizes->pairs, sizes->pairs, false);
    (void)scan_all(peer, db, sizes->pairs); /* the same for a scan */
    figure[BENCH_TASK_SCAN] = scan_all(peer, db, sizes->pairs);
    figure[BENCH_TASK_SEEK] = seek_range(peer, db, sizes->pairs, sizes->seeks);
    peer->close(db);
}

/* One of several writers. */
struct writer {
    const struct bench_peer *peer;
    void *db;
    uint64_t from, limit, ns_max;
    pthread_t thread;
    struct progress progress;
};

static void *
write_strictly(void *context)
{
    struct writer *writer = context;

    writer->progress =
        put_range(writer->peer, writer->db, writer->from, writer->limit, 1, writer->ns_max);
    return NULL;
}

/* All writers at once; nanoseconds of the clock on the wall for each pair of any of them. */
static double
put_shared(const struct bench_peer *peer, void *db, const struct bench_peer_sizes *sizes)
{
    uint64_t each = sizes->strict_commits, pairs = 0, began = bench_now_ns();
    struct writer writers[WRITERS];

    for (unsigned i = 0; i < WRITERS; i++) {
        uint64_t from = (i + 2) * each;
        writers[i] = (struct writer){ .peer = peer,
                                      .db = db,
                                      .from = from,
                                      .limit = from + each,
                                      .ns_max = sizes->put_ns_max };
        if (pthread_create(&writers[i].thread, NULL, write_strictly, &writers[i]) != 0)
            bench_peer_die(peer->name, "thread", "cannot be started");
    }
    for (unsigned i = 0; i < WRITERS; i++) {
        (void)pthread_join(writers[i].thread, NULL);
        pairs += writers[i].progress.pairs;
    }
    return (double)(bench_now_ns() - began) / (double)pairs;
}

static void
run_strict(struct bench_peer_figures *figures, const struct bench_peer *peer,
           const struct bench_peer_sizes *sizes, const char *path)
{
    uint64_t each = sizes->strict_commits, warm_up = each / 4;
    void *db =
        open_fresh(peer, path, BENCH_PEER_STRICT, WRITE_BUFFER_SIZE, (WRITERS + 2) * each);

    (void)put_range(peer, db, 0, warm_up, 1, sizes->put_ns_max);
    figures->figure[BENCH_TASK_STRICT_PUT] =
        ns_each(put_range(peer, db, warm_up, each + warm_up, 1, sizes->put_ns_max));
    figures->figure[BENCH_TASK_STRICT_PUT_SHARED] = put_shared(peer, db, sizes);
    peer->close(db);
}

/* Every put timed, overwriting at random, with buffers small enough for tables to be merged. */
static void
run_merging(struct bench_peer_figures *figures, const struct bench_peer *peer,
            const struct bench_peer_sizes *sizes, const char *path)
{
    uint64_t buffer = sizes->pairs * PAIR_SIZE / FLUSHES;
    void *db = open_fresh(peer, path, BENCH_PEER_BUFFERED, buffer, sizes->pairs);
    void *session = peer->session_open(db, false);
    struct commit *commit = commit_make();
    uint64_t cost = bench_clock_cost_ns(), state = 0, worst = 0, began = bench_now_ns(),
             now = began;

    for (uint64_t i = 0; i < sizes->pairs && now - began < sizes->put_ns_max; i++) {
        commit_fill(commit, 0, bench_random(&state, sizes->pairs));
        uint64_t from = bench_now_ns();
        peer->put(session, commit->pairs, 1);
        now = bench_now_ns();
        uint64_t ns = now - from > cost ? now - from - cost : 0;
        bench_histogram_add(&figures->puts, ns * 1000, 1);
        worst = ns > worst ? ns : worst;
    }
    figures->figure[BENCH_TASK_PUT_P999] = bench_histogram_at(&figures->puts, 0.999) / 1000;
    figures->figure[BENCH_TASK_PUT_WORST] = (double)worst;
    free(commit);
    peer->session_close(session);
    peer->close(db);
}

/* Puts and ends as a killed process does: nothing is closed, nothing flushed. */
static void
leave_log(const struct bench_peer *peer, const char *path, uint64_t pairs)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        void *db = open_fresh(peer, path, BENCH_PEER_BUFFERED, UINT64_C(1) << 30, pairs);
        (void)put_range(peer, db, 0, pairs, 1, UINT64_MAX);
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        bench_peer_die(peer->name, "log", "could not be written");
}

/*
 * Buffers so large that all of it is in the log still, where there is one. Every pair must be
 * there afterwards: this is where an engine that calls itself buffered proves it.
 */
static void
run_replay(struct bench_peer_figures *figures, const struct bench_peer *peer,
           const struct bench_peer_sizes *sizes, const char *path)
{
    uint64_t pairs = sizes->pairs / 4;

    leave_log(peer, path, pairs);
    uint64_t began = bench_now_ns();
    void *db = open_fresh(peer, path, BENCH_PEER_BUFFERED, UINT64_C(1) << 30, pairs);
    if (peer->replays)
        figures->figure[BENCH_TASK_REPLAY] = (double)(bench_now_ns() - began) / (double)pairs;
    (void)scan_all(peer, db, pairs);
    peer->close(db);
}

const struct bench_scenario bench_scenarios[BENCH_SCENARIO_COUNT] = {
    [BENCH_SCENARIO_MEMORY] = { "memory", BENCH_PEER_MEMORY, true, run_memory },
    [BENCH_SCENARIO_MEMORY_MANY] = { "memory-1000", BENCH_PEER_MEMORY, true, run_memory_many },
    [BENCH_SCENARIO_BUFFERED] = { "buffered", BENCH_PEER_BUFFERED, false, run_buffered },
    [BENCH_SCENARIO_TABLES] = { "tables", BENCH_PEER_BUFFERED, false, run_tables },
    [BENCH_SCENARIO_STRICT] = { "strict", BENCH_PEER_STRICT, false, run_strict },
    [BENCH_SCENARIO_MERGING] = { "merging", BENCH_PEER_BUFFERED, true, run_merging },
    [BENCH_SCENARIO_REPLAY] = { "replay", BENCH_PEER_BUFFERED, true, run_replay },
};
