/*
 * vocabulary.c - a list of words is a function from an index to a word.
 */
#include "sim/scenario/vocabulary.h"

#include "cli/nearest.h"

#include <stdio.h>
#include <string.h>

int
sim_word_find(sim_word_fn *words, const char *text)
{
    for (unsigned i = 0; words(i) != NULL; i++) {
        if (strcmp(words(i), text) == 0)
            return (int)i;
    }
    return -1;
}

const char *
sim_nearest_of(sim_word_fn *words, const char *text)
{
    const char *best = NULL;
    size_t changes = 0;

    for (unsigned i = 0; words(i) != NULL; i++)
        hf_nearest_offer(&best, &changes, text, words(i));
    return best;
}

const char *
sim_hint(char hint[SIM_HINT_SIZE], const char *best)
{
    hint[0] = 0;
    if (best != NULL)
        snprintf(hint, SIM_HINT_SIZE, " (did you mean '%.40s'?)", best);
    return hint;
}
