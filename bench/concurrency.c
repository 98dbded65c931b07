/*
 * concurrency.c - several threads at one database: writers of their own keys, writers of one
 * key, readers beside a writer, and strict writers that share syncs.
 *
 * Each thread times its own operations; they begin together and end after the same time. The
 * rate is of all of them. Threads that only compute are at most as many as there are cores.
 */
#define _POSIX_C_SOURCE 200809L
#include "bench/categories.h"
#include "bench/place.h"
#include "bench/stock.h"
#include "bench/stop.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define THREADS_MAX 9u
#define KEYS_EACH 20000u
#define SMOKE_KEYS 200u
#define TEAM_NS_MIN 40000000u /* some turns of each thread, where others want the processors */

struct team {
    struct hf_db *db;
    uint64_t keys; /* of each thread */
    atomic_bool has_begun, has_ended;
    atomic_uint ready;
    double seconds;
};

struct member {
    struct team *team;
    void (*run)(struct member *member, uint64_t i); /* operation i */
    unsigned number;
    uint64_t random;
    uint64_t conflicts;
    struct bench_tally tally;
    pthread_t thread;
};

/* ---- operations -------------------------------------------------------------------------- */

/* A key that no other thread writes. */
static void
put_own(struct member *m, uint64_t i)
{
    uint64_t number = (uint64_t)m->number * m->team->keys + i % m->team->keys;
    uint8_t value[BENCH_VALUE_SIZE];
    struct bench_key key;

    bench_must(hf_put(m->team->db, bench_key_make(&key, number),
                      bench_value_make(value, sizeof value, number, 0), 0, NULL),
               "hf_put");
}

/* Reads a key that all threads write, and replaces it if nobody was faster. */
static void
swap_shared(struct member *m, uint64_t i)
{
    uint8_t value[BENCH_VALUE_SIZE];
    struct bench_key key;
    uint64_t version = 0;
    size_t size;
    struct hf_span span = bench_key_make(&key, 0);

    (void)i;
    bench_must(hf_get(m->team->db, span, value, sizeof value, &size, &version), "hf_get");
    bench_check(bench_value_is((struct hf_span){ value, size }, sizeof value, 0, 0),
                "a value that all threads write");
    enum hf_err err = hf_cas(m->team->db, span, version,
                             (struct hf_span){ value, sizeof value }, 0, &version);
    if (err == HF_ERR_CONFLICT)
        m->conflicts++;
    else
        bench_must(err, "hf_cas");
}

static void
get_any(struct member *m, uint64_t i)
{
    uint64_t number = bench_random(&m->random, m->team->keys);
    uint8_t value[BENCH_VALUE_SIZE];
    struct bench_key key;
    size_t size;

    (void)i;
    bench_must(
        hf_get(m->team->db, bench_key_make(&key, number), value, sizeof value, &size, NULL),
        "hf_get");
    bench_check(bench_value_is((struct hf_span){ value, size }, sizeof value, number, 0),
                "a value that was read beside writers");
}

/* ---- a team ------------------------------------------------------------------------------ */

static void *
work(void *context)
{
    struct member *m = context;
    double cost = (double)bench_clock_cost_ns();

    atomic_fetch_add(&m->team->ready, 1);
    while (!atomic_load(&m->team->has_begun))
        (void)sched_yield();
    for (uint64_t i = 0; !atomic_load_explicit(&m->team->has_ended, memory_order_relaxed);
         i++) {
        uint64_t began = bench_now_ns();
        m->run(m, i);
        double ns = (double)(bench_now_ns() - began) - cost;
        bench_tally_add(&m->tally, ns < 0 ? 0 : ns, 1);
    }
    return NULL;
}

/* Lets `count` members work for `ns`, or TEAM_NS_MIN. */
static void
run_team(struct team *team, struct member *members, unsigned count, uint64_t ns)
{
    struct timespec pause;

    if (ns < TEAM_NS_MIN)
        ns = TEAM_NS_MIN;
    pause = (struct timespec){ (time_t)(ns / 1000000000u), (long)(ns % 1000000000u) };
    atomic_store(&team->ready, 0);
    atomic_store(&team->has_begun, false);
    atomic_store(&team->has_ended, false);
    for (unsigned i = 0; i < count; i++) {
        members[i].team = team;
        members[i].number = i;
        members[i].random += i * UINT64_C(1000003);
        if (pthread_create(&members[i].thread, NULL, work, &members[i]) != 0)
            bench_stop("cannot start a thread");
    }
    while (atomic_load(&team->ready) < count)
        (void)sched_yield();
    uint64_t began = bench_now_ns();
    atomic_store(&team->has_begun, true);
    (void)nanosleep(&pause, NULL);
    atomic_store(&team->has_ended, true);
    for (unsigned i = 0; i < count; i++)
        (void)pthread_join(members[i].thread, NULL);
    team->seconds += (double)(bench_now_ns() - began) * 1e-9;
}

/* The figures of members [first, limit): durations of each, the rate of all. */
static void
gather(const struct team *team, const struct member *members, unsigned first, unsigned limit,
       struct bench_figures *figures, struct bench_tally *tally)
{
    *figures = (struct bench_figures){ .batch = 1,
                                       .threads = limit - first,
                                       .clock_cost_ns = (double)bench_clock_cost_ns() };
    for (unsigned i = first; i < limit; i++)
        bench_tally_merge(tally, &members[i].tally);
    bench_figures_fill(figures, tally);
    figures->ops_per_s = (double)tally->ops / team->seconds;
    figures->best_ops_per_s = figures->ops_per_s;
}

/* ---- rows -------------------------------------------------------------------------------- */

static void
open_team(struct team *team, const struct bench_suite *suite, enum hf_mode mode)
{
    struct hf_options options = bench_db_options(mode);
    char path[BENCH_PATH_SIZE];

    *team = (struct team){ .keys = suite->size == BENCH_SMOKE ? SMOKE_KEYS : KEYS_EACH };
    options.flags = HF_CREATE;
    bench_place_path(path, suite->directory, "team");
    bench_place_remove(path);
    team->db = bench_db_open(mode == HF_MODE_MEMORY ? NULL : path, &options);
    struct member alone = { .team = team };
    uint64_t first = mode == HF_MODE_STRICT ? 1 : team->keys;
    for (uint64_t i = 0; i < first; i++)
        put_own(&alone, i);
}

/* One thread and `count` threads, by turns; returns how many times as fast they are. */
static double
scale(struct bench_suite *suite, enum hf_mode mode, unsigned count,
      void (*run)(struct member *, uint64_t), const char *name)
{
    struct member *members = bench_alloc((count + 1) * sizeof *members);
    struct bench_tally *tally = bench_alloc(sizeof *tally);
    double alone[BENCH_ROUNDS_MAX], ratio[BENCH_ROUNDS_MAX];
    struct bench_figures figures;
    struct team team;

    open_team(&team, suite, mode);
    double seconds = 0;
    for (unsigned round = 0; round < suite->effort.rounds; round++) {
        struct member *one = &members[count];
        uint64_t before = one->tally.ops, ours = 0;
        team.seconds = 0;
        one->run = run;
        run_team(&team, one, 1, suite->effort.round_ns);
        alone[round] = (double)(one->tally.ops - before) / team.seconds;
        for (unsigned i = 0; i < count; i++) {
            members[i].run = run;
            ours -= members[i].tally.ops;
        }
        team.seconds = 0;
        run_team(&team, members, count, suite->effort.round_ns);
        for (unsigned i = 0; i < count; i++)
            ours += members[i].tally.ops;
        ratio[round] = (double)ours / team.seconds / alone[round];
        seconds += team.seconds;
    }
    team.seconds = seconds;
    gather(&team, members, 0, count, &figures, tally);
    if (bench_wants(suite, name))
        bench_add(suite, name, &figures, tally);
    bench_db_close(team.db);
    free(tally);
    free(members);
    return bench_median(ratio, suite->effort.rounds);
}

static void
scaling(struct bench_suite *suite, const char *what, enum hf_mode mode,
        void (*run)(struct member *, uint64_t), unsigned limit)
{
    struct bench_figures none = { .threads = 1 };
    char name[BENCH_NAME_SIZE], ratio_name[BENCH_NAME_SIZE];

    for (unsigned count = 2; count <= limit; count *= 2) {
        (void)snprintf(name, sizeof name, "concurrency/%s-%u/%s", what, count,
                       bench_mode_name(mode));
        (void)snprintf(ratio_name, sizeof ratio_name, "concurrency/%s-%u-to-1/%s", what, count,
                       bench_mode_name(mode));
        if (!bench_wants(suite, name) && !bench_wants(suite, ratio_name))
            continue;
        bench_progress(suite, name);
        double ratio = scale(suite, mode, count, run, name);
        none.threads = count;
        if (bench_wants(suite, ratio_name))
            bench_add_value(suite, ratio_name, &none, NULL, ratio, "x");
    }
}

static void
same_key(struct bench_suite *suite)
{
    static const char *const name = "concurrency/cas-of-one-key-2/memory";
    struct member *members = bench_alloc(2 * sizeof *members);
    struct bench_tally *tally = bench_alloc(sizeof *tally);
    struct bench_figures figures;
    struct team team;

    if (bench_wants(suite, name)) {
        bench_progress(suite, name);
        open_team(&team, suite, HF_MODE_MEMORY);
        members[0].run = members[1].run = swap_shared;
        run_team(&team, members, 2, suite->effort.rounds * suite->effort.round_ns);
        gather(&team, members, 0, 2, &figures, tally);
        bench_add_value(suite, name, &figures, tally,
                        (double)(members[0].conflicts + members[1].conflicts) /
                            (double)figures.ops,
                        "conflicts/op");
        bench_db_close(team.db);
    }
    free(tally);
    free(members);
}

/* One writer and `count` - 1 readers: a row of each. */
static void
beside_writer(struct bench_suite *suite, enum hf_mode mode, unsigned count)
{
    struct member *members = bench_alloc(count * sizeof *members);
    char names[2][BENCH_NAME_SIZE];
    struct team team;

    (void)snprintf(names[0], BENCH_NAME_SIZE, "concurrency/put-beside-%u-readers/%s", count - 1,
                   bench_mode_name(mode));
    (void)snprintf(names[1], BENCH_NAME_SIZE, "concurrency/get-of-%u-beside-put/%s", count - 1,
                   bench_mode_name(mode));
    if (bench_wants(suite, names[0]) || bench_wants(suite, names[1])) {
        bench_progress(suite, names[0]);
        open_team(&team, suite, mode);
        for (unsigned i = 0; i < count; i++)
            members[i].run = i == 0 ? put_own : get_any;
        run_team(&team, members, count, suite->effort.rounds * suite->effort.round_ns);
        for (unsigned part = 0; part < 2; part++) {
            struct bench_tally *tally = bench_alloc(sizeof *tally);
            struct bench_figures figures;
            gather(&team, members, part, part == 0 ? 1 : count, &figures, tally);
            if (bench_wants(suite, names[part]))
                bench_add(suite, names[part], &figures, tally);
            free(tally);
        }
        bench_db_close(team.db);
    }
    free(members);
}

void
bench_concurrency(struct bench_suite *suite)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned limit = cores < 2 ? 2 : cores > 8 ? 8 : (unsigned)cores;

    scaling(suite, "put", HF_MODE_MEMORY, put_own, limit);
    scaling(suite, "put", HF_MODE_BUFFERED, put_own, limit);
    scaling(suite, "get", HF_MODE_MEMORY, get_any, limit);
    scaling(suite, "put", HF_MODE_STRICT, put_own, 8);
    same_key(suite);
    beside_writer(suite, HF_MODE_MEMORY, 2);
    beside_writer(suite, HF_MODE_BUFFERED, limit);
}
