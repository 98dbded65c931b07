/*
 * keyspace_test.c - all keys of a large keyspace, and stamps with every bit changed once.
 */
#include "sim/run/keyspace.h"

#include "base/span.h"
#include "base/tap.h"

#include <stdlib.h>

#define KEYS 4096u

static void
check_keys(struct sim_keyspace *keyspace)
{
    bool ordered = true, found = true;

    sim_keyspace_size(keyspace, KEYS);
    for (uint32_t i = 0; i < KEYS; i++) {
        struct hf_span key = sim_keyspace_key(keyspace, i);
        found = found && sim_keyspace_find(keyspace, key) == i;
        ordered =
            ordered && (i == 0 || hf_span_compare(sim_keyspace_key(keyspace, i - 1), key) < 0);
    }
    TAP_OK(ordered, "keys are numbered in byte order");
    TAP_OK(found, "each key is found by its bytes");
    TAP_OK(sim_keyspace_find(keyspace, hf_span("00007", 5)) == UINT32_MAX &&
               sim_keyspace_find(keyspace, hf_span("", 0)) == UINT32_MAX &&
               sim_keyspace_find(keyspace, hf_span("99999", 5)) == UINT32_MAX &&
               sim_keyspace_find(keyspace, hf_span("0000x", 5)) == UINT32_MAX,
           "other bytes are no key");
}

/* Exactly `size` bytes, so that the address sanitiser sees any read beyond them. */
static void
check_stamp(size_t size, bool *is_own, bool *is_no_other, bool *is_seen)
{
    unsigned char *value = malloc(size == 0 ? 1 : size);

    if (value == NULL)
        abort();
    sim_stamp_fill(value, size, 99);
    *is_own = *is_own && sim_stamp_matches(hf_span(value, size), size, 99);
    if (size > 2)
        *is_no_other = *is_no_other && !sim_stamp_matches(hf_span(value, size), size, 98);
    if (size > 0)
        *is_no_other = *is_no_other && !sim_stamp_matches(hf_span(value, size - 1), size, 99);
    for (size_t i = 0; i < 8 * size; i++) {
        value[i / 8] ^= (unsigned char)(1u << i % 8);
        *is_seen = *is_seen && !sim_stamp_matches(hf_span(value, size), size, 99);
        value[i / 8] ^= (unsigned char)(1u << i % 8);
    }
    free(value);
}

static void
check_stamps(void)
{
    bool is_own = true, is_no_other = true, is_seen = true;

    for (size_t size = 0; size <= 40; size++)
        check_stamp(size, &is_own, &is_no_other, &is_seen);
    TAP_OK(is_own, "a value of any size matches its own stamp");
    TAP_OK(is_no_other, "and no other stamp or size");
    TAP_OK(is_seen, "a change of any bit shows");
}

int
main(void)
{
    struct sim_keyspace *keyspace = sim_keyspace_open();

    check_keys(keyspace);
    check_stamps();
    sim_keyspace_close(keyspace);
    return tap_done();
}
