/*
 * merge_times.h - when commits were made: gathered from the inputs of a merge for its tables.
 *
 * The log has the exact time of each commit and goes with a flush. What stays are samples of
 * (version, time): of each millisecond in which there were commits, the last one. A merge takes
 * those of its inputs together and hands them on, so that over all tables none is lost that
 * somebody could still ask for:
 *
 *   every sample stands in a table that has an entry, or a range, as new, or newer
 *
 * So a table that a merge leaves nothing of had only samples at or below the floor, which
 * nobody needs; and each table that is made gets the samples up to its newest entry or range
 * that none of those made before it got.
 *
 * What was committed last before a flush, its tables need not know: those that a restore made
 * have no samples. While that commit is the oldest that anybody can ask for, the flush takes it
 * along, and no later commit of the same span of time takes its place.
 *
 * There is a limit to how many there can be, by the memory limit. Past it the grain is doubled,
 * for all of this merge's, until they fit.
 */
#ifndef HF_STORE_MERGE_TIMES_H
#define HF_STORE_MERGE_TIMES_H

#include "store/merge/merge.h"

/* Samples in the order of their versions; the memory is the caller's. */
struct hf_times {
    struct hf_sample *list;
    uint32_t count, capacity;
    uint64_t grain_us; /* of commits in one such span of time only the last is kept, */
    uint64_t kept;     /* and this version; 0: none */
};

/* Adds one that is not before the last. */
void hf_times_add(struct hf_times *times, struct hf_sample sample);

struct hf_merge_times {
    struct hf_times times;
    uint32_t given; /* samples that a table has got */
    struct hf_times other;
    uint8_t *raw;  /* for one block of samples */
    uint64_t size; /* of this memory, `area` */
    void *area;
};

/* Takes the memory. With the mutex held. NO_MEMORY. */
enum hf_err hf_merge_times_open(struct hf_merge_times *times, struct hf_table_env *env,
                                const struct hf_merge_plan *plan) HF_MUST_CHECK;
void hf_merge_times_close(struct hf_merge_times *times, struct hf_table_env *env);
/* Reads them from the inputs. No lock. CORRUPT, IO. */
enum hf_err hf_merge_times_gather(struct hf_merge_times *times,
                                  const struct hf_merge_plan *plan,
                                  struct hf_detail *detail) HF_MUST_CHECK;
/* Gives a table that is complete, but for its ranges, its part; `newest_range` is the highest
 * version of these, 0: there are none. */
struct hf_table_writer;
void hf_merge_times_give(struct hf_merge_times *times, struct hf_table_writer *writer,
                         uint64_t newest_range);
/* How many a further table can get, at most. */
uint32_t hf_merge_times_left(const struct hf_merge_times *times);

#endif
