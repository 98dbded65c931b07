/*
 * garbage.c - the ring of given-up sectors, and filling from it.
 */
#include "sim/machine/garbage.h"

#include "sim/mix.h"

#include <string.h>

#define ADD_MAX 32u /* sectors kept of one file: its beginning, where the valid things are */

void
sim_garbage_reset(struct sim_garbage *garbage)
{
    garbage->next = 0;
    garbage->count = 0;
}

static void
add_sector(struct sim_garbage *garbage, const uint8_t *at)
{
    memcpy(garbage->sectors[garbage->next], at, SIM_GARBAGE_SECTOR);
    garbage->next = (garbage->next + 1) % SIM_GARBAGE_COUNT;
    if (garbage->count < SIM_GARBAGE_COUNT)
        garbage->count++;
}

void
sim_garbage_add(struct sim_garbage *garbage, const uint8_t *at, uint64_t off, uint64_t len)
{
    static const uint8_t zeros[8];
    uint64_t limit = off + len;
    unsigned added = 0;

    off -= off % SIM_GARBAGE_SECTOR;
    for (; off + SIM_GARBAGE_SECTOR <= limit && added < ADD_MAX; off += SIM_GARBAGE_SECTOR) {
        if (memcmp(at + off, zeros, sizeof zeros) == 0)
            continue;
        add_sector(garbage, at + off);
        added++;
    }
}

static void
fill_remains(const struct sim_garbage *garbage, uint64_t from, uint8_t *to, size_t len)
{
    for (size_t done = 0; done < len; done += SIM_GARBAGE_SECTOR, from++) {
        size_t part = len - done < SIM_GARBAGE_SECTOR ? len - done : SIM_GARBAGE_SECTOR;
        memcpy(to + done, garbage->sectors[from % garbage->count], part);
    }
}

static void
fill_noise(uint64_t key, uint8_t *to, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (i % 8 == 0)
            key = sim_mix(key);
        to[i] = (uint8_t)(key >> (8 * (i % 8)));
    }
}

void
sim_garbage_fill(const struct sim_garbage *garbage, struct sim_tape *tape, uint64_t entity,
                 uint8_t *to, size_t len)
{
    uint64_t choice = sim_draw(tape, "garbage.kind", entity, 8);

    if (choice < 3)
        memset(to, 0, len);
    else if (choice < 6 && garbage->count > 0)
        fill_remains(garbage, sim_draw(tape, "garbage.sector", entity, garbage->count), to,
                     len);
    else if (choice == 6)
        memset(to, 0xFF, len);
    else
        fill_noise(sim_draw(tape, "garbage.noise", entity, UINT64_MAX), to, len);
}
