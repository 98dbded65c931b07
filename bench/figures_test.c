/*
 * figures_test.c - figures are those of the samples, merged or not, and the ratios are medians
 * over rounds.
 *
 * Mean, deviation and ends are compared with those computed from the whole list; merging is
 * tried at every cut of it.
 */
#include "base/tap.h"
#include "bench/figures.h"

#include <math.h>
#include <string.h>

#define SAMPLES 200u

static double list[SAMPLES];
static struct bench_tally whole, part, rest;

static bool
close_to(double a, double b)
{
    return fabs(a - b) <= 1e-9 * (fabs(a) + fabs(b));
}

static void
test_fill(void)
{
    struct bench_figures f = { .batch = 1 };
    double sum = 0, squares = 0, min = list[0], max = list[0];

    memset(&whole, 0, sizeof whole);
    for (unsigned i = 0; i < SAMPLES; i++) {
        bench_tally_add(&whole, list[i], 1);
        sum += list[i];
        min = list[i] < min ? list[i] : min;
        max = list[i] > max ? list[i] : max;
    }
    for (unsigned i = 0; i < SAMPLES; i++)
        squares += (list[i] - sum / SAMPLES) * (list[i] - sum / SAMPLES);
    bench_figures_fill(&f, &whole);
    TAP_OK(close_to(f.mean_ns, sum / SAMPLES) && f.min_ns == min && f.max_ns == max,
           "mean, smallest and largest are those of the samples");
    TAP_OK(close_to(f.stddev_ns, sqrt(squares / (SAMPLES - 1))), "so is the deviation");
    TAP_OK(close_to(f.ops_per_s, SAMPLES * 1e9 / sum), "and the rate is their number by time");
    TAP_OK(f.p50_ns <= f.p95_ns && f.p95_ns <= f.p99_ns && f.p99_ns <= f.p999_ns &&
               f.p999_ns <= max * 1.01 && f.p50_ns >= min * 0.99,
           "percentiles ascend between them");
}

static void
test_merge(void)
{
    struct bench_figures f, g;
    bool same = true;

    bench_figures_fill(&f, &whole);
    for (unsigned cut = 0; cut <= SAMPLES; cut++) {
        memset(&part, 0, sizeof part);
        memset(&rest, 0, sizeof rest);
        for (unsigned i = 0; i < SAMPLES; i++)
            bench_tally_add(i < cut ? &part : &rest, list[i], 1);
        bench_tally_merge(&part, &rest);
        bench_figures_fill(&g, &part);
        same = same && g.samples == f.samples && close_to(g.mean_ns, f.mean_ns) &&
               close_to(g.stddev_ns, f.stddev_ns) && g.min_ns == f.min_ns &&
               g.max_ns == f.max_ns && g.p99_ns == f.p99_ns;
    }
    TAP_OK(same, "two parts, cut anywhere, merge into the whole");
}

static void
test_batches(void)
{
    struct bench_figures f = { .batch = 4 };

    memset(&part, 0, sizeof part);
    bench_tally_add(&part, 400, 4);
    bench_tally_add(&part, 800, 4);
    bench_figures_fill(&f, &part);
    TAP_OK(f.ops == 8 && f.samples == 2 && f.mean_ns == 150 && f.min_ns == 100 &&
               f.max_ns == 200,
           "a batch counts as many operations, each an equal part of it");
}

static void
test_ratios(void)
{
    struct bench_figures base = { .beside = "x", .round_count = 3 };
    struct bench_figures f = base;
    double numbers[] = { 4, 1, 3, 2 };
    /* One round of three is disturbed, in each of both. */
    double base_means[] = { 100, 5000, 100 }, means[] = { 50, 50, 9000 };

    memcpy(base.round_mean_ns, base_means, sizeof base_means);
    memcpy(f.round_mean_ns, means, sizeof means);
    memcpy(f.round_spent_ns, means, sizeof means);
    f.round_beside_ns[0] = f.round_beside_ns[1] = f.round_beside_ns[2] = 25;
    TAP_OK(bench_median(numbers, 4) == 2.5 && bench_median(numbers, 3) == 2,
           "a median of even and odd many");
    TAP_OK(bench_figures_against(&base, &f) == 2, "a disturbed round does not move the ratio");
    TAP_OK(bench_figures_ratio(&f) == 2, "nor that to the calibration");
    f.beside = NULL;
    TAP_OK(bench_figures_ratio(&f) == 0, "without a calibration there is none");
}

int
main(void)
{
    for (unsigned i = 0; i < SAMPLES; i++)
        list[i] = 50 + (i * 7919 % SAMPLES) * 3.25;
    test_fill();
    test_merge();
    test_batches();
    test_ratios();
    return tap_done();
}
