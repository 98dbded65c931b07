/*
 * planted.h - known mistakes of cost, switched on by name to prove that a gate notices them.
 */
#ifndef BENCH_PLANTED_H
#define BENCH_PLANTED_H

#include <stdbool.h>

/*
 * Switches one on. False: there is none of that name, or this program has none at all, being
 * holdfast-bench and not holdfast-bench-planted.
 */
bool bench_plant_set(const char *name);

#endif
