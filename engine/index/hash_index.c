/*
 * hash_index.c - extendible hashing over pages of open-addressed slots.
 *
 *    directory, 2^depth entries         pages
 *    +-----+-------+------+ top bits    +------+------+-- ... --+------+
 *    |slots| mask  | page | ----------> | slot | slot |         | slot |   linear probing from
 *    +-----+-------+------+             +------+------+-- ... --+------+   the low bits' place
 *       ...           |
 *                     +---------------> descriptor: what only a change needs
 *
 * A lookup goes from the directory, which is small and stays in the cache, straight to the
 * slot: the one place that misses. The top bits choose the page and the low bits the place in
 * it, so a page of hashes that agree in their top bits is still a good hash table.
 *
 * A page without room is split. Where that would make the directory far larger than the pages
 * call for, since hashes agree in more top bits than chance explains, the page grows instead,
 * to twice its slots: hostile hashes cost time, but never memory out of proportion.
 *
 * Reservations are counted a page. So that a split can tell whose they are, the hashes of a
 * round are kept in chains, one a page. All of a round lapses when the number of the round
 * goes up: what a page says of another round counts as nothing.
 */
#include "index/hash_index.h"

#include "base/assert.h"
#include "base/probe.h"

#include <string.h>

#define DEPTH_MAX 32u     /* of the directory */
#define SPARSE_MAX 8u     /* directory entries a page, at most */
#define SLOT_BITS_MAX 28u /* of a page that grows */
#define PENDING_FIRST 64u
#define POOL_CHUNK_MAX ((size_t)2 << 20) /* where huge pages begin */
#define MAP_SIZE_MIN ((size_t)64 << 10)  /* below, the heap is faster */
#define NO_PENDING UINT32_MAX

struct page {
    struct hf_hash_slot *slots;
    uint64_t round; /* to which reserved and first_pending belong */
    uint32_t used;
    uint32_t reserved; /* at least the reserved inserts still to come */
    uint32_t first_pending;
    uint8_t depth; /* how many top bits its hashes share */
    uint8_t slot_bits;
};

/* A hash reserved in this round, inserted by now or not. */
struct pending {
    uint64_t hash;
    uint32_t next;
};

/* Memory from which pages of the usual size are carved. */
struct chunk {
    struct chunk *next;
    void *at;
    size_t size;
};

struct hf_hash {
    struct hf_hash_lookup lookup; /* first: hf_hash_find sees nothing else */
    struct hf_budget *budget;
    struct hf_readers *readers; /* who look without a lock; NULL: nobody */
    unsigned page_bits;
    struct page *pages;
    uint32_t page_count;
    uint32_t page_capacity;
    struct chunk *chunks; /* the newest first */
    size_t chunk_used;    /* of the newest */
    uint64_t round;
    struct pending *pending; /* `pending_first` until a round needs more */
    uint32_t pending_count;
    uint32_t pending_capacity;
    uint64_t count;
    uint64_t bytes;
    struct pending pending_first[PENDING_FIRST];
};

static size_t
page_size(unsigned slot_bits)
{
    return sizeof(struct hf_hash_slot) << slot_bits;
}

/* Four fifths: beyond that, probes for what is not there grow long. One slot is always
 * empty. */
static uint32_t
page_limit(const struct page *page)
{
    return (uint32_t)((UINT64_C(4) << page->slot_bits) / 5);
}

static size_t
directory_index(const struct hf_hash *index, uint64_t hash)
{
    return (size_t)(hash >> 1 >> (63 - index->lookup.depth));
}

static struct page *
page_of(const struct hf_hash *index, uint64_t hash)
{
    return &index->pages[index->lookup.directory[directory_index(index, hash)].page_index];
}

/* ---- memory ------------------------------------------------------------------------------ */

static void *
take_bytes(struct hf_hash *index, size_t size)
{
    void *at = hf_budget_alloc(index->budget, size);

    if (at != NULL)
        index->bytes += size;
    return at;
}

static void
drop_bytes(struct hf_hash *index, void *at, size_t size)
{
    if (at == NULL)
        return;
    hf_budget_free(index->budget, at, size);
    index->bytes -= size;
}

static void *
take_zeroed(struct hf_hash *index, size_t size)
{
    void *at;

    if (size < MAP_SIZE_MIN) {
        at = take_bytes(index, size);
        if (at != NULL)
            memset(at, 0, size);
        return at;
    }
    at = hf_budget_map(index->budget, size);
    if (at != NULL)
        index->bytes += size;
    return at;
}

static void
drop_zeroed(struct hf_hash *index, void *at, size_t size)
{
    if (size < MAP_SIZE_MIN) {
        drop_bytes(index, at, size);
    } else if (at != NULL) {
        hf_budget_unmap(index->budget, at, size);
        index->bytes -= size;
    }
}

/* As many pages again as there are, up to a chunk of huge pages: memory follows the data. */
static bool
add_chunk(struct hf_hash *index)
{
    size_t one = page_size(index->page_bits);
    size_t size = one * (index->page_count == 0 ? 1 : index->page_count);
    struct chunk *chunk;

    if (size > POOL_CHUNK_MAX)
        size = POOL_CHUNK_MAX;
    chunk = take_bytes(index, sizeof *chunk);
    if (chunk == NULL)
        return false;
    *chunk = (struct chunk){ index->chunks, take_zeroed(index, size), size };
    if (chunk->at == NULL) {
        drop_bytes(index, chunk, sizeof *chunk);
        return false;
    }
    index->chunks = chunk;
    index->chunk_used = 0;
    return true;
}

/*
 * Zeroed slots: the usual number from the pool, more as memory of their own. The first touch of
 * the pool's is a write: if it were a read, the system would map its page of zeros, only to
 * replace that at the next write, in all processors.
 */
static struct hf_hash_slot *
take_slots(struct hf_hash *index, unsigned slot_bits)
{
    size_t size = page_size(slot_bits);
    struct hf_hash_slot *slots;

    if (slot_bits != index->page_bits)
        return take_zeroed(index, size);
    if ((index->chunks == NULL || index->chunk_used == index->chunks->size) &&
        !add_chunk(index))
        return NULL;
    slots = (void *)((char *)index->chunks->at + index->chunk_used);
    slots->ref = 0;
    index->chunk_used += size;
    return slots;
}

/* Slots of the usual number stay with the pool: only a page that grew leaves some, once. */
static void
drop_slots(struct hf_hash *index, struct hf_hash_slot *slots, unsigned slot_bits)
{
    if (slot_bits != index->page_bits)
        drop_zeroed(index, slots, page_size(slot_bits));
}

/* An array of `count` used elements of `size` bytes, moved into one of `capacity`. */
static void *
move_array(struct hf_hash *index, void *from, size_t size, size_t count, size_t capacity)
{
    void *to = take_bytes(index, size * capacity);

    if (to != NULL && count > 0)
        memcpy(to, from, size * count);
    return to;
}

static bool
has_page_room(struct hf_hash *index)
{
    uint32_t capacity = index->page_capacity * 2;
    struct page *pages;

    if (index->page_count < index->page_capacity)
        return true;
    pages = move_array(index, index->pages, sizeof *pages, index->page_count, capacity);
    if (pages == NULL)
        return false;
    drop_bytes(index, index->pages, sizeof *pages * index->page_capacity);
    index->pages = pages;
    index->page_capacity = capacity;
    return true;
}

/* ---- open and close ---------------------------------------------------------------------- */

static bool
open_first_page(struct hf_hash *index)
{
    struct page *page;

    index->page_capacity = 2;
    index->pages = take_bytes(index, sizeof *index->pages * index->page_capacity);
    index->lookup.directory = take_bytes(index, sizeof *index->lookup.directory);
    if (index->pages == NULL || index->lookup.directory == NULL)
        return false;
    page = &index->pages[0];
    *page = (struct page){ .slot_bits = (uint8_t)index->page_bits };
    page->slots = take_slots(index, index->page_bits);
    if (page->slots == NULL)
        return false;
    index->page_count = 1;
    index->lookup.directory[0] =
        (struct hf_hash_entry){ page->slots, (UINT32_C(1) << index->page_bits) - 1, 0 };
    return true;
}

enum hf_err
hf_hash_open(struct hf_hash **out, struct hf_budget *budget, unsigned page_bits)
{
    struct hf_hash *index;

    HF_ASSERT(page_bits >= 2 && page_bits <= 16);
    *out = NULL;
    index = hf_budget_alloc(budget, sizeof *index);
    if (index == NULL)
        return HF_ERR_NO_MEMORY;
    *index = (struct hf_hash){
        .budget = budget,
        .page_bits = page_bits,
        .round = 1,
        .pending = index->pending_first,
        .pending_capacity = PENDING_FIRST,
        .bytes = sizeof *index,
    };
    if (!open_first_page(index)) {
        hf_hash_close(index);
        return HF_ERR_NO_MEMORY;
    }
    *out = index;
    return HF_OK;
}

static void
drop_pending(struct hf_hash *index)
{
    if (index->pending != index->pending_first)
        drop_bytes(index, index->pending, sizeof *index->pending * index->pending_capacity);
    index->pending = index->pending_first;
    index->pending_capacity = PENDING_FIRST;
}

void
hf_hash_close(struct hf_hash *index)
{
    if (index == NULL)
        return;
    for (uint32_t i = 0; i < index->page_count; i++)
        drop_slots(index, index->pages[i].slots, index->pages[i].slot_bits);
    while (index->chunks != NULL) {
        struct chunk *chunk = index->chunks;

        index->chunks = chunk->next;
        drop_zeroed(index, chunk->at, chunk->size);
        drop_bytes(index, chunk, sizeof *chunk);
    }
    drop_pending(index);
    drop_bytes(index, index->pages, sizeof *index->pages * index->page_capacity);
    drop_bytes(index, index->lookup.directory,
               sizeof *index->lookup.directory << index->lookup.depth);
    HF_ASSERT(index->bytes == sizeof *index);
    hf_budget_free(index->budget, index, sizeof *index);
}

void
hf_hash_share(struct hf_hash *index, struct hf_readers *readers)
{
    index->readers = readers;
}

/* ---- making room ------------------------------------------------------------------------- */

static void
place(struct hf_hash_slot *slots, uint32_t mask, struct hf_hash_slot what)
{
    size_t at = (size_t)what.hash & mask;

    while (slots[at].ref != 0)
        at = (at + 1) & mask;
    slots[at].hash = what.hash;
    hf_hash_lead(&slots[at], what.ref);
}

/* Whether the hash belongs into the upper of the two pages that one of `depth` splits into. */
static bool
is_upper(uint64_t hash, unsigned depth)
{
    return hash << depth >> 63;
}

/* An empty slot: whoever starts behind it meets each chain of probes from its beginning. */
static uint32_t
find_empty(const struct page *page)
{
    uint32_t at = 0;

    while (page->slots[at].ref != 0)
        at++;
    return at;
}

/*
 * Moves to `upper` what belongs there. Slots are taken out and put back in the order of
 * probing. So each finds its place at or before the one it had, no chain is cut, and slots of
 * one hash keep their order.
 */
static void
divide_slots(struct page *lower, struct page *upper)
{
    uint32_t mask = (UINT32_C(1) << lower->slot_bits) - 1;
    uint32_t start = find_empty(lower);

    for (uint32_t i = 1; i <= mask; i++) {
        struct hf_hash_slot *slot = &lower->slots[(start + i) & mask];
        struct hf_hash_slot what = *slot;
        struct page *to;

        if (what.ref == 0)
            continue;
        slot->ref = 0;
        lower->used--;
        to = is_upper(what.hash, lower->depth) ? upper : lower;
        to->used++;
        place(to->slots, mask, what);
    }
}

/*
 * Divides the chain of reserved hashes. A hash stays in its chain when it is inserted, so a
 * chain may be longer than the reservations still open: the lesser number holds.
 */
static void
divide_pending(struct hf_hash *index, struct page *lower, struct page *upper)
{
    uint32_t at = lower->first_pending;
    uint32_t lower_count = 0, upper_count = 0;

    if (lower->round != index->round)
        return;
    lower->first_pending = NO_PENDING;
    while (at != NO_PENDING) {
        struct pending *pending = &index->pending[at];
        bool up = is_upper(pending->hash, lower->depth);
        uint32_t *first = up ? &upper->first_pending : &lower->first_pending;
        uint32_t next = pending->next;

        pending->next = *first;
        *first = at;
        at = next;
        *(up ? &upper_count : &lower_count) += 1;
    }
    upper->round = index->round;
    upper->reserved = upper_count < lower->reserved ? upper_count : lower->reserved;
    lower->reserved = lower_count < lower->reserved ? lower_count : lower->reserved;
}

/* Lets the directory entries [first, first + count) lead to the page. */
static void
point_to(struct hf_hash *index, size_t first, size_t count, uint32_t page_index)
{
    const struct page *page = &index->pages[page_index];
    struct hf_hash_entry entry = { page->slots, (UINT32_C(1) << page->slot_bits) - 1,
                                   page_index };

    for (size_t i = first; i < first + count; i++)
        index->lookup.directory[i] = entry;
}

/* The first of the entries that lead to the page of `hash`; *count of them. */
static size_t
entries_of(const struct hf_hash *index, uint64_t hash, size_t *count)
{
    *count = (size_t)1 << (index->lookup.depth - page_of(index, hash)->depth);
    return directory_index(index, hash) & ~(*count - 1);
}

static bool
double_directory(struct hf_hash *index)
{
    size_t count = (size_t)1 << index->lookup.depth;
    struct hf_hash_entry *directory = take_bytes(index, sizeof *directory * count * 2);

    if (directory == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        directory[2 * i] = directory[2 * i + 1] = index->lookup.directory[i];
    drop_bytes(index, index->lookup.directory, sizeof *directory * count);
    index->lookup.directory = directory;
    index->lookup.depth++;
    return true;
}

/* Whether a split of the page would keep the directory in proportion. */
static bool
is_worth_splitting(const struct hf_hash *index, const struct page *page)
{
    if (page->depth < index->lookup.depth)
        return true;
    return index->lookup.depth < DEPTH_MAX &&
           (UINT64_C(2) << index->lookup.depth) <=
               (uint64_t)SPARSE_MAX * (index->page_count + 1);
}

static enum hf_err
split_page(struct hf_hash *index, uint64_t hash)
{
    struct page *lower, *upper;
    struct hf_hash_slot *slots;
    size_t first, count;

    if (page_of(index, hash)->depth == index->lookup.depth && !double_directory(index))
        return HF_ERR_NO_MEMORY;
    if (!has_page_room(index))
        return HF_ERR_NO_MEMORY;
    lower = page_of(index, hash);
    slots = take_slots(index, lower->slot_bits);
    if (slots == NULL)
        return HF_ERR_NO_MEMORY;

    HF_MARK(hash_split);
    first = entries_of(index, hash, &count);
    upper = &index->pages[index->page_count];
    *upper = (struct page){ .slots = slots,
                            .first_pending = NO_PENDING,
                            .slot_bits = lower->slot_bits };
    divide_slots(lower, upper);
    divide_pending(index, lower, upper);
    lower->depth++;
    upper->depth = lower->depth;
    point_to(index, first + count / 2, count / 2, index->page_count);
    index->page_count++;
    return HF_OK;
}

/* Into an empty page of at least the size; slots of one hash keep their order. */
static void
copy_slots(struct page *to, const struct page *from)
{
    uint32_t from_mask = (UINT32_C(1) << from->slot_bits) - 1;
    uint32_t to_mask = (UINT32_C(1) << to->slot_bits) - 1;
    uint32_t start = find_empty(from);

    for (uint32_t i = 1; i <= from_mask; i++) {
        struct hf_hash_slot what = from->slots[(start + i) & from_mask];

        if (what.ref != 0)
            place(to->slots, to_mask, what);
    }
}

static enum hf_err
grow_page(struct hf_hash *index, uint64_t hash)
{
    struct page *page = page_of(index, hash);
    struct page old = *page;
    size_t first, count;

    if (old.slot_bits == SLOT_BITS_MAX)
        return HF_ERR_NO_MEMORY;
    page->slots = take_slots(index, old.slot_bits + 1u);
    if (page->slots == NULL) {
        page->slots = old.slots;
        return HF_ERR_NO_MEMORY;
    }
    page->slot_bits++;
    copy_slots(page, &old);
    drop_slots(index, old.slots, old.slot_bits);
    first = entries_of(index, hash, &count);
    point_to(index, first, count, (uint32_t)(page - index->pages));
    return HF_OK;
}

/* One or the other; readers have to go back to the directory. */
static enum hf_err
make_room(struct hf_hash *index, const struct page *page, uint64_t hash)
{
    enum hf_err err;

    hf_readers_stop(index->readers);
    err = is_worth_splitting(index, page) ? split_page(index, hash) : grow_page(index, hash);
    hf_readers_resume(index->readers);
    return err;
}

/* ---- reserve, insert, settle ------------------------------------------------------------- */

static bool
has_pending_room(struct hf_hash *index)
{
    uint32_t capacity = index->pending_capacity * 2;
    struct pending *pending;

    if (index->pending_count < index->pending_capacity)
        return true;
    pending =
        move_array(index, index->pending, sizeof *pending, index->pending_count, capacity);
    if (pending == NULL)
        return false;
    drop_pending(index);
    index->pending = pending;
    index->pending_capacity = capacity;
    return true;
}

/* The page for `hash`, its reservations those of this round. */
static struct page *
page_of_round(struct hf_hash *index, uint64_t hash)
{
    struct page *page = page_of(index, hash);

    if (page->round != index->round) {
        page->round = index->round;
        page->reserved = 0;
        page->first_pending = NO_PENDING;
    }
    return page;
}

static bool
is_full(const struct page *page)
{
    return page->used + page->reserved >= page_limit(page);
}

/* Apart, since most reservations find room: they need not put registers aside for it. */
static __attribute__((noinline)) enum hf_err
make_room_for_one(struct hf_hash *index, uint64_t hash)
{
    enum hf_err err = has_pending_room(index) ? HF_OK : HF_ERR_NO_MEMORY;

    while (err == HF_OK && is_full(page_of_round(index, hash)))
        err = make_room(index, page_of(index, hash), hash);
    return err;
}

enum hf_err
hf_hash_reserve(struct hf_hash *index, uint64_t hash)
{
    struct page *page = page_of_round(index, hash);

    if (index->pending_count == index->pending_capacity || is_full(page)) {
        enum hf_err err = make_room_for_one(index, hash);
        if (err != HF_OK)
            return err;
        page = page_of_round(index, hash);
    }
    index->pending[index->pending_count] = (struct pending){ hash, page->first_pending };
    page->first_pending = index->pending_count++;
    page->reserved++;
    return HF_OK;
}

void
hf_hash_insert(struct hf_hash *index, uint64_t hash, uint64_t ref)
{
    struct page *page = page_of(index, hash);

    HF_ASSERT(ref != 0);
    HF_ASSERT(page->round == index->round && page->reserved > 0);
    place(page->slots, (UINT32_C(1) << page->slot_bits) - 1,
          (struct hf_hash_slot){ hash, ref });
    page->reserved--;
    page->used++;
    index->count++;
}

/* Slots behind the gap move into it, as far as that brings none before its home. */
void
hf_hash_remove(struct hf_hash *index, uint64_t hash, struct hf_hash_slot *slot)
{
    struct page *page = page_of(index, hash);
    size_t mask = ((size_t)1 << page->slot_bits) - 1;
    size_t gap = (size_t)(slot - page->slots);

    HF_ASSERT(gap <= mask && slot->ref != 0 && slot->hash == hash);
    hf_readers_stop(index->readers);
    for (size_t at = (gap + 1) & mask; page->slots[at].ref != 0; at = (at + 1) & mask) {
        size_t distance = (at - (size_t)page->slots[at].hash) & mask; /* from its home */
        if (distance < ((at - gap) & mask))
            continue;
        page->slots[gap] = page->slots[at];
        gap = at;
    }
    page->slots[gap].ref = 0;
    hf_readers_resume(index->readers);
    page->used--;
    index->count--;
}

void
hf_hash_settle(struct hf_hash *index)
{
    index->round++;
    index->pending_count = 0;
    drop_pending(index);
}

uint64_t
hf_hash_count(const struct hf_hash *index)
{
    return index->count;
}

uint64_t
hf_hash_bytes(const struct hf_hash *index)
{
    return index->bytes;
}

/* ---- check ------------------------------------------------------------------------------- */

static const char *
check_slots(const struct page *page, uint64_t prefix)
{
    size_t mask = ((size_t)1 << page->slot_bits) - 1;
    uint32_t used = 0;

    for (size_t i = 0; i <= mask; i++) {
        uint64_t hash = page->slots[i].hash;

        if (page->slots[i].ref == 0)
            continue;
        used++;
        if ((page->depth == 0 ? 0 : hash >> (64 - page->depth)) != prefix)
            return "hash index, invariant 2: a slot is in the page of another prefix";
        for (size_t at = hash & mask; at != i; at = (at + 1) & mask)
            if (page->slots[at].ref == 0)
                return "hash index, invariant 2: an empty slot hides a used one";
    }
    if (used != page->used)
        return "hash index, invariant 3: a page miscounts its used slots";
    return NULL;
}

/* The page that the entries from `first` on lead to, all of them alike. */
static const char *
check_page(const struct hf_hash *index, size_t first)
{
    const struct page *page = &index->pages[index->lookup.directory[first].page_index];
    size_t count;

    if (page->depth > index->lookup.depth)
        return "hash index, invariant 1: a page is deeper than the directory";
    count = (size_t)1 << (index->lookup.depth - page->depth);
    if (first % count != 0)
        return "hash index, invariant 1: a page's entries do not start at its prefix";
    for (size_t i = first; i < first + count; i++)
        if (index->lookup.directory[i].page_index != page - index->pages ||
            index->lookup.directory[i].slots != page->slots ||
            index->lookup.directory[i].mask != (UINT32_C(1) << page->slot_bits) - 1)
            return "hash index, invariant 1: a directory entry leads elsewhere";
    if (page->used + (page->round == index->round ? page->reserved : 0) > page_limit(page))
        return "hash index, invariant 3: a page is beyond its limit";
    return check_slots(page, first / count);
}

const char *
hf_hash_check(const struct hf_hash *index)
{
    uint64_t used = 0;
    uint32_t page_count = 0;

    for (size_t at = 0; at >> index->lookup.depth == 0; page_count++) {
        const char *broken;
        const struct page *page;

        if (index->lookup.directory[at].page_index >= index->page_count)
            return "hash index, invariant 1: a directory entry leads nowhere";
        broken = check_page(index, at);
        if (broken != NULL)
            return broken;
        page = &index->pages[index->lookup.directory[at].page_index];
        used += page->used;
        at += (size_t)1 << (index->lookup.depth - page->depth);
    }
    if (page_count != index->page_count)
        return "hash index, invariant 1: a page has no directory entry, or two";
    return used == index->count ? NULL : "hash index, invariant 4: count is not the sum";
}
