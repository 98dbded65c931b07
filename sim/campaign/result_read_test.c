/*
 * result_read_test.c - results full of everything are printed and read back; their lines are
 * cut in every place and changed in every byte, from copies of exact length: what is still
 * accepted is a result, and nothing else is read.
 */
#define _GNU_SOURCE /* open_memstream */
#include "sim/campaign/result_read.h"

#include "base/span.h"
#include "base/tap.h"
#include "sim/campaign/result_print.h"
#include "sim/machine/sim_probe.h"

#include <stdlib.h>

static const char source[] = "# For a test.\nscenario readable\nseeds 1..9\n"
                             "engine mode=strict\nfault power_cut every=5..9\n"
                             "at step 3 flush\nexpect prefix\n";

static struct sim_scenario scenario;

/* Numbers that differ from member to member, where 0 is left out of the line. */
static void
fill(struct sim_result *result)
{
    memset(result, 0, sizeof *result);
    result->seed = UINT64_MAX;
    result->verdict = SIM_BROKE;
    result->property = SIM_HOLDS_DURABLE;
    result->hash = UINT64_C(0x0123456789abcdef);
    result->steps = 11;
    result->cycles = 12;
    result->refused = 13;
    for (unsigned i = 0; i < SIM_FAULT_COUNT; i++)
        result->faults[i] = i * 7;
    for (unsigned i = 0; i < HF_MARK_COUNT; i++)
        result->marks[i] = i * 5;
    for (unsigned i = 0; i < SIM_PROPERTY_COUNT; i++)
        result->judged[i] = i * 3;
    result->rules_fired[0] = 17;
    result->orders_fired[0] = 19;
    result->knobs_read = UINT64_MAX ^ 2 ^ UINT64_C(1) << (SIM_KNOB_COUNT - 1);
    sim_coverage_add(&result->coverage,
                     (struct sim_cell){ SIM_BIT_FLIP, SIM_FILE_WAL, SIM_MOMENT_REST, 3, 0 });
    sim_coverage_add(&result->coverage,
                     (struct sim_cell){ SIM_POWER_CUT, SIM_FILE_DIR, SIM_MOMENT_RUN, 0, 0 });
    snprintf(result->expected, sizeof result->expected, "a \"quoted\"\n\\ text");
    snprintf(result->found, sizeof result->found, "\xc3\xa9 and more");
}

static char *
print(const struct sim_result *result)
{
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);

    sim_print_json(to, &scenario, result, NULL, NULL);
    fclose(to);
    text[size - 1] = 0; /* its newline */
    return text;
}

/* Reads from a copy of exact length. */
static bool
read_line(struct sim_record *record, const char *text, size_t len, char *wrong)
{
    char *copy = malloc(len + (len == 0));

    memcpy(copy, text, len);
    bool good = sim_record_read(record, hf_span(copy, len), wrong);
    record->knobs = record->events = record->failed = hf_span(NULL, 0);
    free(copy);
    return good;
}

static void
test_round_trip(void)
{
    struct sim_result result;
    struct sim_record *record = malloc(sizeof *record);
    char wrong[SIM_WRONG_SIZE] = "";

    fill(&result);
    char *line = print(&result);
    bool good = read_line(record, line, strlen(line), wrong);
    TAP_OK(good && record->kind == SIM_RECORD_RUN && strcmp(record->scenario, "readable") == 0,
           "what is printed is read (%s)", wrong);
    sim_record_place(record, &scenario, 0);
    const struct sim_result *again = &record->result;
    TAP_OK(again->seed == result.seed && again->hash == result.hash &&
               again->verdict == result.verdict && again->property == result.property &&
               again->steps == 11 && again->cycles == 12 && again->refused == 13,
           "numbers and verdicts come back");
    TAP_OK(memcmp(again->faults, result.faults, sizeof result.faults) == 0 &&
               memcmp(again->marks, result.marks, sizeof result.marks) == 0 &&
               memcmp(again->judged, result.judged, sizeof result.judged) == 0 &&
               again->knobs_read == result.knobs_read,
           "so do counts, and what was read of the knobs");
    TAP_OK(again->rules_fired[0] == 17 && again->orders_fired[0] == 19,
           "directives find their lines");
    TAP_OK(again->coverage.count == 2 && memcmp(again->coverage.cells, result.coverage.cells,
                                                2 * sizeof *result.coverage.cells) == 0,
           "so does where faults struck");
    TAP_OK(strcmp(again->expected, result.expected) == 0 &&
               strcmp(again->found, result.found) == 0 &&
               strstr(record->reproduce, "replay t.scn --seed 18446744073709551615") != NULL,
           "texts come back as they were");
    free(line);
    free(record);
}

static void
test_any_bytes(void)
{
    struct sim_result result;
    struct sim_record *record = malloc(sizeof *record);
    char wrong[SIM_WRONG_SIZE];
    unsigned cut = 0, other = 0;

    fill(&result);
    char *line = print(&result);
    size_t len = strlen(line);
    for (size_t i = 0; i < len; i++)
        cut += read_line(record, line, i, wrong);
    TAP_OK(cut == 0, "a line that is cut is no result");
    for (size_t i = 0; i < len; i++) {
        char kept = line[i];
        static const char bytes[] = { 0, '"', '{', ']', ',', '0', '\\', '\xff' };
        for (size_t c = 0; c < sizeof bytes; c++) {
            line[i] = bytes[c];
            if (read_line(record, line, len, wrong))
                other += record->scenario[0] == 0 || record->result.seed == 0 ||
                         record->result.property > SIM_PROPERTY_COUNT;
        }
        line[i] = kept;
    }
    TAP_OK(other == 0, "whatever a byte becomes, what is accepted is a result");
    free(line);
    free(record);
}

static bool
is_refused(const char *line, const char *why)
{
    struct sim_record *record = malloc(sizeof *record);
    char wrong[SIM_WRONG_SIZE] = "";
    bool refused = !read_line(record, line, strlen(line), wrong) && strstr(wrong, why) != NULL;

    free(record);
    if (!refused)
        printf("# %s: %s\n", line, wrong);
    return refused;
}

static void
test_refusals(void)
{
    TAP_OK(is_refused("[]", "no result") && is_refused("{}", "no scenario") &&
               is_refused("{\"scenario\":\"x\"}", "no scenario and seed") &&
               is_refused("{\"scenario\":\"x\",\"seed\":\"1\"} 2", "behind the value") &&
               is_refused("{\"scenario\":1}", "column 13: this is no result") &&
               is_refused("{\"verdict\":\"maybe\"}", "no result") &&
               is_refused("{\"faults\":{\"power_cut\":-1}}", "no result") &&
               is_refused("{\"hash\":\"0x12\"}", "no result") && is_refused("", "too early"),
           "what is no result is refused with a reason");
}

static void
test_summary(void)
{
    static const char line[] = "{\"summary\":{\"runs\":3,\"seconds\":1.250,\"jobs\":4,\"more\":"
                               "[{}],\"pace\":[[5,1],[900,3]]}}";
    struct sim_record *record = malloc(sizeof *record);
    char wrong[SIM_WRONG_SIZE];

    TAP_OK(read_line(record, line, strlen(line), wrong) && record->kind == SIM_RECORD_SUMMARY &&
               record->milliseconds == 1250 && record->jobs == 4 && record->pace.count == 2,
           "a summary is told from a run, and what it has besides is passed over");
    free(record);
}

int
main(void)
{
    struct sim_complaint complaint;

    if (!TAP_OK(sim_scenario_parse(&scenario, "t.scn", source, strlen(source), &complaint),
                "the scenario is good: %s", complaint.text))
        return tap_done();
    test_round_trip();
    test_any_bytes();
    test_refusals();
    test_summary();
    sim_scenario_fini(&scenario);
    return tap_done();
}
