/*
 * mutation.h - what every mutator must do, for the tests of each: keep to the size it may have,
 * make the same of the same, and hardly ever nothing.
 *
 * Each mutation is made twice, in memory of exactly the largest size, so that a write outside
 * shows under ASan.
 */
#ifndef HF_FUZZ_MUTATION_H
#define HF_FUZZ_MUTATION_H

#include "base/tap.h"
#include "fuzz/take.h"

typedef size_t fuzz_mutate_fn(uint8_t *data, size_t size, size_t size_max, uint64_t seed);

struct fuzz_mutations {
    unsigned made, too_large, different, same;
};

/* Mutates the `size` bytes in `data`, where there is room for `size_max`; the new size. */
static inline size_t
fuzz_mutation_make(struct fuzz_mutations *counts, fuzz_mutate_fn *mutate, uint8_t *data,
                   size_t size, size_t size_max, uint64_t seed)
{
    uint8_t *before = fuzz_copy(hf_span(data, size));
    uint8_t *once = fuzz_take(size_max), *again = fuzz_take(size_max);
    size_t size_once, size_again;

    if (size > 0) {
        memcpy(once, before, size);
        memcpy(again, before, size);
    }
    size_once = mutate(once, size, size_max, seed);
    size_again = mutate(again, size, size_max, seed);
    counts->made++;
    counts->too_large += size_once > size_max;
    counts->different += size_once != size_again || memcmp(once, again, size_once) != 0;
    counts->same += size_once == size && memcmp(once, before, size) == 0;
    memcpy(data, once, size_once);
    free(again);
    free(once);
    free(before);
    return size_once;
}

/* At most one of `few` may have changed nothing. */
static inline void
fuzz_mutation_judge(const struct fuzz_mutations *counts, unsigned few)
{
    TAP_OK(counts->too_large == 0, "no mutation is larger than it may be");
    TAP_OK(counts->different == 0, "the same seed makes the same of the same input");
    TAP_OK(counts->same < counts->made / few, "hardly anything stays as it was");
}

#endif
