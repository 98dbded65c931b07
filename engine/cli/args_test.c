/*
 * args_test.c - options of the tool, each with the field that must come of it or with the
 * refusal; and the numbers around every limit of a number or a size.
 */
#include "cli/args.h"

#include "base/tap.h"

#include <string.h>

static struct hf_args args;

/* What is wrong with a value: "" if the help of the option says it, NULL if nothing is. */
static const char *
read_as(const char *name, const char *value)
{
    args = (struct hf_args)HF_ARGS_INIT;
    for (unsigned i = 0; i < HF_TOOL_OPTION_COUNT; i++) {
        const struct hf_option *option = &hf_tool_options[i];
        if (strcmp(option->name, name) == 0)
            return option->read((char *)&args + option->at_off, value);
    }
    return "no such option";
}

static bool
takes(const char *name, const char *value)
{
    return read_as(name, value) == NULL;
}

static bool
refuses(const char *name, const char *value)
{
    const char *wrong = read_as(name, value);

    return wrong != NULL && strcmp(wrong, "no such option") != 0;
}

static void
test_values(void)
{
    TAP_OK(takes("--mode", "strict") && args.mode == HF_MODE_STRICT &&
               takes("--mode", "memory") && args.mode == HF_MODE_MEMORY &&
               takes("--mode", "buffered") && args.mode == HF_MODE_BUFFERED &&
               refuses("--mode", "fast"),
           "there are three modes");
    TAP_OK(takes("--format", "deb822") && args.format == HF_FORMAT_DEB822 &&
               takes("--format", "mdb_dump") && args.format == HF_FORMAT_MDB_DUMP &&
               refuses("--format", "csv"),
           "and three formats");
    TAP_OK(takes("--batch", "7") && args.batch == 7 && refuses("--batch", "0"),
           "no batch is empty");
    TAP_OK(takes("--limit", "0") && args.limit == 0 && args.batch == 1,
           "a limit may be nothing; what is not said stays as it was");
    TAP_OK(takes("--memory-limit", "2MiB") && args.memory_limit == 2u << 20 &&
               takes("--since", "9") && args.since == 9,
           "a size and a version");
    TAP_OK(takes("--from", "a") && strcmp(args.from, "a") == 0 && takes("--to", "-") &&
               strcmp(args.to, "-") == 0 && takes("--prefix", "") && args.prefix[0] == 0 &&
               takes("--acks", "f") && strcmp(args.acks, "f") == 0,
           "texts are stored as they stand");
    TAP_OK(refuses("--acks", "-") && refuses("--acks", ""),
           "what is rewritten in place is a file");
}

static void
test_moments(void)
{
    TAP_OK(takes("--as-of", "7") && args.as_of == 7 && !args.as_of_time, "a version");
    TAP_OK(takes("--as-of", "@7") && args.as_of == 7 && args.as_of_time, "microseconds");
    TAP_OK(takes("--as-of", "1970-01-01T00:00:07Z") && args.as_of == 7000000 && args.as_of_time,
           "a time");
    TAP_OK(refuses("--as-of", "now") && refuses("--as-of", "@"), "no such moment");
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

int
main(void)
{
    test_values();
    test_moments();
    test_numbers();
    return tap_done();
}
