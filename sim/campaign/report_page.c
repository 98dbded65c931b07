/*
 * report_page.c - the page: what was run and how it went, failures with what led to them, then
 * how far the storm reached.
 */
#include "cli/json.h"
#include "cli/page.h"
#include "sim/campaign/report.h"
#include "sim/machine/sim_probe.h"

#include <inttypes.h>
#include <string.h>

#define FAILURES_SHOWN_MAX 50u /* of those that differ; the table counts them all */
#define LINE_SIZE 512u

/* ---- lists that stand in a line ---------------------------------------------------------- */

typedef void item_fn(FILE *to, const char *text);

/* Hands out the items of what was once found to be a good array of strings. */
static void
print_items(FILE *to, struct hf_span items, item_fn *each)
{
    const char *at = items.at, *end = at + items.len;
    char text[LINE_SIZE];

    while (at < end) {
        struct hf_json json;
        hf_json_open(&json, (struct hf_span){ at, (size_t)(end - at) });
        if (hf_json_next(&json) != HF_JSON_STRING)
            return;
        hf_json_text(&json, text, sizeof text);
        each(to, text);
        at += json.at;
        at += strspn(at, " \t,");
    }
}

static void
print_chip(FILE *to, const char *text)
{
    fputs("<span class=chip>", to);
    hf_page_text(to, text);
    fputs("</span>", to);
}

/* Faults and the verdict stand out of a timeline. */
static void
print_event(FILE *to, const char *text)
{
    const char *class = strstr(text, "BROKEN") != NULL || strstr(text, "  found ") != NULL
                            ? "end"
                        : strstr(text, "  * ") != NULL || strstr(text, "  ! ") != NULL ? "hit"
                                                                                       : NULL;

    if (class != NULL)
        fprintf(to, "<span class=%s>", class);
    hf_page_text(to, text);
    fputs(class != NULL ? "</span>\n" : "\n", to);
}

static void
print_unkept(FILE *to, const char *text)
{
    fputs("<div class=\"card bad\">", to);
    hf_page_text(to, text);
    fputs("</div>\n", to);
}

/* ---- the head ---------------------------------------------------------------------------- */

static void
print_figure(FILE *to, const char *class, uint64_t number, const char *word)
{
    char text[HF_PAGE_SHORT_SIZE];

    fprintf(to, "<div class=%s><b title=%" PRIu64 ">%s</b>%s</div>\n", class, number,
            hf_page_short(text, number), word);
}

static bool
has_held(const struct sim_report *report)
{
    return report->broke + report->failed == 0 && report->unkept_count == 0;
}

static void
print_head(FILE *to, const struct sim_report *report)
{
    bool held = has_held(report);
    uint64_t rate =
        report->milliseconds == 0 ? 0 : report->cycles * 1000 / report->milliseconds;

    fprintf(to, "<p><span class=\"badge %s\">%s</span> <span class=quiet>",
            held ? "good" : "bad", held ? "held" : "broke");
    for (unsigned i = 0; i < report->file_count; i++) {
        fputs(i == 0 ? "" : ", ", to);
        hf_page_text(to, report->files[i].path);
    }
    if (report->torn > 0)
        fprintf(to, " &mdash; <span class=warn>%" PRIu64 " ended too early</span>",
                report->torn);
    fputs("</span></p>\n<nav>", to);
    if (report->failure_count > 0)
        fputs("<a href=#failures>Failures</a>", to);
    fputs("<a href=#verdicts>Verdicts</a><a href=#coverage>Coverage</a><a href=#marks>Marks</a>"
          "<a href=#seeds>Seeds</a>",
          to);
    if (report->plant_count > 0)
        fputs("<a href=#plants>Plants</a>", to);
    if (report->matrix.count > 0)
        fputs("<a href=#matrix>Matrix</a>", to);
    fputs("</nav>\n<div class=figures>\n", to);
    print_figure(to, "\"\"", report->runs, "runs");
    print_figure(to, "\"\"", report->scenario_count, "scenarios");
    print_figure(to, report->broke > 0 ? "bad" : "\"\"", report->broke, "broke");
    if (report->failed > 0)
        print_figure(to, "bad", report->failed, "simulator failures");
    print_figure(to, "\"\"", report->cycles, "crash cycles judged");
    if (report->milliseconds > 0) {
        print_figure(to, "\"\"", report->milliseconds / 1000, "seconds");
        print_figure(to, "\"\"", rate, "cycles a second");
        print_figure(to, "\"\"", report->jobs, "jobs");
    }
    fputs("</div>\n", to);
}

/* ---- failures ---------------------------------------------------------------------------- */

static void
print_named(FILE *to, const char *name, const char *text)
{
    if (text[0] == 0)
        return;
    fprintf(to, "<tr><th>%s</th><td class=\"text code\">", name);
    hf_page_text(to, text);
    fputs("</td></tr>\n", to);
}

static void
print_failure(FILE *to, const struct sim_report_failure *failure, bool is_open)
{
    const struct sim_record *first = &failure->first;

    fputs("<div class=card>\n<h3><span class=bad>", to);
    hf_page_text(to, failure->signature);
    fprintf(to, "</span> <span class=quiet>%" PRIu64 " %s</span></h3>\n<table class=tight>\n",
            failure->count, failure->count == 1 ? "run" : "runs");
    print_named(to, "expected", first->result.expected);
    print_named(to, "found", first->result.found);
    print_named(to, "reproduce", first->reproduce);
    fputs("</table>\n", to);
    if (first->events.len > 0) {
        fprintf(to, "<details%s><summary>What led to it</summary><pre class=log>",
                is_open ? " open" : "");
        print_items(to, first->events, print_event);
        fputs("</pre></details>\n", to);
    }
    if (first->knobs.len > 0) {
        fputs("<details><summary>What the seed had drawn</summary><p>", to);
        print_items(to, first->knobs, print_chip);
        fputs("</p></details>\n", to);
    }
    fputs("</div>\n", to);
}

static void
print_failures(FILE *to, const struct sim_report *report)
{
    size_t shown = report->failure_count;

    if (report->failure_count == 0 && report->unkept_count == 0)
        return;
    fprintf(to, "<h2 id=failures>Failures</h2>\n");
    for (size_t i = 0; i < report->unkept_count; i++)
        print_items(to, report->unkept[i], print_unkept);
    if (shown > FAILURES_SHOWN_MAX) {
        shown = FAILURES_SHOWN_MAX;
        fprintf(to, "<p class=quiet>The first %zu of %zu different ones.</p>\n", shown,
                report->failure_count);
    }
    for (size_t i = 0; i < shown; i++)
        print_failure(to, &report->failures[i], i == 0);
}

/* ---- verdicts ---------------------------------------------------------------------------- */

static void
print_number(FILE *to, uint64_t number)
{
    fprintf(to, "<td class=num>%" PRIu64 "</td>", number);
}

static void
print_scenario(FILE *to, const struct sim_report_scenario *scenario)
{
    const struct sim_tally *tally = &scenario->tally;
    uint64_t faults = 0, failed = tally->broke + tally->failed;

    for (unsigned i = 0; i < SIM_FAULT_COUNT; i++)
        faults += tally->faults[i];
    fputs("<tr><th>", to);
    hf_page_text(to, scenario->name);
    fprintf(to, "</th><td class=\"num quiet\">%" PRIu64 "&ndash;%" PRIu64 "</td>",
            scenario->seed_first, scenario->seed_last);
    print_number(to, tally->runs);
    print_number(to, tally->cycles);
    print_number(to, faults);
    print_number(to, tally->refused);
    if (failed == 0)
        fputs("<td class=good>held</td></tr>\n", to);
    else
        fprintf(to, "<td class=bad>%" PRIu64 " broke</td></tr>\n", failed);
}

static void
print_verdicts(FILE *to, const struct sim_report *report)
{
    fputs(
        "<h2 id=verdicts>Verdicts</h2>\n<p class=quiet>A cycle is a crash, a recovery and the "
        "full judgement of what came back, with at least one commit acknowledged before. "
        "Refused: damage that the engine reported by a clear error.</p>\n"
        "<div class=wide><table class=tight><thead><tr><th>scenario</th><th "
        "class=num>seeds</th>"
        "<th class=num>runs</th><th class=num>cycles</th><th class=num>faults</th>"
        "<th class=num>refused</th><th>verdict</th></tr></thead>\n<tbody>\n",
        to);
    for (size_t i = 0; i < report->scenario_count; i++)
        print_scenario(to, &report->scenarios[i]);
    fputs("</tbody></table></div>\n", to);
}

/* ---- plants ------------------------------------------------------------------------------ */

static void
print_plant(FILE *to, const struct sim_report_plant *plant)
{
    const char *property = sim_property_name(plant->property);

    fputs("<tr><th>", to);
    hf_page_text(to, plant->name);
    fprintf(to, "</th><td class=%s>%s</td><td>", plant->is_caught ? "good" : "bad",
            plant->is_caught ? "caught" : "SURVIVED");
    hf_page_text(to, property == NULL || plant->scenario[0] == 0 ? "" : property);
    fputs("</td><td class=quiet>", to);
    hf_page_text(to, plant->expected);
    fputs("</td><td>", to);
    hf_page_text(to, plant->scenario);
    fputs("</td>", to);
    print_number(to, plant->runs);
    print_number(to, plant->milliseconds);
    fputs("</tr>\n", to);
}

static void
print_plants(FILE *to, const struct sim_report *report)
{
    size_t caught = 0;

    if (report->plant_count == 0)
        return;
    for (size_t i = 0; i < report->plant_count; i++)
        caught += report->plants[i].is_caught;
    fprintf(
        to,
        "<h2 id=plants>Plants</h2>\n<p class=quiet>Bugs planted on purpose: %zu of %zu were "
        "caught.</p>\n<div class=wide><table "
        "class=tight><thead><tr><th>plant</th><th>verdict</th>"
        "<th>by</th><th>expected</th><th>scenario</th><th class=num>runs</th>"
        "<th class=num>ms</th></tr></thead>\n<tbody>\n",
        caught, report->plant_count);
    for (size_t i = 0; i < report->plant_count; i++)
        print_plant(to, &report->plants[i]);
    fputs("</tbody></table></div>\n", to);
}

void
sim_report_print(FILE *to, const struct sim_report *report)
{
    hf_page_begin(to, "Holdfast: the storm");
    print_head(to, report);
    print_failures(to, report);
    print_verdicts(to, report);
    sim_report_coverage(to, report);
    sim_report_marks(to, report);
    sim_report_charts(to, report);
    print_plants(to, report);
    sim_report_matrix(to, report);
    hf_page_end(to,
                "Made by holdfast-sim report. The page is one file and needs nothing else.");
}
