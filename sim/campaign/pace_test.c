/*
 * pace_test.c - a long campaign keeps few points that lie on its line; sums are sums.
 */
#include "sim/campaign/pace.h"

#include "base/tap.h"

static void
fill(struct sim_pace *pace, uint64_t end, uint64_t rate)
{
    *pace = (struct sim_pace){ .count = 0 };
    for (uint64_t ms = 1; ms <= end; ms += 7)
        sim_pace_add(pace, ms, ms * rate);
}

static bool
is_near(uint64_t a, uint64_t b)
{
    return a > b ? a - b <= b / 50 + 2 : b - a <= b / 50 + 2;
}

static void
test_points(void)
{
    static const uint64_t ends[] = { 1, 100, 3000, 3600 * 1000 };

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct sim_pace pace;
        bool ascends = true;
        fill(&pace, ends[i], 3);
        for (unsigned p = 1; p < pace.count; p++)
            ascends = ascends && pace.at[p].ms > pace.at[p - 1].ms;
        TAP_OK(pace.count > 0 && pace.count <= SIM_PACE_MAX && ascends &&
                   is_near(sim_pace_runs(&pace, ends[i] / 2), ends[i] / 2 * 3),
               "%u points tell of %u ms", pace.count, (unsigned)ends[i]);
    }
}

static void
test_merge(void)
{
    struct sim_pace one, two, none = { .count = 0 };

    fill(&one, 10000, 2);
    fill(&two, 4000, 5);
    sim_pace_end(&two, 4000, 20000);
    TAP_OK(sim_pace_runs(&two, 4000) == 20000 && sim_pace_runs(&two, 5000) == 20000,
           "the last point has all that was done");
    sim_pace_merge(&one, &two);
    TAP_OK(is_near(sim_pace_runs(&one, 2000), 14000) &&
               is_near(sim_pace_runs(&one, 10000), 40000) && one.count <= SIM_PACE_MAX,
           "two campaigns side by side are the sum of both");
    sim_pace_merge(&none, &two);
    TAP_OK(is_near(sim_pace_runs(&none, 4000), 20000), "nothing and one is that one");
    struct sim_pace nothing = { .count = 0 };
    sim_pace_merge(&nothing, &(struct sim_pace){ .count = 0 });
    TAP_OK(nothing.count == 0 && sim_pace_runs(&nothing, 5) == 0, "nothing stays nothing");
}

int
main(void)
{
    test_points();
    test_merge();
    return tap_done();
}
