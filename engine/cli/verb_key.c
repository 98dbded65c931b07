/*
 * verb_key.c - put, get and del: one key.
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
    if (args->word_count < 3 || strcmp(args->words[2], "-") == 0)
        return read_stdin(args, value);
    return hf_word_bytes(args, args->words[2], value);
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

    enum hf_status status = hf_word_bytes(args, args->words[1], &key);
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

    (void)snprintf(error.text, sizeof error.text, "%s has no key '%s'", args->words[0],
                   args->words[1]);
    return hf_report(args, &error);
}

int
hf_verb_del(const struct hf_args *args, struct hf_output *output)
{
    struct hf_text key = { 0 };
    struct hf_db *db = NULL;
    uint64_t version = 0;

    enum hf_status status = hf_word_bytes(args, args->words[1], &key);
    if (status == HF_STATUS_DONE)
        status = hf_open_writer(&db, args, 0, HF_MODE_STRICT);
    if (status == HF_STATUS_DONE) {
        enum hf_err err = find(db, hf_text_span(&key));
        if (err == HF_OK)
            err = hf_delete(db, hf_text_span(&key), 0, &version);
        if (err == HF_ERR_NOT_FOUND)
            status = not_found(args);
        else if (err != HF_OK)
            status = hf_report_call(db, args, err);
        status = hf_close_database(db, args, status);
    }
    if (status == HF_STATUS_DONE)
        print_version(output, version);
    hf_text_free(&key);
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

    enum hf_status status = hf_word_bytes(args, args->words[1], &key);
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
