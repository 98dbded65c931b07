/*
 * dump.c - a directory, or one file of one, described.
 *
 * It reads through the same decoders as recovery, never through a handle, takes no lock and
 * changes nothing. A file is taken for what its first bytes say; where they say nothing, for
 * what its name says. A file that cannot be read has a line that says so, and the next one
 * follows: the first such error is the result in the end.
 *
 * Of a directory the manifests come first. So each table can be said to be named by the newest
 * one or not, and one that is named and not there is said to be missing.
 */
#include "store/dump/dump.h"

#include "base/span.h"
#include "format/manifest_format.h"
#include "store/file_name.h"
#include "vfs/vfs_env.h"
#include "vfs/vfs_io.h"

#include <inttypes.h>
#include <stdio.h>

/* In the order in which a directory is described. */
enum what { MANIFEST, TABLE, LOG, SNAPSHOT, UNKNOWN };

struct listed {
    char name[HF_NAME_SIZE_MAX];
    enum what what; /* by the name */
};

struct dump {
    struct hf_dump to;
    struct hf_dir *dir;
    struct hf_detail *detail;

    struct listed *list; /* of a directory, sorted */
    size_t count, capacity;

    uint32_t manifest; /* the newest so far; 0: none */
    uint32_t *named;   /* the tables that it names, if it can be read */
    uint32_t named_count;
};

/* ---- what a file is ---------------------------------------------------------------------- */

#define MAGIC_SIZE 8u

/* What files of a kind begin with, and what their names do. */
static const struct {
    char magic[MAGIC_SIZE + 1];
    const char *word; /* NULL: they have names that a user gave them */
} kinds[] = {
    [MANIFEST] = { "HOLDMAN\n", "manifest-" },
    [TABLE] = { "HOLDTAB\n", "table-" },
    [LOG] = { "HOLDWAL\n", "wal-" },
    [SNAPSHOT] = { "HOLDSNAP", NULL },
};

static enum what
what_by_magic(struct hf_span head)
{
    for (int what = MANIFEST; what < UNKNOWN && head.len >= MAGIC_SIZE; what++) {
        if (memcmp(head.at, kinds[what].magic, MAGIC_SIZE) == 0)
            return (enum what)what;
    }
    return UNKNOWN;
}

/* The number in the name of a file of that kind, 0 if it is not one. */
static uint32_t
number_of(const char *name, enum what what)
{
    return hf_file_number(name, kinds[what].word, "");
}

static enum what
what_by_name(const char *name)
{
    for (int what = MANIFEST; what < SNAPSHOT; what++) {
        if (number_of(name, (enum what)what) != 0 ||
            hf_file_number(name, kinds[what].word, ".tmp") != 0)
            return (enum what)what;
    }
    return UNKNOWN;
}

static void
dump_bytes(struct dump *dump, enum what what, struct hf_span bytes)
{
    switch (what) {
    case MANIFEST:
        hf_dump_manifest(&dump->to, bytes);
        break;
    case TABLE:
        hf_dump_table(&dump->to, bytes);
        break;
    case LOG:
        hf_dump_log(&dump->to, bytes);
        break;
    case SNAPSHOT:
        hf_dump_snapshot(&dump->to, bytes);
        break;
    case UNKNOWN:
        break;
    }
}

/* ---- what the newest manifest names ------------------------------------------------------ */

/* Forgets what an older manifest named. */
static void
forget_named(struct dump *dump)
{
    hf_env_free(dump->named);
    dump->named = NULL;
    dump->named_count = 0;
}

/* Keeps which tables a manifest names. */
static void
note_manifest(struct dump *dump, const char *name, struct hf_span bytes)
{
    uint32_t number = number_of(name, MANIFEST);
    struct hf_manifest manifest;
    struct hf_manifest_copies copies;
    struct hf_table_info info;

    if (number == 0)
        return;
    forget_named(dump);
    dump->manifest = number;
    if (hf_manifest_decode(&manifest, &copies, bytes) != HF_MANIFEST_GOOD)
        return;
    dump->named = hf_env_alloc((manifest.table_count + 1u) * sizeof *dump->named);
    while (dump->named != NULL && hf_manifest_next(&manifest, &info) == HF_MANIFEST_GOOD)
        dump->named[dump->named_count++] = info.number;
}

static bool
is_named(const struct dump *dump, uint32_t number)
{
    for (uint32_t i = 0; i < dump->named_count; i++) {
        if (dump->named[i] == number)
            return true;
    }
    return false;
}

static bool
is_listed(const struct dump *dump, const char *name)
{
    for (size_t i = 0; i < dump->count; i++) {
        if (strcmp(dump->list[i].name, name) == 0)
            return true;
    }
    return false;
}

static void
say_missing(struct dump *dump)
{
    char name[HF_NAME_SIZE_MAX];

    for (uint32_t i = 0; i < dump->named_count; i++) {
        hf_file_name(name, kinds[TABLE].word, dump->named[i], "");
        if (!is_listed(dump, name))
            hf_dump_say(&dump->to, "%s: missing, though manifest-%010u names it", name,
                        dump->manifest);
    }
}

/* ---- one file ---------------------------------------------------------------------------- */

/* The line above a file. */
static void
say_file(struct dump *dump, const char *name, enum what what, uint64_t size)
{
    uint32_t number = number_of(name, TABLE);
    bool is_odd = what_by_name(name) != UNKNOWN && what_by_name(name) != what;

    if (what == UNKNOWN)
        hf_dump_say(&dump->to, "%s: %" PRIu64 " bytes, no file of a database", name, size);
    else if (is_odd)
        hf_dump_say(&dump->to, "%s: %" PRIu64 " bytes, and not what its name says", name, size);
    else if (number != 0 && dump->named != NULL && !is_named(dump, number))
        hf_dump_say(&dump->to, "%s: %" PRIu64 " bytes, not named by manifest-%010u", name, size,
                    dump->manifest);
    else
        hf_dump_say(&dump->to, "%s: %" PRIu64 " bytes", name, size);
}

static enum hf_err
read_and_dump(struct dump *dump, const char *name, enum what what, struct hf_file *file,
              uint64_t size)
{
    uint8_t *bytes = size < SIZE_MAX ? hf_env_map((size_t)size + 1) : NULL;
    size_t got = 0;
    enum hf_err err;

    if (bytes == NULL)
        return hf_detail_set(dump->detail, HF_ERR_NO_MEMORY, "no memory to read %s", name);
    err = hf_vfs_read_full(file, 0, bytes, (size_t)size, &got, dump->detail);
    if (err == HF_OK) {
        say_file(dump, name, what, got);
        dump_bytes(dump, what, hf_span(bytes, got));
        if (what == MANIFEST)
            note_manifest(dump, name, hf_span(bytes, got));
    }
    hf_env_unmap(bytes, (size_t)size + 1);
    return err;
}

static enum hf_err
dump_file(struct dump *dump, const char *name)
{
    struct hf_file *file = NULL;
    uint8_t head[MAGIC_SIZE];
    uint64_t size = 0;
    size_t got = 0;
    enum hf_err err = hf_file_open(&file, dump->dir, name, HF_FILE_READ, dump->detail);

    if (err == HF_OK)
        err = hf_file_size(file, &size, dump->detail);
    if (err == HF_OK)
        err = hf_vfs_read_full(file, 0, head, sizeof head, &got, dump->detail);
    if (err == HF_OK) {
        enum what what = what_by_magic(hf_span(head, got));
        if (what == UNKNOWN)
            what = what_by_name(name);
        if (what == UNKNOWN)
            say_file(dump, name, what, size);
        else if (what == LOG && size > UINT32_MAX)
            hf_dump_say(&dump->to, "%s: %" PRIu64 " bytes: no segment is that large", name,
                        size);
        else
            err = read_and_dump(dump, name, what, file, size);
    }
    hf_file_close(file);
    return err;
}

/* ---- a directory ------------------------------------------------------------------------- */

static bool
stands_before(const struct listed *a, const struct listed *b)
{
    return a->what != b->what ? a->what < b->what : strcmp(a->name, b->name) < 0;
}

static bool
reserve(struct dump *dump)
{
    size_t capacity = dump->capacity == 0 ? 64 : dump->capacity * 2;
    struct listed *list;

    if (dump->count < dump->capacity)
        return true;
    list = hf_env_alloc(capacity * sizeof *list);
    if (list == NULL)
        return false;
    if (dump->count > 0)
        memcpy(list, dump->list, dump->count * sizeof *list);
    hf_env_free(dump->list);
    dump->list = list;
    dump->capacity = capacity;
    return true;
}

static enum hf_err
visit(void *context, const char *name)
{
    struct dump *dump = context;
    struct listed file = { .what = what_by_name(name) };

    if (strcmp(name, "LOCK") == 0)
        return HF_OK;
    if (strlen(name) >= sizeof file.name) {
        hf_dump_say(&dump->to, "%s: no file of a database", name);
        return HF_OK;
    }
    if (!reserve(dump))
        return hf_detail_set(dump->detail, HF_ERR_NO_MEMORY, "no memory to list the files");
    memcpy(file.name, name, strlen(name) + 1);
    size_t i = dump->count++;
    for (; i > 0 && stands_before(&file, &dump->list[i - 1]); i--)
        dump->list[i] = dump->list[i - 1];
    dump->list[i] = file;
    return HF_OK;
}

/* One file of a directory. One that is gone by now went while a database was at work. */
static enum hf_err
dump_listed(struct dump *dump, const char *name)
{
    struct hf_detail detail = { "" }, *first = dump->detail;
    enum hf_err err;

    dump->detail = &detail;
    err = dump_file(dump, name);
    dump->detail = first;
    if (err == HF_ERR_NOT_FOUND) {
        hf_dump_say(&dump->to, "%s: gone meanwhile", name);
        return HF_OK;
    }
    if (err != HF_OK) {
        hf_dump_say(&dump->to, "%s: cannot be read: %s", name, detail.text);
        if (first->text[0] == 0)
            *first = detail;
    }
    return err;
}

static enum hf_err
dump_directory(struct dump *dump)
{
    enum hf_err err = hf_dir_list(dump->dir, visit, dump, dump->detail), first = HF_OK;

    for (size_t i = 0; err == HF_OK && i < dump->count; i++) {
        enum hf_err file = dump_listed(dump, dump->list[i].name);
        first = first == HF_OK ? file : first;
    }
    if (err == HF_OK)
        say_missing(dump);
    return err != HF_OK ? err : first;
}

/* ---- public ------------------------------------------------------------------------------ */

/* Opens `path` as a directory, or the directory that the file `path` is in; *name is then
 * its. */
static enum hf_err
open_either(struct dump *dump, const char *path, const char **name)
{
    char parent[4096];
    const char *slash = strrchr(path, '/');
    enum hf_err err = hf_dir_open(&dump->dir, path, 0, dump->detail);

    *name = NULL;
    if (err == HF_OK)
        return HF_OK;
    size_t len = slash == NULL ? 0 : (size_t)(slash - path);
    if (len >= sizeof parent)
        return hf_detail_set(dump->detail, HF_ERR_TOO_LARGE, "the path is too long");
    memcpy(parent, path, len);
    parent[len] = 0;
    *name = slash == NULL ? path : slash + 1;
    dump->detail->text[0] = 0;
    return hf_dir_open(&dump->dir,
                       slash == NULL ? "."
                       : len == 0    ? "/"
                                     : parent,
                       0, dump->detail);
}

enum hf_err
hf_dump(const char *path, hf_line_fn *line, void *context, struct hf_error *error)
{
    struct hf_detail detail = { "" };
    struct dump dump = { .to = { line, context }, .detail = &detail };
    const char *name;
    enum hf_err err = open_either(&dump, path, &name);

    if (err == HF_OK)
        err = name == NULL ? dump_directory(&dump) : dump_file(&dump, name);
    hf_dir_close(dump.dir);
    forget_named(&dump);
    hf_env_free(dump.list);
    if (error != NULL) {
        error->code = err;
        snprintf(error->text, sizeof error->text, "%.160s: %.340s", path,
                 detail.text[0] != 0 ? detail.text : hf_strerror(err));
    }
    return err;
}
