/*
 * catalog.c - the immutable lists of memtables and tables that readers hold on to.
 *
 * One area holds the struct and both lists. Tables are sorted in as they come: a change adds
 * few of them.
 */
#include "store/catalog.h"

#include "base/assert.h"

static bool
is_listed(const struct hf_table *table, struct hf_table *const *list, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (list[i] == table)
            return true;
    }
    return false;
}

/* Whether `a` stands before `b` on a level: newest first, or by keys. */
static bool
stands_before(const struct hf_table *a, const struct hf_table *b, uint32_t level)
{
    if (level == 0)
        return a->info.version_max > b->info.version_max;
    return hf_span_compare(a->info.key_min, b->info.key_min) < 0;
}

static void
add_table(struct hf_catalog *catalog, struct hf_table *table, uint32_t level)
{
    uint32_t i = catalog->table_count++;

    for (; i > catalog->level_first[level + 1]; i--)
        catalog->tables[i] = catalog->tables[i - 1];
    for (;
         i > catalog->level_first[level] && stands_before(table, catalog->tables[i - 1], level);
         i--)
        catalog->tables[i] = catalog->tables[i - 1];
    catalog->tables[i] = table;
    hf_table_ref(table);
    for (; level < HF_LEVELS; level++)
        catalog->level_first[level + 1]++;
}

static void
add_memtable(struct hf_catalog *catalog, struct hf_memtable *memtable)
{
    catalog->memtables[catalog->memtable_count++] = memtable;
    hf_memtable_ref(memtable);
}

enum hf_err
hf_catalog_make(struct hf_catalog **out, struct hf_table_env *env,
                const struct hf_catalog *before, const struct hf_catalog_edit *edit)
{
    static const struct hf_catalog empty;
    struct hf_catalog *catalog;

    *out = NULL;
    if (before == NULL)
        before = &empty;
    size_t memtables = before->memtable_count + 1u;
    size_t tables = (size_t)before->table_count + edit->added_count;
    size_t size = sizeof *catalog + (memtables + 2 * tables) * sizeof(void *);
    catalog = hf_budget_alloc(env->budget, size);
    if (catalog == NULL)
        return HF_ERR_NO_MEMORY;
    *catalog = (struct hf_catalog){ .refs = 1, .size = size };
    catalog->memtables = (struct hf_memtable **)(catalog + 1);
    catalog->tables = (struct hf_table **)(catalog->memtables + memtables);
    catalog->ranged = catalog->tables + tables;

    if (edit->active != NULL)
        add_memtable(catalog, edit->active);
    for (uint32_t i = 0; i < before->memtable_count; i++) {
        if (before->memtables[i] != edit->flushed)
            add_memtable(catalog, before->memtables[i]);
    }
    for (uint32_t i = 0; i < before->table_count; i++) {
        if (!is_listed(before->tables[i], edit->removed, edit->removed_count) &&
            !is_listed(before->tables[i], edit->moved, edit->moved_count))
            add_table(catalog, before->tables[i], hf_catalog_level_of(before, i));
    }
    for (uint32_t i = 0; i < edit->moved_count; i++)
        add_table(catalog, edit->moved[i], edit->moved_to);
    for (uint32_t i = 0; i < edit->added_count; i++)
        add_table(catalog, edit->added[i], edit->added[i]->info.level);
    for (uint32_t i = 0; i < catalog->table_count; i++) {
        if (catalog->tables[i]->meta.ranges_size > 0)
            catalog->ranged[catalog->ranged_count++] = catalog->tables[i];
    }
    *out = catalog;
    return HF_OK;
}

void
hf_catalog_ref(struct hf_catalog *catalog)
{
    catalog->refs++;
}

void
hf_catalog_unref(struct hf_table_env *env, struct hf_catalog *catalog)
{
    if (catalog == NULL || --catalog->refs > 0)
        return;
    for (uint32_t i = 0; i < catalog->memtable_count; i++)
        hf_memtable_unref(catalog->memtables[i]);
    for (uint32_t i = 0; i < catalog->table_count; i++)
        hf_table_unref(env, catalog->tables[i]);
    hf_budget_free(env->budget, catalog, catalog->size);
}

uint32_t
hf_catalog_level_of(const struct hf_catalog *catalog, uint32_t index)
{
    uint32_t level = 0;

    while (catalog->level_first[level + 1] <= index)
        level++;
    return level;
}

struct hf_table_info
hf_catalog_info(const struct hf_catalog *catalog, uint32_t index)
{
    struct hf_table_info info = catalog->tables[index]->info;

    info.level = hf_catalog_level_of(catalog, index);
    return info;
}

uint32_t
hf_catalog_seek(struct hf_table *const *tables, uint32_t count, struct hf_span key)
{
    uint32_t low = 0, high = count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (hf_table_ends_before(&tables[middle]->info, key))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint64_t
hf_catalog_level_bytes(const struct hf_catalog *catalog, uint32_t level)
{
    uint32_t count;
    struct hf_table *const *tables = hf_catalog_level(catalog, level, &count);
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < count; i++)
        bytes += tables[i]->info.size;
    return bytes;
}

/* ---- checking ---------------------------------------------------------------------------- */

static const char *
check_memtables(const struct hf_catalog *catalog)
{
    for (uint32_t i = 1; i < catalog->memtable_count; i++) {
        if (catalog->memtables[i]->last != catalog->memtables[i - 1]->base)
            return "catalog invariant 1: versions are missing between two memtables";
    }
    return NULL;
}

static const char *
check_level(const struct hf_catalog *catalog, uint32_t level)
{
    uint32_t count;
    struct hf_table *const *tables = hf_catalog_level(catalog, level, &count);

    for (uint32_t i = 1; i < count; i++) {
        const struct hf_table_info *a = &tables[i - 1]->info, *b = &tables[i]->info;
        if (level == 0 && b->version_max >= a->version_min)
            return "catalog invariant 2: two tables of level 0 share versions";
        if (level > 0 && !hf_table_ends_before(a, b->key_min))
            return "catalog invariant 3: two tables of a level share keys";
    }
    return NULL;
}

const char *
hf_catalog_check(const struct hf_catalog *catalog)
{
    const char *broken = check_memtables(catalog);
    uint64_t oldest = UINT64_MAX;

    if (catalog->memtable_count > 0)
        oldest = catalog->memtables[catalog->memtable_count - 1]->base;
    for (uint32_t level = 0; broken == NULL && level < HF_LEVELS; level++)
        broken = check_level(catalog, level);
    for (uint32_t i = 0; broken == NULL && i < catalog->table_count; i++) {
        if (catalog->tables[i]->info.version_max > oldest)
            broken = "catalog invariant 4: a table holds a version of a memtable";
    }
    return broken;
}
