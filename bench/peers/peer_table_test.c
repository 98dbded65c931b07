/*
 * peer_table_test.c - tables made by hand: who is best, how far off, and what a round that
 * failed does.
 */
#include "base/tap.h"
#include "bench/peers/peer_table.h"

#include <math.h>
#include <string.h>

/* Nothing is measured by these. */
const struct bench_peer_entry bench_peer_entries[BENCH_PEER_COUNT] = {
    { "ours", NULL, true, NULL },    { "fast", NULL, true, NULL },
    { "slow", NULL, true, NULL },    { "unranked", NULL, false, NULL },
    { "absent", NULL, true, NULL },  { "absent", NULL, true, NULL },
    { "absent", NULL, false, NULL }, { "raw", NULL, false, NULL },
};

static struct bench_peer_table table;

static void
fill(enum bench_task task, unsigned peer, double first, double second, double third)
{
    table.figure[task][peer][0] = first;
    table.figure[task][peer][1] = second;
    table.figure[task][peer][2] = third;
}

static void
make(void)
{
    table.rounds = 3;
    for (unsigned t = 0; t < BENCH_TASK_COUNT; t++)
        for (unsigned p = 0; p < BENCH_PEER_COUNT; p++)
            fill((enum bench_task)t, p, (double)NAN, (double)NAN, (double)NAN);
    fill(BENCH_TASK_STRICT_PUT, 0, 100, 200, 300);
    fill(BENCH_TASK_STRICT_PUT, 1, 600, 200, 210);
    fill(BENCH_TASK_STRICT_PUT, 2, 400, (double)NAN, 200);
    fill(BENCH_TASK_STRICT_PUT, 3, 1, 1, 1);
    fill(BENCH_TASK_STRICT_PUT, BENCH_PEER_RAW, 90, 180, 270);
    fill(BENCH_TASK_STRICT_PUT_SHARED, 0, 20, 40, 60);
}

static void
medians(void)
{
    TAP_OK(bench_peer_median(&table, BENCH_TASK_STRICT_PUT, 0) == 200,
           "a median is the figure in the middle");
    TAP_OK(bench_peer_median(&table, BENCH_TASK_STRICT_PUT, 2) == 300,
           "a round that failed has no part in it");
    TAP_OK(isnan(bench_peer_median(&table, BENCH_TASK_STRICT_PUT, 4)),
           "where nothing was measured there is no median");
    TAP_OK(bench_peer_best(&table, BENCH_TASK_STRICT_PUT) == 1,
           "the best is a ranked peer, and not ours");
    TAP_OK(bench_peer_best(&table, BENCH_TASK_SCAN) == BENCH_PEER_COUNT,
           "where nothing was measured nobody is best");
}

static void
standings(void)
{
    static const struct bench_aim raw = { BENCH_AGAINST_RAW, 0.95 };
    static const struct bench_aim alone = { BENCH_AGAINST_ALONE, 5 };
    static const struct bench_aim best = { BENCH_AGAINST_BEST, 3 };
    static const struct bench_aim limit = { BENCH_AGAINST_LIMIT, 99 };
    static const struct bench_aim nothing = { BENCH_AGAINST_NOTHING, 0 };
    struct bench_standing s;

    TAP_OK(bench_peer_stand(&s, &table, BENCH_TASK_STRICT_PUT, &raw) && s.figure == 0.9 &&
               !s.met && s.peer == BENCH_PEER_RAW,
           "a ratio below the aim is not met");
    TAP_OK(bench_peer_stand(&s, &table, BENCH_TASK_STRICT_PUT_SHARED, &alone) &&
               s.figure == 5 && s.met,
           "a ratio at the aim is met");
    TAP_OK(bench_peer_stand(&s, &table, BENCH_TASK_STRICT_PUT, &best) && s.peer == 1 &&
               s.figure == 1 && !s.met,
           "a ratio is the median of the rounds' ratios, not the ratio of medians");
    TAP_OK(bench_peer_stand(&s, &table, BENCH_TASK_STRICT_PUT, &limit) && s.figure == 200 &&
               !s.met,
           "over a limit is not met");
    TAP_OK(!bench_peer_stand(&s, &table, BENCH_TASK_STRICT_PUT, &nothing) &&
               !bench_peer_stand(&s, &table, BENCH_TASK_SCAN, &limit) &&
               !bench_peer_stand(&s, &table, BENCH_TASK_SCAN, &best) &&
               !bench_peer_stand(&s, &table, BENCH_TASK_SCAN, &raw),
           "where nothing was measured nothing is said");
}

int
main(void)
{
    make();
    medians();
    standings();
    return tap_done();
}
