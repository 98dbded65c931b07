/*
 * json.c - JSON (RFC 8259) token by token: a machine of six states and a bit a level.
 *
 *                   +---------------------- , ------------------------+
 *                   v                                                 |
 *   [        +-> VALUE --- scalar, or the end of one that is open --> AFTER --> END
 *    \       :      \                                                 |  ^
 *     FIRST -+       +- [ or { -> FIRST                               ,  |  in an object
 *    /                                                                v  |
 *   {  ------------------ name --------> COLON -- : --> VALUE        NAME
 *
 * What is wrong is said once, with its place; from then on every token is BAD. No byte outside
 * of the text is read, and each step moves on or ends.
 */
#include "cli/json.h"

#include "cli/escape.h"
#include "cli/utf8.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The longest number that becomes a double; 17 digits tell all of those apart. */
#define NUMBER_SIZE_MAX 128u

enum state {
    VALUE, /* a value must come */
    FIRST, /* likewise, or a name, or the bracket that closes */
    NAME,  /* a name must come */
    COLON, /* a colon and a value */
    AFTER, /* behind a value: a comma, the bracket that closes, or the end */
    OVER,
    FAILED
};

static const unsigned char *
bytes_of(const struct hf_json *json)
{
    return json->text.at;
}

/* The next byte, -1 at the end. */
static int
peek(const struct hf_json *json)
{
    return json->at < json->text.len ? bytes_of(json)[json->at] : -1;
}

static bool
is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static enum hf_json_kind
fail(struct hf_json *json, size_t off, const char *why)
{
    json->state = FAILED;
    json->off = off;
    json->wrong = why;
    json->token = (struct hf_span){ NULL, 0 };
    return HF_JSON_BAD;
}

static void
skip_space(struct hf_json *json)
{
    int c = peek(json);

    while (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        json->at++;
        c = peek(json);
    }
}

void
hf_json_open(struct hf_json *json, struct hf_span text)
{
    *json = (struct hf_json){ .text = text, .state = VALUE };
}

/* ---- what is open ------------------------------------------------------------------------ */

static bool
is_in_object(const struct hf_json *json)
{
    return json->depth > 0 && (json->objects >> (json->depth - 1) & 1) != 0;
}

static enum hf_json_kind
enter(struct hf_json *json, bool is_object)
{
    uint64_t bit;

    if (json->depth == HF_JSON_DEPTH_MAX)
        return fail(json, json->at, "too many brackets in each other");
    bit = UINT64_C(1) << json->depth++;
    json->objects = is_object ? json->objects | bit : json->objects & ~bit;
    json->at++;
    json->state = FIRST;
    return is_object ? HF_JSON_OBJECT : HF_JSON_ARRAY;
}

static enum hf_json_kind
leave(struct hf_json *json)
{
    bool is_object = is_in_object(json);

    json->depth--;
    json->at++;
    json->state = AFTER;
    return is_object ? HF_JSON_OBJECT_END : HF_JSON_ARRAY_END;
}

/* ---- scalars ----------------------------------------------------------------------------- */

/* The code unit of the four digits at text[off..), or -1. */
static int
hex_unit(struct hf_span text, size_t off)
{
    const char *in = text.at;
    int unit = 0;

    if (text.len < 4 || off > text.len - 4)
        return -1;
    for (size_t i = off; i < off + 4; i++) {
        int digit = hf_hex_digit(in[i]);
        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

static bool
is_surrogate(int unit, int base)
{
    return unit >= base && unit < base + 0x400;
}

/*
 * The escape at the start of `text`, its character to *code. Returns its size; 0: it is none. A
 * character beyond U+FFFF is a pair of units; half a pair is no character.
 */
static size_t
read_escape(struct hf_span text, uint32_t *code)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    const char *in = text.at;

    if (text.len < 2)
        return 0;
    if (in[1] != 'u') {
        const char *letter = in[1] == 0 ? NULL : strchr(letters, in[1]);
        if (letter == NULL)
            return 0;
        *code = (unsigned char)meanings[letter - letters];
        return 2;
    }
    int unit = hex_unit(text, 2);
    if (unit < 0 || is_surrogate(unit, 0xdc00))
        return 0;
    *code = (uint32_t)unit;
    if (!is_surrogate(unit, 0xd800))
        return 6;
    int low = text.len > 7 && in[6] == '\\' && in[7] == 'u' ? hex_unit(text, 8) : -1;
    if (!is_surrogate(low, 0xdc00))
        return 0;
    *code = 0x10000u + ((uint32_t)(unit - 0xd800) << 10 | (uint32_t)(low - 0xdc00));
    return 12;
}

/* From its opening quote to behind the closing one. */
static enum hf_json_kind
read_string(struct hf_json *json, enum hf_json_kind kind)
{
    const unsigned char *in = bytes_of(json);
    size_t begin = json->at + 1, at = begin, size;
    uint32_t code;

    for (;; at += size) {
        if (at >= json->text.len)
            return fail(json, json->at, "a string has no end");
        if (in[at] == '"')
            break;
        if (in[at] < 0x20)
            return fail(json, at, "a control character in a string");
        struct hf_span rest = { in + at, json->text.len - at };
        size = in[at] == '\\' ? read_escape(rest, &code) : hf_utf8_size(rest);
        if (size == 0)
            return fail(json, at, in[at] == '\\' ? "no such escape" : "no UTF-8");
    }
    json->token = (struct hf_span){ in + begin, at - begin };
    json->at = at + 1;
    json->state = kind == HF_JSON_NAME ? COLON : AFTER;
    return kind;
}

/* Moves on over digits. False: there is none. */
static bool
skip_digits(struct hf_json *json)
{
    size_t begin = json->at;

    while (is_digit(peek(json)))
        json->at++;
    return json->at > begin;
}

static enum hf_json_kind
read_number(struct hf_json *json)
{
    size_t begin = json->at;
    bool good;

    if (peek(json) == '-')
        json->at++;
    if (peek(json) == '0') {
        json->at++;
        good = !is_digit(peek(json));
    } else {
        good = skip_digits(json);
    }
    if (good && peek(json) == '.') {
        json->at++;
        good = skip_digits(json);
    }
    if (good && (peek(json) == 'e' || peek(json) == 'E')) {
        json->at++;
        if (peek(json) == '-' || peek(json) == '+')
            json->at++;
        good = skip_digits(json);
    }
    if (!good)
        return fail(json, begin, "no number");
    json->token = (struct hf_span){ bytes_of(json) + begin, json->at - begin };
    json->state = AFTER;
    return HF_JSON_NUMBER;
}

static enum hf_json_kind
read_word(struct hf_json *json)
{
    static const struct {
        const char *text;
        enum hf_json_kind kind;
    } words[] = { { "true", HF_JSON_TRUE },
                  { "false", HF_JSON_FALSE },
                  { "null", HF_JSON_NULL } };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t len = strlen(words[i].text);
        const unsigned char *in = bytes_of(json) + json->at;
        if (json->text.len - json->at < len || memcmp(in, words[i].text, len) != 0)
            continue;
        json->token = (struct hf_span){ in, len };
        json->at += len;
        json->state = AFTER;
        return words[i].kind;
    }
    return fail(json, json->at, "a value is wanted");
}

/* ---- tokens ------------------------------------------------------------------------------ */

static enum hf_json_kind
read_value(struct hf_json *json)
{
    int c = peek(json);

    if (c < 0)
        return fail(json, json->at, "the text ends too early");
    if (c == '{' || c == '[')
        return enter(json, c == '{');
    if (c == '"')
        return read_string(json, HF_JSON_STRING);
    if (c == '-' || is_digit(c))
        return read_number(json);
    return read_word(json);
}

static enum hf_json_kind
read_name(struct hf_json *json)
{
    if (peek(json) != '"')
        return fail(json, json->at, "a name in quotes is wanted");
    return read_string(json, HF_JSON_NAME);
}

static enum hf_json_kind
read_after(struct hf_json *json)
{
    int c = peek(json);

    if (json->depth == 0) {
        if (c >= 0)
            return fail(json, json->at, "something stands behind the value");
        json->state = OVER;
        return HF_JSON_END;
    }
    if (c == (is_in_object(json) ? '}' : ']'))
        return leave(json);
    if (c != ',')
        return fail(json, json->at, "a comma or the closing bracket is wanted");
    json->at++;
    json->state = is_in_object(json) ? NAME : VALUE;
    skip_space(json);
    json->off = json->at;
    return is_in_object(json) ? read_name(json) : read_value(json);
}

static enum hf_json_kind
read_first(struct hf_json *json)
{
    if (peek(json) == (is_in_object(json) ? '}' : ']'))
        return leave(json);
    return is_in_object(json) ? read_name(json) : read_value(json);
}

static enum hf_json_kind
read_colon(struct hf_json *json)
{
    if (peek(json) != ':')
        return fail(json, json->at, "a colon is wanted");
    json->at++;
    skip_space(json);
    json->off = json->at;
    return read_value(json);
}

static enum hf_json_kind
read_token(struct hf_json *json)
{
    switch ((enum state)json->state) {
    case VALUE:
        return read_value(json);
    case FIRST:
        return read_first(json);
    case NAME:
        return read_name(json);
    case COLON:
        return read_colon(json);
    case AFTER:
        return read_after(json);
    case OVER:
        return HF_JSON_END;
    case FAILED:
        break;
    }
    return HF_JSON_BAD;
}

enum hf_json_kind
hf_json_next(struct hf_json *json)
{
    if (json->state != FAILED) {
        skip_space(json);
        json->off = json->at;
        json->token = (struct hf_span){ NULL, 0 };
    }
    json->kind = read_token(json);
    return json->kind;
}

bool
hf_json_skip(struct hf_json *json)
{
    unsigned outside = json->depth;

    if (json->kind != HF_JSON_OBJECT && json->kind != HF_JSON_ARRAY)
        return json->kind != HF_JSON_BAD;
    while (json->depth >= outside)
        if (hf_json_next(json) == HF_JSON_BAD)
            return false;
    return true;
}

bool
hf_json_finish(struct hf_json *json)
{
    while (json->state != OVER && json->state != FAILED)
        (void)hf_json_next(json);
    return json->state == OVER;
}

/* ---- the last token ---------------------------------------------------------------------- */

static bool
is_text(const struct hf_json *json)
{
    return json->kind == HF_JSON_NAME || json->kind == HF_JSON_STRING;
}

/* One character of what read_string accepted, escape or not, to `to`; moves `rest` on. */
static size_t
next_char(struct hf_span *rest, char to[HF_UTF8_SIZE_MAX])
{
    const unsigned char *in = rest->at;
    uint32_t code;
    size_t taken, size;

    if (in[0] == '\\') {
        taken = read_escape(*rest, &code);
        size = hf_utf8_write(to, code);
    } else {
        taken = size = hf_utf8_size(*rest);
        memcpy(to, in, size);
    }
    *rest = (struct hf_span){ in + taken, rest->len - taken };
    return size;
}

bool
hf_json_is(const struct hf_json *json, const char *text)
{
    struct hf_span rest = json->token;
    size_t len = strlen(text);
    char one[HF_UTF8_SIZE_MAX];

    if (!is_text(json))
        return false;
    while (rest.len > 0) {
        size_t size = next_char(&rest, one);
        if (size > len || memcmp(text, one, size) != 0)
            return false;
        text += size;
        len -= size;
    }
    return len == 0;
}

size_t
hf_json_text(const struct hf_json *json, char *to, size_t size)
{
    struct hf_span rest = json->token;
    size_t len = 0, end = 0;
    char one[HF_UTF8_SIZE_MAX];

    while (is_text(json) && rest.len > 0) {
        size_t more = next_char(&rest, one);
        /* Once something did not fit, nothing behind it is wanted. */
        if (end == len && len + more < size) {
            memcpy(to + len, one, more);
            end += more;
        }
        len += more;
    }
    if (size > 0)
        to[end] = 0;
    return len;
}

bool
hf_json_u64(const struct hf_json *json, uint64_t *number)
{
    const char *in = json->token.at;
    size_t len = json->token.len;
    uint64_t sum = 0;

    if ((json->kind != HF_JSON_NUMBER && json->kind != HF_JSON_STRING) || len == 0)
        return false;
    for (size_t i = 0; i < len; i++) {
        uint64_t digit = (unsigned char)in[i] - (uint64_t)'0';
        if (digit > 9 || sum > (UINT64_MAX - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    *number = sum;
    return true;
}

/* No program here chooses a locale, so the decimal point is a point. */
bool
hf_json_double(const struct hf_json *json, double *number)
{
    char text[NUMBER_SIZE_MAX + 1];
    size_t len = json->token.len;

    if (json->kind != HF_JSON_NUMBER || len > NUMBER_SIZE_MAX)
        return false;
    memcpy(text, json->token.at, len);
    text[len] = 0;
    double value = strtod(text, NULL);
    if (!isfinite(value))
        return false;
    *number = value;
    return true;
}
