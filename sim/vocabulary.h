/*
 * vocabulary.h - lists of known words: finding one, and naming the nearest to a wrong one.
 */
#ifndef SIM_VOCABULARY_H
#define SIM_VOCABULARY_H

#include <stdbool.h>
#include <stddef.h>

/* The `index`th known word, NULL behind the last one. */
typedef const char *sim_word_fn(unsigned index);

/* The index of the word that is `text`, or -1. */
int sim_word_find(sim_word_fn *words, const char *text);

/* The known word that is nearest to `text`, as cli/nearest.h has it; NULL: none is near. */
const char *sim_nearest_of(sim_word_fn *words, const char *text);

/* " (did you mean 'BEST'?)", or "" where nothing is near. */
#define SIM_HINT_SIZE 160u
const char *sim_hint(char hint[SIM_HINT_SIZE], const char *best);
/* The same of the word that is nearest to `text`. Where none is: " (known: A, B, C)", or if
 * that has no room, who lists them. */
const char *sim_hint_of(char hint[SIM_HINT_SIZE], sim_word_fn *words, const char *text);

#endif
