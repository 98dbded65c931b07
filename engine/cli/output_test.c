/*
 * output_test.c - UTF-8 is judged for every string of up to three bytes drawn from the bounds
 * of the standard's table, against a decoder that works by value; JSON and failures by example.
 */
#define _POSIX_C_SOURCE 200809L

#include "cli/output.h"

#include "base/span.h"
#include "base/tap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Decodes by the bit patterns, then judges the value: the standard told the other way round. */
static bool
is_utf8_by_value(const unsigned char *in, size_t len)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

    while (len > 0) {
        size_t size = in[0] < 0x80             ? 1
                      : (in[0] & 0xe0) == 0xc0 ? 2
                      : (in[0] & 0xf0) == 0xe0 ? 3
                      : (in[0] & 0xf8) == 0xf0 ? 4
                                               : 0;
        if (size == 0 || size > len)
            return false;
        uint32_t value = size == 1 ? in[0] : in[0] & (0xffu >> (size + 1));
        for (size_t i = 1; i < size; i++) {
            if ((in[i] & 0xc0) != 0x80)
                return false;
            value = value << 6 | (in[i] & 0x3fu);
        }
        if (value < least[size] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
            return false;
        in += size;
        len -= size;
    }
    return true;
}

static void
test_utf8(void)
{
    static const unsigned char bounds[] = { 0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0,
                                            0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1,
                                            0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3,
                                            0xf4, 0xf5, 0xf8, 0xff };
    const size_t count = sizeof bounds;
    unsigned wrong = 0, good = 0;

    for (size_t n = 0; n < count * count * count * count; n++)
        for (size_t len = 0; len <= 4; len++) {
            unsigned char *in = malloc(len + (len == 0));
            size_t rest = n;
            for (size_t i = 0; i < len; i++, rest /= count)
                in[i] = bounds[rest % count];
            bool want = is_utf8_by_value(in, len);
            wrong += hf_is_utf8(hf_span(in, len)) != want;
            good += want;
            free(in);
        }
    TAP_OK(wrong == 0 && good > 0, "UTF-8 is told from other bytes at every bound");
}

static void
test_json(void)
{
    char *text = NULL;
    size_t size = 0;
    struct hf_output output = { .to = open_memstream(&text, &size), .name = "memory" };

    hf_output_json_bytes(&output, "key", hf_span("a\"\\\n\xc3\xa9", 6));
    hf_output_print(&output, " ");
    hf_output_json_bytes(&output, "value", hf_span("\xff\x00", 2));
    TAP_OK(hf_output_close(&output) &&
               strcmp(text, "\"key\": \"a\\u0022\\u005c\\u000a\xc3\xa9\" "
                            "\"value_hex\": \"ff00\"") == 0,
           "JSON strings are escaped, and bytes that are no text are in hex");
    free(text);
}

static void
test_failure(void)
{
    struct hf_output output;

    TAP_OK(!hf_output_open(&output, "./no/such/folder/file", false) && output.error == ENOENT,
           "a file that cannot be made is a failure");
    if (access("/dev/full", W_OK) != 0)
        return;
    bool opened = hf_output_open(&output, "/dev/full", false);
    hf_output_print(&output, "x");
    TAP_OK(opened && !hf_output_close(&output) && output.error == ENOSPC,
           "what does not get out is a failure at the latest when closing");
}

int
main(void)
{
    test_utf8();
    test_json();
    test_failure();
    return tap_done();
}
