/*
 * tsv.h - the format that `scan` writes and `load` reads: KEY TAB VALUE, a line a record.
 */
#ifndef HF_CLI_TSV_H
#define HF_CLI_TSV_H

#include "cli/record.h"

/* One line: RECORD, BAD or NO_MEMORY. */
enum hf_parsed hf_tsv_line(struct hf_record *record, struct hf_span line);

#endif
