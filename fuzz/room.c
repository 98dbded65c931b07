/*
 * room.c - a simulated machine for targets that run the whole engine.
 *
 * A planted bug is one that a corpus should meet; where it does not, the corpus has a hole.
 */
#include "fuzz/room.h"

#include "base/assert.h"
#include "sim/machine/sim_probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTOR 512u
#define SEGMENT_SIZE (8u * SECTOR)

static struct sim_machine *machine;
static struct sim_tape *tape;

void
fuzz_room_plant(void)
{
    const char *name = getenv("FUZZ_PLANT");
    unsigned found = 0;

    if (name == NULL)
        return;
    while (sim_plant_name(found) != NULL && strcmp(sim_plant_name(found), name) != 0)
        found++;
    if (sim_plant_name(found) == NULL) {
        fprintf(stderr, "FUZZ_PLANT: there is no plant '%s'\n", name);
        exit(2);
    }
    sim_plant_set(found, true);
}

struct sim_machine *
fuzz_room(uint64_t seed, struct sim_rule *rules, unsigned rule_count)
{
    struct sim_machine_config config = { .sector = SECTOR,
                                         .rules = rules,
                                         .rule_count = rule_count };

    if (machine == NULL) {
        machine = sim_machine_open();
        tape = sim_tape_open();
        fuzz_room_plant();
    }
    sim_tape_reset(tape, seed);
    sim_machine_reset(machine, &config, tape);
    return machine;
}

void
fuzz_room_live(void (*run)(void *), void *context)
{
    enum sim_end end = sim_machine_life(machine, run, context);

    HF_ASSERT(end == SIM_RETURNED);
    HF_ASSERT(sim_machine_leaks(machine) == 0);
}

struct hf_options
fuzz_room_options(unsigned flags)
{
    struct hf_options options = HF_OPTIONS_INIT;

    options.flags = flags | HF_SINGLE_THREAD | HF_BACKGROUND_CALLER;
    options.sector = SECTOR;
    options.segment_size = SEGMENT_SIZE;
    options.sync_interval_ms = options.loss_ms = 1u << 30;
    return options;
}
