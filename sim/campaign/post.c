/*
 * post.c - a stream of bytes, whose last part lies in shared memory.
 *
 *    stream    0 ............ received ........ sent .......... limit
 *              |   read       |    in the pipe    |  put, waits  |
 *                             |<----- all of it still in the ring, at its place modulo
 *                                     SIM_POST_RING, as long as no later byte needs the place
 *
 * The writer puts a byte into the ring before it counts it in `limit`, and sends all that waits
 * before it uses a place again. So when the writer has ended, by whatever signal, and the pipe
 * is empty, the rest of the stream is [received, limit), and the ring has it.
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "sim/campaign/post.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct sim_post_ring {
    _Atomic uint64_t limit;
    uint8_t at[SIM_POST_RING];
};

/* ---- opening and closing ----------------------------------------------------------------- */

bool
sim_post_open(struct sim_post *post)
{
    void *ring = mmap(NULL, sizeof *post->ring, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    *post = (struct sim_post){ .ends = { -1, -1 } };
    if (ring == MAP_FAILED)
        return false;
    if (pipe(post->ends) != 0) {
        munmap(ring, sizeof *post->ring);
        return false;
    }
    post->ring = ring;
    return true;
}

static void
close_end(struct sim_post *post, unsigned end)
{
    if (post->ends[end] >= 0)
        close(post->ends[end]);
    post->ends[end] = -1;
}

void
sim_post_read_only(struct sim_post *post)
{
    close_end(post, 1);
}

void
sim_post_write_only(struct sim_post *post)
{
    close_end(post, 0);
}

void
sim_post_close(struct sim_post *post)
{
    if (post->ring == NULL)
        return;
    close_end(post, 0);
    close_end(post, 1);
    munmap(post->ring, sizeof *post->ring);
    post->ring = NULL;
}

/* ---- writing ----------------------------------------------------------------------------- */

static bool
write_all(struct sim_post *post, const uint8_t *at, size_t len)
{
    while (len > 0) {
        ssize_t put = write(post->ends[1], at, len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        at += put;
        len -= (size_t)put;
        post->passed += (uint64_t)put;
    }
    return true;
}

/* How many bytes of `len` lie side by side in the ring, the first at place `at`. */
static size_t
in_one_piece(size_t at, size_t len)
{
    return len < SIM_POST_RING - at ? len : SIM_POST_RING - at;
}

bool
sim_post_send(struct sim_post *post)
{
    uint64_t limit = atomic_load(&post->ring->limit);

    while (post->passed < limit) {
        size_t at = post->passed % SIM_POST_RING;
        if (!write_all(post, post->ring->at + at, in_one_piece(at, limit - post->passed)))
            return false;
    }
    return true;
}

bool
sim_post_put(struct sim_post *post, const void *from, size_t len)
{
    uint64_t limit = atomic_load(&post->ring->limit);
    size_t at = limit % SIM_POST_RING, first;

    if (limit - post->passed + len > SIM_POST_RING && !sim_post_send(post))
        return false;
    if (len > SIM_POST_RING) {
        if (!write_all(post, from, len))
            return false;
    } else {
        first = in_one_piece(at, len);
        memcpy(post->ring->at + at, from, first);
        memcpy(post->ring->at, (const uint8_t *)from + first, len - first);
    }
    atomic_store(&post->ring->limit, limit + len);
    return true;
}

/* ---- reading ----------------------------------------------------------------------------- */

/* The writer has ended, and the pipe is empty. */
static bool
get_rest(struct sim_post *post, uint8_t *to, size_t len)
{
    size_t at = post->passed % SIM_POST_RING, first = in_one_piece(at, len);

    if (atomic_load(&post->ring->limit) < post->passed + len)
        return false;
    memcpy(to, post->ring->at + at, first);
    memcpy(to + first, post->ring->at, len - first);
    post->passed += len;
    return true;
}

bool
sim_post_get(struct sim_post *post, void *to, size_t len)
{
    uint8_t *at = to;

    while (len > 0) {
        ssize_t got = read(post->ends[0], at, len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return get_rest(post, at, len);
        at += got;
        len -= (size_t)got;
        post->passed += (uint64_t)got;
    }
    return true;
}
