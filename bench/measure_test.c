/*
 * measure_test.c - operations are numbered without a gap, the warm-up is not in the figures,
 * works take turns, the clock is taken off, and what waits for a stall is felt.
 *
 * The clock is the fixed one of counted.h: it goes on by a microsecond a look, so an operation
 * that looks n times takes n microseconds exactly, on any machine.
 */
#include "base/tap.h"
#include "bench/measure.h"

#include <stdlib.h>
#include <string.h>

#define US 1000.0

struct fake {
    uint64_t next; /* the operation that must come */
    bool is_gapless;
    unsigned looks; /* of an operation */
    uint64_t stall; /* the operation that takes a hundred times as long */
    char *turns;    /* where each round leaves its letter */
    char letter;
};

static void
run(void *context, uint64_t first, uint32_t count)
{
    struct fake *fake = context;

    fake->is_gapless = fake->is_gapless && first == fake->next;
    for (uint32_t i = 0; i < count; i++) {
        unsigned looks = fake->next++ == fake->stall ? 100 * fake->looks : fake->looks;
        while (looks-- > 0)
            (void)bench_now_ns();
    }
}

static void
begin(void *context, uint64_t first, uint64_t limit)
{
    struct fake *fake = context;

    (void)first;
    (void)limit;
    fake->turns[strlen(fake->turns)] = fake->letter;
}

static void
test_rounds(const char *directory)
{
    char turns[32] = "";
    struct fake fakes[2] = { { 0, true, 3, UINT64_MAX, turns, 'a' },
                             { 0, true, 6, UINT64_MAX, turns, 'b' } };
    struct bench_work works[2];
    struct bench_figures f[2];
    struct bench_effort effort = { 3, 1000000000, 1000000000, directory };

    for (unsigned i = 0; i < 2; i++)
        works[i] = (struct bench_work){
            .context = &fakes[i], .run = run, .begin = begin, .batch = 4, .ops_max = 10
        };
    bench_measure(f, NULL, works, 2, &effort);
    TAP_OK(fakes[0].is_gapless && fakes[0].next == 40, "operations are numbered without a gap");
    TAP_OK(f[0].warm_up_ops == 10 && f[0].ops == 30 && f[0].samples == 9,
           "the warm-up is not in the figures, and a last batch may be smaller");
    TAP_OK(strcmp(turns, "abababab") == 0, "works take turns by rounds: %s", turns);
    TAP_OK(f[0].mean_ns == 3 * US && f[1].mean_ns == 6 * US && f[0].stddev_ns == 0,
           "what the clock costs is taken off, exactly");
    TAP_OK(bench_figures_against(&f[0], &f[1]) == 0.5, "so the second is half as fast");
    TAP_OK(f[0].round_count == 3 && f[0].round_beside_ns[2] > 0,
           "each round has a calibration beside it");
}

static void
test_time_limit(const char *directory)
{
    char turns[32] = "";
    struct fake fake = { 0, true, 8, UINT64_MAX, turns, 'a' };
    struct bench_work work = { .context = &fake, .run = run, .batch = 1 };
    struct bench_effort effort = { 1, 1000000, 0, directory }; /* a millisecond */
    struct bench_figures f;

    bench_measure(&f, NULL, &work, 1, &effort);
    TAP_OK(f.ops >= 90 && f.ops <= 110, "a round ends with its time: %llu operations of 10 us",
           (unsigned long long)f.ops);
}

/* A stall of 1 ms in operations that take 10 us and are due every 100: the ten that were due
 * meanwhile waited for it, each a little less than the one before. */
static void
test_open_loop(const char *directory)
{
    static struct bench_tally open, closed;
    char turns[32] = "";
    struct fake fake = { 0, true, 10, 50, turns, 'a' };
    struct bench_work work = { .context = &fake, .run = run, .batch = 1, .ops_max = 200 };
    struct bench_effort effort = { 1, 1000000000, 0, directory };
    struct bench_figures f;

    bench_measure_open(&f, &open, &work, 100000, &effort);
    double felt = bench_histogram_at(&open.histogram, 0.96);
    TAP_OK(f.ops == 200 && f.max_ns > 900 * US, "the stall is seen");
    TAP_OK(felt > 200 * US * 1000,
           "and felt by those that were due meanwhile: 96 %% took %.0f us", felt / 1e6);
    fake.next = 0;
    bench_measure(&f, &closed, &work, 1, &effort);
    TAP_OK(bench_histogram_at(&closed.histogram, 0.96) < 20 * US * 1000,
           "a closed loop would have seen one slow operation only");
}

int
main(void)
{
    const char *directory = getenv("TMPDIR");

    if (directory == NULL)
        directory = "/tmp";
    bench_counts_fix(true);
    test_rounds(directory);
    test_time_limit(directory);
    test_open_loop(directory);
    bench_calibrate_end();
    return tap_done();
}
