/*
 * result.h - what one run gave: plain numbers, so that it can go through a pipe as it is.
 */
#ifndef SIM_RESULT_H
#define SIM_RESULT_H

#include "base/probe.h"
#include "sim/machine/coverage.h"
#include "sim/scenario/scenario.h"

enum sim_verdict { SIM_HELD, SIM_BROKE, SIM_SIMULATOR_FAILED };

#define SIM_ACCOUNT_SIZE 400u

struct sim_result {
    uint32_t scenario; /* its index in the set */
    uint64_t seed;
    enum sim_verdict verdict;
    enum sim_property property; /* that broke */
    uint64_t hash;
    uint64_t steps;
    uint64_t calls;        /* of files and directories, while faults could strike */
    uint64_t calls_opened; /* ... until the last open was judged */
    uint64_t recovered;    /* versions that the last open showed */
    uint64_t unread;       /* explicit draws that nobody asked for */
    uint64_t cycles;
    uint64_t refused; /* times that damage was reported by a clear error at open */
    uint64_t faults[SIM_FAULT_COUNT];
    struct sim_coverage coverage;
    uint64_t marks[HF_MARK_COUNT];
    uint64_t rules_fired[SIM_FAULT_RULES_MAX];
    uint64_t orders_fired[SIM_STEP_ORDERS_MAX];
    uint64_t judged[SIM_PROPERTY_COUNT];
    uint64_t knobs_read; /* a bit each */
    struct sim_range knobs[SIM_KNOB_COUNT];
    char expected[SIM_ACCOUNT_SIZE];
    char found[SIM_ACCOUNT_SIZE];
};

_Static_assert(SIM_KNOB_COUNT <= 64, "knobs_read has a bit for each knob");

const char *sim_verdict_name(enum sim_verdict verdict);

#endif
