/*
 * dump_text.c - lines of a dump, and bytes in them.
 *
 * Whatever the bytes are, a line is printable ASCII: nothing in a damaged file can reach a
 * terminal as a control sequence.
 */
#include "store/dump/dump.h"

#include "base/span.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define LINE_SIZE 1024u
#define COLUMN 14 /* of what stands behind the offset */

static void __attribute__((format(printf, 3, 0)))
say(const struct hf_dump *dump, size_t indent, const char *format, va_list args, char *text)
{
    vsnprintf(text + indent, LINE_SIZE - indent, format, args);
    dump->line(dump->context, text);
}

void
hf_dump_say(const struct hf_dump *dump, const char *format, ...)
{
    char text[LINE_SIZE];
    va_list args;

    va_start(args, format);
    say(dump, 0, format, args, text);
    va_end(args);
}

void
hf_dump_say_at(const struct hf_dump *dump, uint64_t off, const char *format, ...)
{
    char text[LINE_SIZE];
    int indent = snprintf(text, sizeof text, "%*" PRIu64 "  ", COLUMN - 2, off);
    va_list args;

    va_start(args, format);
    say(dump, (size_t)indent, format, args, text);
    va_end(args);
}

/* Writes byte `c` as the tool's fields have it (cli/escape.h), bytes above ASCII escaped too,
 * and returns where the next one goes. */
static char *
escape(char *to, uint8_t c)
{
    static const char digits[] = "0123456789abcdef";
    static const char bytes[] = "\t\n\r\\";
    static const char letters[] = "tnr\\";
    const char *found = c == 0 ? NULL : strchr(bytes, c);

    if (c >= 0x20 && c < 0x7f && found == NULL) {
        *to++ = (char)c;
        return to;
    }
    *to++ = '\\';
    if (found != NULL) {
        *to++ = letters[found - bytes];
        return to;
    }
    *to++ = 'x';
    *to++ = digits[c >> 4];
    *to++ = digits[c & 15];
    return to;
}

const char *
hf_dump_escape(struct hf_dump_text *text, struct hf_span bytes)
{
    const uint8_t *from = bytes.at;
    size_t count = bytes.len < HF_DUMP_SHOWN_MAX ? bytes.len : HF_DUMP_SHOWN_MAX;
    char *to = text->at;

    for (size_t i = 0; i < count; i++)
        to = escape(to, from[i]);
    memcpy(to, count < bytes.len ? "..." : "", count < bytes.len ? 4 : 1);
    return text->at;
}

const char *
hf_dump_uuid(struct hf_dump_text *text, const uint8_t uuid[16])
{
    for (size_t i = 0; i < 16; i++)
        snprintf(text->at + 2 * i, 3, "%02x", uuid[i]);
    return text->at;
}
