/*
 * report_coverage.c - where faults struck: fault by class of file by moment, then by field of
 * the formats; and which rare paths were reached. What was never met is shown, not left out.
 */
#include "cli/page.h"
#include "sim/campaign/report.h"
#include "sim/machine/locate.h"
#include "sim/machine/sim_probe.h"

#include <inttypes.h>
#include <string.h>

/* ---- fault by file by moment ------------------------------------------------------------- */

static uint64_t
strikes_in(const struct sim_report *report, unsigned fault, unsigned file, unsigned moment)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < report->cell_count; i++) {
        const struct sim_report_cell *cell = &report->cells[i];
        if (cell->where.fault == fault && cell->where.file == file &&
            cell->where.moment == moment)
            sum += cell->strikes;
    }
    return sum;
}

/* Whether anything at all struck there: columns that no fault could have are left out. */
static bool
has_column(const struct sim_report *report, unsigned file, unsigned moment)
{
    for (unsigned fault = 0; fault < SIM_FAULT_COUNT; fault++) {
        if (strikes_in(report, fault, file, moment) > 0)
            return true;
    }
    return false;
}

static unsigned
count_columns(const struct sim_report *report, unsigned moment)
{
    unsigned count = 0;

    for (unsigned file = 0; file < SIM_FILE_CLASS_COUNT; file++)
        count += has_column(report, file, moment);
    return count;
}

static void
print_head(FILE *to, const struct sim_report *report)
{
    static const char *const titles[] = { "while the engine runs", "while it recovers",
                                          "at rest" };

    fputs("<thead><tr><td></td>", to);
    for (unsigned moment = 0; moment < SIM_MOMENT_COUNT; moment++) {
        unsigned count = count_columns(report, moment);
        if (count > 0)
            fprintf(to, "<th class=edge colspan=%u>%s</th>", count, titles[moment]);
    }
    fputs("</tr>\n<tr><th>fault</th>", to);
    for (unsigned moment = 0; moment < SIM_MOMENT_COUNT; moment++) {
        const char *edge = " edge";
        for (unsigned file = 0; file < SIM_FILE_CLASS_COUNT; file++) {
            if (!has_column(report, file, moment))
                continue;
            fprintf(to, "<th class=\"num%s\">%s</th>", edge,
                    file == SIM_FILE_ANY ? "none"
                                         : sim_file_class_name((enum sim_file_class)file));
            edge = "";
        }
    }
    fputs("</tr></thead>\n", to);
}

static void
print_count(FILE *to, uint64_t count, const char *edge)
{
    char text[HF_PAGE_SHORT_SIZE];

    fprintf(to, "<td class=\"num h%u%s\">%s</td>", hf_page_heat(count), edge,
            count == 0 ? "&middot;" : hf_page_short(text, count));
}

static void
print_fault(FILE *to, const struct sim_report *report, unsigned fault)
{
    fprintf(to, "<tr><th>%s</th>", sim_fault_name((enum sim_fault)fault));
    for (unsigned moment = 0; moment < SIM_MOMENT_COUNT; moment++) {
        const char *edge = " edge";
        for (unsigned file = 0; file < SIM_FILE_CLASS_COUNT; file++) {
            if (!has_column(report, file, moment))
                continue;
            print_count(to, strikes_in(report, fault, file, moment), edge);
            edge = "";
        }
    }
    fputs("</tr>\n", to);
}

/* ---- fields ------------------------------------------------------------------------------ */

static uint64_t
strikes_on_field(const struct sim_report *report, unsigned fault, unsigned file,
                 const char *field)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < report->cell_count; i++) {
        const struct sim_report_cell *cell = &report->cells[i];
        if (cell->where.fault != fault || cell->where.file != file || cell->where.field == 0)
            continue;
        const char *name = sim_locate_field(cell->where.field - 1u);
        if (name != NULL && strcmp(name, field) == 0)
            sum += cell->strikes;
    }
    return sum;
}

/* The fields of one class of file, with the strikes of all faults that were aimed or fell. */
static void
print_fields(FILE *to, const struct sim_report *report, unsigned file)
{
    char text[HF_PAGE_SHORT_SIZE];
    const char *name;

    fprintf(to, "<div class=card><h3>%s</h3>", sim_file_class_name((enum sim_file_class)file));
    for (unsigned i = 0; (name = sim_locate_field(i)) != NULL; i++) {
        uint64_t sum = 0;
        if (!sim_locate_knows((enum sim_file_class)file, name) ||
            sim_coverage_field(name) != i + 1)
            continue;
        for (unsigned fault = 0; fault < SIM_FAULT_COUNT; fault++)
            sum += strikes_on_field(report, fault, file, name);
        fprintf(to, "<span class=chip>%s <b class=%s>%s</b></span>", name,
                sum == 0 ? "warn" : "good", hf_page_short(text, sum));
    }
    fputs("</div>\n", to);
}

void
sim_report_coverage(FILE *to, const struct sim_report *report)
{
    static const enum sim_file_class with_fields[] = { SIM_FILE_WAL, SIM_FILE_TABLE,
                                                       SIM_FILE_MANIFEST };

    fputs(
        "<h2 id=coverage>Where faults struck</h2>\n"
        "<p class=quiet>Each fault by the class of the file it met, and by what the engine was "
        "doing. &ldquo;None&rdquo;: between two calls, or a call without a file. A dot: "
        "never.</p>\n<div class=wide><table class=\"tight heat\">",
        to);
    print_head(to, report);
    fputs("<tbody>\n", to);
    for (unsigned fault = 0; fault < SIM_FAULT_COUNT; fault++)
        print_fault(to, report, fault);
    fputs("</tbody></table></div>\n<h3>Fields of the formats that damage at rest was aimed at, "
          "or fell on</h3>\n",
          to);
    for (size_t i = 0; i < sizeof with_fields / sizeof *with_fields; i++)
        print_fields(to, report, with_fields[i]);
}

/* ---- marks ------------------------------------------------------------------------------- */

void
sim_report_marks(FILE *to, const struct sim_report *report)
{
    char text[HF_PAGE_SHORT_SIZE];
    unsigned reached = 0;

    for (unsigned i = 0; i < HF_MARK_COUNT; i++)
        reached += report->marks[i] > 0;
    fprintf(to,
            "<h2 id=marks>Marks</h2>\n<p class=quiet>Rare paths of the engine: %u of %u were "
            "reached. Behind each, in how many runs.</p>\n<div class=\"card grid\">\n",
            reached, (unsigned)HF_MARK_COUNT);
    for (unsigned i = 0; i < HF_MARK_COUNT; i++) {
        fputs("<div><span title=\"", to);
        hf_page_text(to, sim_mark_text(i));
        fprintf(to, "\">%s</span><b class=\"num %s\">%s</b></div>\n", sim_mark_name(i),
                report->marks[i] == 0 ? "warn" : "", hf_page_short(text, report->mark_runs[i]));
    }
    fputs("</div>\n", to);
}
