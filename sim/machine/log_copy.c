/*
 * log_copy.c - see log_copy.h. The rules are those of docs/formats.md, "Reading the log"; how a
 * segment is read, the engine's codec says.
 */
#include "sim/machine/log_copy.h"

#include "format/wal_walk.h"
#include "sim/grow.h"
#include "sim/machine/disk.h"
#include "sim/machine/locate.h"

#include <stdlib.h>
#include <string.h>

struct file {
    char name[HF_NAME_SIZE_MAX];
    enum sim_file_class class;
    uint32_t number; /* of a segment */
    uint8_t *at;
    size_t size;
};

struct sim_log_copy {
    struct file *files;
    size_t file_count, file_capacity;
    struct sim_log_start start;
    struct sim_log_part *parts; /* the newest first */
    size_t count, capacity;
};

struct sim_log_copy *
sim_log_copy_new(void)
{
    return sim_new(sizeof(struct sim_log_copy));
}

void
sim_log_copy_free(struct sim_log_copy *copy)
{
    if (copy == NULL)
        return;
    for (size_t i = 0; i < copy->file_count; i++)
        free(copy->files[i].at);
    free(copy->files);
    free(copy->parts);
    free(copy);
}

uint32_t
sim_log_number(const char *name)
{
    return sim_class_of(name) == SIM_FILE_WAL ? (uint32_t)strtoul(name + 4, NULL, 10) : 0;
}

static struct file *
find(const struct sim_log_copy *copy, const char *name)
{
    for (size_t i = 0; i < copy->file_count; i++) {
        if (strcmp(copy->files[i].name, name) == 0)
            return &copy->files[i];
    }
    return NULL;
}

void
sim_log_copy_add(struct sim_log_copy *copy, const char *name, struct hf_span bytes)
{
    enum sim_file_class class = sim_class_of(name);
    struct file *file = find(copy, name);

    if (sim_is_temporary(name) || (class != SIM_FILE_WAL && class != SIM_FILE_MANIFEST))
        return;
    if (file == NULL) {
        sim_grow(&copy->files, &copy->file_capacity, copy->file_count + 1, sizeof *file);
        file = &copy->files[copy->file_count++];
        *file = (struct file){ .class = class, .number = sim_log_number(name) };
        memcpy(file->name, name, strlen(name) + 1);
    }
    free(file->at);
    file->at = sim_new(bytes.len + 1);
    file->size = bytes.len;
    if (bytes.len > 0)
        memcpy(file->at, bytes.at, bytes.len);
}

void
sim_log_copy_hide(struct sim_log_copy *copy, const char *name, uint64_t from, uint64_t to)
{
    struct file *file = find(copy, name);

    if (file != NULL && to > file->size)
        to = file->size;
    if (file != NULL && from < to)
        memset(file->at + from, 0, to - from);
}

/* ---- what the files say ------------------------------------------------------------------ */

static struct hf_span
bytes_of(const struct file *file)
{
    return hf_span(file->at, file->size);
}

static const struct file *
segment(const struct sim_log_copy *copy, uint32_t number)
{
    for (size_t i = 0; i < copy->file_count; i++) {
        if (copy->files[i].class == SIM_FILE_WAL && copy->files[i].number == number)
            return &copy->files[i];
    }
    return NULL;
}

struct hf_span
sim_log_copy_bytes(const struct sim_log_copy *copy, uint32_t number)
{
    const struct file *file = segment(copy, number);
    return file == NULL ? (struct hf_span){ 0 } : bytes_of(file);
}

uint64_t
sim_log_copy_witness(const struct sim_log_copy *copy)
{
    uint64_t witness = 0;

    for (size_t i = 0; i < copy->file_count; i++) {
        uint64_t said = sim_locate_witness(bytes_of(&copy->files[i]), copy->files[i].class);
        if (said > witness)
            witness = said;
    }
    return witness;
}

struct sim_log_start
sim_log_copy_start(const struct sim_log_copy *copy)
{
    struct sim_log_start start = { 0 };

    for (size_t i = 0; i < copy->file_count; i++) {
        if (copy->files[i].class == SIM_FILE_MANIFEST)
            sim_locate_log_start(bytes_of(&copy->files[i]), &start);
    }
    return start;
}

/* ---- the chain --------------------------------------------------------------------------- */

/* The number of the newest segment in [from, limit) that is begun; 0: there is none. */
static uint32_t
newest_begun(const struct sim_log_copy *copy, uint32_t from, uint32_t limit)
{
    struct hf_wal_link link;
    uint32_t newest = 0;

    for (size_t i = 0; i < copy->file_count; i++) {
        uint32_t number = copy->files[i].number;
        if (number >= from && number < limit && number > newest &&
            sim_locate_link(bytes_of(&copy->files[i]), &link))
            newest = number;
    }
    return newest;
}

uint32_t
sim_log_copy_newest(const struct sim_log_copy *copy)
{
    return newest_begun(copy, 0, UINT32_MAX);
}

/* Where a walk over the segment stops: the end of its last valid frame. */
static uint64_t
end_of(struct hf_span bytes)
{
    struct hf_wal_header header;
    struct hf_wal_walk walk;

    if (hf_wal_header_decode(&header, bytes) != HF_WAL_GOOD)
        return 0;
    hf_wal_walk_init(&walk, bytes, &header, 0);
    while (hf_wal_walk_next(&walk) < HF_WAL_STEP_END)
        ;
    return walk.end;
}

static void
add_part(struct sim_log_copy *copy, const struct file *file, uint64_t end)
{
    struct sim_log_part *part;

    sim_grow(&copy->parts, &copy->capacity, copy->count + 1, sizeof *copy->parts);
    part = &copy->parts[copy->count++];
    *part = (struct sim_log_part){ file->number, bytes_of(file) };
    if (end == UINT64_MAX)
        end = end_of(part->bytes);
    if (end < part->bytes.len)
        part->bytes.len = end;
}

/*
 * Goes back along the links from segment `number`. False: they do not lead to where the log
 * begins. Then *limit, if not 0, is the number below which another newest one is to be tried.
 */
static bool
follow(struct sim_log_copy *copy, uint32_t number, uint32_t *limit)
{
    uint64_t end = UINT64_MAX;

    copy->count = *limit = 0;
    for (;;) {
        const struct file *file = segment(copy, number);
        struct hf_wal_link link;
        if (file == NULL)
            return false;
        if (!sim_locate_link(bytes_of(file), &link)) {
            *limit = number;
            return false;
        }
        add_part(copy, file, end);
        if (copy->start.manifest != 0 ? link.last == copy->start.last
                                      : link.prev == 0 && link.last == 0)
            return true;
        if (link.prev == 0 || link.prev >= number)
            return false;
        number = link.prev;
        end = link.prev_end;
    }
}

bool
sim_log_copy_chain(struct sim_log_copy *copy, const struct sim_log_start *start)
{
    uint32_t limit = UINT32_MAX;
    bool is_whole = false;

    copy->start = *start;
    while (!is_whole && limit > 0) {
        uint32_t number = newest_begun(copy, copy->start.log_first, limit);
        limit = 0;
        if (number > 0)
            is_whole = follow(copy, number, &limit);
    }
    if (!is_whole)
        copy->count = 0;
    return is_whole;
}

size_t
sim_log_copy_parts(const struct sim_log_copy *copy)
{
    return copy->count;
}

struct sim_log_part
sim_log_copy_part(const struct sim_log_copy *copy, size_t index)
{
    return copy->parts[copy->count - 1 - index];
}

/* ---- commits ----------------------------------------------------------------------------- */

/* Raises *version to the last commit of the part that ends at or before `limit`. False: the
 * part cannot be read up to there. */
static bool
read_part(const struct sim_log_part *part, uint64_t limit, uint64_t *version)
{
    struct hf_wal_header header;
    struct hf_wal_walk walk;
    enum hf_wal_step step;

    if (hf_wal_header_decode(&header, part->bytes) != HF_WAL_GOOD)
        return false;
    hf_wal_walk_init(&walk, part->bytes, &header, 0);
    while ((step = hf_wal_walk_next(&walk)) < HF_WAL_STEP_END && walk.end <= limit) {
        if (step == HF_WAL_STEP_COMMIT)
            *version = walk.commit.version;
    }
    return step == HF_WAL_STEP_END || walk.end >= limit;
}

uint64_t
sim_log_copy_version(const struct sim_log_copy *copy, uint32_t number, uint64_t off)
{
    uint64_t version = copy->start.last;

    for (size_t i = 0; i < copy->count; i++) {
        struct sim_log_part part = sim_log_copy_part(copy, i);
        bool is_last = part.number >= number;
        uint64_t limit = part.number == number ? off : is_last ? 0 : part.bytes.len;
        if (!read_part(&part, limit, &version) || is_last)
            break;
    }
    return version;
}
