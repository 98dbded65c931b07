/*
 * counted.c - see counted.h. The counters are atomic, since background threads ask too; next to
 * a system call that costs nothing, and without contention nothing next to an allocation.
 *
 * What is synced is counted by file descriptor: bytes written to it since its last sync.
 */
#define _GNU_SOURCE
#include "bench/counted.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILES_MAX 4096
#define TICK_NS 1000u
#define START_NS (UINT64_C(1700000000) * 1000000000u)

static atomic_uint_fast64_t allocations, calls, written, syncs, synced;
static atomic_uint_fast64_t unsynced[FILES_MAX];
static bool is_fixed;
static uint64_t fixed_ns, fixed_random;

static void
add(atomic_uint_fast64_t *counter, uint64_t count)
{
    atomic_fetch_add_explicit(counter, count, memory_order_relaxed);
}

static uint64_t
read_counter(atomic_uint_fast64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

struct bench_counts
bench_counts_now(void)
{
    return (struct bench_counts){ read_counter(&allocations), read_counter(&calls),
                                  read_counter(&written), read_counter(&syncs),
                                  read_counter(&synced) };
}

struct bench_counts
bench_counts_between(struct bench_counts from, struct bench_counts to)
{
    return (struct bench_counts){ to.allocations - from.allocations, to.calls - from.calls,
                                  to.written - from.written, to.syncs - from.syncs,
                                  to.synced - from.synced };
}

void
bench_counts_fix(bool fixed)
{
    is_fixed = fixed;
    fixed_ns = START_NS;
    fixed_random = 1;
}

/* ---- the functions of libc --------------------------------------------------------------- */

/* The linker turns calls of NAME into __wrap_NAME, and __real_NAME into NAME. */
#define WRAPPED(type, name, ...)                                                               \
    type __real_##name(__VA_ARGS__);                                                           \
    type __wrap_##name(__VA_ARGS__);                                                           \
    type __wrap_##name(__VA_ARGS__)

WRAPPED(void *, malloc, size_t size)
{
    add(&allocations, 1);
    return __real_malloc(size);
}

WRAPPED(void *, calloc, size_t count, size_t size)
{
    add(&allocations, 1);
    return __real_calloc(count, size);
}

WRAPPED(void *, realloc, void *at, size_t size)
{
    add(&allocations, 1);
    return __real_realloc(at, size);
}

WRAPPED(void *, mmap, void *at, size_t size, int how, int flags, int fd, off_t off)
{
    add(&allocations, 1);
    add(&calls, 1);
    return __real_mmap(at, size, how, flags, fd, off);
}

WRAPPED(int, munmap, void *at, size_t size)
{
    add(&calls, 1);
    return __real_munmap(at, size);
}

WRAPPED(int, madvise, void *at, size_t size, int advice)
{
    add(&calls, 1);
    return __real_madvise(at, size, advice);
}

/* Notes what a write did, and passes its result on. */
static ssize_t
note_written(int fd, ssize_t put)
{
    add(&calls, 1);
    if (put > 0) {
        add(&written, (uint64_t)put);
        if (fd < FILES_MAX)
            add(&unsynced[fd], (uint64_t)put);
    }
    return put;
}

WRAPPED(ssize_t, pwrite, int fd, const void *from, size_t size, off_t off)
{
    return note_written(fd, __real_pwrite(fd, from, size, off));
}

WRAPPED(ssize_t, write, int fd, const void *from, size_t size)
{
    return note_written(fd, __real_write(fd, from, size));
}

WRAPPED(ssize_t, pread, int fd, void *to, size_t size, off_t off)
{
    add(&calls, 1);
    return __real_pread(fd, to, size, off);
}

WRAPPED(ssize_t, read, int fd, void *to, size_t size)
{
    add(&calls, 1);
    return __real_read(fd, to, size);
}

static void
note_sync(int fd)
{
    add(&calls, 1);
    add(&syncs, 1);
    if (fd >= 0 && fd < FILES_MAX)
        add(&synced, atomic_exchange_explicit(&unsynced[fd], 0, memory_order_relaxed));
}

WRAPPED(int, fdatasync, int fd)
{
    note_sync(fd);
    return __real_fdatasync(fd);
}

WRAPPED(int, fsync, int fd)
{
    note_sync(fd);
    return __real_fsync(fd);
}

int __real_openat(int dir, const char *name, int flags, ...);
int __wrap_openat(int dir, const char *name, int flags, ...);

int
__wrap_openat(int dir, const char *name, int flags, ...)
{
    va_list args;

    va_start(args, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
    va_end(args);
    add(&calls, 1);
    return __real_openat(dir, name, flags, mode);
}

WRAPPED(int, close, int fd)
{
    add(&calls, 1);
    if (fd >= 0 && fd < FILES_MAX)
        atomic_store_explicit(&unsynced[fd], 0, memory_order_relaxed);
    return __real_close(fd);
}

WRAPPED(int, fstat, int fd, struct stat *to)
{
    add(&calls, 1);
    return __real_fstat(fd, to);
}

WRAPPED(int, fstatat, int fd, const char *name, struct stat *to, int flags)
{
    add(&calls, 1);
    return __real_fstatat(fd, name, to, flags);
}

WRAPPED(int, ftruncate, int fd, off_t size)
{
    add(&calls, 1);
    return __real_ftruncate(fd, size);
}

WRAPPED(int, renameat, int from_dir, const char *from, int to_dir, const char *to)
{
    add(&calls, 1);
    return __real_renameat(from_dir, from, to_dir, to);
}

WRAPPED(int, unlinkat, int dir, const char *name, int flags)
{
    add(&calls, 1);
    return __real_unlinkat(dir, name, flags);
}

WRAPPED(int, linkat, int from_dir, const char *from, int to_dir, const char *to, int flags)
{
    add(&calls, 1);
    return __real_linkat(from_dir, from, to_dir, to, flags);
}

WRAPPED(int, flock, int fd, int how)
{
    add(&calls, 1);
    return __real_flock(fd, how);
}

WRAPPED(int, mkdir, const char *path, mode_t mode)
{
    add(&calls, 1);
    return __real_mkdir(path, mode);
}

WRAPPED(int, access, const char *path, int how)
{
    add(&calls, 1);
    return __real_access(path, how);
}

/* A look into a directory: one entry in a few dozen enters the kernel, all are counted. */
WRAPPED(struct dirent *, readdir, DIR *dir)
{
    add(&calls, 1);
    return __real_readdir(dir);
}

WRAPPED(ssize_t, getrandom, void *to, size_t size, unsigned flags)
{
    unsigned char *at = to;

    add(&calls, 1);
    if (!is_fixed)
        return __real_getrandom(to, size, flags);
    for (size_t i = 0; i < size; i++) {
        fixed_random = fixed_random * UINT64_C(6364136223846793005) + 1442695040888963407u;
        at[i] = (unsigned char)(fixed_random >> 56);
    }
    return (ssize_t)size;
}

/* No system call: the kernel leaves the time where everybody can read it. */
WRAPPED(int, clock_gettime, clockid_t which, struct timespec *to)
{
    if (!is_fixed)
        return __real_clock_gettime(which, to);
    fixed_ns += TICK_NS;
    to->tv_sec = (time_t)(fixed_ns / 1000000000u);
    to->tv_nsec = (long)(fixed_ns % 1000000000u);
    return 0;
}
