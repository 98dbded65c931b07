/*
 * saved.c - see saved.h. Members that nobody here knows are passed over, so that a later
 * version may add some.
 */
#define _POSIX_C_SOURCE 200809L
#include "bench/saved.h"

#include "bench/stop.h"
#include "cli/json.h"
#include "cli/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA 1u
#define FILE_SIZE_MAX (64u << 20)

static void
read_text(struct hf_json *json, char *to, size_t size)
{
    hf_json_next(json);
    if (json->kind == HF_JSON_STRING)
        (void)hf_json_text(json, to, size);
    else
        (void)hf_json_skip(json);
}

static void
read_number(struct hf_json *json, double *to)
{
    hf_json_next(json);
    if (!hf_json_double(json, to))
        (void)hf_json_skip(json);
}

static void
skip_member(struct hf_json *json)
{
    hf_json_next(json);
    (void)hf_json_skip(json);
}

static void
read_row_member(struct hf_json *json, struct bench_saved_row *row)
{
    for (unsigned i = 0; i < BENCH_COUNT_KINDS; i++) {
        char name[BENCH_NAME_SIZE];
        (void)snprintf(name, sizeof name, "%s_per_op", bench_count_names[i]);
        if (hf_json_is(json, name)) {
            read_number(json, &row->per_op[i]);
            row->has_instructions |= i == BENCH_INSTRUCTIONS && row->per_op[i] > 0;
            return;
        }
    }
    if (hf_json_is(json, "name"))
        read_text(json, row->name, sizeof row->name);
    else if (hf_json_is(json, "median_ns"))
        read_number(json, &row->median_ns);
    else if (hf_json_is(json, "mean_ns"))
        read_number(json, &row->mean_ns);
    else if (hf_json_is(json, "ops_per_s"))
        read_number(json, &row->ops_per_s);
    else if (hf_json_is(json, "ratio"))
        read_number(json, &row->ratio);
    else
        skip_member(json);
}

static void
add_row(struct bench_saved *saved, const struct bench_saved_row *row)
{
    if (saved->count == saved->capacity) {
        unsigned capacity = saved->capacity == 0 ? 64 : 2 * saved->capacity;
        struct bench_saved_row *rows = bench_alloc(capacity * sizeof *rows);
        if (saved->count > 0)
            memcpy(rows, saved->rows, saved->count * sizeof *rows);
        free(saved->rows);
        saved->rows = rows;
        saved->capacity = capacity;
    }
    saved->rows[saved->count++] = *row;
}

static void
read_rows(struct hf_json *json, struct bench_saved *saved)
{
    if (hf_json_next(json) != HF_JSON_ARRAY) {
        (void)hf_json_skip(json);
        return;
    }
    while (hf_json_next(json) == HF_JSON_OBJECT) {
        struct bench_saved_row row = { .name = "" };
        while (hf_json_next(json) == HF_JSON_NAME)
            read_row_member(json, &row);
        if (row.name[0] != 0)
            add_row(saved, &row);
    }
}

/* Calls `member` for each member of the object that comes next. */
static void
read_object(struct hf_json *json, struct bench_saved *saved,
            void (*member)(struct hf_json *, struct bench_saved *))
{
    if (hf_json_next(json) != HF_JSON_OBJECT) {
        (void)hf_json_skip(json);
        return;
    }
    while (hf_json_next(json) == HF_JSON_NAME)
        member(json, saved);
}

static void
read_fact(struct hf_json *json, struct bench_saved *saved)
{
    if (hf_json_is(json, "compiler"))
        read_text(json, saved->compiler, sizeof saved->compiler);
    else if (hf_json_is(json, "libc"))
        read_text(json, saved->libc, sizeof saved->libc);
    else if (hf_json_is(json, "cpu"))
        read_text(json, saved->cpu, sizeof saved->cpu);
    else
        skip_member(json);
}

static void
read_acceptance(struct hf_json *json, struct bench_saved *saved)
{
    if (hf_json_is(json, "commit"))
        read_text(json, saved->commit, sizeof saved->commit);
    else
        skip_member(json);
}

static bool
refuse(struct bench_saved *saved, struct hf_error *error, const char *path, const char *why)
{
    bench_saved_free(saved);
    error->code = HF_ERR_INVALID;
    (void)snprintf(error->text, sizeof error->text, "%s: %s", path, why);
    return false;
}

bool
bench_saved_parse(struct bench_saved *saved, struct hf_span text, const char *path,
                  struct hf_error *error)
{
    char kind[BENCH_FACT_SIZE] = "";
    struct hf_json json;
    double schema = 0;

    *saved = (struct bench_saved){ .count = 0 };
    hf_json_open(&json, text);
    if (hf_json_next(&json) != HF_JSON_OBJECT)
        return refuse(saved, error, path, "no JSON object of results");
    while (hf_json_next(&json) == HF_JSON_NAME) {
        if (hf_json_is(&json, "schema"))
            read_number(&json, &schema);
        else if (hf_json_is(&json, "kind"))
            read_text(&json, kind, sizeof kind);
        else if (hf_json_is(&json, "size"))
            read_text(&json, saved->size, sizeof saved->size);
        else if (hf_json_is(&json, "tier"))
            read_text(&json, saved->tier, sizeof saved->tier);
        else if (hf_json_is(&json, "environment"))
            read_object(&json, saved, read_fact);
        else if (hf_json_is(&json, "accepted"))
            read_object(&json, saved, read_acceptance);
        else if (hf_json_is(&json, "results"))
            read_rows(&json, saved);
        else
            skip_member(&json);
    }
    saved->is_counts = strcmp(kind, "counts") == 0;
    if (!hf_json_finish(&json))
        return refuse(saved, error, path, json.wrong == NULL ? "no good JSON" : json.wrong);
    if (schema != SCHEMA)
        return refuse(saved, error, path, "not of schema 1");
    if (saved->count == 0)
        return refuse(saved, error, path, "has no results, and would let everything pass");
    return true;
}

bool
bench_saved_read(struct bench_saved *saved, const char *path, struct hf_error *error)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    struct hf_text text = { 0 };
    char piece[4096];
    size_t got = 1;

    *saved = (struct bench_saved){ .count = 0 };
    if (file == NULL)
        return refuse(saved, error, path, strerror(errno));
    while (got > 0 && text.len < FILE_SIZE_MAX) {
        got = fread(piece, 1, sizeof piece, file);
        if (!hf_text_append(&text, (struct hf_span){ piece, got }))
            bench_stop("no memory for %s", path);
    }
    bool failed = ferror(file) != 0;
    if (file != stdin)
        (void)fclose(file);
    bool good = failed ? refuse(saved, error, path, "cannot be read")
                       : bench_saved_parse(saved, hf_text_span(&text), path, error);
    hf_text_free(&text);
    return good;
}

void
bench_saved_free(struct bench_saved *saved)
{
    free(saved->rows);
    saved->rows = NULL;
    saved->count = saved->capacity = 0;
}

const struct bench_saved_row *
bench_saved_find(const struct bench_saved *saved, const char *name)
{
    for (unsigned i = 0; i < saved->count; i++)
        if (strcmp(saved->rows[i].name, name) == 0)
            return &saved->rows[i];
    return NULL;
}
