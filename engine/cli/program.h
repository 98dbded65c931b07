/*
 * program.h - what is the same in the three programs: a command line is read against a table of
 * options and one of verbs, the help is made of the same tables, and results go where --out
 * says.
 *
 *   PROGRAM VERB [options] WORD ...     options may stand anywhere before `--`, their values
 *                                       behind "=" or in the next place
 *
 * --json, --out, --help and --version are here; they need no row of a program's table.
 */
#ifndef HF_CLI_PROGRAM_H
#define HF_CLI_PROGRAM_H

#include "cli/output.h"

/* Options, a bit each. Those of a program begin with the lowest; these are of all of them. */
#define HF_OPTION_FILES (1u << 26) /* of a verb: its words are files that it reads */
#define HF_OPTION_REST (1u << 27)  /* of a verb: all from its first word on are words */
#define HF_OPTION_JSON (1u << 28)
#define HF_OPTION_OUT (1u << 29)
#define HF_OPTION_HELP (1u << 30)
#define HF_OPTION_VERSION (1u << 31)

struct hf_option {
    const char *name;
    unsigned bits;     /* set in `given`; it is one of the verbs that share a bit with it */
    const char *value; /* what to call its value in the help; NULL: it takes none */
    const char *about;
    /* Stores what the value says. Returns what is wrong with it, "" for what `about` says; else
     * NULL. `value` is NULL where none is taken. With NULL here only the bit is set. */
    const char *(*read)(void *at, const char *value);
    size_t at_off; /* where to store it: so far behind the beginning of the hf_command_line */
};

/* Stores a text, as it stands on the command line: a `const char *`. */
const char *hf_option_text(void *at, const char *value);
/* Stores true: a `bool`. */
const char *hf_option_true(void *at, const char *value);

struct hf_verb {
    const char *name;
    const char *words; /* what stands behind the name, for the help */
    const char *about;
    unsigned word_min, word_max;
    unsigned options; /* beyond those of every verb */
};

/* A command line that was read: the first member of the struct that a program's own options are
 * stored in. */
struct hf_command_line {
    const struct hf_verb *verb; /* NULL: none, for --help and --version alone */
    unsigned verb_index;
    const char **words; /* room for as many as argv has; the caller's */
    unsigned word_count;
    unsigned given; /* bits of the options */
    const char *out;
};

struct hf_program {
    const char *name;
    const struct hf_option *options;
    unsigned option_count;
    /* The verb of this index; NULL behind the last. */
    const struct hf_verb *(*verb_at)(unsigned index);
    unsigned every_verb;    /* options that all verbs take */
    const char *help_end;   /* the last lines of the help: exit statuses */
    int status_usage;       /* what to exit with: the command line is wrong; */
    int status_unwritable;  /* --out names nothing that can be written; */
    int status_lost_output; /* results did not get out */
    /* Carries out line->verb; returns the exit status. */
    int (*run)(struct hf_command_line *line, struct hf_output *output);
};

/*
 * Reads argv[1..argc) into *line, and into the struct that it begins, which the caller has
 * filled with what holds if nothing is said. False: error->text is one line that says what is
 * wrong and names the nearest known word.
 */
bool hf_command_line_read(struct hf_command_line *line, const struct hf_program *program,
                          int argc, char **argv, struct hf_error *error) HF_MUST_CHECK;
/* One line on standard error: "PROGRAM: text". Control bytes are escaped, so that a name that
 * came from outside neither breaks the line nor speaks to the terminal. */
void hf_complain(const char *program, const char *text);
/* Explains one verb, or with NULL the program. */
void hf_program_help(const struct hf_program *program, const struct hf_verb *verb,
                     struct hf_output *output);
/* All of a main function: reads the line, explains or runs, tells failures on standard error.
 * Returns the exit status. */
int hf_program_main(const struct hf_program *program, struct hf_command_line *line, int argc,
                    char **argv);

#endif
