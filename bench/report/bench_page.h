/*
 * bench_page.h - one page of everything: verdicts, peers, histograms, how it went over time.
 */
#ifndef BENCH_PAGE_H
#define BENCH_PAGE_H

#include "bench/report/report_read.h"

#include <stdio.h>

/*
 * Writes the page. `reports` are in the order of time, `count` at least one; the last one is
 * what the page is about, the others show where its figures come from.
 */
void bench_report_page(FILE *to, const struct bench_report *reports, unsigned count);

#endif
