/*
 * folder_disk.c - a folder of inputs on whatever machine is below the VFS, and back.
 *
 * What fails here is the target's own doing, not the engine's, and ends the process.
 */
#include "base/bytes.h"
#include "base/crc32c.h"
#include "fuzz/folder.h"
#include "fuzz/take.h"
#include "vfs/vfs_io.h"

#include <stdlib.h>

static void
must(enum hf_err err)
{
    HF_ASSERT(err == HF_OK);
}

static void
put_file(struct hf_dir *dir, const struct fuzz_file *from)
{
    struct hf_file *file;

    must(hf_file_open(&file, dir, from->name, HF_FILE_CREATE, NULL));
    must(hf_vfs_write_full(file, 0, from->bytes, NULL));
    must(hf_file_sync(file, NULL));
    hf_file_close(file);
}

void
fuzz_folder_put(const struct fuzz_folder *folder, const char *path)
{
    struct hf_dir *dir;

    must(hf_dir_open(&dir, path, HF_DIR_CREATE, NULL));
    for (unsigned i = 0; i < folder->count; i++)
        put_file(dir, &folder->list[i]);
    must(hf_dir_sync(dir, NULL));
    hf_dir_close(dir);
}

/* ---- read back --------------------------------------------------------------------------- */

struct names {
    unsigned count;
    char list[4 * FUZZ_FILES_MAX][HF_NAME_SIZE_MAX];
};

static enum hf_err
add_name(void *context, const char *name)
{
    struct names *names = context;

    if (strcmp(name, "LOCK") == 0)
        return HF_OK;
    HF_ASSERT(names->count < sizeof names->list / sizeof *names->list);
    memcpy(names->list[names->count++], name, strlen(name) + 1);
    return HF_OK;
}

static int
compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* The bytes of a file; the caller frees them. */
static struct hf_span
read_file(struct hf_dir *dir, const char *name)
{
    struct hf_file *file;
    uint64_t size;
    size_t got;
    void *bytes;

    must(hf_file_open(&file, dir, name, HF_FILE_READ, NULL));
    must(hf_file_size(file, &size, NULL));
    bytes = fuzz_take(size);
    must(hf_vfs_read_full(file, 0, bytes, (size_t)size, &got, NULL));
    hf_file_close(file);
    return hf_span(bytes, got);
}

void
fuzz_folder_visit(const char *path, fuzz_file_fn *visit, void *context)
{
    struct names names = { .count = 0 };
    struct hf_dir *dir;

    if (hf_dir_open(&dir, path, 0, NULL) != HF_OK)
        return;
    must(hf_dir_list(dir, add_name, &names, NULL));
    qsort(names.list, names.count, sizeof *names.list, compare_names);
    for (unsigned i = 0; i < names.count; i++) {
        struct hf_span bytes = read_file(dir, names.list[i]);
        visit(context, names.list[i], bytes);
        free((void *)(uintptr_t)bytes.at);
    }
    hf_dir_close(dir);
}

static void
add_to_sum(void *context, const char *name, struct hf_span bytes)
{
    uint64_t *sum = context;
    uint32_t crc = hf_crc32c(hf_crc32c(0, name, strlen(name)), bytes.at, bytes.len);

    *sum = (*sum ^ crc ^ (uint64_t)bytes.len << 32) * UINT64_C(0x9E3779B97F4A7C15);
}

uint64_t
fuzz_folder_sum(const char *path)
{
    uint64_t sum = 1;

    fuzz_folder_visit(path, add_to_sum, &sum);
    return sum;
}

struct packing {
    uint8_t *to;
    size_t size, size_max;
};

static void
pack(void *context, const char *name, struct hf_span bytes)
{
    struct packing *packing = context;
    uint8_t number;
    enum fuzz_kind kind = fuzz_folder_kind(name, &number);

    if (bytes.len > FUZZ_FILE_SIZE_MAX ||
        packing->size_max - packing->size < FUZZ_FILE_HEAD + bytes.len)
        return;
    packing->size += fuzz_folder_head(packing->to + packing->size, kind, number, bytes.len);
    if (bytes.len > 0)
        memcpy(packing->to + packing->size, bytes.at, bytes.len);
    packing->size += bytes.len;
}

size_t
fuzz_folder_get(uint8_t *to, size_t size_max, const char *path)
{
    struct packing packing = { .to = to, .size_max = size_max };

    fuzz_folder_visit(path, pack, &packing);
    return packing.size;
}
