/*
 * dir_fuzz.c - any files at all as a database: the whole engine under a fuzzer.
 *
 * An input is a folder (fuzz/folder.h). Whatever its files say, each of these ends well:
 *   1. a read-only open, and reading through every door: what is read is one database, or
 *      there is a clear error
 *   2. dump: lines for people
 *   3. a salvage into a new directory: a sound database, of values that stand in the files
 *   4. an open for writing: what a reader saw is there, and takes commits, and is there again
 *   5. 1 to 3 change no file, and neither does a refused 4
 * The checksums can be made right by a mutator, so no content is wrong by itself: what bytes
 * that were damaged come to is damage_fuzz.c's.
 */
#include "fuzz/dir_doors.h"
#include "fuzz/dir_mutator.h"
#include "fuzz/folder.h"
#include "fuzz/fuzz.h"
#include "fuzz/room.h"
#include "fuzz/take.h"

#define OLD "damaged"
#define NEW "salvaged"

struct trial {
    struct fuzz_folder folder;
    struct hf_span in;
    struct fuzz_doors doors; /* of the read-only open */
    bool is_read;            /* that it was opened */
};

/* ---- reading ----------------------------------------------------------------------------- */

static void
read_old(struct trial *trial)
{
    struct hf_options options = fuzz_room_options(HF_READ_ONLY);
    struct hf_error error;
    struct hf_db *db;
    enum hf_err err = hf_open(&db, OLD, &options, &error);

    if (err != HF_OK) {
        HF_ASSERT(fuzz_doors_is_clear(err, &error) && error.code == err);
        return;
    }
    trial->is_read = true;
    trial->doors = fuzz_doors_read(db, NULL, NULL);
    HF_ASSERT(hf_close(db) == HF_OK);
}

static void
dump_old(void)
{
    struct hf_error error;
    uint64_t lines = 0;

    HF_ASSERT(hf_dump(OLD, fuzz_doors_line, &lines, &error) == HF_OK);
}

/* ---- salvaging --------------------------------------------------------------------------- */

static bool
contains(struct hf_span in, struct hf_span part)
{
    const uint8_t *at = in.at, *limit = at + in.len;

    if (part.len == 0)
        return true;
    while ((size_t)(limit - at) >= part.len) {
        at = memchr(at, *(const uint8_t *)part.at, (size_t)(limit - at) - part.len + 1);
        if (at == NULL)
            return false;
        if (memcmp(at, part.at, part.len) == 0)
            return true;
        at++;
    }
    return false;
}

/* Values are whole wherever they stand; keys are not, in tables. */
static void
check_found(void *context, const struct hf_item *item)
{
    const struct trial *trial = context;

    HF_ASSERT(contains(trial->in, item->value));
}

static void
salvage(struct trial *trial)
{
    struct hf_options options = fuzz_room_options(0);
    struct hf_salvaged salvaged = HF_SALVAGED_INIT;
    struct hf_error error;
    struct hf_db *db;
    uint64_t lines = 0;
    enum hf_err err =
        hf_salvage(OLD, NEW, &options, fuzz_doors_line, &lines, &salvaged, &error);

    if (err != HF_OK) {
        HF_ASSERT(fuzz_doors_is_clear(err, &error));
        return;
    }
    HF_ASSERT(hf_open(&db, NEW, &options, &error) == HF_OK);
    struct fuzz_doors doors = fuzz_doors_read(db, check_found, trial);
    HF_ASSERT(doors.is_verified && doors.items == salvaged.keys);
    HF_ASSERT(hf_close(db) == HF_OK);
}

/* ---- writing ----------------------------------------------------------------------------- */

static void
write_old(struct trial *trial)
{
    struct hf_options options = fuzz_room_options(0);
    uint64_t sum = fuzz_folder_sum(OLD), version = 0;
    struct hf_span key = hf_span("a key of its own", 16), value = hf_span("new", 3);
    struct hf_error error;
    struct hf_db *db;
    enum hf_err err = hf_open(&db, OLD, &options, &error);

    HF_ASSERT((err == HF_OK) == trial->is_read);
    if (err != HF_OK) {
        HF_ASSERT(fuzz_doors_is_clear(err, &error));
        HF_ASSERT(fuzz_folder_sum(OLD) == sum);
        return;
    }
    HF_ASSERT(hf_last_version(db) == trial->doors.last);
    err = hf_put(db, key, value, HF_DURABLE, &version);
    HF_ASSERT(err == HF_OK && version == trial->doors.last + 1);
    err = hf_flush(db);
    HF_ASSERT(err == HF_OK || err == HF_ERR_CORRUPT);
    err = hf_compact(db);
    HF_ASSERT(err == HF_OK || err == HF_ERR_CORRUPT);
    struct fuzz_doors doors = fuzz_doors_read(db, NULL, NULL);
    if (!doors.is_refused && !trial->doors.is_refused)
        HF_ASSERT(doors.items - trial->doors.items <= 1);
    HF_ASSERT(hf_close(db) == HF_OK);
    HF_ASSERT(hf_open(&db, OLD, &options, &error) == HF_OK);
    HF_ASSERT(hf_last_version(db) == version && hf_close(db) == HF_OK);
}

/* ---- the engine's door ------------------------------------------------------------------- */

static void
live(void *context)
{
    struct trial *trial = context;
    uint64_t sum;

    fuzz_folder_put(&trial->folder, OLD);
    sum = fuzz_folder_sum(OLD);
    read_old(trial);
    dump_old();
    salvage(trial);
    HF_ASSERT(fuzz_folder_sum(OLD) == sum);
    write_old(trial);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct trial trial = { .in = hf_span(data, size) };

    fuzz_folder_read(&trial.folder, trial.in);
    (void)fuzz_room(1, NULL, 0);
    fuzz_room_live(live, &trial);
    return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned seed)
{
    if (LLVMFuzzerMutate != NULL && seed % 8 == 0)
        return LLVMFuzzerMutate(data, size, size_max);
    return fuzz_dir_mutate(data, size, size_max, seed);
}
