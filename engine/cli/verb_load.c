/*
 * verb_load.c - load: the records of a file, in the order of the file, N to a commit.
 *
 * After each commit the number of records so far is written over the front of the --acks file,
 * by one pwrite of fixed size. So whatever kills this process, the file never claims more than
 * what hf_batch_commit acknowledged.
 */
#define _POSIX_C_SOURCE 200809L

#include "cli/verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ACKS_SIZE 21 /* the digits of UINT64_MAX and a newline */
#define PROGRESS_NS 200000000ull

struct load {
    const struct hf_args *args;
    struct hf_db *db;
    struct hf_batch *batch;
    struct hf_input input;
    uint64_t pending;   /* records in the batch */
    uint64_t committed; /* records acknowledged */
    uint64_t version;   /* of the last commit */
    int acks_fd;        /* -1: none */
    bool shows_progress;
    uint64_t shown_ns;
};

static uint64_t
now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void
show_progress(struct load *load)
{
    if (!load->shows_progress)
        return;
    uint64_t now = now_ns();
    if (now - load->shown_ns < PROGRESS_NS)
        return;
    load->shown_ns = now;
    (void)fprintf(stderr, "\r%llu records", (unsigned long long)load->committed);
}

/* Takes the progress off its line, so that what follows begins on an empty one. */
static void
end_progress(struct load *load)
{
    if (load->shown_ns != 0)
        (void)fprintf(stderr, "\r\033[K");
}

static enum hf_status
acks_failed(const struct load *load, const char *what)
{
    struct hf_error error = { HF_ERR_IO, "" };

    (void)snprintf(error.text, sizeof error.text, "cannot %s %s: %s", what, load->args->acks,
                   strerror(errno));
    return hf_report(load->args, &error);
}

static enum hf_status
write_acks(struct load *load)
{
    char text[ACKS_SIZE + 1];

    if (load->acks_fd < 0)
        return HF_STATUS_DONE;
    (void)snprintf(text, sizeof text, "%020llu\n", (unsigned long long)load->committed);
    ssize_t put;
    do
        put = pwrite(load->acks_fd, text, ACKS_SIZE, 0);
    while (put < 0 && errno == EINTR);
    return put == ACKS_SIZE ? HF_STATUS_DONE : acks_failed(load, "write");
}

static enum hf_status
open_acks(struct load *load)
{
    if (load->args->acks == NULL)
        return HF_STATUS_DONE;
    load->acks_fd = open(load->args->acks, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    return load->acks_fd < 0 ? acks_failed(load, "open") : write_acks(load);
}

static enum hf_status
commit(struct load *load)
{
    enum hf_err err = hf_batch_commit(load->batch, 0, &load->version);
    if (err != HF_OK)
        return hf_report_call(load->db, load->args, err);
    load->committed += load->pending;
    load->pending = 0;
    show_progress(load);
    return write_acks(load);
}

static enum hf_status
load_record(struct load *load)
{
    const struct hf_record *record = &load->input.record;

    enum hf_err err =
        hf_batch_put(load->batch, hf_text_span(&record->key), hf_text_span(&record->value));
    if (err != HF_OK)
        return hf_report_call(load->db, load->args, err);
    load->pending++;
    return load->pending >= load->args->batch ? commit(load) : HF_STATUS_DONE;
}

/* All records of the input, and at its end the commit that is not full. */
static enum hf_status
load_all(struct load *load)
{
    struct hf_error error = { HF_OK, "" };
    enum hf_status status = HF_STATUS_DONE;

    while (status == HF_STATUS_DONE) {
        enum hf_err err = hf_input_next(&load->input, &error);
        if (err == HF_ERR_NOT_FOUND)
            return load->pending > 0 ? commit(load) : HF_STATUS_DONE;
        if (err != HF_OK) {
            end_progress(load);
            return hf_report(load->args, &error);
        }
        status = load_record(load);
    }
    return status;
}

static enum hf_status
open_batch(struct load *load)
{
    enum hf_err err = hf_batch_open(&load->batch, load->db);
    return err == HF_OK ? HF_STATUS_DONE : hf_report_call(load->db, load->args, err);
}

static void
print_result(const struct load *load, struct hf_output *output)
{
    unsigned long long records = load->committed;

    if (output->json)
        hf_output_print(output, "{\"records\": %llu, \"version\": \"%llu\"}\n", records,
                        (unsigned long long)load->version);
    else
        hf_output_print(output, "%llu\n", records);
}

int
hf_verb_load(const struct hf_args *args, struct hf_output *output)
{
    struct load load = { .args = args, .acks_fd = -1 };
    struct hf_error error = { HF_OK, "" };
    enum hf_status status = HF_STATUS_DONE;

    load.shows_progress = isatty(STDERR_FILENO) != 0;
    /* The input first: a name that does not exist makes no database. */
    if (hf_input_open(&load.input, args->line.words[1], args->format, &error) != HF_OK)
        status = hf_report(args, &error);
    if (status == HF_STATUS_DONE)
        status = hf_open_writer(&load.db, args, HF_CREATE, HF_MODE_BUFFERED);
    if (status == HF_STATUS_DONE)
        status = open_acks(&load);
    if (status == HF_STATUS_DONE)
        status = open_batch(&load);
    if (status == HF_STATUS_DONE)
        status = load_all(&load);
    end_progress(&load);
    hf_batch_close(load.batch);
    if (load.db != NULL) {
        status = hf_close_database(load.db, args, status);
        print_result(&load, output); /* also after a failure: what was loaded stays */
    }
    if (load.acks_fd >= 0)
        (void)close(load.acks_fd); /* each pwrite was judged */
    hf_input_close(&load.input);
    return (int)status;
}
