/*
 * plant.h - a planted bug in a target that runs a codec alone, and not on a machine (room.h).
 *
 * A target that includes this is built with the plants in it (ci/build/make.sh), and the bug
 * that FUZZ_PLANT in the environment names is one that its corpus, or a campaign, must find.
 * Where it is compiled by itself, without plants, nothing is left of it.
 */
#ifndef HF_FUZZ_PLANT_H
#define HF_FUZZ_PLANT_H

#include "fuzz/room.h"

/* To be called before each input; does its work once. */
static inline void
fuzz_plant(void)
{
#ifdef HF_PLANTS
    static bool is_done;

    if (!is_done)
        fuzz_room_plant();
    is_done = true;
#endif
}

#endif
