/*
 * trace.h - what happened on a machine: as one hash, as many, and as text.
 */
#ifndef SIM_TRACE_H
#define SIM_TRACE_H

#include "sim/machine/machine.h"

struct sim_history {
    uint64_t hash;
    uint64_t events;
    bool keeps_hashes, keeps_text;
    uint64_t *hashes;
    size_t hash_count, hash_capacity;
    char *text; /* lines, each ended by a 0 */
    size_t text_used, text_capacity;
};

void sim_history_fini(struct sim_history *history);
/* Nothing happened yet; what is to be kept stays chosen. */
void sim_history_reset(struct sim_history *history);

/* One call of the VFS, as it ended. `name` is the file's, NULL for none. `from`: of a rename,
 * the name before, for people; the hash has it in `content`. */
struct sim_event {
    enum sim_call call;
    const char *folder; /* where `name` stands; NULL: in the database under test */
    const char *name, *from;
    uint32_t tag;
    uint64_t off, len;
    enum hf_err err;
    uint64_t done;    /* bytes read or written, or what else tells outcomes apart */
    uint64_t content; /* their hash */
};
void sim_trace_call(struct sim_machine *machine, const struct sim_event *event);

#endif
