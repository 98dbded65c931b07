/*
 * wal_mutator.h - changes to a log segment that get past its checksums.
 *
 * A change of random bytes is stopped by the first crc, and nothing behind it is tested. This
 * mutator knows where header, groups and frames are, changes their fields, moves them about,
 * and then makes the checksums right again, most of the time.
 */
#ifndef HF_FUZZ_WAL_MUTATOR_H
#define HF_FUZZ_WAL_MUTATOR_H

#include <stddef.h>
#include <stdint.h>

/* Changes data[0, size) into something of at most `size_max` bytes; returns its size. The same
 * input and seed give the same output. */
size_t fuzz_wal_mutate(uint8_t *data, size_t size, size_t size_max, uint64_t seed);

/* Makes every checksum right that has a place; with `renumber`, also what has to ascend: group
 * numbers, versions, and the way back from each operation. */
void fuzz_wal_repair(uint8_t *data, size_t size, int renumber);

#endif
