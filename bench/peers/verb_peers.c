/*
 * verb_peers.c - `holdfast-bench peers`: other engines beside ours, in the same run, with the
 * same work and the same durability.
 *
 * holdfast-bench has the libraries of no other engine in it, so it becomes
 * holdfast-bench-peers first.
 *
 * The rows go the way of all rows. Beside them, in JSON, a member "peers":
 *
 *   "engines"  [{"name", "ranked", "version", "settings": {"memory", "buffered", "strict"}} or
 *              {"name", "ranked", "missing": the Debian package with its header}]
 *   "tasks"    [{"name", "about", "unit", "figures": {ENGINE: median},
 *              "standings": [{"against", "peer", "figure", "wanted", "met"}]}]
 */
#include "bench/peers/peer_run.h"
#include "bench/sibling.h"
#include "bench/stop.h"
#include "bench/verbs_bench.h"
#include "cli/json_out.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define CELL_SIZE 32u

/* Undefined in holdfast-bench: there the other engines are not. */
extern const bool bench_peers_linked __attribute__((weak));

static const char *const mode_names[BENCH_PEER_MODE_COUNT] = { "memory", "buffered", "strict" };

static const char *
against_name(enum bench_against against)
{
    static const char *const names[] = { "nothing", "best", "raw", "alone", "limit" };

    return names[against];
}

static const char *
unit_name(enum bench_unit unit)
{
    return unit == BENCH_UNIT_NS ? "ns" : "B";
}

/* ---- rows -------------------------------------------------------------------------------- */

/* One peer's figures of a task as a row; every round is a sample. */
static void
add_row(struct bench_suite *suite, const struct bench_peer_table *table, enum bench_task task,
        unsigned peer)
{
    struct bench_tally *tally = bench_alloc(sizeof *tally);
    struct bench_figures figures = { 0 };
    char name[BENCH_PEER_ROW_SIZE];

    bench_peer_row(name, task, peer);
    for (unsigned round = 0; round < table->rounds; round++) {
        double figure = table->figure[task][peer][round];
        if (!isnan(figure) && bench_tasks[task].unit == BENCH_UNIT_NS)
            bench_tally_add(tally, figure, 1);
    }
    bench_figures_fill(&figures, tally);
    if (bench_tasks[task].unit == BENCH_UNIT_BYTES)
        (void)bench_add_value(suite, name, &figures, NULL, bench_peer_median(table, task, peer),
                              "B");
    else
        (void)bench_add(suite, name, &figures, NULL);
    free(tally);
}

/* The puts while merging, which were seen one by one: all rounds together. */
static void
add_puts(struct bench_suite *suite, const struct bench_peer_table *table, unsigned peer)
{
    const struct bench_histogram *puts = &table->puts[peer];
    struct bench_tally *tally = bench_alloc(sizeof *tally);
    struct bench_figures figures = { 0 };
    char name[BENCH_PEER_ROW_SIZE];

    (void)snprintf(name, sizeof name, "peers/put/buffered/each/%s",
                   bench_peer_entries[peer].name);
    for (unsigned i = 0; i < BENCH_HISTOGRAM_BUCKETS; i++) {
        double ns = (double)bench_histogram_from(i) / 1000;
        for (uint64_t j = 0; j < puts->buckets[i]; j++)
            bench_tally_add(tally, ns, 1);
    }
    bench_figures_fill(&figures, tally);
    if (puts->count > 0 && bench_wants(suite, name))
        (void)bench_add(suite, name, &figures, tally);
    free(tally);
}

static void
add_rows(struct bench_suite *suite, const struct bench_peer_table *table)
{
    char name[BENCH_PEER_ROW_SIZE];

    for (unsigned task = 0; task < BENCH_TASK_COUNT; task++) {
        for (unsigned peer = 0; peer < BENCH_PEER_COUNT; peer++) {
            bench_peer_row(name, (enum bench_task)task, peer);
            if (bench_wants(suite, name) &&
                !isnan(bench_peer_median(table, (enum bench_task)task, peer)))
                add_row(suite, table, (enum bench_task)task, peer);
        }
    }
    for (unsigned peer = 0; peer < BENCH_PEER_COUNT; peer++)
        add_puts(suite, table, peer);
}

/* ---- JSON -------------------------------------------------------------------------------- */

static void
engine_json(struct hf_json_out *out, const struct bench_peer_entry *entry)
{
    hf_json_out_open(out, NULL, '{');
    hf_json_out_text(out, "name", entry->name);
    hf_json_out_bool(out, "ranked", entry->is_ranked);
    if (entry->peer == NULL) {
        hf_json_out_text(out, "missing", entry->package);
    } else {
        hf_json_out_text(out, "version", entry->peer->version());
        hf_json_out_open(out, "settings", '{');
        for (unsigned mode = 0; mode < BENCH_PEER_MODE_COUNT; mode++) {
            if (entry->peer->settings[mode] != NULL)
                hf_json_out_text(out, mode_names[mode], entry->peer->settings[mode]);
        }
        hf_json_out_close(out);
    }
    hf_json_out_close(out);
}

static void
standing_json(struct hf_json_out *out, const struct bench_standing *standing)
{
    hf_json_out_open(out, NULL, '{');
    hf_json_out_text(out, "against", against_name(standing->against));
    hf_json_out_text(out, "peer", bench_peer_entries[standing->peer].name);
    hf_json_out_double(out, "figure", standing->figure, 3);
    if (standing->wanted > 0) {
        hf_json_out_double(out, "wanted", standing->wanted, 3);
        hf_json_out_bool(out, "met", standing->met);
    }
    hf_json_out_close(out);
}

static void
task_json(struct hf_json_out *out, const struct bench_peer_table *table, enum bench_task task)
{
    const struct bench_task_info *info = &bench_tasks[task];
    struct bench_standing standing;

    hf_json_out_open(out, NULL, '{');
    hf_json_out_text(out, "name", info->name);
    hf_json_out_text(out, "about", info->about);
    hf_json_out_text(out, "unit", unit_name(info->unit));
    hf_json_out_open(out, "figures", '{');
    for (unsigned peer = 0; peer < BENCH_PEER_COUNT; peer++) {
        double figure = bench_peer_median(table, task, peer);
        if (!isnan(figure))
            hf_json_out_double(out, bench_peer_entries[peer].name, figure, 3);
    }
    hf_json_out_close(out);
    hf_json_out_open(out, "standings", '[');
    for (unsigned i = 0; i < BENCH_AIMS_MAX; i++) {
        if (bench_peer_stand(&standing, table, task, &info->aims[i]))
            standing_json(out, &standing);
    }
    hf_json_out_close(out);
    hf_json_out_close(out);
}

/* What the rows do not say, as a further member of the results. */
static void
more_json(struct hf_output *output, const void *context)
{
    const struct bench_peer_table *table = context;
    struct hf_json_out out = { .to = output->to };

    hf_output_print(output, ",\n\"peers\": ");
    hf_json_out_open(&out, NULL, '{');
    hf_json_out_u64(&out, "pairs", table->sizes.pairs);
    hf_json_out_u64(&out, "rounds", table->rounds);
    hf_json_out_open(&out, "engines", '[');
    for (unsigned peer = 0; peer < BENCH_PEER_COUNT; peer++)
        engine_json(&out, &bench_peer_entries[peer]);
    hf_json_out_close(&out);
    hf_json_out_open(&out, "tasks", '[');
    for (unsigned task = 0; task < BENCH_TASK_COUNT; task++)
        task_json(&out, table, (enum bench_task)task);
    hf_json_out_close(&out);
    hf_json_out_close(&out);
}

/* ---- text -------------------------------------------------------------------------------- */

static const char *
figure_text(char cell[CELL_SIZE], double figure, enum bench_unit unit)
{
    if (isnan(figure))
        (void)snprintf(cell, CELL_SIZE, "-");
    else if (unit == BENCH_UNIT_BYTES)
        (void)snprintf(cell, CELL_SIZE, "%.0f B", figure);
    else if (figure < 1e3)
        (void)snprintf(cell, CELL_SIZE, "%.0f ns", figure);
    else if (figure < 1e6)
        (void)snprintf(cell, CELL_SIZE, "%.*f us", figure < 1e4 ? 2 : 1, figure / 1e3);
    else
        (void)snprintf(cell, CELL_SIZE, "%.*f ms", figure < 1e7 ? 2 : 1, figure / 1e6);
    return cell;
}

static void
print_standing(struct hf_output *output, const struct bench_standing *standing,
               enum bench_unit unit)
{
    char cell[CELL_SIZE];

    if (standing->against == BENCH_AGAINST_LIMIT) {
        hf_output_print(output, "%s %s", figure_text(cell, standing->wanted, unit),
                        standing->met ? "met" : "MISSED");
        return;
    }
    hf_output_print(
        output, standing->figure < 0.1 ? "%.2g x %s" : "%.2f x %s", standing->figure,
        standing->against == BENCH_AGAINST_ALONE ? "one writer"
                                                 : bench_peer_entries[standing->peer].name);
    if (standing->wanted > 0)
        hf_output_print(output, ", %.4g %s", standing->wanted,
                        standing->met ? "met" : "MISSED");
}

static void
print_task(struct hf_output *output, const struct bench_peer_table *table, enum bench_task task)
{
    const struct bench_task_info *info = &bench_tasks[task];
    struct bench_standing standing;
    const char *before = "  ";
    char cell[CELL_SIZE];

    hf_output_print(output, "%-28s", info->about);
    for (unsigned peer = 0; peer < BENCH_PEER_COUNT; peer++) {
        if (bench_peer_entries[peer].peer != NULL)
            hf_output_print(
                output, " %10s",
                figure_text(cell, bench_peer_median(table, task, peer), info->unit));
    }
    for (unsigned i = 0; i < BENCH_AIMS_MAX; i++) {
        if (!bench_peer_stand(&standing, table, task, &info->aims[i]))
            continue;
        hf_output_print(output, "%s", before);
        print_standing(output, &standing, info->unit);
        before = "; ";
    }
    hf_output_print(output, "\n");
}

/* Who took part, told to be what; and who did not, for want of what. */
static void
print_engines(struct hf_output *output)
{
    for (unsigned i = 0; i < BENCH_PEER_COUNT; i++) {
        const struct bench_peer_entry *entry = &bench_peer_entries[i];
        if (entry->peer == NULL) {
            hf_output_print(output, "%s is missing: install the package %s and build again\n",
                            entry->name, entry->package);
            continue;
        }
        hf_output_print(output, "%s %s\n", entry->name, entry->peer->version());
        for (unsigned mode = 0; mode < BENCH_PEER_MODE_COUNT; mode++) {
            if (entry->peer->settings[mode] != NULL)
                hf_output_print(output, "    %-9s %s\n", mode_names[mode],
                                entry->peer->settings[mode]);
        }
    }
}

static void
print_text(struct hf_output *output, const struct bench_peer_table *table)
{
    hf_output_print(output,
                    "%llu pairs of 16 + 100 bytes, medians of %u rounds, turn by turn; smaller "
                    "is better\n\n%-28s",
                    (unsigned long long)table->sizes.pairs, table->rounds, "");
    for (unsigned peer = 0; peer < BENCH_PEER_COUNT; peer++) {
        if (bench_peer_entries[peer].peer != NULL)
            hf_output_print(output, " %10s", bench_peer_entries[peer].name);
    }
    hf_output_print(output, "  ours: times as fast as, wanted\n");
    for (unsigned task = 0; task < BENCH_TASK_COUNT; task++) {
        if (!isnan(bench_peer_median(table, (enum bench_task)task, BENCH_PEER_OURS)))
            print_task(output, table, (enum bench_task)task);
    }
    hf_output_print(output, "\n");
    print_engines(output);
}

/* ---- the verb ---------------------------------------------------------------------------- */

int
bench_verb_peers(const struct bench_args *args, struct hf_output *output)
{
    struct bench_peer_table *table = bench_alloc(sizeof *table);
    struct bench_suite suite;
    int status = BENCH_STATUS_DONE;

    if (&bench_peers_linked == NULL)
        bench_sibling_become("holdfast-bench-peers", args->argv);
    bench_suite_open(&suite, args);
    unsigned failed = bench_peer_run(table, &suite);
    add_rows(&suite, table);
    if (suite.count == 0) {
        (void)fprintf(stderr, "holdfast-bench: peers: no row has a name like '%s'\n",
                      suite.filter == NULL ? "" : suite.filter);
        status = BENCH_STATUS_USAGE;
    } else if (output->json) {
        suite.more_json = more_json;
        suite.more_context = table;
        status = bench_print(output, &suite);
    } else {
        if (suite.shows_progress)
            (void)fputs("\r\033[K", stderr);
        print_text(output, table);
    }
    if (failed > 0)
        status = BENCH_STATUS_FAILED;
    bench_suite_end(&suite);
    free(table);
    return status;
}
