/*
 * dump.c - a readable account of every structure on disk, damaged or not.
 *
 * It reads through the same decoders as recovery, never through a handle, and changes nothing.
 * Where a segment stops being readable it says so, and lists the group headers further on.
 */
#include "base/span.h"
#include "format/wal_walk.h"
#include "store/log.h"
#include "vfs/vfs_io.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define SHOWN_BYTES 40u /* of a key or a value */
#define NAMES_MAX 65536u

struct dump {
    hf_line_fn *line;
    void *context;
    struct hf_dir *dir;
    struct hf_detail *detail;
    uint32_t *numbers;
    uint32_t count;
};

static void __attribute__((format(printf, 2, 3)))
say(struct dump *dump, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    dump->line(dump->context, text);
}

/* A key or value for people: printable bytes as they are, others as \xHH, cut with dots. */
static const char *
shown(struct hf_span bytes, char text[4 * SHOWN_BYTES + 8])
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *at = bytes.at;
    size_t count = bytes.len < SHOWN_BYTES ? bytes.len : SHOWN_BYTES;
    char *to = text;

    for (size_t i = 0; i < count; i++) {
        if (at[i] >= 0x20 && at[i] < 0x7f && at[i] != '\\') {
            *to++ = (char)at[i];
        } else {
            *to++ = '\\';
            *to++ = 'x';
            *to++ = digits[at[i] >> 4];
            *to++ = digits[at[i] & 15];
        }
    }
    snprintf(to, 8, "%s", count < bytes.len ? "..." : "");
    return text;
}

/* ---- one segment ------------------------------------------------------------------------- */

static void
dump_commit(struct dump *dump, const struct hf_wal_walk *walk)
{
    const uint8_t *at = walk->commit.ops.at;
    char key[4 * SHOWN_BYTES + 8], value[4 * SHOWN_BYTES + 8];

    say(dump, "  %10" PRIu64 "  commit version %" PRIu64 " time %" PRIu64 " operations %u",
        walk->frame_off, walk->commit.version, walk->commit.time_us, walk->commit.count);
    for (uint32_t i = 0; i < walk->commit.count; i++) {
        struct hf_wal_op op = hf_wal_op_decode(at);
        if (op.type == HF_WAL_PUT)
            say(dump, "              put %s = %s (%zu bytes)", shown(op.key, key),
                shown(op.value, value), op.value.len);
        else
            say(dump, "              delete %s", shown(op.key, key));
        at += op.size;
    }
}

static void
dump_step(struct dump *dump, const struct hf_wal_walk *walk, enum hf_wal_step step)
{
    struct hf_wal_link link;
    struct hf_wal_seal seal;

    switch (step) {
    case HF_WAL_STEP_GROUP:
        say(dump,
            "  %10" PRIu64 "  group %u first version %" PRIu64 " synced %" PRIu64 ":%" PRIu64,
            walk->frame_off, walk->group.number, walk->group.first, walk->group.synced >> 32,
            walk->group.synced & UINT32_MAX);
        break;
    case HF_WAL_STEP_COMMIT:
        dump_commit(dump, walk);
        break;
    case HF_WAL_STEP_LINK:
        link = hf_wal_link_decode(walk->frame.payload);
        say(dump, "  %10" PRIu64 "  link to segment %u, its end %" PRIu64 ", version %" PRIu64,
            walk->frame_off, link.prev, link.prev_end, link.last);
        break;
    case HF_WAL_STEP_SEAL:
        seal = hf_wal_seal_decode(walk->frame.payload);
        say(dump, "  %10" PRIu64 "  seal after version %" PRIu64 ", next segment %u",
            walk->frame_off, seal.last, seal.next);
        break;
    case HF_WAL_STEP_END:
        say(dump, "  %10" PRIu64 "  end: nothing but zeros behind", walk->end);
        break;
    case HF_WAL_STEP_TORN:
        say(dump, "  %10" PRIu64 "  unreadable", walk->off);
        break;
    case HF_WAL_STEP_NEWER:
        say(dump, "  %10" PRIu64 "  a frame of an unknown type: a newer Holdfast wrote it",
            walk->off);
        break;
    }
}

static void
dump_behind(struct dump *dump, const struct hf_wal_walk *walk)
{
    struct hf_wal_probe probe = hf_wal_walk_probe(walk, walk->end);

    say(dump,
        "              behind it: %" PRIu64 " bytes of data, %u valid group headers, "
        "the highest witness %" PRIu64 ":%" PRIu64,
        probe.data, probe.groups, probe.witness >> 32, probe.witness & UINT32_MAX);
}

static void
dump_bytes(struct dump *dump, const char *name, struct hf_span bytes)
{
    struct hf_wal_header header;
    struct hf_wal_walk walk;
    enum hf_wal_step step;
    char uuid[33];

    say(dump, "%s: %zu bytes", name, bytes.len);
    switch (hf_wal_header_decode(&header, bytes)) {
    case HF_WAL_BAD:
        say(dump, "           0  no valid segment header%s",
            hf_wal_is_zero(bytes) ? ": all zeros" : "");
        return;
    case HF_WAL_NEWER:
        say(dump, "           0  segment header of format %u: newer than %u", header.format,
            HF_WAL_FORMAT);
        return;
    case HF_WAL_GOOD:
        break;
    }
    for (int i = 0; i < 16; i++)
        snprintf(uuid + 2 * i, 3, "%02x", header.uuid[i]);
    say(dump,
        "           0  header format %u sector %u segment %u prepared %" PRIu64
        " synced %" PRIu64 ":%" PRIu64 " uuid %s",
        header.format, header.sector, header.number, header.prepared, header.synced >> 32,
        header.synced & UINT32_MAX, uuid);
    hf_wal_walk_init(&walk, bytes, &header, 0);
    do {
        step = hf_wal_walk_next(&walk);
        dump_step(dump, &walk, step);
    } while (step < HF_WAL_STEP_END);
    if (step != HF_WAL_STEP_END)
        dump_behind(dump, &walk);
}

static enum hf_err
dump_file(struct dump *dump, const char *name)
{
    struct hf_file *file = NULL;
    uint8_t *bytes = NULL;
    uint64_t size = 0;
    size_t got = 0;
    enum hf_err err = hf_file_open(&file, dump->dir, name, HF_FILE_READ, dump->detail);

    if (err == HF_OK)
        err = hf_file_size(file, &size, dump->detail);
    if (err == HF_OK && size > UINT32_MAX) {
        say(dump, "%s: %" PRIu64 " bytes: no segment is that large", name, size);
        hf_file_close(file);
        return HF_OK;
    }
    if (err == HF_OK && (bytes = hf_env_map(size + 1)) == NULL)
        err = hf_detail_set(dump->detail, HF_ERR_NO_MEMORY, "no memory to read %s", name);
    if (err == HF_OK)
        err = hf_vfs_read_full(file, 0, bytes, size, &got, dump->detail);
    if (err == HF_OK)
        dump_bytes(dump, name, hf_span(bytes, got));
    if (bytes != NULL)
        hf_env_unmap(bytes, size + 1);
    hf_file_close(file);
    return err;
}

/* ---- a directory ------------------------------------------------------------------------- */

static enum hf_err
visit(void *context, const char *name)
{
    struct dump *dump = context;
    uint32_t number = hf_log_number(name, "");

    if (number == 0) {
        say(dump, "%s: not a log segment", name);
        return HF_OK;
    }
    if (dump->count == NAMES_MAX)
        return hf_detail_set(dump->detail, HF_ERR_TOO_LARGE, "more than %u segments",
                             NAMES_MAX);
    uint32_t i = dump->count++;
    for (; i > 0 && dump->numbers[i - 1] > number; i--)
        dump->numbers[i] = dump->numbers[i - 1];
    dump->numbers[i] = number;
    return HF_OK;
}

static enum hf_err
dump_directory(struct dump *dump)
{
    char name[HF_NAME_SIZE_MAX];
    enum hf_err err;

    dump->numbers = hf_env_map(NAMES_MAX * sizeof *dump->numbers);
    if (dump->numbers == NULL)
        return HF_ERR_NO_MEMORY;
    err = hf_dir_list(dump->dir, visit, dump, dump->detail);
    for (uint32_t i = 0; err == HF_OK && i < dump->count; i++) {
        hf_log_name(name, dump->numbers[i], "");
        err = dump_file(dump, name);
    }
    hf_env_unmap(dump->numbers, NAMES_MAX * sizeof *dump->numbers);
    return err;
}

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
    struct dump dump = { .line = line, .context = context, .detail = &detail };
    const char *name;
    enum hf_err err = open_either(&dump, path, &name);

    if (err == HF_OK)
        err = name == NULL ? dump_directory(&dump) : dump_file(&dump, name);
    hf_dir_close(dump.dir);
    if (error != NULL) {
        error->code = err;
        snprintf(error->text, sizeof error->text, "%.160s: %.340s", path,
                 detail.text[0] != 0 ? detail.text : hf_strerror(err));
    }
    return err;
}
