/*
 * property.c - the names of the properties, and what each of them says.
 */
#include "sim/scenario/property.h"

#include <stddef.h>

static const struct {
    const char *name, *text;
} properties[SIM_PROPERTY_COUNT] = {
    [SIM_HOLDS_PREFIX] = { "prefix",
                           "what is recovered is the fold of a prefix of the commits" },
    [SIM_HOLDS_DURABLE] = { "durable",
                            "nothing is lost that the mode, or a claim, had promised" },
    [SIM_HOLDS_ATOMIC] = { "atomic", "a transaction is there as a whole or not at all" },
    [SIM_HOLDS_OPENS] = { "opens", "a legal state is never refused" },
    [SIM_HOLDS_READS] = { "reads", "each read through each door gives what the model has" },
    [SIM_HOLDS_DETECTS] = { "detects", "damage gives the right data or a clear error" },
    [SIM_HOLDS_ORDER] = { "order", "nothing durable refers to what is not durable yet" },
    [SIM_HOLDS_ACK] = { "ack", "the bytes of an acknowledged strict commit are on the disk" },
    [SIM_HOLDS_ERROR] = { "error", "a failed call has the right code and changed nothing" },
    [SIM_HOLDS_VERIFY] = { "verify", "hf_verify finds what is damaged, and nothing else" },
    [SIM_HOLDS_WINDOW] = { "window", "no more is at risk in buffered mode than was agreed" },
    [SIM_HOLDS_RESUMES] = { "resumes",
                            "once the faults are over, writing goes on and the log is short" },
    [SIM_HOLDS_BACKUP] = { "backup",
                           "a backup is what it says, whole and for good, or not there" },
    [SIM_HOLDS_DEADLOCK] = { "deadlock", "no call waits for what cannot come" },
    [SIM_HOLDS_ALIVE] = { "alive", "the engine neither aborts nor runs for ever" },
    [SIM_HOLDS_DETERMINISTIC] = { "deterministic", "the same tape gives the same trace" },
};

const char *
sim_property_name(unsigned property)
{
    return property < SIM_PROPERTY_COUNT ? properties[property].name : NULL;
}

const char *
sim_property_text(unsigned property)
{
    return property < SIM_PROPERTY_COUNT ? properties[property].text : NULL;
}
