/*
 * json_test.c - every string of up to five characters of JSON's own is judged against a second
 * reader, written from the grammar by recursion; rich texts are told token by token, cut in
 * every place and changed in every byte; the rest by example. All texts are copies of exact
 * length.
 */
#include "cli/json.h"

#include "base/span.h"
#include "base/tap.h"

#include <math.h>
#include <stdlib.h>

/* ---- a second reader, by recursion: true and false only ---------------------------------- */

struct second {
    const char *at, *end;
};

static bool second_value(struct second *in);

static void
second_space(struct second *in)
{
    while (in->at < in->end && strchr(" \t\n\r", *in->at) != NULL && *in->at != 0)
        in->at++;
}

static bool
second_take(struct second *in, char c)
{
    if (in->at == in->end || *in->at != c)
        return false;
    in->at++;
    return true;
}

static bool
second_digits(struct second *in)
{
    const char *begin = in->at;

    while (in->at < in->end && *in->at >= '0' && *in->at <= '9')
        in->at++;
    return in->at > begin;
}

static bool
second_number(struct second *in)
{
    second_take(in, '-');
    if (!second_take(in, '0') && !second_digits(in))
        return false;
    if (second_take(in, '.') && !second_digits(in))
        return false;
    if (!second_take(in, 'e') && !second_take(in, 'E'))
        return true;
    if (!second_take(in, '-'))
        second_take(in, '+');
    return second_digits(in);
}

/* Texts under test here have no bytes beyond ASCII, and no \u. */
static bool
second_string(struct second *in)
{
    if (!second_take(in, '"'))
        return false;
    while (in->at < in->end && *in->at != '"') {
        unsigned char c = (unsigned char)*in->at++;
        if (c < 0x20)
            return false;
        if (c != '\\')
            continue;
        if (in->at == in->end || *in->at == 0 || strchr("\"\\/bfnrt", *in->at) == NULL)
            return false;
        in->at++;
    }
    return second_take(in, '"');
}

static bool
second_items(struct second *in, char close)
{
    second_space(in);
    if (second_take(in, close))
        return true;
    do {
        if (close == '}') {
            second_space(in);
            if (!second_string(in))
                return false;
            second_space(in);
            if (!second_take(in, ':'))
                return false;
        }
        if (!second_value(in))
            return false;
        second_space(in);
    } while (second_take(in, ','));
    return second_take(in, close);
}

static bool
second_value(struct second *in)
{
    static const char *const words[] = { "true", "false", "null" };

    second_space(in);
    if (second_take(in, '{'))
        return second_items(in, '}');
    if (second_take(in, '['))
        return second_items(in, ']');
    if (in->at < in->end && *in->at == '"')
        return second_string(in);
    for (size_t i = 0; i < 3; i++) {
        size_t len = strlen(words[i]);
        if ((size_t)(in->end - in->at) >= len && memcmp(in->at, words[i], len) == 0) {
            in->at += len;
            return true;
        }
    }
    return second_number(in);
}

static bool
second_accepts(const char *text, size_t len)
{
    struct second in = { text, text + len };

    if (!second_value(&in))
        return false;
    second_space(&in);
    return in.at == in.end;
}

/* ---- the reader under test --------------------------------------------------------------- */

/* Texts whose end was not for ever, or whose fault was not told. */
static unsigned astray;

static bool
accepts(const char *text, size_t len)
{
    char *copy = malloc(len + (len == 0));
    struct hf_json json;

    memcpy(copy, text, len);
    hf_json_open(&json, hf_span(copy, len));
    bool good = hf_json_finish(&json);
    bool stays = hf_json_next(&json) == (good ? HF_JSON_END : HF_JSON_BAD);
    bool told = good ? json.wrong == NULL : json.wrong != NULL && json.off <= len;
    free(copy);
    astray += !stays || !told;
    return good;
}

/* All tokens in one string: a letter each, and what names and scalars say. */
static const char *
tokens(const char *text)
{
    static char told[1024];
    static const char letters[] = "!.{}[]nsdTFN";
    size_t len = strlen(text), used = 0;
    char *copy = malloc(len + 1), said[256];
    struct hf_json json;

    memcpy(copy, text, len);
    hf_json_open(&json, hf_span(copy, len));
    do {
        hf_json_next(&json);
        told[used++] = letters[json.kind];
        if (json.kind == HF_JSON_NAME || json.kind == HF_JSON_STRING) {
            hf_json_text(&json, said, sizeof said);
            used += (size_t)snprintf(told + used, sizeof told - used, "<%s>", said);
        } else if (json.kind == HF_JSON_NUMBER) {
            used += (size_t)snprintf(told + used, sizeof told - used, "<%.*s>",
                                     (int)json.token.len, (const char *)json.token.at);
        }
    } while (json.kind > HF_JSON_END && used < sizeof told - 300);
    told[used] = 0;
    free(copy);
    return told;
}

#define RICH                                                                                   \
    " {\"a\" : [1, -0.5e+3,{}, [ ] "                                                           \
    ",\"\\u00e9\\ud83d\\ude00\\n\\\"\"],\n\"b\\\\\":{\"c\":null},"                             \
    "\"\":[true,false]}\t"

static void
test_tokens(void)
{
    TAP_OK(strcmp(tokens(RICH), "{n<a>[d<1>d<-0.5e+3>{}[]s<\xc3\xa9\xf0\x9f\x98\x80\n\">]"
                                "n<b\\>{n<c>N}n<>[TF]}.") == 0,
           "a text is told token by token, escapes expanded");
    TAP_OK(strcmp(tokens("7"), "d<7>.") == 0 && strcmp(tokens("\"x\""), "s<x>.") == 0,
           "a scalar is a text");
}

static void
test_all_short(void)
{
    static const char letters[] = "{}[],:\"\\ 1-0.e";
    const size_t count = sizeof letters - 1;
    size_t all = 1;
    unsigned wrong = 0, good = 0;

    for (size_t len = 0; len <= 5; len++, all *= count) {
        for (size_t n = 0; n < all; n++) {
            char text[8];
            size_t rest = n;
            for (size_t i = 0; i < len; i++, rest /= count)
                text[i] = letters[rest % count];
            bool want = second_accepts(text, len);
            wrong += accepts(text, len) != want;
            good += want;
        }
    }
    TAP_OK(wrong == 0 && good > 1000, "every short text is judged as the grammar judges it");
}

static void
test_cuts_and_changes(void)
{
    static const char text[] = RICH;
    const size_t len = strlen(text);
    char changed[sizeof text];
    unsigned cut = 0, other = 0;

    for (size_t i = 0; i + 1 < len; i++) /* its last byte is a space */
        cut += accepts(text, i);
    TAP_OK(accepts(text, len) && accepts(text, len - 1) && cut == 0,
           "a text that is cut is refused");
    for (size_t i = 0; i < len; i++) {
        memcpy(changed, text, len);
        for (unsigned c = 0; c < 256; c++) {
            changed[i] = (char)c;
            /* The second reader knows neither \u nor bytes beyond ASCII. */
            if (c < 0x80 && memchr(changed, 'u', len) == NULL)
                other += accepts(changed, len) != second_accepts(changed, len);
            else
                (void)accepts(changed, len);
        }
    }
    TAP_OK(other == 0, "a text with any one byte changed is judged, and nothing else read");
}

static bool
refused(const char *text, const char *why, size_t off)
{
    struct hf_json json;

    hf_json_open(&json, hf_span(text, strlen(text)));
    return !hf_json_finish(&json) && strstr(json.wrong, why) != NULL && json.off == off;
}

static void
test_refusals(void)
{
    TAP_OK(refused("[1,]", "a value is wanted", 3) && refused("{\"a\":1,}", "a name", 7) &&
               refused("[1 2]", "comma", 3) && refused("{\"a\" 1}", "colon", 5) &&
               refused("{1:2}", "a name", 1) && refused("[1}", "comma", 2) &&
               refused("1 2", "behind the value", 2) && refused("", "too early", 0) &&
               refused("[", "too early", 1),
           "what is wrong is said with its place");
    TAP_OK(refused("01", "no number", 0) && refused("[-]", "no number", 1) &&
               refused("1.", "no number", 0) && refused("1e", "no number", 0) &&
               refused("+1", "a value", 0) && refused("0x1", "behind", 1) &&
               refused("NaN", "a value", 0),
           "numbers are those of the grammar");
    TAP_OK(refused("\"a", "no end", 0) && refused("\"\n\"", "control", 1) &&
               refused("\"\\x\"", "escape", 1) && refused("\"\\u12g4\"", "escape", 1) &&
               refused("\"\\ud800\"", "escape", 1) && refused("\"\\udc00\"", "escape", 1) &&
               refused("\"\\ud800\\u0041\"", "escape", 1) && refused("\"\\u12", "escape", 1) &&
               refused("\"\xc0\x80\"", "UTF-8", 1) && refused("\"\xed\xa0\x80\"", "UTF-8", 1),
           "strings are UTF-8, and half a pair is no character");
}

static void
test_depth(void)
{
    char text[2 * HF_JSON_DEPTH_MAX + 2];

    memset(text, '[', HF_JSON_DEPTH_MAX + 1);
    memset(text + HF_JSON_DEPTH_MAX, ']', HF_JSON_DEPTH_MAX);
    TAP_OK(accepts(text, 2 * HF_JSON_DEPTH_MAX), "brackets go as deep as is said");
    memset(text, '[', HF_JSON_DEPTH_MAX + 1);
    text[HF_JSON_DEPTH_MAX + 1] = 0;
    TAP_OK(refused(text, "brackets", HF_JSON_DEPTH_MAX), "and no deeper");
}

/* Opens `text` and takes its first token. */
static struct hf_json
first_of(const char *text)
{
    struct hf_json json;

    hf_json_open(&json, hf_span(text, strlen(text)));
    hf_json_next(&json);
    return json;
}

static bool
is_u64(const char *text, uint64_t want)
{
    struct hf_json json = first_of(text);
    uint64_t number;

    return hf_json_u64(&json, &number) && number == want;
}

static bool
is_double(const char *text, double want)
{
    struct hf_json json = first_of(text);
    double number;

    return hf_json_double(&json, &number) && fabs(number - want) < 1e-300;
}

static bool
is_no_number(const char *text)
{
    struct hf_json json = first_of(text);
    uint64_t number;

    return !hf_json_u64(&json, &number);
}

static void
test_numbers(void)
{
    char digits[400];
    double number;

    TAP_OK(is_u64("0", 0) && is_u64("18446744073709551615", UINT64_MAX) &&
               is_u64("\"18446744073709551615\"", UINT64_MAX),
           "64-bit numbers come as numbers and as strings");
    TAP_OK(is_no_number("18446744073709551616") && is_no_number("-1") && is_no_number("1.0") &&
               is_no_number("\"\"") && is_no_number("\"1a\"") && is_no_number("true") &&
               is_no_number("99999999999999999999") && is_no_number("\" 1\""),
           "what is no such number is refused");
    TAP_OK(is_double("-12.5e-1", -1.25) && is_double("0", 0) && is_double("1e2", 100),
           "numbers become doubles");
    memset(digits, '1', sizeof digits);
    struct hf_json json;
    hf_json_open(&json, hf_span(digits, sizeof digits));
    TAP_OK(hf_json_next(&json) == HF_JSON_NUMBER && !hf_json_double(&json, &number) &&
               hf_json_finish(&json),
           "a number too long for a double stays text");
    json = first_of("1e999");
    TAP_OK(!hf_json_double(&json, &number), "a number beyond all doubles is refused");
}

static void
test_texts(void)
{
    struct hf_json json = first_of("\"a\\u00e9\\/z\"");
    char to[8];

    TAP_OK(hf_json_is(&json, "a\xc3\xa9/z") && !hf_json_is(&json, "a\xc3\xa9/") &&
               !hf_json_is(&json, "a\xc3\xa9/zz") && !hf_json_is(&json, "a\\u00e9\\/z"),
           "a string is compared with its escapes expanded");
    TAP_OK(hf_json_text(&json, to, sizeof to) == 5 && strcmp(to, "a\xc3\xa9/z") == 0 &&
               hf_json_text(&json, NULL, 0) == 5,
           "and copied likewise");
    TAP_OK(hf_json_text(&json, to, 3) == 5 && strcmp(to, "a") == 0 &&
               hf_json_text(&json, to, 4) == 5 && strcmp(to, "a\xc3\xa9") == 0,
           "what is cut is cut between characters");
    json = first_of("12");
    TAP_OK(hf_json_text(&json, to, sizeof to) == 0 && to[0] == 0 && !hf_json_is(&json, "12"),
           "a number is no string");
}

static void
test_skip(void)
{
    static const char text[] = "{\"a\":[1,{\"b\":[]}],\"c\":2}";
    struct hf_json json = first_of(text);

    hf_json_next(&json);
    hf_json_next(&json);
    TAP_OK(hf_json_skip(&json) && hf_json_next(&json) == HF_JSON_NAME && hf_json_is(&json, "c"),
           "a value is skipped as a whole");
    hf_json_next(&json);
    TAP_OK(hf_json_skip(&json) && hf_json_next(&json) == HF_JSON_OBJECT_END &&
               hf_json_finish(&json),
           "a scalar is skipped by staying");
    json = first_of("[[1,2");
    TAP_OK(!hf_json_skip(&json) && !hf_json_skip(&json) && !hf_json_finish(&json),
           "what ends too early cannot be skipped");
}

int
main(void)
{
    test_tokens();
    test_all_short();
    test_cuts_and_changes();
    test_refusals();
    test_depth();
    test_numbers();
    test_texts();
    test_skip();
    TAP_OK(astray == 0, "an end is for ever, and what is wrong has its place and words");
    return tap_done();
}
