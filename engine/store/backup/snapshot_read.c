/*
 * snapshot_read.c - the entries of a snapshot, one by one, from a file or a stream.
 *
 *   input --> bytes [ used | first ... limit | free ] --> block --> entry
 *
 * The reader of the format says how many bytes it needs in one piece; they are gathered in
 * `bytes`, which doubles when it is full of them. So a length that lies costs no more memory
 * than the bytes that came.
 */
#include "store/backup/snapshot_read.h"

#include "base/probe.h"
#include "base/span.h"
#include "store/backup/file_path.h"
#include "store/store.h"

#include <inttypes.h>

#define BYTES_FIRST ((size_t)1 << 16)

static const char *
name_of(const struct hf_snapshot_cursor *cursor)
{
    return cursor->input.path == NULL ? "the input" : cursor->input.path;
}

/* ---- bytes ------------------------------------------------------------------------------- */

static enum hf_err
grow(struct hf_snapshot_cursor *cursor, size_t capacity, struct hf_detail *detail)
{
    uint8_t *bytes = hf_budget_alloc(cursor->budget, capacity);
    size_t have = cursor->limit - cursor->first;

    if (bytes == NULL)
        return hf_detail_set(detail, HF_ERR_NO_MEMORY, "%.200s: no memory to read %zu bytes",
                             name_of(cursor), capacity);
    if (have > 0)
        memcpy(bytes, cursor->bytes + cursor->first, have);
    hf_budget_free(cursor->budget, cursor->bytes, cursor->capacity);
    cursor->bytes = bytes;
    cursor->capacity = capacity;
    cursor->first = 0;
    cursor->limit = have;
    return HF_OK;
}

/* Up to `capacity` bytes more; *got is 0 at the end. */
static enum hf_err
read_some(struct hf_snapshot_cursor *cursor, void *to, size_t capacity, size_t *got,
          struct hf_detail *detail)
{
    enum hf_err err;

    *got = 0;
    if (cursor->file == NULL) {
        err = cursor->input.read(cursor->input.context, to, capacity, got);
        if (err == HF_OK && *got > capacity)
            err = HF_ERR_INVALID;
        return err == HF_OK
                   ? HF_OK
                   : hf_detail_set(detail, err,
                                   "the input could not be read after %" PRIu64 " bytes",
                                   cursor->file_off);
    }
    return hf_file_read(cursor->file, cursor->file_off, to, capacity, got, detail);
}

/* Makes room behind `limit`. */
static enum hf_err
make_room(struct hf_snapshot_cursor *cursor, struct hf_detail *detail)
{
    size_t have = cursor->limit - cursor->first;

    if (cursor->limit < cursor->capacity)
        return HF_OK;
    if (have == cursor->capacity)
        return grow(cursor, have == 0 ? BYTES_FIRST : 2 * have, detail);
    memmove(cursor->bytes, cursor->bytes + cursor->first, have);
    cursor->first = 0;
    cursor->limit = have;
    return HF_OK;
}

/* Reads until `need` bytes are there, or the input ends: then there are fewer. */
static enum hf_err
fill(struct hf_snapshot_cursor *cursor, size_t need, struct hf_detail *detail)
{
    enum hf_err err = HF_OK;
    size_t got = 1;

    while (err == HF_OK && got > 0 && cursor->limit - cursor->first < need) {
        err = make_room(cursor, detail);
        if (err == HF_OK)
            err = read_some(cursor, cursor->bytes + cursor->limit,
                            cursor->capacity - cursor->limit, &got, detail);
        if (err == HF_OK) {
            cursor->limit += got;
            cursor->file_off += got;
        }
    }
    return err;
}

/* ---- steps ------------------------------------------------------------------------------- */

static enum hf_err
corrupt(const struct hf_snapshot_cursor *cursor, uint64_t off, const char *what,
        struct hf_detail *detail)
{
    return hf_detail_set(detail, HF_ERR_CORRUPT, "%.200s at %" PRIu64 ": %s", name_of(cursor),
                         off, what);
}

static enum hf_err
want_more(struct hf_snapshot_cursor *cursor, struct hf_detail *detail)
{
    size_t need = cursor->reader.need;
    enum hf_err err = fill(cursor, need, detail);

    if (err == HF_OK && cursor->limit - cursor->first < need)
        return corrupt(cursor, cursor->file_off, "the snapshot ends too early", detail);
    return err;
}

/* Keeps the time of the commit that an incremental one goes on from. */
static enum hf_err
load_samples(struct hf_snapshot_cursor *cursor, struct hf_detail *detail)
{
    struct hf_snapshot_reader *reader = &cursor->reader;
    uint32_t count = reader->count;
    struct hf_sample *samples = hf_budget_alloc(cursor->budget, count * sizeof *samples);
    enum hf_err err = HF_OK;

    if (samples == NULL)
        return hf_detail_set(detail, HF_ERR_NO_MEMORY, "no memory for samples of times");
    if (!hf_snapshot_load_samples(reader, samples))
        err = corrupt(cursor, reader->piece_off, "the samples do not add up", detail);
    for (uint32_t i = 0; err == HF_OK && i < count; i++) {
        if (samples[i].version != reader->header.base)
            continue;
        cursor->has_base = true;
        cursor->base_time_us = samples[i].time_us;
    }
    hf_budget_free(cursor->budget, samples, count * sizeof *samples);
    return err;
}

/* Room for what the reader has come to. */
static enum hf_err
reserve_block(struct hf_snapshot_cursor *cursor, struct hf_detail *detail)
{
    struct hf_snapshot_reader *reader = &cursor->reader;

    if (reader->loaded_size > cursor->block_size) {
        hf_budget_free(cursor->budget, cursor->block, cursor->block_size);
        cursor->block_size = (size_t)reader->loaded_size;
        cursor->block = hf_budget_alloc(cursor->budget, cursor->block_size);
        if (cursor->block == NULL) {
            cursor->block_size = 0;
            return hf_detail_set(detail, HF_ERR_NO_MEMORY,
                                 "%.200s: no memory for a block of %" PRIu64 " bytes",
                                 name_of(cursor), reader->loaded_size);
        }
    }
    return HF_OK;
}

static enum hf_err
load_ranges(struct hf_snapshot_cursor *cursor, struct hf_detail *detail)
{
    enum hf_err err = reserve_block(cursor, detail);

    if (err != HF_OK)
        return err;
    if (!hf_snapshot_load_ranges(&cursor->reader, cursor->block))
        return corrupt(cursor, cursor->reader.piece_off, "the ranges do not add up", detail);
    for (uint32_t i = 0; err == HF_OK && i < cursor->block->count; i++) {
        struct hf_entry entry = hf_block_entry(cursor->block, i);
        struct hf_range_delete range = { entry.key, entry.value, entry.version, entry.time_us };
        err = hf_range_list_add(&cursor->ranges, &range);
    }
    return err == HF_OK
               ? err
               : hf_detail_set(detail, err, "%.200s: no memory for ranges", name_of(cursor));
}

static enum hf_err
load_entries(struct hf_snapshot_cursor *cursor, struct hf_detail *detail)
{
    struct hf_snapshot_reader *reader = &cursor->reader;
    enum hf_err err = reserve_block(cursor, detail);

    if (err != HF_OK)
        return err;
    if (!hf_snapshot_load_entries(reader, cursor->block))
        return corrupt(cursor, reader->piece_off, "the entries do not add up", detail);
    cursor->index = 0;
    cursor->entries += cursor->block->count;
    return HF_OK;
}

/* Nothing may follow the end. */
static enum hf_err
end(struct hf_snapshot_cursor *cursor, struct hf_detail *detail)
{
    enum hf_err err = fill(cursor, 1, detail);

    if (err == HF_OK && cursor->limit > cursor->first)
        err = corrupt(cursor, cursor->reader.off, "something follows the end of the snapshot",
                      detail);
    cursor->at_end = err == HF_OK;
    return err;
}

/* Reads on to the identity, to a block of entries, or to the end. */
static enum hf_err
advance(struct hf_snapshot_cursor *cursor, struct hf_detail *detail)
{
    struct hf_snapshot_reader *reader = &cursor->reader;
    enum hf_err err = HF_OK;

    while (err == HF_OK) {
        size_t used;
        struct hf_span in = { cursor->bytes + cursor->first, cursor->limit - cursor->first };
        enum hf_snapshot_step step = hf_snapshot_next(reader, in, &used);
        cursor->first += used;
        switch (step) {
        case HF_SNAPSHOT_MORE:
            err = want_more(cursor, detail);
            if (err == HF_ERR_CORRUPT && HF_PLANTED(snapshot_end_unchecked)) {
                cursor->at_end = true;
                return HF_OK;
            }
            break;
        case HF_SNAPSHOT_IDENTITY:
            return HF_OK;
        case HF_SNAPSHOT_SAMPLES:
            err = load_samples(cursor, detail);
            break;
        case HF_SNAPSHOT_RANGES:
            err = load_ranges(cursor, detail);
            break;
        case HF_SNAPSHOT_ENTRIES:
            return load_entries(cursor, detail);
        case HF_SNAPSHOT_END:
            return end(cursor, detail);
        case HF_SNAPSHOT_BAD:
            return corrupt(cursor, reader->piece_off, "this is not what a snapshot has here",
                           detail);
        case HF_SNAPSHOT_NEWER:
            return hf_detail_set(detail, HF_ERR_VERSION,
                                 "%.200s was written by a newer Holdfast", name_of(cursor));
        }
    }
    return err;
}

/* ---- outside ----------------------------------------------------------------------------- */

enum hf_err
hf_snapshot_cursor_open(struct hf_snapshot_cursor *cursor, struct hf_budget *budget,
                        const struct hf_snapshot_input *input, struct hf_detail *detail)
{
    const char *name;
    enum hf_err err = HF_OK;

    *cursor = (struct hf_snapshot_cursor){ .budget = budget, .input = *input };
    hf_range_list_init(&cursor->ranges, budget);
    cursor->last_key = hf_budget_alloc(budget, HF_KEY_SIZE_MAX);
    if (cursor->last_key == NULL)
        return hf_detail_set(detail, HF_ERR_NO_MEMORY, "no memory to read a snapshot");
    hf_snapshot_reader_init(&cursor->reader, cursor->last_key);
    err = grow(cursor, BYTES_FIRST, detail);
    if (err == HF_OK && input->path != NULL)
        err = hf_path_open(&cursor->dir, &name, input->path, detail);
    if (err == HF_OK && input->path != NULL)
        err = hf_file_open(&cursor->file, cursor->dir, name, HF_FILE_READ, detail);
    return err == HF_OK ? advance(cursor, detail) : err;
}

enum hf_err
hf_snapshot_cursor_next(struct hf_snapshot_cursor *cursor, struct hf_detail *detail)
{
    enum hf_err err = HF_OK;

    cursor->index++;
    if (cursor->entries == 0 || cursor->index == cursor->block->count)
        err = advance(cursor, detail);
    if (err == HF_OK && !cursor->at_end)
        cursor->entry = hf_block_entry(cursor->block, cursor->index);
    return err;
}

void
hf_snapshot_cursor_close(struct hf_snapshot_cursor *cursor)
{
    if (cursor->budget == NULL)
        return;
    hf_file_close(cursor->file);
    hf_dir_close(cursor->dir);
    hf_budget_free(cursor->budget, cursor->bytes, cursor->capacity);
    hf_budget_free(cursor->budget, cursor->block, cursor->block_size);
    hf_range_list_fini(&cursor->ranges);
    hf_budget_free(cursor->budget, cursor->last_key, HF_KEY_SIZE_MAX);
    *cursor = (struct hf_snapshot_cursor){ .at_end = true };
}

struct hf_snapshot
hf_snapshot_describe(const struct hf_snapshot_cursor *cursor)
{
    const struct hf_snapshot_header *header = &cursor->reader.header;

    return (struct hf_snapshot){
        .version = header->version,
        .base = header->base,
        .time_us = header->time_us,
        .entries = cursor->entries,
        .size = cursor->reader.off,
    };
}

enum hf_err
hf_snapshot_read_all(struct hf_budget *budget, const struct hf_snapshot_input *input,
                     struct hf_snapshot *snapshot, struct hf_detail *detail)
{
    struct hf_snapshot_cursor cursor = { .at_end = false };
    enum hf_err err = hf_snapshot_cursor_open(&cursor, budget, input, detail);

    while (err == HF_OK && !cursor.at_end)
        err = hf_snapshot_cursor_next(&cursor, detail);
    if (err == HF_OK && snapshot != NULL)
        *snapshot = hf_snapshot_describe(&cursor);
    hf_snapshot_cursor_close(&cursor);
    return err;
}

enum hf_err
hf_snapshot_check(const char *path, struct hf_snapshot *snapshot, struct hf_error *error)
{
    struct hf_snapshot_input input = { .path = path };
    struct hf_detail detail = { "" };
    struct hf_budget budget;

    hf_budget_init(&budget, 0);
    return hf_explain(error, hf_snapshot_read_all(&budget, &input, snapshot, &detail), NULL,
                      &detail);
}
