/*
 * result_file.c - results mapped into memory, or read to the end where they come by a pipe.
 */
#define _GNU_SOURCE /* mmap */
#include "sim/campaign/result_file.h"

#include "sim/grow.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_SIZE (UINT64_C(1) << 16)

static bool
complain(const char *path)
{
    fprintf(stderr, "holdfast-sim: %s: %s\n", path, strerror(errno));
    return false;
}

static bool
read_all(struct sim_result_file *file, int fd)
{
    char *text = NULL;
    size_t capacity = 0, len = 0;
    ssize_t got;

    do {
        sim_grow(&text, &capacity, len + READ_SIZE, 1);
        got = read(fd, text + len, READ_SIZE);
        len += got > 0 ? (size_t)got : 0;
    } while (got > 0 || (got < 0 && errno == EINTR));
    file->text = (struct hf_span){ text, len };
    return got == 0 ? true : complain(file->path);
}

static bool
map_or_read(struct sim_result_file *file, int fd)
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        return complain(file->path);
    if (!S_ISREG(status.st_mode) || status.st_size == 0)
        return read_all(file, fd);
    void *map = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED)
        return read_all(file, fd);
    file->map_size = (size_t)status.st_size;
    file->text = (struct hf_span){ map, file->map_size };
    return true;
}

bool
sim_result_file_open(struct sim_result_file *file, const char *path)
{
    bool is_input = strcmp(path, "-") == 0;
    int fd = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);

    *file = (struct sim_result_file){ .path = path };
    if (fd < 0)
        return complain(path);
    bool good = map_or_read(file, fd);
    if (!is_input)
        close(fd);
    return good;
}

void
sim_result_file_close(struct sim_result_file *file)
{
    void *text;

    memcpy(&text, &file->text.at, sizeof text);
    if (file->map_size > 0)
        munmap(text, file->map_size);
    else
        free(text);
    *file = (struct sim_result_file){ 0 };
}

enum sim_line_read
sim_result_file_next(struct sim_result_file *file, struct sim_record *record,
                     struct hf_span *text)
{
    char wrong[SIM_WRONG_SIZE];

    while (file->at < file->text.len) {
        const char *line = (const char *)file->text.at + file->at;
        size_t left = file->text.len - file->at;
        const char *end = memchr(line, '\n', left);
        size_t len = end == NULL ? left : (size_t)(end - line);
        file->at += len + (end != NULL);
        file->line++;
        if (len == 0)
            continue;
        *text = (struct hf_span){ line, len + (end != NULL) };
        if (sim_record_read(record, (struct hf_span){ line, len }, wrong) && end != NULL)
            return record->kind == SIM_RECORD_SUMMARY ? SIM_LINE_SUMMARY
                   : record->kind == SIM_RECORD_PLANT ? SIM_LINE_PLANT
                                                      : SIM_LINE_RUN;
        if (end == NULL)
            return SIM_LINE_TORN;
        fprintf(stderr, "holdfast-sim: %s:%" PRIu64 ": %s\n", file->path, file->line, wrong);
        return SIM_LINE_BAD;
    }
    return SIM_LINE_END;
}
