/*
 * manifest_mutator_test.c - the mutator does what a fuzzer needs of it.
 *
 * Method: beginning with nothing, each input is what the mutator made of the one before, or of
 * nothing again, with each of the first SEEDS seeds, in memory of exactly the largest size;
 * what comes out is read by the codec itself. A mutator whose repair were broken would leave
 * nothing readable; one that changed nothing would leave everything as it was.
 */
#include "fuzz/manifest_mutator.h"

#include "base/span.h"
#include "base/tap.h"
#include "format/manifest_format.h"

#include <stdlib.h>

#define SEEDS 4000u
#define SIZE_LIMIT (4 * HF_MANIFEST_ALIGN + 100)

struct tally {
    unsigned too_large, different, same, verdicts[3], halves, tables;
};

static void
judge(const uint8_t *data, size_t size, struct tally *tally)
{
    struct hf_manifest manifest;
    struct hf_manifest_copies copies;
    enum hf_manifest_verdict verdict =
        hf_manifest_decode(&manifest, &copies, hf_span(data, size));

    tally->verdicts[verdict]++;
    if (verdict != HF_MANIFEST_GOOD)
        return;
    tally->halves += copies.copy[0] != copies.copy[1];
    tally->tables += manifest.table_count;
}

static void
mutate(uint8_t *data, size_t *size, uint64_t seed, struct tally *tally)
{
    uint8_t *before = malloc(SIZE_LIMIT), *again = malloc(SIZE_LIMIT);
    size_t size_before = *size, size_again;

    memcpy(before, data, *size);
    memcpy(again, data, *size);
    *size = fuzz_manifest_mutate(data, *size, SIZE_LIMIT, seed);
    size_again = fuzz_manifest_mutate(again, size_before, SIZE_LIMIT, seed);
    tally->too_large += *size > SIZE_LIMIT;
    tally->different += *size != size_again || memcmp(data, again, *size) != 0;
    tally->same += *size == size_before && memcmp(data, before, *size) == 0;
    judge(data, *size, tally);
    free(again);
    free(before);
}

int
main(void)
{
    uint8_t *data = malloc(SIZE_LIMIT);
    struct tally tally = { 0 };
    size_t size = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        if (seed % 4 == 0)
            size = 0;
        mutate(data, &size, seed, &tally);
    }
    free(data);
    printf("# %u same, %u good, %u bad, %u newer, %u with one sound copy, %u tables\n",
           tally.same, tally.verdicts[0], tally.verdicts[1], tally.verdicts[2], tally.halves,
           tally.tables);
    TAP_OK(tally.too_large == 0, "no mutation is larger than it may be");
    TAP_OK(tally.different == 0, "the same seed makes the same of the same input");
    TAP_OK(tally.same < SEEDS / 10, "hardly anything stays as it was");
    TAP_OK(tally.verdicts[HF_MANIFEST_GOOD] > SEEDS / 8 && tally.tables > SEEDS / 4,
           "some of it is good");
    TAP_OK(tally.verdicts[HF_MANIFEST_BAD] > SEEDS / 8, "some of it is bad");
    TAP_OK(tally.verdicts[HF_MANIFEST_NEWER] > SEEDS / 100, "some of it is newer");
    TAP_OK(tally.halves > SEEDS / 50, "some of it has one sound copy");
    return tap_done();
}
