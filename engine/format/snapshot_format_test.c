/*
 * snapshot_format_test.c - the codec of snapshots against every small damage and every lie, and
 * the golden files.
 *
 * Method: snapshots are made twice, by the writer and by a forger that follows the drawing and
 * can be told to lie about any one thing while every checksum holds. A file is read as a
 * careful caller reads a pipe: the reader is offered as little as it asks for, in memory of
 * exactly that length, so that a read outside shows under ASan. Small files are cut at every
 * length and have every bit flipped: whatever comes out before the damage is noticed must be
 * what went in. The golden files are compared byte by byte. Run from the top of the tree; with
 * the argument "write" it writes the golden files anew.
 */
#include "format/snapshot_format.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/span.h"
#include "base/tap.h"
#include "format/test_golden.h"

#include <stdlib.h>

#define FILE_MAX (1u << 21)
#define ITEMS_MAX 64u
#define HEADER_SIZE 39u
#define SECTION_HEAD 9u
#define IDENTITY_SIZE 32u

static const char identity_bytes[] = "uuid of sixteen,lineage as well..";

/* ---- a forger ---------------------------------------------------------------------------- */

/*
 * What a snapshot says. Samples and entries are words: "3@50" is version 3 at time 50, "a7" is
 * key a in version 7, with its value, "a7-" a delete of it, and "|" begins another block. All
 * else is how it differs from the truth.
 */
struct plan {
    const char *samples, *entries;
    uint64_t version, base;
    unsigned format_up, count_up, type_up[3], kind; /* `kind`: of the blocks of entries */
    uint64_t size[3];
    int blocks_up[3], items_up[3];
    unsigned samples_up; /* of the count in the first block of them */
    bool wrong_magic, no_identity, two_identities, long_identity, no_entries, late_entries;
    bool long_samples, long_end, open_end, wrong_crc;
};

struct file {
    uint8_t bytes[FILE_MAX];
    size_t size;
    uint32_t base_file, base_section;
    unsigned section;
    size_t section_off[3], section_end[3];
    uint64_t blocks, items, blocks_total, items_total;
};

static struct file forged, written;
static uint8_t last_key[HF_KEY_SIZE_MAX];

static void
forge_header(const struct plan *plan)
{
    uint8_t *at = forged.bytes;

    forged.section = 0;
    forged.blocks = forged.items = forged.blocks_total = forged.items_total = 0;
    memcpy(at, plan->wrong_magic ? "HOLDSNAP\n\n" : "HOLDSNAP\r\n", 10);
    hf_store_u32(at + 10, HF_SNAPSHOT_FORMAT + plan->format_up);
    hf_store_u64(at + 14, 1000 * plan->version);
    hf_store_u64(at + 22, plan->version);
    hf_store_u64(at + 30, plan->base);
    at[38] = (uint8_t)(3 - plan->no_entries + plan->count_up);
    forged.base_file = hf_crc32c(0, at, HEADER_SIZE);
    forged.size = HEADER_SIZE;
}

static void
forge_section(const struct plan *plan, unsigned index)
{
    static const uint8_t types[3] = { 0, 1, 255 };
    uint8_t *at = forged.bytes + forged.size;
    bool is_known = index == 2 && plan->size[2] == 0 && !plan->open_end;

    at[0] = (uint8_t)(types[index] + plan->type_up[index]);
    hf_store_u64(at + 1, is_known ? 28 : plan->size[index]);
    forged.base_section = hf_crc32c(forged.base_file, at, SECTION_HEAD);
    forged.size += SECTION_HEAD;
    forged.section_off[index] = forged.size;
    forged.section = index;
}

/* Around a payload that is in its place. */
static void
forge_block(unsigned kind, size_t payload_size, uint64_t items)
{
    hf_block_seal(forged.bytes + forged.size, (enum hf_block_kind)kind, (uint32_t)payload_size,
                  forged.base_section, forged.size);
    forged.size += HF_BLOCK_OVERHEAD + payload_size;
    forged.blocks++;
    forged.items += items;
}

static void
forge_end(const struct plan *plan)
{
    unsigned index = forged.section;
    uint8_t *payload = forged.bytes + forged.size + HF_BLOCK_HEAD;
    uint64_t blocks = index == 2 ? forged.blocks_total : forged.blocks;
    uint64_t items = index == 2 ? forged.items_total : forged.items;

    forged.blocks_total += forged.blocks;
    forged.items_total += forged.items;
    hf_store_u64(payload, blocks + (uint64_t)plan->blocks_up[index]);
    hf_store_u64(payload + 8, items + (uint64_t)plan->items_up[index]);
    forge_block(HF_BLOCK_END, 16u + plan->long_end, 0);
    forged.blocks = forged.items = 0;
    forged.section_end[index] = forged.size;
}

/* Reads a number, and moves *word behind it. */
static uint64_t
number_of(const char **word)
{
    char *end;
    uint64_t number = strtoull(*word, &end, 10);

    *word = end;
    return number;
}

/* The samples of the next block; *word moves to the block behind it. */
static uint32_t
samples_of(const char **word, struct hf_sample *samples)
{
    uint32_t count = 0;

    for (; **word != 0 && **word != '|'; (*word) += **word == ' ') {
        samples[count].version = number_of(word);
        ++*word; /* the @ */
        samples[count++].time_us = number_of(word);
    }
    *word += strspn(*word, "| ");
    return count;
}

static uint32_t
entries_of(const char **word, struct hf_entry *entries)
{
    uint32_t count = 0;

    for (; **word != 0 && **word != '|'; (*word) += **word == ' ') {
        struct hf_entry *entry = &entries[count++];
        *entry = (struct hf_entry){ .key = hf_span(*word, 1) };
        ++*word;
        entry->version = number_of(word);
        entry->time_us = 1000 * entry->version;
        entry->is_delete = **word == '-';
        entry->value = hf_span("the value", entry->is_delete ? 0 : 9);
        *word += entry->is_delete;
    }
    *word += strspn(*word, "| ");
    return count;
}

static size_t
pack(uint8_t *to, const struct hf_entry *entries, uint32_t count)
{
    static uint8_t before[HF_KEY_SIZE_MAX];
    struct hf_block_builder builder;

    hf_block_begin(&builder, to, FILE_MAX / 2, before);
    for (uint32_t i = 0; i < count; i++)
        HF_ASSERT(hf_block_add(&builder, &entries[i]));
    return hf_block_finish(&builder);
}

static void
forge_identity(const struct plan *plan)
{
    struct hf_sample samples[ITEMS_MAX];
    const char *word = plan->samples;

    forge_section(plan, 0);
    for (int n = plan->no_identity ? 0 : 1 + plan->two_identities; n > 0; n--) {
        memcpy(forged.bytes + forged.size + HF_BLOCK_HEAD, identity_bytes, IDENTITY_SIZE + 1);
        forge_block(HF_BLOCK_IDENTITY, IDENTITY_SIZE + plan->long_identity, 0);
    }
    while (*word != 0) {
        uint32_t count = samples_of(&word, samples);
        uint8_t *payload = forged.bytes + forged.size + HF_BLOCK_HEAD;
        size_t size = hf_samples_encode(payload, samples, count);
        hf_store_u32(payload, count + plan->samples_up);
        forge_block(HF_BLOCK_SAMPLES, size + plan->long_samples, count);
    }
    forge_end(plan);
}

/* Blocks of the entries that these words name. */
static void
forge_blocks(const char *word, unsigned kind)
{
    struct hf_entry entries[ITEMS_MAX];

    while (*word != 0) {
        uint32_t count = entries_of(&word, entries);
        size_t size = pack(forged.bytes + forged.size + HF_BLOCK_HEAD, entries, count);
        forge_block(kind, size, count);
    }
}

static void
forge_entries(const struct plan *plan)
{
    forge_section(plan, 1);
    forge_blocks(plan->entries, plan->kind == 0 ? HF_BLOCK_DATA : plan->kind);
    forge_end(plan);
}

static void
forge(const struct plan *plan)
{
    forge_header(plan);
    forge_identity(plan);
    if (!plan->no_entries)
        forge_entries(plan);
    forge_section(plan, 2);
    if (plan->late_entries)
        forge_blocks("z9", HF_BLOCK_DATA);
    forge_end(plan);
    hf_store_u32(forged.bytes + forged.size,
                 hf_crc32c(0, forged.bytes, forged.size) ^ plan->wrong_crc);
    forged.size += 4;
}

/* ---- the writer -------------------------------------------------------------------------- */

static struct hf_snapshot_header
header_of(const struct plan *plan)
{
    return (struct hf_snapshot_header){ .format = HF_SNAPSHOT_FORMAT,
                                        .time_us = 1000 * plan->version,
                                        .version = plan->version,
                                        .base = plan->base };
}

static void
write_begin(struct hf_snapshot_writer *writer, const struct plan *plan)
{
    struct hf_snapshot_header header = header_of(plan);
    struct hf_snapshot_identity identity;

    memcpy(identity.uuid, identity_bytes, 16);
    memcpy(identity.lineage, identity_bytes + 16, 16);
    hf_snapshot_begin(writer, written.bytes, &header, &identity);
    HF_ASSERT(writer->off == HF_SNAPSHOT_BEGIN_SIZE);
}

static void
write_block(struct hf_snapshot_writer *writer, enum hf_block_kind kind, size_t payload_size)
{
    uint64_t before = writer->off;
    size_t size =
        hf_snapshot_seal(writer, written.bytes + writer->off, kind, (uint32_t)payload_size);

    HF_ASSERT(writer->off == before + size);
}

static void
write_entries(struct hf_snapshot_writer *writer, const struct hf_entry *entries, uint32_t count)
{
    write_block(writer, HF_BLOCK_DATA,
                pack(written.bytes + writer->off + HF_BLOCK_HEAD, entries, count));
}

static void
write_end(struct hf_snapshot_writer *writer)
{
    hf_snapshot_end(writer, written.bytes + writer->off);
    written.size = (size_t)writer->off;
}

static void
write_plan(const struct plan *plan)
{
    struct hf_sample samples[ITEMS_MAX];
    struct hf_entry entries[ITEMS_MAX];
    struct hf_snapshot_writer writer;
    const char *word = plan->samples;

    write_begin(&writer, plan);
    while (*word != 0) {
        uint32_t count = samples_of(&word, samples);
        uint8_t *payload = written.bytes + writer.off + HF_BLOCK_HEAD;
        write_block(&writer, HF_BLOCK_SAMPLES, hf_samples_encode(payload, samples, count));
    }
    hf_snapshot_entries(&writer, written.bytes + writer.off);
    for (word = plan->entries; *word != 0;) {
        uint32_t count = entries_of(&word, entries);
        write_entries(&writer, entries, count);
    }
    write_end(&writer);
}

/* ---- a careful caller -------------------------------------------------------------------- */

/* What reading found, and a sum over all samples and entries in their order. */
struct found {
    enum hf_snapshot_step stop; /* MORE: it was cut */
    uint64_t samples, entries, off;
    uint32_t sum[2 * ITEMS_MAX]; /* after each block of either */
    uint32_t blocks;
    size_t need_max;
    bool is_identity;
    bool has_stalled; /* asked for no more than was offered, or went on behind a stop */
};

static uint32_t
sum_number(uint32_t sum, uint64_t number)
{
    return hf_crc32c(sum, &number, sizeof number);
}

static bool
take_samples(struct hf_snapshot_reader *reader, struct found *found, uint32_t *sum)
{
    struct hf_sample *samples = malloc(reader->count * sizeof *samples);
    bool is_good = hf_snapshot_load_samples(reader, samples);

    for (uint32_t i = 0; is_good && i < reader->count; i++)
        *sum = sum_number(sum_number(*sum, samples[i].version), samples[i].time_us);
    found->samples += is_good ? reader->count : 0;
    free(samples);
    return is_good;
}

static bool
take_entries(struct hf_snapshot_reader *reader, struct found *found, uint32_t *sum)
{
    struct hf_block *block = malloc((size_t)reader->loaded_size);
    bool is_good = hf_snapshot_load_entries(reader, block);

    for (uint32_t i = 0; is_good && i < block->count; i++) {
        struct hf_entry entry = hf_block_entry(block, i);
        *sum = hf_crc32c(*sum, entry.key.at, entry.key.len);
        *sum = hf_crc32c(*sum, entry.value.at, entry.value.len);
        *sum = sum_number(sum_number(*sum, entry.version), entry.time_us + entry.is_delete);
    }
    found->entries += is_good ? block->count : 0;
    free(block);
    return is_good;
}

static bool
take_step(struct hf_snapshot_reader *reader, enum hf_snapshot_step step, struct found *found)
{
    uint32_t sum = found->blocks == 0 ? 0 : found->sum[found->blocks - 1];

    if (step == HF_SNAPSHOT_IDENTITY)
        found->is_identity = memcmp(reader->identity.uuid, identity_bytes, 16) == 0 &&
                             memcmp(reader->identity.lineage, identity_bytes + 16, 16) == 0;
    if (step == HF_SNAPSHOT_SAMPLES && !take_samples(reader, found, &sum))
        return false;
    if (step == HF_SNAPSHOT_ENTRIES && !take_entries(reader, found, &sum))
        return false;
    if (step == HF_SNAPSHOT_SAMPLES || step == HF_SNAPSHOT_ENTRIES)
        found->sum[found->blocks++] = sum;
    return true;
}

/* Reads `size` bytes, offered in memory of exactly as much as is asked for, plus `more`. */
static struct found
read_file(const uint8_t *bytes, size_t size, size_t more)
{
    struct found found = { .stop = HF_SNAPSHOT_MORE };
    struct hf_snapshot_reader reader;
    size_t offer = 0, used;

    hf_snapshot_reader_init(&reader, last_key);
    for (;;) {
        size_t off = (size_t)reader.off;
        size_t len = offer + more < size - off ? offer + more : size - off;
        uint8_t *window = len == 0 ? NULL : malloc(len);
        if (len != 0)
            memcpy(window, bytes + off, len);
        enum hf_snapshot_step step = hf_snapshot_next(&reader, hf_span(window, len), &used);
        bool is_good = take_step(&reader, step, &found);
        free(window);
        offer = step == HF_SNAPSHOT_MORE ? reader.need : 0;
        if (offer > found.need_max)
            found.need_max = offer;
        found.has_stalled |= step == HF_SNAPSHOT_MORE && offer <= len - used;
        found.off = reader.off;
        found.stop = is_good ? step : HF_SNAPSHOT_BAD;
        if (found.has_stalled || found.stop >= HF_SNAPSHOT_END ||
            (step == HF_SNAPSHOT_MORE && reader.off + offer > size))
            break;
    }
    if (found.stop >= HF_SNAPSHOT_END)
        found.has_stalled |=
            hf_snapshot_next(&reader, hf_span(bytes, size), &used) != found.stop || used != 0;
    return found;
}

static enum hf_snapshot_step
verdict(const struct file *file)
{
    struct found found = read_file(file->bytes, file->size, 0);

    HF_ASSERT(!found.has_stalled);
    return found.stop;
}

/* ---- what is written is read ------------------------------------------------------------- */

static const struct plan full = { .samples = "1@100 3@150 | 9@150",
                                  .entries = "a3 b1 | c9 d4 e2",
                                  .version = 9 };
static const struct plan increment = {
    .samples = "8@140", .entries = "a9- a7 | a6 b8 | c6-", .version = 9, .base = 5
};
static const struct plan empty = { .samples = "", .entries = "" };

static bool
same_found(const struct found *a, const struct found *b)
{
    return a->stop == b->stop && a->samples == b->samples && a->entries == b->entries &&
           a->off == b->off && a->blocks == b->blocks && a->is_identity == b->is_identity &&
           memcmp(a->sum, b->sum, a->blocks * sizeof *a->sum) == 0;
}

static void
test_plan(const struct plan *plan, uint64_t samples, uint64_t entries, const char *what)
{
    struct found one, other;
    int wrong = 0;

    write_plan(plan);
    forge(plan);
    TAP_OK(forged.size == written.size && memcmp(forged.bytes, written.bytes, forged.size) == 0,
           "%s snapshot is written as it is drawn", what);
    one = read_file(written.bytes, written.size, 0);
    TAP_OK(one.stop == HF_SNAPSHOT_END && one.off == written.size && one.is_identity &&
               one.samples == samples && one.entries == entries,
           "and read to its end, offered no more than asked for");
    for (size_t more = 1; more <= written.size; more++) {
        other = read_file(written.bytes, written.size, more);
        wrong += !same_found(&one, &other) || other.has_stalled;
    }
    TAP_OK(wrong == 0, "and the same, offered any number of bytes more");
}

/* What is read are the very entries, not only as many. */
static void
test_contents(void)
{
    struct found found;
    uint32_t sum = sum_number(sum_number(0, 8), 140);
    static const struct {
        const char *key;
        uint64_t version;
        unsigned is_delete;
    } entries[] = { { "a", 9, 1 }, { "a", 7, 0 }, { "a", 6, 0 }, { "b", 8, 0 }, { "c", 6, 1 } };

    write_plan(&increment);
    found = read_file(written.bytes, written.size, 0);
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        sum = hf_crc32c(sum, entries[i].key, 1);
        sum = hf_crc32c(sum, "the value", entries[i].is_delete ? 0 : 9);
        sum = sum_number(sum, entries[i].version);
        sum = sum_number(sum, 1000 * entries[i].version + entries[i].is_delete);
    }
    TAP_OK(found.blocks == 4 && found.sum[3] == sum, "what is read is what was written");
}

/* Blocks at the limit, and an entry far past it. */
static void
test_large(void)
{
    static uint8_t value[HF_SNAPSHOT_PAYLOAD_MAX * 2];
    struct hf_entry entries[2] = {
        { hf_span("a", 1), hf_span(value, sizeof value / 2 - 100), 1, 1000, false },
        { hf_span("b", 1), hf_span(value, 10), 2, 1000, false },
    };
    struct hf_snapshot_writer writer;
    struct found found;

    write_begin(&writer, &full);
    hf_snapshot_entries(&writer, written.bytes + writer.off);
    write_entries(&writer, entries, 2);
    entries[0].key = hf_span("c", 1);
    entries[0].value.len = sizeof value;
    write_entries(&writer, entries, 1);
    write_end(&writer);
    found = read_file(written.bytes, written.size, 0);
    TAP_OK(found.stop == HF_SNAPSHOT_END && found.entries == 3 && found.need_max > sizeof value,
           "an entry may be larger than a block may be");

    /* The same entry twice is a block that no writer makes. */
    forge_header(&full);
    forge_section(&full, 0);
    memcpy(forged.bytes + forged.size + HF_BLOCK_HEAD, identity_bytes, IDENTITY_SIZE);
    forge_block(HF_BLOCK_IDENTITY, IDENTITY_SIZE, 0);
    forge_end(&full);
    forge_section(&full, 1);
    entries[1].key = hf_span("d", 1);
    forge_block(HF_BLOCK_DATA, pack(forged.bytes + forged.size + HF_BLOCK_HEAD, entries, 2), 2);
    found = read_file(forged.bytes, forged.size, 0);
    TAP_OK(found.stop == HF_SNAPSHOT_BAD && found.need_max < 100,
           "two entries may not, and nobody is asked for the memory");
}

/* ---- damage ------------------------------------------------------------------------------ */

/* Whether what was read before a stop is what `whole` began with. */
static bool
is_prefix(const struct found *found, const struct found *whole)
{
    return found->samples <= whole->samples && found->entries <= whole->entries &&
           found->blocks <= whole->blocks && !found->has_stalled &&
           memcmp(found->sum, whole->sum, found->blocks * sizeof *found->sum) == 0;
}

static void
test_damage(const struct plan *plan, const char *what)
{
    int missed = 0, invented = 0, newer = 0;
    size_t need_max = 0;

    write_plan(plan);
    struct found whole = read_file(written.bytes, written.size, 0);
    for (size_t bit = 0; bit < written.size * 8; bit++) {
        written.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        struct found found = read_file(written.bytes, written.size, 0);
        written.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        missed += found.stop == HF_SNAPSHOT_END;
        newer += found.stop == HF_SNAPSHOT_NEWER;
        invented += !is_prefix(&found, &whole);
        need_max = found.need_max > need_max ? found.need_max : need_max;
    }
    TAP_OK(missed == 0 && newer == 0, "every flipped bit of %s snapshot is damage", what);
    TAP_OK(invented == 0, "and nothing is read that was not written");
    TAP_OK(need_max <= HF_SNAPSHOT_PAYLOAD_MAX + HF_BLOCK_OVERHEAD,
           "and no more memory is asked for than a block takes");
    for (size_t size = 0; size < written.size; size++) {
        struct found found = read_file(written.bytes, size, 0);
        missed += found.stop != HF_SNAPSHOT_MORE || !is_prefix(&found, &whole);
    }
    TAP_OK(missed == 0, "and every cut of it is one");
    struct found longer = read_file(written.bytes, written.size + 1, written.size + 1);
    TAP_OK(longer.stop == HF_SNAPSHOT_END && longer.off == written.size,
           "a byte behind its end is left to the caller");
}

/* Blocks of the same size that change places, or come from a snapshot of another time. */
static void
test_places(void)
{
    struct plan plan = { .samples = "", .entries = "a1 | b2", .version = 9 };
    static uint8_t copy[4096];
    size_t first, size;

    write_plan(&plan);
    forge(&plan);
    first = forged.section_off[1];
    size = (forged.section_end[1] - first - 28) / 2;
    memcpy(copy, written.bytes, written.size);
    memcpy(copy + first, written.bytes + first + size, size);
    memcpy(copy + first + size, written.bytes + first, size);
    TAP_OK(read_file(copy, written.size, 0).stop == HF_SNAPSHOT_BAD &&
               read_file(copy, written.size, 0).blocks == 0,
           "blocks that changed places are none");
    memcpy(copy, written.bytes, written.size);
    plan.version = 10;
    write_plan(&plan);
    memcpy(copy + first, written.bytes + first, size);
    TAP_OK(read_file(copy, written.size, 0).stop == HF_SNAPSHOT_BAD &&
               read_file(copy, written.size, 0).blocks == 0,
           "a block of another snapshot is none");
}

static void
test_zeros(void)
{
    static const uint8_t zeros[1024];
    int accepted = 0;

    for (size_t size = 0; size < sizeof zeros; size++)
        accepted += read_file(zeros, size, 0).stop !=
                    (size < HEADER_SIZE ? HF_SNAPSHOT_MORE : HF_SNAPSHOT_BAD);
    TAP_OK(accepted == 0, "zeros are no snapshot, at any length");
}

/* ---- lies whose checksums hold ----------------------------------------------------------- */

#define SAMPLES "1@10 2@20"
#define ENTRIES "a3 | b4 c9"

static const struct {
    const char *what;
    struct plan plan;
} lies[] = {
    { "another magic", { SAMPLES, ENTRIES, 9, .wrong_magic = true } },
    { "a format 0", { SAMPLES, ENTRIES, 9, .format_up = UINT32_MAX } },
    { "a base above the version", { SAMPLES, "", 9, .base = 10 } },
    { "a version that no commit has", { SAMPLES, ENTRIES, HF_LATEST, .base = 0 } },
    { "more sections than there are", { SAMPLES, ENTRIES, 9, .count_up = 1 } },
    { "fewer sections", { SAMPLES, ENTRIES, 9, .count_up = UINT32_MAX } },
    { "no section of entries", { SAMPLES, ENTRIES, 9, .no_entries = true } },
    { "another section first", { SAMPLES, ENTRIES, 9, .type_up = { 1 } } },
    { "an unknown section first", { SAMPLES, ENTRIES, 9, .type_up = { 2 } } },
    { "two sections of entries",
      { SAMPLES, ENTRIES, 9, .type_up = { 0, 0, 2 }, .blocks_up = { 0, 0, -4 },
        .items_up = { 0, 0, -5 } } },
    { "entries in the last section",
      { SAMPLES, ENTRIES, 9, .late_entries = true, .open_end = true, .blocks_up = { 0, 0, 1 },
        .items_up = { 0, 0, 1 } } },
    { "an identity for entries", { SAMPLES, "", 9, .type_up = { 0, UINT32_MAX } } },
    { "no identity", { SAMPLES, ENTRIES, 9, .no_identity = true } },
    { "no identity, nor samples", { "", ENTRIES, 9, .no_identity = true } },
    { "two identities", { SAMPLES, ENTRIES, 9, .two_identities = true } },
    { "an identity of 33 bytes", { SAMPLES, ENTRIES, 9, .long_identity = true } },
    { "a block more in the identity", { SAMPLES, ENTRIES, 9, .blocks_up = { 1 } } },
    { "a sample more", { SAMPLES, ENTRIES, 9, .items_up = { 1 } } },
    { "a block more of entries", { SAMPLES, ENTRIES, 9, .blocks_up = { 0, 1 } } },
    { "an entry more", { SAMPLES, ENTRIES, 9, .items_up = { 0, 1 } } },
    { "a block more in all", { SAMPLES, ENTRIES, 9, .blocks_up = { 0, 0, 1 } } },
    { "an item more in all", { SAMPLES, ENTRIES, 9, .items_up = { 0, 0, 1 } } },
    { "ends of 17 bytes", { SAMPLES, ENTRIES, 9, .long_end = true, .open_end = true } },
    { "a wrong checksum at the end", { SAMPLES, ENTRIES, 9, .wrong_crc = true } },
    { "an index block of entries", { SAMPLES, ENTRIES, 9, .kind = HF_BLOCK_INDEX } },
    { "a sample above the version", { "1@10 10@20", ENTRIES, 9, .base = 0 } },
    { "more samples than bytes", { SAMPLES, ENTRIES, 9, .samples_up = INT32_MAX } },
    { "a byte behind the samples", { SAMPLES, ENTRIES, 9, .long_samples = true } },
    { "samples out of order", { "5@10 4@10", ENTRIES, 9, .base = 0 } },
    { "samples that fall in version", { "5@10 | 4@10", ENTRIES, 9, .base = 0 } },
    { "samples that fall in time", { "5@10 | 6@9", ENTRIES, 9, .base = 0 } },
    { "an entry above the version", { SAMPLES, "a3 | b10", 9, .base = 0 } },
    { "entries out of order", { SAMPLES, "a3 b4 | a2", 9, .base = 0 } },
    { "an entry twice", { SAMPLES, "a3 b4 | b4", 9, .base = 0 } },
    { "two versions of a key", { SAMPLES, "a3 a2", 9, .base = 0 } },
    { "two versions in two blocks", { SAMPLES, "a3 | a2", 9, .base = 0 } },
    { "a delete", { SAMPLES, "a3 b4-", 9, .base = 0 } },
    { "an increment with its base", { SAMPLES, "a6 b5", 9, .base = 5 } },
    { "an increment past its version", { SAMPLES, "a6 b10", 9, .base = 5 } },
    { "an increment with an entry twice", { SAMPLES, "a6 | a6", 9, .base = 5 } },
    { "an increment that goes back", { SAMPLES, "a7 a6 | a8", 9, .base = 5 } },
    { "an entry of an empty database", { "", "a1", 0, .base = 0 } },
};

static void
test_lies(void)
{
    struct plan truth = { SAMPLES, ENTRIES, 9, .base = 0 };

    forge(&truth);
    TAP_OK(verdict(&forged) == HF_SNAPSHOT_END, "a forger who does not lie is believed");
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        forge(&lies[i].plan);
        TAP_OK(verdict(&forged) == HF_SNAPSHOT_BAD, "bad, though all checksums hold: %s",
               lies[i].what);
    }
}

/* Sizes that were known ahead are held against what is there. */
static void
test_sizes(void)
{
    struct plan plan = { SAMPLES, ENTRIES, 9, .base = 0 };
    uint64_t size[3];
    int wrong = 0;

    forge(&plan);
    for (int i = 0; i < 3; i++)
        size[i] = forged.section_end[i] - forged.section_off[i];
    memcpy(plan.size, size, sizeof size);
    forge(&plan);
    TAP_OK(verdict(&forged) == HF_SNAPSHOT_END, "sections may say their sizes");
    plan = (struct plan){ SAMPLES, ENTRIES, 9, .open_end = true };
    forge(&plan);
    TAP_OK(verdict(&forged) == HF_SNAPSHOT_END, "or not");
    plan.open_end = false;
    for (int i = 0; i < 3; i++) {
        for (uint64_t lie = 1; lie < 2 * size[i]; lie++) {
            memcpy(plan.size, size, sizeof size);
            plan.size[i] = lie;
            forge(&plan);
            wrong += lie != size[i] && verdict(&forged) != HF_SNAPSHOT_BAD;
        }
    }
    plan.size[0] = UINT64_MAX;
    forge(&plan);
    TAP_OK(wrong == 0 && verdict(&forged) == HF_SNAPSHOT_BAD, "and no other size is believed");
}

/* ---- what is newer ----------------------------------------------------------------------- */

static void
test_newer(void)
{
    struct plan format = { SAMPLES, ENTRIES, 9, .format_up = 1, .long_identity = true };
    struct plan section = { SAMPLES, ENTRIES, 9, .type_up = { 0, 0, UINT32_MAX } };
    struct found found;
    int wrong = 0;

    forge(&format);
    found = read_file(forged.bytes, forged.size, 0);
    TAP_OK(found.stop == HF_SNAPSHOT_NEWER && found.off == HEADER_SIZE + SECTION_HEAD,
           "a newer format is told by its first block");
    for (size_t bit = 0; bit < (size_t)found.off * 8; bit++) {
        forged.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        wrong += verdict(&forged) != HF_SNAPSHOT_BAD;
        forged.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    TAP_OK(wrong == 0, "and from a damaged one, whatever bit it is");
    forge(&section);
    found = read_file(forged.bytes, forged.size, 0);
    TAP_OK(found.stop == HF_SNAPSHOT_NEWER && found.entries == 3,
           "a section of an unknown type is newer, and nothing before it is lost");
    forged.bytes[forged.section_off[2] - SECTION_HEAD] ^= 2;
    TAP_OK(verdict(&forged) == HF_SNAPSHOT_BAD, "one whose type is damaged is not");
}

/* ---- golden files ------------------------------------------------------------------------ */

#define GOLDEN "engine/format/golden/snapshot-format-"

static void
golden_file(bool write, const char *name, enum hf_snapshot_step stop, const char *what)
{
    if (write)
        golden_write(name, forged.bytes, forged.size);
    else
        TAP_OK(golden_is(name, forged.bytes, forged.size) && verdict(&forged) == stop,
               "the golden file of %s", what);
}

static void
golden(bool write)
{
    struct plan next = full;

    forge(&full);
    golden_file(write, GOLDEN "1.snapshot", HF_SNAPSHOT_END, "a full snapshot is read");
    forged.bytes[forged.section_off[1] + 30] ^= 1;
    golden_file(write, GOLDEN "1-damaged.snapshot", HF_SNAPSHOT_BAD,
                "a damaged snapshot is refused");
    forge(&increment);
    golden_file(write, GOLDEN "1-increment.snapshot", HF_SNAPSHOT_END,
                "an incremental one is read");
    next.format_up = 1;
    forge(&next);
    golden_file(write, GOLDEN "2.snapshot", HF_SNAPSHOT_NEWER,
                "the next format is told apart from damage");
}

int
main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "write") == 0) {
        golden(true);
        return 0;
    }
    test_plan(&full, 3, 5, "a full");
    test_plan(&increment, 1, 5, "an incremental");
    test_plan(&empty, 0, 0, "an empty");
    test_contents();
    test_large();
    test_damage(&full, "a full");
    test_damage(&increment, "an incremental");
    test_places();
    test_zeros();
    test_lies();
    test_sizes();
    test_newer();
    golden(false);
    return tap_done();
}
