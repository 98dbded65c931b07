/*
 * peer_child.c - fork, measure, and bring the figures home through a pipe.
 */
#define _POSIX_C_SOURCE 200809L

#include "bench/peers/peer_child.h"

#include "bench/peers/peer_files.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void
clear(struct bench_peer_figures *figures)
{
    memset(figures, 0, sizeof *figures);
    for (unsigned i = 0; i < BENCH_TASK_COUNT; i++)
        figures->figure[i] = (double)NAN;
}

static bool
write_all(int fd, const void *from, size_t size)
{
    const char *at = from;

    while (size > 0) {
        ssize_t put = write(fd, at, size);
        if (put <= 0)
            return false;
        at += put;
        size -= (size_t)put;
    }
    return true;
}

static bool
read_all(int fd, void *to, size_t size)
{
    char *at = to;

    while (size > 0) {
        ssize_t got = read(fd, at, size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += got;
        size -= (size_t)got;
    }
    return true;
}

/* The child: measures, sends, and ends without what the parent has registered to happen. */
static void
measure(int to, struct bench_peer_figures *figures, const struct bench_scenario *scenario,
        const struct bench_peer *peer, const struct bench_peer_sizes *sizes, const char *path)
{
    clear(figures);
    if (!bench_folder_make(path))
        bench_peer_die(peer->name, path, strerror(errno));
    scenario->run(figures, peer, sizes, path);
    if (!write_all(to, figures, sizeof *figures))
        bench_peer_die(peer->name, "pipe", strerror(errno));
    _exit(0);
}

bool
bench_peer_measure(struct bench_peer_figures *figures, const struct bench_scenario *scenario,
                   const struct bench_peer *peer, const struct bench_peer_sizes *sizes,
                   const char *path)
{
    int ends[2], status = 0;

    clear(figures);
    if (pipe(ends) != 0)
        return false;
    (void)fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        (void)close(ends[0]);
        measure(ends[1], figures, scenario, peer, sizes, path);
    }
    (void)close(ends[1]);
    bool whole = child > 0 && read_all(ends[0], figures, sizeof *figures);
    (void)close(ends[0]);
    if (child > 0)
        (void)waitpid(child, &status, 0);
    if (WIFSIGNALED(status))
        (void)fprintf(stderr, "holdfast-bench: peers: %s: %s: ended by signal %d\n", peer->name,
                      scenario->name, WTERMSIG(status));
    bench_folder_remove(path);
    if (whole && status == 0)
        return true;
    clear(figures);
    return false;
}
