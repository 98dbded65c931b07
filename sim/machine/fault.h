/*
 * fault.h - the rules of a scenario, asked at every call of the VFS: does anything strike here?
 */
#ifndef SIM_FAULT_H
#define SIM_FAULT_H

#include "sim/machine/coverage.h"

#define SIM_RULES_MAX 64u /* as many as `by_call` has bits */

/* What the machine keeps about each rule of the scenario. */
struct sim_rule_state {
    uint64_t matched;       /* calls so far that match file, call and phase */
    uint64_t asked;         /* at crashes, so often */
    uint64_t wait;          /* EVERY: steps until it is armed; 0: not drawn yet */
    uint64_t calls;         /* armed: strikes at the nth matching call from now; 0: not armed */
    uint64_t marks;         /* MARK: of its mark, when it was last looked at */
    struct sim_struck last; /* how it struck last, kept for the record */
};

struct sim_faults {
    struct sim_rule *rules;
    unsigned rule_count;
    struct sim_rule_state state[SIM_RULES_MAX];
    uint64_t by_call[SIM_CALL_COUNT]; /* a bit for each rule that may strike at the call */
    uint64_t awake;                   /* likewise: EVERY and STEP sleep until they are armed */
    uint64_t fired[SIM_FAULT_COUNT];
    struct sim_coverage coverage;
    enum sim_file_class file; /* of the call, or of what is damaged at rest, */
    const char *field;        /* and the field that was hit; NULL: none */
    uint64_t full_until;      /* no space until this step; 0: there is space */
    unsigned burst;           /* calls for which a boundary is felt yet */
    uint64_t read_only_until; /* nothing can be changed until this step */

    uint64_t call_total; /* of files and directories, while faults may strike */
    bool keeps_strikes;
    struct sim_struck *strikes;
    size_t strike_count, strike_capacity;
    uint32_t calls[SIM_FILE_CLASS_COUNT][SIM_CALL_COUNT]; /* since the step began, recorded */
};

/* What strikes at one call. Rules are NULL where there is nothing. */
struct sim_strike {
    struct sim_rule *crash;    /* process_kill or power_cut, at `crash_at` */
    enum sim_flavour crash_at; /* SIM_BEFORE, SIM_HALF, SIM_AFTER */
    struct sim_rule *error;    /* the call fails, or is short */
    enum sim_flavour flavour;  /* of the error, drawn where the rule leaves it open */
    struct sim_rule *slow;     /* sync_slow */
};

/* Whether the fault strikes between lives. */
bool sim_is_at_rest(enum sim_fault fault);
void sim_faults_reset(struct sim_machine *machine);
void sim_faults_fini(struct sim_faults *faults);
/* At a step: arms the rules of EVERY and STEP. Returns a crash that strikes at once, or
 * NULL. */
struct sim_rule *sim_faults_step(struct sim_machine *machine);
struct sim_strike sim_faults_call(struct sim_machine *machine, enum sim_call call,
                                  enum sim_file_class file);
/* For the faults that act at a crash or at rest: whether the rule acts now. */
bool sim_faults_at_crash(struct sim_machine *machine, struct sim_rule *rule);
/* Whether nothing can be changed. */
bool sim_faults_disk_is_read_only(const struct sim_machine *machine);
/* Whether a full disk is being played. */
bool sim_faults_disk_is_full(const struct sim_machine *machine);
/* Counts that the rule had its way, and notes it in the timeline. */
void sim_faults_fired(struct sim_machine *machine, struct sim_rule *rule);

#endif
