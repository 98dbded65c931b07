/*
 * vfs_io.c - continuing a short read or write until it is whole.
 *
 * A short read says nothing about the end of the file; only a read of nothing does. Each round
 * moves on by at least one byte, so both loops end.
 */
#include "vfs/vfs_io.h"

#include "base/assert.h"
#include "base/probe.h"
#include "base/span.h"

enum hf_err
hf_vfs_read_full(struct hf_file *file, uint64_t off, void *to, size_t len, size_t *got,
                 struct hf_detail *detail)
{
    unsigned char *at = to;

    *got = 0;
    while (*got < len) {
        size_t part = 0;
        enum hf_err err = hf_file_read(file, off + *got, at + *got, len - *got, &part, detail);

        if (err != HF_OK)
            return err;
        if (part == 0)
            return HF_OK;
        HF_ASSERT(part <= len - *got);
        *got += part;
        if (*got < len)
            HF_MARK(io_short_read);
    }
    return HF_OK;
}

enum hf_err
hf_vfs_write_full(struct hf_file *file, uint64_t off, struct hf_span from,
                  struct hf_detail *detail)
{
    const unsigned char *at = from.at;
    size_t done = 0;

    while (done < from.len) {
        size_t part = 0;
        enum hf_err err =
            hf_file_write(file, off + done, hf_span(at + done, from.len - done), &part, detail);

        if (err != HF_OK)
            return err;
        HF_ASSERT(part > 0 && part <= from.len - done);
        done += part;
        if (done < from.len)
            HF_MARK(io_short_write);
        if (HF_PLANTED(io_short_write_is_full))
            break;
    }
    return HF_OK;
}
