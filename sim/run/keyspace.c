/*
 * keyspace.c - makes the keys: decimal numbers of a fixed width, some with long tails.
 *
 * The number comes first and has a fixed width, so the order of the numbers is the order of the
 * bytes. The tails make keys of many lengths, one of them longer than a small sector.
 */
#include "sim/run/keyspace.h"

#include "base/bytes.h"
#include "base/span.h"
#include "sim/grow.h"
#include "sim/mix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_WIDTH 5u
#define LONG_TAIL 600u
#define WORD 8u /* bytes of a value that one number of its stamp gives */

struct sim_keyspace {
    struct hf_span *keys;
    size_t capacity;
    uint32_t count;
};

struct sim_keyspace *
sim_keyspace_open(void)
{
    return sim_new(sizeof(struct sim_keyspace));
}

void
sim_keyspace_close(struct sim_keyspace *keyspace)
{
    for (uint32_t i = 0; i < keyspace->count; i++)
        free((void *)(uintptr_t)keyspace->keys[i].at);
    free(keyspace->keys);
    free(keyspace);
}

static size_t
tail_size(uint32_t index)
{
    if (index % 61 == 7)
        return LONG_TAIL;
    return index % 3 == 0 ? 0 : index % 29;
}

void
sim_keyspace_size(struct sim_keyspace *keyspace, uint32_t count)
{
    sim_grow(&keyspace->keys, &keyspace->capacity, count, sizeof *keyspace->keys);
    for (uint32_t i = keyspace->count; i < count; i++) {
        size_t len = NUMBER_WIDTH + tail_size(i);
        char *key = sim_new(len + 1);
        snprintf(key, NUMBER_WIDTH + 1, "%0*u", (int)NUMBER_WIDTH, (unsigned)i % 100000);
        memset(key + NUMBER_WIDTH, 'a' + (int)(i % 26), len - NUMBER_WIDTH);
        keyspace->keys[i] = hf_span(key, len);
    }
    if (count > keyspace->count)
        keyspace->count = count;
}

struct hf_span
sim_keyspace_key(const struct sim_keyspace *keyspace, uint32_t index)
{
    return keyspace->keys[index];
}

struct hf_span
sim_keyspace_bound(const struct sim_keyspace *keyspace, uint32_t index)
{
    return hf_span(keyspace->keys[index].at, NUMBER_WIDTH);
}

uint32_t
sim_keyspace_find(const struct sim_keyspace *keyspace, struct hf_span key)
{
    const char *at = key.at;
    uint32_t index = 0;

    if (key.len < NUMBER_WIDTH)
        return UINT32_MAX;
    for (unsigned i = 0; i < NUMBER_WIDTH; i++) {
        if (at[i] < '0' || at[i] > '9')
            return UINT32_MAX;
        index = index * 10 + (uint32_t)(at[i] - '0');
    }
    if (index >= keyspace->count || !hf_span_equal(key, keyspace->keys[index]))
        return UINT32_MAX;
    return index;
}

/* ---- values ------------------------------------------------------------------------------ */

static uint64_t
stamp_word(uint64_t stamp, size_t index)
{
    return sim_mix(stamp + index * UINT64_C(0xD1342543DE82EF95));
}

void
sim_stamp_fill(void *to, size_t size, uint64_t stamp)
{
    unsigned char *at = to;
    unsigned char last[WORD];
    size_t words = size / WORD;

    for (size_t i = 0; i < words; i++)
        hf_store_u64(at + i * WORD, stamp_word(stamp, i));
    if (size % WORD == 0)
        return;
    hf_store_u64(last, stamp_word(stamp, words));
    memcpy(at + words * WORD, last, size % WORD);
}

bool
sim_stamp_matches(struct hf_span value, size_t size, uint64_t stamp)
{
    const unsigned char *at = value.at;
    size_t words = size / WORD, rest = size % WORD;
    uint64_t last = 0;

    if (value.len != size)
        return false;
    for (size_t i = 0; i < words; i++) {
        if (hf_load_u64(at + i * WORD) != stamp_word(stamp, i))
            return false;
    }
    if (rest == 0)
        return true;
    if (words > 0)
        last = hf_load_u64(at + size - WORD) >> 8 * (WORD - rest);
    else
        for (size_t i = 0; i < rest; i++)
            last |= (uint64_t)at[i] << 8 * i;
    return last == (stamp_word(stamp, words) & ((UINT64_C(1) << 8 * rest) - 1));
}
