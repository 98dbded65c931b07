/*
 * vfs_env_posix_test.c - memory, clocks and threads as vfs_env.h describes them.
 *
 * Method: areas of sizes around a page and a huge page are written to their last byte, trimmed
 * and unmapped; two threads hand a number back and forth. No test depends on how long something
 * takes, only on its order.
 */
#include "base/tap.h"
#include "vfs/vfs_env.h"

#include <stdlib.h>
#include <string.h>

static bool
is_zero(const unsigned char *at, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (at[i] != 0)
            return false;
    return true;
}

static bool
is_area_good(size_t size)
{
    unsigned char *at = hf_env_map(size);
    size_t half = size / 2 + 1;
    bool good;

    if (at == NULL)
        return false;
    good = (uintptr_t)at % HF_ENV_PAGE == 0 && is_zero(at, size);
    memset(at, 7, size);
    hf_env_trim(at, size, half);
    good = good && at[0] == 7 && at[half - 1] == 7;
    hf_env_unmap(at, half);
    return good;
}

static void
test_memory(void)
{
    static const size_t sizes[] = {
        1,        HF_ENV_PAGE - 1, HF_ENV_PAGE, HF_ENV_PAGE + 1, (2u << 20) - 1,
        2u << 20, (2u << 20) + 1,  5u << 20
    };
    bool good = true;
    void *at;

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        good = good && is_area_good(sizes[i]);
    TAP_OK(good, "an area is zeroed, aligned, and stays in place when trimmed");
    TAP_OK(hf_env_map(SIZE_MAX) == NULL && hf_env_map(SIZE_MAX / 2) == NULL,
           "an area beyond all memory is refused");
    at = hf_env_map(2u << 20);
    TAP_OK((uintptr_t)at % (2u << 20) == 0, "a large area is aligned to a huge page");
    hf_env_unmap(at, 2u << 20);
    at = hf_env_alloc(0);
    TAP_OK(at != NULL, "an allocation of nothing is not mistaken for a failure");
    hf_env_free(at);
    hf_env_free(NULL);
}

static void
test_clock_and_entropy(void)
{
    unsigned char a[64] = { 0 }, b[64] = { 0 };
    uint64_t before = hf_env_mono_ns();
    bool steady = true;

    for (int i = 0; i < 1000; i++) {
        uint64_t now = hf_env_mono_ns();

        steady = steady && now >= before;
        before = now;
    }
    TAP_OK(steady, "the monotonic clock never steps back");
    TAP_OK(hf_env_wall_us() > UINT64_C(1600000000000000), "the wall clock counts from 1970");
    TAP_OK(hf_env_entropy(a, sizeof a) == HF_OK && hf_env_entropy(b, sizeof b) == HF_OK &&
               memcmp(a, b, sizeof a) != 0,
           "entropy does not repeat");
}

#define TURNS 100

/* Two threads take turns: the new one makes `turn` even, main makes it odd. */
struct game {
    struct hf_mutex *mutex;
    struct hf_cond *cond;
    unsigned turn;
    uint64_t self;
    uint32_t number;
};

static void
play(struct game *game, unsigned parity)
{
    hf_mutex_lock(game->mutex);
    while (game->turn < TURNS) {
        if (game->turn % 2 == parity) {
            game->turn++;
            hf_cond_wake_all(game->cond);
        } else {
            hf_cond_wait(game->cond, game->mutex, 0);
        }
    }
    hf_mutex_unlock(game->mutex);
}

static void
run_player(void *context)
{
    struct game *game = context;

    game->self = hf_thread_self();
    game->number = hf_thread_number();
    play(game, 1);
}

static void
test_threads(void)
{
    struct game game = { .turn = 0 };
    struct hf_thread *thread;

    if (hf_mutex_open(&game.mutex) != HF_OK || hf_cond_open(&game.cond) != HF_OK ||
        hf_thread_start(&thread, run_player, &game, NULL) != HF_OK) {
        TAP_OK(false, "a thread starts");
        return;
    }
    play(&game, 0);
    hf_thread_join(thread);
    TAP_OK(game.turn == TURNS, "two threads take turns by a mutex and a condition");
    TAP_OK(game.self != hf_thread_self(), "threads are told apart");
    TAP_OK(game.number != hf_thread_number() && game.number + hf_thread_number() == 1 &&
               hf_thread_number() == hf_thread_number(),
           "threads that ask are counted from 0, each once");
    for (unsigned tries = 0; tries < 200; tries++)
        hf_thread_pause(tries);
    TAP_OK(true, "a pause ends, whatever the number of tries");

    hf_mutex_lock(game.mutex);
    for (uint64_t start = hf_env_mono_ns(); hf_env_mono_ns() - start < 1000000;)
        hf_cond_wait(game.cond, game.mutex, 1000000);
    hf_mutex_unlock(game.mutex);
    TAP_OK(true, "a wait with a timeout ends though nobody wakes it");
    hf_cond_close(game.cond);
    hf_mutex_close(game.mutex);
    hf_cond_close(NULL);
    hf_mutex_close(NULL);
    hf_thread_join(NULL);
}

int
main(void)
{
    test_memory();
    test_clock_and_entropy();
    test_threads();
    return tap_done();
}
