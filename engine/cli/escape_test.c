/*
 * escape_test.c - every byte and every pair of bytes goes out and comes back; every field of up
 * to four characters of a small alphabet is either refused or means what it says.
 */
#include "cli/escape.h"

#include "base/span.h"
#include "base/tap.h"

#include <stdlib.h>
#include <string.h>

/* Escapes, then unescapes from a copy of exact length; true if the same bytes came back. */
static bool
goes_round(const unsigned char *bytes, size_t len)
{
    struct hf_text back = { 0 };
    char escaped[2 * HF_ESCAPED_BYTE_MAX];
    size_t size = 0, bad_index;

    for (size_t i = 0; i < len; i++)
        size += hf_escape_byte(escaped + size, bytes[i]);
    char *copy = malloc(size);
    memcpy(copy, escaped, size);
    bool held = hf_unescape(&back, hf_span(copy, size), &bad_index) == HF_UNESCAPE_DONE &&
                hf_span_equal(hf_text_span(&back), hf_span(bytes, len)) &&
                memchr(escaped, '\n', size) == NULL && memchr(escaped, '\t', size) == NULL;
    free(copy);
    hf_text_free(&back);
    return held;
}

static void
test_round_trip(void)
{
    unsigned wrong = 0;

    for (unsigned a = 0; a < 256; a++)
        for (unsigned b = 0; b < 256; b++) {
            unsigned char bytes[2] = { (unsigned char)a, (unsigned char)b };
            wrong += !goes_round(bytes, 2);
        }
    for (unsigned a = 0; a < 256; a++) {
        unsigned char byte = (unsigned char)a;
        wrong += !goes_round(&byte, 1);
    }
    TAP_OK(wrong == 0, "every byte and every pair of bytes is one field and comes back");
}

/* The grammar told a second time, as a search: what `in` means, or false. */
static bool
means(const char *in, size_t len, char *out, size_t *out_len)
{
    *out_len = 0;
    while (len > 0) {
        size_t used = 1;
        char byte = in[0];
        if (byte == '\\') {
            if (len >= 2 && in[1] == 't') {
                byte = '\t';
                used = 2;
            } else if (len >= 2 && in[1] == '\\') {
                used = 2;
            } else if (len >= 4 && in[1] == 'x' && strchr("0aF", in[2]) != NULL &&
                       strchr("0aF", in[3]) != NULL) {
                char digits[3] = { in[2], in[3], 0 };
                byte = (char)strtoul(digits, NULL, 16);
                used = 4;
            } else {
                return false;
            }
        }
        out[(*out_len)++] = byte;
        in += used;
        len -= used;
    }
    return true;
}

static void
test_all_short_fields(void)
{
    static const char alphabet[] = "\\tx0aFg";
    const size_t letters = sizeof alphabet - 1;
    unsigned wrong = 0, refused = 0;

    for (size_t len = 0; len <= 5; len++) {
        size_t count = 1;
        for (size_t i = 0; i < len; i++)
            count *= letters;
        for (size_t n = 0; n < count; n++) {
            struct hf_text got = { 0 };
            char want[8], *in = malloc(len + (len == 0));
            size_t want_len = 0, bad_index = 99, rest = n;
            for (size_t i = 0; i < len; i++, rest /= letters)
                in[i] = alphabet[rest % letters];
            bool good = means(in, len, want, &want_len);
            bool done = hf_unescape(&got, hf_span(in, len), &bad_index) == HF_UNESCAPE_DONE;
            if (good != done)
                wrong++;
            else if (good)
                wrong += !hf_span_equal(hf_text_span(&got), hf_span(want, want_len));
            else
                wrong += bad_index >= len || in[bad_index] != '\\';
            refused += !done;
            free(in);
            hf_text_free(&got);
        }
    }
    TAP_OK(wrong == 0, "every short field is refused or means what the grammar says");
    TAP_OK(refused > 1000, "and many are refused (%u)", refused);
}

int
main(void)
{
    test_round_trip();
    test_all_short_fields();
    return tap_done();
}
