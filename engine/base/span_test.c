/*
 * span_test.c - zeros in a span and behind what it holds, the order of two, bytes copied.
 *
 * Method: exact copies of every length to LEN_MAX, all zeros but for one byte, at every place
 * and with every bit of it; then two such bytes; then around the size of a piece. Spans of all
 * lengths to LEN_MAX are compared with each other, equal as far as both go but for one byte,
 * and held against memcmp. Each length is copied to exactly as many bytes. Catches a loop by
 * words that leaves out the first or the last bytes, a comparison of signed bytes or in the
 * machine's own order, and a read or write beyond the end.
 */
#include "base/span.h"
#include "base/tap.h"

#include <stdlib.h>

#define LEN_MAX 70u

/* Zeros on exactly `len` bytes, so that the address sanitiser sees any read beyond them. */
static uint8_t *
zeros(size_t len)
{
    uint8_t *at = calloc(len == 0 ? 1 : len, 1);

    if (at == NULL)
        abort();
    return at;
}

/* Whether a single bit anywhere is seen, and where it stands. */
static bool
is_each_bit_seen(size_t len)
{
    uint8_t *at = zeros(len);
    struct hf_span span = hf_span(at, len);
    bool all = hf_span_is_zero(span) && hf_span_data_size(span) == 0;

    for (size_t i = 0; i < 8 * len; i++) {
        at[i / 8] = (uint8_t)(1u << i % 8);
        all = all && !hf_span_is_zero(span) && hf_span_data_size(span) == i / 8 + 1;
        at[i / 8] = 0;
    }
    free(at);
    return all;
}

/* Whether of two bytes the last counts. */
static bool
does_last_count(size_t len)
{
    uint8_t *at = zeros(len);
    bool all = true;

    for (size_t first = 0; first < len; first++) {
        at[first] = 0x80;
        for (size_t last = first + 1; last < len; last++) {
            at[last] = 1;
            all = all && hf_span_data_size(hf_span(at, len)) == last + 1;
            at[last] = 0;
        }
        at[first] = 0;
    }
    free(at);
    return all;
}

/* Whether data of `size` bytes is measured in a span of `len`. */
static bool
is_measured(size_t size, size_t len)
{
    uint8_t *at = zeros(len);

    if (size > 0)
        at[size - 1] = 1;
    bool is_right = hf_span_data_size(hf_span(at, len)) == size;
    free(at);
    return is_right;
}

/* Up to three pieces of data, and of zeros behind it, in steps that meet no piece. */
static bool
are_pieces_measured(void)
{
    bool all = true;

    for (size_t size = 0; size <= 3 * HF_SPAN_PIECE; size += 127) {
        for (size_t more = 0; more <= 3 * HF_SPAN_PIECE; more += 61)
            all = all && is_measured(size, size + more);
    }
    return all && is_measured(HF_SPAN_PIECE, 2 * HF_SPAN_PIECE);
}

/* ---- order ------------------------------------------------------------------------------- */

static int
sign_of(int order)
{
    return (order > 0) - (order < 0);
}

/* Bytes of which each is another, those from 0x80 on included. */
static uint8_t *
bytes(size_t len)
{
    uint8_t *at = zeros(len);

    for (size_t i = 0; i < len; i++)
        at[i] = (uint8_t)(0x7A + i);
    return at;
}

static bool
is_compared(struct hf_span a, struct hf_span b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter == 0 ? 0 : memcmp(a.at, b.at, shorter);

    if (order == 0)
        order = (a.len > b.len) - (a.len < b.len);
    return sign_of(hf_span_compare(a, b)) == sign_of(order) &&
           hf_span_equal(a, b) == (order == 0);
}

/* Two spans of these lengths: equal as far as both go, and then with each byte in turn changed
 * in the first one, by either end of its bits. */
static bool
are_ordered(size_t a_len, size_t b_len)
{
    uint8_t *a = bytes(a_len), *b = bytes(b_len);
    struct hf_span first = hf_span(a, a_len), second = hf_span(b, b_len);
    bool all = is_compared(first, second) && is_compared(second, first);

    for (size_t i = 0; i < 2 * a_len; i++) {
        uint8_t change = i % 2 == 0 ? 1 : 0x80;
        a[i / 2] ^= change;
        all = all && is_compared(first, second) && is_compared(second, first);
        a[i / 2] ^= change;
    }
    free(a);
    free(b);
    return all;
}

/* Whether the prefix of `len` bytes is them, the first one uppermost, and zeros. */
static bool
is_prefix(size_t len)
{
    uint8_t *at = bytes(len);
    uint64_t expected = 0;

    for (size_t i = 0; i < 8; i++)
        expected = expected << 8 | (i < len ? at[i] : 0);
    bool is_right = hf_prefix_u64(at, len) == expected;
    free(at);
    return is_right;
}

/* Whether `len` bytes arrive, and none behind them. */
static bool
is_copied(size_t len)
{
    uint8_t *from = bytes(len), *to = zeros(len);

    hf_copy_few(to, from, len);
    bool is_right = hf_span_equal(hf_span(from, len), hf_span(to, len));
    free(from);
    free(to);
    return is_right;
}

int
main(void)
{
    bool seen = true, last = true, ordered = true, prefix = true, copied = true;

    for (size_t len = 0; len <= LEN_MAX; len++) {
        seen = seen && is_each_bit_seen(len);
        last = last && does_last_count(len);
        prefix = prefix && is_prefix(len);
        copied = copied && is_copied(len);
        for (size_t other = 0; other <= LEN_MAX; other++)
            ordered = ordered && are_ordered(len, other);
    }
    TAP_OK(seen, "every bit of a span is seen, and where it stands");
    TAP_OK(last, "data ends with the last byte that is not zero");
    TAP_OK(hf_span_is_zero(hf_span(NULL, 0)) && hf_span_data_size(hf_span(NULL, 0)) == 0,
           "no bytes are zeros");
    TAP_OK(are_pieces_measured(), "data ends there whatever the zeros behind it are");
    TAP_OK(ordered, "spans are in the order of memcmp, a prefix first, and equal if they are");
    TAP_OK(prefix, "a prefix sorts as its bytes, missing ones as zeros");
    TAP_OK(copied, "a few bytes are copied, or many, and no others");
    return tap_done();
}
