/*
 * verb_key.c - put, get and del: one key; and del of a range, which is one record.
 */
#include "cli/verbs.h"

#include "cli/line_reader.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define STDIN_PIECE (64u << 10)

/* The whole of standard input, up to the largest value and one byte more. */
static enum hf_status
read_stdin(const struct hf_args *args, struct hf_text *value)
{
    struct hf_error error = { HF_ERR_NO_MEMORY, "" };

    while (value->len <= HF_VALUE_SIZE_MAX) {
        if (!hf_text_reserve(value, STDIN_PIECE))
            return hf_report(args, &error);
        size_t got = fread(value->at + value->len, 1, STDIN_PIECE, stdin);
        value->len += got;
        if (got < STDIN_PIECE)
            break;
    }
    if (ferror(stdin)) {
        error.code = HF_ERR_IO;
        (void)snprintf(error.text, sizeof error.text, "cannot read standard input: %s",
                       strerror(errno));
        return hf_report(args, &error);
    }
    return HF_STATUS_DONE;
}

/* VALUE, or standard input where it is missing or "-". */
static enum hf_status
read_value(const struct hf_args *args, struct hf_text *value)
{
    if (args->line.word_count < 3 || strcmp(args->line.words[2], "-") == 0)
        return read_stdin(args, value);
    return hf_word_bytes(args, args->line.words[2], value);
}

static void
print_version(struct hf_output *output, uint64_t version)
{
    if (output->json)
        hf_output_print(output, "{\"version\": \"%llu\"}\n", (unsigned long long)version);
}

int
hf_verb_put(const struct hf_args *args, struct hf_output *output)
{
    struct hf_text key = { 0 }, value = { 0 };
    struct hf_db *db = NULL;
    uint64_t version = 0;

    enum hf_status status = hf_word_bytes(args, args->line.words[1], &key);
    if (status == HF_STATUS_DONE)
        status = read_value(args, &value);
    if (status == HF_STATUS_DONE)
        status = hf_open_writer(&db, args, HF_CREATE, HF_MODE_STRICT);
    if (status == HF_STATUS_DONE) {
        enum hf_err err = hf_put(db, hf_text_span(&key), hf_text_span(&value), 0, &version);
        if (err != HF_OK)
            status = hf_report_call(db, args, err);
        status = hf_close_database(db, args, status);
    }
    if (status == HF_STATUS_DONE)
        print_version(output, version);
    hf_text_free(&key);
    hf_text_free(&value);
    return (int)status;
}

/* Whether the key is there: `del` says so, though for the engine it makes no difference. */
static enum hf_err
find(struct hf_db *db, struct hf_span key)
{
    size_t size;
    enum hf_err err = hf_get(db, key, NULL, 0, &size, NULL);

    return err == HF_ERR_TOO_LARGE ? HF_OK : err;
}

static enum hf_status
not_found(const struct hf_args *args)
{
    struct hf_error error = { HF_ERR_NOT_FOUND, "" };

    (void)snprintf(error.text, sizeof error.text, "%s has no key '%s'", args->line.words[0],
                   args->line.words[1]);
    return hf_report(args, &error);
}

static enum hf_status
del_key(const struct hf_args *args, uint64_t *version)
{
    struct hf_text key = { 0 };
    struct hf_db *db = NULL;

    enum hf_status status = hf_word_bytes(args, args->line.words[1], &key);
    if (status == HF_STATUS_DONE)
        status = hf_open_writer(&db, args, 0, HF_MODE_STRICT);
    if (status == HF_STATUS_DONE) {
        enum hf_err err = find(db, hf_text_span(&key));
        if (err == HF_OK)
            err = hf_delete(db, hf_text_span(&key), 0, version);
        if (err == HF_ERR_NOT_FOUND)
            status = not_found(args);
        else if (err != HF_OK)
            status = hf_report_call(db, args, err);
        status = hf_close_database(db, args, status);
    }
    hf_text_free(&key);
    return status;
}

static enum hf_status
del_range(const struct hf_args *args, uint64_t *version)
{
    struct hf_text from = { 0 }, to = { 0 };
    struct hf_db *db = NULL;
    enum hf_status status = HF_STATUS_DONE;

    if (args->from != NULL)
        status = hf_word_bytes(args, args->from, &from);
    if (status == HF_STATUS_DONE && args->to != NULL)
        status = hf_word_bytes(args, args->to, &to);
    if (status == HF_STATUS_DONE)
        status = hf_open_writer(&db, args, 0, HF_MODE_STRICT);
    if (status == HF_STATUS_DONE) {
        enum hf_err err =
            hf_delete_range(db, hf_text_span(&from), hf_text_span(&to), 0, version);
        if (err != HF_OK)
            status = hf_report_call(db, args, err);
        status = hf_close_database(db, args, status);
    }
    hf_text_free(&from);
    hf_text_free(&to);
    return status;
}

/* An empty bound is refused, lest a variable that a script forgot to set deletes everything. */
static enum hf_status
check_range(const struct hf_args *args)
{
    struct hf_error error = { HF_ERR_INVALID, "" };
    bool is_empty =
        (args->from != NULL && args->from[0] == 0) || (args->to != NULL && args->to[0] == 0);

    if (args->line.word_count == 1 && !is_empty && (args->from != NULL || args->to != NULL))
        return HF_STATUS_DONE;
    (void)snprintf(error.text, sizeof error.text, "%s",
                   is_empty ? "an empty --from or --to: leave it out to begin with the first "
                              "key, or to go on to the end"
                            : "name one KEY; or a range with --from, --to or both");
    return hf_report(args, &error);
}

int
hf_verb_del(const struct hf_args *args, struct hf_output *output)
{
    bool is_key = args->line.word_count == 2 && args->from == NULL && args->to == NULL;
    uint64_t version = 0;
    enum hf_status status;

    if (is_key)
        status = del_key(args, &version);
    else
        status = check_range(args);
    if (!is_key && status == HF_STATUS_DONE)
        status = del_range(args, &version);
    if (status == HF_STATUS_DONE)
        print_version(output, version);
    return (int)status;
}

static void
print_value(struct hf_output *output, const struct hf_item *item)
{
    if (output->json)
        hf_print_item_json(output, item);
    else
        hf_output_bytes(output, item->value);
}

int
hf_verb_get(const struct hf_args *args, struct hf_output *output)
{
    struct hf_text key = { 0 };
    struct hf_db *db = NULL;
    struct hf_view *view = NULL;
    struct hf_item item;

    enum hf_status status = hf_word_bytes(args, args->line.words[1], &key);
    if (status == HF_STATUS_DONE)
        status = hf_open_reader(&db, args);
    if (status == HF_STATUS_DONE) {
        enum hf_err err = hf_view_as_of(&view, db, args);
        if (err == HF_OK)
            err = hf_view_get(view, hf_text_span(&key), &item);
        if (err == HF_OK)
            print_value(output, &item);
        else if (err == HF_ERR_NOT_FOUND)
            status = not_found(args);
        else
            status = hf_report_call(db, args, err);
        hf_view_close(view);
        status = hf_close_database(db, args, status);
    }
    hf_text_free(&key);
    return (int)status;
}
