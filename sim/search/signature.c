/*
 * signature.c - leaves out of a failure's texts what differs from run to run.
 *
 *    expected  key 5 as of 12: 40 bytes of commit 9, through scan
 *    becomes   key # as of #: # bytes of commit #, through scan
 *
 * A number is a run of digits, with the letters behind it where it is hexadecimal. What stands
 * in quotes becomes the quotes; what stands in brackets is the engine's own account, which
 * tells offsets and files, and is left out as a whole.
 */
#include "sim/search/signature.h"

#include <stdio.h>
#include <string.h>

struct writer {
    char *to;
    size_t used;
};

static void
put(struct writer *writer, char c)
{
    if (writer->used + 1 < SIM_SIGNATURE_SIZE)
        writer->to[writer->used++] = c;
    writer->to[writer->used] = 0;
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool
is_word(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Behind the character that closes what `at` opens, or the end. */
static const char *
behind(const char *at, char close)
{
    const char *end = strchr(at + 1, close);

    return end == NULL ? at + strlen(at) : end + 1;
}

static void
put_shape(struct writer *writer, const char *text)
{
    for (char before = ' '; *text != 0; before = writer->to[writer->used - 1]) {
        if (*text == '(') {
            text = behind(text, ')');
            put(writer, '~');
        } else if (*text == '\'' || *text == '"') {
            text = behind(text, *text);
            put(writer, '"');
        } else if (is_digit(*text) && !is_word(before)) {
            while (is_word(*text))
                text++;
            put(writer, '#');
        } else if (is_digit(*text)) {
            while (is_digit(*text))
                text++;
            put(writer, '#');
        } else {
            put(writer, *text++);
        }
    }
}

void
sim_signature_of(char to[SIM_SIGNATURE_SIZE], const char *property, const char *expected,
                 const char *found)
{
    struct writer writer = { .to = to };

    to[0] = 0;
    for (const char *at = property; *at != 0; at++)
        put(&writer, *at);
    put(&writer, ':');
    put(&writer, ' ');
    put_shape(&writer, expected);
    put(&writer, ';');
    put(&writer, ' ');
    put_shape(&writer, found);
}

void
sim_signature(char to[SIM_SIGNATURE_SIZE], const struct sim_result *result)
{
    sim_signature_of(to, sim_property_name(result->property), result->expected, result->found);
}
