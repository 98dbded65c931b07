/*
 * report_draw.c - see report_draw.h. Nothing here comes from a string of the results but the
 * names of engines, which go out as text.
 */
#include "bench/report/report_draw.h"

#include "cli/page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *
bench_cell(char cell[BENCH_CELL_SIZE], double figure, const char *unit)
{
    static const struct {
        const char *of;
        const char *units[4];
    } known[] = {
        { "ns", { "ns", "µs", "ms", "s" } },
        { "B", { "B", "kB", "MB", "GB" } },
        { "/s", { "/s", "k/s", "M/s", "G/s" } },
    };

    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        unsigned i = 0;
        if (strcmp(known[k].of, unit) != 0)
            continue;
        for (; i < 3 && fabs(figure) >= 999.5; i++)
            figure /= 1000;
        (void)snprintf(cell, BENCH_CELL_SIZE, "%.*f %s",
                       i > 0 && fabs(figure) < 9.995 ? 2
                       : fabs(figure) < 99.95        ? 1
                                                     : 0,
                       figure, known[k].units[i]);
        return cell;
    }
    (void)snprintf(cell, BENCH_CELL_SIZE, "%.4g", figure);
    return cell;
}

/* A power of ten, for an axis: 1 µs, 10 µs, 100 µs. */
static const char *
decade(char cell[BENCH_CELL_SIZE], int power, const char *unit)
{
    static const char *const times[] = { "1", "10", "100" };

    if (power < 0)
        return bench_cell(cell, pow(10, power), unit);
    (void)bench_cell(cell, pow(10, power - power % 3), unit);
    char rest[BENCH_CELL_SIZE];
    (void)snprintf(rest, sizeof rest, "%s", strchr(cell, ' ') == NULL ? "" : strchr(cell, ' '));
    (void)snprintf(cell, BENCH_CELL_SIZE, "%s%s", times[power % 3], rest);
    return cell;
}

/* ---- a figure and its target ------------------------------------------------------------- */

#define TARGET_WIDTH 240.0
#define TARGET_HEIGHT 16.0
#define DECADES_BETTER 2.0 /* left of the target, */
#define DECADES_WORSE 1.0  /* and right of it */

/* Where a figure lies that is `times` as bad as the target. */
static double
target_x(double times)
{
    double x = (log10(times) + DECADES_BETTER) / (DECADES_BETTER + DECADES_WORSE);

    return TARGET_WIDTH * fmin(fmax(x, 0.01), 1);
}

static const char *
colour_of(const struct bench_report_judged *judged)
{
    return judged->is_wanted ? "good" : judged->holds ? "warn" : "bad";
}

void
bench_draw_target(FILE *to, const struct bench_report_judged *judged, bool grows)
{
    double times = grows ? judged->target / judged->figure : judged->figure / judged->target;
    double line = target_x(1);

    if (!(times > 0) || isinf(times))
        return;
    (void)fprintf(to,
                  "<svg viewBox=\"0 0 %.0f %.0f\" role=img aria-label=\"%.3g times the "
                  "target\"><rect x=0 y=5 width=%.0f height=6 rx=3 fill=\"var(--code)\"/>"
                  "<rect x=0 y=4 width=%.1f height=8 rx=3 fill=\"var(--%s)\"/>"
                  "<rect x=%.1f y=0 width=2 height=%.0f fill=\"var(--ink)\"/></svg>",
                  TARGET_WIDTH, TARGET_HEIGHT, times, TARGET_WIDTH, target_x(times),
                  colour_of(judged), line - 1, TARGET_HEIGHT);
}

/* ---- engines ----------------------------------------------------------------------------- */

#define TASK_WIDTH 330.0
#define TASK_LEFT 78.0
#define TASK_RIGHT 70.0
#define TASK_ROW 20.0
#define TASK_BOTTOM 18.0
#define OURS "holdfast"

/* Figures of one task, in order. */
static void
sort_figures(const struct bench_report_task *task, unsigned order[BENCH_REPORT_ENGINES_MAX])
{
    for (unsigned i = 0; i < task->figure_count; i++) {
        unsigned at = i;
        for (; at > 0 && task->figures[order[at - 1]] > task->figures[i]; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
}

/* The powers of ten that all positive figures lie between. */
static struct bench_axis
axis_around(const double *figures, unsigned count)
{
    double least = (double)INFINITY, most = 0;

    for (unsigned i = 0; i < count; i++) {
        if (!(figures[i] > 0) || isinf(figures[i]))
            continue;
        least = fmin(least, figures[i]);
        most = fmax(most, figures[i]);
    }
    if (!(most > 0))
        return (struct bench_axis){ 0, 1 };
    struct bench_axis axis = { (int)floor(log10(least)), (int)ceil(log10(most)) };
    axis.limit += axis.limit == axis.from;
    return axis;
}

/* 0 to 1 along the axis. */
static double
share(struct bench_axis axis, double figure)
{
    double at = (log10(figure) - axis.from) / (axis.limit - axis.from);

    return figure > 0 ? fmin(fmax(at, 0), 1) : 0;
}

static double
task_x(struct bench_axis axis, double figure)
{
    return TASK_LEFT + share(axis, figure) * (TASK_WIDTH - TASK_LEFT - TASK_RIGHT);
}

static void
draw_decades(FILE *to, struct bench_axis axis, double height, const char *unit)
{
    char cell[BENCH_CELL_SIZE];
    int step = (axis.limit - axis.from + 2) / 3; /* labels need room */

    for (int i = axis.from; i <= axis.limit; i++) {
        double x = task_x(axis, pow(10, i));
        (void)fprintf(to, "<path class=axis d=\"M%.1f 0V%.1f\"/>", x, height);
        if ((i - axis.from) % step == 0)
            (void)fprintf(to,
                          "<text x=%.1f y=%.1f text-anchor=middle style=\"font-size:10px\">"
                          "%s</text>",
                          x, height + 13, decade(cell, i, unit));
    }
    (void)fputc('\n', to);
}

void
bench_draw_task(FILE *to, const struct bench_report_task *task)
{
    unsigned order[BENCH_REPORT_ENGINES_MAX] = { 0 };
    struct bench_axis axis = axis_around(task->figures, task->figure_count);
    double height = TASK_ROW * task->figure_count;
    char cell[BENCH_CELL_SIZE];

    sort_figures(task, order);
    (void)fprintf(to, "<svg viewBox=\"0 0 %.0f %.0f\" role=img aria-label=\"engines\">\n",
                  TASK_WIDTH, height + TASK_BOTTOM);
    draw_decades(to, axis, height, task->unit);
    for (unsigned i = 0; i < task->figure_count; i++) {
        const char *name = task->engines[order[i]];
        double figure = task->figures[order[i]], y = TASK_ROW * i + TASK_ROW / 2;
        bool ours = strcmp(name, OURS) == 0;
        const char *colour = ours ? "kelp" : "soft";
        (void)fprintf(to, "<text x=%.0f y=%.1f text-anchor=end%s>", TASK_LEFT - 8, y + 4,
                      ours ? " style=\"fill:var(--kelp);font-weight:700\"" : "");
        hf_page_text(to, name);
        (void)fprintf(to,
                      "</text><path d=\"M%.1f %.1fH%.1f\" stroke=\"var(--%s)\" "
                      "stroke-width=%d opacity=%s /><circle cx=%.1f cy=%.1f r=%s "
                      "fill=\"var(--%s)\"/>",
                      TASK_LEFT, y, task_x(axis, figure), colour, ours ? 3 : 1,
                      ours ? "1" : ".6", task_x(axis, figure), y, ours ? "5" : "3.5", colour);
        (void)fprintf(to, "<text x=%.1f y=%.1f%s>%s</text>\n", TASK_WIDTH - TASK_RIGHT + 10,
                      y + 4, ours ? " style=\"fill:var(--ink);font-weight:700\"" : "",
                      bench_cell(cell, figure, task->unit));
    }
    (void)fputs("</svg>\n", to);
}

/* ---- histograms -------------------------------------------------------------------------- */

#define RIDGE_WIDTH 460.0
#define RIDGE_HEIGHT 34.0

struct bench_axis
bench_draw_axis(const struct bench_report *report)
{
    struct bench_axis axis = { 9, 1 };

    for (unsigned i = 0; i < report->row_count; i++) {
        const struct bench_report_row *row = &report->rows[i];
        if (row->bucket_count == 0)
            continue;
        double bounds[] = { fmax(row->buckets[0].from_ns, 1),
                            fmax(row->buckets[row->bucket_count - 1].from_ns, 1) * 1.1 };
        struct bench_axis own = axis_around(bounds, 2);
        axis.from = own.from < axis.from ? own.from : axis.from;
        axis.limit = own.limit > axis.limit ? own.limit : axis.limit;
    }
    return axis.from < axis.limit ? axis : (struct bench_axis){ 0, 1 };
}

static double
ridge_x(struct bench_axis axis, double ns)
{
    return share(axis, ns) * RIDGE_WIDTH;
}

void
bench_draw_axis_labels(FILE *to, struct bench_axis axis)
{
    char cell[BENCH_CELL_SIZE];

    (void)fprintf(to, "<svg viewBox=\"0 0 %.0f 14\" role=img aria-label=axis>", RIDGE_WIDTH);
    for (int i = axis.from; i < axis.limit; i++)
        (void)fprintf(to, "<text x=%.1f y=11 style=\"font-size:10.5px\">%s</text>",
                      ridge_x(axis, pow(10, i)) + 2, decade(cell, i, "ns"));
    (void)fputs("</svg>", to);
}

/* The outline: steps whose height is the logarithm of the count, so that tails can be seen. */
static void
draw_outline(FILE *to, struct bench_axis axis, const struct bench_report_row *row)
{
    double most = 1, base = RIDGE_HEIGHT - 2;

    for (unsigned i = 0; i < row->bucket_count; i++)
        most = fmax(most, row->buckets[i].count);
    (void)fprintf(to, "<path class=area style=\"stroke:var(--kelp);stroke-width:1.2\" d=\"");
    for (unsigned i = 0; i < row->bucket_count; i++) {
        const struct bench_report_bucket *bucket = &row->buckets[i];
        /* Eight buckets to a doubling (bench/result.c), the next one may be far away. */
        double limit = bucket->from_ns * 1.125;
        if (i + 1 < row->bucket_count && row->buckets[i + 1].from_ns < limit * 1.02)
            limit = row->buckets[i + 1].from_ns;
        double y = base - (base - 3) * log1p(bucket->count) / log1p(most);
        (void)fprintf(to, "M%.1f %.1fV%.1fH%.1fV%.1f", ridge_x(axis, bucket->from_ns), base, y,
                      fmax(ridge_x(axis, limit), ridge_x(axis, bucket->from_ns) + 1), base);
    }
    (void)fputs("\"/>", to);
}

void
bench_draw_histogram(FILE *to, struct bench_axis axis, const struct bench_report_row *row)
{
    const struct {
        double ns;
        const char *colour;
    } marks[] = { { row->p50_ns, "ink" }, { row->p99_ns, "warn" }, { row->p999_ns, "bad" } };

    (void)fprintf(to, "<svg viewBox=\"0 0 %.0f %.0f\" role=img aria-label=\"histogram\">",
                  RIDGE_WIDTH, RIDGE_HEIGHT);
    for (int i = axis.from; i <= axis.limit; i++)
        (void)fprintf(to, "<path class=axis d=\"M%.1f 0V%.0f\"/>", ridge_x(axis, pow(10, i)),
                      RIDGE_HEIGHT);
    draw_outline(to, axis, row);
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (marks[i].ns > 0)
            (void)fprintf(to,
                          "<path d=\"M%.1f 2V%.0f\" stroke=\"var(--%s)\" stroke-width=1.6 />",
                          ridge_x(axis, marks[i].ns), RIDGE_HEIGHT, marks[i].colour);
    }
    (void)fputs("</svg>", to);
}

/* ---- over time --------------------------------------------------------------------------- */

#define LINE_WIDTH 260.0
#define LINE_HEIGHT 30.0

void
bench_draw_line(FILE *to, const double *medians, unsigned count)
{
    double least = (double)INFINITY, most = 0;
    const char *pen = "M";

    for (unsigned i = 0; i < count; i++) {
        if (medians[i] > 0) {
            least = fmin(least, medians[i]);
            most = fmax(most, medians[i]);
        }
    }
    /* A tenth up and down is the least that fills the height: noise is not to look large. */
    double middle = log(least * most) / 2, half = fmax(log(most / least) / 2, 0.1);
    (void)fprintf(to, "<svg viewBox=\"0 0 %.0f %.0f\" role=img aria-label=\"over time\">",
                  LINE_WIDTH, LINE_HEIGHT);
    (void)fputs("<path class=line d=\"", to);
    for (unsigned i = 0; i < count; i++) {
        if (!(medians[i] > 0)) {
            pen = "M";
            continue;
        }
        double x = 4 + (LINE_WIDTH - 8) * i / (count > 1 ? count - 1 : 1);
        double y = LINE_HEIGHT / 2 - (log(medians[i]) - middle) / half * (LINE_HEIGHT / 2 - 4);
        (void)fprintf(to, "%s%.1f %.1f", pen, x, y);
        pen = "L";
    }
    (void)fputs("\"/></svg>", to);
}
