/*
 * folder.h - a directory of a database as one input of a fuzzer: the files, one after another.
 *
 *    0      1        2       4          4+size
 *    +------+--------+-------+-----------+------+--------+---
 *    | kind | number | size  | bytes ... | kind | number | ...
 *    +------+--------+-------+-----------+------+--------+---
 *       u8      u8      u16
 *
 * Any bytes are a folder: the last file has what is left, a file whose name an earlier one has
 * already is none. The kinds are those of docs/formats.md, "The directory".
 */
#ifndef HF_FUZZ_FOLDER_H
#define HF_FUZZ_FOLDER_H

#include "base/span.h"
#include "vfs/vfs_file.h"

#define FUZZ_FILES_MAX 32u
#define FUZZ_FILE_HEAD 4u
#define FUZZ_FILE_SIZE_MAX UINT16_MAX

enum fuzz_kind {
    FUZZ_WAL,
    FUZZ_TABLE,
    FUZZ_MANIFEST,
    FUZZ_WAL_TMP,
    FUZZ_TABLE_TMP,
    FUZZ_MANIFEST_TMP,
    FUZZ_OTHER,
    FUZZ_KIND_COUNT
};

struct fuzz_file {
    char name[HF_NAME_SIZE_MAX];
    enum fuzz_kind kind;
    struct hf_span bytes;
    size_t off; /* of its head in the input */
};

struct fuzz_folder {
    unsigned count;
    struct fuzz_file list[FUZZ_FILES_MAX];
};

/* The files point into `in`. */
void fuzz_folder_read(struct fuzz_folder *folder, struct hf_span in);
/* Writes a file's head; returns FUZZ_FILE_HEAD. */
size_t fuzz_folder_head(uint8_t *to, enum fuzz_kind kind, uint8_t number, size_t size);
/* Of which kind a file of that name is, and its number, 0 if it does not fit. */
enum fuzz_kind fuzz_folder_kind(const char *name, uint8_t *number);

/* ---- folder_disk.c: on the machine, in a life of it ------------------------------------- */

/* Makes the directory, with the files and no other. */
void fuzz_folder_put(const struct fuzz_folder *folder, const char *path);
/* The files of a directory, as an input of at most `size_max` bytes; returns its size. */
size_t fuzz_folder_get(uint8_t *to, size_t size_max, const char *path);
/* Calls for each file of a directory but LOCK, in the order of names; none if it is missing. */
typedef void fuzz_file_fn(void *context, const char *name, struct hf_span bytes);
void fuzz_folder_visit(const char *path, fuzz_file_fn *visit, void *context);
/* A number that changes with any name or byte in a directory; LOCK does not count. */
uint64_t fuzz_folder_sum(const char *path);

#endif
