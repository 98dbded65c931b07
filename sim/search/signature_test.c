/*
 * signature_test.c - failures that are one, and failures that are not.
 *
 * Method: pairs of texts as the judge writes them, from a table.
 */
#include "sim/search/signature.h"

#include "base/tap.h"

#include <string.h>

static const struct {
    const char *expected[2], *found[2];
    bool same;
    const char *what;
} pairs[] = {
    { { "a prefix of 3 to 9 commits", "a prefix of 0 to 12 commits" },
      { "2", "11" },
      true,
      "numbers are no difference" },
    { { "get as of 7: key 3 has 40 bytes of version 2", "get as of 1: key 0 has 0 bytes of "
                                                        "version 1" },
      { "it is not found", "it is not found" },
      true,
      "keys and versions are none" },
    { { "get as of 7: key 3 has 40 bytes of version 2",
        "scan as of 7: key 3 has 40 bytes of version 2" },
      { "it is not found", "it is not found" },
      false,
      "another door is a difference" },
    { { "every call returns", "every call returns" },
      { "a mutex was closed", "a wait began" },
      false,
      "another finding is one" },
    { { "verify has no finding", "verify has no finding" },
      { "put: IO (read wal-0000000001 at 512)", "put: IO (sync .: x)" },
      true,
      "the engine's own account in brackets is none" },
    { { "x", "x" }, { "no 'abc' here", "no 'd' here" }, true, "what is quoted is none" },
    { { "x", "x" },
      { "log.c:387: gone < count2", "log.c:401: gone < count2" },
      true,
      "the line of an assertion is none" },
    { { "x", "x" },
      { "log.c:387: gone < count", "log.c:387: count > 0" },
      false,
      "another assertion is one" },
};

static void
check_pairs(void)
{
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char a[SIM_SIGNATURE_SIZE], b[SIM_SIGNATURE_SIZE];
        sim_signature_of(a, "opens", pairs[i].expected[0], pairs[i].found[0]);
        sim_signature_of(b, "opens", pairs[i].expected[1], pairs[i].found[1]);
        if (!TAP_OK((strcmp(a, b) == 0) == pairs[i].same, "%s", pairs[i].what))
            printf("# %s\n# %s\n", a, b);
    }
}

static void
check_limits(void)
{
    char a[SIM_SIGNATURE_SIZE], b[SIM_SIGNATURE_SIZE], text[2 * SIM_SIGNATURE_SIZE];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    sim_signature_of(a, "opens", text, text);
    TAP_OK(strlen(a) == SIM_SIGNATURE_SIZE - 1, "a long text is cut to the size");
    sim_signature_of(a, "opens", "(never closed", "'nor this");
    TAP_OK(strcmp(a, "opens: ~; \"") == 0, "what is never closed ends with the text");
    sim_signature_of(a, "opens", "", "");
    sim_signature_of(b, "reads", "", "");
    TAP_OK(strcmp(a, b) != 0, "another property is another failure");
}

int
main(void)
{
    check_pairs();
    check_limits();
    return tap_done();
}
