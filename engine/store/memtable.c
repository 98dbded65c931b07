/*
 * memtable.c - the indexes over the log's memory.
 */
#include "store/memtable.h"

#include "base/bytes.h"
#include "base/hash.h"
#include "base/probe.h"
#include "base/span.h"
#include "format/wal_format.h"
#include "store/frames.h"

#define PAGE_BITS_MIN 4u
#define FANOUT_MIN 4u
#define LARGE_SEGMENT (UINT64_C(1) << 20)

/* Pages of 2^bits slots, so that an index starts no larger than a segment makes worth while. */
static unsigned
page_bits(uint64_t segment_size)
{
    unsigned bits = HF_HASH_PAGE_BITS;

    for (uint64_t size = LARGE_SEGMENT; size > segment_size && bits > PAGE_BITS_MIN; size /= 2)
        bits--;
    return bits;
}

enum hf_err
hf_memtable_open(struct hf_memtable *table, struct hf_budget *budget, uint64_t seed,
                 uint64_t segment_size)
{
    *table = (struct hf_memtable){ .budget = budget, .seed = seed };
    table->fanout = segment_size < LARGE_SEGMENT ? FANOUT_MIN : HF_ORDERED_FANOUT;
    hf_segments_init(&table->segments, budget);
    hf_links_init(&table->links, budget);
    return hf_hash_open(&table->hash, budget, page_bits(segment_size));
}

void
hf_memtable_close(struct hf_memtable *table)
{
    if (table->budget == NULL)
        return;
    hf_ordered_close(table->ordered);
    hf_hash_close(table->hash);
    hf_links_fini(&table->links);
    hf_segments_fini(&table->segments);
    *table = (struct hf_memtable){ 0 };
}

uint64_t
hf_memtable_hash(const struct hf_memtable *table, struct hf_span key)
{
    return hf_hash_bytes_of(key.at, key.len, table->seed);
}

static struct hf_span
key_at(const struct hf_memtable *table, uint64_t ref)
{
    const uint8_t *op = hf_segments_at(&table->segments, ref);
    return hf_span(op + HF_WAL_OP_HEAD, hf_load_u16(op + 1));
}

static inline struct hf_hash_slot *
slot_of(const struct hf_memtable *table, struct hf_span key, uint64_t hash)
{
    struct hf_hash_slot *slot = hf_hash_find(table->hash, hash, NULL);

    while (slot != NULL && !hf_span_equal(key_at(table, slot->ref), key))
        slot = hf_hash_find(table->hash, hash, slot);
    return slot;
}

/* ---- writing ----------------------------------------------------------------------------- */

enum hf_err
hf_memtable_reserve(struct hf_memtable *table, uint64_t hash)
{
    hf_hash_prefetch(table->hash, hash); /* the insert comes when it has arrived */
    return hf_hash_reserve(table->hash, hash);
}

enum hf_err
hf_memtable_reserve_links(struct hf_memtable *table, uint64_t count)
{
    return hf_links_reserve(&table->links, count);
}

void
hf_memtable_insert(struct hf_memtable *table, uint64_t hash, uint64_t ref)
{
    struct hf_hash_slot *slot = slot_of(table, key_at(table, ref), hash);

    if (HF_PLANTED(index_skip_delete) &&
        hf_segments_at(&table->segments, ref)[0] == HF_WAL_DELETE)
        return;
    if (slot == NULL) {
        hf_hash_insert(table->hash, hash, ref);
        return;
    }
    hf_links_add(&table->links, ref, slot->ref);
    slot->ref = ref;
}

void
hf_memtable_settle(struct hf_memtable *table)
{
    hf_hash_settle(table->hash);
}

/* ---- reading ----------------------------------------------------------------------------- */

const uint8_t *
hf_memtable_as_of(const struct hf_memtable *table, uint64_t ref, uint64_t version)
{
    const uint8_t *op = hf_segments_at(&table->segments, ref);

    while (hf_wal_op_version(op) > version) {
        HF_MARK(view_old_version);
        ref = hf_links_older(&table->links, ref);
        if (ref == 0)
            return NULL;
        op = hf_segments_at(&table->segments, ref);
    }
    return op;
}

const uint8_t *
hf_memtable_find(const struct hf_memtable *table, struct hf_span key, uint64_t hash,
                 uint64_t version)
{
    const struct hf_hash_slot *slot = slot_of(table, key, hash);

    return slot == NULL ? NULL : hf_memtable_as_of(table, slot->ref, version);
}

void
hf_memtable_forget(struct hf_memtable *table, uint64_t floor)
{
    while (!hf_links_is_empty(&table->links)) {
        uint64_t newer = hf_links_front(&table->links);
        if (hf_wal_op_version(hf_segments_at(&table->segments, newer)) > floor)
            return;
        hf_links_drop_front(&table->links);
    }
}

/* ---- the ordered index ------------------------------------------------------------------- */

static struct hf_span
ordered_key(const void *context, uint64_t ref)
{
    return key_at(context, ref);
}

static enum hf_err
index_frame(struct hf_memtable *table, uint32_t segment, const struct hf_frame *frame)
{
    uint64_t off = frame->off + HF_WAL_FRAME_HEAD + HF_WAL_COMMIT_HEAD;

    for (uint32_t i = 0; i < frame->count; i++) {
        struct hf_wal_op op = hf_wal_op_decode(table->segments.list[segment].base + off);
        enum hf_err err = hf_ordered_put(table->ordered, op.key, hf_ref(segment, off));
        if (err != HF_OK)
            return err;
        off += op.size;
    }
    return HF_OK;
}

enum hf_err
hf_memtable_catch_up(struct hf_memtable *table, uint64_t frames, bool *behind)
{
    struct hf_frame frame;
    enum hf_err err = HF_OK;

    *behind = true;
    if (table->ordered == NULL)
        err =
            hf_ordered_open(&table->ordered, table->budget, table->fanout, ordered_key, table);
    while (err == HF_OK && table->ordered_segment < table->segments.count) {
        if (!hf_frame_next(&frame, &table->segments.list[table->ordered_segment],
                           table->ordered_off)) {
            if (table->ordered_segment + 1 == table->segments.count) {
                *behind = false;
                return HF_OK;
            }
            table->ordered_segment++;
            table->ordered_off = 0;
            continue;
        }
        if (frames-- == 0)
            return HF_OK;
        err = index_frame(table, table->ordered_segment, &frame);
        if (err == HF_OK)
            table->ordered_off = frame.off + frame.size;
    }
    if (err == HF_OK)
        *behind = false;
    return err;
}

/* ---- checking ---------------------------------------------------------------------------- */

/* Whether the operation at `ref` is what the hash index and the links say of its key. */
static const char *
check_op(const struct hf_memtable *table, uint64_t ref)
{
    struct hf_span key = key_at(table, ref);
    struct hf_hash_slot *slot = slot_of(table, key, hf_memtable_hash(table, key));
    uint64_t older = hf_links_older(&table->links, ref);

    if (slot == NULL)
        return "memtable invariant 1: an operation's key is not in the hash index";
    if (slot->ref < ref)
        return "memtable invariant 1: the hash index leads past the newest operation";
    if (older == 0)
        return NULL;
    if (!hf_span_equal(key_at(table, older), key) ||
        hf_wal_op_version(hf_segments_at(&table->segments, older)) >
            hf_wal_op_version(hf_segments_at(&table->segments, ref)))
        return "memtable invariant 2: a link leads to another key or forward in time";
    return NULL;
}

static const char *
check_segment(const struct hf_memtable *table, uint32_t segment)
{
    const struct hf_segment *bytes = &table->segments.list[segment];
    struct hf_frame frame;

    for (uint64_t off = 0; hf_frame_next(&frame, bytes, off); off = frame.off + frame.size) {
        uint64_t at = frame.off + HF_WAL_FRAME_HEAD + HF_WAL_COMMIT_HEAD;
        for (uint32_t i = 0; i < frame.count; i++) {
            const char *broken = check_op(table, hf_ref(segment, at));
            if (broken != NULL)
                return broken;
            at += hf_wal_op_decode(bytes->base + at).size;
        }
    }
    return NULL;
}

static const char *
check_ordered(const struct hf_memtable *table)
{
    const char *broken = hf_ordered_check(table->ordered);
    struct hf_ordered_place place = hf_ordered_seek(table->ordered, hf_span(NULL, 0));

    for (; broken == NULL && !hf_ordered_at_end(place); place = hf_ordered_next(place)) {
        struct hf_span key = key_at(table, hf_ordered_ref(place));
        if (slot_of(table, key, hf_memtable_hash(table, key)) == NULL)
            broken = "memtable invariant 3: an ordered key is not in the hash index";
    }
    if (hf_ordered_count(table->ordered) > hf_hash_count(table->hash))
        broken = "memtable invariant 3: more ordered keys than hashed ones";
    return broken;
}

const char *
hf_memtable_check(const struct hf_memtable *table)
{
    const char *broken = hf_hash_check(table->hash);

    for (uint32_t i = 0; broken == NULL && i < table->segments.count; i++)
        broken = check_segment(table, i);
    if (broken == NULL && table->ordered != NULL)
        broken = check_ordered(table);
    return broken;
}
