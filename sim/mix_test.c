/*
 * mix_test.c - the hash of contents sees every byte, and where it stands.
 *
 * Method: exact copies of every length to LEN_MAX, some blocks long: of zeros and of other
 * bytes, each bit is flipped; a single byte stands at every place in turn; zeros of each length
 * are told apart. Catches a lane or a rest that is left out, and zeros that are skipped but not
 * counted.
 */
#include "sim/mix.h"

#include "base/tap.h"

#include <stdbool.h>
#include <stdlib.h>

#define LEN_MAX 200u

/* Exactly `len` bytes, so that the address sanitiser sees any read beyond them. */
static uint8_t *
fresh(size_t len, bool is_zero)
{
    uint8_t *at = malloc(len == 0 ? 1 : len);

    if (at == NULL)
        abort();
    for (size_t i = 0; i < len; i++)
        at[i] = is_zero ? 0 : (uint8_t)(i * 37 + 11);
    return at;
}

static bool
is_every_bit_seen(size_t len, bool is_zero)
{
    uint8_t *at = fresh(len, is_zero);
    uint64_t hash = sim_mix_bytes(at, len);
    bool all = true;

    for (size_t i = 0; i < 8 * len; i++) {
        at[i / 8] ^= (uint8_t)(1u << i % 8);
        all = all && sim_mix_bytes(at, len) != hash;
        at[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    all = all && sim_mix_bytes(at, len) == hash;
    free(at);
    return all;
}

/* Whether the hashes of one byte among zeros differ by its place. */
static bool
is_every_place_told(size_t len)
{
    uint8_t *at = fresh(len, true);
    uint64_t seen[LEN_MAX];
    bool all = true;

    for (size_t i = 0; i < len; i++) {
        at[i] = 7;
        seen[i] = sim_mix_bytes(at, len);
        at[i] = 0;
        for (size_t j = 0; j < i; j++)
            all = all && seen[i] != seen[j];
    }
    free(at);
    return all;
}

static bool
is_every_length_told(bool is_zero)
{
    uint8_t *at = fresh(LEN_MAX, is_zero);
    uint64_t seen[LEN_MAX + 1];
    bool all = true;

    for (size_t i = 0; i <= LEN_MAX; i++) {
        seen[i] = sim_mix_bytes(at, i);
        for (size_t j = 0; j < i; j++)
            all = all && seen[i] != seen[j];
    }
    free(at);
    return all;
}

int
main(void)
{
    bool bits = true, places = true;

    for (size_t len = 0; len <= LEN_MAX; len++) {
        bits = bits && is_every_bit_seen(len, true) && is_every_bit_seen(len, false);
        places = places && is_every_place_told(len);
    }
    TAP_OK(bits, "each bit of each length changes the hash");
    TAP_OK(places, "a byte among zeros is told by its place");
    TAP_OK(is_every_length_told(true) && is_every_length_told(false), "each length is told");
    return tap_done();
}
