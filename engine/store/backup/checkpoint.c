/*
 * checkpoint.c - a second database in another directory, out of the tables of this one.
 *
 * What is committed is flushed; then the manifest says all there is, and its tables are linked.
 * A table is never written again once it has its name, so two databases can share its bytes:
 * each removes only its own name of it. No segment of the log is shared: the new database has
 * one of its own, which nothing was written to yet. While tables are linked, this database goes
 * on; the catalog of the moment keeps their files in place.
 *
 * Both have the same uuid, since the checksums of the tables know it.
 */
#include "base/probe.h"
#include "base/span.h"
#include "store/backup/fresh.h"

/* What the durable manifest says, with a ref on its tables. */
struct state {
    struct hf_catalog *catalog;
    struct hf_manifest manifest;
};

/* Flushes until there is a manifest, and takes what it says. */
static enum hf_err
take_state(struct hf_db *db, struct state *state, struct hf_detail *detail)
{
    enum hf_err err = HF_OK;

    if (!hf_db_has_log(db))
        return hf_detail_set(detail, HF_ERR_INVALID,
                             "a database in memory mode has no tables: take a snapshot");
    if (HF_PLANTED(checkpoint_no_flush))
        err = HF_OK;
    else if (!(db->options.flags & HF_READ_ONLY) || db->manifest.last != db->last)
        err = hf_db_flush(db, detail);
    if (err != HF_OK)
        return err;
    state->manifest = db->manifest;
    state->catalog = db->catalog;
    hf_catalog_ref(state->catalog);
    return HF_OK;
}

static enum hf_err
link_tables(struct hf_db *db, struct hf_fresh *fresh, const struct state *state,
            struct hf_detail *detail)
{
    enum hf_err err = HF_OK;

    for (uint32_t i = 0; err == HF_OK && i < state->catalog->table_count; i++) {
        struct hf_table_info info = hf_catalog_info(state->catalog, i);
        err = hf_fresh_link(fresh, db->dir, &info, detail);
    }
    return err;
}

/* The handle's own directory is another one: a failure says which of the two it met. */
static enum hf_err
name_place(enum hf_err err, const char *path, struct hf_detail *detail)
{
    struct hf_error error;

    (void)hf_explain(&error, err, path, detail);
    return hf_detail_set(detail, err, "%s", error.text);
}

static enum hf_err
make(struct hf_db *db, const char *path, const struct state *state, struct hf_detail *detail)
{
    const struct hf_manifest *manifest = &state->manifest;
    struct hf_fresh_state end = { manifest->last, manifest->time_us, manifest->floor };
    struct hf_fresh fresh;
    enum hf_err err = hf_fresh_open(&fresh, path, &db->options, db->log.uuid, detail);

    if (err == HF_OK)
        err = link_tables(db, &fresh, state, detail);
    if (err == HF_OK)
        err = hf_fresh_finish(&fresh, &end, detail);
    hf_fresh_close(&fresh);
    return err == HF_OK ? HF_OK : name_place(err, path, detail);
}

enum hf_err
hf_checkpoint(struct hf_db *db, const char *path, uint64_t *version)
{
    struct hf_detail detail = { "" };
    struct state state = { .catalog = NULL };
    enum hf_err err;

    hf_db_lock(db);
    err = take_state(db, &state, &detail);
    hf_db_unlock(db);
    if (err == HF_OK)
        err = make(db, path, &state, &detail);
    hf_db_lock(db);
    hf_catalog_unref(&db->tables, state.catalog);
    if (err == HF_OK && version != NULL)
        *version = state.manifest.last;
    err = hf_db_tell(db, err, &detail);
    hf_db_unlock(db);
    return err;
}
