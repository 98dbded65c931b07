/*
 * vfs_env.h - the door out to memory, clock, entropy and threads.
 *
 * See vfs_file.h. The simulated side is single-threaded: there a mutex only checks its use, and
 * hf_thread_start is never called (the engine is opened with a caller-run background).
 */
#ifndef HF_VFS_ENV_H
#define HF_VFS_ENV_H

#include "base/bytes.h"
#include "base/detail.h"
#include "holdfast.h"

/* ---- memory: uninitialised, NULL when there is none -------------------------------------- */

void *hf_env_alloc(size_t size);
void hf_env_free(void *at); /* accepts NULL */

/*
 * Large zeroed areas, straight from the system, in huge pages where it has them; page aligned.
 * `size` of unmap is that of map, or that of the last trim. Trim gives back the end of an area:
 * its new size is `to` rounded up to HF_ENV_PAGE, and the address stays.
 */
#define HF_ENV_PAGE 4096u
void *hf_env_map(size_t size);
/* The same, of which nothing is read that was not written before: it need not be zeroed. */
void *hf_env_map_raw(size_t size);
void hf_env_unmap(void *at, size_t size);
void hf_env_trim(void *at, size_t from, size_t to);

/* ---- clock and entropy ------------------------------------------------------------------- */

uint64_t hf_env_mono_ns(void); /* never steps back; only differences mean anything */
uint64_t hf_env_wall_us(void); /* since 1970; may step */
/* Fills with unpredictable bytes. IO if the system has none. */
enum hf_err hf_env_entropy(void *to, size_t len) HF_MUST_CHECK;

/* Such bytes as a number, read as little-endian: so a simulated source gives the same number
 * on every machine. IO. */
static inline enum hf_err HF_MUST_CHECK
hf_env_entropy_u32(uint32_t *to)
{
    unsigned char bytes[sizeof *to];
    enum hf_err err = hf_env_entropy(bytes, sizeof bytes);

    *to = err == HF_OK ? hf_load_u32(bytes) : 0;
    return err;
}

static inline enum hf_err HF_MUST_CHECK
hf_env_entropy_u64(uint64_t *to)
{
    unsigned char bytes[sizeof *to];
    enum hf_err err = hf_env_entropy(bytes, sizeof bytes);

    *to = err == HF_OK ? hf_load_u64(bytes) : 0;
    return err;
}

/* ---- threads ----------------------------------------------------------------------------- */

struct hf_mutex;
struct hf_cond;
struct hf_thread;

/* NO_MEMORY. */
enum hf_err hf_mutex_open(struct hf_mutex **out) HF_MUST_CHECK;
void hf_mutex_close(struct hf_mutex *mutex);
void hf_mutex_lock(struct hf_mutex *mutex);
void hf_mutex_unlock(struct hf_mutex *mutex);
enum hf_err hf_cond_open(struct hf_cond **out) HF_MUST_CHECK;
void hf_cond_close(struct hf_cond *cond);
/* Waits, at most `timeout_ns` if that is not 0, with the mutex released; may wake without
 * cause. */
void hf_cond_wait(struct hf_cond *cond, struct hf_mutex *mutex, uint64_t timeout_ns);
void hf_cond_wake_all(struct hf_cond *cond);
/* Signals are blocked in the new thread. NO_MEMORY, IO. */
enum hf_err hf_thread_start(struct hf_thread **out, void (*run)(void *), void *context,
                            struct hf_detail *detail) HF_MUST_CHECK;
void hf_thread_join(struct hf_thread *thread); /* also frees; accepts NULL */
uint64_t hf_thread_self(void);                 /* a number that tells threads apart */
/* Counts the threads that have asked, from 0: so that each of a few has a place of its own. */
uint32_t hf_thread_number(void);
/* Waits for another thread, a little longer the more often it was `tries` in vain. */
void hf_thread_pause(unsigned tries);

#endif
