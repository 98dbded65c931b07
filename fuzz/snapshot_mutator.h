/*
 * snapshot_mutator.h - changes to a snapshot that get past its checksums.
 *
 * A change of random bytes is stopped by the first crc, and nothing behind it is tested. This
 * mutator knows where header, sections and blocks are, changes their fields, moves them about,
 * and then makes the checksums right again, most of the time.
 */
#ifndef HF_FUZZ_SNAPSHOT_MUTATOR_H
#define HF_FUZZ_SNAPSHOT_MUTATOR_H

#include <stddef.h>
#include <stdint.h>

/* Changes data[0, size) into something of at most `size_max` bytes; returns its size. The same
 * input and seed give the same output. */
size_t fuzz_snapshot_mutate(uint8_t *data, size_t size, size_t size_max, uint64_t seed);

/* Makes every checksum right that has a place; with `agree`, also the sums at the end of the
 * sections. */
void fuzz_snapshot_repair(uint8_t *data, size_t size, int agree);

#endif
