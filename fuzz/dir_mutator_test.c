/*
 * dir_mutator_test.c - the mutator of directories does what a fuzzer needs of it.
 *
 * Method: a directory of one segment, one table and one manifest, each made by its own kind's
 * mutator out of nothing, is mutated with each of the first SEEDS seeds, in memory of exactly
 * the largest size. A mutator that changed nothing would leave everything as it was; one whose
 * sizes were wrong would leave fewer files, or write past the end.
 */
#include "fuzz/dir_mutator.h"

#include "format/manifest_format.h"
#include "format/wal_format.h"
#include "fuzz/draw.h"
#include "fuzz/folder.h"
#include "fuzz/manifest_mutator.h"
#include "fuzz/mutation.h"
#include "fuzz/table_make.h"
#include "fuzz/take.h"
#include "fuzz/wal_mutator.h"

#define SEEDS 4000u
#define SIZE_LIMIT 40000u

static size_t
add_file(uint8_t *data, size_t size, enum fuzz_kind kind, uint64_t seed)
{
    uint8_t *at = data + size + FUZZ_FILE_HEAD;
    size_t room = SIZE_LIMIT - size - FUZZ_FILE_HEAD, made = 0;
    uint64_t random = fuzz_draw_begin(seed);

    if (kind == FUZZ_TABLE)
        made = fuzz_table_make(at, room, &random);
    else if (kind == FUZZ_MANIFEST)
        made = fuzz_manifest_mutate(at, 0, room, seed);
    else
        made = fuzz_wal_mutate(at, 0, room, seed);
    return size + fuzz_folder_head(data + size, kind, (uint8_t)(1 + seed % 7), made) + made;
}

struct tally {
    struct fuzz_mutations mutations;
    unsigned headers, manifests;
    unsigned counts[FUZZ_FILES_MAX + 1];
};

static void
judge(const uint8_t *data, size_t size, struct tally *tally)
{
    struct fuzz_folder folder;

    fuzz_folder_read(&folder, hf_span(data, size));
    tally->counts[folder.count]++;
    for (unsigned i = 0; i < folder.count; i++) {
        struct hf_span bytes = folder.list[i].bytes;
        struct hf_wal_header header;
        struct hf_manifest manifest;
        struct hf_manifest_copies copies;
        tally->headers += hf_wal_header_decode(&header, bytes) == HF_WAL_GOOD;
        tally->manifests += hf_manifest_decode(&manifest, &copies, bytes) == HF_MANIFEST_GOOD;
    }
}

int
main(void)
{
    uint8_t *data = fuzz_take(SIZE_LIMIT);
    struct tally tally = { 0 };

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        size_t size = add_file(data, 0, FUZZ_WAL, seed);
        size = add_file(data, size, FUZZ_TABLE, seed);
        size = add_file(data, size, FUZZ_MANIFEST, seed);
        size =
            fuzz_mutation_make(&tally.mutations, fuzz_dir_mutate, data, size, SIZE_LIMIT, seed);
        judge(data, size, &tally);
    }
    free(data);
    printf("# %u same, %u of 2, %u of 3, %u of 4 files, %u log headers, %u manifests good\n",
           tally.mutations.same, tally.counts[2], tally.counts[3], tally.counts[4],
           tally.headers, tally.manifests);
    fuzz_mutation_judge(&tally.mutations, 5u);
    TAP_OK(tally.counts[3] > SEEDS / 3, "most keep their files");
    TAP_OK(tally.counts[2] > SEEDS / 20 && tally.counts[4] > SEEDS / 20,
           "in some a file goes, in some one comes");
    TAP_OK(tally.headers > SEEDS / 2 && tally.manifests > SEEDS / 4,
           "much of what is in them is still good");
    return tap_done();
}
