/*
 * manifest_format_test.c - the codec of manifests against every small damage, and the golden
 * files.
 *
 * Method: a manifest of three tables is built by the encoder; then every bit of it is flipped,
 * in one copy and at the same place of both, every length of it is cut, and every field is
 * given each kind of value that it must not have, with the checksums made right again. All of
 * it is decoded from memory of its exact length, so that a read outside shows under ASan. The
 * golden files are compared byte by byte. Run from the top of the tree; with the argument
 * "write" it writes the golden files anew.
 */
#include "format/manifest_format.h"

#include "base/assert.h"
#include "base/crc32c.h"
#include "base/span.h"
#include "base/tap.h"
#include "format/test_golden.h"

#include <stdlib.h>

#define COPY HF_MANIFEST_ALIGN
#define SIZE (2 * COPY)
#define TABLES 3u
#define HEAD 88u
#define TABLE_HEAD 52u

static const char golden_name[] = "engine/format/golden/manifest-format-1.manifest";
static const char half_name[] = "engine/format/golden/manifest-format-1-damaged.manifest";
static const char refused_name[] = "engine/format/golden/manifest-format-1-refused.manifest";
static const char newer_name[] = "engine/format/golden/manifest-format-2.manifest";

static const struct hf_manifest whole = {
    .format = HF_MANIFEST_FORMAT,
    .number = 9,
    .uuid = "sixteen bytes id",
    .last = 5000,
    .time_us = 1700000000000000,
    .log_first = 4,
    .witness = UINT64_C(4) << 32 | 4096,
    .number_next = 12,
    .floor = 1200,
    .table_count = TABLES,
};
static struct hf_table_info tables[TABLES];
static uint8_t file[SIZE];

/* ---- a manifest -------------------------------------------------------------------------- */

static void
build(void)
{
    struct hf_span apple = hf_span("apple", 5), pear = hf_span("pear", 4), a = hf_span("a", 1),
                   mango = hf_span("mango\0tree", 10), plum = hf_span("plum", 4);

    tables[0] = (struct hf_table_info){ 11, 0, 8192, 30, 4, 4801, 5000, apple, pear, false };
    tables[1] = (struct hf_table_info){ 3, 1, 65536, 700, 0, 1, 4000, a, mango, false };
    tables[2] = (struct hf_table_info){ 10, 1, 40960, 350, 350, 7, 4800, plum, plum, false };
    hf_manifest_encode(file, &whole, tables);
}

static bool
same_table(const struct hf_table_info *a, const struct hf_table_info *b)
{
    return a->number == b->number && a->level == b->level && a->size == b->size &&
           a->entries == b->entries && a->deletes == b->deletes &&
           a->version_min == b->version_min && a->version_max == b->version_max &&
           a->max_is_open == b->max_is_open && hf_span_equal(a->key_min, b->key_min) &&
           hf_span_equal(a->key_max, b->key_max);
}

static bool
same_head(const struct hf_manifest *a, const struct hf_manifest *b)
{
    return a->format == b->format && a->number == b->number &&
           memcmp(a->uuid, b->uuid, sizeof a->uuid) == 0 && a->last == b->last &&
           a->time_us == b->time_us && a->log_first == b->log_first &&
           a->witness == b->witness && a->number_next == b->number_next &&
           a->floor == b->floor && a->table_count == b->table_count;
}

/* What bytes of exactly this length decode to. */
struct found {
    enum hf_manifest_verdict verdict;
    struct hf_manifest_copies copies;
    bool is_same; /* all that was read is what was written */
};

static struct found
decode(const uint8_t *bytes, size_t size, const struct hf_manifest *written,
       const struct hf_table_info *infos)
{
    uint8_t *copy = size == 0 ? NULL : malloc(size);
    struct hf_manifest manifest;
    struct hf_table_info table;
    struct found found;
    uint32_t count = 0;

    if (size != 0)
        memcpy(copy, bytes, size);
    found.verdict = hf_manifest_decode(&manifest, &found.copies, hf_span(copy, size));
    found.is_same = found.verdict == HF_MANIFEST_GOOD && same_head(&manifest, written);
    while (found.is_same && hf_manifest_next(&manifest, &table) == HF_MANIFEST_GOOD) {
        found.is_same = count < written->table_count && same_table(&table, &infos[count]);
        count++;
    }
    found.is_same = found.is_same && count == written->table_count &&
                    hf_manifest_next(&manifest, &table) == HF_MANIFEST_END;
    free(copy);
    return found;
}

static struct found
decode_small(const uint8_t *bytes, size_t size)
{
    return decode(bytes, size, &whole, tables);
}

/* Whether the file reads as it was written, the copies being as given. */
static bool
reads(const struct found *found, enum hf_manifest_verdict first,
      enum hf_manifest_verdict second)
{
    return found->is_same && found->copies.copy[0] == first && found->copies.copy[1] == second;
}

/* ---- round trips ------------------------------------------------------------------------- */

static bool
survives(const struct hf_manifest *manifest, const struct hf_table_info *infos)
{
    size_t size = (size_t)hf_manifest_size(manifest, infos);
    uint8_t *bytes = malloc(size);

    hf_manifest_encode(bytes, manifest, infos);
    struct found found = decode(bytes, size, manifest, infos);
    free(bytes);
    return size % SIZE == 0 && found.copies.extra == 0 &&
           reads(&found, HF_MANIFEST_GOOD, HF_MANIFEST_GOOD);
}

static void
test_round_trips(void)
{
    struct hf_manifest manifest = whole;
    enum { MANY = 1000 };
    static struct hf_table_info many[MANY];
    static uint8_t key[HF_KEY_SIZE_MAX];
    int lost = 0;

    TAP_OK(survives(&whole, tables), "a manifest reads as it was written");
    manifest.table_count = 0;
    manifest.last = 0;
    TAP_OK(survives(&manifest, tables), "so does one without a table");

    memset(key, 'k', sizeof key);
    tables[1].key_max = hf_span(key, sizeof key);
    TAP_OK(survives(&whole, tables), "so does one with the longest key");
    build();

    /* Sizes of the keys such that a copy ends at each offset around a boundary. */
    manifest = whole;
    for (size_t len = 3600; len < 3900; len++) {
        tables[2].key_max = hf_span(key, len);
        tables[2].key_min = hf_span(key, 1);
        lost += !survives(&manifest, tables);
    }
    TAP_OK(lost == 0, "so does one that ends near a boundary, at any distance");
    build();

    manifest.table_count = MANY;
    manifest.number_next = UINT32_MAX;
    for (uint32_t i = 0; i < MANY; i++) {
        many[i] = tables[i % TABLES];
        many[i].level = i * HF_LEVELS / MANY;
        many[i].number = UINT32_MAX - 1 - i * 4000000; /* few of them in a window */
    }
    TAP_OK(survives(&manifest, many), "so does one with %d tables", MANY);
}

/* ---- damage ------------------------------------------------------------------------------ */

static void
test_flips(void)
{
    int missed[2] = { 0, 0 }, accepted = 0;

    for (size_t bit = 0; bit < (size_t)COPY * 8; bit++) {
        uint8_t mask = (uint8_t)(1u << bit % 8);
        file[bit / 8] ^= mask;
        struct found found = decode_small(file, SIZE);
        missed[0] += !reads(&found, HF_MANIFEST_BAD, HF_MANIFEST_GOOD);
        file[COPY + bit / 8] ^= mask;
        found = decode_small(file, SIZE);
        accepted += found.verdict != HF_MANIFEST_BAD;
        file[bit / 8] ^= mask;
        found = decode_small(file, SIZE);
        missed[1] += !reads(&found, HF_MANIFEST_GOOD, HF_MANIFEST_BAD);
        file[COPY + bit / 8] ^= mask;
    }
    TAP_OK(missed[0] == 0, "with any bit of the first copy flipped, the second one is read");
    TAP_OK(missed[1] == 0, "with any bit of the second copy flipped, the first one is read");
    TAP_OK(accepted == 0, "with the same bit of both flipped, nothing is read");
}

static void
test_cuts(void)
{
    int wrong = 0;

    for (size_t size = 0; size < SIZE; size++) {
        struct found found = decode_small(file, size);
        wrong += size < COPY ? found.verdict != HF_MANIFEST_BAD
                             : !reads(&found, HF_MANIFEST_GOOD, HF_MANIFEST_BAD);
    }
    TAP_OK(wrong == 0, "a file that is cut reads as long as its first copy is whole");
}

static void
test_extended(void)
{
    static uint8_t longer[SIZE + 3 * COPY];
    int wrong = 0;

    memcpy(longer, file, SIZE);
    for (size_t size = SIZE; size <= sizeof longer; size += 64) {
        struct found found = decode_small(longer, size);
        wrong += !reads(&found, HF_MANIFEST_GOOD, HF_MANIFEST_GOOD) ||
                 found.copies.extra != size - SIZE;
    }
    TAP_OK(wrong == 0, "a file that was extended reads, and says by how much");
    wrong = 0;
    longer[60] ^= 1;
    for (size_t size = SIZE; size < SIZE + 2 * COPY; size++) {
        struct found found = decode_small(longer, size);
        wrong += !reads(&found, HF_MANIFEST_BAD, HF_MANIFEST_GOOD) ||
                 found.copies.extra != size - SIZE;
    }
    TAP_OK(wrong == 0, "and by less than two copies, even with its first copy damaged");
}

static void
test_places(void)
{
    uint8_t moved[SIZE];
    struct found found;

    memcpy(moved, file + COPY, COPY);
    memcpy(moved + COPY, file, COPY);
    found = decode_small(moved, SIZE);
    TAP_OK(found.verdict == HF_MANIFEST_BAD, "copies that changed places are none");
    memcpy(moved, file, COPY);
    found = decode_small(moved, SIZE);
    TAP_OK(reads(&found, HF_MANIFEST_GOOD, HF_MANIFEST_BAD),
           "the first copy in the place of the second is none");
    memset(moved, 0, SIZE);
    found = decode_small(moved, SIZE);
    TAP_OK(found.verdict == HF_MANIFEST_BAD, "zeros are no manifest");
}

/* ---- bytes whose checksum holds ---------------------------------------------------------- */

static void
seal(uint8_t *copy, size_t size)
{
    hf_store_u32(copy + size - 4, hf_crc32c(0, copy, size - 4));
}

/* The verdict on the file with `size` bytes at `off` of both copies changed, and sealed. */
static enum hf_manifest_verdict
with(size_t off, uint64_t value, size_t size)
{
    uint8_t bytes[8], changed[SIZE];

    hf_store_u64(bytes, value);
    memcpy(changed, file, SIZE);
    for (int i = 0; i < 2; i++) {
        memcpy(changed + i * COPY + off, bytes, size);
        seal(changed + i * COPY, COPY);
    }
    return decode_small(changed, SIZE).verdict;
}

static void
test_lies_of_the_head(void)
{
    static const struct {
        size_t off, size;
        uint64_t value;
        const char *what;
    } lies[] = {
        { 0, 1, 'h', "another magic" },
        { 8, 4, 0, "format 0" },
        { 12, 4, 2, "a third copy" },
        { 16, 8, 0, "a size of 0" },
        { 16, 8, COPY - 8, "a size between the boundaries" },
        { 16, 8, SIZE, "a size of two copies" },
        { 16, 8, UINT64_MAX - COPY + 1, "a size past any file" },
        { 40, 4, 0, "number 0" },
        { 40, 4, 12, "the next number" },
        { 40, 4, 10, "the number of a table" },
        { 44, 4, 0, "a table count of 0" },
        { 44, 4, TABLES - 1, "a table too few" },
        { 44, 4, TABLES + 1, "a table too many" },
        { 44, 4, UINT32_MAX, "more tables than bytes" },
        { 48, 8, 4999, "a last commit below that of a table" },
        { 48, 8, HF_LATEST, "the last commit being the newest there can be" },
        { 84, 4, 0, "a next number of 0" },
        { 84, 4, 11, "a next number that a table has" },
        { COPY - 5, 1, 1, "a byte behind the tables" },
    };

    TAP_OK(with(0, hf_load_u64(file), 8) == HF_MANIFEST_GOOD, "unchanged and sealed: good");
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++)
        TAP_OK(with(lies[i].off, lies[i].value, lies[i].size) == HF_MANIFEST_BAD,
               "bad, though the checksum holds: %s", lies[i].what);
}

static void
test_lies_of_a_table(void)
{
    static const struct {
        size_t off, size;
        uint64_t value;
        const char *what;
    } lies[] = {
        { 0, 4, 0, "number 0" },
        { 0, 4, 11, "the number of the table before" },
        { 0, 4, 10, "the number of the table behind" },
        { 0, 4, 9, "the number of the manifest" },
        { 0, 4, 12, "the next number" },
        { 4, 4, 2, "a level above that of the table behind" },
        { 4, 4, HF_LEVELS, "a level too many" },
        { 4, 2, UINT16_MAX, "a level past all" },
        { 6, 2, 2, "an upper bound that is neither open nor not" },
        { 8, 8, 0, "a file without a byte" },
        { 16, 8, 0, "no entry" },
        { 24, 8, 701, "more deletes than entries" },
        { 32, 8, 0, "version 0" },
        { 32, 8, 4001, "versions that end before they begin" },
        { 40, 8, 5001, "a version above the last commit" },
        { 48, 2, 0, "a lowest key without a byte" },
        { 50, 2, 0, "a highest key without a byte" },
        { 48, 4, 11u << 16, "a lowest key whose bytes all are the highest's" },
        { 48, 2, 2, "a key that takes a byte of the next" },
        { 50, 2, 9, "a key that leaves a byte" },
        { 48, 2, 65535, "a key past the end" },
        { 50, 2, 65535, "another key past the end" },
        { TABLE_HEAD, 1, 'z', "a lowest key above the highest" },
    };
    size_t second = HEAD + TABLE_HEAD + 9;

    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++)
        TAP_OK(with(second + lies[i].off, lies[i].value, lies[i].size) == HF_MANIFEST_BAD,
               "bad, though the checksum holds: a table with %s", lies[i].what);
}

/* Upper bounds that their keys do not reach. */
static void
test_open_bounds(void)
{
    struct hf_table_info *last = &tables[2];
    struct hf_span plum = last->key_max, plums = hf_span("plums", 5), none = hf_span(NULL, 0);
    size_t third = HEAD + TABLE_HEAD + 9 + TABLE_HEAD + 11;

    last->max_is_open = true;
    last->key_max = plums;
    TAP_OK(survives(&whole, tables), "a bound that is open reads as it was written");
    TAP_OK(!hf_table_ends_before(last, plum) && hf_table_ends_before(last, plums),
           "keys go up to it, and not on to it");
    last->key_max = none;
    TAP_OK(survives(&whole, tables), "so does one at the end of all keys");
    TAP_OK(!hf_table_ends_before(last, plums), "which is behind every key");
    build();
    TAP_OK(with(third + 6, 1, 2) == HF_MANIFEST_BAD,
           "bad: a bound that is open, with no key below it");
    TAP_OK(hf_table_ends_before(last, plums) && !hf_table_ends_before(last, plum),
           "keys go on to a bound that is not open");
}

static void
test_order_of_ends(void)
{
    struct hf_table_info ends[] = {
        { .key_max = { "a", 1 }, .max_is_open = true },
        { .key_max = { "a", 1 } },
        { .key_max = { "b", 1 }, .max_is_open = true },
        { .key_max = { "b", 1 } },
        { .max_is_open = true },
    };
    int wrong = 0;

    for (int i = 0; i < 5; i++) {
        for (int j = 0; j < 5; j++)
            wrong += hf_table_ends_first(&ends[i], &ends[j]) != (i < j);
    }
    TAP_OK(wrong == 0, "of two tables it is known which one ends first");
}

/* Of the table in the middle, and of the last one. */
static void
test_levels(void)
{
    size_t second = HEAD + TABLE_HEAD + 9 + 4, third = second + TABLE_HEAD + 11;
    int wrong = 0;

    for (uint32_t level = 0; level < 2 * HF_LEVELS; level++) {
        wrong += (with(second, level, 4) == HF_MANIFEST_GOOD) != (level <= 1);
        wrong +=
            (with(third, level, 4) == HF_MANIFEST_GOOD) != (level >= 1 && level < HF_LEVELS);
    }
    TAP_OK(wrong == 0, "levels ascend, and end where they do");
}

/* One table too many, where its head would end before the copy, at its crc, and behind it. */
static void
test_count_at_the_end(void)
{
    static uint8_t key[COPY];
    int wrong = 0, reached = 0;

    for (size_t len = COPY - 600; len < COPY; len++) {
        uint8_t bytes[2 * SIZE];
        tables[2].key_max = hf_span(key, len);
        tables[2].key_min = hf_span(key, 1);
        if (hf_manifest_size(&whole, tables) != SIZE)
            break;
        hf_manifest_encode(bytes, &whole, tables);
        wrong += decode(bytes, COPY, &whole, tables).verdict != HF_MANIFEST_GOOD;
        hf_store_u32(bytes + 44, TABLES + 1);
        seal(bytes, COPY);
        wrong += decode(bytes, COPY, &whole, tables).verdict != HF_MANIFEST_BAD;
        reached++;
    }
    build();
    TAP_OK(wrong == 0 && reached > (int)TABLE_HEAD,
           "a table too many is noticed at any distance from the end");
}

/* Copies that are shorter or longer than their tables need. */
static void
test_lies_of_size(void)
{
    uint8_t bytes[SIZE];

    memcpy(bytes, file, COPY);
    hf_store_u64(bytes + 16, COPY - 8);
    seal(bytes, COPY - 8);
    TAP_OK(decode_small(bytes, COPY).verdict == HF_MANIFEST_BAD,
           "bad, though the checksum holds: a copy that ends between the boundaries");
    memset(bytes, 0, SIZE);
    memcpy(bytes, file, COPY - 4);
    hf_store_u64(bytes + 16, SIZE);
    seal(bytes, SIZE);
    TAP_OK(decode_small(bytes, SIZE).verdict == HF_MANIFEST_BAD,
           "bad, though the checksum holds: a copy with as many zeros again");
}

/* Two tables with one number, in every pair of places of many. */
static void
test_numbers(void)
{
    enum { COUNT = 24 };
    struct hf_table_info many[COUNT];
    struct hf_manifest manifest = whole;
    uint8_t bytes[SIZE];
    int missed = 0;

    manifest.table_count = COUNT;
    manifest.number_next = UINT32_MAX;
    for (uint32_t i = 0; i < COUNT; i++) {
        many[i] = tables[2];
        many[i].number = 10 + i * 20011;
    }
    HF_ASSERT(hf_manifest_size(&manifest, many) == SIZE);
    hf_manifest_encode(bytes, &manifest, many);
    TAP_OK(decode(bytes, SIZE, &manifest, many).is_same, "numbers far apart are good");
    for (uint32_t a = 0; a < COUNT; a++) {
        for (uint32_t b = 0; b < COUNT; b++) {
            if (a == b)
                continue;
            many[a].number = many[b].number;
            hf_manifest_encode(bytes, &manifest, many);
            missed += decode(bytes, SIZE, &manifest, many).verdict != HF_MANIFEST_BAD;
            many[a].number = 10 + a * 20011;
        }
    }
    TAP_OK(missed == 0, "a number that is there twice is noticed, wherever it is");
}

/* ---- two copies that are sound ----------------------------------------------------------- */

static void
test_disagreement(void)
{
    int accepted = 0;

    for (size_t off = 24; off < HEAD + TABLE_HEAD; off++) {
        uint8_t changed[SIZE];
        memcpy(changed, file, SIZE);
        changed[COPY + off] ^= 1;
        seal(changed + COPY, COPY);
        accepted += decode_small(changed, SIZE).verdict != HF_MANIFEST_BAD;
    }
    TAP_OK(accepted == 0, "two copies with good checksums that differ in a byte are bad");

    uint8_t unequal[SIZE + COPY];
    static uint8_t key[COPY];
    uint8_t large[2 * SIZE];
    tables[0].key_max = hf_span("zzz", 3);
    tables[2].key_max = hf_span(key, sizeof key);
    tables[2].key_min = hf_span(key, 1);
    hf_manifest_encode(large, &whole, tables);
    memcpy(unequal, large, SIZE);
    memcpy(unequal + SIZE, file + COPY, COPY);
    TAP_OK(decode_small(unequal, sizeof unequal).verdict == HF_MANIFEST_BAD,
           "and so are two of different sizes");
    build();
}

static void
make_newer(uint8_t *copy)
{
    hf_store_u32(copy + 8, HF_MANIFEST_FORMAT + 1);
    memset(copy + 24, 0xEE, COPY - 24); /* whatever it means there */
    seal(copy, COPY);
}

static void
test_newer(void)
{
    uint8_t newer[SIZE];
    struct found found;

    memcpy(newer, file, SIZE);
    make_newer(newer);
    found = decode_small(newer, SIZE);
    TAP_OK(found.verdict == HF_MANIFEST_BAD && found.copies.copy[0] == HF_MANIFEST_NEWER &&
               found.copies.copy[1] == HF_MANIFEST_GOOD,
           "a copy of a newer format beside one of ours is a disagreement");
    memcpy(newer + 24, file + 24, COPY - 24);
    seal(newer, COPY);
    TAP_OK(decode_small(newer, SIZE).verdict == HF_MANIFEST_BAD,
           "even if nothing but the format is newer");
    newer[COPY + 70] ^= 1;
    found = decode_small(newer, SIZE);
    TAP_OK(found.verdict == HF_MANIFEST_NEWER && found.copies.copy[1] == HF_MANIFEST_BAD,
           "beside a damaged one it speaks for both");
}

/* ---- golden files ------------------------------------------------------------------------ */

static void
golden(bool write)
{
    uint8_t half[SIZE], refused[SIZE], newer[SIZE];
    struct found found;

    memcpy(half, file, SIZE);
    half[100] ^= 1;
    memcpy(refused, half, SIZE);
    refused[COPY + 100] ^= 1;
    memcpy(newer, file, SIZE);
    make_newer(newer);
    make_newer(newer + COPY);
    if (write) {
        golden_write(golden_name, file, SIZE);
        golden_write(half_name, half, SIZE);
        golden_write(refused_name, refused, SIZE);
        golden_write(newer_name, newer, SIZE);
        return;
    }
    TAP_OK(golden_is(golden_name, file, SIZE), "format 1 is what its golden file says");
    found = decode_small(half, SIZE);
    TAP_OK(golden_is(half_name, half, SIZE) && reads(&found, HF_MANIFEST_BAD, HF_MANIFEST_GOOD),
           "the golden file with a damaged copy is read from the other one");
    TAP_OK(golden_is(refused_name, refused, SIZE) &&
               decode_small(refused, SIZE).verdict == HF_MANIFEST_BAD,
           "the golden file with two damaged copies is refused");
    TAP_OK(golden_is(newer_name, newer, SIZE) &&
               decode_small(newer, SIZE).verdict == HF_MANIFEST_NEWER,
           "a manifest of the next format is told apart from damage");
}

int
main(int argc, char **argv)
{
    build();
    if (argc > 1 && strcmp(argv[1], "write") == 0) {
        golden(true);
        return 0;
    }
    test_round_trips();
    test_flips();
    test_cuts();
    test_extended();
    test_places();
    test_lies_of_the_head();
    test_lies_of_a_table();
    test_open_bounds();
    test_order_of_ends();
    test_levels();
    test_count_at_the_end();
    test_lies_of_size();
    test_numbers();
    test_disagreement();
    test_newer();
    golden(false);
    return tap_done();
}
