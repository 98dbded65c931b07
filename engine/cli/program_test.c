/*
 * program_test.c - command lines, each with what must come of it or the words that its refusal
 * must have; the help names all that there is; and each end of a program has its exit status.
 */
#define _GNU_SOURCE
#include "cli/program.h"

#include "base/tap.h"
#include "cli/nearest.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORDS_MAX 16

struct test_args {
    struct hf_command_line line;
    const char *name, *other;
    bool flag;
    unsigned digit;
};

static const char *
read_digit(void *at, const char *value)
{
    if (strcmp(value, "ten") == 0)
        return "one digit is wanted";
    if (value[0] < '0' || value[0] > '9' || value[1] != 0)
        return "";
    *(unsigned *)at = (unsigned)(value[0] - '0');
    return NULL;
}

#define AT(member) offsetof(struct test_args, member)

static const struct hf_option options[] = {
    { "--name", 1, "NAME", "what to call it", hf_option_text, AT(name) },
    { "--digit", 2, "D", "0 to 9", read_digit, AT(digit) },
    { "--flag", 4, NULL, "to be seen", hf_option_true, AT(flag) },
    { "--quiet", 4, NULL, "only the bit", NULL, 0 },
    { "-o", 1, "NAME", "one thing to get", hf_option_text, AT(name) },
    { "-o", 2, "OTHER", "and another to load", hf_option_text, AT(other) },
};

static const struct hf_verb verbs[] = {
    { "get", "DB KEY", "reads", 2, 2, 1 },
    { "load", "DB FILE", "writes", 2, 2, 2 | 4 | HF_OPTION_FILES },
    { "scan", "[DB...]", "lists", 0, ~0u, 4 },
    { "trace", "VERB ...", "another verb", 1, 9, HF_OPTION_REST },
};

static const struct hf_verb *
verb_at(unsigned index)
{
    return index < sizeof verbs / sizeof *verbs ? &verbs[index] : NULL;
}

static int
run(struct hf_command_line *line, struct hf_output *output)
{
    hf_output_print(output, "%s%s\n", output->json ? "{}" : "", line->verb->name);
    return 7;
}

static const struct hf_program program = {
    .name = "test",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .verb_at = verb_at,
    .every_verb = HF_OPTION_JSON,
    .help_end = "Status: 7.",
    .status_usage = 2,
    .status_unwritable = 3,
    .status_lost_output = 4,
    .run = run,
};

static const char *words[WORDS_MAX];
static struct test_args args;
static struct hf_error error;

/* Splits `line` at spaces. */
static int
split(char **argv, const char *line)
{
    static char copy[256], name[] = "test";
    int argc = 1;

    argv[0] = name;
    (void)snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok(copy, " "); word != NULL && argc < WORDS_MAX;
         word = strtok(NULL, " "))
        argv[argc++] = word;
    return argc;
}

static bool
parse(const char *line)
{
    char *argv[WORDS_MAX];
    int argc = split(argv, line);

    args = (struct test_args){ .line = { .words = words } };
    return hf_command_line_read(&args.line, &program, argc, argv, &error);
}

static bool
is_word(unsigned index, const char *word)
{
    return index < args.line.word_count && strcmp(words[index], word) == 0;
}

static bool
refused(const char *line, const char *text)
{
    return !parse(line) && strstr(error.text, text) != NULL;
}

static void
test_accepted(void)
{
    TAP_OK(parse("get db k") && args.line.verb == &verbs[0] && args.line.verb_index == 0 &&
               args.line.word_count == 2 && is_word(1, "k") && args.line.given == 0,
           "a verb and its words");
    TAP_OK(parse("load db f --digit=7 --flag --out x") && args.digit == 7 && args.flag &&
               strcmp(args.line.out, "x") == 0 && args.line.given == (2 | 4 | HF_OPTION_OUT) &&
               parse("load --digit 3 db f") && args.digit == 3,
           "a value stands behind = or in the next word");
    TAP_OK(parse("--json --name scan get db k") && args.line.verb == &verbs[0] &&
               strcmp(args.name, "scan") == 0 && (args.line.given & HF_OPTION_JSON) != 0,
           "options may stand before the verb, and a value may look like one");
    TAP_OK(parse("get -o a db k") && strcmp(args.name, "a") == 0 && parse("-o a load db k") &&
               strcmp(args.other, "a") == 0 && args.name == NULL,
           "one name may mean one thing to one verb and another to the next");
    TAP_OK(parse("get db -- --json") && is_word(1, "--json") && args.line.given == 0 &&
               parse("-- get db k") && args.line.word_count == 2,
           "-- ends the options");
    TAP_OK(parse("trace --json get db --out -- -k") && args.line.word_count == 5 &&
               args.line.given == HF_OPTION_JSON && args.line.out == NULL && is_word(3, "--"),
           "a verb that takes another one leaves it all that stands behind its name");
    TAP_OK(parse("get db -") && is_word(1, "-"), "- is a word");
    TAP_OK(parse("load db f --digit 1 --digit 2") && args.digit == 2, "the last one counts");
    TAP_OK(parse("--version") && parse("get --help") && parse("--help") && parse("scan"),
           "--version and --help need nothing else");
}

static void
test_refused(void)
{
    TAP_OK(refused("", "no verb") && refused("--json", "no verb") && refused("--", "no verb"),
           "a verb is needed");
    TAP_OK(refused("gte db k", "did you mean get?"), "swapped letters name the nearest verb");
    TAP_OK(refused("lod db k", "did you mean load?"), "so does a missing one");
    TAP_OK(refused("help", "did you mean --help?") && refused("verison", "mean --version?"),
           "an option of every program that was taken for a verb");
    TAP_OK(refused("frobnicate", "--help"), "what is near to nothing names --help");
    TAP_OK(refused("load db f --digt 3", "load: no option '--digt'; did you mean --digit?"),
           "options likewise");
    TAP_OK(refused("--jsno get db k", "did you mean --json?"), "also in front of the verb");
    TAP_OK(refused("get db k --digit 3", "get: no option '--digit'"), "one of another verb");
    TAP_OK(refused("--digit 3 get db k", "get: no option '--digit'"),
           "likewise in front of it");
    TAP_OK(refused("get db", "too few words; usage: test get DB KEY"), "too few words");
    TAP_OK(refused("get db k v w", "'v'"), "too many words name the first of them");
    TAP_OK(refused("load db f --digit", "needs a value: --digit D"), "a value is missing");
    TAP_OK(refused("load db f --digit x", "--digit does not take 'x': 0 to 9"),
           "a value that is none is told what the help tells");
    TAP_OK(refused("load db f --digit ten", "one digit is wanted"), "or something better");
    TAP_OK(refused("load db f --flag=1", "no value"), "a value that is not wanted");
    TAP_OK(refused("get db k -x", "no option '-x'"), "no option of that letter");
}

static void
test_nearest(void)
{
    static const char *const known[] = { "put", "get", "del", "load", "verify" };
    const char *best = NULL;
    size_t changes = 0;

    for (size_t i = 0; i < 5; i++)
        hf_nearest_offer(&best, &changes, "vrefiy", known[i]);
    TAP_OK(best == known[4] && changes == 2, "two swaps are two changes");
    best = NULL;
    hf_nearest_offer(&best, &changes, "xyz", "put");
    TAP_OK(best == NULL, "words with nothing in common are not near");
}

/* ---- a whole program --------------------------------------------------------------------- */

static char path[64];

/* What a line prints with --out; its exit status is in *status. */
static const char *
printed(const char *line, int *status)
{
    static char text[4096];
    char whole[256];
    char *argv[WORDS_MAX];

    (void)snprintf(whole, sizeof whole, "--out %s %s", path, line);
    int argc = split(argv, whole);
    args = (struct test_args){ .flag = false };
    fflush(stdout);
    *status = hf_program_main(&program, &args.line, argc, argv);
    FILE *file = fopen(path, "r");
    size_t len = file == NULL ? 0 : fread(text, 1, sizeof text - 1, file);
    text[len] = 0;
    if (file != NULL)
        fclose(file);
    return text;
}

static void
test_help(void)
{
    int status;
    const char *text = printed("--help", &status);
    bool has_all = status == 0 && strstr(text, program.help_end) != NULL &&
                   strstr(text, "--out") != NULL && strstr(text, "--json") != NULL;

    for (unsigned i = 0; verb_at(i) != NULL; i++)
        has_all = has_all && strstr(text, verbs[i].words) != NULL &&
                  strstr(text, verbs[i].about) != NULL;
    TAP_OK(has_all, "the help has every verb");
    text = printed("load --help", &status);
    TAP_OK(status == 0 && strstr(text, "usage: test load DB FILE\nwrites\n") == text &&
               strstr(text, options[1].about) != NULL &&
               strstr(text, options[3].about) != NULL && strstr(text, options[0].about) == NULL,
           "that of a verb has its options and no other's");
}

static void
test_program(void)
{
    int status;

    TAP_OK(strcmp(printed("get db k", &status), "get\n") == 0 && status == 7,
           "a verb is run, prints, and has the last word on the status");
    TAP_OK(strcmp(printed("get --json db k", &status), "{}get\n") == 0, "as JSON, if asked");
    TAP_OK(strncmp(printed("--version", &status), "test ", 5) == 0 && status == 0, "--version");
    (void)printed("--out /dev/full get db k", &status);
    TAP_OK(status == program.status_lost_output, "a result that gets lost is a failure");
    (void)printed("--out /nowhere/x get db k", &status);
    TAP_OK(status == program.status_unwritable, "so is a place that cannot be written");
    char line[96];
    FILE *file = fopen(path, "w");
    TAP_OK(file != NULL && fputs("kept", file) >= 0 && fclose(file) == 0, "a file to be read");
    (void)snprintf(line, sizeof line, "load db ./%s", path);
    TAP_OK(strcmp(printed(line, &status), "kept") == 0 && status == program.status_usage,
           "is not what --out makes anew");
    (void)printed("gte", &status);
    TAP_OK(status == program.status_usage, "and a word that is none");
}

/* What hf_complain prints, in a text that stays until the next call. */
static const char *
complained(const char *text)
{
    static char line[4096];
    int kept = dup(STDERR_FILENO);
    FILE *file = fopen(path, "w+");

    if (kept < 0 || file == NULL || dup2(fileno(file), STDERR_FILENO) < 0)
        return "";
    hf_complain("test", text);
    bool is_back = dup2(kept, STDERR_FILENO) >= 0 && close(kept) == 0;
    rewind(file);
    size_t len = fread(line, 1, sizeof line - 1, file);
    line[len] = 0;
    (void)fclose(file);
    return is_back ? line : "";
}

static void
test_complaint(void)
{
    char longest[HF_ERROR_TEXT_SIZE];

    TAP_OK(strcmp(complained("no 'a\nb\x1b[31m' in C:\\kelp \xc3\xa9"),
                  "test: no 'a\\nb\\x1b[31m' in C:\\kelp \xc3\xa9\n") == 0,
           "what a name has in it breaks no line and moves no terminal");
    memset(longest, 1, sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    TAP_OK(strlen(complained(longest)) > 4 * (sizeof longest - 4), "the longest one fits");
}

int
main(void)
{
    test_accepted();
    test_refused();
    test_nearest();
    (void)snprintf(path, sizeof path, "program_test.XXXXXX");
    int fd = mkstemp(path);
    TAP_OK(fd >= 0 && close(fd) == 0, "a file for what is printed");
    test_help();
    test_program();
    test_complaint();
    (void)unlink(path);
    return tap_done();
}
