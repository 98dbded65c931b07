/*
 * table_mutator_test.c - the mutator does what a fuzzer needs of it.
 *
 * Method: tables are made and mutated with each of the first SEEDS seeds, in memory of exactly
 * the largest size, and what comes out is read by the codec itself. A mutator whose repair were
 * broken would leave nothing readable; one that changed nothing would leave everything as it
 * was.
 */
#include "fuzz/table_mutator.h"

#include "base/span.h"
#include "format/table_format.h"
#include "fuzz/draw.h"
#include "fuzz/mutation.h"
#include "fuzz/table_make.h"

#include <stdlib.h>

#define SEEDS 5000u
#define SIZE_MAX_ALLOWED 8192u

/* What the codec makes of a table. */
struct read {
    unsigned metas;
    unsigned blocks; /* that open */
    unsigned loaded; /* of them, those of entries that load */
    unsigned ranges; /* of them, those of ranges that go up */
    unsigned kinds;  /* a bit for each kind that opens */
    uint32_t depth;
    bool is_walked; /* from the first meta to the last */
};

static void
read_block(struct read *read, enum hf_block_kind kind, struct hf_span payload)
{
    struct hf_block *block;

    read->blocks++;
    read->kinds |= 1u << kind;
    if ((kind > HF_BLOCK_INDEX && kind != HF_BLOCK_RANGES) ||
        hf_block_loaded_size(payload) == 0)
        return;
    block = malloc((size_t)hf_block_loaded_size(payload));
    bool is_good = hf_block_load(block, payload) == HF_TABLE_GOOD;
    read->loaded += is_good;
    read->ranges += kind == HF_BLOCK_RANGES && is_good && hf_block_holds_ranges(block);
    free(block);
}

static struct read
read_table(const uint8_t *data, size_t size)
{
    struct read read = { 0 };
    struct hf_table_meta meta;
    size_t off = HF_TABLE_META_SIZE;

    if (size < 2 * HF_TABLE_META_SIZE)
        return read;
    size_t limit = size - HF_TABLE_META_SIZE;
    read.metas =
        hf_table_meta_decode(&meta, hf_span(data + limit, HF_TABLE_META_SIZE)) == HF_TABLE_GOOD;
    if (hf_table_meta_decode(&meta, hf_span(data, size)) != HF_TABLE_GOOD)
        return read;
    read.metas++;
    read.depth = meta.depth;
    while (off < limit) {
        enum hf_block_kind kind;
        struct hf_span payload;
        uint32_t block_size;
        if (hf_block_peek(&kind, &block_size, hf_span(data + off, limit - off)) !=
            HF_TABLE_GOOD)
            return read;
        if (hf_block_open(&payload, hf_span(data + off, block_size), kind,
                          hf_table_mask_base(&meta.id), off) == HF_TABLE_GOOD)
            read_block(&read, kind, payload);
        off += block_size;
    }
    read.is_walked = off == limit;
    return read;
}

static void
test_made(void)
{
    uint8_t *data = malloc(SIZE_MAX_ALLOWED);
    unsigned wrong = 0, kinds = 0, none = 0;
    uint32_t depth = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        uint64_t random = fuzz_draw_begin(seed);
        size_t size = fuzz_table_make(data, SIZE_MAX_ALLOWED, &random);
        struct read read = read_table(data, size);
        unsigned others =
            (read.kinds >> HF_BLOCK_FILTER & 1) + (read.kinds >> HF_BLOCK_SAMPLES & 1);
        wrong += read.metas != 2 || !read.is_walked || read.loaded + others != read.blocks;
        kinds |= read.kinds;
        depth = read.depth > depth ? read.depth : depth;
    }
    TAP_OK(wrong == 0, "a table made out of nothing is good all through");
    TAP_OK(kinds == 0x9e && depth >= 3, "there are blocks of all kinds, and deep indexes");
    for (size_t size_max = 0; size_max < 2000; size_max++) {
        uint64_t random = fuzz_draw_begin(size_max);
        uint8_t *exact = malloc(size_max + 1);
        size_t size = fuzz_table_make(exact, size_max, &random);
        none += size == 0;
        wrong += size > size_max || (size > 0 && read_table(exact, size).metas != 2);
        free(exact);
    }
    TAP_OK(wrong == 0 && none > 0 && none < 2000,
           "it is as small as it must be, or there is none");
    free(data);
}

/* What a repair that makes things agree changes in a good table is what is sound either way. */
static void
test_repair(void)
{
    uint8_t *data = malloc(SIZE_MAX_ALLOWED);
    unsigned wrong = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        uint64_t random = fuzz_draw_begin(seed);
        size_t size = fuzz_table_make(data, SIZE_MAX_ALLOWED, &random);
        struct read before = read_table(data, size);
        fuzz_table_repair(data, size, 1);
        struct read after = read_table(data, size);
        wrong += after.metas != 2 || !after.is_walked || after.loaded != before.loaded ||
                 after.ranges != before.ranges;
    }
    TAP_OK(wrong == 0, "a repair leaves a good table good");
    free(data);
}

struct tally {
    struct fuzz_mutations mutations;
    unsigned good, blocks, loaded, ranges, walked;
};

/* Mutates a table that was made with the same seed, and reads what comes of it. */
static void
mutate(uint64_t seed, size_t size_max, struct tally *tally)
{
    uint8_t *data = fuzz_take(size_max);
    uint64_t random = fuzz_draw_begin(seed ^ 1);
    size_t size = fuzz_table_make(data, size_max, &random);

    size = fuzz_mutation_make(&tally->mutations, fuzz_table_mutate, data, size, size_max, seed);
    struct read read = read_table(data, size);
    tally->good += read.metas == 2;
    tally->blocks += read.blocks;
    tally->loaded += read.loaded;
    tally->ranges += read.ranges;
    tally->walked += read.is_walked;
    free(data);
}

static void
test_mutated(void)
{
    struct tally tally = { 0 };

    for (uint64_t seed = 0; seed < SEEDS; seed++)
        mutate(seed, seed % 2 == 0 ? 4096 : SIZE_MAX_ALLOWED, &tally);
    printf("# %u same, %u with good metas, %u walked, %u blocks open, %u load, %u of ranges\n",
           tally.mutations.same, tally.good, tally.walked, tally.blocks, tally.loaded,
           tally.ranges);
    fuzz_mutation_judge(&tally.mutations, 10u);
    TAP_OK(tally.good > SEEDS / 2 && tally.walked > SEEDS / 3 && tally.blocks > SEEDS,
           "much of it gets past the checksums");
    TAP_OK(tally.loaded > tally.blocks / 4 && tally.loaded < tally.blocks,
           "behind them some of it is good and some is not");
    TAP_OK(tally.ranges > SEEDS / 3, "ranges that were deleted, too");
}

int
main(void)
{
    test_made();
    test_repair();
    test_mutated();
    return tap_done();
}
