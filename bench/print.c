/*
 * print.c - the rows of a suite, as a table for people or as the JSON that INTERFACES has.
 *
 *     {"schema": 1, "environment": {...}, "tier": "...", "size": "...", "results": [...]}
 *
 * and what the suite has beyond its rows.
 *
 * In the table a figure stands beside its target. Against a target there are three words: ok,
 * as good as is wanted; far, within the tier's limit only; SLOW, beyond that.
 */
#include "bench/environment.h"
#include "bench/verbs_bench.h"

#include <stdio.h>

#define CELL_SIZE 32u

/* A duration in the unit that suits it. */
static const char *
duration(char cell[CELL_SIZE], double ns)
{
    if (ns < 1e3)
        (void)snprintf(cell, CELL_SIZE, "%.3g ns", ns);
    else if (ns < 1e6)
        (void)snprintf(cell, CELL_SIZE, "%.3g us", ns / 1e3);
    else if (ns < 1e9)
        (void)snprintf(cell, CELL_SIZE, "%.3g ms", ns / 1e6);
    else
        (void)snprintf(cell, CELL_SIZE, "%.3g s", ns / 1e9);
    return cell;
}

static const char *
amount(char cell[CELL_SIZE], double value, const char *unit)
{
    if (value < 1e3)
        (void)snprintf(cell, CELL_SIZE, "%.3g %s", value, unit);
    else if (value < 1e6)
        (void)snprintf(cell, CELL_SIZE, "%.4g K%s", value / 1e3, unit);
    else if (value < 1e9)
        (void)snprintf(cell, CELL_SIZE, "%.4g M%s", value / 1e6, unit);
    else
        (void)snprintf(cell, CELL_SIZE, "%.4g G%s", value / 1e9, unit);
    return cell;
}

static const char *
figure(char cell[CELL_SIZE], enum bench_measure measure, double value, const char *unit)
{
    if (measure < BENCH_RATE)
        return duration(cell, value);
    return amount(cell, value, measure == BENCH_RATE ? "/s" : unit == NULL ? "" : unit);
}

/* The targets of a row: the first beside its figures, the others below. */
static void
print_target(struct hf_output *output, const struct bench_result *result, unsigned i)
{
    const struct bench_judged *judged = &result->judged[i];
    enum bench_measure measure = judged->target->measure;
    char is[CELL_SIZE], wanted[CELL_SIZE];

    hf_output_print(output, "  %-4s %s %s, wanted %s %s\n",
                    !judged->holds      ? "SLOW"
                    : judged->is_wanted ? "ok"
                                        : "far",
                    bench_measure_name(measure),
                    figure(is, measure, judged->figure, result->unit),
                    bench_measure_grows(measure) ? ">=" : "<=",
                    figure(wanted, measure, judged->target->wanted, result->unit));
}

static void
print_row(struct hf_output *output, const struct bench_result *result)
{
    const struct bench_figures *f = &result->figures;
    char median[CELL_SIZE], mean[CELL_SIZE], p99[CELL_SIZE], max[CELL_SIZE], rate[CELL_SIZE];

    hf_output_print(output, "%-34s", result->name);
    if (result->unit != NULL)
        hf_output_print(output, " %49s", amount(median, result->value, result->unit));
    else
        hf_output_print(output, " %9s %9s %9s %9s %9s", duration(median, f->median_ns),
                        duration(mean, f->mean_ns), duration(p99, f->p99_ns),
                        duration(max, f->max_ns), amount(rate, f->ops_per_s, "/s"));
    for (unsigned i = 0; i < result->judged_count; i++) {
        if (i > 0)
            hf_output_print(output, "%-84s", "");
        print_target(output, result, i);
    }
    if (result->judged_count == 0)
        hf_output_print(output, "\n");
}

static unsigned
count_slow(const struct bench_suite *suite)
{
    unsigned slow = 0;

    for (unsigned i = 0; i < suite->count; i++)
        slow += suite->results[i].verdict == BENCH_VERDICT_SLOW;
    return slow;
}

static void
print_table(struct hf_output *output, const struct bench_suite *suite)
{
    struct bench_environment here;

    bench_environment_look(&here, suite->directory);
    hf_output_print(output, "%s, %u cores, %s, %s, %s; Holdfast %s, %s\n", here.cpu, here.cores,
                    here.file_system, here.kernel, here.time, here.holdfast, here.compiler);
    hf_output_print(output, "size %s, tier %s, clock cost %.0f ns taken off each sample\n\n",
                    bench_size_names[suite->size], bench_tiers[suite->tier].name,
                    here.clock_cost_ns);
    hf_output_print(output, "%-34s %9s %9s %9s %9s %9s\n", "", "median", "mean", "p99", "max",
                    "rate");
    for (unsigned i = 0; i < suite->count; i++)
        print_row(output, &suite->results[i]);
    hf_output_print(output, "\n%u rows, %u beyond their limits\n", suite->count,
                    count_slow(suite));
}

void
bench_suite_json(struct hf_output *output, const struct bench_suite *suite,
                 const char *accepted)
{
    struct bench_environment here;

    bench_environment_look(&here, suite->directory);
    hf_output_print(output, "{\"schema\": 1, \"environment\": ");
    bench_environment_json(output, &here);
    hf_output_print(output, ", \"tier\": \"%s\", \"size\": \"%s\"%s, \"results\": [",
                    bench_tiers[suite->tier].name, bench_size_names[suite->size], accepted);
    for (unsigned i = 0; i < suite->count; i++) {
        hf_output_print(output, i == 0 ? "\n" : ",\n");
        bench_result_json(output, &suite->results[i]);
    }
    hf_output_print(output, "\n]");
    if (suite->more_json != NULL)
        suite->more_json(output, suite->more_context);
    hf_output_print(output, "}\n");
}

int
bench_print(struct hf_output *output, const struct bench_suite *suite)
{
    bench_progress_end(suite);
    if (output->json)
        bench_suite_json(output, suite, "");
    else
        print_table(output, suite);
    return count_slow(suite) > 0 ? BENCH_STATUS_BROKEN : BENCH_STATUS_DONE;
}
