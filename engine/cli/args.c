/*
 * args.c - options are looked up in one table, so that what is read, what is explained and what
 * is suggested can never differ.
 */
#include "cli/args.h"

#include "cli/nearest.h"
#include "cli/time_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct option {
    const char *name;
    unsigned bit;
    const char *value; /* what to call its value in the help; NULL: it takes none */
    const char *about;
};

static const struct option options[] = {
    { "--mode", HF_OPT_MODE, "MODE", "memory, buffered or strict" },
    { "--memory-limit", HF_OPT_MEMORY_LIMIT, "SIZE", "of all it holds; units KiB, MiB, GiB" },
    { "--batch", HF_OPT_BATCH, "N", "records a commit (1)" },
    { "--format", HF_OPT_FORMAT, "FORMAT", "tsv (default), mdb_dump or deb822" },
    { "--acks", HF_OPT_ACKS, "FILE", "rewritten with the count of records after each commit" },
    { "--prefix", HF_OPT_PREFIX, "PREFIX", "only keys that begin so" },
    { "--from", HF_OPT_FROM, "KEY", "from this key on" },
    { "--to", HF_OPT_TO, "KEY", "up to before this key" },
    { "--reverse", HF_OPT_REVERSE, NULL, "from the last key to the first" },
    { "--limit", HF_OPT_LIMIT, "N", "a number: at most so many records" },
    { "--as-of", HF_OPT_AS_OF, "WHEN",
      "as it was at a version, at a time (2025-03-01T09:30:00Z), or @microseconds" },
    { "--since", HF_OPT_SINCE, "VERSION", "only what changed after that snapshot" },
    { "--escaped", HF_OPT_ESCAPED, NULL, "keys and values here have \\t \\n \\r \\\\ \\xHH" },
    { "--json", HF_OPT_JSON, NULL, "print JSON instead of text" },
    { "--out", HF_OPT_OUT, "FILE", "print to FILE instead of standard output" },
    { "--help", HF_OPT_HELP, NULL, "explain" },
};
#define OPTION_COUNT (sizeof options / sizeof options[0])

static bool refuse(struct hf_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Fills *error; returns false. */
static bool
refuse(struct hf_error *error, const char *format, ...)
{
    va_list args;

    error->code = HF_ERR_INVALID;
    va_start(args, format);
    (void)vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    return false;
}

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

/* The index of `text` in `names`, or `count`. */
static unsigned
index_of(const char *const *names, unsigned count, const char *text)
{
    unsigned i = 0;
    while (i < count && strcmp(names[i], text) != 0)
        i++;
    return i;
}

static bool
read_mode(enum hf_mode *mode, const char *text)
{
    static const char *const names[] = { "buffered", "strict", "memory" };
    static const enum hf_mode modes[] = { HF_MODE_BUFFERED, HF_MODE_STRICT, HF_MODE_MEMORY };
    unsigned i = index_of(names, 3, text);

    if (i < 3)
        *mode = modes[i];
    return i < 3;
}

static bool
read_format(enum hf_format *format, const char *text)
{
    unsigned i = index_of(hf_format_names, HF_FORMAT_COUNT, text);

    if (i < HF_FORMAT_COUNT)
        *format = (enum hf_format)i;
    return i < HF_FORMAT_COUNT;
}

/* A version, "@" and microseconds, or a time. */
static bool
read_as_of(struct hf_args *args, const char *value)
{
    args->as_of_time = !hf_number_parse(&args->as_of, value);
    if (!args->as_of_time)
        return true;
    return value[0] == '@' ? hf_number_parse(&args->as_of, value + 1)
                           : hf_time_parse(&args->as_of, value);
}

/* Stores the value of one option; false if it is none. */
static bool
read_value(struct hf_args *args, unsigned bit, const char *value)
{
    switch (bit) {
    case HF_OPT_MODE:
        return read_mode(&args->mode, value);
    case HF_OPT_FORMAT:
        return read_format(&args->format, value);
    case HF_OPT_MEMORY_LIMIT:
        return hf_size_parse(&args->memory_limit, value);
    case HF_OPT_BATCH:
        return hf_number_parse(&args->batch, value) && args->batch > 0;
    case HF_OPT_LIMIT:
        return hf_number_parse(&args->limit, value);
    case HF_OPT_AS_OF:
        return read_as_of(args, value);
    case HF_OPT_SINCE:
        return hf_number_parse(&args->since, value);
    case HF_OPT_ACKS:
        args->acks = value;
        return true;
    case HF_OPT_PREFIX:
        args->prefix = value;
        return true;
    case HF_OPT_FROM:
        args->from = value;
        return true;
    case HF_OPT_TO:
        args->to = value;
        return true;
    case HF_OPT_OUT:
        args->out = value;
        return true;
    default:
        return true;
    }
}

/* The bits that stand on the command line of this verb; without one, all of them. */
static unsigned
bits_of(const struct hf_verb *verb)
{
    return verb == NULL ? ~0u : verb->options | HF_OPT_ALL_VERBS;
}

static bool
unknown_option(const struct hf_args *args, const char *text, struct hf_error *error)
{
    const char *best = NULL;
    size_t best_changes = 0;

    for (size_t i = 0; i < OPTION_COUNT; i++)
        if ((options[i].bit & bits_of(args->verb)) != 0)
            hf_nearest_offer(&best, &best_changes, text, options[i].name);
    hf_nearest_offer(&best, &best_changes, text, "--version");
    const char *verb = args->verb == NULL ? "" : args->verb->name;
    const char *colon = args->verb == NULL ? "" : ": ";
    if (best == NULL)
        return refuse(error, "%s%sno option '%s'; try --help", verb, colon, text);
    return refuse(error, "%s%sno option '%s'; did you mean %s?", verb, colon, text, best);
}

/* One option at argv[*i], its value perhaps at the next place. */
static bool
read_option(struct hf_args *args, int argc, char **argv, int *i, struct hf_error *error)
{
    const char *text = argv[*i];
    size_t len = strcspn(text, "=");
    const char *value = text[len] == '=' ? text + len + 1 : NULL;

    for (size_t n = 0; n < OPTION_COUNT; n++) {
        const struct option *option = &options[n];
        if (strlen(option->name) != len || memcmp(option->name, text, len) != 0 ||
            (option->bit & bits_of(args->verb)) == 0)
            continue;
        if (option->value == NULL && value != NULL)
            return refuse(error, "%s takes no value", option->name);
        if (option->value != NULL && value == NULL) {
            if (*i + 1 >= argc)
                return refuse(error, "%s needs a value: %s %s", option->name, option->name,
                              option->value);
            value = argv[++*i];
        }
        if (!read_value(args, option->bit, value))
            return refuse(error, "%s does not take '%s': %s", option->name, value,
                          option->about);
        args->given |= option->bit;
        return true;
    }
    return unknown_option(args, text, error);
}

static bool
read_verb(struct hf_args *args, const struct hf_verb *verbs, const char *word,
          struct hf_error *error)
{
    const char *best = NULL;
    size_t best_changes = 0;

    for (const struct hf_verb *verb = verbs; verb->name != NULL; verb++) {
        if (strcmp(verb->name, word) == 0) {
            args->verb = verb;
            return true;
        }
        hf_nearest_offer(&best, &best_changes, word, verb->name);
    }
    if (best == NULL)
        return refuse(error, "no verb '%s'; try --help", word);
    return refuse(error, "no verb '%s'; did you mean %s?", word, best);
}

static bool
read_word(struct hf_args *args, const struct hf_verb *verbs, const char *word,
          struct hf_error *error)
{
    if (args->verb == NULL)
        return read_verb(args, verbs, word, error);
    if (args->word_count >= args->verb->word_max)
        return refuse(error, "%s: one word too many: '%s'; usage: holdfast %s %s",
                      args->verb->name, word, args->verb->name, args->verb->words);
    args->words[args->word_count++] = word;
    return true;
}

/* What can be judged only when everything has been read. */
static bool
check(const struct hf_args *args, struct hf_error *error)
{
    if (args->version || (args->given & HF_OPT_HELP) != 0)
        return true;
    if (args->verb == NULL)
        return refuse(error, "no verb; try --help");
    /* Options before the verb were read without knowing it. */
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if ((args->given & options[i].bit & ~bits_of(args->verb)) != 0)
            return unknown_option(args, options[i].name, error);
    if (args->word_count < args->verb->word_min)
        return refuse(error, "%s: too few words; usage: holdfast %s %s", args->verb->name,
                      args->verb->name, args->verb->words);
    if ((args->given & HF_OPT_PREFIX) != 0 && args->word_count > 1)
        return refuse(error, "%s: --prefix and a range exclude each other", args->verb->name);
    return true;
}

bool
hf_args_parse(struct hf_args *args, const struct hf_verb *verbs, int argc, char **argv,
              struct hf_error *error)
{
    bool options_end = false;

    *args = (struct hf_args){ .batch = 1, .limit = UINT64_MAX, .as_of = HF_LATEST };
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        bool good;
        if (!options_end && strcmp(word, "--") == 0) {
            options_end = true;
            continue;
        }
        if (!options_end && strcmp(word, "--version") == 0)
            good = args->version = true;
        else if (!options_end && word[0] == '-' && word[1] != 0)
            good = read_option(args, argc, argv, &i, error);
        else
            good = read_word(args, verbs, word, error);
        if (!good)
            return false;
        options_end |= args->word_count > 0 && (args->verb->options & HF_OPT_REST) != 0;
    }
    return check(args, error);
}

static void print_line(hf_line_fn *line, void *context, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void
print_line(hf_line_fn *line, void *context, const char *format, ...)
{
    char text[HF_ERROR_TEXT_SIZE];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    line(context, text);
}

static void
help_options(unsigned bits, hf_line_fn *line, void *context)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if ((options[i].bit & bits) != 0)
            print_line(line, context, "  %-14s %-8s %s", options[i].name,
                       options[i].value == NULL ? "" : options[i].value, options[i].about);
}

void
hf_args_help(const struct hf_verb *verbs, const struct hf_verb *verb, hf_line_fn *line,
             void *context)
{
    if (verb != NULL) {
        print_line(line, context, "usage: holdfast %s %s", verb->name, verb->words);
        print_line(line, context, "%s", verb->about);
        help_options(bits_of(verb), line, context);
        return;
    }
    print_line(line, context, "usage: holdfast VERB [options] DB ...");
    for (verb = verbs; verb->name != NULL; verb++)
        print_line(line, context, "  %-10s %-18s %s", verb->name, verb->words, verb->about);
    print_line(line, context, "Options of every verb; holdfast VERB --help has the others:");
    help_options(HF_OPT_ALL_VERBS, line, context);
    print_line(line, context, "  %-23s the version of this tool", "--version");
    print_line(line, context, "A file named - is standard input or output; -- ends options.");
    print_line(line, context,
               "Status: 0 done, 1 not found or findings, 2 usage, 3 corrupt, 4 I/O error, "
               "5 busy.");
}
