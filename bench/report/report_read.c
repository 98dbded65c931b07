/*
 * report_read.c - from JSON to structs, a function for each kind of object.
 *
 * Every list has a limit; what is beyond it is passed over, so nothing that a file says makes
 * the program take more memory than the file is worth.
 */
#include "bench/report/report_read.h"

#include "bench/stop.h"
#include "cli/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS_MAX 1024u

/* A member that is a number, a word, or true and false. */
struct field {
    const char *name;
    double *number;
    bool *flag;
    char *text;
    size_t size; /* of `text` */
};

/* At a NAME: reads the member if it is its own, and returns whether it was. */
typedef bool special_fn(struct hf_json *json, void *context);

/* ---- pieces ------------------------------------------------------------------------------ */

static const struct field *
find_field(const struct hf_json *json, const struct field *fields)
{
    for (; fields->name != NULL; fields++) {
        if (hf_json_is(json, fields->name))
            return fields;
    }
    return NULL;
}

/* The value was read as the last token. */
static void
store_field(struct hf_json *json, const struct field *field)
{
    double number;

    if (field->number != NULL && hf_json_double(json, &number))
        *field->number = number;
    else if (field->flag != NULL && json->kind == HF_JSON_TRUE)
        *field->flag = true;
    else if (field->text != NULL && json->kind == HF_JSON_STRING)
        (void)hf_json_text(json, field->text, field->size);
    else
        (void)hf_json_skip(json);
}

/* The next value as an object: its fields, and what `special` knows. */
static void
read_object(struct hf_json *json, const struct field *fields, special_fn *special,
            void *context)
{
    if (json->kind != HF_JSON_OBJECT) {
        (void)hf_json_skip(json);
        return;
    }
    while (hf_json_next(json) == HF_JSON_NAME) {
        if (special != NULL && special(json, context))
            continue;
        const struct field *field = find_field(json, fields);
        (void)hf_json_next(json);
        if (field == NULL)
            (void)hf_json_skip(json);
        else
            store_field(json, field);
    }
}

/* Goes into the array that is the next value; false: it is none, and was passed over. */
static bool
enter_array(struct hf_json *json)
{
    if (hf_json_next(json) == HF_JSON_ARRAY)
        return true;
    (void)hf_json_skip(json);
    return false;
}

/* Goes to the next item; false: there is none. */
static bool
next_item(struct hf_json *json)
{
    enum hf_json_kind kind = hf_json_next(json);

    return kind != HF_JSON_ARRAY_END && kind != HF_JSON_BAD && kind != HF_JSON_END;
}

/* ---- rows -------------------------------------------------------------------------------- */

static void
read_judged(struct hf_json *json, struct bench_report_row *row)
{
    while (next_item(json)) {
        struct bench_report_judged judged = { .figure = (double)NAN,
                                              .target = (double)NAN,
                                              .limit = (double)NAN };
        const struct field fields[] = {
            { "measure", NULL, NULL, judged.measure, sizeof judged.measure },
            { "figure", &judged.figure, NULL, NULL, 0 },
            { "target", &judged.target, NULL, NULL, 0 },
            { "limit", &judged.limit, NULL, NULL, 0 },
            { "holds", NULL, &judged.holds, NULL, 0 },
            { "is_wanted", NULL, &judged.is_wanted, NULL, 0 },
            { NULL, NULL, NULL, NULL, 0 },
        };
        read_object(json, fields, NULL, NULL);
        if (row->judged_count < BENCH_REPORT_JUDGED_MAX)
            row->judged[row->judged_count++] = judged;
    }
}

static void
read_bucket(struct hf_json *json, struct bench_report_bucket *bucket)
{
    double *const to[] = { &bucket->from_ns, &bucket->count };
    unsigned i = 0;

    if (json->kind != HF_JSON_ARRAY) {
        (void)hf_json_skip(json);
        return;
    }
    while (next_item(json)) {
        if (i >= 2 || !hf_json_double(json, to[i++]))
            (void)hf_json_skip(json);
    }
}

/* Ascending ones with something in them: a chart can rely on it. */
static void
read_buckets(struct hf_json *json, struct bench_report_row *row)
{
    double last = -1;

    free(row->buckets);
    row->buckets = bench_alloc(BUCKETS_MAX * sizeof *row->buckets);
    row->bucket_count = 0;
    while (next_item(json)) {
        struct bench_report_bucket bucket = { -1, 0 };
        read_bucket(json, &bucket);
        if (row->bucket_count == BUCKETS_MAX || bucket.from_ns <= last || !(bucket.count > 0))
            continue;
        last = bucket.from_ns;
        row->buckets[row->bucket_count++] = bucket;
    }
}

static bool
row_special(struct hf_json *json, void *context)
{
    struct bench_report_row *row = context;

    if (hf_json_is(json, "judged")) {
        if (enter_array(json))
            read_judged(json, row);
        return true;
    }
    if (hf_json_is(json, "histogram")) {
        if (enter_array(json))
            read_buckets(json, row);
        return true;
    }
    return false;
}

static void
read_row(struct hf_json *json, struct bench_report_row *row)
{
    double *const numbers[] = { &row->median_ns, &row->mean_ns,   &row->p50_ns,
                                &row->p95_ns,    &row->p99_ns,    &row->p999_ns,
                                &row->max_ns,    &row->ops_per_s, &row->value };
    const struct field fields[] = {
        { "name", NULL, NULL, row->name, sizeof row->name },
        { "unit", NULL, NULL, row->unit, sizeof row->unit },
        { "verdict", NULL, NULL, row->verdict, sizeof row->verdict },
        { "median_ns", &row->median_ns, NULL, NULL, 0 },
        { "mean_ns", &row->mean_ns, NULL, NULL, 0 },
        { "p50_ns", &row->p50_ns, NULL, NULL, 0 },
        { "p95_ns", &row->p95_ns, NULL, NULL, 0 },
        { "p99_ns", &row->p99_ns, NULL, NULL, 0 },
        { "p999_ns", &row->p999_ns, NULL, NULL, 0 },
        { "max_ns", &row->max_ns, NULL, NULL, 0 },
        { "ops_per_s", &row->ops_per_s, NULL, NULL, 0 },
        { "value", &row->value, NULL, NULL, 0 },
        { NULL, NULL, NULL, NULL, 0 },
    };

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        *numbers[i] = (double)NAN;
    read_object(json, fields, row_special, row);
}

static void
read_rows(struct hf_json *json, struct bench_report *report)
{
    unsigned capacity = 0;

    while (next_item(json)) {
        struct bench_report_row row = { .judged_count = 0 };
        read_row(json, &row);
        if (report->row_count == BENCH_REPORT_ROWS_MAX) {
            free(row.buckets);
            continue;
        }
        if (report->row_count == capacity) {
            capacity = capacity == 0 ? 64 : capacity * 2;
            struct bench_report_row *rows = bench_alloc(capacity * sizeof *rows);
            if (report->row_count > 0)
                memcpy(rows, report->rows, report->row_count * sizeof *rows);
            free(report->rows);
            report->rows = rows;
        }
        report->rows[report->row_count++] = row;
    }
}

/* ---- peers ------------------------------------------------------------------------------- */

static void
read_engines(struct hf_json *json, struct bench_report *report)
{
    while (next_item(json)) {
        struct bench_report_engine engine = { "", "", "" };
        const struct field fields[] = {
            { "name", NULL, NULL, engine.name, sizeof engine.name },
            { "version", NULL, NULL, engine.version, sizeof engine.version },
            { "missing", NULL, NULL, engine.missing, sizeof engine.missing },
            { NULL, NULL, NULL, NULL, 0 },
        };
        read_object(json, fields, NULL, NULL);
        if (report->engine_count < BENCH_REPORT_ENGINES_MAX)
            report->engines[report->engine_count++] = engine;
    }
}

/* {ENGINE: figure}: the names are the data. */
static void
read_figures(struct hf_json *json, struct bench_report_task *task)
{
    if (hf_json_next(json) != HF_JSON_OBJECT) {
        (void)hf_json_skip(json);
        return;
    }
    while (hf_json_next(json) == HF_JSON_NAME) {
        unsigned i = task->figure_count;
        bool fits = i < BENCH_REPORT_ENGINES_MAX;
        if (fits)
            (void)hf_json_text(json, task->engines[i], BENCH_REPORT_WORD_SIZE);
        (void)hf_json_next(json);
        if (fits && hf_json_double(json, &task->figures[i]))
            task->figure_count++;
        else
            (void)hf_json_skip(json);
    }
}

static void
read_standings(struct hf_json *json, struct bench_report_task *task)
{
    while (next_item(json)) {
        struct bench_report_standing standing = { .figure = (double)NAN,
                                                  .wanted = (double)NAN };
        const struct field fields[] = {
            { "against", NULL, NULL, standing.against, sizeof standing.against },
            { "peer", NULL, NULL, standing.peer, sizeof standing.peer },
            { "figure", &standing.figure, NULL, NULL, 0 },
            { "wanted", &standing.wanted, NULL, NULL, 0 },
            { "met", NULL, &standing.met, NULL, 0 },
            { NULL, NULL, NULL, NULL, 0 },
        };
        read_object(json, fields, NULL, NULL);
        if (task->standing_count < BENCH_REPORT_STANDINGS_MAX)
            task->standings[task->standing_count++] = standing;
    }
}

static bool
task_special(struct hf_json *json, void *context)
{
    struct bench_report_task *task = context;

    if (hf_json_is(json, "figures")) {
        read_figures(json, task);
        return true;
    }
    if (hf_json_is(json, "standings")) {
        if (enter_array(json))
            read_standings(json, task);
        return true;
    }
    return false;
}

static void
read_tasks(struct hf_json *json, struct bench_report *report)
{
    while (next_item(json)) {
        struct bench_report_task task = { .figure_count = 0 };
        const struct field fields[] = {
            { "about", NULL, NULL, task.about, sizeof task.about },
            { "unit", NULL, NULL, task.unit, sizeof task.unit },
            { NULL, NULL, NULL, NULL, 0 },
        };
        read_object(json, fields, task_special, &task);
        if (report->task_count < BENCH_REPORT_TASKS_MAX)
            report->tasks[report->task_count++] = task;
    }
}

static bool
peers_special(struct hf_json *json, void *context)
{
    if (hf_json_is(json, "engines")) {
        if (enter_array(json))
            read_engines(json, context);
        return true;
    }
    if (hf_json_is(json, "tasks")) {
        if (enter_array(json))
            read_tasks(json, context);
        return true;
    }
    return false;
}

/* ---- all of it --------------------------------------------------------------------------- */

/* The environment: every member that is a word or a number, whatever it is called. */
static void
read_facts(struct hf_json *json, struct bench_report *report)
{
    if (hf_json_next(json) != HF_JSON_OBJECT) {
        (void)hf_json_skip(json);
        return;
    }
    while (hf_json_next(json) == HF_JSON_NAME) {
        struct bench_report_fact fact = { "", "" };
        (void)hf_json_text(json, fact.name, sizeof fact.name);
        (void)hf_json_next(json);
        if (json->kind == HF_JSON_STRING)
            (void)hf_json_text(json, fact.text, sizeof fact.text);
        else if (json->kind == HF_JSON_NUMBER && json->token.len < sizeof fact.text)
            (void)snprintf(fact.text, sizeof fact.text, "%.*s", (int)json->token.len,
                           (const char *)json->token.at);
        else
            (void)hf_json_skip(json);
        if (fact.text[0] != 0 && report->fact_count < BENCH_REPORT_FACTS_MAX)
            report->facts[report->fact_count++] = fact;
    }
}

static bool
top_special(struct hf_json *json, void *context)
{
    struct bench_report *report = context;
    const struct field fields[] = {
        { "pairs", &report->pairs, NULL, NULL, 0 },
        { "rounds", &report->rounds, NULL, NULL, 0 },
        { NULL, NULL, NULL, NULL, 0 },
    };

    if (hf_json_is(json, "environment")) {
        read_facts(json, report);
        return true;
    }
    if (hf_json_is(json, "results")) {
        if (enter_array(json))
            read_rows(json, report);
        return true;
    }
    if (hf_json_is(json, "peers")) {
        (void)hf_json_next(json);
        read_object(json, fields, peers_special, report);
        return true;
    }
    return false;
}

bool
bench_report_read(struct bench_report *report, struct hf_span text, struct hf_error *error)
{
    const struct field fields[] = {
        { "tier", NULL, NULL, report->tier, sizeof report->tier },
        { "size", NULL, NULL, report->size, sizeof report->size },
        { NULL, NULL, NULL, NULL, 0 },
    };
    struct hf_json json;

    error->code = HF_ERR_INVALID;
    hf_json_open(&json, text);
    (void)hf_json_next(&json);
    read_object(&json, fields, top_special, report);
    if (!hf_json_finish(&json)) {
        (void)snprintf(error->text, sizeof error->text, "no JSON: %s at byte %zu",
                       json.wrong == NULL ? "it ends too early" : json.wrong, json.off);
        return false;
    }
    if (report->row_count == 0) {
        (void)snprintf(error->text, sizeof error->text,
                       "no results of holdfast-bench: there is no row in it");
        return false;
    }
    return true;
}

void
bench_report_free(struct bench_report *report)
{
    for (unsigned i = 0; i < report->row_count; i++)
        free(report->rows[i].buckets);
    free(report->rows);
    report->rows = NULL;
    report->row_count = 0;
}

const char *
bench_report_fact(const struct bench_report *report, const char *name)
{
    for (unsigned i = 0; i < report->fact_count; i++) {
        if (strcmp(report->facts[i].name, name) == 0)
            return report->facts[i].text;
    }
    return "";
}

const struct bench_report_row *
bench_report_row(const struct bench_report *report, const char *name)
{
    for (unsigned i = 0; i < report->row_count; i++) {
        if (strcmp(report->rows[i].name, name) == 0)
            return &report->rows[i];
    }
    return NULL;
}
