/*
 * bench_args.c - options are looked up in one table, so that what is read, what is explained
 * and what is suggested can never differ.
 */
#include "bench/verbs_bench.h"

#include "cli/nearest.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *
read_variable(const char *name)
{
    return getenv(name);
}

/* Each reads a value and returns what is wrong with it, or NULL. */

static const char *
read_smoke(struct bench_args *args, const char *value)
{
    (void)value;
    args->size = BENCH_SMOKE;
    return NULL;
}

static const char *
read_quick(struct bench_args *args, const char *value)
{
    (void)value;
    args->size = BENCH_QUICK;
    return NULL;
}

static const char *
read_full(struct bench_args *args, const char *value)
{
    (void)value;
    args->size = BENCH_FULL;
    return NULL;
}

static const char *
read_filter(struct bench_args *args, const char *value)
{
    args->filter = value;
    return NULL;
}

static const char *
read_tier(struct bench_args *args, const char *value)
{
    return bench_tier_parse(&args->tier, value) ? NULL : "production, parallel, local or ci";
}

static const char *
read_directory(struct bench_args *args, const char *value)
{
    args->directory = value;
    return NULL;
}

static const char *
read_plant(struct bench_args *args, const char *value)
{
    args->plant = value;
    return NULL;
}

static const char *
read_why(struct bench_args *args, const char *value)
{
    args->why = value;
    return NULL;
}

static const char *
read_out(struct bench_args *args, const char *value)
{
    args->out = value;
    return NULL;
}

static const char *
read_nothing(struct bench_args *args, const char *value)
{
    (void)args;
    (void)value;
    return NULL;
}

struct option {
    const char *name;
    unsigned bit;
    const char *value; /* what to call its value in the help; NULL: it takes none */
    const char *about;
    const char *(*read)(struct bench_args *args, const char *value);
};

static const struct option options[] = {
    { "--quick", BENCH_OPT_SIZE, NULL, "less than three minutes for all (the default)",
      read_quick },
    { "--full", BENCH_OPT_SIZE, NULL, "less than thirty minutes for all", read_full },
    { "--smoke", BENCH_OPT_SIZE, NULL, "a few milliseconds a row, to see that all runs",
      read_smoke },
    { "--filter", BENCH_OPT_FILTER, "GLOB", "only rows whose name matches", read_filter },
    { "--tier", BENCH_OPT_TIER, "TIER", "production, parallel, local or ci", read_tier },
    { "--dir", BENCH_OPT_DIR, "FOLDER", "where databases are made (.)", read_directory },
    { "--plant", BENCH_OPT_PLANT, "NAME", "holdfast-bench-planted: with this mistake on",
      read_plant },
    { "--no-instructions", BENCH_OPT_NO_INSTRUCTIONS, NULL, "count without valgrind",
      read_nothing },
    { "--accept", BENCH_OPT_ACCEPT, NULL, "make what is measured the baseline", read_nothing },
    { "--why", BENCH_OPT_WHY, "TEXT", "what --accept writes into it", read_why },
    { "--json", BENCH_OPT_JSON, NULL, "print JSON instead of text", read_nothing },
    { "--out", BENCH_OPT_OUT, "FILE", "print to FILE instead of standard output", read_out },
    { "-o", BENCH_OPT_OUT, "FILE", "the same", read_out },
    { "--help", BENCH_OPT_HELP, NULL, "explain", read_nothing },
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

static unsigned
bits_of(const struct bench_verb *verb)
{
    return verb == NULL ? ~0u : verb->options | BENCH_OPT_OUT | BENCH_OPT_HELP;
}

static bool
unknown_option(const struct bench_args *args, const char *text, struct hf_error *error)
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
read_option(struct bench_args *args, int argc, char **argv, int *i, struct hf_error *error)
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
        const char *wrong = option->read(args, value);
        if (wrong != NULL)
            return refuse(error, "%s does not take '%s': %s", option->name, value, wrong);
        args->given |= option->bit;
        return true;
    }
    return unknown_option(args, text, error);
}

static bool
read_verb(struct bench_args *args, const struct bench_verb *verbs, const char *word,
          struct hf_error *error)
{
    const char *best = NULL;
    size_t best_changes = 0;

    for (const struct bench_verb *verb = verbs; verb->name != NULL; verb++) {
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

/* What stands between a verb and its words. */
static const char *
gap_of(const struct bench_verb *verb)
{
    return verb->words[0] == 0 ? "" : " ";
}

static bool
read_word(struct bench_args *args, const struct bench_verb *verbs, const char *word,
          struct hf_error *error)
{
    if (args->verb == NULL)
        return read_verb(args, verbs, word, error);
    if (args->word_count >= args->verb->word_max)
        return refuse(error, "%s: one word too many: '%s'; usage: holdfast-bench %s%s%s",
                      args->verb->name, word, args->verb->name, gap_of(args->verb),
                      args->verb->words);
    args->words[args->word_count++] = word;
    return true;
}

/* What can be judged only when everything has been read. */
static bool
check(const struct bench_args *args, struct hf_error *error)
{
    if (args->version || (args->given & BENCH_OPT_HELP) != 0)
        return true;
    if (args->verb == NULL)
        return refuse(error, "no verb; try --help");
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if ((args->given & options[i].bit & ~bits_of(args->verb)) != 0)
            return unknown_option(args, options[i].name, error);
    if (args->word_count < args->verb->word_min)
        return refuse(error, "%s: too few words; usage: holdfast-bench %s %s", args->verb->name,
                      args->verb->name, args->verb->words);
    return true;
}

bool
bench_args_parse(struct bench_args *args, const struct bench_verb *verbs, int argc, char **argv,
                 struct hf_error *error)
{
    bool options_end = false;

    *args = (struct bench_args){ .argv = argv,
                                 .size = BENCH_QUICK,
                                 .tier = bench_tier_find(read_variable),
                                 .directory = "." };
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
    }
    return check(args, error);
}

static void
help_options(unsigned bits, struct hf_output *output)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if ((options[i].bit & bits) != 0)
            hf_output_print(output, "  %-17s %-7s %s\n", options[i].name,
                            options[i].value == NULL ? "" : options[i].value, options[i].about);
}

void
bench_args_help(const struct bench_verb *verbs, const struct bench_verb *verb,
                struct hf_output *output)
{
    if (verb != NULL) {
        hf_output_print(output, "usage: holdfast-bench %s%s%s\n%s\n", verb->name, gap_of(verb),
                        verb->words, verb->about);
        help_options(bits_of(verb), output);
        return;
    }
    hf_output_print(output, "usage: holdfast-bench VERB [options] ...\n");
    for (verb = verbs; verb->name != NULL; verb++)
        hf_output_print(output, "  %-11s %-20s %s\n", verb->name, verb->words, verb->about);
    hf_output_print(output,
                    "Options; holdfast-bench VERB --help says which verb takes which:\n");
    help_options(~0u, output);
    hf_output_print(
        output,
        "  %-25s the version of this program\n"
        "A file named - is standard input or output; -- ends options.\n"
        "Status: 0 within limits, 1 a limit, baseline or count was broken, 2 usage, "
        "3 it could not measure.\n",
        "--version");
}
