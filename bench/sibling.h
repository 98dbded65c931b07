/*
 * sibling.h - the programs that are holdfast-bench, built otherwise.
 *
 * What is measured must not have in it what only some verbs need: the libraries of other
 * engines would show in its memory, timers in its time. So such a verb is carried out by a
 * second program with the same command line, which lies beside this one.
 */
#ifndef BENCH_SIBLING_H
#define BENCH_SIBLING_H

/* Becomes the program `name`. Returns only if there is none beside this one. */
void bench_sibling_become(const char *name, char **argv);

#endif
