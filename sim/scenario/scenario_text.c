/*
 * scenario_text.c - cuts a scenario file into lines and words.
 *
 * The source is kept twice: once as it is, to be shown in complaints, once with a 0 behind each
 * word. Nothing here knows a directive; every input is either words or one complaint.
 */
#include "sim/scenario/scenario_text.h"

#include "sim/grow.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define DIRECTIVE_WIDTH 10 /* the column in which the second word starts */

bool
sim_text_complain(struct sim_complaint *complaint, const struct sim_text *text,
                  const struct sim_line *line, unsigned column, const char *format, ...)
{
    char message[400];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    int shown = (int)strlen(line->text) > 200 ? 200 : (int)strlen(line->text);
    unsigned caret = column > 200 ? 200 : column;
    snprintf(complaint->text, sizeof complaint->text, "%.200s:%u:%u: %s\n  %.*s\n  %*s",
             text->path, line->number, column, message, shown, line->text, (int)caret, "^");
    return false;
}

/* `len` bytes and a 0. */
static char *
copy_of(const char *at, size_t len)
{
    char *copy = sim_new(len + 1);

    if (len > 0)
        memcpy(copy, at, len);
    return copy;
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Counts lines, and words at most, so that both arrays are made once. */
static void
measure(const char *source, size_t len, size_t *lines, size_t *words)
{
    bool inside = false;

    *lines = len > 0 && source[len - 1] != '\n';
    *words = 0;
    for (size_t i = 0; i < len; i++) {
        bool blank = is_blank(source[i]) || source[i] == '\n';
        *lines += source[i] == '\n';
        *words += !blank && !inside;
        inside = !blank;
    }
}

/* Cuts one line, in place, into words behind *next. False: too many words. */
static bool
cut_line(struct sim_line *line, char *at, struct sim_word **next)
{
    char *start = at;

    line->words = *next;
    for (;;) {
        while (is_blank(*at))
            *at++ = 0;
        if (*at == 0)
            return true;
        if (*at == '#') {
            line->comment = at;
            return true;
        }
        if (line->word_count == SIM_LINE_WORDS_MAX)
            return false;
        *(*next)++ = (struct sim_word){ at, (unsigned)(at - start) + 1 };
        line->word_count++;
        while (*at != 0 && !is_blank(*at))
            at++;
    }
}

static void
trim_end(char *line)
{
    size_t len = strlen(line);

    while (len > 0 && is_blank(line[len - 1]))
        line[--len] = 0;
}

/* The byte that no text has, or `len`. */
static size_t
find_control(const char *source, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)source[i];
        if (c < 0x20 && c != '\n' && c != '\t' && c != '\r')
            return i;
    }
    return len;
}

static bool
complain_whole(struct sim_complaint *complaint, const struct sim_text *text, const char *why)
{
    struct sim_line line = { .number = 1, .text = "" };

    return sim_text_complain(complaint, text, &line, 1, "%s", why);
}

static bool
cut_all(struct sim_text *text, struct sim_complaint *complaint)
{
    struct sim_word *next = text->words;
    size_t off = 0;

    for (size_t i = 0; i < text->line_count; i++) {
        struct sim_line *line = &text->lines[i];
        size_t size = strlen(text->source + off) + 1;
        line->number = (unsigned)i + 1;
        line->text = text->source + off;
        trim_end(text->cut + off);
        if (!cut_line(line, text->cut + off, &next))
            return sim_text_complain(complaint, text, line, 1, "more than %u words in a line",
                                     SIM_LINE_WORDS_MAX);
        off += size;
    }
    return true;
}

bool
sim_text_parse(struct sim_text *text, const char *path, const char *source, size_t len,
               struct sim_complaint *complaint)
{
    size_t word_count;

    *text = (struct sim_text){ .path = copy_of(path, strlen(path)) };
    if (len > SIM_TEXT_SIZE_MAX)
        return complain_whole(complaint, text, "a scenario has at most 1 MiB");
    if (find_control(source, len) != len)
        return complain_whole(complaint, text, "this is no text: it has control characters");
    measure(source, len, &text->line_count, &word_count);
    text->source = copy_of(source, len);
    text->cut = copy_of(source, len);
    for (size_t i = 0; i < len; i++) {
        if (source[i] == '\n')
            text->source[i] = text->cut[i] = 0;
    }
    text->lines = sim_new((text->line_count + 1) * sizeof *text->lines);
    text->words = sim_new((word_count + 1) * sizeof *text->words);
    return cut_all(text, complaint);
}

bool
sim_text_read(struct sim_text *text, const char *path, struct sim_complaint *complaint)
{
    bool is_input = strcmp(path, "-") == 0;
    errno = 0;
    FILE *file = is_input ? stdin : fopen(path, "rb");
    char *source = sim_new(SIM_TEXT_SIZE_MAX + 1);
    size_t len = file == NULL ? 0 : fread(source, 1, SIM_TEXT_SIZE_MAX + 1, file);
    bool good = file != NULL && !ferror(file);

    if (good) {
        good = sim_text_parse(text, path, source, len, complaint);
    } else {
        *text = (struct sim_text){ 0 };
        snprintf(complaint->text, sizeof complaint->text, "%.900s: cannot be read: %s", path,
                 strerror(errno));
    }
    if (file != NULL && !is_input)
        fclose(file);
    free(source);
    return good;
}

void
sim_text_fini(struct sim_text *text)
{
    free(text->path);
    free(text->source);
    free(text->cut);
    free(text->words);
    free(text->lines);
    *text = (struct sim_text){ 0 };
}

void
sim_text_print(const struct sim_text *text, FILE *to)
{
    for (size_t i = 0; i < text->line_count; i++) {
        const struct sim_line *line = &text->lines[i];
        for (unsigned j = 0; j < line->word_count; j++) {
            if (j == 0 && line->word_count > 1)
                fprintf(to, "%-*s ", DIRECTIVE_WIDTH, line->words[j].at);
            else
                fprintf(to, "%s%s", line->words[j].at, j + 1 < line->word_count ? " " : "");
        }
        if (line->comment != NULL)
            fprintf(to, "%s%s", line->word_count > 0 ? " " : "", line->comment);
        fputc('\n', to);
    }
}
