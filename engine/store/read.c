/*
 * read.c - the newest entry of a key, over memtables and tables.
 *
 * On the way down the first entry found is the newest: memtables are newer than tables, level 0
 * is in the order of its versions, each further level is older than those above it. The same
 * holds for a range over the key, so a delete is found wherever one of either kind is first.
 */
#include "store/read.h"

#include "base/hash.h"
#include "base/span.h"

enum hf_err
hf_read_tables(struct hf_db *db, const struct hf_catalog *catalog, struct hf_span key,
               uint64_t version, struct hf_table_found *found, struct hf_detail *detail)
{
    enum hf_err err = HF_ERR_NOT_FOUND;

    found->pin = NULL;
    if (catalog->table_count == 0)
        return err;
    uint64_t hash = hf_hash_bytes_of(key.at, key.len, hf_table_hash_seed(&db->tables));
    for (uint32_t level = 0; err == HF_ERR_NOT_FOUND && level < HF_LEVELS; level++) {
        uint32_t count;
        struct hf_table *const *tables = hf_catalog_level(catalog, level, &count);
        if (count == 0)
            continue;
        uint32_t i = level == 0 ? 0 : hf_catalog_seek(tables, count, key);
        if (level > 0 && i < count)
            count = i + 1; /* of a sorted level one table only can have it */
        for (; err == HF_ERR_NOT_FOUND && i < count; i++)
            err = hf_table_get(&db->tables, tables[i], key, hash, version, found, detail);
    }
    return err;
}

/* ---- ranges ------------------------------------------------------------------------------ */

bool
hf_read_has_ranges(const struct hf_catalog *catalog)
{
    bool has = catalog->ranged_count > 0;

    for (uint32_t i = 0; !has && i < catalog->memtable_count; i++)
        has = catalog->memtables[i]->ranges != NULL;
    return has;
}

enum hf_err
hf_read_cover(struct hf_db *db, const struct hf_catalog *catalog, struct hf_span key,
              uint64_t version, uint64_t *cover, struct hf_detail *detail)
{
    enum hf_err err = HF_OK;

    *cover = 0;
    for (uint32_t i = 0; *cover == 0 && i < catalog->memtable_count; i++)
        *cover = hf_range_set_cover(catalog->memtables[i]->ranges, key, version);
    if (*cover > 0)
        return HF_OK; /* what is in a table is older */
    for (uint32_t i = 0; err == HF_OK && i < catalog->ranged_count; i++) {
        uint64_t found;
        err = hf_table_cover(&db->tables, catalog->ranged[i], key, version, &found, detail);
        if (err == HF_OK && found > *cover)
            *cover = found;
    }
    return err;
}

/* ---- the newest version ------------------------------------------------------------------ */

enum hf_err
hf_read_version(struct hf_db *db, struct hf_span key, uint64_t *version,
                struct hf_detail *detail)
{
    struct hf_catalog *catalog = db->catalog;
    uint64_t hash = hf_memtable_hash(db->active, key);
    const uint8_t *op = hf_read_memtables(catalog, key, hash, UINT64_MAX);
    struct hf_table_found found;
    enum hf_err err;

    *version = 0;
    if (op != NULL) {
        *version = op[0] == HF_WAL_DELETE ? 0 : hf_wal_op_version(op);
        return HF_OK;
    }
    hf_catalog_ref(catalog);
    err = hf_read_tables(db, catalog, key, UINT64_MAX, &found, detail);
    if (err == HF_OK && !found.entry.is_delete)
        *version = found.entry.version;
    hf_cache_unpin(db->cache, found.pin);
    hf_catalog_unref(&db->tables, catalog);
    return err == HF_ERR_NOT_FOUND ? HF_OK : err;
}
