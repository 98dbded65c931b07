/*
 * dump_block.c - a block of entries or samples, to one line: how many, the first and the last.
 */
#include "base/span.h"
#include "format/snapshot_format.h"
#include "store/dump/dump.h"
#include "vfs/vfs_env.h"

#include <inttypes.h>
#include <stdio.h>

#define ENTRY_SIZE 520u /* two keys as they are shown, a version and a place */

void
hf_dump_memory_fini(struct hf_dump_memory *memory)
{
    hf_env_free(memory->at);
    *memory = (struct hf_dump_memory){ .at = NULL };
}

void *
hf_dump_memory_take(struct hf_dump_memory *memory, uint64_t size)
{
    if (size <= memory->size)
        return memory->at;
    hf_dump_memory_fini(memory);
    if (size <= SIZE_MAX)
        memory->at = hf_env_alloc((size_t)size);
    memory->size = memory->at != NULL ? size : 0;
    return memory->at;
}

const char *
hf_dump_kind_name(enum hf_block_kind kind)
{
    static const char *const names[] = {
        [HF_BLOCK_DATA] = "data",         [HF_BLOCK_INDEX] = "index",
        [HF_BLOCK_FILTER] = "filter",     [HF_BLOCK_SAMPLES] = "samples",
        [HF_BLOCK_IDENTITY] = "identity", [HF_BLOCK_END] = "end",
        [HF_BLOCK_RANGES] = "ranges",
    };

    return names[kind];
}

/* ---- loading ----------------------------------------------------------------------------- */

enum loaded { LOADED, NOT_LOADED, NO_MEMORY };

static enum loaded
load_entries(struct hf_dump_memory *memory, struct hf_span payload)
{
    uint64_t size = hf_block_loaded_size(payload);

    if (size == 0)
        return NOT_LOADED;
    if (hf_dump_memory_take(memory, size) == NULL)
        return NO_MEMORY;
    return hf_block_load(memory->at, payload) == HF_TABLE_GOOD ? LOADED : NOT_LOADED;
}

static enum loaded
load_samples(struct hf_dump_memory *memory, struct hf_span payload)
{
    uint32_t count = hf_samples_count(payload);

    if (count == 0)
        return NOT_LOADED;
    if (hf_dump_memory_take(memory, count * (uint64_t)sizeof(struct hf_sample)) == NULL)
        return NO_MEMORY;
    return hf_samples_decode(memory->at, payload) == HF_TABLE_GOOD ? LOADED : NOT_LOADED;
}

static enum loaded
load(struct hf_dump_memory *memory, enum hf_block_kind kind, struct hf_span payload)
{
    enum loaded loaded;

    if (kind == HF_BLOCK_SAMPLES)
        return load_samples(memory, payload);
    loaded = load_entries(memory, payload);
    if (loaded == LOADED && kind == HF_BLOCK_RANGES && !hf_block_holds_ranges(memory->at))
        return NOT_LOADED;
    return loaded;
}

bool
hf_dump_payload_adds_up(struct hf_dump_memory *memory, enum hf_block_kind kind,
                        struct hf_span payload)
{
    switch (kind) {
    case HF_BLOCK_DATA:
    case HF_BLOCK_INDEX:
    case HF_BLOCK_SAMPLES:
    case HF_BLOCK_RANGES:
        return load(memory, kind, payload) == LOADED;
    case HF_BLOCK_FILTER:
        return payload.len == HF_FILTER_PAYLOAD;
    case HF_BLOCK_IDENTITY:
        return payload.len == sizeof(struct hf_snapshot_identity);
    case HF_BLOCK_END:
        return payload.len == 2 * sizeof(uint64_t); /* blocks and items */
    }
    return false;
}

/* ---- lines ------------------------------------------------------------------------------- */

/* "from up to to @version". */
static const char *
range_text(char text[ENTRY_SIZE], const struct hf_entry *entry)
{
    struct hf_dump_text from, to;

    hf_dump_escape(&from, entry->key);
    snprintf(text, ENTRY_SIZE, "%s up to %s @%" PRIu64, from.at,
             entry->value.len == 0 ? "the end" : hf_dump_escape(&to, entry->value),
             entry->version);
    return text;
}

/* "key @version", and of an index where it leads. */
static const char *
entry_text(char text[ENTRY_SIZE], enum hf_block_kind kind, const struct hf_entry *entry)
{
    if (kind == HF_BLOCK_RANGES)
        return range_text(text, entry);

    struct hf_dump_text key;
    struct hf_block_place place;
    int len = snprintf(text, ENTRY_SIZE, "%s @%" PRIu64, hf_dump_escape(&key, entry->key),
                       entry->version);

    if (entry->is_delete)
        snprintf(text + len, ENTRY_SIZE - (size_t)len, " delete");
    else if (kind == HF_BLOCK_INDEX &&
             hf_block_place_decode(&place, entry->value, UINT64_MAX) == HF_TABLE_GOOD)
        snprintf(text + len, ENTRY_SIZE - (size_t)len, " at %" PRIu64 "+%u", place.off,
                 place.size);
    return text;
}

static void
say_entries(const struct hf_dump *dump, const struct hf_block *loaded,
            const struct hf_dump_block *block, const char *note)
{
    struct hf_entry first = hf_block_entry(loaded, 0);
    struct hf_entry last = hf_block_entry(loaded, loaded->count - 1);
    char text[2][ENTRY_SIZE];

    hf_dump_say_at(dump, block->off, "%s %u bytes%s, entries %u: %s%s%s",
                   hf_dump_kind_name(block->kind), block->size, note, loaded->count,
                   entry_text(text[0], block->kind, &first), loaded->count > 1 ? " .. " : "",
                   loaded->count > 1 ? entry_text(text[1], block->kind, &last) : "");
}

static void
say_samples(const struct hf_dump *dump, const struct hf_sample *samples,
            const struct hf_dump_block *block, const char *note)
{
    uint32_t count = hf_samples_count(block->payload);
    const struct hf_sample *first = samples, *last = &samples[count - 1];
    char behind[64] = "";

    if (count > 1)
        snprintf(behind, sizeof behind, " .. version %" PRIu64 " time %" PRIu64, last->version,
                 last->time_us);
    hf_dump_say_at(dump, block->off,
                   "samples %u bytes%s, %u: version %" PRIu64 " time %" PRIu64 "%s",
                   block->size, note, count, first->version, first->time_us, behind);
}

void
hf_dump_say_block(const struct hf_dump *dump, struct hf_dump_memory *memory,
                  const struct hf_dump_block *block, const char *note)
{
    switch (load(memory, block->kind, block->payload)) {
    case LOADED:
        if (block->kind == HF_BLOCK_SAMPLES)
            say_samples(dump, memory->at, block, note);
        else
            say_entries(dump, memory->at, block, note);
        break;
    case NOT_LOADED:
        hf_dump_say_at(dump, block->off,
                       "%s %u bytes%s: its checksum holds, what it holds does not add up",
                       hf_dump_kind_name(block->kind), block->size, note);
        break;
    case NO_MEMORY:
        hf_dump_say_at(dump, block->off, "%s %u bytes%s: no memory to expand it",
                       hf_dump_kind_name(block->kind), block->size, note);
        break;
    }
}
