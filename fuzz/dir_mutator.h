/*
 * dir_mutator.h - changes to a directory of files that get past names, sizes and checksums.
 *
 * Most of the time one file is changed as its own mutator does it; else files go, come again
 * under other numbers, or change places.
 */
#ifndef HF_FUZZ_DIR_MUTATOR_H
#define HF_FUZZ_DIR_MUTATOR_H

#include <stddef.h>
#include <stdint.h>

/* Changes data[0, size) into something of at most `size_max` bytes; returns its size. The same
 * input and seed give the same output. */
size_t fuzz_dir_mutate(uint8_t *data, size_t size, size_t size_max, uint64_t seed);

#endif
