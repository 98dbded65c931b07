/*
 * page.h - the look that all pages share: one file each, with no script and nothing to fetch,
 * good in light and in dark, on paper and on a telephone.
 *
 * What a page is about goes out as text, and markup with numbers only: whatever somebody's
 * results have in their strings, it cannot become markup.
 *
 * Classes to use: `figures` (a row of <div><b>number</b> word</div>), `card`, `wide` (around a
 * table that may scroll), `num` (a cell with a number), `turn` (the head of a narrow column,
 * its <span> on its side), `good`, `bad`, `warn`, `quiet`, `badge`, `chip`, `grid`, h0 .. h5 (a
 * cell's heat, in a table `heat`), a table `tight`; <pre class=log>; in an <svg>: `axis`,
 * `line`, `line2`, `dot`, `area`.
 */
#ifndef HF_CLI_PAGE_H
#define HF_CLI_PAGE_H

#include "holdfast.h"

#include <stdint.h>
#include <stdio.h>

/* Everything up to the first section; `title` becomes the heading. */
void hf_page_begin(FILE *to, const char *title);
/* `made_by`: one line for the foot of the page. */
void hf_page_end(FILE *to, const char *made_by);

/* Text, with what would be markup escaped; what is no UTF-8 as U+FFFD. */
void hf_page_span(FILE *to, struct hf_span text);
void hf_page_text(FILE *to, const char *text);

/* A number with three digits at most and a letter for thousands: 812, 1.2k, 34M. */
#define HF_PAGE_SHORT_SIZE 16u
const char *hf_page_short(char to[HF_PAGE_SHORT_SIZE], uint64_t number);
/* The heat of a count: 0 for none, then by powers of ten up to 5. */
unsigned hf_page_heat(uint64_t count);

#endif
