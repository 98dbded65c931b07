/*
 * memory_user.c - does hf_stats tell where the memory went? A program of its own for the step
 * `memory`, since sanitisers and test frames have memory, too.
 *
 * usage: memory-user [DIRECTORY]. It loads records into memory mode, or into tables in the
 * directory, reads them, and compares what hf_stats tells with what the system counts as
 * anonymous memory of the process beyond what it had before. One of them a process: what a
 * handle gives back the allocator keeps for the next. Linux; status 77 where the system does not
 * say.
 */
#include "holdfast.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDS 900000u
#define RECORDS_AGAIN 250000u /* less than a memtable takes: no flush is under way then */
#define VALUE_SIZE 120u
#define BYTES_MIN (UINT64_C(100) << 20) /* the promise is for more than this */
#define PARTS 20u                       /* and to one in so many */

/* Bytes of anonymous memory of this process; 0: the system does not say. */
static uint64_t
anonymous_bytes(void)
{
    char line[256];
    uint64_t kib = 0;
    FILE *file = fopen("/proc/self/smaps_rollup", "r");

    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "Anonymous: %" SCNu64, &kib) == 1)
            break;
    }
    if (file != NULL)
        fclose(file);
    return kib * 1024;
}

/* In an order that is none, so that memory is used as in earnest. */
static void
make_key(char key[17], uint64_t i)
{
    i *= UINT64_C(0x9E3779B97F4A7C15);
    snprintf(key, 17, "%016" PRIx64, i);
}

static enum hf_err
load(struct hf_db *db, uint64_t records)
{
    char key[17], value[VALUE_SIZE];
    enum hf_err err = HF_OK;

    memset(value, 'v', sizeof value);
    for (uint64_t i = 1; err == HF_OK && i <= records; i++) {
        make_key(key, i);
        err = hf_put(db, (struct hf_span){ key, 16 }, (struct hf_span){ value, sizeof value },
                     0, NULL);
    }
    return err;
}

/* So that the cache holds what it can, and the ordered index is there. */
static enum hf_err
read_all(struct hf_db *db)
{
    struct hf_range range = { { NULL, 0 }, { NULL, 0 }, false };
    struct hf_view *view = NULL;
    struct hf_iter *iter = NULL;
    struct hf_item item;
    enum hf_err err = hf_view_open(&view, db, HF_LATEST);

    if (err == HF_OK)
        err = hf_iter_open(&iter, view, &range);
    while (err == HF_OK)
        err = hf_iter_next(iter, &item);
    hf_iter_close(iter);
    hf_view_close(view);
    return err == HF_ERR_NOT_FOUND ? HF_OK : err;
}

static bool
adds_up(const char *what, const struct hf_stats *stats, uint64_t found)
{
    uint64_t told = stats->memory_bytes - stats->reserved_bytes;
    uint64_t off = told > found ? told - found : found - told;

    printf("%s: hf_stats tells %" PRIu64 " bytes, the system %" PRIu64 "\n", what, told, found);
    return told > BYTES_MIN && off <= found / PARTS;
}

static bool
check(const char *what, const char *path, enum hf_mode mode)
{
    struct hf_options options = HF_OPTIONS_INIT;
    struct hf_stats stats = HF_STATS_INIT;
    struct hf_error error = { HF_OK, "" };
    struct hf_db *db = NULL;
    uint64_t before = anonymous_bytes();

    options.mode = mode;
    enum hf_err err = hf_open(&db, path, &options, &error);
    if (err == HF_OK)
        err = load(db, RECORDS);
    if (err == HF_OK)
        err = hf_compact(db);
    if (err == HF_OK)
        err = read_all(db);
    if (err == HF_OK && mode != HF_MODE_MEMORY)
        err = load(db, RECORDS_AGAIN); /* a memtable as well */
    bool held = false;
    if (err == HF_OK) {
        hf_stats_get(db, &stats);
        held = adds_up(what, &stats, anonymous_bytes() - before);
    } else {
        fprintf(stderr, "%s: %s\n", what, hf_err_name(err));
    }
    return hf_close(db) == HF_OK && held;
}

int
main(int argc, char **argv)
{
    if (anonymous_bytes() == 0) {
        puts("the system does not say how much anonymous memory a process has");
        return 77;
    }
    if (argc > 1)
        return check("tables", argv[1], HF_MODE_BUFFERED) ? 0 : 1;
    return check("memory mode", NULL, HF_MODE_MEMORY) ? 0 : 1;
}
