/*
 * links.c - from a record to the one that it replaced.
 *
 *    ring     | a1 | b1 | a2 | a3 | c1 | a4 | b2 | a5 | ...        a, b, c: three keys
 *
 *    prev       a1 <------ a2 <- a3 <------ a4 <------ a5
 *    jump       a1 <---------------------- a4                       the others': as prev
 *
 * A link whose predecessor and the one that this jumps to have the same rank jumps past both,
 * with the next rank; any other jumps to its predecessor, with rank 0. So the ranks from
 * the newest link on rise from jump to jump, and a few jumps of falling ranks lead from there
 * to any other.
 *
 * Where a link stands is guessed from its version: between the front's and the back's it is
 * mostly where proportion says, or a few places beside. For the same reason a walk back need
 * not look at the version of each link that it could go to: which place in the ring is the
 * first with too new a version is found once, and places are compared.
 *
 * What was tried and lost: a search of the ring for each step back, which took 1600 times as
 * long as a read of the newest where that has a thousand versions before it; and tying each
 * link when it is added, which made every overwrite 7 % dearer.
 */
#include "index/links.h"

#include "base/assert.h"

#define FIRST_CAPACITY 64u
#define LARGE_CAPACITY 4096u
#define SPARSE 8u            /* a large ring with one link in so many places becomes smaller */
#define LINKS_MAX UINT32_MAX /* in the ring: any distance fits */
#define REACH_MAX ((UINT32_C(1) << HF_LINK_JUMP_BITS) - 1)
#define NONE UINT64_MAX
#define TRIES 4u /* steps back over links that are not tied, before they are */

_Static_assert(sizeof(struct hf_link) == 32, "two links a line of the cache");
_Static_assert(HF_LINK_UNTIED > 32, "ranks are logarithms of 32 bits");

void
hf_links_init(struct hf_links *links, struct hf_budget *budget, hf_links_version_fn *version_of,
              const void *context)
{
    *links = (struct hf_links){
        .budget = budget, .version_of = version_of, .context = context, .reach = REACH_MAX
    };
}

void
hf_links_fini(struct hf_links *links)
{
    hf_budget_free(links->budget, links->ring, links->capacity * sizeof *links->ring);
    links->ring = NULL;
    links->capacity = 0;
    links->first = links->limit = 0;
}

static struct hf_link *
link_at(const struct hf_links *links, uint64_t index)
{
    return &links->ring[index & (links->capacity - 1)];
}

/* Moves all links into a ring of `capacity`, which has room for them. */
static enum hf_err
move_ring(struct hf_links *links, uint64_t capacity)
{
    struct hf_link *ring = hf_budget_alloc(links->budget, capacity * sizeof *ring);

    if (ring == NULL)
        return HF_ERR_NO_MEMORY;
    for (uint64_t i = links->first; i < links->limit; i++)
        ring[i & (capacity - 1)] = *link_at(links, i);
    hf_budget_free(links->budget, links->ring, links->capacity * sizeof *ring);
    links->ring = ring;
    links->capacity = capacity;
    return HF_OK;
}

enum hf_err
hf_links_reserve(struct hf_links *links, uint64_t count)
{
    uint64_t wanted = links->limit - links->first + count;
    uint64_t capacity = links->capacity == 0 ? FIRST_CAPACITY : links->capacity;

    /* A view that was long open leaves a large ring. That nothing smaller can be had now is no
     * failure. (Dropping links must not make the ring smaller: room may be reserved in it.) */
    if (wanted <= capacity / SPARSE && capacity > LARGE_CAPACITY)
        (void)move_ring(links, capacity / 2);
    if (wanted <= links->capacity)
        return HF_OK;
    if (wanted > LINKS_MAX)
        return HF_ERR_NO_MEMORY;
    while (capacity < wanted)
        capacity *= 2;
    return move_ring(links, capacity);
}

/* ---- finding ----------------------------------------------------------------------------- */

/* Where proportion says that a link of the version is; the ring is not empty. */
static uint64_t
guess(const struct hf_links *links, uint64_t version)
{
    uint64_t lowest = link_at(links, links->first)->version;
    uint64_t highest = link_at(links, links->limit - 1)->version;
    unsigned shift = (highest - lowest) >> 32 == 0 ? 0 : 32; /* so that the product fits */

    if (version <= lowest)
        return links->first;
    if (version >= highest)
        return links->limit - 1;
    if (highest - lowest == links->limit - 1 - links->first)
        return links->first + (version - lowest); /* one a commit: no division */
    return links->first + ((version - lowest) >> shift) * (links->limit - 1 - links->first) /
                              ((highest - lowest) >> shift);
}

static bool
is_before(const struct hf_link *link, struct hf_link_end end)
{
    return link->version != end.version ? link->version < end.version : link->newer < end.ref;
}

/* The first link that is not before `end`; limit: all are. The ring is not empty. Away from
 * `at` by steps that double, until the rest is no larger than a step and is halved. */
static uint64_t
seek_from(const struct hf_links *links, struct hf_link_end end, uint64_t at)
{
    uint64_t low = links->first, high = links->limit;

    for (uint64_t step = 0; low < high; step = 2 * step + 1) {
        bool is_upward = is_before(link_at(links, at), end);

        if (is_upward)
            low = at + 1;
        else
            high = at;
        uint64_t half = (high - low) / 2;
        uint64_t further = step < half ? step : half;
        at = is_upward ? low + further : high - 1 - further;
    }
    return low;
}

/* The link of a record, or NONE. */
static uint64_t
find(const struct hf_links *links, struct hf_link_end newer)
{
    if (hf_links_is_empty(links) || newer.version < link_at(links, links->first)->version)
        return NONE;
    uint64_t at = guess(links, newer.version);
    if (link_at(links, at)->newer != newer.ref)
        at = seek_from(links, newer, at);
    return at == links->limit || link_at(links, at)->newer != newer.ref ? NONE : at;
}

/* The first link with a version above `version`. The ring is not empty. */
static uint64_t
find_bound(const struct hf_links *links, uint64_t version)
{
    return seek_from(links, (struct hf_link_end){ 0, version + 1 }, guess(links, version + 1));
}

/* ---- tying ------------------------------------------------------------------------------- */

static bool
is_tied(const struct hf_links *links, uint64_t at)
{
    return link_at(links, at)->rank != HF_LINK_UNTIED;
}

/* The link of the record that the one at `at` leads to, or NONE. */
static uint64_t
find_prev(const struct hf_links *links, uint64_t at)
{
    uint64_t older = link_at(links, at)->older;

    if (older == 0)
        return NONE;
    return find(links, (struct hf_link_end){ older, links->version_of(links->context, older) });
}

/* Where a link behind the one at `prev` jumps to, and its rank. */
static uint64_t
choose_jump(const struct hf_links *links, uint64_t prev, uint32_t *rank)
{
    const struct hf_link *link = link_at(links, prev);

    *rank = 0;
    if (link->jump == 0 || prev - links->first < link->jump)
        return prev;
    uint64_t at = prev - link->jump;
    const struct hf_link *over = link_at(links, at);
    if (over->rank != link->rank || over->jump == 0 || at - links->first < over->jump)
        return prev;
    *rank = link->rank + 1u;
    return at - over->jump;
}

/* Ties one link to the one before it in its chain, which is tied; NONE: it is the first. */
static void
tie(const struct hf_links *links, uint64_t at, uint64_t prev)
{
    struct hf_link *link = link_at(links, at);
    uint64_t jump = 0;
    uint32_t rank = 0;

    link->prev = prev == NONE ? 0 : (uint32_t)(at - prev);
    if (prev != NONE) {
        jump = at - choose_jump(links, prev, &rank);
        if (jump > links->reach) {
            jump = link->prev <= links->reach ? link->prev : 0;
            rank = 0;
        }
    }
    link->jump = (uint32_t)jump & REACH_MAX;
    link->rank = rank & HF_LINK_UNTIED;
}

/* Ties all links of a chain from the one at `at` on back. On the way back `prev` says how far
 * it is to the link that one came from. */
static void
tie_chain(const struct hf_links *links, uint64_t at)
{
    uint64_t next = at;

    while (at != NONE && !is_tied(links, at)) {
        link_at(links, at)->prev = (uint32_t)(next - at);
        next = at;
        at = find_prev(links, at);
    }
    for (bool is_last = false; !is_last;) {
        uint64_t further = link_at(links, next)->prev;

        is_last = further == 0;
        tie(links, next, at);
        at = next;
        next += further;
    }
}

/* ---- going back -------------------------------------------------------------------------- */

uint64_t
hf_links_older(const struct hf_links *links, struct hf_link_end newer)
{
    uint64_t at = find(links, newer);

    return at == NONE ? 0 : link_at(links, at)->older;
}

/* The last link, from the tied one at `at` on back, that is not before `bound`. */
static const struct hf_link *
walk(const struct hf_links *links, uint64_t at, uint64_t bound)
{
    for (;;) {
        const struct hf_link *link = link_at(links, at);

        if (link->jump != 0 && link->jump <= at - bound)
            at -= link->jump;
        else if (link->prev != 0 && link->prev <= at - bound)
            at -= link->prev;
        else
            return link;
    }
}

uint64_t
hf_links_as_of(const struct hf_links *links, struct hf_link_end newer, uint64_t version)
{
    uint64_t first = find(links, newer), at = first;

    HF_ASSERT(newer.version > version);
    /* Most views are not far behind: for them nothing is tied. */
    for (unsigned i = 0; i < TRIES && at != NONE && !is_tied(links, at); i++) {
        newer.ref = link_at(links, at)->older;
        if (newer.ref == 0)
            return 0;
        newer.version = links->version_of(links->context, newer.ref);
        if (newer.version <= version)
            return newer.ref;
        at = find(links, newer);
    }
    if (at == NONE)
        return 0;
    if (!is_tied(links, first))
        tie_chain(links, first);
    return walk(links, at, find_bound(links, version))->older;
}

void
hf_links_relink(struct hf_links *links, struct hf_link_end newer, uint64_t older)
{
    uint64_t at = find(links, newer);

    HF_ASSERT(at != NONE && newer.ref != older);
    struct hf_link *link = link_at(links, at);
    HF_ASSERT(!is_tied(links, at) || link->prev == 0 || at - links->first < link->prev);
    link->older = older;
}

/* ---- the front --------------------------------------------------------------------------- */

struct hf_link_end
hf_links_front(const struct hf_links *links)
{
    HF_ASSERT(!hf_links_is_empty(links));
    const struct hf_link *link = link_at(links, links->first);
    return (struct hf_link_end){ link->newer, link->version };
}

uint64_t
hf_links_front_older(const struct hf_links *links)
{
    HF_ASSERT(!hf_links_is_empty(links));
    return link_at(links, links->first)->older;
}

void
hf_links_drop_front(struct hf_links *links)
{
    HF_ASSERT(!hf_links_is_empty(links));
    links->first++;
}

/* ---- check ------------------------------------------------------------------------------- */

/* Whether the link at `at` jumps as far as its rank says. */
static bool
is_jump_right(const struct hf_links *links, uint64_t at)
{
    uint64_t target = at - link_at(links, at)->jump;
    uint64_t steps = (UINT64_C(2) << link_at(links, at)->rank) - 1;

    for (; steps > 0 && at > target; steps--) {
        const struct hf_link *link = link_at(links, at);
        if (link->prev == 0 || at - links->first < link->prev)
            return false;
        at -= link->prev;
    }
    return steps == 0 && at == target;
}

static const char *
check_link(const struct hf_links *links, uint64_t at)
{
    const struct hf_link *link = link_at(links, at);
    uint64_t kept = at - links->first; /* links before it */

    if (kept > 0) {
        const struct hf_link *before = link_at(links, at - 1);
        if (before->newer >= link->newer || before->version > link->version)
            return "links, invariant 1: they are not in the order of commits";
    }
    if (!is_tied(links, at))
        return NULL;
    if (link->prev != 0 && link->prev <= kept &&
        (link_at(links, at - link->prev)->newer != link->older ||
         !is_tied(links, at - link->prev)))
        return "links, invariant 2: a link is tied to another than that of its older record";
    if (link->jump != 0 && link->jump <= kept && !is_jump_right(links, at))
        return "links, invariant 3: a jump does not go as far as its rank says";
    return NULL;
}

const char *
hf_links_check(const struct hf_links *links)
{
    const char *broken = NULL;

    for (uint64_t at = links->first; broken == NULL && at < links->limit; at++)
        broken = check_link(links, at);
    return broken;
}
