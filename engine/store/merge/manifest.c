/*
 * manifest.c - manifests as files.
 */
#include "store/merge/manifest.h"

#include "base/probe.h"
#include "store/file_name.h"
#include "vfs/vfs_io.h"

#define SIZE_MAX_BYTES (UINT64_C(1) << 30) /* no manifest is that large */

void
hf_manifest_name(char name[HF_NAME_SIZE_MAX], uint32_t number, const char *suffix)
{
    hf_file_name(name, "manifest-", number, suffix);
}

uint32_t
hf_manifest_number(const char *name, const char *suffix)
{
    return hf_file_number(name, "manifest-", suffix);
}

/* ---- writing ----------------------------------------------------------------------------- */

static enum hf_err
write_file(struct hf_table_env *env, const char *name, struct hf_span bytes,
           struct hf_detail *detail)
{
    struct hf_file *file = NULL;
    enum hf_err err = hf_file_open(&file, env->dir, name, HF_FILE_CREATE, detail);

    if (err == HF_OK)
        err = hf_vfs_write_full(file, 0, bytes, detail);
    if (err == HF_OK && !HF_PLANTED(manifest_no_sync))
        err = hf_file_sync(file, detail);
    hf_file_close(file);
    return err;
}

/* The name that the file has while it is made is durable, and all older ones. */
static enum hf_err
record(struct hf_table_env *env, const char *temporary, struct hf_span bytes,
       struct hf_detail *detail)
{
    enum hf_err err = HF_OK;

    if (HF_PLANTED(manifest_unrecorded))
        err = hf_dir_sync(env->dir, detail);
    if (err == HF_OK)
        err = write_file(env, temporary, bytes, detail);
    if (err != HF_OK || HF_PLANTED(manifest_unrecorded) || HF_PLANTED(table_no_dir_sync))
        return err;
    return hf_dir_sync(env->dir, detail);
}

/* Without the mutex: the four steps. *may_be: the name may have come to be. */
static enum hf_err
make_durable(struct hf_table_env *env, uint32_t number, struct hf_span bytes, bool *may_be,
             struct hf_detail *detail)
{
    char temporary[HF_NAME_SIZE_MAX], name[HF_NAME_SIZE_MAX];
    enum hf_err err;

    hf_manifest_name(temporary, number, HF_PLANTED(manifest_in_place) ? "" : ".tmp");
    hf_manifest_name(name, number, "");
    err = record(env, temporary, bytes, detail);
    if (err == HF_OK) {
        *may_be = true;
        err = hf_dir_rename(env->dir, temporary, name, detail);
    }
    if (err == HF_OK && !HF_PLANTED(manifest_no_dir_sync))
        err = hf_dir_sync(env->dir, detail);
    if (err != HF_OK)
        hf_dir_remove(env->dir, temporary, NULL); /* what cannot go now goes at an open */
    return err;
}

enum hf_err
hf_manifest_write(struct hf_table_env *env, struct hf_manifest *manifest,
                  const struct hf_catalog *catalog, bool *unsure, struct hf_detail *detail)
{
    size_t infos_size = (catalog->table_count + 1u) * sizeof(struct hf_table_info);
    struct hf_table_info *infos = hf_budget_alloc(env->budget, infos_size);
    uint8_t *bytes = NULL;
    size_t size = 0;
    bool may_be = false;
    enum hf_err err = HF_ERR_NO_MEMORY;

    manifest->table_count = catalog->table_count;
    if (infos != NULL) {
        for (uint32_t i = 0; i < catalog->table_count; i++)
            infos[i] = hf_catalog_info(catalog, i);
        size = hf_manifest_size(manifest, infos);
        bytes = hf_budget_alloc(env->budget, size);
    }
    if (bytes != NULL) {
        hf_manifest_encode(bytes, manifest, infos);
        if (env->mutex != NULL)
            hf_mutex_unlock(env->mutex);
        err = make_durable(env, manifest->number, hf_span(bytes, size), &may_be, detail);
        if (env->mutex != NULL)
            hf_mutex_lock(env->mutex);
        if (may_be) /* said with the mutex: others look at it */
            *unsure = true;
    } else {
        hf_detail_set(detail, err, "no memory for a manifest");
    }
    hf_budget_free(env->budget, bytes, size);
    hf_budget_free(env->budget, infos, infos_size);
    return err;
}

/* ---- reading ----------------------------------------------------------------------------- */

static enum hf_err
read_bytes(struct hf_manifest_file *file, struct hf_table_env *env, const char *name,
           struct hf_detail *detail)
{
    struct hf_file *from = NULL;
    uint64_t size = 0;
    size_t got = 0;
    enum hf_err err = hf_file_open(&from, env->dir, name, HF_FILE_READ, detail);

    if (err == HF_OK)
        err = hf_file_size(from, &size, detail);
    if (err == HF_OK && size > SIZE_MAX_BYTES)
        err =
            hf_detail_set(detail, HF_ERR_CORRUPT, "%s has %llu bytes: no manifest is so large",
                          name, (unsigned long long)size);
    if (err == HF_OK) {
        file->size = (size_t)size + 1;
        file->bytes = hf_budget_alloc(env->budget, file->size);
        if (file->bytes == NULL)
            err = hf_detail_set(detail, HF_ERR_NO_MEMORY, "no memory to read %s", name);
        else
            err = hf_vfs_read_full(from, 0, file->bytes, (size_t)size, &got, detail);
    }
    if (err == HF_OK && got < size)
        err = hf_detail_set(detail, HF_ERR_CORRUPT, "%s ends while it is read", name);
    hf_file_close(from);
    return err;
}

enum hf_err
hf_manifest_read(struct hf_manifest_file *file, struct hf_table_env *env, uint32_t number,
                 struct hf_detail *detail)
{
    char name[HF_NAME_SIZE_MAX];
    enum hf_err err;

    *file = (struct hf_manifest_file){ .bytes = NULL };
    hf_manifest_name(name, number, "");
    err = read_bytes(file, env, name, detail);
    if (err == HF_OK) {
        switch (hf_manifest_decode(&file->manifest, &file->copies,
                                   hf_span(file->bytes, file->size - 1))) {
        case HF_MANIFEST_GOOD:
            if (file->manifest.number != number)
                err = hf_detail_set(detail, HF_ERR_CORRUPT, "%s holds manifest %u", name,
                                    file->manifest.number);
            break;
        case HF_MANIFEST_NEWER:
            err = hf_detail_set(detail, HF_ERR_VERSION, "%s was written by a newer Holdfast",
                                name);
            break;
        case HF_MANIFEST_BAD:
        case HF_MANIFEST_END:
            err = hf_detail_set(detail, HF_ERR_CORRUPT,
                                file->copies.copy[0] != HF_MANIFEST_BAD &&
                                        file->copies.copy[1] != HF_MANIFEST_BAD
                                    ? "%s: its two copies disagree"
                                    : "%s: both copies are damaged",
                                name);
            break;
        }
    }
    if (err != HF_OK)
        hf_manifest_forget(file, env);
    return err;
}

void
hf_manifest_forget(struct hf_manifest_file *file, struct hf_table_env *env)
{
    hf_budget_free(env->budget, file->bytes, file->size);
    file->bytes = NULL;
}
