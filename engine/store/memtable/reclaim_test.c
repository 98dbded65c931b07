/*
 * reclaim_test.c - memory mode under overwrites: what is given back, and what must not be.
 *
 * Method: a model keeps every version of every key. Random commits go to a database whose
 * segments are a few KiB, so that records are moved all the time, while views and iterators are
 * held open over many rounds; every read of each (points, bytes that were handed out long ago,
 * scans resumed where they stood) must equal the model, and verify must find nothing. Seeds are
 * printed. Then figures: memory over many updates, over many keys that come and go, under a
 * limit, and that nothing at all is moved where nothing is overwritten.
 *
 * Catches, among others: an old version lost that a view sees, a copy with another version or
 * overriding a newer one, a segment given back under a view, a delete dropped under an
 * iterator, a separator of the ordered index that leads into a segment that is gone.
 */
#include "base/span.h"
#include "base/tap.h"
#include "store/read.h"

#include <inttypes.h>
#include <stdlib.h>

#define KEYS 40u
#define VERSIONS 12000u
#define ROUNDS 250u
#define VALUE_MAX 200u
#define HELD 6u /* views open at once */

struct past {
    uint64_t version;
    uint32_t len; /* of the value, which is made of version and key */
    bool is_delete;
};

/* A view held open, and what it was given when it was opened. */
struct held {
    struct hf_view *view;
    struct hf_iter *iter;
    int at; /* the next key that the iterator has to give */
    bool reverse;
    struct hf_item items[KEYS];
};

static struct past pasts[KEYS][VERSIONS];
static uint32_t past_count[KEYS];
static struct held held[HELD];
static uint64_t random_state;
static uint64_t len_max; /* of values */
static uint64_t deletes; /* of four operations */
static struct hf_db *db;
static uint64_t memory_at_first;

static uint64_t
random_below(uint64_t bound)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % bound;
}

static struct hf_span
key_of(uint64_t key)
{
    static char text[4][32];
    static unsigned turn;
    char *at = text[turn++ % 4];

    return hf_span(at, (size_t)snprintf(at, 32, "key-%08" PRIu64, key));
}

static struct hf_span
value_of(uint64_t key, const struct past *past)
{
    static uint8_t bytes[VALUE_MAX];

    for (uint32_t i = 0; i < past->len; i++)
        bytes[i] = (uint8_t)(past->version * 31 + key * 7 + i);
    return hf_span(bytes, past->len);
}

/* What the model has for a key as of a version; NULL: nothing. */
static const struct past *
model(unsigned key, uint64_t version)
{
    for (uint32_t i = past_count[key]; i > 0; i--) {
        if (pasts[key][i - 1].version <= version)
            return pasts[key][i - 1].is_delete ? NULL : &pasts[key][i - 1];
    }
    return NULL;
}

static bool
is_right(const struct hf_item *item, unsigned key, const struct past *past)
{
    return item->version == past->version && hf_span_equal(item->key, key_of(key)) &&
           hf_span_equal(item->value, value_of(key, past));
}

static struct hf_stats
stats_now(void)
{
    struct hf_stats stats = HF_STATS_INIT;

    hf_stats_get(db, &stats);
    return stats;
}

/* What the handle holds for its data: all but what it held when it was empty. */
static uint64_t
memory_held(void)
{
    return stats_now().memory_bytes - memory_at_first;
}

static void
open_memory(uint64_t keep, uint64_t segment_size, uint64_t limit)
{
    struct hf_options options = HF_OPTIONS_INIT;

    options.mode = HF_MODE_MEMORY;
    options.flags = HF_SINGLE_THREAD;
    options.sector = 512;
    options.segment_size = segment_size;
    options.keep_versions = keep;
    options.memory_limit = limit;
    if (hf_open(&db, NULL, &options, NULL) != HF_OK)
        exit(1);
    memory_at_first = stats_now().memory_bytes;
}

static void
print_finding(void *context, const char *line)
{
    (void)context;
    printf("# finding: %s\n", line);
}

/* ---- writing ----------------------------------------------------------------------------- */

static void
note(unsigned key, struct past past)
{
    uint32_t n = past_count[key];

    if (n > 0 && pasts[key][n - 1].version == past.version)
        n--; /* a later operation of the commit overrides */
    if (n == VERSIONS)
        exit(1);
    pasts[key][n] = past;
    past_count[key] = n + 1;
}

/* Few keys are hot, so that some records live long among dead ones. */
static unsigned
random_key(void)
{
    return (unsigned)random_below(random_below(4) == 0 ? KEYS : KEYS / 8);
}

/* Deletes the keys of a short range, in the order of the batch. */
static enum hf_err
add_range(struct hf_batch *batch, uint64_t version)
{
    unsigned from = random_key(), limit = from + 1 + (unsigned)random_below(4);

    for (unsigned key = from; key < limit && key < KEYS; key++)
        note(key, (struct past){ version, 0, true });
    return hf_batch_delete_range(batch, key_of(from),
                                 limit < KEYS ? key_of(limit) : hf_span(NULL, 0));
}

static bool
commit_some(void)
{
    struct hf_batch *batch = NULL;
    uint64_t version = hf_last_version(db) + 1, got = 0;
    bool ok = hf_batch_open(&batch, db) == HF_OK;

    if (ok && random_below(16) < deletes)
        ok = add_range(batch, version) == HF_OK;
    for (uint64_t n = 1 + random_below(4); ok && n > 0; n--) {
        unsigned key = random_key();
        struct past past = { version, (uint32_t)random_below(len_max),
                             random_below(4) < deletes };
        ok = (past.is_delete ? hf_batch_delete(batch, key_of(key))
                             : hf_batch_put(batch, key_of(key), value_of(key, &past))) == HF_OK;
        note(key, past);
    }
    ok = ok && hf_batch_commit(batch, 0, &got) == HF_OK && got == version;
    hf_batch_close(batch);
    return ok;
}

/* ---- reading ----------------------------------------------------------------------------- */

static bool
hold(struct held *one, uint64_t version)
{
    struct hf_range range = { .reverse = random_below(2) == 0 };

    if (hf_view_open(&one->view, db, version) != HF_OK)
        return false;
    for (unsigned key = 0; key < KEYS; key++) {
        const struct past *past = model(key, version);
        struct hf_item *item = &one->items[key];
        enum hf_err err = hf_view_get(one->view, key_of(key), item);
        if (past == NULL ? err != HF_ERR_NOT_FOUND : err != HF_OK || !is_right(item, key, past))
            return false;
    }
    one->reverse = range.reverse;
    one->at = range.reverse ? (int)KEYS - 1 : 0;
    return random_below(3) == 0 || hf_iter_open(&one->iter, one->view, &range) == HF_OK;
}

/* Some more items of the scan: from where it stands, or from a key. */
static bool
scan_on(struct held *one, uint64_t count)
{
    uint64_t version = hf_view_version(one->view);
    struct hf_item item;

    if (one->iter != NULL && random_below(4) == 0) {
        one->at = (int)random_below(KEYS);
        if (hf_iter_seek(one->iter, key_of((uint64_t)one->at)) != HF_OK)
            return false;
    }
    for (; one->iter != NULL && count > 0; count--) {
        enum hf_err err = hf_iter_next(one->iter, &item);
        while (one->at >= 0 && one->at < (int)KEYS && model((unsigned)one->at, version) == NULL)
            one->at += one->reverse ? -1 : 1;
        if (one->at < 0 || one->at >= (int)KEYS)
            return err == HF_ERR_NOT_FOUND;
        unsigned key = (unsigned)one->at;
        if (err != HF_OK || !is_right(&item, key, model(key, version)))
            return false;
        one->at += one->reverse ? -1 : 1;
    }
    return true;
}

/* What a view was given at its beginning is still there, and what it is given now the same. */
static bool
still_holds(struct held *one)
{
    uint64_t version = hf_view_version(one->view);
    struct hf_item item;

    for (unsigned key = 0; key < KEYS; key++) {
        const struct past *past = model(key, version);
        enum hf_err err = hf_view_get(one->view, key_of(key), &item);
        if (past == NULL && err != HF_ERR_NOT_FOUND)
            return false;
        if (past != NULL && (err != HF_OK || !is_right(&item, key, past) ||
                             !is_right(&one->items[key], key, past)))
            return false;
    }
    return scan_on(one, random_below(KEYS));
}

static void
let_go(struct held *one)
{
    hf_iter_close(one->iter);
    hf_view_close(one->view);
    *one = (struct held){ .view = NULL };
}

/* ---- rounds ------------------------------------------------------------------------------ */

static bool
round_is_right(void)
{
    struct held *one = &held[random_below(HELD)];
    struct hf_stats stats = stats_now();
    uint64_t span = stats.last_version - stats.oldest_version + 1;
    bool more = true, ok = true;

    for (uint64_t n = random_below(60); ok && n > 0; n--)
        ok = commit_some();
    for (int i = 0; ok && more && i < 40 && random_below(2) == 0; i++)
        ok = hf_work(db, &more) == HF_OK;
    for (unsigned i = 0; ok && i < HELD; i++)
        ok = held[i].view == NULL || still_holds(&held[i]);
    if (!ok || random_below(3) > 0)
        return ok;
    stats = stats_now();
    if (one->view != NULL)
        let_go(one);
    else
        ok = hold(one, random_below(2) == 0
                           ? stats.last_version
                           : stats.oldest_version +
                                 random_below(span) %
                                     (stats.last_version - stats.oldest_version + 1));
    return ok && hf_verify(db, print_finding, NULL) == HF_OK;
}

/* Where values are small and deletes many, much is dead above the floor too. */
static void
test_model(uint64_t seed, uint64_t keep, uint64_t most)
{
    bool ok = true;

    printf("# seed %" PRIu64 "\n", seed);
    random_state = seed;
    len_max = most;
    deletes = most < VALUE_MAX ? 3 : 1;
    memset(past_count, 0, sizeof past_count);
    open_memory(keep, 4096, 0);
    for (unsigned i = 0; ok && i < ROUNDS; i++)
        ok = round_is_right();
    for (unsigned i = 0; i < HELD; i++)
        let_go(&held[i]);
    struct hf_stats stats = stats_now();
    TAP_OK(ok, "views and iterators equal the model while records move, %d versions kept",
           (int)keep);
    TAP_OK(stats.reclaimed_segments > 20 && stats.reclaim_moved_bytes > 0,
           "%d segments were given back, with %d bytes moved", (int)stats.reclaimed_segments,
           (int)stats.reclaim_moved_bytes);
    TAP_OK(hf_verify(db, print_finding, NULL) == HF_OK && hf_close(db) == HF_OK,
           "and in the end all is sound and all memory comes back");
}

/* ---- figures ----------------------------------------------------------------------------- */

static enum hf_err
put(uint64_t key, uint32_t len)
{
    struct past past = { key, len, false };
    return hf_put(db, key_of(key), value_of(key, &past), 0, NULL);
}

/* `commits` puts of random keys below `keys`; the most memory that was held after a third. */
static uint64_t
update(uint64_t keys, uint64_t commits, uint64_t *refused)
{
    uint64_t most = 0;

    for (uint64_t i = 0; i < commits; i++) {
        *refused += put(random_below(keys), 100) != HF_OK;
        if (i > commits / 3 && memory_held() > most)
            most = memory_held();
    }
    return most;
}

static void
test_updates(void)
{
    uint64_t refused = 0, before, after;

    open_memory(0, 64 << 10, 0);
    before = update(500, 10000, &refused);
    after = update(500, 100000, &refused);
    printf("# %" PRIu64 " bytes, then %" PRIu64 ", %" PRIu64 " moved\n", before, after,
           stats_now().reclaim_moved_bytes);
    TAP_OK(refused == 0 && after < before + (64 << 10),
           "ten times the updates take no more memory");
    TAP_OK(hf_verify(db, print_finding, NULL) == HF_OK && hf_close(db) == HF_OK,
           "and all is sound");
}

/* A tenth of the keys is written once, among others that are overwritten all the time. */
static void
test_cold_among_hot(void)
{
    uint64_t refused = 0, after;

    open_memory(10, 64 << 10, 0);
    for (uint64_t i = 0; i < 4000; i++) {
        refused += put(i, 100) != HF_OK;
        update(50, 8, &refused);
    }
    after = update(50, 20000, &refused);
    TAP_OK(refused == 0 && after < 4000 * 450 && stats_now().keys == 4000,
           "records that live long among dead ones are moved: %d bytes for 4000 of them",
           (int)after);
    TAP_OK(stats_now().reclaim_moved_bytes > 0 && hf_verify(db, print_finding, NULL) == HF_OK &&
               hf_close(db) == HF_OK,
           "and all is sound");
}

static uint64_t
count_keys(void)
{
    struct hf_view *view = NULL;
    struct hf_iter *iter = NULL;
    struct hf_item item;
    uint64_t count = 0;

    if (hf_view_open(&view, db, HF_LATEST) == HF_OK &&
        hf_iter_open(&iter, view, NULL) == HF_OK) {
        while (hf_iter_next(iter, &item) == HF_OK)
            count++;
    }
    hf_iter_close(iter);
    hf_view_close(view);
    return count;
}

/* A queue: a key comes, and one that came before goes, for good. Some scans go on meanwhile. */
static void
test_queue(void)
{
    uint64_t most = 0, wrong = 0;

    open_memory(0, 16 << 10, 0);
    for (uint64_t i = 0; i < 100000; i++) {
        wrong += put(i, 60) != HF_OK;
        if (i >= 100)
            wrong += hf_delete(db, key_of(i - 100), 0, NULL) != HF_OK;
        if (i % 5000 == 1000)
            wrong += count_keys() != 100;
        if (memory_held() > most)
            most = memory_held();
    }
    printf("# at most %" PRIu64 " bytes; %" PRIu64 " keys at the end\n", most,
           stats_now().keys);
    TAP_OK(wrong == 0 && most < 300000 && stats_now().keys < 2000,
           "keys that come and go for good leave nothing behind");
    TAP_OK(hf_verify(db, print_finding, NULL) == HF_OK && hf_close(db) == HF_OK,
           "and all is sound");
}

/* Deletes are dropped while a walk stands on them that gives them out, as a snapshot's does. */
static void
test_walk_over_deletes(void)
{
    struct hf_view *before = NULL, *view = NULL;
    struct hf_iter *iter = NULL;
    struct hf_entry entry;
    uint64_t refused = 0, seen = 0, keys;
    bool ok;

    open_memory(0, 4 << 10, 0);
    for (uint64_t i = 1000; i < 1400; i++)
        refused += put(i, 100) != HF_OK;
    ok = hf_view_open(&before, db, HF_LATEST) == HF_OK; /* until then the deletes stay */
    for (uint64_t i = 1000; i < 1400; i++)
        refused += i % 4 != 0 && hf_delete(db, key_of(i), 0, NULL) != HF_OK;
    update(20, 20, &refused);
    keys = stats_now().keys;
    ok = ok && hf_view_open(&view, db, HF_LATEST) == HF_OK &&
         hf_iter_open_since(&iter, view, 0) == HF_OK;
    hf_view_close(before);
    while (ok && hf_iter_next_entry(iter, &entry) == HF_OK) {
        if (entry.is_delete && stats_now().keys == keys)
            update(20, 500, &refused);
        if (!entry.is_delete && hf_span_compare(entry.key, key_of(1000)) >= 0)
            ok = hf_span_equal(entry.key, key_of(1000 + 4 * seen++));
    }
    TAP_OK(ok && seen == 100 && refused == 0 && stats_now().keys < keys,
           "a walk misses no key while %d deletes under it are dropped",
           (int)(keys - stats_now().keys));
    uint64_t waiting = memory_held();
    hf_iter_close(iter);
    hf_view_close(view);
    TAP_OK(memory_held() < waiting, "closing its view gives back what was waiting for it");
    TAP_OK(hf_verify(db, print_finding, NULL) == HF_OK && hf_close(db) == HF_OK,
           "and all is sound");
}

/* Records at the front of the log that never die, and very many segments behind them. */
static void
test_many_segments(void)
{
    uint64_t refused = 0;

    open_memory(0, 4 << 10, 0);
    for (uint64_t i = 100; i < 200; i++)
        refused += put(i, 100) != HF_OK;
    uint64_t most = update(20, 300000, &refused);
    TAP_OK(refused == 0 && most < 200000, "%d segments later nothing is left of them",
           (int)stats_now().reclaimed_segments);
    TAP_OK(hf_verify(db, print_finding, NULL) == HF_OK && hf_close(db) == HF_OK,
           "and all is sound");
}

/* Each large value needs room that is not there until what is dead has been given back. */
static void
test_large_under_limit(void)
{
    static uint8_t large[480000];
    uint64_t refused = 0, refused_large = 0;

    open_memory(0, 1 << 20, 2000000);
    for (int i = 0; i < 40; i++) {
        update(2000, 3000, &refused);
        refused_large +=
            hf_put(db, key_of(5000), hf_span(large, sizeof large), 0, NULL) != HF_OK;
    }
    TAP_OK(refused == 0 && refused_large == 0, "large values find room among small ones");
    TAP_OK(hf_verify(db, print_finding, NULL) == HF_OK && hf_close(db) == HF_OK,
           "and all is sound");
}

static void
test_limit(uint64_t limit)
{
    uint64_t refused = 0;

    open_memory(0, 1 << 20, limit);
    update(2000, 60000, &refused);
    TAP_OK(refused == 0, "no update is refused under a limit of %d for 232000 bytes of data",
           (int)limit);
    TAP_OK(count_keys() == 2000 && hf_verify(db, print_finding, NULL) == HF_OK &&
               hf_close(db) == HF_OK,
           "and all is there and sound");
}

static void
test_nothing_superseded(void)
{
    uint64_t refused = 0;

    open_memory(0, 64 << 10, 0);
    for (uint64_t i = 0; i < 20000; i++)
        refused += put(i, 100) != HF_OK;
    struct hf_stats stats = stats_now();
    TAP_OK(refused == 0 && stats.reclaim_moved_bytes == 0 && stats.reclaimed_segments == 0 &&
               stats.dead_bytes == 0,
           "where nothing is overwritten nothing is moved");
    TAP_OK(hf_close(db) == HF_OK, "and it closes");
}

/* One view is held while a key gets more versions than a search will pass. */
static void
test_long_view(void)
{
    struct hf_view *view = NULL;
    struct hf_item item;
    uint64_t refused = 0;
    bool ok;

    open_memory(0, 8 << 10, 0);
    for (uint64_t i = 0; i < 200; i++)
        refused += put(i, 100) != HF_OK;
    update(20, 400, &refused);
    ok = hf_view_open(&view, db, HF_LATEST) == HF_OK;
    uint64_t version = hf_last_version(db);
    ok = ok && hf_view_get(view, key_of(3), &item) == HF_OK && item.version <= version;
    uint64_t first = item.version;
    update(20, 20000, &refused);
    uint64_t most = memory_held();
    ok = ok && hf_view_get(view, key_of(3), &item) == HF_OK && item.version == first &&
         hf_verify(db, print_finding, NULL) == HF_OK;
    hf_view_close(view);
    update(20, 20000, &refused);
    TAP_OK(ok && refused == 0, "a view sees its version, however many come after it");
    TAP_OK(memory_held() * 4 < most, "and when it is closed all they took is back");
    TAP_OK(hf_verify(db, print_finding, NULL) == HF_OK && hf_close(db) == HF_OK,
           "and all is sound");
}

int
main(void)
{
    for (uint64_t seed = 1; seed <= 4; seed++) {
        test_model(seed * 4, 0, VALUE_MAX);
        test_model(seed * 4 + 1, 5, VALUE_MAX);
        test_model(seed * 4 + 2, 300, VALUE_MAX);
        test_model(seed * 4 + 3, 2000, 4);
    }
    test_updates();
    test_cold_among_hot();
    test_queue();
    test_walk_over_deletes();
    test_many_segments();
    test_large_under_limit();
    test_limit(1100000);
    test_limit(700000);
    test_nothing_superseded();
    test_long_view();
    return tap_done();
}
