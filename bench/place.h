/*
 * place.h - the folder in which a run makes its databases, and what becomes of it.
 */
#ifndef BENCH_PLACE_H
#define BENCH_PLACE_H

#include "holdfast.h"

#define BENCH_PATH_SIZE 512u

/*
 * Makes a folder of its own in `parent`, which must exist. It is removed with all in it when
 * the program ends, however it ends but by a signal that cannot be caught. Call it once.
 */
const char *bench_place_open(const char *parent);

/* `path` becomes DIRECTORY/NAME. */
void bench_place_path(char path[BENCH_PATH_SIZE], const char *directory, const char *name);
/* Removes a database or another flat folder; nothing there is fine. */
void bench_place_remove(const char *path);
/* Copies a flat folder: of an open database, what a kill at this moment would leave. */
void bench_place_copy(const char *from, const char *to);

/* Opens with these options, or stops. `path` NULL: memory mode. */
struct hf_db *bench_db_open(const char *path, const struct hf_options *options);
/* The options of a mode, HF_OPTIONS_INIT beside; in memory mode HF_SINGLE_THREAD. */
struct hf_options bench_db_options(enum hf_mode mode);
void bench_db_close(struct hf_db *db);
/* Lets background work that is waiting be done, so that it is not measured. */
void bench_db_settle(struct hf_db *db);

const char *bench_mode_name(enum hf_mode mode);

#endif
