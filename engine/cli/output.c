/*
 * output.c - results as text or JSON, with the first failure kept.
 */
#define _POSIX_C_SOURCE 200809L

#include "cli/output.h"

#include "cli/escape.h"
#include "cli/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

static void
note_failure(struct hf_output *output)
{
    if (output->error == 0)
        output->error = errno == 0 ? EIO : errno;
}

bool
hf_output_open(struct hf_output *output, const char *path, bool json)
{
    *output = (struct hf_output){ .to = stdout, .name = "standard output", .json = json };
    if (path == NULL || strcmp(path, "-") == 0)
        return true;
    output->name = path;
    output->to = fopen(path, "w");
    if (output->to == NULL)
        note_failure(output);
    return output->to != NULL;
}

bool
hf_output_close(struct hf_output *output)
{
    errno = 0;
    if (fflush(output->to) != 0 || ferror(output->to))
        note_failure(output);
    errno = 0;
    if (fclose(output->to) != 0)
        note_failure(output);
    output->to = NULL;
    return output->error == 0;
}

void
hf_output_bytes(struct hf_output *output, struct hf_span bytes)
{
    errno = 0;
    if (bytes.len > 0 && fwrite(bytes.at, 1, bytes.len, output->to) != bytes.len)
        note_failure(output);
}

void
hf_output_print(struct hf_output *output, const char *format, ...)
{
    va_list args;

    errno = 0;
    va_start(args, format);
    if (vfprintf(output->to, format, args) < 0)
        note_failure(output);
    va_end(args);
}

void
hf_output_escaped(struct hf_output *output, struct hf_span bytes)
{
    const unsigned char *in = bytes.at;
    char escaped[256];
    size_t len = 0;

    for (size_t i = 0; i < bytes.len; i++) {
        len += hf_escape_byte(escaped + len, in[i]);
        if (sizeof escaped - len < HF_ESCAPED_BYTE_MAX || i + 1 == bytes.len) {
            hf_output_bytes(output, (struct hf_span){ escaped, len });
            len = 0;
        }
    }
}

void
hf_output_json_string(struct hf_output *output, struct hf_span bytes)
{
    const unsigned char *in = bytes.at;
    size_t plain = 0; /* bytes before this one are out */

    hf_output_print(output, "\"");
    for (size_t i = 0; i < bytes.len; i++) {
        if (in[i] >= 0x20 && in[i] != '"' && in[i] != '\\')
            continue;
        hf_output_bytes(output, (struct hf_span){ in + plain, i - plain });
        hf_output_print(output, "\\u%04x", in[i]);
        plain = i + 1;
    }
    if (plain < bytes.len)
        hf_output_bytes(output, (struct hf_span){ in + plain, bytes.len - plain });
    hf_output_print(output, "\"");
}

void
hf_output_json_bytes(struct hf_output *output, const char *name, struct hf_span bytes)
{
    const unsigned char *in = bytes.at;

    if (hf_is_utf8(bytes)) {
        hf_output_print(output, "\"%s\": ", name);
        hf_output_json_string(output, bytes);
        return;
    }
    hf_output_print(output, "\"%s_hex\": \"", name);
    for (size_t i = 0; i < bytes.len; i++)
        hf_output_print(output, "%02x", in[i]);
    hf_output_print(output, "\"");
}

bool
hf_output_hold_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
            continue;
        if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            return false;
    }
    return true;
}
