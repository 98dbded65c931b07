/*
 * test_one_thread.h - the threads of vfs_env.h for tests that have one. It takes the place of
 * the posix side's, so it is included by the test program alone.
 */
#ifndef HF_VFS_TEST_ONE_THREAD_H
#define HF_VFS_TEST_ONE_THREAD_H

#include "vfs/vfs_env.h"

#include <stdlib.h>

uint32_t
hf_thread_number(void)
{
    return 0;
}

void
hf_thread_pause(unsigned tries)
{
    (void)tries;
    abort(); /* it would wait for a reader that never leaves */
}

#endif
