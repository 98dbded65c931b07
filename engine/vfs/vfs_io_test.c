/*
 * vfs_io_test.c - full transfers over a file that moves as few bytes as it pleases.
 *
 * Method: this program is its own side of vfs_file.h, a file of FILE_SIZE bytes in memory which
 * moves at most `step` bytes a call and fails call number `fail_at`. Every step, offset, length
 * and failing call is tried. Catches a lost offset, a loop that stops at the first short read,
 * and one that goes on behind a failure.
 */
#include "base/span.h"
#include "base/tap.h"
#include "vfs/vfs_io.h"

#define FILE_SIZE 12u
#define NEVER UINT32_MAX

static unsigned char content[2 * FILE_SIZE + 1];
static size_t content_size, step;
static uint32_t calls, fail_at;

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

enum hf_err
hf_file_read(struct hf_file *file, uint64_t off, void *to, size_t len, size_t *got,
             struct hf_detail *detail)
{
    (void)file;
    *got = 0;
    if (calls++ == fail_at)
        return hf_detail_set(detail, HF_ERR_IO, "read");
    if (off < content_size)
        *got = least(least(len, step), content_size - (size_t)off);
    if (*got > 0)
        memcpy(to, content + off, *got);
    return HF_OK;
}

enum hf_err
hf_file_write(struct hf_file *file, uint64_t off, struct hf_span from, size_t *put,
              struct hf_detail *detail)
{
    (void)file;
    *put = 0;
    if (calls++ == fail_at)
        return hf_detail_set(detail, HF_ERR_FULL, "write");
    *put = least(from.len, step);
    memcpy(content + off, from.at, *put);
    return HF_OK;
}

static void
reset(size_t new_step, uint32_t new_fail_at)
{
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (unsigned char)(i < FILE_SIZE ? 'a' + i : '.');
    content_size = FILE_SIZE;
    step = new_step;
    calls = 0;
    fail_at = new_fail_at;
}

static bool
is_read_whole(size_t off, size_t len)
{
    unsigned char to[FILE_SIZE + 2];
    size_t expected = off >= FILE_SIZE ? 0 : least(len, FILE_SIZE - off);
    size_t got;

    return hf_vfs_read_full(NULL, off, to, len, &got, NULL) == HF_OK && got == expected &&
           memcmp(to, content + off, got) == 0;
}

static bool
is_write_whole(size_t off, size_t len)
{
    static const unsigned char from[] = "0123456789AB";

    return hf_vfs_write_full(NULL, off, hf_span(from, len), NULL) == HF_OK &&
           memcmp(content + off, from, len) == 0 && content[off + len] != from[len];
}

static void
test_steps(void)
{
    bool reads = true, writes = true;

    for (size_t s = 1; s <= FILE_SIZE; s++)
        for (size_t off = 0; off <= FILE_SIZE + 1; off++)
            for (size_t len = 0; len < FILE_SIZE; len++) {
                reset(s, NEVER);
                reads = reads && is_read_whole(off, len);
                writes = writes && is_write_whole(off, len);
            }
    TAP_OK(reads, "a read is whole, or ends where the file does");
    TAP_OK(writes, "a write is whole, and no more than that");
}

static void
test_failures(void)
{
    bool reads = true, writes = true;

    for (uint32_t fails = 0; fails < FILE_SIZE; fails++) {
        unsigned char to[FILE_SIZE];
        struct hf_detail detail;
        size_t got;
        enum hf_err err;

        reset(1, fails);
        err = hf_vfs_read_full(NULL, 0, to, FILE_SIZE, &got, &detail);
        reads = reads && err == HF_ERR_IO && got == fails && calls == fails + 1 &&
                strcmp(detail.text, "read") == 0;
        reset(1, fails);
        err = hf_vfs_write_full(NULL, 0, hf_span("0123456789AB", FILE_SIZE), &detail);
        writes = writes && err == HF_ERR_FULL && calls == fails + 1 &&
                 strcmp(detail.text, "write") == 0;
    }
    TAP_OK(reads, "the first failure ends a read and says how far it came");
    TAP_OK(writes, "the first failure ends a write");
}

int
main(void)
{
    test_steps();
    test_failures();
    return tap_done();
}
