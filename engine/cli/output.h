/*
 * output.h - where results go: standard output, or the file of --out.
 *
 * Writes are buffered and their failure is kept, so that a verb may write freely, look at
 * `failed` now and then, and the tool reports it once, at the end.
 */
#ifndef HF_CLI_OUTPUT_H
#define HF_CLI_OUTPUT_H

#include "holdfast.h"

#include <stdio.h>

struct hf_output {
    FILE *to;
    const char *name; /* for messages */
    bool json;
    int error; /* errno of the first failure, 0 if there was none */
};

/* `path` NULL or "-" is standard output. False: `error` of the output says why. */
bool hf_output_open(struct hf_output *output, const char *path, bool json) HF_MUST_CHECK;
/* Flushes and closes. False: something did not get out; `error` says why. */
bool hf_output_close(struct hf_output *output) HF_MUST_CHECK;

static inline bool
hf_output_failed(const struct hf_output *output)
{
    return output->error != 0;
}

void hf_output_bytes(struct hf_output *output, struct hf_span bytes);
void hf_output_print(struct hf_output *output, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* As escape.h has it. */
void hf_output_escaped(struct hf_output *output, struct hf_span bytes);

/*
 * A database's file must never get the number of a standard stream that was closed: what is
 * printed would go into it. /dev/null takes the place, opened so that using it still fails. To
 * be called first of all; false: it cannot be had.
 */
bool hf_output_hold_streams(void) HF_MUST_CHECK;

/* ---- JSON -------------------------------------------------------------------------------- */

/* A string in quotes; `bytes` must be UTF-8. */
void hf_output_json_string(struct hf_output *output, struct hf_span bytes);
/*
 * "NAME": "text" if the bytes are UTF-8, else "NAME_hex": "their hexadecimal digits".
 */
void hf_output_json_bytes(struct hf_output *output, const char *name, struct hf_span bytes);

#endif
