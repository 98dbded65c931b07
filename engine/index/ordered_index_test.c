/*
 * ordered_index_test.c - the ordered index against a sorted list.
 *
 * Method: small fanouts; every order in which seven keys can arrive; then a universe of keys in
 * which many share their first eight bytes, are prefixes of each other or hold zeros, arriving
 * up, down, from the middle and at random. All invariants after every step, every seek and both
 * walks now and then. Then keys come and go, in every order and at random, and a ref that was
 * replaced or removed must never be asked for again. Memory is refused at every size that a put
 * could still want. The seed is printed first.
 *
 * Catches, among others: ties that the prefix alone decides, a separator off by one, a leaf
 * missing from the chain in one direction, a split that fails half way, a separator that keeps
 * an old ref, a node left empty.
 */
#include "base/span.h"
#include "base/tap.h"
#include "index/ordered_index.h"

#include <stdlib.h>

#define SEED UINT64_C(20240608)
#define KEY_MAX 400u
#define FEW 7u /* keys whose every order is tried */

struct key {
    size_t len;
    unsigned char bytes[12];
};

/* The universe, in byte order. A ref is a place in it, and in the high half a generation. */
static struct key keys[KEY_MAX];
static unsigned key_count;

static uint64_t random_state = SEED;

static uint64_t
random_u64(void)
{
    uint64_t x = random_state += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static struct hf_span
key_at(unsigned key)
{
    return hf_span(keys[key].bytes, keys[key].len);
}

/* The refs that are in force, by key, where that is looked at; and how often one was not. */
static const uint64_t *refs_in_force;
static unsigned stale;

static struct hf_span
key_of(const void *context, uint64_t ref)
{
    (void)context;
    stale += refs_in_force != NULL && refs_in_force[(uint32_t)ref] != ref;
    return key_at((uint32_t)ref);
}

static int
compare_keys(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    return hf_span_compare(hf_span(x->bytes, x->len), hf_span(y->bytes, y->len));
}

/* Adds `head` with every tail of up to three bytes of three values behind it. */
static void
add_keys(const char *head, size_t head_len)
{
    static const unsigned char values[] = { 0, 'a', 0xff };

    for (unsigned code = 0; code < 64; code++) {
        struct key *key = &keys[key_count];
        bool ended = false, valid = true;

        memcpy(key->bytes, head, head_len);
        key->len = head_len;
        for (unsigned i = 0; i < 3; i++) {
            unsigned digit = code >> 2 * i & 3; /* 3: nothing from here on */

            valid = valid && !(ended && digit != 3);
            ended = ended || digit == 3;
            if (!ended)
                key->bytes[key->len++] = values[digit];
        }
        key_count += valid && key->len > 0;
    }
}

static void
make_keys(void)
{
    add_keys("", 0);
    add_keys("\0\0\0\0", 4);
    add_keys("\0\0\0\0\0\0\0\0", 8);
    add_keys("longpre", 7);
    add_keys("longpref", 8);
    qsort(keys, key_count, sizeof keys[0], compare_keys);
}

/* ---- the model --------------------------------------------------------------------------- */

struct model {
    struct hf_budget budget;
    struct hf_ordered *index;
    uint64_t refs[KEY_MAX]; /* by key */
    bool has[KEY_MAX];
    uint64_t count;
    uint64_t changes;
};

static void
model_open(struct model *model, unsigned fanout)
{
    *model = (struct model){ .count = 0 };
    hf_budget_init(&model->budget, 0);
    if (hf_ordered_open(&model->index, &model->budget, fanout, key_of, NULL) != HF_OK)
        abort();
}

/* Closes; whether all memory came back. */
static bool
model_close(struct model *model)
{
    hf_ordered_close(model->index);
    return model->budget.used == 0;
}

static bool
is_sound(const struct model *model)
{
    const char *broken = hf_ordered_check(model->index);

    if (broken != NULL)
        printf("# %s\n", broken);
    return broken == NULL && hf_ordered_count(model->index) == model->count &&
           hf_ordered_changes(model->index) == model->changes &&
           hf_ordered_bytes(model->index) == model->budget.used;
}

/* Puts a key under a new ref. */
static bool
model_put(struct model *model, unsigned key)
{
    uint64_t ref = key | random_u64() << 32;

    if (hf_ordered_put(model->index, key_at(key), ref) != HF_OK)
        return false;
    model->count += !model->has[key];
    model->changes += !model->has[key];
    model->has[key] = true;
    model->refs[key] = ref;
    return true;
}

/* Removes a key, there or not. */
static bool
model_remove(struct model *model, unsigned key)
{
    if (hf_ordered_remove(model->index, key_at(key)) != model->has[key])
        return false;
    model->count -= model->has[key];
    model->changes += model->has[key];
    model->has[key] = false;
    model->refs[key] = 0;
    return true;
}

/* Whether the place is at the first key that the model has from `key` on. */
static bool
is_first_from(const struct model *model, struct hf_ordered_place place, unsigned key)
{
    while (key < key_count && !model->has[key])
        key++;
    if (key == key_count)
        return hf_ordered_at_end(place);
    return !hf_ordered_at_end(place) && hf_ordered_ref(place) == model->refs[key];
}

/* Whether the place is at the last key that the model has below `key`. */
static bool
is_last_below(const struct model *model, struct hf_ordered_place place, unsigned key)
{
    while (key > 0 && !model->has[key - 1])
        key--;
    if (key == 0)
        return hf_ordered_at_end(place);
    return !hf_ordered_at_end(place) && hf_ordered_ref(place) == model->refs[key - 1];
}

static bool
are_walks_right(const struct model *model)
{
    struct hf_ordered_place up = hf_ordered_seek(model->index, hf_span(NULL, 0));
    struct hf_ordered_place down = hf_ordered_seek_before(model->index, hf_span(NULL, 0));

    for (unsigned key = 0; key < key_count; key++) {
        if (!model->has[key])
            continue;
        if (!is_first_from(model, up, key))
            return false;
        up = hf_ordered_next(up);
    }
    for (unsigned key = key_count; key > 0; key--) {
        if (!model->has[key - 1])
            continue;
        if (!is_last_below(model, down, key))
            return false;
        down = hf_ordered_prev(down);
    }
    return hf_ordered_at_end(up) && hf_ordered_at_end(down);
}

static bool
is_whole(const struct model *model)
{
    for (unsigned key = 0; key < key_count; key++) {
        struct hf_span span = key_at(key);

        if (!is_first_from(model, hf_ordered_seek(model->index, span), key) ||
            !is_last_below(model, hf_ordered_seek_before(model->index, span), key))
            return false;
    }
    return are_walks_right(model);
}

/* ---- properties -------------------------------------------------------------------------- */

/* The `code`th order of the first FEW of every seventeenth key. */
static bool
is_order_kept(unsigned code)
{
    unsigned left[FEW];
    struct model model;
    bool good = true;

    for (unsigned i = 0; i < FEW; i++)
        left[i] = i * 17;
    model_open(&model, 4);
    for (unsigned rest = FEW; rest > 0; rest--) {
        unsigned which = code % rest;

        code /= rest;
        good = good && model_put(&model, left[which]) && is_sound(&model);
        left[which] = left[rest - 1];
    }
    good = good && are_walks_right(&model);
    return model_close(&model) && good;
}

/* The same keys, put in order, go in the `code`th. */
static bool
is_removal_kept(unsigned code)
{
    unsigned left[FEW];
    struct model model;
    bool good = true;

    model_open(&model, 4);
    refs_in_force = model.refs;
    for (unsigned i = 0; i < FEW; i++) {
        left[i] = i * 17;
        good = good && model_put(&model, left[i]);
    }
    for (unsigned rest = FEW; rest > 0; rest--) {
        unsigned which = code % rest;

        code /= rest;
        good =
            good && model_remove(&model, left[which]) && is_sound(&model) && is_whole(&model);
        left[which] = left[rest - 1];
    }
    refs_in_force = NULL;
    return model_close(&model) && good;
}

static void
test_every_order(void)
{
    unsigned orders = 1;
    bool good = true;

    for (unsigned i = 2; i <= FEW; i++)
        orders *= i;
    for (unsigned code = 0; code < orders; code++)
        good = good && is_order_kept(code);
    TAP_OK(good, "%u keys in any of their %u orders come out sorted", FEW, orders);
    for (unsigned code = 0; code < orders; code++)
        good = good && is_removal_kept(code);
    TAP_OK(good && stale == 0, "and go in any of them");
}

enum arrival { UP, DOWN, OUTWARDS, RANDOM, ARRIVAL_COUNT };

static const char *const arrival_names[] = { "up", "down", "from the middle", "at random" };

static unsigned
arriving(enum arrival arrival, unsigned step)
{
    switch (arrival) {
    case UP:
        return step % key_count;
    case DOWN:
        return key_count - 1 - step % key_count;
    case OUTWARDS:
        step %= key_count;
        return step % 2 == 0 ? (key_count + step) / 2 % key_count : (key_count - 1 - step) / 2;
    case RANDOM:
    case ARRIVAL_COUNT:
        break;
    }
    return (unsigned)(random_u64() % key_count);
}

static bool
is_arrival_kept(enum arrival arrival, unsigned fanout)
{
    struct model model;
    bool good = true;

    model_open(&model, fanout);
    good = is_whole(&model);
    for (unsigned step = 0; step < 2 * key_count && good; step++)
        good = model_put(&model, arriving(arrival, step)) && is_sound(&model) &&
               (step % 16 != 0 || is_whole(&model));
    good = good && is_whole(&model);
    return model_close(&model) && good;
}

static void
test_arrivals(void)
{
    static const unsigned fanouts[] = { 4, 5, 7, HF_ORDERED_FANOUT, 64 };

    for (int arrival = 0; arrival < ARRIVAL_COUNT; arrival++) {
        bool good = true;

        for (size_t i = 0; i < sizeof fanouts / sizeof fanouts[0]; i++)
            good = good && is_arrival_kept((enum arrival)arrival, fanouts[i]);
        TAP_OK(good, "keys that arrive %s are found from every side", arrival_names[arrival]);
    }
}

/* Keys come, are put again and go, now more of one and now of the other. */
static void
test_coming_and_going(void)
{
    static const unsigned fanouts[] = { 4, 5, HF_ORDERED_FANOUT };
    bool good = true;

    for (size_t i = 0; i < sizeof fanouts / sizeof fanouts[0]; i++) {
        struct model model;

        model_open(&model, fanouts[i]);
        refs_in_force = model.refs;
        for (unsigned step = 0; step < 20 * key_count && good; step++) {
            unsigned key = arriving(RANDOM, step), puts = step / key_count % 2 == 0 ? 3 : 1;

            good = (random_u64() % 4 < puts ? model_put(&model, key)
                                            : model_remove(&model, key)) &&
                   is_sound(&model) && (step % 32 != 0 || is_whole(&model));
        }
        for (unsigned key = 0; key < key_count && good; key++)
            good = model_remove(&model, key) && is_sound(&model);
        good = good && is_whole(&model);
        refs_in_force = NULL;
        good = model_close(&model) && good;
    }
    TAP_OK(good, "keys that come and go at random leave the others where they are");
    TAP_OK(stale == 0, "and no ref that was replaced or removed is asked for again");
}

/* A queue: each key goes when another has come behind it. */
static void
test_queue(void)
{
    struct model model;
    uint64_t most = 0;
    bool good = true;

    model_open(&model, 4);
    for (unsigned round = 0; round < 3 && good; round++) {
        for (unsigned key = 0; key < key_count + 10 && good; key++) {
            good = key >= key_count || model_put(&model, key);
            good = good && (key < 10 || model_remove(&model, key - 10)) && is_sound(&model);
            if (hf_ordered_bytes(model.index) > most)
                most = hf_ordered_bytes(model.index);
        }
    }
    TAP_OK(good && most < 1500, "a queue of ten keys takes the room of ten: %llu bytes",
           (unsigned long long)most);
    TAP_OK(model_close(&model), "and leaves nothing behind");
}

/* Memory is refused from the first byte on, then granted a little more each time. */
static void
test_refusals(void)
{
    struct model model;
    unsigned refused = 0;
    bool good = true;

    model_open(&model, 4);
    for (unsigned step = 0; step < key_count && good; step++) {
        unsigned key = arriving(RANDOM, step);

        model.budget.limit = model.budget.used;
        while (!model_put(&model, key) && good) {
            refused++;
            good = is_sound(&model) && is_whole(&model);
            model.budget.limit += 48;
        }
        model.budget.limit = UINT64_MAX;
    }
    good = good && is_whole(&model);
    TAP_OK(good && refused > 100, "%u refusals of memory change nothing", refused);
    TAP_OK(model_close(&model), "and leave nothing behind");
}

static void
test_open_refused(void)
{
    struct hf_budget budget;
    struct hf_ordered *index;
    uint64_t limit = 1;
    bool clean = true;

    for (;; limit += 8) {
        hf_budget_init(&budget, limit);
        if (hf_ordered_open(&index, &budget, 4, key_of, NULL) == HF_OK)
            break;
        clean = clean && index == NULL && budget.used == 0;
    }
    hf_ordered_close(index);
    hf_ordered_close(NULL);
    TAP_OK(clean && limit > 1, "an open that is refused memory leaves none behind");
}

/* Bytes that the universe needs when it arrives so. */
static uint64_t
bytes_of(enum arrival arrival)
{
    struct model model;
    uint64_t bytes;

    model_open(&model, 8);
    for (unsigned step = 0; step < key_count; step++)
        if (!model_put(&model, arriving(arrival, step)))
            abort();
    bytes = hf_ordered_bytes(model.index);
    model_close(&model);
    return bytes;
}

static void
test_fill(void)
{
    uint64_t up = bytes_of(UP), down = bytes_of(DOWN);

    TAP_OK(up * 3 < down * 2, "keys in order fill their leaves: %llu bytes, %llu downwards",
           (unsigned long long)up, (unsigned long long)down);
}

/* What a scan asks ahead for is what it comes to. */
static void
test_ahead(void)
{
    enum { FANOUT = 8 };
    const struct hf_span from_start = { NULL, 0 };
    unsigned wrong = 0, seen = 0, asked = 0;
    struct model model;

    model_open(&model, FANOUT);
    for (unsigned step = 0; step < key_count; step++)
        if (!model_put(&model, arriving(RANDOM, step)))
            abort();
    for (unsigned forward = 0; forward < 2; forward++) {
        struct hf_ordered_place place = forward
                                            ? hf_ordered_seek(model.index, from_start)
                                            : hf_ordered_seek_before(model.index, from_start);
        for (; !hf_ordered_at_end(place);
             place = forward ? hf_ordered_next(place) : hf_ordered_prev(place)) {
            struct hf_ordered_place at = place;
            for (unsigned i = 0; i < FANOUT && !hf_ordered_at_end(at); i++) {
                uint64_t ref = hf_ordered_ref_ahead(place, i, forward);
                asked++;
                seen += ref != 0;
                wrong += ref != 0 && ref != hf_ordered_ref(at);
                at = forward ? hf_ordered_next(at) : hf_ordered_prev(at);
            }
            wrong += hf_ordered_at_end(at) && hf_ordered_ref_ahead(place, 2 * FANOUT, forward);
        }
    }
    TAP_OK(wrong == 0 && seen > asked / 4 * 3 && asked > 2 * key_count,
           "of %u entries ahead %u are told, and each is what comes", asked, seen);
    model_close(&model);
}

int
main(void)
{
    printf("# seed %llu\n", (unsigned long long)SEED);
    make_keys();
    test_every_order();
    test_arrivals();
    test_coming_and_going();
    test_queue();
    test_refusals();
    test_open_refused();
    test_fill();
    test_ahead();
    return tap_done();
}
