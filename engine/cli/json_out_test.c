/*
 * json_out_test.c - what is written is compared byte for byte, and read back by json.c.
 */
#define _POSIX_C_SOURCE 200809L

#include "cli/json_out.h"

#include "base/span.h"
#include "base/tap.h"

#include <math.h>
#include <stdlib.h>

static char *text;
static size_t size;

static struct hf_json_out
begin(void)
{
    return (struct hf_json_out){ .to = open_memstream(&text, &size) };
}

/* Whether what was written is `want`, and JSON. */
static bool
wrote(struct hf_json_out *out, const char *want)
{
    struct hf_json json;

    fclose(out->to);
    hf_json_open(&json, hf_span(text, size));
    bool good = hf_json_finish(&json) && strcmp(text, want) == 0;
    if (!good)
        printf("# %s\n", text);
    free(text);
    return good;
}

static void
test_commas(void)
{
    struct hf_json_out out = begin();

    hf_json_out_open(&out, NULL, '{');
    hf_json_out_u64(&out, "runs", UINT64_MAX);
    hf_json_out_id(&out, "seed", UINT64_MAX);
    hf_json_out_open(&out, "items", '[');
    hf_json_out_text(&out, NULL, "x");
    hf_json_out_open(&out, NULL, '{');
    hf_json_out_close(&out);
    hf_json_out_open(&out, NULL, '[');
    hf_json_out_close(&out);
    hf_json_out_bool(&out, NULL, true);
    hf_json_out_null(&out, NULL);
    hf_json_out_close(&out);
    hf_json_out_bool(&out, "good", false);
    hf_json_out_close(&out);
    TAP_OK(wrote(&out, "{\"runs\":18446744073709551615,\"seed\":\"18446744073709551615\","
                       "\"items\":[\"x\",{},[],true,null],\"good\":false}"),
           "commas stand between, and only there");
}

static void
test_numbers(void)
{
    struct hf_json_out out = begin();

    hf_json_out_open(&out, NULL, '[');
    hf_json_out_double(&out, NULL, 1.25, 1);
    hf_json_out_double(&out, NULL, -3, 0);
    hf_json_out_double(&out, NULL, INFINITY, 3);
    hf_json_out_double(&out, NULL, NAN, 3);
    hf_json_out_close(&out);
    TAP_OK(wrote(&out, "[1.2,-3,null,null]"), "what is no finite number is null");
}

/* Every byte by itself, as a string: read back it is itself, or U+FFFD. */
static void
test_bytes(void)
{
    unsigned wrong = 0;

    for (unsigned c = 0; c < 256; c++) {
        char byte = (char)c, said[8];
        struct hf_json_out out = begin();
        struct hf_json json;
        hf_json_out_span(&out, NULL, hf_span(&byte, 1));
        fclose(out.to);
        hf_json_open(&json, hf_span(text, size));
        hf_json_next(&json);
        size_t len = hf_json_text(&json, said, sizeof said);
        if (c < 0x80)
            wrong += len != 1 || said[0] != byte;
        else
            wrong += len != 3 || strcmp(said, "\xef\xbf\xbd") != 0;
        wrong += !hf_json_finish(&json);
        free(text);
    }
    TAP_OK(wrong == 0, "any byte can be told, and no UTF-8 is told as U+FFFD");
}

int
main(void)
{
    test_commas();
    test_numbers();
    test_bytes();
    return tap_done();
}
