/*
 * window.c - what is at risk in buffered mode: commits that are acknowledged and not durable.
 *
 *      durable                 called
 *    -----|----- at risk --------|
 *         oldest ... newest
 *
 * The commit path starts a sync that is overdue, and holds a writer who would put more at risk
 * than was agreed: so few commits, so few bytes, for so short a time. Bytes are those of the
 * values alone, and time begins with the acknowledgement: both are less than the engine counts.
 */
#include "sim/grow.h"
#include "sim/run/run_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void
sim_window_add(struct sim_run *run, uint64_t version, uint64_t bytes)
{
    struct sim_risks *risks = &run->risks;

    sim_grow(&risks->at, &risks->capacity, risks->count + 1, sizeof *risks->at);
    risks->at[risks->count++] =
        (struct sim_risk){ version, sim_machine_now_us(run->machine), bytes };
}

static void
forget_durable(struct sim_risks *risks, uint64_t durable)
{
    size_t gone = 0;

    while (gone < risks->count && risks->at[gone].version <= durable)
        gone++;
    risks->count -= gone;
    if (gone > 0)
        memmove(risks->at, risks->at + gone, risks->count * sizeof *risks->at);
}

/* No more commits than begin a sync, those of others that came during this one aside. */
static void
judge_count(struct sim_run *run, uint64_t version, uint64_t durable)
{
    uint64_t allowed = run->options.sync_batch + run->nested;
    char expected[64];

    if (version <= durable || version - durable <= allowed)
        return;
    snprintf(expected, sizeof expected, "at most %" PRIu64 " commits not durable", allowed);
    sim_run_break(run, SIM_HOLDS_WINDOW, expected, "%" PRIu64, version - durable);
}

/* What was at risk before the commit, and so held it. */
static void
judge_window(struct sim_run *run, uint64_t version, uint64_t called_us)
{
    const struct sim_risks *risks = &run->risks;
    uint64_t loss_us = run->options.loss_ms * 1000, bytes = 0;
    char expected[64];

    for (size_t i = 0; i < risks->count && risks->at[i].version < version; i++)
        bytes += risks->at[i].bytes;
    if (bytes >= run->options.loss_bytes) {
        snprintf(expected, sizeof expected, "less than %" PRIu64 " bytes at risk",
                 run->options.loss_bytes);
        sim_run_break(run, SIM_HOLDS_WINDOW, expected, "%" PRIu64 " when a commit was let in",
                      bytes);
    }
    if (risks->count > 0 && risks->at[0].version < version &&
        called_us > risks->at[0].at_us + loss_us) {
        snprintf(expected, sizeof expected, "at most %" PRIu64 " us at risk", loss_us);
        sim_run_break(run, SIM_HOLDS_WINDOW, expected,
                      "version %" PRIu64 " for %" PRIu64 " us when a commit was let in",
                      risks->at[0].version, called_us - risks->at[0].at_us);
    }
}

void
sim_window_judge(struct sim_run *run, uint64_t version, uint64_t called_us)
{
    uint64_t durable;

    if (run->options.mode != HF_MODE_BUFFERED || run->is_in_hook || sim_run_is_troubled(run))
        return;
    sim_run_judged(run, SIM_HOLDS_WINDOW);
    durable = run->guest->durable_version(run->handle);
    forget_durable(&run->risks, durable);
    judge_count(run, version, durable);
    judge_window(run, version, called_us);
}
