/*
 * suite.c - see suite.h.
 */
#include "bench/suite.h"

#include "bench/stop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS UINT64_C(1000000)

const char *const bench_size_names[BENCH_SIZE_COUNT] = { "smoke", "quick", "full" };

static const struct {
    unsigned rounds;
    uint64_t round_ns, warm_up_ns, pairs;
} sizes[BENCH_SIZE_COUNT] = {
    [BENCH_SMOKE] = { 7, 2 * MS, MS, 10000 },
    [BENCH_QUICK] = { 7, 60 * MS, 40 * MS, 200000 },
    [BENCH_FULL] = { 15, 200 * MS, 200 * MS, 1000000 },
};

void
bench_suite_begin(struct bench_suite *suite)
{
    suite->effort =
        (struct bench_effort){ sizes[suite->size].rounds, sizes[suite->size].round_ns,
                               sizes[suite->size].warm_up_ns, suite->directory };
    suite->pairs = sizes[suite->size].pairs;
}

void
bench_suite_end(struct bench_suite *suite)
{
    bench_progress_end(suite);
    for (unsigned i = 0; i < suite->count; i++)
        free(suite->results[i].histogram);
    free(suite->results);
    suite->results = NULL;
    suite->count = suite->capacity = 0;
    bench_calibrate_end();
}

/* Whether one of the names that are wanted, where there is a list, matches the pattern. */
static bool
lists(const struct bench_suite *suite, const char *pattern)
{
    for (unsigned i = 0; i < suite->name_count; i++)
        if (bench_glob(pattern, suite->names[i]))
            return true;
    return suite->names == NULL;
}

bool
bench_wants(const struct bench_suite *suite, const char *name)
{
    return (suite->filter == NULL || bench_glob(suite->filter, name)) && lists(suite, name);
}

bool
bench_may_want(const struct bench_suite *suite, const char *pattern)
{
    return (suite->filter == NULL || bench_globs_meet(suite->filter, pattern)) &&
           lists(suite, pattern);
}

static void
grow(struct bench_suite *suite)
{
    unsigned capacity = suite->capacity == 0 ? 64 : suite->capacity * 2;
    struct bench_result *results = bench_alloc(capacity * sizeof *results);

    if (suite->count > 0)
        memcpy(results, suite->results, suite->count * sizeof *results);
    free(suite->results);
    suite->results = results;
    suite->capacity = capacity;
}

struct bench_result *
bench_add_value(struct bench_suite *suite, const char *name,
                const struct bench_figures *figures, const struct bench_tally *tally,
                double value, const char *unit)
{
    if (suite->count == suite->capacity)
        grow(suite);
    struct bench_result *result = &suite->results[suite->count++];
    *result = (struct bench_result){ .figures = *figures, .value = value, .unit = unit };
    (void)snprintf(result->name, sizeof result->name, "%s", name);
    if (tally != NULL) {
        result->histogram = bench_alloc(sizeof *result->histogram);
        *result->histogram = tally->histogram;
    }
    bench_result_judge(result, &bench_tiers[suite->tier]);
    return result;
}

struct bench_result *
bench_add(struct bench_suite *suite, const char *name, const struct bench_figures *figures,
          const struct bench_tally *tally)
{
    return bench_add_value(suite, name, figures, tally, 0, NULL);
}

void
bench_row(struct bench_suite *suite, const char *name, const struct bench_work *work)
{
    struct bench_figures figures;

    if (!bench_wants(suite, name))
        return;
    bench_progress(suite, name);
    struct bench_tally *tally = bench_alloc(sizeof *tally);
    bench_measure(&figures, tally, work, 1, &suite->effort);
    bench_add(suite, name, &figures, tally);
    free(tally);
}

static bool
wants_turns(const struct bench_suite *suite, const struct bench_turn *turns, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (bench_wants(suite, turns[i].name) ||
            (turns[i].ratio != NULL && bench_wants(suite, turns[i].ratio)))
            return true;
    return false;
}

void
bench_rows(struct bench_suite *suite, const struct bench_turn *turns, unsigned count)
{
    struct bench_figures figures[BENCH_WORKS_MAX];
    struct bench_work works[BENCH_WORKS_MAX];

    bench_check(count <= BENCH_WORKS_MAX, "the number of works that take turns");
    if (!wants_turns(suite, turns, count))
        return;
    for (unsigned i = 0; i < count; i++)
        works[i] = turns[i].work;
    bench_progress(suite, turns[count - 1].name);
    struct bench_tally *tallies = bench_alloc(count * sizeof *tallies);
    bench_measure(figures, tallies, works, count, &suite->effort);
    for (unsigned i = 0; i < count; i++) {
        if (bench_wants(suite, turns[i].name))
            bench_add(suite, turns[i].name, &figures[i], &tallies[i]);
        if (turns[i].ratio != NULL && bench_wants(suite, turns[i].ratio))
            bench_add_value(suite, turns[i].ratio, &figures[i], NULL,
                            bench_figures_against(&figures[0], &figures[i]), "x");
    }
    free(tallies);
}

void
bench_progress(const struct bench_suite *suite, const char *what)
{
    if (suite->shows_progress) {
        (void)fprintf(stderr, "\r\033[K%u rows, now %s", suite->count, what);
        (void)fflush(stderr);
    }
}

void
bench_progress_end(const struct bench_suite *suite)
{
    if (suite->shows_progress)
        (void)fputs("\r\033[K", stderr);
}
