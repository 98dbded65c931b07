/*
 * stop.h - a benchmark that cannot go on says why, in one line, and ends the program.
 *
 * There is no figure to save: half a measurement is none. What was made on disk is removed.
 */
#ifndef BENCH_STOP_H
#define BENCH_STOP_H

#include "holdfast.h"

#include <stdint.h>

/* Exit statuses of holdfast-bench. */
enum bench_status {
    BENCH_STATUS_DONE = 0,
    BENCH_STATUS_BROKEN = 1, /* a limit, a baseline or a count */
    BENCH_STATUS_USAGE = 2,
    BENCH_STATUS_FAILED = 3 /* the measurement itself could not be made */
};

/* "holdfast-bench: TEXT" to standard error; ends with BENCH_STATUS_FAILED. */
void bench_stop(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
/* The same for a failed system call: what was done to which file, and errno's sentence. */
void bench_stop_system(const char *what, const char *path) __attribute__((noreturn));

/* Stops if a call of the engine failed; `what` names the call. */
void bench_must(enum hf_err err, const char *what);
/* Stops if something that a benchmark read, counted or found is not what it must be. */
void bench_check(bool held, const char *what);

/* Memory, never NULL, zeroed; to be given to free(). */
void *bench_alloc(size_t size);

#endif
