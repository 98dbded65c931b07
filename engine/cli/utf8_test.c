/*
 * utf8_test.c - judges every string of up to four bytes drawn from the bounds of the standard's
 * table against a decoder that works by value; writes every character and reads it back.
 */
#include "cli/utf8.h"

#include "base/span.h"
#include "base/tap.h"

#include <stdlib.h>

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
test_bounds(void)
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
test_every_character(void)
{
    unsigned wrong = 0, count = 0;

    for (uint32_t code = 0; code <= 0x10ffff; code++) {
        char text[HF_UTF8_SIZE_MAX];
        if (code >= 0xd800 && code <= 0xdfff)
            continue;
        size_t size = hf_utf8_write(text, code);
        wrong += hf_utf8_size(hf_span(text, size)) != size ||
                 hf_utf8_size(hf_span(text, size - 1)) == size;
        wrong += !is_utf8_by_value((unsigned char *)text, size);
        count++;
    }
    TAP_OK(wrong == 0 && count == 0x110000 - 0x800, "every character is written as itself");
}

int
main(void)
{
    test_bounds();
    test_every_character();
    return tap_done();
}
