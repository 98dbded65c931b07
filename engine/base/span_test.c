/*
 * span_test.c - zeros in a span, and behind what it holds.
 *
 * Method: exact copies of every length to LEN_MAX, all zeros but for one byte, at every place
 * and with every bit of it; then two such bytes. Catches a loop by words that leaves out the
 * first or the last bytes, and a read beyond the end.
 */
#include "base/span.h"
#include "base/tap.h"

#include <stdlib.h>

#define LEN_MAX 40u

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

int
main(void)
{
    bool seen = true, last = true;

    for (size_t len = 0; len <= LEN_MAX; len++) {
        seen = seen && is_each_bit_seen(len);
        last = last && does_last_count(len);
    }
    TAP_OK(seen, "every bit of a span is seen, and where it stands");
    TAP_OK(last, "data ends with the last byte that is not zero");
    TAP_OK(hf_span_is_zero(hf_span(NULL, 0)) && hf_span_data_size(hf_span(NULL, 0)) == 0,
           "no bytes are zeros");
    return tap_done();
}
