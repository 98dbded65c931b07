/*
 * mirror.c - the folder of real files, and its comparison with the simulated disk.
 *
 * What the file LOCK holds is advice for people, the pid of a process, and is not compared.
 */
#define _GNU_SOURCE /* nftw */
#include "sim/parity/mirror.h"

#include "sim/parity/real_files.h"

#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_SIZE 512u
#define STATUS_SIMULATOR_FAILED 3

static char root[PATH_SIZE]; /* "" before the first reset */

void
mirror_differs(const char *format, ...)
{
    va_list args;

    fputs("holdfast-sim-parity: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "; the real files are in %s\n", root);
    _exit(STATUS_SIMULATOR_FAILED);
}

/* ---- the folder -------------------------------------------------------------------------- */

static int
remove_entry(const char *path, const struct stat *about, int kind, struct FTW *place)
{
    (void)about;
    (void)kind;
    if (place->level > 0 && remove(path) != 0)
        mirror_differs("%s cannot be removed", path);
    return 0;
}

static void
empty_root(void)
{
    if (nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS) != 0)
        mirror_differs("the mirror cannot be emptied");
}

void
mirror_clear(const char *path)
{
    const char *whole = mirror_path(path);

    if (access(whole, F_OK) == 0 &&
        (nftw(whole, remove_entry, 8, FTW_DEPTH | FTW_PHYS) != 0 || remove(whole) != 0))
        mirror_differs("%s cannot be removed", whole);
}

static void
make_root(void)
{
    const char *parent = getenv("TMPDIR");

    if (parent == NULL || strlen(parent) > PATH_SIZE / 2)
        mirror_differs("TMPDIR must name a folder for the real files");
    snprintf(root, sizeof root, "%s/parity.XXXXXX", parent);
    if (mkdtemp(root) == NULL)
        mirror_differs("no folder can be made in %s", parent);
}

void
mirror_reset(void)
{
    if (root[0] == '\0')
        make_root();
    else
        empty_root();
}

const char *
mirror_path(const char *path)
{
    static char whole[2 * PATH_SIZE];

    snprintf(whole, sizeof whole, "%s/%s", root, path);
    return whole;
}

/* ---- comparison -------------------------------------------------------------------------- */

static void
compare_bytes(const struct sim_name *name, struct real_file *file)
{
    static unsigned char bytes[1u << 16];
    const struct sim_image *image = &name->inode->mem;
    uint64_t off = 0;
    size_t got;

    do {
        if (real_file_read(file, off, bytes, sizeof bytes, &got, NULL) != HF_OK)
            mirror_differs("%s cannot be read", name->name);
        if (got > image->size - off || (got > 0 && memcmp(bytes, image->at + off, got) != 0))
            mirror_differs("%s has other bytes from %llu on", name->name,
                           (unsigned long long)off);
        off += got;
    } while (got > 0);
    if (off != image->size)
        mirror_differs("%s has %llu bytes, not %zu", name->name, (unsigned long long)off,
                       image->size);
}

static enum hf_err
count_name(void *context, const char *name)
{
    (void)name;
    ++*(size_t *)context;
    return HF_OK;
}

static void
compare_folder(const struct sim_disk *disk, unsigned folder, struct real_dir *dir)
{
    size_t there = 0, wanted = 0;

    for (size_t i = 0; i < disk->visible.count; i++) {
        const struct sim_name *name = &disk->visible.at[i];
        struct real_file *file;

        if (name->folder != folder)
            continue;
        wanted++;
        if (strcmp(name->name, "LOCK") == 0)
            continue;
        if (real_file_open(&file, dir, name->name, HF_FILE_READ, NULL) != HF_OK)
            mirror_differs("there is no %s", name->name);
        compare_bytes(name, file);
        real_file_close(file);
    }
    if (real_dir_list(dir, count_name, &there, NULL) != HF_OK || there != wanted)
        mirror_differs("%s has %zu names, not %zu", disk->folders[folder].path, there, wanted);
}

void
mirror_compare(const struct sim_disk *disk)
{
    /* The root holds folders too, which the machine keeps apart from names. */
    for (unsigned folder = SIM_FOLDER_MAIN; folder < disk->folder_count; folder++) {
        const char *path = disk->folders[folder].path;
        struct real_dir *dir;
        enum hf_err err = real_dir_open(&dir, mirror_path(path), 0, NULL);

        if ((err == HF_OK) != disk->folders[folder].exists)
            mirror_differs("folder %s: %s", path, hf_err_name(err));
        if (err != HF_OK)
            continue;
        compare_folder(disk, folder, dir);
        real_dir_close(dir);
    }
}
