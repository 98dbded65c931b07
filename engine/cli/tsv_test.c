/*
 * tsv_test.c - lines by hand for each rule, then every prefix of a line that uses them all.
 * Lines are copies of exact length, so that the sanitiser sees any step outside.
 */
#include "cli/tsv.h"

#include "base/span.h"
#include "base/tap.h"

#include <stdlib.h>
#include <string.h>

static struct hf_record record;

static enum hf_parsed
parse(const char *line, size_t len)
{
    char *copy = malloc(len + (len == 0));
    memcpy(copy, line, len);
    enum hf_parsed parsed = hf_tsv_line(&record, hf_span(copy, len));
    free(copy);
    return parsed;
}

static bool
yields(const char *line, struct hf_span key, struct hf_span value)
{
    return parse(line, strlen(line)) == HF_PARSED_RECORD &&
           hf_span_equal(hf_text_span(&record.key), key) &&
           hf_span_equal(hf_text_span(&record.value), value);
}

static bool
refused(const char *line, const char *why)
{
    return parse(line, strlen(line)) == HF_PARSED_BAD && strstr(record.why, why) != NULL;
}

static void
test_rules(void)
{
    TAP_OK(yields("k\tv", hf_span("k", 1), hf_span("v", 1)), "a tab parts key and value");
    TAP_OK(yields("k\t", hf_span("k", 1), hf_span("", 0)), "a value may be empty");
    TAP_OK(yields("a\\tb\\x00\tc\\nd\\\\", hf_span("a\tb\0", 4), hf_span("c\nd\\", 4)),
           "both fields are unescaped");
    TAP_OK(yields("\xc3\xa9\t\xff", hf_span("\xc3\xa9", 2), hf_span("\xff", 1)),
           "bytes above ASCII stand for themselves");
    TAP_OK(refused("kv", "no tab"), "a line without a tab is refused");
    TAP_OK(refused("", "no tab"), "an empty line is refused");
    TAP_OK(refused("k\tv\tw", "second tab"), "a second tab is refused");
    TAP_OK(refused("\tv", "key is empty"), "an empty key is refused");
    TAP_OK(refused("a\\q\tv", "byte 2 "), "a bad escape in the key is refused with its place");
    TAP_OK(refused("ab\tc\\", "byte 5 "), "a bad escape in the value is refused likewise");
}

static void
test_key_limit(void)
{
    size_t len = HF_KEY_SIZE_MAX + 3;
    char *line = malloc(len);

    memset(line, 'k', len);
    line[HF_KEY_SIZE_MAX] = '\t';
    TAP_OK(parse(line, len) == HF_PARSED_RECORD, "the longest key is taken");
    line[HF_KEY_SIZE_MAX] = 'k';
    line[HF_KEY_SIZE_MAX + 1] = '\t';
    TAP_OK(parse(line, len) == HF_PARSED_BAD && strstr(record.why, "65536") != NULL,
           "a key one byte longer is refused, with its size");
    free(line);
}

static void
test_prefixes(void)
{
    static const char line[] = "k\\t\\x41\tv\\n\\\\\\xfFw";
    unsigned records = 0, bad = 0;

    for (size_t len = 0; len < sizeof line; len++) {
        enum hf_parsed parsed = parse(line, len);
        records += parsed == HF_PARSED_RECORD;
        bad += parsed == HF_PARSED_BAD;
    }
    TAP_OK(records == 6 && bad == sizeof line - 6,
           "a line cut anywhere is a shorter record or refused (%u, %u)", records, bad);
}

int
main(void)
{
    hf_record_init(&record);
    test_rules();
    test_key_limit();
    test_prefixes();
    hf_record_fini(&record);
    return tap_done();
}
