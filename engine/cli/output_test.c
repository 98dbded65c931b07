/*
 * output_test.c - JSON and failures, by example.
 */
#define _POSIX_C_SOURCE 200809L

#include "cli/output.h"

#include "base/span.h"
#include "base/tap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
    test_json();
    test_failure();
    return tap_done();
}
