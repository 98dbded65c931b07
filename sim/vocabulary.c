/*
 * vocabulary.c - a list of words is a function from an index to a word.
 */
#include "sim/vocabulary.h"

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

/* False: there is no room for all of them. */
static bool
list_words(char hint[SIM_HINT_SIZE], sim_word_fn *words)
{
    size_t used = 0;

    for (unsigned i = 0; words(i) != NULL; i++) {
        int more = snprintf(hint + used, SIM_HINT_SIZE - used, "%s%s",
                            i == 0 ? " (known: " : ", ", words(i));
        used += (size_t)more;
        if (used + sizeof ")" > SIM_HINT_SIZE)
            return false;
    }
    snprintf(hint + used, SIM_HINT_SIZE - used, ")");
    return true;
}

const char *
sim_hint_of(char hint[SIM_HINT_SIZE], sim_word_fn *words, const char *text)
{
    const char *best = sim_nearest_of(words, text);

    if (best != NULL)
        return sim_hint(hint, best);
    if (!list_words(hint, words))
        snprintf(hint, SIM_HINT_SIZE, " (holdfast-sim describe lists them)");
    return hint;
}
