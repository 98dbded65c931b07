/*
 * dir_mutator.c - changes to a directory of files, each by the mutator of its kind.
 *
 *   find the files -> one to three times: change one of them, or which ones there are
 *
 * A file that changes its number says so inside as well, most of the time, and its checksums
 * are made right again: else the first look at the name would end every such trial.
 */
#include "fuzz/dir_mutator.h"

#include "base/bytes.h"
#include "fuzz/draw.h"
#include "fuzz/folder.h"
#include "fuzz/manifest_mutator.h"
#include "fuzz/table_mutator.h"
#include "fuzz/wal_mutator.h"

#define CHANGES_MAX 3u

struct mutation {
    uint8_t *data;
    size_t size, size_max;
    uint64_t random; /* see draw.h */
    struct fuzz_folder folder;
};

static uint64_t
draw(struct mutation *m, uint64_t bound)
{
    return fuzz_draw(&m->random, bound);
}

static struct fuzz_file *
draw_file(struct mutation *m)
{
    return &m->folder.list[draw(m, m->folder.count)];
}

/* ---- one file ---------------------------------------------------------------------------- */

/* Makes the bytes of a file `size` long; false without room. What comes behind it moves. */
static bool
resize(struct mutation *m, const struct fuzz_file *file, size_t size)
{
    size_t off = file->off + FUZZ_FILE_HEAD, end = off + file->bytes.len;

    if (size > FUZZ_FILE_SIZE_MAX || m->size - file->bytes.len + size > m->size_max)
        return false;
    memmove(m->data + off + size, m->data + end, m->size - end);
    m->size = m->size - file->bytes.len + size;
    hf_store_u16(m->data + file->off + 2, (uint16_t)size);
    return true;
}

typedef size_t mutate_fn(uint8_t *data, size_t size, size_t size_max, uint64_t seed);

static void
change_file(struct mutation *m)
{
    static mutate_fn *const mutators[FUZZ_KIND_COUNT] = {
        [FUZZ_WAL] = fuzz_wal_mutate,           [FUZZ_WAL_TMP] = fuzz_wal_mutate,
        [FUZZ_TABLE] = fuzz_table_mutate,       [FUZZ_TABLE_TMP] = fuzz_table_mutate,
        [FUZZ_MANIFEST] = fuzz_manifest_mutate, [FUZZ_MANIFEST_TMP] = fuzz_manifest_mutate,
    };
    static uint8_t changed[FUZZ_FILE_SIZE_MAX];
    const struct fuzz_file *file = draw_file(m);
    size_t size = file->bytes.len;
    uint64_t seed = draw(m, UINT64_MAX);

    if (mutators[file->kind] == NULL)
        return;
    memcpy(changed, file->bytes.at, size);
    size = mutators[file->kind](changed, size, sizeof changed, seed);
    if (resize(m, file, size))
        memcpy(m->data + file->off + FUZZ_FILE_HEAD, changed, size);
}

static void
change_bit(struct mutation *m)
{
    const struct fuzz_file *file = draw_file(m);

    if (file->bytes.len > 0)
        m->data[file->off + FUZZ_FILE_HEAD + draw(m, file->bytes.len)] ^=
            (uint8_t)(1u << draw(m, 8));
}

static void
cut_file(struct mutation *m)
{
    const struct fuzz_file *file = draw_file(m);
    size_t size = draw(m, file->bytes.len + 1);

    (void)resize(m, file, draw(m, 2) == 0 ? size : size / 512 * 512);
}

/* Writes the number of its name into a file, and its checksums. */
static void
renumber(struct mutation *m, size_t off, uint8_t number)
{
    uint8_t *at = m->data + off + FUZZ_FILE_HEAD;
    size_t size = hf_load_u16(m->data + off + 2), left = m->size - off - FUZZ_FILE_HEAD;

    size = size < left ? size : left;

    switch ((enum fuzz_kind)(m->data[off] % FUZZ_KIND_COUNT)) {
    case FUZZ_WAL:
    case FUZZ_WAL_TMP:
        if (size >= 60)
            hf_store_u32(at + 32, number);
        fuzz_wal_repair(at, size, 1);
        break;
    case FUZZ_TABLE:
    case FUZZ_TABLE_TMP:
        if (size >= 288) {
            hf_store_u32(at + 28, number);
            hf_store_u32(at + size - 144 + 28, number);
        }
        fuzz_table_repair(at, size, 1);
        break;
    case FUZZ_MANIFEST:
    case FUZZ_MANIFEST_TMP:
        if (size >= 8192)
            hf_store_u32(at + 40, number);
        fuzz_manifest_repair(at, size, 1);
        break;
    case FUZZ_OTHER:
    case FUZZ_KIND_COUNT:
        break;
    }
}

/* ---- which files there are --------------------------------------------------------------- */

static void
drop_file(struct mutation *m)
{
    const struct fuzz_file *file = draw_file(m);
    size_t end = file->off + FUZZ_FILE_HEAD + file->bytes.len;

    memmove(m->data + file->off, m->data + end, m->size - end);
    m->size -= end - file->off;
}

static void
change_name(struct mutation *m)
{
    const struct fuzz_file *file = draw_file(m);
    uint8_t *head = m->data + file->off;

    if (draw(m, 4) == 0)
        head[0] = (uint8_t)draw(m, FUZZ_KIND_COUNT);
    else
        head[1] = (uint8_t)(head[1] + 1 + draw(m, 3));
    if (draw(m, 3) != 0)
        renumber(m, file->off, (uint8_t)(head[1] + 1));
}

/* A file once more, behind the others, under another number. */
static void
repeat_file(struct mutation *m)
{
    const struct fuzz_file *file = draw_file(m);
    size_t size = FUZZ_FILE_HEAD + file->bytes.len, to = m->size;

    if (size > m->size_max - m->size || m->folder.count == FUZZ_FILES_MAX)
        return;
    memcpy(m->data + to, m->data + file->off, size);
    hf_store_u16(m->data + to + 2, (uint16_t)file->bytes.len);
    m->data[to + 1] = (uint8_t)(m->data[to + 1] + 1 + draw(m, 4));
    m->size += size;
    if (draw(m, 3) != 0)
        renumber(m, to, (uint8_t)(m->data[to + 1] + 1));
}

static void
swap_names(struct mutation *m)
{
    uint8_t *a = m->data + draw_file(m)->off, *b = m->data + draw_file(m)->off;
    uint8_t number = a[1];

    a[1] = b[1];
    b[1] = number;
}

/* ---- all of it --------------------------------------------------------------------------- */

size_t
fuzz_dir_mutate(uint8_t *data, size_t size, size_t size_max, uint64_t seed)
{
    static void (*const changes[])(struct mutation *) = {
        change_file, change_file, change_file, change_file, change_bit,
        cut_file,    drop_file,   change_name, repeat_file, swap_names,
    };
    struct mutation m = {
        .data = data, .size = size, .size_max = size_max, .random = fuzz_draw_begin(seed)
    };

    for (uint64_t n = 1 + draw(&m, CHANGES_MAX); n > 0; n--) {
        fuzz_folder_read(&m.folder, hf_span(m.data, m.size));
        if (m.folder.count > 0)
            changes[draw(&m, sizeof changes / sizeof *changes)](&m);
    }
    return m.size;
}
