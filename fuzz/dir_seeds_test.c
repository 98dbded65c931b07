/*
 * dir_seeds_test.c - directories as real lives leave them, for the fuzzer to begin from.
 *
 * Method: on a simulated machine a database with the smallest sectors and segments is written
 * to, flushed, merged; what is there after a clean close, or when the life just ends, is packed
 * as one input. The test is that each is read back file for file, that each opens, and
 * that together they hold every kind of file. With the arguments "write FOLDER" they are
 * written there (see seed_corpus.sh).
 */
#define _GNU_SOURCE
#include "base/tap.h"
#include "fuzz/dir_doors.h"
#include "fuzz/folder.h"
#include "fuzz/fuzz_life.h"
#include "fuzz/room.h"
#include "fuzz/take.h"

#include <stdlib.h>

#define SEEDS 12u
#define IMAGE_SIZE_MAX 60000u

static uint8_t image[IMAGE_SIZE_MAX];
static size_t image_size;
static unsigned kinds_seen;

static void
pack(void *context)
{
    (void)context;
    image_size = fuzz_folder_get(image, sizeof image, "db");
}

/* ---- and reading it ---------------------------------------------------------------------- */

struct again {
    struct fuzz_folder folder;
    bool is_same, opens;
};

static void
read_again(void *context)
{
    struct again *again = context;
    struct hf_options options = fuzz_room_options(HF_READ_ONLY);
    static uint8_t copy[IMAGE_SIZE_MAX];
    struct hf_db *db;

    fuzz_folder_put(&again->folder, "db");
    again->is_same = fuzz_folder_get(copy, sizeof copy, "db") == image_size &&
                     memcmp(copy, image, image_size) == 0;
    again->opens = hf_open(&db, "db", &options, NULL) == HF_OK;
    if (again->opens) {
        struct fuzz_doors doors = fuzz_doors_read(db, NULL, NULL);
        again->opens = doors.items > 0 && doors.is_verified && hf_close(db) == HF_OK;
    }
}

static void
write_out(const char *folder, unsigned seed)
{
    char path[300];
    FILE *file;

    snprintf(path, sizeof path, "%s/life-%02u", folder, seed);
    file = fopen(path, "wb");
    HF_ASSERT(file != NULL && fwrite(image, 1, image_size, file) == image_size);
    HF_ASSERT(fclose(file) == 0);
}

static void
test_seed(unsigned seed, const char *folder)
{
    struct fuzz_life life = fuzz_life_of(seed);
    struct again again = { .is_same = false };

    (void)sim_machine_life(fuzz_room(seed + 1, NULL, 0), fuzz_life_run, &life);
    fuzz_room_live(pack, NULL);
    fuzz_folder_read(&again.folder, hf_span(image, image_size));
    for (unsigned i = 0; i < again.folder.count; i++)
        kinds_seen |= 1u << again.folder.list[i].kind;
    (void)fuzz_room(1, NULL, 0);
    fuzz_room_live(read_again, &again);
    TAP_OK(again.is_same && again.opens, "life %u: %u files, %zu bytes", seed,
           again.folder.count, image_size);
    if (folder != NULL)
        write_out(folder, seed);
}

int
main(int argc, char **argv)
{
    const char *folder = argc == 3 && strcmp(argv[1], "write") == 0 ? argv[2] : NULL;

    for (unsigned seed = 0; seed < SEEDS; seed++)
        test_seed(seed, folder);
    TAP_OK((kinds_seen & 7) == 7, "there are segments, tables and manifests");
    return tap_done();
}
