/*
 * env_sim.c - the simulated side of vfs_env.h: memory, clock, entropy and locks of a machine.
 *
 * The wall clock steps where a rule says so; the other never does.
 *
 * There is one thread. So a lock that is held when it is wanted, or a wait without a limit,
 * would never end: either ends the life and is reported as the broken property "deadlock".
 */
#include "vfs/vfs_env.h"

#include "base/assert.h"
#include "sim/machine/machine_state.h"
#include "sim/mix.h"

#define CLOCK_READ_NS 20u                          /* a look at the clock takes this long */
#define EPOCH_US (UINT64_C(1700000000) * 1000000u) /* when every simulation begins */

/* ---- memory ------------------------------------------------------------------------------ */

/* Whether this allocation fails. */
static bool
is_refused(struct sim_machine *machine)
{
    struct sim_strike strike;

    if (machine->faults.by_call[SIM_CALL_ALLOC] == 0)
        return false;
    strike = sim_faults_call(machine, SIM_CALL_ALLOC, SIM_FILE_ANY);
    if (strike.crash != NULL) {
        sim_faults_fired(machine, strike.crash);
        sim_machine_crash(machine, strike.crash);
    }
    if (strike.error != NULL)
        sim_faults_fired(machine, strike.error);
    return strike.error != NULL;
}

void *
hf_env_alloc(size_t size)
{
    struct sim_machine *machine = sim_machine_current;
    return is_refused(machine) ? NULL : sim_heap_alloc(&machine->heap, size);
}

void
hf_env_free(void *at)
{
    sim_heap_free(&sim_machine_current->heap, at);
}

void *
hf_env_map(size_t size)
{
    struct sim_machine *machine = sim_machine_current;
    return is_refused(machine) ? NULL : sim_heap_map(&machine->heap, size);
}

void *
hf_env_map_raw(size_t size)
{
    struct sim_machine *machine = sim_machine_current;
    return is_refused(machine) ? NULL : sim_heap_map_raw(&machine->heap, size);
}

void
hf_env_unmap(void *at, size_t size)
{
    (void)size;
    sim_heap_free(&sim_machine_current->heap, at);
}

void
hf_env_trim(void *at, size_t from, size_t to)
{
    (void)at; /* the address stays, and the end of the block is used for nothing else */
    HF_ASSERT(to <= from);
}

/* ---- clock and entropy ------------------------------------------------------------------- */

uint64_t
hf_env_mono_ns(void)
{
    sim_machine_current->now_ns += CLOCK_READ_NS;
    return sim_machine_current->now_ns;
}

uint64_t
hf_env_wall_us(void)
{
    const struct sim_machine *machine = sim_machine_current;
    uint64_t now_us = EPOCH_US + hf_env_mono_ns() / 1000 + machine->wall_offset_us;

    return machine->steps < machine->wall_frozen_until ? machine->wall_frozen_us : now_us;
}

/* What is drawn alike each time, as from a tape of zeros, differs each time all the same. */
enum hf_err
hf_env_entropy(void *to, size_t len)
{
    struct sim_machine *machine = sim_machine_current;
    uint8_t *at = to;
    uint64_t drawn = 0;

    for (size_t i = 0; i < len; i++) {
        if (i % 8 == 0)
            drawn = sim_mix(sim_draw(machine->tape, "env.entropy", 0, UINT64_MAX) +
                            machine->entropy++);
        at[i] = (uint8_t)(drawn >> (8 * (i % 8)));
    }
    return HF_OK;
}

/* ---- threads ----------------------------------------------------------------------------- */

struct hf_mutex {
    bool is_locked;
};

struct hf_cond {
    unsigned waits;
};

enum hf_err
hf_mutex_open(struct hf_mutex **out)
{
    *out = hf_env_alloc(sizeof **out);
    if (*out == NULL)
        return HF_ERR_NO_MEMORY;
    **out = (struct hf_mutex){ false };
    return HF_OK;
}

void
hf_mutex_close(struct hf_mutex *mutex)
{
    if (mutex != NULL && mutex->is_locked)
        sim_machine_stop(sim_machine_current, "a mutex was closed while it was locked");
    hf_env_free(mutex);
}

void
hf_mutex_lock(struct hf_mutex *mutex)
{
    if (mutex->is_locked)
        sim_machine_stop(sim_machine_current, "a mutex was locked by the thread that holds it");
    mutex->is_locked = true;
    sim_machine_current->locks++;
}

void
hf_mutex_unlock(struct hf_mutex *mutex)
{
    if (!mutex->is_locked)
        sim_machine_stop(sim_machine_current, "a mutex was unlocked that nobody holds");
    mutex->is_locked = false;
    sim_machine_current->locks--;
}

enum hf_err
hf_cond_open(struct hf_cond **out)
{
    *out = hf_env_alloc(sizeof **out);
    if (*out == NULL)
        return HF_ERR_NO_MEMORY;
    **out = (struct hf_cond){ 0 };
    return HF_OK;
}

void
hf_cond_close(struct hf_cond *cond)
{
    hf_env_free(cond);
}

void
hf_cond_wait(struct hf_cond *cond, struct hf_mutex *mutex, uint64_t timeout_ns)
{
    if (!mutex->is_locked)
        sim_machine_stop(sim_machine_current, "a wait began without its mutex");
    if (sim_machine_current->in_other) {
        hf_mutex_unlock(mutex);
        longjmp(sim_machine_current->other, 1);
    }
    if (timeout_ns == 0)
        sim_machine_stop(sim_machine_current, "a wait began that nothing can end");
    cond->waits++;
    sim_machine_current->now_ns += timeout_ns;
}

void
hf_cond_wake_all(struct hf_cond *cond)
{
    (void)cond; /* nobody waits: there is one thread */
}

enum hf_err
hf_thread_start(struct hf_thread **out, void (*run)(void *), void *context,
                struct hf_detail *detail)
{
    (void)out, (void)run, (void)context, (void)detail;
    HF_ASSERT(!"the simulator has one thread: open with HF_BACKGROUND_CALLER");
    return HF_ERR_INVALID;
}

void
hf_thread_join(struct hf_thread *thread)
{
    HF_ASSERT(thread == NULL);
}

uint64_t
hf_thread_self(void)
{
    return 1;
}

uint32_t
hf_thread_number(void)
{
    return 0;
}

void
hf_thread_pause(unsigned tries)
{
    (void)tries;
    sim_machine_stop(sim_machine_current, "a wait began for a reader that never leaves");
}
