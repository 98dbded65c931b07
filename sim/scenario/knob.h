/*
 * knob.h - the parameters of a run: what a scenario may pin, and what each seed draws
 * otherwise.
 *
 * A knob's value in a run is a range; for most knobs both ends are the same number.
 */
#ifndef SIM_KNOB_H
#define SIM_KNOB_H

#include "sim/scenario/value.h"
#include "sim/tape.h"

enum sim_knob_group { SIM_GROUP_ENGINE, SIM_GROUP_DISK, SIM_GROUP_WORKLOAD };

enum sim_knob {
    /* engine */
    SIM_KNOB_MODE,
    SIM_KNOB_SECTOR,
    SIM_KNOB_SEGMENT,
    SIM_KNOB_MEMORY_LIMIT,
    SIM_KNOB_KEEP,
    SIM_KNOB_SYNC_INTERVAL,
    SIM_KNOB_SYNC_BATCH,
    SIM_KNOB_SYNC_BYTES,
    SIM_KNOB_LOSS_TIME,
    SIM_KNOB_LOSS_BYTES,
    SIM_KNOB_THREADS,
    SIM_KNOB_SETTINGS,
    /* disk */
    SIM_KNOB_PERSONALITY,
    SIM_KNOB_DEVICE_SECTOR,
    SIM_KNOB_CAPACITY,
    SIM_KNOB_DEVICE,
    SIM_KNOB_REGIME,
    /* workload */
    SIM_KNOB_KEYS,
    SIM_KNOB_SKEW,
    SIM_KNOB_STEPS,
    SIM_KNOB_VALUE,
    SIM_KNOB_BATCH,
    SIM_KNOB_DURABLE,
    SIM_KNOB_NESTED,
    /* the mix: weights of the operations */
    SIM_KNOB_PUT,
    SIM_KNOB_DELETE,
    SIM_KNOB_CAS,
    SIM_KNOB_TXN,
    SIM_KNOB_GET,
    SIM_KNOB_GET_MANY,
    SIM_KNOB_SCAN,
    SIM_KNOB_AS_OF,
    SIM_KNOB_SYNC,
    SIM_KNOB_WAIT,
    SIM_KNOB_WORK,
    SIM_KNOB_NAP,
    SIM_KNOB_VERIFY,
    SIM_KNOB_REOPEN,
    SIM_KNOB_FLUSH,
    SIM_KNOB_COMPACT,
    SIM_KNOB_HOLD,
    SIM_KNOB_SNAPSHOT,
    SIM_KNOB_RESTORE,
    SIM_KNOB_CHECKPOINT,
    SIM_KNOB_SALVAGE,
    SIM_KNOB_SECOND,
    SIM_KNOB_DELETE_RANGE,
    SIM_KNOB_IDLE, /* the last: a shrunk run has it, and must draw all others as before */
    SIM_KNOB_COUNT
};

enum sim_threads { SIM_THREADS_ONE, SIM_THREADS_MANY };
enum sim_settings { SIM_SETTINGS_SAME, SIM_SETTINGS_ANEW };
enum sim_skew { SIM_SKEW_UNIFORM, SIM_SKEW_ZIPF };

const char *sim_knob_name(enum sim_knob knob);
const char *sim_knob_text(enum sim_knob knob);
enum sim_knob_group sim_knob_group(enum sim_knob knob);
const char *sim_group_name(enum sim_knob_group group);
/* What a seed draws from where the scenario says nothing, in the language. */
const char *sim_knob_default(enum sim_knob knob);

/* The knob of that name in a group, or -1; then *hint names the nearest one, or the group that
 * has it. */
int sim_knob_find(enum sim_knob_group group, const char *name, char hint[SIM_HINT_SIZE]);
/* Reads a value for the knob. NULL, or what is wrong; *hint may say what would do. */
const char *sim_knob_parse(enum sim_knob knob, struct sim_choice *choice, const char *text,
                           char hint[SIM_HINT_SIZE]);
/* One value of the choices; `entity` tells apart the times that a knob is drawn in a run. */
struct sim_range sim_knob_draw(enum sim_knob knob, const struct sim_choice *choice,
                               struct sim_tape *tape, uint64_t entity);
/* Makes the names of all sites that sim_knob_draw draws at: for a process whose children draw,
 * and that then looks at the sites. */
void sim_knob_make_sites(void);
/* The value in the language, into `to`. */
void sim_knob_print(enum sim_knob knob, struct sim_range value, char to[SIM_HINT_SIZE]);

#endif
