/*
 * machine.h - one simulated machine: a tape, a clock, memory, a disk, and the faults that
 * strike it.
 *
 * The machine implements the VFS (engine/vfs) below the engine under test. A *life* is one
 * stretch of running code on it: it ends by returning, or by a crash (process kill or power
 * cut) that strikes inside any VFS call and never returns to the code. All memory of a life is
 * the machine's and goes with it. What a life leaves is the machine's disk; after a power cut,
 * what the personality admits.
 *
 * One machine is current at a time (the VFS has no context argument); everything is
 * single-threaded and a pure function of (binary, rules, tape).
 */
#ifndef SIM_MACHINE_H
#define SIM_MACHINE_H

#include "holdfast.h"
#include "sim/tape.h"

/* ---- what can be aimed at ---------------------------------------------------------------- */

enum sim_file_class {
    SIM_FILE_ANY,
    SIM_FILE_WAL,
    SIM_FILE_TABLE,    /* from its first byte, when its name is a temporary one yet */
    SIM_FILE_MANIFEST, /* likewise */
    SIM_FILE_SNAPSHOT, /* likewise */
    SIM_FILE_TMP,      /* a log segment in the making */
    SIM_FILE_LOCK,
    SIM_FILE_DIR,
    SIM_FILE_OTHER,
    SIM_FILE_CLASS_COUNT
};

enum sim_call {
    SIM_CALL_ANY,
    SIM_CALL_OPEN,
    SIM_CALL_CREATE,
    SIM_CALL_READ,
    SIM_CALL_WRITE,
    SIM_CALL_SYNC,
    SIM_CALL_TRUNCATE,
    SIM_CALL_RENAME,
    SIM_CALL_REMOVE,
    SIM_CALL_LINK,
    SIM_CALL_LIST,
    SIM_CALL_SIZE,
    SIM_CALL_LOCK,
    SIM_CALL_DIR_SYNC,
    SIM_CALL_ALLOC,
    SIM_CALL_COUNT
};

enum sim_personality {
    SIM_POSIX_WORST,
    SIM_SEQUENTIAL,
    SIM_EXT4_ORDERED,
    SIM_EXT4_WRITEBACK,
    SIM_XFS,
    SIM_BTRFS,
    SIM_PERSONALITY_COUNT
};

/* What the storage below promises: docs/fault-model.md, "Devices". */
enum sim_device {
    SIM_CONSUMER_SSD, /* what a flush covered stays; a write may be torn */
    SIM_PLP_NVME,     /* the same, and no write of one sector is torn */
    SIM_LIAR,         /* a flush may do nothing, and says that it did */
    SIM_DEVICE_COUNT
};

/* How often rules strike that say `every` or `chance`. */
enum sim_regime {
    SIM_STORM, /* as they say */
    SIM_RARE,  /* one in eight of it */
    SIM_BURST, /* four times as often just behind a boundary, and only there */
    SIM_CALM,  /* never */
    SIM_REGIME_COUNT
};

enum sim_phase { SIM_PHASE_ANY, SIM_PHASE_RUN, SIM_PHASE_RECOVERY, SIM_PHASE_COUNT };

/* The faults, by their names in the scenario language (F numbers: docs/fault-model.md). */
enum sim_fault {
    SIM_PROCESS_KILL, /* F01 the page cache stays, the process goes */
    SIM_POWER_CUT,    /* F02 F03 F08-F11 F13-F17 F19: the personality draws what is left */
    SIM_TORN_WRITE,   /* F04 F05 F06 biases the draw of a power cut for one pending write */
    SIM_LOST_NAME,    /* F13 F14 F16 biases the draw: pending names go, or alone survive */
    SIM_SYNC_ERROR,   /* F23 F27 F30 F31 by flavour */
    SIM_SYNC_SLOW,    /* F32 the clock advances inside a sync */
    SIM_SHORT_READ,   /* F34 */
    SIM_SHORT_WRITE,  /* F34 */
    SIM_DISK_FULL,    /* F36 writes and creations fail until space is back */
    SIM_READ_ERROR,   /* F40 transient or permanent */
    SIM_WRITE_ERROR,  /* F37 before, half way through or after the effect */
    SIM_NAME_ERROR,   /* F38 F39 an open, rename, remove or list fails; maybe it is done */
    SIM_ALLOC_FAIL,   /* F42 */
    SIM_BIT_FLIP,     /* F45 at rest, between lives, aimed at a field */
    SIM_ZERO_SECTOR,  /* F46 at rest */
    SIM_FILE_LOSS,    /* F50 a file goes, is emptied or is cut, at rest */
    SIM_FILE_SWAP,    /* F51 two files of a class change places, at rest */
    SIM_LOST_WRITE,   /* F47 a synced sector has what was there before */
    SIM_MISDIRECTED_WRITE, /* F48 a synced sector went to another place */
    SIM_STALE_READ,        /* F49 F53 a read shows another sector, once */
    SIM_STALE_FILE,        /* F51 a file is as it was before */
    SIM_EXTRA_BYTES,       /* F54 foreign bytes behind the end */
    SIM_NEWER_FORMAT,      /* F58 a file is of a format to come */
    SIM_LATE_WRITE,        /* F21 what one power cut lost is there after the next */
    SIM_READ_ONLY_DISK,    /* F41 nothing can be changed for a while */
    SIM_CLOCK_STEP,        /* F56 the wall clock steps, or stands */
    SIM_LATE_NAME,         /* F21 a name that one power cut lost is there after a later one */
    SIM_FAULT_COUNT
};

/* When a rule fires. */
enum sim_when {
    SIM_WHEN_EVERY,    /* after lo..hi workload steps, drawn anew each time */
    SIM_WHEN_STEP,     /* at workload step `lo`, before it */
    SIM_WHEN_CALL,     /* at the `lo`th call that matches file and call (counted from 1) */
    SIM_WHEN_CHANCE,   /* at each matching call with chance lo/hi */
    SIM_WHEN_MARK,     /* at the first matching call after mark number `mark` counted up */
    SIM_WHEN_CRASH,    /* at each crash, with chance lo/hi (faults at rest, biases) */
    SIM_WHEN_NTH_CRASH /* at the `lo`th (faults at rest: the end of a life; biases: a cut) */
};

enum sim_flavour {
    SIM_FLAVOUR_ANY, /* drawn */
    SIM_BEFORE,      /* errors: relative to the effect */
    SIM_HALF,
    SIM_AFTER,
    SIM_CLEAN, /* sync_error */
    SIM_DURABLE,
    SIM_EVICT,
    SIM_REVERT,
    SIM_PREFIX, /* torn_write */
    SIM_HOLE,
    SIM_SUBSECTOR,
    SIM_ONCE, /* read_error */
    SIM_STICKY,
    SIM_DROP, /* lost_name: of pending name operations */
    SIM_KEEP,
    SIM_GONE, /* file_loss */
    SIM_EMPTY,
    SIM_CUT,
    SIM_OWN, /* misdirected_write: to the same file */
    SIM_OTHER,
    SIM_OLDER, /* stale_file */
    SIM_BACK,
    SIM_FORWARD, /* clock_step */
    SIM_BACKWARD,
    SIM_FROZEN,
    SIM_FLAVOUR_COUNT
};

/* One directive of a scenario. Ratios are exact: numerator and denominator. */
struct sim_rule {
    enum sim_fault fault;
    enum sim_when when;
    uint64_t lo, hi;
    unsigned mark;
    enum sim_file_class file;
    enum sim_call call;
    enum sim_phase phase;
    enum sim_flavour flavour;
    char field[24];      /* of the format, "" any; for faults at rest */
    uint64_t survive;    /* power_cut: the share of pending sectors kept, */
    uint64_t survive_of; /* survive/survive_of; 0/0: drawn freely */
    bool survives_each;  /* power_cut: each pending unit, size and name is drawn by itself */
    uint64_t skip;       /* EVERY, STEP: so many matching calls pass first */
    uint64_t duration;   /* disk_full: steps; sync_slow: milliseconds */
    uint64_t count_max;  /* fires at most so often; 0: no limit */
    uint64_t bits;       /* bit_flip: how many */
    unsigned line;       /* of the scenario file; names the rule in results */
    uint64_t entity;     /* what draws about it are keyed by; set by sim_machine_reset */
    uint64_t fired;      /* counted by the machine, reset by sim_machine_reset */
};

/* What draws about `rule`, one of the list `rules`, are keyed by. */
uint64_t sim_rule_entity(const struct sim_rule *rules, const struct sim_rule *rule);

struct sim_machine_config {
    enum sim_personality personality;
    enum sim_device device;
    enum sim_regime regime;
    uint32_t sector;     /* the device's grain of tearing; data is drawn by it */
    uint64_t disk_bytes; /* capacity; 0: no limit */
    struct sim_rule *rules;
    unsigned rule_count;
};

/* ---- the machine ------------------------------------------------------------------------- */

struct sim_machine;

struct sim_machine *sim_machine_open(void); /* aborts without memory: it is a test tool */
void sim_machine_close(struct sim_machine *machine);
/* A new machine with an empty disk, cheaply: buffers are kept. Makes it the current one. */
void sim_machine_reset(struct sim_machine *machine, const struct sim_machine_config *config,
                       struct sim_tape *tape);

enum sim_end {
    SIM_RETURNED,
    SIM_KILLED,
    SIM_CUT_OFF,
    SIM_STUCK /* a broken property, "deadlock": sim_machine_stuck says what; as killed else */
};

/*
 * Runs a life. On all but SIM_RETURNED every engine handle of it is void, and the disk is
 * already what the crash left. Nothing that `run` allocated through the VFS survives a life.
 */
enum sim_end sim_machine_life(struct sim_machine *machine, void (*run)(void *), void *context);
/* NULL, or a sentence: how the last life misused a mutex or waited for ever. */
const char *sim_machine_stuck(const struct sim_machine *machine);
/* What the last life had not given back when it returned: blocks, files, directories. */
uint64_t sim_machine_leaks(const struct sim_machine *machine);

/* A person takes the folder away with all that is in it, at once; nothing in it is open. */
void sim_machine_clear(struct sim_machine *machine, const char *path);
void sim_machine_phase(struct sim_machine *machine, enum sim_phase phase);
/* Before each workload step: counts it, fires the rules of EVERY and STEP (may not return). */
void sim_machine_step(struct sim_machine *machine);
/* Between lives: applies the faults at rest whose rules say so. Returns how many struck. */
unsigned sim_machine_at_rest(struct sim_machine *machine);
/* No rule fires any more (liveness, last check), and space is back. */
void sim_machine_calm(struct sim_machine *machine, bool calm);

uint64_t sim_machine_now_us(const struct sim_machine *machine);
void sim_machine_sleep_us(struct sim_machine *machine, uint64_t us);

/* Called in the middle of every successful sync of a file or of the directory that no lock is
 * held in, after it fixed what it covers: what an engine's other threads would do then. NULL:
 * nothing. */
void sim_machine_on_sync(struct sim_machine *machine, void (*during)(void *), void *context);
/*
 * From inside `during`: what one of the other threads does. False: it had to wait for the sync
 * that it came in, and is not heard of again in this life; what it did before the wait stands.
 */
bool sim_machine_other(struct sim_machine *machine, void (*act)(void *), void *context);

/* ---- what the judge may ask -------------------------------------------------------------- */

/* Names and contents as every read sees them, whatever the order they came in. */
uint64_t sim_machine_disk_hash(const struct sim_machine *machine);
/* Files of that class in the database's folder, as they are seen. */
unsigned sim_machine_count_files(const struct sim_machine *machine, enum sim_file_class class);
/* Calls of files and directories so far, while faults could strike. */
uint64_t sim_machine_calls(const struct sim_machine *machine);
/* Whether the bytes of `needle` are in the durable image of some file whose name is durable. */
bool sim_machine_is_durable(struct sim_machine *machine, struct hf_span needle);
/* What tells apart two states of the files of the database, as a reader sees them. */
uint64_t sim_machine_fingerprint(const struct sim_machine *machine);
/* NULL, or a sentence: the first breach of the order rules (fault-model.md) so far. */
const char *sim_machine_order_breach(const struct sim_machine *machine);

/*
 * The ledger: each range that a fault at rest or a read error changed, and its fate. `damaged`:
 * ranges placed; `reported`: those that an engine error explained; the rest as named. An
 * engine's refusal (CORRUPT, MISSING_FILE, IO, VERSION) is explained only while some live entry
 * stands.
 */
struct sim_ledger {
    uint64_t damaged, never_read, overwritten, reported, repaired, harmless;
};
struct sim_ledger sim_machine_ledger(const struct sim_machine *machine);
/* The engine reported corruption (or the like): true if an entry that was read explains it. */
bool sim_machine_explains(struct sim_machine *machine);
/* Whether the engine has a whole copy of all that was found damaged: it must not refuse. */
bool sim_machine_is_spared(const struct sim_machine *machine);
/*
 * Whether damage that was read explains a line of verify about the database: to the file that
 * the line names, or to the log where it names none. `may_be_forgotten`: a failed sync may have
 * taken bytes of the log, and names, too. What a file had before its name went to another one,
 * or was removed, explains nothing any more.
 */
bool sim_machine_explains_finding(const struct sim_machine *machine, const char *line,
                                  bool may_be_forgotten);
/* The name of a table or manifest of the database that is damaged now; NULL: there is none. */
const char *sim_machine_damaged_file(struct sim_machine *machine);
/* Whether nothing on the disk can be changed now, or no new block be had, by a fault. */
bool sim_machine_is_read_only(const struct sim_machine *machine);
bool sim_machine_is_full(const struct sim_machine *machine);
/* How much of what one cut had lost a later one brought: pieces of files, and names. */
uint64_t sim_machine_late_arrivals(const struct sim_machine *machine);
/* Whether a cut took what a sync had said to be durable. */
bool sim_machine_was_lied_to(const struct sim_machine *machine);
/* Whether files of a format to come are all that explains it. */
bool sim_machine_is_newer(const struct sim_machine *machine);
/* The first, of a refusal of a snapshot file. */
bool sim_machine_explains_snapshot(struct sim_machine *machine);
/*
 * The documented limit on what is lost: damage to the end of the log where nothing that
 * survived vouches for it, as found out from the bytes before and behind each occasion. Commits
 * up to here must be in what an open shows, or salvage saves without telling a loss;
 * UINT64_MAX: no loss has an excuse. What damage below a witness took an open has to refuse; of
 * salvage it is enough to tell.
 */
uint64_t sim_machine_least_opened(const struct sim_machine *machine);
uint64_t sim_machine_least_saved(const struct sim_machine *machine);
/* What was found is written down: nothing that is missing from now on has an excuse yet. */
void sim_machine_settle(struct sim_machine *machine);

/* ---- trace ------------------------------------------------------------------------------- */

/* Chains numbers into the trace hash. `what` is a static string, hashed by content. */
void sim_trace(struct sim_machine *machine, const char *what, uint64_t a, uint64_t b);
uint64_t sim_machine_hash(const struct sim_machine *machine);
/* Hashes after each event, to find the first that differs: on for doubled runs. */
void sim_machine_keep_hashes(struct sim_machine *machine, bool keep);
/* How many are kept, and them in *hashes, until the next event. */
size_t sim_machine_hashes(const struct sim_machine *machine, const uint64_t **hashes);
/* The timeline as text, newest last; kept only when asked for. A line an event. */
void sim_machine_keep_timeline(struct sim_machine *machine, bool keep);
void sim_note(struct sim_machine *machine, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void sim_machine_timeline(const struct sim_machine *machine, hf_line_fn *line, void *context);

/* One time that a fault had its way, so that it can be ordered again by `at`. */
struct sim_struck {
    unsigned rule; /* index */
    enum sim_fault fault;
    enum sim_flavour flavour; /* ANY: it has none, or drew it later */
    uint64_t step;            /* of the workload, 0: before the first */
    enum sim_file_class file; /* of the call, ANY: it struck at no call */
    enum sim_call call;
    uint64_t number;                /* of such calls since that step; of the crash */
    size_t draws_from, draws_limit; /* what it drew between lives, of what is recorded */
};
/* Whether strikes are kept; those of the last run, until the next one. */
void sim_machine_keep_strikes(struct sim_machine *machine, bool keep);
size_t sim_machine_strikes(const struct sim_machine *machine,
                           const struct sim_struck **strikes);

uint64_t sim_machine_fault_count(const struct sim_machine *machine, enum sim_fault fault);
/* Where the faults of the run struck. */
struct sim_coverage;
const struct sim_coverage *sim_machine_coverage(const struct sim_machine *machine);

/* The words for the values of each enum, and what they mean; NULL past the last. */
const char *sim_fault_name(unsigned fault);
const char *sim_fault_text(unsigned fault);
const char *sim_file_class_name(unsigned file);
const char *sim_call_name(unsigned call);
const char *sim_personality_name(unsigned personality);
const char *sim_personality_text(unsigned personality);
const char *sim_flavour_name(unsigned flavour);

#endif
