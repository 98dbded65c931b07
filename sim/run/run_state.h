/*
 * run_state.h - a run under way, as the modules of the judge share it.
 *
 *    run.c           lives, one after the other, until the steps are used up
 *    life.c          one life: open and judge, work, close
 *    workload.c      the steps: which operation, on what
 *    work_commit.c   ... the commits among them
 *    window.c        what of them is at risk
 *    work_backup.c   ... the snapshots, and what they restore
 *    work_copy.c     ... checkpoints, and databases made of the one under test
 *    work_salvage.c  ... what salvage makes of it
 *    doors.c         the reads, each through its door, against the oracle
 */
#ifndef SIM_RUN_STATE_H
#define SIM_RUN_STATE_H

#include "sim/run/backup.h"
#include "sim/run/guest.h"
#include "sim/run/keyspace.h"
#include "sim/run/oracle.h"
#include "sim/run/run.h"

#define SIM_BATCH_MAX 64u

#define SIM_HELD_MAX 3u

/* A view that stays open over many steps. */
struct sim_held {
    void *view; /* NULL: none */
    uint64_t version;
};

/* Every put of a run, whatever became of it; kept where salvage may look for them. */
struct sim_attempts {
    struct sim_change *at;
    size_t count, capacity;
};

/* A commit that was acknowledged and may not be durable. */
struct sim_risk {
    uint64_t version;
    uint64_t at_us; /* when it was acknowledged */
    uint64_t bytes; /* of its values */
};

/* In the order of their versions; of one life. */
struct sim_risks {
    struct sim_risk *at;
    size_t count, capacity;
};

#define SIM_MAIN_PATH "db"

/* STORM: the workload runs. LAST: all faults are over, one more life must do everything. */
enum sim_stage { SIM_STAGE_STORM, SIM_STAGE_LAST, SIM_STAGE_DONE };

struct sim_run {
    const struct sim_scenario *scenario;
    const struct sim_order *order;
    const struct sim_guest *guest;
    struct sim_machine *machine;
    struct sim_tape *tape;
    struct sim_keyspace *keyspace;
    struct sim_oracle *oracle;
    struct sim_result *result;
    struct sim_rule rules[SIM_FAULT_RULES_MAX];

    enum sim_stage stage;
    bool is_broken; /* a property broke: everything stops */
    uint64_t step;
    uint64_t stamps; /* handed out */
    uint64_t lives;
    uint64_t lives_without_step;
    uint64_t crashes;
    bool has_batches; /* commits of several writes were acknowledged */
    uint64_t acked;   /* commits since the last full check */
    bool is_created;  /* a creating open has succeeded */
    unsigned calm_depth;
    uint64_t sync_errors; /* faults of this kind before the last recovery that could write */
    uint64_t arrivals;    /* of what came late, before the last recovery */
    struct sim_backups backups;
    struct sim_attempts attempts;
    struct sim_risks risks;
    bool is_coarse;         /* a life had a memory limit: times may be told less exactly */
    uint64_t history_floor; /* earlier lives may have dropped versions below it */

    /* one life */
    void *handle; /* NULL outside a life and while it opens or closes */
    struct hf_options options;
    struct sim_held held[SIM_HELD_MAX];
    uint64_t file_faults; /* before this life, of those that may fail a call */
    bool began_full; /* the disk took no change when it began, for want of room or at all */
    bool has_failed; /* a sync error or FAILED was seen: no write may succeed any more */
    bool is_placed;  /* recovery made a writable segment, or a commit has succeeded since */
    bool is_in_hook; /* inside a sync: others act */
    bool is_in_copy; /* the handle is that of a copy: what is wrong is wrong with a backup */
    unsigned nested; /* commits by others since the current call began */

    struct sim_state *fold; /* of each key, what a full look at one version goes by */
    unsigned char *buffer;  /* for one value */
    size_t buffer_size;
    unsigned char *values; /* of one commit */
};

/* ---- shared services (run.c) ------------------------------------------------------------- */

/* The knob's value; it counts as read. */
static inline struct sim_range
sim_run_range(struct sim_run *run, enum sim_knob knob)
{
    run->result->knobs_read |= UINT64_C(1) << knob;
    return run->result->knobs[knob];
}

static inline uint64_t
sim_run_knob(struct sim_run *run, enum sim_knob knob)
{
    return sim_run_range(run, knob).lo;
}

/* A property broke, the first one counts. `expected` is text, `found` a format. */
void sim_run_break(struct sim_run *run, enum sim_property property, const char *expected,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));
void sim_run_judged(struct sim_run *run, enum sim_property property);
/* No fault strikes between the two; nests. */
void sim_run_calm(struct sim_run *run, bool calm);
/* How many faults struck so far that may fail a file call. */
uint64_t sim_run_file_faults(const struct sim_run *run);
/* Whether a fault may have failed a file call in this life. */
bool sim_run_is_troubled(const struct sim_run *run);
/* True: the error is what damage to the database deserves that was met before; it counts as
 * reported. */
bool sim_run_is_deserved(struct sim_run *run, enum hf_err err);
bool sim_run_is_damaged(const struct sim_run *run);
/* Makes drawn knobs agree with pinned ones and with each other. */
void sim_run_fit_knobs(struct sim_run *run);

/* ---- life.c ------------------------------------------------------------------------------ */

/* What sim_machine_life calls. */
void sim_life(void *run);
/* What the machine calls in the middle of a sync. */
void sim_life_during_sync(void *run);
/* The life ended without its own doing. */
void sim_life_crashed(struct sim_run *run, bool power_cut);

/* ---- workload.c -------------------------------------------------------------------------- */

/* One step. False: the handle was closed, the life is over. */
bool sim_work_step(struct sim_run *run);
/* What another thread does during a sync. */
void sim_work_nested(struct sim_run *run);
/* A write of each kind, all of which must succeed now; how many they are. */
uint64_t sim_work_all_kinds(struct sim_run *run);
/*
 * Flushes, and does background work until there is none, at most so many steps. True: no more
 * than so many segments of the log are left: the one that is written, one that is prepared,
 * and one before that recovery may still begin in.
 */
#define SIM_WORK_STEPS_TO_SHRINK 256u
#define SIM_SEGMENTS_LEFT 3u
bool sim_work_shrink_log(struct sim_run *run);
uint32_t sim_work_key(struct sim_run *run);
/* Judges a call that is no commit and that may only fail by faults of files. */
bool sim_work_may_fail(struct sim_run *run, const char *call, enum hf_err err);
/* Takes note of what the handle claims to be durable. */
void sim_work_claims(struct sim_run *run);
/* Closes what is held, then the handle. */
bool sim_work_close(struct sim_run *run);

/* ---- work_commit.c ----------------------------------------------------------------------- */

void sim_commit_put(struct sim_run *run);
void sim_commit_delete(struct sim_run *run);
void sim_commit_delete_range(struct sim_run *run);
void sim_commit_cas(struct sim_run *run);
void sim_commit_txn(struct sim_run *run);

/* ---- window.c ---------------------------------------------------------------------------- */

/* A commit was acknowledged, with so many bytes of values. */
void sim_window_add(struct sim_run *run, uint64_t version, uint64_t bytes);
/* Judges a commit that need not be durable, which was called at `called_us`. */
void sim_window_judge(struct sim_run *run, uint64_t version, uint64_t called_us);

/* ---- work_salvage.c ---------------------------------------------------------------------- */

void sim_attempts_note(struct sim_run *run, const struct sim_change *change);

/* ---- doors.c ----------------------------------------------------------------------------- */

/* The version that reads see now, checked against what may be seen. */
uint64_t sim_doors_seen(struct sim_run *run);
/* One key, through hf_get. */
void sim_doors_get(struct sim_run *run, uint32_t key, uint64_t version);
void sim_doors_get_many(struct sim_run *run);
void sim_doors_scan(struct sim_run *run);
void sim_doors_as_of(struct sim_run *run);
void sim_doors_as_of_time(struct sim_run *run);
/* Opens a view that stays; NULL: it could not be, which is judged. */
void *sim_doors_hold(struct sim_run *run, uint64_t version);
/* A view that was opened some steps ago shows what it showed then. */
void sim_doors_held(struct sim_run *run, const struct sim_held *held);
/* Everything, through every door, as of `version`, the newest. */
void sim_doors_all(struct sim_run *run, uint64_t version);
/* Whether each key shows through hf_get what the oracle has as of `version`, the newest; judges
 * nothing. */
bool sim_doors_agree(struct sim_run *run, uint64_t version);

#endif
