/*
 * manifest_format.c - the bytes of a manifest, to structs and back.
 *
 * All numbers are little-endian. The file is two copies of the same size, a multiple of
 * HF_MANIFEST_ALIGN, that differ in `copy` (0 and 1) and so in `crc`:
 *
 *    0        8      12     16       24         40     44      48      56      64       72
 *    +--------+------+------+--------+----------+------+-------+-------+-------+--------+---
 *    | magic  |format| copy | size   |   uuid   |number|tables | last  | time  |witness | ...
 *    +--------+------+------+--------+----------+------+-------+-------+-------+--------+---
 *     HOLDMAN\n  u32   u32    u64      16 bytes    u32    u32    u64     u64     u64
 *
 *    72      80         84          88                          size-4  size
 *   ---+-------+---------+-----------+--------- ... -+--- ... ---+-------+
 *      | floor |log_first|number_next| tables        |   zeros   |  crc  |
 *   ---+-------+---------+-----------+--------- ... -+--- ... ---+-------+
 *        u64      u32        u32                       < ALIGN      u32
 *
 * and each table is
 *
 *    0      4     6    8      16        24        32            40            48    50    52
 *    +------+-----+----+------+---------+---------+-------------+-------------+-----+-----+----
 *    |number|level|open| size | entries | deletes | version_min | version_max | min | max |keys
 *    +------+-----+----+------+---------+---------+-------------+-------------+-----+-----+----
 *      u32    u16  u16   u64      u64       u64         u64           u64       u16   u16
 *
 * `min` and `max` being the sizes of the two keys, which follow in that order. `open` 1 says
 * that keys end below the second one, or, if that is empty, nowhere; else it is 0. `size` is
 * that of the copy, its crc included, and the crc is crc32c of everything before it: so the
 * zeros are guarded as well, and a copy is sound as a whole or not at all. Nothing needs a
 * mask: the checksum covers uuid, number and copy, and they are compared with what is expected.
 * Magic, format, copy, size and the place of the crc stay the same in every format to come,
 * that it may be told from damage.
 *
 * The first copy starts at 0. The second follows where a first copy with a checksum that holds
 * ends, whatever the size of the file: so one that was cut or extended still has its first
 * copy. Without such a first copy, the second starts at half the file, rounded down to a
 * multiple of HF_MANIFEST_ALIGN.
 *
 * Promises, kept for any input at all: no byte outside the span is read; a size is compared
 * with what is left before it is used; what decodes GOOD is what encoding it gives, byte for
 * byte; the tables of a copy are walked once, and once for each window that their numbers take
 * (number_is_twice).
 */
#include "format/manifest_format.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/probe.h"
#include "base/span.h"

#define HEAD_SIZE 88u
#define TABLE_HEAD 52u
#define CRC_SIZE 4u
#define COPY_OFF 12u /* of the one field in which the copies differ, their crc aside */

static const char magic[8] = { 'H', 'O', 'L', 'D', 'M', 'A', 'N', '\n' };

_Static_assert(HEAD_SIZE + CRC_SIZE <= HF_MANIFEST_ALIGN, "no copy is without a whole head");

/* ---- what adds up ------------------------------------------------------------------------ */

/* Whether there are keys from the lower bound to the upper one. */
static bool
bounds_are_possible(const struct hf_table_info *table)
{
    return table->key_min.len != 0 && table->key_min.len <= HF_KEY_SIZE_MAX &&
           table->key_max.len <= HF_KEY_SIZE_MAX &&
           (table->key_max.len != 0 || table->max_is_open) &&
           !hf_table_ends_before(table, table->key_min);
}

/* Whether a table can stand in the manifest behind `level`, that of the table before it. */
static bool
table_adds_up(const struct hf_manifest *manifest, const struct hf_table_info *table,
              uint32_t level)
{
    return table->number != 0 && table->number < manifest->number_next &&
           table->number != manifest->number && table->level >= level &&
           table->level < HF_LEVELS && table->size != 0 && table->entries != 0 &&
           table->deletes <= table->entries && table->version_min != 0 &&
           table->version_min <= table->version_max && table->version_max <= manifest->last &&
           bounds_are_possible(table);
}

static bool
head_adds_up(const struct hf_manifest *manifest)
{
    return manifest->number != 0 && manifest->number < manifest->number_next &&
           manifest->last != HF_LATEST;
}

/* ---- to bytes ---------------------------------------------------------------------------- */

static uint64_t
copy_size(const struct hf_manifest *manifest, const struct hf_table_info *tables)
{
    uint64_t size = HEAD_SIZE + CRC_SIZE;

    for (uint32_t i = 0; i < manifest->table_count; i++)
        size += TABLE_HEAD + (uint64_t)tables[i].key_min.len + tables[i].key_max.len;
    return (size + HF_MANIFEST_ALIGN - 1) / HF_MANIFEST_ALIGN * HF_MANIFEST_ALIGN;
}

uint64_t
hf_manifest_size(const struct hf_manifest *manifest, const struct hf_table_info *tables)
{
    return 2 * copy_size(manifest, tables);
}

static void
head_encode(uint8_t *at, const struct hf_manifest *manifest, uint64_t size)
{
    memcpy(at, magic, sizeof magic);
    hf_store_u32(at + 8, manifest->format);
    hf_store_u32(at + COPY_OFF, 0);
    hf_store_u64(at + 16, size);
    memcpy(at + 24, manifest->uuid, sizeof manifest->uuid);
    hf_store_u32(at + 40, manifest->number);
    hf_store_u32(at + 44, manifest->table_count);
    hf_store_u64(at + 48, manifest->last);
    hf_store_u64(at + 56, manifest->time_us);
    hf_store_u64(at + 64, manifest->witness);
    hf_store_u64(at + 72, manifest->floor);
    hf_store_u32(at + 80, manifest->log_first);
    hf_store_u32(at + 84, manifest->number_next);
}

/* Returns where the next table goes. */
static uint8_t *
table_encode(uint8_t *at, const struct hf_table_info *table)
{
    hf_store_u32(at, table->number);
    hf_store_u16(at + 4, (uint16_t)table->level);
    hf_store_u16(at + 6, table->max_is_open);
    hf_store_u64(at + 8, table->size);
    hf_store_u64(at + 16, table->entries);
    hf_store_u64(at + 24, table->deletes);
    hf_store_u64(at + 32, table->version_min);
    hf_store_u64(at + 40, table->version_max);
    hf_store_u16(at + 48, (uint16_t)table->key_min.len);
    hf_store_u16(at + 50, (uint16_t)table->key_max.len);
    at += TABLE_HEAD;
    memcpy(at, table->key_min.at, table->key_min.len);
    if (table->key_max.len != 0)
        memcpy(at + table->key_min.len, table->key_max.at, table->key_max.len);
    return at + table->key_min.len + table->key_max.len;
}

static void
copy_seal(uint8_t *at, uint32_t copy, size_t size)
{
    hf_store_u32(at + COPY_OFF, copy);
    hf_store_u32(at + size - CRC_SIZE, hf_crc32c(0, at, size - CRC_SIZE));
}

void
hf_manifest_encode(void *to, const struct hf_manifest *manifest,
                   const struct hf_table_info *tables)
{
    size_t size = (size_t)copy_size(manifest, tables);
    uint8_t *at = to, *end = at + HEAD_SIZE;
    uint32_t level = 0;

    HF_ASSERT(head_adds_up(manifest));
    head_encode(at, manifest, size);
    for (uint32_t i = 0; i < manifest->table_count; i++) {
        HF_ASSERT(table_adds_up(manifest, &tables[i], level));
        end = table_encode(end, &tables[i]);
        level = tables[i].level;
    }
    memset(end, 0, (size_t)(at + size - end));
    memcpy(at + size, at, size);
    copy_seal(at, 0, size);
    copy_seal(at + size, 1, size);
}

/* ---- and back ---------------------------------------------------------------------------- */

enum hf_manifest_verdict
hf_manifest_next(struct hf_manifest *manifest, struct hf_table_info *table)
{
    const uint8_t *at = manifest->rest.at;
    size_t left = manifest->rest.len, min_size, max_size;

    if (manifest->left == 0)
        return HF_MANIFEST_END;
    if (left < TABLE_HEAD)
        return HF_MANIFEST_BAD;
    left -= TABLE_HEAD;
    min_size = hf_load_u16(at + 48);
    max_size = hf_load_u16(at + 50);
    if (min_size > left || max_size > left - min_size || hf_load_u16(at + 6) > 1)
        return HF_MANIFEST_BAD;
    *table = (struct hf_table_info){
        .number = hf_load_u32(at),
        .level = hf_load_u16(at + 4),
        .max_is_open = hf_load_u16(at + 6) != 0,
        .size = hf_load_u64(at + 8),
        .entries = hf_load_u64(at + 16),
        .deletes = hf_load_u64(at + 24),
        .version_min = hf_load_u64(at + 32),
        .version_max = hf_load_u64(at + 40),
        .key_min = hf_span(at + TABLE_HEAD, min_size),
        .key_max = hf_span(at + TABLE_HEAD + min_size, max_size),
    };
    at += TABLE_HEAD + min_size + max_size;
    manifest->rest = hf_span(at, left - min_size - max_size);
    manifest->left--;
    return HF_MANIFEST_GOOD;
}

#define WINDOW_WORDS 512u
#define WINDOW (WINDOW_WORDS * 64u)

/*
 * Marks in `seen` every number of [first, first + WINDOW). Whether one is there twice; *next is
 * the lowest number behind the window, HF_LATEST if there is none.
 */
static bool
window_has_twice(struct hf_manifest manifest, uint64_t first, uint64_t seen[WINDOW_WORDS],
                 uint64_t *next)
{
    struct hf_table_info table;

    memset(seen, 0, WINDOW_WORDS * sizeof *seen);
    *next = HF_LATEST;
    while (hf_manifest_next(&manifest, &table) == HF_MANIFEST_GOOD) {
        if (table.number >= first + WINDOW && table.number < *next)
            *next = table.number;
        if (table.number < first || table.number >= first + WINDOW)
            continue;
        uint64_t *word = &seen[(table.number - first) / 64];
        uint64_t bit = UINT64_C(1) << (table.number - first) % 64;
        if ((*word & bit) != 0)
            return true;
        *word |= bit;
    }
    return false;
}

/*
 * Whether two tables have the same number. There is no memory to sort them in: so the tables
 * are walked once for each window of numbers, windows without a table left out. Numbers are
 * given one after the other, and as a rule one window or a few hold them all.
 */
static bool
number_is_twice(const struct hf_manifest *manifest)
{
    uint64_t seen[WINDOW_WORDS], next = 0;

    while (next != HF_LATEST) {
        if (window_has_twice(*manifest, next, seen, &next))
            return true;
    }
    return false;
}

/* Whether the tables, and fewer zeros than another HF_MANIFEST_ALIGN, fill the copy. */
static bool
tables_add_up(const struct hf_manifest *manifest)
{
    struct hf_manifest at = *manifest;
    struct hf_table_info table;
    enum hf_manifest_verdict verdict;
    uint32_t level = 0;

    while ((verdict = hf_manifest_next(&at, &table)) == HF_MANIFEST_GOOD) {
        if (!table_adds_up(manifest, &table, level))
            return false;
        level = table.level;
    }
    return verdict == HF_MANIFEST_END && at.rest.len < HF_MANIFEST_ALIGN &&
           hf_span_is_zero(at.rest) &&
           (manifest->table_count < 2 || !number_is_twice(manifest));
}

static void
head_decode(struct hf_manifest *manifest, const uint8_t *at, size_t size)
{
    manifest->format = hf_load_u32(at + 8);
    memcpy(manifest->uuid, at + 24, sizeof manifest->uuid);
    manifest->number = hf_load_u32(at + 40);
    manifest->table_count = hf_load_u32(at + 44);
    manifest->last = hf_load_u64(at + 48);
    manifest->time_us = hf_load_u64(at + 56);
    manifest->witness = hf_load_u64(at + 64);
    manifest->floor = hf_load_u64(at + 72);
    manifest->log_first = hf_load_u32(at + 80);
    manifest->number_next = hf_load_u32(at + 84);
    manifest->rest = hf_span(at + HEAD_SIZE, size - HEAD_SIZE - CRC_SIZE);
    manifest->left = manifest->table_count;
}

/* What a copy with the right checksum takes of the bytes that begin with it; 0: there is none,
 * or it is another one than `copy`. */
static size_t
copy_measure(struct hf_span in, uint32_t copy)
{
    const uint8_t *at = in.at;
    uint64_t size;

    if (in.len < HF_MANIFEST_ALIGN || memcmp(at, magic, sizeof magic) != 0 ||
        hf_load_u32(at + COPY_OFF) != copy)
        return 0;
    size = hf_load_u64(at + 16);
    if (size == 0 || size > in.len || size % HF_MANIFEST_ALIGN != 0 ||
        (hf_load_u32(at + size - CRC_SIZE) != hf_crc32c(0, at, (size_t)size - CRC_SIZE) &&
         !(copy == 0 && HF_PLANTED(manifest_reseal))))
        return 0;
    return (size_t)size;
}

/* Where the second copy is, behind a first one of that size; 0: that one is damaged. */
static size_t
second_off(struct hf_span in, size_t first_size)
{
    return first_size != 0 ? first_size : in.len / 2 / HF_MANIFEST_ALIGN * HF_MANIFEST_ALIGN;
}

/* Judges the copy that fills `in`, or that is not there if `in` is empty. */
static enum hf_manifest_verdict
copy_decode(struct hf_manifest *manifest, struct hf_span in)
{
    if (in.len == 0)
        return HF_MANIFEST_BAD;
    head_decode(manifest, in.at, in.len);
    if (manifest->format > HF_MANIFEST_FORMAT)
        return HF_MANIFEST_NEWER;
    if (manifest->format != HF_MANIFEST_FORMAT || !head_adds_up(manifest) ||
        !tables_add_up(manifest))
        return HF_MANIFEST_BAD;
    return HF_MANIFEST_GOOD;
}

/* Whether two copies with the right checksum are the same but for what makes them two. */
static bool
copies_agree(struct hf_span a, struct hf_span b)
{
    const uint8_t *x = a.at, *y = b.at;
    size_t behind = COPY_OFF + 4;

    return a.len == b.len && memcmp(x, y, COPY_OFF) == 0 &&
           memcmp(x + behind, y + behind, a.len - behind - CRC_SIZE) == 0;
}

enum hf_manifest_verdict
hf_manifest_decode(struct hf_manifest *manifest, struct hf_manifest_copies *copies,
                   struct hf_span in)
{
    struct hf_manifest read[2];
    struct hf_span part[2] = { in, in };
    size_t second;
    bool are_two, agree; /* what agrees is judged once */

    part[0].len = copy_measure(in, 0);
    second = second_off(in, part[0].len);
    if (second != 0)
        part[1] = hf_span((const uint8_t *)in.at + second, in.len - second);
    part[1].len = copy_measure(part[1], 1);
    copies->extra = part[1].len != 0 ? in.len - second - part[1].len : 0;
    are_two = part[0].len != 0 && part[1].len != 0;
    agree = are_two && copies_agree(part[0], part[1]);
    copies->copy[0] = copy_decode(&read[0], part[0]);
    copies->copy[1] = agree ? copies->copy[0] : copy_decode(&read[1], part[1]);

    if (are_two && !agree && !HF_PLANTED(manifest_reseal))
        return HF_MANIFEST_BAD;
    for (int i = 0; i < 2; i++) {
        if (copies->copy[i] != HF_MANIFEST_BAD) {
            *manifest = read[i];
            return copies->copy[i];
        }
    }
    return HF_MANIFEST_BAD;
}

enum hf_manifest_verdict
hf_manifest_peek(struct hf_manifest *manifest, uint64_t *off, struct hf_span in, uint32_t copy)
{
    size_t second = second_off(in, copy_measure(in, 0));
    size_t limit = copy == 0 && second != 0 ? second : in.len;
    const uint8_t *at = in.at;

    *off = copy == 0 ? 0 : second;
    if (*off > limit || limit - *off < HEAD_SIZE + CRC_SIZE ||
        memcmp(at + *off, magic, sizeof magic) != 0)
        return HF_MANIFEST_BAD;
    head_decode(manifest, at + *off, limit - (size_t)*off);
    return HF_MANIFEST_GOOD;
}
