/*
 * stop.c - see stop.h.
 */
#include "bench/stop.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
bench_stop(const char *format, ...)
{
    va_list args;

    (void)fflush(stdout);
    (void)fputs("holdfast-bench: ", stderr);
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fputc('\n', stderr);
    exit(BENCH_STATUS_FAILED);
}

void
bench_stop_system(const char *what, const char *path)
{
    bench_stop("cannot %s %s: %s", what, path, strerror(errno));
}

void
bench_must(enum hf_err err, const char *what)
{
    if (err != HF_OK)
        bench_stop("%s: %s", what, hf_strerror(err));
}

void
bench_check(bool held, const char *what)
{
    if (!held)
        bench_stop("not as it must be: %s", what);
}

void *
bench_alloc(size_t size)
{
    void *at = calloc(1, size == 0 ? 1 : size);

    if (at == NULL)
        bench_stop("no memory for %zu bytes", size);
    return at;
}
