/*
 * vfs_trace.c - see vfs_trace.h.
 *
 * With --wrap=hf_file_read the linker makes of every call of hf_file_read one of
 * __wrap_hf_file_read, and of __real_hf_file_read the posix side's own. Before hf_trace_begin
 * each wrapper only hands on. Handles have no names, so the names of what is open are kept
 * here, in a list that is as short as the files that are open are few.
 */
#include "vfs/vfs_trace.h"

#include "vfs/vfs_env.h"
#include "vfs/vfs_file.h"

#include <string.h>

/* A wrapper and what it stands before; both have the type of the function. */
#define WRAPPED(type, function, ...)                                                           \
    type __real_##function(__VA_ARGS__);                                                       \
    type __wrap_##function(__VA_ARGS__);                                                       \
    type __wrap_##function(__VA_ARGS__)

/* What is open. */
struct named {
    struct named *next;
    const void *handle;
    char name[];
};

static struct {
    hf_trace_fn *tell; /* NULL: not tracing */
    void *context;
    uint64_t began_ns;
    struct hf_mutex *lock; /* of `names` */
    struct named *names;
} trace;

enum hf_err
hf_trace_begin(hf_trace_fn *tell, void *context)
{
    enum hf_err err = hf_mutex_open(&trace.lock);

    if (err != HF_OK)
        return err;
    trace.began_ns = hf_env_mono_ns();
    trace.context = context;
    trace.tell = tell;
    return HF_OK;
}

/* ---- names ------------------------------------------------------------------------------- */

static void
name_add(const void *handle, const char *name)
{
    size_t size = strlen(name) + 1;
    struct named *named = hf_env_alloc(sizeof *named + size);

    if (named == NULL)
        return; /* it will be called "?" */
    named->handle = handle;
    memcpy(named->name, name, size);
    hf_mutex_lock(trace.lock);
    named->next = trace.names;
    trace.names = named;
    hf_mutex_unlock(trace.lock);
}

/* Stays in place until the handle is closed. */
static const char *
name_of(const void *handle)
{
    hf_mutex_lock(trace.lock);
    const struct named *named = trace.names;
    while (named != NULL && named->handle != handle)
        named = named->next;
    hf_mutex_unlock(trace.lock);
    return named == NULL ? "?" : named->name;
}

/* Takes it out of the list; the caller frees it, behind the last use of its name. */
static struct named *
name_remove(const void *handle)
{
    struct named **at = &trace.names;

    hf_mutex_lock(trace.lock);
    while (*at != NULL && (*at)->handle != handle)
        at = &(*at)->next;
    struct named *named = *at;
    if (named != NULL)
        *at = named->next;
    hf_mutex_unlock(trace.lock);
    return named;
}

/* What is open under its old name is called by its new one from now on. */
static void
name_follow(const char *from, const char *to)
{
    const void *handle = NULL;

    hf_mutex_lock(trace.lock);
    for (struct named *named = trace.names; named != NULL; named = named->next) {
        if (named->handle == NULL || strcmp(named->name, from) != 0)
            continue;
        handle = named->handle;
        named->handle = NULL; /* it stays: somebody may be telling of it just now */
    }
    hf_mutex_unlock(trace.lock);
    if (handle != NULL)
        name_add(handle, to);
}

/* ---- telling ----------------------------------------------------------------------------- */

static struct hf_trace_call
call_begin(const char *call, const char *name)
{
    return (struct hf_trace_call){ .call = call,
                                   .name = name,
                                   .began_ns = hf_env_mono_ns() - trace.began_ns };
}

static enum hf_err
call_end(struct hf_trace_call *call, enum hf_err err)
{
    call->took_ns = hf_env_mono_ns() - trace.began_ns - call->began_ns;
    call->err = err;
    trace.tell(trace.context, call);
    return err;
}

static void
call_range(struct hf_trace_call *call, uint64_t off, uint64_t len, uint64_t done)
{
    call->has_range = true;
    call->off = off;
    call->len = len;
    call->done = done;
}

/* ---- folders ----------------------------------------------------------------------------- */

WRAPPED(enum hf_err, hf_dir_open, struct hf_dir **out, const char *path, unsigned flags,
        struct hf_detail *detail)
{
    if (trace.tell == NULL)
        return __real_hf_dir_open(out, path, flags, detail);
    struct hf_trace_call call = call_begin("dir_open", path);
    enum hf_err err = __real_hf_dir_open(out, path, flags, detail);
    if (err == HF_OK)
        name_add(*out, path);
    return call_end(&call, err);
}

WRAPPED(void, hf_dir_close, struct hf_dir *dir)
{
    if (trace.tell == NULL || dir == NULL) {
        __real_hf_dir_close(dir);
        return;
    }
    struct named *named = name_remove(dir);
    struct hf_trace_call call = call_begin("dir_close", named == NULL ? "?" : named->name);
    __real_hf_dir_close(dir);
    (void)call_end(&call, HF_OK);
    hf_env_free(named);
}

WRAPPED(enum hf_err, hf_dir_lock, struct hf_dir *dir, bool exclusive, struct hf_detail *detail)
{
    if (trace.tell == NULL)
        return __real_hf_dir_lock(dir, exclusive, detail);
    struct hf_trace_call call = call_begin("dir_lock", name_of(dir));
    return call_end(&call, __real_hf_dir_lock(dir, exclusive, detail));
}

WRAPPED(void, hf_dir_unlock, struct hf_dir *dir)
{
    if (trace.tell == NULL) {
        __real_hf_dir_unlock(dir);
        return;
    }
    struct hf_trace_call call = call_begin("dir_unlock", name_of(dir));
    __real_hf_dir_unlock(dir);
    (void)call_end(&call, HF_OK);
}

WRAPPED(enum hf_err, hf_dir_list, struct hf_dir *dir, hf_name_fn *visit, void *context,
        struct hf_detail *detail)
{
    if (trace.tell == NULL)
        return __real_hf_dir_list(dir, visit, context, detail);
    struct hf_trace_call call = call_begin("dir_list", name_of(dir));
    return call_end(&call, __real_hf_dir_list(dir, visit, context, detail));
}

WRAPPED(enum hf_err, hf_dir_sync, struct hf_dir *dir, struct hf_detail *detail)
{
    if (trace.tell == NULL)
        return __real_hf_dir_sync(dir, detail);
    struct hf_trace_call call = call_begin("dir_sync", name_of(dir));
    return call_end(&call, __real_hf_dir_sync(dir, detail));
}

WRAPPED(enum hf_err, hf_dir_check_name, struct hf_dir *dir, const char *name,
        struct hf_detail *detail)
{
    if (trace.tell == NULL)
        return __real_hf_dir_check_name(dir, name, detail);
    struct hf_trace_call call = call_begin("dir_check", name);
    return call_end(&call, __real_hf_dir_check_name(dir, name, detail));
}

WRAPPED(enum hf_err, hf_dir_rename, struct hf_dir *dir, const char *from, const char *to,
        struct hf_detail *detail)
{
    if (trace.tell == NULL)
        return __real_hf_dir_rename(dir, from, to, detail);
    struct hf_trace_call call = call_begin("dir_rename", from);
    call.to = to;
    enum hf_err err = __real_hf_dir_rename(dir, from, to, detail);
    if (err == HF_OK)
        name_follow(from, to);
    return call_end(&call, err);
}

WRAPPED(enum hf_err, hf_dir_link, struct hf_dir *from, const char *name, struct hf_dir *to,
        struct hf_detail *detail)
{
    if (trace.tell == NULL)
        return __real_hf_dir_link(from, name, to, detail);
    struct hf_trace_call call = call_begin("dir_link", name);
    call.to = name_of(to);
    return call_end(&call, __real_hf_dir_link(from, name, to, detail));
}

WRAPPED(enum hf_err, hf_dir_remove, struct hf_dir *dir, const char *name,
        struct hf_detail *detail)
{
    if (trace.tell == NULL)
        return __real_hf_dir_remove(dir, name, detail);
    struct hf_trace_call call = call_begin("dir_remove", name);
    return call_end(&call, __real_hf_dir_remove(dir, name, detail));
}

/* ---- files ------------------------------------------------------------------------------- */

WRAPPED(enum hf_err, hf_file_open, struct hf_file **out, struct hf_dir *dir, const char *name,
        enum hf_file_open how, struct hf_detail *detail)
{
    if (trace.tell == NULL)
        return __real_hf_file_open(out, dir, name, how, detail);
    struct hf_trace_call call =
        call_begin(how == HF_FILE_CREATE ? "file_create" : "file_open", name);
    enum hf_err err = __real_hf_file_open(out, dir, name, how, detail);
    if (err == HF_OK)
        name_add(*out, name);
    return call_end(&call, err);
}

WRAPPED(void, hf_file_close, struct hf_file *file)
{
    if (trace.tell == NULL || file == NULL) {
        __real_hf_file_close(file);
        return;
    }
    struct named *named = name_remove(file);
    struct hf_trace_call call = call_begin("file_close", named == NULL ? "?" : named->name);
    __real_hf_file_close(file);
    (void)call_end(&call, HF_OK);
    hf_env_free(named);
}

WRAPPED(enum hf_err, hf_file_size, struct hf_file *file, uint64_t *size,
        struct hf_detail *detail)
{
    if (trace.tell == NULL)
        return __real_hf_file_size(file, size, detail);
    struct hf_trace_call call = call_begin("file_size", name_of(file));
    return call_end(&call, __real_hf_file_size(file, size, detail));
}

WRAPPED(enum hf_err, hf_file_read, struct hf_file *file, uint64_t off, void *to, size_t len,
        size_t *got, struct hf_detail *detail)
{
    if (trace.tell == NULL)
        return __real_hf_file_read(file, off, to, len, got, detail);
    struct hf_trace_call call = call_begin("file_read", name_of(file));
    enum hf_err err = __real_hf_file_read(file, off, to, len, got, detail);
    call_range(&call, off, len, err == HF_OK ? *got : 0);
    return call_end(&call, err);
}

WRAPPED(enum hf_err, hf_file_write, struct hf_file *file, uint64_t off, struct hf_span from,
        size_t *put, struct hf_detail *detail)
{
    if (trace.tell == NULL)
        return __real_hf_file_write(file, off, from, put, detail);
    struct hf_trace_call call = call_begin("file_write", name_of(file));
    enum hf_err err = __real_hf_file_write(file, off, from, put, detail);
    call_range(&call, off, from.len, err == HF_OK ? *put : 0);
    return call_end(&call, err);
}

WRAPPED(enum hf_err, hf_file_sync, struct hf_file *file, struct hf_detail *detail)
{
    if (trace.tell == NULL)
        return __real_hf_file_sync(file, detail);
    struct hf_trace_call call = call_begin("file_sync", name_of(file));
    return call_end(&call, __real_hf_file_sync(file, detail));
}

WRAPPED(enum hf_err, hf_file_truncate, struct hf_file *file, uint64_t size,
        struct hf_detail *detail)
{
    if (trace.tell == NULL)
        return __real_hf_file_truncate(file, size, detail);
    struct hf_trace_call call = call_begin("file_truncate", name_of(file));
    enum hf_err err = __real_hf_file_truncate(file, size, detail);
    call_range(&call, size, 0, 0);
    return call_end(&call, err);
}
