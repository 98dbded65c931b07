/*
 * campaign.h - many runs: over seeds and scenarios, on all cores, results in a fixed order.
 */
#ifndef SIM_CAMPAIGN_H
#define SIM_CAMPAIGN_H

#include "sim/run/last_events.h"
#include "sim/scenario/scenario_set.h"

struct sim_campaign {
    const struct sim_set *set;
    struct sim_range seeds; /* instead of each scenario's own; hi 0: its own */
    unsigned jobs;
    uint64_t shard,
        shard_count;  /* this campaign runs every shard_count'th run from `shard` on */
    uint64_t time_ns; /* 0: to the end; else seeds are dealt round-robin until then */
    uint64_t doubled, doubled_of; /* the share of runs that are done twice */
};

/* `events` led to a broken run; there are none where the process ended, or all held. */
typedef void sim_result_fn(void *context, const struct sim_result *result,
                           const struct sim_last_events *events);

/*
 * Calls `each` for every result, in the order in which runs are dealt, whatever the jobs. A run
 * in which the engine ends its process by a signal counts as `alive` broken, and the campaign
 * goes on. False: processes or pipes could not be made.
 */
bool sim_campaign_run(const struct sim_campaign *campaign, sim_result_fn *each, void *context);

/* The runs that there are to do, as far as time does not matter. */
uint64_t sim_campaign_size(const struct sim_campaign *campaign);

/* Wall time, for budgets and rates; no run ever sees it. */
uint64_t sim_wall_ns(void);
/* Ends the process by SIGPROF if what follows takes so many seconds of CPU time. */
#define SIM_RUN_SECONDS_MAX 20
void sim_watchdog(int seconds);

#endif
