/*
 * progress_test.c - what the line says, by example, and that it is cut to what there is.
 */
#include "sim/campaign/progress.h"

#include "base/tap.h"

#include <string.h>

static bool
says(const struct sim_progress_now *now, const char *text)
{
    char line[SIM_PROGRESS_SIZE];

    sim_progress_line(now, line, sizeof line);
    if (strcmp(line, text) != 0)
        printf("# %s\n", line);
    return strcmp(line, text) == 0;
}

int
main(void)
{
    struct sim_progress_now now = { .scenario_done = 3,
                                    .scenario_count = 66,
                                    .run_done = 100,
                                    .run_count = 400,
                                    .cycles = 2000,
                                    .elapsed_ns = UINT64_C(1999000000) };
    char cut[21];

    TAP_OK(says(&now, "3/66 scenarios, 100/400 runs, 1000 cycles/s, 0 broke, 6 s left"),
           "what is left takes as long as what is done did");
    now.run_count = 100 + 100 * 1800;
    TAP_OK(says(&now, "3/66 scenarios, 100/180100 runs, 1000 cycles/s, 0 broke, 0:59:58 left"),
           "long times are told in hours");
    now.budget_ns = UINT64_C(12000000000);
    TAP_OK(says(&now, "3/66 scenarios, 100/180100 runs, 1000 cycles/s, 0 broke, 10 s left"),
           "with a budget it is the budget that ends");
    now.budget_ns = UINT64_C(1000000000);
    TAP_OK(says(&now, "3/66 scenarios, 100/180100 runs, 1000 cycles/s, 0 broke, 0 s left"),
           "and never less than nothing is left");
    now = (struct sim_progress_now){ .run_count = 5, .failures = 2 };
    TAP_OK(says(&now, "0/0 scenarios, 0/5 runs, 0 cycles/s, 2 broke"),
           "before the first run nobody knows");
    sim_progress_line(&now, cut, sizeof cut);
    TAP_OK(strlen(cut) == sizeof cut - 1, "a narrow terminal gets what fits");
    return tap_done();
}
