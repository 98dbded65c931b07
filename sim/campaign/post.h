/*
 * post.h - what a process says to the one that forked it, in order, and all of it even if it is
 * killed.
 *
 * The two share a ring of memory and a pipe. What is put waits in the ring until a piece of
 * some size goes through the pipe at once: a campaign has thousands of small reports a second,
 * and to wake the reader for each costs as much as a twentieth of the run that it is about.
 * What was put and not sent when the writer ends is taken out of the ring.
 */
#ifndef SIM_POST_H
#define SIM_POST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_POST_RING 32768u /* bytes */

struct sim_post_ring;

struct sim_post {
    struct sim_post_ring *ring; /* shared; NULL: closed */
    int ends[2];     /* of the pipe, -1 where it is closed: to read from, to write to */
    uint64_t passed; /* bytes that went through this process's end */
};

/* Before the fork. False: no pipe or no memory, and nothing is open. */
bool sim_post_open(struct sim_post *post);
/* After the fork, in each of the two: it reads, or it writes. */
void sim_post_read_only(struct sim_post *post);
void sim_post_write_only(struct sim_post *post);
void sim_post_close(struct sim_post *post);

/* Once it returns, the bytes arrive whatever becomes of this process. False: nobody reads. */
bool sim_post_put(struct sim_post *post, const void *from, size_t len);
/* What waits goes off now. */
bool sim_post_send(struct sim_post *post);
/* Waits for `len` bytes. False: the writer has ended before it had put so many. */
bool sim_post_get(struct sim_post *post, void *to, size_t len);

#endif
