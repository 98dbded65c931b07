/*
 * varint_test.c - a number has one form, and no bytes are read as two.
 *
 * Method: every string of up to two bytes is loaded from memory of exactly its length, and held
 * against what its number stores to; the numbers around each power of two are stored, cut and
 * made longer. Catches a form that is not the shortest, a 65th bit that is dropped, and
 * a step that does not lead back.
 */
#include "format/varint.h"

#include "base/tap.h"

#include <stdlib.h>
#include <string.h>

static uint8_t *exact; /* memory of the length under test */

/* Whether bytes[0, size) load as a number; *taken is how many of them it took. */
static bool
loads(const uint8_t *bytes, size_t size, uint64_t *x, size_t *taken)
{
    const uint8_t *at;
    bool is_number;

    exact = realloc(exact, size + 1);
    if (exact == NULL)
        abort();
    at = exact + 1; /* its end is the end of the memory */
    if (size != 0)
        memcpy(exact + 1, bytes, size);
    is_number = hf_varint_load(x, &at, exact + 1 + size);
    *taken = (size_t)(at - (exact + 1));
    return is_number;
}

/* Whether a string is judged as it must be: a number if and only if it stores so. */
static bool
is_judged_right(const uint8_t *bytes, size_t size)
{
    uint8_t again[HF_VARINT_SIZE_MAX];
    uint64_t x;
    size_t taken;

    if (loads(bytes, size, &x, &taken))
        return hf_varint_store(again, x) == taken && taken <= size &&
               memcmp(again, bytes, taken) == 0;
    /* Not a number: it is cut, or its last byte adds nothing. */
    return taken == size || (taken > 1 && taken < size && bytes[taken - 1] == 0);
}

static void
test_short_strings(void)
{
    unsigned wrong = 0;

    for (uint32_t n = 0; n < 1u << 16; n++) {
        uint8_t bytes[2] = { (uint8_t)n, (uint8_t)(n >> 8) };
        wrong += !is_judged_right(bytes, 2);
        if (n < 256)
            wrong += !is_judged_right(bytes, 1);
    }
    wrong += !is_judged_right(NULL, 0);
    TAP_OK(wrong == 0, "a short string is a number only if the number is stored so");
}

static void
test_powers(void)
{
    unsigned wrong = 0;

    for (unsigned shift = 0; shift < 64; shift++) {
        for (int more = -1; more <= 1; more++) {
            uint64_t x = (UINT64_C(1) << shift) + (uint64_t)more, read;
            uint8_t bytes[HF_VARINT_SIZE_MAX + 1];
            size_t size = hf_varint_store(bytes, x), taken;

            wrong += !loads(bytes, size, &read, &taken) || read != x || taken != size;
            for (size_t cut = 0; cut < size; cut++)
                wrong += loads(bytes, cut, &read, &taken);
            bytes[size - 1] |= 0x80; /* the same number, in one byte more */
            bytes[size] = 0;
            wrong += loads(bytes, size + 1, &read, &taken);
        }
    }
    TAP_OK(wrong == 0, "numbers around powers of two load back; cut or made longer, never");
}

static void
test_too_long(void)
{
    uint8_t bytes[HF_VARINT_SIZE_MAX + 1];
    unsigned wrong = 0;

    memset(bytes, 0x80, sizeof bytes);
    for (unsigned last = 0; last < 256; last++) {
        uint64_t x;
        size_t taken;
        bytes[9] = (uint8_t)last;
        bytes[10] = 1;
        bool is_number = loads(bytes, sizeof bytes, &x, &taken);
        wrong += is_number != (last == 1) || (is_number && x != UINT64_C(1) << 63);
    }
    TAP_OK(wrong == 0, "a number of more than 64 bits is none");
}

static void
test_steps(void)
{
    static const uint64_t numbers[] = { 0,
                                        1,
                                        2,
                                        63,
                                        64,
                                        UINT64_C(1) << 32,
                                        INT64_MAX,
                                        UINT64_C(1) << 63,
                                        UINT64_MAX - 1,
                                        UINT64_MAX };
    size_t count = sizeof numbers / sizeof *numbers;
    unsigned wrong = 0;

    for (size_t i = 0; i < count * count; i++) {
        uint64_t from = numbers[i / count], to = numbers[i % count];
        wrong += hf_varint_follow(from, hf_varint_step(from, to)) != to;
        wrong += hf_varint_step(from, hf_varint_follow(from, to)) != to;
    }
    TAP_OK(wrong == 0, "from any number to any other there is one step");
    TAP_OK(hf_varint_step(7, 7) == 0 && hf_varint_step(7, 6) == 1 &&
               hf_varint_step(7, 8) == 2 && hf_varint_step(0, UINT64_MAX) == 1,
           "small steps are small numbers");
}

int
main(void)
{
    test_short_strings();
    test_powers();
    test_too_long();
    test_steps();
    free(exact);
    return tap_done();
}
