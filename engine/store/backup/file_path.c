/*
 * file_path.c - a file that a user names by its path, through the door of the vfs.
 */
#include "store/backup/file_path.h"

#include "vfs/vfs_env.h"

#include <string.h>

static bool
is_file_name(const char *name)
{
    return name[0] != 0 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

enum hf_err
hf_path_open(struct hf_dir **out, const char **name, const char *path, struct hf_detail *detail)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - path);
    char *parent;
    enum hf_err err;

    *out = NULL;
    *name = slash == NULL ? path : slash + 1;
    if (!is_file_name(*name))
        return hf_detail_set(detail, HF_ERR_INVALID, "that names no file");
    if (slash == path)
        len = 1; /* the root */
    parent = hf_env_alloc(len + 2);
    if (parent == NULL)
        return hf_detail_set(detail, HF_ERR_NO_MEMORY, "no memory for a path");
    memcpy(parent, slash == NULL ? "." : path, slash == NULL ? 1 : len);
    parent[slash == NULL ? 1 : len] = 0;
    err = hf_dir_open(out, parent, 0, detail);
    hf_env_free(parent);
    return err;
}
