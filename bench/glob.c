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
