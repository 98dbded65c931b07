/*
 * folder.c - a directory of files out of the bytes of one input.
 */
#include "fuzz/folder.h"

#include "base/bytes.h"

#include <stdio.h>

static const struct {
    const char *word, *suffix;
} kinds[] = {
    [FUZZ_WAL] = { "wal", "" },
    [FUZZ_TABLE] = { "table", "" },
    [FUZZ_MANIFEST] = { "manifest", "" },
    [FUZZ_WAL_TMP] = { "wal", ".tmp" },
    [FUZZ_TABLE_TMP] = { "table", ".tmp" },
    [FUZZ_MANIFEST_TMP] = { "manifest", ".tmp" },
    [FUZZ_OTHER] = { "other", "" },
};

static bool
has_name(const struct fuzz_folder *folder, const char *name)
{
    for (unsigned i = 0; i < folder->count; i++) {
        if (strcmp(folder->list[i].name, name) == 0)
            return true;
    }
    return false;
}

void
fuzz_folder_read(struct fuzz_folder *folder, struct hf_span in)
{
    const uint8_t *at = in.at;
    size_t off = 0;

    folder->count = 0;
    while (folder->count < FUZZ_FILES_MAX && in.len - off > FUZZ_FILE_HEAD) {
        struct fuzz_file *file = &folder->list[folder->count];
        size_t size = hf_load_u16(at + off + 2), left = in.len - off - FUZZ_FILE_HEAD;
        file->kind = (enum fuzz_kind)(at[off] % FUZZ_KIND_COUNT);
        snprintf(file->name, sizeof file->name, "%s-%010u%s", kinds[file->kind].word,
                 at[off + 1] + 1u, kinds[file->kind].suffix);
        file->bytes = hf_span(at + off + FUZZ_FILE_HEAD, size < left ? size : left);
        file->off = off;
        off += FUZZ_FILE_HEAD + file->bytes.len;
        folder->count += !has_name(folder, file->name);
    }
}

size_t
fuzz_folder_head(uint8_t *to, enum fuzz_kind kind, uint8_t number, size_t size)
{
    to[0] = (uint8_t)kind;
    to[1] = (uint8_t)(number - 1);
    hf_store_u16(to + 2, (uint16_t)size);
    return FUZZ_FILE_HEAD;
}

enum fuzz_kind
fuzz_folder_kind(const char *name, uint8_t *number)
{
    char expected[HF_NAME_SIZE_MAX];

    for (unsigned kind = 0; kind < FUZZ_KIND_COUNT; kind++) {
        for (unsigned n = 1; n <= UINT8_MAX; n++) {
            snprintf(expected, sizeof expected, "%s-%010u%s", kinds[kind].word, n,
                     kinds[kind].suffix);
            if (strcmp(expected, name) == 0) {
                *number = (uint8_t)n;
                return (enum fuzz_kind)kind;
            }
        }
    }
    *number = 0;
    return FUZZ_OTHER;
}
