/*
 * verb_scan.c - scan: a range of keys with their values, in order, in the format that load
 * reads.
 */
#include "cli/verbs.h"

static void
print_item(struct hf_output *output, const struct hf_item *item)
{
    if (output->json) {
        hf_print_item_json(output, item);
        return;
    }
    hf_output_escaped(output, item->key);
    hf_output_print(output, "\t");
    hf_output_escaped(output, item->value);
    hf_output_print(output, "\n");
}

/*
 * What keys that begin with `from` end before: `from` with its last byte that can grow grown,
 * and what follows that byte gone. Empty, meaning the end, if none can.
 */
static enum hf_status
prefix_limit(const struct hf_args *args, const struct hf_text *from, struct hf_text *limit)
{
    struct hf_span bytes = hf_text_span(from);

    while (bytes.len > 0 && (unsigned char)from->at[bytes.len - 1] == 0xff)
        bytes.len--;
    if (!hf_text_append(limit, bytes)) {
        struct hf_error error = { HF_ERR_NO_MEMORY, "" };
        return hf_report(args, &error);
    }
    if (limit->len > 0)
        limit->at[limit->len - 1]++;
    return HF_STATUS_DONE;
}

static enum hf_status
read_bounds(const struct hf_args *args, struct hf_text *from, struct hf_text *limit)
{
    enum hf_status status = HF_STATUS_DONE;

    if (args->prefix != NULL && args->line.word_count > 1)
        return hf_report(args, &(struct hf_error){ HF_ERR_INVALID,
                                                   "--prefix and a range exclude each other" });
    if (args->prefix != NULL) {
        status = hf_word_bytes(args, args->prefix, from);
        return status == HF_STATUS_DONE ? prefix_limit(args, from, limit) : status;
    }
    if (args->line.word_count > 1)
        status = hf_word_bytes(args, args->line.words[1], from);
    if (status == HF_STATUS_DONE && args->line.word_count > 2)
        status = hf_word_bytes(args, args->line.words[2], limit);
    return status;
}

/* Prints until the end, the limit, or the first failure; NOT_FOUND is the end. */
static enum hf_err
print_all(struct hf_iter *iter, const struct hf_args *args, struct hf_output *output)
{
    struct hf_item item;

    for (uint64_t count = 0; count < args->limit && !hf_output_failed(output); count++) {
        enum hf_err err = hf_iter_next(iter, &item);
        if (err != HF_OK)
            return err;
        print_item(output, &item);
    }
    return HF_ERR_NOT_FOUND;
}

int
hf_verb_scan(const struct hf_args *args, struct hf_output *output)
{
    struct hf_text from = { 0 }, limit = { 0 };
    struct hf_db *db = NULL;
    struct hf_view *view = NULL;
    struct hf_iter *iter = NULL;

    enum hf_status status = read_bounds(args, &from, &limit);
    if (status == HF_STATUS_DONE)
        status = hf_open_reader(&db, args);
    if (status == HF_STATUS_DONE) {
        struct hf_range range = { hf_text_span(&from), hf_text_span(&limit),
                                  (args->line.given & HF_OPT_REVERSE) != 0 };
        enum hf_err err = hf_view_as_of(&view, db, args);
        if (err == HF_OK)
            err = hf_iter_open(&iter, view, &range);
        if (err == HF_OK)
            err = print_all(iter, args, output);
        if (err != HF_ERR_NOT_FOUND)
            status = hf_report_call(db, args, err);
        hf_iter_close(iter);
        hf_view_close(view);
        status = hf_close_database(db, args, status);
    }
    hf_text_free(&from);
    hf_text_free(&limit);
    return (int)status;
}
