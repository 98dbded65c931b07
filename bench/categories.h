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
void bench_query(struct bench_suite *suite);
void bench_compaction(struct bench_suite *suite);
void bench_durability(struct bench_suite *suite);
void bench_recovery(struct bench_suite *suite);
void bench_memory(struct bench_suite *suite);
void bench_concurrency(struct bench_suite *suite);
void bench_scenario(struct bench_suite *suite);
void bench_ycsb(struct bench_suite *suite);

#endif
