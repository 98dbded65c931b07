/*
 * property.h - what the judge holds the engine to, by name.
 */
#ifndef SIM_PROPERTY_H
#define SIM_PROPERTY_H

enum sim_property {
    SIM_HOLDS_PREFIX,
    SIM_HOLDS_DURABLE,
    SIM_HOLDS_ATOMIC,
    SIM_HOLDS_OPENS,
    SIM_HOLDS_READS,
    SIM_HOLDS_DETECTS,
    SIM_HOLDS_ORDER,
    SIM_HOLDS_ACK,
    SIM_HOLDS_ERROR,
    SIM_HOLDS_VERIFY,
    SIM_HOLDS_WINDOW,
    SIM_HOLDS_RESUMES,
    SIM_HOLDS_BACKUP,
    SIM_HOLDS_DEADLOCK,
    SIM_HOLDS_ALIVE,
    SIM_HOLDS_DETERMINISTIC,
    SIM_PROPERTY_COUNT
};

/* NULL behind the last one, so that it is a list of words. */
const char *sim_property_name(unsigned property);
const char *sim_property_text(unsigned property);

#endif
