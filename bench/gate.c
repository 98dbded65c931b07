/*
 * gate.c - see gate.h.
 */
#include "bench/gate.h"

#include <math.h>
#include <string.h>

static void
judge(struct bench_gate *gate, struct bench_compared *compared, bench_compared_fn *each,
      void *context)
{
    compared->holds = compared->now <= compared->limit;
    gate->compared++;
    gate->broken += !compared->holds;
    each(context, compared);
}

void
bench_gate_counts(struct bench_gate *gate, const struct bench_saved *before,
                  const struct bench_saved *now, bench_compared_fn *each, void *context)
{
    *gate = (struct bench_gate){
        .other_compiler = strcmp(before->compiler, now->compiler) != 0,
    };
    for (unsigned i = 0; i < before->count; i++) {
        const struct bench_saved_row *was = &before->rows[i];
        const struct bench_saved_row *is = bench_saved_find(now, was->name);
        for (unsigned kind = 0; kind < BENCH_COUNT_KINDS; kind++) {
            bool instructions = kind == BENCH_INSTRUCTIONS;
            double slack =
                instructions && gate->other_compiler ? BENCH_COMPILER_SLACK : BENCH_COUNT_SLACK;
            if (instructions &&
                (!was->has_instructions || (is != NULL && !is->has_instructions)))
                continue;
            struct bench_compared compared = { .row = was->name,
                                               .measure = bench_count_names[kind],
                                               .before = was->per_op[kind],
                                               .now = is == NULL ? INFINITY : is->per_op[kind],
                                               .limit = was->per_op[kind] * (1 + slack) };
            judge(gate, &compared, each, context);
        }
    }
}

void
bench_gate_times(struct bench_gate *gate, const struct bench_saved *before,
                 const struct bench_saved *now, enum bench_tier_id tier, const char *pattern,
                 bench_compared_fn *each, void *context)
{
    double factor =
        tier == BENCH_TIER_PRODUCTION ? BENCH_TIME_PRODUCTION : BENCH_TIME_ELSEWHERE;

    *gate = (struct bench_gate){ .compared = 0 };
    for (unsigned i = 0; i < before->count; i++) {
        const struct bench_saved_row *was = &before->rows[i];
        const struct bench_saved_row *is = bench_saved_find(now, was->name);
        if (was->ratio <= 0 || (pattern != NULL && !bench_glob(pattern, was->name)))
            continue;
        struct bench_compared compared = {
            .row = was->name,
            .measure = "time to calibration",
            .before = was->ratio,
            .now = is == NULL || is->ratio <= 0 ? INFINITY : is->ratio,
            .limit = was->ratio * factor,
        };
        judge(gate, &compared, each, context);
    }
}
