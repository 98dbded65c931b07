/*
 * verb_bench_report.c - `holdfast-bench report RESULTS.json... -o bench.html`: one page, which
 * needs nothing but itself.
 */
#define _POSIX_C_SOURCE 200809L

#include "bench/report/bench_page.h"
#include "bench/stop.h"
#include "bench/verbs_bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_SIZE_MAX ((size_t)256 << 20)

/* The bytes of a file, "-" being standard input; at NULL: errno says why. Owned. */
static struct hf_span
read_file(const char *path)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    size_t capacity = (size_t)1 << 16, len = 0;
    char *at = file == NULL ? NULL : malloc(capacity);

    while (at != NULL && len < FILE_SIZE_MAX) {
        len += fread(at + len, 1, capacity - len, file);
        if (len < capacity)
            break;
        char *grown = realloc(at, capacity *= 2);
        if (grown == NULL)
            free(at);
        at = grown;
    }
    if (at != NULL && ferror(file) != 0) {
        free(at);
        at = NULL;
    }
    if (file != NULL && file != stdin)
        (void)fclose(file);
    return (struct hf_span){ at, len };
}

/* Reads one file into a zeroed report; a failure is told, and is the status. */
static int
read_report(struct bench_report *report, const char *path)
{
    struct hf_error error = { HF_OK, "" };
    struct hf_span text = read_file(path);

    if (text.at == NULL) {
        (void)fprintf(stderr, "holdfast-bench: report: %s: %s\n", path, strerror(errno));
        return BENCH_STATUS_USAGE;
    }
    bool good = bench_report_read(report, text, &error);
    free((void *)(uintptr_t)text.at);
    if (!good)
        (void)fprintf(stderr, "holdfast-bench: report: %s: %s\n", path, error.text);
    return good ? BENCH_STATUS_DONE : BENCH_STATUS_USAGE;
}

int
bench_verb_report(const struct bench_args *args, struct hf_output *output)
{
    struct bench_report *reports = bench_alloc(args->line.word_count * sizeof *reports);
    int status = BENCH_STATUS_DONE;

    for (unsigned i = 0; status == BENCH_STATUS_DONE && i < args->line.word_count; i++)
        status = read_report(&reports[i], args->line.words[i]);
    if (status == BENCH_STATUS_DONE)
        bench_report_page(output->to, reports, args->line.word_count);
    for (unsigned i = 0; i < args->line.word_count; i++)
        bench_report_free(&reports[i]);
    free(reports);
    return status;
}
