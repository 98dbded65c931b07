/*
 * links.h - from a record to the one that it replaced: how older versions are reached.
 *
 * A link is made when a key is overwritten, so links come in the order of commits, and so in
 * the order of refs: they are kept in a ring, appended at the back, found by binary search.
 * Links that no view can need are the oldest ones: they are dropped at the front. Neither
 * touches an index.
 *
 * Invariant 1: `newer` ascends strictly from front to back.
 */
#ifndef HF_INDEX_LINKS_H
#define HF_INDEX_LINKS_H

#include "holdfast.h"
#include "memory/budget.h"

struct hf_link {
    uint64_t newer; /* ref */
    uint64_t older; /* ref */
};

struct hf_links {
    struct hf_budget *budget;
    struct hf_link *ring;
    uint64_t capacity; /* a power of two, or 0 */
    uint64_t first;    /* counts all that were dropped */
    uint64_t limit;    /* counts all that were added */
};

void hf_links_init(struct hf_links *links, struct hf_budget *budget);
void hf_links_fini(struct hf_links *links);

/* Makes room for `count` more. NO_MEMORY: nothing has changed. */
enum hf_err hf_links_reserve(struct hf_links *links, uint64_t count) HF_MUST_CHECK;
/* Room was reserved; newer is above all before it. */
void hf_links_add(struct hf_links *links, uint64_t newer, uint64_t older);
/* The record that `newer` replaced, or 0. */
uint64_t hf_links_older(const struct hf_links *links, uint64_t newer);
/* Lets a link that there is lead to `older`, the place that its record was moved to; 0: it is
 * gone. */
void hf_links_relink(struct hf_links *links, uint64_t newer, uint64_t older);

static inline bool
hf_links_is_empty(const struct hf_links *links)
{
    return links->first == links->limit;
}
/* The front; not empty. */
uint64_t hf_links_front(const struct hf_links *links);
uint64_t hf_links_front_older(const struct hf_links *links);
void hf_links_drop_front(struct hf_links *links);

#endif
