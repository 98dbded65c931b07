/*
 * assert.c - the end of a process that has found itself wrong.
 *
 * Going on would risk the data, so there is nothing to return: say the fact and its place,
 * stop.
 */
#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void
hf_assert_failed(const char *fact, const char *file, int line)
{
    fprintf(stderr, "%s:%d: Holdfast is wrong: this must hold: %s\n", file, line, fact);
    abort();
}
