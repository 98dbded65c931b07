/*
 * escape.c - one field of a line: see escape.h for the grammar.
 *
 * Unescaping never makes a field longer, so its room is taken once, ahead.
 */
#include "cli/escape.h"

#include <string.h>

static const char hex_digits[] = "0123456789abcdef";

static char
short_escape(unsigned char c)
{
    switch (c) {
    case '\t':
        return 't';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\\':
        return '\\';
    default:
        return 0;
    }
}

size_t
hf_escape_byte(char *to, unsigned char c)
{
    char letter = short_escape(c);

    if (letter != 0) {
        to[0] = '\\';
        to[1] = letter;
        return 2;
    }
    if (c < 0x20 || c == 0x7f) {
        to[0] = '\\';
        to[1] = 'x';
        to[2] = hex_digits[c >> 4];
        to[3] = hex_digits[c & 15];
        return 4;
    }
    to[0] = (char)c;
    return 1;
}

int
hf_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* One escape at in[0] == '\\'; returns its size and sets *byte, or 0 if it is none. */
static size_t
unescape_one(const char *in, size_t len, char *byte)
{
    static const char letters[] = "tnr\\";
    static const char bytes[] = "\t\n\r\\";

    if (len < 2)
        return 0;
    const char *letter = in[1] == 0 ? NULL : strchr(letters, in[1]);
    if (letter != NULL) {
        *byte = bytes[letter - letters];
        return 2;
    }
    if (in[1] != 'x' || len < 4)
        return 0;
    int high = hf_hex_digit(in[2]);
    int low = hf_hex_digit(in[3]);
    if (high < 0 || low < 0)
        return 0;
    *byte = (char)(high * 16 + low);
    return 4;
}

enum hf_unescaped
hf_unescape(struct hf_text *to, struct hf_span field, size_t *bad_index)
{
    const char *in = field.at;

    if (!hf_text_reserve(to, field.len))
        return HF_UNESCAPE_NO_MEMORY;
    for (size_t i = 0; i < field.len;) {
        size_t size = 1;
        char byte = in[i];
        if (byte == '\\')
            size = unescape_one(in + i, field.len - i, &byte);
        if (size == 0) {
            *bad_index = i;
            return HF_UNESCAPE_BAD;
        }
        to->at[to->len++] = byte;
        i += size;
    }
    return HF_UNESCAPE_DONE;
}
