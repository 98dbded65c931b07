/*
 * table_mutator.h - changes to a sorted table that get past its checksums.
 *
 * A change of random bytes is stopped by the first crc, and nothing behind it is tested. This
 * mutator knows where metas and blocks are, changes their fields, moves them about, and then
 * makes the checksums right again, most of the time.
 */
#ifndef HF_FUZZ_TABLE_MUTATOR_H
#define HF_FUZZ_TABLE_MUTATOR_H

#include <stddef.h>
#include <stdint.h>

/* Changes data[0, size) into something of at most `size_max` bytes; returns its size. The same
 * input and seed give the same output. */
size_t fuzz_table_mutate(uint8_t *data, size_t size, size_t size_max, uint64_t seed);

/* Makes every checksum right that has a place; with `agree`, also what has to agree: counts and
 * loaded sizes with the entries, the metas with the file and with each other. */
void fuzz_table_repair(uint8_t *data, size_t size, int agree);

#endif
