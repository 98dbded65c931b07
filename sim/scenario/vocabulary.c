/*
 * vocabulary.c - the nearest known word, by the number of letters to put in, leave out or
 * change.
 */
#include "sim/scenario/vocabulary.h"

#include <stdio.h>
#include <string.h>

#define LETTERS_MAX 40u /* longer words are near to nothing */

int
sim_word_find(sim_word_fn *words, const char *text)
{
    for (unsigned i = 0; words(i) != NULL; i++) {
        if (strcmp(words(i), text) == 0)
            return (int)i;
    }
    return -1;
}

/* One row of the table at a time: row[j] changes turn what was read of `a` into b[0..j). */
static unsigned
distance(const char *a, const char *b)
{
    unsigned row[LETTERS_MAX + 1];
    unsigned len = (unsigned)strlen(b);

    for (unsigned j = 0; j <= len; j++)
        row[j] = j;
    for (; *a != 0; a++) {
        unsigned diagonal = row[0]++;
        for (unsigned j = 1; j <= len; j++) {
            unsigned least = diagonal + (*a != b[j - 1]);
            diagonal = row[j];
            least = row[j] + 1 < least ? row[j] + 1 : least;
            row[j] = row[j - 1] + 1 < least ? row[j - 1] + 1 : least;
        }
    }
    return row[len];
}

void
sim_nearest_offer(struct sim_nearest *nearest, const char *word)
{
    size_t len = strlen(nearest->text);

    if (len > LETTERS_MAX || strlen(word) > LETTERS_MAX)
        return;
    unsigned changes = distance(nearest->text, word);
    if (changes * 2 > len + 1 || (nearest->best != NULL && changes >= nearest->changes))
        return;
    nearest->best = word;
    nearest->changes = changes;
}

const char *
sim_nearest_of(sim_word_fn *words, const char *text)
{
    struct sim_nearest nearest = { .text = text };

    for (unsigned i = 0; words(i) != NULL; i++)
        sim_nearest_offer(&nearest, words(i));
    return nearest.best;
}

const char *
sim_hint(char hint[SIM_HINT_SIZE], const char *best)
{
    hint[0] = 0;
    if (best != NULL)
        snprintf(hint, SIM_HINT_SIZE, " (did you mean '%.40s'?)", best);
    return hint;
}
