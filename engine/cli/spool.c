/*
 * spool.c - standard input as a file that a process of this user alone can see.
 */
#define _GNU_SOURCE /* mkdtemp */
#include "cli/spool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum hf_err
failed(struct hf_error *error, const char *what, const char *where)
{
    error->code = errno == ENOSPC ? HF_ERR_FULL : HF_ERR_IO;
    (void)snprintf(error->text, sizeof error->text, "cannot %s %.300s: %s", what, where,
                   strerror(errno));
    return error->code;
}

static enum hf_err
copy(struct hf_spool *spool, FILE *file, struct hf_error *error)
{
    char bytes[1 << 16];
    size_t got;

    while ((got = fread(bytes, 1, sizeof bytes, stdin)) > 0) {
        if (fwrite(bytes, 1, got, file) != got)
            return failed(error, "write", spool->path);
    }
    return ferror(stdin) ? failed(error, "read", "standard input") : HF_OK;
}

enum hf_err
hf_spool_stdin(struct hf_spool *spool, struct hf_error *error)
{
    const char *parent = getenv("TMPDIR");

    spool->path[0] = 0;
    (void)snprintf(spool->folder, sizeof spool->folder, "%s/holdfast.XXXXXX",
                   parent == NULL || parent[0] == 0 ? "/tmp" : parent);
    if (mkdtemp(spool->folder) == NULL)
        return failed(error, "make", spool->folder);
    (void)snprintf(spool->path, sizeof spool->path, "%s/-", spool->folder);
    FILE *file = fopen(spool->path, "wx");
    if (file == NULL)
        return failed(error, "make", spool->path);
    enum hf_err err = copy(spool, file, error);
    if (fclose(file) != 0 && err == HF_OK)
        err = failed(error, "write", spool->path);
    return err;
}

void
hf_spool_remove(struct hf_spool *spool)
{
    if (spool->path[0] == 0)
        return;
    (void)unlink(spool->path);
    (void)rmdir(spool->folder);
}
