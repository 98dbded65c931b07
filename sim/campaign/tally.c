/*
 * tally.c - adds results up and judges sets of runs.
 *
 * A fault that never fires, a mark that is never reached or a knob that nobody reads makes a
 * scenario look as if it tested something: the set fails instead.
 */
#include "sim/campaign/tally.h"

#include "sim/machine/sim_probe.h"

#include <inttypes.h>
#include <stdarg.h>

static void
add_all(uint64_t *to, const uint64_t *from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] += from[i];
}

void
sim_tally_add(struct sim_tally *tally, const struct sim_result *result)
{
    tally->runs++;
    tally->held += result->verdict == SIM_HELD;
    tally->broke += result->verdict == SIM_BROKE;
    tally->failed += result->verdict == SIM_SIMULATOR_FAILED;
    tally->cycles += result->cycles;
    tally->steps += result->steps;
    tally->refused += result->refused;
    tally->knobs_read |= result->knobs_read;
    add_all(tally->faults, result->faults, SIM_FAULT_COUNT);
    add_all(tally->marks, result->marks, HF_MARK_COUNT);
    add_all(tally->rules_fired, result->rules_fired, SIM_FAULT_RULES_MAX);
    add_all(tally->orders_fired, result->orders_fired, SIM_STEP_ORDERS_MAX);
    add_all(tally->judged, result->judged, SIM_PROPERTY_COUNT);
}

bool
sim_tally_is_full(const struct sim_tally *tally, const struct sim_scenario *scenario)
{
    return tally->runs == scenario->seeds.hi - scenario->seeds.lo + 1;
}

/* ---- judging ----------------------------------------------------------------------------- */

struct judgement {
    const struct sim_scenario *scenario;
    hf_line_fn *line;
    void *context;
    unsigned count;
};

static void __attribute__((format(printf, 3, 4)))
complain(struct judgement *judgement, unsigned line, const char *format, ...)
{
    char text[SIM_ACCOUNT_SIZE], message[SIM_ACCOUNT_SIZE / 2];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    snprintf(text, sizeof text, "%.150s:%u: %s", judgement->scenario->text.path, line, message);
    judgement->line(judgement->context, text);
    judgement->count++;
}

static bool
holds(enum sim_relation relation, uint64_t found, uint64_t expected)
{
    switch (relation) {
    case SIM_AT_LEAST:
        return found >= expected;
    case SIM_AT_MOST:
        return found <= expected;
    case SIM_EXACTLY:
        return found == expected;
    }
    return false;
}

static uint64_t
sum_of(const struct sim_tally *tally, const struct sim_expect *expect, const char **name)
{
    switch (expect->what) {
    case SIM_EXPECT_PROPERTY:
        *name = sim_property_name(expect->which);
        return tally->judged[expect->which];
    case SIM_EXPECT_MARK:
        *name = sim_mark_name(expect->which);
        return tally->marks[expect->which];
    case SIM_EXPECT_FAULT:
        *name = sim_fault_name((enum sim_fault)expect->which);
        return tally->faults[expect->which];
    case SIM_EXPECT_CYCLES:
        *name = "cycles";
        return tally->cycles;
    case SIM_EXPECT_REFUSED:
        *name = "refused";
        return tally->refused;
    }
    return 0;
}

static void
judge_expects(struct judgement *judgement, const struct sim_tally *tally)
{
    static const char *const relations[] = { "at least", "at most", "exactly" };

    for (unsigned i = 0; i < judgement->scenario->expect_count; i++) {
        const struct sim_expect *expect = &judgement->scenario->expects[i];
        const char *name = "";
        uint64_t found = sum_of(tally, expect, &name);
        if (holds(expect->relation, found, expect->number))
            continue;
        if (expect->what == SIM_EXPECT_PROPERTY)
            complain(judgement, expect->line, "'%s' was never judged", name);
        else
            complain(judgement, expect->line, "%s: %s %" PRIu64 " expected, %" PRIu64 " found",
                     name, relations[expect->relation], expect->number, found);
    }
}

static void
judge_directives(struct judgement *judgement, const struct sim_tally *tally)
{
    const struct sim_scenario *scenario = judgement->scenario;

    for (unsigned i = 0; i < scenario->rule_count; i++) {
        if (tally->rules_fired[i] == 0)
            complain(judgement, scenario->rules[i].line, "this %s never struck",
                     sim_fault_name(scenario->rules[i].fault));
    }
    for (unsigned i = 0; i < scenario->order_count; i++) {
        if (tally->orders_fired[i] == 0)
            complain(judgement, scenario->orders[i].line, "no run came to this step");
    }
    for (unsigned i = 0; i < SIM_KNOB_COUNT; i++) {
        if (scenario->knobs[i].pinned && (tally->knobs_read >> i & 1) == 0)
            complain(judgement, scenario->knobs[i].line, "nobody read '%s'",
                     sim_knob_name((enum sim_knob)i));
    }
}

unsigned
sim_tally_judge(const struct sim_tally *tally, const struct sim_scenario *scenario,
                hf_line_fn *line, void *context)
{
    struct judgement judgement = { .scenario = scenario, .line = line, .context = context };

    judge_expects(&judgement, tally);
    judge_directives(&judgement, tally);
    return judgement.count;
}
