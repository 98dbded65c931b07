/*
 * table_samples_test.c - samples come back as they were, and nothing else passes for some.
 *
 * Method: a list with the steps that matter is encoded and decoded; every cut, every byte
 * appended and every single byte replaced by every value either is refused or encodes to the
 * very same bytes. Catches a sum that overflows, a count that is believed, bytes left over.
 */
#include "format/table_format.h"

#include "base/span.h"
#include "base/tap.h"

#include <stdlib.h>

static const struct hf_sample samples[] = {
    { 1, 0 },
    { 1, 1000 },
    { 128, 1000 },
    { UINT64_C(1) << 40, UINT64_C(1700000000000000) },
    { UINT64_MAX - 1, UINT64_C(1700000000001000) },
    { UINT64_MAX, UINT64_MAX },
};

#define COUNT (sizeof samples / sizeof *samples)
#define ROOM (HF_SAMPLES_HEAD + COUNT * HF_SAMPLE_SIZE_MAX)

/*
 * Whether bytes[0, size) decode, from memory of exactly that size into memory for exactly as
 * many as they say. What decodes must encode to the same bytes.
 */
static bool
decodes(const uint8_t *bytes, size_t size, unsigned *wrong)
{
    uint8_t *copy = malloc(size == 0 ? 1 : size), *again;
    uint32_t count = hf_samples_count(hf_span(memcpy(copy, bytes, size), size));
    struct hf_sample *read = malloc(count == 0 ? 1 : count * sizeof *read);
    bool is_good = hf_samples_decode(read, hf_span(copy, size)) == HF_TABLE_GOOD;

    if (is_good) {
        again = malloc(HF_SAMPLES_HEAD + (size_t)count * HF_SAMPLE_SIZE_MAX);
        *wrong +=
            hf_samples_encode(again, read, count) != size || memcmp(again, bytes, size) != 0;
        for (uint32_t i = 1; i < count; i++)
            *wrong +=
                read[i].version < read[i - 1].version || read[i].time_us < read[i - 1].time_us;
        free(again);
    }
    free(read);
    free(copy);
    return is_good;
}

int
main(void)
{
    uint8_t bytes[ROOM + 1] = { 0 };
    struct hf_sample read[COUNT];
    unsigned wrong = 0, accepted = 0;
    size_t size = hf_samples_encode(bytes, samples, COUNT);

    TAP_OK(hf_samples_count(hf_span(bytes, size)) == COUNT &&
               hf_samples_decode(read, hf_span(bytes, size)) == HF_TABLE_GOOD &&
               memcmp(read, samples, sizeof samples) == 0,
           "samples decode to what was encoded");
    for (size_t cut = 0; cut < size; cut++)
        accepted += decodes(bytes, cut, &wrong);
    TAP_OK(accepted == 0, "cut anywhere they are bad");
    TAP_OK(!decodes(bytes, size + 1, &wrong), "with a byte behind them they are bad");
    for (size_t off = 0; off < size; off++) {
        uint8_t byte = bytes[off];
        for (unsigned other = 0; other < 256; other++) {
            bytes[off] = (uint8_t)other;
            accepted += decodes(bytes, size, &wrong);
        }
        bytes[off] = byte;
    }
    TAP_OK(accepted > size && wrong == 0,
           "whatever decodes never falls, and encodes to the very same bytes");
    hf_store_u32(bytes, (uint32_t)(size - HF_SAMPLES_HEAD) / 2 + 1);
    TAP_OK(hf_samples_count(hf_span(bytes, size)) == 0,
           "more samples than there is room for are none");
    memset(bytes, 0, sizeof bytes);
    for (size = 0, accepted = 0; size <= ROOM; size++)
        accepted += decodes(bytes, size, &wrong);
    TAP_OK(accepted == 0, "zeros are no samples, at any length");
    return tap_done();
}
