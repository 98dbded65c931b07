/*
 * record.h - what every format of `load` yields: one key and one value at a time.
 *
 * A format is a state machine fed with lines, without their newline, and told at last that the
 * input has ended. It does no I/O. What it yields stays in the record until the next line.
 */
#ifndef HF_CLI_RECORD_H
#define HF_CLI_RECORD_H

#include "cli/text.h"

#define HF_WHY_SIZE 160

struct hf_record {
    struct hf_text key;
    struct hf_text value;
    char why[HF_WHY_SIZE]; /* after BAD: what is wrong, without the place */
};

enum hf_parsed {
    HF_PARSED_MORE,   /* no record yet */
    HF_PARSED_RECORD, /* a record is complete: judged by hf_record_check, so it may be stored */
    HF_PARSED_BAD,    /* the input is malformed; the format is not to be fed any further */
    HF_PARSED_NO_MEMORY
};

void hf_record_init(struct hf_record *record);
void hf_record_fini(struct hf_record *record);
/* Empties key and value, and keeps their memory. */
void hf_record_clear(struct hf_record *record);

/* printf into record->why; returns BAD. */
enum hf_parsed hf_record_bad(struct hf_record *record, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* RECORD if key and value are of a size that a database takes, else BAD with the reason. */
enum hf_parsed hf_record_check(struct hf_record *record);

#endif
