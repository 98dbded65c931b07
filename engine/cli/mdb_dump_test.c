/*
 * mdb_dump_test.c - feeds whole dumps line by line, from copies of exact length, compares what
 * they yield, and cuts a good one at every byte: no cut may pass for a whole dump.
 */
#include "cli/mdb_dump.h"

#include "base/span.h"
#include "base/tap.h"

#include <stdlib.h>
#include <string.h>

static char yielded[1024];
static struct hf_record record;

static enum hf_parsed
feed(const char *text, size_t size)
{
    struct hf_mdb_dump dump;
    enum hf_parsed parsed = HF_PARSED_MORE;

    hf_mdb_dump_init(&dump);
    yielded[0] = 0;
    for (size_t at = 0; at < size && parsed != HF_PARSED_BAD;) {
        const char *newline = memchr(text + at, '\n', size - at);
        size_t len = newline == NULL ? size - at : (size_t)(newline - text) - at;
        char *copy = malloc(len + (len == 0));
        memcpy(copy, text + at, len);
        parsed = hf_mdb_dump_line(&dump, &record, hf_span(copy, len));
        free(copy);
        if (parsed == HF_PARSED_RECORD) {
            size_t used = strlen(yielded);
            (void)snprintf(yielded + used, sizeof yielded - used, "%.*s=%.*s;",
                           (int)record.key.len, record.key.at, (int)record.value.len,
                           record.value.at);
        }
        at += len + 1;
    }
    return parsed == HF_PARSED_BAD ? parsed : hf_mdb_dump_end(&dump, &record);
}

static bool
yields(const char *text, const char *want)
{
    return feed(text, strlen(text)) == HF_PARSED_MORE && strcmp(yielded, want) == 0;
}

static bool
refused(const char *text, const char *why)
{
    return feed(text, strlen(text)) == HF_PARSED_BAD && strstr(record.why, why) != NULL;
}

#define HEADER "VERSION=3\nformat=bytevalue\ntype=btree\nmapsize=1048576\nHEADER=END\n"
#define PRINT "VERSION=3\nformat=print\ntype=hash\nHEADER=END\n"
#define GOOD HEADER " 6b31\n 7631\n 6B32\n \nDATA=END\n"

static void
test_rules(void)
{
    TAP_OK(yields(GOOD, "k1=v1;k2=;"), "hex of either case; a value may be empty");
    TAP_OK(yields(HEADER "DATA=END\n", ""), "a dump may be empty");
    TAP_OK(yields(PRINT " a b\n \\5c\\\\\\41=\nDATA=END\n", "a b=\\\\A=;"),
           "print: characters stand for themselves, \\HH for bytes, \\\\ for a backslash");
    TAP_OK(refused("format=print\nHEADER=END\n", "VERSION=3"), "the version is demanded");
    TAP_OK(refused("VERSION=2\n", "VERSION=3"), "another version is refused");
    TAP_OK(refused("VERSION=3\nHEADER=END\n", "no line format="), "the format is demanded");
    TAP_OK(refused("VERSION=3\nformat=base64\n", "neither"), "another format is refused");
    TAP_OK(refused("VERSION=3\nrubbish\n", "NAME=VALUE"), "the header is of NAME=VALUE");
    TAP_OK(refused("VERSION=3\nduplicates=1\n", "several"), "duplicate keys are refused");
    TAP_OK(refused("VERSION=3\nkeys=0\n", "no keys"), "data without keys is refused");
    TAP_OK(refused(HEADER "6b\n", "space"), "data begins with a space");
    TAP_OK(refused(HEADER " 6b3\n", "hex"), "half a pair of digits is refused");
    TAP_OK(refused(HEADER " 6g\n", "hex"), "what is no digit is refused");
    TAP_OK(refused(PRINT " \\4\n", "backslash"), "print: half an escape is refused");
    TAP_OK(refused(PRINT " a\\\n", "backslash"), "print: a lone backslash is refused");
    TAP_OK(refused(HEADER " \n 61\nDATA=END\n", "key is empty"), "an empty key is refused");
    TAP_OK(refused(HEADER " 61\nDATA=END\n", "no value"), "a key needs its value");
    TAP_OK(refused(GOOD "VERSION=3\n", "follows"), "nothing follows DATA=END");
}

static void
test_cuts(void)
{
    unsigned whole = 0;

    /* All of it, and all but the last newline, are whole. */
    for (size_t size = 0; size < sizeof GOOD; size++)
        whole += feed(GOOD, size) == HF_PARSED_MORE;
    TAP_OK(whole == 2, "a dump that is cut short anywhere is refused (%u)", whole);
}

int
main(void)
{
    hf_record_init(&record);
    test_rules();
    test_cuts();
    hf_record_fini(&record);
    return tap_done();
}
