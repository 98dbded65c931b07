/*
 * salvage_table.c - the good blocks of a table, whatever has become of the others.
 *
 * Blocks follow each other from meta to meta, and each tells its kind and length, so a table
 * can be walked without its index. Where a block is bad:
 *
 *   ... | good | bad        | good | ...     its length leads to a good one: only it is lost
 *   ... | good | ??????????? | good | ...    it does not: each byte may be where the next good
 *                                            one begins, and its checksum, which knows the
 *                                            table and the offset, decides
 *
 * How much is lost is told in entries where a meta or the manifest says how many there were;
 * so damage that only an index or the filter has suffered is none.
 */
#include "store/backup/salvage.h"

#include "base/bytes.h"
#include "base/probe.h"
#include "base/span.h"
#include "vfs/vfs_io.h"

#include <inttypes.h>

/* Checksums that a search may compute, in sizes of the file. Bytes that look like the heads of
 * long blocks at every offset would otherwise make it take for ever. */
#define SEARCH_FACTOR 64u

/* A table under the eye. */
struct looking {
    struct hf_salvage *s;
    struct hf_salvage_source *source;
    struct hf_salvage_bytes bytes;
    uint64_t limit;       /* behind the last block */
    uint64_t search_max;  /* bytes that a search may still look at */
    uint64_t entries;     /* in good blocks */
    uint64_t ranges_size; /* of good blocks of ranges */
    uint64_t good_bytes;  /* of blocks */
    uint64_t bad_bytes;
};

/* ---- metas ------------------------------------------------------------------------------- */

static enum hf_table_verdict
meta_at(const struct hf_salvage_bytes *bytes, uint64_t off, uint32_t number,
        struct hf_table_meta *meta)
{
    enum hf_table_verdict verdict;

    if (bytes->size < HF_TABLE_META_SIZE)
        return HF_TABLE_BAD;
    verdict = hf_table_meta_decode(meta, hf_span(bytes->at + off, HF_TABLE_META_SIZE));
    return verdict == HF_TABLE_GOOD && meta->id.number != number ? HF_TABLE_BAD : verdict;
}

/* The first good one of the two. */
static enum hf_table_verdict
find_meta(const struct hf_salvage_bytes *bytes, uint32_t number, struct hf_table_meta *meta)
{
    enum hf_table_verdict verdict = meta_at(bytes, 0, number, meta);

    if (verdict == HF_TABLE_BAD && bytes->size >= HF_TABLE_META_SIZE)
        verdict = meta_at(bytes, bytes->size - HF_TABLE_META_SIZE, number, meta);
    return verdict;
}

bool
hf_salvage_table_uuid(struct hf_salvage *s, uint32_t number, uint8_t uuid[16])
{
    char name[HF_NAME_SIZE_MAX];
    uint8_t raw[HF_TABLE_META_SIZE];
    struct hf_salvage_bytes bytes = { raw, sizeof raw, 0 };
    struct hf_table_meta meta;
    struct hf_file *file = NULL;
    uint64_t size = 0;
    size_t got = 0;
    bool is_good = false;

    hf_table_name(name, number, "");
    if (hf_file_open(&file, s->dir, name, HF_FILE_READ, NULL) != HF_OK ||
        hf_file_size(file, &size, NULL) != HF_OK || size < 2 * sizeof raw)
        size = 0;
    for (unsigned i = 0; size > 0 && !is_good && i < 2; i++) {
        uint64_t off = i == 0 ? 0 : size - sizeof raw;
        is_good = hf_vfs_read_full(file, off, raw, sizeof raw, &got, NULL) == HF_OK &&
                  got == sizeof raw && meta_at(&bytes, 0, number, &meta) == HF_TABLE_GOOD;
    }
    hf_file_close(file);
    if (is_good)
        memcpy(uuid, meta.id.uuid, 16);
    return is_good;
}

/* ---- blocks ------------------------------------------------------------------------------ */

/* Memory for a loaded block; NULL: there is none. */
static struct hf_block *
block_memory(struct hf_salvage *s, struct hf_salvage_source *source, uint64_t size)
{
    if (size <= source->block_size)
        return source->block;
    hf_budget_free(&s->budget, source->block, source->block_size);
    source->block_size = 0;
    source->block = hf_budget_alloc(&s->budget, (size_t)size);
    if (source->block != NULL)
        source->block_size = (size_t)size;
    return source->block;
}

/* Expands the payload of a data block into the source's memory. CORRUPT, NO_MEMORY. */
static enum hf_err
load(struct hf_salvage *s, struct hf_salvage_source *source, struct hf_span payload)
{
    uint64_t size = hf_block_loaded_size(payload);

    if (size == 0)
        return HF_ERR_CORRUPT;
    if (block_memory(s, source, size) == NULL)
        return hf_detail_set(s->detail, HF_ERR_NO_MEMORY,
                             "no memory for a block of %" PRIu64 " bytes", size);
    return hf_block_load(source->block, payload) == HF_TABLE_GOOD ? HF_OK : HF_ERR_CORRUPT;
}

static enum hf_table_verdict
open_block(struct hf_span *payload, struct hf_span in, enum hf_block_kind kind, uint32_t base,
           uint64_t off)
{
    if (HF_PLANTED(salvage_unchecked)) {
        *payload = hf_span((const uint8_t *)in.at + HF_BLOCK_HEAD, in.len - HF_BLOCK_OVERHEAD);
        return HF_TABLE_GOOD;
    }
    return hf_block_open(payload, in, kind, base, off);
}

/* What a block says of itself, as far as that can be. */
static enum hf_table_verdict
peek(enum hf_block_kind *kind, uint32_t *size, struct hf_span in)
{
    if (HF_PLANTED(salvage_len_unbounded) && in.len >= HF_BLOCK_OVERHEAD) {
        *kind = (enum hf_block_kind)hf_load_u32(in.at);
        *size = hf_load_u32((const uint8_t *)in.at + 4) + HF_BLOCK_OVERHEAD;
        return HF_TABLE_GOOD;
    }
    return hf_block_peek(kind, size, in);
}

/* Whether a good block begins at `off`; its kind, size and payload. */
static bool
is_block(struct looking *l, uint64_t off, enum hf_block_kind *kind, uint32_t *size,
         struct hf_span *payload)
{
    struct hf_span rest = hf_span(l->bytes.at + off, l->limit - off);

    if (peek(kind, size, rest) != HF_TABLE_GOOD)
        return false;
    return open_block(payload, hf_span(rest.at, *size), *kind, l->source->mask_base, off) ==
           HF_TABLE_GOOD;
}

static enum hf_err
keep_place(struct looking *l, uint64_t off, uint32_t size)
{
    struct hf_salvage_source *source = l->source;
    struct hf_block_place *places = hf_salvage_grow(l->s, source->places, source->place_count,
                                                    &source->place_capacity, sizeof *places);

    if (places == NULL)
        return HF_ERR_NO_MEMORY;
    source->places = places;
    places[source->place_count++] = (struct hf_block_place){ off, size };
    l->entries += source->block->count;
    return HF_OK;
}

/* Where the walk goes on behind something bad at `off`. */
static uint64_t
search(struct looking *l, uint64_t off)
{
    struct hf_span payload, rest = hf_span(l->bytes.at + off, l->limit - off);
    enum hf_block_kind kind;
    uint32_t size;

    if (hf_block_peek(&kind, &size, rest) == HF_TABLE_GOOD &&
        (off + size == l->limit || is_block(l, off + size, &kind, &size, &payload))) {
        (void)hf_block_peek(&kind, &size, rest);
        return off + size;
    }
    for (off++; off < l->limit; off++) {
        rest = hf_span(l->bytes.at + off, l->limit - off);
        if (hf_block_peek(&kind, &size, rest) != HF_TABLE_GOOD)
            continue;
        if (size > l->search_max)
            return l->limit;
        l->search_max -= size;
        if (is_block(l, off, &kind, &size, &payload))
            return off;
    }
    return l->limit;
}

/* Keeps the ranges of a good block. */
static enum hf_err
keep_ranges(struct looking *l, uint32_t size)
{
    const struct hf_block *block = l->source->block;
    enum hf_err err = HF_OK;

    if (!hf_block_holds_ranges(block))
        return HF_ERR_CORRUPT;
    for (uint32_t i = 0; err == HF_OK && i < block->count; i++) {
        struct hf_entry entry = hf_block_entry(block, i);
        err = hf_salvage_keep_range(l->s, &entry);
    }
    l->ranges_size += size;
    return err;
}

/* What a good block holds. CORRUPT: it does not add up. */
static enum hf_err
keep_block(struct looking *l, uint64_t off, enum hf_block_kind kind, uint32_t size,
           struct hf_span payload)
{
    enum hf_err err;

    if (kind != HF_BLOCK_DATA && kind != HF_BLOCK_RANGES)
        return HF_OK;
    err = load(l->s, l->source, payload);
    if (err != HF_OK)
        return err;
    return kind == HF_BLOCK_DATA ? keep_place(l, off, size) : keep_ranges(l, size);
}

/* From the first block to the last. */
static enum hf_err
walk(struct looking *l)
{
    uint64_t off = HF_TABLE_META_SIZE;
    enum hf_err err = HF_OK;

    while (err == HF_OK && off < l->limit) {
        struct hf_span payload;
        enum hf_block_kind kind;
        uint32_t size;
        bool is_good = is_block(l, off, &kind, &size, &payload);
        if (is_good) {
            err = keep_block(l, off, kind, size, payload);
            is_good = err == HF_OK;
            err = err == HF_ERR_CORRUPT ? HF_OK : err;
        }
        uint64_t next = is_good ? off + size : search(l, off);
        l->good_bytes += is_good ? next - off : 0;
        l->bad_bytes += is_good ? 0 : next - off;
        off = next;
    }
    return err;
}

/* ---- one table --------------------------------------------------------------------------- */

static void
tell(const struct looking *l, uint64_t expected)
{
    uint32_t number = l->source->number;

    if (expected > l->entries)
        hf_salvage_lose(l->s, "table-%010u: %" PRIu64 " of %" PRIu64 " entries are lost",
                        (unsigned)number, expected - l->entries, expected);
    else if (expected == 0 && (l->bad_bytes > 0 || l->entries == 0))
        hf_salvage_lose(
            l->s, "table-%010u: %" PRIu64 " entries were found, %" PRIu64 " bytes are damaged",
            (unsigned)number, l->entries, l->bad_bytes);
    else
        hf_salvage_say(l->s, "table-%010u: all %" PRIu64 " entries%s", (unsigned)number,
                       l->entries, l->bad_bytes > 0 ? "; damaged elsewhere" : "");
}

static enum hf_err
add_source(struct hf_salvage *s, uint32_t number)
{
    struct hf_salvage_source *sources =
        hf_salvage_grow(s, s->sources, s->source_count, &s->source_capacity, sizeof *sources);

    if (sources == NULL)
        return HF_ERR_NO_MEMORY;
    s->sources = sources;
    sources[s->source_count++] = (struct hf_salvage_source){ .number = number };
    return HF_OK;
}

/* Whether of the table that the manifest knows some blocks were not found: they may be ranges,
 * of which only the metas tell. */
static bool
lacks_blocks(const struct looking *l, const struct hf_table_info *info)
{
    return info != NULL && l->good_bytes + 2 * HF_TABLE_META_SIZE < info->size;
}

/* With the bytes there. */
static enum hf_err
look(struct hf_salvage *s, uint32_t number, const struct hf_table_info *info, struct looking *l)
{
    struct hf_table_id id = { .number = number };
    struct hf_table_meta meta = { .entries = 0 };
    enum hf_table_verdict verdict = find_meta(&l->bytes, number, &meta);
    uint64_t expected = info != NULL ? info->entries : 0;
    enum hf_err err;

    if (verdict == HF_TABLE_NEWER)
        return hf_detail_set(s->detail, HF_ERR_VERSION,
                             "table-%010u was written by a newer Holdfast", (unsigned)number);
    if (expected == 0 && verdict == HF_TABLE_GOOD)
        expected = meta.entries;
    memcpy(id.uuid, verdict == HF_TABLE_GOOD ? meta.id.uuid : s->env.uuid, sizeof id.uuid);
    l->source->mask_base = hf_table_mask_base(&id);
    l->limit = l->bytes.size;
    if (verdict == HF_TABLE_GOOD && meta.file_size == l->bytes.size)
        l->limit -= HF_TABLE_META_SIZE;
    l->search_max = SEARCH_FACTOR * l->bytes.size;
    err = walk(l);
    if (err == HF_OK)
        tell(l, expected);
    if (err == HF_OK && verdict == HF_TABLE_GOOD && l->ranges_size < meta.ranges_size)
        hf_salvage_lose(s, "table-%010u: ranges are lost; what they had deleted may show again",
                        (unsigned)number);
    else if (err == HF_OK && verdict != HF_TABLE_GOOD && lacks_blocks(l, info))
        hf_salvage_lose(s,
                        "table-%010u: neither meta is readable, nor every block; what ranges "
                        "had deleted may show again",
                        (unsigned)number);
    return err;
}

enum hf_err
hf_salvage_table(struct hf_salvage *s, uint32_t number, const struct hf_table_info *info)
{
    struct looking l = { .s = s };
    char name[HF_NAME_SIZE_MAX];
    enum hf_err err = add_source(s, number);

    if (err != HF_OK)
        return hf_detail_set(s->detail, err, "no memory to look at another table");
    l.source = &s->sources[s->source_count - 1];
    hf_table_name(name, number, "");
    err = hf_salvage_read(s, name, &l.bytes);
    if (err == HF_OK && l.bytes.at != NULL)
        err = look(s, number, info, &l);
    s->report.tables += l.bytes.at != NULL;
    hf_salvage_forget(s, &l.bytes);
    return err;
}

/* ---- its entries ------------------------------------------------------------------------- */

static enum hf_err
read_block(struct hf_salvage *s, struct hf_salvage_source *source, struct hf_block_place place,
           uint8_t *raw)
{
    char name[HF_NAME_SIZE_MAX];
    struct hf_file *file = NULL;
    struct hf_span payload;
    size_t got = 0;
    enum hf_err err;

    hf_table_name(name, source->number, "");
    err = hf_file_open(&file, s->dir, name, HF_FILE_READ, NULL);
    if (err == HF_OK)
        err = hf_vfs_read_full(file, place.off, raw, place.size, &got, NULL);
    hf_file_close(file);
    if (err != HF_OK || got != place.size ||
        open_block(&payload, hf_span(raw, place.size), HF_BLOCK_DATA, source->mask_base,
                   place.off) != HF_TABLE_GOOD)
        return HF_ERR_CORRUPT;
    return load(s, source, payload);
}

/* Loads the next block. NO_MEMORY; CORRUPT: it is not what it was any more. */
static enum hf_err
next_block(struct hf_salvage *s, struct hf_salvage_source *source)
{
    struct hf_block_place place = source->places[source->place_next++];
    uint8_t *raw = hf_budget_alloc(&s->budget, place.size);
    enum hf_err err;

    if (raw == NULL)
        return hf_detail_set(s->detail, HF_ERR_NO_MEMORY, "no memory to read a block");
    err = read_block(s, source, place, raw);
    hf_budget_free(&s->budget, raw, place.size);
    if (err == HF_ERR_CORRUPT)
        hf_salvage_lose(s, "table-%010u at %" PRIu64 ": a block that was good cannot be read",
                        (unsigned)source->number, place.off);
    return err;
}

enum hf_err
hf_salvage_table_next(struct hf_salvage *s, struct hf_salvage_source *source)
{
    bool is_begun = source->place_next > 0;
    enum hf_err err = HF_OK;

    source->index++;
    if (is_begun && source->index < source->block->count) {
        source->entry = hf_block_entry(source->block, source->index);
        return HF_OK;
    }
    do {
        source->at_end = source->place_next == source->place_count;
        if (!source->at_end)
            err = next_block(s, source);
    } while (!source->at_end && err == HF_ERR_CORRUPT);
    if (err == HF_OK && !source->at_end) {
        source->index = 0;
        source->entry = hf_block_entry(source->block, 0);
    }
    return source->at_end ? HF_OK : err;
}
