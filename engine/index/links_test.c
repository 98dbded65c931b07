/*
 * links_test.c - the ring of links against a plain list, walked one by one.
 *
 * Method: keys are overwritten at random, several of them in one commit now and then, records
 * are moved, links are dropped at the front; an array that never forgets does the same. After
 * each change some lookups are compared: of records that have a link, whose link was dropped,
 * and that never had one, as of versions that nobody has dropped. Short histories of three keys
 * are exhausted. How many steps a read takes is counted on the links themselves. All that also
 * with jumps that reach hardly anywhere, and with leaps between versions.
 */
#include "index/links.h"

#include "base/tap.h"

#include <stdlib.h>
#include <string.h>

#define RECORDS 9000u
#define KEYS 40u
#define LEAP (UINT64_C(1) << 36)

/* A record's ref is its place here; 0 is none. */
struct record {
    uint64_t version;
    uint64_t older;
    bool has_link, is_dropped;
};

static struct {
    struct record record[RECORDS];
    uint64_t count;           /* the first one that is not there yet */
    uint64_t newest[KEYS];    /* of each key */
    uint64_t linked[RECORDS]; /* the records with a link, in their order: */
    uint64_t first, limit;    /* from where on they have it still */
} model;

static struct hf_link_end
end_of(uint64_t ref)
{
    return (struct hf_link_end){ ref, model.record[ref].version };
}

static uint64_t
version_of(const void *context, uint64_t ref)
{
    (void)context;
    return model.record[ref].version;
}

static void
begin(struct hf_links *links, struct hf_budget *budget, uint64_t limit)
{
    memset(&model, 0, sizeof model);
    model.count = 1;
    hf_budget_init(budget, limit);
    hf_links_init(links, budget, version_of, NULL);
}

/* Puts a key, most often over an older record. False: there is no memory. */
static bool
put(struct hf_links *links, unsigned key, uint64_t version)
{
    uint64_t older = model.newest[key], newer = model.count;

    if (hf_links_reserve(links, 1) != HF_OK)
        return false;
    model.count++;
    model.newest[key] = newer;
    model.record[newer] = (struct record){ version, older, older != 0, false };
    if (older == 0)
        return true;
    hf_links_add(links, end_of(newer), older);
    model.linked[model.limit++] = newer;
    return true;
}

static void
drop(struct hf_links *links)
{
    hf_links_drop_front(links);
    model.record[model.linked[model.first++]].is_dropped = true;
}

static bool
has_link(uint64_t ref)
{
    return model.record[ref].has_link && !model.record[ref].is_dropped;
}

/* Link by link. */
static uint64_t
walk(uint64_t ref, uint64_t version)
{
    while (ref != 0 && model.record[ref].version > version)
        ref = has_link(ref) ? model.record[ref].older : 0;
    return ref;
}

/* What a reader makes of the links: the last record that they lead to may be too new. */
static uint64_t
read_as_of(const struct hf_links *links, uint64_t ref, uint64_t version)
{
    if (model.record[ref].version > version)
        ref = hf_links_as_of(links, end_of(ref), version);
    return model.record[ref].version > version ? 0 : ref;
}

/* The lowest version that may be asked for. */
static uint64_t
lowest_version(void)
{
    return model.first == 0 ? 0 : model.record[model.linked[model.first - 1]].version;
}

static bool
agrees_at(const struct hf_links *links, uint64_t ref, uint64_t version)
{
    return hf_links_older(links, end_of(ref)) ==
               (has_link(ref) ? model.record[ref].older : 0) &&
           read_as_of(links, ref, version) == walk(ref, version);
}

/* ---- random histories -------------------------------------------------------------------- */

static bool
agrees(const struct hf_links *links)
{
    uint64_t lowest = lowest_version();

    if (hf_links_is_empty(links) != (model.first == model.limit))
        return false;
    if (!hf_links_is_empty(links) &&
        (hf_links_front(links).ref != model.linked[model.first] ||
         hf_links_front_older(links) != model.record[model.linked[model.first]].older))
        return false;
    for (unsigned i = 0; i < 8; i++) {
        uint64_t ref = 1 + (uint64_t)rand() % (model.count - 1);
        uint64_t other = 1 + (uint64_t)rand() % (model.count - 1); /* near it or far from it */
        uint64_t version = model.record[other].version - (uint64_t)rand() % 2;
        if (!agrees_at(links, ref, version < lowest ? lowest : version))
            return false;
    }
    return true;
}

/* Moves the last record that a chain leads to, or lets it go. */
static void
move_some(struct hf_links *links)
{
    uint64_t newer = model.linked[model.first + (uint64_t)rand() % (model.limit - model.first)];
    struct record *record = &model.record[newer];

    if (record->older == 0 || has_link(record->older))
        return;
    uint64_t to = rand() % 4 == 0 ? 0 : model.count++;
    if (to != 0)
        model.record[to] = (struct record){ .version = model.record[record->older].version };
    hf_links_relink(links, end_of(newer), to);
    record->older = to;
}

struct course {
    uint32_t reach;    /* of jumps; 0: as far as there is need */
    unsigned drops;    /* of 1000 chances to drop a link, so many are taken */
    unsigned leaps;    /* of 1000 commits, so many are LEAP versions on */
    const char *words; /* what is tried */
};

static void
test_against_model(unsigned seed, const struct course *course)
{
    struct hf_budget budget;
    struct hf_links links;
    uint64_t version = 1;
    bool held = true;
    const char *broken = NULL;

    printf("# seed %u\n", seed);
    srand(seed);
    begin(&links, &budget, 0);
    if (course->reach > 0)
        links.reach = course->reach;
    while (held && broken == NULL && model.count + 1 < RECORDS) {
        if (rand() % 16 != 0) /* else the same commit goes on */
            version +=
                (unsigned)rand() % 1000 < course->leaps ? LEAP : 1 + (uint64_t)rand() % 3;
        /* Some keys are overwritten much more often than others. */
        held = put(&links, (unsigned)rand() % (1u + (unsigned)rand() % KEYS), version);
        while (!hf_links_is_empty(&links) && (unsigned)rand() % 1000 < course->drops)
            drop(&links);
        if (!hf_links_is_empty(&links) && rand() % 4 == 0)
            move_some(&links);
        held = held && agrees(&links);
        if (model.count % 64 == 0)
            broken = hf_links_check(&links);
    }
    TAP_OK(held && broken == NULL, "%s: the same links as a list has%s%s", course->words,
           broken == NULL ? "" : "; ", broken == NULL ? "" : broken);
    hf_links_fini(&links);
    TAP_OK(budget.used == 0, "and gives back all that it took");
}

/* ---- all short ones ---------------------------------------------------------------------- */

#define SHORT 8u
#define SHORT_KEYS 3u

/* The history whose i-th put is of the key that the i-th digit of `number` names. */
static unsigned
count_wrong(unsigned number, unsigned drops, bool upward)
{
    struct hf_budget budget;
    struct hf_links links;
    unsigned wrong = 0;

    begin(&links, &budget, 0);
    for (unsigned i = 0; i < SHORT; i++, number /= SHORT_KEYS)
        wrong += !put(&links, number % SHORT_KEYS, 1 + i - i / 4); /* 4 and 5 are one commit */
    for (; drops > 0 && !hf_links_is_empty(&links); drops--)
        drop(&links);
    /* What the first reads tie differs with their order. */
    for (uint64_t i = 1; i < model.count; i++)
        for (uint64_t version = lowest_version(); version <= SHORT; version++)
            wrong += !agrees_at(&links, upward ? i : model.count - i, version);
    wrong += hf_links_check(&links) != NULL;
    hf_links_fini(&links);
    return wrong;
}

static void
test_all_short(void)
{
    unsigned wrong = 0, all = 1;

    for (unsigned i = 0; i < SHORT; i++)
        all *= SHORT_KEYS;
    for (unsigned number = 0; number < all; number++)
        for (unsigned drops = 0; drops < SHORT; drops++)
            wrong += count_wrong(number, drops, false) + count_wrong(number, drops, true);
    TAP_OK(wrong == 0,
           "all histories of %u keys in %u puts, with any of their links dropped, read as of "
           "every version (%u wrong)",
           SHORT_KEYS, SHORT, wrong);
}

/* ---- steps ------------------------------------------------------------------------------- */

#define LONG 2048u

/* From the link at `from` to that at `to`, as hf_links_as_of goes. */
static unsigned
count_steps(const struct hf_links *links, uint64_t from, uint64_t to)
{
    unsigned steps = 0;

    for (; from > to; steps++) {
        const struct hf_link *link = &links->ring[from];
        from -= link->jump != 0 && from - to >= link->jump ? link->jump : link->prev;
    }
    return steps;
}

static void
test_steps(void)
{
    struct hf_budget budget;
    struct hf_links links;
    unsigned most = 0, log = 0;

    begin(&links, &budget, 0);
    while (model.count <= LONG)
        if (!put(&links, 0, model.count))
            return;
    bool is_first = read_as_of(&links, model.newest[0], 1) == 1; /* ties all */
    for (uint64_t count = 1; count < links.limit; count *= 2)
        log++;
    for (uint64_t from = 0; from < links.limit; from++) {
        for (uint64_t to = 0; to < from; to++) {
            unsigned steps = count_steps(&links, from, to);
            most = steps > most ? steps : most;
        }
    }
    TAP_OK(is_first && log == 11 && most <= 3 * log,
           "from each of %llu versions to each before it: %u steps at most",
           (unsigned long long)links.limit, most);
    hf_links_fini(&links);
}

/* ---- the ring ---------------------------------------------------------------------------- */

/* Every count up to a few growths of the ring, every link of each looked up. */
static void
test_growth(void)
{
    struct hf_budget budget;
    struct hf_links links;
    unsigned wrong = 0;

    begin(&links, &budget, 0);
    for (unsigned count = 1; count <= 300; count++) {
        wrong += !put(&links, count % 7, count);
        for (uint64_t ref = 1; ref < model.count; ref++)
            wrong += !agrees_at(&links, ref, count / 2);
    }
    TAP_OK(wrong == 0 && links.limit == 293, "each link is found while the ring grows");
    while (!hf_links_is_empty(&links)) {
        uint64_t ref = model.linked[model.first];
        wrong += hf_links_front(&links).ref != ref;
        drop(&links);
        wrong += hf_links_older(&links, end_of(ref)) != 0;
    }
    TAP_OK(wrong == 0 && model.first == model.limit,
           "they are dropped from the front in their order, and found no more");
    hf_links_fini(&links);
}

/* The ring has gone half round when it grows: the links keep their order. */
static void
test_growth_around(void)
{
    struct hf_budget budget;
    struct hf_links links;
    unsigned wrong = 0;

    for (unsigned dropped = 0; dropped <= 130; dropped++) {
        begin(&links, &budget, 0);
        for (unsigned i = 1; i <= dropped + 1; i++) {
            wrong += !put(&links, 0, i);
            if (i > 1)
                drop(&links);
        }
        for (unsigned i = 0; i < 200; i++)
            wrong += !put(&links, i % 3, dropped + 2 + i);
        for (uint64_t ref = 1; ref < model.count; ref++)
            wrong += !agrees_at(&links, ref, lowest_version());
        wrong += hf_links_check(&links) != NULL;
        hf_links_fini(&links);
    }
    TAP_OK(wrong == 0, "a ring that grows keeps its links, wherever in it they begin");
}

/* What a long view has left in the ring goes, but not what is reserved. */
static void
test_shrinking(void)
{
    struct hf_budget budget;
    struct hf_links links;
    bool held = true;

    begin(&links, &budget, 0);
    for (unsigned i = 1; held && i < RECORDS; i++)
        held = put(&links, 0, i);
    uint64_t largest = links.capacity;
    while (links.limit - links.first > 100)
        drop(&links);
    held = held && links.capacity == largest;
    for (unsigned i = 0; i < 8; i++)
        held = held && hf_links_reserve(&links, 1) == HF_OK;
    TAP_OK(held && largest >= RECORDS - 2 && links.capacity <= largest / 4,
           "a ring of %llu places of which 100 are used gives back what it does not need",
           (unsigned long long)largest);
    held = agrees_at(&links, model.newest[0], lowest_version()) &&
           hf_links_reserve(&links, largest / 2) == HF_OK && links.capacity >= largest / 2;
    TAP_OK(held && agrees_at(&links, model.newest[0], lowest_version()),
           "the links are still there, and it grows when there is need");
    hf_links_fini(&links);
}

static void
test_refusal(void)
{
    struct hf_budget budget;
    struct hf_links links;

    begin(&links, &budget, 10000);
    while (put(&links, 0, model.count))
        continue;
    uint64_t used = budget.used, newest = model.newest[0];
    TAP_OK(model.limit >= 64 && hf_links_reserve(&links, 1) == HF_ERR_NO_MEMORY &&
               budget.used == used && agrees_at(&links, newest, newest / 2),
           "a refused reservation leaves %llu links and the budget as they were",
           (unsigned long long)model.limit);
    drop(&links);
    TAP_OK(hf_links_reserve(&links, 1) == HF_OK, "a dropped link makes room for one more");
    TAP_OK(hf_links_reserve(&links, 2) == HF_ERR_NO_MEMORY, "and for no two");
    TAP_OK(hf_links_reserve(&links, UINT32_MAX) == HF_ERR_NO_MEMORY && budget.used == used,
           "nor for more than distances can tell");
    hf_links_fini(&links);
    hf_links_fini(&links);
    TAP_OK(budget.used == 0, "it is given back once, however often");
}

static bool
is_named(const struct hf_links *links, const char *invariant)
{
    const char *broken = hf_links_check(links);

    return broken != NULL && strstr(broken, invariant) != NULL;
}

/* The check is worth something: each invariant, broken by hand, is named. */
static void
test_check(void)
{
    struct hf_budget budget;
    struct hf_links links;
    unsigned named = 0;

    begin(&links, &budget, 0);
    for (unsigned i = 0; i < 60; i++)
        if (!put(&links, i % 3, 1 + i))
            return;
    for (unsigned key = 0; key < 3; key++)
        if (read_as_of(&links, model.newest[key], 1 + key) != 1 + key) /* ties all */
            return;
    struct hf_link *link = &links.ring[40], kept = *link;
    const char *healthy = hf_links_check(&links);
    link->newer = links.ring[39].newer;
    named += is_named(&links, "invariant 1");
    *link = kept;
    link->older++;
    named += is_named(&links, "invariant 2");
    *link = kept;
    link->jump++;
    named += is_named(&links, "invariant 3");
    TAP_OK(healthy == NULL && named == 3, "the check names each invariant that is broken");
    hf_links_fini(&links);
}

int
main(int argc, char **argv)
{
    static const struct course courses[] = {
        { 0, 0, 0, "random puts" },
        { 0, 480, 0, "and drops that nearly empty the ring" },
        { 0, 330, 0, "and drops that leave more" },
        { 0, 100, 100, "and leaps between versions" },
        { 9, 100, 1, "and jumps of nine places at most" },
    };
    unsigned seed = argc > 1 ? (unsigned)atoi(argv[1]) : 20201;

    for (unsigned i = 0; i < sizeof courses / sizeof courses[0]; i++)
        test_against_model(seed + i, &courses[i]);
    test_all_short();
    test_steps();
    test_growth();
    test_growth_around();
    test_shrinking();
    test_refusal();
    test_check();
    return tap_done();
}
