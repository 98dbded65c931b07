/*
 * fuzz_life.h - a short life of a small database: always the same commits, each value carrying
 * its key and its version, so that what is read later can be held against what was written.
 */
#ifndef HF_FUZZ_LIFE_H
#define HF_FUZZ_LIFE_H

#include "holdfast.h"

#define FUZZ_LIFE_KEYS 11u
#define FUZZ_LIFE_SNAPSHOT "backup/snapshot"

/* Commit number `version`, counted from 1, as it was made. */
struct fuzz_commit {
    char key[16], value[128];
    struct hf_span key_span, value_span; /* of the above */
    bool is_delete;
    bool is_range; /* a delete of the keys from this one to before the value; empty: the end */
};

void fuzz_life_commit(struct fuzz_commit *commit, uint64_t version);
/* The version that wrote what `key` shows as of `version`; 0: it is not there. */
uint64_t fuzz_life_newest(struct hf_span key, uint64_t version);

/* What a life is to do; to be run on a machine (fuzz/room.h) with a pointer to it. */
struct fuzz_life {
    unsigned commits;
    unsigned flush_every;   /* commits; 0: never */
    unsigned compact_after; /* commits; 0: never */
    bool is_closed;         /* else it just ends, all being synced */
    bool is_saved;          /* a snapshot goes to FUZZ_LIFE_SNAPSHOT */
};

/* Lives that differ in how much is written, what is flushed and merged, and how they end. */
struct fuzz_life fuzz_life_of(unsigned seed);
/* `context` is a struct fuzz_life; the database goes into "db". */
void fuzz_life_run(void *context);

#endif
