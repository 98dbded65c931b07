/*
 * keyspace_test.c - all keys of a large keyspace, and stamps with every byte changed once.
 */
#include "sim/run/keyspace.h"

#include "base/span.h"
#include "base/tap.h"

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

static void
check_stamps(void)
{
    unsigned char value[37];
    bool seen = true;

    sim_stamp_fill(value, sizeof value, 99);
    TAP_OK(sim_stamp_matches(hf_span(value, sizeof value), sizeof value, 99),
           "a value matches its own stamp");
    TAP_OK(!sim_stamp_matches(hf_span(value, sizeof value), sizeof value, 98) &&
               !sim_stamp_matches(hf_span(value, sizeof value - 1), sizeof value, 99),
           "and no other stamp or size");
    for (size_t i = 0; i < sizeof value; i++) {
        value[i] ^= 0x10;
        seen = seen && !sim_stamp_matches(hf_span(value, sizeof value), sizeof value, 99);
        value[i] ^= 0x10;
    }
    TAP_OK(seen, "a change of any byte shows");
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
