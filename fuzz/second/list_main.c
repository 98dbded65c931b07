/*
 * list_main.c - what is in files of a database, line by line: the C's side of a comparison.
 *
 *     list FILE...
 *
 * list.py beside this says the same, written in another language from docs/formats.md alone. A
 * line that differs is a mistake in one of the two or a gap in that page. Nothing is judged or
 * left out here: all that the codecs of engine/format/ make of the bytes is printed.
 */
#include "base/hash.h"
#include "format/manifest_format.h"
#include "format/snapshot_format.h"
#include "format/wal_walk.h"
#include "fuzz/take.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- bytes ------------------------------------------------------------------------------- */

static void
print_bytes(struct hf_span bytes)
{
    const uint8_t *at = bytes.at;

    if (bytes.len == 0)
        putchar('-');
    for (size_t i = 0; i < bytes.len; i++)
        printf("%02x", at[i]);
}

/* A word, then the bytes. */
static void
print_field(const char *word, struct hf_span bytes)
{
    fputs(word, stdout);
    print_bytes(bytes);
}

/* A number after a blank. */
static void
print_u64(uint64_t number)
{
    printf(" %" PRIu64, number);
}

/* ---- a log segment ----------------------------------------------------------------------- */

static void
list_operations(const struct hf_wal_commit *commit)
{
    const uint8_t *at = commit->ops.at;

    for (uint32_t n = commit->count; n > 0; n--) {
        struct hf_wal_op op = hf_wal_op_decode(at);
        print_field(op.type == HF_WAL_PUT      ? "put "
                    : op.type == HF_WAL_DELETE ? "delete "
                                               : "range ",
                    op.key);
        if (op.type != HF_WAL_DELETE)
            print_field(" ", op.value);
        putchar('\n');
        at += op.size;
    }
}

static void
list_wal_step(const struct hf_wal_walk *walk, enum hf_wal_step step)
{
    struct hf_wal_link link;
    struct hf_wal_seal seal;

    if (step == HF_WAL_STEP_GROUP) {
        printf("group %" PRIu64 " %" PRIu32 " %" PRIu64 " %" PRIu64 " %" PRIu32 "\n",
               walk->frame_off, walk->group.number, walk->group.synced, walk->group.first,
               walk->group.segment);
        return;
    }
    switch (walk->frame.type) {
    case HF_WAL_COMMIT:
        printf("commit %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu32 "\n", walk->frame_off,
               walk->commit.version, walk->commit.time_us, walk->commit.count);
        list_operations(&walk->commit);
        break;
    case HF_WAL_LINK:
        link = hf_wal_link_decode(walk->frame.payload);
        printf("link %" PRIu64 " %" PRIu32 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
               walk->frame_off, link.prev, link.prev_end, link.last, link.synced);
        break;
    case HF_WAL_SEAL:
        seal = hf_wal_seal_decode(walk->frame.payload);
        printf("seal %" PRIu64 " %" PRIu64 " %" PRIu32 "\n", walk->frame_off, seal.last,
               seal.next);
        break;
    }
}

static void
list_wal(struct hf_span in)
{
    struct hf_wal_header header;
    enum hf_wal_verdict verdict = hf_wal_header_decode(&header, in);
    struct hf_wal_walk walk;
    enum hf_wal_step step;

    if (verdict != HF_WAL_GOOD) {
        puts(verdict == HF_WAL_NEWER ? "header newer" : "header bad");
        return;
    }
    printf("header %" PRIu32 " %" PRIu32 " ", header.format, header.sector);
    print_bytes(hf_span(header.uuid, sizeof header.uuid));
    printf(" %" PRIu32 " %" PRIu32 " %" PRIu64 " %" PRIu64 "\n", header.number, header.salt,
           header.synced, header.prepared);
    hf_wal_walk_init(&walk, in, &header, 0);
    while ((step = hf_wal_walk_next(&walk)) < HF_WAL_STEP_END)
        list_wal_step(&walk, step);
    uint64_t witness = hf_wal_walk_probe(&walk, walk.end).witness;
    witness = walk.witness > witness ? walk.witness : witness;
    witness = header.synced > witness ? header.synced : witness;
    printf("%s %" PRIu64 " %" PRIu64 "\n",
           step == HF_WAL_STEP_END    ? "end"
           : step == HF_WAL_STEP_TORN ? "torn"
                                      : "newer",
           walk.end, witness);
}

/* ---- entries and samples ----------------------------------------------------------------- */

/* Entries that are no deletes go by `word`. */
static void
list_entries(const struct hf_block *block, const char *word)
{
    for (uint32_t i = 0; i < block->count; i++) {
        struct hf_entry entry = hf_block_entry(block, i);
        print_field(entry.is_delete ? "delete " : word, entry.key);
        print_u64(entry.version);
        print_u64(entry.time_us);
        print_field(" ", entry.value);
        putchar('\n');
    }
}

/* The block that a payload loads to; the caller frees it. NULL: it is bad. */
static struct hf_block *
load_entries(struct hf_span payload)
{
    uint64_t size = hf_block_loaded_size(payload);
    struct hf_block *block = size == 0 ? NULL : fuzz_take(size);

    if (block != NULL && hf_block_load(block, payload) == HF_TABLE_GOOD)
        return block;
    free(block);
    return NULL;
}

static void
list_samples(const struct hf_sample *samples, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        printf("sample %" PRIu64 " %" PRIu64 "\n", samples[i].version, samples[i].time_us);
}

/* ---- a table ----------------------------------------------------------------------------- */

struct table {
    struct hf_table_meta meta;
    uint8_t *filter; /* the payload of the last filter block */
    unsigned filter_count;
    struct hf_block *data[1000]; /* sound ones, for their keys */
    unsigned data_count;
};

static bool
list_meta(const char *name, struct hf_table_meta *meta, struct hf_span in)
{
    enum hf_table_verdict verdict = hf_table_meta_decode(meta, in);

    fputs(name, stdout);
    if (verdict != HF_TABLE_GOOD) {
        puts(verdict == HF_TABLE_NEWER ? " newer" : " bad");
        return false;
    }
    printf(" %" PRIu32 " ", meta->format);
    print_bytes(hf_span(meta->id.uuid, sizeof meta->id.uuid));
    uint64_t numbers[] = { meta->id.number,       meta->file_size,    meta->entries,
                           meta->deletes,         meta->version_min,  meta->version_max,
                           meta->data_size,       meta->root.off,     meta->root.size,
                           meta->depth,           meta->filter_off,   meta->filter_count,
                           meta->samples.off,     meta->samples.size, meta->block_size_max,
                           meta->loaded_size_max, meta->key_size_max, meta->entry_size_max,
                           meta->ranges_size };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        print_u64(numbers[i]);
    putchar('\n');
    return true;
}

static void
list_entry_block(struct table *table, enum hf_block_kind kind, struct hf_span payload)
{
    struct hf_block *block = load_entries(payload);
    bool is_good = block != NULL && (kind != HF_BLOCK_RANGES || hf_block_holds_ranges(block));

    puts(is_good ? "" : " bad");
    if (!is_good) {
        free(block);
        return;
    }
    list_entries(block, kind == HF_BLOCK_RANGES ? "range " : "put ");
    if (kind == HF_BLOCK_DATA && table->data_count < sizeof table->data / sizeof *table->data)
        table->data[table->data_count++] = block;
    else
        free(block);
}

static void
list_samples_block(struct hf_span payload)
{
    uint32_t count = hf_samples_count(payload);
    struct hf_sample *samples = fuzz_take(count * sizeof *samples);
    bool is_good = count > 0 && hf_samples_decode(samples, payload) == HF_TABLE_GOOD;

    puts(is_good ? "" : " bad");
    if (is_good)
        list_samples(samples, count);
    free(samples);
}

static void
list_filter_block(struct table *table, struct hf_span payload)
{
    puts(payload.len == HF_FILTER_PAYLOAD ? "" : " bad");
    if (payload.len != HF_FILTER_PAYLOAD)
        return;
    free(table->filter);
    table->filter = fuzz_copy(payload);
    table->filter_count++;
}

static void
list_block(struct table *table, struct hf_span in, enum hf_block_kind kind, uint64_t off)
{
    uint32_t base = hf_table_mask_base(&table->meta.id);
    struct hf_span payload;

    printf("block %" PRIu64 " %d %zu", off, (int)kind, in.len - HF_BLOCK_OVERHEAD);
    if (hf_block_open(&payload, in, kind, base, off) != HF_TABLE_GOOD)
        puts(" bad");
    else if (kind == HF_BLOCK_SAMPLES)
        list_samples_block(payload);
    else if (kind == HF_BLOCK_FILTER)
        list_filter_block(table, payload);
    else
        list_entry_block(table, kind, payload);
}

static void
list_key(const struct table *table, struct hf_span key)
{
    uint64_t seed = hf_filter_seed(table->meta.id.uuid);
    uint64_t hash = hf_hash_bytes_of(key.at, key.len, seed);

    print_field("key ", key);
    printf(" %016" PRIx64 " %d\n", hash, hf_filter_may_have(table->filter, hash));
}

/* Block by block, without the index; what the only filter block says of each key. */
static void
list_blocks(struct table *table, struct hf_span in)
{
    uint64_t limit = in.len - HF_TABLE_META_SIZE;
    uint64_t off = HF_TABLE_META_SIZE;

    while (off < limit) {
        const uint8_t *at = (const uint8_t *)in.at + off;
        enum hf_block_kind kind;
        uint32_t size;
        if (hf_block_peek(&kind, &size, hf_span(at, limit - off)) != HF_TABLE_GOOD ||
            (kind > HF_BLOCK_SAMPLES && kind != HF_BLOCK_RANGES)) {
            printf("lost %" PRIu64 "\n", off);
            return;
        }
        list_block(table, hf_span(at, size), kind, off);
        off += size;
    }
    for (unsigned i = 0; table->filter_count == 1 && i < table->data_count; i++) {
        for (uint32_t j = 0; j < table->data[i]->count; j++)
            list_key(table, hf_block_entry(table->data[i], j).key);
    }
}

static void
list_table(struct hf_span in)
{
    struct table table = { .data_count = 0 };
    size_t tail = in.len < HF_TABLE_META_SIZE ? 0 : HF_TABLE_META_SIZE;
    struct hf_table_meta last;
    bool has_first = list_meta("first", &table.meta, in);
    bool has_last =
        list_meta("last", &last, hf_span((const uint8_t *)in.at + in.len - tail, tail));

    if (!has_first)
        table.meta = last;
    if ((has_first || has_last) && in.len >= 2 * HF_TABLE_META_SIZE)
        list_blocks(&table, in);
    for (unsigned i = 0; i < table.data_count; i++)
        free(table.data[i]);
    free(table.filter);
}

/* ---- a manifest -------------------------------------------------------------------------- */

static void
list_table_info(const struct hf_table_info *info)
{
    printf("table %" PRIu32 " %" PRIu32 " %d %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
           " %" PRIu64,
           info->number, info->level, info->max_is_open, info->size, info->entries,
           info->deletes, info->version_min, info->version_max);
    print_field(" ", info->key_min);
    print_field(" ", info->key_max);
    putchar('\n');
}

static void
list_manifest(struct hf_span in)
{
    static const char *const words[] = { "good", "bad", "newer" };
    struct hf_manifest manifest;
    struct hf_manifest_copies copies;
    struct hf_table_info info;
    enum hf_manifest_verdict verdict = hf_manifest_decode(&manifest, &copies, in);

    if (verdict != HF_MANIFEST_GOOD) {
        puts(words[verdict]);
        return;
    }
    printf("copies %s %s\n", words[copies.copy[0]], words[copies.copy[1]]);
    print_field("manifest ", hf_span(manifest.uuid, sizeof manifest.uuid));
    printf(" %" PRIu32 " %" PRIu32 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu32
           " %" PRIu32 "\n",
           manifest.number, manifest.table_count, manifest.last, manifest.time_us,
           manifest.witness, manifest.floor, manifest.log_first, manifest.number_next);
    while (hf_manifest_next(&manifest, &info) == HF_MANIFEST_GOOD)
        list_table_info(&info);
}

/* ---- a snapshot -------------------------------------------------------------------------- */

static void
list_identity(const struct hf_snapshot_reader *reader)
{
    const struct hf_snapshot_header *header = &reader->header;

    printf("identity %" PRIu32 " %" PRIu64 " %" PRIu64 " %" PRIu64, header->format,
           header->time_us, header->version, header->base);
    print_field(" ", hf_span(reader->identity.uuid, 16));
    print_field(" ", hf_span(reader->identity.lineage, 16));
    putchar('\n');
}

/* What a step brought; false: it is bad after all. */
static bool
list_pieces(struct hf_snapshot_reader *reader, enum hf_snapshot_step step)
{
    void *memory =
        fuzz_take(step == HF_SNAPSHOT_SAMPLES ? reader->count * sizeof(struct hf_sample)
                                              : reader->loaded_size);
    bool is_good = step == HF_SNAPSHOT_SAMPLES  ? hf_snapshot_load_samples(reader, memory)
                   : step == HF_SNAPSHOT_RANGES ? hf_snapshot_load_ranges(reader, memory)
                                                : hf_snapshot_load_entries(reader, memory);

    if (is_good && step == HF_SNAPSHOT_SAMPLES) {
        list_samples(memory, reader->count);
    } else if (is_good) {
        printf("data %" PRIu64 " %" PRIu32 "\n", reader->piece_off, reader->count);
        list_entries(memory, step == HF_SNAPSHOT_RANGES ? "range " : "put ");
    }
    free(memory);
    return is_good;
}

static void
list_snapshot(struct hf_span in)
{
    static uint8_t last_key[HF_KEY_SIZE_MAX];
    struct hf_snapshot_reader reader;
    enum hf_snapshot_step step = HF_SNAPSHOT_MORE;
    bool goes_on = true;

    hf_snapshot_reader_init(&reader, last_key);
    while (goes_on) {
        const uint8_t *at = (const uint8_t *)in.at + reader.off;
        size_t used;
        step = hf_snapshot_next(&reader, hf_span(at, in.len - (size_t)reader.off), &used);
        if (step == HF_SNAPSHOT_IDENTITY)
            list_identity(&reader);
        else if (step == HF_SNAPSHOT_SAMPLES || step == HF_SNAPSHOT_RANGES ||
                 step == HF_SNAPSHOT_ENTRIES)
            goes_on = list_pieces(&reader, step);
        else
            goes_on = false;
    }
    if (step == HF_SNAPSHOT_END && reader.off == in.len)
        printf("end %" PRIu64 "\n", reader.off);
    else
        puts(step == HF_SNAPSHOT_NEWER ? "newer" : "bad");
}

/* ---- files ------------------------------------------------------------------------------- */

static const struct {
    const char *magic, *name;
    void (*list)(struct hf_span in);
} kinds[] = { { "HOLDWAL\n", "wal", list_wal },
              { "HOLDTAB\n", "table", list_table },
              { "HOLDMAN\n", "manifest", list_manifest },
              { "HOLDSNAP", "snapshot", list_snapshot } };

static void
list_bytes(const char *path, struct hf_span in)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (in.len >= 8 && memcmp(in.at, kinds[i].magic, 8) == 0) {
            printf("== %s %s\n", path, kinds[i].name);
            kinds[i].list(in);
            return;
        }
    }
    printf("== %s unknown\n", path);
}

static bool
list_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    long size = -1;

    if (file != NULL && fseek(file, 0, SEEK_END) == 0)
        size = ftell(file);
    if (size < 0) {
        perror(path);
        return false;
    }
    rewind(file);
    uint8_t *bytes = fuzz_take((uint64_t)size);
    bool is_read = fread(bytes, 1, (size_t)size, file) == (size_t)size;
    if (is_read)
        list_bytes(path, hf_span(bytes, (size_t)size));
    else
        perror(path);
    free(bytes);
    fclose(file);
    return is_read;
}

int
main(int argc, char **argv)
{
    bool is_done = argc > 1;

    for (int i = 1; i < argc; i++)
        is_done = list_file(argv[i]) && is_done;
    return is_done ? 0 : 2;
}
