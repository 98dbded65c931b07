/*
 * args.c - the options of the tool, and how each reads its value.
 */
#include "cli/args.h"

#include "cli/time_text.h"

#include <stddef.h>
#include <string.h>

/* ---- numbers and names ------------------------------------------------------------------- */

bool
hf_number_parse(uint64_t *number, const char *text)
{
    uint64_t sum = 0;

    if (text[0] == 0)
        return false;
    for (; *text != 0; text++) {
        if (*text < '0' || *text > '9')
            return false;
        uint64_t digit = (uint64_t)(*text - '0');
        if (sum > (UINT64_MAX - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    *number = sum;
    return true;
}

bool
hf_size_parse(uint64_t *bytes, const char *text)
{
    static const char *const units[] = { "", "KiB", "MiB", "GiB" };
    char digits[24];
    size_t len = strspn(text, "0123456789");

    if (len >= sizeof digits)
        return false;
    memcpy(digits, text, len);
    digits[len] = 0;
    for (unsigned i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(text + len, units[i]) != 0)
            continue;
        if (!hf_number_parse(bytes, digits) || *bytes > UINT64_MAX >> (10 * i))
            return false;
        *bytes <<= 10 * i;
        return true;
    }
    return false;
}

/* Reads one of `count` names as its index. */
static const char *
read_name(unsigned *index, const char *const *names, unsigned count, const char *text)
{
    *index = 0;
    while (*index < count && strcmp(names[*index], text) != 0)
        ++*index;
    return *index < count ? NULL : "";
}

/* ---- what options store ------------------------------------------------------------------ */

static const char *
read_mode(void *at, const char *value)
{
    static const char *const names[] = { "buffered", "strict", "memory" };
    static const enum hf_mode modes[] = { HF_MODE_BUFFERED, HF_MODE_STRICT, HF_MODE_MEMORY };
    unsigned index;
    const char *wrong = read_name(&index, names, 3, value);

    if (wrong == NULL)
        *(enum hf_mode *)at = modes[index];
    return wrong;
}

static const char *
read_format(void *at, const char *value)
{
    unsigned index;
    const char *wrong = read_name(&index, hf_format_names, HF_FORMAT_COUNT, value);

    if (wrong == NULL)
        *(enum hf_format *)at = (enum hf_format)index;
    return wrong;
}

static const char *
read_number(void *at, const char *value)
{
    return hf_number_parse(at, value) ? NULL : "a number is wanted";
}

static const char *
read_batch(void *at, const char *value)
{
    uint64_t *batch = at;

    return hf_number_parse(batch, value) && *batch > 0 ? NULL : "a number from 1 on";
}

static const char *
read_size(void *at, const char *value)
{
    return hf_size_parse(at, value)
               ? NULL
               : "a number of bytes, or one with KiB, MiB or GiB behind it";
}

static const char *
read_acks(void *at, const char *value)
{
    if (value[0] == 0 || strcmp(value, "-") == 0)
        return "it is rewritten in place, so it has to be a file";
    return hf_option_text(at, value);
}

/* A version, "@" and microseconds, or a time. */
static const char *
read_as_of(void *at, const char *value)
{
    struct hf_args *args = at;

    args->as_of_time = !hf_number_parse(&args->as_of, value);
    if (!args->as_of_time)
        return NULL;
    bool good = value[0] == '@' ? hf_number_parse(&args->as_of, value + 1)
                                : hf_time_parse(&args->as_of, value);
    return good ? NULL : "";
}

#define AT(member) offsetof(struct hf_args, member)

const struct hf_option hf_tool_options[HF_TOOL_OPTION_COUNT] = {
    { "--mode", HF_OPT_MODE, "MODE", "memory, buffered (default of load) or strict (of others)",
      read_mode, AT(mode) },
    { "--memory-limit", HF_OPT_MEMORY_LIMIT, "SIZE",
      "bytes of memory at most; also with KiB, MiB, GiB", read_size, AT(memory_limit) },
    { "--batch", HF_OPT_BATCH, "N", "records a commit (1)", read_batch, AT(batch) },
    { "--format", HF_OPT_FORMAT, "FORMAT", "tsv (default), mdb_dump or deb822", read_format,
      AT(format) },
    { "--acks", HF_OPT_ACKS, "FILE", "rewritten with the count of records after each commit",
      read_acks, AT(acks) },
    { "--prefix", HF_OPT_PREFIX, "PREFIX", "only keys that begin so", hf_option_text,
      AT(prefix) },
    { "--from", HF_OPT_FROM, "KEY", "from this key on", hf_option_text, AT(from) },
    { "--to", HF_OPT_TO, "KEY", "up to before this key", hf_option_text, AT(to) },
    { "--reverse", HF_OPT_REVERSE, NULL, "from the last key to the first", NULL, 0 },
    { "--limit", HF_OPT_LIMIT, "N", "at most so many records", read_number, AT(limit) },
    { "--as-of", HF_OPT_AS_OF, "WHEN",
      "as it was at a version, at a time (2025-03-01T09:30:00Z), or @microseconds", read_as_of,
      0 },
    { "--since", HF_OPT_SINCE, "VERSION", "only what changed after that snapshot", read_number,
      AT(since) },
    { "--escaped", HF_OPT_ESCAPED, NULL, "keys and values here have \\t \\n \\r \\\\ \\xHH",
      NULL, 0 },
};
