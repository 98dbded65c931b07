/*
 * report_draw.h - the pictures of the page, each an <svg> of its own.
 *
 * Axes of durations are logarithmic: what matters is how many times, from nanoseconds to
 * seconds. Colours are the page's (cli/page.h), so they follow light and dark.
 */
#ifndef BENCH_REPORT_DRAW_H
#define BENCH_REPORT_DRAW_H

#include "bench/report/report_read.h"

#include <stdio.h>

#define BENCH_CELL_SIZE 32u

/* A figure in the unit that suits it: durations from "ns", sizes from "B", else a number. */
const char *bench_cell(char cell[BENCH_CELL_SIZE], double figure, const char *unit);

/* How far a figure is from its target: the bar ends at the line, or before it. */
void bench_draw_target(FILE *to, const struct bench_report_judged *judged, bool grows);

/* All engines of a task on one axis, the best on top; ours stands out. */
void bench_draw_task(FILE *to, const struct bench_report_task *task);

/* From, to: powers of ten of nanoseconds that an axis shows. */
struct bench_axis {
    int from, limit;
};

/* The axis that has room for all histograms. */
struct bench_axis bench_draw_axis(const struct bench_report *report);
void bench_draw_axis_labels(FILE *to, struct bench_axis axis);
void bench_draw_histogram(FILE *to, struct bench_axis axis, const struct bench_report_row *row);

/* `count` medians over time, as a line; NaN leaves a gap. */
void bench_draw_line(FILE *to, const double *medians, unsigned count);

#endif
