/*
 * spool.h - standard input as a file, for what has to read it at offsets.
 *
 * The file is named "-", as on the command line, in a folder of its own in $TMPDIR (/tmp).
 */
#ifndef HF_CLI_SPOOL_H
#define HF_CLI_SPOOL_H

#include "holdfast.h"

#include <limits.h>

struct hf_spool {
    char folder[PATH_MAX];
    char path[PATH_MAX + 2]; /* of the file; "": there is none */
};

/* Copies standard input up to its end. OK, or *error says what failed; either way the caller
 * calls hf_spool_remove. */
enum hf_err hf_spool_stdin(struct hf_spool *spool, struct hf_error *error) HF_MUST_CHECK;
/* Removes the file and its folder, if they were made. */
void hf_spool_remove(struct hf_spool *spool);

#endif
