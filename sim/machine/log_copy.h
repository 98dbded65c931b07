/*
 * log_copy.h - the log of a database as it was at one moment, and which commits stand where.
 *
 * The chain is what a recovery of these segments reads: from the newest that is begun back
 * along the links to where a manifest takes over, each up to where the next one says that it
 * ends.
 *
 *    wal-3   |== 101 ... 140 ==|   what recovery has cut   |
 *    wal-4                     |== 141 ... 180 ==| zeros   |
 *                              part              limit
 */
#ifndef SIM_LOG_COPY_H
#define SIM_LOG_COPY_H

#include "base/span.h"
#include "sim/machine/locate.h"

/* A segment of the chain. Nothing behind `limit` says anything. */
struct sim_log_part {
    uint32_t number;
    struct hf_span bytes; /* up to `limit`, from the first one */
};

struct sim_log_copy;

struct sim_log_copy *sim_log_copy_new(void);
void sim_log_copy_free(struct sim_log_copy *copy); /* NULL: nothing */
/* A file of the database's folder, in place of another of that name; segments and manifests
 * count, and nothing under a temporary name: nobody reads it. */
void sim_log_copy_add(struct sim_log_copy *copy, const char *name, struct hf_span bytes);
/* Zeros in [from, to) of the file, if there is one of that name. */
void sim_log_copy_hide(struct sim_log_copy *copy, const char *name, uint64_t from, uint64_t to);
/* The segment; empty: there is none. */
struct hf_span sim_log_copy_bytes(const struct sim_log_copy *copy, uint32_t number);
/* The highest position that anything in the files states to be durable. */
uint64_t sim_log_copy_witness(const struct sim_log_copy *copy);
/* Where the newest sound manifest says that the log goes on. */
struct sim_log_start sim_log_copy_start(const struct sim_log_copy *copy);
/* The number of the newest segment that is begun; 0: there is none. */
uint32_t sim_log_copy_newest(const struct sim_log_copy *copy);
/* All are added. False: no chain leads to `start`, the log is to be refused, or empty. */
bool sim_log_copy_chain(struct sim_log_copy *copy, const struct sim_log_start *start);

size_t sim_log_copy_parts(const struct sim_log_copy *copy);
/* The oldest is part 0. */
struct sim_log_part sim_log_copy_part(const struct sim_log_copy *copy, size_t index);
/* The last commit that is read before byte `off` of that segment is. */
uint64_t sim_log_copy_version(const struct sim_log_copy *copy, uint32_t number, uint64_t off);

/* The number in the name of a segment; 0: it is none. */
uint32_t sim_log_number(const char *name);

#endif
