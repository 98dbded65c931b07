/*
 * bench_result_test.c - what is wrong with a row is said: verdicts follow from all its targets,
 * and its JSON is well formed, whatever it holds.
 */
#define _POSIX_C_SOURCE 200809L
#include "base/tap.h"
#include "bench/bench_result.h"
#include "cli/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct bench_result
row(const char *name, double median_ns, double p99_ns, double rate)
{
    struct bench_result result = { .figures = { .samples = 1,
                                                .median_ns = median_ns,
                                                .p50_ns = median_ns,
                                                .p99_ns = p99_ns,
                                                .ops_per_s = rate,
                                                .best_ops_per_s = rate,
                                                .batch = 1,
                                                .threads = 1 } };

    (void)snprintf(result.name, sizeof result.name, "%s", name);
    return result;
}

static enum bench_verdict
verdict(struct bench_result result, enum bench_tier_id tier)
{
    bench_result_judge(&result, &bench_tiers[tier]);
    return result.verdict;
}

static void
test_verdicts(void)
{
    TAP_OK(verdict(row("no/such/row", 1e9, 0, 0), BENCH_TIER_PRODUCTION) == BENCH_VERDICT_NONE,
           "without a target there is no verdict");
    TAP_OK(verdict(row("kv/put/memory", 3000, 0, 250e3), BENCH_TIER_PRODUCTION) ==
               BENCH_VERDICT_OK,
           "at its targets a row is ok");
    TAP_OK(verdict(row("kv/put/memory", 3001, 0, 250e3), BENCH_TIER_PRODUCTION) ==
               BENCH_VERDICT_SLOW,
           "beyond one of two it is slow");
    TAP_OK(verdict(row("kv/put/memory", 3000, 0, 249e3), BENCH_TIER_PRODUCTION) ==
               BENCH_VERDICT_SLOW,
           "beyond the other one too");
    TAP_OK(
        verdict(row("kv/put/memory", 15000, 0, 200e3), BENCH_TIER_LOCAL) == BENCH_VERDICT_OK &&
            verdict(row("kv/put/memory", 60001, 0, 200e3), BENCH_TIER_CI) == BENCH_VERDICT_SLOW,
        "the tier widens the limit as told, and no further");
    TAP_OK(verdict(row("kv/mix/memory", 1, 50001, 1e9), BENCH_TIER_PRODUCTION) ==
               BENCH_VERDICT_SLOW,
           "a target of the 99th percentile looks at that");
}

/* Whether the row's JSON is one good object, and has the member. */
static bool
has_member(const struct bench_result *result, const char *name)
{
    struct hf_output output = { .name = "memory", .json = true };
    struct hf_json json;
    char *text = NULL;
    size_t size = 0;
    bool found = false;

    output.to = open_memstream(&text, &size);
    bench_result_json(&output, result);
    if (!hf_output_close(&output))
        abort();
    hf_json_open(&json, (struct hf_span){ text, size });
    if (hf_json_next(&json) == HF_JSON_OBJECT)
        while (hf_json_next(&json) == HF_JSON_NAME) {
            found = found || hf_json_is(&json, name);
            hf_json_next(&json);
            (void)hf_json_skip(&json);
        }
    bool good = hf_json_finish(&json);
    free(text);
    return good && found;
}

static void
test_json(void)
{
    static const char *const promised[] = { "name",     "median_ns", "mean_ns",   "stddev_ns",
                                            "min_ns",   "p50_ns",    "p95_ns",    "p99_ns",
                                            "p999_ns",  "max_ns",    "ops_per_s", "target_ns",
                                            "limit_ns", "verdict" };
    static struct bench_histogram histogram;
    struct bench_result result = row("kv/put/memory", 1, 2, 3);
    struct bench_result bare = { .name = "a \"quoted\" name", .unit = "x", .value = 2 };
    bool all = true;

    bench_histogram_add(&histogram, 0, 1);
    bench_histogram_add(&histogram, 123456789, 2);
    result.histogram = &histogram;
    result.figures.counted_ops = 1;
    bench_result_judge(&result, &bench_tiers[BENCH_TIER_CI]);
    for (unsigned i = 0; i < sizeof promised / sizeof *promised; i++)
        all = all && has_member(&result, promised[i]) && has_member(&bare, promised[i]);
    TAP_OK(all, "every member that was promised is there, also where nothing was timed");
    bare.value = NAN;
    TAP_OK(has_member(&bare, "value"), "a value that is none is null, and the JSON stays good");
    TAP_OK(has_member(&result, "histogram") && has_member(&result, "allocations_per_op") &&
               has_member(&bare, "value"),
           "so is what a row has beyond them");
}

int
main(void)
{
    test_verdicts();
    test_json();
    return tap_done();
}
