/*
 * replay_main.c - runs a fuzz target over files and folders, without a fuzzing engine.
 *
 * So a corpus is a test: what was found once stays fixed. Each file is read into memory of
 * exactly its size, so that a read outside shows under a sanitiser. Folders are read in the
 * order of their names, and not into their subfolders.
 */
#define _GNU_SOURCE
#include "fuzz/fuzz.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static unsigned long file_count, byte_count;

static bool
complain(const char *path)
{
    perror(path);
    return false;
}

static bool
replay_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(size == 0 ? 1 : size);
    size_t got;

    if (file == NULL || data == NULL) {
        free(data);
        if (file != NULL)
            fclose(file);
        return complain(path);
    }
    got = fread(data, 1, size, file);
    fclose(file);
    if (got == size) {
        fprintf(stderr, "replaying %s\n", path);
        LLVMFuzzerTestOneInput(data, size);
        file_count++;
        byte_count += size;
    }
    free(data);
    return got == size || complain(path);
}

static bool replay_path(const char *path);

static int
is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool
replay_folder(const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, is_visible, alphasort);
    bool done = true;

    if (count < 0)
        return complain(path);
    for (int i = 0; i < count; i++) {
        char inner[4096];
        struct stat status;
        snprintf(inner, sizeof inner, "%s/%s", path, entries[i]->d_name);
        if (stat(inner, &status) != 0 || S_ISREG(status.st_mode))
            done = replay_path(inner) && done;
        free(entries[i]);
    }
    free(entries);
    return done;
}

static bool
replay_path(const char *path)
{
    struct stat status;

    if (stat(path, &status) != 0)
        return complain(path);
    return S_ISDIR(status.st_mode) ? replay_folder(path)
                                   : replay_file(path, (size_t)status.st_size);
}

int
main(int argc, char **argv)
{
    bool done = argc > 1;

    if (argc < 2)
        fprintf(stderr, "usage: %s FILE|FOLDER...\n", argv[0]);
    for (int i = 1; i < argc; i++)
        done = replay_path(argv[i]) && done;
    printf("%s: %lu inputs, %lu bytes: %s\n", argv[0], file_count, byte_count,
           done && file_count > 0 ? "held" : "not all of them could be replayed");
    return done && file_count > 0 ? 0 : 2;
}
