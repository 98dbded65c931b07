/*
 * args_test.c - command lines, each with the fields that must come of it or the words that its
 * refusal must have; and the numbers around every limit of a number or a size.
 */
#include "cli/args.h"

#include "base/tap.h"
#include "cli/nearest.h"

#include <string.h>

static const struct hf_verb verbs[] = {
    { "get", "DB KEY", "", 2, 2, HF_OPT_AS_OF, NULL },
    { "load", "DB FILE", "", 2, 2,
      HF_OPT_MODE | HF_OPT_MEMORY_LIMIT | HF_OPT_BATCH | HF_OPT_FORMAT, NULL },
    { "scan", "DB [FROM [TO]]", "", 1, 3, HF_OPT_PREFIX | HF_OPT_REVERSE | HF_OPT_LIMIT, NULL },
    { "trace", "VERB ...", "", 1, 9, HF_OPT_REST, NULL },
    { 0 },
};

static struct hf_args args;
static struct hf_error error;

/* Splits `line` at spaces. */
static bool
parse(const char *line)
{
    static char copy[256], name[] = "holdfast";
    char *argv[16] = { name };
    int argc = 1;

    (void)snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok(copy, " "); word != NULL && argc < 15; word = strtok(NULL, " "))
        argv[argc++] = word;
    return hf_args_parse(&args, verbs, argc, argv, &error);
}

static bool
refused(const char *line, const char *words)
{
    return !parse(line) && strstr(error.text, words) != NULL;
}

static void
test_accepted(void)
{
    TAP_OK(parse("get db k") && args.verb == &verbs[0] && args.word_count == 2 &&
               strcmp(args.words[1], "k") == 0 && args.as_of == HF_LATEST,
           "a verb and its words");
    TAP_OK(parse("load db f --mode strict --batch=7 --memory-limit 2MiB --format deb822") &&
               args.mode == HF_MODE_STRICT && args.batch == 7 &&
               args.memory_limit == 2u << 20 && args.format == HF_FORMAT_DEB822,
           "a value stands behind = or in the next word");
    TAP_OK(parse("--json --limit 3 scan db") && args.limit == 3 && args.given & HF_OPT_JSON,
           "options may stand before the verb");
    TAP_OK(parse("get db -- --json") && strcmp(args.words[1], "--json") == 0 &&
               (args.given & HF_OPT_JSON) == 0,
           "-- ends the options");
    TAP_OK(parse("trace --json get db --out -- -k") && args.word_count == 5 &&
               (args.given & (HF_OPT_JSON | HF_OPT_OUT)) == HF_OPT_JSON &&
               strcmp(args.words[3], "--") == 0,
           "a verb that takes another one leaves it all that stands behind its name");
    TAP_OK(parse("load db -") && strcmp(args.words[1], "-") == 0, "- is a word");
    TAP_OK(parse("get db k --as-of 7") && args.as_of == 7 && !args.as_of_time &&
               parse("get db k --as-of @7") && args.as_of == 7 && args.as_of_time &&
               parse("get db k --as-of 1970-01-01T00:00:07Z") && args.as_of == 7000000 &&
               args.as_of_time && parse("get db k --as-of @7 --as-of 8") && !args.as_of_time,
           "--as-of takes a version, microseconds or a time; the last one counts");
    TAP_OK(parse("--version") && args.version && parse("get --help") && parse("--help"),
           "--version and --help need nothing else");
}

static void
test_refused(void)
{
    TAP_OK(refused("", "no verb"), "a verb is needed");
    TAP_OK(refused("gte db k", "did you mean get?"), "swapped letters name the nearest verb");
    TAP_OK(refused("lod db k", "did you mean load?"), "so does a missing one");
    TAP_OK(refused("frobnicate", "--help"), "what is near to nothing names --help");
    TAP_OK(refused("load db f --bach 3", "did you mean --batch?"), "options likewise");
    TAP_OK(refused("get db k --batch 3", "no option '--batch'"), "an option of another verb");
    TAP_OK(refused("--batch 3 get db k", "no option '--batch'"), "also in front of the verb");
    TAP_OK(refused("get db", "too few"), "too few words");
    TAP_OK(refused("get db k v", "'v'"), "too many words");
    TAP_OK(refused("load db f --batch", "needs a value"), "a value that is missing");
    TAP_OK(refused("load db f --batch 0", "'0'"), "no batch is empty");
    TAP_OK(refused("get db k --as-of now", "'now'") && refused("get db k --as-of @", "'@'"),
           "no such moment");
    TAP_OK(refused("load db f --mode fast", "'fast'"), "no such mode");
    TAP_OK(refused("load db f --format csv", "'csv'"), "no such format");
    TAP_OK(refused("scan db --reverse=1", "no value"), "a value that is not wanted");
    TAP_OK(refused("scan db a --prefix b", "exclude"), "a range and a prefix");
    TAP_OK(refused("get db k -x", "no option '-x'"), "no short options");
}

static void
test_numbers(void)
{
    uint64_t n = 0;

    TAP_OK(hf_number_parse(&n, "0") && n == 0 && hf_number_parse(&n, "18446744073709551615") &&
               n == UINT64_MAX,
           "numbers go from 0 to 2^64 - 1");
    TAP_OK(!hf_number_parse(&n, "18446744073709551616") &&
               !hf_number_parse(&n, "99999999999999999999"),
           "and no further");
    TAP_OK(!hf_number_parse(&n, "") && !hf_number_parse(&n, "-1") &&
               !hf_number_parse(&n, "1x") && !hf_number_parse(&n, " 1"),
           "nothing but digits");
    TAP_OK(hf_size_parse(&n, "17") && n == 17 && hf_size_parse(&n, "3KiB") && n == 3072 &&
               hf_size_parse(&n, "1GiB") && n == 1u << 30,
           "sizes have units");
    TAP_OK(hf_size_parse(&n, "17179869183GiB") && !hf_size_parse(&n, "17179869184GiB"),
           "a size that does not fit is refused");
    TAP_OK(!hf_size_parse(&n, "KiB") && !hf_size_parse(&n, "1 KiB") &&
               !hf_size_parse(&n, "1kb"),
           "as is a unit alone, apart or unknown");
}

static void
test_nearest(void)
{
    static const char *const words[] = { "put", "get", "del", "load", "verify" };
    const char *best = NULL;
    size_t changes = 0;

    for (size_t i = 0; i < 5; i++)
        hf_nearest_offer(&best, &changes, "vrefiy", words[i]);
    TAP_OK(best == words[4] && changes == 2, "two swaps are two changes");
    best = NULL;
    hf_nearest_offer(&best, &changes, "xyz", "put");
    TAP_OK(best == NULL, "words with nothing in common are not near");
}

int
main(void)
{
    test_accepted();
    test_refused();
    test_numbers();
    test_nearest();
    return tap_done();
}
