/*
 * table_filter_test.c - a filter never denies a key that is there, and seldom lets another one
 * pass.
 *
 * Method: filters over counting keys, of sizes from one key to several blocks, filled as full
 * as hf_filter_count() allows; ABSENT other keys are asked for, and those that pass are
 * counted. Fixed keys and seed, so the counts are exact and the same everywhere. Catches
 * a bit that is set and asked for in different places, bits of the hash that are spent twice,
 * and a filter that is too small.
 */
#include "format/table_format.h"

#include "base/hash.h"
#include "base/tap.h"

#include <stdlib.h>

#define ABSENT 100000u
/* Of ABSENT keys that are not there, how many may pass. */
#define PASSING_MAX (ABSENT * 15 / 1000)

static uint64_t
hash_of(uint64_t number, uint64_t seed)
{
    uint8_t key[8];

    hf_store_u64(key, number);
    return hf_hash_bytes_of(key, sizeof key, seed);
}

struct tally {
    unsigned denied;  /* of the keys that are there */
    unsigned passing; /* of ABSENT others */
    unsigned outside; /* blocks picked that are not there */
};

static struct tally
measure(uint64_t keys, uint64_t seed)
{
    uint32_t count = hf_filter_count(keys);
    uint8_t *filter = calloc(count, HF_FILTER_PAYLOAD);
    struct tally tally = { 0 };

    if (filter == NULL)
        abort();
    for (uint64_t key = 0; key < keys; key++) {
        uint32_t block = hf_filter_pick(hash_of(key, seed), count);
        tally.outside += block >= count;
        hf_filter_set(filter + (size_t)block * HF_FILTER_PAYLOAD, hash_of(key, seed));
    }
    for (uint64_t key = 0; key < keys + ABSENT; key++) {
        uint64_t hash = hash_of(key, seed);
        uint32_t block = hf_filter_pick(hash, count);
        bool may = hf_filter_may_have(filter + (size_t)block * HF_FILTER_PAYLOAD, hash);
        tally.denied += key < keys && !may;
        tally.passing += key >= keys && may;
    }
    free(filter);
    return tally;
}

static void
test_rates(void)
{
    static const uint64_t sizes[] = { 1, 100, 3276, 3277, 65520, 200000 };
    static const uint8_t uuid[16] = "sixteen bytes id";

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct tally tally = measure(sizes[i], hf_filter_seed(uuid));
        printf("# %llu keys, %u blocks: %u of %u absent keys pass\n",
               (unsigned long long)sizes[i], hf_filter_count(sizes[i]), tally.passing, ABSENT);
        TAP_OK(tally.denied == 0 && tally.outside == 0, "no key of %llu is denied",
               (unsigned long long)sizes[i]);
        TAP_OK(tally.passing <= PASSING_MAX, "at most 1.5 of 100 absent keys pass");
    }
}

static void
test_counts(void)
{
    uint64_t fits = (uint64_t)HF_FILTER_PAYLOAD * 8 / HF_FILTER_BITS_PER_KEY;

    TAP_OK(hf_filter_count(0) == 0 && hf_filter_count(1) == 1 && hf_filter_count(fits) == 1 &&
               hf_filter_count(fits + 1) == 2 && hf_filter_count(100 * fits) == 100 &&
               hf_filter_count(UINT64_MAX) == UINT32_MAX,
           "there are as many blocks as the keys need");
    TAP_OK(hf_filter_pick(0, 1) == 0 && hf_filter_pick(UINT64_MAX, 1) == 0 &&
               hf_filter_pick(0, UINT32_MAX) == 0 &&
               hf_filter_pick(UINT64_MAX, UINT32_MAX) == UINT32_MAX - 1,
           "every hash has its block");
}

/* What filters on disk depend on: a change of the hash or of its use makes them lie. The
 * numbers are from another program, made from docs/formats.md. */
static void
test_format(void)
{
    static const uint8_t uuid[16] = "sixteen bytes id";
    static const unsigned bits[] = { 13829, 14033, 14070, 14202, 14219, 14245 };
    uint8_t payload[HF_FILTER_PAYLOAD] = { 0 };
    uint64_t seed = hf_filter_seed(uuid);
    unsigned found = 0, wrong = 0;

    hf_filter_set(payload, hf_hash_bytes_of("key", 3, seed));
    for (unsigned bit = 0; bit < 8 * HF_FILTER_PAYLOAD; bit++) {
        if ((payload[bit / 8] >> bit % 8 & 1) == 0)
            continue;
        wrong += found >= sizeof bits / sizeof *bits || bits[found] != bit;
        found++;
    }
    TAP_OK(seed == UINT64_C(0x57128a01918a26d0) && wrong == 0 &&
               found == sizeof bits / sizeof *bits,
           "the seed of a database and the bits of a key are those of format 1");
}

int
main(void)
{
    test_rates();
    test_counts();
    test_format();
    return tap_done();
}
