/*
 * pace.h - how many runs were done by when: a few points for a whole campaign.
 */
#ifndef SIM_PACE_H
#define SIM_PACE_H

#include <stddef.h>
#include <stdint.h>

#define SIM_PACE_MAX 64u

/* Times ascend. A zeroed struct has no point. */
struct sim_pace {
    struct {
        uint64_t ms, runs;
    } at[SIM_PACE_MAX];
    unsigned count;
    uint64_t step; /* milliseconds from point to point at least */
};

/* `runs` are done after `ms`; where points are too many, every second one goes. */
void sim_pace_add(struct sim_pace *pace, uint64_t ms, uint64_t runs);
/* The last point, however near to the one before: all that was done is in it. */
void sim_pace_end(struct sim_pace *pace, uint64_t ms, uint64_t runs);
/* The runs done after `ms`, in between as the straight line says. */
uint64_t sim_pace_runs(const struct sim_pace *pace, uint64_t ms);
/* `pace` and `other` side by side, from one start. */
void sim_pace_merge(struct sim_pace *pace, const struct sim_pace *other);

#endif
