/*
 * sim_probe.c - what stands behind the engine's marks, chances and plants in the simulator.
 */
#include "sim/machine/sim_probe.h"

#include "base/assert.h"
#include "base/probe.h"
#include "sim/machine/machine_state.h"

#include <string.h>

/* Each run draws for each chance how often it says yes: never, or once in so many. The draw is
 * keyed by the name of the chance and 1; each time that it is asked, by the name and 0. */
static const unsigned rates[] = { 0, 64, 16, 8 };
#define RATE_COUNT (sizeof rates / sizeof *rates)
#define NOT_DRAWN RATE_COUNT

struct entry {
    const char *name;
    const char *text;
};

#define ENTRY(name, text) { #name, text },
/* The last row keeps an empty list legal. */
static const struct entry marks[] = { HF_MARKS(ENTRY){ NULL, NULL } };
static const struct entry chances[] = { HF_CHANCES(ENTRY){ NULL, NULL } };
static const struct entry plants[] = { HF_PLANT_NAMES(ENTRY){ NULL, NULL } };

/* The engine counts and asks here; without -DHF_SIM and -DHF_PLANTS it does neither. */
extern uint64_t hf_probe_marks[HF_MARK_COUNT];
extern bool hf_probe_planted[HF_PLANT_LIMIT];
bool hf_probe_chance(enum hf_chance chance);

uint64_t hf_probe_marks[HF_MARK_COUNT];
bool hf_probe_planted[HF_PLANT_LIMIT];

static bool chances_off;
static uint64_t chosen[HF_CHANCE_COUNT]; /* of rates, for each chance of this run */

bool
hf_probe_chance(enum hf_chance chance)
{
    struct sim_machine *machine = sim_machine_current;

    if (chances_off || machine == NULL || machine->calm)
        return false;
    if (chosen[chance] == NOT_DRAWN)
        chosen[chance] = sim_draw(machine->tape, chances[chance].name, 1, RATE_COUNT);
    return rates[chosen[chance]] != 0 &&
           sim_draw_chance(machine->tape, chances[chance].name, 0, 1, rates[chosen[chance]]);
}

const char *
sim_mark_name(unsigned mark)
{
    return mark < HF_MARK_COUNT ? marks[mark].name : NULL;
}

const char *
sim_mark_text(unsigned mark)
{
    return mark < HF_MARK_COUNT ? marks[mark].text : NULL;
}

const char *
sim_chance_name(unsigned chance)
{
    return chance < HF_CHANCE_COUNT ? chances[chance].name : NULL;
}

const char *
sim_chance_text(unsigned chance)
{
    return chance < HF_CHANCE_COUNT ? chances[chance].text : NULL;
}

const char *
sim_plant_name(unsigned plant)
{
    return plant < HF_PLANT_COUNT ? plants[plant].name : NULL;
}

const char *
sim_plant_text(unsigned plant)
{
    return plant < HF_PLANT_COUNT ? plants[plant].text : NULL;
}

uint64_t
sim_mark_count(unsigned mark)
{
    HF_ASSERT(mark < HF_MARK_COUNT);
    return hf_probe_marks[mark];
}

void
sim_probe_reset(void)
{
    memset(hf_probe_marks, 0, sizeof hf_probe_marks);
    for (unsigned i = 0; i < HF_CHANCE_COUNT; i++)
        chosen[i] = NOT_DRAWN;
}

void
sim_probe_chances(bool on)
{
    chances_off = !on;
}

void
sim_plant_set(unsigned plant, bool on)
{
    HF_ASSERT(plant < HF_PLANT_COUNT);
    hf_probe_planted[plant] = on;
}

void
sim_plants_clear(void)
{
    memset(hf_probe_planted, 0, sizeof hf_probe_planted);
}
