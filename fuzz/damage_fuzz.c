/*
 * damage_fuzz.c - real directories with real damage: right data, or a clear error.
 *
 *    0      1        6        11
 *    +------+--------+--------+---
 *    | life | damage | damage | ...      a damage: what, file, offset (u16), more
 *    +------+--------+--------+---
 *       u8   5 bytes each
 *
 * `life` chooses what a short life (fuzz/fuzz_life.h) left. Then bits flip, sectors turn to
 * zeros, come from elsewhere or from an earlier time, files are cut, lost or changed for each
 * other. No byte is forged: nothing here knows a checksum. What must hold:
 *   1. a database that opens is, in everything it gives out, the life as of some version
 *   2. nothing it gives out is other than what was written; what it cannot give it names
 *   3. a salvage holds nothing but what was written, under its own version
 */
#include "fuzz/dir_doors.h"
#include "fuzz/folder.h"
#include "fuzz/fuzz.h"
#include "fuzz/fuzz_life.h"
#include "fuzz/room.h"
#include "fuzz/take.h"

#include <stdio.h>
#include <stdlib.h>

#define LIVES 12u
#define IMAGE_SIZE_MAX 60000u
#define DAMAGES_MAX 6u
#define DAMAGE_SIZE 5u
#define SECTOR 512u

struct image {
    size_t size;
    uint8_t bytes[IMAGE_SIZE_MAX];
    struct fuzz_folder folder; /* of the bytes */
};

/* What each life left; made once. */
static struct image images[LIVES];

struct trial {
    struct fuzz_folder folder;
    uint64_t commits; /* that the life made */
    uint64_t last;    /* that the database shows */
};

/* ---- lives ------------------------------------------------------------------------------- */

static void
take_image(void *context)
{
    struct image *image = context;

    image->size = fuzz_folder_get(image->bytes, sizeof image->bytes, "db");
}

/* All of one machine's tape, so one database at many times. */
static const struct image *
image_of(unsigned seed)
{
    struct image *image = &images[seed];
    struct fuzz_life life = fuzz_life_of(seed);

    if (image->size > 0)
        return image;
    (void)sim_machine_life(fuzz_room(1, NULL, 0), fuzz_life_run, &life);
    fuzz_room_live(take_image, image);
    fuzz_folder_read(&image->folder, hf_span(image->bytes, image->size));
    HF_ASSERT(image->folder.count > 0);
    return image;
}

/* ---- damage ------------------------------------------------------------------------------ */

static const struct fuzz_file *
find_file(const struct fuzz_folder *folder, const char *name)
{
    for (unsigned i = 0; i < folder->count; i++) {
        if (strcmp(folder->list[i].name, name) == 0)
            return &folder->list[i];
    }
    return NULL;
}

static void
swap_files(struct fuzz_file *a, struct fuzz_file *b)
{
    struct hf_span bytes = a->bytes;

    a->bytes = b->bytes;
    b->bytes = bytes;
}

/* A sector of `from` at the same offset, or from the file's beginning, as it fits. */
static void
copy_sector(const struct fuzz_file *to, struct hf_span from, size_t to_off, size_t from_off)
{
    uint8_t *at = (uint8_t *)(uintptr_t)to->bytes.at;

    to_off = to_off / SECTOR * SECTOR;
    from_off = from_off / SECTOR * SECTOR;
    if (to_off + SECTOR <= to->bytes.len && from_off + SECTOR <= from.len)
        memmove(at + to_off, (const uint8_t *)from.at + from_off, SECTOR);
}

/* Earlier bytes of the file of that name: a sector of them, or all. */
static void
make_stale(struct fuzz_file *file, unsigned life, size_t off, bool is_whole)
{
    const struct fuzz_file *old = find_file(&image_of(life)->folder, file->name);

    if (old == NULL)
        return;
    if (is_whole)
        file->bytes = old->bytes;
    else
        copy_sector(file, old->bytes, off, off);
}

static void
remove_file(struct fuzz_folder *folder, struct fuzz_file *file)
{
    *file = folder->list[--folder->count];
}

/* The file's bytes are the trial's own but after make_stale; those stay as they are. */
static void
damage(struct fuzz_folder *folder, const uint8_t *how, const uint8_t *own, size_t own_size)
{
    struct fuzz_file *file = &folder->list[how[1] % folder->count];
    struct fuzz_file *other = &folder->list[how[4] % folder->count];
    uint8_t *at = (uint8_t *)(uintptr_t)file->bytes.at;
    bool is_own = at >= own && at < own + own_size;
    size_t off = file->bytes.len == 0 ? 0 : (how[2] | how[3] << 8) % file->bytes.len;

    switch (how[0] % 8) {
    case 0:
    case 1:
        if (is_own && file->bytes.len > 0)
            at[off] ^= (uint8_t)(1u << how[4] % 8);
        break;
    case 2:
        if (is_own && off / SECTOR * SECTOR + SECTOR <= file->bytes.len)
            memset(at + off / SECTOR * SECTOR, 0, SECTOR);
        break;
    case 3:
        file->bytes.len = how[4] % 2 == 0 ? off : off / SECTOR * SECTOR;
        break;
    case 4:
        if (folder->count > 1)
            remove_file(folder, file);
        break;
    case 5:
        swap_files(file, other);
        break;
    case 6:
        if (is_own)
            copy_sector(file, other->bytes, off, (size_t)how[4] * SECTOR);
        break;
    default:
        if (is_own || how[4] % 2 == 0)
            make_stale(file, how[4] / 2 % LIVES, off, how[4] % 2 == 0);
        break;
    }
}

/* ---- what was written -------------------------------------------------------------------- */

static void
check_written(void *context, const struct hf_item *item)
{
    const struct trial *trial = context;
    struct fuzz_commit commit;

    HF_ASSERT(item->version >= 1 && item->version <= trial->commits);
    fuzz_life_commit(&commit, item->version);
    HF_ASSERT(!commit.is_delete && hf_span_equal(commit.key_span, item->key));
    HF_ASSERT(hf_span_equal(commit.value_span, item->value));
}

/* Each key is what the life as of `last` says, or damage is named. */
static void
check_keys(struct hf_db *db, const struct trial *trial)
{
    struct hf_view *view;

    HF_ASSERT(hf_view_open(&view, db, HF_LATEST) == HF_OK);
    for (uint64_t version = 1; version <= FUZZ_LIFE_KEYS; version++) {
        struct fuzz_commit commit;
        struct hf_item item;
        fuzz_life_commit(&commit, version);
        uint64_t newest = fuzz_life_newest(commit.key_span, trial->last);
        enum hf_err err = hf_view_get(view, commit.key_span, &item);
        HF_ASSERT(err == HF_OK || err == HF_ERR_NOT_FOUND || fuzz_doors_is_clear(err, NULL));
        HF_ASSERT(err != HF_ERR_NOT_FOUND || newest == 0);
        HF_ASSERT(err != HF_OK || item.version == newest);
    }
    hf_view_close(view);
}

static void
read_damaged(struct trial *trial)
{
    struct hf_options options = fuzz_room_options(HF_READ_ONLY);
    struct hf_error error;
    struct hf_db *db;
    enum hf_err err = hf_open(&db, "damaged", &options, &error);

    if (err != HF_OK) {
        HF_ASSERT(fuzz_doors_is_clear(err, &error));
        return;
    }
    trial->last = hf_last_version(db);
    HF_ASSERT(trial->last <= trial->commits);
    check_keys(db, trial);
    (void)fuzz_doors_read(db, check_written, trial);
    HF_ASSERT(hf_close(db) == HF_OK);
}

static void
read_salvaged(struct trial *trial)
{
    struct hf_options options = fuzz_room_options(0);
    struct hf_salvaged salvaged = HF_SALVAGED_INIT;
    struct hf_error error;
    struct hf_db *db;
    enum hf_err err =
        hf_salvage("damaged", "salvaged", &options, fuzz_doors_line, NULL, &salvaged, &error);

    if (err != HF_OK) {
        HF_ASSERT(fuzz_doors_is_clear(err, &error));
        return;
    }
    HF_ASSERT(hf_open(&db, "salvaged", &options, &error) == HF_OK);
    HF_ASSERT(fuzz_doors_read(db, check_written, trial).is_verified);
    HF_ASSERT(hf_close(db) == HF_OK);
}

static void
live(void *context)
{
    struct trial *trial = context;

    fuzz_folder_put(&trial->folder, "damaged");
    read_damaged(trial);
    read_salvaged(trial);
}

/* ---- the engine's door ------------------------------------------------------------------- */

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 + DAMAGE_SIZE)
        return 0;
    for (unsigned life = 0; life < LIVES; life++)
        (void)image_of(life);
    unsigned life = data[0] % LIVES;
    const struct image *image = image_of(life);
    uint8_t *own = fuzz_copy(hf_span(image->bytes, image->size));
    struct trial trial = { .commits = fuzz_life_of(LIVES - 1).commits };

    fuzz_folder_read(&trial.folder, hf_span(own, image->size));
    for (size_t i = 0; i < DAMAGES_MAX && 1 + (i + 1) * DAMAGE_SIZE <= size; i++)
        damage(&trial.folder, data + 1 + i * DAMAGE_SIZE, own, image->size);
    (void)fuzz_room(1, NULL, 0);
    fuzz_room_live(live, &trial);
    free(own);
    return 0;
}
