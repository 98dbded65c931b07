/*
 * measure.c - see measure.h.
 */
#include "bench/measure.h"

#include "bench/stop.h"

#include <stdlib.h>
#include <string.h>

/* A work while it is measured. */
struct progress {
    const struct bench_work *work;
    struct bench_figures *figures;
    struct bench_tally *tally; /* of all rounds */
    uint64_t next;             /* number of the next operation */
};

static void
count_up(struct bench_figures *figures, struct bench_counts before, uint64_t ops)
{
    struct bench_counts more = bench_counts_between(before, bench_counts_now());
    struct bench_counts *sum = &figures->counts;

    sum->allocations += more.allocations;
    sum->calls += more.calls;
    sum->written += more.written;
    sum->syncs += more.syncs;
    sum->synced += more.synced;
    figures->counted_ops += ops;
}

/* One round into `tally`, until the time is up or no further operation is allowed. Returns what
 * an operation took by the clock of its calibration. */
static double
run_round(struct progress *p, struct bench_tally *tally, uint64_t round_ns)
{
    const struct bench_work *work = p->work;
    uint64_t limit = work->ops_max == 0 ? UINT64_MAX : p->next + work->ops_max;
    double cost = (double)bench_clock_cost_ns();
    uint64_t from = p->next;

    if (work->begin != NULL)
        work->begin(work->context, p->next, limit);
    struct bench_counts before = bench_counts_now();
    uint64_t spent = bench_spent_ns(work->beside);
    uint64_t deadline = bench_now_ns() + round_ns, now = 0;
    while (p->next < limit && now < deadline) {
        uint32_t batch = work->batch;
        if (limit - p->next < batch)
            batch = (uint32_t)(limit - p->next);
        uint64_t began = bench_now_ns();
        work->run(work->context, p->next, batch);
        now = bench_now_ns();
        double ns = (double)(now - began) - cost;
        bench_tally_add(tally, ns < 0 ? 0 : ns, batch);
        p->next += batch;
    }
    spent = bench_spent_ns(work->beside) - spent;
    count_up(p->figures, before, p->next - from);
    if (work->end != NULL)
        work->end(work->context, p->next);
    return p->next == from ? 0 : (double)spent / (double)(p->next - from);
}

static double
mean_of(const struct bench_tally *tally)
{
    return tally->ops == 0 ? 0 : tally->ns_total / (double)tally->ops;
}

static void
warm_up(struct progress *p, struct bench_tally *scratch, const struct bench_effort *effort)
{
    struct bench_figures *figures = p->figures;

    memset(scratch, 0, sizeof *scratch);
    (void)run_round(p, scratch, effort->warm_up_ns);
    *figures = (struct bench_figures){
        .warm_up_ops = scratch->ops,
        .batch = p->work->batch,
        .threads = 1,
        .clock_cost_ns = (double)bench_clock_cost_ns(),
        .beside = bench_beside_name(p->work->beside),
    };
}

static void
measure_round(struct progress *p, struct bench_tally *scratch,
              const struct bench_effort *effort)
{
    struct bench_figures *figures = p->figures;
    unsigned round = figures->round_count++;

    memset(scratch, 0, sizeof *scratch);
    double before = bench_calibrate(p->work->beside, effort->directory);
    figures->round_spent_ns[round] = run_round(p, scratch, effort->round_ns);
    double after = bench_calibrate(p->work->beside, effort->directory);
    figures->round_mean_ns[round] = mean_of(scratch);
    figures->round_beside_ns[round] = (before + after) / 2;
    bench_tally_merge(p->tally, scratch);
}

/* The rates of the round in the middle, where a neighbour's burst is not, and of the best. */
static void
rate_rounds(struct bench_figures *figures)
{
    double means[BENCH_ROUNDS_MAX];

    memcpy(means, figures->round_mean_ns, sizeof means);
    double mean = bench_median(means, figures->round_count); /* sorts them */
    figures->ops_per_s = mean > 0 ? 1e9 / mean : 0;
    figures->best_ops_per_s = means[0] > 0 ? 1e9 / means[0] : 0;
}

void
bench_measure(struct bench_figures *figures, struct bench_tally *tallies,
              const struct bench_work *works, unsigned count, const struct bench_effort *effort)
{
    struct progress progress[BENCH_WORKS_MAX];
    struct bench_tally *own = tallies == NULL ? bench_alloc(count * sizeof *own) : NULL;
    struct bench_tally *scratch = bench_alloc(sizeof *scratch);

    bench_check(count <= BENCH_WORKS_MAX && effort->rounds <= BENCH_ROUNDS_MAX,
                "works and rounds within their limits");
    for (unsigned i = 0; i < count; i++) {
        progress[i] = (struct progress){ &works[i], &figures[i],
                                         tallies == NULL ? &own[i] : &tallies[i], 0 };
        warm_up(&progress[i], scratch, effort);
    }
    for (unsigned round = 0; round < effort->rounds; round++)
        for (unsigned i = 0; i < count; i++)
            measure_round(&progress[i], scratch, effort);
    for (unsigned i = 0; i < count; i++) {
        bench_figures_fill(&figures[i], progress[i].tally);
        rate_rounds(&figures[i]);
    }
    free(scratch);
    free(own);
}

void
bench_measure_open(struct bench_figures *figures, struct bench_tally *tally,
                   const struct bench_work *work, uint64_t period_ns,
                   const struct bench_effort *effort)
{
    struct bench_counts before = bench_counts_now();

    *figures = (struct bench_figures){
        .batch = 1, .threads = 1, .round_count = 1, .beside = bench_beside_name(work->beside)
    };
    figures->round_beside_ns[0] = bench_calibrate(work->beside, effort->directory);
    uint64_t start = bench_now_ns();
    for (uint64_t i = 0; i < work->ops_max; i++) {
        uint64_t due = start + i * period_ns;
        while (bench_now_ns() < due) {
        }
        work->run(work->context, i, 1);
        bench_tally_add(tally, (double)(bench_now_ns() - due), 1);
    }
    double lasted = (double)(bench_now_ns() - start);
    count_up(figures, before, work->ops_max);
    bench_figures_fill(figures, tally);
    figures->round_mean_ns[0] = figures->round_spent_ns[0] = figures->mean_ns;
    figures->ops_per_s = (double)work->ops_max * 1e9 / lasted;
    figures->best_ops_per_s = figures->ops_per_s;
}
