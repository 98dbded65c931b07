/*
 * probe.h - what the second compilation adds: marks, chances and plants.
 *
 *   HF_MARK(name)     counts that a rare path was reached, so that a scenario can demand it
 *   HF_CHANCE(name)   true at the tape's word: do something legal but unusual
 *   HF_PLANTED(name)  true when this known bug is switched on, to prove that it is caught
 *
 * Every name is listed in probe_names.h. Without -DHF_SIM the first two vanish without a trace,
 * without -DHF_PLANTS the third (CI looks with nm). In the simulator sim/run/probe.c stands
 * behind them; in holdfast-bench-planted, which has plants alone, bench/planted.c.
 */
#ifndef HF_BASE_PROBE_H
#define HF_BASE_PROBE_H

#include "base/probe_names.h"

#include <stdbool.h>
#include <stdint.h>

#define HF_PROBE_ENUM(name, text) HF_PROBE_##name,
enum hf_mark { HF_MARKS(HF_PROBE_ENUM) HF_MARK_COUNT };
enum hf_chance { HF_CHANCES(HF_PROBE_ENUM) HF_CHANCE_COUNT };
/* Those that break a promise first, then those that only cost or that only threads meet. */
enum hf_plant {
    HF_PLANT_NAMES(HF_PROBE_ENUM) HF_PLANT_COUNT,
    HF_COST_PLANT_NAMES(HF_PROBE_ENUM) HF_THREAD_PLANT_NAMES(HF_PROBE_ENUM) HF_PLANT_LIMIT
};
#undef HF_PROBE_ENUM

#ifdef HF_SIM
extern uint64_t hf_probe_marks[HF_MARK_COUNT];
bool hf_probe_chance(enum hf_chance chance);
#define HF_MARK(name) ((void)++hf_probe_marks[HF_PROBE_##name])
#define HF_CHANCE(name) (hf_probe_chance(HF_PROBE_##name))
#else
#define HF_MARK(name) ((void)0)
#define HF_CHANCE(name) (false)
#endif

#ifdef HF_PLANTS
extern bool hf_probe_planted[HF_PLANT_LIMIT];
#define HF_PLANTED(name)                                                                       \
    (__builtin_expect_with_probability(hf_probe_planted[HF_PROBE_##name], 0, 1.0))
#else
#define HF_PLANTED(name) (false)
#endif

#endif
