/*
 * peer_files.h - folders that engines work in, and what they and the process take.
 */
#ifndef BENCH_PEER_FILES_H
#define BENCH_PEER_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Memory of this process that no file stands behind: what it would take from others. */
uint64_t bench_anonymous_bytes(void);
/* What the files of a folder take, whole blocks and no holes; 0 if there is none. */
uint64_t bench_folder_bytes(const char *path);
/* Makes the folder, empty: what was in it goes. False: errno says why. */
bool bench_folder_make(const char *path);
/* Removes the folder and what is in it, if it is there. */
void bench_folder_remove(const char *path);
/* A folder in memory that can be written to, such as /dev/shm; NULL: there is none. */
const char *bench_folder_in_memory(void);

#endif
