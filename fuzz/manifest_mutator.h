/*
 * manifest_mutator.h - changes to a manifest that get past its checksums.
 *
 * A change of random bytes is stopped by the first crc, and nothing behind it is tested. This
 * mutator knows where the fields and the tables are, changes them, and then makes the checksums
 * right again, most of the time.
 */
#ifndef HF_FUZZ_MANIFEST_MUTATOR_H
#define HF_FUZZ_MANIFEST_MUTATOR_H

#include <stddef.h>
#include <stdint.h>

/* Changes data[0, size) into something of at most `size_max` bytes; returns its size. The same
 * input and seed give the same output. */
size_t fuzz_manifest_mutate(uint8_t *data, size_t size, size_t size_max, uint64_t seed);

/* Makes the sizes and checksums of two copies right; with `agree`, makes the second one of the
 * first. */
void fuzz_manifest_repair(uint8_t *data, size_t size, int agree);

#endif
