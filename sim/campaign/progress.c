/*
 * progress.c - the line of progress, and when it is painted.
 */
#define _GNU_SOURCE /* isatty, ioctl */
#include "sim/campaign/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define TERMINAL_NS UINT64_C(200000000)
#define LINES_NS UINT64_C(5000000000)
#define COLUMNS_DEFAULT 80u

struct sim_progress
sim_progress_begin(bool wants_lines)
{
    bool is_terminal = isatty(STDERR_FILENO) == 1;

    return (struct sim_progress){ .is_terminal = is_terminal,
                                  .has_lines = wants_lines && !is_terminal };
}

/* Seconds until all is done, going on as so far; UINT64_MAX: nobody can say. */
static uint64_t
seconds_left(const struct sim_progress_now *now)
{
    if (now->budget_ns != 0)
        return now->budget_ns > now->elapsed_ns
                   ? (now->budget_ns - now->elapsed_ns) / 1000000000u
                   : 0;
    if (now->run_done == 0 || now->run_count < now->run_done)
        return UINT64_MAX;
    double each = (double)now->elapsed_ns / (double)now->run_done;
    return (uint64_t)(each * (double)(now->run_count - now->run_done) / 1e9 + 0.5);
}

void
sim_progress_line(const struct sim_progress_now *now, char *to, size_t size)
{
    uint64_t ms = now->elapsed_ns / 1000000 + 1, left = seconds_left(now);
    int len = snprintf(to, size,
                       "%" PRIu64 "/%" PRIu64 " scenarios, %" PRIu64 "/%" PRIu64
                       " runs, %" PRIu64 " cycles/s, %" PRIu64 " broke",
                       now->scenario_done, now->scenario_count, now->run_done, now->run_count,
                       now->cycles * 1000 / ms, now->failures);

    if (len < 0 || (size_t)len >= size || left == UINT64_MAX)
        return;
    if (left < 100)
        snprintf(to + len, size - (size_t)len, ", %" PRIu64 " s left", left);
    else
        snprintf(to + len, size - (size_t)len, ", %" PRIu64 ":%02" PRIu64 ":%02" PRIu64 " left",
                 left / 3600, left / 60 % 60, left % 60);
}

static size_t
columns(void)
{
    struct winsize window;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col < 20)
        return COLUMNS_DEFAULT;
    return window.ws_col;
}

void
sim_progress_show(struct sim_progress *progress, const struct sim_progress_now *now,
                  uint64_t now_ns)
{
    char line[SIM_PROGRESS_SIZE];
    size_t size = sizeof line;

    if ((!progress->is_terminal && !progress->has_lines) ||
        now_ns - progress->shown_ns < (progress->is_terminal ? TERMINAL_NS : LINES_NS))
        return;
    progress->shown_ns = now_ns;
    if (progress->is_terminal && columns() < size)
        size = columns(); /* a line that wraps could not be painted over */
    sim_progress_line(now, line, size);
    fprintf(stderr, progress->is_terminal ? "\r%s\033[K" : "%s\n", line);
    fflush(stderr);
    progress->is_dirty = progress->is_terminal;
}

void
sim_progress_clear(struct sim_progress *progress)
{
    if (progress->is_dirty)
        fputs("\r\033[K", stderr);
    progress->is_dirty = false;
}
