/*
 * readers.h - readers who take no lock, and writers who now and then must have them out.
 *
 * Most of what a writer does, readers may watch: it appends, and then leads to what it has
 * appended by one store. Now and then it moves or gives back what a reader could be looking at.
 * For that, with the database's mutex held, it stops the readers: it tells that nobody may
 * enter, then waits until nobody is inside.
 *
 *     reader                                writer, with the mutex
 *     ------                                ----------------------
 *     inside of my lane + 1                 stopped := true
 *     stopped?  yes: - 1, take the mutex    each lane: wait until its inside is 0
 *     look                                  change
 *     inside of my lane - 1                 stopped := false
 *
 * Both first say what they are about to do and then look at the other, in one order that all
 * threads agree on. So either the reader sees that it is stopped, or the writer sees it inside.
 * Each thread has a lane of its own while threads are few: readers never write to memory that
 * another reader writes to, and that is all there is to gain.
 *
 * Who is inside takes no lock, waits for nothing and allocates nothing. So a writer waits for a
 * few lookups at most, and for the copying of one value.
 *
 * Source: the "big reader" lock of Linux 2.4; Dekker's two flags.
 */
#ifndef HF_MEMORY_READERS_H
#define HF_MEMORY_READERS_H

#include "vfs/vfs_env.h"

#include <stdatomic.h>

#define HF_LANES 16u
#define HF_LANE_SIZE 128u /* two lines of the cache: processors fetch them in pairs */

struct hf_lane {
    atomic_uint inside; /* readers */
    char apart[HF_LANE_SIZE - sizeof(atomic_uint)];
};

/* All zeros: nobody is there. */
struct hf_readers {
    atomic_bool stopped;
    char apart[HF_LANE_SIZE - sizeof(atomic_bool)];
    struct hf_lane lanes[HF_LANES];
};

/* NULL: they are stopped, and the caller takes the mutex instead. Any thread. */
static inline struct hf_lane *
hf_readers_enter(struct hf_readers *readers)
{
    struct hf_lane *lane = &readers->lanes[hf_thread_number() % HF_LANES];

    atomic_fetch_add(&lane->inside, 1);
    if (!atomic_load(&readers->stopped))
        return lane;
    atomic_fetch_sub_explicit(&lane->inside, 1, memory_order_release);
    return NULL;
}

static inline void
hf_readers_leave(struct hf_lane *lane)
{
    atomic_fetch_sub_explicit(&lane->inside, 1, memory_order_release);
}

/* With the mutex held; they are not stopped yet. Returns when nobody is inside, and nobody
 * enters until hf_readers_resume. NULL: there are no readers without a lock. */
void hf_readers_stop(struct hf_readers *readers);
void hf_readers_resume(struct hf_readers *readers); /* accepts NULL */

#endif
