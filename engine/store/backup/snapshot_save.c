/*
 * snapshot_save.c - a snapshot into a file, which is there complete or not at all.
 *
 *   1. FILE.xxxxxxxx.tmp    written, synced, read again whole
 *   2. rename to FILE       what had the name until now was needed until now
 *   3. directory sync
 *
 * The name in between is drawn anew each time, so two that write the same FILE never touch each
 * other's bytes, and what a crash left is in nobody's way.
 */
#include "base/bytes.h"
#include "base/probe.h"
#include "store/backup/file_path.h"
#include "store/backup/snapshot.h"
#include "store/backup/snapshot_read.h"
#include "vfs/vfs_io.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct saving {
    struct hf_db *db;
    struct hf_dir *dir;
    struct hf_file *file;
    uint64_t off;
    struct hf_detail *detail;
    char *temporary;  /* its path, */
    size_t size;      /* bytes of memory for that; */
    const char *name; /* and its name in the directory */
};

static enum hf_err
write_piece(void *context, struct hf_span bytes)
{
    struct saving *saving = context;
    uint64_t off = saving->off;

    saving->off += bytes.len;
    return hf_vfs_write_full(saving->file, off, bytes, saving->detail);
}

static enum hf_err
name_temporary(struct saving *saving, const char *path)
{
    uint32_t salt;
    enum hf_err err = hf_env_entropy_u32(&salt);

    if (err != HF_OK)
        return hf_detail_set(saving->detail, err, "the system has no entropy for a file name");
    saving->size = strlen(path) + sizeof ".xxxxxxxx.tmp";
    saving->temporary = hf_env_alloc(saving->size);
    if (saving->temporary == NULL)
        return hf_detail_set(saving->detail, HF_ERR_NO_MEMORY, "no memory for a path");
    snprintf(saving->temporary, saving->size, "%s.%08x.tmp", path, (unsigned)salt);
    return HF_OK;
}

/* Reads what was written, as a restore would. */
static enum hf_err
read_again(struct saving *saving)
{
    struct hf_snapshot_input input = { .path = saving->temporary };
    struct hf_budget budget;

    hf_budget_init(&budget, 0);
    return hf_snapshot_read_all(&budget, &input, NULL, saving->detail);
}

static enum hf_err
write_temporary(struct saving *saving, uint64_t base, struct hf_snapshot *snapshot)
{
    struct hf_snapshot_sink sink = { write_piece, saving };
    enum hf_err err = hf_snapshot_stream(saving->db, &sink, base, snapshot, saving->detail);

    if (err == HF_OK && !HF_PLANTED(snapshot_no_sync))
        err = hf_file_sync(saving->file, saving->detail);
    return err == HF_OK ? read_again(saving) : err;
}

static enum hf_err
save(struct saving *saving, const char *path, uint64_t base, struct hf_snapshot *snapshot)
{
    struct hf_detail *detail = saving->detail;
    const char *name;
    enum hf_err err = name_temporary(saving, path);

    if (err == HF_OK)
        err = hf_path_open(&saving->dir, &name, path, detail);
    if (err == HF_OK)
        err = hf_dir_check_name(saving->dir, name, detail); /* it would be replaced */
    if (err != HF_OK)
        return err;
    saving->name = saving->temporary + (name - path);
    if (HF_PLANTED(snapshot_in_place)) {
        saving->temporary[strlen(path)] = 0;
        hf_dir_remove(saving->dir, name, NULL);
    }
    err = hf_file_open(&saving->file, saving->dir, saving->name, HF_FILE_CREATE, detail);
    if (err != HF_OK)
        return err;
    err = write_temporary(saving, base, snapshot);
    if (err == HF_OK)
        err = hf_dir_rename(saving->dir, saving->name, name, detail);
    if (err == HF_OK && !HF_PLANTED(snapshot_no_dir_sync))
        err = hf_dir_sync(saving->dir, detail);
    if (err != HF_OK)
        hf_dir_remove(saving->dir, saving->name, NULL);
    return err;
}

enum hf_err
hf_snapshot_save(struct hf_db *db, uint64_t base, const char *path,
                 struct hf_snapshot *snapshot)
{
    struct hf_detail detail = { "" };
    struct saving saving = { .db = db, .detail = &detail };
    struct hf_snapshot made = { 0 };
    enum hf_err err = save(&saving, path, base, &made);

    hf_file_close(saving.file);
    hf_dir_close(saving.dir);
    hf_env_free(saving.temporary);
    if (err == HF_OK && snapshot != NULL)
        *snapshot = made;
    hf_db_lock(db);
    if (err != HF_OK && detail.text[0] != 0)
        hf_db_tell(db, err, &detail);
    hf_db_unlock(db);
    return err;
}
