/*
 * vfs_trace.h - every call through the files' side of the VFS, told to somebody with its time.
 *
 * It stands in front of the posix side, in the tool `holdfast` alone: the linker leads calls of
 * vfs_file.h through it (ci/build/flags.sh). The library has none of it.
 */
#ifndef HF_VFS_VFS_TRACE_H
#define HF_VFS_VFS_TRACE_H

#include "holdfast.h"

struct hf_trace_call {
    const char *call;  /* without hf_: "file_write" */
    const char *name;  /* of the file or the folder; "?" if there was no memory for it */
    const char *to;    /* the second name of a rename, else NULL */
    bool has_range;    /* the call reads, writes or cuts: */
    uint64_t off;      /* from where, */
    uint64_t len;      /* how much was wanted, */
    uint64_t done;     /* and done */
    uint64_t began_ns; /* since the trace began */
    uint64_t took_ns;
    enum hf_err err;
};

/* Called behind each call, by the thread that made it. */
typedef void hf_trace_fn(void *context, const struct hf_trace_call *call);

/*
 * From now on `tell` is called. For the beginning of a process: no other thread may be in the
 * VFS yet, and no file may be open. NO_MEMORY: nothing is traced.
 */
enum hf_err hf_trace_begin(hf_trace_fn *tell, void *context) HF_MUST_CHECK;

#endif
