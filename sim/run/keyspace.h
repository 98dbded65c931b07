/*
 * keyspace.h - the keys of a run and the bytes of its values.
 *
 * Keys are numbered in byte order, so that the model is an array. A value is made of its stamp,
 * a number that no other write of the run has, so that a value read tells which write it came
 * from and a write applied twice shows.
 */
#ifndef SIM_KEYSPACE_H
#define SIM_KEYSPACE_H

#include "holdfast.h"

#define SIM_STAMP_SIZE 16u /* values of at least this size are one of a kind */

struct sim_keyspace;

struct sim_keyspace *sim_keyspace_open(void);
void sim_keyspace_close(struct sim_keyspace *keyspace);
/* Makes it hold `count` keys; nothing to do if it does. */
void sim_keyspace_size(struct sim_keyspace *keyspace, uint32_t count);
struct hf_span sim_keyspace_key(const struct sim_keyspace *keyspace, uint32_t index);
/* What the key begins with, too short for a key: behind the one before it, not behind it. */
struct hf_span sim_keyspace_bound(const struct sim_keyspace *keyspace, uint32_t index);
/* The index of a key, or UINT32_MAX if it is none of them. */
uint32_t sim_keyspace_find(const struct sim_keyspace *keyspace, struct hf_span key);

void sim_stamp_fill(void *to, size_t size, uint64_t stamp);
bool sim_stamp_matches(struct hf_span value, size_t size, uint64_t stamp);

#endif
