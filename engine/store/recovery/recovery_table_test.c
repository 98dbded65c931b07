/*
 * recovery_table_test.c - every row of the decision table.
 *
 * Method: the table is enumerated, and each decision is held against the three rules that it
 * has to follow, stated here in words and not as a second table.
 */
#include "store/recovery/recovery_table.h"

#include "base/tap.h"

static const char *const places[] = { "last", "inner" };
static const char *const hows[] = { "complete", "zeros", "torn", "newer" };

static void
test_row(enum hf_stop_place place, enum hf_stop_how how, bool below)
{
    enum hf_stop_decision decision = hf_recovery_decide(place, how, below);
    bool readable = how == HF_STOP_COMPLETE && (place == HF_STOP_INNER || !below);

    if (how == HF_STOP_NEWER)
        TAP_OK(decision == HF_DECIDE_NEWER,
               "%s, %s, %s the witness: of a newer version, never cut", places[place],
               hows[how], below ? "below" : "above");
    else if (readable)
        TAP_OK(decision == HF_DECIDE_GO_ON, "%s, %s, %s the witness: goes on", places[place],
               hows[how], below ? "below" : "above");
    else if (below)
        TAP_OK(decision == HF_DECIDE_CORRUPT, "%s, %s, below the witness: damage",
               places[place], hows[how]);
    else
        TAP_OK(decision == HF_DECIDE_CUT, "%s, %s, above the witness: a power cut's tail",
               places[place], hows[how]);
}

int
main(void)
{
    for (int place = 0; place < HF_STOP_PLACE_COUNT; place++) {
        for (int how = 0; how < HF_STOP_HOW_COUNT; how++) {
            test_row((enum hf_stop_place)place, (enum hf_stop_how)how, false);
            test_row((enum hf_stop_place)place, (enum hf_stop_how)how, true);
        }
    }
    return tap_done();
}
