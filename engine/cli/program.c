/*
 * program.c - options are looked up in one table, so that what is read, what is explained and
 * what is suggested can never differ.
 *
 * The line is gone over twice: first for the verb, which says what its options mean, then for
 * all the rest.
 */
#define _POSIX_C_SOURCE 200809L

#include "cli/program.h"

#include "cli/escape.h"
#include "cli/nearest.h"

#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct hf_option common[] = {
    { "--json", HF_OPTION_JSON, NULL, "print JSON instead of text", NULL, 0 },
    { "--out", HF_OPTION_OUT, "FILE", "print to FILE instead of standard output",
      hf_option_text, offsetof(struct hf_command_line, out) },
    { "--help", HF_OPTION_HELP, NULL, "explain", NULL, 0 },
    { "--version", HF_OPTION_VERSION, NULL, "the version of this program", NULL, 0 },
};
#define COMMON_COUNT (sizeof common / sizeof common[0])
#define COMMON_BITS (HF_OPTION_OUT | HF_OPTION_HELP | HF_OPTION_VERSION)

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

void
hf_complain(const char *program, const char *text)
{
    char line[HF_ERROR_TEXT_SIZE * HF_ESCAPED_BYTE_MAX];
    size_t len = 0;

    for (; *text != 0 && len + HF_ESCAPED_BYTE_MAX < sizeof line; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20 || c == 0x7f)
            len += hf_escape_byte(line + len, c);
        else
            line[len++] = *text;
    }
    line[len] = 0;
    (void)fprintf(stderr, "%s: %s\n", program, line);
}

/* ---- options ----------------------------------------------------------------------------- */

const char *
hf_option_text(void *at, const char *value)
{
    *(const char **)at = value;
    return NULL;
}

const char *
hf_option_true(void *at, const char *value)
{
    (void)value;
    *(bool *)at = true;
    return NULL;
}

/* NULL behind the last one. */
static const struct hf_option *
option_at(const struct hf_program *program, unsigned index)
{
    if (index < program->option_count)
        return &program->options[index];
    index -= program->option_count;
    return index < COMMON_COUNT ? &common[index] : NULL;
}

/* Which options a verb takes; without one, all. */
static unsigned
bits_of(const struct hf_program *program, const struct hf_verb *verb)
{
    return verb == NULL ? ~0u : verb->options | program->every_verb | COMMON_BITS;
}

static bool
is_option(const char *word)
{
    return word[0] == '-' && word[1] != 0;
}

/* The option that a word begins with, up to its "="; NULL: it is none of the verb's. */
static const struct hf_option *
option_find(const struct hf_program *program, const struct hf_verb *verb, const char *word)
{
    const struct hf_option *option;
    size_t len = strcspn(word, "=");

    for (unsigned i = 0; (option = option_at(program, i)) != NULL; i++) {
        if (strlen(option->name) == len && memcmp(option->name, word, len) == 0 &&
            (option->bits & bits_of(program, verb)) != 0)
            return option;
    }
    return NULL;
}

static bool
unknown_option(const struct hf_program *program, const struct hf_verb *verb, const char *word,
               struct hf_error *error)
{
    const char *name = verb == NULL ? "" : verb->name, *colon = verb == NULL ? "" : ": ";
    const struct hf_option *option;
    const char *best = NULL;
    size_t best_changes = 0;

    for (unsigned i = 0; (option = option_at(program, i)) != NULL; i++) {
        if ((option->bits & bits_of(program, verb)) != 0)
            hf_nearest_offer(&best, &best_changes, word, option->name);
    }
    if (best == NULL)
        return refuse(error, "%s%sno option '%s'; try --help", name, colon, word);
    return refuse(error, "%s%sno option '%s'; did you mean %s?", name, colon, word, best);
}

/* One option at argv[*i], its value perhaps at the next place. */
static bool
read_option(struct hf_command_line *line, const struct hf_program *program, int argc,
            char **argv, int *i, struct hf_error *error)
{
    const struct hf_option *option = option_find(program, line->verb, argv[*i]);
    const char *value = strchr(argv[*i], '=');

    if (option == NULL)
        return unknown_option(program, line->verb, argv[*i], error);
    if (option->value == NULL && value != NULL)
        return refuse(error, "%s takes no value", option->name);
    if (value != NULL) {
        value++;
    } else if (option->value != NULL) {
        if (*i + 1 >= argc)
            return refuse(error, "%s needs a value: %s %s", option->name, option->name,
                          option->value);
        value = argv[++*i];
    }
    line->given |= option->bits;
    const char *wrong =
        option->read == NULL ? NULL : option->read((char *)line + option->at_off, value);
    if (wrong == NULL)
        return true;
    return refuse(error, "%s does not take '%s': %s", option->name, value,
                  wrong[0] == 0 ? option->about : wrong);
}

/* ---- verbs and words --------------------------------------------------------------------- */

static bool
read_verb(struct hf_command_line *line, const struct hf_program *program, const char *word,
          struct hf_error *error)
{
    const struct hf_verb *verb;
    const char *best = NULL;
    size_t best_changes = 0;

    /* Before the verbs: "help" is as near to "del", and is not what was meant. */
    for (unsigned i = 0; i < COMMON_COUNT; i++)
        hf_nearest_offer(&best, &best_changes, word, common[i].name);
    for (unsigned i = 0; (verb = program->verb_at(i)) != NULL; i++) {
        if (strcmp(verb->name, word) == 0) {
            line->verb = verb;
            line->verb_index = i;
            return true;
        }
        hf_nearest_offer(&best, &best_changes, word, verb->name);
    }
    if (best == NULL)
        return refuse(error, "no verb '%s'; try --help", word);
    return refuse(error, "no verb '%s'; did you mean %s?", word, best);
}

/* Finds the verb: the first word. *at is its place, or argc. */
static bool
find_verb(struct hf_command_line *line, const struct hf_program *program, int argc, char **argv,
          int *at, struct hf_error *error)
{
    for (*at = 1; *at < argc; ++*at) {
        bool is_end = strcmp(argv[*at], "--") == 0;
        if (is_end && ++*at == argc)
            break;
        if (is_end || !is_option(argv[*at]))
            return read_verb(line, program, argv[*at], error);
        const struct hf_option *option = option_find(program, NULL, argv[*at]);
        if (option == NULL)
            return unknown_option(program, NULL, argv[*at], error);
        if (option->value != NULL && strchr(argv[*at], '=') == NULL)
            ++*at;
    }
    *at = argc;
    return true;
}

/* "usage: PROGRAM VERB WORDS", in a text that stays until the next call. */
static const char *
usage(const struct hf_program *program, const struct hf_verb *verb)
{
    static char text[HF_ERROR_TEXT_SIZE];

    (void)snprintf(text, sizeof text, "usage: %s %s%s%s", program->name, verb->name,
                   verb->words[0] == 0 ? "" : " ", verb->words);
    return text;
}

/* The word that --out names too: it would be empty before it is read. NULL: none. */
static const char *
find_overwritten(const struct hf_command_line *line)
{
    struct stat out, word;

    if ((line->verb->options & HF_OPTION_FILES) == 0 || line->out == NULL ||
        strcmp(line->out, "-") == 0 || stat(line->out, &out) != 0 || !S_ISREG(out.st_mode))
        return NULL;
    for (unsigned i = 0; i < line->word_count; i++) {
        if (strcmp(line->words[i], "-") != 0 && stat(line->words[i], &word) == 0 &&
            word.st_dev == out.st_dev && word.st_ino == out.st_ino)
            return line->words[i];
    }
    return NULL;
}

/* What can be judged only when everything has been read. */
static bool
check(const struct hf_command_line *line, const struct hf_program *program,
      struct hf_error *error)
{
    const struct hf_verb *verb = line->verb;

    if ((line->given & (HF_OPTION_HELP | HF_OPTION_VERSION)) != 0)
        return true;
    if (verb == NULL)
        return refuse(error, "no verb; try --help");
    if (line->word_count < verb->word_min)
        return refuse(error, "%s: too few words; %s", verb->name, usage(program, verb));
    if (line->word_count > verb->word_max)
        return refuse(error, "%s: one word too many: '%s'; %s", verb->name,
                      line->words[verb->word_max], usage(program, verb));
    const char *overwritten = find_overwritten(line);
    if (overwritten != NULL)
        return refuse(error, "%s: --out would overwrite '%s' before it is read", verb->name,
                      overwritten);
    return true;
}

bool
hf_command_line_read(struct hf_command_line *line, const struct hf_program *program, int argc,
                     char **argv, struct hf_error *error)
{
    bool options_end = false;
    int verb_at;

    line->verb = NULL;
    line->word_count = line->given = 0;
    if (!find_verb(line, program, argc, argv, &verb_at, error))
        return false;
    for (int i = 1; i < argc; i++) {
        if (i == verb_at)
            continue;
        if (!options_end && strcmp(argv[i], "--") == 0) {
            options_end = true;
        } else if (!options_end && is_option(argv[i])) {
            if (!read_option(line, program, argc, argv, &i, error))
                return false;
        } else {
            line->words[line->word_count++] = argv[i];
            options_end |= (line->verb->options & HF_OPTION_REST) != 0;
        }
    }
    return check(line, program, error);
}

/* ---- the help ---------------------------------------------------------------------------- */

static int
longer(int width, const char *text)
{
    return text != NULL && (int)strlen(text) > width ? (int)strlen(text) : width;
}

static void
help_options(const struct hf_program *program, unsigned bits, struct hf_output *output)
{
    const struct hf_option *option;
    int name_width = 0, value_width = 0;

    for (unsigned i = 0; (option = option_at(program, i)) != NULL; i++) {
        if ((option->bits & bits) != 0) {
            name_width = longer(name_width, option->name);
            value_width = longer(value_width, option->value);
        }
    }
    for (unsigned i = 0; (option = option_at(program, i)) != NULL; i++) {
        if ((option->bits & bits) != 0)
            hf_output_print(output, "  %-*s %-*s  %s\n", name_width, option->name, value_width,
                            option->value == NULL ? "" : option->value, option->about);
    }
}

static void
help_verbs(const struct hf_program *program, struct hf_output *output)
{
    const struct hf_verb *verb;
    int name_width = 0, words_width = 0;

    for (unsigned i = 0; (verb = program->verb_at(i)) != NULL; i++) {
        name_width = longer(name_width, verb->name);
        words_width = longer(words_width, verb->words);
    }
    for (unsigned i = 0; (verb = program->verb_at(i)) != NULL; i++)
        hf_output_print(output, "  %-*s %-*s  %s\n", name_width, verb->name, words_width,
                        verb->words, verb->about);
}

void
hf_program_help(const struct hf_program *program, const struct hf_verb *verb,
                struct hf_output *output)
{
    if (verb != NULL) {
        hf_output_print(output, "%s\n%s\n", usage(program, verb), verb->about);
        help_options(program, bits_of(program, verb), output);
        return;
    }
    hf_output_print(output, "usage: %s VERB [options] ...\n", program->name);
    help_verbs(program, output);
    hf_output_print(output, "Options of every verb; %s VERB --help has the others:\n",
                    program->name);
    help_options(program, program->every_verb | COMMON_BITS, output);
    hf_output_print(output,
                    "A file named - is standard input or output; -- ends options.\n%s\n",
                    program->help_end);
}

/* ---- a whole program --------------------------------------------------------------------- */

static int
explain_or_run(const struct hf_program *program, struct hf_command_line *line,
               struct hf_output *output)
{
    if ((line->given & HF_OPTION_VERSION) != 0)
        hf_output_print(output, "%s %s\n", program->name, hf_version_string());
    else if ((line->given & HF_OPTION_HELP) != 0)
        hf_program_help(program, line->verb, output);
    else
        return program->run(line, output);
    return 0;
}

static int
output_failed(const struct hf_program *program, const struct hf_output *output, int status)
{
    char text[HF_ERROR_TEXT_SIZE];

    (void)snprintf(text, sizeof text, "cannot write %s: %s", output->name,
                   strerror(output->error));
    hf_complain(program->name, text);
    return status;
}

static int
read_and_run(const struct hf_program *program, struct hf_command_line *line, int argc,
             char **argv)
{
    struct hf_output output;
    struct hf_error error;

    if (!hf_command_line_read(line, program, argc, argv, &error)) {
        hf_complain(program->name, error.text);
        return program->status_usage;
    }
    if (!hf_output_open(&output, line->out, (line->given & HF_OPTION_JSON) != 0))
        return output_failed(program, &output, program->status_unwritable);
    int status = explain_or_run(program, line, &output);
    if (!hf_output_close(&output))
        return output_failed(program, &output, program->status_lost_output);
    return status;
}

int
hf_program_main(const struct hf_program *program, struct hf_command_line *line, int argc,
                char **argv)
{
    /* A reader that goes away is a failed write, reported like any other. */
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* so is a file that has reached the limit of its size */
    if (!hf_output_hold_streams())
        return program->status_lost_output;
    line->words = calloc((size_t)argc + 1, sizeof *line->words);
    if (line->words == NULL) {
        (void)fprintf(stderr, "%s: no memory\n", program->name);
        return program->status_lost_output;
    }
    int status = read_and_run(program, line, argc, argv);
    free(line->words);
    return status;
}
