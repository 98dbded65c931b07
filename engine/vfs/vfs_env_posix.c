/*
 * vfs_env_posix.c - memory, clock, entropy and threads of a POSIX system.
 *
 * Large areas are aligned to huge pages and marked for them: an index or a log segment is read
 * at random, and with small pages the address translation misses as often as the cache does.
 */
#define _GNU_SOURCE 1
#include "base/assert.h"
#include "vfs/vfs_env.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>

#define NS_PER_S UINT64_C(1000000000)
#define HUGE_PAGE ((size_t)2 << 20)
#define SPINS 64u     /* of a wait for a thread that is about to go on */
#define YIELDS 64u    /* then; then it sleeps */
#define NAP_NS 50000u /* so long */

/* ---- memory ------------------------------------------------------------------------------ */

void *
hf_env_alloc(size_t size)
{
    return malloc(size == 0 ? 1 : size);
}

void
hf_env_free(void *at)
{
    free(at);
}

static size_t
round_up(size_t size, size_t unit)
{
    return (size + unit - 1) / unit * unit;
}

static void
unmap(char *at, size_t size)
{
    if (size > 0 && munmap(at, size) != 0)
        HF_ASSERT(errno == ENOMEM); /* no room to split the mapping: it stays, unused */
}

static void *
map_pages(size_t size)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? NULL : at;
}

/* Maps one huge page too much, and gives back what lies before and behind the aligned area. */
static void *
map_aligned(size_t size)
{
    char *at = map_pages(size + HUGE_PAGE);
    size_t before;

    if (at == NULL)
        return NULL;
    before = round_up((uintptr_t)at, HUGE_PAGE) - (uintptr_t)at;
    unmap(at, before);
    unmap(at + before + size, HUGE_PAGE - before);
    (void)madvise(at + before, size, MADV_HUGEPAGE); /* a wish; small pages work too */
    return at + before;
}

void *
hf_env_map(size_t size)
{
    HF_ASSERT(size > 0);
    if (size > SIZE_MAX - 2 * HUGE_PAGE)
        return NULL;
    size = round_up(size, HF_ENV_PAGE);
    return size < HUGE_PAGE ? map_pages(size) : map_aligned(size);
}

/* What the system maps is zeros all the same. */
void *
hf_env_map_raw(size_t size)
{
    return hf_env_map(size);
}

void
hf_env_unmap(void *at, size_t size)
{
    unmap(at, round_up(size, HF_ENV_PAGE));
}

void
hf_env_trim(void *at, size_t from, size_t to)
{
    size_t keep = round_up(to, HF_ENV_PAGE);

    HF_ASSERT(to > 0 && to <= from);
    unmap((char *)at + keep, round_up(from, HF_ENV_PAGE) - keep);
}

/* ---- clock and entropy ------------------------------------------------------------------- */

static struct timespec
clock_now(clockid_t clock)
{
    struct timespec now;
    int failed = clock_gettime(clock, &now);

    HF_ASSERT(failed == 0);
    return now;
}

uint64_t
hf_env_mono_ns(void)
{
    struct timespec now = clock_now(CLOCK_MONOTONIC);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t
hf_env_wall_us(void)
{
    struct timespec now = clock_now(CLOCK_REALTIME);

    if (now.tv_sec < 0)
        return 0; /* a clock set to before 1970 */
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

enum hf_err
hf_env_entropy(void *to, size_t len)
{
    unsigned char *at = to;

    while (len > 0) {
        ssize_t got = getrandom(at, len, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return HF_ERR_IO;
        at += got;
        len -= (size_t)got;
    }
    return HF_OK;
}

/* ---- threads: whatever fails below but for want of memory is a misuse of ours ------------ */

struct hf_mutex {
    pthread_mutex_t inner;
};

struct hf_cond {
    pthread_cond_t inner;
};

struct hf_thread {
    pthread_t inner;
    void (*run)(void *);
    void *context;
};

/* A lock is held for well under a microsecond: spinning beats a trip to the kernel. */
static int
init_adaptive(pthread_mutex_t *mutex)
{
    pthread_mutexattr_t attributes;
    int failed = pthread_mutexattr_init(&attributes);

    if (failed != 0)
        return failed;
#ifdef __GLIBC__
    failed = pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ADAPTIVE_NP);
#endif
    if (failed == 0)
        failed = pthread_mutex_init(mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return failed;
}

enum hf_err
hf_mutex_open(struct hf_mutex **out)
{
    struct hf_mutex *mutex = malloc(sizeof *mutex);

    *out = NULL;
    if (mutex == NULL)
        return HF_ERR_NO_MEMORY;
    if (init_adaptive(&mutex->inner) != 0) {
        free(mutex);
        return HF_ERR_NO_MEMORY;
    }
    *out = mutex;
    return HF_OK;
}

void
hf_mutex_close(struct hf_mutex *mutex)
{
    int failed;

    if (mutex == NULL)
        return;
    failed = pthread_mutex_destroy(&mutex->inner);
    HF_ASSERT(failed == 0);
    free(mutex);
}

void
hf_mutex_lock(struct hf_mutex *mutex)
{
    int failed = pthread_mutex_lock(&mutex->inner);
    HF_ASSERT(failed == 0);
}

void
hf_mutex_unlock(struct hf_mutex *mutex)
{
    int failed = pthread_mutex_unlock(&mutex->inner);
    HF_ASSERT(failed == 0);
}

/* On the monotonic clock: a step of the wall clock must not stretch a wait. */
static int
cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attributes;
    int failed = pthread_condattr_init(&attributes);

    if (failed != 0)
        return failed;
    failed = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    HF_ASSERT(failed == 0);
    failed = pthread_cond_init(cond, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    return failed;
}

enum hf_err
hf_cond_open(struct hf_cond **out)
{
    struct hf_cond *cond = malloc(sizeof *cond);

    *out = NULL;
    if (cond == NULL)
        return HF_ERR_NO_MEMORY;
    if (cond_init(&cond->inner) != 0) {
        free(cond);
        return HF_ERR_NO_MEMORY;
    }
    *out = cond;
    return HF_OK;
}

void
hf_cond_close(struct hf_cond *cond)
{
    int failed;

    if (cond == NULL)
        return;
    failed = pthread_cond_destroy(&cond->inner);
    HF_ASSERT(failed == 0);
    free(cond);
}

void
hf_cond_wait(struct hf_cond *cond, struct hf_mutex *mutex, uint64_t timeout_ns)
{
    int failed;

    if (timeout_ns == 0) {
        failed = pthread_cond_wait(&cond->inner, &mutex->inner);
    } else {
        struct timespec until = clock_now(CLOCK_MONOTONIC);
        uint64_t ns = (uint64_t)until.tv_nsec + timeout_ns % NS_PER_S;

        until.tv_sec += (time_t)(timeout_ns / NS_PER_S + ns / NS_PER_S);
        until.tv_nsec = (long)(ns % NS_PER_S);
        failed = pthread_cond_timedwait(&cond->inner, &mutex->inner, &until);
    }
    HF_ASSERT(failed == 0 || failed == ETIMEDOUT);
}

void
hf_cond_wake_all(struct hf_cond *cond)
{
    int failed = pthread_cond_broadcast(&cond->inner);
    HF_ASSERT(failed == 0);
}

static void *
thread_main(void *context)
{
    struct hf_thread *thread = context;

    thread->run(thread->context);
    return NULL;
}

/* A new thread inherits the mask, so all signals are blocked around its making. */
static int
thread_create(struct hf_thread *thread)
{
    sigset_t all, before;
    int failed;

    sigfillset(&all);
    failed = pthread_sigmask(SIG_SETMASK, &all, &before);
    HF_ASSERT(failed == 0);
    failed = pthread_create(&thread->inner, NULL, thread_main, thread);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

enum hf_err
hf_thread_start(struct hf_thread **out, void (*run)(void *), void *context,
                struct hf_detail *detail)
{
    struct hf_thread *thread = malloc(sizeof *thread);
    int failed;

    *out = NULL;
    if (thread == NULL)
        return hf_detail_set(detail, HF_ERR_NO_MEMORY, "thread: no memory");
    *thread = (struct hf_thread){ .run = run, .context = context };
    failed = thread_create(thread);
    if (failed != 0) {
        free(thread);
        return hf_detail_set(detail, HF_ERR_IO, "thread: %s", strerror(failed));
    }
    *out = thread;
    return HF_OK;
}

void
hf_thread_join(struct hf_thread *thread)
{
    int failed;

    if (thread == NULL)
        return;
    failed = pthread_join(thread->inner, NULL);
    HF_ASSERT(failed == 0);
    free(thread);
}

uint64_t
hf_thread_self(void)
{
    return (uint64_t)pthread_self();
}

/* Found without a call, in the shared library too. */
uint32_t
hf_thread_number(void)
{
    static atomic_uint asked;
    static _Thread_local uint32_t number __attribute__((tls_model("initial-exec")));

    if (number == 0)
        number = atomic_fetch_add_explicit(&asked, 1, memory_order_relaxed) + 1;
    return number - 1;
}

/* Who is waited for may have lost its processor, to us even where we have the higher priority:
 * then only a sleep lets it go on. */
void
hf_thread_pause(unsigned tries)
{
    struct timespec nap = { .tv_nsec = NAP_NS };

    if (tries < SPINS)
        return;
    if (tries < SPINS + YIELDS)
        (void)sched_yield();
    else
        (void)nanosleep(&nap, NULL);
}
