/*
 * peer_child_test.c - an engine made for this, which keeps its pairs in the memory of the
 * process, and which can be told to lie: what it does wrong must end the measurement, and what
 * it does right must be measured.
 */
#include "base/tap.h"
#include "bench/peers/peer_child.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define PAIRS_MAX 4000u

enum lie { NO_LIE, LOSES, INVENTS, SPOILS, DISORDERS, REPEATS };

static enum lie lie;

static struct stored {
    unsigned char key[16];
    unsigned char value[100];
} stored[PAIRS_MAX];
static unsigned count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int
compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof stored->key);
}

static void *
fake_open(const struct bench_peer_setup *setup)
{
    (void)setup;
    return stored;
}

static void
fake_end(void *at)
{
    (void)at;
}

static void *
fake_session(void *db, bool reads)
{
    if (reads)
        qsort(stored, count, sizeof *stored, compare);
    return db;
}

static struct stored *
find(const void *key)
{
    return bsearch(key, stored, count, sizeof *stored, compare);
}

static void
fake_put(void *session, const struct bench_pair *pairs, size_t pair_count)
{
    (void)session;
    (void)pthread_mutex_lock(&lock);
    for (size_t i = 0; i < pair_count && count < PAIRS_MAX; i++) {
        if (lie == LOSES && count == 77 && i == 77)
            continue;
        memcpy(stored[count].key, pairs[i].key.at, sizeof stored->key);
        memcpy(stored[count++].value, pairs[i].value.at, sizeof stored->value);
    }
    (void)pthread_mutex_unlock(&lock);
}

static bool
fake_get(void *session, struct hf_span key, struct hf_span *value)
{
    static unsigned gets;
    struct stored *at = find(key.at);

    (void)session;
    if (at == NULL && lie == INVENTS)
        at = stored;
    if (at == NULL)
        return false;
    if (lie == SPOILS && ++gets == 100)
        at->value[99] ^= 1;
    *value = (struct hf_span){ at->value, sizeof at->value };
    return true;
}

static uint64_t
fake_scan(void *session, struct hf_span from, uint64_t limit, bench_pair_fn *visit,
          void *context)
{
    unsigned first = from.len == 0 ? 0 : (unsigned)(find(from.at) - stored);
    uint64_t seen = 0;

    (void)session;
    for (unsigned i = first; i < count && seen < limit; i++, seen++) {
        unsigned at = lie == DISORDERS && (i == 50 || i == 51) ? 101 - i : i;
        at = lie == REPEATS && i == 50 ? 49 : at;
        visit(context, (struct hf_span){ stored[at].key, sizeof stored->key },
              (struct hf_span){ stored[at].value, sizeof stored->value });
    }
    return seen;
}

static const char *
fake_version(void)
{
    return "1";
}

static const struct bench_peer fake = {
    .name = "fake",
    .replays = true,
    .version = fake_version,
    .open = fake_open,
    .close = fake_end,
    .settle = fake_end,
    .session_open = fake_session,
    .session_close = fake_end,
    .put = fake_put,
    .get = fake_get,
    .scan = fake_scan,
};

static struct bench_peer_figures figures;

static bool
measured(enum bench_scenario_id scenario, enum lie told)
{
    static const struct bench_peer_sizes sizes = { 2000, 4, 100, UINT64_C(1) << 60 };

    const char *folder = getenv("TMPDIR");
    char path[512];

    (void)snprintf(path, sizeof path, "%s/peer_child_test.d", folder == NULL ? "." : folder);
    lie = told;
    return bench_peer_measure(&figures, &bench_scenarios[scenario], &fake, &sizes, path);
}

static void
test_truth(void)
{
    TAP_OK(measured(BENCH_SCENARIO_TABLES, NO_LIE) && figures.figure[BENCH_TASK_GET_HIT] > 0 &&
               figures.figure[BENCH_TASK_SCAN] > 0 && figures.figure[BENCH_TASK_SEEK] > 0,
           "what an engine does right is measured");
    TAP_OK(isnan(figures.figure[BENCH_TASK_MEMORY_PUT]), "and nothing else is");
    TAP_OK(count == 0, "it was done in another process");
    TAP_OK(measured(BENCH_SCENARIO_MEMORY, NO_LIE) && measured(BENCH_SCENARIO_STRICT, NO_LIE),
           "in memory and by several writers too");
}

static void
test_lies(void)
{
    TAP_OK(!measured(BENCH_SCENARIO_TABLES, LOSES) &&
               isnan(figures.figure[BENCH_TASK_BUFFERED_PUT_MANY]),
           "a pair that is lost ends the measurement, and no figure is left of it");
    TAP_OK(!measured(BENCH_SCENARIO_TABLES, INVENTS), "so does one that was never put");
    TAP_OK(!measured(BENCH_SCENARIO_TABLES, SPOILS), "so does a bit of a value");
    TAP_OK(!measured(BENCH_SCENARIO_TABLES, DISORDERS), "so do two keys in the wrong order");
    TAP_OK(!measured(BENCH_SCENARIO_TABLES, REPEATS), "so does a key twice");
    TAP_OK(!measured(BENCH_SCENARIO_REPLAY, NO_LIE),
           "what lives in the process and calls itself buffered is found out");
}

int
main(void)
{
    test_truth();
    test_lies();
    return tap_done();
}
