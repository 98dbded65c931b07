/*
 * verb_counts.c - `holdfast-bench counts`: what operations cost in what can be counted.
 */
#include "bench/environment.h"
#include "bench/place.h"
#include "bench/verbs_bench.h"

#include <stdio.h>
#include <string.h>

static double
per_op(const struct bench_count_row *row, unsigned kind)
{
    return (double)row->total[kind] / (double)row->ops;
}

static void
print_table(struct hf_output *output, const struct bench_count_list *list)
{
    hf_output_print(output, "%-32s %12s %12s %12s %13s %9s %12s\n", "an operation takes", "",
                    "", "system", "bytes", "", "bytes");
    hf_output_print(output, "%-32s %12s %12s %12s %13s %9s %12s\n", "", "instructions",
                    "allocations", "calls", "written", "syncs", "synced");
    for (unsigned i = 0; i < list->count; i++) {
        const struct bench_count_row *row = &list->rows[i];
        hf_output_print(output, "%-32s", row->name);
        if (list->has_instructions)
            hf_output_print(output, " %12.1f", per_op(row, BENCH_INSTRUCTIONS));
        else
            hf_output_print(output, " %12s", "-");
        hf_output_print(output, " %12.4f %12.4f %13.2f %9.4f %12.2f\n",
                        per_op(row, BENCH_ALLOCATIONS), per_op(row, BENCH_CALLS),
                        per_op(row, BENCH_WRITTEN), per_op(row, BENCH_SYNCS),
                        per_op(row, BENCH_SYNCED));
    }
}

static void
print_row_json(struct hf_output *output, const struct bench_count_list *list,
               const struct bench_count_row *row)
{
    hf_output_print(output, "{\"name\": \"%s\", \"ops\": %llu", row->name,
                    (unsigned long long)row->ops);
    for (unsigned kind = 0; kind < BENCH_COUNT_KINDS; kind++)
        if (kind != BENCH_INSTRUCTIONS || list->has_instructions)
            hf_output_print(output, ", \"%s_per_op\": %.6f", bench_count_names[kind],
                            per_op(row, kind));
    hf_output_print(output, "}");
}

void
bench_counts_json(struct hf_output *output, const struct bench_count_list *list,
                  const char *directory, const char *accepted)
{
    struct bench_environment here;

    bench_environment_look(&here, directory);
    hf_output_print(output, "{\"schema\": 1, \"kind\": \"counts\", \"environment\": ");
    bench_environment_json(output, &here);
    hf_output_print(output, "%s, \"results\": [", accepted);
    for (unsigned i = 0; i < list->count; i++) {
        hf_output_print(output, i == 0 ? "\n" : ",\n");
        print_row_json(output, list, &list->rows[i]);
    }
    hf_output_print(output, "\n]}\n");
}

bool
bench_counts_take(struct bench_count_list *list, const struct bench_args *args,
                  const char *directory)
{
    struct hf_error error;

    bench_count(list, directory);
    if ((args->line.given & BENCH_OPT_NO_INSTRUCTIONS) != 0 ||
        bench_count_instructions(list, directory, args->plant, &error))
        return true;
    (void)fprintf(stderr, "holdfast-bench: %s\n", error.text);
    return false;
}

int
bench_verb_counts(const struct bench_args *args, struct hf_output *output)
{
    struct bench_count_list list;
    const char *directory = bench_place_open(args->directory);

    if (!bench_counts_take(&list, args, directory))
        return BENCH_STATUS_FAILED;
    if (output->json)
        bench_counts_json(output, &list, directory, "");
    else
        print_table(output, &list);
    return BENCH_STATUS_DONE;
}
