/*
 * ranges_format_test.c - deleted ranges in all three formats that have them: golden files, and
 * what is no range.
 *
 * Method: a log, a table and an incremental snapshot that delete the same three ranges, beside
 * little else, are made by the encoders and read again, in memory of exactly their size; every
 * bit of them is flipped. What is read is a sum over the ranges in their order, so that a wrong
 * one is seen as well as a missing one. Then files whose checksums hold say what no file may.
 * The golden files are compared byte by byte. Run from the top of the tree; with the argument
 * "write" it writes them anew.
 */
#include "format/snapshot_format.h"
#include "format/wal_walk.h"

#include "base/assert.h"
#include "base/crc32c.h"
#include "base/span.h"
#include "base/tap.h"
#include "format/test_golden.h"

#include <stdlib.h>

#define FILE_MAX 2048u
#define RANGES 3u
#define BASE 5u
#define LAST 9u

struct range {
    const char *from, *to; /* "": there is no end */
    uint64_t version;
};

/* In the order of entries: by their first keys, of equal ones the newest first. */
static const struct range truth[RANGES] = { { "goats", "goose", 8 },
                                            { "kelp", "kelpie", 9 },
                                            { "kelp", "", 7 } };

struct file {
    uint8_t bytes[FILE_MAX];
    size_t size;
};

/* What reading found: how many ranges, a sum over them, and whether the file was whole. */
struct found {
    unsigned ranges;
    uint32_t sum;
    bool is_whole;
};

typedef void make_fn(struct file *file, const struct range *ranges);
typedef struct found read_fn(const uint8_t *bytes, size_t size);

static struct hf_span
text(const char *word)
{
    return hf_span(word, strlen(word));
}

static void
add_range(struct found *found, struct hf_span from, struct hf_span to, uint64_t version)
{
    found->ranges++;
    found->sum = hf_crc32c(found->sum, from.at, from.len);
    found->sum = hf_crc32c(found->sum, "-", 1);
    found->sum = hf_crc32c(found->sum, to.at, to.len);
    found->sum = hf_crc32c(found->sum, &version, sizeof version);
}

/* A block of entries: of `ranges`, or of one key. Returns the payload's size. */
static size_t
pack(uint8_t *payload, const struct range *ranges, uint32_t count, uint64_t *loaded_size)
{
    static uint8_t last_key[HF_KEY_SIZE_MAX];
    struct hf_block_builder builder;

    hf_block_begin(&builder, payload, FILE_MAX / 2, last_key);
    for (uint32_t i = 0; i < count; i++) {
        struct hf_entry entry = { text(ranges[i].from), text(ranges[i].to), ranges[i].version,
                                  1000 * ranges[i].version, false };
        HF_ASSERT(hf_block_add(&builder, &entry));
    }
    if (builder.loaded_size > *loaded_size)
        *loaded_size = builder.loaded_size;
    return hf_block_finish(&builder);
}

/* ---- a log: one commit that deletes them all --------------------------------------------- */

static void
make_log(struct file *file, const struct range *ranges)
{
    struct hf_wal_header header = { .format = HF_WAL_FORMAT,
                                    .sector = HF_WAL_SECTOR_MIN,
                                    .uuid = "sixteen bytes id",
                                    .number = 7,
                                    .salt = 0x5A17 };
    struct hf_wal_group group = { .first = LAST, .segment = 7 };
    uint32_t base = hf_wal_mask_base(&header), back = HF_WAL_FRAME_HEAD + HF_WAL_COMMIT_HEAD;
    uint8_t *at = file->bytes + HF_WAL_SECTOR_MIN;
    uint64_t off = HF_WAL_SECTOR_MIN + HF_WAL_GROUP_SIZE;

    memset(file, 0, sizeof *file);
    hf_wal_header_encode(file->bytes, &header);
    hf_wal_group_encode(at, &group, base, HF_WAL_SECTOR_MIN);
    at = file->bytes + off;
    hf_wal_commit_encode(at, LAST, 1000 * LAST, RANGES);
    for (unsigned i = 0; i < RANGES; i++) {
        struct hf_span from = text(ranges[i].from), to = text(ranges[i].to);
        hf_wal_op_encode(at + back, HF_WAL_DELETE_RANGE, back, from, to);
        back += (uint32_t)hf_wal_op_size(from.len, to.len);
    }
    hf_wal_frame_begin(at, HF_WAL_COMMIT, back - HF_WAL_FRAME_HEAD);
    hf_wal_frame_end(at, back - HF_WAL_FRAME_HEAD, base, off);
    file->size = (size_t)off + back + HF_WAL_FRAME_OVERHEAD - HF_WAL_FRAME_HEAD;
}

/* A commit tells no versions apart: the truth's are taken for its operations. */
static void
read_commit(struct found *found, const uint8_t *frame, uint32_t count)
{
    const uint8_t *at = frame + HF_WAL_FRAME_HEAD + HF_WAL_COMMIT_HEAD;

    for (uint32_t i = 0; i < count; i++) {
        struct hf_wal_op op = hf_wal_op_decode(at);
        if (op.type == HF_WAL_DELETE_RANGE && i < RANGES)
            add_range(found, op.key, op.value, truth[i].version);
        at += op.size;
    }
}

static struct found
read_log(const uint8_t *bytes, size_t size)
{
    struct found found = { 0 };
    struct hf_wal_header header;
    struct hf_wal_walk walk;
    enum hf_wal_step step;

    if (hf_wal_header_decode(&header, hf_span(bytes, size)) != HF_WAL_GOOD)
        return found;
    hf_wal_walk_init(&walk, hf_span(bytes, size), &header, 0);
    while ((step = hf_wal_walk_next(&walk)) < HF_WAL_STEP_END) {
        if (step == HF_WAL_STEP_COMMIT)
            read_commit(&found, bytes + walk.frame_off, walk.commit.count);
    }
    found.is_whole = step == HF_WAL_STEP_END && found.ranges == RANGES;
    return found;
}

/* ---- a table: one key, and two blocks of ranges ------------------------------------------ */

static const struct range key = { "kelp", "holds on", 6 };
static const struct hf_table_id id = { .uuid = "sixteen bytes id", .number = 7 };

static struct hf_block_place
put_block(struct file *file, enum hf_block_kind kind, size_t payload_size)
{
    struct hf_block_place place = { file->size, (uint32_t)payload_size + HF_BLOCK_OVERHEAD };

    hf_block_seal(file->bytes + file->size, kind, (uint32_t)payload_size,
                  hf_table_mask_base(&id), file->size);
    file->size += place.size;
    return place;
}

static size_t
pack_index(uint8_t *payload, struct hf_block_place below, uint64_t *loaded_size)
{
    static uint8_t last_key[HF_KEY_SIZE_MAX];
    uint8_t value[HF_BLOCK_PLACE_SIZE];
    struct hf_entry lead = { text(key.from), hf_span(value, sizeof value), key.version, 0,
                             false };
    struct hf_block_builder builder;

    hf_block_place_encode(value, below);
    hf_block_begin(&builder, payload, FILE_MAX / 2, last_key);
    HF_ASSERT(hf_block_add(&builder, &lead));
    if (builder.loaded_size > *loaded_size)
        *loaded_size = builder.loaded_size;
    return hf_block_finish(&builder);
}

static void
make_table(struct file *file, const struct range *ranges)
{
    struct hf_table_meta meta = { .format = HF_TABLE_FORMAT,
                                  .id = id,
                                  .entries = 1,
                                  .version_min = key.version,
                                  .version_max = LAST,
                                  .key_size_max = 6,
                                  .entry_size_max = 12,
                                  .depth = 1 };
    uint64_t loaded_size = 0;

    memset(file, 0, sizeof *file);
    file->size = HF_TABLE_META_SIZE;
#define PAYLOAD (file->bytes + file->size + HF_BLOCK_HEAD)
    struct hf_block_place data =
        put_block(file, HF_BLOCK_DATA, pack(PAYLOAD, &key, 1, &loaded_size));
    meta.root = put_block(file, HF_BLOCK_INDEX, pack_index(PAYLOAD, data, &loaded_size));
    meta.ranges_size =
        put_block(file, HF_BLOCK_RANGES, pack(PAYLOAD, ranges, 1, &loaded_size)).size;
    struct hf_block_place last =
        put_block(file, HF_BLOCK_RANGES, pack(PAYLOAD, ranges + 1, RANGES - 1, &loaded_size));
#undef PAYLOAD
    meta.ranges_size += last.size;
    meta.block_size_max = last.size > meta.root.size ? last.size : meta.root.size;
    meta.loaded_size_max = (uint32_t)loaded_size;
    meta.data_size = 12;
    for (unsigned i = 0; i < RANGES; i++)
        meta.data_size += text(ranges[i].from).len + text(ranges[i].to).len;
    meta.file_size = file->size + HF_TABLE_META_SIZE;
    hf_table_meta_encode(file->bytes, &meta);
    hf_table_meta_encode(file->bytes + file->size, &meta);
    file->size += HF_TABLE_META_SIZE;
}

/* Adds the ranges of a payload; false: it holds none. */
static bool
read_ranges(struct found *found, struct hf_span payload)
{
    uint64_t size = hf_block_loaded_size(payload);
    struct hf_block *block = malloc(size == 0 ? 1 : (size_t)size);
    bool is_good = size > 0 && hf_block_load(block, payload) == HF_TABLE_GOOD &&
                   hf_block_holds_ranges(block);

    for (uint32_t i = 0; is_good && i < block->count; i++) {
        struct hf_entry range = hf_block_entry(block, i);
        add_range(found, range.key, range.value, range.version);
    }
    free(block);
    return is_good;
}

/* Walks the blocks from meta to meta; the ranges are where the meta says. */
static struct found
read_table(const uint8_t *bytes, size_t size)
{
    struct found found = { 0 };
    struct hf_table_meta meta, again;
    struct hf_block_place place = { .off = HF_TABLE_META_SIZE };
    uint64_t limit = size - HF_TABLE_META_SIZE;
    enum hf_block_kind kind;
    struct hf_span payload;

    if (size < 2 * HF_TABLE_META_SIZE ||
        hf_table_meta_decode(&meta, hf_span(bytes, size)) != HF_TABLE_GOOD ||
        hf_table_meta_decode(&again, hf_span(bytes + limit, HF_TABLE_META_SIZE)) !=
            HF_TABLE_GOOD)
        return found;
    while (place.off < limit) {
        struct hf_span rest = hf_span(bytes + place.off, (size_t)(limit - place.off));
        if (hf_block_peek(&kind, &place.size, rest) != HF_TABLE_GOOD ||
            hf_block_open(&payload, hf_span(rest.at, place.size), kind, hf_table_mask_base(&id),
                          place.off) != HF_TABLE_GOOD)
            return found;
        if ((kind == HF_BLOCK_RANGES) != (place.off >= limit - meta.ranges_size) ||
            (kind == HF_BLOCK_RANGES && !read_ranges(&found, payload)))
            return found;
        place.off += place.size;
    }
    found.is_whole = found.ranges == RANGES;
    return found;
}

/* ---- a snapshot: an increment of nothing else -------------------------------------------- */

static void
put_snapshot(struct file *file, const struct range *ranges, uint64_t base)
{
    struct hf_snapshot_header header = { HF_SNAPSHOT_FORMAT, 1000 * LAST, LAST, base };
    struct hf_snapshot_identity identity = { "sixteen bytes id", "lineage as well" };
    struct hf_snapshot_writer writer;
    uint64_t loaded_size = 0;

    memset(file, 0, sizeof *file);
    hf_snapshot_begin(&writer, file->bytes, &header, &identity);
    for (unsigned i = 0; i < RANGES; i += 2) {
        uint8_t *at = file->bytes + writer.off;
        size_t size =
            pack(at + HF_BLOCK_HEAD, ranges + i, i + 2 < RANGES ? 2 : RANGES - i, &loaded_size);
        (void)hf_snapshot_seal(&writer, at, HF_BLOCK_RANGES, (uint32_t)size);
    }
    hf_snapshot_entries(&writer, file->bytes + writer.off);
    hf_snapshot_end(&writer, file->bytes + writer.off);
    file->size = (size_t)writer.off;
}

static void
make_snapshot(struct file *file, const struct range *ranges)
{
    put_snapshot(file, ranges, BASE);
}

static struct found
read_snapshot(const uint8_t *bytes, size_t size)
{
    static uint8_t last_key[HF_KEY_SIZE_MAX];
    struct found found = { 0 };
    struct hf_snapshot_reader reader;
    enum hf_snapshot_step step = HF_SNAPSHOT_IDENTITY;
    size_t used;

    hf_snapshot_reader_init(&reader, last_key);
    while (step > HF_SNAPSHOT_MORE && step < HF_SNAPSHOT_END) {
        step = hf_snapshot_next(&reader, hf_span(bytes + reader.off, size - reader.off), &used);
        if (step != HF_SNAPSHOT_RANGES)
            continue;
        struct hf_block *block = malloc((size_t)reader.loaded_size);
        bool is_good = hf_snapshot_load_ranges(&reader, block);
        for (uint32_t i = 0; is_good && i < block->count; i++) {
            struct hf_entry range = hf_block_entry(block, i);
            add_range(&found, range.key, range.value, range.version);
        }
        free(block);
        step = is_good ? step : HF_SNAPSHOT_BAD;
    }
    found.is_whole = step == HF_SNAPSHOT_END && found.ranges == RANGES;
    return found;
}

/* ---- properties -------------------------------------------------------------------------- */

#define GOLDEN "engine/format/golden/"

static const struct format {
    const char *what, *golden;
    make_fn *make;
    read_fn *read;
    size_t ignored_from, ignored_to; /* bytes that carry nothing */
} formats[] = {
    { "log", GOLDEN "wal-format-1-ranges.segment", make_log, read_log, HF_WAL_HEADER_SIZE,
      HF_WAL_SECTOR_MIN },
    { "table", GOLDEN "table-format-1-ranges.table", make_table, read_table, 0, 0 },
    { "snapshot", GOLDEN "snapshot-format-1-ranges.snapshot", make_snapshot, read_snapshot, 0,
      0 },
};

/* Reads a copy of exactly that size. */
static struct found
read_copy(const struct format *format, const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size == 0 ? 1 : size);

    memcpy(copy, bytes, size);
    struct found found = format->read(copy, size);
    free(copy);
    return found;
}

static void
test_format(const struct format *format)
{
    struct file file;
    struct found wanted = { 0 }, found;
    unsigned missed = 0, invented = 0;

    format->make(&file, truth);
    for (unsigned i = 0; i < RANGES; i++)
        add_range(&wanted, text(truth[i].from), text(truth[i].to), truth[i].version);
    found = read_copy(format, file.bytes, file.size);
    TAP_OK(found.is_whole && found.sum == wanted.sum, "a %s gives its ranges back",
           format->what);
    TAP_OK(golden_is(format->golden, file.bytes, file.size), "and is as its golden file");
    for (size_t bit = 0; bit < 8 * file.size; bit++) {
        if (bit / 8 >= format->ignored_from && bit / 8 < format->ignored_to)
            continue;
        file.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        found = read_copy(format, file.bytes, file.size);
        file.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        missed += found.is_whole;
        invented += found.ranges == RANGES && found.sum != wanted.sum;
    }
    TAP_OK(missed == 0 && invented == 0, "and every flipped bit of it is noticed");
}

/* ---- lies whose checksums hold ----------------------------------------------------------- */

static const struct lie {
    const char *what;
    struct range ranges[RANGES];
    bool for_log; /* whose commit may have its ranges in any order, and one version */
} lies[] = {
    { "a range that goes down",
      { { "a", "b", 9 }, { "kelp", "kel", 8 }, { "z", "", 7 } },
      true },
    { "a range of nothing", { { "a", "b", 9 }, { "kelp", "kelp", 8 }, { "z", "", 7 } }, true },
    { "a range twice", { { "a", "b", 9 }, { "kelp", "m", 8 }, { "kelp", "", 8 } }, false },
    { "an older range first",
      { { "a", "b", 9 }, { "kelp", "m", 7 }, { "kelp", "", 8 } },
      false },
    { "ranges out of order", { { "a", "b", 9 }, { "m", "n", 8 }, { "kelp", "", 8 } }, false },
};

static void
test_lies(const struct format *format)
{
    struct file file;

    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        if (format->make == make_log && !lies[i].for_log)
            continue;
        format->make(&file, lies[i].ranges);
        TAP_OK(!read_copy(format, file.bytes, file.size).is_whole,
               "no %s has %s, though all checksums hold", format->what, lies[i].what);
    }
}

/* An increment holds what came after its base, and a full snapshot has nothing to delete. */
static void
test_bases(void)
{
    static const struct range late[RANGES] = { { "a", "b", LAST + 1 },
                                               { "c", "d", 9 },
                                               { "e", "", 9 } };
    const struct format *format = &formats[2];
    struct file file;

    put_snapshot(&file, truth, 0);
    TAP_OK(!read_copy(format, file.bytes, file.size).is_whole, "a full snapshot has no ranges");
    put_snapshot(&file, truth, LAST - 1);
    TAP_OK(!read_copy(format, file.bytes, file.size).is_whole,
           "an increment has none that its base had");
    put_snapshot(&file, late, BASE);
    TAP_OK(!read_copy(format, file.bytes, file.size).is_whole, "and none above its version");
}

int
main(int argc, char **argv)
{
    struct file file;

    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (argc > 1 && strcmp(argv[1], "write") == 0) {
            formats[i].make(&file, truth);
            golden_write(formats[i].golden, file.bytes, file.size);
            continue;
        }
        test_format(&formats[i]);
        test_lies(&formats[i]);
    }
    if (argc == 1)
        test_bases();
    return argc == 1 ? tap_done() : 0;
}
