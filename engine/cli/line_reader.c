/*
 * line_reader.c - one buffer, filled from the file at its end and emptied from its front.
 *
 * What is left of an unfinished line moves to the front only when the buffer is full, so each
 * byte is moved a bounded number of times.
 */
#define _POSIX_C_SOURCE 200809L

#include "cli/line_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define READ_SIZE (64u << 10)

bool
hf_line_reader_open(struct hf_line_reader *reader, const char *path)
{
    *reader = (struct hf_line_reader){ .fd = STDIN_FILENO };
    if (strcmp(path, "-") == 0)
        return true;
    do
        reader->fd = open(path, O_RDONLY | O_CLOEXEC);
    while (reader->fd < 0 && errno == EINTR);
    return reader->fd >= 0;
}

void
hf_line_reader_close(struct hf_line_reader *reader)
{
    if (reader->fd > STDERR_FILENO)
        (void)close(reader->fd); /* opened for reading: nothing can be lost */
    hf_text_free(&reader->buffer);
    reader->fd = -1;
}

/* Reads once more. GOOD: there are more bytes, or at_end is set. */
static enum hf_line
fill(struct hf_line_reader *reader)
{
    struct hf_text *buffer = &reader->buffer;

    if (buffer->capacity - buffer->len < READ_SIZE && reader->first > 0) {
        memmove(buffer->at, buffer->at + reader->first, buffer->len - reader->first);
        buffer->len -= reader->first;
        reader->first = 0;
    }
    if (buffer->len > HF_LINE_SIZE_MAX)
        return HF_LINE_TOO_LONG;
    if (!hf_text_reserve(buffer, READ_SIZE))
        return HF_LINE_NO_MEMORY;

    ssize_t got;
    do
        got = read(reader->fd, buffer->at + buffer->len, buffer->capacity - buffer->len);
    while (got < 0 && errno == EINTR);
    if (got < 0) {
        reader->error = errno;
        return HF_LINE_IO;
    }
    buffer->len += (size_t)got;
    reader->at_end = got == 0;
    return HF_LINE_GOOD;
}

static enum hf_line
hand_out(struct hf_line_reader *reader, struct hf_span *line, size_t len, size_t newline)
{
    *line = (struct hf_span){ reader->buffer.at + reader->first, len };
    reader->first += len + newline;
    reader->line++;
    return HF_LINE_GOOD;
}

enum hf_line
hf_line_next(struct hf_line_reader *reader, struct hf_span *line)
{
    size_t searched = 0;

    for (;;) {
        size_t len = reader->buffer.len - reader->first;
        const char *from = len == 0 ? NULL : reader->buffer.at + reader->first;
        const char *newline =
            len == searched ? NULL : memchr(from + searched, '\n', len - searched);
        if (newline != NULL)
            return hand_out(reader, line, (size_t)(newline - from), 1);
        if (reader->at_end)
            return len == 0 ? HF_LINE_END : hand_out(reader, line, len, 0);
        searched = len;

        enum hf_line filled = fill(reader);
        if (filled != HF_LINE_GOOD) {
            reader->line++; /* names the line that could not be read */
            return filled;
        }
    }
}
