/*
 * memtable.c - the indexes over the log's memory.
 */
#include "store/memtable/memtable.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "base/probe.h"
#include "base/span.h"
#include "format/wal_format.h"
#include "store/log/frames.h"

#define PAGE_BITS_MIN 4u
#define FANOUT_MIN 4u
#define LARGE_SEGMENT (UINT64_C(1) << 20)
#define CACHE_LINE 64 /* bytes that a processor loads at once */
#define DEAD 0x80u    /* in the type of an operation that nothing leads to: nobody sees it */
#define HOPS_MAX 256u /* from the newest version of a key to an old one that is to be moved */

/* Pages of 2^bits slots, so that an index starts no larger than a segment makes worth while. */
static unsigned
page_bits(uint64_t segment_size)
{
    unsigned bits = HF_HASH_PAGE_BITS;

    for (uint64_t size = LARGE_SEGMENT; size > segment_size && bits > PAGE_BITS_MIN; size /= 2)
        bits--;
    return bits;
}

static uint64_t
linked_version(const void *context, uint64_t ref)
{
    const struct hf_memtable *table = context;

    return hf_wal_op_version(hf_segments_at(&table->segments, ref));
}

enum hf_err
hf_memtable_open(struct hf_memtable **out, struct hf_budget *budget, uint64_t seed,
                 uint64_t segment_size)
{
    struct hf_memtable *table = hf_budget_alloc(budget, sizeof *table);
    enum hf_err err;

    *out = NULL;
    if (table == NULL)
        return HF_ERR_NO_MEMORY;
    *table = (struct hf_memtable){ .budget = budget, .refs = 1, .seed = seed };
    table->fanout = segment_size < LARGE_SEGMENT ? FANOUT_MIN : HF_ORDERED_FANOUT;
    hf_segments_init(&table->segments, budget);
    hf_links_init(&table->links, budget, linked_version, table);
    err = hf_hash_open(&table->hash, budget, page_bits(segment_size));
    if (err != HF_OK)
        hf_memtable_unref(table);
    else
        *out = table;
    return err;
}

void
hf_memtable_share(struct hf_memtable *table, struct hf_readers *readers)
{
    table->segments.readers = readers;
    hf_hash_share(table->hash, readers);
}

void
hf_memtable_ref(struct hf_memtable *table)
{
    table->refs++;
}

void
hf_memtable_unref(struct hf_memtable *table)
{
    if (table == NULL || --table->refs > 0)
        return;
    hf_ordered_close(table->ordered);
    hf_hash_close(table->hash);
    hf_links_fini(&table->links);
    hf_range_set_close(table->ranges);
    hf_segments_fini(&table->segments);
    hf_budget_free(table->budget, table, sizeof *table);
}

uint64_t
hf_memtable_hash(const struct hf_memtable *table, struct hf_span key)
{
    return hf_hash_bytes_of(key.at, key.len, table->seed);
}

static struct hf_span
key_at(const struct hf_memtable *table, uint64_t ref)
{
    return hf_wal_op_key(hf_segments_at(&table->segments, ref));
}

static uint64_t
version_at(const struct hf_memtable *table, uint64_t ref)
{
    return hf_wal_op_version(hf_segments_at(&table->segments, ref));
}

/* The operation at `ref`, as an end of a link. */
static struct hf_link_end
end_at(const struct hf_memtable *table, uint64_t ref)
{
    return (struct hf_link_end){ ref, version_at(table, ref) };
}

static inline struct hf_hash_slot *
slot_of(const struct hf_memtable *table, struct hf_span key, uint64_t hash)
{
    struct hf_hash_slot *slot = hf_hash_find(table->hash, hash, NULL);

    while (slot != NULL && !hf_span_equal(key_at(table, slot->ref), key))
        slot = hf_hash_find(table->hash, hash, slot);
    return slot;
}

/* ---- the living and the dead ------------------------------------------------------------- */

/* Bytes that go with an operation: its frame's too, if it is alone there. */
static uint64_t
bytes_of(const uint8_t *op)
{
    struct hf_wal_op decoded = hf_wal_op_decode(op);
    bool is_alone = hf_wal_op_count(op) == 1;

    return decoded.size + (is_alone ? HF_WAL_FRAME_OVERHEAD + HF_WAL_COMMIT_HEAD : 0);
}

static void
count_dead(struct hf_memtable *table, struct hf_segment *segment, uint64_t bytes)
{
    segment->dead += bytes;
    table->dead_bytes += bytes;
}

/* A delete lives, but nobody wants to keep it. */
static void
note_living(struct hf_memtable *table, uint64_t ref)
{
    const uint8_t *op = hf_segments_at(&table->segments, ref);
    struct hf_segment *segment = hf_segments_of(&table->segments, ref);

    segment->living++;
    if (hf_wal_op_version(op) > segment->last)
        segment->last = hf_wal_op_version(op);
    if (op[0] == HF_WAL_DELETE)
        count_dead(table, segment, bytes_of(op));
    else
        table->living_bytes += bytes_of(op);
}

static void
note_dead(struct hf_memtable *table, uint64_t ref)
{
    struct hf_segment *segment = hf_segments_of(&table->segments, ref);
    uint8_t *op = segment->base + (uint32_t)ref;

    segment->living--;
    if (op[0] != HF_WAL_DELETE) {
        count_dead(table, segment, bytes_of(op));
        table->living_bytes -= bytes_of(op);
    }
    __atomic_store_n(op, op[0] | DEAD, __ATOMIC_RELAXED); /* a reader may stand here yet */
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

static void
count_op(struct hf_memtable *table, const struct hf_wal_op *op)
{
    uint64_t size = op->key.len + op->value.len;

    table->entries++;
    table->data_bytes += size;
    if (size > table->entry_size_max)
        table->entry_size_max = size;
    if (op->key.len > table->key_size_max)
        table->key_size_max = (uint32_t)op->key.len;
}

void
hf_memtable_insert(struct hf_memtable *table, uint64_t hash, uint64_t ref)
{
    const uint8_t *at = hf_segments_at(&table->segments, ref);
    struct hf_wal_op op = hf_wal_op_decode(at);
    struct hf_hash_slot *slot = slot_of(table, op.key, hash);

    count_op(table, &op);
    if (HF_PLANTED(index_skip_delete) && op.type == HF_WAL_DELETE)
        return;
    if (table->tells_dead)
        note_living(table, ref);
    if (slot == NULL) {
        hf_hash_insert(table->hash, hash, ref);
        return;
    }
    hf_links_add(&table->links, (struct hf_link_end){ ref, hf_wal_op_version(at) }, slot->ref);
    hf_hash_lead(slot, ref);
}

void
hf_memtable_settle(struct hf_memtable *table)
{
    hf_hash_settle(table->hash);
    if (table->ranges != NULL)
        hf_range_set_abandon(table->ranges);
}

/* ---- ranges ------------------------------------------------------------------------------ */

static bool
is_range(const uint8_t *op)
{
    return (op[0] & ~DEAD) == HF_WAL_DELETE_RANGE;
}

enum hf_err
hf_memtable_reserve_range(struct hf_memtable *table, const struct hf_range_delete *range)
{
    struct hf_range_set *first = NULL;
    enum hf_err err = HF_OK;

    if (table->ranges == NULL)
        err = hf_range_set_open(&first, table->budget);
    if (first != NULL)
        __atomic_store_n(&table->ranges, first, __ATOMIC_RELAXED);
    return err == HF_OK ? hf_range_set_add(table->ranges, range) : err;
}

/* The set has keys of its own: nobody looks for a range in the log again. */
void
hf_memtable_insert_range(struct hf_memtable *table, uint64_t ref)
{
    struct hf_segment *segment = hf_segments_of(&table->segments, ref);
    uint8_t *op = segment->base + (uint32_t)ref;
    struct hf_wal_op decoded = hf_wal_op_decode(op);

    count_op(table, &decoded);
    if (decoded.value.len > table->key_size_max)
        table->key_size_max = (uint32_t)decoded.value.len;
    hf_range_set_publish(table->ranges);
    if (!table->tells_dead)
        return;
    count_dead(table, segment, bytes_of(op));
    if (hf_wal_op_version(op) > segment->last)
        segment->last = hf_wal_op_version(op);
    op[0] |= DEAD;
}

/* ---- reading ----------------------------------------------------------------------------- */

/* The operation at `newest` is too new. */
static uint64_t
ref_of_old(const struct hf_memtable *table, struct hf_link_end newest, uint64_t version)
{
    uint64_t ref = hf_links_as_of(&table->links, newest, version);

    HF_MARK(view_old_version);
    return ref == 0 || version_at(table, ref) > version ? 0 : ref;
}

uint64_t
hf_memtable_ref_as_of(const struct hf_memtable *table, uint64_t ref, uint64_t version)
{
    struct hf_link_end newest = end_at(table, ref);

    return newest.version <= version ? ref : ref_of_old(table, newest, version);
}

uint64_t
hf_memtable_ref_older(const struct hf_memtable *table, uint64_t ref)
{
    struct hf_link_end end = end_at(table, ref);

    /* Operations of one commit share its version: only the last of them counts. */
    do {
        end.ref = hf_links_older(&table->links, end);
    } while (end.ref != 0 && version_at(table, end.ref) == end.version);
    return end.ref;
}

struct hf_entry
hf_memtable_entry(const struct hf_memtable *table, uint64_t ref)
{
    return hf_wal_op_entry(hf_segments_at(&table->segments, ref));
}

/* The head of its frame, if it is alone there; itself; and most often all of its value. */
void
hf_memtable_prefetch(const struct hf_memtable *table, uint64_t ref)
{
    const uint8_t *op = hf_segments_at(&table->segments, ref);

    __builtin_prefetch(op - HF_WAL_FRAME_HEAD - HF_WAL_COMMIT_HEAD);
    __builtin_prefetch(op + CACHE_LINE - HF_WAL_FRAME_HEAD - HF_WAL_COMMIT_HEAD);
    __builtin_prefetch(op + 2 * CACHE_LINE - HF_WAL_FRAME_HEAD - HF_WAL_COMMIT_HEAD);
    __asm__ volatile(""); /* see hf_hash_prefetch */
}

/* What a reader gets of a key that a range deletes, its newest operation being `op` or none. */
static const uint8_t *
find_below_ranges(const struct hf_memtable *table, struct hf_span key, uint64_t version,
                  const uint8_t *op)
{
    static const uint8_t deleted[HF_WAL_OP_HEAD] = { HF_WAL_DELETE };
    uint64_t cover = hf_range_set_cover(table->ranges, key, version);

    if (cover == 0 || (op != NULL && hf_wal_op_version(op) >= cover))
        return op;
    return deleted;
}

const uint8_t *
hf_memtable_find(const struct hf_memtable *table, struct hf_span key, uint64_t hash,
                 uint64_t version)
{
    const struct hf_hash_slot *slot = slot_of(table, key, hash);
    uint64_t ref = slot == NULL ? 0 : hf_memtable_ref_as_of(table, slot->ref, version);
    const uint8_t *op = ref == 0 ? NULL : hf_segments_at(&table->segments, ref);

    return table->ranges == NULL ? op : find_below_ranges(table, key, version, op);
}

/*
 * The commit of `version` was indexed before the reader learned of the version. So whatever it
 * finds here says all up to there, or is too new; ranges up to there have made the set.
 */
enum hf_peek
hf_memtable_peek(const struct hf_memtable *table, struct hf_span key, uint64_t hash,
                 uint64_t version, struct hf_entry *entry)
{
    const uint8_t *op = NULL;

    if (__atomic_load_n(&table->ranges, __ATOMIC_RELAXED) != NULL)
        return HF_PEEK_UNSURE;
    for (struct hf_hash_slot *slot = NULL; op == NULL;) {
        slot = hf_hash_find(table->hash, hash, slot);
        if (slot == NULL)
            return HF_PEEK_NONE;
        const uint8_t *at = hf_segments_at(&table->segments, hf_hash_ref(slot));
        if (hf_span_equal(hf_wal_op_key(at), key))
            op = at;
    }
    uint8_t type = __atomic_load_n(op, __ATOMIC_RELAXED) & (uint8_t)~DEAD;
    *entry = (struct hf_entry){
        .key = hf_wal_op_key(op),
        .value = hf_wal_op_value(op),
        .version = hf_wal_op_version(op),
        .time_us = hf_wal_op_time(op),
        .is_delete = type == HF_WAL_DELETE,
    };
    if (entry->version > version)
        return HF_PEEK_UNSURE;
    return entry->is_delete ? HF_PEEK_DELETE : HF_PEEK_ENTRY;
}

bool
hf_memtable_first(const struct hf_memtable *table, struct hf_frame *frame)
{
    for (uint32_t i = 0; i < table->segments.count; i++) {
        if (hf_frame_next(frame, &table->segments.list[i], 0))
            return true;
    }
    return false;
}

uint64_t
hf_memtable_linked_from(const struct hf_memtable *table)
{
    return hf_links_is_empty(&table->links) ? UINT64_MAX
                                            : hf_links_front(&table->links).version;
}

void
hf_memtable_forget(struct hf_memtable *table, uint64_t floor, uint64_t most)
{
    for (; most > 0 && hf_memtable_linked_from(table) <= floor; most--) {
        uint64_t older = hf_links_front_older(&table->links);
        if (table->tells_dead && older != 0)
            note_dead(table, older);
        hf_links_drop_front(&table->links);
    }
}

/* ---- giving back ------------------------------------------------------------------------- */

bool
hf_memtable_is_dead(const struct hf_memtable *table, uint64_t ref)
{
    return (hf_segments_at(&table->segments, ref)[0] & DEAD) != 0;
}

bool
hf_memtable_find_newer(const struct hf_memtable *table, uint64_t ref, uint64_t *newer)
{
    struct hf_span key = key_at(table, ref);
    uint64_t at = slot_of(table, key, hf_memtable_hash(table, key))->ref;

    *newer = 0;
    for (unsigned hops = 0; at != ref; hops++) {
        if (hops == HOPS_MAX)
            return false;
        *newer = at;
        at = hf_links_older(&table->links, end_at(table, at));
        HF_ASSERT(at != 0); /* invariant 4 */
    }
    return true;
}

void
hf_memtable_move(struct hf_memtable *table, uint64_t from, uint64_t to, uint64_t newer)
{
    struct hf_span key = key_at(table, to);
    enum hf_err err = HF_OK;

    note_dead(table, from);
    note_living(table, to);
    if (newer != 0) {
        hf_links_relink(&table->links, end_at(table, newer), to);
        return;
    }
    hf_hash_lead(slot_of(table, key, hf_memtable_hash(table, key)), to);
    if (table->ordered != NULL)
        err = hf_ordered_put(table->ordered, key, to);
    HF_ASSERT(err == HF_OK); /* the key is there: nothing was allocated */
}

void
hf_memtable_drop(struct hf_memtable *table, uint64_t ref, uint64_t newer)
{
    struct hf_span key = key_at(table, ref);
    uint64_t hash = hf_memtable_hash(table, key);

    note_dead(table, ref);
    if (newer != 0) {
        hf_links_relink(&table->links, end_at(table, newer), 0);
        return;
    }
    if (table->ordered != NULL)
        hf_ordered_remove(table->ordered, key);
    hf_hash_remove(table->hash, hash, slot_of(table, key, hash));
}

void
hf_memtable_drop_segment(struct hf_memtable *table, uint32_t number)
{
    struct hf_segment *segment = hf_segments_of(&table->segments, hf_ref(number, 0));

    HF_ASSERT(segment->living == 0);
    table->dead_bytes -= segment->dead;
    hf_segments_drop(&table->segments, number);
}

/* ---- the ordered index ------------------------------------------------------------------- */

static struct hf_span
ordered_key(const void *context, uint64_t ref)
{
    return key_at(context, ref);
}

/*
 * What the ordered index shall say of the key of the operation at `ref`: that operation. Where
 * records move, a later place need not mean a later version, and the hash index has the answer;
 * 0: nothing.
 */
static uint64_t
ref_to_order(const struct hf_memtable *table, struct hf_span key, uint64_t ref)
{
    if (!table->tells_dead)
        return ref;
    const struct hf_hash_slot *slot = slot_of(table, key, hf_memtable_hash(table, key));
    return slot == NULL ? 0 : slot->ref;
}

static enum hf_err
index_frame(struct hf_memtable *table, uint32_t segment, const struct hf_frame *frame)
{
    uint64_t ref = hf_ref(segment, frame->off + HF_WAL_FRAME_HEAD + HF_WAL_COMMIT_HEAD);

    for (uint32_t i = 0; i < frame->count; i++) {
        const uint8_t *at = hf_segments_at(&table->segments, ref);
        struct hf_wal_op op = hf_wal_op_decode(at);
        uint64_t newest = is_range(at) ? 0 : ref_to_order(table, op.key, ref);
        enum hf_err err = HF_OK;
        if (newest != 0)
            err = hf_ordered_put(table->ordered, op.key, newest);
        if (err != HF_OK)
            return err;
        ref += op.size;
    }
    return HF_OK;
}

/* Passes segments that were dropped before they were read. */
static void
skip_dropped(struct hf_memtable *table)
{
    if (table->ordered_segment < table->segments.first) {
        table->ordered_segment = table->segments.first;
        table->ordered_off = 0;
    }
}

enum hf_err
hf_memtable_catch_up(struct hf_memtable *table, uint64_t frames, bool *behind)
{
    const struct hf_segments *segments = &table->segments;
    struct hf_frame frame;
    enum hf_err err = HF_OK;

    *behind = segments->count > 0;
    if (table->ordered == NULL)
        err =
            hf_ordered_open(&table->ordered, table->budget, table->fanout, ordered_key, table);
    skip_dropped(table);
    while (err == HF_OK && *behind) {
        uint64_t at = hf_ref(table->ordered_segment, 0);
        if (!hf_frame_next(&frame, hf_segments_of(segments, at), table->ordered_off)) {
            if (table->ordered_segment == hf_segments_newest_number(segments)) {
                /* What is behind the last commit, such as a link, is passed for good. */
                table->ordered_off = segments->list[segments->count - 1].used;
                *behind = false;
                break;
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
    return err;
}

bool
hf_memtable_is_behind(const struct hf_memtable *table)
{
    return table->ordered != NULL && table->segments.count > 0 &&
           (table->ordered_segment != hf_segments_newest_number(&table->segments) ||
            table->ordered_off < table->segments.list[table->segments.count - 1].used);
}

/* ---- checking ---------------------------------------------------------------------------- */

/* What a walk over all operations has counted. */
struct tally {
    uint64_t living, dead; /* as marked, and bytes; of one segment */
    uint64_t living_total, living_bytes, dead_total;
    uint64_t reached, keys; /* from slots, and by links */
};

/* Walks from the newest operation of a key through all that links lead to. */
static const char *
check_chain(const struct hf_memtable *table, uint64_t ref, struct tally *tally)
{
    tally->keys++;
    for (; ref != 0; ref = hf_links_older(&table->links, end_at(table, ref))) {
        tally->reached++;
        if (hf_memtable_is_dead(table, ref))
            return "memtable invariant 4: an operation that can be reached is marked dead";
    }
    return NULL;
}

/* Whether the operation at `ref` is what the hash index and the links say of its key. */
static const char *
check_op(const struct hf_memtable *table, uint64_t ref, struct tally *tally)
{
    struct hf_span key = key_at(table, ref);
    struct hf_hash_slot *slot = slot_of(table, key, hf_memtable_hash(table, key));
    uint64_t older = hf_links_older(&table->links, end_at(table, ref));

    if (is_range(hf_segments_at(&table->segments, ref)) ||
        (table->tells_dead && hf_memtable_is_dead(table, ref)))
        return NULL;
    if (slot == NULL)
        return "memtable invariant 1: an operation's key is not in the hash index";
    if (table->tells_dead ? version_at(table, slot->ref) < version_at(table, ref)
                          : slot->ref < ref)
        return "memtable invariant 1: the hash index leads past the newest operation";
    if (older != 0 && (!hf_span_equal(key_at(table, older), key) ||
                       version_at(table, older) > version_at(table, ref)))
        return "memtable invariant 2: a link leads to another key or forward in time";
    return table->tells_dead && slot->ref == ref ? check_chain(table, ref, tally) : NULL;
}

static void
tally_op(const struct hf_memtable *table, uint64_t ref, struct tally *tally)
{
    const uint8_t *op = hf_segments_at(&table->segments, ref);
    bool is_dead = hf_memtable_is_dead(table, ref);

    tally->living += !is_dead;
    if (is_dead || op[0] == HF_WAL_DELETE)
        tally->dead += bytes_of(op);
    else
        tally->living_bytes += bytes_of(op);
}

static const char *
check_counts(const struct hf_segment *segment, struct tally *tally)
{
    if (segment->living != tally->living || segment->dead != tally->dead)
        return "memtable invariant 4: a segment miscounts its living or its dead";
    tally->living_total += tally->living;
    tally->dead_total += tally->dead;
    tally->living = tally->dead = 0;
    return NULL;
}

static const char *
check_segment(const struct hf_memtable *table, uint32_t index, struct tally *tally)
{
    const struct hf_segment *segment = &table->segments.list[index];
    const char *broken = NULL;
    struct hf_frame frame;

    for (uint64_t off = 0; hf_frame_next(&frame, segment, off); off = frame.off + frame.size) {
        uint64_t at = frame.off + HF_WAL_FRAME_HEAD + HF_WAL_COMMIT_HEAD;
        for (uint32_t i = 0; broken == NULL && i < frame.count; i++) {
            uint64_t ref = hf_ref(table->segments.first + index, at);
            if (table->tells_dead)
                tally_op(table, ref, tally);
            broken = check_op(table, ref, tally);
            at += hf_wal_op_decode(segment->base + at).size;
        }
    }
    if (broken == NULL && table->tells_dead)
        broken = check_counts(segment, tally);
    return broken;
}

static const char *
check_totals(const struct hf_memtable *table, const struct tally *tally)
{
    if (!table->tells_dead)
        return NULL;
    if (tally->keys != hf_hash_count(table->hash))
        return "memtable invariant 4: a slot leads to nothing that is there";
    if (tally->reached != tally->living_total)
        return "memtable invariant 4: an operation that nothing leads to is not marked dead";
    if (tally->dead_total != table->dead_bytes || tally->living_bytes != table->living_bytes)
        return "memtable invariant 4: the bytes of the living or the dead are not the sum";
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
    struct tally tally = { 0 };

    if (broken == NULL)
        broken = hf_links_check(&table->links);
    if (broken == NULL && table->ranges != NULL)
        broken = hf_range_set_check(table->ranges);
    for (uint32_t i = 0; broken == NULL && i < table->segments.count; i++)
        broken = check_segment(table, i, &tally);
    if (broken == NULL)
        broken = check_totals(table, &tally);
    if (broken == NULL && table->ordered != NULL)
        broken = check_ordered(table);
    return broken;
}
