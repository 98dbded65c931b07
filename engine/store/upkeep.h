/*
 * upkeep.h - background work in bounded steps, by threads of our own or by the caller.
 */
#ifndef HF_STORE_UPKEEP_H
#define HF_STORE_UPKEEP_H

#include "store/store.h"

/*
 * The background threads: steps until the handle closes, one for the log and one for what
 * becomes of it. `context` is the db.
 */
void hf_upkeep_keep_log(void *context);
void hf_upkeep_keep_tables(void *context);

#endif
