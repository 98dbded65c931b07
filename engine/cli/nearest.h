/*
 * nearest.h - which known word somebody may have meant.
 */
#ifndef HF_CLI_NEAREST_H
#define HF_CLI_NEAREST_H

#include <stddef.h>

/*
 * Offers `candidate` as what `word` was meant to be: becomes *best if it takes fewer changes
 * (a letter put in, left out, replaced, or swapped with its neighbour) than *best did. Start
 * with *best NULL. Only words that share more than they differ in count.
 */
void hf_nearest_offer(const char **best, size_t *best_changes, const char *word,
                      const char *candidate);

#endif
