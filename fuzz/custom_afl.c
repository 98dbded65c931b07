/*
 * custom_afl.c - a target's mutator as AFL++ wants it: a shared object with these names.
 *
 * The custom mutator of libFuzzer is not called by AFL++'s driver; this is its twin. The fuzz
 * command builds it with the target, for each that has a mutator, and afl-fuzz itself loads it.
 */
#include "fuzz/fuzz.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define EXPORTED __attribute__((visibility("default")))

struct state {
    unsigned seed;
    uint8_t *data;
    size_t capacity;
};

/* AFL++'s names and types; the first argument of init is its own state, of no use here. */
EXPORTED void *afl_custom_init(void *afl, unsigned seed);
EXPORTED size_t afl_custom_fuzz(void *context, uint8_t *from, size_t size, uint8_t **out,
                                uint8_t *other, size_t other_size, size_t size_max);
EXPORTED void afl_custom_deinit(void *context);

void *
afl_custom_init(void *afl, unsigned seed)
{
    struct state *state = calloc(1, sizeof *state);

    (void)afl;
    if (state != NULL)
        state->seed = seed;
    return state;
}

/* Whether state->data has room for `size` bytes. */
static bool
grow(struct state *state, size_t size)
{
    uint8_t *data;

    if (size <= state->capacity)
        return true;
    data = realloc(state->data, size);
    if (data == NULL)
        return false;
    state->data = data;
    state->capacity = size;
    return true;
}

size_t
afl_custom_fuzz(void *context, uint8_t *from, size_t size, uint8_t **out, uint8_t *other,
                size_t other_size, size_t size_max)
{
    struct state *state = context;

    (void)other;
    (void)other_size;
    if (size > size_max || !grow(state, size_max)) {
        *out = from;
        return size;
    }
    memcpy(state->data, from, size);
    *out = state->data;
    return LLVMFuzzerCustomMutator(state->data, size, size_max, state->seed++);
}

void
afl_custom_deinit(void *context)
{
    struct state *state = context;

    free(state->data);
    free(state);
}
