/*
 * peer_table.c - medians and ratios.
 *
 * A ratio is taken within each round, whose figures were measured turn by turn, and then the
 * median: a machine that was slow for one round was so for both.
 */
#include "bench/peers/peer_table.h"

#include <math.h>
#include <stdlib.h>

static int
compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Of those that are numbers; moves them. */
static double
median_of(double *list, unsigned count)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < count; i++) {
        if (!isnan(list[i]))
            list[kept++] = list[i];
    }
    if (kept == 0)
        return (double)NAN;
    qsort(list, kept, sizeof *list, compare);
    return (list[kept / 2] + list[(kept - 1) / 2]) / 2;
}

double
bench_peer_median(const struct bench_peer_table *table, enum bench_task task, unsigned peer)
{
    double list[BENCH_PEER_ROUNDS_MAX];

    for (unsigned i = 0; i < table->rounds; i++)
        list[i] = table->figure[task][peer][i];
    return median_of(list, table->rounds);
}

unsigned
bench_peer_best(const struct bench_peer_table *table, enum bench_task task)
{
    unsigned best = BENCH_PEER_COUNT;
    double least = (double)INFINITY;

    for (unsigned i = 0; i < BENCH_PEER_COUNT; i++) {
        double figure = bench_peer_median(table, task, i);
        if (i == BENCH_PEER_OURS || !bench_peer_entries[i].is_ranked || !(figure < least))
            continue;
        least = figure;
        best = i;
    }
    return best;
}

/* How many times as fast as that figure ours is, round by round. */
static double
ratio_to(const struct bench_peer_table *table, enum bench_task task,
         const double theirs[BENCH_PEER_ROUNDS_MAX])
{
    double list[BENCH_PEER_ROUNDS_MAX];

    for (unsigned i = 0; i < table->rounds; i++)
        list[i] = theirs[i] / table->figure[task][BENCH_PEER_OURS][i];
    return median_of(list, table->rounds);
}

bool
bench_peer_stand(struct bench_standing *standing, const struct bench_peer_table *table,
                 enum bench_task task, const struct bench_aim *aim)
{
    unsigned peer = BENCH_PEER_OURS;
    double figure = 0;

    switch (aim->against) {
    case BENCH_AGAINST_NOTHING:
        return false;
    case BENCH_AGAINST_BEST:
    case BENCH_AGAINST_RAW:
        peer =
            aim->against == BENCH_AGAINST_RAW ? BENCH_PEER_RAW : bench_peer_best(table, task);
        if (peer == BENCH_PEER_COUNT)
            return false;
        figure = ratio_to(table, task, table->figure[task][peer]);
        break;
    case BENCH_AGAINST_ALONE:
        figure = ratio_to(table, task, table->figure[BENCH_TASK_STRICT_PUT][BENCH_PEER_OURS]);
        break;
    case BENCH_AGAINST_LIMIT:
        figure = bench_peer_median(table, task, BENCH_PEER_OURS);
        break;
    }
    if (isnan(figure))
        return false;
    bool met =
        aim->against == BENCH_AGAINST_LIMIT ? figure <= aim->wanted : figure >= aim->wanted;
    *standing = (struct bench_standing){ aim->against, peer, figure, aim->wanted, met };
    return true;
}
