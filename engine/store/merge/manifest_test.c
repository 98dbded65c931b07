/*
 * manifest_test.c - a manifest is written, or it is not, or nobody can tell: who asks is told
 * which, with the mutex.
 *
 * Method: a manifest without tables is written to a disk in memory, once for each call that can
 * fail, and for each allocation. A rename that fails there has happened. So the outcome is
 * unsure just where the name is there, and the manifest is read back then. The flag is the
 * database's: the disk watches that it never changes while the mutex is given up.
 *
 * Catches: a flag that other threads look at, set beside the mutex; a name that came to be and
 * nobody was told of; a temporary name that stays.
 */
#include "store/merge/manifest.h"

#include "base/tap.h"
#include "store/table/test_table.h"

#define NUMBER 7u
#define NAME "manifest-0000000007"
#define CALLS_MAX 32u

static enum hf_err
write_one(bool *unsure)
{
    struct hf_manifest manifest = {
        .format = HF_MANIFEST_FORMAT, .number = NUMBER, .number_next = NUMBER + 1, .last = 5
    };
    struct hf_catalog empty = { .table_count = 0 };
    enum hf_err err;

    test_disk.mutex = &test_mutex;
    test_disk.guarded = unsure;
    hf_mutex_lock(&test_mutex);
    err = hf_manifest_write(&test_env, &manifest, &empty, unsure, &test_detail);
    hf_mutex_unlock(&test_mutex);
    test_disk.fail_at = test_disk.alloc_fail_at = TEST_NEVER;
    test_disk.guarded = NULL;
    test_disk.mutex = NULL;
    return err;
}

static bool
is_read_back(void)
{
    struct hf_manifest_file file;
    enum hf_err err = hf_manifest_read(&file, &test_env, NUMBER, &test_detail);
    bool is_same = err == HF_OK && file.manifest.last == 5;

    hf_manifest_forget(&file, &test_env);
    return is_same;
}

static void
test_one_that_succeeds(void)
{
    bool unsure = false;

    TAP_OK(test_begin(0) && write_one(&unsure) == HF_OK && is_read_back(),
           "a manifest that was written is read back");
    TAP_OK(test_disk_files() == 1, "and is all that is there");
    TAP_OK(test_end(), "and no rule was broken");
}

/* Each call in its turn fails, until there is none left that could. */
static void
test_each_failure(void)
{
    uint32_t call = 0, unsure_count = 0, wrong = 0;
    enum hf_err err = HF_ERR_IO;

    for (; err != HF_OK && call < CALLS_MAX; call++) {
        bool unsure = false;
        wrong += !test_begin(0);
        test_disk.fail_at = test_disk.calls + call;
        err = write_one(&unsure);
        wrong += unsure != (test_disk_find(NAME) != NULL) || (unsure && !is_read_back());
        wrong += test_disk_find(NAME ".tmp") != NULL;
        unsure_count += err != HF_OK && unsure;
        wrong += !test_end();
    }
    TAP_OK(err == HF_OK && call > 4, "each of %u calls has failed once", (unsigned)call - 1);
    TAP_OK(wrong == 0, "the outcome is unsure where the name is there, and nowhere else");
    TAP_OK(unsure_count == 2, "that is at the rename and at the sync behind it");
}

static void
test_without_memory(void)
{
    uint32_t wrong = 0;

    for (uint32_t alloc = 0; alloc < 2; alloc++) {
        bool unsure = false;
        wrong += !test_begin(0);
        test_disk.alloc_fail_at = test_disk.allocs + alloc;
        wrong += write_one(&unsure) != HF_ERR_NO_MEMORY || unsure || test_disk_files() != 0;
        wrong += !test_end();
    }
    TAP_OK(wrong == 0, "without memory nothing is written");
}

int
main(void)
{
    test_one_that_succeeds();
    test_each_failure();
    test_without_memory();
    return tap_done();
}
