/*
 * result_read.c - reads what result_print.c writes, member by member, in any order.
 *
 * A table leads from a member's name to the function that reads its value. What a newer build
 * may have added is passed over; what is there must have its promised type.
 */
#include "sim/campaign/result_read.h"

#include "cli/json.h"
#include "sim/machine/sim_probe.h"

#include <string.h>

typedef bool member_fn(struct sim_record *record, struct hf_json *json);

struct member {
    const char *name;
    member_fn *read;
};

/* Reads an object by a table; what the table does not have is passed over. */
static bool
read_members(struct sim_record *record, struct hf_json *json, const struct member *members,
             size_t count)
{
    if (json->kind != HF_JSON_OBJECT)
        return false;
    while (hf_json_next(json) == HF_JSON_NAME) {
        size_t i = 0;
        while (i < count && !hf_json_is(json, members[i].name))
            i++;
        hf_json_next(json);
        if (i < count ? !members[i].read(record, json) : !hf_json_skip(json))
            return false;
    }
    return json->kind == HF_JSON_OBJECT_END;
}

/* ---- members that are counts by name ----------------------------------------------------- */

typedef void count_fn(struct sim_record *record, const char *name, uint64_t count);

static bool
read_counts(struct sim_record *record, struct hf_json *json, count_fn *each)
{
    char name[SIM_CELL_NAME_SIZE];
    uint64_t count;

    if (json->kind != HF_JSON_OBJECT)
        return false;
    while (hf_json_next(json) == HF_JSON_NAME) {
        bool fits = hf_json_text(json, name, sizeof name) < sizeof name;
        hf_json_next(json);
        if (!hf_json_u64(json, &count))
            return false;
        if (fits)
            each(record, name, count);
    }
    return json->kind == HF_JSON_OBJECT_END;
}

static void
add_fault(struct sim_record *record, const char *name, uint64_t count)
{
    int index = sim_word_find(sim_fault_name, name);

    if (index >= 0)
        record->result.faults[index] = count;
}

static void
add_mark(struct sim_record *record, const char *name, uint64_t count)
{
    int index = sim_word_find(sim_mark_name, name);

    if (index >= 0)
        record->result.marks[index] = count;
}

static void
add_judged(struct sim_record *record, const char *name, uint64_t count)
{
    int index = sim_word_find(sim_property_name, name);

    if (index >= 0)
        record->result.judged[index] = count;
}

static void
add_strikes(struct sim_record *record, const char *name, uint64_t count)
{
    struct sim_coverage *coverage = &record->result.coverage;
    struct sim_cell cell;

    if (!sim_cell_read(&cell, name) || coverage->count == SIM_CELLS_MAX)
        return;
    cell.strikes = count > UINT32_MAX ? UINT32_MAX : (uint32_t)count;
    coverage->cells[coverage->count++] = cell;
}

static void
add_directive(struct sim_record *record, const char *name, uint64_t count)
{
    uint64_t line;

    if (sim_number_parse(&line, SIM_COUNT, name) != NULL ||
        record->directive_count == SIM_DIRECTIVES_MAX)
        return;
    record->directives[record->directive_count].line = line;
    record->directives[record->directive_count++].count = count;
}

static bool
read_faults(struct sim_record *record, struct hf_json *json)
{
    return read_counts(record, json, add_fault);
}

static bool
read_marks(struct sim_record *record, struct hf_json *json)
{
    return read_counts(record, json, add_mark);
}

static bool
read_judged(struct sim_record *record, struct hf_json *json)
{
    return read_counts(record, json, add_judged);
}

static bool
read_strikes(struct sim_record *record, struct hf_json *json)
{
    return read_counts(record, json, add_strikes);
}

static bool
read_directives(struct sim_record *record, struct hf_json *json)
{
    return read_counts(record, json, add_directive);
}

/* ---- members that are words and numbers -------------------------------------------------- */

/* A string that fits. */
static bool
read_text(struct hf_json *json, char *to, size_t size)
{
    return json->kind == HF_JSON_STRING && hf_json_text(json, to, size) < size;
}

/* A string, cut to fit. */
static bool
read_account(struct hf_json *json, char to[SIM_ACCOUNT_SIZE])
{
    (void)hf_json_text(json, to, SIM_ACCOUNT_SIZE);
    return json->kind == HF_JSON_STRING;
}

static bool
read_scenario(struct sim_record *record, struct hf_json *json)
{
    return read_text(json, record->scenario, sizeof record->scenario) &&
           record->scenario[0] != 0;
}

static bool
read_seed(struct sim_record *record, struct hf_json *json)
{
    return hf_json_u64(json, &record->result.seed);
}

static bool
read_verdict(struct sim_record *record, struct hf_json *json)
{
    static const enum sim_verdict verdicts[] = { SIM_HELD, SIM_BROKE, SIM_SIMULATOR_FAILED };

    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++) {
        record->result.verdict = verdicts[i];
        if (hf_json_is(json, sim_verdict_name(verdicts[i])))
            return true;
    }
    return false;
}

static bool
read_hash(struct sim_record *record, struct hf_json *json)
{
    static const char digits[] = "0123456789abcdef";
    char text[17];

    if (!read_text(json, text, sizeof text) || text[0] == 0)
        return false;
    record->result.hash = 0;
    for (const char *at = text; *at != 0; at++) {
        const char *digit = strchr(digits, *at);
        if (digit == NULL)
            return false;
        record->result.hash = record->result.hash << 4 | (uint64_t)(digit - digits);
    }
    return true;
}

static bool
read_steps(struct sim_record *record, struct hf_json *json)
{
    return hf_json_u64(json, &record->result.steps);
}

static bool
read_cycles(struct sim_record *record, struct hf_json *json)
{
    return hf_json_u64(json, &record->result.cycles);
}

static bool
read_refused(struct sim_record *record, struct hf_json *json)
{
    return hf_json_u64(json, &record->result.refused);
}

static bool
read_property(struct sim_record *record, struct hf_json *json)
{
    char name[SIM_NAME_SIZE];

    if (!read_text(json, name, sizeof name))
        return false;
    int index = sim_word_find(sim_property_name, name);
    record->result.property = index < 0 ? SIM_PROPERTY_COUNT : (enum sim_property)index;
    return true;
}

static bool
read_reproduce(struct sim_record *record, struct hf_json *json)
{
    return read_account(json, record->reproduce);
}

static bool
read_expected(struct sim_record *record, struct hf_json *json)
{
    return read_account(json, record->result.expected);
}

static bool
read_found(struct sim_record *record, struct hf_json *json)
{
    return read_account(json, record->result.found);
}

static bool
read_signature(struct sim_record *record, struct hf_json *json)
{
    return read_account(json, record->signature);
}

/* ---- members that are lists of strings --------------------------------------------------- */

/* What stands between the brackets. */
static bool
read_list(struct hf_json *json, struct hf_span *items)
{
    size_t begin = json->off + 1;

    if (json->kind != HF_JSON_ARRAY)
        return false;
    while (hf_json_next(json) == HF_JSON_STRING)
        continue;
    *items = (struct hf_span){ (const char *)json->text.at + begin, json->off - begin };
    return json->kind == HF_JSON_ARRAY_END;
}

static bool
read_knobs(struct sim_record *record, struct hf_json *json)
{
    return read_list(json, &record->knobs);
}

static bool
read_events(struct sim_record *record, struct hf_json *json)
{
    return read_list(json, &record->events);
}

/* GROUP.KNOB. */
static void
drop_read(struct sim_record *record, const char *name)
{
    char hint[SIM_HINT_SIZE];

    for (unsigned group = SIM_GROUP_ENGINE; group <= SIM_GROUP_WORKLOAD; group++) {
        const char *of = sim_group_name((enum sim_knob_group)group);
        size_t len = strlen(of);
        if (strncmp(name, of, len) != 0 || name[len] != '.')
            continue;
        int knob = sim_knob_find((enum sim_knob_group)group, name + len + 1, hint);
        if (knob >= 0)
            record->result.knobs_read &= ~(UINT64_C(1) << knob);
    }
}

static bool
read_unread(struct sim_record *record, struct hf_json *json)
{
    char name[2 * SIM_NAME_SIZE];

    if (json->kind != HF_JSON_ARRAY)
        return false;
    record->result.knobs_read = UINT64_MAX;
    while (hf_json_next(json) == HF_JSON_STRING) {
        if (hf_json_text(json, name, sizeof name) < sizeof name)
            drop_read(record, name);
    }
    return json->kind == HF_JSON_ARRAY_END;
}

/* ---- a summary --------------------------------------------------------------------------- */

static bool
read_seconds(struct sim_record *record, struct hf_json *json)
{
    double seconds;

    if (!hf_json_double(json, &seconds) || seconds < 0 || seconds > 1e12)
        return false;
    record->milliseconds = (uint64_t)(seconds * 1000 + 0.5);
    return true;
}

static bool
read_jobs(struct sim_record *record, struct hf_json *json)
{
    return hf_json_u64(json, &record->jobs);
}

/* [[milliseconds, runs], ...], times ascending. */
static bool
read_pace(struct sim_record *record, struct hf_json *json)
{
    uint64_t ms, runs, last = 0;

    if (json->kind != HF_JSON_ARRAY)
        return false;
    while (hf_json_next(json) == HF_JSON_ARRAY) {
        hf_json_next(json);
        if (!hf_json_u64(json, &ms) || ms < last)
            return false;
        hf_json_next(json);
        if (!hf_json_u64(json, &runs) || hf_json_next(json) != HF_JSON_ARRAY_END)
            return false;
        sim_pace_end(&record->pace, ms, runs);
        last = ms;
    }
    return json->kind == HF_JSON_ARRAY_END;
}

static bool
read_failed(struct sim_record *record, struct hf_json *json)
{
    return read_list(json, &record->failed);
}

static bool
read_summary(struct sim_record *record, struct hf_json *json)
{
    static const struct member members[] = { { "seconds", read_seconds },
                                             { "jobs", read_jobs },
                                             { "pace", read_pace },
                                             { "failed_expectations", read_failed } };

    record->kind = SIM_RECORD_SUMMARY;
    return read_members(record, json, members, sizeof members / sizeof *members);
}

/* ---- a plant ----------------------------------------------------------------------------- */

static bool
read_plant(struct sim_record *record, struct hf_json *json)
{
    record->kind = SIM_RECORD_PLANT;
    return read_text(json, record->plant, sizeof record->plant) && record->plant[0] != 0;
}

static bool
read_caught(struct sim_record *record, struct hf_json *json)
{
    record->is_caught = json->kind == HF_JSON_TRUE;
    return json->kind == HF_JSON_TRUE || json->kind == HF_JSON_FALSE;
}

static bool
read_runs(struct sim_record *record, struct hf_json *json)
{
    return hf_json_u64(json, &record->runs);
}

static bool
read_ms(struct sim_record *record, struct hf_json *json)
{
    return hf_json_u64(json, &record->milliseconds);
}

/* ---- a line ------------------------------------------------------------------------------ */

static const struct member members[] = {
    { "scenario", read_scenario },
    { "seed", read_seed },
    { "verdict", read_verdict },
    { "hash", read_hash },
    { "steps", read_steps },
    { "cycles", read_cycles },
    { "faults", read_faults },
    { "marks", read_marks },
    { "directives", read_directives },
    { "knobs", read_knobs },
    { "unread", read_unread },
    { "judged", read_judged },
    { "strikes", read_strikes },
    { "refused", read_refused },
    { "property", read_property },
    { "reproduce", read_reproduce },
    { "expected", read_expected },
    { "found", read_found },
    { "signature", read_signature },
    { "events", read_events },
    { "plant", read_plant },
    { "caught", read_caught },
    { "runs", read_runs },
    { "ms", read_ms },
    { "summary", read_summary },
};

bool
sim_record_read(struct sim_record *record, struct hf_span line, char wrong[SIM_WRONG_SIZE])
{
    struct hf_json json;

    memset(record, 0, sizeof *record);
    hf_json_open(&json, line);
    hf_json_next(&json);
    bool good = read_members(record, &json, members, sizeof members / sizeof *members);
    if (good)
        good = hf_json_finish(&json);
    if (json.wrong != NULL)
        snprintf(wrong, SIM_WRONG_SIZE, "column %zu: %s", json.off + 1, json.wrong);
    else if (!good)
        snprintf(wrong, SIM_WRONG_SIZE, "column %zu: this is no result of a run", json.off + 1);
    else if (record->kind == SIM_RECORD_RUN &&
             (record->scenario[0] == 0 || record->result.seed == 0))
        snprintf(wrong, SIM_WRONG_SIZE, "it names no scenario and seed");
    else
        return true;
    return false;
}

void
sim_record_place(struct sim_record *record, const struct sim_scenario *scenario, uint32_t index)
{
    struct sim_result *result = &record->result;

    result->scenario = index;
    for (unsigned d = 0; d < record->directive_count; d++) {
        uint64_t line = record->directives[d].line, count = record->directives[d].count;
        for (unsigned i = 0; i < scenario->rule_count; i++)
            if (scenario->rules[i].line == line)
                result->rules_fired[i] = count;
        for (unsigned i = 0; i < scenario->order_count; i++)
            if (scenario->orders[i].line == line)
                result->orders_fired[i] = count;
    }
}
