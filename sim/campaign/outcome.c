/*
 * outcome.c - totals, the table and the last line.
 *
 * Expectations over a set count only where the full range of seeds ran; a set that was cut
 * short has them `unmet`, and does not fail for them.
 */
#include "sim/campaign/outcome.h"

#include "cli/json_out.h"
#include "sim/campaign/result_print.h"
#include "sim/verbs_sim.h"

#include <inttypes.h>

static void
count_line(void *context, const char *line)
{
    (void)context;
    (void)line;
}

static void
print_line(void *context, const char *line)
{
    fprintf(context, "  %s\n", line);
}

void
sim_outcome_add_up(struct sim_outcome *outcome)
{
    for (size_t i = 0; i < outcome->set->count; i++) {
        const struct sim_tally *tally = &outcome->tallies[i];
        const struct sim_scenario *scenario = outcome->set->list[i];
        unsigned unmet = sim_tally_judge(tally, scenario, count_line, NULL);
        outcome->runs += tally->runs;
        outcome->held += tally->held;
        outcome->broke += tally->broke;
        outcome->failed += tally->failed;
        outcome->cycles += tally->cycles;
        if (sim_tally_is_full(tally, scenario))
            outcome->unkept += unmet;
        else
            outcome->unmet += unmet;
    }
}

static uint64_t
cycles_per_second(const struct sim_outcome *outcome)
{
    return outcome->cycles * 1000 / outcome->milliseconds;
}

/* ---- JSON -------------------------------------------------------------------------------- */

static void
add_unkept(void *context, const char *line)
{
    hf_json_out_text(context, NULL, line);
}

void
sim_outcome_summary(FILE *to, const struct sim_outcome *outcome)
{
    struct hf_json_out out = { .to = to };

    hf_json_out_open(&out, NULL, '{');
    hf_json_out_open(&out, "summary", '{');
    hf_json_out_u64(&out, "runs", outcome->runs);
    hf_json_out_u64(&out, "held", outcome->held);
    hf_json_out_u64(&out, "broke", outcome->broke);
    hf_json_out_u64(&out, "unmet", outcome->unmet + outcome->unkept);
    hf_json_out_u64(&out, "cycles", outcome->cycles);
    hf_json_out_double(&out, "seconds", (double)outcome->milliseconds / 1000, 3);
    hf_json_out_u64(&out, "cycles_per_second", cycles_per_second(outcome));
    hf_json_out_u64(&out, "jobs", outcome->jobs);
    hf_json_out_open(&out, "pace", '[');
    for (unsigned i = 0; i < outcome->pace.count; i++) {
        hf_json_out_open(&out, NULL, '[');
        hf_json_out_u64(&out, NULL, outcome->pace.at[i].ms);
        hf_json_out_u64(&out, NULL, outcome->pace.at[i].runs);
        hf_json_out_close(&out);
    }
    hf_json_out_close(&out);
    hf_json_out_open(&out, "failed_expectations", '[');
    for (size_t i = 0; i < outcome->set->count; i++)
        if (sim_tally_is_full(&outcome->tallies[i], outcome->set->list[i]))
            sim_tally_judge(&outcome->tallies[i], outcome->set->list[i], add_unkept, &out);
    hf_json_out_close(&out);
    hf_json_out_close(&out);
    hf_json_out_close(&out);
    putc('\n', to);
}

/* ---- text -------------------------------------------------------------------------------- */

void
sim_outcome_table(FILE *to, const struct sim_outcome *outcome)
{
    putc('\n', to);
    sim_print_table_head(to);
    for (size_t i = 0; i < outcome->set->count; i++) {
        const struct sim_tally *tally = &outcome->tallies[i];
        const struct sim_scenario *scenario = outcome->set->list[i];
        unsigned unmet = sim_tally_judge(tally, scenario, count_line, NULL);
        sim_print_table_row(to, scenario, tally, unmet);
        if (sim_tally_is_full(tally, scenario))
            sim_tally_judge(tally, scenario, print_line, to);
    }
    putc('\n', to);
    sim_outcome_verdict(to, outcome);
}

void
sim_outcome_verdict(FILE *to, const struct sim_outcome *outcome)
{
    uint64_t broke = outcome->broke + outcome->failed;

    fprintf(to,
            "%s: %" PRIu64 " runs of %zu scenarios, %" PRIu64
            " broke, %u expectations failed, %u unmet; %" PRIu64 " cycles in %" PRIu64
            ".%" PRIu64 " s, %" PRIu64 " a second with %" PRIu64 " jobs\n",
            broke + outcome->unkept == 0 ? "HELD" : "BROKE", outcome->runs, outcome->set->count,
            broke, outcome->unkept, outcome->unmet, outcome->cycles,
            outcome->milliseconds / 1000, outcome->milliseconds % 1000 / 100,
            cycles_per_second(outcome), outcome->jobs);
}

int
sim_outcome_status(const struct sim_outcome *outcome)
{
    if (outcome->failed > 0)
        return SIM_EXIT_SIMULATOR;
    return outcome->broke > 0 || outcome->unkept > 0 ? SIM_EXIT_BROKE : SIM_EXIT_HELD;
}
