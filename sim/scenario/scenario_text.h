/*
 * scenario_text.h - the words of a scenario file, with their places, and back to text.
 *
 * The grammar below the directives: a line is words apart by blanks; `#` at the start of a word
 * begins a comment that runs to the end of the line. What the words mean is scenario.c's.
 *
 * Printing gives the normal form: the first word padded to a column, one blank between words.
 * A file in normal form is printed as it was, byte for byte.
 */
#ifndef SIM_SCENARIO_TEXT_H
#define SIM_SCENARIO_TEXT_H

#include "holdfast.h"

#include <stdio.h>

#define SIM_LINE_WORDS_MAX 64u
#define SIM_TEXT_SIZE_MAX (1u << 20)

/* A word; `at` ends with a 0. Columns count from 1. */
struct sim_word {
    char *at;
    unsigned column;
};

struct sim_line {
    unsigned number; /* from 1 */
    unsigned word_count;
    struct sim_word *words;
    char *comment;    /* from its '#', or NULL */
    const char *text; /* the whole line, as it stands in the file */
};

struct sim_text {
    char *path;
    char *source; /* lines, each ended with a 0 */
    char *cut;    /* the same, cut into words */
    struct sim_word *words;
    struct sim_line *lines;
    size_t line_count;
};

/* What is wrong with a file, for people: three lines, the last with a caret. */
struct sim_complaint {
    char text[1024];
};

/* False: *complaint says why. `source` is `len` bytes and is copied. */
bool sim_text_parse(struct sim_text *text, const char *path, const char *source, size_t len,
                    struct sim_complaint *complaint);
bool sim_text_read(struct sim_text *text, const char *path, struct sim_complaint *complaint);
void sim_text_fini(struct sim_text *text);
void sim_text_print(const struct sim_text *text, FILE *to);

/* Fills *complaint with "PATH:LINE:COLUMN: MESSAGE", the line and a caret; returns false. */
bool sim_text_complain(struct sim_complaint *complaint, const struct sim_text *text,
                       const struct sim_line *line, unsigned column, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

#endif
