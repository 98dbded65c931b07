/*
 * line_reader_test.c - writes texts of all the shapes that matter to a file, reads them back by
 * lines and puts them together again.
 */
#define _POSIX_C_SOURCE 200809L

#include "cli/line_reader.h"

#include "base/span.h"
#include "base/tap.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[4096];

static void
write_file(const char *bytes, size_t len)
{
    FILE *file = fopen(path, "w");
    if (file == NULL || fwrite(bytes, 1, len, file) != len || fclose(file) != 0)
        abort();
}

/* Reads all lines, each with a newline behind it, into `text`; returns how many there were. */
static uint64_t
read_lines(struct hf_text *text)
{
    struct hf_line_reader reader;
    struct hf_span line;
    enum hf_line got;

    text->len = 0;
    if (!hf_line_reader_open(&reader, path))
        abort();
    while ((got = hf_line_next(&reader, &line)) == HF_LINE_GOOD)
        if (!hf_text_append(text, line) || !hf_text_append_char(text, '\n'))
            abort();
    uint64_t count = got == HF_LINE_END ? reader.line : UINT64_MAX;
    hf_line_reader_close(&reader);
    return count;
}

static bool
reads_as(const char *bytes, size_t len, const char *want, size_t want_len, uint64_t lines)
{
    struct hf_text text = { 0 };

    write_file(bytes, len);
    bool held = read_lines(&text) == lines &&
                hf_span_equal(hf_text_span(&text), hf_span(want, want_len));
    hf_text_free(&text);
    return held;
}

static void
test_shapes(void)
{
    TAP_OK(reads_as("", 0, "", 0, 0), "an empty file has no lines");
    TAP_OK(reads_as("a\nb\n", 4, "a\nb\n", 4, 2), "newlines end lines");
    TAP_OK(reads_as("a\nb", 3, "a\nb\n", 4, 2), "the last line may lack its newline");
    TAP_OK(reads_as("\n\na\n", 4, "\n\na\n", 4, 3), "empty lines are lines");
    TAP_OK(reads_as("a\0b\n", 4, "a\0b\n", 4, 1), "a zero byte is a byte");
}

/* Lines around the sizes at which the buffer is filled, moved and grown. */
static void
test_sizes(void)
{
    unsigned wrong = 0;
    const size_t piece = 64u << 10;

    for (size_t i = 0; i < 9; i++) {
        size_t len = piece * (1 + i / 3) + i % 3 - 1;
        size_t total = 4 * (len + 1);
        char *bytes = malloc(total);
        memset(bytes, 'x', total);
        for (size_t n = 1; n <= 4; n++)
            bytes[n * (len + 1) - 1] = '\n';
        wrong += !reads_as(bytes, total, bytes, total, 4);
        free(bytes);
    }
    TAP_OK(wrong == 0, "lines of any size around that of a read come whole");
}

static void
test_failure(void)
{
    struct hf_line_reader reader;
    struct hf_span line;

    TAP_OK(!hf_line_reader_open(&reader, "./no/such/file"), "a missing file is a failure");
    TAP_OK(hf_line_reader_open(&reader, ".") && hf_line_next(&reader, &line) == HF_LINE_IO,
           "a directory cannot be read, and that is no end of file");
    hf_line_reader_close(&reader);
}

int
main(void)
{
    const char *folder = getenv("TMPDIR");

    (void)snprintf(path, sizeof path, "%s/lines-%ld", folder == NULL ? "." : folder,
                   (long)getpid());
    test_shapes();
    test_sizes();
    test_failure();
    (void)unlink(path);
    return tap_done();
}
