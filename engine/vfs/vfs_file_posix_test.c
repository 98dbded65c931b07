/*
 * vfs_file_posix_test.c - the posix side of vfs_file.h over a real directory.
 *
 * Method: a new directory under $TMPDIR, or the working directory. Two handles stand for two
 * processes, since the lock belongs to the open directory. What needs an ordinary user is
 * skipped for root.
 */
#define _GNU_SOURCE 1
#include "base/span.h"
#include "base/tap.h"
#include "vfs/vfs_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[256];
static struct hf_detail detail;

/* A path in the root; valid until the next but one. */
static const char *
path_of(const char *name)
{
    static char paths[2][320];
    static unsigned turn;
    char *path = paths[turn++ % 2];

    snprintf(path, sizeof paths[0], "%s/%s", root, name);
    return path;
}

static bool
is_told(const char *part)
{
    if (strstr(detail.text, part) != NULL)
        return true;
    printf("# got: %s\n", detail.text);
    return false;
}

/* ---- directories ------------------------------------------------------------------------- */

static void
test_dir_open(void)
{
    struct hf_dir *dir;
    struct stat stat_of;

    TAP_OK(hf_dir_open(&dir, path_of("none"), 0, &detail) == HF_ERR_NOT_FOUND && dir == NULL &&
               is_told("open ") && is_told("none: No such file"),
           "a missing directory is not found, and named");
    TAP_OK(hf_dir_open(&dir, path_of("none/below"), HF_DIR_CREATE, &detail) == HF_ERR_NOT_FOUND,
           "only the last component is made");
    TAP_OK(hf_dir_open(&dir, path_of("made"), HF_DIR_CREATE, &detail) == HF_OK &&
               stat(path_of("made"), &stat_of) == 0 && S_ISDIR(stat_of.st_mode),
           "a directory is made when asked for");
    hf_dir_close(dir);
    TAP_OK(hf_dir_open(&dir, path_of("made//"), HF_DIR_CREATE, &detail) == HF_OK,
           "one that exists is opened, whatever slashes follow");
    hf_dir_close(dir);
    TAP_OK(hf_dir_open(&dir, "/", HF_DIR_CREATE, &detail) == HF_OK, "so is the root");
    hf_dir_close(dir);
    close(creat(path_of("plain"), 0666));
    TAP_OK(hf_dir_open(&dir, path_of("plain"), HF_DIR_CREATE, &detail) == HF_ERR_IO &&
               is_told("Not a directory"),
           "a file is no directory");
    hf_dir_close(NULL);
}

/* A relative name has the working directory as its parent. */
static void
test_relative(void)
{
    struct hf_dir *dir;
    char *before = getcwd(NULL, 0);

    if (before == NULL || chdir(root) != 0)
        abort();
    TAP_OK(hf_dir_open(&dir, "relative", HF_DIR_CREATE, &detail) == HF_OK,
           "a directory is made below the working directory");
    hf_dir_close(dir);
    if (chdir(before) != 0)
        abort();
    free(before);
}

static struct hf_dir *
open_dir(const char *name)
{
    struct hf_dir *dir;

    if (hf_dir_open(&dir, path_of(name), HF_DIR_CREATE, &detail) != HF_OK) {
        printf("Bail out! %s\n", detail.text);
        exit(1);
    }
    return dir;
}

/* Whether a second handle gets the lock. */
static bool
is_lockable(const char *name, bool exclusive)
{
    struct hf_dir *dir = open_dir(name);
    enum hf_err err = hf_dir_lock(dir, exclusive, &detail);

    hf_dir_close(dir);
    return err == HF_OK;
}

static void
test_lock(void)
{
    struct hf_dir *dir = open_dir("locked");
    char pid[32];

    snprintf(pid, sizeof pid, "pid %ld", (long)getpid());
    TAP_OK(hf_dir_lock(dir, false, &detail) == HF_OK && access(path_of("locked/LOCK"), F_OK),
           "a shared lock makes no file");
    TAP_OK(is_lockable("locked", false), "two shared locks agree");
    TAP_OK(!is_lockable("locked", true), "an exclusive one does not join a shared one");
    hf_dir_close(dir);

    dir = open_dir("locked");
    TAP_OK(hf_dir_lock(dir, true, &detail) == HF_OK, "a lock goes with its directory's handle");
    TAP_OK(!is_lockable("locked", true) && is_told(pid) && is_told("locked"),
           "an exclusive lock keeps others out, and they are told the pid");
    TAP_OK(!is_lockable("locked", false) && is_told(pid), "readers too");
    hf_dir_close(dir);

    dir = open_dir("locked");
    TAP_OK(hf_dir_lock(dir, false, &detail) == HF_OK && !is_lockable("locked", true) &&
               strstr(detail.text, "pid") == NULL,
           "the pid of one that left is not told");
    hf_dir_close(dir);
}

static void
test_unlock(void)
{
    struct hf_dir *dir = open_dir("unlocked");

    TAP_OK(hf_dir_lock(dir, true, &detail) == HF_OK &&
               access(path_of("unlocked/LOCK"), F_OK) == 0,
           "an exclusive lock leaves a file");
    hf_dir_unlock(dir);
    TAP_OK(access(path_of("unlocked/LOCK"), F_OK) != 0 && is_lockable("unlocked", true),
           "a lock that is given up leaves nothing, and lets others in");
    hf_dir_close(dir);

    FILE *file = fopen(path_of("unlocked/LOCK"), "w");
    fputs("42 is no pid", file);
    fclose(file);
    dir = open_dir("unlocked");
    bool is_locked = hf_dir_lock(dir, true, &detail) == HF_OK;
    hf_dir_unlock(dir);
    hf_dir_close(dir);
    char text[16] = "";
    file = fopen(path_of("unlocked/LOCK"), "r");
    TAP_OK(is_locked && file != NULL && fgets(text, sizeof text, file) != NULL &&
               strcmp(text, "42 is no pid") == 0,
           "a file that has the name and is something else stays as it is");
    if (file != NULL)
        fclose(file);
}

struct seen {
    unsigned count;
    bool has_a, has_b, has_dots;
    enum hf_err answer;
};

static enum hf_err
see(void *context, const char *name)
{
    struct seen *seen = context;

    seen->count++;
    seen->has_a = seen->has_a || strcmp(name, "a") == 0;
    seen->has_b = seen->has_b || strcmp(name, "b") == 0;
    seen->has_dots = seen->has_dots || name[0] == '.';
    return seen->answer;
}

static struct seen
list(struct hf_dir *dir)
{
    struct seen seen = { .answer = HF_OK };

    if (hf_dir_list(dir, see, &seen, &detail) != HF_OK)
        seen.count = 99;
    return seen;
}

static void
test_names(void)
{
    struct hf_dir *dir = open_dir("names");
    struct hf_file *file;
    struct seen seen = { .answer = HF_ERR_CORRUPT };

    TAP_OK(list(dir).count == 0, "an empty directory lists nothing");
    TAP_OK(hf_file_open(&file, dir, "a", HF_FILE_CREATE, &detail) == HF_OK, "a file is made");
    hf_file_close(file);
    TAP_OK(list(dir).count == 1 && list(dir).has_a && !list(dir).has_dots,
           "a listing has each name, every time, and no dots");
    TAP_OK(hf_dir_rename(dir, "a", "b", &detail) == HF_OK && list(dir).has_b &&
               list(dir).count == 1,
           "a name is changed");
    TAP_OK(hf_dir_rename(dir, "a", "b", &detail) == HF_ERR_NOT_FOUND && is_told("rename ") &&
               is_told("names/a: No such file"),
           "a name that is missing cannot be");
    close(creat(path_of("names/a"), 0666));
    TAP_OK(hf_dir_list(dir, see, &seen, &detail) == HF_ERR_CORRUPT && seen.count == 1,
           "the first error of the visitor ends a listing");
    TAP_OK(hf_dir_rename(dir, "a", "b", &detail) == HF_OK && list(dir).count == 1,
           "a rename replaces");
    TAP_OK(hf_dir_sync(dir, &detail) == HF_OK, "names are synced");
    struct hf_dir *other;
    TAP_OK(hf_dir_open(&other, path_of("names2"), HF_DIR_CREATE, &detail) == HF_OK &&
               hf_dir_link(dir, "b", other, &detail) == HF_OK && list(other).has_b,
           "a file gets a second name in another directory");
    TAP_OK(hf_dir_link(dir, "b", other, &detail) == HF_ERR_INVALID && is_told("File exists"),
           "but not one that is taken");
    TAP_OK(hf_dir_link(dir, "none", other, &detail) == HF_ERR_NOT_FOUND && is_told("link "),
           "nor does one that is not there");
    hf_dir_close(other);
    TAP_OK(hf_dir_remove(dir, "b", &detail) == HF_OK && list(dir).count == 0,
           "a name is removed");
    TAP_OK(hf_dir_remove(dir, "b", &detail) == HF_ERR_NOT_FOUND && is_told("remove "),
           "but once");
    hf_dir_close(dir);
}

/* ---- files ------------------------------------------------------------------------------- */

static void
test_file_open(struct hf_dir *dir)
{
    struct hf_file *file;

    TAP_OK(hf_file_open(&file, dir, "f", HF_FILE_READ, &detail) == HF_ERR_NOT_FOUND &&
               file == NULL && is_told("files/f: No such file"),
           "a missing file is not found, and not made");
    TAP_OK(hf_file_open(&file, dir, "f", HF_FILE_CREATE, &detail) == HF_OK, "a file is made");
    hf_file_close(file);
    TAP_OK(hf_file_open(&file, dir, "f", HF_FILE_CREATE, &detail) == HF_ERR_INVALID &&
               file == NULL && is_told("File exists"),
           "a file that exists is not made anew");
    if (mkfifo(path_of("files/pipe"), 0666) == 0)
        TAP_OK(hf_file_open(&file, dir, "pipe", HF_FILE_READ, &detail) == HF_ERR_IO &&
                   is_told("not a regular file"),
               "a pipe is refused without waiting for its other end");
    hf_file_close(NULL);
}

static void
test_transfers(struct hf_dir *dir)
{
    struct hf_file *file;
    unsigned char to[32];
    uint64_t size;
    size_t moved;

    if (!TAP_OK(hf_file_open(&file, dir, "bytes", HF_FILE_CREATE, &detail) == HF_OK,
                "a file is made for writing"))
        return;
    TAP_OK(hf_file_write(file, 5, hf_span("hello", 5), &moved, &detail) == HF_OK && moved == 5,
           "bytes are written at an offset");
    TAP_OK(hf_file_size(file, &size, &detail) == HF_OK && size == 10, "the size follows");
    TAP_OK(hf_file_read(file, 3, to, sizeof to, &moved, &detail) == HF_OK && moved == 7 &&
               memcmp(to, "\0\0hello", 7) == 0,
           "a read ends with the file, and a hole reads as zeros");
    TAP_OK(hf_file_read(file, 10, to, sizeof to, &moved, &detail) == HF_OK && moved == 0,
           "a read at the end is empty and no error");
    TAP_OK(hf_file_read(file, 99, to, sizeof to, &moved, &detail) == HF_OK && moved == 0,
           "so is one behind it");
    TAP_OK(hf_file_truncate(file, 7, &detail) == HF_OK &&
               hf_file_size(file, &size, &detail) == HF_OK && size == 7,
           "a file is cut");
    TAP_OK(hf_file_truncate(file, 9, &detail) == HF_OK &&
               hf_file_read(file, 5, to, sizeof to, &moved, &detail) == HF_OK && moved == 4 &&
               memcmp(to, "he\0\0", 4) == 0,
           "a file is stretched with zeros");
    TAP_OK(hf_file_sync(file, &detail) == HF_OK, "a file is synced");
    TAP_OK(hf_file_write(file, UINT64_MAX, hf_span("x", 1), &moved, &detail) == HF_ERR_IO &&
               moved == 0 && is_told("write ") && is_told("bytes at 18446744073709551615: "),
           "a write at no possible place fails and says where");
    hf_file_close(file);
}

static void
test_read_only(struct hf_dir *dir)
{
    struct hf_file *file;
    size_t moved;

    if (!TAP_OK(hf_file_open(&file, dir, "bytes", HF_FILE_READ, &detail) == HF_OK,
                "a file is opened for reading"))
        return;
    TAP_OK(hf_file_write(file, 0, hf_span("x", 1), &moved, &detail) == HF_ERR_IO,
           "and cannot be written through that handle");
    TAP_OK(hf_file_truncate(file, 0, &detail) == HF_ERR_IO && is_told("truncate "), "nor cut");
    hf_file_close(file);
}

static void
test_reopen(struct hf_dir *dir)
{
    struct hf_file *file;
    unsigned char to[4];
    size_t moved;

    TAP_OK(hf_file_open(&file, dir, "none", HF_FILE_WRITE, &detail) == HF_ERR_NOT_FOUND &&
               file == NULL && access(path_of("files/none"), F_OK) != 0,
           "a file opened for writing is not made");
    if (!TAP_OK(hf_file_open(&file, dir, "bytes", HF_FILE_WRITE, &detail) == HF_OK,
                "a file that exists is opened for writing"))
        return;
    TAP_OK(hf_file_write(file, 6, hf_span("E", 1), &moved, &detail) == HF_OK && moved == 1 &&
               hf_file_read(file, 5, to, sizeof to, &moved, &detail) == HF_OK && moved == 4 &&
               memcmp(to, "hE\0\0", 4) == 0,
           "and keeps what is not written over");
    hf_file_close(file);
}

static void
test_permission(void)
{
    struct hf_dir *dir;
    struct hf_file *file;

    if (geteuid() == 0) {
        TAP_OK(true, "no permission is told as such # SKIP root has every permission");
        return;
    }
    dir = open_dir("frozen");
    TAP_OK(chmod(path_of("frozen"), 0555) == 0 &&
               hf_file_open(&file, dir, "f", HF_FILE_CREATE, &detail) == HF_ERR_READ_ONLY &&
               is_told("Permission denied"),
           "no permission is told as such");
    hf_dir_close(dir);
}

static void
remove_root(void)
{
    static const char *const paths[] = { "files/f",       "files/pipe", "files/bytes", "files",
                                         "frozen",        "names",      "locked/LOCK", "locked",
                                         "unlocked/LOCK", "unlocked",   "relative",    "plain",
                                         "made",          "names2/b",   "names2" };

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        (void)remove(path_of(paths[i]));
    TAP_OK(rmdir(root) == 0, "nothing else was left behind");
}

int
main(void)
{
    const char *where = getenv("TMPDIR");
    struct hf_dir *dir;

    snprintf(root, sizeof root, "%s/hf-vfs-XXXXXX", where == NULL ? "." : where);
    if (mkdtemp(root) == NULL) {
        printf("Bail out! no directory %s\n", root);
        return 1;
    }
    test_dir_open();
    test_relative();
    test_lock();
    test_unlock();
    test_names();
    dir = open_dir("files");
    test_file_open(dir);
    test_transfers(dir);
    test_read_only(dir);
    test_reopen(dir);
    hf_dir_close(dir);
    test_permission();
    remove_root();
    return tap_done();
}
