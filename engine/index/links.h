/*
 * links.h - from a record to the one that it replaced: how older versions are reached.
 *
 * A link is made when a key is overwritten, so links come in the order of commits, and so in
 * the order of refs and of versions: they are kept in a ring, appended at the back, found by
 * their versions. Links that no view can need are the oldest ones: they are dropped at the
 * front. Neither touches an index.
 *
 * The links of one key are a chain. The first read that goes far back along it ties each link
 * to the one before it, and to one further back, chosen so that any link is reached from any
 * newer one in O(log n) steps: from then on a read as of long ago costs hardly more than one as
 * of now. What is tied stays tied, so over all reads each link costs one search. Writers do
 * none of that: who never reads the past does not pay for it.
 *
 * Source: Myers, "An applicative random-access stack", Information Processing Letters 17, 1983.
 *
 * Guarded by the lock of whoever has it; but `newer`, `version` and `older` of links that are
 * there are changed by no read.
 *
 * Invariants (hf_links_check quotes the number):
 *   1. `newer` ascends strictly from front to back, and `version` never falls
 *   2. the link `prev` before a tied one, unless it was dropped, is tied and that of its
 *      `older`
 *   3. the link `jump` before a tied one, unless it was dropped, is 2^(rank + 1) - 1 links back
 *      in its chain
 */
#ifndef HF_INDEX_LINKS_H
#define HF_INDEX_LINKS_H

#include "base/assert.h"
#include "holdfast.h"
#include "memory/budget.h"

#define HF_LINK_JUMP_BITS 26u

/* The rank of a link that is not tied yet: nothing leads back from it. */
#define HF_LINK_UNTIED ((1u << (32 - HF_LINK_JUMP_BITS)) - 1)

struct hf_link {
    uint64_t newer;                         /* ref */
    uint64_t version;                       /* of its commit */
    uint64_t older;                         /* ref; 0: gone */
    uint32_t prev;                          /* so many places before this one; 0: none */
    uint32_t jump : HF_LINK_JUMP_BITS;      /* likewise */
    uint32_t rank : 32 - HF_LINK_JUMP_BITS; /* how many links the jump passes */
};

/* A record at one end of a link: its ref, and the version of its commit. */
struct hf_link_end {
    uint64_t ref;
    uint64_t version;
};

/* The version of the record that a link leads to. */
typedef uint64_t hf_links_version_fn(const void *context, uint64_t ref);

struct hf_links {
    struct hf_budget *budget;
    hf_links_version_fn *version_of;
    const void *context;
    struct hf_link *ring;
    uint64_t capacity; /* a power of two, or 0 */
    uint64_t first;    /* counts all that were dropped */
    uint64_t limit;    /* counts all that were added */
    uint32_t reach;    /* no jump goes further; a test may want less */
};

void hf_links_init(struct hf_links *links, struct hf_budget *budget,
                   hf_links_version_fn *version_of, const void *context);
void hf_links_fini(struct hf_links *links);

/* Makes room for `count` more, and gives back what is far more than that. NO_MEMORY: nothing
 * has changed. */
enum hf_err hf_links_reserve(struct hf_links *links, uint64_t count) HF_MUST_CHECK;
/* Room was reserved; newer.ref is above all before it, newer.version not below any. */
static inline void
hf_links_add(struct hf_links *links, struct hf_link_end newer, uint64_t older)
{
    HF_ASSERT(links->limit - links->first < links->capacity);
    links->ring[links->limit++ & (links->capacity - 1)] = (struct hf_link){
        .newer = newer.ref, .version = newer.version, .older = older, .rank = HF_LINK_UNTIED
    };
}
/* The record that `newer` replaced, or 0. */
uint64_t hf_links_older(const struct hf_links *links, struct hf_link_end newer);
/*
 * From a record with a version above `version` back over all others with such versions: the
 * record that the last of them replaced, or 0. The version of that is at most `version`, or no
 * link leads on from it. Ties links.
 */
uint64_t hf_links_as_of(const struct hf_links *links, struct hf_link_end newer,
                        uint64_t version);
/* Lets a link that there is lead to `older`, the place that its record was moved to, from which
 * no link leads on; 0: it is gone. */
void hf_links_relink(struct hf_links *links, struct hf_link_end newer, uint64_t older);

static inline bool
hf_links_is_empty(const struct hf_links *links)
{
    return links->first == links->limit;
}
/* The front; not empty. */
struct hf_link_end hf_links_front(const struct hf_links *links);
uint64_t hf_links_front_older(const struct hf_links *links);
void hf_links_drop_front(struct hf_links *links);

/* Walks everything; NULL when all invariants hold, else a sentence that quotes the broken
 * one. */
const char *hf_links_check(const struct hf_links *links);

#endif
