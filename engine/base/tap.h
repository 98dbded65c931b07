/*
 * tap.h - what a test program needs to speak TAP (the Test Anything Protocol) to prove(1).
 *
 * A test's name states the property. Only test programs include this.
 */
#ifndef HF_BASE_TAP_H
#define HF_BASE_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static int tap_count, tap_failures;

/* One test point; returns `held`, so that a test can stop early. */
static inline bool __attribute__((format(printf, 4, 5)))
tap_point(bool held, const char *file, int line, const char *format, ...)
{
    va_list args;

    printf("%s %d - ", held ? "ok" : "not ok", ++tap_count);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
    if (!held) {
        printf("# failed at %s:%d\n", file, line);
        tap_failures++;
    }
    fflush(stdout);
    return held;
}

#define TAP_OK(held, ...) tap_point((held), __FILE__, __LINE__, __VA_ARGS__)

/* Ends the program: `return tap_done();`. */
static inline int
tap_done(void)
{
    printf("1..%d\n", tap_count);
    return tap_failures != 0;
}

#endif
