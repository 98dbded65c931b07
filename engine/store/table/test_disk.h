/*
 * test_disk.h - a disk and a machine in memory, for tests of what stands on the vfs.
 *
 * A program that includes this is its own side of vfs_file.h and vfs_env.h. Files are bytes
 * that a test can look at and damage; any call and any allocation can be told to fail; and the
 * rules are watched that a real system does not enforce:
 *
 *   - a file is read, written and synced without the mutex, where the test says so
 *   - memory is taken and given back with the mutex, and never where the test forbids it
 *   - a file gets its name only when all of its bytes are synced
 *   - what a test names as guarded by the mutex does not change while that is given up
 *
 * Only test programs include this, and one file of each.
 */
#ifndef HF_STORE_TEST_DISK_H
#define HF_STORE_TEST_DISK_H

#include "base/assert.h"
#include "base/span.h"
#include "vfs/test_one_thread.h"
#include "vfs/vfs_env.h"
#include "vfs/vfs_file.h"

#include <stdio.h>
#include <stdlib.h>

#define TEST_FILES 64u
#define TEST_NEVER UINT32_MAX

struct test_node {
    char name[HF_NAME_SIZE_MAX]; /* empty: removed, or never there */
    uint8_t *bytes;
    size_t size, capacity;
    bool is_dirty; /* written since the last sync */
};

struct hf_file {
    struct test_node *node;
};

struct hf_mutex {
    bool is_locked;
};

static struct test_disk {
    struct test_node nodes[TEST_FILES];
    uint32_t node_count;
    uint32_t calls;                                 /* of the file side so far */
    uint32_t fail_at;                               /* the number of the call that fails, */
    uint32_t fail_for;                              /* and so many after it */
    uint32_t allocs, alloc_fail_at, alloc_fail_for; /* likewise */
    uint32_t open_files, live;                      /* handles; allocations */
    bool is_alloc_forbidden;
    struct hf_mutex *mutex; /* the one whose use is watched; NULL: none */
    const bool *guarded;    /* by the mutex; NULL: nothing is watched, */
    bool guarded_was;       /* when it was given up */
    const char *broken;     /* the first rule that was broken */
} test_disk = { .fail_at = TEST_NEVER, .alloc_fail_at = TEST_NEVER };

static inline void
test_disk_rule(bool held, const char *rule)
{
    if (!held && test_disk.broken == NULL)
        test_disk.broken = rule;
}

/* All files are gone; handles and allocations are the test's to have given back. */
static inline void
test_disk_reset(void)
{
    for (uint32_t i = 0; i < test_disk.node_count; i++)
        free(test_disk.nodes[i].bytes);
    test_disk = (struct test_disk){ .fail_at = TEST_NEVER, .alloc_fail_at = TEST_NEVER };
}

static inline struct test_node *
test_disk_find(const char *name)
{
    for (uint32_t i = 0; i < test_disk.node_count; i++) {
        if (strcmp(test_disk.nodes[i].name, name) == 0)
            return &test_disk.nodes[i];
    }
    return NULL;
}

/* How many files there are. */
static inline uint32_t
test_disk_files(void)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < test_disk.node_count; i++)
        count += test_disk.nodes[i].name[0] != '\0';
    return count;
}

/* Whether number `at` is the one that fails, or of those after it. */
static inline bool
test_disk_is_hit(uint32_t at, uint32_t fail_at, uint32_t fail_for)
{
    return at >= fail_at && at - fail_at <= fail_for;
}

/* Counts a call, and says whether it fails. */
static inline bool
test_disk_fails(struct hf_detail *detail)
{
    uint32_t call = test_disk.calls++;
    bool fails = test_disk_is_hit(call, test_disk.fail_at, test_disk.fail_for);

    if (fails)
        hf_detail_set(detail, HF_ERR_IO, "call %u was told to fail", (unsigned)call);
    return fails;
}

static inline void
test_disk_outside(const char *rule)
{
    test_disk_rule(test_disk.mutex == NULL || !test_disk.mutex->is_locked, rule);
}

/* ---- vfs_file.h -------------------------------------------------------------------------- */

enum hf_err
hf_file_open(struct hf_file **out, struct hf_dir *dir, const char *name, enum hf_file_open how,
             struct hf_detail *detail)
{
    struct test_node *node = test_disk_find(name);

    (void)dir;
    *out = NULL;
    if (test_disk_fails(detail))
        return HF_ERR_IO;
    if (how != HF_FILE_CREATE && node == NULL)
        return hf_detail_set(detail, HF_ERR_NOT_FOUND, "%s is not there", name);
    if (how == HF_FILE_CREATE && node != NULL)
        return hf_detail_set(detail, HF_ERR_INVALID, "%s is already there", name);
    if (how == HF_FILE_CREATE) {
        HF_ASSERT(test_disk.node_count < TEST_FILES);
        node = &test_disk.nodes[test_disk.node_count++];
        snprintf(node->name, sizeof node->name, "%s", name);
    }
    *out = malloc(sizeof **out);
    (*out)->node = node;
    test_disk.open_files++;
    return HF_OK;
}

void
hf_file_close(struct hf_file *file)
{
    test_disk.open_files -= file != NULL;
    free(file);
}

enum hf_err
hf_file_size(struct hf_file *file, uint64_t *size, struct hf_detail *detail)
{
    *size = file->node->size;
    return test_disk_fails(detail) ? HF_ERR_IO : HF_OK;
}

/* Moves an odd part of what is asked, so that every transfer has to be continued. */
static inline size_t
test_disk_part(size_t len)
{
    return len > 1024 ? len / 2 + 1 : len;
}

enum hf_err
hf_file_read(struct hf_file *file, uint64_t off, void *to, size_t len, size_t *got,
             struct hf_detail *detail)
{
    const struct test_node *node = file->node;

    test_disk_outside("a file was read with the mutex held");
    *got = 0;
    if (test_disk_fails(detail))
        return HF_ERR_IO;
    if (off >= node->size)
        return HF_OK;
    len = test_disk_part(len);
    *got = len < node->size - (size_t)off ? len : node->size - (size_t)off;
    memcpy(to, node->bytes + off, *got);
    return HF_OK;
}

static inline void
test_disk_grow(struct test_node *node, size_t end)
{
    if (end <= node->size)
        return;
    if (end > node->capacity) {
        node->capacity = 2 * end;
        node->bytes = realloc(node->bytes, node->capacity);
    }
    memset(node->bytes + node->size, 0, end - node->size);
    node->size = end;
}

enum hf_err
hf_file_write(struct hf_file *file, uint64_t off, struct hf_span from, size_t *put,
              struct hf_detail *detail)
{
    struct test_node *node = file->node;
    size_t len = test_disk_part(from.len), end = (size_t)off + len;

    test_disk_outside("a file was written with the mutex held");
    *put = 0;
    if (test_disk_fails(detail))
        return HF_ERR_IO;
    test_disk_grow(node, end);
    memcpy(node->bytes + off, from.at, len);
    node->is_dirty = true;
    *put = len;
    return HF_OK;
}

enum hf_err
hf_file_sync(struct hf_file *file, struct hf_detail *detail)
{
    test_disk_outside("a file was synced with the mutex held");
    if (test_disk_fails(detail))
        return HF_ERR_IO;
    file->node->is_dirty = false;
    return HF_OK;
}

/* A rename that fails has happened all the same: its outcome is unknown to the caller. */
enum hf_err
hf_dir_rename(struct hf_dir *dir, const char *from, const char *to, struct hf_detail *detail)
{
    struct test_node *node = test_disk_find(from), *old = test_disk_find(to);

    (void)dir;
    HF_ASSERT(node != NULL);
    test_disk_rule(!node->is_dirty, "a file got its name before its bytes were synced");
    if (old != NULL)
        old->name[0] = '\0';
    snprintf(node->name, sizeof node->name, "%s", to);
    return test_disk_fails(detail) ? HF_ERR_IO : HF_OK;
}

enum hf_err
hf_dir_sync(struct hf_dir *dir, struct hf_detail *detail)
{
    (void)dir;
    test_disk_outside("a directory was synced with the mutex held");
    return test_disk_fails(detail) ? HF_ERR_IO : HF_OK;
}

/* Never fails: nobody asks. */
enum hf_err
hf_dir_remove(struct hf_dir *dir, const char *name, struct hf_detail *detail)
{
    struct test_node *node = test_disk_find(name);

    (void)dir;
    if (node == NULL)
        return hf_detail_set(detail, HF_ERR_NOT_FOUND, "%s is not there", name);
    node->name[0] = '\0';
    return HF_OK;
}

/* ---- vfs_env.h --------------------------------------------------------------------------- */

void *
hf_env_alloc(size_t size)
{
    test_disk_rule(!test_disk.is_alloc_forbidden, "memory was taken where none may be");
    test_disk_rule(test_disk.mutex == NULL || test_disk.mutex->is_locked,
                   "memory was taken without the mutex");
    if (test_disk_is_hit(test_disk.allocs++, test_disk.alloc_fail_at, test_disk.alloc_fail_for))
        return NULL;
    test_disk.live++;
    return malloc(size);
}

void
hf_env_free(void *at)
{
    test_disk_rule(test_disk.mutex == NULL || test_disk.mutex->is_locked,
                   "memory was given back without the mutex");
    test_disk.live -= at != NULL;
    free(at);
}

void *
hf_env_map(size_t size)
{
    void *at = hf_env_alloc(size);

    return at == NULL ? NULL : memset(at, 0, size);
}

void *
hf_env_map_raw(size_t size)
{
    return hf_env_alloc(size);
}

void
hf_env_unmap(void *at, size_t size)
{
    (void)size;
    hf_env_free(at);
}

void
hf_env_trim(void *at, size_t from, size_t to)
{
    (void)at, (void)from, (void)to;
}

void
hf_mutex_lock(struct hf_mutex *mutex)
{
    test_disk_rule(!mutex->is_locked, "a mutex was locked twice");
    test_disk_rule(test_disk.guarded == NULL || *test_disk.guarded == test_disk.guarded_was,
                   "what the mutex guards was changed without it");
    mutex->is_locked = true;
}

void
hf_mutex_unlock(struct hf_mutex *mutex)
{
    test_disk_rule(mutex->is_locked, "a mutex was unlocked that nobody holds");
    if (test_disk.guarded != NULL)
        test_disk.guarded_was = *test_disk.guarded;
    mutex->is_locked = false;
}

#endif
