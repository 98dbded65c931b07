/*
 * progress.h - how far a campaign is: one line that is painted over on a terminal, and nothing
 * elsewhere, unless lines are asked for.
 */
#ifndef SIM_PROGRESS_H
#define SIM_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_progress {
    bool is_terminal;
    bool has_lines; /* asked for, where there is no terminal */
    uint64_t shown_ns;
    bool is_dirty; /* something stands on the terminal's line */
};

/* What there is to say. */
struct sim_progress_now {
    uint64_t scenario_done, scenario_count;
    uint64_t run_done, run_count;
    uint64_t cycles, failures;
    uint64_t elapsed_ns;
    uint64_t budget_ns; /* of wall time; 0: none, the runs are what there is to do */
};

/* Looks where standard error goes. */
struct sim_progress sim_progress_begin(bool wants_lines);
/* Shows it, if that is due; cheap to call after every run. */
void sim_progress_show(struct sim_progress *progress, const struct sim_progress_now *now,
                       uint64_t now_ns);
/* Before anything else is printed. */
void sim_progress_clear(struct sim_progress *progress);

/* The line itself, at most `size` with its 0. */
#define SIM_PROGRESS_SIZE 160u
void sim_progress_line(const struct sim_progress_now *now, char *to, size_t size);

#endif
