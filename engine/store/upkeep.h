/*
 * upkeep.h - background work in bounded steps, by a thread of our own or by the caller.
 */
#ifndef HF_STORE_UPKEEP_H
#define HF_STORE_UPKEEP_H

#include "store/store.h"

/* The background thread: steps until the handle closes. `context` is the db. */
void hf_upkeep_run(void *context);

#endif
