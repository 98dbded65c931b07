/*
 * wal_mutator_test.c - the mutator does what a fuzzer needs of it.
 *
 * Method: a small good segment is mutated with each of the first SEEDS seeds, in memory of
 * exactly the largest size, and what comes out is read by the codec itself. A mutator whose
 * repair were broken would leave nothing readable; one that changed nothing would leave
 * everything as it was.
 */
#include "fuzz/wal_mutator.h"

#include "base/bytes.h"
#include "base/span.h"
#include "base/tap.h"
#include "format/wal_walk.h"

#include <stdlib.h>

#define SEEDS 20000u
#define SIZE 2048u
#define SIZE_MAX_ALLOWED 4096u

static uint8_t segment[SIZE];

/* ---- a segment of two groups with a commit each ------------------------------------------ */

static uint64_t
add_commit(uint64_t off, const struct hf_wal_group *group, uint32_t base)
{
    uint32_t back = HF_WAL_FRAME_HEAD + HF_WAL_COMMIT_HEAD;
    uint32_t payload = HF_WAL_COMMIT_HEAD + (uint32_t)hf_wal_op_size(3, 5);

    hf_wal_group_encode(segment + off, group, base, off);
    off += HF_WAL_GROUP_SIZE;
    hf_wal_frame_begin(segment + off, HF_WAL_COMMIT, payload);
    hf_wal_commit_encode(segment + off, group->first, 1000, 1);
    hf_wal_op_encode(segment + off + back, HF_WAL_PUT, back, hf_span("key", 3),
                     hf_span("value", 5));
    hf_wal_frame_end(segment + off, payload, base, off);
    return off + payload + HF_WAL_FRAME_OVERHEAD;
}

static void
build(void)
{
    struct hf_wal_header header = {
        .format = HF_WAL_FORMAT, .sector = HF_WAL_SECTOR_MIN, .number = 3, .salt = 77
    };
    struct hf_wal_group group = { .first = 5, .segment = 3 };
    uint32_t base = hf_wal_mask_base(&header);

    hf_wal_header_encode(segment, &header);
    (void)add_commit(HF_WAL_SECTOR_MIN, &group, base);
    group.number = 1;
    group.first = 6;
    (void)add_commit(2 * HF_WAL_SECTOR_MIN, &group, base);
}

/* ---- what a reader makes of it ----------------------------------------------------------- */

struct counts {
    unsigned headers, groups, commits;
    unsigned changed, too_large;
};

static unsigned
count_steps(const uint8_t *data, size_t size, struct counts *counts)
{
    struct hf_wal_header header;
    struct hf_wal_walk walk;
    enum hf_wal_step step;
    unsigned commits = 0;

    if (hf_wal_header_decode(&header, hf_span(data, size)) != HF_WAL_GOOD)
        return 0;
    counts->headers++;
    hf_wal_walk_init(&walk, hf_span(data, size), &header, 0);
    while ((step = hf_wal_walk_next(&walk)) < HF_WAL_STEP_END) {
        counts->groups += step == HF_WAL_STEP_GROUP && walk.group.number == 0;
        commits += step == HF_WAL_STEP_COMMIT;
    }
    return commits;
}

static void
test_readable(void)
{
    struct counts counts = { 0 };

    for (unsigned seed = 0; seed < SEEDS; seed++) {
        uint8_t *data = malloc(SIZE_MAX_ALLOWED);
        memcpy(data, segment, SIZE);
        size_t size = fuzz_wal_mutate(data, SIZE, SIZE_MAX_ALLOWED, seed);
        counts.too_large += size > SIZE_MAX_ALLOWED;
        counts.changed += size != SIZE || memcmp(data, segment, SIZE) != 0;
        counts.commits += count_steps(data, size, &counts) > 0;
        free(data);
    }
    printf("# of %u: %u changed, %u headers, %u first groups, %u with a commit\n", SEEDS,
           counts.changed, counts.headers, counts.groups, counts.commits);
    TAP_OK(counts.too_large == 0, "no mutation outgrows its limit");
    TAP_OK(counts.changed > SEEDS * 8 / 10, "most mutations change something");
    TAP_OK(counts.headers > SEEDS / 2 && counts.headers < SEEDS,
           "more than half of them keep a good header, not all");
    TAP_OK(counts.groups > SEEDS / 3, "more than a third can be read past the first group");
    TAP_OK(counts.commits > SEEDS / 4, "more than a quarter can be read to a commit");
}

static void
test_growth(void)
{
    struct counts counts = { 0 };
    unsigned longer = 0, from_nothing = 0;

    for (unsigned seed = 0; seed < SEEDS; seed++) {
        uint8_t data[SIZE_MAX_ALLOWED];
        memcpy(data, segment, SIZE);
        size_t size = fuzz_wal_mutate(data, SIZE, sizeof data, seed);
        longer += count_steps(data, size, &counts) > 2;
        size = fuzz_wal_mutate(data, 0, sizeof data, seed);
        from_nothing += count_steps(data, size, &counts) > 0;
    }
    TAP_OK(longer > SEEDS / 100, "some mutations add commits (%u of %u)", longer, SEEDS);
    TAP_OK(from_nothing > SEEDS / 100, "some make commits out of nothing (%u of %u)",
           from_nothing, SEEDS);
}

static void
test_sizes(void)
{
    unsigned wrong = 0;

    for (size_t size = 0; size <= 1100; size++) {
        uint8_t *data = malloc(size == 0 ? 1 : size);
        memcpy(data, segment, size);
        for (unsigned seed = 0; seed < 20; seed++)
            wrong += fuzz_wal_mutate(data, size, size, seed) > size;
        free(data);
    }
    TAP_OK(wrong == 0, "inputs of every size up to 1100 are mutated in place");
}

static void
test_deterministic(void)
{
    uint8_t first[SIZE_MAX_ALLOWED], second[SIZE_MAX_ALLOWED];
    unsigned differ = 0;

    for (unsigned seed = 0; seed < 2000; seed++) {
        memcpy(first, segment, SIZE);
        memcpy(second, segment, SIZE);
        memset(second + SIZE, 0xA5, sizeof second - SIZE);
        size_t size = fuzz_wal_mutate(first, SIZE, sizeof first, seed);
        differ += size != fuzz_wal_mutate(second, SIZE, sizeof second, seed) ||
                  memcmp(first, second, size) != 0;
    }
    TAP_OK(differ == 0, "the same input and seed give the same output");
}

static void
test_repair(void)
{
    uint8_t data[SIZE];
    struct counts counts = { 0 };

    memcpy(data, segment, SIZE);
    fuzz_wal_repair(data, SIZE, 1);
    TAP_OK(memcmp(data, segment, SIZE) == 0, "a repair leaves a good segment as it is");
    hf_store_u64(data + HF_WAL_SECTOR_MIN + 16, 40); /* the first group's version */
    TAP_OK(count_steps(data, SIZE, &counts) == 0, "a changed field spoils what follows");
    fuzz_wal_repair(data, SIZE, 0);
    TAP_OK(count_steps(data, SIZE, &counts) == 0 && counts.groups == 1,
           "a repair of the checksums makes the group readable");
    fuzz_wal_repair(data, SIZE, 1);
    TAP_OK(count_steps(data, SIZE, &counts) == 2, "one that renumbers, all that follows it");
}

int
main(void)
{
    build();
    test_readable();
    test_growth();
    test_sizes();
    test_deterministic();
    test_repair();
    return tap_done();
}
