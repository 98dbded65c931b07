/*
 * verb_profile.c - `holdfast-bench --profile`: where an operation's time goes, by the engine's
 * own timers.
 *
 * They are compiled into holdfast-bench-timing alone (-DHF_TIMING), which this program becomes.
 * Each layer has its time for one operation, what timing takes being taken off, how often it
 * was gone through, and its share. A layer includes those that are indented below it; what is
 * around all of them, down to the caller, is the rest.
 */
#include "bench/clock.h"
#include "bench/pair.h"
#include "bench/place.h"
#include "bench/profile/bench_timing.h"
#include "bench/sibling.h"
#include "bench/stop.h"
#include "bench/verbs_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 1000u

static const struct {
    const char *name;
    const char *text;
    unsigned depth;
} layer_names[] = {
#define LAYER(name, depth, text) { #name, text, depth },
    HF_LAYERS(LAYER)
#undef LAYER
};

/* One kind of operation: a database that is ready, and `count` times the operation. */
struct profiled {
    const char *name;
    enum hf_mode mode;
    bool settles; /* everything is in tables before it begins */
    /* Puts are of pairs from `first` on, reads of those below `pairs`. */
    void (*run)(struct hf_db *db, uint64_t pairs, uint64_t first, uint64_t count);
};

/* ---- operations -------------------------------------------------------------------------- */

static void
put_one(struct hf_db *db, uint64_t number)
{
    uint8_t value[BENCH_VALUE_SIZE];
    struct bench_key key;

    bench_must(hf_put(db, bench_key_make(&key, number),
                      bench_value_make(value, sizeof value, number, 0), 0, NULL),
               "hf_put");
}

static void
run_put(struct hf_db *db, uint64_t pairs, uint64_t first, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        put_one(db, first + i);
    (void)pairs;
}

static void
run_batch(struct hf_db *db, uint64_t pairs, uint64_t first, uint64_t count)
{
    uint8_t value[BENCH_VALUE_SIZE];
    struct hf_batch *batch;
    struct bench_key key;

    bench_must(hf_batch_open(&batch, db), "hf_batch_open");
    for (uint64_t i = 0; i < count; i++) {
        bench_must(hf_batch_put(batch, bench_key_make(&key, first + i),
                                bench_value_make(value, sizeof value, first + i, 0)),
                   "hf_batch_put");
        if ((i + 1) % BATCH == 0 || i + 1 == count)
            bench_must(hf_batch_commit(batch, 0, NULL), "hf_batch_commit");
    }
    hf_batch_close(batch);
    (void)pairs;
}

static void
run_get(struct hf_db *db, uint64_t pairs, uint64_t first, uint64_t count)
{
    struct hf_view *view;
    struct hf_item item;
    struct bench_key key;
    uint64_t state = first;

    bench_must(hf_view_open(&view, db, HF_LATEST), "hf_view_open");
    for (uint64_t i = 0; i < count; i++) {
        uint64_t number = bench_random(&state, pairs);
        bench_must(hf_view_get(view, bench_key_make(&key, number), &item), "hf_view_get");
        bench_check(bench_value_is(item.value, BENCH_VALUE_SIZE, number, 0), "a value");
    }
    hf_view_close(view);
}

static void
run_scan(struct hf_db *db, uint64_t pairs, uint64_t first, uint64_t count)
{
    struct hf_view *view;
    struct hf_iter *iter;
    struct hf_item item;

    bench_must(hf_view_open(&view, db, HF_LATEST), "hf_view_open");
    bench_must(hf_iter_open(&iter, view, NULL), "hf_iter_open");
    for (uint64_t i = 0; i < count && i < pairs; i++) {
        bench_must(hf_iter_next(iter, &item), "hf_iter_next");
        bench_check(item.value.len == BENCH_VALUE_SIZE, "a value's size");
    }
    hf_iter_close(iter);
    hf_view_close(view);
    (void)first;
}

static const struct profiled operations[] = {
    { "put/memory", HF_MODE_MEMORY, false, run_put },
    { "put/buffered", HF_MODE_BUFFERED, false, run_put },
    { "put-1000/buffered", HF_MODE_BUFFERED, false, run_batch },
    { "put/strict", HF_MODE_STRICT, false, run_put },
    { "get/memory", HF_MODE_MEMORY, false, run_get },
    { "get/tables", HF_MODE_BUFFERED, true, run_get },
    { "scan/memory", HF_MODE_MEMORY, false, run_scan },
    { "scan/tables", HF_MODE_BUFFERED, true, run_scan },
};
#define OPERATION_COUNT (sizeof operations / sizeof *operations)

/* ---- measuring --------------------------------------------------------------------------- */

/* Sizes of a run: what the database has, and how many operations; strict ones wait. */
static const struct {
    uint64_t pairs, count, strict_count;
} sizes[BENCH_SIZE_COUNT] = {
    [BENCH_SMOKE] = { 2000, 2000, 20 },
    [BENCH_QUICK] = { 200000, 100000, 500 },
    [BENCH_FULL] = { 1000000, 1000000, 2000 },
};

struct profile {
    struct bench_layer layers[HF_LAYER_COUNT];
    double ns; /* of an operation, as the caller sees it */
    uint64_t count;
};

static struct hf_db *
open_filled(const struct profiled *what, const char *path, uint64_t pairs)
{
    struct hf_options options = bench_db_options(what->mode);

    /* Without a background thread, so that what it does is no part of anything. */
    options.flags |= HF_SINGLE_THREAD;
    options.keep_versions = 0;
    struct hf_db *db = bench_db_open(what->mode == HF_MODE_MEMORY ? NULL : path, &options);
    run_batch(db, 0, 0, pairs);
    if (what->settles)
        bench_must(hf_compact(db), "hf_compact");
    bench_db_settle(db);
    return db;
}

static void
measure(struct profile *profile, const struct bench_suite *suite, const struct profiled *what)
{
    uint64_t pairs = sizes[suite->size].pairs;
    char path[BENCH_PATH_SIZE];

    profile->count = what->mode == HF_MODE_STRICT ? sizes[suite->size].strict_count
                                                  : sizes[suite->size].count;
    bench_place_path(path, suite->directory, "profile");
    bench_place_remove(path);
    struct hf_db *db = open_filled(what, path, pairs);
    what->run(db, pairs, pairs, profile->count / 10); /* warm: caches, the ordered index */
    bench_timing_reset();
    uint64_t began = bench_now_ns();
    what->run(db, pairs, pairs + profile->count, profile->count);
    profile->ns = (double)(bench_now_ns() - began) / (double)profile->count;
    memcpy(profile->layers, bench_timing_layers(), sizeof profile->layers);
    bench_db_close(db);
    bench_place_remove(path);
}

/* ---- telling ----------------------------------------------------------------------------- */

/* What the timers take of all times that a layer was gone through, in ticks. */
static double
cost_of(const struct bench_layer *layer, const struct bench_timing_cost *cost)
{
    return (double)layer->count * cost->own + (double)layer->inner_count * cost->whole;
}

static void
print_layer(struct hf_output *output, const char *text, unsigned depth, double ns, double total,
            double calls)
{
    hf_output_print(output, "  %*s%-*s %9.1f ns %5.1f %% %9.3f\n", (int)(2 * depth), "",
                    (int)(66 - 2 * depth), text, ns, 100 * ns / total, calls);
}

/* All layers of one operation, as rows and, if that is wanted, as text. */
static void
tell(struct bench_suite *suite, struct hf_output *output, const struct profiled *what,
     const struct profile *profile)
{
    struct bench_timing_cost cost = bench_timing_cost();
    double tick_ns = bench_timing_tick_ns(), count = (double)profile->count, rest, total;
    char name[BENCH_NAME_SIZE];
    struct bench_figures figures = { 0 };
    uint64_t timed = 0;

    for (unsigned i = 0; i < HF_LAYER_COUNT; i++)
        timed += profile->layers[i].count;
    total = profile->ns - (double)timed * cost.whole * tick_ns / count;
    rest = total;
    if (!output->json)
        hf_output_print(output, "%-19s %10.1f ns, timers taken off %19s %12s %7s %9s\n",
                        what->name, total, "", "each", "share", "times");
    for (unsigned i = 0; i < HF_LAYER_COUNT; i++) {
        const struct bench_layer *layer = &profile->layers[i];
        double ns = ((double)layer->ticks - cost_of(layer, &cost)) * tick_ns / count;
        if (layer->count == 0)
            continue;
        rest -= layer_names[i].depth == 0 ? ns : 0;
        (void)snprintf(name, sizeof name, "profile/%s/%s", what->name, layer_names[i].name);
        (void)bench_add_value(suite, name, &figures, NULL, ns, "ns");
        if (!output->json)
            print_layer(output, layer_names[i].text, layer_names[i].depth, ns, total,
                        (double)layer->count / count);
    }
    if (!output->json) {
        print_layer(output, "the rest: the call, the lock, the caller's own work", 0, rest,
                    total, 1);
        hf_output_print(output, "\n");
    }
}

int
bench_verb_profile(const struct bench_args *args, struct hf_output *output)
{
    struct bench_suite suite;
    int status = BENCH_STATUS_DONE;

#ifndef HF_TIMING
    bench_sibling_become("holdfast-bench-timing", args->argv);
    (void)fprintf(stderr, "holdfast-bench: profile: there is no holdfast-bench-timing beside "
                          "this program: make it with ./build.sh bench --profile\n");
    return BENCH_STATUS_FAILED;
#endif
    bench_suite_open(&suite, args);
    for (size_t i = 0; i < OPERATION_COUNT; i++) {
        struct profile profile;
        char name[BENCH_NAME_SIZE];
        (void)snprintf(name, sizeof name, "profile/%s", operations[i].name);
        if (!bench_wants(&suite, name))
            continue;
        bench_progress(&suite, name);
        measure(&profile, &suite, &operations[i]);
        if (suite.shows_progress)
            (void)fputs("\r\033[K", stderr);
        tell(&suite, output, &operations[i], &profile);
    }
    if (suite.count == 0) {
        (void)fprintf(stderr, "holdfast-bench: profile: no operation has a name like '%s'\n",
                      suite.filter == NULL ? "" : suite.filter);
        status = BENCH_STATUS_USAGE;
    } else if (output->json) {
        status = bench_print(output, &suite);
    }
    bench_suite_end(&suite);
    return status;
}
