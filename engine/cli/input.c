/*
 * input.c - joins the line reader with a format, and gives failures their place.
 */
#include "cli/input.h"

#include "cli/tsv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *const hf_format_names[HF_FORMAT_COUNT] = { "tsv", "mdb_dump", "deb822" };

static enum hf_err fail(struct hf_error *error, enum hf_err code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static enum hf_err
fail(struct hf_error *error, enum hf_err code, const char *format, ...)
{
    va_list args;

    error->code = code;
    va_start(args, format);
    (void)vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    return code;
}

static enum hf_err
err_of_errno(int number)
{
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        return HF_ERR_NOT_FOUND;
    case EACCES:
    case EPERM:
        return HF_ERR_READ_ONLY;
    case ENOMEM:
        return HF_ERR_NO_MEMORY;
    default:
        return HF_ERR_IO;
    }
}

enum hf_err
hf_input_open(struct hf_input *input, const char *path, enum hf_format format,
              struct hf_error *error)
{
    *input = (struct hf_input){ .path = path, .format = format };
    hf_deb822_init(&input->deb822);
    hf_mdb_dump_init(&input->mdb_dump);
    hf_record_init(&input->record);
    if (!hf_line_reader_open(&input->reader, path))
        return fail(error, err_of_errno(errno), "cannot open %s: %s", path, strerror(errno));
    return HF_OK;
}

void
hf_input_close(struct hf_input *input)
{
    hf_line_reader_close(&input->reader);
    hf_deb822_fini(&input->deb822);
    hf_record_fini(&input->record);
}

static enum hf_parsed
feed(struct hf_input *input, struct hf_span line)
{
    switch (input->format) {
    case HF_FORMAT_MDB_DUMP:
        return hf_mdb_dump_line(&input->mdb_dump, &input->record, line);
    case HF_FORMAT_DEB822:
        return hf_deb822_line(&input->deb822, &input->record, line);
    case HF_FORMAT_TSV:
    case HF_FORMAT_COUNT:
        break;
    }
    return hf_tsv_line(&input->record, line);
}

/* What the end of the input completes; MORE: nothing. */
static enum hf_parsed
feed_end(struct hf_input *input)
{
    switch (input->format) {
    case HF_FORMAT_MDB_DUMP:
        return hf_mdb_dump_end(&input->mdb_dump, &input->record);
    case HF_FORMAT_DEB822:
        return hf_deb822_end(&input->deb822, &input->record);
    case HF_FORMAT_TSV:
    case HF_FORMAT_COUNT:
        break;
    }
    return HF_PARSED_MORE;
}

static enum hf_err
line_failure(struct hf_input *input, enum hf_line got, struct hf_error *error)
{
    uint64_t number = input->reader.line;

    if (got == HF_LINE_IO)
        return fail(error, HF_ERR_IO, "cannot read %s: %s", input->path,
                    strerror(input->reader.error));
    if (got == HF_LINE_TOO_LONG)
        return fail(error, HF_ERR_INVALID, "%s:%llu: the line is longer than any record",
                    input->path, (unsigned long long)number);
    return fail(error, HF_ERR_NO_MEMORY, "%s:%llu: no memory for the line", input->path,
                (unsigned long long)number);
}

static enum hf_err
judge(struct hf_input *input, enum hf_parsed parsed, struct hf_error *error)
{
    unsigned long long number = input->reader.line;

    switch (parsed) {
    case HF_PARSED_MORE:
    case HF_PARSED_RECORD:
        return HF_OK;
    case HF_PARSED_BAD:
        return fail(error, HF_ERR_INVALID, "%s:%llu: %s", input->path, number,
                    input->record.why);
    case HF_PARSED_NO_MEMORY:
        break;
    }
    return fail(error, HF_ERR_NO_MEMORY, "%s:%llu: no memory for the record", input->path,
                number);
}

enum hf_err
hf_input_next(struct hf_input *input, struct hf_error *error)
{
    for (;;) {
        struct hf_span line;
        enum hf_line got = hf_line_next(&input->reader, &line);
        if (got != HF_LINE_GOOD && got != HF_LINE_END)
            return line_failure(input, got, error);

        enum hf_parsed parsed = got == HF_LINE_END ? feed_end(input) : feed(input, line);
        if (parsed != HF_PARSED_MORE)
            return judge(input, parsed, error);
        if (got == HF_LINE_END)
            return HF_ERR_NOT_FOUND;
    }
}
