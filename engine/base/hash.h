/*
 * hash.h - the keyed 64-bit hash of keys in memory. Never stored, so free to change.
 *
 * Two 64x64->128 bit multiplications a 16 bytes, folded: the construction of wyhash (Wang Yi,
 * public domain). The seed keeps strangers from choosing colliding keys; it steers no decision
 * that a user or a trace could see.
 */
#ifndef HF_BASE_HASH_H
#define HF_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hf_hash_bytes_of(const void *at, size_t len, uint64_t seed);

#endif
