/*
 * glob.c - patterns of names: one star is remembered, and tried again a byte further on when
 * what follows it does not match. An earlier star never has to be, so time is at most the
 * product of both lengths.
 */
#include "bench/target.h"

bool
bench_glob(const char *pattern, const char *name)
{
    const char *star = NULL, *again = NULL;

    while (*name != 0) {
        if (*pattern == '*') {
            star = ++pattern;
            again = name;
        } else if (*pattern == '?' || *pattern == *name) {
            pattern++;
            name++;
        } else if (star != NULL) {
            pattern = star;
            name = ++again;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == 0;
}

bool
bench_globs_meet(const char *a, const char *b)
{
    if (*a == '*')
        return bench_globs_meet(a + 1, b) || (*b != 0 && bench_globs_meet(a, b + 1));
    if (*b == '*')
        return bench_globs_meet(b, a);
    if (*a == 0 || *b == 0)
        return *a == *b;
    return (*a == *b || *a == '?' || *b == '?') && bench_globs_meet(a + 1, b + 1);
}
