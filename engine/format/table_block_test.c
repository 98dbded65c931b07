/*
 * table_block_test.c - a block is good where it was sealed, for what it was sealed, and nowhere
 * else.
 *
 * Method: one small block, cut at every length, each bit flipped, opened as every kind, at many
 * offsets on both sides of 4 GiB, in memory of exactly its size. Catches a checksum without
 * kind, length or place, and an upper half of the offset that is dropped.
 */
#include "format/table_format.h"

#include "base/span.h"
#include "base/tap.h"

#include <stdlib.h>

#define PAYLOAD_SIZE 37u
#define SIZE (PAYLOAD_SIZE + HF_BLOCK_OVERHEAD)
#define BASE UINT32_C(0x5A17C0DE)
#define OFF UINT64_C(0x123456789)

static uint8_t block[SIZE];

static void
seal(enum hf_block_kind kind)
{
    for (unsigned i = 0; i < PAYLOAD_SIZE; i++)
        block[HF_BLOCK_HEAD + i] = (uint8_t)(i * 7);
    hf_block_seal(block, kind, PAYLOAD_SIZE, BASE, OFF);
}

/* Opens block[0, size), in memory of exactly that size; what is behind the block is zeros. */
static bool
opens(size_t size, enum hf_block_kind kind, uint32_t base, uint64_t off)
{
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    struct hf_span payload = { 0 };
    bool is_good;

    if (copy == NULL)
        abort();
    memset(copy, 0, size);
    memcpy(copy, block, size < SIZE ? size : SIZE);
    is_good = hf_block_open(&payload, hf_span(copy, size), kind, base, off) == HF_TABLE_GOOD;
    is_good = is_good && payload.len == PAYLOAD_SIZE && payload.at == copy + HF_BLOCK_HEAD &&
              memcmp(payload.at, block + HF_BLOCK_HEAD, PAYLOAD_SIZE) == 0;
    free(copy);
    return is_good;
}

static void
test_kinds(void)
{
    unsigned wrong = 0;

    for (unsigned kind = 0; kind <= HF_BLOCK_END + 3; kind++) {
        seal((enum hf_block_kind)kind);
        for (unsigned as = 0; as <= HF_BLOCK_END + 3; as++)
            wrong += opens(SIZE, (enum hf_block_kind)as, BASE, OFF) != (as == kind);
    }
    TAP_OK(wrong == 0, "a block opens as the kind that it is, and as no other, newer ones too");
}

static void
test_damage(void)
{
    unsigned accepted = 0;

    seal(HF_BLOCK_DATA);
    for (size_t size = 0; size < SIZE; size++)
        accepted += opens(size, HF_BLOCK_DATA, BASE, OFF);
    accepted += opens(SIZE + 1, HF_BLOCK_DATA, BASE, OFF);
    TAP_OK(accepted == 0, "cut anywhere it is bad, and with a byte behind it");
    for (size_t bit = 0; bit < 8 * SIZE; bit++) {
        block[bit / 8] ^= (uint8_t)(1u << bit % 8);
        for (unsigned as = HF_BLOCK_DATA; as <= HF_BLOCK_END; as++)
            accepted += opens(SIZE, (enum hf_block_kind)as, BASE, OFF);
        block[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    TAP_OK(accepted == 0, "with any bit flipped it is bad, as any kind");
    TAP_OK(opens(SIZE, HF_BLOCK_DATA, BASE, OFF), "and good again when all are in place");
}

static void
test_places(void)
{
    unsigned accepted = 0;

    seal(HF_BLOCK_INDEX);
    for (uint64_t off = 0; off < 100000; off++) {
        accepted += opens(SIZE, HF_BLOCK_INDEX, BASE, OFF + 1 + off);
        accepted += opens(SIZE, HF_BLOCK_INDEX, BASE, OFF - 1 - off);
    }
    TAP_OK(accepted == 0, "it is bad at 200000 offsets around its own");
    for (uint64_t high = 0; high < 100000; high++)
        accepted += opens(SIZE, HF_BLOCK_INDEX, BASE, OFF ^ (high + 1) << 32);
    TAP_OK(accepted == 0, "and where only the upper half of the offset differs");
    for (unsigned bit = 0; bit < 32; bit++)
        accepted += opens(SIZE, HF_BLOCK_INDEX, BASE ^ UINT32_C(1) << bit, OFF);
    TAP_OK(accepted == 0, "and in another table");
}

/* Peeks into memory of exactly `size` bytes that begin with these 8. */
static bool
peeks(const uint8_t *head, size_t size, unsigned *kind, uint32_t *block_size)
{
    uint8_t *copy = calloc(size + 1, 1);
    enum hf_block_kind found = HF_BLOCK_DATA;
    bool is_good;

    if (copy == NULL)
        abort();
    memcpy(copy + 1, head, size < HF_BLOCK_HEAD ? size : HF_BLOCK_HEAD);
    is_good = hf_block_peek(&found, block_size, hf_span(copy + 1, size)) == HF_TABLE_GOOD;
    *kind = found;
    free(copy);
    return is_good;
}

static void
test_peek(void)
{
    uint8_t head[HF_BLOCK_HEAD] = { 0 };
    unsigned kind, wrong = 0;
    uint32_t size;

    for (size_t room = 0; room < 64; room++)
        wrong += peeks(head, room, &kind, &size);
    TAP_OK(wrong == 0, "zeros are no block, at any length");
    for (unsigned first = 0; first < 256; first++) {
        bool is_kind = first >= HF_BLOCK_DATA && first <= HF_BLOCK_RANGES;
        head[0] = (uint8_t)first;
        head[4] = PAYLOAD_SIZE;
        wrong += peeks(head, SIZE, &kind, &size) != is_kind;
        wrong += is_kind && (kind != first || size != SIZE);
        wrong += peeks(head, SIZE - 1, &kind, &size);
    }
    TAP_OK(wrong == 0, "a block begins with a known kind and ends before the bytes do");
    head[0] = HF_BLOCK_DATA;
    for (unsigned off = 1; off < 4; off++) {
        head[off] = 1;
        wrong += peeks(head, SIZE, &kind, &size);
        head[off] = 0;
    }
    TAP_OK(wrong == 0, "with three zeros behind that");
}

/* Only the head is looked at, so the bytes behind it may be said to be there. */
static void
test_lengths(void)
{
    static const struct {
        uint32_t length;
        bool is_possible;
    } rows[] = {
        { 0, false },
        { 1, true },
        { HF_BLOCK_PAYLOAD_MAX, true },
        { HF_BLOCK_PAYLOAD_MAX + 1, false },
        { UINT32_MAX - HF_BLOCK_OVERHEAD, false },
        { UINT32_MAX - HF_BLOCK_OVERHEAD + 1, false },
        { UINT32_MAX, false },
    };
    uint8_t head[HF_BLOCK_HEAD] = { HF_BLOCK_DATA };
    unsigned wrong = 0;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum hf_block_kind kind;
        uint32_t size = 0;
        hf_store_u32(head + 4, rows[i].length);
        wrong += (hf_block_peek(&kind, &size, hf_span(head, (size_t)1 << 40)) ==
                  HF_TABLE_GOOD) != rows[i].is_possible;
        wrong += rows[i].is_possible && size != rows[i].length + HF_BLOCK_OVERHEAD;
    }
    TAP_OK(wrong == 0, "and a length of 1 to HF_BLOCK_PAYLOAD_MAX");
}

int
main(void)
{
    test_kinds();
    test_damage();
    test_places();
    test_peek();
    test_lengths();
    return tap_done();
}
