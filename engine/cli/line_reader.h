/*
 * line_reader.h - the lines of a file or of standard input, one after the other.
 *
 * Memory grows to the longest line and no further than HF_LINE_SIZE_MAX, room for the largest
 * key and value with every byte escaped.
 */
#ifndef HF_CLI_LINE_READER_H
#define HF_CLI_LINE_READER_H

#include "cli/text.h"

#include <stdint.h>

#define HF_LINE_SIZE_MAX (4 * ((uint64_t)HF_VALUE_SIZE_MAX + HF_KEY_SIZE_MAX) + 2)

struct hf_line_reader {
    int fd;
    struct hf_text buffer; /* read and not yet handed out: [first, len) */
    size_t first;
    uint64_t line; /* number of the line handed out last, from 1 */
    int error;     /* errno, after HF_LINE_IO */
    bool at_end;
};

enum hf_line { HF_LINE_GOOD, HF_LINE_END, HF_LINE_IO, HF_LINE_TOO_LONG, HF_LINE_NO_MEMORY };

/* `path` "-" is standard input. False: errno says why. */
bool hf_line_reader_open(struct hf_line_reader *reader, const char *path) HF_MUST_CHECK;
void hf_line_reader_close(struct hf_line_reader *reader);

/* GOOD: *line, without its newline, until the next call. A last line may lack the newline. */
enum hf_line hf_line_next(struct hf_line_reader *reader, struct hf_span *line) HF_MUST_CHECK;

#endif
