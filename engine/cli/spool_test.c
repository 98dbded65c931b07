/*
 * spool_test.c - standard input becomes a file with the same bytes, and nothing of it stays.
 *
 * Method: standard input is a file of each length at which the copying could go wrong, then
 * what cannot be read, cannot be written and has no place; each time what is left in $TMPDIR is
 * listed.
 */
#define _GNU_SOURCE /* mkdtemp */

#include "cli/spool.h"

#include "base/tap.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE ((size_t)1 << 16) /* what the spool copies at once */

static char root[] = "/tmp/holdfast_spool_test.XXXXXX";
static char place[sizeof root + sizeof "/place"], input[sizeof root + sizeof "/input"];

static char
byte_at(size_t i)
{
    return (char)(i * 131 + i / 251);
}

/* Standard input is `size` bytes from now on. */
static void
give(size_t size)
{
    FILE *file = fopen(input, "w");

    for (size_t i = 0; file != NULL && i < size; i++)
        (void)fputc(byte_at(i), file);
    if (file == NULL || fclose(file) != 0 || freopen(input, "r", stdin) == NULL)
        abort();
}

static bool
holds(const char *path, size_t size)
{
    FILE *file = fopen(path, "r");
    bool same = file != NULL;

    for (size_t i = 0; same && i < size; i++)
        same = fgetc(file) == (unsigned char)byte_at(i);
    same = same && fgetc(file) == EOF;
    if (file != NULL)
        (void)fclose(file);
    return same;
}

static unsigned
left_in(const char *folder)
{
    DIR *dir = opendir(folder);
    unsigned count = 0;

    if (dir == NULL)
        abort();
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(dir);
    return count;
}

static void
test_sizes(void)
{
    static const size_t sizes[] = { 0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 17 };

    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct hf_spool spool;
        struct hf_error error = { HF_OK, "" };

        give(sizes[i]);
        bool copied = hf_spool_stdin(&spool, &error) == HF_OK && holds(spool.path, sizes[i]);
        bool kept = left_in(place) == 1;
        hf_spool_remove(&spool);
        TAP_OK(copied && kept, "%zu bytes are a file with the same bytes", sizes[i]);
        TAP_OK(left_in(place) == 0, "and removed, nothing of them is left");
    }
}

static void
test_alone(void)
{
    struct hf_spool spool;
    struct hf_error error = { HF_OK, "" };
    struct stat is;

    give(100);
    if (hf_spool_stdin(&spool, &error) != HF_OK || stat(spool.folder, &is) != 0)
        abort();
    TAP_OK((is.st_mode & 0777) == 0700, "no other user sees into the folder");
    TAP_OK(strcmp(strrchr(spool.path, '/'), "/-") == 0,
           "the file is named as it was asked for");
    hf_spool_remove(&spool);
}

/* A spool that must fail: with this code, these words in the error, and nothing left. */
static bool
fails(enum hf_err code, const char *words)
{
    struct hf_spool spool;
    struct hf_error error = { HF_OK, "" };
    enum hf_err err = hf_spool_stdin(&spool, &error);

    hf_spool_remove(&spool);
    if (err != code || error.code != code || strstr(error.text, words) == NULL)
        printf("# %d: %s\n", (int)err, error.text);
    return err == code && error.code == code && strstr(error.text, words) != NULL &&
           left_in(place) == 0;
}

static void
test_unreadable(void)
{
    if (freopen(place, "r", stdin) == NULL)
        abort();
    TAP_OK(fails(HF_ERR_IO, "cannot read standard input: "), "what cannot be read is told so");
}

/* Whether it fails with `size` bytes to copy, where a file may have no more than `limit`. */
static bool
fails_beyond(rlim_t limit, size_t size)
{
    struct rlimit was, small;

    give(size);
    if (getrlimit(RLIMIT_FSIZE, &was) != 0)
        abort();
    small = (struct rlimit){ .rlim_cur = limit, .rlim_max = was.rlim_max };
    if (setrlimit(RLIMIT_FSIZE, &small) != 0)
        abort();
    bool failed = fails(HF_ERR_IO, "cannot write ");
    if (setrlimit(RLIMIT_FSIZE, &was) != 0)
        abort();
    return failed;
}

static void
test_unwritable(void)
{
    if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
        abort();
    TAP_OK(fails_beyond(PIECE, 3 * PIECE), "a copy that cannot be whole is told, and removed");
    TAP_OK(fails_beyond(0, 10), "so is one that fails only when it is closed");
}

static void
test_no_place(void)
{
    static char deep[PATH_MAX + 100];

    give(1);
    (void)setenv("TMPDIR", "/nowhere/at/all", 1);
    TAP_OK(fails(HF_ERR_IO, "cannot make /nowhere/at/all/holdfast."),
           "a $TMPDIR that is not there is named");
    memset(deep, '/', sizeof deep - 1);
    (void)setenv("TMPDIR", deep, 1);
    TAP_OK(fails(HF_ERR_IO, "cannot make //"), "and one too long for a path is refused");

    struct hf_spool spool;
    struct hf_error error = { HF_OK, "" };
    (void)setenv("TMPDIR", "", 1);
    bool copied = hf_spool_stdin(&spool, &error) == HF_OK && holds(spool.path, 1);
    TAP_OK(copied && strncmp(spool.path, "/tmp/holdfast.", 14) == 0, "an empty one is /tmp");
    hf_spool_remove(&spool);
    TAP_OK(access(spool.folder, F_OK) != 0, "where nothing is left either");
}

int
main(void)
{
    if (mkdtemp(root) == NULL)
        abort();
    (void)snprintf(place, sizeof place, "%s/place", root);
    (void)snprintf(input, sizeof input, "%s/input", root);
    if (mkdir(place, 0755) != 0)
        abort();
    (void)setenv("TMPDIR", place, 1);

    test_sizes();
    test_alone();
    test_unreadable();
    test_unwritable();
    test_no_place();

    (void)unlink(input);
    (void)rmdir(place);
    (void)rmdir(root);
    return tap_done();
}
