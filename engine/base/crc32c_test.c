/*
 * crc32c_test.c - both ways to the checksum, against published values and each other.
 *
 * Method: the vectors of RFC 3720, B.4; a third, bitwise way as the judge of both; every length
 * up to LEN_MAX at every alignment of a word pair, and longer ones with long blocks; every way
 * to cut a message in two. Catches a wrong constant in any table row or shift, and a wrong
 * number of bytes in any loop.
 */
#include "base/crc32c.h"
#include "base/tap.h"

#include <stdlib.h>
#include <string.h>

#define LEN_MAX 600
#define LONG_MAX 7000

static unsigned char bytes[LONG_MAX + 16];

/* As the definition says, a bit at a time. */
static uint32_t
bitwise(const unsigned char *at, size_t len)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < len; i++) {
        crc ^= at[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0x82F63B78 : crc >> 1;
    }
    return ~crc;
}

static bool
is_right(const unsigned char *at, size_t len)
{
    uint32_t crc = bitwise(at, len);
    return hf_crc32c(0, at, len) == crc && hf_crc32c_portable(0, at, len) == crc;
}

static void
test_vectors(void)
{
    static const unsigned char read_command[48] = {
        0x01, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,    0, 0, 0, 0,
        0x14, 0,    0, 0, 0, 0, 4, 0, 0, 0, 0, 0x14, 0, 0, 0, 0x18,
        0x28, 0,    0, 0, 0, 0, 0, 0, 2, 0, 0, 0,    0, 0, 0, 0,
    };
    unsigned char block[32];

    memset(block, 0, sizeof block);
    TAP_OK(hf_crc32c(0, block, 32) == 0x8A9136AA, "RFC 3720: 32 zeros");
    memset(block, 0xff, sizeof block);
    TAP_OK(hf_crc32c(0, block, 32) == 0x62A8AB43, "RFC 3720: 32 ones");
    for (int i = 0; i < 32; i++)
        block[i] = (unsigned char)i;
    TAP_OK(hf_crc32c(0, block, 32) == 0x46DD794E, "RFC 3720: 32 ascending");
    for (int i = 0; i < 32; i++)
        block[i] = (unsigned char)(31 - i);
    TAP_OK(hf_crc32c(0, block, 32) == 0x113FDB5C, "RFC 3720: 32 descending");
    TAP_OK(hf_crc32c(0, read_command, 48) == 0xD9963A56, "RFC 3720: a SCSI read command");
    TAP_OK(hf_crc32c(0, NULL, 0) == 0 && hf_crc32c_portable(0, NULL, 0) == 0,
           "nothing has crc 0, and is not looked at");
}

static void
test_lengths(void)
{
    bool short_right = true, long_right = true;

    for (size_t shift = 0; shift < 16; shift++)
        for (size_t len = 0; len <= LEN_MAX; len++)
            short_right = short_right && is_right(bytes + shift, len);
    TAP_OK(short_right, "every length to %d at every alignment agrees with the definition",
           LEN_MAX);
    for (size_t len = LEN_MAX; len <= LONG_MAX; len += 7)
        long_right = long_right && is_right(bytes + len % 16, len);
    TAP_OK(long_right, "so do longer ones, to %d", LONG_MAX);
}

static void
test_cuts(void)
{
    uint32_t whole = hf_crc32c(0, bytes, LEN_MAX);
    bool same = true;

    for (size_t cut = 0; cut <= LEN_MAX; cut++) {
        const unsigned char *rest = bytes + cut;
        uint32_t fast = hf_crc32c(hf_crc32c(0, bytes, cut), rest, LEN_MAX - cut);
        uint32_t slow =
            hf_crc32c_portable(hf_crc32c_portable(0, bytes, cut), rest, LEN_MAX - cut);

        same = same && fast == whole && slow == whole;
    }
    TAP_OK(same, "a message in two parts has the crc of the whole, wherever it is cut");
}

/* Under the address sanitiser, a byte read outside an exact block ends the test. */
static void
test_bounds(void)
{
    bool same = true;

    for (size_t len = 1; len <= LEN_MAX; len++) {
        unsigned char *exact = malloc(len);

        if (exact == NULL)
            abort();
        memcpy(exact, bytes, len);
        same = same && hf_crc32c(0, exact, len) == hf_crc32c_portable(0, exact, len);
        free(exact);
    }
    TAP_OK(same, "no byte outside the message is read");
}

int
main(void)
{
    uint32_t x = 1;

    for (size_t i = 0; i < sizeof bytes; i++) {
        x = x * 1664525 + 1013904223;
        bytes[i] = (unsigned char)(x >> 24);
    }
    test_vectors();
    test_lengths();
    test_cuts();
    test_bounds();
    return tap_done();
}
