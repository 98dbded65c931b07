/*
 * bench_page.c - see bench_page.h.
 */
#include "bench/report/bench_page.h"

#include "bench/report/report_draw.h"
#include "cli/page.h"

#include <math.h>
#include <string.h>

/* Whether more is better; "value" is said of both kinds, and then the verdict tells. */
static bool
grows(const struct bench_report_judged *judged)
{
    if (strcmp(judged->measure, "value") == 0)
        return judged->is_wanted == (judged->figure > judged->target);
    return strcmp(judged->measure, "ops_per_s") == 0;
}

static const char *
unit_of(const struct bench_report_row *row, const char *measure)
{
    if (strcmp(measure, "value") == 0)
        return row->unit;
    return strcmp(measure, "ops_per_s") == 0 ? "/s" : "ns";
}

/* "p99" of "p99_ns". */
static void
print_measure(FILE *to, const char *measure)
{
    size_t len = strlen(measure);

    if (len > 3 && strcmp(measure + len - 3, "_ns") == 0)
        len -= 3;
    hf_page_span(to, (struct hf_span){ measure, len });
}

static void
cell(FILE *to, double figure, const char *unit)
{
    char text[BENCH_CELL_SIZE];

    (void)fprintf(to, "<td class=num>%s",
                  isnan(figure) ? "&ndash;" : bench_cell(text, figure, unit));
}

static void
name_cell(FILE *to, const char *name)
{
    (void)fputs("<tr><td>", to);
    hf_page_text(to, name);
}

/* ---- the head ---------------------------------------------------------------------------- */

static void
print_facts(FILE *to, const struct bench_report *report)
{
    static const char *const names[] = { "time",   "holdfast", "cpu",         "cores",
                                         "kernel", "libc",     "file_system", "compiler" };

    (void)fputs("<p>", to);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *text = bench_report_fact(report, names[i]);
        if (text[0] == 0)
            continue;
        (void)fputs("<span class=chip>", to);
        if (strcmp(names[i], "cores") == 0 || strcmp(names[i], "holdfast") == 0)
            (void)fprintf(to, "%s ", names[i]);
        hf_page_text(to, text);
        (void)fputs("</span>", to);
    }
    (void)fputs("</p>\n", to);
}

static void
print_counts(FILE *to, const struct bench_report *report)
{
    unsigned wanted = 0, far = 0, slow = 0;

    for (unsigned i = 0; i < report->row_count; i++) {
        const struct bench_report_row *row = &report->rows[i];
        for (unsigned j = 0; j < row->judged_count; j++) {
            wanted += row->judged[j].is_wanted;
            far += !row->judged[j].is_wanted && row->judged[j].holds;
            slow += !row->judged[j].holds;
        }
    }
    (void)fprintf(to,
                  "<div class=figures><div><b>%u</b> rows</div><div><b>%u</b> as good as "
                  "wanted</div><div%s><b>%u</b> within the limit only</div><div%s><b>%u</b> "
                  "beyond the limit</div>",
                  report->row_count, wanted, far > 0 ? " class=warn" : "", far,
                  slow > 0 ? " class=bad" : "", slow);
    (void)fputs("<div><b>", to);
    hf_page_text(to, report->tier);
    (void)fputs("</b> tier</div><div><b>", to);
    hf_page_text(to, report->size);
    (void)fputs("</b> size</div></div>\n", to);
}

/* ---- targets ----------------------------------------------------------------------------- */

static void
print_judged(FILE *to, const struct bench_report_row *row, unsigned i)
{
    const struct bench_report_judged *judged = &row->judged[i];
    const char *unit = unit_of(row, judged->measure);
    const char *class = judged->is_wanted ? "good" : judged->holds ? "warn" : "bad";
    const char *word = judged->is_wanted ? "as wanted" : judged->holds ? "far" : "beyond";

    name_cell(to, i == 0 ? row->name : "");
    (void)fputs("<td class=quiet>", to);
    print_measure(to, judged->measure);
    cell(to, judged->figure, unit);
    cell(to, judged->target, unit);
    (void)fputs("<td style=\"width:32%;min-width:160px\">", to);
    bench_draw_target(to, judged, grows(judged));
    (void)fprintf(to, "<td><span class=\"badge %s\"><span class=%s>%s</span></span>\n", class,
                  class, word);
}

static void
print_targets(FILE *to, const struct bench_report *report)
{
    bool any = false;

    for (unsigned i = 0; i < report->row_count; i++)
        any |= report->rows[i].judged_count > 0;
    if (!any)
        return;
    (void)fputs(
        "<h2 id=targets>Targets</h2>\n<p>Each bar ends where the figure is; the line is "
        "the target, and left of it is better, ten times a third of the way. Right of "
        "it a figure may still be within the limit of its tier.</p>\n"
        "<div class=wide><table><thead><tr><th>row<th>measure<th class=num>is"
        "<th class=num>wanted<th>better &larr; target &rarr; worse<th></thead><tbody>\n",
        to);
    for (unsigned i = 0; i < report->row_count; i++) {
        for (unsigned j = 0; j < report->rows[i].judged_count; j++)
            print_judged(to, &report->rows[i], j);
    }
    (void)fputs("</tbody></table></div>\n", to);
}

/* ---- peers ------------------------------------------------------------------------------- */

static void
print_standing(FILE *to, const struct bench_report_task *task,
               const struct bench_report_standing *standing)
{
    bool limit = strcmp(standing->against, "limit") == 0;
    const char *class = isnan(standing->wanted) ? "quiet" : standing->met ? "good" : "bad";
    char text[BENCH_CELL_SIZE];

    (void)fprintf(to, "<span class=\"badge %s\"><span class=%s>", class, class);
    if (limit) {
        (void)fprintf(to, "%s %s", standing->met ? "within" : "over",
                      bench_cell(text, standing->wanted, task->unit));
    } else {
        (void)fprintf(to, standing->figure < 0.1 ? "%.2g&times; " : "%.2f&times; ",
                      standing->figure);
        hf_page_text(to,
                     strcmp(standing->against, "alone") == 0 ? "one writer" : standing->peer);
        if (!isnan(standing->wanted))
            (void)fprintf(to, ", wanted %.4g&times;", standing->wanted);
    }
    (void)fputs("</span></span> ", to);
}

static void
print_engines(FILE *to, const struct bench_report *report)
{
    (void)fputs("<p>", to);
    for (unsigned i = 0; i < report->engine_count; i++) {
        const struct bench_report_engine *engine = &report->engines[i];
        (void)fputs("<span class=chip>", to);
        hf_page_text(to, engine->name);
        (void)fputc(' ', to);
        hf_page_text(to, engine->missing[0] != 0 ? "is missing" : engine->version);
        (void)fputs("</span>", to);
    }
    (void)fputs("</p>\n", to);
}

static void
print_peers(FILE *to, const struct bench_report *report)
{
    if (report->task_count == 0)
        return;
    (void)fprintf(
        to,
        "<h2 id=peers>Beside other engines</h2>\n<p>%.0f pairs of 16 + 100 bytes, "
        "medians of %.0f rounds, turn by turn, with the same durability. Further left "
        "is better; the axes are logarithmic.</p>\n",
        report->pairs, report->rounds);
    print_engines(to, report);
    (void)fputs("<div style=\"display:grid;gap:12px;grid-template-columns:"
                "repeat(auto-fill,minmax(min(330px,100%),1fr))\">\n",
                to);
    for (unsigned i = 0; i < report->task_count; i++) {
        const struct bench_report_task *task = &report->tasks[i];
        if (task->figure_count == 0)
            continue;
        (void)fputs("<div class=card style=\"margin:0\"><h3 style=\"margin:0 0 8px\">", to);
        hf_page_text(to, task->about);
        (void)fputs("</h3>\n", to);
        bench_draw_task(to, task);
        (void)fputs("<div style=\"margin-top:6px\">", to);
        for (unsigned j = 0; j < task->standing_count; j++)
            print_standing(to, task, &task->standings[j]);
        (void)fputs("</div></div>\n", to);
    }
    (void)fputs("</div>\n", to);
}

/* ---- histograms -------------------------------------------------------------------------- */

static void
print_histograms(FILE *to, const struct bench_report *report)
{
    struct bench_axis axis = bench_draw_axis(report);
    bool any = false;

    for (unsigned i = 0; i < report->row_count; i++)
        any |= report->rows[i].bucket_count > 0;
    if (!any)
        return;
    (void)fputs("<h2 id=histograms>How long each took</h2>\n<p>All durations of a row on one "
                "logarithmic axis; the height is the logarithm of how often, so that a single "
                "slow one can be seen. The lines are <b>p50</b>, <b class=warn>p99</b> and "
                "<b class=bad>p99.9</b>.</p>\n<div class=wide><table><thead><tr><th>row"
                "<th style=\"width:46%;min-width:260px\">",
                to);
    bench_draw_axis_labels(to, axis);
    (void)fputs("<th class=num>p50<th class=num>p99<th class=num>p99.9<th class=num>longest"
                "</thead><tbody>\n",
                to);
    for (unsigned i = 0; i < report->row_count; i++) {
        const struct bench_report_row *row = &report->rows[i];
        if (row->bucket_count == 0)
            continue;
        name_cell(to, row->name);
        (void)fputs("<td style=\"padding-top:0;padding-bottom:0\">", to);
        bench_draw_histogram(to, axis, row);
        cell(to, row->p50_ns, "ns");
        cell(to, row->p99_ns, "ns");
        cell(to, row->p999_ns, "ns");
        cell(to, row->max_ns, "ns");
        (void)fputc('\n', to);
    }
    (void)fputs("</tbody></table></div>\n", to);
}

/* ---- over time --------------------------------------------------------------------------- */

#define TIMES_MAX 64u

static void
print_over_time(FILE *to, const struct bench_report *reports, unsigned count)
{
    const struct bench_report *last = &reports[count - 1];

    if (count < 2)
        return;
    (void)fputs("<h2 id=time>Over time</h2>\n<p>Medians from ", to);
    hf_page_text(to, bench_report_fact(&reports[0], "time"));
    (void)fputs(" to ", to);
    hf_page_text(to, bench_report_fact(last, "time"));
    (void)fputs(
        ", each row on a scale of its own; lower is better.</p>\n<div class=wide><table>"
        "<thead><tr><th>row<th style=\"width:260px\"><th class=num>first<th class=num>last"
        "<th class=num>change</thead><tbody>\n",
        to);
    for (unsigned i = 0; i < last->row_count; i++) {
        double medians[TIMES_MAX];
        double first = (double)NAN, now = last->rows[i].median_ns;
        unsigned known = 0;
        for (unsigned j = 0; j < count; j++) {
            const struct bench_report_row *row =
                bench_report_row(&reports[j], last->rows[i].name);
            medians[j] = row == NULL ? (double)NAN : row->median_ns;
            first = isnan(first) ? medians[j] : first;
            known += !isnan(medians[j]);
        }
        if (known < 2 || !(first > 0) || !(now > 0) || last->rows[i].unit[0] != 0)
            continue;
        double change = now / first - 1;
        name_cell(to, last->rows[i].name);
        (void)fputs("<td>", to);
        bench_draw_line(to, medians, count);
        cell(to, first, "ns");
        cell(to, now, "ns");
        (void)fprintf(to, "<td class=\"num %s\">%+.0f %%\n",
                      change > 0.15    ? "bad"
                      : change < -0.15 ? "good"
                                       : "quiet",
                      change * 100);
    }
    (void)fputs("</tbody></table></div>\n", to);
}

/* ---- all --------------------------------------------------------------------------------- */

static void
print_rows(FILE *to, const struct bench_report *report)
{
    (void)fputs("<h2 id=rows>All rows</h2>\n<details><summary>every figure</summary>\n"
                "<div class=wide><table class=tight><thead><tr><th>row<th class=num>median"
                "<th class=num>mean<th class=num>p95<th class=num>p99<th class=num>p99.9"
                "<th class=num>longest<th class=num>rate<th class=num>value</thead><tbody>\n",
                to);
    for (unsigned i = 0; i < report->row_count; i++) {
        const struct bench_report_row *row = &report->rows[i];
        const double durations[] = { row->median_ns, row->mean_ns, row->p95_ns,
                                     row->p99_ns,    row->p999_ns, row->max_ns };
        bool is_value = row->unit[0] != 0;
        name_cell(to, row->name);
        for (size_t j = 0; j < sizeof durations / sizeof *durations; j++)
            cell(to, is_value ? (double)NAN : durations[j], "ns");
        cell(to, is_value ? (double)NAN : row->ops_per_s, "/s");
        cell(to, row->value, row->unit);
        (void)fputc('\n', to);
    }
    (void)fputs("</tbody></table></div></details>\n", to);
}

void
bench_report_page(FILE *to, const struct bench_report *reports, unsigned count)
{
    const struct bench_report *last = &reports[count - 1];

    count = count > TIMES_MAX ? TIMES_MAX : count;
    reports = last - (count - 1);
    hf_page_begin(to, "Holdfast: how fast");
    print_facts(to, last);
    print_counts(to, last);
    print_targets(to, last);
    print_peers(to, last);
    print_histograms(to, last);
    print_over_time(to, reports, count);
    print_rows(to, last);
    hf_page_end(to, "Made by holdfast-bench report.");
}
