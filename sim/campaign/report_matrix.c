/*
 * report_matrix.c - contract by plant by oracle: after how many runs a planted bug is caught on
 * each disk, and who noticed. Plants that some disk cannot show stand first.
 */
#include "cli/page.h"
#include "sim/campaign/report.h"
#include "sim/machine/sim_probe.h"

#include <inttypes.h>

/* Whether any row was tried under the contract. */
static bool
has_contract(const struct sim_matrix_file *matrix, unsigned contract)
{
    for (size_t i = 0; i < matrix->count; i++) {
        if (matrix->rows[i].squares[contract].tries > 0)
            return true;
    }
    return false;
}

static unsigned
count_contracts(const struct sim_matrix_file *matrix)
{
    unsigned count = 0;

    for (unsigned c = 0; c < SIM_PERSONALITY_COUNT; c++)
        count += has_contract(matrix, c);
    return count;
}

/* Tries of all contracts that ended by the property. */
static uint64_t
tries_by(const struct sim_matrix_row *row, unsigned property)
{
    uint64_t sum = 0;

    for (unsigned c = 0; c < SIM_PERSONALITY_COUNT; c++)
        sum += row->squares[c].by[property];
    return sum;
}

/* Whether some contract that was tried never shows it. */
static bool
is_hidden(const struct sim_matrix_row *row)
{
    for (unsigned c = 0; c < SIM_PERSONALITY_COUNT; c++) {
        if (row->squares[c].tries > 0 && row->squares[c].caught == 0)
            return true;
    }
    return false;
}

/* ---- cells ------------------------------------------------------------------------------- */

/* The fewer runs it takes, the hotter. */
static unsigned
heat_of_runs(uint64_t runs)
{
    static const uint64_t limits[] = { 1, 3, 10, 30 };
    unsigned heat = 5;

    for (size_t i = 0; i < sizeof limits / sizeof *limits && runs > limits[i]; i++)
        heat--;
    return heat;
}

static void
print_square(FILE *to, const struct sim_square *square, const char *edge)
{
    const char *before = "; ";

    if (square->tries == 0 || square->caught == 0) {
        fprintf(to, "<td class=\"num warn%s\" title=\"%s\">&ndash;</td>", edge,
                square->tries == 0 ? "not tried" : "not caught");
        return;
    }
    fprintf(to,
            "<td class=\"num h%u%s\" title=\"caught in %u of %u tries; runs: median %" PRIu64
            ", 95th percentile %" PRIu64,
            heat_of_runs(square->median), edge, square->caught, square->tries, square->median,
            square->p95);
    for (unsigned i = 0; i < SIM_PROPERTY_COUNT; i++) {
        if (square->by[i] == 0)
            continue;
        fprintf(to, "%s%s %" PRIu64, before, sim_property_name(i), square->by[i]);
        before = ", ";
    }
    fprintf(to, "\">%" PRIu64 "</td>", square->median);
}

static void
print_row(FILE *to, const struct sim_matrix_file *matrix, const struct sim_matrix_row *row)
{
    const char *edge = " edge";

    fputs("<tr><th title=\"", to);
    hf_page_text(to, sim_plant_text(row->plant));
    fprintf(to, "\">%s</th>", sim_plant_name(row->plant));
    for (unsigned c = 0; c < SIM_PERSONALITY_COUNT; c++) {
        if (!has_contract(matrix, c))
            continue;
        print_square(to, &row->squares[c], edge);
        edge = "";
    }
    edge = " edge";
    for (unsigned i = 0; i < SIM_PROPERTY_COUNT; i++) {
        uint64_t tries = tries_by(row, i);
        if (tries == 0)
            fprintf(to, "<td class=\"num h0%s\">&middot;</td>", edge);
        else
            fprintf(to, "<td class=\"num h%u%s\">%" PRIu64 "</td>", hf_page_heat(tries), edge,
                    tries);
        edge = "";
    }
    fputs("</tr>\n", to);
}

/* ---- the table --------------------------------------------------------------------------- */

static void
print_head(FILE *to, const struct sim_matrix_file *matrix)
{
    const char *edge = " edge";

    fprintf(to,
            "<thead><tr><td></td><th class=edge colspan=%u>runs until caught</th>"
            "<th class=edge colspan=%u>tries, by who noticed</th></tr>\n<tr><th>plant</th>",
            count_contracts(matrix), (unsigned)SIM_PROPERTY_COUNT);
    for (unsigned c = 0; c < SIM_PERSONALITY_COUNT; c++) {
        if (!has_contract(matrix, c))
            continue;
        fprintf(to, "<th class=\"turn%s\"><span>%s</span></th>", edge, sim_personality_name(c));
        edge = "";
    }
    edge = " edge";
    for (unsigned i = 0; i < SIM_PROPERTY_COUNT; i++) {
        fprintf(to, "<th class=\"turn%s\"><span>%s</span></th>", edge, sim_property_name(i));
        edge = "";
    }
    fputs("</tr></thead>\n", to);
}

/* How many plants each contract catches, and each property notices. */
static void
print_sums(FILE *to, const struct sim_matrix_file *matrix)
{
    const char *edge = " edge";

    fputs("<tbody><tr><th>plants caught</th>", to);
    for (unsigned c = 0; c < SIM_PERSONALITY_COUNT; c++) {
        unsigned caught = 0;
        for (size_t i = 0; i < matrix->count; i++)
            caught += matrix->rows[i].squares[c].caught > 0;
        if (!has_contract(matrix, c))
            continue;
        fprintf(to, "<td class=\"num%s\"><b>%u</b></td>", edge, caught);
        edge = "";
    }
    edge = " edge";
    for (unsigned property = 0; property < SIM_PROPERTY_COUNT; property++) {
        unsigned caught = 0;
        for (size_t i = 0; i < matrix->count; i++)
            caught += tries_by(&matrix->rows[i], property) > 0;
        fprintf(to, "<td class=\"num%s\"><b>%u</b></td>", edge, caught);
        edge = "";
    }
    fputs("</tr></tbody>\n", to);
}

static void
print_rows(FILE *to, const struct sim_matrix_file *matrix, bool hidden)
{
    fputs("<tbody>\n", to);
    for (size_t i = 0; i < matrix->count; i++) {
        if (is_hidden(&matrix->rows[i]) == hidden)
            print_row(to, matrix, &matrix->rows[i]);
    }
    fputs("</tbody>\n", to);
}

void
sim_report_matrix(FILE *to, const struct sim_report *report)
{
    const struct sim_matrix_file *matrix = &report->matrix;
    unsigned hidden = 0;

    if (matrix->count == 0)
        return;
    for (size_t i = 0; i < matrix->count; i++)
        hidden += is_hidden(&matrix->rows[i]);
    fprintf(to,
            "<h2 id=matrix>Contract by plant by oracle</h2>\n<p class=quiet>After how many "
            "runs a planted bug is caught on each disk, in the median of %" PRIu64
            " tries: the stronger the colour, the sooner. A dash: not in %" PRIu64
            " runs. Then, of the tries of all disks, how many ended by which property. The "
            "first %u of %zu plants cannot be seen on every disk.</p>\n"
            "<div class=wide><table class=\"tight heat\">",
            matrix->tries, matrix->limit, hidden, matrix->count);
    print_head(to, matrix);
    print_sums(to, matrix);
    print_rows(to, matrix, true);
    print_rows(to, matrix, false);
    fputs("</table></div>\n", to);
}
