/*
 * figures.c - see figures.h.
 */
#include "bench/figures.h"

#include <math.h>
#include <stdlib.h>

void
bench_tally_add(struct bench_tally *tally, double ns, uint64_t ops)
{
    double each = ns / (double)ops, before = tally->mean_ns;

    bench_histogram_add(&tally->histogram, (uint64_t)(each * 1000 + 0.5), ops);
    tally->samples++;
    tally->ops += ops;
    tally->ns_total += ns;
    tally->mean_ns += (each - before) / (double)tally->samples;
    tally->squares += (each - before) * (each - tally->mean_ns);
    if (tally->samples == 1 || each < tally->min_ns)
        tally->min_ns = each;
    if (each > tally->max_ns)
        tally->max_ns = each;
}

void
bench_tally_merge(struct bench_tally *into, const struct bench_tally *from)
{
    double count = (double)(into->samples + from->samples);
    double apart = from->mean_ns - into->mean_ns;

    if (from->samples == 0)
        return;
    if (into->samples == 0 || from->min_ns < into->min_ns)
        into->min_ns = from->min_ns;
    if (from->max_ns > into->max_ns)
        into->max_ns = from->max_ns;
    into->squares +=
        from->squares + apart * apart * (double)into->samples * (double)from->samples / count;
    into->mean_ns += apart * (double)from->samples / count;
    bench_histogram_merge(&into->histogram, &from->histogram);
    into->samples += from->samples;
    into->ops += from->ops;
    into->ns_total += from->ns_total;
}

void
bench_figures_fill(struct bench_figures *figures, const struct bench_tally *tally)
{
    const struct bench_histogram *h = &tally->histogram;
    double ops = (double)tally->ops;

    figures->samples = tally->samples;
    figures->ops = tally->ops;
    if (tally->samples == 0)
        return;
    figures->min_ns = tally->min_ns;
    figures->max_ns = tally->max_ns;
    figures->mean_ns = tally->ns_total / ops;
    figures->stddev_ns =
        tally->samples > 1 ? sqrt(tally->squares / (double)(tally->samples - 1)) : 0;
    figures->p50_ns = bench_histogram_at(h, 0.50) / 1000;
    figures->p95_ns = bench_histogram_at(h, 0.95) / 1000;
    figures->p99_ns = bench_histogram_at(h, 0.99) / 1000;
    figures->p999_ns = bench_histogram_at(h, 0.999) / 1000;
    figures->median_ns = figures->p50_ns;
    figures->ops_per_s = tally->ns_total > 0 ? ops * 1e9 / tally->ns_total : 0;
    figures->best_ops_per_s = figures->ops_per_s;
}

static int
compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double
bench_median(double *numbers, unsigned count)
{
    qsort(numbers, count, sizeof *numbers, compare);
    return (numbers[(count - 1) / 2] + numbers[count / 2]) / 2;
}

double
bench_figures_ratio(const struct bench_figures *figures)
{
    double ratios[BENCH_ROUNDS_MAX];

    if (figures->beside == NULL || figures->round_count == 0)
        return 0;
    for (unsigned i = 0; i < figures->round_count; i++)
        ratios[i] = figures->round_spent_ns[i] / figures->round_beside_ns[i];
    return bench_median(ratios, figures->round_count);
}

double
bench_figures_against(const struct bench_figures *base, const struct bench_figures *figures)
{
    double ratios[BENCH_ROUNDS_MAX];
    unsigned count = 0;

    for (; count < base->round_count && count < figures->round_count; count++)
        ratios[count] = base->round_mean_ns[count] / figures->round_mean_ns[count];
    return count == 0 ? 0 : bench_median(ratios, count);
}
