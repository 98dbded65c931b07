/*
 * input.h - the records of one file in any of the formats that `load` reads.
 */
#ifndef HF_CLI_INPUT_H
#define HF_CLI_INPUT_H

#include "cli/deb822.h"
#include "cli/line_reader.h"
#include "cli/mdb_dump.h"

enum hf_format { HF_FORMAT_TSV, HF_FORMAT_MDB_DUMP, HF_FORMAT_DEB822, HF_FORMAT_COUNT };

extern const char *const hf_format_names[HF_FORMAT_COUNT];

struct hf_input {
    const char *path; /* borrowed; "-" is standard input */
    enum hf_format format;
    struct hf_line_reader reader;
    struct hf_deb822 deb822;
    struct hf_mdb_dump mdb_dump;
    struct hf_record record;
};

/* IO, NOT_FOUND, READ_ONLY (no permission). Fills *error. Close it in every case. */
enum hf_err hf_input_open(struct hf_input *input, const char *path, enum hf_format format,
                          struct hf_error *error) HF_MUST_CHECK;
void hf_input_close(struct hf_input *input);

/*
 * OK: input->record holds the next record until the next call. NOT_FOUND: there is no further
 * one. INVALID: the input is malformed, error->text being "FILE:LINE: why". IO, NO_MEMORY.
 */
enum hf_err hf_input_next(struct hf_input *input, struct hf_error *error) HF_MUST_CHECK;

#endif
