/*
 * table_entries_test.c - entries come back as they were packed, a search finds what a walk
 * finds, and bytes that no entries pack to are refused.
 *
 * Method: every payload is made, loaded and packed again in memory of exactly its size. All
 * blocks over a dozen small entries are searched for all of their places; random blocks, the
 * seed printed first, have long keys, long histories and large values; one small payload is
 * cut, flipped and overwritten everywhere; and each lie that a payload can tell has its test.
 * Catches a search that trusts prefixes, an order that is not checked, a second form of the
 * same entries, and a byte written behind the loaded size.
 */
#include "base/span.h"
#include "base/tap.h"
#include "format/table_format.h"
#include "format/varint.h"

#include <stdlib.h>

#define ENTRIES_MAX 400u

static uint8_t last_key[HF_KEY_SIZE_MAX];

static void *
take(size_t size)
{
    void *memory = malloc(size == 0 ? 1 : size);

    if (memory == NULL)
        abort();
    return memory;
}

/* ---- payloads and blocks ----------------------------------------------------------------- */

/* Packs entries into memory of exactly the size they need; the caller frees it. */
static struct hf_span
pack(const struct hf_entry *entries, uint32_t count)
{
    struct hf_block_builder builder;
    size_t room = HF_BLOCK_PAYLOAD_HEAD;

    for (uint32_t i = 0; i < count; i++)
        room += HF_BLOCK_ENTRY_MAX(entries[i].key.len, entries[i].value.len);
    uint8_t *wide = take(room);
    hf_block_begin(&builder, wide, room, last_key);
    for (uint32_t i = 0; i < count; i++) {
        if (!hf_block_add(&builder, &entries[i]))
            abort();
    }
    size_t size = hf_block_finish(&builder);
    uint8_t *at = take(size);
    memcpy(at, wide, size);
    free(wide);
    if (count != 0 && hf_block_loaded_size(hf_span(at, size)) != builder.loaded_size)
        abort();
    return hf_span(at, size);
}

/* Loads into memory of exactly the size the payload names; NULL: it is bad. */
static struct hf_block *
load(struct hf_span payload)
{
    uint64_t size = hf_block_loaded_size(payload);
    struct hf_block *block;

    if (size == 0)
        return NULL;
    block = take((size_t)size);
    if (hf_block_load(block, payload) == HF_TABLE_GOOD)
        return block;
    free(block);
    return NULL;
}

static bool
is_same(const struct hf_entry *a, const struct hf_entry *b)
{
    return hf_span_equal(a->key, b->key) && hf_span_equal(a->value, b->value) &&
           a->version == b->version && a->time_us == b->time_us && a->is_delete == b->is_delete;
}

/* Whether a block packs to these very bytes again, its entries being in order. */
static bool
packs_to(const struct hf_block *block, struct hf_span payload)
{
    struct hf_entry *entries = calloc(block->count, sizeof *entries);
    bool is_right = true;

    if (entries == NULL)
        abort();
    for (uint32_t i = 0; i < block->count; i++) {
        entries[i] = hf_block_entry(block, i);
        if (i > 0)
            is_right = is_right && hf_entry_compare(entries[i - 1].key, entries[i - 1].version,
                                                    entries[i].key, entries[i].version) < 0;
    }
    struct hf_span again = pack(entries, block->count);
    is_right = is_right && hf_span_equal(again, payload);
    free((void *)again.at);
    free(entries);
    return is_right;
}

/* Whether the payload is bad; one that is good must pack to itself again. */
static bool
is_bad(struct hf_span payload, unsigned *wrong)
{
    struct hf_block *block = load(payload);

    if (block == NULL)
        return true;
    *wrong += !packs_to(block, payload);
    free(block);
    return false;
}

/* ---- searching --------------------------------------------------------------------------- */

static uint32_t
walk_to(const struct hf_block *block, struct hf_span key, uint64_t version)
{
    uint32_t i = 0;

    for (; i < block->count; i++) {
        struct hf_entry entry = hf_block_entry(block, i);
        if (hf_entry_compare(entry.key, entry.version, key, version) >= 0)
            break;
    }
    return i;
}

#define SUFFIXES 6u
#define VERSIONS 2u

/* The dozen: six ends of keys, of each a version 2 and a version 1. The ends have zeros where
 * a prefix is filled up with zeros, and bytes of all ones. */
static const struct {
    size_t size;
    const char *bytes;
} suffixes[SUFFIXES] = {
    { 1, "\x00" },      { 2, "\x00\x00" },  { 2, "a\x00" },
    { 9, "aaaaaaaab" }, { 9, "aaaaaaaac" }, { 9, "\xff\xff\xff\xff\xff\xff\xff\xff\xff" },
};

/* Every block of some of the dozen is searched for every place among them. */
static unsigned
search_all(size_t common)
{
    uint8_t keys[SUFFIXES][32];
    struct hf_entry all[SUFFIXES * VERSIONS], some[SUFFIXES * VERSIONS];
    unsigned wrong = 0;

    for (unsigned i = 0; i < SUFFIXES * VERSIONS; i++) {
        unsigned suffix = i / VERSIONS;
        memset(keys[suffix], 'k', common);
        memcpy(keys[suffix] + common, suffixes[suffix].bytes, suffixes[suffix].size);
        all[i] =
            (struct hf_entry){ .key = hf_span(keys[suffix], common + suffixes[suffix].size),
                               .version = VERSIONS - i % VERSIONS };
    }
    for (unsigned set = 1; set < 1u << SUFFIXES * VERSIONS; set++) {
        uint32_t count = 0;
        for (unsigned i = 0; i < SUFFIXES * VERSIONS; i++) {
            if ((set >> i & 1) != 0)
                some[count++] = all[i];
        }
        struct hf_span payload = pack(some, count);
        struct hf_block *block = load(payload);
        for (unsigned i = 0; i < SUFFIXES * (VERSIONS + 2); i++) {
            struct hf_span key = all[i % SUFFIXES * VERSIONS].key;
            uint64_t version = i / SUFFIXES;
            wrong += hf_block_seek(block, key, version) != walk_to(block, key, version);
        }
        wrong += hf_block_seek(block, hf_span(NULL, 0), 1) != 0;
        wrong += hf_block_seek(block, hf_span("k", 1), 1) != walk_to(block, hf_span("k", 1), 1);
        wrong += hf_block_seek(block, hf_span("j", 1), 1) != walk_to(block, hf_span("j", 1), 1);
        wrong += hf_block_seek(block, hf_span("l", 1), 1) != walk_to(block, hf_span("l", 1), 1);
        wrong += !packs_to(block, payload);
        free(block);
        free((void *)payload.at);
    }
    return wrong;
}

static void
test_search(void)
{
    static const size_t commons[] = { 0, 1, 8, 13 };

    for (size_t i = 0; i < sizeof commons / sizeof *commons; i++)
        TAP_OK(search_all(commons[i]) == 0,
               "in each of 4095 blocks a search is a walk, keys sharing %zu bytes", commons[i]);
}

/* ---- at random --------------------------------------------------------------------------- */

struct random {
    uint64_t state;
};

static uint64_t
draw(struct random *random, uint64_t bound)
{
    random->state =
        random->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (random->state >> 33) % bound;
}

/* Random entries in order, in memory of their own. */
struct model {
    uint32_t count;
    struct hf_entry entries[ENTRIES_MAX];
    uint8_t *memory[ENTRIES_MAX];
};

/* Shares much of `last` with it, most of the time. */
static void
draw_entry(struct random *random, struct hf_entry *entry, uint8_t **memory,
           const struct hf_entry *last, size_t key_max)
{
    size_t size = draw(random, 20) == 0 ? draw(random, key_max) + 1 : draw(random, 24) + 1;
    size_t value_size =
        draw(random, 4) == 0 ? 0 : draw(random, draw(random, 16) == 0 ? 5000 : 64);

    *memory = take(size + value_size);
    for (size_t i = 0; i < size + value_size; i++)
        (*memory)[i] = (uint8_t)(draw(random, 3) * 127);
    if (last != NULL && draw(random, 8) != 0)
        memcpy(*memory, last->key.at, last->key.len < size ? last->key.len : size);
    if (last != NULL && draw(random, 3) == 0) {
        free(*memory);
        size = last->key.len; /* one more version of the same key */
        *memory = take(size + value_size);
        memset(*memory, 'v', size + value_size);
        memcpy(*memory, last->key.at, size);
    }
    *entry =
        (struct hf_entry){ .key = hf_span(*memory, size),
                           .value = hf_span(*memory + size, value_size),
                           .version = draw(random, 9) == 0 ? UINT64_MAX - 1 - draw(random, 99)
                                                           : draw(random, 1000) + 1,
                           .time_us = draw(random, 1u << 30) << draw(random, 34),
                           .is_delete = value_size == 0 && draw(random, 2) == 0 };
}

static int
compare_entries(const void *a, const void *b)
{
    const struct hf_entry *x = a, *y = b;

    return hf_entry_compare(x->key, x->version, y->key, y->version);
}

static void
draw_model(struct random *random, struct model *model)
{
    size_t key_max = draw(random, 8) == 0 ? HF_KEY_SIZE_MAX : 300;
    uint32_t count = (uint32_t)draw(random, draw(random, 4) == 0 ? ENTRIES_MAX : 20) + 1;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < count; i++)
        draw_entry(random, &model->entries[i], &model->memory[i],
                   i == 0 ? NULL : &model->entries[i - 1], key_max);
    qsort(model->entries, count, sizeof *model->entries, compare_entries);
    for (uint32_t i = 0; i < count; i++) {
        if (i == 0 || compare_entries(&model->entries[kept - 1], &model->entries[i]) != 0)
            model->entries[kept++] = model->entries[i];
    }
    for (uint32_t i = count; i < ENTRIES_MAX; i++)
        model->memory[i] = NULL;
    model->count = kept;
}

static unsigned
check_model(const struct model *model)
{
    struct hf_span payload = pack(model->entries, model->count);
    struct hf_block *block = load(payload);
    unsigned wrong = block == NULL || block->count != model->count;

    for (uint32_t i = 0; wrong == 0 && i < model->count; i++) {
        const struct hf_entry *entry = &model->entries[i];
        struct hf_entry read = hf_block_entry(block, i);
        struct hf_span shorter = hf_span(entry->key.at, entry->key.len - 1);
        wrong += !is_same(&read, entry);
        wrong += hf_block_seek(block, entry->key, entry->version) != i;
        wrong += hf_block_seek(block, entry->key, entry->version - 1) != i + 1;
        wrong += hf_block_seek(block, entry->key, HF_LATEST) !=
                 walk_to(block, entry->key, HF_LATEST);
        wrong += hf_block_seek(block, shorter, 500) != walk_to(block, shorter, 500);
    }
    wrong = wrong != 0 || !packs_to(block, payload);
    free(block);
    free((void *)payload.at);
    return wrong;
}

static void
test_random(uint64_t seed, unsigned rounds)
{
    static struct model model;
    struct random random = { .state = seed };
    unsigned wrong = 0;

    printf("# seed %llu\n", (unsigned long long)seed);
    for (unsigned n = 0; n < rounds; n++) {
        draw_model(&random, &model);
        wrong += check_model(&model);
        for (uint32_t i = 0; i < ENTRIES_MAX; i++)
            free(model.memory[i]);
    }
    TAP_OK(wrong == 0, "%u random blocks read as they were packed", rounds);
}

/* ---- the builder's limits ---------------------------------------------------------------- */

static void
test_room(void)
{
    struct hf_entry entries[3] = {
        { .key = hf_span("key", 3), .value = hf_span("value", 5), .version = 9 },
        { .key = hf_span("keys", 4), .value = hf_span("", 0), .version = 3, .is_delete = true },
        { .key = hf_span("kez", 3), .value = hf_span("v", 1), .version = 7 },
    };
    struct hf_span whole = pack(entries, 3);
    unsigned wrong = 0;

    for (size_t room = HF_BLOCK_PAYLOAD_HEAD; room < whole.len; room++) {
        struct hf_block_builder builder;
        uint8_t *at = take(room);
        uint32_t count = 0;
        hf_block_begin(&builder, at, room, last_key);
        while (hf_block_add(&builder, &entries[count]))
            count++;
        size_t size = hf_block_finish(&builder);
        struct hf_span fewer = pack(entries, count);
        wrong += count == 3 || !hf_span_equal(hf_span(at, size), fewer);
        free((void *)fewer.at);
        free(at);
    }
    free((void *)whole.at);
    TAP_OK(wrong == 0, "an entry that has no room leaves the builder as it was");
}

/* Keys that differ in their last byte: 65535 bytes each in memory, about ten on disk. */
static void
test_excess(void)
{
    uint8_t *key = take(HF_KEY_SIZE_MAX), *at = take(1u << 20);
    struct hf_block_builder builder;
    struct hf_entry entry = { .key = hf_span(key, HF_KEY_SIZE_MAX), .version = 1 };

    memset(key, 'k', HF_KEY_SIZE_MAX);
    hf_block_begin(&builder, at, 1u << 20, last_key);
    do
        key[HF_KEY_SIZE_MAX - 1] = (uint8_t)builder.count;
    while (builder.count < 256 && hf_block_add(&builder, &entry));
    struct hf_span payload = hf_span(at, hf_block_finish(&builder));
    struct hf_block *block = load(payload);
    uint64_t limit = payload.len + HF_BLOCK_EXCESS_MAX;
    TAP_OK(builder.count > 60 && builder.count < 70 && builder.loaded_size <= limit &&
               builder.loaded_size + HF_KEY_SIZE_MAX > limit - 100,
           "a block is full before its loaded form is much larger than its payload");
    TAP_OK(block != NULL && block->count == builder.count && packs_to(block, payload),
           "and up to there it loads");
    free(block);
    free(at);
    free(key);
}

static void
test_history(void)
{
    uint8_t *key = take(HF_KEY_SIZE_MAX);
    struct hf_entry *entries = take(1000 * sizeof *entries);
    unsigned wrong = 0;

    memset(key, 'k', HF_KEY_SIZE_MAX);
    for (uint32_t i = 0; i < 1000; i++)
        entries[i] = (struct hf_entry){ .key = hf_span(key, HF_KEY_SIZE_MAX),
                                        .version = 5000 - i,
                                        .time_us = 9000000 - i };
    struct hf_span payload = pack(entries, 1000);
    struct hf_block *block = load(payload);
    for (uint32_t i = 0; i < 1000; i++)
        wrong += hf_block_seek(block, hf_span(key, HF_KEY_SIZE_MAX), 5000 - i) != i;
    TAP_OK(wrong == 0 && packs_to(block, payload), "a thousand versions of one key are found");
    TAP_OK(payload.len < HF_KEY_SIZE_MAX + 9000 && block->size < HF_KEY_SIZE_MAX + 40000,
           "and their key is there once, on disk and in memory");
    free(block);
    free((void *)payload.at);
    free(entries);
    free(key);
}

/* ---- damage ------------------------------------------------------------------------------ */

static struct hf_span
small_payload(void)
{
    static const struct hf_entry entries[] = {
        { .key = { "apple", 5 }, .value = { "red", 3 }, .version = 300, .time_us = 1000300 },
        { .key = { "apple", 5 }, .value = { "green", 5 }, .version = 7, .time_us = 1000007 },
        { .key = { "apples", 6 }, .value = { "", 0 }, .version = 8, .is_delete = true },
        { .key = { "b", 1 }, .value = { "", 0 }, .version = UINT64_MAX - 1 },
    };

    return pack(entries, 4);
}

static void
test_damage(void)
{
    struct hf_span payload = small_payload();
    uint8_t *bytes = take(payload.len + 1);
    unsigned wrong = 0, bad = 0, good = 0;

    memcpy(bytes, payload.at, payload.len);
    bytes[payload.len] = 0;
    TAP_OK(!is_bad(payload, &wrong), "a small payload is good");
    for (size_t size = 0; size < payload.len; size++) {
        uint8_t *copy = memcpy(take(size), bytes, size);
        good += !is_bad(hf_span(copy, size), &wrong);
        free(copy);
    }
    TAP_OK(good == 0, "cut anywhere it is bad");
    TAP_OK(is_bad(hf_span(bytes, payload.len + 1), &wrong), "with a byte behind it it is bad");
    for (size_t off = 0; off < payload.len; off++) {
        uint8_t byte = bytes[off];
        for (unsigned other = 0; other < 256; other++) {
            bytes[off] = (uint8_t)other;
            bad += is_bad(hf_span(bytes, payload.len), &wrong);
        }
        good += off < HF_BLOCK_PAYLOAD_HEAD && bad != (off + 1) * 255;
        bytes[off] = byte;
    }
    TAP_OK(good == 0, "with any byte of count or loaded size changed it is bad");
    TAP_OK(wrong == 0 && bad < payload.len * 256,
           "with any other byte changed it is bad, or packs to the very same bytes");
    memset(bytes, 0, payload.len);
    for (size_t size = 0; size <= payload.len; size++)
        good += !is_bad(hf_span(bytes, size), &wrong);
    TAP_OK(good == 0, "zeros are no payload, at any length");
    free(bytes);
    free((void *)payload.at);
}

/* ---- lies -------------------------------------------------------------------------------- */

/* A payload in the making whose every number can be a lie. */
struct lie {
    uint8_t bytes[256];
    size_t size;
    uint32_t count;
    uint64_t loaded; /* of entries that are what they say */
};

static void
lie_add(struct lie *lie, const uint64_t numbers[5], const char *key, const char *value)
{
    size_t key_size = strlen(key), value_size = strlen(value);
    uint64_t whole = numbers[1] == 0 ? 0 : 2 + numbers[0] + numbers[1];

    if (lie->count == 0)
        lie->size = HF_BLOCK_PAYLOAD_HEAD;
    for (unsigned i = 0; i < 5; i++)
        lie->size += hf_varint_store(lie->bytes + lie->size, numbers[i]);
    memcpy(lie->bytes + lie->size, key, key_size);
    memcpy(lie->bytes + lie->size + key_size, value, value_size);
    lie->size += key_size + value_size;
    lie->count++;
    lie->loaded += (24 + whole + (numbers[2] >> 1) + 7) & ~UINT64_C(7);
}

/* Whether it loads, with its count and loaded size changed by so much. */
static bool
lie_loads(struct lie *lie, int more_count, int more_loaded)
{
    uint64_t head = (16 + 12 * (uint64_t)lie->count + 7) & ~UINT64_C(7);
    uint8_t *copy = take(lie->size);
    struct hf_block *block;

    hf_store_u32(lie->bytes, lie->count + (uint32_t)more_count);
    hf_store_u32(lie->bytes + 4, (uint32_t)(head + lie->loaded) + (uint32_t)more_loaded);
    block = load(hf_span(memcpy(copy, lie->bytes, lie->size), lie->size));
    free(block);
    free(copy);
    return block != NULL;
}

/* Whether two entries load: "key" = "v" in version 5, and another one behind it. */
static bool
second_loads(uint64_t shared, uint64_t rest, uint64_t value, uint64_t step, const char *key)
{
    struct lie lie = { .size = 0 };

    lie_add(&lie, (uint64_t[]){ 0, 3, 2, 10, 0 }, "key", "v");
    lie_add(&lie, (uint64_t[]){ shared, rest, value, step, 0 }, key, "");
    return lie_loads(&lie, 0, 0);
}

static bool
first_loads(uint64_t shared, uint64_t rest, uint64_t value, uint64_t step)
{
    struct lie lie = { .size = 0 };

    lie_add(&lie, (uint64_t[]){ shared, rest, value, step, 0 }, "key", "");
    return lie_loads(&lie, 0, 0);
}

/* Each row's good twin shows that it is refused for the one thing that differs. Steps: 2 is up
 * one version, 1 down one. */
static void
test_lies(void)
{
    TAP_OK(first_loads(0, 3, 0, 2) && !first_loads(1, 3, 0, 2),
           "the first entry shares nothing with the one before");
    TAP_OK(!first_loads(0, 0, 0, 2), "and has a key");
    TAP_OK(first_loads(0, 3, 1, 2) && !first_loads(0, 2, 3, 2), "a delete has no value");
    TAP_OK(!first_loads(0, 3, 0, 0) && !first_loads(0, 3, 0, 1),
           "no commit has such a version");
    TAP_OK(second_loads(3, 1, 0, 2, "s") && second_loads(2, 1, 0, 2, "z") &&
               !second_loads(2, 1, 0, 2, "x"),
           "keys ascend");
    TAP_OK(!second_loads(2, 1, 0, 1, "y"), "a key shares all that it can with the one before");
    TAP_OK(!second_loads(4, 1, 0, 2, "s") && !second_loads(UINT64_MAX, 1, 0, 2, "s"),
           "and no more than that has");
    TAP_OK(second_loads(3, 0, 0, 1, "") && !second_loads(3, 0, 0, 0, "") &&
               !second_loads(3, 0, 0, 2, ""),
           "versions of a key descend");
    TAP_OK(!second_loads(2, 0, 0, 1, ""), "a key is not the beginning of the one before");
    TAP_OK(!second_loads(3, 2, 0, 2, "s") && !second_loads(3, UINT64_MAX, 0, 2, "s") &&
               !second_loads(3, HF_KEY_SIZE_MAX - 2, 0, 2, "s"),
           "a key ends before the payload does, and is not too long");
    TAP_OK(!second_loads(3, 1, 2, 2, "s") && !second_loads(3, 1, UINT64_MAX - 1, 2, "s"),
           "a value ends before the payload does");
}

static void
test_sizes(void)
{
    const int lies[] = { 1, -1, 8, -8, 16, -16, 1 << 20, INT32_MAX / 12 };
    struct lie lie = { .size = 0 };
    unsigned good = 0;

    lie_add(&lie, (uint64_t[]){ 0, 3, 10, 10, 0 }, "key", "value");
    lie_add(&lie, (uint64_t[]){ 2, 1, 10, 10, 0 }, "z", "value");
    struct hf_span none = pack(NULL, 0);
    TAP_OK(load(none) == NULL, "a payload without entries is none");
    free((void *)none.at);
    TAP_OK(lie_loads(&lie, 0, 0), "two entries are good");
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        good += lie_loads(&lie, lies[i], 0);
        good += lie_loads(&lie, 0, lies[i]);
        good += lie_loads(&lie, lies[i], 12 * lies[i]);
    }
    TAP_OK(good == 0, "count and loaded size must be exactly right");
}

int
main(int argc, char **argv)
{
    test_search();
    test_random(argc > 1 ? strtoull(argv[1], NULL, 0) : 1, 300);
    test_room();
    test_excess();
    test_history();
    test_damage();
    test_lies();
    test_sizes();
    return tap_done();
}
