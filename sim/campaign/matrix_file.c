/*
 * matrix_file.c - see matrix_file.h. A list of members is a table of names and of what reads
 * the value of each; what has no row in it is skipped.
 */
#include "sim/campaign/matrix_file.h"

#include "sim/grow.h"
#include "sim/machine/sim_probe.h"
#include "sim/vocabulary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_SIZE 64u

/* Reads the value that is the last token; `name` is its member's. */
typedef bool value_fn(void *context, const char *name, struct hf_json *json);

/* {NAME:VALUE,..}: the object that has just begun, to its end. */
static bool
read_object(struct hf_json *json, value_fn *value, void *context)
{
    char name[NAME_SIZE];

    if (json->kind != HF_JSON_OBJECT)
        return false;
    while (hf_json_next(json) == HF_JSON_NAME) {
        hf_json_text(json, name, sizeof name);
        hf_json_next(json);
        if (!value(context, name, json))
            return false;
    }
    return json->kind == HF_JSON_OBJECT_END;
}

static bool
read_unsigned(struct hf_json *json, unsigned *to)
{
    uint64_t number;

    if (!hf_json_u64(json, &number) || number > UINT32_MAX)
        return false;
    *to = (unsigned)number;
    return true;
}

/* ---- one square -------------------------------------------------------------------------- */

static bool
read_by(void *context, const char *name, struct hf_json *json)
{
    struct sim_square *square = context;
    int property = sim_word_find(sim_property_name, name);

    return property < 0 ? hf_json_skip(json) : hf_json_u64(json, &square->by[property]);
}

static bool
read_square(void *context, const char *name, struct hf_json *json)
{
    struct sim_square *square = context;

    if (strcmp(name, "tries") == 0)
        return read_unsigned(json, &square->tries);
    if (strcmp(name, "caught") == 0)
        return read_unsigned(json, &square->caught);
    if (strcmp(name, "median") == 0)
        return hf_json_u64(json, &square->median);
    if (strcmp(name, "p95") == 0)
        return hf_json_u64(json, &square->p95);
    return strcmp(name, "by") == 0 ? read_object(json, read_by, square) : hf_json_skip(json);
}

static bool
read_contract(void *context, const char *name, struct hf_json *json)
{
    struct sim_matrix_row *row = context;
    int contract = sim_word_find(sim_personality_name, name);

    return contract < 0 ? hf_json_skip(json)
                        : read_object(json, read_square, &row->squares[contract]);
}

/* ---- rows -------------------------------------------------------------------------------- */

struct row_read {
    struct sim_matrix_row row;
    int plant; /* -1: none that this build has */
};

static bool
read_member(void *context, const char *name, struct hf_json *json)
{
    struct row_read *read = context;
    char plant[NAME_SIZE];

    if (strcmp(name, "contracts") == 0)
        return read_object(json, read_contract, &read->row);
    if (strcmp(name, "plant") != 0)
        return hf_json_skip(json);
    hf_json_text(json, plant, sizeof plant);
    read->plant = sim_word_find(sim_plant_name, plant);
    return json->kind == HF_JSON_STRING;
}

static bool
read_rows(struct sim_matrix_file *matrix, struct hf_json *json)
{
    if (json->kind != HF_JSON_ARRAY)
        return false;
    while (hf_json_next(json) == HF_JSON_OBJECT) {
        struct row_read read = { .plant = -1 };
        if (!read_object(json, read_member, &read))
            return false;
        if (read.plant < 0)
            continue;
        read.row.plant = (unsigned)read.plant;
        sim_grow(&matrix->rows, &matrix->capacity, matrix->count + 1, sizeof *matrix->rows);
        matrix->rows[matrix->count++] = read.row;
    }
    return json->kind == HF_JSON_ARRAY_END;
}

/* ---- the file ---------------------------------------------------------------------------- */

static bool
read_head(void *context, const char *name, struct hf_json *json)
{
    struct sim_matrix_file *matrix = context;

    if (strcmp(name, "tries") == 0)
        return hf_json_u64(json, &matrix->tries);
    if (strcmp(name, "limit") == 0)
        return hf_json_u64(json, &matrix->limit);
    return strcmp(name, "plants") == 0 ? read_rows(matrix, json) : hf_json_skip(json);
}

bool
sim_matrix_file_is(struct hf_span text)
{
    struct hf_json json;

    hf_json_open(&json, text);
    return hf_json_next(&json) == HF_JSON_OBJECT && hf_json_next(&json) == HF_JSON_NAME &&
           hf_json_is(&json, "schema");
}

bool
sim_matrix_file_parse(struct sim_matrix_file *matrix, struct hf_json *json, struct hf_span text)
{
    *matrix = (struct sim_matrix_file){ 0 };
    hf_json_open(json, text);
    hf_json_next(json);
    return sim_matrix_file_is(text) && read_object(json, read_head, matrix) &&
           hf_json_finish(json);
}

bool
sim_matrix_file_read(struct sim_matrix_file *matrix, const struct sim_result_file *file)
{
    struct hf_json json;
    bool good = sim_matrix_file_parse(matrix, &json, file->text);

    if (!good)
        fprintf(stderr, "holdfast-sim: %s: byte %zu: %s\n", file->path, json.off,
                json.wrong != NULL ? json.wrong : "this is no matrix of plants");
    return good;
}

void
sim_matrix_file_free(struct sim_matrix_file *matrix)
{
    free(matrix->rows);
    *matrix = (struct sim_matrix_file){ 0 };
}

const struct sim_matrix_row *
sim_matrix_file_find(const struct sim_matrix_file *matrix, unsigned plant)
{
    for (size_t i = 0; i < matrix->count; i++) {
        if (matrix->rows[i].plant == plant)
            return &matrix->rows[i];
    }
    return NULL;
}
