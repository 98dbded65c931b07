/*
 * deb822_test.c - feeds whole texts line by line, from copies of exact length, and compares all
 * that they yield, written as "key=value;" in one string, with what the policy manual demands.
 */
#include "cli/deb822.h"

#include "base/span.h"
#include "base/tap.h"

#include <stdlib.h>
#include <string.h>

static char yielded[4096];
static struct hf_record record;

static void
keep(void)
{
    size_t len = strlen(yielded);
    (void)snprintf(yielded + len, sizeof yielded - len, "%.*s=%.*s;", (int)record.key.len,
                   record.key.at, (int)record.value.len, record.value.at);
}

/* All records go to `yielded`. Returns the last verdict. */
static enum hf_parsed
feed(const char *text)
{
    struct hf_deb822 deb;
    enum hf_parsed parsed = HF_PARSED_MORE;

    hf_deb822_init(&deb);
    hf_record_init(&record);
    yielded[0] = 0;
    for (const char *at = text; *at != 0 && parsed != HF_PARSED_BAD;) {
        size_t len = strcspn(at, "\n");
        char *copy = malloc(len + (len == 0));
        memcpy(copy, at, len);
        parsed = hf_deb822_line(&deb, &record, hf_span(copy, len));
        free(copy);
        if (parsed == HF_PARSED_RECORD)
            keep();
        at += len + (at[len] == '\n');
    }
    if (parsed != HF_PARSED_BAD) {
        parsed = hf_deb822_end(&deb, &record);
        if (parsed == HF_PARSED_RECORD)
            keep();
    }
    hf_deb822_fini(&deb);
    return parsed;
}

static bool
yields(const char *text, const char *want)
{
    return feed(text) != HF_PARSED_BAD && strcmp(yielded, want) == 0;
}

static bool
refused(const char *text, const char *why)
{
    return feed(text) == HF_PARSED_BAD && strstr(record.why, why) != NULL;
}

#define TAR "Package: tar\nVersion: 1.34\nArchitecture: amd64\n"
#define SED "Version:4.9\nPACKAGE:   sed\t\narchitecture: all\n"

static void
check(bool held, const char *name)
{
    TAP_OK(held, "%s", name);
    hf_record_fini(&record);
}

int
main(void)
{
    check(yields(TAR, "tar/1.34/amd64=" TAR ";"), "the end of the input ends a stanza");
    check(yields(TAR "\n" SED, "tar/1.34/amd64=" TAR ";sed/4.9/all=" SED ";"),
          "an empty line ends a stanza; order, case and spaces do not matter");
    check(
        yields("\n\n" TAR "\n \t\n\n" SED "\n", "tar/1.34/amd64=" TAR ";sed/4.9/all=" SED ";"),
        "several empty lines are as one, and one of spaces is empty");
    check(yields(TAR "Description: a\n b\n .\n\tc\n",
                 "tar/1.34/amd64=" TAR "Description: a\n b\n .\n\tc\n;"),
          "continuations belong to the value");
    check(yields("# x\n" TAR "#: y\nA: b\n", "tar/1.34/amd64=" TAR "A: b\n;"),
          "remarks are left out");
    check(yields("", ""), "an empty input has no records");
    check(yields("# only\n\n", ""), "nor has one of remarks");
    check(refused("Package: a\nVersion: 1\n\n", "no Architecture"), "a missing part is named");
    check(refused("Package: a\nVersion:\nArchitecture: x\n", "no Version"),
          "so is an empty one");
    check(refused(TAR "Version: 2\n", "second Version"), "a part is not given twice");
    check(refused(" x\n", "continuation"), "a continuation continues something");
    check(refused(TAR "\n x\n", "continuation"), "in its own stanza");
    check(refused(TAR "nonsense\n", "neither"), "any other line is refused");
    check(refused(TAR ": x\n", "neither"), "so is a field without a name");
    return tap_done();
}
