/*
 * table_make.h - small sorted tables out of nothing, for a mutator to change.
 */
#ifndef HF_FUZZ_TABLE_MAKE_H
#define HF_FUZZ_TABLE_MAKE_H

#include <stddef.h>
#include <stdint.h>

/* Fills data[0, size_max) with a good table, as the random numbers will have it, and returns
 * its size; 0: there is no room for one. */
size_t fuzz_table_make(uint8_t *data, size_t size_max, uint64_t *random);

#endif
