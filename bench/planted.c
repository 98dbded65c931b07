/*
 * planted.c - what stands behind HF_PLANTED in holdfast-bench-planted. Compiled without
 * -DHF_PLANTS, for holdfast-bench, it knows no name.
 */
#include "bench/planted.h"

#include "base/probe.h"

#include <stddef.h>
#include <string.h>

#ifdef HF_PLANTS
#define NAME(name, text) #name,
static const char *const names[] = { HF_COST_PLANT_NAMES(NAME) NULL };

bool hf_probe_planted[HF_PLANT_LIMIT];

static void
set(unsigned index)
{
    hf_probe_planted[HF_PLANT_COUNT + 1 + index] = true;
}
#else
static const char *const names[] = { NULL };

static void
set(unsigned index)
{
    (void)index;
}
#endif

bool
bench_plant_set(const char *name)
{
    for (unsigned i = 0; names[i] != NULL; i++) {
        if (strcmp(names[i], name) != 0)
            continue;
        set(i);
        return true;
    }
    return false;
}
