/*
 * fuzz.h - the functions that a fuzzing engine and a target know each other by.
 *
 * Their names are the engines', not ours: libFuzzer calls them, AFL++ does through its driver,
 * and replay_main.c does without either of them.
 */
#ifndef HF_FUZZ_FUZZ_H
#define HF_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Reads one input; returns 0. What does not hold ends the process. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* Changes an input in place, up to `size_max` bytes; returns its new size. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned seed);
/* The engine's own changes, with its dictionary; NULL where no engine is linked. */
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t size_max);

#endif
