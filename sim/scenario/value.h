/*
 * value.h - the typed values of the scenario language: numbers with units, ranges, ratios,
 * words.
 *
 *   count      17   2000
 *   size       512   64KiB   1MiB   2GiB            in bytes
 *   duration   500us   30ms   2s   10m              in microseconds
 *   ratio      1/1000                               exact, at most 1
 *   range      1..600   4KiB..64KiB                 both ends belong to it
 *   choice     A|B|...                              each A a number or a range of the type
 *
 * `all` is the largest number there is.
 */
#ifndef SIM_VALUE_H
#define SIM_VALUE_H

#include "sim/vocabulary.h"

#include <stdint.h>

enum sim_unit { SIM_COUNT, SIM_SIZE, SIM_DURATION };

struct sim_range {
    uint64_t lo, hi;
};

#define SIM_CHOICES_MAX 16u /* as many as there are properties, and one */

struct sim_choice {
    unsigned count;
    struct sim_range of[SIM_CHOICES_MAX];
};

/* Each reads all of `text`; NULL, or a static sentence saying what is wrong with it. */
const char *sim_number_parse(uint64_t *number, enum sim_unit unit, const char *text);
const char *sim_range_parse(struct sim_range *range, enum sim_unit unit, const char *text);
const char *sim_ratio_parse(uint64_t *of, uint64_t *whole, const char *text);
const char *sim_choice_parse(struct sim_choice *choice, enum sim_unit unit, const char *text);
/* Words instead of numbers: each becomes its index. *wrong: the word that is not known. */
const char *sim_words_parse(struct sim_choice *choice, sim_word_fn *words, const char *text,
                            char wrong[SIM_HINT_SIZE]);

#endif
