/*
 * verbs.h - what the tool does, one function a verb, and what they share.
 *
 * Each returns the exit status of the process. Results go to `output`, one line about a failure
 * to standard error.
 */
#ifndef HF_CLI_VERBS_H
#define HF_CLI_VERBS_H

#include "cli/args.h"
#include "cli/output.h"

/* The exit statuses of the tool. */
enum hf_status {
    HF_STATUS_DONE = 0,
    HF_STATUS_NOT_FOUND = 1, /* or findings */
    HF_STATUS_USAGE = 2,
    HF_STATUS_CORRUPT = 3,
    HF_STATUS_IO = 4, /* the system refused: I/O, space, memory, permission */
    HF_STATUS_BUSY = 5
};

hf_verb_fn hf_verb_put, hf_verb_get, hf_verb_del, hf_verb_load, hf_verb_scan, hf_verb_dump,
    hf_verb_verify, hf_verb_stat, hf_verb_snapshot, hf_verb_restore, hf_verb_checkpoint,
    hf_verb_salvage, hf_verb_iotrace;

/* The tool itself. Its lines begin a struct hf_args. */
extern const struct hf_program hf_tool;

/* Prints "holdfast: VERB: text" to standard error; returns the status of error->code. */
enum hf_status hf_report(const struct hf_args *args, const struct hf_error *error);

/* Opens args->words[0] to read: changes no file. OK, or the status of the failure, reported. */
enum hf_status hf_open_reader(struct hf_db **out, const struct hf_args *args);
/* Opens it to write, as the options say; `flags` are those of hf_open, `mode` the default. */
enum hf_status hf_open_writer(struct hf_db **out, const struct hf_args *args, unsigned flags,
                              enum hf_mode mode);
/* Closes; a failure is reported and becomes the status unless there is one already. */
enum hf_status hf_close_database(struct hf_db *db, const struct hf_args *args,
                                 enum hf_status status);
/* The last failure on this handle, reported; `err` is what the call returned. */
enum hf_status hf_report_call(struct hf_db *db, const struct hf_args *args, enum hf_err err);

/* A view as --as-of says; without it, of the newest version. */
enum hf_err hf_view_as_of(struct hf_view **out, struct hf_db *db, const struct hf_args *args);

/* A word of the command line as bytes, unescaped if --escaped says so. DONE, or reported. */
enum hf_status hf_word_bytes(const struct hf_args *args, const char *word,
                             struct hf_text *bytes);

/* DONE; or USAGE, reported, where both words name one directory. */
enum hf_status hf_check_two_places(const struct hf_args *args);

/* Says on standard error why the output failed; returns the status. */
enum hf_status hf_output_report(const struct hf_output *output);

/* One item as a JSON object on a line of its own. */
void hf_print_item_json(struct hf_output *output, const struct hf_item *item);

#endif
