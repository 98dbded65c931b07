/*
 * page_test.c - every byte goes into a page as text: none opens a tag, ends an attribute or
 * breaks the encoding; numbers are cut to what a cell can hold.
 */
#define _POSIX_C_SOURCE 200809L

#include "cli/page.h"

#include "base/span.h"
#include "base/tap.h"
#include "cli/utf8.h"

#include <stdlib.h>

static char *text;
static size_t size;

static void
test_bytes(void)
{
    unsigned wrong = 0;

    for (unsigned c = 0; c < 256; c++) {
        char bytes[] = { 'a', (char)c, 'z' };
        FILE *to = open_memstream(&text, &size);
        hf_page_span(to, hf_span(bytes, sizeof bytes));
        fclose(to);
        wrong += strpbrk(text, "<>\"'") != NULL || strlen(text) != size;
        wrong += !hf_is_utf8(hf_span(text, size)) || text[0] != 'a' || text[size - 1] != 'z';
        wrong += strchr(text, '&') != NULL && strchr(text, ';') == NULL;
        free(text);
    }
    TAP_OK(wrong == 0, "no byte can become markup");
}

static void
test_page(void)
{
    FILE *to = open_memstream(&text, &size);

    hf_page_begin(to, "</title><script>alert(1)</script>");
    hf_page_end(to, "<b>");
    fclose(to);
    TAP_OK(strstr(text, "<script") == NULL && strstr(text, "<b>") == NULL &&
               strstr(text, "&lt;script&gt;") != NULL && strstr(text, "http") == NULL,
           "a page has no script, fetches nothing, and its title is text");
    free(text);
}

static void
test_numbers(void)
{
    static const struct {
        uint64_t number;
        const char *text;
        unsigned heat;
    } rows[] = { { 0, "0", 0 },         { 9, "9", 1 },          { 999, "999", 3 },
                 { 1000, "1.0k", 4 },   { 9999, "9.9k", 4 },    { 10000, "10k", 5 },
                 { 999999, "999k", 5 }, { 1000000, "1.0M", 5 }, { UINT64_MAX, "18E", 5 } };
    char to[HF_PAGE_SHORT_SIZE];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        TAP_OK(strcmp(hf_page_short(to, rows[i].number), rows[i].text) == 0 &&
                   hf_page_heat(rows[i].number) == rows[i].heat,
               "%s is short and has its heat", rows[i].text);
}

int
main(void)
{
    test_bytes();
    test_page();
    test_numbers();
    return tap_done();
}
