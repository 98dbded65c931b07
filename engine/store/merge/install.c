/*
 * install.c - the moment at which new tables become the database.
 */
#include "store/merge/install.h"

#include "base/assert.h"
#include "base/probe.h"
#include "store/merge/manifest.h"

/* The memtable that a flush leaves as the oldest. */
static const struct hf_memtable *
oldest_left(const struct hf_catalog *catalog)
{
    return catalog->memtables[catalog->memtable_count - 1];
}

/* Syncs the log until it is durable from its new first segment on. */
static enum hf_err
sync_log(struct hf_db *db, uint32_t log_first, struct hf_detail *detail)
{
    enum hf_err err = HF_OK;

    if (HF_PLANTED(install_ahead_of_log))
        return HF_OK;
    while (err == HF_OK && !hf_log_is_durable_from(&db->log, log_first))
        err = hf_db_sync_now(db, detail);
    return err;
}

/* What the manifest of `catalog` says. */
static struct hf_manifest
describe(struct hf_db *db, const struct hf_catalog *catalog, const struct hf_catalog_edit *edit,
         uint64_t floor)
{
    struct hf_manifest manifest = db->manifest;
    const struct hf_memtable *flushed = edit->flushed;

    manifest.format = HF_MANIFEST_FORMAT;
    memcpy(manifest.uuid, db->log.uuid, sizeof manifest.uuid);
    manifest.number = db->file_number_next++;
    manifest.number_next = db->file_number_next;
    if (flushed != NULL) {
        manifest.last = flushed->last;
        manifest.time_us = flushed->time_us;
        manifest.log_first = HF_PLANTED(install_ignore_frozen)
                                 ? catalog->memtables[0]->log_first
                                 : oldest_left(catalog)->log_first;
    }
    if (floor > manifest.last)
        floor =
            manifest.last; /* nothing above is in tables: no view from there on misses any */
    if (floor > manifest.floor)
        manifest.floor = floor;
    manifest.witness = db->log.durable_position;
    return manifest;
}

/* `number` 0: there was none. */
static void
remove_manifest(struct hf_db *db, uint32_t number)
{
    char name[HF_NAME_SIZE_MAX];

    hf_manifest_name(name, number, "");
    if (number != 0)
        hf_dir_remove(db->dir, name, NULL); /* what cannot go now goes at an open */
}

/* Removes what the durable manifest no longer names; the log gives the lock up last, when all
 * that is in memory says the same as the manifest. */
static void
remove_old(struct hf_db *db, const struct hf_catalog_edit *edit, uint32_t manifest_before)
{
    for (uint32_t i = 0; i < edit->removed_count; i++)
        edit->removed[i]->is_obsolete = true; /* goes with its last reader */
    remove_manifest(db, manifest_before);
    hf_log_forget_before(&db->log, db->manifest.log_first);
}

static void
switch_to(struct hf_db *db, struct hf_catalog *catalog, const struct hf_manifest *manifest)
{
    db->manifest = *manifest;
    db->manifest_unsure = false;
    if (hf_db_has_log(db) && manifest->floor > db->floor)
        db->floor = manifest->floor;
    hf_db_switch(db, catalog);
}

/* The planted way to remove inputs of a merge ahead of the manifest that makes them old. */
static void
remove_inputs(struct hf_db *db, const struct hf_catalog_edit *edit)
{
    char name[HF_NAME_SIZE_MAX];

    for (uint32_t i = 0; i < edit->removed_count; i++) {
        hf_table_name(name, edit->removed[i]->info.number, "");
        hf_dir_remove(db->dir, name, NULL);
    }
}

/* With db->installing set: the steps up to the durable manifest. */
static enum hf_err
make_durable(struct hf_db *db, const struct hf_catalog *catalog,
             const struct hf_catalog_edit *edit, struct hf_manifest *manifest, uint64_t floor,
             struct hf_detail *detail)
{
    enum hf_err err = HF_OK;

    if (edit->flushed != NULL)
        err = sync_log(db, oldest_left(catalog)->log_first, detail);
    if (err != HF_OK)
        return err;
    if (HF_PLANTED(install_remove_first) && edit->flushed != NULL)
        hf_log_forget_before(&db->log, oldest_left(catalog)->log_first);
    if (HF_PLANTED(install_inputs_first))
        remove_inputs(db, edit);
    *manifest = describe(db, catalog, edit, floor);
    return hf_manifest_write(&db->tables, manifest, catalog, &db->manifest_unsure, detail);
}

enum hf_err
hf_db_install(struct hf_db *db, const struct hf_catalog_edit *edit, uint64_t floor,
              struct hf_detail *detail)
{
    struct hf_catalog *catalog = NULL;
    struct hf_manifest manifest;
    uint32_t manifest_before = db->manifest.number;
    enum hf_err err;

    HF_ASSERT(!db->installing && edit->active == NULL);
    err = hf_catalog_make(&catalog, &db->tables, db->catalog, edit);
    if (err != HF_OK)
        return hf_detail_set(detail, err, "no memory for a list of tables");
    db->installing = true; /* nobody else changes the catalog meanwhile */
    err = make_durable(db, catalog, edit, &manifest, floor, detail);
    db->installing = false;
    if (err != HF_OK) {
        if (HF_PLANTED(manifest_error_removes_old))
            remove_manifest(db, manifest_before);
        hf_catalog_unref(&db->tables, catalog);
        return err;
    }
    HF_MARK(manifest_installed);
    switch_to(db, catalog, &manifest);
    hf_db_wake(db);
    remove_old(db, edit, manifest_before);
    return HF_OK;
}
