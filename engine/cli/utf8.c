/*
 * utf8.c - characters to bytes, and which bytes are characters (RFC 3629).
 */
#include "cli/utf8.h"

size_t
hf_utf8_size(struct hf_span bytes)
{
    const unsigned char *in = bytes.at;
    unsigned char low = 0x80, high = 0xbf; /* bounds of the second byte */
    size_t size;

    if (bytes.len == 0)
        return 0;
    if (in[0] < 0x80)
        return 1;
    if (in[0] < 0xc2 || in[0] > 0xf4)
        return 0;
    size = in[0] < 0xe0 ? 2 : in[0] < 0xf0 ? 3 : 4;
    if (in[0] == 0xe0)
        low = 0xa0;
    else if (in[0] == 0xed)
        high = 0x9f;
    else if (in[0] == 0xf0)
        low = 0x90;
    else if (in[0] == 0xf4)
        high = 0x8f;
    if (bytes.len < size || in[1] < low || in[1] > high)
        return 0;
    for (size_t i = 2; i < size; i++)
        if (in[i] < 0x80 || in[i] > 0xbf)
            return 0;
    return size;
}

bool
hf_is_utf8(struct hf_span bytes)
{
    const unsigned char *in = bytes.at;

    for (size_t i = 0; i < bytes.len;) {
        size_t size = hf_utf8_size((struct hf_span){ in + i, bytes.len - i });
        if (size == 0)
            return false;
        i += size;
    }
    return true;
}

size_t
hf_utf8_write(char to[HF_UTF8_SIZE_MAX], uint32_t code)
{
    size_t size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char heads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

    for (size_t i = size - 1; i > 0; i--, code >>= 6)
        to[i] = (char)(0x80 | (code & 0x3f));
    to[0] = (char)(heads[size] | code);
    return size;
}
