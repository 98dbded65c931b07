/*
 * report.c - goes over all lines once and adds up what a page will show.
 */
#include "sim/campaign/report.h"

#include "sim/grow.h"

#include <stdlib.h>
#include <string.h>

/* ---- runs -------------------------------------------------------------------------------- */

/* Results come scenario by scenario, so the last one is the likely one. */
static struct sim_report_scenario *
find_scenario(struct sim_report *report, const char *name)
{
    for (size_t i = report->scenario_count; i-- > 0;) {
        if (strcmp(report->scenarios[i].name, name) == 0)
            return &report->scenarios[i];
    }
    sim_grow(&report->scenarios, &report->scenario_capacity, report->scenario_count + 1,
             sizeof *report->scenarios);
    struct sim_report_scenario *scenario = &report->scenarios[report->scenario_count++];
    memset(scenario, 0, sizeof *scenario);
    snprintf(scenario->name, sizeof scenario->name, "%s", name);
    scenario->seed_first = UINT64_MAX;
    return scenario;
}

static void
add_cell(struct sim_report *report, const struct sim_cell *where, uint64_t seed)
{
    for (size_t i = 0; i < report->cell_count; i++) {
        struct sim_report_cell *cell = &report->cells[i];
        if (cell->where.fault != where->fault || cell->where.file != where->file ||
            cell->where.moment != where->moment || cell->where.field != where->field)
            continue;
        cell->strikes += where->strikes;
        cell->seed_first = seed < cell->seed_first ? seed : cell->seed_first;
        return;
    }
    sim_grow(&report->cells, &report->cell_capacity, report->cell_count + 1,
             sizeof *report->cells);
    report->cells[report->cell_count++] =
        (struct sim_report_cell){ *where, where->strikes, seed };
}

static void
add_marks(struct sim_report *report, const struct sim_result *result)
{
    for (unsigned i = 0; i < HF_MARK_COUNT; i++) {
        if (result->marks[i] == 0)
            continue;
        report->marks[i] += result->marks[i];
        if (report->mark_runs[i]++ == 0 || result->seed < report->mark_seeds[i])
            report->mark_seeds[i] = result->seed;
    }
}

/* ---- failures ---------------------------------------------------------------------------- */

/* Without a signature of its own a failure is what its property is, and where. */
static void
sign(struct sim_record *record)
{
    const char *property = sim_property_name(record->result.property);

    if (record->signature[0] == 0)
        snprintf(record->signature, sizeof record->signature, "%s in %s",
                 property == NULL ? "failed" : property, record->scenario);
}

static void
add_failure(struct sim_report *report, struct sim_record *record)
{
    struct sim_report_failure *failure = NULL;

    sign(record);
    for (size_t i = 0; i < report->failure_count && failure == NULL; i++) {
        if (strcmp(report->failures[i].signature, record->signature) == 0)
            failure = &report->failures[i];
    }
    if (failure == NULL) {
        sim_grow(&report->failures, &report->failure_capacity, report->failure_count + 1,
                 sizeof *report->failures);
        failure = &report->failures[report->failure_count++];
        memset(failure, 0, sizeof *failure);
        memcpy(failure->signature, record->signature, sizeof failure->signature);
        failure->first = *record;
    } else if (failure->count > 0 && strcmp(failure->first.scenario, record->scenario) == 0 &&
               record->result.seed < failure->first.result.seed) {
        failure->first = *record;
    }
    failure->count++;
}

/* ---- lines ------------------------------------------------------------------------------- */

static void
add_run(struct sim_report *report, struct sim_record *record)
{
    const struct sim_result *result = &record->result;
    struct sim_report_scenario *scenario = find_scenario(report, record->scenario);

    sim_tally_add(&scenario->tally, result);
    if (result->seed < scenario->seed_first)
        scenario->seed_first = result->seed;
    if (result->seed > scenario->seed_last)
        scenario->seed_last = result->seed;
    report->runs++;
    report->held += result->verdict == SIM_HELD;
    report->broke += result->verdict == SIM_BROKE;
    report->failed += result->verdict == SIM_SIMULATOR_FAILED;
    report->cycles += result->cycles;
    for (uint32_t i = 0; i < result->coverage.count; i++)
        add_cell(report, &result->coverage.cells[i], result->seed);
    add_marks(report, result);
    if (result->verdict != SIM_HELD)
        add_failure(report, record);
}

/* Jobs worked side by side: what took longest is what all of it took. */
static void
add_summary(struct sim_report *report, const struct sim_record *record)
{
    if (record->milliseconds > report->milliseconds)
        report->milliseconds = record->milliseconds;
    report->jobs += record->jobs;
    sim_pace_merge(&report->pace, &record->pace);
    if (record->failed.len == 0)
        return;
    sim_grow(&report->unkept, &report->unkept_capacity, report->unkept_count + 1,
             sizeof *report->unkept);
    report->unkept[report->unkept_count++] = record->failed;
}

static void
add_plant(struct sim_report *report, const struct sim_record *record)
{
    sim_grow(&report->plants, &report->plant_capacity, report->plant_count + 1,
             sizeof *report->plants);
    struct sim_report_plant *plant = &report->plants[report->plant_count++];
    *plant = (struct sim_report_plant){ .property = record->result.property,
                                        .is_caught = record->is_caught,
                                        .runs = record->runs,
                                        .milliseconds = record->milliseconds };
    memcpy(plant->name, record->plant, sizeof plant->name);
    memcpy(plant->scenario, record->scenario, sizeof plant->scenario);
    snprintf(plant->expected, sizeof plant->expected, "%s", record->result.expected);
}

static bool
read_file(struct sim_report *report, struct sim_result_file *file, struct sim_record *record)
{
    struct hf_span text;

    for (;;) {
        switch (sim_result_file_next(file, record, &text)) {
        case SIM_LINE_RUN:
            add_run(report, record);
            break;
        case SIM_LINE_SUMMARY:
            add_summary(report, record);
            break;
        case SIM_LINE_PLANT:
            add_plant(report, record);
            break;
        case SIM_LINE_TORN:
            report->torn++;
            return true;
        case SIM_LINE_END:
            return true;
        case SIM_LINE_BAD:
            return false;
        }
    }
}

/* A matrix of plants is one object, and no lines of results. */
static bool
read_matrix(struct sim_report *report, const struct sim_result_file *file)
{
    sim_matrix_file_free(&report->matrix);
    return sim_matrix_file_read(&report->matrix, file);
}

bool
sim_report_open(struct sim_report *report, const char *const *paths, unsigned count)
{
    struct sim_record *record = sim_new(sizeof *record);
    bool good = true;

    memset(report, 0, sizeof *report);
    report->files = sim_new((count + 1) * sizeof *report->files);
    for (unsigned i = 0; good && i < count; i++) {
        struct sim_result_file *file = &report->files[report->file_count++];
        good = sim_result_file_open(file, paths[i]) &&
               (sim_matrix_file_is(file->text) ? read_matrix(report, file)
                                               : read_file(report, file, record));
    }
    free(record);
    return good;
}

void
sim_report_close(struct sim_report *report)
{
    for (unsigned i = 0; i < report->file_count; i++)
        sim_result_file_close(&report->files[i]);
    free(report->files);
    free(report->scenarios);
    free(report->cells);
    free(report->failures);
    free(report->plants);
    free(report->unkept);
    sim_matrix_file_free(&report->matrix);
}
