/*
 * snapshot_format.c - the bytes of a snapshot file, to structs and back, in one stream.
 *
 * All numbers are little-endian, nothing is padded. A header, sections, and the crc32c of
 * everything before it:
 *
 *    0     10     14       22       30       38      39
 *    +-----+------+--------+--------+--------+-------+---------+---------+-- ... --+------+
 *    |magic|format| time   |version | base   | count | section | section |         |  crc |
 *    +-----+------+--------+--------+--------+-------+---------+---------+-- ... --+------+
 *      10    u32    u64      u64      u64      u8                                    u32
 *
 *    section    type u8 · size u64 · blocks; `count` of them, their types ascending
 *    block      kind u8 · three zeros · len u32 · payload · crc u32, as in table_block.c
 *
 *    type  section     its blocks
 *      0   identity    IDENTITY (uuid, lineage: 16 bytes each), any number of SAMPLES, then of
 *                      RANGES, END
 *      1   entries     any number of DATA, END
 *    255   end         END
 *
 * The payload of END is blocks u64, items u64: how many blocks stand before it in its section,
 * and how many samples, ranges or entries they hold. In the last section: how many stand before
 * that in the whole file, the END of each section not counted. So a file that ends where a
 * section does is not taken for a whole one. `size` is that of the section's blocks; 0 says
 * that it was not known ahead, and that END ends it.
 *
 * A block's crc is masked as in a table, with its offset in this file and with a base that is
 * the crc32c of header, type and size: a block vouches for the header and for the head of its
 * section, and stands for nothing under another one. Header, section heads and the first block
 * of the identity stay in their places in every format to come. So a newer format, or a section
 * of a type that came later, is told from damage by the first block whose checksum holds.
 *
 *   HEADER --> SECTION --> BLOCK --+--> END of the last section --> CRC --> STOP: END
 *                 ^          ^     |
 *                 |          +-----+ another block
 *                 +----------------+ END of another section
 *
 *   and from anywhere, at what does not add up --> STOP: BAD or NEWER
 *
 * Promises, kept for any input at all: no byte outside the span is read; a size is compared
 * with its limit before anything is added to it; each step but MORE moves on, and MORE asks for
 * more than was offered.
 */
#include "format/snapshot_format.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/probe.h"
#include "base/span.h"

#define HEADER_SIZE 39u
#define SECTION_HEAD 9u
#define IDENTITY_SIZE 32u
#define TOTALS_SIZE 16u
#define END_BLOCK_SIZE (HF_BLOCK_OVERHEAD + TOTALS_SIZE)
#define CRC_SIZE 4u
/* What tells how long a block may be: its head, and that of a payload of entries. Every block
 * is longer than this. */
#define BLOCK_START (HF_BLOCK_HEAD + HF_BLOCK_PAYLOAD_HEAD)

#define SECTION_COUNT 3u
enum section { SECTION_IDENTITY = 0, SECTION_ENTRIES = 1, SECTION_END = 255 };

static const char magic[10] = { 'H', 'O', 'L', 'D', 'S', 'N', 'A', 'P', '\r', '\n' };

_Static_assert(HF_SNAPSHOT_BEGIN_SIZE ==
                   HEADER_SIZE + SECTION_HEAD + HF_BLOCK_OVERHEAD + IDENTITY_SIZE,
               "header, section, identity");
_Static_assert(HF_SNAPSHOT_ENTRIES_SIZE == END_BLOCK_SIZE + SECTION_HEAD, "end, section");
_Static_assert(HF_SNAPSHOT_END_SIZE == 2 * END_BLOCK_SIZE + SECTION_HEAD + CRC_SIZE,
               "end, section, end, crc");
_Static_assert(HF_SNAPSHOT_PAYLOAD_MAX <= HF_BLOCK_PAYLOAD_MAX, "one limit is the lower one");

/* ---- writing ----------------------------------------------------------------------------- */

/* Counts `size` bytes at `at` as written, and returns where the next ones go. */
static uint8_t *
put(struct hf_snapshot_writer *writer, uint8_t *at, size_t size)
{
    writer->crc = hf_crc32c(writer->crc, at, size);
    writer->off += size;
    return at + size;
}

/* Begins a section; `size` 0: until its end block. */
static uint8_t *
put_section(struct hf_snapshot_writer *writer, uint8_t *at, enum section type, uint64_t size)
{
    at[0] = (uint8_t)type;
    hf_store_u64(at + 1, size);
    writer->base_section = hf_crc32c(writer->base_file, at, SECTION_HEAD);
    return put(writer, at, SECTION_HEAD);
}

/* Seals the block whose payload stands at at + HF_BLOCK_HEAD. */
static uint8_t *
put_block(struct hf_snapshot_writer *writer, uint8_t *at, enum hf_block_kind kind,
          uint32_t payload_size)
{
    hf_block_seal(at, kind, payload_size, writer->base_section, writer->off);
    return put(writer, at, (size_t)HF_BLOCK_OVERHEAD + payload_size);
}

static uint8_t *
put_end(struct hf_snapshot_writer *writer, uint8_t *at, uint64_t blocks, uint64_t items)
{
    hf_store_u64(at + HF_BLOCK_HEAD, blocks);
    hf_store_u64(at + HF_BLOCK_HEAD + 8, items);
    return put_block(writer, at, HF_BLOCK_END, TOTALS_SIZE);
}

/* Ends a section that is not the last, and starts to count anew. */
static uint8_t *
put_section_end(struct hf_snapshot_writer *writer, uint8_t *at)
{
    at = put_end(writer, at, writer->blocks, writer->items);
    writer->blocks_total += writer->blocks;
    writer->items_total += writer->items;
    writer->blocks = writer->items = 0;
    return at;
}

void
hf_snapshot_begin(struct hf_snapshot_writer *writer, void *to,
                  const struct hf_snapshot_header *header,
                  const struct hf_snapshot_identity *identity)
{
    uint8_t *at = to;

    HF_ASSERT(header->base <= header->version && header->version != HF_LATEST);
    memcpy(at, magic, sizeof magic);
    hf_store_u32(at + 10, header->format);
    hf_store_u64(at + 14, header->time_us);
    hf_store_u64(at + 22, header->version);
    hf_store_u64(at + 30, header->base);
    at[38] = SECTION_COUNT;
    *writer = (struct hf_snapshot_writer){ .base_file = hf_crc32c(0, at, HEADER_SIZE) };
    at = put(writer, at, HEADER_SIZE);
    at = put_section(writer, at, SECTION_IDENTITY, 0);
    memcpy(at + HF_BLOCK_HEAD, identity->uuid, 16);
    memcpy(at + HF_BLOCK_HEAD + 16, identity->lineage, 16);
    (void)put_block(writer, at, HF_BLOCK_IDENTITY, IDENTITY_SIZE);
    writer->blocks = 1;
}

void
hf_snapshot_entries(struct hf_snapshot_writer *writer, void *to)
{
    (void)put_section(writer, put_section_end(writer, to), SECTION_ENTRIES, 0);
}

/* What a payload of samples or entries begins with: how many there are. */
static uint32_t
item_count(const void *payload)
{
    return hf_load_u32(payload);
}

size_t
hf_snapshot_seal(struct hf_snapshot_writer *writer, void *to, enum hf_block_kind kind,
                 uint32_t payload_size)
{
    uint8_t *at = to;
    uint32_t count = item_count(at + HF_BLOCK_HEAD);

    HF_ASSERT(kind == HF_BLOCK_SAMPLES || kind == HF_BLOCK_RANGES || kind == HF_BLOCK_DATA);
    HF_ASSERT(payload_size <= HF_SNAPSHOT_PAYLOAD_MAX || (kind == HF_BLOCK_DATA && count == 1));
    writer->blocks++;
    writer->items += count;
    return (size_t)(put_block(writer, at, kind, payload_size) - at);
}

void
hf_snapshot_end(struct hf_snapshot_writer *writer, void *to)
{
    uint8_t *at = put_section_end(writer, to);

    at = put_section(writer, at, SECTION_END, END_BLOCK_SIZE);
    at = put_end(writer, at, writer->blocks_total, writer->items_total);
    hf_store_u32(at, writer->crc);
    writer->off += CRC_SIZE;
}

/* ---- reading ----------------------------------------------------------------------------- */

void
hf_snapshot_reader_init(struct hf_snapshot_reader *reader, uint8_t *last_key)
{
    *reader = (struct hf_snapshot_reader){ .last_key = last_key };
}

/* Whether `in` has `size` bytes; if not, that many are what MORE asks for. */
static bool
offers(struct hf_snapshot_reader *reader, struct hf_span in, size_t size)
{
    reader->need = size;
    return in.len >= size;
}

/* Counts the first `size` bytes of `in` as read. */
static void
take(struct hf_snapshot_reader *reader, struct hf_span in, size_t size)
{
    reader->crc = hf_crc32c(reader->crc, in.at, size);
    reader->off += size;
}

/* For the steps that follow: nothing to tell yet, go on. */
#define ON HF_SNAPSHOT_MORE

static enum hf_snapshot_step
read_header(struct hf_snapshot_reader *reader, struct hf_span in)
{
    struct hf_snapshot_header *header = &reader->header;
    const uint8_t *at = in.at;

    if (memcmp(at, magic, sizeof magic) != 0)
        return HF_SNAPSHOT_BAD;
    header->format = hf_load_u32(at + 10);
    header->time_us = hf_load_u64(at + 14);
    header->version = hf_load_u64(at + 22);
    header->base = hf_load_u64(at + 30);
    reader->section_count = at[38];
    if (header->format == 0)
        return HF_SNAPSHOT_BAD;
    reader->base_file = hf_crc32c(0, at, HEADER_SIZE);
    reader->state = HF_SNAPSHOT_AT_SECTION;
    take(reader, in, HEADER_SIZE);
    return ON;
}

/* Identity and entries are always there, what came later stands behind them. */
static bool
section_is_next(const struct hf_snapshot_reader *reader, uint8_t type)
{
    switch (reader->sections_seen) {
    case 0:
        return type == SECTION_IDENTITY;
    case 1:
        return type == SECTION_ENTRIES;
    default:
        return type > reader->section;
    }
}

static enum hf_snapshot_step
read_section(struct hf_snapshot_reader *reader, struct hf_span in)
{
    const uint8_t *at = in.at;

    if (!section_is_next(reader, at[0]))
        return HF_SNAPSHOT_BAD;
    reader->section = at[0];
    reader->sections_seen++;
    reader->last_key_size = 0;
    reader->last_version = 0;
    reader->section_size = hf_load_u64(at + 1);
    reader->base_section = hf_crc32c(reader->base_file, at, SECTION_HEAD);
    reader->state = HF_SNAPSHOT_AT_BLOCK;
    take(reader, in, SECTION_HEAD);
    reader->section_off = reader->off;
    return ON;
}

/* A full snapshot deletes nothing. */
static bool
kind_is_in_identity(const struct hf_snapshot_reader *reader, uint32_t kind)
{
    if (reader->blocks == 0)
        return kind == HF_BLOCK_IDENTITY;
    return (kind == HF_BLOCK_SAMPLES && !reader->has_ranges) ||
           (kind == HF_BLOCK_RANGES && reader->header.base != 0) || kind == HF_BLOCK_END;
}

static bool
kind_is_possible(const struct hf_snapshot_reader *reader, uint32_t kind)
{
    switch (reader->section) {
    case SECTION_IDENTITY:
        return kind_is_in_identity(reader, kind);
    case SECTION_ENTRIES:
        return kind == HF_BLOCK_DATA || kind == HF_BLOCK_END;
    case SECTION_END:
        return kind == HF_BLOCK_END;
    default:
        return true;
    }
}

/*
 * Whether a payload is one entry, which alone may be large. One entry is never larger packed
 * than loaded: so a length that damage made large shows before anyone gets memory for it.
 */
static bool
is_one_entry(const uint8_t *payload, uint32_t payload_size)
{
    return item_count(payload) == 1 && hf_load_u32(payload + 4) >= payload_size;
}

/* The whole size of the block that begins with these BLOCK_START bytes; 0: none can. */
static size_t
block_measure(const struct hf_snapshot_reader *reader, const uint8_t *at)
{
    uint32_t kind = hf_load_u32(at);
    uint32_t payload_size = hf_load_u32(at + 4);
    bool is_large = kind == HF_BLOCK_DATA && is_one_entry(at + HF_BLOCK_HEAD, payload_size);

    if (!kind_is_possible(reader, kind))
        return 0;
    if (payload_size > (is_large ? HF_BLOCK_PAYLOAD_MAX : HF_SNAPSHOT_PAYLOAD_MAX))
        return 0;
    return (size_t)HF_BLOCK_OVERHEAD + payload_size;
}

/* Whether a block whose checksum holds is still not for us. */
static bool
is_newer(const struct hf_snapshot_reader *reader)
{
    return reader->header.format > HF_SNAPSHOT_FORMAT ||
           (reader->section > SECTION_ENTRIES && reader->section < SECTION_END);
}

static enum hf_snapshot_step
read_identity(struct hf_snapshot_reader *reader, struct hf_span payload)
{
    const struct hf_snapshot_header *header = &reader->header;
    const uint8_t *at = payload.at;

    if (payload.len != IDENTITY_SIZE || header->base > header->version ||
        header->version == HF_LATEST)
        return HF_SNAPSHOT_BAD;
    memcpy(reader->identity.uuid, at, 16);
    memcpy(reader->identity.lineage, at + 16, 16);
    reader->blocks++;
    return HF_SNAPSHOT_IDENTITY;
}

static enum hf_snapshot_step
step_of(enum hf_block_kind kind)
{
    switch (kind) {
    case HF_BLOCK_SAMPLES:
        return HF_SNAPSHOT_SAMPLES;
    case HF_BLOCK_RANGES:
        return HF_SNAPSHOT_RANGES;
    default:
        return HF_SNAPSHOT_ENTRIES;
    }
}

/* A block of samples, ranges or entries, for the caller to load. */
static enum hf_snapshot_step
read_items(struct hf_snapshot_reader *reader, enum hf_block_kind kind, struct hf_span payload)
{
    bool is_samples = kind == HF_BLOCK_SAMPLES;

    reader->loaded_size = is_samples ? 0 : hf_block_loaded_size(payload);
    if (is_samples ? hf_samples_count(payload) == 0 : reader->loaded_size == 0)
        return HF_SNAPSHOT_BAD;
    reader->payload = payload;
    reader->count = item_count(payload.at);
    reader->blocks++;
    reader->items += reader->count;
    reader->is_pending = true;
    reader->has_ranges = reader->has_ranges || kind == HF_BLOCK_RANGES;
    return step_of(kind);
}

/* The end of a section, its block being taken. */
static enum hf_snapshot_step
read_end(struct hf_snapshot_reader *reader, struct hf_span payload)
{
    bool is_last = reader->section == SECTION_END;

    reader->blocks_total += reader->blocks;
    reader->items_total += reader->items;
    if (payload.len != TOTALS_SIZE ||
        hf_load_u64(payload.at) != (is_last ? reader->blocks_total : reader->blocks) ||
        hf_load_u64((const uint8_t *)payload.at + 8) !=
            (is_last ? reader->items_total : reader->items))
        return HF_SNAPSHOT_BAD;
    if (reader->section_size != 0 && reader->off - reader->section_off != reader->section_size)
        return HF_SNAPSHOT_BAD;
    if (is_last && reader->sections_seen != reader->section_count)
        return HF_SNAPSHOT_BAD;
    reader->blocks = reader->items = 0;
    reader->state = is_last ? HF_SNAPSHOT_AT_CRC : HF_SNAPSHOT_AT_SECTION;
    return ON;
}

static enum hf_snapshot_step
read_block(struct hf_snapshot_reader *reader, struct hf_span in)
{
    size_t size = block_measure(reader, in.at);
    struct hf_span payload;
    enum hf_block_kind kind;

    if (size == 0)
        return HF_SNAPSHOT_BAD;
    if (!offers(reader, in, size))
        return HF_SNAPSHOT_MORE;
    kind = (enum hf_block_kind)hf_load_u32(in.at);
    if (HF_PLANTED(snapshot_unchecked))
        payload = hf_span((const uint8_t *)in.at + HF_BLOCK_HEAD, size - HF_BLOCK_OVERHEAD);
    else if (hf_block_open(&payload, hf_span(in.at, size), kind, reader->base_section,
                           reader->off) != HF_TABLE_GOOD)
        return HF_SNAPSHOT_BAD;
    if (is_newer(reader))
        return HF_SNAPSHOT_NEWER;
    take(reader, in, size);
    if (kind == HF_BLOCK_IDENTITY)
        return read_identity(reader, payload);
    if (kind == HF_BLOCK_END)
        return read_end(reader, payload);
    return read_items(reader, kind, payload);
}

static enum hf_snapshot_step
read_crc(struct hf_snapshot_reader *reader, struct hf_span in)
{
    if (hf_load_u32(in.at) != reader->crc && !HF_PLANTED(snapshot_unchecked))
        return HF_SNAPSHOT_BAD;
    take(reader, in, CRC_SIZE);
    return HF_SNAPSHOT_END;
}

/* One transition; MORE with nothing taken means that `in` is too short. */
static enum hf_snapshot_step
advance(struct hf_snapshot_reader *reader, struct hf_span in)
{
    if (reader->state != HF_SNAPSHOT_AT_STOP)
        reader->piece_off = reader->off;
    switch (reader->state) {
    case HF_SNAPSHOT_AT_HEADER:
        return offers(reader, in, HEADER_SIZE) ? read_header(reader, in) : HF_SNAPSHOT_MORE;
    case HF_SNAPSHOT_AT_SECTION:
        return offers(reader, in, SECTION_HEAD) ? read_section(reader, in) : HF_SNAPSHOT_MORE;
    case HF_SNAPSHOT_AT_BLOCK:
        return offers(reader, in, BLOCK_START) ? read_block(reader, in) : HF_SNAPSHOT_MORE;
    case HF_SNAPSHOT_AT_CRC:
        return offers(reader, in, CRC_SIZE) ? read_crc(reader, in) : HF_SNAPSHOT_MORE;
    case HF_SNAPSHOT_AT_STOP:
        return reader->stop;
    }
    return HF_SNAPSHOT_BAD;
}

/* Where the reader will stay. */
static enum hf_snapshot_step
stop(struct hf_snapshot_reader *reader, enum hf_snapshot_step step)
{
    reader->state = HF_SNAPSHOT_AT_STOP;
    reader->stop = step;
    return step;
}

enum hf_snapshot_step
hf_snapshot_next(struct hf_snapshot_reader *reader, struct hf_span in, size_t *used)
{
    uint64_t first = reader->off, before;
    enum hf_snapshot_step step;

    HF_ASSERT(!reader->is_pending);
    do {
        before = reader->off;
        step = advance(reader, in);
        size_t taken = (size_t)(reader->off - before);
        if (taken != 0)
            in = hf_span((const uint8_t *)in.at + taken, in.len - taken);
    } while (step == ON && reader->off != before);
    *used = (size_t)(reader->off - first);
    return step >= HF_SNAPSHOT_END ? stop(reader, step) : step;
}

/* ---- what the blocks hold ---------------------------------------------------------------- */

bool
hf_snapshot_load_samples(struct hf_snapshot_reader *reader, struct hf_sample *samples)
{
    uint32_t count = reader->count;

    HF_ASSERT(reader->is_pending);
    reader->is_pending = false;
    if (hf_samples_decode(samples, reader->payload) != HF_TABLE_GOOD ||
        samples[0].version < reader->last.version ||
        samples[0].time_us < reader->last.time_us ||
        samples[count - 1].version > reader->header.version) {
        (void)stop(reader, HF_SNAPSHOT_BAD);
        return false;
    }
    reader->last = samples[count - 1];
    return true;
}

/* What stands in the block is what the next one has to come behind. */
static void
note_last(struct hf_snapshot_reader *reader, const struct hf_block *block)
{
    struct hf_entry last = hf_block_entry(block, block->count - 1);

    memcpy(reader->last_key, last.key.at, last.key.len);
    reader->last_key_size = last.key.len;
    reader->last_version = last.version;
}

/* Whether this snapshot can hold an entry, behind (key, version) of the one before. */
static bool
entry_is_next(const struct hf_snapshot_reader *reader, const struct hf_entry *entry,
              struct hf_span key, uint64_t version)
{
    bool is_full = reader->header.base == 0;

    if (entry->version <= reader->header.base || entry->version > reader->header.version ||
        (is_full && entry->is_delete))
        return false;
    return is_full ? hf_span_compare(key, entry->key) < 0
                   : hf_entry_compare(key, version, entry->key, entry->version) < 0;
}

static bool
entries_are_next(const struct hf_snapshot_reader *reader, const struct hf_block *block)
{
    struct hf_span key = hf_span(reader->last_key, reader->last_key_size);
    uint64_t version = reader->last_version;

    for (uint32_t i = 0; i < block->count; i++) {
        struct hf_entry entry = hf_block_entry(block, i);
        if (!entry_is_next(reader, &entry, key, version))
            return false;
        key = entry.key;
        version = entry.version;
    }
    return true;
}

bool
hf_snapshot_load_ranges(struct hf_snapshot_reader *reader, struct hf_block *block)
{
    HF_ASSERT(reader->is_pending);
    reader->is_pending = false;
    if (hf_block_load(block, reader->payload) != HF_TABLE_GOOD ||
        !hf_block_holds_ranges(block) || !entries_are_next(reader, block)) {
        (void)stop(reader, HF_SNAPSHOT_BAD);
        return false;
    }
    note_last(reader, block);
    return true;
}

bool
hf_snapshot_load_entries(struct hf_snapshot_reader *reader, struct hf_block *block)
{
    HF_ASSERT(reader->is_pending);
    reader->is_pending = false;
    if (hf_block_load(block, reader->payload) != HF_TABLE_GOOD ||
        !entries_are_next(reader, block)) {
        (void)stop(reader, HF_SNAPSHOT_BAD);
        return false;
    }
    note_last(reader, block);
    return true;
}
