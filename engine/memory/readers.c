/*
 * readers.c - having all readers out who take no lock.
 */
#include "memory/readers.h"

#include "base/assert.h"
#include "base/probe.h"

void
hf_readers_stop(struct hf_readers *readers)
{
    if (readers == NULL)
        return;
    HF_ASSERT(!atomic_load_explicit(&readers->stopped, memory_order_relaxed));
    atomic_store(&readers->stopped, true);
    for (unsigned i = 0; i < HF_LANES && !HF_PLANTED(readers_not_awaited); i++) {
        for (unsigned tries = 0; atomic_load(&readers->lanes[i].inside) != 0; tries++)
            hf_thread_pause(tries);
    }
}

void
hf_readers_resume(struct hf_readers *readers)
{
    if (readers != NULL)
        atomic_store_explicit(&readers->stopped, false, memory_order_release);
}
