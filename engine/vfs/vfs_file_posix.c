/*
 * vfs_file_posix.c - directories, names, files and syncs of a POSIX system.
 *
 * Thin on purpose: one call of vfs_file.h is one system call wherever that is possible, so that
 * what the simulated side may do to the engine is what a kernel may do. Names are resolved from
 * the directory's descriptor: a directory that is renamed, or a change of the working
 * directory, moves nothing under our feet.
 *
 * No errno leaves this file: codes do, with a sentence. A descriptor is never closed twice,
 * since Linux frees it even when close() is interrupted.
 */
#define _GNU_SOURCE 1
#include "base/assert.h"
#include "base/span.h"
#include "vfs/vfs_env.h"
#include "vfs/vfs_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_NAME "LOCK"

struct hf_dir {
    int fd;
    bool is_exclusive; /* LOCK has our pid, */
    bool made_lock;    /* and was not there before */
    char path[];       /* as the caller named it, for messages */
};

struct hf_file {
    int fd;
    char path[]; /* for messages */
};

/* ---- failures ---------------------------------------------------------------------------- */

static enum hf_err
code_of(int error)
{
    switch (error) {
    case ENOENT:
        return HF_ERR_NOT_FOUND;
    case ENOSPC:
    case EDQUOT:
        return HF_ERR_FULL;
    case EACCES:
    case EPERM:
    case EROFS:
        return HF_ERR_READ_ONLY;
    case ENOMEM:
        return HF_ERR_NO_MEMORY;
    default:
        return HF_ERR_IO;
    }
}

/* The next three report errno: "CALL NAME: CAUSE", the same of a name in a directory, ... */
static enum hf_err
fail(struct hf_detail *detail, const char *call, const char *path)
{
    int error = errno;
    return hf_detail_set(detail, code_of(error), "%s %s: %s", call, path, strerror(error));
}

static enum hf_err
fail_name(struct hf_detail *detail, const char *call, const struct hf_dir *dir,
          const char *name)
{
    int error = errno;
    return hf_detail_set(detail, code_of(error), "%s %s/%s: %s", call, dir->path, name,
                         strerror(error));
}

/* ... and "CALL NAME at OFFSET: CAUSE". */
static enum hf_err
fail_at(struct hf_detail *detail, const char *call, const struct hf_file *file, uint64_t off)
{
    int error = errno;
    return hf_detail_set(detail, code_of(error), "%s %s at %" PRIu64 ": %s", call, file->path,
                         off, strerror(error));
}

/* An open file can only be full or fail: what the name allowed no longer matters. */
static enum hf_err
full_or_io(enum hf_err err)
{
    return err == HF_ERR_FULL ? err : HF_ERR_IO;
}

/* ---- system calls that an arriving signal only interrupts -------------------------------- */

static int
open_at(int dir, const char *name, int flags)
{
    int fd;

    do
        fd = openat(dir, name, flags | O_CLOEXEC, 0666);
    while (fd < 0 && errno == EINTR);
    return fd;
}

static int
sync_all(int fd)
{
    int failed;

    do
        failed = fsync(fd);
    while (failed != 0 && errno == EINTR);
    return failed;
}

/* ---- directories ------------------------------------------------------------------------- */

/*
 * Makes the directory's own name durable. One that was there before may be ours from a run that
 * was killed before its sync, so it is synced too; but a parent that we may not open is then
 * none of our business.
 */
static enum hf_err
sync_parent(const char *path, bool is_new, struct hf_detail *detail)
{
    size_t len = strlen(path);
    char *parent = hf_env_alloc(len + 2);
    enum hf_err err = HF_OK;
    int fd;

    if (parent == NULL)
        return hf_detail_set(detail, HF_ERR_NO_MEMORY, "open %s: no memory", path);
    while (len > 1 && path[len - 1] == '/')
        len--;
    while (len > 0 && path[len - 1] != '/')
        len--;
    memcpy(parent, len == 0 ? "." : path, len == 0 ? 1 : len);
    parent[len == 0 ? 1 : len] = '\0';

    fd = open_at(AT_FDCWD, parent, O_RDONLY | O_DIRECTORY);
    if (fd < 0) {
        if (is_new)
            err = fail(detail, "open", parent);
    } else {
        if (sync_all(fd) != 0)
            err = fail(detail, "sync", parent);
        close(fd);
    }
    hf_env_free(parent);
    return err;
}

static enum hf_err
make_dir(const char *path, struct hf_detail *detail)
{
    bool is_new = mkdir(path, 0777) == 0;
    int error = errno;

    /* What exists need not be where we could have made it. */
    if (!is_new && error != EEXIST && access(path, F_OK) != 0) {
        errno = error;
        return fail(detail, "mkdir", path);
    }
    return sync_parent(path, is_new, detail);
}

enum hf_err
hf_dir_open(struct hf_dir **out, const char *path, unsigned flags, struct hf_detail *detail)
{
    size_t path_size = strlen(path) + 1;
    struct hf_dir *dir;
    enum hf_err err;

    *out = NULL;
    if (flags & HF_DIR_CREATE) {
        err = make_dir(path, detail);
        if (err != HF_OK)
            return err;
    }
    dir = hf_env_alloc(sizeof *dir + path_size);
    if (dir == NULL)
        return hf_detail_set(detail, HF_ERR_NO_MEMORY, "open %s: no memory", path);
    *dir = (struct hf_dir){ .fd = open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY) };
    if (dir->fd < 0) {
        err = fail(detail, "open", path);
        hf_env_free(dir);
        return err;
    }
    memcpy(dir->path, path, path_size);
    *out = dir;
    return HF_OK;
}

void
hf_dir_close(struct hf_dir *dir)
{
    if (dir == NULL)
        return;
    if (dir->is_exclusive) {
        int fd = open_at(dir->fd, LOCK_NAME, O_WRONLY | O_TRUNC | O_NOFOLLOW);
        if (fd >= 0)
            close(fd);
    }
    close(dir->fd);
    hf_env_free(dir);
}

/* BUSY, naming the holder if LOCK does. */
static enum hf_err
busy(const struct hf_dir *dir, struct hf_detail *detail)
{
    char text[24] = "";
    int fd = open_at(dir->fd, LOCK_NAME, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
    long pid;

    if (fd >= 0) {
        ssize_t got = read(fd, text, sizeof text - 1);
        text[got > 0 ? got : 0] = '\0';
        close(fd);
    }
    pid = strtol(text, NULL, 10);
    if (pid <= 0)
        return hf_detail_set(detail, HF_ERR_BUSY, "lock %s: held by another handle", dir->path);
    return hf_detail_set(detail, HF_ERR_BUSY,
                         "lock %s: held by another handle, last known of pid %ld", dir->path,
                         pid);
}

/* Whether a file is empty or has a pid: somebody else's LOCK is not written over. */
static bool
has_pid(int fd)
{
    char text[24] = "";
    ssize_t got = read(fd, text, sizeof text - 1);

    return got >= 0 && got < (ssize_t)sizeof text - 1 &&
           strspn(text, "0123456789\n") == (size_t)got;
}

/* Leaves our pid for others to name. Advice: a full disk must not keep anyone from opening. */
static void
leave_pid(struct hf_dir *dir)
{
    char text[24];
    int len = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    int fd = open_at(dir->fd, LOCK_NAME, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW);

    dir->made_lock = fd >= 0;
    if (fd < 0)
        fd = open_at(dir->fd, LOCK_NAME, O_RDWR | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0)
        return;
    dir->is_exclusive = has_pid(fd) && ftruncate(fd, 0) == 0;
    if (dir->is_exclusive && pwrite(fd, text, (size_t)len, 0) != len && ftruncate(fd, 0) != 0)
        (void)unlinkat(dir->fd, LOCK_NAME, 0); /* better no pid than a piece of one */
    close(fd);
}

enum hf_err
hf_dir_lock(struct hf_dir *dir, bool exclusive, struct hf_detail *detail)
{
    if (flock(dir->fd, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            return busy(dir, detail);
        return fail(detail, "lock", dir->path);
    }
    if (exclusive)
        leave_pid(dir);
    return HF_OK;
}

void
hf_dir_unlock(struct hf_dir *dir)
{
    if (dir->made_lock)
        (void)unlinkat(dir->fd, LOCK_NAME, 0);
    dir->made_lock = dir->is_exclusive = false;
    (void)flock(dir->fd, LOCK_UN);
}

/* The end of the directory and a failure look alike but for errno. */
static enum hf_err
visit_all(struct hf_dir *dir, DIR *stream, hf_name_fn *visit, void *context,
          struct hf_detail *detail)
{
    for (;;) {
        struct dirent *entry;
        enum hf_err err;

        errno = 0;
        entry = readdir(stream);
        if (entry == NULL)
            return errno == 0 ? HF_OK : fail(detail, "list", dir->path);
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        err = visit(context, entry->d_name);
        if (err != HF_OK)
            return err;
    }
}

enum hf_err
hf_dir_list(struct hf_dir *dir, hf_name_fn *visit, void *context, struct hf_detail *detail)
{
    /* A descriptor of its own: a duplicate would share its position with other listings. */
    int fd = open_at(dir->fd, ".", O_RDONLY | O_DIRECTORY);
    DIR *stream;
    enum hf_err err;

    if (fd < 0)
        return fail(detail, "list", dir->path);
    stream = fdopendir(fd);
    if (stream == NULL) {
        err = fail(detail, "list", dir->path);
        close(fd);
        return err;
    }
    err = visit_all(dir, stream, visit, context, detail);
    closedir(stream);
    return err;
}

enum hf_err
hf_dir_sync(struct hf_dir *dir, struct hf_detail *detail)
{
    if (sync_all(dir->fd) != 0)
        return full_or_io(fail(detail, "sync", dir->path));
    return HF_OK;
}

enum hf_err
hf_dir_check_name(struct hf_dir *dir, const char *name, struct hf_detail *detail)
{
    struct stat status;

    if (fstatat(dir->fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? HF_OK : fail_name(detail, "look at", dir, name);
    if (S_ISREG(status.st_mode))
        return HF_OK;
    return hf_detail_set(detail, HF_ERR_INVALID,
                         "%s/%s is there and is no regular file; name another", dir->path,
                         name);
}

enum hf_err
hf_dir_rename(struct hf_dir *dir, const char *from, const char *to, struct hf_detail *detail)
{
    if (renameat(dir->fd, from, dir->fd, to) != 0)
        return fail_name(detail, "rename", dir, from);
    return HF_OK;
}

enum hf_err
hf_dir_link(struct hf_dir *from, const char *name, struct hf_dir *to, struct hf_detail *detail)
{
    if (linkat(from->fd, name, to->fd, name, 0) == 0)
        return HF_OK;
    bool exists = errno == EEXIST;
    enum hf_err err = fail_name(detail, "link", to, name);
    return exists ? HF_ERR_INVALID : err;
}

enum hf_err
hf_dir_remove(struct hf_dir *dir, const char *name, struct hf_detail *detail)
{
    if (unlinkat(dir->fd, name, 0) != 0)
        return fail_name(detail, "remove", dir, name);
    return HF_OK;
}

/* ---- files ------------------------------------------------------------------------------- */

/* Opens without blocking, whatever has the name: a pipe would wait for its other end. */
static enum hf_err
open_file(struct hf_file *file, const struct hf_dir *dir, const char *name,
          enum hf_file_open how, struct hf_detail *detail)
{
    static const int flags_for[] = {
        [HF_FILE_READ] = O_RDONLY | O_NONBLOCK,
        [HF_FILE_WRITE] = O_RDWR | O_NONBLOCK,
        [HF_FILE_CREATE] = O_RDWR | O_CREAT | O_EXCL,
    };
    struct stat stat;

    file->fd = open_at(dir->fd, name, flags_for[how]);
    if (file->fd < 0) {
        bool exists = errno == EEXIST;
        enum hf_err err = fail(detail, "open", file->path);
        return exists ? HF_ERR_INVALID : err;
    }
    if (fstat(file->fd, &stat) != 0)
        return fail(detail, "open", file->path);
    if (!S_ISREG(stat.st_mode))
        return hf_detail_set(detail, HF_ERR_IO, "open %s: not a regular file", file->path);
    return HF_OK;
}

enum hf_err
hf_file_open(struct hf_file **out, struct hf_dir *dir, const char *name, enum hf_file_open how,
             struct hf_detail *detail)
{
    size_t path_size = strlen(dir->path) + strlen(name) + sizeof "/";
    struct hf_file *file = hf_env_alloc(sizeof *file + path_size);
    enum hf_err err;

    *out = NULL;
    if (file == NULL)
        return hf_detail_set(detail, HF_ERR_NO_MEMORY, "open %s: no memory", name);
    *file = (struct hf_file){ .fd = -1 };
    (void)snprintf(file->path, path_size, "%s/%s", dir->path, name);
    err = open_file(file, dir, name, how, detail);
    if (err != HF_OK) {
        hf_file_close(file);
        return err;
    }
    *out = file;
    return HF_OK;
}

void
hf_file_close(struct hf_file *file)
{
    if (file == NULL)
        return;
    if (file->fd >= 0)
        close(file->fd);
    hf_env_free(file);
}

enum hf_err
hf_file_size(struct hf_file *file, uint64_t *size, struct hf_detail *detail)
{
    struct stat stat;

    *size = 0;
    if (fstat(file->fd, &stat) != 0)
        return full_or_io(fail(detail, "size", file->path));
    *size = (uint64_t)stat.st_size;
    return HF_OK;
}

enum hf_err
hf_file_read(struct hf_file *file, uint64_t off, void *to, size_t len, size_t *got,
             struct hf_detail *detail)
{
    ssize_t done;

    *got = 0;
    do
        done = pread(file->fd, to, len, (off_t)off);
    while (done < 0 && errno == EINTR);
    if (done < 0)
        return full_or_io(fail_at(detail, "read", file, off));
    *got = (size_t)done;
    return HF_OK;
}

enum hf_err
hf_file_write(struct hf_file *file, uint64_t off, struct hf_span from, size_t *put,
              struct hf_detail *detail)
{
    ssize_t done;

    HF_ASSERT(from.len > 0);
    *put = 0;
    do
        done = pwrite(file->fd, from.at, from.len, (off_t)off);
    while (done < 0 && errno == EINTR);
    if (done == 0)
        errno = EIO; /* the system never says this of a file; do not wait for it */
    if (done <= 0)
        return full_or_io(fail_at(detail, "write", file, off));
    *put = (size_t)done;
    return HF_OK;
}

enum hf_err
hf_file_sync(struct hf_file *file, struct hf_detail *detail)
{
    int failed;

    do
        failed = fdatasync(file->fd);
    while (failed != 0 && errno == EINTR);
    return failed == 0 ? HF_OK : full_or_io(fail(detail, "sync", file->path));
}

enum hf_err
hf_file_truncate(struct hf_file *file, uint64_t size, struct hf_detail *detail)
{
    int failed;

    do
        failed = ftruncate(file->fd, (off_t)size);
    while (failed != 0 && errno == EINTR);
    return failed == 0 ? HF_OK : full_or_io(fail_at(detail, "truncate", file, size));
}
