/*
 * table_read.c - blocks of tables: read, judged, loaded, and kept in the cache.
 *
 * A miss, step by step; the mutex is given up in the second and the fourth:
 *
 *    1  memory for the bytes     its size is known from the index
 *    2  read, check              once more if it is bad
 *    3  memory for the block     its size is known from the bytes
 *    4  load
 *    5  add to the cache         another thread may have come first: then its block is taken
 *
 * What an index says of a block is only believed as far as the meta allows: no place makes us
 * allocate more than the largest block that the table says it has.
 */
#include "store/table/table_read.h"

#include "base/probe.h"
#include "base/span.h"
#include "base/timing.h"
#include "vfs/vfs_io.h"

#include <inttypes.h>

#define ATTEMPTS 2

enum hf_err
hf_table_corrupt(const struct hf_table *table, uint64_t off, const char *what,
                 struct hf_detail *detail)
{
    return hf_detail_set(detail, HF_ERR_CORRUPT, "table-%010u at %" PRIu64 ": %s",
                         (unsigned)table->info.number, off, what);
}

/* ---- metas ------------------------------------------------------------------------------- */

static bool
is_ours(const struct hf_table_env *env, const struct hf_table *table,
        const struct hf_table_meta *meta)
{
    if (HF_PLANTED(table_footer_unchecked))
        return true;
    return meta->id.number == table->info.number &&
           memcmp(meta->id.uuid, env->uuid, sizeof env->uuid) == 0;
}

static bool
is_as_named(const struct hf_table_info *info, const struct hf_table_meta *meta)
{
    return meta->file_size == info->size && meta->entries == info->entries &&
           meta->deletes == info->deletes && meta->version_min == info->version_min &&
           meta->version_max == info->version_max;
}

static enum hf_err
read_meta_once(const struct hf_table_env *env, const struct hf_table *table, uint64_t off,
               struct hf_table_meta *meta, struct hf_detail *detail)
{
    uint8_t raw[HF_TABLE_META_SIZE];
    size_t got;
    enum hf_err err = hf_vfs_read_full(table->file, off, raw, sizeof raw, &got, detail);

    if (err != HF_OK)
        return err;
    if (got < sizeof raw)
        return hf_table_corrupt(table, off, "the file ends inside of its meta", detail);
    switch (hf_table_meta_decode(meta, hf_span(raw, sizeof raw))) {
    case HF_TABLE_NEWER:
        return hf_detail_set(detail, HF_ERR_VERSION,
                             "table-%010u has format %u, written by a newer Holdfast",
                             (unsigned)table->info.number, (unsigned)meta->format);
    case HF_TABLE_BAD:
        return hf_table_corrupt(table, off, "the meta is damaged", detail);
    case HF_TABLE_GOOD:
        break;
    }
    if (!is_ours(env, table, meta))
        return hf_table_corrupt(table, off, "the meta is that of another table", detail);
    if (!is_as_named(&table->info, meta))
        return hf_table_corrupt(table, off, "the meta differs from the manifest", detail);
    return HF_OK;
}

enum hf_err
hf_table_read_meta(const struct hf_table_env *env, const struct hf_table *table, uint64_t off,
                   struct hf_table_meta *meta, struct hf_detail *detail)
{
    enum hf_err err = HF_OK;

    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (attempt > 0)
            HF_MARK(table_read_again);
        err = read_meta_once(env, table, off, meta, detail);
        if (err == HF_OK)
            return HF_OK;
    }
    return err;
}

/* ---- blocks ------------------------------------------------------------------------------ */

static enum hf_table_verdict
judge(const struct hf_table *table, const struct hf_block_want *want, struct hf_span in,
      struct hf_span *payload)
{
    enum hf_table_verdict verdict =
        hf_block_open(payload, in, want->kind, table->mask_base, want->place.off);

    if (verdict != HF_TABLE_GOOD && HF_PLANTED(table_block_unchecked)) {
        *payload = hf_span((const uint8_t *)in.at + HF_BLOCK_HEAD, in.len - HF_BLOCK_OVERHEAD);
        verdict = HF_TABLE_GOOD;
    }
    return verdict;
}

enum hf_err
hf_table_read(const struct hf_table *table, const struct hf_block_want *want, uint8_t *raw,
              struct hf_span *payload, struct hf_detail *detail)
{
    HF_TIMED(block);
    uint64_t off = want->place.off;
    size_t size = want->place.size, got = 0;
    enum hf_err err = HF_OK;

    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (attempt > 0)
            HF_MARK(table_read_again);
        err = hf_vfs_read_full(table->file, off, raw, size, &got, detail);
        if (err == HF_OK && got == size &&
            judge(table, want, hf_span(raw, size), payload) == HF_TABLE_GOOD)
            return HF_OK;
    }
    if (err != HF_OK)
        return err;
    return hf_table_corrupt(
        table, off, got < size ? "the file ends inside of a block" : "a block is damaged",
        detail);
}

/* Before anything is read or allocated. */
static enum hf_err
check_place(const struct hf_table *table, const struct hf_block_want *want,
            struct hf_detail *detail)
{
    if (want->place.size <= table->meta.block_size_max)
        return HF_OK;
    return hf_table_corrupt(table, want->place.off,
                            "a block is larger than the meta says that any is", detail);
}

static enum hf_err
loaded_size(const struct hf_table *table, const struct hf_block_want *want,
            struct hf_span payload, uint64_t *size, struct hf_detail *detail)
{
    *size = hf_block_loaded_size(payload);
    if (*size != 0 && *size <= table->meta.loaded_size_max)
        return HF_OK;
    return hf_table_corrupt(table, want->place.off, "a block's loaded size is wrong", detail);
}

static enum hf_err
load(const struct hf_table *table, const struct hf_block_want *want, struct hf_span payload,
     struct hf_block *block, struct hf_detail *detail)
{
    if (hf_block_load(block, payload) == HF_TABLE_GOOD)
        return HF_OK;
    return hf_table_corrupt(table, want->place.off, "the entries of a block do not add up",
                            detail);
}

enum hf_err
hf_table_load(const struct hf_table *table, const struct hf_block_want *want, uint8_t *raw,
              struct hf_block *block, struct hf_detail *detail)
{
    struct hf_span payload;
    uint64_t size;
    enum hf_err err = check_place(table, want, detail);

    if (err == HF_OK)
        err = hf_table_read(table, want, raw, &payload, detail);
    if (err == HF_OK)
        err = loaded_size(table, want, payload, &size, detail);
    if (err == HF_OK)
        err = load(table, want, payload, block, detail);
    return err;
}

bool
hf_table_load_from(const struct hf_table *table, const struct hf_block_want *want,
                   struct hf_span in, struct hf_block *block)
{
    struct hf_span payload;
    uint64_t size;

    return check_place(table, want, NULL) == HF_OK &&
           judge(table, want, in, &payload) == HF_TABLE_GOOD &&
           loaded_size(table, want, payload, &size, NULL) == HF_OK &&
           load(table, want, payload, block, NULL) == HF_OK;
}

/* ---- by way of the cache ----------------------------------------------------------------- */

static void
unlock(struct hf_table_env *env)
{
    if (env->mutex != NULL)
        hf_mutex_unlock(env->mutex);
}

static void
lock(struct hf_table_env *env)
{
    if (env->mutex != NULL)
        hf_mutex_lock(env->mutex);
}

static enum hf_err
no_memory(const struct hf_table *table, struct hf_detail *detail)
{
    return hf_detail_set(detail, HF_ERR_NO_MEMORY, "no memory to read table-%010u",
                         (unsigned)table->info.number);
}

/* Steps 3 and 4. */
static enum hf_err
load_fresh(struct hf_cached **fresh, struct hf_table_env *env, const struct hf_table *table,
           const struct hf_block_want *want, struct hf_span payload, struct hf_detail *detail)
{
    uint64_t size;
    enum hf_err err = loaded_size(table, want, payload, &size, detail);

    if (err != HF_OK)
        return err;
    *fresh = hf_cache_alloc(env->cache, size);
    if (*fresh == NULL)
        return no_memory(table, detail);
    (*fresh)->kind = want->kind;
    unlock(env);
    err = load(table, want, payload, hf_cached_block(*fresh), detail);
    lock(env);
    return err;
}

static enum hf_err
miss(struct hf_cached **out, struct hf_table_env *env, const struct hf_table *table,
     const struct hf_block_want *want, struct hf_detail *detail)
{
    struct hf_cached *raw, *fresh = NULL;
    struct hf_span payload;
    enum hf_err err = check_place(table, want, detail);

    if (err != HF_OK)
        return err;
    raw = hf_cache_alloc(env->cache, want->place.size);
    if (raw == NULL)
        return no_memory(table, detail);
    env->block_reads++;
    unlock(env);
    err = hf_table_read(table, want, (uint8_t *)raw->words, &payload, detail);
    lock(env);
    if (err == HF_OK)
        err = load_fresh(&fresh, env, table, want, payload, detail);
    hf_cache_free(env->cache, raw);
    if (err != HF_OK) {
        hf_cache_free(env->cache, fresh);
        return err;
    }
    *out = hf_cache_add(env->cache, fresh, table->info.number, want->place.off);
    return HF_OK;
}

/* A block in the cache may have been read as another kind: one that an index of this table, or
 * its meta, wrongly leads to. */
static enum hf_err
check_kind(struct hf_cached **out, struct hf_table_env *env, const struct hf_table *table,
           const struct hf_block_want *want, struct hf_detail *detail)
{
    if ((*out)->kind == want->kind)
        return HF_OK;
    hf_cache_unpin(env->cache, *out);
    *out = NULL;
    return hf_table_corrupt(table, want->place.off, "a block is wanted as of two kinds",
                            detail);
}

enum hf_err
hf_table_cached(struct hf_cached **out, struct hf_table_env *env, const struct hf_table *table,
                const struct hf_block_want *want, struct hf_detail *detail)
{
    enum hf_err err = HF_OK;

    *out = hf_cache_find(env->cache, table->info.number, want->place.off);
    if (*out == NULL)
        err = miss(out, env, table, want, detail);
    return err == HF_OK ? check_kind(out, env, table, want, detail) : err;
}

/* Reads into the block itself: its payload is used as it stands. */
static enum hf_err
miss_filter(struct hf_cached **out, struct hf_table_env *env, const struct hf_table *table,
            const struct hf_block_want *want, struct hf_detail *detail)
{
    struct hf_cached *fresh = hf_cache_alloc(env->cache, want->place.size);
    struct hf_span payload;
    enum hf_err err;

    if (fresh == NULL)
        return no_memory(table, detail);
    fresh->kind = want->kind;
    env->block_reads++;
    unlock(env);
    err = hf_table_read(table, want, (uint8_t *)fresh->words, &payload, NULL);
    if (err == HF_OK)
        memmove(fresh->words, payload.at, HF_FILTER_PAYLOAD);
    else
        memset(fresh->words, 0xff, HF_FILTER_PAYLOAD);
    lock(env);
    if (err != HF_OK) {
        HF_MARK(table_filter_damaged);
        env->filter_damage++;
    }
    *out = hf_cache_add(env->cache, fresh, table->info.number, want->place.off);
    return HF_OK;
}

enum hf_err
hf_table_cached_filter(struct hf_cached **out, struct hf_table_env *env,
                       const struct hf_table *table, uint32_t index, struct hf_detail *detail)
{
    struct hf_block_want want = {
        .kind = HF_BLOCK_FILTER,
        .place = { .off = table->meta.filter_off + index * (uint64_t)HF_FILTER_BLOCK_SIZE,
                   .size = HF_FILTER_BLOCK_SIZE },
    };
    enum hf_err err = HF_OK;

    *out = hf_cache_find(env->cache, table->info.number, want.place.off);
    if (*out == NULL)
        err = miss_filter(out, env, table, &want, detail);
    return err == HF_OK ? check_kind(out, env, table, &want, detail) : err;
}
