/*
 * post_test.c - what was put arrives, all of it and in order, however the writer ends.
 *
 * The writer is forked and puts numbered messages of many sizes, around the size of the ring
 * and of what is left of it; then it is killed, at once, with what waits not sent.
 */
#define _GNU_SOURCE /* fork, kill */
#include "sim/campaign/post.h"

#include "base/tap.h"
#include "sim/mix.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MESSAGES 48u
#define SIZE_MAX_HERE (3 * SIM_POST_RING)

static uint8_t bytes[SIZE_MAX_HERE];

/* What message `number` of `series` is: its size, and its bytes in `bytes`. */
static size_t
make_message(uint64_t series, uint64_t number)
{
    static const size_t sizes[] = {
        1, 8, 4000, SIM_POST_RING - 1, SIM_POST_RING, SIM_POST_RING + 1, 2 * SIM_POST_RING + 7
    };
    uint64_t drawn = sim_mix_in(series, number);
    size_t size =
        series % 2 == 0 ? 3000 + drawn % 2000 : sizes[drawn % (sizeof sizes / sizeof *sizes)];

    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)sim_mix_below(sim_mix_in(drawn, i), 256);
    return size;
}

static pid_t
start_writer(struct sim_post *post, uint64_t series, unsigned count)
{
    pid_t pid = fork();

    if (pid != 0) {
        sim_post_read_only(post);
        return pid;
    }
    sim_post_write_only(post);
    for (unsigned i = 0; i < count; i++) {
        size_t size = make_message(series, i);
        if (!sim_post_put(post, bytes, size))
            _exit(1);
    }
    kill(getpid(), SIGKILL);
    _exit(1);
}

/* How many messages of the series arrive as they were put. */
static unsigned
count_arrived(struct sim_post *post, uint64_t series)
{
    uint8_t *got = malloc(SIZE_MAX_HERE);
    unsigned count = 0;

    for (;; count++) {
        size_t size = make_message(series, count);
        if (got == NULL || !sim_post_get(post, got, size) || memcmp(got, bytes, size) != 0)
            break;
    }
    free(got);
    return count;
}

static void
test_killed_writer(void)
{
    bool all = true;

    for (uint64_t series = 0; all && series < 2; series++) {
        for (unsigned count = 0; all && count <= MESSAGES; count++) {
            struct sim_post post;
            all = sim_post_open(&post);
            pid_t pid = start_writer(&post, series, count);
            all = all && count_arrived(&post, series) == count;
            waitpid(pid, NULL, 0);
            sim_post_close(&post);
        }
    }
    TAP_OK(all, "a writer that is killed behind any message has sent all up to it");
}

/* More than pipe and ring hold, and nobody reads until the writer is dead. */
static void
test_cut_message(void)
{
    struct sim_post post;
    uint8_t *got = malloc(SIZE_MAX_HERE);
    bool opened = sim_post_open(&post);
    pid_t pid = fork();

    if (pid == 0) {
        sim_post_write_only(&post);
        memset(bytes, 1, sizeof bytes);
        while (sim_post_put(&post, bytes, sizeof bytes))
            ;
        _exit(1);
    }
    sim_post_read_only(&post);
    bool begun = sim_post_get(&post, got, 1);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    uint64_t messages = 0;
    bool whole = sim_post_get(&post, got, SIZE_MAX_HERE - 1);
    while (whole && messages < 100 && sim_post_get(&post, got, SIZE_MAX_HERE))
        messages++;
    TAP_OK(opened && begun && messages < 100, "a message that was cut by the end is none");
    sim_post_close(&post);
    free(got);
}

static void
test_gone_reader(void)
{
    struct sim_post post;
    bool opened = sim_post_open(&post);

    signal(SIGPIPE, SIG_IGN);
    sim_post_write_only(&post);
    TAP_OK(opened && sim_post_put(&post, bytes, 8) && !sim_post_send(&post) &&
               !sim_post_put(&post, bytes, sizeof bytes),
           "a writer hears that nobody reads any more");
    sim_post_close(&post);
    sim_post_close(&post);
    TAP_OK(post.ring == NULL, "closing twice is closing once");
}

int
main(void)
{
    test_killed_writer();
    test_cut_message();
    test_gone_reader();
    return tap_done();
}
