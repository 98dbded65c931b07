/*
 * json_fuzz.c - any bytes at all as JSON: the reader of results under a fuzzer.
 *
 * What must hold:
 *   1. every token lies in the text, behind the one before, and the reading ends
 *   2. objects and arrays close in the order in which they opened
 *   3. skipping a value and reading all of it come to the same end
 *   4. a number as u64 is written with those digits; a text fits where it says that it does
 */
#include "cli/json.h"
#include "fuzz/fuzz.h"
#include "fuzz/take.h"

#include <stdio.h>

struct reading {
    struct hf_json json;
    struct hf_span text;
    size_t before; /* where the token before began */
    unsigned depth;
    char open[HF_JSON_DEPTH_MAX + 1];
};

/* ---- a token ----------------------------------------------------------------------------- */

static void
check_place(struct reading *reading)
{
    const struct hf_json *json = &reading->json;
    const char *from = reading->text.at, *at = json->token.at;

    HF_ASSERT(json->off <= reading->text.len && json->off >= reading->before);
    HF_ASSERT((json->wrong != NULL) == (json->kind == HF_JSON_BAD));
    reading->before = json->off;
    if (json->token.len > 0)
        HF_ASSERT(at >= from && (size_t)(at - from) + json->token.len <= reading->text.len);
}

static void
check_text(const struct hf_json *json)
{
    size_t size = hf_json_text(json, NULL, 0), room = size + 1;
    char *whole = fuzz_take(room), *less = fuzz_take(size == 0 ? 1 : size);

    HF_ASSERT(hf_json_text(json, whole, room) == size && whole[size] == 0);
    HF_ASSERT(size <= json->token.len);
    HF_ASSERT(hf_json_is(json, whole) == (strlen(whole) == size));
    if (size > 0) {
        HF_ASSERT(hf_json_text(json, less, size) == size);
        HF_ASSERT(strlen(less) < size && strncmp(less, whole, strlen(less)) == 0);
    }
    free(less);
    free(whole);
}

static void
check_number(const struct hf_json *json)
{
    char digits[24];
    uint64_t number;
    double real;

    if (hf_json_u64(json, &number)) {
        int size = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
        HF_ASSERT(json->token.len >= (size_t)size);
    }
    if (hf_json_double(json, &real))
        HF_ASSERT(json->kind == HF_JSON_NUMBER && real - real == 0);
}

static void
open_one(struct reading *reading, char what)
{
    HF_ASSERT(reading->depth < HF_JSON_DEPTH_MAX);
    reading->open[reading->depth++] = what;
}

static void
close_one(struct reading *reading, char what)
{
    HF_ASSERT(reading->depth > 0 && reading->open[--reading->depth] == what);
}

static void
take_token(struct reading *reading)
{
    switch (reading->json.kind) {
    case HF_JSON_OBJECT:
        open_one(reading, '{');
        break;
    case HF_JSON_ARRAY:
        open_one(reading, '[');
        break;
    case HF_JSON_OBJECT_END:
        close_one(reading, '{');
        break;
    case HF_JSON_ARRAY_END:
        close_one(reading, '[');
        break;
    case HF_JSON_NAME:
    case HF_JSON_STRING:
        check_text(&reading->json);
        check_number(&reading->json);
        break;
    case HF_JSON_NUMBER:
        check_number(&reading->json);
        break;
    case HF_JSON_BAD:
    case HF_JSON_END:
    case HF_JSON_TRUE:
    case HF_JSON_FALSE:
    case HF_JSON_NULL:
        break;
    }
}

/* ---- all of it --------------------------------------------------------------------------- */

static bool
read_all(struct hf_span text)
{
    struct reading reading = { .text = text };
    size_t tokens = 0;

    hf_json_open(&reading.json, text);
    do {
        (void)hf_json_next(&reading.json);
        HF_ASSERT(tokens++ <= text.len + 1);
        check_place(&reading);
        take_token(&reading);
    } while (reading.json.kind != HF_JSON_BAD && reading.json.kind != HF_JSON_END);
    enum hf_json_kind stop = reading.json.kind;
    HF_ASSERT(stop == HF_JSON_BAD || reading.depth == 0);
    HF_ASSERT(hf_json_next(&reading.json) == stop);
    return stop == HF_JSON_END;
}

static bool
skip_all(struct hf_span text)
{
    struct hf_json json;

    hf_json_open(&json, text);
    (void)hf_json_next(&json);
    return hf_json_skip(&json) && hf_json_finish(&json);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void *copy = fuzz_copy(hf_span(data, size));
    struct hf_span text = hf_span(copy, size);
    struct hf_json json;
    bool is_good = read_all(text);

    HF_ASSERT(skip_all(text) == is_good);
    hf_json_open(&json, text);
    HF_ASSERT(hf_json_finish(&json) == is_good);
    free(copy);
    return 0;
}
