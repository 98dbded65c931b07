/*
 * test_memory.h - the memory of vfs_env.h for tests that want it refused. It takes the place of
 * the posix side's, so it is included by the test program alone.
 */
#ifndef HF_MEMORY_TEST_MEMORY_H
#define HF_MEMORY_TEST_MEMORY_H

#include "vfs/test_one_thread.h"
#include "vfs/vfs_env.h"

#include <stdlib.h>

static struct {
    unsigned long allocs;  /* asked for so far, areas aside */
    unsigned long fail_at; /* the one that is refused; 0: none */
    bool refuses_all;
} test_memory;

void *
hf_env_alloc(size_t size)
{
    test_memory.allocs++;
    if (test_memory.refuses_all || test_memory.allocs == test_memory.fail_at)
        return NULL;
    return malloc(size);
}

void
hf_env_free(void *at)
{
    free(at);
}

void *
hf_env_map(size_t size)
{
    return test_memory.refuses_all ? NULL : calloc(1, size);
}

void *
hf_env_map_raw(size_t size)
{
    return test_memory.refuses_all ? NULL : malloc(size);
}

void
hf_env_unmap(void *at, size_t size)
{
    (void)size;
    free(at);
}

void
hf_env_trim(void *at, size_t from, size_t to)
{
    (void)at, (void)from, (void)to;
}

#endif
