/*
 * verbs.c - opening, closing and reporting, alike in every verb.
 */
#define _POSIX_C_SOURCE 200809L

#include "cli/verbs.h"

#include "cli/escape.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static enum hf_status
status_of(enum hf_err err)
{
    switch (err) {
    case HF_OK:
        return HF_STATUS_DONE;
    case HF_ERR_NOT_FOUND: /* a key, and also a database or file that was named */
    case HF_ERR_CONFLICT:
    case HF_ERR_UNKNOWN_RUN:
    case HF_ERR_HISTORY_GONE:
        return HF_STATUS_NOT_FOUND;
    case HF_ERR_INVALID:
    case HF_ERR_TOO_LARGE:
        return HF_STATUS_USAGE;
    case HF_ERR_CORRUPT:
    case HF_ERR_MISSING_FILE:
    case HF_ERR_VERSION:
        return HF_STATUS_CORRUPT;
    case HF_ERR_BUSY:
        return HF_STATUS_BUSY;
    case HF_ERR_FULL:
    case HF_ERR_NO_MEMORY:
    case HF_ERR_IO:
    case HF_ERR_READ_ONLY:
    case HF_ERR_FAILED:
    case HF_ERR_CLOSED:
        break;
    }
    return HF_STATUS_IO;
}

enum hf_status
hf_report(const struct hf_args *args, const struct hf_error *error)
{
    char text[HF_ERROR_TEXT_SIZE];

    (void)snprintf(text, sizeof text, "%s: %s", args->line.verb->name,
                   error->text[0] == 0 ? hf_strerror(error->code) : error->text);
    hf_complain("holdfast", text);
    return status_of(error->code);
}

enum hf_status
hf_output_report(const struct hf_output *output)
{
    (void)fprintf(stderr, "holdfast: cannot write %s: %s\n", output->name,
                  strerror(output->error));
    return HF_STATUS_IO;
}

static enum hf_status
open_database(struct hf_db **out, const struct hf_args *args, const struct hf_options *options)
{
    struct hf_error error = { HF_OK, "" };

    enum hf_err err = hf_open(out, args->line.words[0], options, &error);
    if (err == HF_OK)
        return HF_STATUS_DONE;
    error.code = err;
    return hf_report(args, &error);
}

enum hf_status
hf_open_reader(struct hf_db **out, const struct hf_args *args)
{
    struct hf_options options = HF_OPTIONS_INIT;

    options.flags = HF_READ_ONLY | HF_SINGLE_THREAD | HF_BACKGROUND_CALLER;
    return open_database(out, args, &options);
}

enum hf_status
hf_open_writer(struct hf_db **out, const struct hf_args *args, unsigned flags,
               enum hf_mode mode)
{
    struct hf_options options = HF_OPTIONS_INIT;

    options.flags = flags;
    options.mode = (args->line.given & HF_OPT_MODE) != 0 ? args->mode : mode;
    options.memory_limit = args->memory_limit;
    return open_database(out, args, &options);
}

enum hf_status
hf_report_call(struct hf_db *db, const struct hf_args *args, enum hf_err err)
{
    struct hf_error error = { HF_OK, "" };

    hf_error_get(db, &error);
    if (error.code != err)
        error = (struct hf_error){ err, "" };
    return hf_report(args, &error);
}

enum hf_status
hf_close_database(struct hf_db *db, const struct hf_args *args, enum hf_status status)
{
    enum hf_err err = hf_close(db);

    if (err == HF_OK)
        return status;
    /* The handle is gone, and with it its sentence. */
    struct hf_error error = { err, "" };
    (void)snprintf(error.text, sizeof error.text, "closing %s: %s", args->line.words[0],
                   hf_strerror(err));
    enum hf_status closed = hf_report(args, &error);
    return status == HF_STATUS_DONE ? closed : status;
}

enum hf_status
hf_check_two_places(const struct hf_args *args)
{
    struct hf_error error = { HF_ERR_INVALID, "" };
    struct stat from, to;

    if (stat(args->line.words[0], &from) != 0 || stat(args->line.words[1], &to) != 0 ||
        from.st_dev != to.st_dev || from.st_ino != to.st_ino)
        return HF_STATUS_DONE;
    (void)snprintf(error.text, sizeof error.text,
                   "%s and %s are the same directory; name an empty or a new one",
                   args->line.words[0], args->line.words[1]);
    return hf_report(args, &error);
}

enum hf_err
hf_view_as_of(struct hf_view **out, struct hf_db *db, const struct hf_args *args)
{
    uint64_t version = args->as_of;
    enum hf_err err = args->as_of_time ? hf_version_at(db, args->as_of, &version) : HF_OK;

    *out = NULL;
    return err == HF_OK ? hf_view_open(out, db, version) : err;
}

enum hf_status
hf_word_bytes(const struct hf_args *args, const char *word, struct hf_text *bytes)
{
    struct hf_error error = { HF_ERR_NO_MEMORY, "" };
    struct hf_span span = { word, strlen(word) };
    size_t bad_index;

    if ((args->line.given & HF_OPT_ESCAPED) == 0) {
        if (hf_text_append(bytes, span))
            return HF_STATUS_DONE;
        return hf_report(args, &error);
    }
    switch (hf_unescape(bytes, span, &bad_index)) {
    case HF_UNESCAPE_DONE:
        return HF_STATUS_DONE;
    case HF_UNESCAPE_BAD:
        error.code = HF_ERR_INVALID;
        (void)snprintf(error.text, sizeof error.text,
                       "'%s': the backslash at byte %zu begins none of \\t \\n \\r \\\\ \\xHH",
                       word, bad_index + 1);
        break;
    case HF_UNESCAPE_NO_MEMORY:
        break;
    }
    return hf_report(args, &error);
}

void
hf_print_item_json(struct hf_output *output, const struct hf_item *item)
{
    hf_output_print(output, "{");
    hf_output_json_bytes(output, "key", item->key);
    hf_output_print(output, ", ");
    hf_output_json_bytes(output, "value", item->value);
    hf_output_print(output, ", \"version\": \"%llu\", \"time_us\": \"%llu\"}\n",
                    (unsigned long long)item->version, (unsigned long long)item->time_us);
}
