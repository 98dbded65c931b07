/*
 * bench_result.c - a row, judged and written.
 *
 * As JSON, beside what INTERFACES promises:
 *
 *   "judged"     each target: measure, figure, wanted, limit, holds, is_wanted, source
 *   "rounds"     [[mean, spent, calibration], ...] in ns: the last two make the ratio
 *   "histogram"  [[from, count], ...]: from ns up to where the next one begins, empty ones left
 *                out, eight to a doubling
 */
#include "bench/bench_result.h"

#include "bench/stop.h"

#include <math.h>
#include <string.h>

#define COARSE (BENCH_HISTOGRAM_SUB / 8) /* buckets that are written as one */

static const char *
verdict_name(enum bench_verdict verdict)
{
    static const char *const names[] = { "none", "ok", "slow" };
    return names[verdict];
}

/* The figure of that measure. */
static double
figure_of(const struct bench_result *result, enum bench_measure measure)
{
    const struct bench_figures *f = &result->figures;

    switch (measure) {
    case BENCH_MEDIAN:
        return f->median_ns;
    case BENCH_P50:
        return f->p50_ns;
    case BENCH_P99:
        return f->p99_ns;
    case BENCH_P999:
        return f->p999_ns;
    case BENCH_MAX:
        return f->max_ns;
    case BENCH_RATE:
        return f->best_ops_per_s;
    case BENCH_SIZE:
    case BENCH_RATIO:
        break;
    }
    return result->value;
}

void
bench_result_judge(struct bench_result *result, const struct bench_tier *tier)
{
    const struct bench_target *target = NULL;

    result->judged_count = 0;
    result->verdict = BENCH_VERDICT_NONE;
    while ((target = bench_target_next(target, result->name)) != NULL) {
        bench_check(result->judged_count < BENCH_JUDGED_MAX, "the number of a row's targets");
        double figure = figure_of(result, target->measure);
        double limit = bench_target_limit(target, tier);
        bool holds = bench_measure_holds(target->measure, figure, limit);
        result->judged[result->judged_count++] =
            (struct bench_judged){ target, figure, limit, holds,
                                   bench_measure_holds(target->measure, figure,
                                                       target->wanted) };
        if (!holds)
            result->verdict = BENCH_VERDICT_SLOW;
        else if (result->verdict == BENCH_VERDICT_NONE)
            result->verdict = BENCH_VERDICT_OK;
    }
}

/* ---- JSON -------------------------------------------------------------------------------- */

static void
print_string(struct hf_output *output, const char *name, const char *text)
{
    hf_output_print(output, ", \"%s\": ", name);
    hf_output_json_string(output, (struct hf_span){ text, strlen(text) });
}

/* A duration, or null where nothing was timed. */
static void
print_duration(struct hf_output *output, const char *name, const struct bench_figures *f,
               double value)
{
    if (f->samples == 0)
        hf_output_print(output, ", \"%s\": null", name);
    else
        hf_output_print(output, ", \"%s\": %.3f", name, value);
}

/* A number that may have been divided by nothing: then null. */
static void
print_number(struct hf_output *output, const char *name, double value)
{
    if (isfinite(value))
        hf_output_print(output, ", \"%s\": %.6g", name, value);
    else
        hf_output_print(output, ", \"%s\": null", name);
}

static void
print_figures(struct hf_output *output, const struct bench_figures *f)
{
    print_duration(output, "median_ns", f, f->median_ns);
    print_duration(output, "mean_ns", f, f->mean_ns);
    print_duration(output, "stddev_ns", f, f->stddev_ns);
    print_duration(output, "min_ns", f, f->min_ns);
    print_duration(output, "p50_ns", f, f->p50_ns);
    print_duration(output, "p95_ns", f, f->p95_ns);
    print_duration(output, "p99_ns", f, f->p99_ns);
    print_duration(output, "p999_ns", f, f->p999_ns);
    print_duration(output, "max_ns", f, f->max_ns);
    print_duration(output, "ops_per_s", f, f->ops_per_s);
    hf_output_print(output,
                    ", \"samples\": %llu, \"ops\": %llu, \"warm_up_ops\": %llu, \"batch\": %u, "
                    "\"threads\": %u, \"clock_cost_ns\": %.1f",
                    (unsigned long long)f->samples, (unsigned long long)f->ops,
                    (unsigned long long)f->warm_up_ops, f->batch, f->threads, f->clock_cost_ns);
}

static void
print_counts(struct hf_output *output, const struct bench_figures *f)
{
    double ops = (double)f->counted_ops;

    if (f->counted_ops == 0)
        return;
    hf_output_print(output,
                    ", \"allocations_per_op\": %.4f, \"system_calls_per_op\": %.4f, "
                    "\"bytes_written_per_op\": %.2f, \"syncs_per_op\": %.4f, "
                    "\"bytes_synced_per_op\": %.2f",
                    (double)f->counts.allocations / ops, (double)f->counts.calls / ops,
                    (double)f->counts.written / ops, (double)f->counts.syncs / ops,
                    (double)f->counts.synced / ops);
}

/* The first target of a duration, as INTERFACES has it; all of them follow in "judged". */
static void
print_first_target(struct hf_output *output, const struct bench_result *result)
{
    for (unsigned i = 0; i < result->judged_count; i++) {
        const struct bench_judged *judged = &result->judged[i];
        if (judged->target->measure >= BENCH_RATE)
            continue;
        hf_output_print(output, ", \"target_ns\": %.3f, \"limit_ns\": %.3f",
                        judged->target->wanted, judged->limit);
        return;
    }
    hf_output_print(output, ", \"target_ns\": null, \"limit_ns\": null");
}

static void
print_judged(struct hf_output *output, const struct bench_result *result)
{
    hf_output_print(output, ", \"judged\": [");
    for (unsigned i = 0; i < result->judged_count; i++) {
        const struct bench_judged *judged = &result->judged[i];
        hf_output_print(output,
                        "%s{\"measure\": \"%s\", \"figure\": %.3f, \"target\": %.3f, "
                        "\"limit\": %.3f, \"holds\": %s, \"is_wanted\": %s",
                        i == 0 ? "" : ", ", bench_measure_name(judged->target->measure),
                        isfinite(judged->figure) ? judged->figure : -1, judged->target->wanted,
                        judged->limit, judged->holds ? "true" : "false",
                        judged->is_wanted ? "true" : "false");
        print_string(output, "source", judged->target->source);
        hf_output_print(output, "}");
    }
    hf_output_print(output, "]");
}

static void
print_rounds(struct hf_output *output, const struct bench_figures *f)
{
    if (f->beside == NULL)
        return;
    print_string(output, "beside", f->beside);
    print_number(output, "ratio", bench_figures_ratio(f));
    hf_output_print(output, ", \"rounds\": [");
    for (unsigned i = 0; i < f->round_count; i++)
        hf_output_print(output, "%s[%.3f, %.3f, %.1f]", i == 0 ? "" : ", ", f->round_mean_ns[i],
                        f->round_spent_ns[i], f->round_beside_ns[i]);
    hf_output_print(output, "]");
}

static void
print_histogram(struct hf_output *output, const struct bench_histogram *h)
{
    const char *comma = "";

    hf_output_print(output, ", \"histogram\": [");
    for (unsigned from = 0; from < BENCH_HISTOGRAM_BUCKETS; from += COARSE) {
        uint64_t count = 0;
        for (unsigned i = from; i < from + COARSE; i++)
            count += h->buckets[i];
        if (count == 0)
            continue;
        hf_output_print(output, "%s[%.3f, %llu]", comma,
                        (double)bench_histogram_from(from) / 1000, (unsigned long long)count);
        comma = ", ";
    }
    hf_output_print(output, "]");
}

void
bench_result_json(struct hf_output *output, const struct bench_result *result)
{
    hf_output_print(output, "{\"name\": ");
    hf_output_json_string(output, (struct hf_span){ result->name, strlen(result->name) });
    print_figures(output, &result->figures);
    print_first_target(output, result);
    print_string(output, "verdict", verdict_name(result->verdict));
    if (result->unit != NULL) {
        print_number(output, "value", result->value);
        print_string(output, "unit", result->unit);
    }
    print_counts(output, &result->figures);
    print_judged(output, result);
    print_rounds(output, &result->figures);
    if (result->histogram != NULL)
        print_histogram(output, result->histogram);
    hf_output_print(output, "}");
}
