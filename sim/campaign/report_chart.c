/*
 * report_chart.c - two lines: runs over time, and how many different things were met by which
 * seed. The second one says whether more seeds would find anything new.
 */
#include "cli/page.h"
#include "sim/campaign/report.h"
#include "sim/grow.h"

#include <inttypes.h>
#include <stdlib.h>

#define WIDTH 1040.0
#define HEIGHT 220.0
#define LEFT 52.0
#define RIGHT 16.0
#define TOP 12.0
#define BOTTOM 34.0
#define TICKS 4u

/* Where a share of the whole, 0 to 1, lies on the paper. */
static double
place_x(double share)
{
    return LEFT + share * (WIDTH - LEFT - RIGHT);
}

static double
place_y(double share)
{
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
}

/* The frame, and horizontal lines with their numbers up to `top`. */
static void
begin_chart(FILE *to, const char *label, uint64_t top)
{
    char text[HF_PAGE_SHORT_SIZE];

    fprintf(to, "<svg viewBox=\"0 0 %.0f %.0f\" role=img aria-label=\"%s\">\n", WIDTH, HEIGHT,
            label);
    for (unsigned i = 0; i <= TICKS; i++) {
        double y = place_y((double)i / TICKS);
        fprintf(to, "<path class=axis d=\"M%.1f %.1fH%.1f\"/>", place_x(0), y, place_x(1));
        fprintf(to, "<text x=%.0f y=%.1f text-anchor=end>%s</text>\n", LEFT - 8, y + 4,
                hf_page_short(text, top * i / TICKS));
    }
}

static void
label_x(FILE *to, double share, const char *text, const char *unit)
{
    fprintf(to, "<text x=%.1f y=%.1f text-anchor=%s>%s%s</text>\n", place_x(share),
            HEIGHT - BOTTOM + 20,
            share <= 0   ? "start"
            : share >= 1 ? "end"
                         : "middle",
            text, unit);
}

/* ---- runs over time ---------------------------------------------------------------------- */

static void
print_pace(FILE *to, const struct sim_pace *pace)
{
    uint64_t end = pace->at[pace->count - 1].ms, top = pace->at[pace->count - 1].runs;

    begin_chart(to, "runs over time", top);
    fprintf(to, "<path class=line d=\"M%.1f %.1f", place_x(0), place_y(0));
    for (unsigned i = 0; i < pace->count; i++)
        fprintf(to, "L%.1f %.1f", place_x((double)pace->at[i].ms / (double)end),
                place_y((double)pace->at[i].runs / (double)top));
    fputs("\"/>\n", to);
    for (unsigned i = 0; i <= TICKS; i++) {
        char text[32];
        snprintf(text, sizeof text, "%.1f", (double)end * i / TICKS / 1000);
        label_x(to, (double)i / TICKS, text, " s");
    }
    fputs("</svg>\n", to);
}

/* ---- what was new, over seeds ------------------------------------------------------------ */

static int
by_number(const void *left, const void *right)
{
    uint64_t a, b;

    a = *(const uint64_t *)left;
    b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

/* The lowest seeds of all that was met, ascending; the caller frees. */
static uint64_t *
first_seeds(const struct sim_report *report, size_t *count)
{
    uint64_t *seeds = sim_new((report->cell_count + HF_MARK_COUNT + 1) * sizeof *seeds);

    *count = 0;
    for (size_t i = 0; i < report->cell_count; i++)
        seeds[(*count)++] = report->cells[i].seed_first;
    for (unsigned i = 0; i < HF_MARK_COUNT; i++) {
        if (report->marks[i] > 0)
            seeds[(*count)++] = report->mark_seeds[i];
    }
    qsort(seeds, *count, sizeof *seeds, by_number);
    return seeds;
}

/* Doublings up to a number, with straight lines between: log2 without libm. */
static double
doublings(uint64_t number)
{
    unsigned whole = 0;

    while (number >> whole > 1)
        whole++;
    return whole + (double)number / (double)(UINT64_C(1) << whole) - 1;
}

static void
print_new(FILE *to, const struct sim_report *report, const uint64_t *seeds, size_t count)
{
    uint64_t last = 2;
    char text[HF_PAGE_SHORT_SIZE];

    for (size_t i = 0; i < report->scenario_count; i++)
        last = report->scenarios[i].seed_last > last ? report->scenarios[i].seed_last : last;
    double end = doublings(last);
    begin_chart(to, "different things met, over seeds", count);
    fprintf(to, "<path class=line d=\"M%.1f %.1f", place_x(0), place_y(0));
    for (size_t i = 0; i < count; i++) {
        if (i + 1 < count && seeds[i + 1] == seeds[i])
            continue;
        fprintf(to, "H%.1fV%.1f", place_x(doublings(seeds[i]) / end),
                place_y((double)(i + 1) / (double)count));
    }
    fprintf(to, "H%.1f\"/>\n", place_x(1));
    for (uint64_t seed = 1; seed < last - last / 4; seed *= 4)
        label_x(to, doublings(seed) / end, hf_page_short(text, seed), "");
    label_x(to, 1, hf_page_short(text, last), "");
    fputs("</svg>\n", to);
}

void
sim_report_charts(FILE *to, const struct sim_report *report)
{
    size_t count;
    uint64_t *seeds = first_seeds(report, &count);

    fputs("<h2 id=seeds>Over time and seeds</h2>\n", to);
    if (count > 0) {
        fprintf(
            to,
            "<p class=quiet>Different things met (a fault in a place, a mark) by the lowest "
            "seed that met them, seeds doubling from left to right: the last new one of %zu "
            "came with seed %" PRIu64 ".</p>\n<div class=card>\n",
            count, seeds[count - 1]);
        print_new(to, report, seeds, count);
        fputs("</div>\n", to);
    }
    if (report->pace.count > 1) {
        fputs("<p class=quiet>Runs done over time, all jobs together.</p>\n<div class=card>\n",
              to);
        print_pace(to, &report->pace);
        fputs("</div>\n", to);
    }
    free(seeds);
}
