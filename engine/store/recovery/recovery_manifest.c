/*
 * recovery_manifest.c - the manifest of a database, the tables that it names, and the files
 * that nothing names.
 *
 * The newest manifest counts, damaged or not. One copy of it is enough. Whatever else is in the
 * directory tells nothing: a table that the manifest does not name is what a crash left of a
 * flush or a compaction, and goes once recovery has written its own segment, and so synced the
 * directory.
 */
#include "store/recovery/recovery.h"

#include "base/probe.h"
#include "base/span.h"
#include "store/backup/fresh.h"

/* ---- names in the directory -------------------------------------------------------------- */

static enum hf_err
add_litter(struct hf_recovering *r, enum hf_named what, uint32_t number, bool is_temporary)
{
    if (r->litter_count == r->litter_capacity) {
        uint32_t capacity = r->litter_capacity == 0 ? 16 : r->litter_capacity * 2;
        struct hf_named_file *litter =
            hf_budget_alloc(&r->db->budget, capacity * sizeof *litter);
        if (litter == NULL)
            return hf_detail_set(r->detail, HF_ERR_NO_MEMORY, "no memory to list the files");
        if (r->litter_count > 0)
            memcpy(litter, r->litter, r->litter_count * sizeof *litter);
        hf_budget_free(&r->db->budget, r->litter, r->litter_capacity * sizeof *litter);
        r->litter = litter;
        r->litter_capacity = capacity;
    }
    r->litter[r->litter_count++] = (struct hf_named_file){ what, number, is_temporary };
    return HF_OK;
}

static enum hf_err
note_file(struct hf_recovering *r, enum hf_named what, uint32_t number, bool is_temporary)
{
    if (what != HF_NAMED_SEGMENT && number > r->file_number_max)
        r->file_number_max = number;
    if (what == HF_NAMED_SEGMENT && number > r->number_max)
        r->number_max = number;
    if (what == HF_NAMED_TABLE && !is_temporary)
        r->table_files++;
    if (what == HF_NAMED_MANIFEST && !is_temporary && number > r->manifest_number)
        r->manifest_number = number;
    return add_litter(r, what, number, is_temporary);
}

static uint32_t
number_in(const char *name, enum hf_named what, const char *suffix)
{
    switch (what) {
    case HF_NAMED_SEGMENT:
        return hf_log_number(name, suffix);
    case HF_NAMED_TABLE:
        return hf_table_number(name, suffix);
    case HF_NAMED_MANIFEST:
        return hf_manifest_number(name, suffix);
    }
    return 0;
}

/* The planted way to take a file in the making for a whole one. */
static enum hf_err
adopt(struct hf_recovering *r, const char *temporary, uint32_t number)
{
    char name[HF_NAME_SIZE_MAX];

    hf_manifest_name(name, number, "");
    return hf_dir_rename(r->db->dir, temporary, name, r->detail) == HF_OK
               ? note_file(r, HF_NAMED_MANIFEST, number, false)
               : HF_ERR_IO;
}

enum hf_err
hf_recovery_note_name(struct hf_recovering *r, const char *name)
{
    for (int what = HF_NAMED_SEGMENT; what <= HF_NAMED_MANIFEST; what++) {
        uint32_t number = number_in(name, (enum hf_named)what, "");
        uint32_t temporary = number_in(name, (enum hf_named)what, ".tmp");
        if (HF_PLANTED(recovery_adopt_temporary) && what == HF_NAMED_MANIFEST && temporary != 0)
            return adopt(r, name, temporary);
        if (number != 0 && what == HF_NAMED_SEGMENT)
            return hf_recovery_add_segment(r, number);
        if (number != 0 || temporary != 0)
            return note_file(r, (enum hf_named)what, number != 0 ? number : temporary,
                             temporary != 0);
    }
    if (strcmp(name, HF_FRESH_MARK) == 0)
        r->is_partial = true;
    else
        r->foreign = r->foreign || strcmp(name, "LOCK") != 0;
    return HF_OK;
}

/* ---- the manifest and its tables --------------------------------------------------------- */

static enum hf_err
open_tables(struct hf_recovering *r, struct hf_manifest *manifest, struct hf_table **tables,
            uint32_t *count)
{
    struct hf_table_info info;
    enum hf_err err = HF_OK;

    while (err == HF_OK && hf_manifest_next(manifest, &info) == HF_MANIFEST_GOOD) {
        err = hf_table_open(&tables[*count], &r->db->tables, &info, r->detail);
        *count += err == HF_OK;
        if (HF_PLANTED(recovery_skip_table))
            err = HF_OK;
    }
    if (err == HF_ERR_MISSING_FILE)
        HF_MARK(recovery_refused_table);
    return err;
}

/* The catalog of the manifest's tables and the one empty memtable. */
static enum hf_err
open_catalog(struct hf_recovering *r, struct hf_manifest *manifest)
{
    struct hf_db *db = r->db;
    size_t size = (manifest->table_count + 1u) * sizeof(struct hf_table *);
    struct hf_table **tables = hf_budget_alloc(&db->budget, size);
    struct hf_catalog *catalog = NULL;
    uint32_t count = 0;
    enum hf_err err;

    if (tables == NULL)
        return hf_detail_set(r->detail, HF_ERR_NO_MEMORY, "no memory for a list of tables");
    err = open_tables(r, manifest, tables, &count);
    if (err == HF_OK) {
        struct hf_catalog_edit edit = { .added = tables, .added_count = count };
        err = hf_catalog_make(&catalog, &db->tables, db->catalog, &edit);
    }
    for (uint32_t i = 0; i < count; i++)
        hf_table_unref(&db->tables, tables[i]); /* the catalog has them */
    hf_budget_free(&db->budget, tables, size);
    if (err != HF_OK)
        return err;
    hf_db_switch(db, catalog);
    const char *broken = hf_catalog_check(catalog);
    return broken == NULL ? HF_OK
                          : hf_detail_set(r->detail, HF_ERR_CORRUPT, "manifest-%010u: %s",
                                          manifest->number, broken);
}

enum hf_err
hf_recovery_manifest(struct hf_recovering *r)
{
    struct hf_db *db = r->db;
    struct hf_manifest_file file;
    enum hf_err err;

    db->file_number_next = r->file_number_max + 1;
    if (r->manifest_number == 0 && r->is_partial) {
        HF_MARK(recovery_refused_partial);
        return hf_detail_set(r->detail, HF_ERR_INVALID,
                             "a restore into this directory was interrupted, and it holds no "
                             "database yet: restore again");
    }
    if (r->manifest_number == 0)
        return HF_OK;
    err = hf_manifest_read(&file, &db->tables, r->manifest_number, r->detail);
    if (err != HF_OK) {
        HF_MARK(recovery_refused_manifest);
        return err;
    }
    if (file.copies.copy[0] != HF_MANIFEST_GOOD || file.copies.copy[1] != HF_MANIFEST_GOOD) {
        HF_MARK(recovery_second_copy);
        if (HF_PLANTED(recovery_refuse_copy)) {
            hf_manifest_forget(&file, &db->tables);
            return hf_detail_set(r->detail, HF_ERR_CORRUPT,
                                 "a copy of the manifest is damaged");
        }
    }
    memcpy(db->log.uuid, file.manifest.uuid, sizeof db->log.uuid);
    memcpy(db->tables.uuid, file.manifest.uuid, sizeof db->tables.uuid);
    db->manifest = file.manifest;
    db->manifest.rest = hf_span(NULL, 0);
    if (file.manifest.number_next > db->file_number_next)
        db->file_number_next = file.manifest.number_next;
    r->witness = file.manifest.witness;
    r->time_us = file.manifest.time_us;
    db->active->base = file.manifest.last;
    err = open_catalog(r, &file.manifest);
    hf_manifest_forget(&file, &db->tables);
    return err;
}

/* ---- what nothing names ------------------------------------------------------------------ */

static bool
is_named(const struct hf_recovering *r, const struct hf_named_file *file)
{
    const struct hf_catalog *catalog = r->db->catalog;

    if (file->is_temporary)
        return false;
    if (file->what == HF_NAMED_MANIFEST)
        return file->number == r->db->manifest.number;
    for (uint32_t i = 0; i < catalog->table_count; i++) {
        if (catalog->tables[i]->info.number == file->number)
            return true;
    }
    return false;
}

void
hf_recovery_remove_litter(struct hf_recovering *r)
{
    char name[HF_NAME_SIZE_MAX];

    if (r->is_partial)
        hf_dir_remove(r->db->dir, HF_FRESH_MARK, NULL); /* the manifest is there: all is */
    for (uint32_t i = 0; i < r->litter_count; i++) {
        const struct hf_named_file *file = &r->litter[i];
        const char *suffix = file->is_temporary ? ".tmp" : "";
        if (is_named(r, file))
            continue;
        HF_MARK(recovery_removed_litter);
        switch (file->what) {
        case HF_NAMED_SEGMENT:
            hf_log_name(name, file->number, suffix);
            break;
        case HF_NAMED_TABLE:
            hf_table_name(name, file->number, suffix);
            break;
        case HF_NAMED_MANIFEST:
            hf_manifest_name(name, file->number, suffix);
            break;
        }
        hf_dir_remove(r->db->dir, name, NULL); /* in the way of nobody if it stays */
    }
}
