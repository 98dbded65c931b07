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
#include "format/manifest_format.h"
#include "fuzz/mutation.h"

#include <stdlib.h>

#define SEEDS 4000u
#define SIZE_LIMIT (4 * HF_MANIFEST_ALIGN + 100)

struct tally {
    struct fuzz_mutations mutations;
    unsigned verdicts[3], halves, tables;
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

int
main(void)
{
    uint8_t *data = fuzz_take(SIZE_LIMIT);
    struct tally tally = { 0 };
    size_t size = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        if (seed % 4 == 0)
            size = 0;
        size = fuzz_mutation_make(&tally.mutations, fuzz_manifest_mutate, data, size,
                                  SIZE_LIMIT, seed);
        judge(data, size, &tally);
    }
    free(data);
    printf("# %u same, %u good, %u bad, %u newer, %u with one sound copy, %u tables\n",
           tally.mutations.same, tally.verdicts[0], tally.verdicts[1], tally.verdicts[2],
           tally.halves, tally.tables);
    fuzz_mutation_judge(&tally.mutations, 10u);
    TAP_OK(tally.verdicts[HF_MANIFEST_GOOD] > SEEDS / 8 && tally.tables > SEEDS / 4,
           "some of it is good");
    TAP_OK(tally.verdicts[HF_MANIFEST_BAD] > SEEDS / 8, "some of it is bad");
    TAP_OK(tally.verdicts[HF_MANIFEST_NEWER] > SEEDS / 100, "some of it is newer");
    TAP_OK(tally.halves > SEEDS / 50, "some of it has one sound copy");
    return tap_done();
}
