/*
 * report_test.c - results made by hand, read and drawn: every figure arrives, every cut of them
 * is refused, nothing in them becomes markup, and what is beyond a limit is passed over.
 */
#define _POSIX_C_SOURCE 200809L

#include "base/tap.h"
#include "bench/report/bench_page.h"
#include "bench/report/report_draw.h"
#include "bench/report/report_read.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char results[] =
    "{\"schema\": 1, \"environment\": {\"cpu\": \"<b>\", \"cores\": 2, \"odd\": [1, {}]}, "
    "\"tier\": \"local\", \"size\": \"quick\", \"later\": {\"x\": [null]}, \"results\": ["
    "{\"name\": \"kv/put/<i>\", \"median_ns\": 250.5, \"mean_ns\": null, \"p50_ns\": 250, "
    "\"p99_ns\": 900, \"p999_ns\": 5000, \"max_ns\": 70000, \"ops_per_s\": 4e6, "
    "\"target_ns\": 3000, \"verdict\": \"ok\", \"judged\": [{\"measure\": \"median_ns\", "
    "\"figure\": 250.5, \"target\": 3000, \"limit\": 15000, \"holds\": true, "
    "\"is_wanted\": true, \"source\": \"x\"}, {\"measure\": \"value\", \"figure\": 0.5, "
    "\"target\": 0.7, \"limit\": 0.56, \"holds\": false, \"is_wanted\": false}], "
    "\"histogram\": [[200, 5], [250, 90], [100, 7], [900, 1, 3], \"x\", [70000, 1], [80000, "
    "0]]},"
    "{\"name\": \"memory/pair\", \"value\": 118.2, \"unit\": \"B\"}], "
    "\"peers\": {\"pairs\": 1000, \"rounds\": 3, \"engines\": [{\"name\": \"holdfast\", "
    "\"ranked\": true, \"version\": \"0.1.0\"}, {\"name\": \"lmdb\", \"missing\": "
    "\"liblmdb-dev\"}], \"tasks\": [{\"name\": \"memory/put\", \"about\": \"put\", \"unit\": "
    "\"ns\", \"figures\": {\"holdfast\": 250, \"lmdb\": 1000, \"odd\": null}, \"standings\": "
    "[{\"against\": \"best\", \"peer\": \"lmdb\", \"figure\": 4, \"wanted\": 5, \"met\": "
    "false}, {\"against\": \"raw\", \"peer\": \"raw loop\", \"figure\": 0.5}]}]}}";

static struct bench_report report;
static struct hf_error error;

/* From memory of exactly that size, so that a byte too far is seen. */
static bool
read_copy(const char *text, size_t size)
{
    char *copy = malloc(size + (size == 0));

    memcpy(copy, text, size);
    memset(&report, 0, sizeof report);
    bool good = bench_report_read(&report, (struct hf_span){ copy, size }, &error);
    free(copy);
    return good;
}

static char *
page_of(unsigned count)
{
    struct bench_report twice[2] = { report, report };
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);

    bench_report_page(to, twice, count);
    (void)fclose(to);
    return text;
}

static void
test_reading(void)
{
    const struct bench_report_row *row = NULL;

    TAP_OK(read_copy(results, sizeof results - 1), "results are read");
    row = bench_report_row(&report, "kv/put/<i>");
    TAP_OK(report.row_count == 2 && row != NULL && row->median_ns == 250.5 &&
               isnan(row->mean_ns) && row->max_ns == 70000 && row->ops_per_s == 4e6 &&
               strcmp(row->verdict, "ok") == 0 && row->unit[0] == 0,
           "figures of a row, and null is none");
    TAP_OK(row->judged_count == 2 && row->judged[0].target == 3000 && row->judged[0].holds &&
               !row->judged[1].holds && strcmp(row->judged[1].measure, "value") == 0,
           "its targets");
    TAP_OK(row->bucket_count == 4 && row->buckets[1].count == 90 &&
               row->buckets[2].from_ns == 900 && row->buckets[3].from_ns == 70000,
           "a histogram ascends, and empty or foreign buckets are passed over");
    row = bench_report_row(&report, "memory/pair");
    TAP_OK(row != NULL && row->value == 118.2 && strcmp(row->unit, "B") == 0 &&
               bench_report_row(&report, "none") == NULL,
           "a value and its unit");
    TAP_OK(report.fact_count == 2 && strcmp(bench_report_fact(&report, "cores"), "2") == 0 &&
               bench_report_fact(&report, "odd")[0] == 0,
           "facts are words and numbers");
    TAP_OK(report.pairs == 1000 && report.engine_count == 2 && report.task_count == 1 &&
               report.tasks[0].figure_count == 2 && report.tasks[0].figures[1] == 1000 &&
               report.tasks[0].standing_count == 2 && !report.tasks[0].standings[0].met &&
               isnan(report.tasks[0].standings[1].wanted),
           "the comparison with peers");
    bench_report_free(&report);
}

static void
test_refusing(void)
{
    bool refused = true;

    for (size_t size = 0; size < sizeof results - 1; size++) {
        refused &= !read_copy(results, size);
        bench_report_free(&report);
    }
    TAP_OK(refused, "every cut is refused");
    TAP_OK(!read_copy("{}", 2) && strstr(error.text, "no row") != NULL, "so is another object");
    TAP_OK(!read_copy("[1", 2) && strstr(error.text, "at byte") != NULL,
           "what is no JSON is said with its place");
}

static void
test_page(void)
{
    (void)read_copy(results, sizeof results - 1);
    char *page = page_of(1);
    TAP_OK(strstr(page, "kv/put/&lt;i&gt;") != NULL && strstr(page, "<i>") == NULL &&
               strstr(page, "&lt;b&gt;") != NULL,
           "what stands in results stays text");
    TAP_OK(strstr(page, "id=targets") != NULL && strstr(page, "id=peers") != NULL &&
               strstr(page, "id=histograms") != NULL && strstr(page, "id=time") == NULL &&
               strstr(page, "is missing") != NULL && strstr(page, "</html>") != NULL,
           "the page has what the results have");
    TAP_OK(strstr(page, "<script") == NULL && strstr(page, "http") == NULL,
           "it needs no script and fetches nothing");
    TAP_OK(strstr(page, "nan") == NULL && strstr(page, "inf\"") == NULL,
           "no number on it is none");
    free(page);
    page = page_of(2);
    TAP_OK(strstr(page, "id=time") != NULL && strstr(page, "+0 %") != NULL,
           "several results show how it went over time");
    free(page);
    bench_report_free(&report);
}

static void
test_cells(void)
{
    char cell[BENCH_CELL_SIZE];

    TAP_OK(strcmp(bench_cell(cell, 0.5, "ns"), "0.5 ns") == 0 &&
               strcmp(bench_cell(cell, 999.4, "ns"), "999 ns") == 0 &&
               strcmp(bench_cell(cell, 999.6, "ns"), "1.00 µs") == 0 &&
               strcmp(bench_cell(cell, 12345, "ns"), "12.3 µs") == 0 &&
               strcmp(bench_cell(cell, 5e12, "ns"), "5000 s") == 0 &&
               strcmp(bench_cell(cell, 2.5e6, "/s"), "2.50 M/s") == 0 &&
               strcmp(bench_cell(cell, 0.66, "times"), "0.66") == 0,
           "a figure has the unit that suits it");
}

int
main(void)
{
    test_reading();
    test_refusing();
    test_page();
    test_cells();
    return tap_done();
}
