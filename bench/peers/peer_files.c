/*
 * peer_files.c - folders and sizes, as the system tells them.
 *
 * Engines make flat folders, one or two deep; nftw goes through them.
 */
#define _GNU_SOURCE

#include "bench/peers/peer_files.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define TMPFS 0x01021994 /* of statfs(2) */
#define WALK_FDS 16

uint64_t
bench_anonymous_bytes(void)
{
    FILE *status = fopen("/proc/self/status", "re");
    char line[128];
    unsigned long long kib = 0;

    while (status != NULL && fgets(line, sizeof line, status) != NULL) {
        if (sscanf(line, "RssAnon: %llu kB", &kib) == 1)
            break;
    }
    if (status != NULL)
        (void)fclose(status);
    return kib * 1024;
}

static uint64_t walked; /* nftw hands nothing through */

static int
add_size(const char *path, const struct stat *stat, int kind, struct FTW *place)
{
    (void)path;
    (void)place;
    if (kind == FTW_F)
        walked += (uint64_t)stat->st_blocks * 512;
    return 0;
}

uint64_t
bench_folder_bytes(const char *path)
{
    walked = 0;
    (void)nftw(path, add_size, WALK_FDS, FTW_PHYS);
    return walked;
}

static int
remove_one(const char *path, const struct stat *stat, int kind, struct FTW *place)
{
    (void)stat;
    (void)kind;
    (void)place;
    return remove(path);
}

void
bench_folder_remove(const char *path)
{
    (void)nftw(path, remove_one, WALK_FDS, FTW_PHYS | FTW_DEPTH);
}

bool
bench_folder_make(const char *path)
{
    bench_folder_remove(path);
    return mkdir(path, 0777) == 0;
}

const char *
bench_folder_in_memory(void)
{
    static const char *const usual[] = { "/dev/shm", "/tmp", "/run" };
    struct statfs info;

    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        if (statfs(usual[i], &info) == 0 && info.f_type == TMPFS &&
            access(usual[i], W_OK | X_OK) == 0)
            return usual[i];
    }
    return NULL;
}
