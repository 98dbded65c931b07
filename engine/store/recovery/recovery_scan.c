/*
 * recovery_scan.c - reads every segment of a directory, and tells what each of them is.
 *
 * The listing says only which names there are; which of them count is decided by what they
 * hold. Temporary names and segments outside the chain are never loaded; their numbers are
 * never used again.
 */
#include "store/recovery/recovery.h"

#include "base/probe.h"
#include "base/span.h"
#include "format/wal_walk.h"
#include "vfs/vfs_io.h"

#include <inttypes.h>

#define READ_PIECE (UINT64_C(1) << 20)

enum hf_err
hf_recovery_read(struct hf_db *db, const char *name, uint8_t **bytes, uint64_t *size,
                 uint64_t *mapped, struct hf_detail *detail)
{
    struct hf_file *file = NULL;
    uint64_t off = 0;
    enum hf_err err = hf_file_open(&file, db->dir, name, HF_FILE_READ, detail);

    *bytes = NULL;
    if (err == HF_OK)
        err = hf_file_size(file, size, detail);
    if (err != HF_OK)
        goto done;
    if (*size > UINT32_MAX) {
        err = hf_detail_set(detail, HF_ERR_CORRUPT,
                            "%s has %" PRIu64 " bytes: no segment is that large", name, *size);
        goto done;
    }
    *mapped = *size == 0 ? 1 : *size;
    *bytes = hf_budget_map_raw(&db->budget, *mapped);
    if (*bytes == NULL)
        err = hf_detail_set(detail, HF_ERR_NO_MEMORY,
                            "%s needs %" PRIu64 " bytes to be read, past the memory limit",
                            name, *size);
    while (err == HF_OK && off < *size) {
        size_t got, want = *size - off < READ_PIECE ? *size - off : READ_PIECE;
        err = hf_vfs_read_full(file, off, *bytes + off, want, &got, detail);
        if (err == HF_ERR_IO && HF_PLANTED(recovery_read_error_is_end))
            err = HF_OK, got = 0;
        off += got;
        if (got < want)
            *size = off;
    }
    if (err != HF_OK) {
        hf_budget_unmap(&db->budget, *bytes, *mapped);
        *bytes = NULL;
    }
done:
    hf_file_close(file);
    return err;
}

/* ---- what is it? ------------------------------------------------------------------------- */

/* Whether the segment begins as it must: a group of number 0, and in it first a link. */
static bool
begins(struct hf_scanned *scanned, struct hf_wal_walk *walk)
{
    if (hf_wal_walk_next(walk) != HF_WAL_STEP_GROUP ||
        hf_wal_walk_next(walk) != HF_WAL_STEP_LINK)
        return false;
    scanned->link = hf_wal_link_decode(walk->frame.payload);
    return true;
}

/* A group header is not all zeros, so none begins in a sector behind the last one with data. */
struct hf_wal_probe
hf_recovery_probe(const struct hf_scanned *scanned, const struct hf_wal_walk *walk,
                  uint64_t from)
{
    uint64_t sector = scanned->header.sector;
    uint64_t limit = (scanned->data + sector - 1) & ~(sector - 1);
    struct hf_wal_walk at = *walk;

    at.in = hf_span(scanned->bytes, limit < scanned->size ? limit : scanned->size);
    return hf_wal_walk_probe(&at, from);
}

static void
classify(struct hf_scanned *scanned, uint32_t sector)
{
    struct hf_span bytes = hf_span(scanned->bytes, scanned->size);
    struct hf_wal_walk walk;

    scanned->data = hf_span_data_size(bytes);
    switch (hf_wal_header_decode(&scanned->header, bytes)) {
    case HF_WAL_NEWER:
        scanned->state = HF_SCANNED_NEWER;
        return;
    case HF_WAL_BAD:
        scanned->state = scanned->data <= sector ? HF_SCANNED_UNBEGUN : HF_SCANNED_DAMAGED;
        return;
    case HF_WAL_GOOD:
        break;
    }
    if (scanned->header.number != scanned->number) { /* not the name that we gave it */
        scanned->state =
            scanned->data <= scanned->header.sector ? HF_SCANNED_UNBEGUN : HF_SCANNED_STRAYED;
        return;
    }
    hf_wal_walk_init(&walk, bytes, &scanned->header, 0);
    scanned->witness = hf_recovery_probe(scanned, &walk, 0).witness;
    if (scanned->header.synced > scanned->witness)
        scanned->witness = scanned->header.synced;
    if (begins(scanned, &walk))
        scanned->state = HF_SCANNED_BEGUN;
    else
        scanned->state =
            scanned->data <= scanned->header.sector ? HF_SCANNED_UNBEGUN : HF_SCANNED_TORN;
}

/* ---- the directory ----------------------------------------------------------------------- */

enum hf_err
hf_recovery_add_segment(struct hf_recovering *r, uint32_t number)
{
    if (number > r->number_max)
        r->number_max = number;
    if (r->found_count == r->found_capacity) {
        uint32_t capacity = r->found_capacity == 0 ? 16 : r->found_capacity * 2;
        struct hf_scanned *found = hf_budget_alloc(&r->db->budget, capacity * sizeof *found);
        if (found == NULL)
            return hf_detail_set(r->detail, HF_ERR_NO_MEMORY, "no memory to list the log");
        if (r->found_count > 0)
            memcpy(found, r->found, r->found_count * sizeof *found);
        hf_budget_free(&r->db->budget, r->found, r->found_capacity * sizeof *found);
        r->found = found;
        r->found_capacity = capacity;
    }
    uint32_t i = r->found_count++;
    for (; i > 0 && r->found[i - 1].number > number; i--)
        r->found[i] = r->found[i - 1];
    r->found[i] = (struct hf_scanned){ .number = number };
    return HF_OK;
}

static enum hf_err
visit(void *context, const char *name)
{
    return hf_recovery_note_name(context, name);
}

enum hf_err
hf_recovery_scan(struct hf_recovering *r)
{
    enum hf_err err = hf_dir_list(r->db->dir, visit, r, r->detail);

    for (uint32_t i = 0; err == HF_OK && i < r->found_count; i++) {
        struct hf_scanned *scanned = &r->found[i];
        char name[HF_NAME_SIZE_MAX];
        hf_log_name(name, scanned->number, "");
        err = hf_recovery_read(r->db, name, &scanned->bytes, &scanned->size, &scanned->mapped,
                               r->detail);
        if (err == HF_OK)
            classify(scanned, r->db->options.sector);
    }
    return err;
}

void
hf_recovery_forget(struct hf_recovering *r)
{
    for (uint32_t i = 0; i < r->found_count; i++) {
        if (r->found[i].bytes != NULL)
            hf_budget_unmap(&r->db->budget, r->found[i].bytes, r->found[i].mapped);
    }
    hf_budget_free(&r->db->budget, r->chain, r->found_count * sizeof *r->chain);
    hf_budget_free(&r->db->budget, r->found, r->found_capacity * sizeof *r->found);
    hf_budget_free(&r->db->budget, r->litter, r->litter_capacity * sizeof *r->litter);
    r->litter = NULL;
    r->found = NULL;
    r->found_count = r->found_capacity = 0;
}

struct hf_scanned *
hf_recovery_find(const struct hf_recovering *r, uint32_t number)
{
    uint32_t low = 0, high = r->found_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (r->found[middle].number == number)
            return &r->found[middle];
        if (r->found[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
