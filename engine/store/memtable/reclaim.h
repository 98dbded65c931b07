/*
 * reclaim.h - memory mode gives back what is superseded.
 *
 * The log is the memory, and in memory mode no table ever takes it over. So where history is
 * limited, segments of which little lives are emptied: the living are copied to the end of the
 * log, as frames with their old version and time, the indexes are led to the copies, and the
 * segment goes. Memory then follows the data and not the number of commits.
 *
 *     segment 3   | dead | LIVE | dead | dead |                  the emptiest one
 *                            |
 *                            +------------------+
 *                                               v
 *     segment 9   | ...... | commit 812 | moved: version 97 | <- the end of the log
 *
 * Only a segment is chosen whose commits are all at or below the floor, with no links left that
 * lead on from them: then of each key one operation at most lives in it, and a delete goes for
 * good. What open views have been given points into the old place; it stays until all views are
 * closed that were open when the last operation left it.
 *
 * No thread of its own: each commit pays for some bytes of this work, in proportion to what it
 * wrote, and hf_work does more. Without limited history, or without overwrites, there is none.
 */
#ifndef HF_STORE_RECLAIM_H
#define HF_STORE_RECLAIM_H

#include "holdfast.h"

struct hf_db;

struct hf_reclaim {
    bool has_victim; /* a segment is being emptied: */
    uint32_t victim; /* its number, */
    uint64_t off;    /* where its next frame begins, */
    uint64_t next;   /* the ref of the next operation to look at, */
    uint32_t count;  /* and how many more are in its frame */

    int64_t credit;      /* bytes of work that are paid for; below 0: owed */
    uint64_t pause;      /* commits until it is worth looking for a victim again */
    uint64_t epoch;      /* how many segments were emptied */
    uint64_t left_bytes; /* dead bytes of those that wait for views */
    bool releases;       /* some of them need not wait any more */
};

/* Whether there is a step to take, and the step. */
bool hf_reclaim_waits(const struct hf_db *db);
void hf_reclaim_step(struct hf_db *db);
/* A commit of `count` operations and `bytes` is done: takes its part in the work. */
void hf_reclaim_pay(struct hf_db *db, uint32_t count, uint64_t bytes);
/* Memory was refused: works until some is given back. False: there is none to be had. */
bool hf_reclaim_relieve(struct hf_db *db);
/* A view was closed: begins to give back what only it was waiting for. */
void hf_reclaim_release(struct hf_db *db);

#endif
