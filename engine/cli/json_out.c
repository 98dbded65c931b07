/*
 * json_out.c - writes JSON that json.c, and everybody else's reader, accepts.
 */
#include "cli/json_out.h"

#include "cli/utf8.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* U+FFFD, "replacement character". */
#define REPLACEMENT "\xef\xbf\xbd"

void
hf_json_print_string(FILE *to, struct hf_span text)
{
    const unsigned char *in = text.at;
    size_t size;

    putc('"', to);
    for (size_t i = 0; i < text.len; i += size) {
        size = hf_utf8_size((struct hf_span){ in + i, text.len - i });
        if (size == 0)
            fputs(REPLACEMENT, to);
        else if (in[i] == '"' || in[i] == '\\')
            fprintf(to, "\\%c", in[i]);
        else if (in[i] < 0x20 || in[i] == 0x7f)
            fprintf(to, "\\u%04x", in[i]);
        else
            fwrite(in + i, 1, size, to);
        size += size == 0;
    }
    putc('"', to);
}

/* The comma before a member or an item, and its name. */
static void
begin(struct hf_json_out *out, const char *name)
{
    uint64_t bit = out->depth == 0 ? 0 : UINT64_C(1) << (out->depth - 1);

    if ((out->filled & bit) != 0)
        putc(',', out->to);
    out->filled |= bit;
    if (name != NULL) {
        hf_json_print_string(out->to, (struct hf_span){ name, strlen(name) });
        putc(':', out->to);
    }
}

void
hf_json_out_open(struct hf_json_out *out, const char *name, char bracket)
{
    begin(out, name);
    uint64_t bit = UINT64_C(1) << out->depth++;
    out->objects = bracket == '{' ? out->objects | bit : out->objects & ~bit;
    out->filled &= ~bit;
    putc(bracket, out->to);
}

void
hf_json_out_close(struct hf_json_out *out)
{
    uint64_t bit = UINT64_C(1) << --out->depth;

    putc((out->objects & bit) != 0 ? '}' : ']', out->to);
}

void
hf_json_out_span(struct hf_json_out *out, const char *name, struct hf_span text)
{
    begin(out, name);
    hf_json_print_string(out->to, text);
}

void
hf_json_out_text(struct hf_json_out *out, const char *name, const char *text)
{
    hf_json_out_span(out, name, (struct hf_span){ text, strlen(text) });
}

void
hf_json_out_u64(struct hf_json_out *out, const char *name, uint64_t number)
{
    begin(out, name);
    fprintf(out->to, "%" PRIu64, number);
}

void
hf_json_out_id(struct hf_json_out *out, const char *name, uint64_t number)
{
    begin(out, name);
    fprintf(out->to, "\"%" PRIu64 "\"", number);
}

void
hf_json_out_double(struct hf_json_out *out, const char *name, double number, int digits)
{
    begin(out, name);
    if (isfinite(number))
        fprintf(out->to, "%.*f", digits, number);
    else
        fputs("null", out->to);
}

void
hf_json_out_bool(struct hf_json_out *out, const char *name, bool value)
{
    begin(out, name);
    fputs(value ? "true" : "false", out->to);
}

void
hf_json_out_null(struct hf_json_out *out, const char *name)
{
    begin(out, name);
    fputs("null", out->to);
}
