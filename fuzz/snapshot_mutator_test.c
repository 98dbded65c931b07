/*
 * snapshot_mutator_test.c - the mutator does what a fuzzer needs of it.
 *
 * Method: beginning with nothing, each input is what the mutator made of the one before, or of
 * nothing again, with each of the first SEEDS seeds, in memory of exactly the largest size;
 * what comes out is read by the codec itself. A mutator whose repair were broken would leave
 * nothing readable; one that changed nothing would leave everything as it was.
 */
#include "fuzz/snapshot_mutator.h"

#include "base/span.h"
#include "format/snapshot_format.h"
#include "fuzz/mutation.h"

#include <stdlib.h>

#define SEEDS 4000u
#define SIZE_LIMIT 4096u

struct tally {
    struct fuzz_mutations mutations;
    unsigned steps[HF_SNAPSHOT_NEWER + 1], not_loaded, ranges;
};

static bool
load(struct hf_snapshot_reader *reader, enum hf_snapshot_step step)
{
    size_t size = step == HF_SNAPSHOT_SAMPLES ? reader->count * sizeof(struct hf_sample)
                                              : (size_t)reader->loaded_size;
    void *memory = malloc(size);
    bool is_good = step == HF_SNAPSHOT_SAMPLES  ? hf_snapshot_load_samples(reader, memory)
                   : step == HF_SNAPSHOT_RANGES ? hf_snapshot_load_ranges(reader, memory)
                                                : hf_snapshot_load_entries(reader, memory);

    free(memory);
    return is_good;
}

static void
judge(const uint8_t *data, size_t size, struct tally *tally)
{
    static uint8_t last_key[HF_KEY_SIZE_MAX];
    struct hf_snapshot_reader reader;
    enum hf_snapshot_step step;
    size_t used;

    hf_snapshot_reader_init(&reader, last_key);
    do {
        size_t off = (size_t)reader.off;
        step = hf_snapshot_next(&reader, hf_span(data + off, size - off), &used);
        tally->steps[step]++;
        if (step == HF_SNAPSHOT_SAMPLES || step == HF_SNAPSHOT_RANGES ||
            step == HF_SNAPSHOT_ENTRIES) {
            bool is_good = load(&reader, step);
            tally->not_loaded += !is_good;
            tally->ranges += step == HF_SNAPSHOT_RANGES && is_good;
        }
    } while (step > HF_SNAPSHOT_MORE && step < HF_SNAPSHOT_END);
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
        size = fuzz_mutation_make(&tally.mutations, fuzz_snapshot_mutate, data, size,
                                  SIZE_LIMIT, seed);
        judge(data, size, &tally);
    }
    free(data);
    printf("# %u same, %u cut, %u identities, %u blocks of samples, %u of ranges, %u of "
           "entries, %u of those not loaded, %u ends, %u bad, %u newer\n",
           tally.mutations.same, tally.steps[HF_SNAPSHOT_MORE],
           tally.steps[HF_SNAPSHOT_IDENTITY], tally.steps[HF_SNAPSHOT_SAMPLES],
           tally.steps[HF_SNAPSHOT_RANGES], tally.steps[HF_SNAPSHOT_ENTRIES], tally.not_loaded,
           tally.steps[HF_SNAPSHOT_END], tally.steps[HF_SNAPSHOT_BAD],
           tally.steps[HF_SNAPSHOT_NEWER]);
    fuzz_mutation_judge(&tally.mutations, 10u);
    TAP_OK(tally.steps[HF_SNAPSHOT_IDENTITY] > SEEDS / 3, "much of it gets past the header");
    TAP_OK(tally.steps[HF_SNAPSHOT_SAMPLES] > SEEDS / 8 &&
               tally.steps[HF_SNAPSHOT_ENTRIES] > SEEDS / 5 && tally.not_loaded > SEEDS / 50,
           "there are samples and entries, good and bad");
    TAP_OK(tally.ranges > SEEDS / 16 && tally.ranges < tally.steps[HF_SNAPSHOT_RANGES],
           "and ranges that were deleted");
    TAP_OK(tally.steps[HF_SNAPSHOT_END] > SEEDS / 20, "some of it is read to its end");
    TAP_OK(tally.steps[HF_SNAPSHOT_BAD] > SEEDS / 8, "some of it is bad");
    TAP_OK(tally.steps[HF_SNAPSHOT_MORE] > SEEDS / 50, "some of it is cut");
    TAP_OK(tally.steps[HF_SNAPSHOT_NEWER] > SEEDS / 200, "some of it is newer");
    return tap_done();
}
