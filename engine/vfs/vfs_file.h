/*
 * vfs_file.h - the door out to files, names and syncs.
 *
 * Two halves of the VFS are bound when linking (this one and vfs_env.h), each with a posix side
 * in this folder and a simulated side in sim/. Nothing else in the engine touches a file.
 *
 * The calls are as weak as the system's own: a read or a write may be short, a sync covers what
 * was written before it started, a name is durable only after hf_dir_sync. What the engine
 * wants beyond that (full transfers) is built on top, in vfs_io.h, and so is attacked by the
 * simulator.
 *
 * Every failure fills *detail, if not NULL, with "CALL NAME at OFFSET: CAUSE" (the offset where
 * there is one). The codes that a call may return stand with it. Names are single components of
 * one flat directory.
 */
#ifndef HF_VFS_FILE_H
#define HF_VFS_FILE_H

#include "base/detail.h"
#include "holdfast.h"

#define HF_NAME_SIZE_MAX 64 /* of a name that the engine makes, its 0 included */

struct hf_dir;
struct hf_file;

#define HF_DIR_CREATE 1u /* make the last component if it is missing, and sync its parent */

/* Opens directory `path`. NOT_FOUND, READ_ONLY (no permission), IO, NO_MEMORY, FULL. */
enum hf_err hf_dir_open(struct hf_dir **out, const char *path, unsigned flags,
                        struct hf_detail *detail) HF_MUST_CHECK;
/* Closes; releases the lock. Syncs nothing. Accepts NULL. */
void hf_dir_close(struct hf_dir *dir);
/*
 * Takes the lock of the database, shared or exclusive, without waiting, until hf_dir_close. An
 * exclusive holder leaves its pid in the file "LOCK" for others to name (advice only: the lock
 * is on the directory itself; that it cannot be left is no failure), unless a file of that name
 * holds something else. A shared holder changes nothing. BUSY: held; detail names the pid.
 * Others: IO, FULL, READ_ONLY.
 */
enum hf_err hf_dir_lock(struct hf_dir *dir, bool exclusive,
                        struct hf_detail *detail) HF_MUST_CHECK;
/* Gives up the lock of a directory that turned out to be no place for a database: what the
 * lock has put there goes. */
void hf_dir_unlock(struct hf_dir *dir);
/* Calls `visit` for every name, in no order, "." and ".." aside; stops at its first error. */
typedef enum hf_err hf_name_fn(void *context, const char *name);
enum hf_err hf_dir_list(struct hf_dir *dir, hf_name_fn *visit, void *context,
                        struct hf_detail *detail) HF_MUST_CHECK;
/* Makes all creations, renames and removals in the directory durable. IO, FULL. */
enum hf_err hf_dir_sync(struct hf_dir *dir, struct hf_detail *detail) HF_MUST_CHECK;
/* Whether a file may take this name: nothing has it, or another file. INVALID: a device, pipe,
 * a link or a directory has it. IO. */
enum hf_err hf_dir_check_name(struct hf_dir *dir, const char *name,
                              struct hf_detail *detail) HF_MUST_CHECK;
/* Replaces `to` if it exists. NOT_FOUND, READ_ONLY; IO, FULL: the outcome is unknown. */
enum hf_err hf_dir_rename(struct hf_dir *dir, const char *from, const char *to,
                          struct hf_detail *detail) HF_MUST_CHECK;
/*
 * Gives the file `name` of `from` the same name in `to`, too: a second name of one file.
 * INVALID: `to` has that name; NOT_FOUND, READ_ONLY, FULL; IO: also where there are no such
 * names, or none that lead from there to here. The outcome is unknown after IO and FULL.
 */
enum hf_err hf_dir_link(struct hf_dir *from, const char *name, struct hf_dir *to,
                        struct hf_detail *detail) HF_MUST_CHECK;
/* NOT_FOUND, READ_ONLY; IO: the outcome is unknown. Nobody needs what goes: may be ignored. */
enum hf_err hf_dir_remove(struct hf_dir *dir, const char *name, struct hf_detail *detail);

enum hf_file_open {
    HF_FILE_READ,   /* must exist; read only */
    HF_FILE_WRITE,  /* must exist; read and write */
    HF_FILE_CREATE, /* must not exist (INVALID if it does); read and write */
};

/* NOT_FOUND, INVALID, FULL, READ_ONLY, IO, NO_MEMORY. */
enum hf_err hf_file_open(struct hf_file **out, struct hf_dir *dir, const char *name,
                         enum hf_file_open how, struct hf_detail *detail) HF_MUST_CHECK;
void hf_file_close(struct hf_file *file); /* syncs nothing; accepts NULL */
enum hf_err hf_file_size(struct hf_file *file, uint64_t *size,
                         struct hf_detail *detail) HF_MUST_CHECK;
/* Up to `len` bytes at `off`; *got of them, 0 only at the end of the file (or len 0). IO. */
enum hf_err hf_file_read(struct hf_file *file, uint64_t off, void *to, size_t len, size_t *got,
                         struct hf_detail *detail) HF_MUST_CHECK;
/* Up to from.len bytes; *put of them, at least 1. FULL, IO: any part of the range may have
 * changed. */
enum hf_err hf_file_write(struct hf_file *file, uint64_t off, struct hf_span from, size_t *put,
                          struct hf_detail *detail) HF_MUST_CHECK;
/*
 * Makes the bytes and the size, as of the start of the call, durable (fdatasync). IO, FULL:
 * what was written since the last good sync may be gone, and a further sync proves nothing.
 */
enum hf_err hf_file_sync(struct hf_file *file, struct hf_detail *detail) HF_MUST_CHECK;
enum hf_err hf_file_truncate(struct hf_file *file, uint64_t size,
                             struct hf_detail *detail) HF_MUST_CHECK;

#endif
