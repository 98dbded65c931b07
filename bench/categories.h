/*
 * categories.h - what is measured, a function and a file for each category.
 *
 * Each makes its databases in suite->directory, checks what it reads, adds the rows that
 * bench_wants(), and leaves nothing open.
 */
#ifndef BENCH_CATEGORIES_H
#define BENCH_CATEGORIES_H

#include "bench/suite.h"

void bench_storage(struct bench_suite *suite);

#endif
