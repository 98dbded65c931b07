/*
 * verb_backup.c - snapshot, restore and checkpoint: a database into a file, a file into a
 * database, and a second database beside the first.
 */
#define _POSIX_C_SOURCE 200809L

#include "cli/verbs.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool
is_stream(const char *word)
{
    return strcmp(word, "-") == 0;
}

static void
print_snapshot(struct hf_output *output, const struct hf_snapshot *snapshot)
{
    if (output->json)
        hf_output_print(
            output,
            "{\"version\": \"%llu\", \"base\": \"%llu\", \"time_us\": \"%llu\", "
            "\"entries\": %llu, \"bytes\": %llu}\n",
            (unsigned long long)snapshot->version, (unsigned long long)snapshot->base,
            (unsigned long long)snapshot->time_us, (unsigned long long)snapshot->entries,
            (unsigned long long)snapshot->size);
    else
        hf_output_print(output, "%llu\n", (unsigned long long)snapshot->version);
}

/* ---- snapshot ---------------------------------------------------------------------------- */

/* A failed write is reported by the tool, at its end. */
static enum hf_err
write_piece(void *context, struct hf_span bytes)
{
    struct hf_output *output = context;

    hf_output_bytes(output, bytes);
    return hf_output_failed(output) ? HF_ERR_IO : HF_OK;
}

int
hf_verb_snapshot(const struct hf_args *args, struct hf_output *output)
{
    const char *file = args->line.words[1];
    struct hf_snapshot snapshot = { 0 };
    struct hf_db *db = NULL;

    enum hf_status status = hf_open_reader(&db, args);
    if (status != HF_STATUS_DONE)
        return (int)status;
    enum hf_err err = is_stream(file)
                          ? hf_snapshot_write(db, args->since, write_piece, output, &snapshot)
                          : hf_snapshot_save(db, args->since, file, &snapshot);
    if (err != HF_OK && hf_output_failed(output))
        status = HF_STATUS_IO;
    else if (err != HF_OK)
        status = hf_report_call(db, args, err);
    status = hf_close_database(db, args, status);
    if (status == HF_STATUS_DONE && !is_stream(file))
        print_snapshot(output, &snapshot);
    return (int)status;
}

/* ---- restore ----------------------------------------------------------------------------- */

static enum hf_err
read_stdin(void *context, void *to, size_t capacity, size_t *got)
{
    (void)context;
    *got = fread(to, 1, capacity, stdin);
    return *got == 0 && ferror(stdin) ? HF_ERR_IO : HF_OK;
}

static enum hf_status
twice_stdin(const struct hf_args *args)
{
    struct hf_error error = { HF_ERR_INVALID, "" };

    (void)snprintf(error.text, sizeof error.text, "standard input can be one FILE only");
    return hf_report(args, &error);
}

int
hf_verb_restore(const struct hf_args *args, struct hf_output *output)
{
    struct hf_snapshot_input inputs[HF_WORDS_MAX] = { { NULL, NULL, NULL } };
    struct hf_options options = HF_OPTIONS_INIT;
    struct hf_snapshot restored = { 0 };
    struct hf_error error = { HF_OK, "" };
    unsigned count = args->line.word_count - 1, streams = 0;

    for (unsigned i = 0; i < count; i++) {
        streams += is_stream(args->line.words[i]);
        if (is_stream(args->line.words[i]))
            inputs[i].read = read_stdin;
        else
            inputs[i].path = args->line.words[i];
    }
    if (streams > 1)
        return (int)twice_stdin(args);
    options.memory_limit = args->memory_limit;
    enum hf_err err =
        hf_restore(args->line.words[count], &options, inputs, count, &restored, &error);
    if (err != HF_OK)
        return (int)hf_report(args, &error);
    print_snapshot(output, &restored);
    return HF_STATUS_DONE;
}

/* ---- checkpoint -------------------------------------------------------------------------- */

int
hf_verb_checkpoint(const struct hf_args *args, struct hf_output *output)
{
    struct hf_db *db = NULL;
    uint64_t version = 0;

    enum hf_status status = hf_check_two_places(args);
    if (status == HF_STATUS_DONE)
        status = hf_open_writer(&db, args, 0, HF_MODE_BUFFERED);
    if (status != HF_STATUS_DONE)
        return (int)status;
    enum hf_err err = hf_checkpoint(db, args->line.words[1], &version);
    if (err != HF_OK)
        status = hf_report_call(db, args, err);
    status = hf_close_database(db, args, status);
    if (status != HF_STATUS_DONE)
        return (int)status;
    if (output->json)
        hf_output_print(output, "{\"version\": \"%llu\"}\n", (unsigned long long)version);
    else
        hf_output_print(output, "%llu\n", (unsigned long long)version);
    return HF_STATUS_DONE;
}
