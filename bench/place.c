/*
 * place.c - see place.h.
 */
#define _GNU_SOURCE
#include "bench/place.h"

#include "bench/stop.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_SIZE (1u << 16)

static char place[BENCH_PATH_SIZE];
static pid_t owner; /* a child that ends must not take the folder away */

/* Removes what is in the folder, folders in it first, and then itself. */
static void
remove_tree(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    char inner[BENCH_PATH_SIZE * 2];

    if (dir == NULL)
        return;
    while ((entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (unlinkat(dirfd(dir), entry->d_name, 0) == 0)
            continue;
        (void)snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (strlen(inner) < BENCH_PATH_SIZE)
            remove_tree(inner);
    }
    (void)closedir(dir);
    (void)rmdir(path);
}

static void
remove_place(void)
{
    if (getpid() == owner)
        remove_tree(place);
}

/* Files are gone before the program is; what it stood for, a person wanted to end. */
static void
end_by_signal(int number)
{
    remove_place();
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

const char *
bench_place_open(const char *parent)
{
    int len = snprintf(place, sizeof place, "%s/holdfast-bench.XXXXXX", parent);

    if (len < 0 || (size_t)len >= sizeof place / 2)
        bench_stop("the path of the folder is too long: %s", parent);
    if (mkdtemp(place) == NULL)
        bench_stop_system("make a folder in", parent);
    owner = getpid();
    (void)atexit(remove_place);
    (void)signal(SIGINT, end_by_signal);
    (void)signal(SIGTERM, end_by_signal);
    return place;
}

void
bench_place_path(char path[BENCH_PATH_SIZE], const char *directory, const char *name)
{
    int len = snprintf(path, BENCH_PATH_SIZE, "%s/%s", directory, name);

    bench_check(len > 0 && (size_t)len < BENCH_PATH_SIZE, "the length of a path");
}

void
bench_place_remove(const char *path)
{
    remove_tree(path);
}

static void
copy_file(const char *from, const char *to)
{
    static uint8_t piece[COPY_SIZE];
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    ssize_t got = 0;

    while (in >= 0 && out >= 0 && (got = read(in, piece, sizeof piece)) > 0)
        if (write(out, piece, (size_t)got) != got)
            bench_stop_system("write", to);
    if (in < 0 || out < 0 || got < 0)
        bench_stop_system("copy", from);
    (void)close(in);
    (void)close(out);
}

void
bench_place_copy(const char *from, const char *to)
{
    char in[BENCH_PATH_SIZE], out[BENCH_PATH_SIZE];
    DIR *dir = opendir(from);
    struct dirent *entry;

    if (dir == NULL || mkdir(to, 0777) != 0)
        bench_stop_system("copy", from);
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        bench_place_path(in, from, entry->d_name);
        bench_place_path(out, to, entry->d_name);
        copy_file(in, out);
    }
    (void)closedir(dir);
}

struct hf_options
bench_db_options(enum hf_mode mode)
{
    struct hf_options options = HF_OPTIONS_INIT;

    options.mode = mode;
    if (mode == HF_MODE_MEMORY)
        options.flags |= HF_SINGLE_THREAD;
    return options;
}

struct hf_db *
bench_db_open(const char *path, const struct hf_options *options)
{
    struct hf_error error;
    struct hf_db *db;

    if (hf_open(&db, path, options, &error) != HF_OK)
        bench_stop("%s", error.text);
    return db;
}

void
bench_db_close(struct hf_db *db)
{
    bench_must(hf_close(db), "hf_close");
}

void
bench_db_settle(struct hf_db *db)
{
    bool more = true;

    while (more)
        bench_must(hf_work(db, &more), "hf_work");
}

const char *
bench_mode_name(enum hf_mode mode)
{
    static const char *const names[] = { "buffered", "strict", "memory" };
    return names[mode];
}
