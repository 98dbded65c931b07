/*
 * snapshot_fuzz.c - any bytes at all as a snapshot: the codec under a fuzzer.
 *
 * What is read is held against what the format promises, computed here a second time:
 *   1. offered as little as is asked for, or all there is: the reader says the same
 *   2. entries ascend across blocks, and are such as the snapshot can hold
 *   3. what is read to its end is, written again, the very same bytes
 *   4. cut by a byte, or with a bit flipped, it is not read to its end
 */
#include "base/bytes.h"
#include "base/crc32c.h"
#include "format/snapshot_format.h"
#include "fuzz/fuzz.h"
#include "fuzz/plant.h"
#include "fuzz/snapshot_mutator.h"
#include "fuzz/take.h"

#include <stdbool.h>

#define SECTION_HEAD 9u
#define SECTION_FIRST 39u /* where the first section's head is */

/* What a reading came to. */
struct read {
    enum hf_snapshot_step stop; /* MORE: the input was cut */
    uint64_t off;
    uint32_t sum; /* of all steps, samples and entries */
};

/* A reading: what has been read, and what it is when it is written again. */
struct reading {
    struct hf_snapshot_reader reader;
    struct read read;
    bool is_written;
    bool has_entries; /* the writer has begun that section */
    struct hf_snapshot_writer writer;
    uint8_t *again; /* twice the size of the input */
    size_t section[3];
    uint8_t *last_key, *key_before, *key_packed;
    size_t key_before_size;
    enum hf_block_kind kind_before;
    uint64_t version_before;
};

/* ---- written again ----------------------------------------------------------------------- */

static uint8_t *
writing_at(struct reading *reading)
{
    return reading->again + reading->writer.off;
}

static void
write_samples(struct reading *reading, const struct hf_sample *samples)
{
    size_t size =
        hf_samples_encode(writing_at(reading) + HF_BLOCK_HEAD, samples, reading->reader.count);

    (void)hf_snapshot_seal(&reading->writer, writing_at(reading), HF_BLOCK_SAMPLES,
                           (uint32_t)size);
}

static void
begin_entries(struct reading *reading)
{
    if (reading->has_entries)
        return;
    hf_snapshot_entries(&reading->writer, writing_at(reading));
    reading->section[1] = (size_t)reading->writer.off - SECTION_HEAD;
    reading->has_entries = true;
}

static void
write_entries(struct reading *reading, const struct hf_block *block, enum hf_block_kind kind)
{
    struct hf_block_builder builder;

    if (kind == HF_BLOCK_DATA)
        begin_entries(reading);
    hf_block_begin(&builder, writing_at(reading) + HF_BLOCK_HEAD, reading->reader.payload.len,
                   reading->key_packed);
    for (uint32_t i = 0; i < block->count; i++) {
        struct hf_entry entry = hf_block_entry(block, i);
        HF_ASSERT(hf_block_add(&builder, &entry));
    }
    (void)hf_snapshot_seal(&reading->writer, writing_at(reading), kind,
                           (uint32_t)hf_block_finish(&builder));
}

/* Sections may say their sizes or not, and the writer has its own way. If these are the same
 * as the writer's, so is all else. */
static void
check_written(struct reading *reading, const uint8_t *data)
{
    bool is_same = true;

    begin_entries(reading);
    hf_snapshot_end(&reading->writer, writing_at(reading));
    HF_ASSERT(reading->writer.off == reading->reader.off);
    reading->section[0] = SECTION_FIRST;
    reading->section[2] =
        (size_t)reading->writer.off - HF_SNAPSHOT_END_SIZE + HF_BLOCK_OVERHEAD + 16;
    for (int i = 0; i < 3; i++)
        is_same = is_same && memcmp(data + reading->section[i],
                                    reading->again + reading->section[i], SECTION_HEAD) == 0;
    HF_ASSERT(!is_same || memcmp(data, reading->again, (size_t)reading->writer.off) == 0);
}

/* ---- a step ------------------------------------------------------------------------------ */

static void
add(struct reading *reading, const void *at, size_t size)
{
    reading->read.sum = hf_crc32c(reading->read.sum, at, size);
}

static bool
load_samples(struct reading *reading)
{
    struct hf_snapshot_reader *reader = &reading->reader;
    struct hf_sample *samples = fuzz_take(reader->count * sizeof *samples);
    bool is_good = hf_snapshot_load_samples(reader, samples);

    if (is_good) {
        HF_ASSERT(samples[reader->count - 1].version <= reader->header.version);
        add(reading, samples, reader->count * sizeof *samples);
        if (reading->is_written)
            write_samples(reading, samples);
    }
    free(samples);
    return is_good;
}

static void
check_entry(struct reading *reading, const struct hf_entry *entry)
{
    const struct hf_snapshot_header *header = &reading->reader.header;
    struct hf_span before = hf_span(reading->key_before, reading->key_before_size);
    int order = hf_span_compare(before, entry->key);

    HF_ASSERT(entry->version > header->base && entry->version <= header->version);
    HF_ASSERT(header->base != 0 || !entry->is_delete);
    HF_ASSERT(order < 0 ||
              (order == 0 && header->base != 0 && entry->version < reading->version_before));
    memcpy(reading->key_before, entry->key.at, entry->key.len);
    reading->key_before_size = entry->key.len;
    reading->version_before = entry->version;
    add(reading, entry->key.at, entry->key.len);
    add(reading, entry->value.at, entry->value.len);
    add(reading, &entry->version, sizeof entry->version);
}

/* What was read last belongs to what was loaded before, of the same kind. */
static void
note_kind(struct reading *reading, enum hf_block_kind kind)
{
    if (reading->kind_before != kind)
        reading->key_before_size = 0;
    reading->kind_before = kind;
}

/* Entries, or ranges in the shape of them. */
static bool
load_entries(struct reading *reading, enum hf_block_kind kind)
{
    struct hf_snapshot_reader *reader = &reading->reader;
    struct hf_block *block = fuzz_take((size_t)reader->loaded_size);
    bool is_good = kind == HF_BLOCK_DATA ? hf_snapshot_load_entries(reader, block)
                                         : hf_snapshot_load_ranges(reader, block);

    note_kind(reading, kind);
    HF_ASSERT(!is_good || kind == HF_BLOCK_DATA ||
              (reader->header.base != 0 && hf_block_holds_ranges(block)));

    HF_ASSERT(reader->loaded_size <= reader->payload.len + HF_BLOCK_EXCESS_MAX);
    if (is_good) {
        HF_ASSERT(block->count == reader->count);
        for (uint32_t i = 0; i < block->count; i++) {
            struct hf_entry entry = hf_block_entry(block, i);
            check_entry(reading, &entry);
        }
        if (reading->is_written)
            write_entries(reading, block, kind);
    }
    free(block);
    return is_good;
}

/* Takes what a step brought; false: the reading has ended. */
static bool
take_step(struct reading *reading, enum hf_snapshot_step step)
{
    struct hf_snapshot_reader *reader = &reading->reader;

    reading->read.stop = step;
    switch (step) {
    case HF_SNAPSHOT_MORE:
        return true;
    case HF_SNAPSHOT_IDENTITY:
        HF_ASSERT(reader->header.format == HF_SNAPSHOT_FORMAT);
        HF_ASSERT(reader->header.base <= reader->header.version);
        add(reading, &reader->identity, sizeof reader->identity);
        if (reading->is_written)
            hf_snapshot_begin(&reading->writer, reading->again, &reader->header,
                              &reader->identity);
        return true;
    case HF_SNAPSHOT_SAMPLES:
    case HF_SNAPSHOT_RANGES:
    case HF_SNAPSHOT_ENTRIES:
        if (step == HF_SNAPSHOT_SAMPLES
                ? load_samples(reading)
                : load_entries(reading,
                               step == HF_SNAPSHOT_RANGES ? HF_BLOCK_RANGES : HF_BLOCK_DATA))
            return true;
        reading->read.stop = HF_SNAPSHOT_BAD;
        return false;
    case HF_SNAPSHOT_END:
    case HF_SNAPSHOT_BAD:
    case HF_SNAPSHOT_NEWER:
        return false;
    }
    return false;
}

/* ---- a reading --------------------------------------------------------------------------- */

/* One step with `len` bytes offered, in memory of exactly that size; false: it has ended. */
static bool
step_with(struct reading *reading, const uint8_t *at, size_t len, bool *is_short)
{
    struct hf_snapshot_reader *reader = &reading->reader;
    uint64_t before = reader->off;
    uint8_t *window = fuzz_take(len);
    size_t used;

    memcpy(window, at, len);
    enum hf_snapshot_step step = hf_snapshot_next(reader, hf_span(window, len), &used);
    HF_ASSERT(used <= len && reader->off == before + used);
    HF_ASSERT(reader->piece_off <= reader->off);
    HF_ASSERT(step != HF_SNAPSHOT_MORE || reader->need > len - used);
    *is_short = step == HF_SNAPSHOT_MORE;
    bool goes_on = take_step(reading, step);
    free(window);
    return goes_on;
}

static void
check_stop(struct reading *reading)
{
    struct hf_snapshot_reader *reader = &reading->reader;
    uint64_t before = reader->off;
    size_t used;

    for (int i = 0; i < 2; i++) {
        HF_ASSERT(hf_snapshot_next(reader, hf_span("behind", 6), &used) == reading->read.stop);
        HF_ASSERT(used == 0 && reader->off == before);
    }
}

static struct read
read_all(const uint8_t *data, size_t size, bool is_sparing, bool is_written)
{
    struct reading reading = { .is_written = is_written };
    size_t offer = is_sparing ? 0 : size;
    bool is_short, goes_on;

    reading.last_key = fuzz_take(HF_KEY_SIZE_MAX);
    reading.key_before = fuzz_take(HF_KEY_SIZE_MAX);
    reading.key_packed = fuzz_take(HF_KEY_SIZE_MAX);
    reading.again = fuzz_take(2 * size + 1024);
    hf_snapshot_reader_init(&reading.reader, reading.last_key);
    do {
        size_t off = (size_t)reading.reader.off, left = size - off;
        goes_on = step_with(&reading, data + off, offer < left ? offer : left, &is_short);
        offer = is_sparing ? (is_short ? reading.reader.need : 0) : size;
    } while (goes_on && (!is_short || reading.reader.need <= size - reading.reader.off));
    reading.read.off = reading.reader.off;
    if (!goes_on)
        check_stop(&reading);
    if (is_written && reading.read.stop == HF_SNAPSHOT_END)
        check_written(&reading, data);
    free(reading.again);
    free(reading.key_packed);
    free(reading.key_before);
    free(reading.last_key);
    return reading.read;
}

/* A whole snapshot, cut by a byte, and with a bit flipped that its checksum chooses. */
static void
check_damage(const uint8_t *data, size_t size)
{
    uint32_t bit = hf_load_u32(data + size - 4) % (uint32_t)(size * 8);
    uint8_t *copy = fuzz_take(size);

    memcpy(copy, data, size);
    HF_ASSERT(read_all(copy, size - 1, false, false).stop == HF_SNAPSHOT_MORE);
    copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
    HF_ASSERT(read_all(copy, size, false, false).stop != HF_SNAPSHOT_END);
    free(copy);
}

/* ---- the engine's door ------------------------------------------------------------------- */

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct read sparing, whole;

    fuzz_plant();
    sparing = read_all(data, size, true, false);
    whole = read_all(data, size, false, true);
    HF_ASSERT(sparing.stop == whole.stop && sparing.off == whole.off);
    HF_ASSERT(sparing.sum == whole.sum);
    if (whole.stop == HF_SNAPSHOT_END)
        check_damage(data, (size_t)whole.off);
    return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned seed)
{
    if (LLVMFuzzerMutate != NULL && seed % 4 == 0) {
        size = LLVMFuzzerMutate(data, size, size_max);
        if (seed % 8 == 0)
            fuzz_snapshot_repair(data, size, seed % 16 == 0);
        return size;
    }
    return fuzz_snapshot_mutate(data, size, size_max, seed);
}
