/*
 * knob_test.c - every parameter: its default is in its own language, its draws stay inside.
 */
#include "sim/scenario/knob.h"

#include "base/tap.h"

#include <string.h>

#define SEEDS 300u

static bool
is_chosen(const struct sim_choice *choice, struct sim_range value)
{
    for (unsigned i = 0; i < choice->count; i++) {
        if (choice->of[i].lo <= value.lo && value.hi <= choice->of[i].hi)
            return true;
    }
    return false;
}

/* Prints the value and reads it again: the same comes out. */
static bool
survives_printing(enum sim_knob knob, struct sim_range value)
{
    char text[SIM_HINT_SIZE], hint[SIM_HINT_SIZE];
    struct sim_choice choice;

    sim_knob_print(knob, value, text);
    return sim_knob_parse(knob, &choice, text, hint) == NULL && choice.count == 1 &&
           choice.of[0].lo == value.lo && choice.of[0].hi == value.hi;
}

static void
check_knob(enum sim_knob knob, struct sim_tape *tape)
{
    struct sim_choice choice;
    char hint[SIM_HINT_SIZE];
    bool inside = true, printed = true, read;

    read = sim_knob_parse(knob, &choice, sim_knob_default(knob), hint) == NULL;
    for (uint64_t seed = 1; read && seed <= SEEDS; seed++) {
        sim_tape_reset(tape, seed);
        struct sim_range value = sim_knob_draw(knob, &choice, tape, 0);
        inside = inside && is_chosen(&choice, value);
        printed = printed && survives_printing(knob, value);
    }
    TAP_OK(read && inside && printed,
           "%s.%s: the default is legal, draws stay in it, and each can be written down",
           sim_group_name(sim_knob_group(knob)), sim_knob_name(knob));
}

static void
check_names(void)
{
    char hint[SIM_HINT_SIZE] = "";

    TAP_OK(sim_knob_find(SIM_GROUP_ENGINE, "sector", hint) == SIM_KNOB_SECTOR &&
               sim_knob_find(SIM_GROUP_DISK, "sector", hint) == SIM_KNOB_DEVICE_SECTOR,
           "the same name in two groups is two knobs");
    TAP_OK(sim_knob_find(SIM_GROUP_ENGINE, "sectr", hint) < 0 &&
               strstr(hint, "'sector'") != NULL,
           "a wrong name is told the nearest one of its group");
}

int
main(void)
{
    struct sim_tape *tape = sim_tape_open();

    for (unsigned knob = 0; knob < SIM_KNOB_COUNT; knob++)
        check_knob((enum sim_knob)knob, tape);
    check_names();
    sim_tape_close(tape);
    return tap_done();
}
