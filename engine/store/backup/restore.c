/*
 * restore.c - a chain of snapshots becomes a database.
 *
 *     full 0..90     b  d  f  g        first key over all of them is next;
 *     90..100        b     f-          of equal keys the last snapshot has the say,
 *     100..107          d        h     and a delete leaves nothing
 *                    |  |     |  |
 *                    v  v     v  v
 *                    new tables        hf_fresh makes them a database, or leaves nothing
 *
 * What ranges in a later snapshot delete is left out as well: each snapshot tells its ranges
 * before its entries, so all are known when the first key is taken.
 *
 * All snapshots are sorted by key, so they are read side by side, each in bounded memory. Why
 * not one after the other, onto the database that the first one made? Because each step would
 * have to replace tables and log together, so that a crash leaves the old state or the new one;
 * a new database that is not one before its last step needs nothing of the kind.
 *
 * Files are read twice: first to see that all of them are whole and follow each other, then for
 * what they hold, checked again. What comes through a pipe is read once; the tables that it is
 * put into are nobody's before its end was reached.
 */
#include "base/probe.h"
#include "base/span.h"
#include "store/backup/fresh.h"
#include "store/backup/snapshot_read.h"

#include <inttypes.h>

struct restore {
    const char *path;
    const struct hf_options *options;
    const struct hf_snapshot_input *inputs;
    size_t count;
    struct hf_detail *detail;

    struct hf_budget budget;
    struct hf_snapshot_cursor *cursors;
    struct hf_fresh fresh;
    struct hf_range_set *ranges; /* of all snapshots; NULL: there are none */
    uint8_t *key;                /* the one taken last */
};

/* ---- the chain --------------------------------------------------------------------------- */

static const char *
name_of(const struct restore *restore, size_t i)
{
    return restore->inputs[i].path == NULL ? "the input" : restore->inputs[i].path;
}

static enum hf_err
check_first(const struct restore *restore)
{
    const struct hf_snapshot_header *header = &restore->cursors[0].reader.header;

    if (header->base == 0)
        return HF_OK;
    return hf_detail_set(restore->detail, HF_ERR_INVALID,
                         "%.160s goes on from version %" PRIu64
                         ": put the snapshots that lead there before it",
                         name_of(restore, 0), header->base);
}

/* Whether snapshot `i`, read past its samples, follows the one before it. */
static enum hf_err
check_follows(const struct restore *restore, size_t i)
{
    const struct hf_snapshot_cursor *before = &restore->cursors[i - 1];
    const struct hf_snapshot_cursor *cursor = &restore->cursors[i];
    const struct hf_snapshot_header *header = &cursor->reader.header;
    uint64_t last = before->reader.header.version;

    if (header->base == 0)
        return hf_detail_set(restore->detail, HF_ERR_INVALID,
                             "%.160s is a full snapshot: only the first can be one",
                             name_of(restore, i));
    if (HF_PLANTED(restore_any_base))
        return HF_OK;
    if (header->base != last)
        return hf_detail_set(restore->detail, HF_ERR_INVALID,
                             "%.120s goes on from version %" PRIu64 ", %.120s ends at %" PRIu64,
                             name_of(restore, i), header->base, name_of(restore, i - 1), last);
    if (memcmp(cursor->reader.identity.lineage, before->reader.identity.lineage, 16) != 0 ||
        !cursor->has_base || cursor->base_time_us != before->reader.header.time_us)
        return hf_detail_set(restore->detail, HF_ERR_INVALID,
                             "%.120s goes on from another version %" PRIu64
                             " than that of %.120s: their databases had parted",
                             name_of(restore, i), last, name_of(restore, i - 1));
    return HF_OK;
}

/* Opens all cursors and goes to their first entries, the chain being as it should. */
static enum hf_err
open_all(struct restore *restore)
{
    enum hf_err err = HF_OK;

    for (size_t i = 0; err == HF_OK && i < restore->count; i++) {
        struct hf_snapshot_cursor *cursor = &restore->cursors[i];
        err = hf_snapshot_cursor_open(cursor, &restore->budget, &restore->inputs[i],
                                      restore->detail);
        if (err == HF_OK)
            err = hf_snapshot_cursor_next(cursor, restore->detail);
        if (err == HF_OK)
            err = i == 0 ? check_first(restore) : check_follows(restore, i);
    }
    return err;
}

/* A version means the same in all of them. */
static enum hf_err
index_ranges(struct restore *restore)
{
    struct hf_range_list all;
    enum hf_err err = HF_OK;

    hf_range_list_init(&all, &restore->budget);
    for (size_t i = 0; err == HF_OK && i < restore->count; i++) {
        const struct hf_range_list *ranges = &restore->cursors[i].ranges;
        for (uint32_t n = 0; err == HF_OK && n < ranges->count; n++)
            err = hf_range_list_add(&all, &ranges->at[n]);
    }
    if (err == HF_OK)
        err = hf_range_list_index(&all, &restore->ranges);
    hf_range_list_fini(&all);
    return err == HF_OK ? err
                        : hf_detail_set(restore->detail, err, "no memory for deleted ranges");
}

static void
close_all(struct restore *restore)
{
    hf_range_set_close(restore->ranges);
    for (size_t i = 0; i < restore->count; i++)
        hf_snapshot_cursor_close(&restore->cursors[i]);
}

/* What there is of files is read to its end, before anything is written. */
static enum hf_err
check_files(struct restore *restore)
{
    enum hf_err err = HF_OK;

    for (size_t i = 0; err == HF_OK && i < restore->count; i++) {
        if (restore->inputs[i].path != NULL)
            err = hf_snapshot_read_all(&restore->budget, &restore->inputs[i], NULL,
                                       restore->detail);
    }
    return err;
}

/* ---- the merge --------------------------------------------------------------------------- */

/* The cursor with the first key; of equal keys the last. NULL: all are at their end. */
static struct hf_snapshot_cursor *
pick(struct restore *restore)
{
    struct hf_snapshot_cursor *first = NULL;

    for (size_t i = 0; i < restore->count; i++) {
        struct hf_snapshot_cursor *cursor = &restore->cursors[i];
        if (!cursor->at_end &&
            (first == NULL || hf_span_compare(cursor->entry.key, first->entry.key) <= 0))
            first = cursor;
    }
    return first;
}

/* Moves every cursor past a key: one may have several versions of it. */
static enum hf_err
pass(struct restore *restore, struct hf_span key)
{
    enum hf_err err = HF_OK;

    for (size_t i = 0; i < restore->count; i++) {
        struct hf_snapshot_cursor *cursor = &restore->cursors[i];
        while (err == HF_OK && !cursor->at_end && hf_span_equal(cursor->entry.key, key))
            err = hf_snapshot_cursor_next(cursor, restore->detail);
    }
    return err;
}

static bool
is_deleted(const struct restore *restore, const struct hf_entry *entry)
{
    return entry->is_delete ||
           hf_range_set_cover(restore->ranges, entry->key, UINT64_MAX) > entry->version;
}

static enum hf_err
merge(struct restore *restore)
{
    struct hf_snapshot_cursor *cursor;
    enum hf_err err = HF_OK;

    while (err == HF_OK && (cursor = pick(restore)) != NULL) {
        const struct hf_entry *entry = &cursor->entry;
        size_t size = entry->key.len;
        memcpy(restore->key, entry->key.at, size);
        if (!is_deleted(restore, entry))
            err = hf_fresh_add(&restore->fresh, entry, restore->detail);
        if (err == HF_OK)
            err = pass(restore, hf_span(restore->key, size));
    }
    return err;
}

/* ---- all of it --------------------------------------------------------------------------- */

/* With all cursors at their first entries. */
static enum hf_err
make_database(struct restore *restore)
{
    const struct hf_snapshot_reader *last = &restore->cursors[restore->count - 1].reader;
    struct hf_fresh_state state = {
        .last = last->header.version,
        .time_us = last->header.time_us,
        .floor = last->header.version, /* of what was before only the newest is there */
    };
    uint8_t uuid[16];
    enum hf_err err = hf_lineage_draw(uuid, last->identity.lineage);

    if (err != HF_OK)
        return hf_detail_set(restore->detail, err, "the system has no entropy");
    err =
        hf_fresh_open(&restore->fresh, restore->path, restore->options, uuid, restore->detail);
    if (err == HF_OK)
        err = merge(restore);
    if (err == HF_OK)
        err = hf_fresh_finish(&restore->fresh, &state, restore->detail);
    hf_fresh_close(&restore->fresh);
    return err;
}

static enum hf_err
run(struct restore *restore, struct hf_snapshot *restored)
{
    enum hf_err err = check_files(restore);

    if (err == HF_OK)
        err = open_all(restore);
    if (err == HF_OK)
        err = index_ranges(restore);
    if (err == HF_OK)
        err = make_database(restore);
    if (err == HF_OK && restored != NULL)
        *restored = hf_snapshot_describe(&restore->cursors[restore->count - 1]);
    close_all(restore);
    return err;
}

enum hf_err
hf_restore(const char *path, const struct hf_options *options,
           const struct hf_snapshot_input *inputs, size_t count, struct hf_snapshot *restored,
           struct hf_error *error)
{
    static const struct hf_options defaults = HF_OPTIONS_INIT;
    struct hf_detail detail = { "" };
    struct restore restore = {
        .path = path,
        .options = options == NULL ? &defaults : options,
        .inputs = inputs,
        .count = count,
        .detail = &detail,
    };
    size_t cursors_size = count * sizeof *restore.cursors;
    enum hf_err err = hf_options_check(restore.options, path, &detail);

    if (err == HF_OK && count == 0)
        err = hf_detail_set(&detail, HF_ERR_INVALID, "there is no snapshot to restore");
    if (err != HF_OK)
        return hf_explain(error, err, path, &detail);
    hf_budget_init(&restore.budget, restore.options->memory_limit);
    restore.cursors = hf_budget_alloc(&restore.budget, cursors_size);
    restore.key = hf_budget_alloc(&restore.budget, HF_KEY_SIZE_MAX);
    if (restore.cursors != NULL && restore.key != NULL) {
        memset(restore.cursors, 0, cursors_size);
        err = run(&restore, restored);
    } else {
        err = hf_detail_set(&detail, HF_ERR_NO_MEMORY, "no memory to read snapshots");
    }
    hf_budget_free(&restore.budget, restore.cursors, cursors_size);
    hf_budget_free(&restore.budget, restore.key, HF_KEY_SIZE_MAX);
    return hf_explain(error, err, path, &detail);
}
